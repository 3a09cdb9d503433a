// What stays in the way of a call is said in the call, in plain words and with
// the way to the connection test: no camera, no UDP, no server.
//
// Without UDP needs root and nft.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { canDrop, drop, mend } from './lib/drop.mjs';
import { check } from './lib/looks.mjs';
import { withStack } from './lib/test.mjs';

describe('stuck', () => {
    const world = withStack();
    let share;
    let anna;

    function said(guest, words) {
        return guest.until(`the words ${words}`, (wanted) =>
            new RegExp(wanted).test(
                document.querySelector('.stuck')?.innerText ?? ''), words);
    }

    function nothing(guest) {
        return guest.until('no words', () =>
            document.querySelector('.stuck') === null);
    }

    /* a call goes on while its connection is tested */
    async function leadsToTheTest(guest) {
        assert.deepEqual(await guest.evaluate(() => {
            const link = document.querySelector('.stuck a');

            return [new URL(link.href).pathname, link.target];
        }), ['/test', '_blank']);
    }

    world.test('without a camera, once, until it is closed', async () => {
        anna = await world.browsers.chromium('Anna');
        share = await anna.create(world.stack.url);
        await anna.click('.created-head .btn.primary');
        await anna.enter({ devices: 'mic' });
        await nothing(anna);

        await anna.evaluate(() => {
            navigator.mediaDevices.getUserMedia = () => Promise.reject(
                new DOMException('gone', 'NotFoundError'));
        });
        await anna.click('.controls [aria-keyshortcuts=V]');
        await said(anna, 'No camera found');
        await leadsToTheTest(anna);
        await check(anna, 'no camera');
        await anna.click('.stuck .iconbtn');
        await nothing(anna);
    });

    const blocked = canDrop() ? world.test
        : (name) => test(name, { skip: 'needs root and nft' });

    blocked('where UDP is blocked, until it is not', async () => {
        const { udp } = world.stack;
        const uwe = await world.browsers.chromium('Uwe', { locale: 'de-DE' });

        drop(`udp dport ${udp[0]}-${udp[1]}`);

        try {
            await uwe.join(share.classLink);
            await said(uwe, 'sperrt UDP');
            await leadsToTheTest(uwe);
            await check(uwe, 'no UDP');
        } finally {
            mend();
        }

        await nothing(uwe);
        await anna.sees('Uwe');
    });

    world.test('where the server is gone', async () => {
        world.stack.nginx.kill();
        await said(anna, 'blocks WebSocket');
        await leadsToTheTest(anna);
        assert.equal(await anna.phase(), 'call', 'the call goes on');
    });
});
