/*
 * Making rooms and getting into them: what is derived, what is wrapped, and
 * which of it the server is told.  No state; errors are NetError or KeyError.
 */

import { type Bytes, encode, wipe } from '../crypto/bytes';
import {
    deriveKeys, type InviteKeys, newKdf, newRoomKey, unwrapRoomKey, wipeKeys,
    wrapRoomKey,
} from '../crypto/keys';
import {
    isOwnerSecret, makeOwnerSecret, makePassword, readSecret, type Secret,
} from '../crypto/secrets';
import { NetError } from '../net/errors';
import type { Changed, InviteFacts, NewInvite, Rest } from '../net/rest';

export interface NewRoomSecrets {
    readonly room: string;
    readonly expires: number | null;
    readonly password: string;
    readonly owner: string;
}

export interface Admitted {
    readonly token: string;
    readonly wrap: Bytes;               /* the caller wipes it */
    readonly role: string;
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


/* Keys of the invites a secret may open, derived while the person types. */
export class Ready {
    private readonly keys = new Map<string, Promise<InviteKeys>>();


    constructor(
        private readonly facts: readonly InviteFacts[],
        private readonly secret: Secret,
    ) {
        for (const one of this.candidates()) {
            this.derive(one).catch(() => undefined);
        }
    }


    /* Tries each invite of the secret's kind. */
    async join(rest: Rest, room: string, name: string): Promise<Admitted> {
        let refusal: unknown = new NetError('wrong-secret');

        for (const one of this.candidates()) {
            const { auth, wrap } = await this.derive(one);

            try {
                const joined = await rest.join(room, one.invite, encode(auth),
                    name);

                return { token: joined.token, role: joined.role,
                    wrap: wrap.slice() };

            } catch (error) {
                if (!(error instanceof NetError)
                    || error.code !== 'wrong-secret')
                {
                    throw error;
                }

                refusal = error;
            }
        }

        throw refusal;
    }


    wipe(): void {
        for (const keys of this.keys.values()) {
            keys.then(wipeKeys, () => undefined);
        }

        this.keys.clear();
    }


    private candidates(): readonly InviteFacts[] {
        return this.facts.filter((one) =>
            (one.kind === 'owner') === (this.secret.kind === 'owner'));
    }


    private derive(one: InviteFacts): Promise<InviteKeys> {
        let keys = this.keys.get(one.invite);

        if (keys === undefined) {
            keys = deriveKeys(this.secret, one.kdf);
            this.keys.set(one.invite, keys);
        }

        return keys;
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
): Promise<{ password: string; changed: Changed }> {
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

        return { password, changed };

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
