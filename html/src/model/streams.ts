/*
 * Stream keys: by which encoders publish (WHIP) and players play (WHEP).  The
 * server keeps a hash, so a key is known to this page once, when it is made.
 */

import { encode, random, wipe } from '../crypto/bytes';
import type { InviteFacts, NewInvite, Rest } from '../net/rest';
import type { Place } from './links';
import type { Ownership } from './ownership';
import type { NewStreamKey, StreamKey, StreamKeys, StreamKind } from './types';


export class OwnedStreamKeys implements StreamKeys {
    constructor(
        private readonly rest: Rest,
        private readonly ownership: Ownership,
        private readonly room: () => string,
        private readonly place: Place,
    ) {}


    async list(): Promise<readonly StreamKey[]> {
        const facts = await this.ownership.authorized((token) =>
            this.rest.facts(this.room(), token));

        return facts.filter(isStream).map(({ invite, kind }) =>
            ({ id: invite, kind }));
    }


    async make(kind: StreamKind): Promise<NewStreamKey> {
        const bytes = random(32);
        const key = encode(bytes);

        wipe(bytes);

        const { added } = await this.ownership.authorized((token) =>
            this.rest.change(this.room(), token,
                { invites_add: [streamInvite(kind, key)] }));

        return { id: added[0] ?? '', kind, key, url: this.place.origin
            + this.place.prefix + 'api/v1/' + kind + '/'
            + encodeURIComponent(this.room()) };
    }


    async revoke(id: string): Promise<void> {
        await this.ownership.authorized((token) =>
            this.rest.change(this.room(), token, { invites_revoke: [id] }));
    }
}


function streamInvite(kind: StreamKind, auth: string): NewInvite {
    return {
        kind,
        role: kind === 'whip' ? 'participant' : 'viewer',
        auth,
        kdf: null,
    };
}


function isStream(
    facts: InviteFacts,
): facts is InviteFacts & { readonly kind: StreamKind } {
    return facts.kind === 'whip' || facts.kind === 'whep';
}
