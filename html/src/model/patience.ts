/*
 * How long pictures are kept back before they are shown.  Who only receives
 * is told no round trip by reports, so a browser waits for what is sent again
 * as if it came at once, and stops at each loss.  Where packets get lost it is
 * told to wait for as long as that takes.
 */

import type { Rates } from '../rtc/stats';

const LOSS = 1.5;           /* per cent of packets from which it is of use */
const PACKETS = 100;        /* of which that can be said */
const HOLD = 30_000;        /* ms that it lasts after the last loss */
const TRIPS = 5;            /* looks of which the shortest round trip counts */
const MOST = 200;           /* ms; beyond that talking suffers more */
const NEAR = 20;            /* ms that make no difference */


export class Patience {
    private trips: readonly number[] = [];
    private until = 0;
    private ms = 0;


    /* ms, 0: as the browser likes.  `rttMs`: 0, not known */
    look(now: number, rates: Rates | null, rttMs: number): number {
        if (rttMs > 0) {
            /* in longer ones packets stood in a queue */
            this.trips = [...this.trips.slice(1 - TRIPS), rttMs];
        }

        if (rates !== null && rates.packets >= PACKETS
            && rates.lossPercent >= LOSS)
        {
            this.until = now + HOLD;
        }

        const ms = now < this.until && this.trips.length > 0
            ? Math.min(MOST, ...this.trips) : 0;

        if (ms === 0 || Math.abs(ms - this.ms) >= NEAR) {
            this.ms = ms;
        }

        return this.ms;
    }
}
