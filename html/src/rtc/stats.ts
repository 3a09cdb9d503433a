/*
 * What getStats() says, reduced to the numbers that are looked at: by the
 * tests one by one, by people as good, fair or poor.
 */

import type { Kind } from '../net/wire';

/* One received stream. */
export interface Inbound {
    readonly kind: 'audio' | 'video';
    readonly slot: number;
    readonly source: number;            /* 0: none in the slot */
    readonly bytes: number;
    readonly packets: number;
    readonly lost: number;
    readonly framesDecoded: number;
    readonly width: number;
    readonly height: number;
    readonly audioLevel: number;        /* 0 ... 1 */
    readonly audioEnergy: number;       /* rises with sound */
    readonly freezes: number;
}

/* One sent stream: several of a camera that is sent in several sizes. */
export interface Outbound {
    readonly kind: Kind;
    readonly rid: string;               /* '' if there is but one */
    readonly bytes: number;
    readonly framesEncoded: number;
    readonly width: number;
    readonly height: number;
    readonly codec: string;             /* 'video/VP8' */
}

export interface Quality {
    readonly level: 'good' | 'fair' | 'poor';
    readonly rttMs: number;             /* 0: unknown */
    readonly lossPercent: number;       /* of what is received */
    readonly sendKbps: number;
    readonly receiveKbps: number;
}

export interface Totals {
    readonly atMs: number;
    readonly sent: number;              /* bytes */
    readonly received: number;
    readonly packets: number;           /* received */
    readonly lost: number;
    readonly rttMs: number;
}

type Row = Readonly<Record<string, unknown>>;


export async function inbound(
    pc: RTCPeerConnection | null,
    slotOf: (mid: string | null) => { slot: number; source: number } | null,
): Promise<Inbound[]> {
    const out: Inbound[] = [];

    for (const row of await rows(pc)) {
        const slot = row['type'] === 'inbound-rtp'
            ? slotOf(mid(row)) : null;

        if (slot !== null) {
            out.push({
                kind: row['kind'] === 'audio' ? 'audio' : 'video',
                slot: slot.slot,
                source: slot.source,
                bytes: number(row, 'bytesReceived'),
                packets: number(row, 'packetsReceived'),
                lost: number(row, 'packetsLost'),
                framesDecoded: number(row, 'framesDecoded'),
                width: number(row, 'frameWidth'),
                height: number(row, 'frameHeight'),
                audioLevel: number(row, 'audioLevel'),
                audioEnergy: number(row, 'totalAudioEnergy'),
                freezes: number(row, 'freezeCount'),
            });
        }
    }

    return out;
}


export async function outbound(
    pc: RTCPeerConnection | null,
    kindOf: (mid: string | null) => Kind | null,
): Promise<Outbound[]> {
    const all = await rows(pc);
    const codecs = new Map(all.filter((row) => row['type'] === 'codec')
        .map((row) => [row['id'], row['mimeType']]));
    const out: Outbound[] = [];

    for (const row of all) {
        const kind = row['type'] === 'outbound-rtp' ? kindOf(mid(row)) : null;

        if (kind !== null) {
            out.push({
                kind,
                rid: typeof row['rid'] === 'string' ? row['rid'] : '',
                bytes: number(row, 'bytesSent'),
                framesEncoded: number(row, 'framesEncoded'),
                width: number(row, 'frameWidth'),
                height: number(row, 'frameHeight'),
                codec: String(codecs.get(row['codecId']) ?? ''),
            });
        }
    }

    return out;
}


export async function roundTripMs(pc: RTCPeerConnection | null):
    Promise<number>
{
    let seconds = 0;

    for (const row of await rows(pc)) {
        if (row['type'] === 'candidate-pair' && row['state'] === 'succeeded') {
            seconds = Math.max(seconds, number(row, 'currentRoundTripTime'));
        }
    }

    return Math.round(seconds * 1000);
}


export function total(
    atMs: number,
    received: readonly Inbound[],
    sent: readonly Outbound[],
    rttMs: number,
): Totals {
    const sum = <T>(list: readonly T[], value: (item: T) => number): number =>
        list.reduce((all, item) => all + value(item), 0);

    return {
        atMs,
        sent: sum(sent, (row) => row.bytes),
        received: sum(received, (row) => row.bytes),
        packets: sum(received, (row) => row.packets),
        lost: sum(received, (row) => row.lost),
        rttMs,
    };
}


/* null: too early, or a connection was replaced in between. */
export function judge(before: Totals, now: Totals): Quality | null {
    const ms = now.atMs - before.atMs;
    const packets = now.packets - before.packets;
    const lost = Math.max(0, now.lost - before.lost);

    if (ms <= 0 || packets < 0 || now.sent < before.sent) {
        return null;
    }

    const lossPercent = packets + lost === 0
        ? 0 : (100 * lost) / (packets + lost);

    return {
        level: lossPercent > 8 || now.rttMs > 500 ? 'poor'
            : lossPercent > 2 || now.rttMs > 250 ? 'fair' : 'good',
        rttMs: now.rttMs,
        lossPercent: Math.round(lossPercent * 10) / 10,
        sendKbps: Math.round(((now.sent - before.sent) * 8) / ms),
        receiveKbps: Math.round(((now.received - before.received) * 8) / ms),
    };
}


async function rows(pc: RTCPeerConnection | null): Promise<Row[]> {
    const out: Row[] = [];

    if (pc !== null && pc.connectionState !== 'closed') {
        (await pc.getStats()).forEach((row: Row) => out.push(row));
    }

    return out;
}


function mid(row: Row): string | null {
    return typeof row['mid'] === 'string' ? row['mid'] : null;
}


function number(row: Row, name: string): number {
    const value = row[name];

    return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
