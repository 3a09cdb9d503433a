/*
 * What the owner does to a room over REST, in a call or outside of one.
 */

import type { Signal } from '@preact/signals';

import { type Bytes, wipe } from '../crypto/bytes';
import { isOwnerSecret } from '../crypto/secrets';
import type { Rest, RoomChange } from '../net/rest';
import type { Admission } from './admission';
import type { CallModel } from './call';
import { CodeError, codeOf } from './codes';
import { readable } from './export';
import type { Hand } from './hand';
import { changePassword } from './invites';
import type { RememberedRooms } from './keep';

/* A call that was entered, and what it takes to enter it again. */
export interface Entry {
    readonly call: CallModel;
    readonly wrap: Bytes;
    readonly name: string;
    token: string;
}


export class Ownership {
    constructor(
        private readonly rest: Rest,
        private readonly hand: Signal<Hand>,
        private readonly rooms: RememberedRooms,
        private readonly admission: Admission,
        private readonly entry: () => Entry | null,
        private readonly save: () => void,
    ) {}


    async change(change: RoomChange): Promise<void> {
        const { room } = this.hand.value;
        const { expires } = await this.authorized((token) =>
            this.rest.change(room, token, change));

        this.hand.value = { ...this.hand.value, expires };
    }


    async newPassword(): Promise<void> {
        const entry = this.entry();
        const { room, secret } = this.hand.value;

        if (entry === null || !isOwnerSecret(secret)) {
            throw new CodeError('no-secret');
        }

        const { password, token } = await this.authorized((old) =>
            changePassword(this.rest, room, old, secret, entry.wrap,
                entry.call.keyId, entry.call.wrappedKey));

        this.admission.reset();
        this.hand.value = { ...this.hand.value, password };

        if (this.rooms.get(room) !== undefined) {
            this.rooms.set(room, { secret, password });
        }

        /* the one of before names an invite that is gone */
        entry.token = token;
        entry.call.renew(token);
        this.save();
    }


    async remove(): Promise<void> {
        const { room } = this.hand.value;

        await this.authorized((token) => this.rest.remove(room, token));
        this.rooms.set(room, null);
    }


    /* Sealed entries are opened if the call holds the key. */
    async export(): Promise<Blob> {
        const { room } = this.hand.value;
        const stored = await this.authorized((token) =>
            this.rest.export(room, token));
        const call = this.entry()?.call;
        const text = JSON.stringify(await readable(stored,
            async (...sealed) => await call?.unseal(...sealed) ?? null),
        null, 2);

        return new Blob([text], { type: 'application/json' });
    }


    /*
     * With the token of the call, or with one just for this: outside of a
     * call, and when a new password has made the other void.
     */
    async authorized<T>(run: (token: string) => Promise<T>):
        Promise<T>
    {
        const entry = this.entry();

        if (entry !== null) {
            try {
                return await run(entry.token);

            } catch (error) {
                if (codeOf(error) !== 'not-authorized'
                    || !isOwnerSecret(this.hand.value.secret))
                {
                    throw error;
                }
            }
        }

        const admitted = await this.admission.admit(entry?.name ?? 'owner');

        wipe(admitted.wrap);
        return run(admitted.token);
    }
}
