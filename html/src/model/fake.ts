/* For tests: a server of one room, and a storage. */

import { encode } from '../crypto/bytes';
import type { FakeSocket } from '../net/fake';
import type { Json } from '../net/wire';
import type { KeyValue } from './types';

export interface StoredInvite {
    invite: string;
    kind: string;
    auth: string;
    kdf: unknown;
    wrapped_key: string;
}

/* A server of one room that knows the protocol's happy path and its refusals. */
export class Server {
    invites: StoredInvite[] = [];
    keyId = '';
    gone = false;
    log: object[] = [];
    serial = 0;
    readonly tokens = new Map<string, { id: string; invite: StoredInvite }>();
    readonly asked: string[] = [];

    fetch = async (url: string, init: RequestInit): Promise<Response> => {
        const path = new URL(url).pathname.replace('/api/v1/', '');
        const body = typeof init.body === 'string'
            ? JSON.parse(init.body) as Json : {};

        this.asked.push(`${init.method} ${path}`);

        if (path === 'rooms') {
            this.take(body);
            return json(201, { room: 'abcd', incarnation: encode(
                new Uint8Array(16)), expires: 1_790_000_000, invites: [] });
        }

        if (this.gone || !path.startsWith('rooms/abcd')) {
            return problem('no-room', 404);
        }

        if (init.method === 'GET' && path === 'rooms/abcd') {
            return json(200, { room: 'abcd', invites: this.invites.map(
                ({ invite, kind, kdf }) => ({ invite, kind, kdf })) });
        }

        if (init.method === 'POST') {
            const invite = this.invites.find((one) =>
                one.invite === body['invite'] && one.auth === body['auth']);

            return invite === undefined ? problem('wrong-secret', 403)
                : json(200, { token: this.token(invite), participant: 'p',
                    role: invite.kind, expires: 2e9 });
        }

        const headers = init.headers as Record<string, string>;
        const token = headers['Authorization']?.replace('Bearer ', '') ?? '';
        const owner = this.tokens.get(token)?.invite;

        if (owner?.kind !== 'owner' || !this.invites.includes(owner)) {
            return problem('not-authorized', 401);
        }

        if (path.endsWith('/export')) {
            return json(200, { room: 'abcd', log: this.log });
        }

        if (init.method === 'DELETE') {
            this.gone = true;
            return new Response(null, { status: 204 });
        }

        if (body['invites'] !== undefined) {
            this.take(body);
        }

        return json(200, { locked: false, expires: body['expires'] ?? null,
            participants: 500, invites: [] });
    };

    token(invite: StoredInvite, id = `p${++this.serial}`): string {
        const token = `token-${id}-${this.tokens.size}`;

        this.tokens.set(token, { id, invite });
        return token;
    }

    private take(body: Json): void {
        this.keyId = body['key_id'] as string;
        this.invites = (body['invites'] as StoredInvite[]).map((one) =>
            ({ ...one, invite: `i${++this.serial}` }));
    }
}


export function memory(): KeyValue {
    const map = new Map<string, string>();

    return {
        get: (key) => map.get(key) ?? null,
        set: (key, value) => void map.set(key, value),
        remove: (key) => void map.delete(key),
    };
}


function json(status: number, body: object): Response {
    return new Response(JSON.stringify(body), { status });
}


function problem(name: string, status: number): Response {
    return json(status, { type: '/problems/' + name, status });
}


/* Lets a socket in that has said hello. */
export function welcome(server: Server, socket: FakeSocket): void {
    const held = server.tokens.get(String(socket.last('hello')!['token']))!;

    socket.say({
        type: 'welcome', participant: held.id, number: 3,
        role: held.invite.kind === 'owner' ? 'owner' : 'participant',
        rights: ['mic', 'cam', 'screen', 'chat'], epoch: 1, sequence: 9,
        resumed: false, token: server.token(held.invite, held.id),
        token_expires: 2e9, incarnation: encode(new Uint8Array(16)),
        key_id: server.keyId, wrapped_key: held.invite.wrapped_key,
        invite: held.invite.invite, publish: false, subscribe: false,
        time_ms: 1, limits: { slots: 50 },
    });
    socket.say({
        type: 'snapshot', sequence: 9, first: 0, total: 2,
        room: { version: 1, locked: false, expires: 1_790_000_000,
            participants: 500 },
        participants: [
            { id: held.id, number: 3, name: 'me', role: 'owner',
                joined_ms: 2 },
            { id: 'other', number: 1, name: 'Bob', role: 'participant',
                joined_ms: 1, published: ['mic', 'cam'], muted: ['cam'] },
        ],
    });
}
