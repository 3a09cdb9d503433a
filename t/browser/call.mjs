// Three browsers, two of one make and one of another, each see moving pictures
// of both others and hear whoever has a microphone on; a fourth without any
// device sees and hears all.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { withStack } from './lib/test.mjs';

describe('a call', () => {
    const world = withStack();
    const guests = {};
    let share;

    world.test('a room is made and entered by its class link', async () => {
        const { browsers, stack } = world;

        guests.anna = await browsers.chromium('Anna');
        share = await guests.anna.create(stack.url, 'klasse 7b');

        assert.equal(share.room, 'klasse-7b');
        assert.match(share.classLink, /\/klasse-7b#[a-z-]{20,}$/);
        assert.match(share.teacherLink, /\/klasse-7b#o\./);

        guests.ben = await browsers.chromium('Ben');
        guests.chloe = await browsers.firefox('Chloe');
        guests.dora = await browsers.chromium('Dora');

        await guests.anna.click('.created-head .btn.primary');
        await guests.anna.enter();
        await guests.ben.join(share.classLink);
        await guests.chloe.join(share.classLink);
        await guests.dora.join(share.classLink, { devices: 'none' });
    });

    world.test('the secret is not in the address bar', async () => {
        for (const guest of Object.values(guests)) {
            const href = await guest.evaluate(() => location.href);

            assert.equal(href, `${world.stack.url}klasse-7b`, guest.name);
        }
    });

    /* everybody with each of the others who sends */
    async function each(run) {
        for (const one of Object.values(guests)) {
            for (const name of ['Anna', 'Ben', 'Chloe']) {
                if (one.name !== name) {
                    await run(one, name);
                }
            }
        }
    }

    world.test('everybody sees moving pictures of everybody', () =>
        each((one, name) => one.sees(name)));

    world.test('everybody hears everybody', () =>
        each((one, name) => one.hears(name)));

    world.test('a listener sends nothing', async () => {
        const { outbound } = await guests.dora.statistics();

        assert.equal(outbound.reduce((n, s) => n + s.bytes, 0), 0);
    });

    world.test('who turns off the microphone is shown so', async () => {
        const { anna, ben } = guests;

        await ben.click('.controls [aria-keyshortcuts=M]');
        await anna.until('Ben to be muted', () =>
            window.meet.phase.value.call.people.value
                .some((p) => p.name === 'Ben' && !p.mic));
        await ben.click('.controls [aria-keyshortcuts=M]');
        await anna.until('Ben to be heard', () =>
            window.meet.phase.value.call.people.value
                .some((p) => p.name === 'Ben' && p.mic));
        await anna.hears('Ben');
    });

    world.test('who leaves is gone for the others', async () => {
        const { anna, dora } = guests;

        await dora.click('.ctl.leave');
        await dora.until('the end page', () =>
            window.meet.phase.value.name === 'ended');
        await anna.until('Dora to be gone', () =>
            window.meet.phase.value.call.people.value
                .every((p) => p.name !== 'Dora'));
    });

    world.test('no page reported an error or spoke to anybody else', () => {
        for (const guest of world.browsers.guests) {
            const bad = guest.console.filter((line) =>
                /^(error|pageerror)/.test(line));

            assert.deepEqual(bad, [], guest.name);

            const foreign = guest.requests.filter((url) =>
                !url.startsWith(world.stack.url)
                && !/^(about|blob|data):/.test(url));

            assert.deepEqual(foreign, [], guest.name);
        }
    });
});
