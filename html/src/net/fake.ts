/* A clock and a socket for tests: nothing happens until the test says so. */

import type { Clock } from './clock';
import type { SocketLike } from './line';
import type { Json } from './wire';


export class FakeClock implements Clock {
    private time = 0;
    private timers: { at: number; run: () => void }[] = [];


    now(): number {
        return this.time;
    }


    after(ms: number, run: () => void): () => void {
        const timer = { at: this.time + ms, run };

        this.timers.push(timer);

        return () => {
            this.timers = this.timers.filter((one) => one !== timer);
        };
    }


    /* Runs what falls due, in order, and lets promises settle in between. */
    async advance(ms: number): Promise<void> {
        const until = this.time + ms;

        await settle();

        for (;;) {
            const due = this.timers
                .filter((timer) => timer.at <= until)
                .sort((a, b) => a.at - b.at)[0];

            if (due === undefined) {
                break;
            }

            this.timers = this.timers.filter((timer) => timer !== due);
            this.time = Math.max(this.time, due.at);
            due.run();
            await settle();
        }

        this.time = until;
    }
}


export class FakeSocket implements SocketLike {
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number }) => void) | null = null;
    onerror: (() => void) | null = null;

    readonly sent: Json[] = [];
    closed: number | null | undefined = null;


    send(data: string): void {
        this.sent.push(JSON.parse(data) as Json);
    }


    close(code?: number): void {
        this.closed = code;
    }


    /* What the server does. */
    open(): void {
        this.onopen?.();
    }


    say(message: Json): void {
        this.onmessage?.({ data: JSON.stringify(message) });
    }


    end(code: number): void {
        this.onclose?.({ code });
    }


    last(type: string): Json | undefined {
        return this.sent.filter((message) => message['type'] === type).at(-1);
    }
}


export async function settle(): Promise<void> {
    for (let i = 0; i < 20; i++) {
        await Promise.resolve();
    }
}


/* For what happens outside of the fake time, such as WebCrypto. */
export async function until(done: () => boolean): Promise<void> {
    const deadline = Date.now() + 10_000;

    while (!done()) {
        if (Date.now() > deadline) {
            throw new Error(`waited in vain for ${done}`);
        }

        await new Promise((resolve) => setTimeout(resolve, 1));
    }
}
