/*
 * REST: one function per resource and verb.  Answers are checked; everything
 * that goes wrong is a NetError.
 */

import type { Kdf } from '../crypto/keys';
import { NetError, PROBLEMS, type NetCode } from './errors';
import { count, isCount, isObject, type Json, list, string } from './wire';

const PATIENCE = 15_000;            /* ms for an answer */
const KNOCK = 4_000;                /* ms for a sign of life */

export interface InviteFacts {
    readonly invite: string;
    readonly kind: string;
    readonly kdf: Kdf | null;
}

export interface NewInvite {
    readonly kind: 'password' | 'owner' | 'whip' | 'whep';
    readonly role: 'viewer' | 'participant' | 'owner';
    readonly auth: string;
    readonly kdf: Kdf | null;
    readonly wrapped_key?: string;      /* stream keys wrap none */
}

export interface NewRoom {
    readonly name?: string;
    readonly key_id: string;
    readonly expires?: number;
    readonly invites: readonly NewInvite[];
}

export interface Created {
    readonly room: string;
    readonly incarnation: string;
    readonly expires: number | null;
}

export interface Joined {
    readonly token: string;
    readonly participant: string;
    readonly role: string;
    readonly expires: number;
}

export interface RoomChange {
    readonly locked?: boolean;
    readonly lobby?: boolean;
    readonly hide_cams?: boolean;
    readonly rights?: {
        readonly participant?: readonly string[];
        readonly viewer?: readonly string[];
    };
    readonly codec?: string;
    readonly expires?: number | null;
    readonly participants?: number;
    readonly key_id?: string;
    readonly invites?: readonly NewInvite[];
    readonly invites_add?: readonly NewInvite[];
    readonly invites_revoke?: readonly string[];
}

export interface Changed {
    readonly locked: boolean;
    readonly expires: number | null;
    readonly participants: number;
    readonly token: string;         /* '' unless the invites were replaced */
    readonly added: readonly string[];  /* ids of stream keys */
}

/* For a connection test; UDP ports that media may use, inclusive. */
export interface Trial {
    readonly token: string;
    readonly first: number;
    readonly last: number;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;


export class Rest {
    /* `base` ends with api/v1/ */
    constructor(
        private readonly base: string,
        private readonly fetch: Fetch =
            (url, init) => globalThis.fetch(url, init),
    ) {}


    async create(room: NewRoom): Promise<Created> {
        const answer = await this.ask('POST', 'rooms', room)
            .catch((error: NetError) => {
                /* an operator's guard speaks no problem JSON of ours */
                throw error.code === 'not-authorized'
                    || (error.code === 'forbidden' && error.detail === '')
                    ? new NetError('creation-guarded') : error;
            });

        if (typeof answer['room'] !== 'string'
            || typeof answer['incarnation'] !== 'string')
        {
            throw new NetError('bad-answer');
        }

        return {
            room: answer['room'],
            incarnation: answer['incarnation'],
            expires: expiry(answer),
        };
    }


    /* With an owner's token stream keys too. */
    async facts(room: string, token?: string):
        Promise<readonly InviteFacts[]>
    {
        const answer = await this.ask('GET', path(room), undefined, token);

        if (!Array.isArray(answer['invites'])) {
            throw new NetError('bad-answer');
        }

        return list(answer['invites'], readInvite);
    }


    /* Whether anybody answers, whatever it is. */
    async reachable(room: string): Promise<boolean> {
        try {
            await this.ask('GET', path(room), undefined, undefined, KNOCK);
            return true;

        } catch (error) {
            return error instanceof NetError && error.code !== 'network'
                && error.code !== 'timeout';
        }
    }


    async join(room: string, invite: string, auth: string, name: string):
        Promise<Joined>
    {
        const answer = await this.ask('POST', path(room) + '/join',
            { invite, auth, name });

        if (typeof answer['token'] !== 'string'
            || typeof answer['participant'] !== 'string')
        {
            throw new NetError('bad-answer');
        }

        return {
            token: answer['token'],
            participant: answer['participant'],
            role: string(answer['role']),
            expires: count(answer['expires']),
        };
    }


    async trial(): Promise<Trial> {
        const answer = await this.ask('POST', 'test', {});
        const udp = isObject(answer['udp']) ? answer['udp'] : {};

        if (typeof answer['token'] !== 'string') {
            throw new NetError('bad-answer');
        }

        return {
            token: answer['token'],
            first: count(udp['first']),
            last: count(udp['last']),
        };
    }


    async change(room: string, token: string, change: RoomChange):
        Promise<Changed>
    {
        const answer = await this.ask('PATCH', path(room), change, token);

        return {
            locked: answer['locked'] === true,
            expires: expiry(answer),
            participants: count(answer['participants']),
            token: string(answer['token']),
            added: Array.isArray(answer['added'])
                ? list(answer['added'],
                    (id) => typeof id === 'string' ? id : null)
                : [],
        };
    }


    /* Everything that is stored about the room; bodies are still sealed. */
    export(room: string, token: string): Promise<Json> {
        return this.ask('GET', path(room) + '/export', undefined, token);
    }


    async remove(room: string, token: string): Promise<void> {
        await this.ask('DELETE', path(room), undefined, token);
    }


    private async ask(
        method: string,
        to: string,
        body?: object,
        token?: string,
        patience: number = PATIENCE,
    ): Promise<Json> {
        const headers: Record<string, string> = {};

        if (body !== undefined) {
            headers['Content-Type'] = 'application/json';
        }

        if (token !== undefined) {
            headers['Authorization'] = 'Bearer ' + token;
        }

        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), patience);

        try {
            const response = await this.fetch(this.base + to, {
                method,
                headers,
                body: body === undefined ? null : JSON.stringify(body),
                cache: 'no-store',
                credentials: 'same-origin',
                signal: abort.signal,
            });

            return await read(response);

        } catch (error) {
            if (error instanceof NetError) {
                throw error;
            }

            throw new NetError(abort.signal.aborted ? 'timeout' : 'network');

        } finally {
            clearTimeout(timer);
        }
    }
}


async function read(response: Response): Promise<Json> {
    if (response.status === 204) {
        return {};
    }

    let body: unknown = null;

    try {
        body = JSON.parse(await response.text());

    } catch (error) {
        if (!(error instanceof SyntaxError)) {
            throw error;
        }
    }

    if (response.ok) {
        if (isObject(body)) {
            return body;
        }

        throw new NetError('bad-answer');
    }

    const problem = isObject(body) ? body : {};
    const name = string(problem['type']).replace(/^.*\/problems\//, '');
    const known = PROBLEMS.find((one) => one === name);

    throw new NetError(known ?? byStatus(response.status),
        known === undefined ? '' : string(problem['detail']) || known,
        Number(response.headers.get('Retry-After')) || 0);
}


/* Answers by nginx itself or something between, not by the module. */
function byStatus(status: number): NetCode {
    switch (status) {
    case 401: return 'not-authorized';
    case 403: return 'forbidden';
    case 404: return 'not-found';
    case 405: return 'method-not-allowed';
    case 413: return 'too-large';
    case 429: return 'too-many-requests';
    case 502:
    case 503:
    case 504: return 'unavailable';
    default: return status >= 500 ? 'internal' : 'bad-answer';
    }
}


function readInvite(value: unknown): InviteFacts | null {
    if (!isObject(value) || typeof value['invite'] !== 'string') {
        return null;
    }

    const kdf = value['kdf'];

    return {
        invite: value['invite'],
        kind: string(value['kind']),
        kdf: isObject(kdf)
            ? {
                name: string(kdf['name']),
                rounds: count(kdf['rounds']),
                salt: string(kdf['salt']),
            }
            : null,
    };
}


function expiry(answer: Json): number | null {
    return isCount(answer['expires']) ? answer['expires'] : null;
}


function path(room: string): string {
    return 'rooms/' + encodeURIComponent(room);
}
