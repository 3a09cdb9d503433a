// Measures calls on bad networks and prints the table of the README.
//   node t/impair/run.mjs [--browser NAME] [--server NAME] [--row NAME]
//                         [--json FILE]
// Rows that are not asked for stay in FILE as they were measured before.

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { enter } from './lib/network.mjs';

const HERE = import.meta.dirname
    ?? resolve(new URL('.', import.meta.url).pathname);

const { values: asked } = parseArgs({ options: {
    browser: { type: 'string' },
    server: { type: 'string' },
    row: { type: 'string' },
    json: { type: 'string' },
} });

if (!enter()) {
    console.error('needs root, network namespaces, nft and tc');
    process.exit(2);
}

const { ALL, everything, measure } = await import('./lib/measure.mjs');
const { add, markdown, read } = await import('./lib/table.mjs');

const file = asked.json ?? join(
    resolve(process.env.MEET_BUILD ?? join(HERE, '../../build')),
    'impair/table.json');

for (const { server, browser, row } of everything()) {
    if ((asked.server ?? server) === server
        && (asked.browser ?? browser) === browser
        && (asked.row ?? row.name) === row.name)
    {
        const result = await measure({ server, browser, rows: [row] });

        add(file, result[0]);
        console.error(`${server} ${browser} ${row.name}:`,
            result[0].missed.join('; ') || 'ok');
    }
}

console.log(markdown(read(file), ALL));
process.exit(0);
