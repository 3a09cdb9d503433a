/*
 * Sealed bodies: everything a room keeps on the server.  One Sealer per room
 * key; it derives one AES key per channel and sender and remembers it.
 */

import { type Bytes, concat, decode, encode, random, text, utf8 }
    from './bytes';

const VERSION = 0x01;
const KEY_ID = 8;
const NONCE = 12;
const TAG = 16;
const HEADER = 1 + KEY_ID + NONCE;
const INCARNATION = 16;

const LABEL = 'ngx-meet log v1|';


export class Sealer {
    private readonly subkeys = new Map<string, Promise<CryptoKey>>();

    private constructor(
        private readonly root: CryptoKey,
        private readonly keyId: string,
        private readonly keyIdBytes: Bytes,
        private readonly incarnation: string,
        private readonly salt: Bytes,
    ) {}


    /* Copies the room key; null if one of the texts is malformed. */
    static async create(
        roomKey: Bytes,
        keyId: string,
        incarnation: string,
    ): Promise<Sealer | null> {
        const id = decode(keyId, KEY_ID);
        const salt = decode(incarnation, INCARNATION);

        if (id === null || salt === null) {
            return null;
        }

        const root = await crypto.subtle.importKey('raw', roomKey, 'HKDF',
            false, ['deriveKey']);

        return new Sealer(root, keyId, id, incarnation, salt);
    }


    async seal(channel: string, sender: string, plain: string):
        Promise<string>
    {
        const nonce = random(NONCE);
        const sealed = await crypto.subtle.encrypt(
            this.parameters(channel, sender, nonce),
            await this.subkey(channel, sender), utf8(plain));

        return encode(concat(Uint8Array.of(VERSION), this.keyIdBytes, nonce,
            new Uint8Array(sealed)));
    }


    /*
     * null: not ours to read, altered, or said by somebody else.  The sender
     * must be the one the server names: it is bound into the ciphertext.
     */
    async open(channel: string, sender: string, body: string):
        Promise<string | null>
    {
        const bytes = decode(body);

        if (bytes === null || bytes.length < HEADER + TAG
            || bytes[0] !== VERSION
            || encode(bytes.subarray(1, 1 + KEY_ID)) !== this.keyId)
        {
            return null;
        }

        try {
            const nonce = bytes.subarray(1 + KEY_ID, HEADER);
            const plain = await crypto.subtle.decrypt(
                this.parameters(channel, sender, nonce),
                await this.subkey(channel, sender), bytes.subarray(HEADER));

            return text(new Uint8Array(plain));

        } catch {
            return null;
        }
    }


    private parameters(channel: string, sender: string, nonce: Bytes):
        AesGcmParams
    {
        return {
            name: 'AES-GCM',
            iv: nonce,
            additionalData: utf8(LABEL
                + [this.incarnation, channel, sender, this.keyId].join('|')),
        };
    }


    private subkey(channel: string, sender: string): Promise<CryptoKey> {
        const info = LABEL + channel + '|' + sender;
        let key = this.subkeys.get(info);

        if (key === undefined) {
            key = crypto.subtle.deriveKey(
                { name: 'HKDF', hash: 'SHA-256', salt: this.salt,
                  info: utf8(info) },
                this.root, { name: 'AES-GCM', length: 256 }, false,
                ['encrypt', 'decrypt']);
            this.subkeys.set(info, key);
        }

        return key;
    }
}
