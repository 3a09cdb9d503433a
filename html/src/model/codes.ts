/* From whatever was thrown, or ended a session, to the code pages translate. */

import { KeyError } from '../crypto/keys';
import { NetError } from '../net/errors';
import type { SessionEnd } from '../net/session';
import type { ErrorCode } from './types';


/* An error of ours that has nothing but its code. */
export class CodeError extends Error {
    constructor(readonly code: ErrorCode) {
        super(code);
    }
}


export function codeOf(error: unknown): ErrorCode {
    return error instanceof CodeError || error instanceof NetError
        || error instanceof KeyError ? error.code : 'internal';
}


export function codeOfEnd(reason: SessionEnd): ErrorCode {
    switch (reason) {
    case 'room-full':
    case 'room-locked':
    case 'no-room': return reason;
    case 'deleted':
    case 'expired': return 'no-room';
    case 'removed': return 'forbidden';
    case 'refused': return 'not-authorized';
    default: return 'unavailable';
    }
}
