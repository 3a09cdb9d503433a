// Stream keys as their owner makes, uses and revokes them in the page: with one
// an encoder (here: another page) sends by WHIP, marked as what it is; with the
// other one a player plays by WHEP.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { check } from './lib/looks.mjs';
import { get, poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const SOON_MS = 30_000;

describe('stream keys', () => {
    const world = withStack();
    const g = {};
    const made = {};
    let stream;

    async function openBox() {
        await g.anna.menu('About this room');
        await g.anna.waitFor('dialog[open] .stream-title');
        await settled();
    }

    /* the server has answered, buttons do something again */
    async function settled() {
        await g.anna.until('the list', () =>
            document.querySelector('dialog .btn[aria-disabled=true]') === null);
    }

    async function closeBox() {
        await g.anna.page.keyboard.press('Escape');
        await g.anna.until('the dialog to close', () =>
            document.querySelector('dialog') === null);
    }

    /* lines of the list: kind and begin of the id */
    function listed() {
        return g.anna.evaluate(() =>
            [...document.querySelectorAll('.stream-keys li > span')]
                .map((line) => line.innerText.trim()));
    }

    async function make(kind, word) {
        const before = (await listed()).length;

        await g.anna.evaluate((wanted) =>
            [...document.querySelectorAll('dialog .btn')]
                .find((button) => button.innerText.includes(wanted)).click(),
        `New key for ${word}`);
        await g.anna.until('the key', (n) =>
            document.querySelectorAll('.stream-keys li').length === n
                && document.querySelector('.stream-made') !== null, before + 1);
        await settled();

        const [url, key] = await g.anna.evaluate(() =>
            [...document.querySelectorAll('.stream-made input')]
                .map((input) => input.value));

        assert.ok(url.endsWith(`/api/v1/${kind}/${g.share.room}`), url);
        assert.match(key, /^[A-Za-z0-9_-]{43}$/);
        assert.ok(await g.anna.evaluate(() => document.activeElement
            .matches('.stream-made')), 'the focus is on what is new');
        made[kind] = { url, key };
    }

    /* In a page: one offer, one answer; answers status and Location. */
    function offer(guest, { url, key }, sends, query = '') {
        return guest.evaluate(async ([to, bearer, out]) => {
            const peer = new RTCPeerConnection();

            if (out) {
                const media = await navigator.mediaDevices.getUserMedia(
                    { audio: true, video: { width: 320, height: 180 } });

                media.getTracks().forEach((track) =>
                    peer.addTransceiver(track, { direction: 'sendonly' }));
            } else {
                peer.addTransceiver('audio', { direction: 'recvonly' });
                peer.addTransceiver('video', { direction: 'recvonly' });
            }

            await peer.setLocalDescription();

            const response = await fetch(to, {
                method: 'POST', body: peer.localDescription.sdp,
                headers: { Authorization: `Bearer ${bearer}`,
                    'Content-Type': 'application/sdp' },
            });

            if (response.status === 201) {
                await peer.setRemoteDescription(
                    { type: 'answer', sdp: await response.text() });
            }

            return { status: response.status,
                location: response.headers.get('Location') };
        }, [url + query, key, sends]);
    }

    world.test('are made by the owner, and shown once', async () => {
        const { browsers, stack } = world;

        g.anna = await browsers.chromium('Anna');
        g.share = await g.anna.create(stack.url);
        await g.anna.click('.created-head .btn.primary');
        await g.anna.enter({ devices: 'none' });

        await openBox();
        assert.deepEqual(await listed(), []);
        await make('whip', 'sending');
        await make('whep', 'playing');
        assert.notEqual(made.whip.key, made.whep.key);
        await check(g.anna, 'two new keys');

        await closeBox();
        await openBox();
        assert.match((await listed()).join(), /sending.*playing/);

        const text = await g.anna.evaluate(() =>
            document.querySelector('dialog').innerHTML);

        assert.ok(!text.includes(made.whip.key), 'a key is shown once');
        assert.ok(!text.includes(made.whep.key), 'a key is shown once');
        await closeBox();
    });

    world.test('an encoder is seen, and marked as a program', async () => {
        g.encoder = await world.browsers.chromium('Encoder',
            { init: [watchPeers] });
        await g.encoder.goto(world.stack.url);

        stream = await offer(g.encoder, made.whip, true, '?name=Projector');
        assert.equal(stream.status, 201);
        await g.anna.until('the projector', () => window.meet.phase.value.call
            .people.value.some((one) => one.name === 'Projector'));
        await g.anna.sees('Projector');
        await g.anna.hears('Projector');

        const number = (await g.anna.people()).Projector;

        await g.anna.click('.controls [data-panel=people]');
        await g.anna.waitFor(`.person[data-number="${number}"]`);
        assert.match(await g.anna.evaluate((n) => document.querySelector(
            `.person[data-number="${n}"] .sr`).textContent, number),
        /streams by a program/);
        assert.match(await g.anna.evaluate((n) => document.querySelector(
            `.tile[data-source="${n * 4 + 1}"] .plate`).textContent, number),
        /streams by a program/);

        /* and nobody else */
        assert.equal(await g.anna.evaluate(() =>
            document.querySelectorAll('.person .program, .tile .program')
                .length), 2);
        await check(g.anna, 'a program in the call');
    });

    world.test('a player plays it', async () => {
        const viewer = await world.browsers.chromium('Viewer',
            { init: [watchPeers] });

        await viewer.goto(world.stack.url);
        assert.equal((await offer(viewer, made.whep, false)).status, 201);
        await poll(SOON_MS, 'pictures in the player', () =>
            viewer.evaluate(async () => {
                const report = await window.peers.at(-1).getStats();

                return [...report.values()].some((row) =>
                    row.type === 'inbound-rtp' && row.framesDecoded > 5);
            }));
    });

    world.test('each opens its own way only', async () => {
        const { whip, whep } = made;

        for (const [url, key] of [[whip.url, whep.key], [whep.url, whip.key]]) {
            const { status } = await offer(g.encoder, { url, key }, true);

            assert.equal(status, 403);
        }
    });

    world.test('revoked, it lets nobody in any more', async () => {
        await openBox();
        assert.equal((await listed()).length, 2);
        await g.anna.click('.stream-keys li:first-child .btn');
        await g.anna.until('a shorter list', () =>
            document.querySelectorAll('.stream-keys li').length === 1);
        assert.ok(await g.anna.evaluate(() => document.activeElement
            .closest('dialog') !== null), 'the focus stays in the box');
        assert.match((await listed()).join(), /playing/);
        await closeBox();

        assert.equal((await offer(g.encoder, made.whip, true)).status, 403);

        /* what streams already goes on, as the page says, and ends by itself */
        await g.anna.sees('Projector');

        const ended = await get(new URL(stream.location, made.whip.url).href, {
            method: 'DELETE',
            headers: { Authorization: `Bearer ${made.whip.key}` },
        });

        assert.equal(ended.status, 200);
        await g.anna.until('the projector to be gone', () => window.meet.phase
            .value.call.people.value.every((one) => one.name !== 'Projector'));
    });
});
