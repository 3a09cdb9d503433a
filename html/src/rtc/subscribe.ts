/*
 * The subscribe connection: a pool of slots, each a pair of receive-only
 * sections for sound and picture, and a few for sound alone.  The server says
 * which source sits where; that never takes an offer.  The pool grows at most
 * twice, when more has to be shown than it holds.
 */

import type { Clock } from '../net/clock';
import { Alarm } from '../net/clock';
import type { Json, SlotState, WireSlot } from '../net/wire';
import { codecsOf, describeLayers, type Media, prefer } from './codecs';
import { Connection, type ConnectionOptions, type Plan } from './connection';

/* Pairs at first and after each growth. */
export const STEPS = { desk: [8, 16, 24], phone: [4, 8, 12] } as const;

const SPARE = 2;            /* sound for speakers who are not in view */
const LOOK = 50;            /* ms between looks whether a picture has arrived */
const PATIENCE = 800;       /* ms; then it is shown unseen, see check() */
const REST = 250;           /* ms between looks after that */

interface Slot {
    readonly slot: number;
    readonly pair: boolean;
    audio: Half | null;
    video: Half | null;
    audioSource: number;            /* 0: none */
    videoSource: number;
    state: SlotState;
    /* The picture of videoSource has not been seen yet; ms of the clock. */
    since: number | null;
    blank: boolean;                 /* nobody was in it on this connection */
}

interface Half {
    readonly transceiver: RTCRtpTransceiver;
    readonly stream: MediaStream;
}

export interface SlotView {
    readonly slot: number;
    readonly audioSource: number;
    readonly videoSource: number;
    readonly state: SlotState;
    readonly audio: MediaStream | null;
    /* null while a picture of somebody else may be in it */
    readonly video: MediaStream | null;
}


export class Subscriber implements Plan {
    readonly name = 'subscribe';
    readonly connection: Connection;

    private slots: Slot[] = [];
    private step = 0;
    private limit = Infinity;
    private backMs = 0;         /* see keepBack() */
    private tells = false;      /* this browser names sources of pictures */
    private readonly look: Alarm;
    private readonly clock: Clock;


    constructor(
        options: ConnectionOptions,
        private readonly steps: readonly number[],
        private readonly stream: (track: MediaStreamTrack) => MediaStream,
        private readonly onChange: (slots: readonly SlotView[]) => void,
    ) {
        this.clock = options.clock;
        this.look = new Alarm(options.clock);
        this.connection = new Connection(this, options);
    }


    /*
     * Makes what start() needs for a first page of few: browsers take a while
     * for it, in which the session comes up.
     */
    ahead(): void {
        this.add(this.steps[0]!, SPARE);
        this.connection.ahead();
    }


    /* It will take longer, so what was made would be stale by then. */
    wait(): void {
        this.connection.close();
    }


    /* `limit`: slots of any kind that the server takes; 0: not said. */
    start(pairs: number, limit: number): void {
        const step = this.stepFor(pairs);

        this.limit = limit > 0 ? limit : Infinity;

        if (step > this.step || this.slots.length > this.limit) {
            this.connection.close();
            this.slots = [];
        }

        if (this.slots.length === 0) {
            this.step = step;
            this.add(this.steps[step]!, SPARE);
        }

        this.connection.start();
    }


    /* So many sources are to be shown at once. */
    need(pairs: number): void {
        const step = this.stepFor(pairs);
        const pc = this.connection.peer;

        if (step <= this.step || this.slots.length === 0) {
            return;
        }

        const before = this.slots.length;

        this.add(this.steps[step]! - this.steps[this.step]!, 0);
        this.step = step;

        if (pc !== null && this.slots.length > before) {
            this.fill(pc);
            this.connection.negotiate();
        }
    }


    /* The server's latest word on who sits where. */
    assign(wire: readonly WireSlot[]): void {
        for (const slot of this.slots) {
            const said = wire.find((one) => one.slot === slot.slot);
            const video = said?.video ?? 0;

            slot.audioSource = said?.audio ?? 0;
            slot.state = said?.state ?? null;

            if (video !== slot.videoSource) {
                slot.videoSource = video;
                slot.since = video === 0 || slot.blank
                    ? null : this.clock.now();
                slot.blank &&= video === 0;
            }
        }

        this.check();
    }


    /* Nothing is played sooner than so many ms after it came; 0: as usual. */
    keepBack(ms: number): void {
        if (ms === this.backMs) {
            return;
        }

        this.backMs = ms;

        for (const slot of this.slots) {
            wait(slot.audio?.transceiver.receiver, ms);
            wait(slot.video?.transceiver.receiver, ms);
        }
    }


    /* receiver track -> slot, for the statistics */
    slotOf(mid: string | null): { slot: number; source: number } | null {
        for (const slot of this.slots) {
            if (mid !== null && slot.audio?.transceiver.mid === mid) {
                return { slot: slot.slot, source: slot.audioSource };
            }

            if (mid !== null && slot.video?.transceiver.mid === mid) {
                return { slot: slot.slot, source: slot.videoSource };
            }
        }

        return null;
    }


    close(): void {
        this.look.clear();
        this.connection.close();
        this.slots = [];
        this.publish();
    }


    build(pc: RTCPeerConnection): void {
        for (const slot of this.slots) {
            slot.audio = null;
            slot.video = null;
            slot.since = null;
            slot.blank = slot.videoSource === 0;
        }

        this.fill(pc);
        this.check();
    }


    prepare(): Promise<void> {
        return Promise.resolve();
    }


    describe(): Json {
        return {
            slots: this.slots
                .filter((slot) => slot.audio?.transceiver.mid != null)
                .map((slot) => slot.video === null
                    ? { slot: slot.slot, audio: slot.audio!.transceiver.mid }
                    : { slot: slot.slot, audio: slot.audio!.transceiver.mid,
                        video: slot.video.transceiver.mid }),
        };
    }


    private stepFor(pairs: number): number {
        const step = this.steps.findIndex((size) => size >= pairs);

        return step < 0 ? this.steps.length - 1 : step;
    }


    private add(pairs: number, spare: number): void {
        for (let i = 0; i < pairs + spare; i++) {
            if (this.slots.length < this.limit) {
                this.slots.push({
                    slot: this.slots.length, pair: i < pairs,
                    audio: null, video: null, audioSource: 0, videoSource: 0,
                    state: null, since: null, blank: true,
                });
            }
        }
    }


    private fill(pc: RTCPeerConnection): void {
        const sound = codecsOf('audio', 'receive');
        const picture = codecsOf('video', 'receive');

        for (const slot of this.slots) {
            slot.audio ??= this.half(pc, 'audio', sound);

            if (slot.pair) {
                slot.video ??= this.half(pc, 'video', picture);
            }
        }

        this.publish();
    }


    private half(
        pc: RTCPeerConnection,
        media: Media,
        codecs: RTCRtpCodec[],
    ): Half {
        const transceiver = pc.addTransceiver(media,
            { direction: 'recvonly' });

        prefer(transceiver, codecs);

        if (media === 'video') {
            describeLayers(transceiver);
        }

        wait(transceiver.receiver, this.backMs);

        return { transceiver, stream: this.stream(transceiver.receiver.track) };
    }


    /*
     * Looks again and again while somebody's first picture is awaited in a slot
     * where others were before: one that changes hands still holds the last picture of the one before, which
     * must not stand under the other's name, however long there is no room for
     * a new one.  Browsers that do not tell whose picture it is are waited for
     * only so long.
     */
    private check(): void {
        const now = this.clock.now();
        let pause = Infinity;

        for (const slot of this.slots) {
            if (slot.since === null) {
                continue;
            }

            const source = newest(slot);
            const late = now - slot.since >= PATIENCE;

            this.tells ||= source !== null;

            if (source === slot.videoSource || (late && !this.tells)) {
                slot.since = null;

            } else {
                pause = Math.min(pause, late ? REST : LOOK);
            }
        }

        this.publish();

        if (pause < Infinity) {
            this.look.set(pause, () => this.check());

        } else {
            this.look.clear();
        }
    }


    private publish(): void {
        this.onChange(this.slots.map((slot) => ({
            slot: slot.slot,
            audioSource: slot.audioSource,
            videoSource: slot.videoSource,
            state: slot.state,
            audio: slot.audio?.stream ?? null,
            video: slot.videoSource !== 0 && slot.since === null
                ? slot.video?.stream ?? null : null,
        })));
    }
}


/* Browsers that do not know it keep back what they like. */
function wait(receiver: RTCRtpReceiver | undefined, ms: number): void {
    if (receiver !== undefined && 'jitterBufferTarget' in receiver) {
        receiver.jitterBufferTarget = ms === 0 ? null : ms;
    }
}


/*
 * Whose picture is shown: the server stamps the source as CSRC, and the newest
 * one counts.  null: the browser does not tell.
 */
function newest(slot: Slot): number | null {
    const receiver = slot.video?.transceiver.receiver;
    let newest: RTCRtpContributingSource | null = null;

    for (const one of receiver?.getContributingSources?.() ?? []) {
        if (newest === null || one.timestamp > newest.timestamp) {
            newest = one;
        }
    }

    return newest?.source ?? null;
}
