/*
 * Who is in the room: the server's word turned into what pages show, and the
 * rectangles that follow from it.  Pure functions; unchanged people and tiles
 * keep their identity so that nothing is drawn twice.
 */

import type { Event, Kind, WireParticipant, WireRoom } from '../net/wire';
import { KINDS } from '../net/wire';
import type { Person, RoomState, Tile } from './types';

export type Roster = ReadonlyMap<string, WireParticipant>;

/* Before anything is known. */
export const NOBODY: Person = {
    id: '', number: 0, name: '', role: 'viewer', self: true, away: false,
    program: false, joinedMs: 0, mic: false, cam: false, screen: false, rights: [],
};

export const NO_ROOM: WireRoom = {
    version: 0, locked: false, lobby: false, hideCams: false, codec: 'auto',
    rights: { participant: [], viewer: [] }, expires: null, participants: 0,
};


export function sourceOf(number: number, kind: Kind): number {
    return number * 4 + KINDS.indexOf(kind);
}


export function applyEvent(roster: Roster, event: Event): Roster {
    switch (event.type) {

    case 'joined':
    case 'changed':
        return new Map(roster).set(event.participant.id, event.participant);

    case 'left': {
        const next = new Map(roster);

        next.delete(event.participant);
        return next;
    }

    default:
        return roster;
    }
}


export function isLive(participant: WireParticipant, kind: Kind): boolean {
    return participant.published.includes(kind)
        && !participant.muted.includes(kind);
}


/* Self first, then in the order of joining. */
export function people(
    roster: Roster,
    self: string,
    own: ReadonlySet<Kind>,
    before: readonly Person[],
): readonly Person[] {
    const known = new Map(before.map((person) => [person.id, person]));

    const next = [...roster.values()]
        .sort((a, b) => Number(b.id === self) - Number(a.id === self)
            || a.joinedMs - b.joinedMs || a.number - b.number)
        .map((one) => {
            const isSelf = one.id === self;
            const live = (kind: Kind): boolean =>
                isSelf ? own.has(kind) : isLive(one, kind);

            return keep<Person>(known.get(one.id), {
                id: one.id,
                number: one.number,
                name: one.name,
                role: one.role,
                self: isSelf,
                away: !isSelf && one.away,
                program: one.stream,
                joinedMs: one.joinedMs,
                mic: live('mic'),
                cam: live('cam'),
                screen: live('screen'),
                rights: one.rights,
            });
        });

    return keepList(before, next);
}


/*
 * Shared screens first, then everybody.  A camera that is for moderators only
 * is not sent to others: they are shown the name.
 */
export function tiles(
    everybody: readonly Person[],
    hideCams: boolean,
    streamOf: (source: number, person: Person, kind: 'cam' | 'screen') =>
        MediaStream | null,
    before: readonly Tile[],
): readonly Tile[] {
    const known = new Map(before.map((tile) => [tile.key, tile]));
    const hidden = hideCams
        && everybody.some((person) => person.self && !leads(person));

    const tile = (person: Person, kind: 'cam' | 'screen'): Tile => {
        const source = sourceOf(person.number, kind);
        const key = `${person.id}/${kind}`;
        const picture = person[kind] && !(kind === 'cam' && hidden
            && !person.self && !leads(person));

        return keep<Tile>(known.get(key), {
            key,
            kind,
            source,
            person,
            picture,
            stream: picture ? streamOf(source, person, kind) : null,
        });
    };

    const next = [
        ...everybody.filter((person) => person.screen)
            .map((person) => tile(person, 'screen')),
        ...everybody.map((person) => tile(person, 'cam')),
    ];

    return keepList(before, next);
}


function leads(person: Person): boolean {
    return person.role === 'owner' || person.role === 'moderator';
}


export function roomState(name: string, room: WireRoom): RoomState {
    return {
        name,
        locked: room.locked,
        lobby: room.lobby,
        hideCams: room.hideCams,
        rights: room.rights,
        expires: room.expires,
        participants: room.participants,
        codec: room.codec,
    };
}


/* The old object if nothing in it would change. */
export function keep<T extends object>(old: T | undefined, next: T): T {
    if (old === undefined) {
        return next;
    }

    const a = old as Readonly<Record<string, unknown>>;
    const b = next as Readonly<Record<string, unknown>>;

    return Object.keys(b).every((key) => Object.is(a[key], b[key]))
        ? old : next;
}


export function keepList<T>(old: readonly T[], next: readonly T[]):
    readonly T[]
{
    return old.length === next.length
        && old.every((item, i) => item === next[i]) ? old : next;
}
