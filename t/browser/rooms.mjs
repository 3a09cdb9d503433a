// Two rooms know nothing of each other, and with two media workers they sit on
// different ones.  All of it below a path prefix.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { withStack } from './lib/test.mjs';

describe('two rooms', () => {
    const world = withStack({ prefix: '/school/meet/', workers: 2 });
    const a = [];
    const b = [];

    async function room(list, names) {
        let share;

        for (const name of names) {
            const guest = await world.browsers.chromium(name,
                { init: [watchPeers] });

            if (share === undefined) {
                share = await guest.create(world.stack.url);
                assert.ok(share.classLink.startsWith(world.stack.url));
                await guest.click('.created-head .btn.primary');
                await guest.enter();
            } else {
                await guest.join(share.classLink);
            }

            list.push(guest);
        }
    }

    world.test('hold calls side by side', async () => {
        await room(a, ['Anna', 'Ben']);
        await room(b, ['Carl', 'Dora']);

        await a[0].sees('Ben');
        await a[1].hears('Anna');
        await b[0].sees('Dora');
        await b[1].hears('Carl');
    });

    world.test('know nothing of each other', async () => {
        await a[0].say('in room a');
        await b[0].say('in room b');
        await a[1].until('the line', () =>
            window.meet.phase.value.call.chat.messages.value.length === 1);
        await b[1].until('the line', () =>
            window.meet.phase.value.call.chat.messages.value.length === 1);

        assert.deepEqual(await a[1].chat(), ['in room a']);
        assert.deepEqual(await b[1].chat(), ['in room b']);
        assert.deepEqual(Object.keys(await a[0].people()).sort(),
            ['Anna', 'Ben']);
        assert.deepEqual(Object.keys(await b[0].people()).sort(),
            ['Carl', 'Dora']);

        for (const guest of [...a, ...b]) {
            const { inbound } = await guest.statistics();
            const video = inbound.filter((s) =>
                s.kind === 'video' && s.framesDecoded > 0);

            assert.equal(video.length, 1, `${guest.name} sees one other`);
        }
    });

    world.test('sit on different media workers', async () => {
        const ports = [];

        for (const guest of [a[0], b[0]]) {
            const used = await guest.mediaPorts();

            assert.equal(used.length, 1, `${guest.name}: ${used}`);
            ports.push(used[0]);
        }

        assert.notEqual(ports[0], ports[1]);
        assert.ok(ports.every((port) =>
            port >= world.stack.udp[0] && port <= world.stack.udp[1]));
    });
});
