/*
 * Looks at the statistics every other second: what is wrong with the network,
 * whose picture stands still and why, and what the operator is told of it.
 * Where the server begins or ceases to leave pictures out it looks at those
 * more often for a while, so that none is taken for live that is not.
 */

import type { ReadonlySignal } from '@preact/signals';
import { signal } from '@preact/signals';

import { Alarm, type Clock } from '../net/clock';
import type { Json } from '../net/wire';
import * as stats from '../rtc/stats';
import { Patience } from './patience';
import { type Expected, type PictureNote, PictureWatch } from './pictures';
import { PlaybackReport } from './playback';
import { type Grade, QualityWatch, type Trouble } from './quality';

const LOOK = 2_000;         /* ms between two looks */
const CLOSELY = 200;        /* and of those at pictures left out */
const WHILE = 2_500;        /* ms that they last */
const SETTLE = 6_000;       /* ms in which rates still rise: nothing is said */

export interface WatchOptions {
    readonly clock: Clock;
    readonly read: () => Promise<stats.Statistics>;
    readonly self: () => number;
    readonly saving: () => boolean;
    /* Pictures of others that are on screen and should move. */
    readonly expected: () => readonly Omit<Expected, 'weak'>[];
    readonly broken: () => boolean;     /* a connection is interrupted */
    readonly report: (report: Json) => void;
    /* Pictures and sound are to be kept back for so many ms; 0: as usual. */
    readonly keepBack: (ms: number) => void;
}


export class Watch {
    readonly troubles: ReadonlySignal<readonly Trouble[]>;
    readonly weak: ReadonlySignal<ReadonlySet<number>>;
    readonly notes: ReadonlySignal<ReadonlyMap<number, PictureNote>>;

    private readonly state = {
        troubles: signal<readonly Trouble[]>([]),
        weak: signal<ReadonlySet<number>>(new Set()),
        notes: signal<ReadonlyMap<number, PictureNote>>(new Map()),
    };

    private readonly alarm: Alarm;
    private readonly closer: Alarm;
    private readonly quality = new QualityWatch();
    private readonly pictures = new PictureWatch();
    private readonly patience = new Patience();
    private readonly playback: PlaybackReport;
    private totals: stats.Totals | null = null;
    private sent: readonly stats.Outbound[] = [];
    private weakOnes: readonly number[] = [];
    private found: ReadonlyMap<number, PictureNote> = new Map();
    private withheld: readonly number[] = [];
    private startedAt = 0;
    private closeUntil = 0;
    private leftOut = '';
    private done = false;


    constructor(private readonly options: WatchOptions) {
        this.alarm = new Alarm(options.clock);
        this.closer = new Alarm(options.clock);
        this.playback = new PlaybackReport(options.clock.now());
        this.troubles = this.state.troubles;
        this.weak = this.state.weak;
        this.notes = this.state.notes;
    }


    start(): void {
        this.startedAt = this.options.clock.now();
        this.later();
    }


    graded(grades: readonly Grade[]): void {
        this.quality.graded(grades);
    }


    /* Sources on screen that are left out to save data. */
    saved(withheld: readonly number[]): void {
        if (withheld !== this.withheld) {
            this.withheld = withheld;
            this.note();
        }
    }


    /* What the server leaves out may have changed. */
    changed(): void {
        const now = this.options.expected()
            .filter((one) => one.state === 'paused')
            .map((one) => one.source)
            .join();

        if (now === this.leftOut || this.done) {
            return;
        }

        this.leftOut = now;
        this.closeUntil = this.options.clock.now() + WHILE;

        if (!this.closer.armed) {
            this.closely(0);
        }
    }


    close(): void {
        this.done = true;
        this.alarm.clear();
        this.closer.clear();
    }


    private later(): void {
        this.alarm.set(LOOK, () => {
            void this.options.read()
                .then((now) => this.look(now), () => undefined)
                .then(() => {
                    if (!this.done) {
                        this.later();
                    }
                });
        });
    }


    private closely(ms: number): void {
        this.closer.set(ms, () => {
            void this.options.read()
                .then((now) => this.mark(now), () => undefined)
                .then(() => {
                    if (!this.done
                        && this.options.clock.now() < this.closeUntil)
                    {
                        this.closely(CLOSELY);
                    }
                });
        });
    }


    private look(read: stats.Statistics): void {
        const { options, quality, state } = this;
        const now = options.clock.now();
        const self = options.self();
        const totals = stats.total(now, read);
        const broken = options.broken();
        const rates = this.totals && stats.rates(this.totals, totals);

        if (now - this.startedAt >= SETTLE && !broken) {
            state.troubles.value = quality.look(self, { ...read,
                outbound: stats.flowing(this.sent, read.outbound) },
                rates, options.saving());
        }

        options.keepBack(this.patience.look(now, rates, read.receiving.rttMs));
        this.totals = totals;
        this.sent = read.outbound;

        const weak = quality.weakOnes(self);

        if (weak !== this.weakOnes) {
            this.weakOnes = weak;
            state.weak.value = new Set(weak);
        }

        this.mark(read);
        this.playback.add(now, read.inbound, this.found);

        const report = this.playback.take(now);

        if (report !== null) {
            options.report(report);
        }
    }


    private mark(read: stats.Statistics): void {
        const { options, quality } = this;
        const down = quality.gradeOf(options.self())?.down ?? 0;

        this.found = this.pictures.look(options.clock.now(), read.inbound,
            options.expected().map((one) => ({ ...one,
                weak: this.weakOnes.includes(Math.floor(one.source / 4)) })),
            { narrow: down === 1 || down === 2, broken: options.broken() });
        this.note();
    }


    private note(): void {
        const notes = new Map(this.found);

        for (const source of this.withheld) {
            notes.set(source, 'saving');
        }

        const before = this.state.notes.value;

        if (before.size !== notes.size
            || [...notes].some(([key, note]) => before.get(key) !== note))
        {
            this.state.notes.value = notes;
        }
    }
}
