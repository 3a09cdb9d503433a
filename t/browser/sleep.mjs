// A laptop that slept for ten minutes: no ghost stays for the others, the page
// says what happened, and one click leads back.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { withStack } from './lib/test.mjs';

const TEN_MINUTES = 600_000;

/* In the page: clocks that jump when told, as after a sleep. */
function jumpingClocks() {
    const date = Date.now.bind(Date);
    const steady = performance.now.bind(performance);

    window.jump = 0;
    Date.now = () => date() + window.jump;
    performance.now = () => steady() + window.jump;
}

describe('a laptop that slept', () => {
    const world = withStack();
    let anna;
    let ben;

    world.test('finds itself out of the call, and says so', async () => {
        anna = await world.browsers.chromium('Anna');

        const share = await anna.create(world.stack.url);

        await anna.click('.created-head .btn.primary');
        await anna.enter();

        ben = await world.browsers.chromium('Ben', { init: [jumpingClocks] });
        await ben.join(share.classLink);
        await anna.sees('Ben');

        await ben.evaluate((ms) => {
            window.jump += ms;
        }, TEN_MINUTES);
        await ben.until('the page about it', () =>
            window.meet.phase.value.name === 'away');
        assert.match(await ben.text('h1'), /Welcome back/);
        assert.equal(await ben.evaluate(() =>
            window.meet.media.cam.value.state), 'off', 'the camera is off');
    });

    world.test('leaves no ghost', async () => {
        await anna.until('Ben to be gone or away', () =>
            window.meet.phase.value.call.people.value
                .every((p) => p.name !== 'Ben' || p.away));
    });

    world.test('one click, and all is as before', async () => {
        await ben.click('.message .btn.primary');
        await ben.inCall();
        await anna.sees('Ben');
        await ben.sees('Anna');

        const names = await anna.evaluate(() => window.meet.phase.value.call
            .people.value.map((p) => p.name).sort());

        assert.deepEqual(names, ['Anna', 'Ben']);
    });
});
