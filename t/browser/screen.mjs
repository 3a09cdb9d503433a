// A shared screen arrives at full size; stopping and starting it ten times
// makes nobody else negotiate anything; the switch between text and motion takes
// effect while it is shared.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const TIMES = 10;
const WATCH_MS = 4000;
const FPS_MS = 40_000;
const MOTION_FPS = 12;          /* 30 on a machine with nothing else to do */
const SHARE = '.controls [aria-keyshortcuts=D]';

describe('screen share', () => {
    const world = withStack();
    const guests = {};

    /* What of somebody's screen arrives at `guest`, if it is decoded. */
    async function arrives(guest, name) {
        const source = await guest.sourceOf(name, 3);
        const { inbound } = await guest.statistics();

        return inbound.find((s) => s.source === source && s.width > 0);
    }

    function shown(guest, on) {
        return guest.until(on ? 'the screen' : 'no screen', (wanted) =>
            (document.querySelector('.tile.screen video') !== null) === wanted,
        on);
    }

    world.test('arrives in the others at full size', async () => {
        const { browsers, stack } = world;

        guests.anna = await browsers.chromium('Anna');

        const share = await guests.anna.create(stack.url);

        guests.ben = await browsers.chromium('Ben');
        guests.chloe = await browsers.firefox('Chloe');

        await guests.anna.click('.created-head .btn.primary');
        await guests.anna.enter({ devices: 'none' });
        await guests.ben.join(share.classLink, { devices: 'none' });
        await guests.chloe.join(share.classLink, { devices: 'none' });

        await guests.anna.click(SHARE);
        await guests.anna.until('the share', () =>
            window.meet.media.screen.value.state === 'on');

        /* Until its first picture Chromium may name another size. */
        const captured = () => guests.anna.evaluate(() => {
            const [track] = window.meet.media.screen.value.stream
                .getVideoTracks();
            const { width, height } = track.getSettings();

            return `${width}x${height}`;
        });

        for (const guest of [guests.ben, guests.chloe]) {
            await shown(guest, true);

            let own = 'nothing';
            let size = 'nothing';

            await poll(40_000, 'the full size', async () => {
                const screen = await arrives(guest, 'Anna');

                own = await captured();
                size = `${screen?.width}x${screen?.height}`;

                return size === own;
            }).catch(() => assert.fail(`${guest.name} gets ${size} of ${own}`));
        }
    });

    world.test('ten more times make nobody else offer anything', async () => {
        const { anna, ben, chloe } = guests;

        await anna.click(SHARE);
        await shown(ben, false);
        await shown(chloe, false);

        const before = [await ben.counters(), await chloe.counters()];
        const own = await anna.counters();

        for (let i = 0; i < TIMES; i++) {
            const frames = await ben.frames('Anna', 3);

            await anna.click(SHARE);
            await shown(ben, true);
            await shown(chloe, true);

            await poll(10_000, `share ${i + 1} to be decoded`, async () =>
                (await arrives(ben, 'Anna')) !== undefined
                && (await ben.frames('Anna', 3)) !== frames);

            await anna.click(SHARE);
            await shown(ben, false);
            await shown(chloe, false);
        }

        const after = [await ben.counters(), await chloe.counters()];

        assert.deepEqual(after, before);

        const now = await anna.counters();

        assert.equal(now.subscribeOffers, own.subscribeOffers);
        assert.equal(now.publishConnections, own.publishConnections);
    });

    world.test('comes at 5 pictures a second, with motion at 30', async (t) => {
        const { anna, ben } = guests;

        async function fps() {
            const before = await ben.frames('Anna', 3);
            const since = performance.now();

            await new Promise((done) => setTimeout(done, WATCH_MS));

            return ((await ben.frames('Anna', 3)) - before) * 1000
                / (performance.now() - since);
        }

        function capture() {
            return anna.evaluate(() => {
                const [track] = window.meet.media.screen.value.stream
                    .getVideoTracks();

                return track.contentHint;
            });
        }

        async function becomes(what, low, high) {
            let now;

            await poll(FPS_MS, what, async () => {
                now = await fps();

                return now >= low && now <= high;
            }).catch(() => assert.fail(`${now} pictures a second: ${what}`));
            t.diagnostic(`${what}: ${now.toFixed(1)} pictures a second`);
        }

        await anna.click(SHARE);
        await shown(ben, true);
        assert.equal(await capture(), 'detail');
        await becomes('text', 2, 6);

        const before = await anna.counters();

        await anna.click('.own-screen .motion');
        assert.equal(await anna.evaluate(() => document
            .querySelector('.own-screen .motion')
            .getAttribute('aria-pressed')), 'true');
        assert.equal(await capture(), 'motion');
        await becomes('motion', MOTION_FPS, 31);

        await anna.click('.own-screen .motion');
        await becomes('text again', 2, 6);
        assert.deepEqual(await anna.counters(), before, 'no new offer');
        await anna.click(SHARE);
        await shown(ben, false);
    });
});
