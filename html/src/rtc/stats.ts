/*
 * What getStats() says, reduced to the numbers that are looked at: by tests,
 * by the statistics panel, and by the watch over pictures and network.
 * Nothing in here names an address.
 */

import type { Kind } from '../net/wire';

/* One received stream; totals since the connection was made. */
export interface Inbound {
    readonly kind: 'audio' | 'video';
    readonly slot: number;
    readonly source: number;            /* 0: none in the slot */
    readonly codec: string;             /* 'video/VP8', '' while unknown */
    readonly bytes: number;
    readonly packets: number;
    readonly lost: number;
    readonly framesDecoded: number;
    readonly fps: number;
    readonly width: number;
    readonly height: number;
    readonly audioLevel: number;        /* 0 ... 1 */
    readonly audioEnergy: number;       /* rises with sound */
    readonly freezes: number;
    readonly frozenMs: number;
    readonly waitedMs: number;          /* in the jitter buffer, of all ... */
    readonly emitted: number;           /* ... that have left it */
    readonly samples: number;           /* of sound played, 48 a millisecond */
    readonly concealed: number;         /* ... of these made up */
    readonly silent: number;            /* ... of the latter as silence */
}

/* One sent stream: several of a camera that is sent in several sizes. */
export interface Outbound {
    readonly kind: Kind;
    readonly rid: string;               /* '' if there is but one */
    readonly bytes: number;
    readonly framesEncoded: number;
    readonly fps: number;
    readonly width: number;
    readonly height: number;
    readonly codec: string;             /* 'video/VP8' */
    readonly limited: '' | 'bandwidth' | 'cpu' | 'other';
    readonly lossPercent: number;       /* as the server reports */
}

/* One of the two connections. */
export interface Path {
    readonly rttMs: number;             /* 0: unknown */
    readonly sendKbps: number;          /* what we may send, 0: unknown */
}

export interface Statistics {
    readonly inbound: readonly Inbound[];
    readonly outbound: readonly Outbound[];
    readonly receiving: Path;
    readonly sending: Path;
}

export interface Totals {
    readonly atMs: number;
    readonly sent: number;              /* bytes */
    readonly received: number;
    readonly packets: number;           /* received */
    readonly lost: number;
    readonly sound: number;             /* packets of it received */
    readonly soundLost: number;
}

export interface Rates {
    readonly lossPercent: number;       /* on the way here */
    readonly packets: number;           /* that this was taken from */
    readonly sendKbps: number;
    readonly receiveKbps: number;
}

const SOUND = 50;           /* packets of it from which loss is told by it */

type Row = Readonly<Record<string, unknown>>;
type Peer = RTCPeerConnection | null;

interface SlotOf {
    readonly slot: number;
    readonly source: number;
}


export async function read(
    receiver: Peer,
    sender: Peer,
    slotOf: (mid: string | null) => SlotOf | null,
    kindOf: (mid: string | null) => Kind | null,
): Promise<Statistics> {
    const [received, sent] = await Promise.all([rows(receiver), rows(sender)]);

    return {
        inbound: inbound(received, slotOf),
        outbound: outbound(sent, kindOf),
        receiving: path(received),
        sending: path(sent),
    };
}


function inbound(
    all: readonly Row[],
    slotOf: (mid: string | null) => SlotOf | null,
): Inbound[] {
    const codecs = codecsOf(all);
    const out: Inbound[] = [];

    for (const row of all) {
        const slot = row['type'] === 'inbound-rtp'
            ? slotOf(mid(row)) : null;

        if (slot !== null) {
            out.push({
                kind: row['kind'] === 'audio' ? 'audio' : 'video',
                slot: slot.slot,
                source: slot.source,
                codec: codecs.get(row['codecId']) ?? '',
                bytes: number(row, 'bytesReceived'),
                packets: number(row, 'packetsReceived'),
                lost: number(row, 'packetsLost'),
                framesDecoded: number(row, 'framesDecoded'),
                fps: number(row, 'framesPerSecond'),
                width: number(row, 'frameWidth'),
                height: number(row, 'frameHeight'),
                audioLevel: number(row, 'audioLevel'),
                audioEnergy: number(row, 'totalAudioEnergy'),
                freezes: number(row, 'freezeCount'),
                frozenMs: 1000 * number(row, 'totalFreezesDuration'),
                waitedMs: 1000 * number(row, 'jitterBufferDelay'),
                emitted: number(row, 'jitterBufferEmittedCount'),
                samples: number(row, 'totalSamplesReceived'),
                concealed: number(row, 'concealedSamples'),
                silent: number(row, 'silentConcealedSamples'),
            });
        }
    }

    return out;
}


function outbound(
    all: readonly Row[],
    kindOf: (mid: string | null) => Kind | null,
): Outbound[] {
    const codecs = codecsOf(all);
    const reports = new Map(all
        .filter((row) => row['type'] === 'remote-inbound-rtp')
        .map((row) => [row['localId'], number(row, 'fractionLost')]));
    const out: Outbound[] = [];

    for (const row of all) {
        const kind = row['type'] === 'outbound-rtp' ? kindOf(mid(row)) : null;

        if (kind !== null) {
            out.push({
                kind,
                rid: typeof row['rid'] === 'string' ? row['rid'] : '',
                bytes: number(row, 'bytesSent'),
                framesEncoded: number(row, 'framesEncoded'),
                fps: number(row, 'framesPerSecond'),
                width: number(row, 'frameWidth'),
                height: number(row, 'frameHeight'),
                codec: codecs.get(row['codecId']) ?? '',
                limited: limit(row['qualityLimitationReason']),
                lossPercent: 100 * (reports.get(row['id']) ?? 0),
            });
        }
    }

    return out;
}


function path(all: readonly Row[]): Path {
    let seconds = 0;
    let rate = 0;

    for (const row of all) {
        if (row['type'] === 'candidate-pair' && row['state'] === 'succeeded') {
            seconds = Math.max(seconds, number(row, 'currentRoundTripTime'));
            rate = Math.max(rate, number(row, 'availableOutgoingBitrate'));
        }
    }

    return { rttMs: Math.round(seconds * 1000),
        sendKbps: Math.round(rate / 1000) };
}


export function total(atMs: number, now: Statistics): Totals {
    const sum = <T>(list: readonly T[], value: (item: T) => number): number =>
        list.reduce((all, item) => all + value(item), 0);

    const sound = now.inbound.filter((row) => row.kind === 'audio');

    return {
        atMs,
        sent: sum(now.outbound, (row) => row.bytes),
        received: sum(now.inbound, (row) => row.bytes),
        packets: sum(now.inbound, (row) => row.packets),
        lost: sum(now.inbound, (row) => row.lost),
        sound: sum(sound, (row) => row.packets),
        soundLost: sum(sound, (row) => row.lost),
    };
}


/*
 * What has been sent since the reading before: of a camera that is off, the
 * last figures would stand for ever.
 */
export function flowing(
    before: readonly Outbound[],
    now: readonly Outbound[],
): readonly Outbound[] {
    return now.filter((row) => !before.some((old) => old.kind === row.kind
        && old.rid === row.rid && old.bytes === row.bytes));
}


/*
 * null: too early, or a connection was replaced in between.  Browsers do not
 * count as lost what was sent again, as pictures are; sound is not, so it says
 * what the way here is like.
 */
export function rates(before: Totals, now: Totals): Rates | null {
    const ms = now.atMs - before.atMs;
    const packets = now.packets - before.packets;
    const lost = Math.max(0, now.lost - before.lost);

    const soundLost = Math.max(0, now.soundLost - before.soundLost);
    const sound = now.sound - before.sound + soundLost;

    if (ms <= 0 || packets < 0 || now.sent < before.sent) {
        return null;
    }

    return {
        lossPercent: Math.max(percent(lost, packets + lost),
            sound >= SOUND ? percent(soundLost, sound) : 0),
        packets: packets + lost,
        sendKbps: Math.round(((now.sent - before.sent) * 8) / ms),
        receiveKbps: Math.round(((now.received - before.received) * 8) / ms),
    };
}


function percent(part: number, all: number): number {
    return all === 0 ? 0 : Math.round((1000 * part) / all) / 10;
}


async function rows(pc: Peer): Promise<Row[]> {
    const out: Row[] = [];

    if (pc !== null && pc.connectionState !== 'closed') {
        (await pc.getStats()).forEach((row: Row) => out.push(row));
    }

    return out;
}


function codecsOf(all: readonly Row[]): ReadonlyMap<unknown, string> {
    return new Map(all.filter((row) => row['type'] === 'codec')
        .map((row) => [row['id'], String(row['mimeType'] ?? '')]));
}


function limit(value: unknown): Outbound['limited'] {
    return value === 'bandwidth' || value === 'cpu' || value === 'other'
        ? value : '';
}


function mid(row: Row): string | null {
    return typeof row['mid'] === 'string' ? row['mid'] : null;
}


function number(row: Row, name: string): number {
    const value = row[name];

    return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
