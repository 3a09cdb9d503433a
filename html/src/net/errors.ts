/*
 * The one error of this client.  `code` is stable and translated by the pages;
 * `detail` is for people who debug and never shown as it is.
 */

export const PROBLEMS = [
    'bad-request', 'not-authorized', 'wrong-secret', 'forbidden',
    'room-locked', 'foreign-origin', 'no-room', 'not-found',
    'method-not-allowed', 'name-taken', 'too-large',
    'unsupported-media-type', 'room-full', 'too-many-rooms', 'unavailable',
    'storage-full', 'internal',
] as const;

export const SOCKET_ERRORS = [
    'bad-message', 'bad-offer', 'revision', 'forbidden', 'no-participant',
    'unavailable', 'timeout', 'storage-full', 'limit', 'stale',
] as const;

export type NetCode =
    | typeof PROBLEMS[number]
    | typeof SOCKET_ERRORS[number]
    | 'too-many-requests'   /* 429: wait a little, then try again */
    | 'creation-guarded'    /* 401/403 at creation: the operator's guard */
    | 'network'             /* the server was not reached */
    | 'bad-answer'          /* what came back is not ours: wrong address? */
    | 'not-connected';      /* needs the socket, which is away */


export class NetError extends Error {
    constructor(
        readonly code: NetCode,
        readonly detail: string = '',
        /* seconds the server asks to wait, 0: nothing said */
        readonly retryAfter: number = 0,
    ) {
        super(detail === '' ? code : `${code}: ${detail}`);
        this.name = 'NetError';
    }
}
