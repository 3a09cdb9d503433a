// Owner, moderator, participant: what each may do is done by the page and
// enforced behind it.  A modified client gets nowhere.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { get, poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const WATCH_MS = 2500;
const LOOKS = 3;

/* as long as something sealed, and as unreadable */
const SEALED = `AQ${'A'.repeat(78)}`;

describe('roles', () => {
    const world = withStack();
    const g = {};
    let share;

    /*
     * A figure that comes to rest: what was on its way may still arrive, but
     * then a whole interval must pass without any change.
     */
    async function still(what, figure) {
        let before = await figure();

        for (let i = 0; i < LOOKS; i++) {
            await new Promise((done) => setTimeout(done, WATCH_MS));

            const now = await figure();

            if (now === before) {
                return;
            }

            before = now;
        }

        assert.fail(`not so: ${what}`);
    }

    function errors({ got }) {
        return got.filter((m) => m.re > 0 && m.type !== 'welcome')
            .map((m) => (m.type === 'error' ? m.error : m.type));
    }

    async function idOf(name) {
        return g.anna.evaluate((wanted) => window.meet.phase.value.call
            .people.value.find((p) => p.name === wanted).id, name);
    }

    world.test('three people talk', async () => {
        g.anna = await world.browsers.chromium('Anna');
        share = await g.anna.create(world.stack.url);
        await g.anna.click('.created-head .btn.primary');
        await g.anna.enter({ devices: 'none' });

        g.ben = await world.browsers.chromium('Ben', { init: [watchPeers] });
        await g.ben.join(share.classLink);
        g.carl = await world.browsers.chromium('Carl');
        await g.carl.join(share.classLink);

        await g.anna.hears('Ben');
        await g.ben.sees('Carl');
    });

    world.test('a locked microphone stays silent, whatever the page does',
        async () => {
            await g.ben.evaluate(() => {
                for (const peer of window.peers) {
                    for (const { sender } of peer.getTransceivers()) {
                        if (sender.track?.kind === 'audio') {
                            window.stolen = [sender, sender.track];
                        }
                    }
                }
            });

            await g.anna.about('Ben', 'Lock microphone');
            await g.ben.until('the locked button', () => document
                .querySelector('.controls [aria-keyshortcuts=M]').disabled);
            await still('nothing is heard of Ben', () =>
                g.anna.energy('Ben'));

            await g.ben.evaluate(async () => {
                const [sender, track] = window.stolen;

                track.enabled = true;
                await sender.replaceTrack(track);
            });
            await still('still nothing', () => g.anna.energy('Ben'));
        });

    world.test('and sounds again when it is released', async () => {
        await g.anna.about('Ben', 'Release microphone');
        await g.ben.until('the free button', () => !document
            .querySelector('.controls [aria-keyshortcuts=M]').disabled);

        if (await g.ben.evaluate(() => !window.meet.media.micOn.value)) {
            await g.ben.click('.controls [aria-keyshortcuts=M]');
        }

        await g.anna.hears('Ben');
    });

    world.test('a camera is switched off, and its owner may switch it on',
        async () => {
            await g.anna.about('Ben', 'Turn off camera');
            await g.carl.until('Ben without picture', () =>
                window.meet.phase.value.call.people.value
                    .some((p) => p.name === 'Ben' && !p.cam));
            await g.ben.click('.controls [aria-keyshortcuts=V]');
            await g.carl.sees('Ben');
        });

    world.test('cameras for the moderation only', async () => {
        await g.anna.roomSwitch('Cameras only for the moderation', true);
        await g.ben.until('no picture of Carl', () =>
            window.meet.phase.value.call.tiles.value
                .every((tile) => tile.person.name !== 'Carl' || !tile.picture));
        await g.anna.sees('Carl');

        /* a modified page asks for what it may not see */
        const source = await g.ben.sourceOf('Carl', 1);

        await g.ben.evaluate((wanted) => window.meet.phase.value.call
            .show([{ source: wanted, height: 360, priority: 0 }]), source);
        await still('Ben gets no picture of Carl', () => g.ben.frames('Carl'));

        await g.anna.roomSwitch('Cameras only for the moderation', false);
        await g.ben.evaluate((wanted) => window.meet.phase.value.call
            .show([{ source: wanted, height: 360, priority: 0 }]), source);
        await g.ben.sees('Carl');
    });

    world.test('rights of all: nobody writes when the chat is closed',
        async () => {
            await g.anna.roomSwitch('Write in the chat', false);
            await g.ben.until('the closed chat', () => !window.meet.phase
                .value.call.rights.value.has('chat'));
            await g.ben.click('.controls [data-panel=chat]');
            await g.ben.until('the notice', () =>
                /not allowed/.test(document.querySelector('.panel').innerText));
            await g.anna.say('I may');
            await g.ben.until('the line', () => window.meet.phase.value.call
                .chat.messages.value.length === 1);
        });

    world.test('a participant may do nothing of this, even by hand',
        async () => {
            const token = await g.carl.token();
            const anna = await idOf('Anna');
            const ben = await idOf('Ben');
            const self = await idOf('Carl');
            const messages = [
                { type: 'moderate', verb: 'mute', target: ben, kinds: ['mic'] },
                { type: 'moderate', verb: 'deny', target: ben, kinds: ['mic'] },
                { type: 'moderate', verb: 'allow', target: self,
                    kinds: ['mic'] },
                { type: 'moderate', verb: 'remove', target: anna },
                { type: 'moderate', verb: 'admit' },
                { type: 'moderate', verb: 'end' },
                { type: 'appoint', target: self, role: 'moderator' },
                { type: 'post', channel: 'chat', body: SEALED },
                { type: 'tell', to: 'lobby', body: 'hello' },
            ];
            const answer = await g.carl.raw(token, messages, 6000);

            assert.deepEqual(errors(answer), messages.map(() => 'forbidden'));

            const api = `${world.stack.url}api/v1/rooms/${share.room}`;
            const headers = { Authorization: `Bearer ${token}`,
                'Content-Type': 'application/json' };

            for (const body of [{ locked: true }, { lobby: true },
                { hide_cams: true }, { expires: null }])
            {
                const { status } = await get(api, { method: 'PATCH', headers,
                    body: JSON.stringify(body) });

                assert.equal(status, 403, JSON.stringify(body));
            }

            const deletion = await get(api, { method: 'DELETE', headers });

            assert.equal(deletion.status, 403);
            await g.carl.ended('replaced');
            await g.anna.roomSwitch('Write in the chat', true);
        });

    world.test('an appointed moderator may, but not against the owner',
        async () => {
            await g.carl.click('.message .btn.primary');
            await g.carl.enter();
            await g.anna.hears('Carl');

            await g.anna.about('Ben', 'Make moderator');
            await g.ben.until('the right', () => window.meet.phase.value.call
                .rights.value.has('moderate'));
            await g.ben.about('Carl', 'Turn off microphone');
            await g.anna.until('Carl to be muted', () =>
                window.meet.phase.value.call.people.value
                    .some((p) => p.name === 'Carl' && !p.mic));

            const token = await g.ben.token();
            const anna = await idOf('Anna');
            const answer = await g.ben.raw(token, [
                { type: 'moderate', verb: 'remove', target: anna },
                { type: 'moderate', verb: 'mute', target: anna,
                    kinds: ['mic'] },
                { type: 'appoint', target: await idOf('Carl'),
                    role: 'moderator' },
            ]);

            assert.deepEqual(errors(answer),
                ['forbidden', 'forbidden', 'forbidden']);
        });

    world.test('a new password kills the old link and nobody inside',
        async () => {
            await g.anna.click('.topbar .btn');
            await g.anna.waitFor('.new-password .btn');
            await g.anna.click('.new-password .btn');
            await g.anna.waitFor('.new-password .btn.danger');
            await g.anna.click('.new-password .btn.danger');
            await g.anna.until('the new link', (old) =>
                window.meet.share.value.classLink !== old, share.classLink);

            const link = await g.anna.evaluate(() =>
                window.meet.share.value.classLink);

            await g.anna.page.keyboard.press('Escape');

            const dora = await world.browsers.chromium('Dora');

            await dora.goto(share.classLink);
            await dora.type('.join-form input[name=name]', 'Dora');
            await dora.click('.join-form .listener');
            await dora.waitFor('.join-form .error');
            await dora.join(link, { devices: 'none' });
            assert.ok('Carl' in await dora.people(), 'Carl is still inside');
        });

    world.test('who is removed is told, and the token is dead', async () => {
        const token = await g.carl.token();

        await g.anna.about('Carl', 'Remove');
        await g.anna.waitFor('dialog[open] .ways');
        await g.anna.click('dialog .btn.danger');
        await g.carl.ended('removed');

        const { code, got } = await g.carl.raw(token, []);

        assert.ok([4003, 4005].includes(code), `closed with ${code}`);
        assert.ok(got.every((m) => m.type !== 'welcome'));
    });

    world.test('the owner takes home what is stored', async () => {
        await g.anna.menu('About this room');
        await g.anna.waitFor('dialog .export');

        const [file] = await Promise.all([
            g.anna.page.waitForEvent('download'),
            g.anna.click('dialog .export'),
        ]);
        const text = await new Promise((done, fail) => {
            let all = '';

            file.createReadStream().then((stream) => {
                stream.on('data', (part) => {
                    all += part;
                });
                stream.on('end', () => done(all));
                stream.on('error', fail);
            }, fail);
        });

        assert.equal(file.suggestedFilename(), `${share.room}.json`);
        assert.ok(text.includes(share.room));
        assert.doesNotThrow(() => JSON.parse(text));
        await poll(5000, 'the dialog to stay usable', () =>
            g.anna.evaluate(() => !document.querySelector('.export').disabled));
    });
});
