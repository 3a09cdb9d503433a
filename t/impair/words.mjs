// What people read when the network is bad: the page says what is wrong and
// what helps, marks pictures that stand still, and asks for less when data are
// to be saved.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { enter } from './lib/network.mjs';

const TIMEOUT_MS = 120_000;
const CLEAN_MS = 40_000;
const SAID_MS = 40_000;
const WATCH_MS = 4000;

if (!enter()) {
    test('words', { skip: 'needs root, namespaces, nft and tc' });
} else {
    const { Browsers } = await import('../browser/lib/browsers.mjs');
    const { poll } = await import('../browser/lib/stack.mjs');
    const { Network } = await import('./lib/network.mjs');
    const { Ours } = await import('./lib/ours.mjs');

    describe('a page on a bad network', () => {
        const network = new Network();
        const call = new Ours(network);
        const browsers = new Browsers();
        let guest;

        before(async () => {
            await network.start();
            await call.start();
            ({ guest } = await call.join(browsers, 'chromium'));
        }, { timeout: TIMEOUT_MS });

        after(async () => {
            await browsers.close();
            await call.stop();
            await network.stop();
        }, { timeout: TIMEOUT_MS });

        function check(name, run) {
            test(name, { timeout: TIMEOUT_MS }, async (t) => {
                try {
                    await run(t);
                } catch (error) {
                    t.diagnostic(await browsers.evidence(name));
                    t.diagnostic(JSON.stringify(await figures()));
                    throw error;
                }
            });
        }

        /* cameras that move, their heights and what all of them take */
        async function figures() {
            const first = await guest.statistics();
            const at = performance.now();

            await new Promise((done) => setTimeout(done, WATCH_MS));

            const then = await guest.statistics();
            const seconds = (performance.now() - at) / 1000;
            const moved = then.inbound.filter((row) => row.kind === 'video'
                && row.framesDecoded > (first.inbound.find((one) =>
                    one.slot === row.slot && one.kind === 'video')
                    ?.framesDecoded ?? 0));
            const bytes = (s) => s.inbound
                .filter((row) => row.kind === 'video')
                .reduce((sum, row) => sum + row.bytes, 0);

            return {
                moving: moved.map((row) => row.source),
                heights: moved.map((row) => row.height).sort((a, b) => a - b),
                kbps: Math.round((bytes(then) - bytes(first)) * 8
                    / seconds / 1000),
            };
        }

        function says(words, ms = SAID_MS) {
            return guest.until(`"${words}" in the bar`, (wanted) =>
                document.querySelector('.topbar .trouble')
                    ?.innerText.includes(wanted) ?? false, words, ms);
        }

        function silent() {
            return guest.until('nothing to say', () => document
                .querySelector('.trouble, .tile-still, .tile-weak') === null,
            undefined, SAID_MS);
        }

        function all(heights) {
            return poll(CLEAN_MS, `four pictures, ${heights}`, async () => {
                const now = await figures();

                return now.moving.length === 4
                    && now.heights.every((one) => heights.includes(one)) && now;
            });
        }

        check('that is a good one says nothing', async (t) => {
            const now = await all([360]);

            t.diagnostic(JSON.stringify(now));
            await silent();
        });

        check('saves data: small pictures, then one', async (t) => {
            const before = await all([360]);

            await guest.menu('Save data');
            await guest.waitFor('.tag.saving');

            const small = await all([90, 180]);

            t.diagnostic(`${before.kbps} kbit/s, then ${small.kbps}`);
            assert.ok(small.kbps < before.kbps / 2);

            await guest.evaluate(() =>
                window.meet.setPreferences({ speakerOnly: true }));

            const one = await poll(CLEAN_MS, 'one picture', async () => {
                const now = await figures();

                return now.moving.length === 1 && now;
            });

            t.diagnostic(`${one.kbps} kbit/s of the speaker`);
            assert.deepEqual(one.moving, [call.speaker]);
            assert.equal(await guest.evaluate(() =>
                [...document.querySelectorAll('.tile-still')]
                    .filter((e) => /save data/.test(e.innerText)).length), 3);

            /* who speaks goes on being heard; the others are silent */
            const voices = (await guest.statistics()).inbound.filter((row) =>
                row.kind === 'audio' && row.source !== 0);

            assert.ok(voices.length >= 1, `${voices.length} voices`);

            /* one click back, and it is forgotten on the device as well */
            await guest.evaluate(() =>
                window.meet.setPreferences({ speakerOnly: false }));
            await guest.click('.tag.saving');
            await all([360]);
            assert.equal(await guest.evaluate(() => JSON.parse(
                localStorage.getItem('meet.preferences')).saveData), false);
        });

        check('says that the download is slow, and marks stills', async (t) => {
            const since = performance.now();

            network.limit('down', 300);
            await says('slow download');
            t.diagnostic(`said after ${
                Math.round(performance.now() - since)} ms`);

            const stills = await poll(SAID_MS, 'a still', () =>
                guest.evaluate(() => {
                    const found = [...document.querySelectorAll('.tile-still')];

                    return found.length > 0 && found.map((e) => ({
                        text: e.innerText.trim(),
                        source: Number(e.closest('.tile').dataset.source) }));
                }));

            t.diagnostic(`${stills.length} of 4: ${stills[0].text}`);
            assert.ok(stills.every(({ text }) =>
                /your network has no room/.test(text)), JSON.stringify(stills));

            /* who speaks goes on moving, and is no still */
            const now = await figures();

            t.diagnostic(JSON.stringify(now));
            assert.ok(now.moving.includes(call.speaker));
            assert.ok(!stills.some((one) => one.source === call.speaker));

            /* what to do is one key away */
            await guest.evaluate(() =>
                document.querySelector('.topbar .trouble').click());
            await guest.waitFor('.topbar .menu.pop .btn');
            assert.match(await guest.text('.topbar .menu.pop'),
                /download .*slow[^]*router[^]*Save data/);
            await guest.page.keyboard.press('Escape');
            await guest.until('the explanation to close', () =>
                document.querySelector('.topbar .menu.pop') === null);

            network.mend();
            await silent();
        });

        check('says that much gets lost', async () => {
            network.lose(15);
            await says('packet loss');

            /* which is not the same as a slow download */
            assert.doesNotMatch(await guest.text('.topbar .trouble'), /slow/);
            network.mend();
            await silent();
        });

        check('says that the upload is slow', async (t) => {
            const since = performance.now();

            network.limit('up', 150);
            await guest.evaluate(() => window.meet.media.setCam(true));
            await says('slow upload');
            t.diagnostic(`said after ${
                Math.round(performance.now() - since)} ms`);
            network.mend();
            await guest.evaluate(() => window.meet.media.setCam(false));
            await silent();
        });

        check('says whose connection is weak', async () => {
            const [first, last] = call.stack.udp;

            network.run('far', ['nft', 'add table inet weak;'
                + ' add chain inet weak in'
                + ' { type filter hook input priority 0; };'
                + ' add rule inet weak in iifname lo udp'
                + ` dport ${first}-${last} numgen random mod 100 < 30 drop`]);
            await guest.until('the words on a tile', () =>
                [...document.querySelectorAll('.tile')].some((tile) =>
                    /the connection of native \d is weak/i
                        .test(tile.innerText)), undefined, SAID_MS);
            network.run('far', ['nft', 'delete table inet weak']);
            await silent();
        });

        check('counted what it saw for the operator', async () => {
            await poll(SAID_MS, 'the counters', async () => {
                const { text } = await call.stack.get('metrics');
                const value = (name) => Number(text.match(
                    new RegExp(`^${name}\\S* (\\d+)`, 'm'))?.[1] ?? 0);

                return value('meet_client_video_') > 0
                    && value('meet_client_audio_') > 0;
            });
        });
    });
}
