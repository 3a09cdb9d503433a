/*
 * From a secret to the two keys of an invite, and the room key wrapped under
 * one of them.  `auth` is shown to the server, `wrap` never leaves the client.
 */

import { type Bytes, concat, decode, encode, random, utf8, wipe }
    from './bytes';
import type { Secret } from './secrets';

export const ROUNDS = 300_000;      /* of new passwords */
const ROUNDS_MIN = 100_000;         /* less would help a thief of the store */
const ROUNDS_MAX = 5_000_000;       /* more would stall the page */

const KEY = 32;
const KEY_ID = 8;
const NONCE = 12;                   /* AES-GCM, NIST SP 800-38D */
const TAG = 16;
const SALT = 16;

export interface Kdf {
    readonly name: string;
    readonly rounds: number;
    readonly salt: string;
}

/* The one who gets them wipes them with wipeKeys() when done. */
export interface InviteKeys {
    readonly auth: Bytes;
    readonly wrap: Bytes;
}

export type KeyErrorCode =
    | 'bad-kdf'         /* the server asks for an unsafe derivation */
    | 'bad-key';        /* the room key could not be opened */

export class KeyError extends Error {
    constructor(readonly code: KeyErrorCode) {
        super(code);
    }
}


export function newKdf(): Kdf {
    return { name: 'PBKDF2-SHA-256', rounds: ROUNDS, salt: encode(random(SALT)) };
}


/* Throws KeyError bad-kdf if the parameters are not ones we accept. */
export async function deriveKeys(
    secret: Secret,
    kdf: Kdf | null,
): Promise<InviteKeys> {
    const base = secret.kind === 'owner'
        ? secret.base.slice()
        : await stretch(secret.normal, kdf);

    const key = await crypto.subtle.importKey('raw', base, 'HKDF', false,
        ['deriveBits']);

    wipe(base);

    const [auth, wrap] = await Promise.all([
        expand(key, 'ngx-meet auth v1'),
        expand(key, 'ngx-meet wrap v1'),
    ]);

    return { auth, wrap };
}


export function wipeKeys(keys: InviteKeys): void {
    wipe(keys.auth, keys.wrap);
}


export function newRoomKey(): { key: Bytes; keyId: string } {
    return { key: random(KEY), keyId: encode(random(KEY_ID)) };
}


export async function wrapRoomKey(
    wrap: Bytes,
    roomKey: Bytes,
    keyId: string,
): Promise<string> {
    const nonce = random(NONCE);
    const sealed = await crypto.subtle.encrypt(
        parameters(nonce, keyId), await aes(wrap, 'encrypt'), roomKey);

    return encode(concat(nonce, new Uint8Array(sealed)));
}


/* Throws KeyError bad-key if the key does not open under this secret. */
export async function unwrapRoomKey(
    wrap: Bytes,
    wrapped: string,
    keyId: string,
): Promise<Bytes> {
    const bytes = decode(wrapped, NONCE + KEY + TAG);

    if (bytes === null || decode(keyId, KEY_ID) === null) {
        throw new KeyError('bad-key');
    }

    try {
        const key = await crypto.subtle.decrypt(
            parameters(bytes.subarray(0, NONCE), keyId),
            await aes(wrap, 'decrypt'), bytes.subarray(NONCE));

        return new Uint8Array(key);

    } catch {
        throw new KeyError('bad-key');
    }
}


/* PBKDF2-HMAC-SHA-256, RFC 8018 section 5.2 */
async function stretch(normal: string, kdf: Kdf | null): Promise<Bytes> {
    const salt = decode(kdf?.salt);

    if (kdf === null || salt === null || salt.length < SALT
        || kdf.name !== 'PBKDF2-SHA-256'
        || !Number.isInteger(kdf.rounds)
        || kdf.rounds < ROUNDS_MIN || kdf.rounds > ROUNDS_MAX)
    {
        throw new KeyError('bad-kdf');
    }

    const typed = utf8(normal);
    const key = await crypto.subtle.importKey('raw', typed, 'PBKDF2', false,
        ['deriveBits']);

    wipe(typed);

    return new Uint8Array(await crypto.subtle.deriveBits(
        { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: kdf.rounds },
        key, KEY * 8));
}


/* HKDF-SHA-256, RFC 5869 */
async function expand(key: CryptoKey, info: string): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.deriveBits(
        { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0),
          info: utf8(info) },
        key, KEY * 8));
}


function aes(raw: Bytes, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
    return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [use]);
}


function parameters(nonce: Bytes, keyId: string): AesGcmParams {
    return {
        name: 'AES-GCM',
        iv: nonce,
        additionalData: utf8('ngx-meet key v1|' + keyId),
    };
}
