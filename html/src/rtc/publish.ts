/*
 * The publish connection: one send-only section per kind, made once.  Tracks
 * come and go by replaceTrack, so muting, another device and sharing a screen
 * need no offer.  The connection is opened when the first track appears.
 */

import type { Json, Kind, RoomCodec, WireLayers } from '../net/wire';
import { KINDS } from '../net/wire';
import { canSend, codecsOf, prefer } from './codecs';
import { Connection, type ConnectionOptions, type Plan } from './connection';
import { MOTION_FPS, STILL_FPS } from './screen';

export interface Layer {
    readonly rid?: string;              /* simulcast: of each layer */
    readonly scale?: number;            /* size divided by, 1 if left out */
    readonly maxBitrate: number;        /* bit/s */
    readonly maxFramerate?: number;
    readonly mode?: string;             /* scalabilityMode */
}

/* Several layers are simulcast, the smallest first. */
export interface Encoding {
    readonly layers: readonly Layer[];
    readonly degradation?: 'maintain-resolution' | 'maintain-framerate'
        | 'balanced';
}

interface Section {
    readonly kind: Kind;
    track: MediaStreamTrack | null;
    encoding: Encoding;
    wanted: readonly boolean[];         /* layers; all if empty */
    transceiver: RTCRtpTransceiver | null;
    work: Promise<void>;                /* replaceTrack and setParameters */
}

/* Half and a quarter of the pictures can be had without the others. */
const L1T3 = 'L1T3';

/* For 1280x720, 25 pictures a second. */
export const CAMERA: Encoding = {
    layers: [
        { rid: 'l', scale: 4, maxBitrate: 120_000, maxFramerate: 25, mode: L1T3 },
        { rid: 'm', scale: 2, maxBitrate: 400_000, maxFramerate: 25, mode: L1T3 },
        { rid: 'h', scale: 1, maxBitrate: 1_500_000, maxFramerate: 25,
            mode: L1T3 },
    ],
    degradation: 'balanced',
};

/* The same in one stream whose layers build on each other. */
const CAMERA_LAYERED: Encoding = {
    layers: [{ maxBitrate: 1_500_000, maxFramerate: 25, mode: 'L3T3_KEY' }],
    degradation: 'balanced',
};

/* For 320x180: few bytes and little work. */
export const CAMERA_SAVING: Encoding = {
    layers: [{ maxBitrate: 150_000, maxFramerate: 15, mode: L1T3 }],
    degradation: 'balanced',
};

/* Readable, or fluent. */
export const SCREEN: Encoding = {
    layers: [{ maxBitrate: 2_500_000, maxFramerate: STILL_FPS }],
    degradation: 'maintain-resolution',
};

export const SCREEN_MOTION: Encoding = {
    layers: [{ maxBitrate: 3_500_000, maxFramerate: MOTION_FPS }],
    degradation: 'balanced',
};

const DEFAULTS: Record<Kind, Encoding> = {
    'mic': { layers: [{ maxBitrate: 40_000 }] },
    'cam': CAMERA,
    'screen-audio': { layers: [{ maxBitrate: 96_000 }] },
    'screen': SCREEN,
};


export class Publisher implements Plan {
    readonly name = 'publish';
    readonly connection: Connection;

    private readonly sections: readonly Section[];
    private allowed: ReadonlySet<Kind> = new Set();
    private codec: RoomCodec = 'auto';


    constructor(options: ConnectionOptions) {
        this.sections = KINDS.map((kind) => ({
            kind,
            track: null,
            encoding: DEFAULTS[kind],
            wanted: [],
            transceiver: null,
            work: Promise.resolve(),
        }));
        this.connection = new Connection(this, options);
    }


    /* Kinds that the rights permit now. */
    allow(kinds: ReadonlySet<Kind>): void {
        this.allowed = kinds;

        if (kinds.size === 0) {
            this.sections.forEach((section) => { section.track = null; });
            this.connection.close();
            return;
        }

        const pc = this.connection.peer;
        let missing = false;

        for (const section of this.sections) {
            const { transceiver } = section;
            const allowed = kinds.has(section.kind);

            if (!allowed) {
                this.setTrack(section.kind, null);
            }

            /* what is taken away is said with the next offer that is due */
            if (pc !== null && transceiver !== null) {
                transceiver.direction = allowed ? 'sendonly' : 'inactive';
                missing ||= allowed
                    && transceiver.currentDirection === 'inactive';

            } else {
                missing ||= allowed;
            }
        }

        if (pc !== null && missing) {
            this.build(pc);
            this.connection.negotiate();
        }

        this.open();
    }


    setTrack(kind: Kind, track: MediaStreamTrack | null): void {
        const section = this.section(kind);

        if (track !== null && !this.allowed.has(kind)) {
            return;
        }

        if (section.track !== track) {
            section.track = track;
            this.update(section);
        }

        this.open();
    }


    setEncoding(kind: Kind, encoding: Encoding): void {
        const section = this.section(kind);

        section.encoding = encoding;
        this.update(section);
    }


    /*
     * Layers are made differently with another codec, so there is another
     * connection too.
     */
    setCodec(codec: RoomCodec): void {
        const usable = codec === 'auto' || canSend(codec) ? codec : 'auto';

        if (usable !== this.codec) {
            this.codec = usable;
            this.connection.replace();
        }
    }


    /* Which of several layers somebody needs; the others rest. */
    setWanted(layers: readonly WireLayers[]): void {
        for (const { source, active } of layers) {
            const section = this.section(KINDS[source % KINDS.length]!);

            section.wanted = active;
            this.update(section);
        }
    }


    /* mid -> kind of what is negotiated, for the statistics */
    kindOf(mid: string | null): Kind | null {
        return this.sections.find((section) =>
            section.transceiver !== null
            && section.transceiver.mid === mid)?.kind ?? null;
    }


    build(pc: RTCPeerConnection): void {
        for (const section of this.sections) {
            if (section.transceiver !== null
                && !pc.getTransceivers().includes(section.transceiver))
            {
                section.transceiver = null;
            }

            if (section.transceiver !== null
                || !this.allowed.has(section.kind))
            {
                continue;
            }

            const media = isAudio(section.kind) ? 'audio' : 'video';

            section.wanted = [];
            section.transceiver = pc.addTransceiver(section.track ?? media, {
                direction: 'sendonly',
                sendEncodings: this.encoding(section).layers.map((layer) =>
                    fill(layer.rid === undefined ? {} : { rid: layer.rid },
                        layer)),
            });
            prefer(section.transceiver,
                codecsOf(media, 'send', this.codec));
            this.update(section);
        }
    }


    async prepare(): Promise<void> {
        await Promise.all(this.sections.map((section) => section.work));
    }


    describe(): Json {
        return {
            tracks: this.sections
                .filter((section) => section.transceiver?.mid != null)
                .map((section) => ({
                    mid: section.transceiver!.mid,
                    kind: section.kind,
                })),
        };
    }


    private open(): void {
        if (this.sections.some((section) => section.track !== null)) {
            this.connection.start();
        }
    }


    private section(kind: Kind): Section {
        return this.sections[KINDS.indexOf(kind)]!;
    }


    private update(section: Section): void {
        section.work = section.work.then(() =>
            apply(section, this.encoding(section)));
    }


    private encoding(section: Section): Encoding {
        const layered = this.codec === 'vp9' || this.codec === 'av1';

        return layered && section.encoding === CAMERA
            ? CAMERA_LAYERED : section.encoding;
    }
}


/* A connection that closes meanwhile fails these; its successor starts anew. */
async function apply(section: Section, encoding: Encoding): Promise<void> {
    const { transceiver, track, wanted } = section;

    if (transceiver === null) {
        return;
    }

    const { sender } = transceiver;

    try {
        if (sender.track !== track) {
            await sender.replaceTrack(track);
        }

        const parameters = sender.getParameters();

        if (track === null || parameters.encodings.length === 0) {
            return;
        }

        fit(parameters.encodings, encoding.layers, wanted);

        if (encoding.degradation !== undefined) {
            parameters.degradationPreference = encoding.degradation;
        }

        await sender.setParameters(parameters);

    } catch {
        return;
    }
}


/*
 * The number of layers was settled when the section was made.  With fewer
 * wanted, the others rest; with more, the largest is sent in a middle size.
 */
function fit(
    encodings: RTCRtpEncodingParameters[],
    layers: readonly Layer[],
    wanted: readonly boolean[],
): void {
    const one = layers[layers.length >> 1]!;
    const rests = layers.length === encodings.length && encodings.length > 1;

    encodings.forEach((encoding, i) => {
        const layer = encodings.length === 1 ? one : layers[i];

        encoding.active = layer !== undefined
            && !(rests && wanted[i] === false);

        if (layer !== undefined) {
            fill(encoding, layer);
        }
    });
}


function fill(encoding: RTCRtpEncodingParameters, layer: Layer):
    RTCRtpEncodingParameters
{
    encoding.maxBitrate = layer.maxBitrate;

    if (layer.maxFramerate !== undefined) {
        encoding.maxFramerate = layer.maxFramerate;
        encoding.scaleResolutionDownBy = layer.scale ?? 1;
    }

    if (layer.mode !== undefined) {
        /* not known to the types yet */
        Object.assign(encoding, { scalabilityMode: layer.mode });
    }

    return encoding;
}


function isAudio(kind: Kind): boolean {
    return kind === 'mic' || kind === 'screen-audio';
}
