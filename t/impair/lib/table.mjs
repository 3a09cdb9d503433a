// The results as JSON, row by row added to what is there, and as Markdown.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';


export function read(file) {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}


/* Replaces what was measured before of the same row. */
export function add(file, result) {
    const rest = read(file).filter((one) => ['server', 'browser', 'row']
        .some((name) => one[name] !== result[name]));

    writeFileSync(file, `${JSON.stringify([...rest, result], null, 1)}\n`);
}


const COLUMNS = [
    ['at full layer', (r) => seconds(r.settleMs)],
    ['frozen', (r) => `${fixed(r.frozenPercent, 1)} % (${r.freezes})`],
    ['longest stall', (r) => seconds(r.gapMs)],
    ['concealed', (r) => `${fixed(r.concealedPercent, 1)} %`],
    ['layers at the end', (r) => r.heights.join(' ')],
    ['flaps', (r) => String(r.flaps)],
    ['queue p95', (r) => `${fixed(r.queueP95Ms, 0)} ms`],
    ['media of cap', (r) => r.used > 0 ? `${fixed(100 * r.used, 0)} %` : ''],
    ['back', (r) => r.row === 'lifted' ? seconds(r.backMs) : ''],
    ['missed', (r) => r.missed.length === 0 ? 'ok' : r.missed.join('; ')],
];


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


function seconds(ms) {
    return Number.isFinite(ms) && ms !== null
        ? `${fixed(ms / 1000, 1)} s` : 'never';
}
