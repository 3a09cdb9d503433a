// One stack and its browsers around the tests of a file.

import assert from 'node:assert/strict';
import { after, before, test as nodeTest } from 'node:test';

import { Browsers } from './browsers.mjs';
import { startStack } from './stack.mjs';

const TIMEOUT_MS = 240_000;

/*
 * `world.stack` and `world.browsers` exist while the tests run.  A failure
 * keeps screenshots, consoles and the server's logs; at the end the error log
 * must be free of alerts.
 */
export function withStack(options = {}) {
    const world = {};

    before(async () => {
        world.stack = await startStack(options);
        world.browsers = new Browsers();
    }, { timeout: TIMEOUT_MS });

    after(async () => {
        await world.browsers?.close();

        const bad = await world.stack?.stop();

        assert.deepEqual(bad ?? [], [], 'error.log has alerts');
    }, { timeout: TIMEOUT_MS });

    world.test = (name, run) =>
        nodeTest(name, { timeout: TIMEOUT_MS }, async (t) => {
            try {
                await run(t);
            } catch (error) {
                const dir = await world.browsers.evidence(name);

                t.diagnostic(`kept in ${dir}`);
                t.diagnostic(world.stack.logs());
                throw error;
            }
        });

    return world;
}
