import { beforeEach, describe, expect, it } from 'vitest';

import type { NetError } from './errors';
import { FakeClock, FakeSocket, settle } from './fake';
import { Session, type SessionEnd, type SessionState } from './session';
import type { Event, Json, Welcome } from './wire';

let clock: FakeClock;
let sockets: FakeSocket[];
let session: Session;
let states: SessionState[];
let events: Event[];
let rosters: number[][];
let welcomes: Welcome[];
let ends: SessionEnd[];
let complaints: NetError[];
let renewed: (string | null)[];
let reachable: boolean;
let probes: number;


beforeEach(() => {
    clock = new FakeClock();
    sockets = [];
    states = [];
    events = [];
    rosters = [];
    welcomes = [];
    ends = [];
    complaints = [];
    renewed = [];
    reachable = true;
    probes = 0;

    session = new Session({
        url: 'wss://meet.test/api/v1/ws',
        token: 'first',
        clock,
        random: () => 0.5,
        reachable: async () => {
            probes += 1;
            return reachable;
        },
        socket: () => {
            const socket = new FakeSocket();

            sockets.push(socket);
            return socket;
        },
        handlers: {
            state: (state) => states.push(state),
            welcome: (welcome) => welcomes.push(welcome),
            snapshot: (s) => rosters.push(s.participants.map((p) => p.number)),
            event: (event) => events.push(event),
            latest: () => undefined,
            complaint: (error) => complaints.push(error),
            refused: () => Promise.resolve(renewed.shift() ?? null),
            ended: (reason) => ends.push(reason),
        },
    });
    session.start();
});


function welcome(fields: Json = {}): Json {
    return {
        type: 'welcome', participant: 'aa', number: 1, role: 'participant',
        rights: ['mic'], epoch: 7, sequence: 10, resumed: false,
        token: 'second', token_expires: 99, incarnation: 'i', key_id: 'k',
        wrapped_key: 'w', invite: 'v', publish: false, subscribe: false,
        time_ms: 1, limits: { slots: 24 }, ...fields,
    };
}


function snapshot(sequence: number, numbers: number[], fields: Json = {}):
    Json
{
    return {
        type: 'snapshot', sequence, first: 0, total: numbers.length,
        room: { version: 1, locked: false, expires: null, participants: 9 },
        participants: numbers.map((number) => ({ id: `p${number}`, number })),
        ...fields,
    };
}


function left(sequence: number): Json {
    return { type: 'left', sequence, participant: 'p2', number: 2,
        reason: 'left' };
}


function socket(index: number): FakeSocket {
    return sockets[index]!;
}


function enter(): FakeSocket {
    const first = socket(0);

    first.open();
    first.say(welcome());
    first.say(snapshot(10, [1, 2]));
    return first;
}


function sequences(): number[] {
    return events.map((event) => event.sequence);
}


describe('coming in', () => {
    it('says hello without resume and is online after the snapshot', () => {
        const first = socket(0);

        first.open();
        expect(first.sent).toEqual([{ type: 'hello', token: 'first' }]);

        first.say(welcome());
        expect(states).toEqual([]);
        expect(session.online).toBe(true);

        first.say(snapshot(10, [1, 2]));
        expect(states).toEqual(['online']);
        expect(rosters).toEqual([[1, 2]]);
    });

    it('puts a snapshot of several parts together', () => {
        const first = socket(0);

        first.open();
        first.say(welcome());
        first.say(snapshot(10, [1, 2], { total: 3 }));
        first.say(left(11));
        expect(rosters).toEqual([]);

        first.say(snapshot(10, [3], { first: 2, total: 3 }));
        expect(rosters).toEqual([[1, 2, 3]]);
        expect(sequences()).toEqual([11]);
    });

    it('gives up a socket that never welcomes', async () => {
        socket(0).open();
        await clock.advance(6_000);
        expect(socket(0).closed).toBe(undefined);

        await clock.advance(1_000);
        expect(sockets.length).toBe(2);
        expect(ends).toEqual([]);
    });
});


describe('the lobby', () => {
    beforeEach(() => {
        socket(0).open();
        socket(0).say({ type: 'waiting', participant: 'aa', time_ms: 1 });
    });

    it('waits on the same line until the welcome', async () => {
        expect(states).toEqual(['waiting']);
        await clock.advance(10_000);
        socket(0).say({ type: 'pong' });
        await clock.advance(8_000);
        expect(sockets.length).toBe(1);

        socket(0).say(welcome());
        socket(0).say(snapshot(10, [1, 2]));
        expect(states).toEqual(['waiting', 'online']);
    });

    it('goes on waiting on another line', async () => {
        socket(0).say({ type: 'moving' });
        socket(1).open();
        expect(socket(1).sent[0]).toEqual({ type: 'hello', token: 'first' });
        socket(1).say({ type: 'waiting', participant: 'aa', time_ms: 1 });
        socket(0).say(welcome());
        expect(welcomes).toEqual([]);
        socket(1).end(1006);
        await clock.advance(500);
        expect(sockets.length).toBe(3);
        expect(states).toEqual(['waiting']);
    });

    it('may end there', () => {
        socket(0).say({ type: 'end', reason: 'rejected' });
        socket(0).end(4005);
        expect(ends).toEqual(['rejected']);
    });
});


describe('order of events', () => {
    it('applies each once and in order', () => {
        const first = enter();

        first.say(left(11));
        first.say(left(11));
        first.say(left(9));
        first.say(left(12));
        expect(sequences()).toEqual([11, 12]);
    });

    it('resumes over a gap and ignores what follows until then', async () => {
        const first = enter();

        first.say(left(12));
        first.say(left(13));
        expect(sequences()).toEqual([]);

        await clock.advance(0);
        socket(1).open();
        expect(socket(1).sent[0]).toEqual({ type: 'hello', token: 'second',
            resume: { epoch: 7, sequence: 10 } });

        socket(1).say(welcome({ resumed: true, sequence: 13 }));
        socket(1).say(left(11));
        socket(1).say(left(12));
        socket(1).say(left(13));
        expect(sequences()).toEqual([11, 12, 13]);
        expect(session.counters)
            .toEqual({ sockets: 2, resumes: 1, snapshots: 1 });
    });

    it('takes a snapshot under a new epoch on the same socket', () => {
        const first = enter();

        first.say(left(11));
        first.say(welcome({ epoch: 8, sequence: 2 }));
        first.say(snapshot(2, [1, 5]));
        first.say(left(3));
        expect(rosters).toEqual([[1, 2], [1, 5]]);
        expect(sequences()).toEqual([11, 3]);
    });
});


describe('moving', () => {
    it('opens the new line first, loses and doubles nothing', async () => {
        const first = enter();

        first.say({ type: 'moving' });
        expect(sockets.length).toBe(2);
        expect(first.closed).toBe(null);

        socket(1).open();
        first.say(left(11));
        socket(1).say(welcome({ resumed: true, sequence: 12 }));
        first.say(left(12));
        socket(1).say(left(11));
        socket(1).say(left(12));
        socket(1).say(left(13));
        expect(sequences()).toEqual([11, 12, 13]);

        await clock.advance(1_500);
        expect(first.closed).toBe(1000);
        expect(states).toEqual(['online']);
    });

    it('is not ended by its own newer socket', () => {
        const first = enter();

        first.say({ type: 'moving' });
        socket(1).open();
        first.say({ type: 'end', reason: 'replaced' });
        first.end(4006);
        expect(ends).toEqual([]);

        socket(1).say(welcome({ resumed: true }));
        expect(states).toEqual(['online', 'reconnecting', 'online']);
    });

    it('finishes questions on the old line', async () => {
        const first = enter();
        const answer = session.ask({ type: 'post' });
        const { id } = first.last('post')!;

        first.say({ type: 'moving' });
        socket(1).open();
        socket(1).say(welcome({ resumed: true }));
        first.say({ type: 'posted', re: id, sequence: 5 });
        await expect(answer).resolves.toMatchObject({ sequence: 5 });
    });

    it('tries again if the new line fails, while the old one works', async () => {
        const first = enter();

        first.say({ type: 'moving' });
        socket(1).end(1006);
        first.say(left(11));
        expect(sequences()).toEqual([11]);

        await clock.advance(120);
        expect(sockets.length).toBe(3);
        socket(2).end(1006);
        await clock.advance(120);
        expect(sockets.length).toBe(4);
        expect(states).toEqual(['online']);
    });
});


describe('losing the line', () => {
    it.each([
        [1012, 0, 250], [1013, 1_000, 2_000], [1006, 250, 500],
        [1001, 250, 500], [1011, 250, 500],
    ])('comes back after %i between %i and %i ms', async (code, from, to) => {
        enter().end(code);
        expect(states).toEqual(['online', 'reconnecting']);

        await clock.advance(Math.max(0, from - 1));
        expect(sockets.length).toBe(1);
        await clock.advance(to - Math.max(0, from - 1));
        expect(sockets.length).toBe(2);
    });

    it('waits longer each time, up to a ceiling', async () => {
        const waits: number[] = [];

        enter();

        for (let i = 0; i < 9; i++) {
            const before = clock.now();

            sockets.at(-1)!.end(1006);

            for (const n = sockets.length; sockets.length === n;) {
                await clock.advance(50);
            }

            waits.push(clock.now() - before);
        }

        expect(waits[0]).toBeLessThanOrEqual(500);
        expect(waits[3]!).toBeGreaterThan(waits[1]!);
        expect(waits[8]!).toBeLessThanOrEqual(4_000);
        expect(waits[8]!).toBeGreaterThanOrEqual(2_000);
    });

    it('knocks before it dials while nobody answers', async () => {
        reachable = false;
        enter().end(1006);
        await clock.advance(500);
        socket(1).end(1006);
        await clock.advance(1_000);
        socket(2).end(1006);
        await clock.advance(60_000);
        expect(sockets.length).toBe(3);
        expect(probes).toBeGreaterThan(15);

        reachable = true;
        await clock.advance(4_000);
        expect(sockets.length).toBe(4);
        socket(3).open();
        socket(3).say(welcome({ resumed: true }));
        expect(states.at(-1)).toBe('online');
    });

    it('does not spin when every welcome is followed by 1012', async () => {
        enter().end(1012);

        for (let i = 1; i <= 6; i++) {
            for (const n = sockets.length; sockets.length === n;) {
                await clock.advance(10);
            }

            sockets.at(-1)!.open();
            sockets.at(-1)!.say(welcome({ resumed: true }));
            sockets.at(-1)!.end(1012);
        }

        expect(clock.now()).toBeGreaterThan(5_000);
    });

    it('notices a dead socket by its silence within 20 s', async () => {
        const first = enter();

        await clock.advance(10_000);
        expect(first.last('ping')).toBeDefined();
        first.say({ type: 'pong' });

        await clock.advance(10_000);
        expect(states).toEqual(['online']);

        await clock.advance(10_000);
        expect(states).toEqual(['online', 'reconnecting']);
    });

    it('probes at once when the network has changed', async () => {
        enter();
        session.hint('online');
        await clock.advance(4_000);
        expect(states).toEqual(['online', 'reconnecting']);
    });

    it('does not wait on when the browser says it is online', async () => {
        enter().end(1006);
        session.hint('online');
        expect(sockets.length).toBe(2);
    });

    it('does not wait for a socket of the network before', () => {
        enter().end(1006);
        session.hint('online');
        session.hint('visible');
        expect(sockets.length).toBe(2);
        session.hint('online');
        expect(sockets.length).toBe(3);
        socket(2).open();
        socket(2).say(welcome({ resumed: true }));
        expect(states).toEqual(['online', 'reconnecting', 'online']);
    });

    it('fails open questions', async () => {
        const first = enter();
        const answer = session.ask({ type: 'post' });

        first.end(1006);
        await expect(answer).rejects.toMatchObject({ code: 'not-connected' });
        await expect(session.ask({ type: 'post' }))
            .rejects.toMatchObject({ code: 'not-connected' });
        expect(session.tell({ type: 'view' })).toBe(false);
    });
});


describe('the end', () => {
    it.each([
        [4004, 'deleted', 'deleted'], [4004, 'expired', 'expired'],
        [4004, '', 'no-room'], [4005, 'removed', 'removed'],
        [4006, 'replaced', 'replaced'], [4007, 'ended', 'ended'],
        [4008, 'room-locked', 'room-locked'], [4008, '', 'room-full'],
    ])('close %i after "%s" ends with %s', async (code, reason, end) => {
        const first = enter();

        if (reason !== '') {
            first.say({ type: 'end', reason });
        }

        first.end(code);
        await clock.advance(60_000);
        expect(ends).toEqual([end]);
        expect(sockets.length).toBe(1);
    });

    it('comes in anew after a long absence', async () => {
        const first = enter();

        first.say({ type: 'end', reason: 'absent' });
        await clock.advance(2_000);
        expect(ends).toEqual([]);
        socket(1).open();
        expect(socket(1).sent[0]).toEqual({ type: 'hello', token: 'second' });
    });

    it('asks for another token once, then ends', async () => {
        renewed = ['third', 'fourth'];
        enter().end(4003);
        await clock.advance(1);
        socket(1).open();
        expect(socket(1).sent[0]).toEqual({ type: 'hello', token: 'third' });

        socket(1).end(4003);
        await settle();
        expect(ends).toEqual(['refused']);
    });

    it('says that it leaves', () => {
        const first = enter();

        session.leave();
        expect(first.last('leave')).toBeDefined();
        expect(first.closed).toBe(1000);
        expect(ends).toEqual(['left']);
    });
});


describe('questions', () => {
    it('match answers by number', async () => {
        const first = enter();
        const one = session.ask({ type: 'state', muted: [] });
        const two = session.ask({ type: 'log', after: 0 });
        const ids = first.sent.slice(1).map((message) => message['id']);

        expect(ids).toEqual([1, 2]);
        first.say({ type: 'log', re: 2, entries: [] });
        first.say({ type: 'error', re: 1, error: 'forbidden', detail: 'no' });
        await expect(two).resolves.toMatchObject({ type: 'log' });
        await expect(one).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('are not waited for without end', async () => {
        enter();

        const answer = session.ask({ type: 'state' }, 3_000);
        const outcome = expect(answer).rejects.toMatchObject({ code: 'timeout' });

        await clock.advance(3_000);
        await outcome;
    });

    it('hear of complaints that answer none', () => {
        enter().say({ type: 'error', error: 'limit' });
        expect(complaints.map((error) => error.code)).toEqual(['limit']);
    });
});
