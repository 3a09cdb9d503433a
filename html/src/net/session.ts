/*
 * The signaling session of one participant over as many sockets as it takes.
 *
 * At most two lines exist at a time: `active`, which has been welcomed, and
 * `next`, which is on its way to replace it.  Events are heard on the active
 * line until the next one is welcomed; the sequencer drops what then comes
 * twice.  A replaced line only finishes its answers.
 */

import { Alarm, Backoff, type Clock } from './clock';
import { NetError } from './errors';
import { Line, type SocketFactory } from './line';
import { readError, Requests } from './requests';
import { type Applied, Sequencer, type Snapshot } from './sequencer';
import {
    type Event, type Json, type Latest, readEvent, readLatest, readSnapshot,
    readWelcome, type Welcome,
} from './wire';

const RETIRED = 1_500;          /* ms a replaced line may still answer */
const SOON = 80;                /* ms, at least, while the old line lives */
const DOUBT = 2;                /* failures, then we ask before we dial */
const RUSH = 20;                /* such attempts, then with pauses */
const MOST = 4_000;             /* ms between two attempts */

/* 'waiting': in the lobby, where nothing of the room is known. */
export type SessionState =
    | 'connecting' | 'waiting' | 'online' | 'reconnecting' | 'ended';

/* As in the protocol's `end`, and some of our own. */
export type SessionEnd =
    | 'left'            /* by this page */
    | 'refused'         /* the server no longer accepts our token */
    | 'no-room'
    | 'replaced'        /* same participant in another tab */
    | 'rejected'        /* from the lobby */
    | 'deleted' | 'expired' | 'ended' | 'removed' | 'absent'
    | 'room-full' | 'room-locked';

export interface SessionHandlers {
    state(state: SessionState): void;
    welcome(welcome: Welcome): void;
    snapshot(snapshot: Snapshot): void;
    event(event: Event): void;
    latest(latest: Latest): void;
    /* An `error` that answers no question. */
    complaint(error: NetError): void;
    /* The token is refused: another one, or null to end. */
    refused(): Promise<string | null>;
    ended(reason: SessionEnd): void;
}

export interface SessionOptions {
    readonly url: string;
    readonly token: string;
    readonly clock: Clock;
    readonly socket: SocketFactory;
    readonly random: () => number;
    /* Does the server answer at all?  A cheap request; see open(). */
    readonly reachable: () => Promise<boolean>;
    readonly handlers: SessionHandlers;
}

type Hint = 'online' | 'visible';


export class Session {
    readonly counters = { sockets: 0, resumes: 0, snapshots: 0 };

    private state: SessionState = 'connecting';
    private token: string;
    private active: Line | null = null;
    private next: Line | null = null;
    private asked = false;              /* for another token, once */
    private rush = 0;                   /* lines lost right after welcome */
    private failures = 0;               /* lines that never came up, in a row */
    private probing = false;

    private readonly retired = new Map<Line, Alarm>();
    private readonly requests: Requests;
    private readonly sequencer = new Sequencer();
    private readonly backoff: Backoff;
    private readonly retry: Alarm;
    private readonly settled: Alarm;


    constructor(private readonly options: SessionOptions) {
        this.token = options.token;
        this.requests = new Requests(options.clock);
        this.backoff = new Backoff(500, MOST, options.random);
        this.retry = new Alarm(options.clock);
        this.settled = new Alarm(options.clock);
    }


    start(): void {
        this.open();
    }


    /* True while questions can be asked. */
    get online(): boolean {
        return this.active !== null;
    }


    /* Rejects with NetError; not-connected if the line went away meanwhile. */
    ask(message: Json, patience?: number): Promise<Json> {
        const line = this.active;

        if (line === null) {
            return Promise.reject(new NetError('not-connected'));
        }

        return this.requests.ask(line, message, (m) => line.send(m), patience);
    }


    /* For latest values: false if nobody is there to hear it. */
    tell(message: Json): boolean {
        this.active?.send(message);
        return this.active !== null;
    }


    /* Another token for the next hello; a welcome brings a newer one. */
    renew(token: string): void {
        this.token = token;
    }


    leave(): void {
        this.active?.send({ type: 'leave' });
        this.end('left');
    }


    /* The browser says that something has changed for the better. */
    hint(hint: Hint): void {
        if (this.state === 'ended') {
            return;
        }

        if (this.active !== null) {
            this.active.probe();
            return;
        }

        if (hint === 'online') {
            /* what was begun on the network before leads nowhere */
            this.backoff.reset();
            this.failures = 0;
            this.next?.drop();
            this.next = null;
            this.open();

        } else if (this.retry.armed) {
            this.open();
        }
    }


    private open(): void {
        this.retry.clear();

        if (this.next !== null || this.state === 'ended') {
            return;
        }

        if (this.failures < DOUBT) {
            this.dial();

        } else if (!this.probing) {
            void this.probe();
        }
    }


    /*
     * Some browsers hold back new sockets for up to a minute after a row of
     * failures.  So during an outage we knock with requests, which they do
     * not count, and dial only when somebody answers.
     */
    private async probe(): Promise<void> {
        const { clock } = this.options;
        const since = clock.now();

        this.probing = true;

        const reachable = await this.options.reachable();

        this.probing = false;

        if (this.next !== null || this.state === 'ended'
            || this.failures < DOUBT)
        {
            return;
        }

        if (reachable) {
            this.dial();

        } else {
            /* one that was long in vain need not be followed by a pause */
            this.later(Math.max(250,
                this.backoff.next() - (clock.now() - since)));
        }
    }


    private dial(): void {
        this.counters.sockets += 1;
        this.next = new Line(this.options.socket, this.options.url,
            this.options.clock, () => this.hello(), {
                message: (line, message) => this.message(line, message),
                closed: (line, code, reason) =>
                    this.closed(line, code, reason),
            });
    }


    private hello(): Json {
        const resume = this.sequencer.resume();

        return resume === null
            ? { type: 'hello', token: this.token }
            : { type: 'hello', token: this.token, resume };
    }


    private message(line: Line, message: Json): void {
        if (this.requests.answer(message)) {
            return;
        }

        if (this.retired.has(line)) {
            return;
        }

        if (message['type'] === 'welcome') {
            const welcome = readWelcome(message);

            if (welcome !== null) {
                this.welcomed(line, welcome);
            }

            return;
        }

        if (message['type'] === 'waiting') {
            this.adopt(line);
            this.sequencer.forget();
            this.enter('waiting');
            return;
        }

        if (line !== this.active) {
            return;
        }

        switch (message['type']) {

        case 'moving':
            this.open();
            return;

        case 'error':
            this.options.handlers.complaint(readError(message));
            return;

        case 'snapshot': {
            const part = readSnapshot(message);

            if (part !== null) {
                this.apply(this.sequencer.snapshot(part));
            }

            return;
        }
        }

        const event = readEvent(message);

        if (event !== null) {
            this.apply(this.sequencer.event(event));
            return;
        }

        const latest = readLatest(message);

        if (latest !== null) {
            this.options.handlers.latest(latest);
        }
    }


    /* May also come again on the active line, under a new epoch. */
    private welcomed(line: Line, welcome: Welcome): void {
        this.adopt(line);
        this.token = welcome.token;
        this.asked = false;
        this.sequencer.welcome(welcome);
        this.counters.resumes += welcome.resumed ? 1 : 0;

        /* a server that welcomes and then drops us is not recovered yet */
        this.settled.set(3_000, () => {
            this.rush = 0;
            this.backoff.reset();
        });

        this.options.handlers.welcome(welcome);

        if (welcome.resumed) {
            this.enter('online');
        }
    }


    private adopt(line: Line): void {
        if (line === this.next) {
            const old = this.active;

            this.next = null;
            this.active = line;
            this.failures = 0;
            line.welcomed();

            if (old !== null) {
                this.retire(old);
            }
        }
    }


    private apply(applied: Applied): void {
        const { handlers } = this.options;

        if (applied.snapshot !== null) {
            this.counters.snapshots += 1;
            handlers.snapshot(applied.snapshot);
            this.enter('online');
        }

        for (const event of applied.events) {
            handlers.event(event);
        }

        if (applied.gap) {
            this.later(this.rush++ === 0 ? 0 : this.backoff.next());
        }
    }


    private closed(line: Line, code: number, reason: string): void {
        const alarm = this.retired.get(line);

        this.requests.lost(line);

        if (alarm !== undefined) {
            alarm.clear();
            this.retired.delete(line);
            return;
        }

        const replaced = line === this.active && this.next !== null;

        if (line === this.active) {
            this.active = null;
            this.settled.clear();
            this.enter('reconnecting');

        } else if (line === this.next) {
            this.next = null;
            this.failures += 1;
        }

        /* a worker that is leaving may have answered; the next one will not */
        if (this.active !== null && code < 4000) {
            this.later(this.rush++ < RUSH
                ? SOON * (1 + this.options.random()) : this.backoff.next());
            return;
        }

        /* our own newer line has taken over, or is about to */
        if (replaced && (code === 4006 || code < 4000)) {
            return;
        }

        this.decide(code, reason);
    }


    /* The close-code policy of the protocol. */
    private decide(code: number, reason: string): void {
        const { random } = this.options;

        switch (code) {

        case 1012:
            this.later(this.rush++ === 0
                ? random() * 250 : this.backoff.next());
            return;

        case 1013:
            this.later(1_000 + random() * 1_000);
            return;

        case 4003:
            void this.reauthorize();
            return;

        case 4004:
            this.end(known(reason, 'no-room'));
            return;

        case 4005:
            this.end(known(reason, 'removed'));
            return;

        case 4006:
            this.end('replaced');
            return;

        case 4007:
            this.end('ended');
            return;

        case 4008:
            this.end(known(reason, 'room-full'));
            return;

        default:
            if (reason === 'absent') {
                /* we were away for too long: come in anew */
                this.sequencer.forget();

            } else if (reason !== '') {
                this.end(known(reason, 'ended'));
                return;
            }

            this.later(this.backoff.next());
        }
    }


    private later(ms: number): void {
        if (this.next === null && this.state !== 'ended') {
            this.retry.set(ms, () => this.open());
        }
    }


    private async reauthorize(): Promise<void> {
        const token = this.asked ? null : await this.options.handlers.refused();

        if (this.state === 'ended') {
            return;
        }

        if (token === null) {
            this.end('refused');
            return;
        }

        this.asked = true;
        this.token = token;
        this.sequencer.forget();
        this.later(0);
    }


    private retire(line: Line): void {
        const alarm = new Alarm(this.options.clock);

        this.retired.set(line, alarm);
        alarm.set(RETIRED, () => {
            this.retired.delete(line);
            line.drop(1000);
            this.requests.lost(line);
        });
    }


    private enter(state: SessionState): void {
        /* until the first welcome it is still the first connecting */
        if (state === 'reconnecting' && (this.state === 'connecting'
            || this.state === 'waiting'))
        {
            return;
        }

        if (state !== this.state && this.state !== 'ended') {
            this.state = state;
            this.options.handlers.state(state);
        }
    }


    private end(reason: SessionEnd): void {
        if (this.state === 'ended') {
            return;
        }

        const lines = [this.active, this.next, ...this.retired.keys()];

        this.retired.forEach((alarm) => alarm.clear());
        this.retired.clear();
        this.retry.clear();
        this.settled.clear();
        this.active = null;
        this.next = null;

        for (const line of lines) {
            if (line !== null) {
                line.drop(1000);
                this.requests.lost(line);
            }
        }

        this.enter('ended');
        this.options.handlers.ended(reason);
    }
}


function known(reason: string, otherwise: SessionEnd): SessionEnd {
    const all: readonly SessionEnd[] = [
        'deleted', 'expired', 'ended', 'removed', 'rejected', 'replaced',
        'absent', 'room-full', 'room-locked',
    ];

    return all.find((one) => one === reason) ?? otherwise;
}
