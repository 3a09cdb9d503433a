/*
 * What the server has stored about a room, made readable by who holds the key.
 */

import { isObject, type Json } from '../net/wire';

type Open = (channel: string, sender: string, body: string) =>
    Promise<string | null>;


/* Adds `plain` to every sealed entry of the log that opens. */
export async function readable(stored: Json, open: Open): Promise<Json> {
    const log = stored['log'];

    return !Array.isArray(log) ? stored : {
        ...stored,
        log: await Promise.all(log.map((entry) => reveal(entry, open))),
    };
}


async function reveal(entry: unknown, open: Open): Promise<unknown> {
    if (!isObject(entry)) {
        return entry;
    }

    const plain = await open(String(entry['channel']),
        String(entry['sender']), String(entry['body']));

    return plain === null ? entry : { ...entry, plain: parsed(plain) };
}


function parsed(plain: string): unknown {
    try {
        return JSON.parse(plain);

    } catch {
        return plain;
    }
}
