// What a browser may send rises within seconds to what its encoder makes of the
// camera, because the server reports on every packet (transport-cc).

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { watchPeers } from './lib/browsers.mjs';
import { poll } from './lib/stack.mjs';
import { withStack } from './lib/test.mjs';

const WATCH_MS = 12_000;
const SOON_MS = 8000;
const ENOUGH = 900_000;         /* bit/s; without reports it stays near 300 */

describe('the way up', () => {
    const world = withStack();

    world.test('is known to the publisher', async (t) => {
        const { browsers, stack } = world;
        const anna = await browsers.chromium('Anna', {
            init: [watchPeers],
        });

        await anna.create(stack.url);
        await anna.click('.created-head .btn.primary');
        await anna.enter();
        await anna.evaluate(() =>
            window.meet.setPreferences({ saveData: false }));

        const start = performance.now();
        const seen = [];
        let soon = Infinity;

        await poll(WATCH_MS, 'the estimate to rise', async () => {
            const now = await available(anna);
            const at = Math.round(performance.now() - start);

            seen.push(`${at} ms ${Math.round(now / 1000)}`);

            if (now >= ENOUGH) {
                soon = Math.min(soon, at);
            }

            return soon < Infinity;
        }).catch(() => undefined);

        t.diagnostic(`kbit/s available: ${seen.join(', ')}`);
        assert.ok(soon <= SOON_MS, `not enough within ${SOON_MS} ms`);
    });
});


/* the highest of what all connections may send, bit/s */
function available(guest) {
    return guest.evaluate(async () => {
        let most = 0;

        for (const peer of window.peers) {
            for (const [, s] of await peer.getStats()) {
                most = Math.max(most, s.availableOutgoingBitrate ?? 0);
            }
        }

        return most;
    });
}
