import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../net/fake';
import type { Kind } from '../net/wire';
import { FakeMedia, FakeTrack } from './fake';
import { CAMERA, CAMERA_SAVING, Publisher } from './publish';


describe('layers and codecs', () => {
    let clock: FakeClock;
    let media: FakeMedia;
    let publisher: Publisher;

    const track = (kind: string): MediaStreamTrack =>
        new FakeTrack(kind).asTrack();

    beforeEach(() => {
        clock = new FakeClock();
        media = new FakeMedia(clock);
        publisher = new Publisher(media.options());
        publisher.connection.welcomed(false);
        publisher.allow(new Set<Kind>(
            ['mic', 'cam', 'screen-audio', 'screen']));
    });


    it('rests layers that nobody needs', async () => {
        publisher.setTrack('cam', track('video'));
        await clock.advance(0);

        const cam = media.peer.transceivers[1]!;
        const active = (): unknown[] => cam.parameters.at(-1)!.encodings
            .map((one) => one.active);

        publisher.setWanted([{ source: 5, active: [true, false, true] }]);
        await clock.advance(0);
        expect(active()).toEqual([true, false, true]);

        publisher.setEncoding('cam', CAMERA_SAVING);
        publisher.setWanted([{ source: 5, active: [false, true, true] }]);
        await clock.advance(0);
        expect(active()).toEqual([true, false, false]);

        /* another connection begins with all */
        publisher.setEncoding('cam', CAMERA);
        publisher.connection.replace();
        await clock.advance(0);
        expect(media.peers.length).toBe(2);
        expect(media.peer.transceivers[1]!.parameters.at(-1)!.encodings
            .map((one) => one.active)).toEqual([true, true, true]);
        expect(media.offers).toBe(2);
    });

    it('takes another connection for another codec', async () => {
        vi.stubGlobal('RTCRtpSender', {
            getCapabilities: () => ({ codecs: [{ mimeType: 'video/VP8' },
                { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' }] }),
        });
        publisher.setTrack('cam', track('video'));
        await clock.advance(0);
        publisher.setCodec('av1');      /* which this browser has not */
        await clock.advance(0);
        expect(media.offers).toBe(1);

        publisher.setCodec('vp9');
        await clock.advance(0);
        expect(media.peers.length).toBe(2);
        expect(media.peer.transceivers[1]!.init.sendEncodings)
            .toMatchObject([{ scalabilityMode: 'L3T3_KEY' }]);

        publisher.setCodec('vp8');
        await clock.advance(0);
        expect(media.peer.transceivers[1]!.init.sendEncodings!.length).toBe(3);
        vi.unstubAllGlobals();
    });
});
