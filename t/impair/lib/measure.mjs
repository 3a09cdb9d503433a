// From a row to its figures: a network, a server, a browser, and away again.

import { Browsers } from '../../browser/lib/browsers.mjs';
import { Janus, installed } from './janus.mjs';
import { Network } from './network.mjs';
import { Ours } from './ours.mjs';
import { ROWS, run } from './rows.mjs';
import { UPLINK, runUplink } from './uplink.mjs';

export const BROWSERS = ['chromium', 'firefox'];
const SERVERS = { 'ngx-meet': Ours, ...installed() && { janus: Janus } };


export const ALL = [...ROWS, UPLINK];

/* The way up is not measured of others: their publishers are not browsers. */
export function everything() {
    return Object.keys(SERVERS).flatMap((server) =>
        BROWSERS.flatMap((browser) =>
            (SERVERS[server] === Ours ? ALL : ROWS)
                .map((row) => ({ server, browser, row }))));
}


/* Rows one after the other in one call; figures of each. */
export async function measure({ server, browser, rows, evidence }) {
    const network = new Network();
    const call = new SERVERS[server](network);
    const browsers = new Browsers();
    const results = [];

    try {
        await network.start();
        await call.start();

        const viewer = rows.every((row) => row.uplink) ? null
            : await call.join(browsers, browser);

        for (const row of rows) {
            const figures = row.uplink
                ? await runUplink(row, { network,
                    ...await call.publish(browsers, browser) })
                : await run(row, { network, viewer,
                    speaker: () => call.speaker });

            results.push({ server, browser, at: new Date().toISOString(),
                ...figures });
        }

    } catch (error) {
        await browsers.evidence(evidence ?? `impair ${server} ${browser}`);
        error.message += `\n${call.logs()}`;
        throw error;

    } finally {
        await browsers.close();
        await call.stop();
        await network.stop();
    }

    return results;
}
