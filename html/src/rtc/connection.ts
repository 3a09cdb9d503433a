/*
 * One media connection to the server: offered by us, answered by it, one
 * negotiation in flight, and brought back when it breaks.  What is in it is
 * the plan's affair (publish.ts, subscribe.ts).
 *
 * Repair: an ICE restart first if it was connected before, then new
 * connections with growing pauses.
 * Nothing is tried while the signaling session is away; the welcome that ends
 * this says whether the server still has its end.
 */

import { Alarm, Backoff, type Clock } from '../net/clock';
import { NetError } from '../net/errors';
import { type Json, string } from '../net/wire';

const ANSWER = 10_000;      /* ms for the server's answer */
const CONNECT = 12_000;     /* ms from the answer to connected */
const DOUBT = 2_000;        /* ms of `disconnected` before we act */
const STALE = 20_000;       /* ms down; the server's end may be gone, RFC 7675 */
const RESTART = 8_000;      /* ms for an ICE restart to help */
const MOST = 4_000;         /* ms between two new connections */
const AGAIN = 500;          /* ms until a question that was lost is repeated */

/* 'idle': not needed, like the publish connection of a listener. */
export type ConnectionState = 'idle' | 'connecting' | 'up' | 'trouble';

export interface Plan {
    readonly name: 'publish' | 'subscribe';
    /* Adds the sections to a fresh connection. */
    build(pc: RTCPeerConnection): void;
    /* Before each offer: finish what must not change under it. */
    prepare(pc: RTCPeerConnection): Promise<void>;
    /* What the message says beside revision and sdp; mids exist by now. */
    describe(pc: RTCPeerConnection): Json;
}

export interface ConnectionOptions {
    readonly create: () => RTCPeerConnection;
    readonly ask: (message: Json, patience: number) => Promise<Json>;
    readonly clock: Clock;
    readonly random: () => number;
    /*
     * Unix seconds: revisions are drawn from it, for they must rise over a
     * reload of the page too.
     */
    readonly seconds: () => number;
    readonly onState: (state: ConnectionState) => void;
    readonly onOffer: () => void;
    readonly onConnection: () => void;
}

/* 2023-11-14; keeps revisions within 31 bits for long. */
const REVISION_ZERO = 1_700_000_000;


export class Connection {
    private pc: RTCPeerConnection | null = null;
    private state: ConnectionState = 'idle';
    private wanted = false;
    private online = false;
    private dirty = false;          /* an offer is due */
    private restart = false;        /* ... with new ICE credentials */
    private running = false;
    private restartable = false;    /* connected since the last restart */
    private downSince: number | null = null;    /* was connected until then */
    private revision = 0;
    private made: Promise<string> | null = null;    /* see ahead() */

    private readonly alarm: Alarm;
    private readonly backoff: Backoff;


    constructor(
        private readonly plan: Plan,
        private readonly options: ConnectionOptions,
    ) {
        this.alarm = new Alarm(options.clock);
        this.backoff = new Backoff(1_000, MOST, options.random);
    }


    get peer(): RTCPeerConnection | null {
        return this.pc;
    }


    /* It will be needed soon: makes all of it that the server is not asked. */
    ahead(): void {
        if (this.pc === null) {
            this.made = this.offer(this.build(), false);
            this.made.catch(() => undefined);   /* start() meets it again */
        }
    }


    /* From now on the connection is needed. */
    start(): void {
        if (this.wanted) {
            return;
        }

        this.wanted = true;

        if (this.made === null) {
            this.renew();
            return;
        }

        this.enter('connecting');
        this.dirty = true;
        void this.run();
    }


    /* Sections were added: say so to the server. */
    negotiate(): void {
        if (this.wanted) {
            this.dirty = true;
            void this.run();
        }
    }


    /* What is agreed does not fit any more: another connection in its place. */
    replace(): void {
        if (this.wanted && this.pc !== null) {
            this.renew();
        }
    }


    /* The session is welcomed; `up`: the server has this connection. */
    welcomed(up: boolean): void {
        this.online = true;

        if (!this.wanted) {
            return;
        }

        if (this.pc === null || this.isStale()
            || (!up && this.pc.remoteDescription !== null))
        {
            this.renew();

        } else if (this.dirty) {
            void this.run();

        } else if (this.pc.connectionState === 'disconnected') {
            this.repair();

        } else {
            this.watch(this.pc);
        }
    }


    lost(): void {
        this.online = false;
    }


    /*
     * The network has changed: the addresses of before may be gone, though
     * nobody has noticed yet.
     */
    moved(): void {
        if (!this.wanted) {
            this.discard();

        } else if (this.restartable) {
            this.restart = true;
            this.negotiate();
        }
    }


    close(): void {
        this.wanted = false;
        this.dirty = false;
        this.discard();
        this.enter('idle');
    }


    private renew(): void {
        this.discard();
        this.enter(this.state === 'trouble' ? 'trouble' : 'connecting');
        this.dirty = true;
        void this.run();
    }


    private async run(): Promise<void> {
        if (this.running) {
            return;
        }

        this.running = true;

        while (this.dirty && this.wanted && this.online) {
            this.dirty = false;
            await this.round();
        }

        this.running = false;
    }


    private async round(): Promise<void> {
        const pc = this.pc ?? this.build();
        const restart = this.restart;

        this.restart = false;

        try {
            const sdp = await (this.made ?? this.offer(pc, restart));

            if (pc !== this.pc) {
                return;
            }

            this.made = null;

            const revision = this.nextRevision();

            this.options.onOffer();

            const answer = await this.options.ask({
                type: this.plan.name,
                revision,
                sdp,
                ...this.plan.describe(pc),
            }, ANSWER);

            if (pc !== this.pc) {
                return;
            }

            await pc.setRemoteDescription(
                { type: 'answer', sdp: string(answer['sdp']) });

            if (pc === this.pc && pc.connectionState !== 'connected') {
                this.alarm.set(restart ? RESTART : CONNECT,
                    () => this.repair());
            }

        } catch (error) {
            if (pc === this.pc) {
                this.failed(error, restart);
            }
        }
    }


    private async offer(pc: RTCPeerConnection, restart: boolean):
        Promise<string>
    {
        await this.plan.prepare(pc);

        const offer = await pc.createOffer(
            restart ? { iceRestart: true } : {});

        await pc.setLocalDescription(offer);
        return string(offer.sdp);
    }


    private failed(error: unknown, restart: boolean): void {
        const code = error instanceof NetError ? error.code : '';

        switch (code) {

        case 'not-connected':
            /* asked on a line that has gone: again, now or when welcomed */
            this.restart ||= restart;
            this.alarm.set(AGAIN, () => this.negotiate());
            return;

        case 'revision':
            this.revision += 60;
            this.dirty = true;
            this.restart ||= restart;
            return;

        default:
            this.discard();
            this.enter('trouble');
            this.alarm.set(this.backoff.next(), () => this.renew());
        }
    }


    private build(): RTCPeerConnection {
        const pc = this.options.create();

        this.pc = pc;
        this.restart = false;
        this.restartable = false;
        this.options.onConnection();
        this.plan.build(pc);
        pc.onconnectionstatechange = () => this.watch(pc);
        return pc;
    }


    private watch(pc: RTCPeerConnection): void {
        if (pc !== this.pc) {
            return;
        }

        switch (pc.connectionState) {

        case 'connected':
            this.alarm.clear();
            this.restartable = true;
            this.downSince = null;
            this.backoff.reset();
            this.enter('up');
            return;

        case 'disconnected':
            this.downSince ??= this.options.clock.now();
            this.enter('trouble');
            this.alarm.set(DOUBT, () => this.repair());
            return;

        case 'failed':
        case 'closed':
            this.downSince ??= this.options.clock.now();
            this.enter('trouble');
            this.repair();
            return;

        default:
            /* new, connecting: the alarm of the answer is running */
            return;
        }
    }


    private repair(): void {
        const pc = this.pc;

        this.alarm.clear();

        if (pc === null || !this.online || pc.connectionState === 'connected') {
            return;
        }

        this.enter('trouble');

        if (this.restartable && !this.isStale()
            && pc.connectionState !== 'closed'
            && pc.signalingState === 'stable')
        {
            this.restartable = false;
            this.restart = true;
            this.dirty = true;
            this.alarm.set(RESTART, () => this.repair());
            void this.run();
            return;
        }

        this.discard();
        this.alarm.set(this.backoff.next(), () => this.renew());
    }


    /* An ICE restart would find another DTLS association, or none. */
    private isStale(): boolean {
        return this.downSince !== null
            && this.options.clock.now() - this.downSince >= STALE;
    }


    private discard(): void {
        this.alarm.clear();
        this.downSince = null;
        this.made = null;

        if (this.pc !== null) {
            this.pc.onconnectionstatechange = null;
            this.pc.close();
            this.pc = null;
        }
    }


    private nextRevision(): number {
        this.revision = Math.max(this.revision + 1,
            Math.floor(this.options.seconds()) - REVISION_ZERO);
        return this.revision;
    }


    private enter(state: ConnectionState): void {
        if (state !== this.state) {
            this.state = state;
            this.options.onState(state);
        }
    }
}
