import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../net/fake';
import { Capturer, type CaptureValue, explain, Source } from './capture';
import { FakeTrack } from './fake';

let clock: FakeClock;
let asked: string[];
let answers: Record<string, FakeTrack[] | Error>;
let values: CaptureValue[];


class FakeStream {
    constructor(readonly tracks: FakeTrack[]) {}

    getTracks(): FakeTrack[] {
        return this.tracks;
    }
}


beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    answers = {
        'audio': [new FakeTrack('audio')],
        'video': [new FakeTrack('video')],
        'audio,video': [new FakeTrack('audio'), new FakeTrack('video')],
    };
    values = [];
    vi.stubGlobal('MediaStream', FakeStream);
});


function capturer(): Capturer {
    const devices = {
        getUserMedia: async (constraints: object) => {
            const key = Object.keys(constraints).sort().join();
            const answer = answers[key]!;

            asked.push(key);

            if (answer instanceof Error) {
                throw answer;
            }

            return new FakeStream(answer);
        },
    };

    return new Capturer(devices as unknown as MediaDevices, clock);
}


function source(input: 'audio' | 'video', from = capturer()): Source {
    return new Source(input, from, () => ({}), (value) => values.push(value));
}


function error(name: string, message = ''): Error {
    return Object.assign(new Error(message), { name });
}


async function both(): Promise<[boolean, boolean]> {
    const from = capturer();
    const started = Promise.all([
        source('audio', from).start(), source('video', from).start(),
    ]);

    await clock.advance(0);
    return started;
}


describe('asking', () => {
    it('asks one question for both', async () => {
        expect(await both()).toEqual([true, true]);
        expect(asked).toEqual(['audio,video']);
    });

    it('gives the one that exists', async () => {
        answers['audio,video'] = error('NotFoundError');
        answers['video'] = error('NotFoundError');
        expect(await both()).toEqual([true, false]);
        expect(asked).toEqual(['audio,video', 'audio', 'video']);
        expect(values.at(-1)).toMatchObject({ state: 'failed', error: 'none' });
    });

    it('takes a no for both and does not ask twice', async () => {
        answers['audio,video'] = error('NotAllowedError');
        expect(await both()).toEqual([false, false]);
        expect(asked).toEqual(['audio,video']);
        expect(values.at(-1)!.error).toBe('denied');
    });

    it('works without any media devices', async () => {
        const started = source('audio', new Capturer(undefined, clock)).start();

        await clock.advance(0);
        expect(await started).toBe(false);
        expect(values.at(-1)!.state).toBe('failed');
    });

    it('does not wait for a device for ever', async () => {
        const silent = { getUserMedia: () => new Promise(() => undefined) };
        const started = source('video', new Capturer(
            silent as unknown as MediaDevices, clock)).start();

        await clock.advance(60_000);
        expect(await started).toBe(false);
        expect(values.at(-1)!.error).toBe('in-use');
    });
});


describe('a source', () => {
    it('lets the track go when it stops', async () => {
        const one = source('audio');
        const started = one.start();

        await clock.advance(0);
        await started;

        const track = one.track as unknown as FakeTrack;

        one.stop();
        expect(track.readyState).toBe('ended');
        expect(values.map((value) => value.state))
            .toEqual(['asking', 'on', 'off']);
    });

    it('lets go what comes after it was stopped', async () => {
        const one = source('audio');
        const started = one.start();

        one.stop();
        await clock.advance(0);
        expect(await started).toBe(false);
        expect((answers['audio'] as FakeTrack[])[0]!.readyState).toBe('ended');
        expect(values.at(-1)!.state).toBe('off');
    });

    it('keeps the old microphone until the new one is there', async () => {
        const one = source('audio');
        const first = one.start();

        await clock.advance(0);
        await first;

        const old = one.track as unknown as FakeTrack;

        answers['audio'] = [new FakeTrack('audio', 'second')];

        const second = one.start();

        expect(old.readyState).toBe('live');
        await clock.advance(0);
        await second;
        expect(old.readyState).toBe('ended');
        expect(one.track?.id).toBe('second');
    });

    it('takes another when it is unplugged', async () => {
        const one = source('video');
        const started = one.start();

        await clock.advance(0);
        await started;

        const old = one.track as unknown as FakeTrack;

        answers['video'] = error('NotFoundError');
        old.onended!();
        await clock.advance(0);
        expect(asked.length).toBe(2);
        expect(values.at(-1)).toMatchObject({ state: 'failed', error: 'none' });
    });

    it('falls back to any device when the chosen one is gone', async () => {
        const wishes: boolean[] = [];
        const one = new Source('audio', capturer(), (any) => {
            wishes.push(any);
            answers['audio'] = any ? [new FakeTrack('audio')]
                : error('OverconstrainedError');
            return {};
        }, () => undefined);
        const started = one.start();

        await clock.advance(0);
        await clock.advance(0);
        expect(await started).toBe(true);
        expect(wishes).toEqual([false, true]);
    });
});


describe('errors', () => {
    it.each([
        ['NotAllowedError', 'Permission denied', 'denied'],
        ['NotAllowedError', 'Permission denied by system', 'os-blocked'],
        ['NotFoundError', '', 'none'], ['NotReadableError', '', 'in-use'],
        ['AbortError', '', 'in-use'], ['TypeError', '', 'unsupported'],
        ['StrangeError', '', 'failed'],
    ])('%s "%s" means %s', (name, message, code) => {
        expect(explain(error(name, message))).toBe(code);
    });

    it('without a name mean that it failed', () => {
        expect(explain(null)).toBe('failed');
    });
});
