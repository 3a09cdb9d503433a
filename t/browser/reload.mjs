// Three reloads of nginx in the middle of a call: pictures and sound go on, no
// connection is made anew, and the chat goes on in order.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

describe('a reload of nginx', () => {
    const world = withStack();
    const guests = [];

    world.test('people are in a call', async () => {
        const anna = await world.browsers.chromium('Anna');
        const share = await anna.create(world.stack.url);
        const ben = await world.browsers.chromium('Ben');

        await anna.click('.created-head .btn.primary');
        await anna.enter();
        await ben.join(share.classLink);
        await ben.sees('Anna');
        await anna.sees('Ben');
        guests.push(anna, ben);
    });

    world.test('three times', async () => {
        const [anna, ben] = guests;
        const before = [await anna.counters(), await ben.counters()];

        for (let i = 1; i <= 3; i++) {
            const sockets = (await ben.counters()).sockets;

            await world.stack.reload();
            await poll(15_000, 'a new socket', async () =>
                (await ben.counters()).sockets > sockets);
            await anna.until('the link', () =>
                window.meet.phase.value.call.link.value === 'online');
            await ben.sees('Anna');
            await ben.hears('Anna');
            await anna.say(`after reload ${i}`);
            await poll(10_000, 'the message', async () =>
                (await ben.chat()).length === i);
        }

        const after = [await anna.counters(), await ben.counters()];

        after.forEach((now, i) => {
            assert.equal(now.publishConnections,
                before[i].publishConnections);
            assert.equal(now.subscribeConnections,
                before[i].subscribeConnections);
        });
    });
});
