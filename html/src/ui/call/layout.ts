/*
 * Arithmetic of the stage: how many tiles fit, how large they become, who is
 * on which page.  Pure, in CSS pixels.
 */

export const GAP = 8;

const WIDE = 16 / 9;
const NARROW = 4 / 3;
const PORTRAIT = 7 / 10;

export interface Grid {
    readonly columns: number;
    readonly rows: number;
    readonly width: number;          /* of one tile */
    readonly height: number;
}

/* The size of n tiles that leaves least of the stage unused. */
export function grid(n: number, width: number, height: number): Grid {
    const low = width < height ? PORTRAIT : NARROW;
    let best: Grid = { columns: 1, rows: 1, width: 0, height: 0 };

    for (let columns = 1; columns <= n; columns++) {
        const rows = Math.ceil(n / columns);
        const w = (width - GAP * (columns - 1)) / columns;
        const h = (height - GAP * (rows - 1)) / rows;

        if (w <= 0 || h <= 0) {
            continue;
        }

        const tile = clamp(w, h, low, WIDE);

        if (tile.width * tile.height > best.width * best.height) {
            best = { columns, rows, ...tile };
        }
    }

    return best;
}

/* The largest rectangle inside w x h whose ratio lies between the two. */
function clamp(
    w: number,
    h: number,
    low: number,
    high: number,
): { width: number; height: number } {
    const ratio = w / h;

    if (ratio > high) {
        return { width: Math.floor(h * high), height: Math.floor(h) };
    }

    if (ratio < low) {
        return { width: Math.floor(w), height: Math.floor(w / low) };
    }

    return { width: Math.floor(w), height: Math.floor(h) };
}

/* The most tiles a device of this screen ever shows at once, self included. */
export function largestPage(width: number, height: number): number {
    const area = width * height;

    if (area < 450_000) {
        return 8;
    }

    if (area < 1_000_000) {
        return 12;
    }

    return area < 1_500_000 ? 16 : 25;
}

/* How many tiles a page of this stage holds without faces getting too small. */
export function pageSize(width: number, height: number, most: number): number {
    const least = width < 600 ? 132 : 190;
    let n = most;

    while (n > 1 && grid(n, width, height).width < least) {
        n--;
    }

    return n;
}

/* Pages of nearly equal length; the number of tiles on each but the last. */
export function perPage(count: number, size: number): number {
    const pages = Math.max(1, Math.ceil(count / size));

    return Math.max(1, Math.ceil(count / pages));
}

export function pageCount(count: number, size: number): number {
    return Math.max(1, Math.ceil(count / Math.max(1, size)));
}

/*
 * Who comes keeps the place; newcomers queue at the end.  Somebody who speaks
 * outside the first page changes places with whoever on it has been silent
 * longest, so that the first page always shows the conversation.
 *
 * `fixed` never moves (oneself), `spoke` holds when each key last spoke.
 */
export function arrange(
    before: readonly string[],
    present: readonly string[],
    first: number,
    speaking: string | null,
    fixed: string | null,
    spoke: ReadonlyMap<string, number>,
): string[] {
    const known = new Set(before);
    const here = new Set(present);
    const order = [
        ...before.filter((key) => here.has(key)),
        ...present.filter((key) => !known.has(key)),
    ];
    const at = speaking === null ? -1 : order.indexOf(speaking);

    if (at < first || speaking === null) {
        return order;
    }

    let quietest = -1;

    for (let i = Math.min(first, order.length) - 1; i >= 0; i--) {
        const key = order[i] as string;

        if (key === fixed) {
            continue;
        }

        if (
            quietest < 0 ||
            since(spoke, key) < since(spoke, order[quietest] as string)
        ) {
            quietest = i;
        }
    }

    if (quietest >= 0) {
        order[at] = order[quietest] as string;
        order[quietest] = speaking;
    }

    return order;
}

function since(spoke: ReadonlyMap<string, number>, key: string): number {
    return spoke.get(key) ?? 0;
}

export interface Focus {
    readonly side: 'right' | 'bottom';
    readonly strip: number;          /* tiles that fit beside the large one */
    readonly width: number;          /* of one tile of the strip */
    readonly height: number;
}

/* what the page buttons take of the line they stand in */
export const PAGER = 44;

/* One large tile and a strip of `count` others, with page buttons if needed. */
export function focus(width: number, height: number, count: number): Focus {
    if (width > height * 1.15 && width >= 640) {
        const w = Math.round(Math.min(220, Math.max(120, width * 0.14)));
        const h = Math.round(w / WIDE);

        return {
            side: 'right',
            strip: fitting(count, height, h),
            width: w,
            height: h,
        };
    }

    const h = Math.round(Math.min(110, Math.max(60, height * 0.13)));
    const w = Math.round(h * 1.2);

    return {
        side: 'bottom',
        strip: fitting(count, width, w),
        width: w,
        height: h,
    };
}

/* How many of `count` fit in a line; fewer if that line needs page buttons. */
function fitting(count: number, space: number, size: number): number {
    const all = Math.floor((space + GAP) / (size + GAP));

    if (all >= count) {
        return Math.max(1, all);
    }

    return Math.max(1, Math.floor((space - PAGER) / (size + GAP)));
}
