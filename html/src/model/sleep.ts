/*
 * Notices that the computer slept: the wall clock went on, our timers did not.
 */

import { Alarm, type Clock } from '../net/clock';

const LOOK = 5_000;         /* ms between two looks */
const SLEPT = 60_000;       /* ms; by then the server has let us go */


export class SleepWatch {
    private readonly alarm: Alarm;
    private seen = 0;


    constructor(
        clock: Clock,
        private readonly wall: () => number,    /* Unix milliseconds */
        private readonly onWake: () => void,
    ) {
        this.alarm = new Alarm(clock);
    }


    start(): void {
        this.seen = this.wall();
        this.alarm.set(LOOK, () => this.look());
    }


    stop(): void {
        this.alarm.clear();
    }


    private look(): void {
        const slept = this.wall() - this.seen - LOOK >= SLEPT;

        this.start();

        if (slept) {
            this.onWake();
        }
    }
}
