// The network goes away for twenty seconds, media and signaling alike: back
// within three seconds of connectivity, as the same participants, and what was
// typed meanwhile arrives once.
//
// Cutting the network needs root and nft, so this belongs to the long tests.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { canDrop, drop, mend } from './lib/drop.mjs';
import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const GONE_MS = 20_000;
const BACK_MS = 3000;

if (!process.env.MEET_SOAK || !canDrop()) {
    test('the network goes away', { skip: 'needs --soak, root and nft' });
} else {
    describe('the network goes away', () => {
        const world = withStack();
        const guests = [];

        world.test('and comes back', async (t) => {
            const { port, udp } = world.stack;
            const anna = await world.browsers.chromium('Anna');
            const share = await anna.create(world.stack.url);

            await anna.click('.created-head .btn.primary');
            await anna.enter();

            const ben = await world.browsers.firefox('Ben');

            await ben.join(share.classLink);
            await anna.sees('Ben');
            await ben.sees('Anna');
            guests.push(anna, ben);

            const before = await anna.people();

            drop(`udp dport ${udp[0]}-${udp[1]}`, `tcp dport ${port}`);

            let since;

            try {
                await poll(GONE_MS, 'the end of the outage', async () => false)
                    .catch(() => undefined);
                await anna.say('typed meanwhile');
            } finally {
                mend();
                since = performance.now();
            }

            for (const [one, other] of [[anna, 'Ben'], [ben, 'Anna']]) {
                await one.sees(other, 3);

                const ms = Math.round(performance.now() - since);

                t.diagnostic(`${one.name} sees ${other} after ${ms} ms`);
                assert.ok(ms < BACK_MS, `${ms} ms`);
            }

            assert.deepEqual(await anna.people(), before);
            await poll(10_000, 'the message', async () =>
                (await ben.chat()).length === 1);
            assert.deepEqual(await ben.chat(), ['typed meanwhile']);
        });
    });
}
