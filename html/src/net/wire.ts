/*
 * Messages of the WebSocket as the protocol reference defines them, and the
 * reading of what arrives: everything we use is checked, everything else is
 * ignored.
 */

export type Kind = 'mic' | 'cam' | 'screen-audio' | 'screen';

export const KINDS: readonly Kind[] = ['mic', 'cam', 'screen-audio', 'screen'];

export type Role = 'viewer' | 'participant' | 'moderator' | 'owner';

export interface WireParticipant {
    readonly id: string;
    readonly number: number;
    readonly name: string;
    readonly role: Role;
    readonly joinedMs: number;
    readonly published: readonly Kind[];
    readonly muted: readonly Kind[];
    readonly away: boolean;
    readonly stream: boolean;
    readonly rights: readonly string[];
}

export interface WireRoom {
    readonly version: number;
    readonly locked: boolean;
    readonly lobby: boolean;
    readonly hideCams: boolean;
    readonly codec: RoomCodec;
    readonly rights: {
        readonly participant: readonly string[];
        readonly viewer: readonly string[];
    };
    readonly expires: number | null;
    readonly participants: number;
}

/* What pictures are to be sent in, where the browser can. */
export type RoomCodec = 'auto' | 'vp8' | 'vp9' | 'av1' | 'h264';

export const CODECS: readonly RoomCodec[] =
    ['auto', 'vp8', 'vp9', 'av1', 'h264'];

export interface WireGrade {
    readonly number: number;
    readonly up: number;            /* 0 unknown, 1 bad, 2 fair, 3 good */
    readonly down: number;
}

export interface WireEntry {
    readonly sequence: number;
    readonly sender: string;
    readonly number: number;
    readonly timeMs: number;
    readonly body: string;
}

export interface WireSlot {
    readonly slot: number;
    readonly audio: number | null;
    readonly video: number | null;
    /* why there is no picture although somebody sends one */
    readonly state?: SlotState;
}

/* Which layers of a source of ours are needed, in the order of the offer. */
export interface WireLayers {
    readonly source: number;
    readonly active: readonly boolean[];
}

/* 'paused': no room on our way; 'unsupported': we do not receive its codec. */
export type SlotState = 'unsupported' | 'paused' | null;

export interface Welcome {
    readonly participant: string;
    readonly number: number;
    readonly role: Role;
    readonly rights: readonly string[];
    readonly epoch: number;
    readonly sequence: number;
    readonly resumed: boolean;
    readonly token: string;
    readonly tokenExpires: number;
    readonly incarnation: string;
    readonly keyId: string;
    readonly wrappedKey: string;
    readonly invite: string;
    readonly publish: boolean;
    readonly subscribe: boolean;
    readonly timeMs: number;
    readonly slots: number;
}

export interface SnapshotPart {
    readonly sequence: number;
    readonly room: WireRoom;
    readonly first: number;
    readonly total: number;
    readonly participants: readonly WireParticipant[];
}

/* Carry the room's sequence, in order and without gap. */
export type Event =
    | { readonly type: 'joined' | 'changed'; readonly sequence: number;
        readonly participant: WireParticipant }
    | { readonly type: 'left'; readonly sequence: number;
        readonly participant: string; readonly number: number;
        readonly reason: string }
    | { readonly type: 'settings'; readonly sequence: number;
        readonly room: WireRoom }
    | { readonly type: 'entry'; readonly sequence: number;
        readonly channel: string; readonly entry: WireEntry };

export interface WireWaiting {
    readonly id: string;
    readonly name: string;
    readonly sinceMs: number;
}

/* Latest value: no sequence, the newest counts. */
export type Latest =
    | { readonly type: 'lobby'; readonly waiting: readonly WireWaiting[] }
    | { readonly type: 'slots'; readonly slots: readonly WireSlot[] }
    | { readonly type: 'layers'; readonly layers: readonly WireLayers[] }
    | { readonly type: 'rights'; readonly role: Role;
        readonly rights: readonly string[] }
    | { readonly type: 'speakers'; readonly active: number;
        readonly speakers: readonly (readonly [number, number])[] }
    | { readonly type: 'quality'; readonly grades: readonly WireGrade[] }
    | { readonly type: 'told'; readonly from: string;
        readonly body: string };

export interface Json {
    readonly [key: string]: unknown;
}


export function parse(data: unknown): Json | null {
    if (typeof data !== 'string') {
        return null;
    }

    try {
        const value: unknown = JSON.parse(data);

        return isObject(value) && typeof value['type'] === 'string'
            ? value : null;

    } catch {
        return null;
    }
}


export function isObject(value: unknown): value is Json {
    return typeof value === 'object' && value !== null
        && !Array.isArray(value);
}


export function readWelcome(m: Json): Welcome | null {
    const limits = isObject(m['limits']) ? m['limits'] : {};

    if (typeof m['participant'] !== 'string' || !isCount(m['number'])
        || !isCount(m['epoch']) || !isCount(m['sequence'])
        || typeof m['token'] !== 'string')
    {
        return null;
    }

    return {
        participant: m['participant'],
        number: m['number'],
        role: role(m['role']),
        rights: strings(m['rights']),
        epoch: m['epoch'],
        sequence: m['sequence'],
        resumed: m['resumed'] === true,
        token: m['token'],
        tokenExpires: count(m['token_expires']),
        incarnation: string(m['incarnation']),
        keyId: string(m['key_id']),
        wrappedKey: string(m['wrapped_key']),
        invite: string(m['invite']),
        publish: m['publish'] === true,
        subscribe: m['subscribe'] === true,
        timeMs: count(m['time_ms']),
        slots: count(limits['slots']),
    };
}


export function readSnapshot(m: Json): SnapshotPart | null {
    const room = readRoom(m['room']);

    if (room === null || !isCount(m['sequence'])) {
        return null;
    }

    const participants = list(m['participants'], readParticipant);

    return {
        sequence: m['sequence'],
        room,
        first: count(m['first']),
        total: isCount(m['total']) ? m['total'] : participants.length,
        participants,
    };
}


/* null: not an event, or one that we cannot read. */
export function readEvent(m: Json): Event | null {
    const sequence = m['sequence'];

    if (!isCount(sequence)) {
        return null;
    }

    switch (m['type']) {

    case 'joined':
    case 'changed': {
        const participant = readParticipant(m['participant']);

        return participant && { type: m['type'], sequence, participant };
    }

    case 'left':
        return typeof m['participant'] !== 'string' ? null : {
            type: 'left',
            sequence,
            participant: m['participant'],
            number: count(m['number']),
            reason: string(m['reason']),
        };

    case 'settings': {
        const room = readRoom(m['room']);

        return room && { type: 'settings', sequence, room };
    }

    case 'entry': {
        const entry = readEntry(m['entry']);

        return entry
            && { type: 'entry', sequence, channel: string(m['channel']), entry };
    }

    default:
        return null;
    }
}


export function readLatest(m: Json): Latest | null {
    switch (m['type']) {

    case 'lobby':
        return { type: 'lobby', waiting: list(m['waiting'], readWaiting) };

    case 'slots':
        return { type: 'slots', slots: list(m['slots'], readSlot) };

    case 'layers':
        return { type: 'layers', layers: list(m['layers'], readLayers) };

    case 'rights':
        return {
            type: 'rights',
            role: role(m['role']),
            rights: strings(m['rights']),
        };

    case 'speakers':
        return {
            type: 'speakers',
            active: count(m['active']),
            speakers: list(m['speakers'], readSpeaker),
        };

    case 'quality':
        return { type: 'quality',
            grades: list(m['participants'], readGrade) };

    case 'told':
        return {
            type: 'told',
            from: string(m['from']),
            body: string(m['body']),
        };

    default:
        return null;
    }
}


export function readEntry(value: unknown): WireEntry | null {
    return isObject(value) && isCount(value['sequence'])
        && typeof value['sender'] === 'string'
        && typeof value['body'] === 'string'
        ? {
            sequence: value['sequence'],
            sender: value['sender'],
            number: count(value['number']),
            timeMs: count(value['time_ms']),
            body: value['body'],
        }
        : null;
}


export function list<T>(value: unknown, read: (item: unknown) => T | null):
    T[]
{
    const out: T[] = [];

    for (const item of Array.isArray(value) ? value : []) {
        const one = read(item);

        if (one !== null) {
            out.push(one);
        }
    }

    return out;
}


export function isCount(value: unknown): value is number {
    return Number.isSafeInteger(value) && (value as number) >= 0;
}


export function count(value: unknown): number {
    return isCount(value) ? value : 0;
}


export function string(value: unknown): string {
    return typeof value === 'string' ? value : '';
}


export function strings(value: unknown): string[] {
    return list(value, (item) => typeof item === 'string' ? item : null);
}


function readRoom(value: unknown): WireRoom | null {
    if (!isObject(value)) {
        return null;
    }

    const rights = isObject(value['rights']) ? value['rights'] : {};

    return {
        version: count(value['version']),
        locked: value['locked'] === true,
        lobby: value['lobby'] === true,
        hideCams: value['hide_cams'] === true,
        codec: CODECS.find((codec) => codec === value['codec']) ?? 'auto',
        rights: {
            participant: strings(rights['participant']),
            viewer: strings(rights['viewer']),
        },
        expires: isCount(value['expires']) ? value['expires'] : null,
        participants: count(value['participants']),
    };
}


function readParticipant(value: unknown): WireParticipant | null {
    return isObject(value) && typeof value['id'] === 'string'
        && isCount(value['number'])
        ? {
            id: value['id'],
            number: value['number'],
            name: string(value['name']),
            role: role(value['role']),
            joinedMs: count(value['joined_ms']),
            published: list(value['published'], kind),
            muted: list(value['muted'], kind),
            away: value['away'] === true,
            stream: value['stream'] === true,
            rights: strings(value['rights']),
        }
        : null;
}


function readSlot(value: unknown): WireSlot | null {
    return isObject(value) && isCount(value['slot'])
        ? {
            slot: value['slot'],
            audio: isCount(value['audio']) ? value['audio'] : null,
            video: isCount(value['video']) ? value['video'] : null,
            state: value['state'] === 'unsupported'
                || value['state'] === 'paused' ? value['state'] : null,
        }
        : null;
}


function readLayers(value: unknown): WireLayers | null {
    return isObject(value) && isCount(value['source'])
        && Array.isArray(value['active'])
        ? {
            source: value['source'],
            active: value['active'].map((one) => one !== false),
        }
        : null;
}


function readWaiting(value: unknown): WireWaiting | null {
    return isObject(value) && typeof value['id'] === 'string'
        ? { id: value['id'], name: string(value['name']),
            sinceMs: count(value['since_ms']) }
        : null;
}


function readSpeaker(value: unknown): readonly [number, number] | null {
    return Array.isArray(value) && isCount(value[0]) && isCount(value[1])
        ? [value[0], value[1]] : null;
}


function readGrade(value: unknown): WireGrade | null {
    return Array.isArray(value) && isCount(value[0]) && isCount(value[1])
        && isCount(value[2])
        ? { number: value[0], up: value[1], down: value[2] } : null;
}


function kind(value: unknown): Kind | null {
    return KINDS.includes(value as Kind) ? value as Kind : null;
}


function role(value: unknown): Role {
    return value === 'owner' || value === 'moderator' || value === 'participant'
        ? value : 'viewer';
}
