// The row of the way up: the browser publishes its camera through a narrow way
// while a native participant on the far side watches it and the others.

import { ROWS } from './rows.mjs';

const STEP_MS = 100;
const SETTLE_MS = 15_000;
const GAP_MS = 1000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const STEPS = ROWS.find((row) => row.name === 'steps');

export const UPLINK = {
    name: 'uplink', title: `${STEPS.title}, on a publisher's way up`,
    rate: STEPS.rate, uplink: true,
};


/* `receiver` receives; `source` is the picture of the browser. */
export async function runUplink(row, { network, receiver, source }) {
    const seen = [];
    const look = async (rate) => {
        const [report] = await receiver.report();

        seen.push({ at: Date.now(), rate, pictures: report.received.slots
            .filter((half) => half.video && half.frames > 0) });
    };
    const start = Date.now();

    while (Date.now() - start < SETTLE_MS) {
        await look(0);
        await sleep(STEP_MS);
    }

    const from = Date.now();
    const before = seen.at(-1);

    for (const [rate, seconds] of row.rate) {
        const end = Date.now() + 1000 * seconds;

        network.limit('up', rate);

        while (Date.now() < end) {
            await look(rate);
            await sleep(STEP_MS);
        }
    }

    const to = Date.now();

    network.mend();

    const during = seen.filter((one) => one.at >= from);
    const of = (one, id) => one.pictures.find((half) => half.source === id);
    const gap = (id) => longest(during, (one) => of(one, id)?.frames);
    const others = (before?.pictures ?? [])
        .map((half) => half.source).filter((id) => id !== source);
    const heights = phases(during, (one) => of(one, source)?.height ?? 0);
    const figures = {
        row: row.name, pictures: [], heights: Object.values(heights),
        layers: heights, settleMs: null, freezes: 0, flaps: 0,
        frozenPercent: 100 * gap(source).total / (to - from),
        gapMs: gap(source).longest,
        othersGapMs: Math.max(0, ...others.map((id) => gap(id).longest)),
        others: others.length, concealedPercent: 0, bufferMs: 0, used: 0,
        mediaKbps: 0, backMs: null, ...network.seen('up', from, to),
    };

    figures.missed = [
        figures.gapMs > GAP_MS
            && `longest stall: ${Math.round(figures.gapMs)} ms, goal 1000`,
        figures.othersGapMs > GAP_MS
            && `stall of others: ${Math.round(figures.othersGapMs)} ms`,
        !(heights[300] < heights[3000])
            && 'the layer does not follow the rate',
    ].filter(Boolean);

    return figures;
}


/* rate -> the height that was seen most in the later half of its stretches */
function phases(during, height) {
    const counts = {};
    let began = 0;

    during.forEach((one, i) => {
        if (i === 0 || during[i - 1].rate !== one.rate) {
            began = one.at;
        }

        if (one.at - began > 7000) {
            const count = counts[one.rate] ??= {};

            count[height(one)] = (count[height(one)] ?? 0) + 1;
        }
    });

    return Object.fromEntries(Object.entries(counts).map(([rate, count]) =>
        [rate, Number(Object.entries(count)
            .sort((a, b) => b[1] - a[1])[0][0])]));
}


/* ms without a new frame: the longest stretch, and those over GAP_MS in sum */
function longest(during, frames) {
    let since = during[0].at;
    let most = 0;
    let total = 0;

    during.forEach((one, i) => {
        if (i > 0 && frames(one) !== frames(during[i - 1])) {
            since = one.at;
        }

        most = Math.max(most, one.at - since);

        if (one.at - since >= GAP_MS) {
            total += one.at - during[i - 1].at;
        }
    });

    return { longest: most, total };
}
