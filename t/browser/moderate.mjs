// What the owner may do to others reaches them, and is said plainly: turn off a
// microphone, lock the door, send somebody out, end the call.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { withStack } from './lib/test.mjs';

describe('the owner', () => {
    const world = withStack();
    let anna;
    let ben;
    let share;

    world.test('turns off a microphone', async () => {
        anna = await world.browsers.chromium('Anna');
        share = await anna.create(world.stack.url);
        await anna.click('.created-head .btn.primary');
        await anna.enter({ devices: 'none' });

        ben = await world.browsers.chromium('Ben');
        await ben.join(share.classLink);
        await anna.hears('Ben');

        await anna.about('Ben', 'Turn off microphone');

        await anna.until('Ben to be muted', () =>
            window.meet.phase.value.call.people.value
                .some((p) => p.name === 'Ben' && !p.mic));
        await ben.until('his own button to say so', () => document
            .querySelector('.controls [aria-keyshortcuts=M]')
            .getAttribute('aria-pressed') === 'false');
    });

    world.test('who may turn it on again', async () => {
        await ben.click('.controls [aria-keyshortcuts=M]');
        await anna.hears('Ben');
    });

    world.test('locks the door', async () => {
        await anna.menu('Lock room');
        await ben.until('the lock', () =>
            document.querySelector('.topbar').innerText.includes('locked'));

        const carl = await world.browsers.chromium('Carl');

        await carl.goto(share.classLink);
        await carl.type('.join-form input[name=name]', 'Carl');
        await carl.click('.join-form .listener');
        await carl.until('the reason', () =>
            /locked at the moment/.test(document.body.innerText));
        assert.equal(await carl.phase(), 'join');

        await anna.menu('Unlock room');
        await ben.until('the open door', () =>
            !document.querySelector('.topbar').innerText.includes('locked'));
        await carl.click('.join-form .listener');
        await carl.inCall();
    });

    world.test('sends somebody out', async () => {
        await anna.about('Ben', 'Remove');
        await anna.waitFor('dialog[open]');
        await anna.click('dialog .btn.danger');
        await ben.until('the end page', () =>
            window.meet.phase.value.name === 'ended');
        assert.match(await ben.text('h1'), /removed/);
        await anna.until('Ben to be gone', () =>
            window.meet.phase.value.call.people.value.length === 2);
    });

    world.test('ends the call for all, and the room remains', async () => {
        await anna.menu('End call');
        await anna.waitFor('dialog[open]');
        await anna.click('dialog .btn.danger');

        for (const guest of world.browsers.guests) {
            await guest.until('the end page', () =>
                window.meet.phase.value.name === 'ended');
        }

        assert.match(await anna.text('h1'), /call was ended/);
        await anna.click('.message .btn.primary');
        await anna.enter({ devices: 'none' });
    });

    world.test('removes somebody and changes the lock', async () => {
        const dora = await world.browsers.chromium('Dora');

        await dora.join(share.classLink, { devices: 'none' });
        await anna.about('Dora', 'Remove');
        await anna.waitFor('dialog[open] .ways');
        assert.equal(await anna.evaluate(() =>
            document.querySelectorAll('dialog .ways input').length), 4);
        await anna.click('dialog .ways label:last-child input');
        await anna.click('dialog .btn.danger');
        await dora.ended('removed');

        /* what the class needs now is shown at once */
        await anna.waitFor('dialog[open] .qr');

        const link = await anna.evaluate(() =>
            window.meet.share.value.classLink);

        assert.notEqual(link, share.classLink);

        await dora.goto(share.classLink);
        await dora.type('.join-form input[name=name]', 'Dora');
        await dora.click('.join-form .listener');
        await dora.until('the reason', () =>
            /no longer opens the room/.test(document.body.innerText));
        await dora.join(link, { devices: 'none' });
    });
});
