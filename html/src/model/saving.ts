/*
 * Saving data on the way down: the `view` message decides what is sent, so
 * less is asked for.  First small cameras; then of the cameras only whoever
 * speaks, while screens and all voices go on.
 */

import { KINDS } from '../net/wire';
import { keepList } from './roster';
import type { Preferences, Shown } from './types';

const SMALL = 180;          /* device pixels: the lowest layer */

export type Saving = 'off' | 'small' | 'speaker';


export function savingOf(p: Preferences): Saving {
    return !p.saveData ? 'off' : p.speakerOnly ? 'speaker' : 'small';
}


export function isScreen(source: number): boolean {
    return KINDS[source & 3] === 'screen';
}


export class Economy {
    /* Sources on screen that are not asked for. */
    withheld: readonly number[] = [];
    private last = 0;           /* whoever spoke last and is on screen */


    apply(shown: readonly Shown[], saving: Saving, active: number):
        readonly Shown[]
    {
        if (shown.some((one) => isCamOf(one, active))) {
            this.last = active;
        }

        const kept = saving !== 'speaker' ? shown : shown.filter((one) =>
            isScreen(one.source) || isCamOf(one, this.last));

        this.withheld = keepList(this.withheld, shown
            .filter((one) => !kept.includes(one))
            .map((one) => one.source));

        return saving === 'off' ? kept : kept.map((one) =>
            isScreen(one.source) ? one
                : { ...one, height: Math.min(one.height, SMALL) });
    }
}


function isCamOf(one: Shown, number: number): boolean {
    return number !== 0 && !isScreen(one.source)
        && Math.floor(one.source / 4) === number;
}
