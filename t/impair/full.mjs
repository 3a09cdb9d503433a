// The whole table of calls on bad networks, against the goals that it states:
// one of the long tests, about an hour.  `./build.sh impair` measures and
// prints the same without judging.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { enter } from './lib/network.mjs';

const TIMEOUT_MS = 400_000;

if (!process.env.MEET_SOAK || !enter()) {
    test('bad networks', { skip: 'needs --soak, root, namespaces, nft, tc' });
} else {
    const { everything, measure } = await import('./lib/measure.mjs');
    const { say } = await import('./lib/rows.mjs');

    for (const { server, browser, row } of everything()) {
        test(`${server}, ${browser}: ${row.title}`, { timeout: TIMEOUT_MS },
            async (t) => {
                const [result] = await measure({ server, browser,
                    rows: [row] });

                t.diagnostic(say(result));

                /* what others do is for comparison */
                if (server === 'ngx-meet') {
                    assert.deepEqual(result.missed, []);
                }
            });
    }
}
