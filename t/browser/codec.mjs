// The owner chooses what pictures are encoded in: from then on they are sent so,
// a browser that cannot sends what all can show, and one that cannot show them
// says that in words.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const SOON_MS = 40_000;

describe('the codec of a room', () => {
    const world = withStack();
    const guests = {};

    async function choose(codec) {
        const { anna } = guests;

        await anna.menu('About this room');
        await anna.waitFor('dialog[open] select.codec');
        await anna.page.selectOption('select.codec', codec);
        await anna.until('the setting', (wanted) =>
            window.meet.phase.value.call.room.value.codec === wanted, codec);
        await anna.page.keyboard.press('Escape');
        await anna.until('the dialog to close', () =>
            document.querySelector('dialog') === null);
    }

    function can(guest, side, codec) {
        return guest.evaluate(([what, wanted]) => (what === 'send'
            ? RTCRtpSender : RTCRtpReceiver).getCapabilities('video').codecs
            .some((one) => one.mimeType.toLowerCase() === `video/${wanted}`),
        [side, codec]);
    }

    async function codecsSent(guest) {
        const { outbound } = await guest.statistics();

        return [...new Set(outbound
            .filter((one) => one.kind === 'cam' && one.bytes > 0)
            .map((one) => one.codec.toLowerCase().replace('video/', '')))];
    }

    /* Pictures of somebody that move, in this codec, at a guest. */
    async function arrives(guest, codec, from = 'Anna') {
        const source = await guest.sourceOf(from, 1);
        let frames = -1;
        let seen = '';

        await poll(SOON_MS, `${codec} of ${from} at ${guest.name}`, async () => {
            const row = (await guest.statistics()).inbound.find((one) =>
                one.kind === 'video' && one.source === source);

            if (row === undefined) {
                return false;
            }

            seen = `${row.codec} ${row.framesDecoded}`;

            if (row.codec.toLowerCase() !== `video/${codec}`) {
                return false;
            }

            frames = frames < 0 ? row.framesDecoded : frames;

            return row.framesDecoded > frames + 5;
        }).catch((error) => {
            throw new Error(`${error.message}, but ${seen}`);
        });
    }

    world.test('is VP8 unless somebody chooses', async () => {
        const { browsers, stack } = world;

        guests.anna = await browsers.chromium('Anna');

        const share = await guests.anna.create(stack.url);

        await guests.anna.click('.created-head .btn.primary');
        await guests.anna.enter();
        guests.chloe = await browsers.firefox('Chloe');
        await guests.chloe.join(share.classLink);
        await arrives(guests.chloe, 'vp8');
    });

    world.test('becomes VP9, and the same people stay', async () => {
        const before = await guests.chloe.people();

        await choose('vp9');
        await arrives(guests.chloe, 'vp9');
        await arrives(guests.anna, 'vp9', 'Chloe');
        assert.deepEqual(await guests.chloe.people(), before);
    });

    world.test('that a browser cannot send is not what it sends', async (t) => {
        const { anna, chloe } = guests;
        let lacking;

        for (const codec of ['h264', 'av1']) {
            if (await can(anna, 'send', codec)
                && !await can(chloe, 'send', codec))
            {
                lacking ??= codec;
            }
        }

        if (lacking === undefined) {
            t.skip('Firefox sends all that Chromium does');

            return;
        }

        t.diagnostic(`Firefox does not send ${lacking}`);
        await choose(lacking);

        /* until now it was VP9; one takes another path, the other does not */
        await arrives(anna, 'vp8', 'Chloe');
        assert.deepEqual(await codecsSent(anna), [lacking]);
        assert.deepEqual(await codecsSent(chloe), ['vp8']);
    });

    world.test('that a browser lacks is told in words', async (t) => {
        const { anna, chloe } = guests;

        if (!await can(anna, 'send', 'h264')
            || await can(chloe, 'receive', 'h264'))
        {
            t.skip('these browsers both have H.264, or both have not');

            return;
        }

        await choose('h264');
        await chloe.until('the words', () =>
            /cannot show H\.264/.test(document.querySelector('.tile-still')
                ?.innerText ?? ''));
        await arrives(anna, 'vp8', 'Chloe');
        await choose('auto');
        await arrives(chloe, 'vp8');
        await chloe.until('no words', () =>
            document.querySelector('.tile-still') === null);
    });
});
