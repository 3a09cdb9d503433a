/*
 * The room at hand: its name, the best secret we have for it, and what may be
 * handed to others.
 */

import { isOwnerSecret, pretty, readSecret } from '../crypto/secrets';
import type { Remembered } from './keep';
import { type Place, roomLink, secretLink } from './links';
import type { Phase, ShareCard } from './types';

export interface Hand {
    readonly room: string;
    readonly secret: string;            /* '' if not known */
    readonly password: string;          /* '' if not known */
    readonly expires: number | null;
    readonly owner: boolean;
}

export const NOWHERE: Hand =
    { room: '', secret: '', password: '', expires: null, owner: false };


/* What a typed or linked secret is good for. */
export function holding(typed: string):
    Pick<Hand, 'secret' | 'password' | 'owner'>
{
    const secret = readSecret(typed);

    if (secret === null) {
        return { secret: '', password: '', owner: false };
    }

    return secret.kind === 'owner'
        ? { secret: typed.trim(), password: '', owner: true }
        : { secret: pretty(typed), password: pretty(typed), owner: false };
}


/*
 * What to enter a room with: an owner's link beats what this device remembers,
 * which beats a password; without any, what we had a moment ago counts.
 */
export function choose(
    room: string,
    secret: string,
    known: Remembered | undefined,
    before: Hand,
): Hand {
    const held = holding(secret);

    if (!held.owner && known !== undefined) {
        return { ...NOWHERE, room, secret: known.secret, owner: true,
            password: held.password || known.password };
    }

    if (before.room === room && secret === '') {
        return before;
    }

    if (before.room === room && held.owner) {
        return { ...before, ...held, password: before.password };
    }

    return { ...NOWHERE, room, ...held };
}


export function joinPhase(hand: Hand): Phase {
    return { name: 'join', room: hand.room, owner: hand.owner,
        ready: readSecret(hand.secret) !== null };
}


export function card(place: Place, hand: Hand): ShareCard | null {
    const { room, secret, password, expires, owner } = hand;

    return room === '' ? null : {
        room,
        roomLink: roomLink(place, room),
        classLink: password === '' ? null : secretLink(place, room, password),
        password: password === '' ? null : password,
        teacherLink: owner && isOwnerSecret(secret)
            ? secretLink(place, room, secret) : null,
        expires,
    };
}
