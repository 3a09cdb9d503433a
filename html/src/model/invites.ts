/*
 * Invites as their owner makes them: what is derived, what is wrapped, and
 * which of it the server is told.  Errors are NetError or KeyError.
 */

import { type Bytes, encode, wipe } from '../crypto/bytes';
import {
    deriveKeys, newKdf, newRoomKey, unwrapRoomKey, wipeKeys, wrapRoomKey,
} from '../crypto/keys';
import {
    isOwnerSecret, makeOwnerSecret, makePassword, readSecret,
} from '../crypto/secrets';
import type { NewInvite, Rest } from '../net/rest';

export interface NewRoomSecrets {
    readonly room: string;
    readonly expires: number | null;
    readonly password: string;
    readonly owner: string;
}


export async function createRoom(
    rest: Rest,
    name: string,
    expires: number | undefined,
): Promise<NewRoomSecrets> {
    const password = makePassword();
    const owner = makeOwnerSecret();
    const { key, keyId } = newRoomKey();

    try {
        const created = await rest.create({
            ...(name === '' ? {} : { name }),
            ...(expires === undefined ? {} : { expires }),
            key_id: keyId,
            invites: await Promise.all([
                invite(password, key, keyId),
                invite(owner, key, keyId),
            ]),
        });

        return { room: created.room, expires: created.expires, password,
            owner };

    } finally {
        wipe(key);
    }
}


/*
 * A new password for the same room key, so that what is kept stays readable.
 * The owner's secret stays, but its invite is a new one to the server.
 */
export async function changePassword(
    rest: Rest,
    room: string,
    token: string,
    owner: string,
    wrap: Bytes,
    keyId: string,
    wrappedKey: string,
): Promise<{ password: string; token: string }> {
    const password = makePassword();
    const key = await unwrapRoomKey(wrap, wrappedKey, keyId);

    try {
        const changed = await rest.change(room, token, {
            key_id: keyId,
            invites: await Promise.all([
                invite(password, key, keyId),
                invite(owner, key, keyId),
            ]),
        });

        return { password, token: changed.token || token };

    } finally {
        wipe(key);
    }
}


async function invite(secret: string, key: Bytes, keyId: string):
    Promise<NewInvite>
{
    const isOwner = isOwnerSecret(secret);
    const kdf = isOwner ? null : newKdf();
    const keys = await deriveKeys(readSecret(secret)!, kdf);

    try {
        return {
            kind: isOwner ? 'owner' : 'password',
            role: isOwner ? 'owner' : 'participant',
            auth: encode(keys.auth),
            kdf,
            wrapped_key: await wrapRoomKey(keys.wrap, key, keyId),
        };

    } finally {
        wipeKeys(keys);
    }
}
