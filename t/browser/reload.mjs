// Three reloads of nginx in the middle of a call: pictures and sound go on, no
// connection is made anew, nothing comes before the call, and the chat goes on
// in order.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

/* In the page: whatever takes the place of the call, even for a moment. */
function watchStage() {
    window.disturbed = [];

    setInterval(() => {
        const phase = window.meet.phase.value.name;
        const tiles = document.querySelectorAll('.stage-space .tile').length;

        if (phase !== 'call' || tiles !== 2
            || document.querySelector('dialog, .message') !== null)
        {
            window.disturbed.push(`${phase}, ${tiles} tiles`);
        }
    }, 20);
}

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

        await anna.evaluate(watchStage);
        await ben.evaluate(watchStage);

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

        for (const guest of guests) {
            assert.deepEqual(await guest.evaluate(() => window.disturbed), [],
                `${guest.name} sees the call all the time`);
        }
    });
});
