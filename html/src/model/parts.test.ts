import { describe, expect, it } from 'vitest';

import { FakeClock } from '../net/fake';
import type { WireParticipant } from '../net/wire';
import { card, choose, holding, NOWHERE } from './hand';
import * as keep from './keep';
import { isRoomName, readTyped } from './links';
import { MutedReport } from './report';
import * as roster from './roster';
import type { KeyValue } from './types';
import { ViewReport } from './view';

const OWNER = 'o.ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoM';
const PASSWORD = 'bado-kufi-rima-talu-zepo';
const PLACE = { origin: 'https://meet.test', prefix: '/p/' };


function memory(): KeyValue & { map: Map<string, string> } {
    const map = new Map<string, string>();

    return {
        map,
        get: (key) => map.get(key) ?? null,
        set: (key, value) => void map.set(key, value),
        remove: (key) => void map.delete(key),
    };
}


function person(number: number, fields: Partial<WireParticipant> = {}):
    WireParticipant
{
    return {
        id: `p${number}`, number, name: `N${number}`, role: 'participant',
        joinedMs: number * 1000, published: [], muted: [], away: false,
        stream: false,
        rights: [], ...fields,
    };
}


describe('links', () => {
    it.each([
        ['https://meet.test/p/class-7b#bado-kufi', 'class-7b', 'bado-kufi'],
        ['meet.test/p/class-7b', 'class-7b', ''],
        [' Class 7b ', 'class-7b', ''],
        ['https://MEET.test/p/CLASS-7B/', 'class-7b', ''],
        ['class-7b#o.AA%2DBB', 'class-7b', 'o.AA-BB'],
    ])('reads %j', (typed, room, secret) => {
        expect(readTyped(PLACE, typed)).toEqual({ room, secret });
    });

    it.each(['', 'x', '-abc', 'abc-', 'a/b/c', 'https://other.test/abc'])(
        'refuses %j', (typed) => {
            expect(readTyped(PLACE, typed)).toBe(null);
        });

    it.each([
        ['abc', true], ['a'.repeat(64), true], ['a'.repeat(65), false],
        ['ab', false], ['api', false], ['metrics', false], ['Abc', false],
        ['a_c', false],
    ])('takes %s as a name: %s', (name, good) => {
        expect(isRoomName(name)).toBe(good);
    });
});


describe('the room at hand', () => {
    const known = { secret: OWNER, password: PASSWORD };

    it('is entered as the remembered owner, whatever the link says', () => {
        expect(choose('r', PASSWORD, known, NOWHERE))
            .toMatchObject({ owner: true, secret: OWNER, password: PASSWORD });
        expect(choose('r', '', known, NOWHERE)).toMatchObject({ owner: true });
    });

    it('keeps what was known of it', () => {
        const before = { room: 'r', ...holding(OWNER), password: PASSWORD,
            expires: 7 };

        expect(choose('r', '', undefined, before)).toBe(before);
        expect(choose('r', OWNER, undefined, before))
            .toMatchObject({ password: PASSWORD, expires: 7 });
        expect(choose('s', '', undefined, before))
            .toMatchObject({ room: 's', secret: '', owner: false });
    });

    it('gives the teacher link to the owner alone', () => {
        const pupil = { room: 'r', ...holding(PASSWORD), expires: null };
        const teacher = { ...pupil, ...holding(OWNER), password: PASSWORD };

        expect(card(PLACE, pupil)).toEqual({
            room: 'r', roomLink: 'https://meet.test/p/r',
            classLink: 'https://meet.test/p/r#' + PASSWORD,
            password: PASSWORD, teacherLink: null, expires: null,
        });
        expect(card(PLACE, teacher)).toMatchObject({
            classLink: 'https://meet.test/p/r#' + PASSWORD,
            teacherLink: 'https://meet.test/p/r#' + OWNER,
        });
    });

    it('never spells the owner secret as a class link', () => {
        const teacher = { room: 'r', ...holding(OWNER), expires: null };

        expect(card(PLACE, teacher)).toMatchObject(
            { classLink: null, password: null });
    });
});


describe('what is kept', () => {
    it('mends preferences of another time', () => {
        const local = memory();

        local.set('meet.preferences',
            '{"name":"Al","micOn":"yes","camOn":false,"gone":1}');
        expect(keep.readPreferences(local)).toEqual(
            { ...keep.DEFAULTS, name: 'Al', camOn: false });

        local.set('meet.preferences', 'garbage');
        expect(keep.readPreferences(local)).toEqual(keep.DEFAULTS);
    });

    it('remembers and forgets rooms', () => {
        const local = memory();

        new keep.RememberedRooms(local).set('r',
            { secret: OWNER, password: PASSWORD });

        const again = new keep.RememberedRooms(local);

        expect(again.get('r')?.secret).toBe(OWNER);
        again.set('r', null);
        expect(local.map.size).toBe(0);
    });

    it('does not trust what it finds', () => {
        const session = memory();

        session.set('meet.call.r', '{"token":1}');
        expect(keep.readKept(session, 'r')).toBe(null);
        session.set('meet.call.r', '[]');
        expect(keep.readKept(session, 'r')).toBe(null);
    });
});


describe('the roster', () => {
    const all = new Map([
        person(3, { published: ['mic', 'cam'], muted: ['mic'] }), person(1),
        person(2, { published: ['cam', 'screen'] }),
    ].map((one) => [one.id, one]));

    it('lists self first, then by joining', () => {
        const people = roster.people(all, 'p3', new Set(['mic']), []);

        expect(people.map((one) => one.number)).toEqual([3, 1, 2]);
        expect(people[0]).toMatchObject({ self: true, mic: true, cam: false });
        expect(people[2]).toMatchObject({ cam: true, screen: true });
    });

    it('keeps the identity of who has not changed', () => {
        const before = roster.people(all, 'p1', new Set(), []);
        const same = roster.people(new Map(all), 'p1', new Set(), before);

        expect(same).toBe(before);

        const changed = roster.applyEvent(all, { type: 'changed', sequence: 1,
            participant: person(2, { name: 'New' }) });
        const after = roster.people(changed, 'p1', new Set(), before);

        expect(after).not.toBe(before);
        expect(after.find((one) => one.number === 3))
            .toBe(before.find((one) => one.number === 3));
    });

    it('makes a tile of each screen and each person', () => {
        const people = roster.people(all, 'p1', new Set(), []);
        const tiles = roster.tiles(people, false, () => null, []);

        expect(tiles.map((tile) => [tile.source, tile.kind, tile.picture]))
            .toEqual([[11, 'screen', true], [5, 'cam', false],
                [9, 'cam', true], [13, 'cam', true]]);
    });

    it('shows no stale picture of a camera that is off', () => {
        const stream = {} as MediaStream;
        const people = roster.people(all, 'p1', new Set(), []);
        const tiles = roster.tiles(people, false, () => stream, []);

        expect(tiles.find((tile) => tile.source === 5)!.stream).toBe(null);
        expect(tiles.find((tile) => tile.source === 9)!.stream).toBe(stream);
    });
});


describe('cameras for moderators only', () => {
    const stream = {} as MediaStream;

    function seenBy(id: string): number[] {
        const all = new Map([
            person(1, { role: 'owner', published: ['cam'] }),
            person(2, { published: ['cam', 'screen'] }),
            person(3, { published: ['cam'] }),
        ].map((one) => [one.id, one]));
        const people = roster.people(all, id, new Set(['cam']), []);

        return roster.tiles(people, true, () => stream, [])
            .filter((tile) => tile.picture)
            .map((tile) => tile.source).sort((a, b) => a - b);
    }

    it('are seen by them, by oneself, and nobody else', () => {
        expect(seenBy('p1')).toEqual([5, 9, 11, 13]);
        expect(seenBy('p3')).toEqual([5, 11, 13]);
    });
});


describe('the view', () => {
    it('is said at once, then at most every 150 ms, and once', async () => {
        const clock = new FakeClock();
        const said: number[][] = [];
        const view = new ViewReport(clock, (sources) => {
            said.push(sources.map((one) => one.source));
            return true;
        });
        const show = (...sources: number[]): void => view.show(sources
            .map((source) => ({ source, height: 180, priority: 0 })));

        show(5);
        await clock.advance(0);
        expect(said).toEqual([[5]]);

        show(5, 9);
        show(9);
        await clock.advance(149);
        expect(said.length).toBe(1);
        await clock.advance(1);
        expect(said).toEqual([[5], [9]]);

        show(9);
        await clock.advance(1_000);
        expect(said.length).toBe(2);

        view.repeat();
        await clock.advance(1_000);
        expect(said).toEqual([[5], [9], [9]]);
    });

    it('names each source once, the most urgent 64', async () => {
        const clock = new FakeClock();
        let last: readonly { source: number; height: number }[] = [];
        const view = new ViewReport(clock, (sources) => {
            last = sources;
            return true;
        });

        view.show([
            { source: 5, height: 90.4, priority: 3 },
            { source: 5, height: 359.6, priority: 1 },
            ...Array.from({ length: 80 }, (_, i) =>
                ({ source: 100 + i, height: 1, priority: 2 })),
        ]);
        await clock.advance(0);
        expect(last.length).toBe(64);
        expect(last[0]).toEqual({ source: 5, height: 360, priority: 1 });
    });
});


describe('the report of what is muted', () => {
    function make() {
        const asked: { muted: unknown; done: () => void }[] = [];
        const silenced: string[] = [];
        const report = new MutedReport(
            (message) => new Promise((resolve) => asked.push(
                { muted: message['muted'], done: () => resolve({}) })),
            (kind) => silenced.push(kind));

        return { asked, silenced, report };
    }

    it('has one message under way and ends with the truth', async () => {
        const clock = new FakeClock();
        const { asked, report } = make();

        report.set(new Set(['mic', 'cam']));
        report.set(new Set(['cam']));
        report.set(new Set(['cam', 'screen']));
        expect(asked.map((one) => one.muted))
            .toEqual([['screen-audio', 'screen']]);

        asked[0]!.done();
        await clock.advance(0);
        expect(asked[1]!.muted).toEqual(['mic', 'screen-audio']);

        asked[1]!.done();
        await clock.advance(0);
        expect(asked.length).toBe(2);
    });

    it('obeys a moderator, but not its own echo', async () => {
        const clock = new FakeClock();
        const { asked, silenced, report } = make();

        report.set(new Set(['mic']));
        report.echo(person(1, { muted: ['mic', 'cam'] }));
        expect(silenced).toEqual([]);

        asked[0]!.done();
        await clock.advance(0);
        report.echo(person(1, { muted: ['cam'] }));
        expect(silenced).toEqual([]);

        report.echo(person(1, { muted: ['mic', 'cam'] }));
        expect(silenced).toEqual(['mic']);
    });

    it('obeys one who spoke while the line was away', async () => {
        const clock = new FakeClock();
        const { asked, silenced, report } = make();

        report.set(new Set(['mic']));
        asked[0]!.done();
        await clock.advance(0);

        report.welcomed(true);
        expect(asked.length).toBe(1);
        report.echo(person(1, { muted: ['mic', 'cam'] }));
        expect(silenced).toEqual(['mic']);

        /* a server that has forgotten is told */
        report.welcomed(false);
        expect(asked.length).toBe(2);
    });
});
