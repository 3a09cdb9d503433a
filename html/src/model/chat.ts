/*
 * The room's chat: what the log holds in the log's order, and own messages on
 * their way to it.  Everything is sealed before it leaves and opened after it
 * arrives; the server's sequence is the only order.
 */

import { signal } from '@preact/signals';

import { encode, random, utf8 } from '../crypto/bytes';
import type { Sealer } from '../crypto/seal';
import type { Clock } from '../net/clock';
import { Alarm, Backoff } from '../net/clock';
import { NetError } from '../net/errors';
import {
    count, isObject, type Json, list, readEntry, string, type WireEntry,
} from '../net/wire';
import type { Chat, ChatMessage, ErrorCode } from './types';

const CHANNEL = 'chat';
const PAGE = 200;               /* entries of one `log` answer, at most */
const MOST = 24 * 1024;         /* bytes of a text; sealed it stays below 48 KiB */
const ID = 16;
const PATIENCE = 15_000;        /* ms for a post to reach the disk */

/* Worth another attempt by itself; everything else is said to the person. */
const PASSING: readonly ErrorCode[] =
    ['not-connected', 'timeout', 'unavailable', 'limit', 'stale'];

export interface ChatOptions {
    readonly ask: (message: Json, patience?: number) => Promise<Json>;
    readonly clock: Clock;
    readonly random: () => number;
    /* Unix milliseconds, for messages on their way */
    readonly wall: () => number;
    readonly nameOf: (participant: string) => string;
}

interface Pending {
    readonly id: string;
    readonly text: string;
    readonly timeMs: number;
    error: ErrorCode | null;
}

interface Opened {
    readonly entry: WireEntry;
    readonly id: string;            /* of the message, '' if unreadable */
    readonly name: string;
    readonly text: string | null;
}


export class ChatModel implements Chat {
    readonly messages = signal<readonly ChatMessage[]>([]);
    readonly loading = signal(false);
    readonly unread = signal(0);

    private readonly bySequence = new Map<number, Opened>();
    private readonly sequenceOf = new Map<string, number>();
    private pending: Pending[] = [];
    private sealer: Sealer | null = null;
    private self = '';
    private name = '';
    private before: readonly string[] = [];     /* earlier own ids */
    private last = 0;               /* everything up to here is known */
    private newest = 0;             /* exists, as far as we have heard */
    private filling = false;
    private filled = false;         /* what comes from now on is new */
    private posting = false;
    private open = false;
    private online = false;
    private readonly refill: Alarm;
    private readonly repost: Alarm;
    private readonly backoff: Backoff;


    constructor(private readonly options: ChatOptions) {
        this.refill = new Alarm(options.clock);
        this.repost = new Alarm(options.clock);
        this.backoff = new Backoff(1_000, 15_000, options.random);
    }


    /* At every welcome; a null sealer means that nothing can be read. */
    welcomed(self: string, sealer: Sealer | null): void {
        if (this.self !== '' && this.self !== self) {
            this.before = [...this.before, this.self];
        }

        this.self = self;
        this.sealer = sealer;
        this.online = true;
        void this.fill();
        void this.post();
    }


    lost(): void {
        this.online = false;
    }


    close(): void {
        this.online = false;
        this.refill.clear();
        this.repost.clear();
    }


    setName(name: string): void {
        this.name = name;
    }


    /* A new entry, live. */
    arrived(channel: string, entry: WireEntry): void {
        if (channel !== CHANNEL) {
            return;
        }

        if (entry.sequence > this.newest && !this.open
            && !this.isOwn(entry.sender))
        {
            this.unread.value += 1;
        }

        this.newest = Math.max(this.newest, entry.sequence);

        if (entry.sequence === this.last + 1 && !this.filling) {
            this.last = entry.sequence;
            void this.take([entry]);

        } else if (entry.sequence > this.last) {
            void this.fill();
        }
    }


    async send(text: string): Promise<boolean> {
        const trimmed = text.trim();

        if (trimmed === '' || utf8(trimmed).length > MOST) {
            return false;
        }

        this.pending.push({
            id: encode(random(ID)),
            text: trimmed,
            timeMs: this.options.wall(),
            error: null,
        });
        this.publish();
        void this.post();
        return true;
    }


    retry(key: string): void {
        for (const one of this.pending) {
            if (this.keyOf(one) === key) {
                one.error = null;
            }
        }

        this.publish();
        void this.post();
    }


    drop(key: string): void {
        this.pending = this.pending
            .filter((one) => this.keyOf(one) !== key || one.error === null);
        this.publish();
    }


    setOpen(open: boolean): void {
        this.open = open;

        if (open) {
            this.unread.value = 0;
        }
    }


    /* Fetches what is missing, page by page, up to the newest heard of. */
    private async fill(): Promise<void> {
        if (this.filling || !this.online) {
            return;
        }

        this.filling = true;
        this.loading.value = true;

        try {
            let more: boolean = true;

            while (more && this.online) {
                const answer = await this.options.ask({ type: 'log',
                    channel: CHANNEL, after: this.last, limit: PAGE });
                const entries = list(answer['entries'], readEntry);

                await this.take(entries);

                if (this.filled && !this.open) {
                    /* of the rest we have heard, and counted it then */
                    this.unread.value += entries.filter((entry) =>
                        entry.sequence > this.newest
                        && !this.isOwn(entry.sender)).length;
                }

                this.last = entries.reduce((most, entry) =>
                    Math.max(most, entry.sequence), this.last);
                this.newest = Math.max(this.newest, count(answer['last']));
                more = entries.length > 0 && this.newest > this.last;
            }

            this.filled ||= !more;

        } catch {
            if (this.online) {
                this.refill.set(this.backoff.next(), () => void this.fill());
            }

        } finally {
            this.filling = false;
            this.loading.value = false;
        }
    }


    private async take(entries: readonly WireEntry[]): Promise<void> {
        const opened = await Promise.all(entries.map((entry) =>
            this.read(entry)));

        for (const one of opened) {
            this.put(one);
        }

        this.publish();
    }


    private async read(entry: WireEntry): Promise<Opened> {
        const plain = await this.sealer?.open(CHANNEL, entry.sender,
            entry.body) ?? null;
        const value = plain === null ? null : parse(plain);

        return value === null
            ? { entry, id: '', name: '', text: null }
            : { entry, ...value };
    }


    /* The same message twice (sent again after a lost answer) counts once. */
    private put(one: Opened): void {
        if (one.id !== '') {
            const key = one.entry.sender + '/' + one.id;
            const seen = this.sequenceOf.get(key);

            if (seen !== undefined && seen < one.entry.sequence) {
                return;
            }

            if (seen !== undefined) {
                this.bySequence.delete(seen);
            }

            this.sequenceOf.set(key, one.entry.sequence);

            if (this.isOwn(one.entry.sender)) {
                this.pending = this.pending
                    .filter((pending) => pending.id !== one.id);
            }
        }

        this.bySequence.set(one.entry.sequence, one);
    }


    /* One after the other: their order in the log is that of typing. */
    private async post(): Promise<void> {
        if (this.posting) {
            return;
        }

        this.posting = true;

        for (;;) {
            const next = this.pending.find((one) => one.error === null);

            if (next === undefined || !this.online || this.sealer === null) {
                break;
            }

            try {
                await this.postOne(next, this.sealer, this.self);
                this.backoff.reset();

            } catch (error) {
                const code: ErrorCode =
                    error instanceof NetError ? error.code : 'internal';

                if (PASSING.includes(code)) {
                    if (this.online) {
                        this.repost.set(this.backoff.next(),
                            () => void this.post());
                    }

                    break;
                }

                next.error = code;
                this.publish();
            }
        }

        this.posting = false;
    }


    private async postOne(pending: Pending, sealer: Sealer, self: string):
        Promise<void>
    {
        const { id, text } = pending;
        const body = await sealer.seal(CHANNEL, self,
            JSON.stringify({ id, name: this.name, text }));
        const answer = await this.options.ask(
            { type: 'post', channel: CHANNEL, body }, PATIENCE);
        const sequence = count(answer['sequence']);

        /* its own `entry` event may have come first, or may be far off */
        if (sequence > 0 && !this.bySequence.has(sequence)) {
            this.put({
                entry: { sequence, sender: self, number: 0, body,
                    timeMs: count(answer['time_ms']) },
                id, name: this.name, text,
            });
        }

        this.pending = this.pending.filter((one) => one !== pending);
        this.publish();
    }


    private keyOf(pending: Pending): string {
        return `${this.self}/${pending.id}`;
    }


    private isOwn(sender: string): boolean {
        return sender === this.self || this.before.includes(sender);
    }


    private publish(): void {
        const known = new Map(this.messages.value
            .map((message) => [message.key, message]));
        const keep = (next: ChatMessage): ChatMessage => {
            const old = known.get(next.key);

            return old !== undefined && old.state === next.state
                && old.sequence === next.sequence
                && old.error === next.error ? old : next;
        };

        const logged = [...this.bySequence.values()]
            .sort((a, b) => a.entry.sequence - b.entry.sequence)
            .map(({ entry, id, name, text }): ChatMessage => keep({
                key: id === '' ? `#${entry.sequence}`
                    : `${entry.sender}/${id}`,
                sequence: entry.sequence,
                sender: entry.sender,
                name: text === null ? this.options.nameOf(entry.sender) : name,
                self: this.isOwn(entry.sender),
                timeMs: entry.timeMs,
                text: text ?? '',
                state: text === null ? 'unreadable' : 'sent',
                error: null,
            }));

        const waiting = this.pending.map((one): ChatMessage => keep({
            key: this.keyOf(one),
            sequence: 0,
            sender: this.self,
            name: this.name,
            self: true,
            timeMs: one.timeMs,
            text: one.text,
            state: one.error === null ? 'sending' : 'failed',
            error: one.error,
        }));

        this.messages.value = [...logged, ...waiting];
    }
}


function parse(plain: string):
    { id: string; name: string; text: string } | null
{
    try {
        const value: unknown = JSON.parse(plain);

        return isObject(value) && typeof value['text'] === 'string'
            && typeof value['id'] === 'string' && value['id'] !== ''
            ? { id: value['id'], name: string(value['name']),
                text: value['text'] }
            : null;

    } catch {
        return null;
    }
}
