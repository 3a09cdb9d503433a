/*
 * From the secret at hand to a token: keys are derived while people still type
 * their names, each invite the secret may open is tried, and what proves to be
 * old is forgotten.
 */

import type { Signal } from '@preact/signals';

import { type Bytes, encode } from '../crypto/bytes';
import { deriveKeys, type InviteKeys, wipeKeys } from '../crypto/keys';
import { readSecret, type Secret } from '../crypto/secrets';
import { NetError } from '../net/errors';
import type { InviteFacts, Rest } from '../net/rest';
import { CodeError, codeOf } from './codes';
import { type Hand, holding, NOWHERE } from './hand';
import type { RememberedRooms } from './keep';

export interface Admitted {
    readonly token: string;
    readonly wrap: Bytes;               /* the caller wipes it */
    readonly role: string;
}


export class Admission {
    private ready: Ready | null = null;


    constructor(
        private readonly rest: Rest,
        private readonly secure: boolean,
        private readonly hand: Signal<Hand>,
        private readonly rooms: RememberedRooms,
        /* the secret at hand has proved wrong and is another now, or none */
        private readonly onSecret: () => void,
    ) {}


    /* The secret at hand is another now. */
    reset(): void {
        this.ready?.wipe();
        this.ready = null;
    }


    prepare(facts: readonly InviteFacts[]): void {
        const secret = readSecret(this.hand.value.secret);

        this.ready?.wipe();
        this.ready = secret === null || !this.secure
            ? null : new Ready(facts, secret);
    }


    /* A token for the room at hand; throws NetError, KeyError, CodeError. */
    async admit(name: string): Promise<Admitted> {
        const { room, secret } = this.hand.value;

        if (!this.secure) {
            throw new CodeError('insecure');
        }

        if (readSecret(secret) === null) {
            throw new CodeError('no-secret');
        }

        if (this.ready === null) {
            this.prepare(await this.rest.facts(room));
        }

        try {
            return await this.ready!.join(this.rest, room, name);

        } catch (error) {
            this.reset();

            if (codeOf(error) === 'wrong-secret') {
                return await this.second(name, error);
            }

            throw error;
        }
    }


    /*
     * The remembered owner secret is of an earlier room of this name: forget
     * it and use what the link said.  Any other wrong secret is asked for.
     */
    private async second(name: string, error: unknown): Promise<Admitted> {
        const { room, secret, password } = this.hand.value;
        const stale = this.rooms.get(room)?.secret === secret;

        if (stale) {
            this.rooms.set(room, null);
        }

        this.hand.value = { ...NOWHERE, room,
            ...holding(stale ? password : '') };
        this.onSecret();

        if (!stale || password === '') {
            throw error;
        }

        this.prepare(await this.rest.facts(room));
        return this.ready!.join(this.rest, room, name);
    }
}


/* Keys of the invites a secret may open, derived while the person types. */
class Ready {
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
