/*
 * The statistics panel's arithmetic: two readings become rates, one row for
 * each source and two connections.  Numbers only; words are the page's.
 */

import { KINDS, type Kind } from '../net/wire';
import type { Inbound, Outbound, Path, Statistics } from '../rtc/stats';

export interface Reading {
    readonly atMs: number;
    readonly statistics: Statistics;
}

export interface PathFigures {
    readonly kbps: number;
    readonly rttMs: number;             /* 0: unknown */
    readonly roomKbps: number;          /* what may be sent, 0: unknown */
    readonly lossPercent: number;
}

/* One size of a sent picture, or sound. */
export interface LayerFigures {
    readonly kbps: number;
    readonly width: number;             /* 0: sound, or nothing sent */
    readonly height: number;
    readonly fps: number;
}

export interface SentFigures {
    readonly kind: Kind;
    readonly codec: string;
    readonly layers: readonly LayerFigures[];
    readonly limited: Outbound['limited'];
    readonly lossPercent: number;
}

export interface ReceivedFigures extends LayerFigures {
    readonly number: number;            /* of the participant */
    readonly kind: Kind;
    readonly codec: string;
    readonly lossPercent: number;
    readonly freezes: number;           /* since it is watched in its slot */
    readonly frozenMs: number;
    readonly bufferMs: number;
}

export interface Figures {
    readonly receiving: PathFigures;
    readonly sending: PathFigures;
    readonly sent: readonly SentFigures[];
    readonly received: readonly ReceivedFigures[];
}


export function figures(before: Reading, now: Reading): Figures {
    const ms = Math.max(1, now.atMs - before.atMs);
    const old = before.statistics;
    const { inbound, outbound, receiving, sending } = now.statistics;
    const rate = (bytes: number): number =>
        Math.max(0, Math.round((bytes * 8) / ms));

    const received: ReceivedFigures[] = [];
    let bytes = 0;
    let packets = 0;
    let lost = 0;

    for (const row of inbound) {
        const then = old.inbound.find((one) =>
            one.slot === row.slot && one.kind === row.kind);

        /* a connection that was made anew begins with the next reading */
        if (then === undefined || then.bytes > row.bytes) {
            continue;
        }

        bytes += row.bytes - then.bytes;
        packets += row.packets - then.packets;
        lost += Math.max(0, row.lost - then.lost);

        if (row.source !== 0 && row.source === then.source) {
            received.push(receivedOf(then, row, rate));
        }
    }

    const up = outbound.reduce((sum, row) =>
        sum + row.bytes - (same(old.outbound, row)?.bytes ?? row.bytes), 0);

    return {
        receiving: path(receiving, rate(bytes), percent(lost, packets)),
        sending: path(sending, rate(up), Math.max(0,
            ...outbound.map((row) => row.lossPercent))),
        sent: KINDS.flatMap((kind) => sentOf(kind, old.outbound,
            outbound.filter((row) => row.kind === kind), rate)),
        received,
    };
}


function receivedOf(
    then: Inbound,
    row: Inbound,
    rate: (bytes: number) => number,
): ReceivedFigures {
    const picture = row.kind === 'video';
    const emitted = row.emitted - then.emitted;

    return {
        number: Math.floor(row.source / 4),
        kind: KINDS[row.source & 3]!,
        codec: short(row.codec),
        kbps: rate(row.bytes - then.bytes),
        lossPercent: percent(Math.max(0, row.lost - then.lost),
            row.packets - then.packets),
        width: picture ? row.width : 0,
        height: picture ? row.height : 0,
        fps: Math.round(row.fps),
        freezes: row.freezes,
        frozenMs: Math.round(row.frozenMs),
        bufferMs: emitted <= 0 ? 0
            : Math.round((row.waitedMs - then.waitedMs) / emitted),
    };
}


/* What is not sent has no row. */
function sentOf(
    kind: Kind,
    old: readonly Outbound[],
    rows: readonly Outbound[],
    rate: (bytes: number) => number,
): SentFigures[] {
    const layers = rows.map((row) => ({
        kbps: rate(row.bytes - (same(old, row)?.bytes ?? row.bytes)),
        width: row.width,
        height: row.height,
        fps: Math.round(row.fps),
    })).filter((layer) => layer.kbps > 0)
        .sort((a, b) => b.height - a.height);

    return layers.length === 0 ? [] : [{
        kind,
        codec: short(rows[0]!.codec),
        layers,
        limited: rows.find((row) => row.limited !== '')?.limited ?? '',
        lossPercent: Math.max(...rows.map((row) => row.lossPercent)),
    }];
}


function same(list: readonly Outbound[], row: Outbound): Outbound | undefined {
    return list.find((one) => one.kind === row.kind && one.rid === row.rid
        && one.bytes <= row.bytes);
}


function path(p: Path, kbps: number, lossPercent: number): PathFigures {
    return { kbps, rttMs: p.rttMs, roomKbps: p.sendKbps, lossPercent };
}


function percent(lost: number, packets: number): number {
    return lost + packets <= 0 ? 0
        : Math.round((1000 * lost) / (lost + packets)) / 10;
}


function short(codec: string): string {
    return codec.replace(/^\w+\//, '');
}
