/*
 * What operators hear of how it was: freezes and sound that was made up, as
 * plain numbers since the report before.  A picture that was marked as still
 * is not counted as frozen: nobody took it for a live one.
 */

import type { Json } from '../net/wire';
import type { Inbound } from '../rtc/stats';

const PERIOD = 10_000;      /* ms between two reports, at least */
const MOST = 600_000;       /* of any number */
const RATE = 48;            /* samples a millisecond, Opus */

interface Before {
    readonly source: number;
    readonly row: Inbound;
}


export class PlaybackReport {
    private before = new Map<string, Before>();
    private at: number | null = null;
    private saidAt: number;
    private sums = { freezes: 0, frozen_ms: 0, concealed_ms: 0, audio_ms: 0,
        video_ms: 0 };


    constructor(now: number) {
        this.saidAt = now;
    }


    /* `marked`: sources whose picture is said to be still */
    add(now: number, inbound: readonly Inbound[],
        marked: ReadonlyMap<number, unknown>): void
    {
        const { before, sums } = this;
        const ms = this.at === null ? 0 : now - this.at;

        this.at = now;
        this.before = new Map(inbound.map((row) =>
            [`${row.kind}${row.slot}`, { source: row.source, row }]));

        for (const row of inbound) {
            const old = before.get(`${row.kind}${row.slot}`);

            /* a connection that was made anew counts from zero */
            if (old === undefined || old.row.packets > row.packets) {
                continue;
            }

            if (row.kind === 'audio') {
                const silent = row.silent - old.row.silent;

                sums.audio_ms += (row.samples - old.row.samples - silent)
                    / RATE;
                sums.concealed_ms += (row.concealed - old.row.concealed
                    - silent) / RATE;

            } else if (row.source !== 0 && row.source === old.source
                && row.framesDecoded > 0 && !marked.has(row.source))
            {
                sums.video_ms += ms;
                sums.freezes += row.freezes - old.row.freezes;
                sums.frozen_ms += row.frozenMs - old.row.frozenMs;
            }
        }
    }


    /* The report that is due; null: none, or nothing was received. */
    take(now: number): Json | null {
        if (now - this.saidAt < PERIOD) {
            return null;
        }

        const numbers = Object.entries(this.sums).map(([name, value]) =>
            [name, Math.min(MOST, Math.max(0, Math.round(value)))] as const);

        this.saidAt = now;
        this.sums = { freezes: 0, frozen_ms: 0, concealed_ms: 0, audio_ms: 0,
            video_ms: 0 };

        return numbers.every(([, value]) => value === 0) ? null
            : { type: 'report', ...Object.fromEntries(numbers) };
    }
}
