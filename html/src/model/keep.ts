/*
 * What this device keeps: preferences, owner secrets that somebody asked to be
 * remembered, and, for this tab only, the way back into a call after a reload.
 * Everything read back is checked: it may be old, or somebody else's.
 */

import { signal } from '@preact/signals';

import { isObject, string } from '../net/wire';
import type { KeyValue, Preferences } from './types';

const PREFERENCES = 'meet.preferences';
const ROOMS = 'meet.rooms';
const CALL = 'meet.call.';

export const DEFAULTS: Preferences = {
    name: '',
    microphone: '',
    camera: '',
    speaker: '',
    micOn: true,
    camOn: true,
    noiseSuppression: true,
    echoCancellation: true,
    autoGainControl: true,
    mirror: true,
    shortcuts: true,
    saveData: false,
    speakerOnly: false,
};

export interface Remembered {
    readonly secret: string;            /* of the owner */
    readonly password: string;          /* '' if not known */
}

/* Of a tab: no secret of an owner, only what a reload needs. */
export interface Kept {
    readonly token: string;
    readonly wrap: string;              /* b64u */
    readonly name: string;
    readonly password: string;
    readonly owner: boolean;
    readonly expires: number | null;    /* of the room */
}


export function readPreferences(local: KeyValue): Preferences {
    const stored = object(local.get(PREFERENCES));
    const out: Record<string, unknown> = { ...DEFAULTS };

    for (const [name, value] of Object.entries(DEFAULTS)) {
        if (typeof stored[name] === typeof value) {
            out[name] = stored[name];
        }
    }

    return out as unknown as Preferences;
}


export function writePreferences(local: KeyValue, value: Preferences): void {
    local.set(PREFERENCES, JSON.stringify(value));
}


/* Rooms whose owner somebody is, on this device. */
export class RememberedRooms {
    readonly all = signal<ReadonlyMap<string, Remembered>>(new Map());


    constructor(private readonly local: KeyValue) {
        const rooms = new Map<string, Remembered>();

        for (const [room, value] of Object.entries(object(local.get(ROOMS)))) {
            if (isObject(value) && typeof value['secret'] === 'string') {
                rooms.set(room, {
                    secret: value['secret'],
                    password: string(value['password']),
                });
            }
        }

        this.all.value = rooms;
    }


    get(room: string): Remembered | undefined {
        return this.all.value.get(room);
    }


    /* null: forget it */
    set(room: string, value: Remembered | null): void {
        const rooms = new Map(this.all.value);

        if (value !== null) {
            rooms.set(room, value);

        } else if (!rooms.delete(room)) {
            return;
        }

        this.all.value = rooms;

        if (rooms.size === 0) {
            this.local.remove(ROOMS);

        } else {
            this.local.set(ROOMS, JSON.stringify(Object.fromEntries(rooms)));
        }
    }
}


export function readKept(session: KeyValue, room: string): Kept | null {
    const stored = object(session.get(CALL + room));

    if (typeof stored['token'] !== 'string'
        || typeof stored['wrap'] !== 'string')
    {
        return null;
    }

    return {
        token: stored['token'],
        wrap: stored['wrap'],
        name: string(stored['name']),
        password: string(stored['password']),
        owner: stored['owner'] === true,
        expires: typeof stored['expires'] === 'number'
            ? stored['expires'] : null,
    };
}


export function writeKept(
    session: KeyValue,
    room: string,
    kept: Kept | null,
): void {
    if (kept === null) {
        session.remove(CALL + room);

    } else {
        session.set(CALL + room, JSON.stringify(kept));
    }
}


function object(text: string | null): Record<string, unknown> {
    try {
        const value: unknown = JSON.parse(text ?? '{}');

        return isObject(value) ? { ...value } : {};

    } catch {
        return {};
    }
}
