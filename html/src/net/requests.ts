/*
 * Questions and answers: the `id` of a message, and who waits for its `re`.
 */

import type { Cancel, Clock } from './clock';
import { NetError, SOCKET_ERRORS } from './errors';
import { isCount, type Json, string } from './wire';

const PATIENCE = 10_000;        /* ms for an answer */
const LAST_ID = 2 ** 31 - 1;

interface Waiting {
    readonly line: object;
    readonly resolve: (answer: Json) => void;
    readonly reject: (error: NetError) => void;
    readonly cancel: Cancel;
}


export class Requests {
    private readonly waiting = new Map<number, Waiting>();
    private last = 0;


    constructor(private readonly clock: Clock) {}


    /* `line` is whatever the question goes out on; see lost(). */
    ask(
        line: object,
        message: Json,
        send: (message: Json) => void,
        patience: number = PATIENCE,
    ): Promise<Json> {
        const id = this.last >= LAST_ID ? 1 : this.last + 1;

        this.last = id;

        return new Promise((resolve, reject) => {
            const cancel = this.clock.after(patience, () => {
                this.waiting.delete(id);
                reject(new NetError('timeout'));
            });

            this.waiting.set(id, { line, resolve, reject, cancel });
            send({ ...message, id });
        });
    }


    /* True if the message was an answer, whether or not somebody waits. */
    answer(message: Json): boolean {
        const re = message['re'];

        if (!isCount(re)) {
            return false;
        }

        const waiting = this.waiting.get(re);

        if (waiting !== undefined) {
            this.waiting.delete(re);
            waiting.cancel();

            if (message['type'] === 'error') {
                waiting.reject(readError(message));

            } else {
                waiting.resolve(message);
            }
        }

        return true;
    }


    /* The line is gone: nothing more will be answered on it. */
    lost(line: object): void {
        for (const [id, waiting] of [...this.waiting]) {
            if (waiting.line === line) {
                this.waiting.delete(id);
                waiting.cancel();
                waiting.reject(new NetError('not-connected'));
            }
        }
    }
}


export function readError(message: Json): NetError {
    const name = string(message['error']);

    return new NetError(
        SOCKET_ERRORS.find((one) => one === name) ?? 'internal',
        string(message['detail']) || name);
}
