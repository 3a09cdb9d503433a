// Who joins last sees everybody within two seconds of pressing Join, and the
// whole chat in the order in which everybody has it.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const SOON_MS = 2000;
const TRIES = 3;

describe('the last to join', () => {
    const world = withStack();
    const others = [];
    let share;
    let last;

    world.test('others talk and write before', async () => {
        const { browsers, stack } = world;

        for (const name of ['Anna', 'Ben', 'Chloe']) {
            const guest = await browsers.chromium(name);

            if (others.length === 0) {
                share = await guest.create(stack.url);
                await guest.click('.created-head .btn.primary');
                await guest.enter();
            } else {
                await guest.join(share.classLink);
            }

            others.push(guest);
        }

        for (let round = 1; round <= 3; round++) {
            await Promise.all(others.map((guest) =>
                guest.say(`${guest.name} ${round}`)));
        }

        for (const guest of others) {
            await poll(10_000, `nine messages at ${guest.name}`, async () =>
                (await guest.chat()).length === 9);
        }

        const order = await others[0].chat();

        for (const guest of others.slice(1)) {
            assert.deepEqual(await guest.chat(), order, guest.name);
        }
    });

    world.test('sees everybody within two seconds', async (t) => {
        last = await world.browsers.chromium('Dora');

        /* a busy machine may spoil some attempts, not all */
        let best = Infinity;

        for (let i = 0; i < TRIES && best >= SOON_MS; i++) {
            await last.goto(share.classLink);
            await last.type('.join-form input[name=name]', 'Dora');
            await last.evaluate(() =>
                window.meet.setPreferences({ saveData: true }));
            await last.devices('both');

            const ms = await untilThreePictures();

            t.diagnostic(`${Math.round(ms)} ms from Join to three pictures`);
            best = Math.min(best, ms);

            if (best >= SOON_MS && i + 1 < TRIES) {
                await last.click('.ctl.leave');
                await last.until('the end page', () =>
                    window.meet.phase.value.name === 'ended');
            }
        }

        assert.ok(best < SOON_MS, `${best} ms`);

        for (const guest of others) {
            await last.sees(guest.name);
            await guest.sees('Dora');
        }
    });

    /* Measured in the page: from the press to three moving pictures. */
    function untilThreePictures() {
        return last.evaluate(async (limit) => {
            const start = performance.now();

            document.querySelector('.join-form .btn.primary').click();

            for (;;) {
                const videos = [...document.querySelectorAll('.tile video')]
                    .filter((v) => !v.classList.contains('mirror')
                        && v.videoWidth > 2
                        && v.getVideoPlaybackQuality().totalVideoFrames > 0);

                if (videos.length >= 3) {
                    return performance.now() - start;
                }

                if (performance.now() - start > 10 * limit) {
                    return 10 * limit;
                }

                await new Promise((done) => setTimeout(done, 20));
            }
        }, SOON_MS);
    }

    world.test('reads the whole chat in the same order', async () => {
        await poll(10_000, 'the history', async () =>
            (await last.chat()).length === 9);
        assert.deepEqual(await last.chat(), await others[0].chat());
    });

    world.test('and what is written next reaches all alike', async () => {
        await last.say('Good morning');

        for (const guest of [...others, last]) {
            await poll(10_000, `the new message at ${guest.name}`, async () =>
                (await guest.chat()).at(-1) === 'Good morning');
        }
    });
});
