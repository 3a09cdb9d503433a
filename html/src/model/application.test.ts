import '../crypto/webcrypto';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeClock, FakeSocket, until } from '../net/fake';
import { Rest } from '../net/rest';
import type { Json } from '../net/wire';
import { FakePeer } from '../rtc/fake';
import { AppModel } from './application';
import type { CallModel } from './call';
import { memory, Server, welcome } from './fake';
import type { Browser, KeyValue, Phase } from './types';

/* Passwords are stretched for real. */
vi.setConfig({ testTimeout: 30_000 });

let server: Server;
let clock: FakeClock;
let sockets: FakeSocket[];
let peers: FakePeer[];
let local: KeyValue;
let session: KeyValue;
let address: string;
let app: AppModel;
let wall: number;


beforeEach(() => {
    server = new Server();
    clock = new FakeClock();
    sockets = [];
    peers = [];
    local = memory();
    session = memory();
    wall = 1_700_000_000_000;
    app = page('', '');
});


/* A page as it comes up after loading. */
function page(room: string, fragment: string): AppModel {
    const browser: Browser = {
        origin: 'https://meet.test', prefix: '/', room, fragment,
        local, session, small: false,
        navigate: (to) => { address = to; },
    };

    address = room;

    return new AppModel(browser, {
        rest: new Rest('https://meet.test/api/v1/', server.fetch),
        trial: () => Promise.reject(new Error('not here')),
        clock,
        random: () => 1,
        wall: () => wall,
        socket: () => {
            const socket = new FakeSocket();

            sockets.push(socket);
            return socket;
        },
        peer: () => {
            peers.push(new FakePeer());
            return peers.at(-1) as unknown as RTCPeerConnection;
        },
        stream: (track) => ({ track }) as unknown as MediaStream,
        devices: undefined,
        granted: async () => false,
        canChooseSpeaker: false,
        secure: true,
        watch: () => undefined,
    });
}


/* Lets the newest socket in, or closes it if the token is not good. */
async function admit(): Promise<void> {
    await until(() => sockets.length > 0
        && sockets.at(-1)!.last('hello') === undefined);

    const socket = sockets.at(-1)!;

    socket.open();

    const held = server.tokens.get(String(socket.last('hello')!['token']));

    if (held === undefined || server.gone
        || !server.invites.includes(held.invite))
    {
        socket.end(4003);
        return;
    }

    welcome(server, socket);
}


async function join(name = 'Alice'): Promise<CallModel> {
    const joined = app.join(name);

    await admit();
    expect(await joined).toBe(true);
    return current();
}


function current(): CallModel {
    return (app.phase.value as Extract<Phase, { name: 'call' }>)
        .call as CallModel;
}


async function create(): Promise<void> {
    expect(await app.create({})).toBe(true);
}


describe('making a room', () => {
    it('ends with everything to hand out', async () => {
        await create();
        expect(app.phase.value.name).toBe('created');

        const share = app.share.value!;

        expect(share).toMatchObject({ room: 'abcd', expires: 1_790_000_000,
            roomLink: 'https://meet.test/abcd',
            classLink: `https://meet.test/abcd#${share.password}` });
        expect(share.teacherLink).toMatch(
            /^https:\/\/meet\.test\/abcd#o\.[\w-]{43}$/);
    });

    it('tells the server no secret', async () => {
        await create();

        const { password, teacherLink } = app.share.value!;
        const sent = JSON.stringify(server.invites);

        expect(sent).not.toContain(password);
        expect(sent).not.toContain(teacherLink!.split('#o.')[1]);
        expect(server.invites.map((one) => one.kind))
            .toEqual(['password', 'owner']);
    });

    it('refuses names the server would not take', async () => {
        expect(await app.create({ name: 'a/b' })).toBe(false);
        expect(app.error.value).toBe('bad-name');
        expect(server.asked).toEqual([]);
    });
});


describe('following a link', () => {
    it('goes from the class link into the call', async () => {
        await create();

        const { password } = app.share.value!;

        app = page('abcd', password!);
        await app.start();
        expect(app.phase.value).toEqual(
            { name: 'join', room: 'abcd', ready: true, owner: false });

        const call = await join();

        expect(call.people.value.map((one) => [one.name, one.self, one.mic]))
            .toEqual([['me', true, false], ['Bob', false, true]]);
        expect(call.room.value).toMatchObject({ name: 'abcd' });
        expect(app.share.value).toMatchObject({ password, teacherLink: null });
    });

    it('asks for the password if the link has none', async () => {
        await create();

        const { password } = app.share.value!;

        app = page('abcd', '');
        await app.start();
        expect(app.phase.value).toMatchObject({ ready: false });
        expect(await app.join('Al')).toBe(false);
        expect(app.error.value).toBe('no-secret');

        app.setSecret(password!.toUpperCase().replace(/-/g, ' '));
        expect(app.phase.value).toMatchObject({ ready: true });
        await join();
        expect(app.share.value!.password).toBe(password);
    });

    it('says plainly that a password is wrong, and asks again', async () => {
        await create();
        app = page('abcd', 'bado-bado-bado-bado-bado');
        await app.start();
        expect(await app.join('Al')).toBe(false);
        expect(app.error.value).toBe('wrong-secret');
        expect(app.phase.value).toMatchObject({ name: 'join', ready: false });
        expect(sockets.length).toBe(0);
    });

    it('knows a room that is not there', async () => {
        app = page('none', 'bado');
        await app.start();
        expect(app.error.value).toBe('no-room');
    });

    it('wants a name', async () => {
        await create();
        await app.open('abcd');
        expect(await app.join('   ')).toBe(false);
        expect(app.error.value).toBe('no-name');
        expect(await app.join('x'.repeat(65))).toBe(false);
    });

    it('stays on the join page when the room is full', async () => {
        await create();
        await app.open('abcd');

        const joined = app.join('Al');

        await until(() => sockets.length === 1);
        sockets[0]!.open();
        sockets[0]!.say({ type: 'end', reason: 'room-full' });
        sockets[0]!.end(4008);
        expect(await joined).toBe(false);
        expect(app.error.value).toBe('room-full');
        expect(app.phase.value.name).toBe('join');
    });
});


describe('the teacher', () => {
    it('is the owner again on this device, once remembered', async () => {
        await create();

        const { password, teacherLink } = app.share.value!;

        app.remember(true);
        app = page('abcd', password!);
        expect(app.remembered.value).toEqual(['abcd']);
        await app.start();
        expect(app.phase.value).toMatchObject({ owner: true, ready: true });
        await join();
        expect(app.share.value).toMatchObject({ password, teacherLink });

        app.remember(false);
        expect(local.get('meet.rooms')).toBe(null);
    });

    it('falls back to the link when what is remembered is old', async () => {
        await create();
        app.remember(true);
        await create();

        const { password } = app.share.value!;

        app = page('abcd', password!);
        await app.start();
        expect(app.phase.value).toMatchObject({ owner: true });
        await join();
        expect(app.remembered.value).toEqual([]);
        expect(app.share.value).toMatchObject({ password, teacherLink: null });
    });

    it('deletes the room and everything in it', async () => {
        await create();
        app.remember(true);
        await app.open('abcd');
        await join();
        expect(await app.deleteRoom()).toBe(true);
        expect(app.phase.value).toEqual(
            { name: 'ended', room: 'abcd', reason: 'deleted' });
        expect(server.gone).toBe(true);
        expect(app.remembered.value).toEqual([]);
        expect(app.share.value).toBe(null);
        expect(session.get('meet.call.abcd')).toBe(null);
        expect(peers.every((one) => one.closed)).toBe(true);
    });

    it('deletes it from the page where it was made, too', async () => {
        await create();
        expect(await app.deleteRoom()).toBe(true);
        expect(server.gone).toBe(true);
    });

    it('gives a new password and keeps the key', async () => {
        await create();
        await app.open('abcd');

        const call = await join();
        const before = app.share.value!.password;
        const keyId = server.keyId;

        await until(() => call.keyId !== '');
        expect(await app.newPassword()).toBe(true);

        const after = app.share.value!.password!;

        expect(after).not.toBe(before);
        expect(server.keyId).toBe(keyId);

        /* the owner's own rights go on, though the old token is void */
        expect(await app.setExpiry(1_800_000_000)).toBe(true);

        app = page('abcd', after);
        session.remove('meet.call.abcd');
        await app.start();
        await join();
    });

    it('cannot make one without the secret', async () => {
        await create();

        const { password } = app.share.value!;

        app = page('abcd', password!);
        await app.start();
        await join();
        expect(await app.newPassword()).toBe(false);
        expect(app.error.value).toBe('no-secret');
    });
});


describe('the way out and back', () => {
    it('leaves', async () => {
        await create();
        await app.open('abcd');

        const call = await join();

        call.leave();
        expect(app.phase.value).toMatchObject(
            { name: 'ended', reason: 'left' });
        expect(sockets.at(-1)!.last('leave')).toBeDefined();
        expect(session.get('meet.call.abcd')).toBe(null);

        /* and may come back without typing anything */
        await app.open('abcd');
        await join();
    });

    it('returns to the same participant after a reload', async () => {
        await create();

        const { password } = app.share.value!;

        app = page('abcd', password!);
        await app.start();
        const id = (await join()).me.value.id;

        app = page('abcd', '');

        const started = app.start();

        await admit();
        await started;
        expect(app.phase.value.name).toBe('call');
        expect(current().me.value.id)
            .toBe(id);
        expect(app.share.value).toMatchObject({ password });
    });

    it('keeps no owner secret in the tab', async () => {
        await create();

        const secret = app.share.value!.teacherLink!.split('#')[1]!;

        await app.open('abcd');
        await join();
        expect(session.get('meet.call.abcd')).not.toContain(secret);
        expect(local.get('meet.rooms')).toBe(null);
    });

    it('asks again when the token of the tab is void', async () => {
        await create();

        const { password } = app.share.value!;

        app = page('abcd', password!);
        await app.start();
        await join();
        server.tokens.clear();
        app = page('abcd', '');

        const started = app.start();

        await admit();

        /* the password of the tab still opens the room */
        await until(() => {
            void clock.advance(1);
            return sockets.length === 3;
        });
        await admit();
        await started;
        expect(app.phase.value.name).toBe('call');
    });

    it('tells why it is over', async () => {
        await create();
        await app.open('abcd');
        await join();
        sockets.at(-1)!.say({ type: 'end', reason: 'removed' });
        sockets.at(-1)!.end(4005);
        expect(app.phase.value).toMatchObject(
            { name: 'ended', reason: 'removed' });
    });

    it('goes home', async () => {
        await create();
        await app.open('abcd');
        await join();
        app.home();
        expect(app.phase.value).toEqual({ name: 'landing' });
        expect(address).toBe('');
        expect(app.share.value).toBe(null);
    });
});


describe('the lobby', () => {
    let joined: Promise<boolean>;

    beforeEach(async () => {
        await create();
        app = page('abcd', app.share.value!.password!);
        await app.start();
        joined = app.join('Alice');
        await until(() => sockets.length === 1);
        sockets[0]!.open();
        sockets[0]!.say({ type: 'waiting', participant: 'p', time_ms: 1 });
    });

    it('is waited in, as long as it takes', async () => {
        expect(app.phase.value).toEqual({ name: 'waiting', room: 'abcd',
            since: wall, message: null });
        expect(app.busy.value).toBe('none');

        sockets[0]!.say({ type: 'told', from: 'x',
            body: JSON.stringify({ text: 'In a minute' }) });
        expect(app.phase.value).toMatchObject({ message: 'In a minute' });

        wall += 30_000;
        sockets[0]!.say({ type: 'told', from: 'x', body: 'nonsense' });
        expect(app.phase.value).toMatchObject(
            { since: wall - 30_000, message: '' });

        /* no media, no key, nothing but the socket */
        expect(peers.every((one) => one.closed)).toBe(true);
        sockets[0]!.sent.length = 0;
        server.tokens.forEach((_, token) => sockets[0]!.sent.push(
            { type: 'hello', token }));
        welcome(server, sockets[0]!);
        expect(await joined).toBe(true);
        expect(app.phase.value.name).toBe('call');
    });

    it('may end with a no', async () => {
        sockets[0]!.say({ type: 'end', reason: 'rejected' });
        sockets[0]!.end(4005);
        expect(await joined).toBe(false);
        expect(app.phase.value).toMatchObject(
            { name: 'ended', reason: 'rejected' });
    });

    it('may be left, without an error on the next page', async () => {
        app.home();
        expect(await joined).toBe(false);
        expect(app.phase.value.name).toBe('landing');
        expect(app.error.value).toBe(null);
        expect(sockets[0]!.last('leave')).toBeDefined();
    });
});


describe('a computer that sleeps', () => {
    it('is away, and back with one click', async () => {
        await create();
        app = page('abcd', app.share.value!.password!);
        await app.start();

        const id = (await join()).me.value.id;

        await clock.advance(9_000);
        expect(app.phase.value.name).toBe('call');

        wall += 600_000;
        await clock.advance(5_000);
        expect(app.phase.value).toEqual({ name: 'away', room: 'abcd' });
        expect(sockets[0]!.last('leave')).toBeDefined();
        expect(peers.every((one) => one.closed)).toBe(true);

        const back = app.comeBack();

        await admit();
        expect(await back).toBe(true);
        expect(current().me.value.id).toBe(id);
    });
});


describe('what is stored', () => {
    it('is given to the owner in plain words', async () => {
        await create();
        await app.open('abcd');

        const call = await join();
        const sent = call.chat.send('Hello');

        await until(() => sockets[0]!.last('log') !== undefined);
        sockets[0]!.say({ type: 'log', re: sockets[0]!.last('log')!['id'],
            entries: [], last: 0 });
        await sent;
        await until(() => sockets[0]!.last('post') !== undefined);
        server.log = [
            { channel: 'chat', sequence: 1, sender: call.me.value.id,
                body: sockets[0]!.last('post')!['body'] },
            { channel: 'chat', sequence: 2, sender: 'x', body: 'AQ' },
        ];

        const blob = await app.exportRoom();
        const told = JSON.parse(await blob!.text()) as { log: Json[] };

        expect(told.log[0]!['plain']).toMatchObject({ text: 'Hello' });
        expect(told.log[1]!['plain']).toBe(undefined);
    });

    it('is not given to others', async () => {
        await create();
        app = page('abcd', app.share.value!.password!);
        await app.start();
        await join();
        expect(await app.exportRoom()).toBe(null);
        expect(app.error.value).toBe('not-authorized');
    });
});


describe('in the call', () => {
    it('subscribes at once and publishes nothing without devices', async () => {
        await create();
        await app.open('abcd');

        const call = await join();

        await clock.advance(0);
        expect(peers.length).toBe(1);
        expect(call.counters).toMatchObject({ subscribeOffers: 1,
            publishOffers: 0 });
        expect(sockets.at(-1)!.last('subscribe')!['slots'])
            .toHaveLength(10);
        expect(sockets.at(-1)!.last('state')!['muted'])
            .toEqual(['mic', 'cam', 'screen-audio', 'screen']);
    });

    it('moderates in the words of the protocol', async () => {
        await create();
        await app.open('abcd');

        const call = await join();
        const socket = sockets.at(-1)!;
        const said = (): Json => {
            const { id: _, ...rest } = socket.sent.at(-1)!;

            return rest;
        };

        void call.admit(null);
        expect(said()).toEqual({ type: 'moderate', verb: 'admit' });
        void call.reject('w1');
        expect(said()).toEqual(
            { type: 'moderate', verb: 'reject', target: 'w1' });
        void call.deny('p', ['mic']);
        expect(said()).toEqual({ type: 'moderate', verb: 'deny', target: 'p',
            kinds: ['mic'] });
        void call.appoint('p', 'moderator');
        expect(said()).toEqual(
            { type: 'appoint', target: 'p', role: 'moderator' });
        void call.tellWaiting('Soon');
        expect(said()).toEqual(
            { type: 'tell', to: 'lobby', body: '{"text":"Soon"}' });

        socket.say({ type: 'lobby',
            waiting: [{ id: 'w1', name: 'Will', since_ms: 5 }] });
        expect(call.waiting.value)
            .toEqual([{ id: 'w1', name: 'Will', sinceMs: 5 }]);
    });

    it('reports what others are shown, not itself', async () => {
        await create();
        await app.open('abcd');

        const call = await join();

        call.show([{ source: 3 * 4 + 1, height: 90, priority: 0 },
            { source: 5, height: 180, priority: 0 }]);
        await clock.advance(0);
        expect(sockets.at(-1)!.last('view')!['sources'])
            .toEqual([{ source: 5, height: 180, priority: 0 }]);
    });
});
