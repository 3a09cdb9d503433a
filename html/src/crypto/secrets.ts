/*
 * The two secrets people hold: the password of the class link and the owner
 * secret of the teacher link, and how links spell them.
 */

import { type Bytes, decode, encode, random, wipe } from './bytes';

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aeiou';
const SYLLABLES = CONSONANTS.length * VOWELS.length;
const LENGTH = 10;                /* syllables: 80^10 = 2^63.2 */

/* The largest multiple of SYLLABLES in a byte: above it, draw again. */
const FAIR = 256 - (256 % SYLLABLES);

const OWNER = 'o.';

export type Secret =
    | { readonly kind: 'password'; readonly normal: string }
    | { readonly kind: 'owner'; readonly base: Bytes };


/* Five groups of two syllables, as in bado-kufi-rima-talu-zepo. */
export function makePassword(draw: (size: number) => Bytes = random): string {
    const syllables: string[] = [];

    while (syllables.length < LENGTH) {
        const bytes = draw(LENGTH);

        for (const byte of bytes) {
            if (byte < FAIR && syllables.length < LENGTH) {
                const n = byte % SYLLABLES;

                syllables.push(CONSONANTS[Math.floor(n / VOWELS.length)]!
                    + VOWELS[n % VOWELS.length]!);
            }
        }

        wipe(bytes);
    }

    return groups(syllables.join(''));
}


export function makeOwnerSecret(): string {
    const bytes = random(32);
    const secret = OWNER + encode(bytes);

    wipe(bytes);
    return secret;
}


/* What is derived from: case and separators of a typed password are free. */
export function normalise(typed: string): string {
    return typed.toLowerCase().replace(/[^a-z0-9]/g, '');
}


/* The way we write a password of ours; others stay as they were typed. */
export function pretty(typed: string): string {
    const normal = normalise(typed);

    return /^([bdfghjklmnprstvz][aeiou]){10}$/.test(normal)
        ? groups(normal)
        : typed.trim();
}


/* null: there is nothing in it that could open a room. */
export function readSecret(typed: string): Secret | null {
    const trimmed = typed.trim();

    if (trimmed.startsWith(OWNER)) {
        const base = decode(trimmed.slice(OWNER.length), 32);

        return base === null ? null : { kind: 'owner', base };
    }

    const normal = normalise(trimmed);

    return normal === '' ? null : { kind: 'password', normal };
}


export function isOwnerSecret(typed: string): boolean {
    return readSecret(typed)?.kind === 'owner';
}


function groups(letters: string): string {
    return letters.match(/.{4}/g)!.join('-');
}
