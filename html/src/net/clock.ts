/*
 * Time and chance as parameters, so that everything that waits can be tested
 * without waiting.
 */

export type Cancel = () => void;

export interface Clock {
    /* Milliseconds; never goes back. */
    now(): number;
    /* Runs once, never within the call itself. */
    after(ms: number, run: () => void): Cancel;
}

export const systemClock: Clock = {
    now: () => performance.now(),

    after(ms, run) {
        const timer = setTimeout(run, ms);

        return () => clearTimeout(timer);
    },
};


/*
 * Waiting times between attempts: doubling up to a ceiling, each drawn from
 * the upper half so that a crowd does not come back in step.
 */
export class Backoff {
    private tries = 0;

    constructor(
        private readonly first: number,
        private readonly most: number,
        private readonly random: () => number = Math.random,
    ) {}


    next(): number {
        const ceiling = Math.min(this.most, this.first * 2 ** this.tries);

        this.tries += 1;
        return ceiling * (0.5 + this.random() / 2);
    }


    reset(): void {
        this.tries = 0;
    }
}


/* One timer that is set again and again; the last setting counts. */
export class Alarm {
    private cancel: Cancel | null = null;

    constructor(private readonly clock: Clock) {}


    get armed(): boolean {
        return this.cancel !== null;
    }


    set(ms: number, run: () => void): void {
        this.clear();
        this.cancel = this.clock.after(ms, () => {
            this.cancel = null;
            run();
        });
    }


    clear(): void {
        this.cancel?.();
        this.cancel = null;
    }
}
