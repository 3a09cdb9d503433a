// Sizes of a camera that nobody looks at rest in the browser that sends them,
// Chromium as well as Firefox, and are sent again as soon as a tile grows.

import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const SOON_MS = 40_000;
const REST_MS = 1500;
const SMALL = { width: 320, height: 400 };
const LARGE_ENOUGH = 240;       /* lines; small tiles get less */
const LARGE = { width: 1600, height: 1000 };

/* For `init`: a camera that is large enough for three, but little work. */
function smallCamera() {
    const { mediaDevices } = navigator;
    const real = mediaDevices.getUserMedia.bind(mediaDevices);

    mediaDevices.getUserMedia = (wanted) => real(wanted.video
        ? { ...wanted, video:
            { ...wanted.video, width: 960, height: 540, frameRate: 10 } }
        : wanted);
}


describe('sizes that nobody looks at', () => {
    const world = withStack();
    const guests = {};
    const rested = new Map();       /* guest -> what is not sent */

    /* rid -> frames that were sent of it by now */
    function frames(guest) {
        return guest.evaluate(async () => {
            const sent = {};

            for (const peer of window.peers) {
                for (const row of (await peer.getStats()).values()) {
                    if (row.type === 'outbound-rtp' && row.rid !== undefined) {
                        sent[row.rid] = (sent[row.rid] ?? 0)
                            + (row.framesSent ?? row.framesEncoded ?? 0);
                    }
                }
            }

            return sent;
        });
    }

    /* How many of each are sent in a while. */
    async function sends(guest) {
        const before = await frames(guest);

        await new Promise((done) => setTimeout(done, REST_MS));

        const after = await frames(guest);

        return Object.fromEntries(Object.entries(after)
            .map(([rid, n]) => [rid, n - (before[rid] ?? 0)]));
    }

    async function until(guest, what, good) {
        let seen = {};

        await poll(SOON_MS, `${what} at ${guest.name}`, async () => {
            seen = await sends(guest);

            return good(seen);
        }).catch((error) => {
            throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
        });

        return `${guest.name} ${what}: ${JSON.stringify(seen)}`;
    }

    world.test('rest', async (t) => {
        const { browsers, stack } = world;
        const options = { init: [watchPeers, smallCamera], viewport: SMALL };

        guests.anna = await browsers.chromium('Anna', options);

        const share = await guests.anna.create(stack.url);

        await guests.anna.click('.created-head .btn.primary');
        await guests.anna.enter({ saveData: false });
        guests.chloe = await browsers.firefox('Chloe', options);
        await guests.chloe.join(share.classLink, { saveData: false });
        guests.ben = await browsers.chromium('Ben', { viewport: SMALL });
        await guests.ben.join(share.classLink,
            { devices: 'none', saveData: false });

        for (const guest of [guests.anna, guests.chloe]) {
            t.diagnostic(await until(guest, 'rests', (n) => n.h === 0
                && (n.l > 0 || n.m > 0)));
            rested.set(guest, Object.entries(await sends(guest))
                .filter(([, n]) => n === 0).map(([rid]) => rid));
        }
    });

    world.test('are sent again when a tile grows', async (t) => {
        await guests.ben.page.setViewportSize(LARGE);

        for (const [guest, rids] of rested) {
            t.diagnostic(await until(guest, 'wakes', (n) =>
                rids.some((rid) => n[rid] > 0)));

            const source = await guests.ben.sourceOf(guest.name, 1);

            await poll(SOON_MS, `a larger ${guest.name}`, async () =>
                (await guests.ben.statistics()).inbound.some((one) =>
                    one.source === source && one.height >= LARGE_ENOUGH));
        }
    });

    world.test('and rest again when it shrinks', async (t) => {
        await guests.ben.page.setViewportSize(SMALL);

        for (const [guest, rids] of rested) {
            t.diagnostic(await until(guest, 'rests again', (n) =>
                rids.every((rid) => n[rid] === 0)));
        }

        await guests.ben.sees('Anna');
        await guests.ben.sees('Chloe');
    });
});
