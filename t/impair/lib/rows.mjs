// The rows of the table: what the network does, and what has to come of it.

import { COUNT, HEIGHTS } from './publishers.mjs';
import { judge, settled } from './watch.mjs';

const SETTLE_MS = 15_000;
const NEVER = Infinity;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));


/*
 * `rate`: [kbit/s, seconds], one after the other; 0: as much as comes.
 * `grace`: seconds after the first change that do not count.
 * `goals`: see GOALS.
 */
export const ROWS = [
    { name: 'clean', title: 'clean', goals: {
        settleMs: 3000, freezes: 0, concealedPercent: 0.5 } },
    { name: 'loss-5', title: '5 % loss', loss: 5, goals: {
        frozenPercent: 0.5, concealedPercent: 1.5, skewMs: 60 } },
    { name: 'loss-10', title: '10 % loss', loss: 10, goals: {
        frozenPercent: 2, concealedPercent: 3 } },
    { name: 'loss-20', title: '20 % loss', loss: 20, goals: {
        moving: COUNT, concealedPercent: 10 } },
    { name: 'cap-1000', title: 'cap 1 Mbit/s', rate: [[1000, 35]], grace: 5,
        goals: { gapMs: 1000, moving: COUNT, used: 0.7, queueP95Ms: 150 } },
    { name: 'cap-300', title: 'cap 300 kbit/s', rate: [[300, 35]], grace: 5,
        goals: { concealedPercent: 1.5, speakerGapMs: 1000 } },
    { name: 'lifted', title: 'cap 1 Mbit/s lifted',
        rate: [[1000, 20], [0, 15]], grace: 20, goals: { backMs: 8000 } },
    { name: 'steps', title: '1, 0.3, 3 Mbit/s every 15 s, 3 min',
        rate: Array.from({ length: 12 }, (_, i) => [[1000, 300, 3000][i % 3],
            15]),
        grace: 5, goals: { speakerGapMs: 1000, activeGapMs: 1000, flaps: 0 } },
];

/* Short forms: what a broken feature misses on a busy machine, too. */
export const SHORT = [
    { name: 'clean', title: 'clean', seconds: 8, goals: {
        settleMs: SETTLE_MS, gapMs: 2500, frozenPercent: 10,
        concealedPercent: 5 } },
    { name: 'loss-10', title: '10 % loss', loss: 10, seconds: 12,
        settleMs: 4000, goals: {
        moving: COUNT, gapMs: 4000, frozenPercent: 40, skewMs: 250,
        keptBackMs: 60 } },
    { name: 'cap-1000', title: 'cap 1 Mbit/s', rate: [[1000, 16]], grace: 5,
        settleMs: 6000, goals: { moving: COUNT, frozenPercent: 30,
            speakerGapMs: 3000, queueP95Ms: 180 } },
    { name: 'cap-300', title: 'cap 300 kbit/s', rate: [[300, 16]], grace: 6,
        settleMs: 6000, goals: { concealedPercent: 4, speakerGapMs: 5000 } },
];

/* what each goal says, and whether a figure meets it */
const GOALS = {
    settleMs: ['all at the asked layer', 'ms', (is, goal) => is <= goal],
    backMs: ['back at full quality', 'ms', (is, goal) => is <= goal],
    freezes: ['freezes', '', (is, goal) => is <= goal],
    frozenPercent: ['frozen', '%', (is, goal) => is < goal],
    concealedPercent: ['concealed', '%', (is, goal) => is < goal],
    gapMs: ['longest stall', 'ms', (is, goal) => is <= goal],
    activeGapMs: ['longest stall of what is sent', 'ms',
        (is, goal) => is <= goal],
    speakerGapMs: ['longest stall of the speaker', 'ms',
        (is, goal) => is <= goal],
    moving: ['pictures that go on', '', (is, goal) => is >= goal],
    used: ['of the limit used by media', '', (is, goal) => is >= goal],
    queueP95Ms: ['queue p95', 'ms', (is, goal) => is < goal],
    skewMs: ['sound and picture apart', 'ms', (is, goal) => is < goal],
    keptBackMs: ['kept back by the page', 'ms', (is, goal) => is >= goal],
    flaps: ['layers up and down within 10 s', '', (is, goal) => is <= goal],
};


/*
 * One row in a call that runs; the network is clean since `viewer.since`, when
 * the viewer joined or the row before was over.  Answers figures; `missed`
 * says in words which goals they do not reach.
 */
export async function run(row, { network, viewer, speaker }) {
    const full = () =>
        settled(viewer.samples, viewer.since, COUNT, HEIGHTS);

    await viewer.until(row.settleMs ?? SETTLE_MS, 'pictures',
        () => full() < NEVER).catch(() => undefined);

    const settleMs = full();
    const start = Date.now();
    const worse = await impair(row, network, viewer);
    const from = start + 1000 * (row.grace ?? 0);
    const to = Date.now();

    network.mend();
    viewer.since = Date.now();
    await viewer.collect();

    const figures = {
        row: row.name, settleMs,
        ...judge(viewer.samples, from, to, worse.times),
        ...network.seen('down', from, to),
        backMs: settled(viewer.samples, worse.last, COUNT, HEIGHTS),
        speaker: speaker(),
        keptBackMs: await viewer.keptBack(),
    };
    const speaks = figures.pictures.find((p) =>
        p.source === figures.speaker);

    figures.speakerGapMs = speaks?.gapMs ?? to - from;
    figures.activeGapMs = Math.max(0,
        ...figures.pictures.map((p) => p.activeGapMs));
    figures.used = row.rate?.length === 1
        ? figures.mediaKbps / row.rate[0][0] : 0;
    figures.missed = missed(row.goals, figures);

    return figures;
}


/* When it got worse, and when it changed last. */
async function impair(row, network, viewer) {
    const times = [];
    let last = Date.now();
    let before = 0;

    if (row.loss > 0) {
        network.lose(row.loss);
    }

    for (const [rate, seconds] of row.rate ?? [[0, row.seconds ?? 30]]) {
        if (rate !== before) {
            network.limit('down', rate);
            last = Date.now();

            if (before === 0 || (rate > 0 && rate < before)) {
                times.push(last);
            }

            before = rate;
        }

        await sleep(1000 * seconds);
        await viewer.collect();
    }

    return { times, last };
}


/* One line about a row. */
export function say(r) {
    return `${r.row}: full after ${round(r.settleMs)} ms,`
        + ` frozen ${round(r.frozenPercent)} % in ${r.freezes},`
        + ` longest stall ${round(r.gapMs)} ms (of the speaker`
        + ` ${round(r.speakerGapMs ?? 0)} ms),`
        + ` concealed ${round(r.concealedPercent)} %,`
        + ` apart by ${round(r.skewMs ?? Infinity)} ms,`
        + ` layers ${r.heights.join('/')}, ${r.flaps} flaps,`
        + ` queue p95 ${round(r.queueP95Ms)} ms,`
        + ` ${round(r.kbps)} kbit/s, of them media ${round(r.mediaKbps)}`;
}


export function missed(goals, figures) {
    return Object.entries(goals)
        .filter(([name, goal]) => !GOALS[name][2](figures[name], goal))
        .map(([name, goal]) => {
            const [words, unit] = GOALS[name];

            return `${words}: ${round(figures[name])} ${unit}, goal ${goal}`;
        });
}


function round(value) {
    return Number.isFinite(value)
        ? String(Math.round(100 * value) / 100) : 'never';
}
