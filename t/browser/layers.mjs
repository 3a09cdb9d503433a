// One stream with layers of several sizes, as Chromium sends VP9 and AV1 where
// the room asks for them: each receiver gets the size its tile asks for, and the
// picture goes on meanwhile.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const SOON_MS = 40_000;
const STEADY_MS = 600;
const STUCK = 5;                /* on a busy machine; one that is stuck: more */
const DEPENDENCY = 'dependency-descriptor-rtp-header-extension';
const SMALL = { width: 320, height: 360 };
const LARGE = { width: 1280, height: 900 };

/* For `init`: a camera that is large enough, but little work. */
function smallCamera() {
    const { mediaDevices } = navigator;
    const real = mediaDevices.getUserMedia.bind(mediaDevices);

    mediaDevices.getUserMedia = (wanted) => real(wanted.video
        ? { ...wanted, video:
            { ...wanted.video, width: 960, height: 540, frameRate: 12 } }
        : wanted);
}


describe('layers of one stream', () => {
    const world = withStack();
    const guests = {};

    async function choose(codec) {
        const { anna } = guests;

        await anna.menu('About this room');
        await anna.waitFor('dialog[open] select.codec');
        await anna.page.selectOption('select.codec', codec);
        await anna.until('the setting', (wanted) =>
            window.meet.phase.value.call.room.value.codec === wanted, codec);
        await anna.page.keyboard.press('Escape');
        await anna.until('the dialog to close', () =>
            document.querySelector('dialog') === null);
    }

    /* What Anna's camera is sent as: one stream, and how tall its top is. */
    function sent(codec) {
        return guests.anna.evaluate(async (wanted) => {
            for (const peer of window.peers) {
                const report = await peer.getStats();

                for (const row of report.values()) {
                    if (row.type === 'outbound-rtp' && row.frameHeight > 0
                        && report.get(row.codecId)?.mimeType.toLowerCase()
                            === `video/${wanted}`
                        && peer.connectionState === 'connected')
                    {
                        return { mode: row.scalabilityMode,
                            height: row.frameHeight };
                    }
                }
            }

            return {};
        }, codec);
    }

    async function received(guest) {
        const source = await guest.sourceOf('Anna', 1);

        return (await guest.statistics()).inbound.find((one) =>
            one.kind === 'video' && one.source === source) ?? {};
    }

    /* Without this nobody who receives AV1 can tell its layers apart. */
    function told(guest) {
        return guest.evaluate((name) => window.peers.some((peer) =>
            peer.getReceivers().length > 2
                && peer.remoteDescription?.sdp.includes(name)), DEPENDENCY);
    }

    /* How often a receiver found that it cannot decode what it gets. */
    function stuck(guest) {
        return guest.evaluate(async () => {
            let sum = 0;

            for (const peer of window.peers) {
                for (const row of (await peer.getStats()).values()) {
                    sum += row.type === 'inbound-rtp' ? row.pliCount ?? 0 : 0;
                }
            }

            return sum;
        });
    }

    function resize(guest, size) {
        return guest.page.setViewportSize?.(size)
            ?? guest.page.setViewport(size);
    }

    /* Until the size fits `good`, then a while in which pictures go on. */
    async function follows(guest, codec, what, good) {
        const before = await received(guest);
        let seen = '';

        await poll(SOON_MS, `${codec} ${what} at ${guest.name}`, async () => {
            const { height } = await sent(codec);
            const row = await received(guest);

            seen = `${row.codec} ${row.width}x${row.height} of ${height}`;

            return row.codec?.toLowerCase() === `video/${codec}`
                && row.height > 0 && good(row.height, height);
        }).catch((error) => {
            throw new Error(`${error.message}: ${seen}`);
        });

        const start = await received(guest);

        await new Promise((done) => setTimeout(done, STEADY_MS));

        const end = await received(guest);

        assert.ok(end.framesDecoded > start.framesDecoded + 2,
            `${guest.name}: pictures go on`);

        return `${guest.name} ${what}: ${seen}, frozen `
            + `${Math.round(end.frozenMs - (before.frozenMs ?? 0))} ms`;
    }

    for (const codec of ['vp9', 'av1']) {
        world.test(`of ${codec} follow the tile`, async (t) => {
            const { browsers, stack } = world;

            if (guests.anna === undefined) {
                guests.anna = await browsers.chromium('Anna',
                    { init: [watchPeers, smallCamera] });
                guests.share = await guests.anna.create(stack.url);
                await guests.anna.click('.created-head .btn.primary');
                await guests.anna.enter();
                await guests.anna.evaluate(() =>
                    window.meet.setPreferences({ saveData: false }));
                guests.ben = await browsers.chromium('Ben',
                    { init: [watchPeers], viewport: SMALL });
                guests.chloe = await browsers.firefox('Chloe',
                    { init: [watchPeers], viewport: SMALL });

                for (const guest of [guests.ben, guests.chloe]) {
                    await guest.join(guests.share.classLink,
                        { devices: 'none' });
                    await guest.evaluate(() =>
                        window.meet.setPreferences({ saveData: false }));
                }
            }

            await choose(codec);

            const both = [guests.ben, guests.chloe];
            const small = (height, top) => height <= top / 2;
            const all = (height, top) => height === top;

            assert.ok(await told(guests.ben), 'Chromium is told of layers');

            const largest = new Map([[guests.ben, all], [guests.chloe,
                codec !== 'av1' || await told(guests.chloe) ? all : small]]);

            const before = await Promise.all(both.map(stuck));

            for (const [what, size, good] of [
                ['small', SMALL, small],
                ['large', LARGE, null],
                ['small again', SMALL, small],
            ]) {
                await Promise.all(both.map((guest) => resize(guest, size)));

                const lines = await Promise.all(both.map((guest) =>
                    follows(guest, codec, what,
                        good ?? largest.get(guest))));

                lines.forEach((line) => t.diagnostic(line));
            }

            const after = await Promise.all(both.map(stuck));

            t.diagnostic(`stuck ${after.map((n, i) => n - before[i])}`);
            after.forEach((n, i) => assert.ok(n - before[i] < STUCK,
                `${both[i].name} asked ${n - before[i]} times for a keyframe`));
            assert.equal((await sent(codec)).mode, 'L3T3_KEY');
        });
    }
});
