import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../net/fake';
import { FakeMedia } from './fake';
import { type SlotView, STEPS, Subscriber } from './subscribe';

let clock: FakeClock;
let media: FakeMedia;


beforeEach(() => {
    clock = new FakeClock();
    media = new FakeMedia(clock);
});


describe('subscribing', () => {
    let subscriber: Subscriber;
    let slots: readonly SlotView[];

    beforeEach(async () => {
        subscriber = new Subscriber(media.options(), STEPS.desk,
            (one) => ({ track: one }) as unknown as MediaStream,
            (next) => { slots = next; });
        subscriber.connection.welcomed(false);
        subscriber.start(1, 0);
        await clock.advance(0);
    });

    it('offers eight pairs and two for sound', () => {
        const said = media.asked[0]!['slots'] as object[];

        expect(said.length).toBe(10);
        expect(said[0]).toEqual({ slot: 0, audio: '0', video: '1' });
        expect(said[9]).toEqual({ slot: 9, audio: '17' });
        expect(media.peer.transceivers.every((one) =>
            one.init.direction === 'recvonly')).toBe(true);
    });

    it('keeps back what is there and what comes', async () => {
        const targets = (): unknown[] => media.peer.transceivers
            .map((one) => one.receiver.jitterBufferTarget);

        subscriber.keepBack(80);
        expect(targets()).toEqual(Array(18).fill(80));
        subscriber.need(9);
        await clock.advance(0);
        expect(targets()).toEqual(Array(34).fill(80));
        subscriber.keepBack(0);
        expect(targets()).toEqual(Array(34).fill(null));
    });

    describe('while the session comes up', () => {
        let early: FakeMedia;
        let one: Subscriber;

        beforeEach(async () => {
            early = new FakeMedia(clock);
            one = new Subscriber(early.options(), STEPS.desk,
                () => ({}) as MediaStream, () => undefined);
            one.ahead();
            await clock.advance(0);
            expect(early.peer.offers.length).toBe(1);
            expect(early.asked.length).toBe(0);
            expect(early.states).toEqual([]);
        });

        function said(): object[] {
            return early.asked[0]!['slots'] as object[];
        }

        it('makes what it says then', async () => {
            one.connection.welcomed(false);
            one.start(3, 32);
            await clock.advance(0);
            expect(early.peers.length).toBe(1);
            expect(early.peer.offers.length).toBe(1);
            expect(early.asked).toMatchObject([{ sdp: 'offer 1' }]);
            expect(said().length).toBe(10);

            early.peer.become('connected');
            expect(early.states).toEqual(['connecting', 'up']);
        });

        it('makes it anew for many, and for a server of few', async () => {
            one.connection.welcomed(false);
            one.start(9, 0);
            await clock.advance(0);
            expect(early.peers.map((peer) => peer.closed))
                .toEqual([true, false]);
            expect(said().length).toBe(18);
        });

        it('keeps to what the server takes', async () => {
            one.connection.welcomed(false);
            one.start(1, 5);
            await clock.advance(0);
            expect(said().length).toBe(5);
        });

        it('makes it anew after waiting', async () => {
            one.wait();
            expect(early.peer.closed).toBe(true);
            one.connection.welcomed(false);
            one.start(1, 0);
            await clock.advance(0);
            expect(early.peers.length).toBe(2);
            expect(said().length).toBe(10);
        });

        it('makes it anew in another network', async () => {
            one.connection.moved();
            expect(early.peer.closed).toBe(true);
            one.connection.welcomed(false);
            one.start(1, 0);
            await clock.advance(0);
            expect(early.asked.length).toBe(1);
        });
    });

    it('grows twice and no more', async () => {
        subscriber.need(8);
        await clock.advance(0);
        expect(media.offers).toBe(1);

        subscriber.need(9);
        await clock.advance(0);
        subscriber.need(30);
        await clock.advance(0);
        subscriber.need(60);
        subscriber.need(2);
        await clock.advance(0);
        expect(media.offers).toBe(3);

        const said = media.asked[2]!['slots'] as object[];

        expect(said.length).toBe(26);
        expect(said[25]).toEqual({ slot: 25, audio: '48', video: '49' });
    });

    it('keeps to what the server takes', async () => {
        const small = new FakeMedia(clock);
        const one = new Subscriber(small.options(), STEPS.desk,
            () => ({}) as MediaStream, () => undefined);

        one.connection.welcomed(false);
        one.start(24, 20);
        await clock.advance(0);
        expect((small.asked[0]!['slots'] as object[]).length).toBe(20);
    });

    it('shows a picture when it is that person\'s', async () => {
        const video = media.peer.transceivers[1]!;

        /* nobody was there before */
        subscriber.assign([{ slot: 0, audio: 4, video: 5 }]);
        expect(slots[0]).toMatchObject({ audioSource: 4, videoSource: 5 });
        expect(slots[0]!.video).not.toBe(null);
        video.sources = [{ source: 5, timestamp: 10 }];

        const stream = slots[0]!.video;

        /* somebody else gets the slot; the old picture is still in it */
        subscriber.assign([{ slot: 0, audio: 8, video: 9 }]);
        expect(slots[0]!.video).toBe(null);
        await clock.advance(200);
        expect(slots[0]!.video).toBe(null);

        video.sources.push({ source: 9, timestamp: 11 });
        await clock.advance(50);
        expect(slots[0]!.video).toBe(stream);
    });

    it('never shows somebody\'s picture under another name', async () => {
        const video = media.peer.transceivers[1]!;

        video.sources = [{ source: 5, timestamp: 10 }];
        subscriber.assign([{ slot: 0, audio: 4, video: 5 }]);
        subscriber.assign([{ slot: 0, audio: 8, video: 9 }]);
        video.sources = [];
        await clock.advance(5_000);
        expect(slots[0]!.video).toBe(null);

        video.sources = [{ source: 9, timestamp: 11 }];
        await clock.advance(250);
        expect(slots[0]!.video).not.toBe(null);
    });

    it('does not wait for ever where the browser does not tell', async () => {
        subscriber.assign([{ slot: 0, audio: 4, video: 5 }]);
        subscriber.assign([{ slot: 0, audio: 8, video: 9 }]);
        expect(slots[0]!.video).toBe(null);
        await clock.advance(800);
        expect(slots[0]!.video).not.toBe(null);
    });

    it('empties slots that are no longer named', () => {
        subscriber.assign([{ slot: 3, audio: 4, video: null }]);
        subscriber.assign([]);
        expect(slots.every((one) => one.audioSource === 0)).toBe(true);
    });

    it('needs no offer for all that', async () => {
        for (let i = 0; i < 50; i++) {
            subscriber.assign([{ slot: i % 8, audio: 4 * i, video: 4 * i }]);
        }

        await clock.advance(5_000);
        expect(media.offers).toBe(1);
    });
});
