import './webcrypto';

import { describe, expect, it } from 'vitest';

import { type Bytes, concat, decode, encode, random, utf8 } from './bytes';
import {
    deriveKeys, KeyError, newKdf, newRoomKey, ROUNDS, unwrapRoomKey,
    wrapRoomKey,
} from './keys';
import { Sealer } from './seal';
import {
    isOwnerSecret, makeOwnerSecret, makePassword, normalise, pretty,
    readSecret,
} from './secrets';

/* Made with another implementation (OpenSSL) from the protocol's text. */
const PASSWORD = 'bado-kufi-rima-talu-zepo';
const KDF = { name: 'PBKDF2-SHA-256', rounds: 100_000,
    salt: 'AAECAwQFBgcICQoLDA0ODw' };
const AUTH = 'KC6as3PqQdOx33AVWKrxqtsiwYrxwKGTSVgTaUCFakk';
const WRAP = 'VWjlNhrigpEEqqtrwQPEh9yVF-zhqt5EFn6t6uU0DRk';
const OWNER = 'o.ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoM';
const OWNER_AUTH = 'fAdN5ybyDhjD_TyeA0bJOCD1dyUW4iPhMW8HH6niu9A';
const OWNER_WRAP = 'UyRVOsrVeu9Ksbz5jrkNZUoDDv9UCUJqKl5uN2FfZVY';
const KEY_ID = 'AQIDBAUGBwg';
const WRAPPED = 'ERERERERERERERER1J7LDb_Hp-hZqAoeMK67OkD4hF-uvS7oZ_st91PwP3T'
    + 'TcqASx2TBeAkD_FWXRMFW';
const INCARNATION = 'IiIiIiIiIiIiIiIiIiIiIg';
const SENDER = '00000000000000aa';
const BODY = 'AQECAwQFBgcIERERERERERERERERBeRjcoWOTUAdRXMwjiondJUFaH8kKE6G132E'
    + 'nB3qoTyWpa2tICeUaupqHHbNicLSFa1UL2B57A';

const ROOM_KEY: Bytes = new Uint8Array(32).fill(0xab);


describe('base64url', () => {
    it.each([
        ['', ''], ['f', 'Zg'], ['fo', 'Zm8'], ['foo', 'Zm9v'],
        ['foob', 'Zm9vYg'], ['fooba', 'Zm9vYmE'], ['foobar', 'Zm9vYmFy'],
    ])('of "%s" is "%s"', (plain, encoded) => {
        expect(encode(utf8(plain))).toBe(encoded);
        expect(decode(encoded)).toEqual(utf8(plain));
    });

    it('brings all bytes back', () => {
        const bytes = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);

        expect(decode(encode(bytes))).toEqual(bytes);
    });

    it.each(['Zg==', 'Z', 'Zh', 'Zm9=', 'a+b/', 'ab c', 'Zm9vYg\n', 7, null])(
        'refuses %j', (bad) => {
            expect(decode(bad)).toBe(null);
        });

    it('refuses another length than wanted', () => {
        expect(decode('Zm9v', 3)).not.toBe(null);
        expect(decode('Zm9v', 4)).toBe(null);
    });
});


describe('secrets', () => {
    it('makes passwords of five groups of two syllables', () => {
        for (let i = 0; i < 200; i++) {
            expect(makePassword()).toMatch(
                /^([bdfghjklmnprstvz][aeiou]){2}(-([bdfghjklmnprstvz][aeiou]){2}){4}$/);
        }
    });

    it('draws again above the largest multiple', () => {
        const draws = [
            Uint8Array.of(240, 255, 0, 79, 80, 159, 1, 2, 3, 4),
            Uint8Array.of(5, 250, 6, 7, 8, 9, 10, 11, 12, 13),
        ];

        expect(makePassword(() => draws.shift()!))
            .toBe('bazu-bazu-bebi-bobu-dade');
        expect(draws).toEqual([]);
    });

    it('uses all syllables evenly', () => {
        const counts = new Map<string, number>();

        for (let i = 0; i < 4000; i++) {
            for (const one of makePassword().replace(/-/g, '').match(/../g)!) {
                counts.set(one, (counts.get(one) ?? 0) + 1);
            }
        }

        expect(counts.size).toBe(80);

        /* 500 expected of each; 6 sigma */
        expect(Math.min(...counts.values())).toBeGreaterThan(365);
        expect(Math.max(...counts.values())).toBeLessThan(635);
    });

    it('does not mind case and separators', () => {
        expect(normalise(' BADO kufi-Rima_talu.zepo '))
            .toBe('badokufirimataluzepo');
        expect(pretty('BADO kufirimataluzepo')).toBe(PASSWORD);
        expect(pretty(' Some words ')).toBe('Some words');
    });

    it('tells owner secrets from passwords', () => {
        expect(isOwnerSecret(makeOwnerSecret())).toBe(true);
        expect(isOwnerSecret(PASSWORD)).toBe(false);
        expect(readSecret('o.short')).toBe(null);
        expect(readSecret(' --- ')).toBe(null);
        expect(readSecret(OWNER)?.kind).toBe('owner');
    });
});


describe('keys of an invite', () => {
    it('follow from a password', async () => {
        const keys = await deriveKeys(readSecret('BADO kufirima talu ZEPO')!,
            KDF);

        expect(encode(keys.auth)).toBe(AUTH);
        expect(encode(keys.wrap)).toBe(WRAP);
    });

    it('follow from an owner secret', async () => {
        const secret = readSecret(OWNER)!;
        const keys = await deriveKeys(secret, null);

        expect(encode(keys.auth)).toBe(OWNER_AUTH);
        expect(encode(keys.wrap)).toBe(OWNER_WRAP);

        /* and again: deriving has not wiped the secret */
        expect(encode((await deriveKeys(secret, null)).auth)).toBe(OWNER_AUTH);
    });

    it.each([
        [{ ...KDF, rounds: 99_999 }], [{ ...KDF, rounds: 5_000_001 }],
        [{ ...KDF, rounds: 1e5 + 0.5 }], [{ ...KDF, name: 'scrypt' }],
        [{ ...KDF, salt: 'AAEC' }], [{ ...KDF, salt: '!' }], [null],
    ])('refuse %j', async (kdf) => {
        await expect(deriveKeys(readSecret(PASSWORD)!, kdf))
            .rejects.toEqual(new KeyError('bad-kdf'));
    });

    it('are stretched for new passwords as promised', () => {
        expect(newKdf()).toMatchObject({ name: 'PBKDF2-SHA-256',
            rounds: ROUNDS });
        expect(ROUNDS).toBe(300_000);
        expect(newKdf().salt).not.toBe(newKdf().salt);
    });
});


describe('the room key', () => {
    it('opens as wrapped elsewhere', async () => {
        expect(await unwrapRoomKey(decode(WRAP)!, WRAPPED, KEY_ID))
            .toEqual(ROOM_KEY);
    });

    it('comes back from its wrapping', async () => {
        const { key, keyId } = newRoomKey();
        const wrap = random(32);
        const one = await wrapRoomKey(wrap, key, keyId);
        const two = await wrapRoomKey(wrap, key, keyId);

        expect(one).not.toBe(two);
        expect(await unwrapRoomKey(wrap, one, keyId)).toEqual(key);
    });

    it.each([
        ['another key', OWNER_WRAP, WRAPPED, KEY_ID],
        ['another key id', WRAP, WRAPPED, 'AQIDBAUGBwk'],
        ['an altered wrapping', WRAP, WRAPPED.replace('1J7', '1J8'), KEY_ID],
        ['a short wrapping', WRAP, WRAPPED.slice(0, -4), KEY_ID],
        ['no wrapping', WRAP, '', KEY_ID],
    ])('does not open with %s', async (_, wrap, wrapped, keyId) => {
        await expect(unwrapRoomKey(decode(wrap)!, wrapped, keyId))
            .rejects.toEqual(new KeyError('bad-key'));
    });
});


describe('sealed bodies', () => {
    const sealer = async (key = ROOM_KEY, id = KEY_ID, inc = INCARNATION) =>
        (await Sealer.create(key, id, inc))!;

    it('open as sealed elsewhere', async () => {
        expect(await (await sealer()).open('chat', SENDER, BODY))
            .toBe('{"id":"x","name":"Jürgen","text":"hi"}');
    });

    it('come back, each time under another nonce', async () => {
        const one = await sealer();
        const body = await one.seal('chat', SENDER, 'Grüße');

        expect(await (await sealer()).open('chat', SENDER, body))
            .toBe('Grüße');
        expect(await one.seal('chat', SENDER, 'Grüße')).not.toBe(body);
    });

    it('are bound to sender, channel, room and key', async () => {
        const one = await sealer();

        expect(await one.open('chat', '00000000000000ab', BODY)).toBe(null);
        expect(await one.open('board', SENDER, BODY)).toBe(null);
        expect(await (await sealer(ROOM_KEY, KEY_ID, encode(random(16))))
            .open('chat', SENDER, BODY)).toBe(null);
        expect(await (await sealer(ROOM_KEY, 'AQIDBAUGBwk'))
            .open('chat', SENDER, BODY)).toBe(null);
        expect(await (await sealer(random(32)))
            .open('chat', SENDER, BODY)).toBe(null);
    });

    it('survive no altered bit', async () => {
        const one = await sealer();
        const bytes = decode(BODY)!;

        for (const at of [0, 1, 9, 21, bytes.length - 1]) {
            const bad = concat(bytes);

            bad[at]! ^= 1;
            expect(await one.open('chat', SENDER, encode(bad))).toBe(null);
        }

        expect(await one.open('chat', SENDER, BODY.slice(0, 40))).toBe(null);
        expect(await one.open('chat', SENDER, 'not base64url!')).toBe(null);
    });

    it('need a well-formed room', async () => {
        expect(await Sealer.create(ROOM_KEY, 'AQID', INCARNATION)).toBe(null);
        expect(await Sealer.create(ROOM_KEY, KEY_ID, 'AQID')).toBe(null);
    });
});
