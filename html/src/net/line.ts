/*
 * One WebSocket from opening to close: says hello, notices silence, and
 * reports its end exactly once.  Which line is in use, and what comes after
 * it, is the session's affair.
 */

import { Alarm, type Clock } from './clock';
import { type Json, parse, string } from './wire';

export const SUBPROTOCOL = 'meet.v1';

const OPENING = 6_000;      /* ms until the welcome */
const PING = 10_000;        /* ms between pings; no answer by then: dead */
const PROBE = 4_000;        /* ms for an answer when we already doubt */
const CLOSING = 1_000;      /* ms for the close to follow an `end` */

/* What a browser reports when a connection breaks, RFC 6455 section 7.4.1. */
export const ABNORMAL = 1006;

/* The part of WebSocket that is used; a test's socket has no more. */
export interface SocketLike {
    onopen: (() => void) | null;
    onmessage: ((event: { data: unknown }) => void) | null;
    onclose: ((event: { code: number }) => void) | null;
    onerror: (() => void) | null;
    send(data: string): void;
    close(code?: number): void;
}

export type SocketFactory = (url: string, subprotocol: string) => SocketLike;

export interface LineHandlers {
    message(line: Line, message: Json): void;
    /* Last call of a line.  `reason` is that of an `end` message, or ''. */
    closed(line: Line, code: number, reason: string): void;
}


export class Line {
    private readonly socket: SocketLike;
    private readonly alarm: Alarm;
    private pingedAt = 0;
    private waiting = false;        /* for a sign of life since pingedAt */
    private reason = '';
    private done = false;


    constructor(
        factory: SocketFactory,
        url: string,
        private readonly clock: Clock,
        hello: () => Json,
        private readonly handlers: LineHandlers,
    ) {
        this.alarm = new Alarm(clock);
        this.alarm.set(OPENING, () => this.finish(ABNORMAL));
        this.socket = factory(url, SUBPROTOCOL);

        this.socket.onopen = () => this.send(hello());
        this.socket.onmessage = (event) => this.receive(event.data);
        this.socket.onclose = (event) => this.finish(event.code);
        this.socket.onerror = null;         /* a close always follows */
    }


    /* The server has taken us in: from now on silence is watched. */
    welcomed(): void {
        this.alarm.set(PING, () => this.tick());
    }


    send(message: Json): void {
        if (!this.done) {
            this.socket.send(JSON.stringify(message));
        }
    }


    /* Something happened to the network: is this line still alive? */
    probe(): void {
        if (!this.done) {
            this.ping();
            this.alarm.set(PROBE, () => this.tick());
        }
    }


    /* Closes without a report. */
    drop(code?: number): void {
        if (!this.done) {
            this.detach();
            this.socket.close(code);
        }
    }


    private tick(): void {
        if (this.waiting) {
            this.finish(ABNORMAL);
            return;
        }

        this.ping();
        this.alarm.set(PING, () => this.tick());
    }


    private ping(): void {
        this.waiting = true;
        this.pingedAt = this.clock.now();
        this.send({ type: 'ping' });
    }


    private receive(data: unknown): void {
        const message = parse(data);

        if (this.waiting && this.clock.now() >= this.pingedAt) {
            this.waiting = false;
        }

        if (message === null || message['type'] === 'pong') {
            return;
        }

        if (message['type'] === 'end') {
            this.reason = string(message['reason']);
            this.alarm.set(CLOSING, () => this.finish(ABNORMAL));
            return;
        }

        this.handlers.message(this, message);
    }


    private finish(code: number): void {
        if (this.done) {
            return;
        }

        this.detach();

        if (code === ABNORMAL) {
            this.socket.close();
        }

        this.handlers.closed(this, code, this.reason);
    }


    private detach(): void {
        this.done = true;
        this.alarm.clear();
        this.socket.onopen = null;
        this.socket.onmessage = null;
        this.socket.onclose = null;
        this.socket.onerror = null;
    }
}
