// The owner deletes the room: one click, one confirmation.  Everybody is told,
// the link is dead at once, and a token from before opens nothing.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { get } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

describe('deletion', () => {
    const world = withStack();
    let anna;
    let ben;
    let share;
    let token;

    world.test('only the owner is offered it', async () => {
        const { browsers, stack } = world;

        anna = await browsers.chromium('Anna');
        share = await anna.create(stack.url);
        await anna.click('.created-head .btn.primary');
        await anna.enter({ devices: 'none' });

        ben = await browsers.chromium('Ben');
        await ben.join(share.classLink, { devices: 'none' });
        await ben.say('soon gone');

        token = await ben.token();
        assert.ok(token.length > 20);

        await ben.click('.controls [aria-haspopup=menu]');
        await ben.waitFor('[role=menu]');
        assert.doesNotMatch(await ben.text('[role=menu]'), /Delete/);
        await ben.page.keyboard.press('Escape');
    });

    world.test('one confirmation, and everybody is told', async () => {
        await anna.menu('Delete room');
        await anna.waitFor('dialog[open]');

        assert.notEqual(
            await anna.evaluate(() => document.activeElement.className),
            'btn danger', 'Enter alone deletes nothing');

        await anna.click('dialog .btn.danger');

        for (const guest of [anna, ben]) {
            await guest.ended('deleted');
        }

        assert.match(await ben.text('h1'), /deleted/);
    });

    world.test('the link is dead at once', async () => {
        const api = `${world.stack.url}api/v1/rooms/${share.room}`;
        const facts = await get(api);

        assert.equal(facts.status, 404);
        assert.equal(JSON.parse(facts.text).type, '/problems/no-room');

        const late = await world.browsers.chromium('Late');

        await late.goto(share.classLink);
        await late.waitFor('.message h1');
        await late.until('the answer', () =>
            document.querySelector('h1').innerText
                === 'This room does not exist');
    });

    world.test('an earlier token opens nothing and revives nothing', async () => {
        const api = `${world.stack.url}api/v1/rooms/${share.room}`;
        const eve = await world.browsers.chromium('Eve');

        await eve.goto(world.stack.url);

        const { code } = await eve.raw(token, []);

        assert.ok(code === 4004 || code === 4003, `closed with ${code}`);
        assert.equal((await get(api)).status, 404);

        const deleted = await get(api, { method: 'DELETE',
            headers: { Authorization: `Bearer ${token}` } });

        assert.ok([401, 404].includes(deleted.status), `${deleted.status}`);
    });
});
