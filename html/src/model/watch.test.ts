import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../net/fake';
import type { Json } from '../net/wire';
import type { Inbound, Outbound, Statistics } from '../rtc/stats';
import { figures } from './figures';
import { type Expected, PictureWatch } from './pictures';
import { PlaybackReport } from './playback';
import { QualityWatch, symptoms } from './quality';
import { Economy, savingOf } from './saving';
import * as keep from './keep';
import { Watch } from './watch';

const IN: Inbound = {
    kind: 'video', slot: 0, source: 9, codec: 'video/VP8', bytes: 0,
    packets: 0, lost: 0, framesDecoded: 0, fps: 25, width: 640, height: 360,
    audioLevel: 0, audioEnergy: 0, freezes: 0, frozenMs: 0, waitedMs: 0,
    emitted: 0, samples: 0, concealed: 0, silent: 0,
};

const OUT: Outbound = {
    kind: 'cam', rid: '', bytes: 0, framesEncoded: 0, fps: 25, width: 640,
    height: 360, codec: 'video/VP8', limited: '', lossPercent: 0,
};


function statistics(change: Partial<Statistics> = {}): Statistics {
    return {
        inbound: [], outbound: [], receiving: { rttMs: 20, sendKbps: 0 },
        sending: { rttMs: 20, sendKbps: 0 }, ...change,
    };
}


describe('symptoms', () => {
    const grade = (up: number, down: number) => ({ number: 1, up, down });

    it('follow the grades of the server', () => {
        expect(symptoms(grade(3, 3), statistics(), null)).toEqual([]);
        expect(symptoms(grade(2, 1), statistics(), null)).toEqual([
            { what: 'up', bad: false, value: 0 },
            { what: 'down', bad: true, value: 0 },
        ]);
    });

    it('are none where small pictures are sent on purpose', () => {
        expect(symptoms(grade(2, 3), statistics(), null, true)).toEqual([]);
        expect(symptoms(grade(1, 3), statistics(), null, true)).toEqual(
            [{ what: 'up', bad: true, value: 0 }]);
    });

    it('and what the encoders say where there is no grade', () => {
        const narrow = statistics({ outbound: [{ ...OUT,
            limited: 'bandwidth' }], sending: { rttMs: 20, sendKbps: 150 } });

        expect(symptoms(undefined, narrow, null)).toEqual(
            [{ what: 'up', bad: true, value: 0 }]);
        expect(symptoms(grade(3, 3), narrow, null)).toEqual([]);
    });

    it('say nothing of the way up while nothing is sent', () => {
        expect(symptoms(grade(1, 3), statistics({ outbound: [{ ...OUT,
            limited: 'cpu', lossPercent: 20 }] }), { lossPercent: 0,
            packets: 500, sendKbps: 0, receiveKbps: 900 })).toEqual([]);
    });

    it('name loss, delay and a busy device', () => {
        const rates = { lossPercent: 6.4, packets: 500, sendKbps: 90,
            receiveKbps: 900 };

        expect(symptoms(undefined, statistics({
            receiving: { rttMs: 912, sendKbps: 0 },
            outbound: [{ ...OUT, limited: 'cpu' }],
        }), rates)).toEqual([
            { what: 'loss', bad: false, value: 6 },
            { what: 'delay', bad: true, value: 900 },
            { what: 'cpu', bad: false, value: 0 },
        ]);
    });

    it('take no loss from a handful of packets', () => {
        expect(symptoms(undefined, statistics(), { lossPercent: 50,
            packets: 8, sendKbps: 0, receiveKbps: 0 })).toEqual([]);
    });
});


describe('the watch over quality', () => {
    let watch: QualityWatch;

    const looks = (down: number, times: number) => {
        for (let i = 0; i < times; i++) {
            watch.graded([{ number: 1, up: 3, down },
                { number: 2, up: down, down: 3 }]);
            watch.look(1, statistics(), null);
            watch.weakOnes(1);
        }

        return watch.look(1, statistics(), null).map((one) =>
            one.what + (one.bad ? '!' : ''));
    };

    beforeEach(() => {
        watch = new QualityWatch();
    });

    it('says nothing of a moment', () => {
        watch.graded([{ number: 1, up: 3, down: 1 }]);
        expect(watch.look(1, statistics(), null)).toEqual([]);
        watch.graded([{ number: 1, up: 3, down: 3 }]);
        expect(watch.look(1, statistics(), null)).toEqual([]);
    });

    it('says what lasts, and keeps it for a while', () => {
        expect(looks(1, 2)).toEqual(['down!']);
        expect(looks(3, 1)).toEqual(['down!']);
        expect(looks(3, 2)).toEqual([]);
        expect(looks(2, 2)).toEqual(['down']);
    });

    it('keeps the identity of what is unchanged', () => {
        looks(1, 3);
        expect(watch.look(1, statistics(), null))
            .toBe(watch.look(1, statistics(), null));
    });

    it('names the others whose way up is bad', () => {
        looks(1, 1);
        expect(watch.weakOnes(1)).toEqual([2]);
        expect(watch.weakOnes(2)).toEqual([]);
        watch.graded([]);
        watch.weakOnes(1);
        watch.weakOnes(1);
        expect(watch.weakOnes(1)).toEqual([]);
    });
});


describe('pictures', () => {
    const around = { narrow: false, broken: false };
    const cam: Expected = { source: 9, screen: false, weak: false,
        state: null };
    let watch: PictureWatch;

    beforeEach(() => {
        watch = new PictureWatch();
        watch.look(0, [IN], [cam], around);
        watch.look(2_000, [{ ...IN, framesDecoded: 9, packets: 90 }], [cam],
            around);
    });

    const later = (ms: number, change: Partial<typeof around> = {},
        one: Expected = cam, packets = 90) =>
        watch.look(ms, [{ ...IN, framesDecoded: 9, packets }], [one],
            { ...around, ...change }).get(one.source);

    it('that move are not marked', () => {
        expect(later(4_000)).toBe(undefined);
    });

    it('that stand still are, with what is known of it', () => {
        expect(later(6_000)).toBe('still');
        expect(later(6_000, { narrow: true })).toBe('room');
        expect(later(6_000, {}, { ...cam, weak: true })).toBe('sender');
        expect(later(6_000, { broken: true, narrow: true })).toBe('link');
    });

    it('are marked as the server says', () => {
        const paused = { ...cam, state: 'paused' as const };

        expect(later(2_150, {}, paused)).toBe(undefined);
        expect(later(2_250, {}, paused)).toBe('room');
        expect(later(4_000, {}, paused)).toBe('room');
        expect(later(4_000, {}, { ...cam, state: 'unsupported' }))
            .toBe('codec');
    });

    it('are unmarked with the next frame', () => {
        expect(later(6_000)).toBe('still');
        expect(watch.look(8_000, [{ ...IN, framesDecoded: 10 }], [cam],
            around).size).toBe(0);
    });

    it('of a screen may stand still for long', () => {
        const slide = { ...cam, screen: true };

        expect(later(11_000, { narrow: true }, slide)).toBe(undefined);
        expect(later(13_000, { narrow: true }, slide)).toBe('room');
        expect(later(60_000, {}, slide)).toBe(undefined);
    });

    it('that arrive but never show are not decoded here', () => {
        const other = { ...cam, source: 13 };
        const row = { ...IN, source: 13, slot: 1 };
        const look = (ms: number, packets: number) =>
            watch.look(ms, [{ ...row, packets }], [other], around).get(13);

        look(0, 0);
        expect(look(4_000, 100)).toBe('still');
        expect(look(6_000, 100)).toBe('codec');
    });

    it('of others in the same slot are begun anew', () => {
        watch.look(20_000, [{ ...IN, source: 13 }],
            [{ ...cam, source: 13 }], around);
        expect(later(21_000)).toBe(undefined);
    });
});


describe('the report to the operator', () => {
    it('sums up what was received, and only every ten seconds', () => {
        const report = new PlaybackReport(0);
        const sound = { ...IN, kind: 'audio' as const, source: 8 };

        for (let i = 0; i <= 5; i++) {
            report.add(i * 2_000, [
                { ...IN, framesDecoded: 50 * i, freezes: i, frozenMs: 100 * i },
                { ...sound, samples: 96_000 * i, concealed: 5_280 * i,
                    silent: 480 * i },
            ], new Map());

            if (i < 5) {
                expect(report.take(i * 2_000)).toBe(null);
            }
        }

        expect(report.take(10_000)).toEqual({ type: 'report', freezes: 5,
            frozen_ms: 500, concealed_ms: 500, audio_ms: 9_950,
            video_ms: 10_000 });
        expect(report.take(20_000)).toBe(null);
    });

    it('leaves out what was marked as still, and other people', () => {
        const report = new PlaybackReport(0);
        const row = { ...IN, framesDecoded: 1 };

        report.add(0, [row], new Map());
        report.add(5_000, [{ ...row, freezes: 1, frozenMs: 5_000 }],
            new Map([[9, 'room']]));
        report.add(9_000, [{ ...row, source: 13, freezes: 2,
            frozenMs: 9_000 }], new Map());
        expect(report.take(10_000)).toBe(null);
    });
});


describe('saving data', () => {
    const shown = [
        { source: 7, height: 1080, priority: 0 },       /* screen of 1 */
        { source: 9, height: 360, priority: 1 },        /* camera of 2 */
        { source: 13, height: 360, priority: 2 },       /* of 3 */
    ];

    it('is off, small, or for the speaker alone', () => {
        const p = keep.DEFAULTS;

        expect(savingOf(p)).toBe('off');
        expect(savingOf({ ...p, speakerOnly: true })).toBe('off');
        expect(savingOf({ ...p, saveData: true })).toBe('small');
        expect(savingOf({ ...p, saveData: true, speakerOnly: true }))
            .toBe('speaker');
    });

    it('asks for small cameras first; screens stay', () => {
        const economy = new Economy();

        expect(economy.apply(shown, 'off', 0)).toEqual(shown);
        expect(economy.apply(shown, 'small', 0).map((one) => one.height))
            .toEqual([1080, 180, 180]);
        expect(economy.withheld).toEqual([]);
    });

    it('then for whoever speaks, or spoke last', () => {
        const economy = new Economy();
        const asked = (active: number) =>
            economy.apply(shown, 'speaker', active).map((one) => one.source);

        expect(asked(0)).toEqual([7]);
        expect(asked(3)).toEqual([7, 13]);
        expect(economy.withheld).toEqual([9]);
        expect(asked(0)).toEqual([7, 13]);
        expect(asked(5)).toEqual([7, 13]);
        expect(asked(2)).toEqual([7, 9]);
    });
});


describe('the watch', () => {
    it('looks every two seconds, tells and marks', async () => {
        const clock = new FakeClock();
        const reports: Json[] = [];
        let frames = 0;
        const watch = new Watch({
            clock,
            read: async () => statistics({ inbound: [{ ...IN,
                framesDecoded: frames, packets: 100 }] }),
            self: () => 1,
            saving: () => false,
            expected: () => [{ source: 9, screen: false, state: null }],
            broken: () => false,
            report: (report) => reports.push(report),
            keepBack: () => undefined,
        });

        watch.start();
        watch.graded([{ number: 1, up: 3, down: 1 }]);
        frames = 1;
        await clock.advance(5_900);
        expect(watch.troubles.value).toEqual([]);
        await clock.advance(4_200);
        expect(watch.troubles.value).toEqual(
            [{ what: 'down', bad: true, value: 0 }]);
        expect([...watch.notes.value]).toEqual([[9, 'room']]);

        watch.saved([13]);
        expect([...watch.notes.value]).toEqual([[9, 'room'], [13, 'saving']]);

        frames = 2;
        await clock.advance(2_000);
        watch.saved([]);
        expect(watch.notes.value.size).toBe(0);

        await clock.advance(10_000);
        expect(reports.length).toBe(2);
        watch.close();
        await clock.advance(60_000);
        expect(reports.length).toBe(2);
    });

    it('marks within a second what the server leaves out', async () => {
        const clock = new FakeClock();
        let reads = 0;
        let frames = 0;
        let state: Expected['state'] = null;
        const watch = new Watch({
            clock,
            read: async () => {
                reads++;
                frames += state === null ? 1 : 0;

                return statistics({ inbound: [{ ...IN, framesDecoded: frames,
                    packets: frames }] });
            },
            self: () => 1,
            saving: () => false,
            expected: () => [{ source: 9, screen: false, state }],
            broken: () => false,
            report: () => undefined,
            keepBack: () => undefined,
        });

        watch.start();
        await clock.advance(20_100);
        expect(reads).toBe(10);
        watch.changed();
        state = 'paused';
        watch.changed();
        await clock.advance(900);
        expect([...watch.notes.value]).toEqual([[9, 'room']]);

        state = null;
        watch.changed();
        await clock.advance(400);
        expect(watch.notes.value.size).toBe(0);

        /* not for ever so often */
        await clock.advance(10_000);
        reads = 0;
        await clock.advance(10_000);
        expect(reads).toBe(5);

        state = 'paused';
        watch.changed();
        watch.close();
        await clock.advance(10_000);
        expect(reads).toBe(5);
    });

    it('forgets a slow way up when the camera is off', async () => {
        const clock = new FakeClock();
        let bytes = 0;
        let camera = true;
        let cam = 0;
        const watch = new Watch({
            clock,
            read: async () => {
                bytes += 10_000;
                cam += camera ? 10_000 : 0;

                return statistics({ outbound: [
                    { ...OUT, kind: 'mic', bytes },
                    { ...OUT, bytes: cam, limited: 'cpu', lossPercent: 12 },
                ] });
            },
            self: () => 1,
            saving: () => false,
            expected: () => [],
            broken: () => false,
            report: () => undefined,
            keepBack: () => undefined,
        });

        watch.start();
        await clock.advance(14_000);
        expect(watch.troubles.value).toEqual([
            { what: 'loss', bad: true, value: 12 },
            { what: 'cpu', bad: false, value: 0 },
        ]);

        camera = false;
        await clock.advance(8_000);
        expect(watch.troubles.value).toEqual([]);
        watch.close();
    });
});


describe('figures', () => {
    it('are rates between two readings', () => {
        const at = (n: number) => ({ atMs: n * 1_000, statistics: statistics({
            inbound: [{ ...IN, bytes: 50_000 * n, packets: 95 * n, lost: 5 * n,
                waitedMs: 2_500 * n, emitted: 25 * n, freezes: n }],
            outbound: [
                { ...OUT, rid: 'l', height: 180, bytes: 12_500 * n },
                { ...OUT, rid: 'h', height: 720, bytes: 125_000 * n,
                    limited: 'bandwidth' },
                { ...OUT, kind: 'screen' },
            ],
            sending: { rttMs: 40, sendKbps: 1_200 },
        }) });

        expect(figures(at(1), at(2))).toEqual({
            receiving: { kbps: 400, rttMs: 20, roomKbps: 0, lossPercent: 5 },
            sending: { kbps: 1_100, rttMs: 40, roomKbps: 1_200,
                lossPercent: 0 },
            sent: [{ kind: 'cam', codec: 'VP8', limited: 'bandwidth',
                lossPercent: 0, layers: [
                    { kbps: 1_000, width: 640, height: 720, fps: 25 },
                    { kbps: 100, width: 640, height: 180, fps: 25 },
                ] }],
            received: [{ number: 2, kind: 'cam', codec: 'VP8', kbps: 400,
                lossPercent: 5, width: 640, height: 360, fps: 25, freezes: 2,
                frozenMs: 0, bufferMs: 100 }],
        });
    });

    it('say nothing of a source that just came into its slot', () => {
        const at = (n: number, source: number) => ({ atMs: n * 1_000,
            statistics: statistics({ inbound: [{ ...IN, source,
                bytes: 1_000 * n }] }) });

        expect(figures(at(1, 13), at(2, 9)).received).toEqual([]);
        expect(figures(at(2, 9), at(3, 9)).received.length).toBe(1);
    });
});
