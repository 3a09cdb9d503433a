/* For tests: node 18 has WebCrypto but not under its global name. */

import { webcrypto } from 'node:crypto';

if (globalThis.crypto === undefined) {
    Object.defineProperty(globalThis, 'crypto', { value: webcrypto });
}
