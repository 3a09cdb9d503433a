// The results as JSON, row by row added to what is there, and as Markdown.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';


export function read(file) {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}


/* Replaces what was measured before of the same row. */
export function add(file, result) {
    const all = read(file);
    const at = all.findIndex((one) => ['server', 'browser', 'row']
        .every((name) => one[name] === result[name]));

    all.splice(at < 0 ? all.length : at, at < 0 ? 0 : 1, result);
    writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`);
}


const LATE_MS = 5;

const COLUMNS = [
    ['frozen (freezes)', (r) => `${fixed(r.frozenPercent, 1)} %`
        + ` (${r.freezes})`],
    ['longest stall', (r) => seconds(r.gapMs)],
    ['sound made up', (r) => `${fixed(r.concealedPercent, 1)} %`],
    ['sound, picture apart', (r) => typeof r.skewMs === 'number'
        ? `${fixed(r.skewMs, 0)} ms` : ''],
    ['layers at the end', (r) => r.heights.join(' ')],
    ['queue p95', (r) => `${fixed(r.queueP95Ms, 0)} ms`],
    ['besides', besides],
    ['goals missed', (r) => r.missed.length === 0 ? '-'
        : r.missed.join('; ')],
];

const BESIDES = {
    'clean': (r) => `full after ${seconds(r.settleMs)}`,
    'cap-1000': media,
    'cap-300': (r) => `${media(r)}, ${r.moving} of ${r.heights.length} move,`
        + ` ${r.stills} marked as stills, speaker stalls ${seconds(r.speakerGapMs)}`,
    'lifted': (r) => `full after ${seconds(r.backMs)}`,
    'steps': (r) => `speaker stalls ${seconds(r.speakerGapMs)},`
        + ` ${r.flaps} times up and down within 10 s`,
    'uplink': (r) => `${Object.entries(r.layers).map(([rate, height]) =>
        `${height} at ${rate / 1000}`).join(', ')};`
        + ` others stall ${seconds(r.othersGapMs)}`,
};


/* A relay that is late shows a machine that was too busy to measure well. */
function besides(r) {
    const late = r.lateMs > LATE_MS
        ? [`disturbed: relay late by ${fixed(r.lateMs, 0)} ms`] : [];

    return [BESIDES[r.row]?.(r) ?? [], late].flat().join('; ');
}


function media(r) {
    return `media ${fixed(100 * r.used, 0)} % of it`;
}


export function markdown(results, rows) {
    const lines = [
        `| network | server, browser | ${COLUMNS.map(([title]) => title)
            .join(' | ')} |`,
        `| --- | --- ${'| --- '.repeat(COLUMNS.length)}|`,
    ];

    for (const row of rows) {
        for (const r of results.filter((one) => one.row === row.name)) {
            lines.push(`| ${row.title} | ${r.server}, ${r.browser} | ${COLUMNS
                .map(([, cell]) => cell(r)).join(' | ')} |`);
        }
    }

    return lines.join('\n');
}


function fixed(value, digits) {
    return value.toFixed(digits);
}


/* JSON has no infinity */
function seconds(ms) {
    return Number.isFinite(ms) && ms !== null
        ? `${fixed(ms / 1000, 1)} s` : 'never';
}
