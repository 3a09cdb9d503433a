/*
 * Bytes and their spellings.  base64url is RFC 4648 section 5 without padding,
 * and strict: what decodes encodes to the same text again.
 */

export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET =
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const VALUES = new Map([...ALPHABET].map((c, i) => [c, i]));

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });


export function utf8(text: string): Bytes {
    return encoder.encode(text) as Bytes;
}


/* Throws on anything that is not UTF-8. */
export function text(bytes: Bytes): string {
    return decoder.decode(bytes);
}


export function concat(...parts: readonly Uint8Array[]): Bytes {
    let size = 0;

    for (const part of parts) {
        size += part.length;
    }

    const all = new Uint8Array(size);
    let at = 0;

    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }

    return all;
}


export function random(size: number): Bytes {
    return crypto.getRandomValues(new Uint8Array(size));
}


/* Overwrites secrets that are no longer needed; strings cannot be wiped. */
export function wipe(...secrets: readonly Uint8Array[]): void {
    for (const secret of secrets) {
        secret.fill(0);
    }
}


export function encode(bytes: Uint8Array): string {
    let out = '';

    for (let i = 0; i < bytes.length; i += 3) {
        const left = bytes.length - i;
        const word = (bytes[i]! << 16)
            | ((bytes[i + 1] ?? 0) << 8)
            | (bytes[i + 2] ?? 0);

        out += ALPHABET[word >> 18]! + ALPHABET[(word >> 12) & 63]!;
        out += left > 1 ? ALPHABET[(word >> 6) & 63]! : '';
        out += left > 2 ? ALPHABET[word & 63]! : '';
    }

    return out;
}


/* null if the text is not base64url, or not of the wanted number of bytes. */
export function decode(from: unknown, size?: number): Bytes | null {
    if (typeof from !== 'string' || from.length % 4 === 1) {
        return null;
    }

    const bytes = new Uint8Array(Math.floor((from.length * 3) / 4));
    let word = 0;
    let bits = 0;
    let at = 0;

    for (const c of from) {
        const value = VALUES.get(c);

        if (value === undefined) {
            return null;
        }

        word = ((word << 6) | value) & 0xffffff;
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            bytes[at++] = (word >> bits) & 255;
        }
    }

    if ((word & ((1 << bits) - 1)) !== 0) {
        return null;
    }

    return size === undefined || size === bytes.length ? bytes : null;
}
