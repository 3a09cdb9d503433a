/*
 * Pictures that stand still are not passed off as live: each tile that should
 * move and does not is told why, as well as can be known here.
 */

import type { SlotState } from '../net/wire';
import type { Inbound } from '../rtc/stats';

export type PictureNote =
    | 'room'        /* our own way down has no room for it */
    | 'sender'      /* their way up is weak */
    | 'link'        /* our connection is interrupted */
    | 'codec'       /* it arrives, but this browser cannot decode it */
    | 'saving'      /* left out to save data */
    | 'still';      /* nobody knows */

export interface Expected {
    readonly source: number;
    readonly screen: boolean;
    readonly weak: boolean;         /* the sender's way up */
    readonly state: SlotState;      /* what the server says of it */
}

export interface Circumstances {
    readonly narrow: boolean;       /* our way down */
    readonly broken: boolean;       /* our connection */
}

interface Picture {
    readonly slot: number;
    frames: number;
    packets: number;                /* when it last moved */
    at: number;
    moved: boolean;
}

const PAUSED = 200;         /* ms; one that is in flight may still arrive */
const STILL = 3_500;
const SLIDE = 10_000;       /* ms; a shared page may well stand still */
const DECODE = 6_000;       /* ms of packets without a picture */
const ENOUGH = 20;          /* of these packets */


export class PictureWatch {
    private readonly pictures = new Map<number, Picture>();


    look(
        now: number,
        inbound: readonly Inbound[],
        expected: readonly Expected[],
        around: Circumstances,
    ): ReadonlyMap<number, PictureNote> {
        const notes = new Map<number, PictureNote>();
        const wanted = new Set(expected.map((one) => one.source));

        for (const source of this.pictures.keys()) {
            if (!wanted.has(source)) {
                this.pictures.delete(source);
            }
        }

        for (const one of expected) {
            const row = inbound.find((row) => row.kind === 'video'
                && row.source === one.source);

            if (row === undefined) {
                this.pictures.delete(one.source);
                continue;
            }

            const picture = this.follow(now, row);
            const why = reason(one, picture, now - picture.at,
                row.packets - picture.packets, around);

            if (why !== null) {
                notes.set(one.source, why);
            }
        }

        return notes;
    }


    private follow(now: number, row: Inbound): Picture {
        const { slot, source, packets, framesDecoded: frames } = row;
        const known = this.pictures.get(source);

        if (known === undefined || known.slot !== slot) {
            const picture = { slot, frames, packets, at: now, moved: false };

            this.pictures.set(source, picture);
            return picture;
        }

        if (known.frames !== frames) {
            known.frames = frames;
            known.packets = packets;
            known.at = now;
            known.moved = true;
        }

        return known;
    }
}


function reason(
    one: Expected,
    picture: Picture,
    ms: number,
    packets: number,
    around: Circumstances,
): PictureNote | null {
    if (one.state === 'unsupported') {
        return 'codec';
    }

    if (one.state === 'paused' && ms >= PAUSED && !around.broken) {
        return 'room';
    }

    if (ms < (one.screen ? SLIDE : STILL)) {
        return null;
    }

    if (around.broken) {
        return 'link';
    }

    if (!picture.moved && ms >= DECODE && packets >= ENOUGH) {
        return 'codec';
    }

    if (around.narrow) {
        return 'room';
    }

    if (one.weak) {
        return 'sender';
    }

    return one.screen ? null : 'still';
}
