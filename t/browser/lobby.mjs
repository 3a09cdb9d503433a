// Whoever waits in the lobby learns nothing of the room, may be spoken to, and
// gets in or not as somebody inside decides.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { check } from './lib/looks.mjs';
import { withStack } from './lib/test.mjs';

describe('the lobby', () => {
    const world = withStack();
    const g = {};
    let share;

    async function knock(name) {
        const guest = await world.browsers.chromium(name);

        await guest.goto(share.classLink);
        await guest.type('.join-form input[name=name]', name);
        await guest.click('.join-form .listener');
        await guest.until('the lobby', () =>
            window.meet.phase.value.name === 'waiting');

        return guest;
    }

    world.test('holds who comes, and tells them nothing', async () => {
        g.anna = await world.browsers.chromium('Anna');
        share = await g.anna.create(world.stack.url);
        await g.anna.click('.created-head .btn.primary');
        await g.anna.enter({ devices: 'none' });
        await g.anna.say('before the door was shut');
        await g.anna.roomSwitch('Lobby', true);

        g.ben = await knock('Ben');
        assert.match(await g.ben.text('main'), /wait/i);
        assert.doesNotMatch(await g.ben.text('body'), /Anna|before the door/);
        await g.anna.waitFor('.knock');
        assert.match(await g.anna.text('.knock'), /Ben/);
    });

    world.test('a message reaches whoever waits', async () => {
        await g.anna.click('.knock .btn:last-child');
        await g.anna.type('.lobby input', 'Two more minutes, please');
        await g.anna.click('.lobby .send');
        await g.ben.until('the message', () =>
            /Two more minutes/.test(document.body.innerText));
        await check(g.ben, 'waiting');
        await check(g.anna, 'the list of who waits');
    });

    world.test('who is admitted sees all, the history too', async () => {
        await g.anna.click('.lobby .person .btn');
        await g.ben.inCall();
        assert.ok('Anna' in await g.ben.people());
        await g.ben.until('the history', () => window.meet.phase.value.call
            .chat.messages.value.some((m) => m.text.includes('before')));
        await g.anna.until('an empty lobby', () =>
            document.querySelector('.lobby') === null);
        assert.ok(await g.anna.evaluate(() =>
            document.activeElement.closest('.panel') !== null),
        'the focus stays in the panel though the button is gone');
    });

    world.test('who is rejected is told so', async () => {
        g.carl = await knock('Carl');
        await g.anna.waitFor('.lobby .person .iconbtn');
        await g.anna.click('.lobby .person .iconbtn');
        await g.carl.until('the answer', () =>
            /Not admitted|not admitted/.test(document.body.innerText));
        assert.doesNotMatch(await g.carl.text('body'), /Anna|Ben/);
    });

    world.test('a modified client learns nothing either', async () => {
        g.dora = await knock('Dora');

        const answer = await g.dora.raw(await g.dora.token(), [
            { type: 'log', channel: 'chat', after: 0 },
            { type: 'view', sources: [{ source: 5, height: 180,
                priority: 0 }] },
            { type: 'moderate', verb: 'admit' },
            { type: 'post', channel: 'chat', body: 'AAAA' },
        ]);
        const text = JSON.stringify(answer.got);

        assert.ok(answer.got.every((m) =>
            ['waiting', 'error', 'told'].includes(m.type)), text);
        assert.doesNotMatch(text, /Anna|Ben|wrapped_key|key_id|entries/);
    });

    world.test('all at once', async () => {
        const others = [await knock('Emil'), await knock('Finn')];

        await g.anna.waitFor('.lobby-head .btn');
        await g.anna.click('.lobby-head .btn');

        for (const guest of others) {
            await guest.inCall();
            assert.ok('Anna' in await guest.people());
        }
    });

    world.test('the owner needs nobody to open', async () => {
        const again = await world.browsers.chromium('Anna again');

        await again.join(share.teacherLink, { devices: 'none' });
        assert.ok('Anna' in await again.people());
    });
});
