/*
 * What is wrong with the network, in codes that pages put into words: the
 * server's grades of everybody, and what our own statistics say.  Nothing is
 * said of a moment: it must last to appear, and be gone for longer to vanish.
 */

import type { Rates, Statistics } from '../rtc/stats';
import { keepList } from './roster';

/* The server's grades: 0 unknown, 1 bad, 2 fair, 3 good. */
export interface Grade {
    readonly number: number;        /* of the participant */
    readonly up: number;
    readonly down: number;
}

export type Matter = 'up' | 'down' | 'loss' | 'delay' | 'cpu';

/* Of ourselves. */
export interface Trouble {
    readonly what: Matter;
    readonly bad: boolean;
    readonly value: number;         /* per cent of loss, ms of delay; else 0 */
}

const MATTERS: readonly Matter[] = ['up', 'down', 'loss', 'delay', 'cpu'];

const BAD = 1;
const FAIR = 2;

/* looks in a row */
const APPEAR = 2;
const VANISH = 3;

const SAMPLE = 50;          /* packets from which loss is told at all */
const LOSS = 5;             /* per cent */
const LOSS_BAD = 10;
const DELAY = 400;          /* ms of round trip */
const DELAY_BAD = 800;
const SENDING = 4;          /* kbit/s; below it nothing is said of the way up */
const NARROW = 500;         /* kbit/s up that the encoders suffer from */
const NARROW_BAD = 200;


/*
 * What one look finds.  Who saves data sends small pictures on purpose, so
 * that alone is no trouble.
 */
export function symptoms(
    own: Grade | undefined,
    now: Statistics,
    rates: Rates | null,
    saving = false,
): Trouble[] {
    const found: Trouble[] = [];
    const { rttMs } = now.receiving.rttMs > now.sending.rttMs
        ? now.receiving : now.sending;
    /* of what is not sent any more, the last figures stand for ever */
    const sending = rates === null || rates.sendKbps >= SENDING;
    const outbound = sending ? now.outbound : [];
    const pictures = outbound.filter((row) => row.kind === 'cam');
    const up = own?.up ?? 0;
    const down = own?.down ?? 0;
    const { sendKbps } = now.sending;

    if (sending && (up === BAD || (up === FAIR && !saving))) {
        found.push({ what: 'up', bad: up === BAD, value: 0 });

    } else if (up === 0 && sendKbps > 0 && sendKbps < NARROW
        && pictures.some((row) => row.limited === 'bandwidth'))
    {
        found.push({ what: 'up', bad: sendKbps < NARROW_BAD, value: 0 });
    }

    if (down === BAD || down === FAIR) {
        found.push({ what: 'down', bad: down === BAD, value: 0 });
    }

    const loss = Math.max(0,
        rates !== null && rates.packets >= SAMPLE ? rates.lossPercent : 0,
        ...outbound.map((row) => row.lossPercent));

    if (loss >= LOSS) {
        found.push({ what: 'loss', bad: loss >= LOSS_BAD,
            value: Math.round(loss) });
    }

    if (rttMs >= DELAY) {
        found.push({ what: 'delay', bad: rttMs >= DELAY_BAD,
            value: Math.round(rttMs / 50) * 50 });
    }

    if (pictures.some((row) => row.limited === 'cpu')) {
        found.push({ what: 'cpu', bad: false, value: 0 });
    }

    return found;
}


/* Follows what it is told, with reluctance. */
class Steady {
    on = false;
    private against = 0;

    set(now: boolean): boolean {
        this.against = now === this.on ? 0 : this.against + 1;

        if (this.against >= (this.on ? VANISH : APPEAR)) {
            this.on = now;
            this.against = 0;
        }

        return this.on;
    }
}


export class QualityWatch {
    private grades: ReadonlyMap<number, Grade> = new Map();
    private readonly lasting = new Map<Matter,
        { some: Steady; bad: Steady; value: number }>(
        MATTERS.map((what) => [what,
            { some: new Steady(), bad: new Steady(), value: 0 }]));
    private readonly others = new Map<number, Steady>();
    private troubles: readonly Trouble[] = [];
    private weak: readonly number[] = [];


    graded(grades: readonly Grade[]): void {
        this.grades = new Map(grades.map((one) => [one.number, one]));
    }


    gradeOf(number: number): Grade | undefined {
        return this.grades.get(number);
    }


    look(self: number, now: Statistics, rates: Rates | null, saving = false):
        readonly Trouble[]
    {
        const found = new Map(
            symptoms(this.grades.get(self), now, rates, saving)
                .map((one) => [one.what, one]));
        const next: Trouble[] = [];

        for (const [what, lasting] of this.lasting) {
            const one = found.get(what);
            const some = lasting.some.set(one !== undefined);
            const bad = lasting.bad.set(one?.bad === true);

            lasting.value = one?.value ?? lasting.value;

            if (some) {
                next.push({ what, bad, value: lasting.value });
            }
        }

        if (JSON.stringify(next) !== JSON.stringify(this.troubles)) {
            this.troubles = next;
        }

        return this.troubles;
    }


    /* Numbers of others whose way up is bad. */
    weakOnes(self: number): readonly number[] {
        for (const number of this.grades.keys()) {
            if (!this.others.has(number)) {
                this.others.set(number, new Steady());
            }
        }

        const next: number[] = [];

        for (const [number, steady] of this.others) {
            const grade = this.grades.get(number);

            if (steady.set(grade?.up === BAD) && number !== self) {
                next.push(number);

            } else if (grade === undefined && !steady.on) {
                this.others.delete(number);
            }
        }

        this.weak = keepList(this.weak, next);
        return this.weak;
    }
}
