// One room on two media workers: Chromium is where the room is, Firefox at the
// other one.  Nobody notices, and what the owner does reaches both.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const SHARE = '.controls [aria-keyshortcuts=D]';
const WAIT_MS = 40_000;

describe('a room on two media workers', () => {
    const world = withStack({ workers: 2, spread: 1 });
    let anna;
    let chloe;
    let share;

    function becomes(name, sorted) {
        return poll(WAIT_MS, `${name}: ${sorted}`, async () =>
            (await world.stack.metric(name)).sort().join(' ') === sorted);
    }

    world.test('has each of two browsers at another one', async () => {
        const { browsers, stack } = world;
        const init = [watchPeers];

        anna = await browsers.chromium('Anna', { init });
        share = await anna.create(stack.url);
        await anna.click('.created-head .btn.primary');
        await anna.enter();

        chloe = await browsers.firefox('Chloe', { init });
        await chloe.join(share.classLink);

        await becomes('participants', '0 2');
        await becomes('publishers', '1 1');

        const ports = [await anna.mediaPorts(), await chloe.mediaPorts()];

        assert.deepEqual(ports.map((list) => list.length), [1, 1]);
        assert.notEqual(ports[0][0], ports[1][0]);
    });

    world.test('shows and sounds each to the other', async () => {
        await Promise.all([
            anna.sees('Chloe'), chloe.sees('Anna'),
            anna.hears('Chloe'), chloe.hears('Anna'),
        ]);
    });

    world.test('marks who speaks at both', async () => {
        for (const guest of [anna, chloe]) {
            for (const name of ['Anna', 'Chloe']) {
                const number = (await guest.people())[name];

                await guest.until(`${name} to be marked`, (wanted) => {
                    const { call } = window.meet.phase.value;

                    return call.levels.value.has(wanted)
                        || call.active.value === wanted;
                }, number);
            }
        }
    });

    world.test('shows a screen at the other worker', async () => {
        await anna.click(SHARE);
        await chloe.waitFor('.tile.screen video');

        const before = await chloe.frames('Anna', 3);

        await poll(WAIT_MS, 'pictures of the screen', async () =>
            (await chloe.frames('Anna', 3)) > before);
        await anna.click(SHARE);
        await chloe.until('no screen', () =>
            document.querySelector('.tile.screen video') === null);
    });

    world.test('turns off a microphone there, which its owner opens again',
        async () => {
            await anna.about('Chloe', 'Turn off microphone');
            await chloe.until('the button to say so', () => document
                .querySelector('.controls [aria-keyshortcuts=M]')
                .getAttribute('aria-pressed') === 'false');
            await chloe.click('.controls [aria-keyshortcuts=M]');
            await anna.hears('Chloe');
        });

    world.test('sends somebody out who is there', async () => {
        await anna.about('Chloe', 'Remove');
        await anna.waitFor('dialog[open] .ways');
        await anna.click('dialog .btn.danger');
        await chloe.ended('removed');
        await anna.until('Chloe to be gone', () =>
            window.meet.phase.value.call.people.value.length === 1);
        await becomes('publishers', '0 1');
    });

    world.test('is deleted at both', async () => {
        await chloe.join(share.classLink, { devices: 'none' });
        await chloe.sees('Anna');
        await becomes('subscribers', '1 1');

        await anna.menu('Delete room');
        await anna.waitFor('dialog[open]');
        await anna.click('dialog .btn.danger');
        await Promise.all([anna.ended('deleted'), chloe.ended('deleted')]);

        for (const name of ['rooms', 'participants', 'publishers',
            'subscribers', 'sources'])
        {
            await becomes(name, '0 0');
        }
    });
});
