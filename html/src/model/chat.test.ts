import '../crypto/webcrypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { encode } from '../crypto/bytes';
import { Sealer } from '../crypto/seal';
import { NetError } from '../net/errors';
import { FakeClock, until } from '../net/fake';
import type { Json, WireEntry } from '../net/wire';
import { ChatModel } from './chat';

const ME = '00000000000000aa';
const OTHER = '00000000000000bb';

let clock: FakeClock;
let sealer: Sealer;
let log: WireEntry[];
let asked: Json[];
let failures: string[];
let chat: ChatModel;


beforeEach(async () => {
    clock = new FakeClock();
    sealer = (await Sealer.create(new Uint8Array(32).fill(7),
        encode(new Uint8Array(8)), encode(new Uint8Array(16))))!;
    log = [];
    asked = [];
    failures = [];
    chat = new ChatModel({ ask: server, clock, random: () => 1,
        wall: () => 5_000, nameOf: (id) => id === OTHER ? 'Bob' : '' });
    chat.setName('Alice');
});


/* Keeps a log as the real one does; may lose answers. */
async function server(message: Json): Promise<Json> {
    asked.push(message);

    const code = failures.shift();

    if (code !== undefined && code !== 'lost-answer') {
        throw new NetError(code as 'timeout');
    }

    if (message['type'] === 'log') {
        const after = message['after'] as number;
        const entries = log.filter((one) => one.sequence > after)
            .slice(0, message['limit'] as number)
            .map((one) => ({ ...one, time_ms: one.timeMs }));

        return { type: 'log', entries, last: log.length };
    }

    append(ME, message['body'] as string);

    if (code === 'lost-answer') {
        throw new NetError('not-connected');
    }

    return { type: 'posted', sequence: log.length, time_ms: 1_000 };
}


function append(sender: string, body: string): WireEntry {
    const entry = { sequence: log.length + 1, sender, number: 1,
        timeMs: 1_000 + log.length, body };

    log.push(entry);
    return entry;
}


async function say(sender: string, id: string, text: string):
    Promise<WireEntry>
{
    return append(sender, await sealer.seal('chat', sender,
        JSON.stringify({ id, name: 'Bob', text })));
}


function texts(): string[] {
    return chat.messages.value.map((one) => one.text);
}


describe('history', () => {
    it('comes complete and in order, page by page', async () => {
        for (let i = 0; i < 450; i++) {
            await say(OTHER, `m${i}`, `text ${i}`);
        }

        chat.welcomed(ME, sealer);
        await until(() => chat.messages.value.length === 450
            && !chat.loading.value);
        expect(texts()).toEqual(log.map((_, i) => `text ${i}`));
        expect(asked.map((one) => one['after'])).toEqual([0, 200, 400]);
        expect(chat.unread.value).toBe(0);
        expect(chat.messages.value[0]).toMatchObject(
            { name: 'Bob', self: false, state: 'sent', sequence: 1 });
    });

    it('fills the gap before a live entry', async () => {
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);
        await say(OTHER, 'a', 'one');
        await say(OTHER, 'b', 'two');
        chat.arrived('chat', await say(OTHER, 'c', 'three'));
        await until(() => chat.messages.value.length === 3);
        expect(texts()).toEqual(['one', 'two', 'three']);
    });

    it('is fetched again after a failure', async () => {
        await say(OTHER, 'a', 'one');
        failures = ['timeout'];
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);
        expect(texts()).toEqual([]);
        await clock.advance(1_000);
        await until(() => texts().length === 1);
    });

    it('shows what cannot be read as such', async () => {
        append(OTHER, 'AQAA');
        await say(OTHER, 'b', 'two');
        /* said by another than the server names */
        append(ME, (await say(OTHER, 'c', 'x')).body);
        chat.welcomed(ME, sealer);
        await until(() => chat.messages.value.length === 4);
        expect(chat.messages.value.map((one) => one.state)).toEqual(
            ['unreadable', 'sent', 'sent', 'unreadable']);
        expect(chat.messages.value[0]).toMatchObject(
            { name: 'Bob', text: '' });
    });

    it('is unreadable but complete without the key', async () => {
        await say(OTHER, 'a', 'one');
        chat.welcomed(ME, null);
        await until(() => chat.messages.value.length === 1);
        expect(chat.messages.value[0]!.state).toBe('unreadable');
    });
});


describe('live entries', () => {
    it('count as unread while the chat is closed', async () => {
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);

        const first = await say(OTHER, 'a', 'one');

        chat.arrived('chat', first);
        chat.arrived('chat', first);
        chat.arrived('chat', await say(ME, 'b', 'mine elsewhere'));
        chat.arrived('board', await say(OTHER, 'c', 'not chat'));
        expect(chat.unread.value).toBe(1);
        chat.setOpen(true);
        expect(chat.unread.value).toBe(0);
    });

    it('count also where only the history tells of them', async () => {
        await say(OTHER, 'old', 'from before');
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);
        expect(chat.unread.value).toBe(0);

        chat.lost();
        await say(OTHER, 'a', 'one');
        await say(ME, 'b', 'mine elsewhere');
        await say(OTHER, 'c', 'two');
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);
        expect(chat.unread.value).toBe(2);
    });

    it('are shown once though they come twice', async () => {
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);

        const first = await say(OTHER, 'a', 'one');

        chat.arrived('chat', first);
        chat.arrived('chat', first);
        chat.arrived('chat', await say(OTHER, 'a', 'one'));
        chat.arrived('chat', await say(ME, 'a', 'same id, other sender'));
        await until(() => chat.messages.value.length === 2);
        expect(texts()).toEqual(['one', 'same id, other sender']);
        expect(chat.messages.value[0]!.sequence).toBe(1);
    });
});


describe('sending', () => {
    beforeEach(async () => {
        chat.welcomed(ME, sealer);
        await until(() => !chat.loading.value);
    });

    it('shows it at once and keeps its identity', async () => {
        await chat.send(' Hello ');

        const { key } = chat.messages.value[0]!;

        expect(chat.messages.value[0]).toMatchObject(
            { text: 'Hello', state: 'sending', self: true, name: 'Alice' });
        await until(() => chat.messages.value[0]!.state === 'sent');
        expect(chat.messages.value[0]).toMatchObject({ key, sequence: 1 });

        /* its own event changes nothing */
        chat.arrived('chat', log[0]!);
        await until(() => !chat.loading.value);
        expect(texts()).toEqual(['Hello']);
    });

    it('keeps the order of typing', async () => {
        await Promise.all(['a', 'b', 'c', 'd'].map((one) => chat.send(one)));
        await until(() => log.length === 4
            && chat.messages.value.every((one) => one.state === 'sent'));
        expect(texts()).toEqual(['a', 'b', 'c', 'd']);
    });

    it('sends again after a reconnect and is shown once', async () => {
        failures = ['lost-answer'];
        await chat.send('Hello');
        await until(() => log.length === 1);
        chat.lost();
        expect(chat.messages.value.map((one) => one.state))
            .toEqual(['sending']);

        chat.welcomed(ME, sealer);
        await until(() => chat.messages.value[0]!.state === 'sent');
        await until(() => !chat.loading.value);
        log.forEach((one) => chat.arrived('chat', one));
        await until(() => !chat.loading.value);
        expect(texts()).toEqual(['Hello']);
    });

    it('waits out what passes', async () => {
        failures = ['limit', 'unavailable'];
        await chat.send('Hello');
        await until(() => asked.length === 2);
        await clock.advance(1_000);
        await until(() => asked.length === 3);
        await clock.advance(2_000);
        await until(() => chat.messages.value[0]!.state === 'sent');
    });

    it('says what was refused for good, and tries again if told', async () => {
        failures = ['storage-full'];
        await chat.send('one');
        await chat.send('two');
        await until(() => log.length === 1);

        const failed = chat.messages.value.find((one) => one.text === 'one')!;

        expect(failed).toMatchObject(
            { state: 'failed', error: 'storage-full' });
        chat.retry(failed.key);
        await until(() => log.length === 2);
        await until(() => texts().join() === 'two,one');

        failures = ['forbidden'];
        await chat.send('three');
        await until(() => chat.messages.value[2]?.state === 'failed');
        chat.drop(chat.messages.value[2]!.key);
        expect(texts()).toEqual(['two', 'one']);
    });

    it('takes neither nothing nor too much', async () => {
        expect(await chat.send('  ')).toBe(false);
        expect(await chat.send('ä'.repeat(12_289))).toBe(false);
        expect(await chat.send('ä'.repeat(12_288))).toBe(true);
        await until(() => log.length === 1);
        expect(log[0]!.body.length).toBeLessThanOrEqual(48 * 1024);
    });

    it('knows its own messages after coming in anew', async () => {
        await chat.send('Hello');
        await until(() => chat.messages.value[0]!.state === 'sent');
        chat.welcomed('00000000000000cc', sealer);
        await chat.send('again');
        await until(() => log.length === 2);
        expect(chat.messages.value.every((one) => one.self)).toBe(true);
    });
});
