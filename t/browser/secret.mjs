// Who has the wrong password gets in nowhere and learns nothing; links to rooms
// that do not exist are answered plainly; a listener needs no device.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { get } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

describe('secrets', () => {
    const world = withStack();
    let share;
    let eve;

    world.test('a wrong password is said plainly and lets nobody in', async () => {
        const { browsers, stack } = world;
        const anna = await browsers.chromium('Anna');

        share = await anna.create(stack.url);
        await anna.click('.created-head .btn.primary');
        await anna.enter();
        await anna.say('only for us');

        eve = await browsers.chromium('Eve');
        await eve.goto(share.roomLink);
        await eve.type('.join-form input[name=name]', 'Eve');
        await eve.type('.join-form input[name=secret]',
            'dadi-dadi-dadi-dadi-dadi');
        await eve.click('.join-form .listener');
        await eve.waitFor('.join-form .error');

        assert.match(await eve.text('.join-form .error'),
            /does not open this room/);
        assert.equal(await eve.phase(), 'join');
        assert.equal(await eve.evaluate(() => document.activeElement.name),
            'secret', 'the focus is where it must be mended');
    });

    world.test('she has learned nothing about the room', async () => {
        const known = await eve.evaluate(() => document.body.innerText);

        assert.doesNotMatch(known, /Anna|only for us/);
        assert.ok(eve.requests.every((url) => !url.includes('/ws')),
            'no socket was tried');

        const facts = await get(`${world.stack.url}api/v1/rooms/${share.room}`);

        assert.equal(facts.status, 200);
        assert.deepEqual(Object.keys(JSON.parse(facts.text)).sort(),
            ['invites', 'room']);
        assert.doesNotMatch(facts.text, /wrapped|auth|Anna/);
    });

    world.test('no password ever went to the server', () => {
        for (const guest of world.browsers.guests) {
            for (const url of guest.requests) {
                assert.ok(!url.includes('dadi'), url);
                assert.ok(!url.includes(share.password), url);
            }
        }

        assert.ok(!world.stack.logs().includes(share.password));
    });

    world.test('the right one opens, in capitals and with spaces', async () => {
        await eve.type('.join-form input[name=secret]',
            share.password.toUpperCase().replaceAll('-', ' '));
        await eve.click('.join-form .listener');
        await eve.inCall();
        await eve.until('the history', () =>
            window.meet.phase.value.call.chat.messages.value
                .some((message) => message.text === 'only for us'));
    });

    world.test('a link with a wrong secret asks for the password', async () => {
        const mallory = await world.browsers.chromium('Mallory');

        await mallory.goto(`${share.roomLink}#dadi-dadi-dadi-dadi-dadi`);
        await mallory.type('.join-form input[name=name]', 'Mallory');
        await mallory.click('.join-form .listener');
        await mallory.waitFor('.join-form input[name=secret]');
        await mallory.waitFor('.join-form .error');
        assert.match(await mallory.text('.join-form .error'),
            /no longer opens/);
    });

    world.test('a room that never was is said plainly', async () => {
        const otto = await world.browsers.chromium('Otto', { locale: 'de-DE' });

        await otto.goto(`${world.stack.url}gibt-es-nicht#bado-kufi-rima-talu-zepo`);
        await otto.waitFor('.message h1');
        await otto.until('the answer', () =>
            document.querySelector('h1').innerText
                === 'Diesen Raum gibt es nicht');
    });
});
