/*
 * Tells the server what is on screen: at once when it is quiet, else after a
 * moment, and only what has changed.
 */

import type { Clock } from '../net/clock';
import { Alarm } from '../net/clock';
import type { Shown } from './types';

const CALM = 150;           /* ms between two reports */
const MOST = 64;            /* sources in one report */


export class ViewReport {
    private wanted: readonly Shown[] = [];
    private said = '';
    private saidAt = -Infinity;
    private readonly alarm: Alarm;


    constructor(
        private readonly clock: Clock,
        /* false: could not be said; repeat() will */
        private readonly send: (sources: readonly Shown[]) => boolean,
    ) {
        this.alarm = new Alarm(clock);
    }


    show(shown: readonly Shown[]): void {
        const bySource = new Map<number, Shown>();

        for (const one of shown) {
            const before = bySource.get(one.source);

            bySource.set(one.source, {
                source: one.source,
                height: Math.max(1, Math.round(one.height),
                    before?.height ?? 0),
                priority: Math.min(Math.max(0, Math.round(one.priority)),
                    before?.priority ?? Infinity),
            });
        }

        this.wanted = [...bySource.values()]
            .sort((a, b) => a.priority - b.priority || a.source - b.source)
            .slice(0, MOST);

        this.later();
    }


    /* The server may have forgotten: a new welcome. */
    repeat(): void {
        this.said = '';
        this.later();
    }


    close(): void {
        this.alarm.clear();
    }


    private later(): void {
        if (!this.alarm.armed) {
            const wait = this.saidAt + CALM - this.clock.now();

            this.alarm.set(Math.max(0, wait), () => this.say());
        }
    }


    private say(): void {
        const text = JSON.stringify(this.wanted);

        if (text !== this.said && this.send(this.wanted)) {
            this.said = text;
            this.saidAt = this.clock.now();
        }
    }
}
