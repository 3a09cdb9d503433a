/*
 * The connection test: one run through everything a call needs, by the way a
 * call takes.  A token for a room that exists nowhere, a socket, two media
 * connections over which a made-up picture goes out and comes back, and the
 * browser's own figures about them.  Findings are codes and numbers; the page
 * says them in words.
 */

import { signal } from '@preact/signals';

import { Alarm, type Clock } from '../net/clock';
import { NetError } from '../net/errors';
import { SUBPROTOCOL, type SocketFactory, type SocketLike } from '../net/line';
import { Requests } from '../net/requests';
import type { Rest, Trial as Ticket } from '../net/rest';
import { type Json, parse, readWelcome } from '../net/wire';
import { HEIGHT, receive, send } from '../rtc/echo';
import { gauge, type Gauged, type Sample, sample } from '../rtc/gauge';
import type {
    Finding, Findings, Trial, TrialError, TrialState,
} from './types';

const ANSWER = 8_000;           /* ms for the socket and each answer on it */
const CONNECT = 8_000;          /* ms until media must have connected */
const MEASURE = 11_000;         /* ms of media */
const WARM = 3_000;             /* ms of it that losses are not counted */
const LOOK = 500;               /* ms between two looks */
const PINGS = 3;
const WHOLE = 15_000;           /* ms that it usually takes */

/* What a camera in a call sends and takes; bit/s. */
const PLENTY = 1_200_000;
const ENOUGH = 350_000;

export interface TrialOptions {
    readonly rest: Rest;
    readonly url: string;               /* of the socket */
    readonly clock: Clock;
    readonly socket: SocketFactory;
    readonly peer: () => RTCPeerConnection;
    /* A moving picture and a tone that need no permission. */
    readonly picture: () => Promise<Picture>;
    readonly secure: boolean;
}

export interface Picture {
    readonly video: MediaStreamTrack;
    readonly audio: MediaStreamTrack | null;
    stop(): void;
}

const UNKNOWN: Finding = { state: 'open', code: '', value: 0, least: false };

export const NOTHING: Findings = {
    https: UNKNOWN, websocket: UNKNOWN, udp: UNKNOWN, roundTrip: UNKNOWN,
    loss: UNKNOWN, up: UNKNOWN, down: UNKNOWN,
};

/* A computer that held the picture back says nothing bad of the network. */
export function rateState(value: number, busy: boolean): Finding['state'] {
    return value >= PLENTY ? 'good'
        : value >= ENOUGH || busy ? 'fair' : 'bad';
}

/* Ends a run early; what it has to say is in the findings. */
class Over extends Error {}


export class TrialModel implements Trial {
    readonly state = signal<TrialState>('idle');
    readonly error = signal<TrialError | null>(null);
    readonly progress = signal(0);
    readonly findings = signal<Findings>(NOTHING);
    readonly ports = signal<readonly [number, number]>([0, 0]);

    private run: Run | null = null;


    constructor(private readonly options: TrialOptions) {}


    async start(): Promise<void> {
        this.stop();

        const run = new Run(this.options, {
            find: (name, finding) => {
                this.findings.value = { ...this.findings.value,
                    [name]: finding };
            },
            ports: (first, last) => { this.ports.value = [first, last]; },
            progress: (part) => { this.progress.value = part; },
        });

        this.run = run;
        this.error.value = null;
        this.progress.value = 0;
        this.findings.value = NOTHING;
        this.state.value = 'running';

        const error = await run.all();

        if (this.run === run) {
            this.run = null;
            this.error.value = error;
            this.progress.value = 1;
            this.state.value = 'done';
        }
    }


    /* Lets go of everything; nothing more is reported. */
    stop(): void {
        this.run?.end();
        this.run = null;

        if (this.state.value === 'running') {
            this.state.value = 'idle';
        }
    }
}


interface Report {
    find(name: keyof Findings, finding: Finding): void;
    ports(first: number, last: number): void;
    progress(part: number): void;
}


/* One run; thrown away afterwards. */
class Run {
    private over = false;
    private socket: SocketLike | null = null;
    private picture: Picture | null = null;
    private number = 0;             /* of our participant */
    private code = 0;               /* the socket was closed with it */
    private readonly peers: RTCPeerConnection[] = [];
    private readonly requests: Requests;
    private readonly tick: Alarm;
    private readonly began: number;


    constructor(
        private readonly options: TrialOptions,
        private readonly report: Report,
    ) {
        this.requests = new Requests(options.clock);
        this.tick = new Alarm(options.clock);
        this.began = options.clock.now();
        this.pace();
    }


    /* null: everything could be looked at. */
    async all(): Promise<TrialError | null> {
        try {
            const ticket = await this.https();
            const socketMs = await this.websocket(ticket);

            await this.media(socketMs);
            return null;

        } catch (error) {
            return error instanceof Over ? null : this.explain(error);

        } finally {
            this.end();
        }
    }


    /* What begins after the first time is let go of by the second. */
    end(): void {
        this.over = true;
        this.tick.clear();
        this.tell({ type: 'leave' });
        this.drop();
        this.picture?.stop();
        this.picture = null;
        this.peers.splice(0).forEach((peer) => peer.close());
    }


    private explain(error: unknown): TrialError {
        const code = error instanceof NetError ? error.code : 'internal';

        return code === 'too-many-requests' ? 'limited'
            : this.code === 1013 ? 'busy'
                : code === 'unavailable' ? 'away' : 'broken';
    }


    private pace(): void {
        const part = (this.options.clock.now() - this.began) / WHOLE;

        this.report.progress(Math.min(0.98, part));
        this.tick.set(LOOK, () => this.pace());
    }


    private find(name: keyof Findings, state: Finding['state'],
        code: string = '', value: number = 0, least: boolean = false): void
    {
        if (!this.over) {
            this.report.find(name, { state, code, value, least });
        }
    }


    private async https(): Promise<Ticket> {
        if (!this.options.secure) {
            this.find('https', 'bad', 'insecure');
            throw new Over();
        }

        this.find('https', 'running');

        try {
            const ticket = await this.options.rest.trial();

            if (this.over) {
                throw new Over();
            }

            this.find('https', 'good');
            this.report.ports(ticket.first, ticket.last);
            return ticket;

        } catch (error) {
            const code = error instanceof NetError ? error.code : 'internal';
            const reached = code !== 'network' && code !== 'timeout'
                && code !== 'bad-answer';

            this.find('https', reached ? 'good' : 'bad', 'https');

            if (!reached) {
                throw new Over();
            }

            throw error;
        }
    }


    /* The shortest way there and back, ms. */
    private async websocket(ticket: Ticket): Promise<number> {
        this.find('websocket', 'running');

        const welcome = await this.hello(ticket.token);

        if (welcome === null) {
            if (this.code === 1013 || this.code >= 4000) {
                /* it got through: something else is wrong */
                this.find('websocket', 'good');
                throw new NetError('unavailable');
            }

            this.find('websocket', 'bad', 'websocket');
            throw new Over();
        }

        this.number = readWelcome(welcome)?.number ?? 0;
        this.find('websocket', 'good');

        let best = Infinity;

        for (let i = 0; i < PINGS; i++) {
            const at = this.options.clock.now();

            await this.ask({ type: 'ping' });
            best = Math.min(best, this.options.clock.now() - at);
        }

        return best;
    }


    /* null: none came, and `code` says why if anybody said so. */
    private hello(token: string): Promise<Json | null> {
        const { socket, url, clock } = this.options;

        return new Promise((resolve) => {
            const line = socket(url, SUBPROTOCOL);
            const late = clock.after(ANSWER, () => resolve(null));

            this.socket = line;
            line.onopen = () => this.tell({ type: 'hello', token });

            line.onmessage = (event) => {
                const message = parse(event.data);

                if (message === null || this.requests.answer(message)) {
                    return;
                }

                if (message['type'] === 'welcome') {
                    late();
                    resolve(message);
                }
            };

            line.onclose = (event) => {
                late();
                this.code = event.code;
                this.drop();
                resolve(null);
            };
        });
    }


    private ask(message: Json): Promise<Json> {
        const { socket } = this;

        return socket === null
            ? Promise.reject(new NetError('not-connected'))
            : this.requests.ask(socket, message, (m) => this.tell(m), ANSWER);
    }


    private tell(message: Json): void {
        try {
            this.socket?.send(JSON.stringify(message));

        } catch {
            /* not open any more: its close is on the way */
        }
    }


    private drop(): void {
        const { socket } = this;

        if (socket !== null) {
            this.socket = null;
            socket.onopen = null;
            socket.onmessage = null;
            socket.onclose = null;
            socket.close();
            this.requests.lost(socket);
        }
    }


    private async media(socketMs: number): Promise<void> {
        const { clock } = this.options;
        const figures = ['roundTrip', 'loss', 'up', 'down'] as const;

        this.find('udp', 'running');

        const picture = await this.options.picture();

        this.picture = picture;

        const up = this.peer();
        const down = this.peer();
        const ask = (message: Json): Promise<Json> => this.ask(message);

        await receive(down, ask);
        await send(up, picture, ask);
        this.tell({ type: 'view', sources: [
            { source: 4 * this.number + 1, height: HEIGHT, priority: 0 }] });

        if (!await this.connected([up, down])) {
            this.find('udp', 'bad', 'udp');
            figures.forEach((name) => this.find(name, 'skipped'));
            throw new Over();
        }

        this.find('udp', 'good');
        figures.forEach((name) => this.find(name, 'running'));

        const samples: Sample[] = [];
        const until = clock.now() + MEASURE;

        while (clock.now() < until && !this.over) {
            await this.pause(LOOK);
            samples.push(await sample(up, down, clock.now()));
        }

        this.conclude(gauge(samples, WARM), Math.round(socketMs));
    }


    private conclude(found: Gauged, socketMs: number): void {
        const ms = found.rttMs > 0 ? found.rttMs : socketMs;
        const lost = Math.max(found.lossUp, found.lossDown);

        if (found.packets === 0) {
            /* it connected, and still nothing of ours came back */
            this.find('udp', 'bad', 'no-echo');
        }

        this.find('roundTrip', ms <= 200 ? 'good' : ms <= 400 ? 'fair' : 'bad',
            found.rttMs > 0 ? 'udp' : 'socket', ms);
        this.find('loss', lost <= 2 ? 'good' : lost <= 8 ? 'fair' : 'bad',
            found.lossUp > found.lossDown ? 'up' : 'down', lost);

        for (const name of ['up', 'down'] as const) {
            const value = found[name];

            this.find(name, rateState(value, found.busy),
                value < PLENTY && found.busy ? 'busy' : '', value,
                value >= PLENTY);
        }
    }


    private peer(): RTCPeerConnection {
        const peer = this.options.peer();

        this.peers.push(peer);
        return peer;
    }


    private async connected(peers: RTCPeerConnection[]): Promise<boolean> {
        const until = this.options.clock.now() + CONNECT;

        while (!this.over && this.options.clock.now() < until) {
            if (peers.every((peer) => peer.connectionState === 'connected')) {
                return true;
            }

            await this.pause(100);
        }

        return false;
    }


    private pause(ms: number): Promise<void> {
        return new Promise((resolve) => {
            this.options.clock.after(ms, () => resolve());
        });
    }
}
