import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../net/fake';
import type { Kind } from '../net/wire';
import { preferred } from './codecs';
import { FakeMedia, FakeTrack } from './fake';
import { LevelJudge, loudness } from './level';
import { CAMERA, CAMERA_SAVING, Publisher } from './publish';
import { rates } from './stats';

let clock: FakeClock;
let media: FakeMedia;

const ALL = new Set<Kind>(['mic', 'cam', 'screen-audio', 'screen']);


beforeEach(() => {
    clock = new FakeClock();
    media = new FakeMedia(clock);
});


function track(kind: string): MediaStreamTrack {
    return new FakeTrack(kind).asTrack();
}


describe('publishing', () => {
    let publisher: Publisher;

    beforeEach(() => {
        publisher = new Publisher(media.options());
        publisher.connection.welcomed(false);
        publisher.allow(ALL);
    });

    it('opens no connection for a listener', async () => {
        await clock.advance(60_000);
        expect(media.peers.length).toBe(0);
    });

    it('offers every kind once, with the first track', async () => {
        const mic = track('audio');

        publisher.setTrack('mic', mic);
        await clock.advance(0);
        expect(media.asked).toEqual([{
            type: 'publish', revision: 100, sdp: 'offer 1', tracks: [
                { mid: '0', kind: 'mic' }, { mid: '1', kind: 'cam' },
                { mid: '2', kind: 'screen-audio' },
                { mid: '3', kind: 'screen' },
            ],
        }]);
        expect(media.peer.transceivers.map((one) => one.init.direction))
            .toEqual(Array(4).fill('sendonly'));
        expect(media.peer.transceivers[0]!.sender.track).toBe(mic);
    });

    it('shares ten times without another offer', async () => {
        publisher.setTrack('mic', track('audio'));
        await clock.advance(0);
        media.peer.become('connected');

        for (let i = 0; i < 10; i++) {
            publisher.setTrack('screen', track('video'));
            publisher.setTrack('mic', null);
            await clock.advance(0);
            publisher.setTrack('screen', null);
            await clock.advance(0);
        }

        expect(media.offers).toBe(1);
        expect(media.peer.transceivers[3]!.replaced.length).toBe(20);
        expect(media.peer.transceivers[3]!.sender.track).toBe(null);
    });

    it('adds what the rights add, and stops what they take', async () => {
        publisher.allow(new Set<Kind>(['mic']));
        publisher.setTrack('mic', track('audio'));
        publisher.setTrack('cam', track('video'));
        await clock.advance(0);
        expect(media.asked[0]!['tracks']).toEqual([{ mid: '0', kind: 'mic' }]);

        publisher.allow(new Set<Kind>(['mic', 'cam']));
        await clock.advance(0);
        expect(media.asked[1]).toMatchObject({ revision: 101,
            tracks: [{ mid: '0', kind: 'mic' }, { mid: '1', kind: 'cam' }] });

        publisher.allow(new Set<Kind>(['cam']));
        await clock.advance(0);
        expect(media.peer.transceivers[0]!.sender.track).toBe(null);
        expect(media.peer.transceivers[0]!.direction).toBe('inactive');
        expect(media.offers).toBe(2);

        /* another offer has said so by the time it is given back */
        publisher.connection.negotiate();
        await clock.advance(0);
        publisher.allow(new Set<Kind>(['mic', 'cam']));
        await clock.advance(0);
        expect(media.peer.transceivers[0]!.direction).toBe('sendonly');
        expect(media.offers).toBe(4);
    });

    it('ends with the last right and comes back with the first', async () => {
        publisher.setTrack('mic', track('audio'));
        await clock.advance(0);
        publisher.allow(new Set());
        expect(media.peer.closed).toBe(true);
        await clock.advance(60_000);
        expect(media.offers).toBe(1);

        publisher.allow(ALL);
        publisher.setTrack('mic', track('audio'));
        await clock.advance(0);
        expect(media.offers).toBe(2);
    });

    it('limits a screen to few pictures in full size', async () => {
        publisher.setTrack('screen', track('video'));
        await clock.advance(0);
        expect(media.peer.transceivers[3]!.parameters.at(-1)).toEqual({
            degradationPreference: 'maintain-resolution',
            encodings: [{ active: true, maxBitrate: 2_500_000,
                maxFramerate: 5, scaleResolutionDownBy: 1 }],
        });
    });

    it('sends a camera in three sizes, or in one to save data', async () => {
        publisher.setTrack('cam', track('video'));
        await clock.advance(0);

        const cam = media.peer.transceivers[1]!;

        expect(cam.init.sendEncodings!.map((one) =>
            [one.rid, one.scaleResolutionDownBy])).toEqual(
            [['l', 4], ['m', 2], ['h', 1]]);

        publisher.setEncoding('cam', CAMERA_SAVING);
        await clock.advance(0);
        expect(cam.parameters.at(-1)!.encodings).toMatchObject([
            { rid: 'l', active: true, scaleResolutionDownBy: 1 },
            { rid: 'm', active: false }, { rid: 'h', active: false },
        ]);

        publisher.setEncoding('cam', CAMERA);
        await clock.advance(0);
        expect(cam.parameters.at(-1)!.encodings.map((one) =>
            [one.active, one.scaleResolutionDownBy, one.maxBitrate]))
            .toEqual([[true, 4, 120_000], [true, 2, 400_000],
                [true, 1, 1_500_000]]);
        expect(media.offers).toBe(1);
    });

    it('stays with one size where it began with one', async () => {
        publisher.setEncoding('cam', CAMERA_SAVING);
        publisher.setTrack('cam', track('video'));
        await clock.advance(0);
        publisher.setEncoding('cam', CAMERA);
        await clock.advance(0);
        expect(media.peer.transceivers[1]!.parameters.at(-1)!.encodings)
            .toMatchObject([{ active: true, scaleResolutionDownBy: 2,
                maxBitrate: 400_000 }]);
    });

    it('puts the tracks into the next connection too', async () => {
        const mic = track('audio');

        publisher.setTrack('mic', mic);
        await clock.advance(0);
        media.peer.become('connected');
        publisher.connection.welcomed(false);
        expect(media.states).toEqual(['connecting', 'up', 'connecting']);
        await clock.advance(0);
        expect(media.peers.length).toBe(2);
        expect(media.peers[0]!.closed).toBe(true);
        expect(media.peer.transceivers[0]!.sender.track).toBe(mic);
        expect(media.asked[1]).toMatchObject({ revision: 101 });
    });
});


describe('a connection', () => {
    let publisher: Publisher;

    beforeEach(async () => {
        publisher = new Publisher(media.options());
        publisher.connection.welcomed(false);
        publisher.allow(ALL);
        publisher.setTrack('mic', track('audio'));
        await clock.advance(0);
    });

    it('has one negotiation in flight', async () => {
        media.silent = true;
        publisher.connection.negotiate();
        publisher.connection.negotiate();
        await clock.advance(0);
        publisher.connection.negotiate();
        await clock.advance(0);
        expect(media.offers).toBe(2);

        media.answer();
        await clock.advance(0);
        expect(media.offers).toBe(3);

        media.answer();
        await clock.advance(0);
        expect(media.offers).toBe(3);
    });

    it('restarts ICE first, then starts anew', async () => {
        media.peer.become('connected');
        media.peer.become('failed');
        await clock.advance(0);
        expect(media.peers.length).toBe(1);
        expect(media.peer.offers).toEqual([{}, { iceRestart: true }]);
        expect(media.states).toEqual(['connecting', 'up', 'trouble']);

        await clock.advance(8_000);
        expect(media.peers[0]!.closed).toBe(true);
        await clock.advance(1_000);
        expect(media.peers.length).toBe(2);

        media.peer.become('connected');
        expect(media.states.at(-1)).toBe('up');
    });

    it('waits a little before it doubts', async () => {
        media.peer.become('connected');
        media.peer.become('disconnected');
        await clock.advance(1_900);
        media.peer.become('connected');
        await clock.advance(10_000);
        expect(media.offers).toBe(1);
    });

    it('does not wait when the network has changed', async () => {
        publisher.connection.moved();
        await clock.advance(0);
        expect(media.offers).toBe(1);

        media.peer.become('connected');
        publisher.connection.lost();
        publisher.connection.moved();
        await clock.advance(0);
        expect(media.offers).toBe(1);

        publisher.connection.welcomed(true);
        await clock.advance(0);
        expect(media.peer.offers).toEqual([{}, { iceRestart: true }]);
    });

    it('starts anew when it never comes up, ever more slowly', async () => {
        await clock.advance(120_000);
        expect(media.peers.length).toBeGreaterThan(3);
        expect(media.peers.length).toBeLessThan(12);
        expect(media.peers.flatMap((peer) => peer.offers))
            .not.toContainEqual({ iceRestart: true });
    });

    it('tries nothing while the session is away', async () => {
        media.peer.become('connected');
        publisher.connection.lost();
        media.peer.become('failed');
        await clock.advance(60_000);
        expect(media.offers).toBe(1);

        publisher.connection.welcomed(true);
        await clock.advance(0);
        expect(media.peers.length).toBe(2);
        expect(media.peer.offers).toEqual([{}]);
    });

    it('restarts ICE after a short absence', async () => {
        media.peer.become('connected');
        publisher.connection.lost();
        media.peer.become('disconnected');
        await clock.advance(19_000);
        publisher.connection.welcomed(true);
        await clock.advance(0);
        expect(media.peers.length).toBe(1);
        expect(media.peer.offers.at(-1)).toEqual({ iceRestart: true });
    });

    it('goes on untouched when the server still has it', async () => {
        media.peer.become('connected');
        publisher.connection.lost();
        publisher.connection.welcomed(true);
        await clock.advance(60_000);
        expect(media.offers).toBe(1);
        expect(media.peers.length).toBe(1);
    });

    it('asks again what was lost with a line', async () => {
        media.failures = ['not-connected'];
        publisher.connection.negotiate();
        await clock.advance(499);
        expect(media.offers).toBe(2);
        await clock.advance(1);
        expect(media.offers).toBe(3);
        expect(media.peers.length).toBe(1);
    });

    it('raises a refused revision', async () => {
        media.failures = ['revision'];
        publisher.connection.negotiate();
        await clock.advance(0);
        expect(media.asked.map((one) => one['revision']))
            .toEqual([100, 101, 162]);
    });

    it('starts anew after a refused offer', async () => {
        media.failures = ['bad-offer', 'bad-offer'];
        publisher.connection.negotiate();
        await clock.advance(0);
        expect(media.states.at(-1)).toBe('trouble');
        await clock.advance(1_000);
        expect(media.peers.length).toBe(2);
        await clock.advance(1_999);
        expect(media.peers.length).toBe(2);
        await clock.advance(1);
        expect(media.peers.length).toBe(3);
    });

    it('offers less when a right was taken meanwhile', async () => {
        media.failures = ['forbidden'];
        publisher.allow(new Set<Kind>(['mic']));
        publisher.connection.negotiate();
        await clock.advance(1_000);
        expect(media.asked.at(-1)!['tracks'])
            .toEqual([{ mid: '0', kind: 'mic' }]);
    });

    it('ends for good', async () => {
        publisher.connection.close();
        publisher.connection.welcomed(false);
        await clock.advance(60_000);
        expect(media.peers.length).toBe(1);
        expect(media.peer.closed).toBe(true);
        expect(media.states.at(-1)).toBe('idle');
    });
});


describe('codecs', () => {
    const all = [
        { mimeType: 'video/rtx' },
        { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;'
            + 'packetization-mode=0;profile-level-id=42e01f' },
        { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;'
            + 'packetization-mode=1;profile-level-id=42e01f' },
        { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;'
            + 'packetization-mode=1;profile-level-id=64001f' },
        { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' },
        { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
        { mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=0;tier=0' },
        { mimeType: 'video/VP8' },
        { mimeType: 'video/red' },
        { mimeType: 'video/ulpfec' },
    ];

    it('are few, VP8 first, with retransmission', () => {
        const chosen = preferred(all, 'video', 'receive');

        expect(chosen.map((one) => one.mimeType)).toEqual(['video/VP8',
            'video/VP9', 'video/AV1', 'video/H264', 'video/rtx']);
        expect(chosen[3]!.sdpFmtpLine).toContain('packetization-mode=1');
    });

    it('are left to a browser that knows none of ours', () => {
        expect(preferred([{ mimeType: 'video/rtx' }], 'video', 'send'))
            .toEqual([]);
    });

    it('of sound are Opus', () => {
        expect(preferred([{ mimeType: 'audio/red' },
            { mimeType: 'audio/opus' }, { mimeType: 'audio/PCMU' }],
        'audio', 'send')).toEqual([{ mimeType: 'audio/opus' }]);
        expect(preferred([{ mimeType: 'audio/red' },
            { mimeType: 'audio/opus' }, { mimeType: 'audio/PCMU' }],
        'audio', 'receive')).toEqual([{ mimeType: 'audio/opus' },
            { mimeType: 'audio/red' }]);
    });
});


describe('the level', () => {
    function make() {
        const said: string[] = [];
        const level = new LevelJudge(clock, {
            level: () => undefined,
            silent: (on) => said.push(on ? 'silent' : 'sound'),
            speaking: (on) => said.push(on ? 'speaks' : 'stops'),
        });

        return { said, hear: async (value: number, ms: number) => {
            for (let at = 0; at < ms; at += 66) {
                level.hear(value);
                await clock.advance(66);
            }
        } };
    }

    it('measures decibels', () => {
        expect(loudness(new Float32Array(100))).toBe(0);
        expect(loudness(new Float32Array(100).fill(1))).toBe(1);
        expect(loudness(new Float32Array(100).fill(0.0316)))
            .toBeCloseTo(0.5, 2);
        expect(loudness(new Float32Array(100).fill(1e-5))).toBe(0.001);
    });

    it('tells speech from a cough', async () => {
        const { said, hear } = make();

        await hear(0.6, 200);
        await hear(0.1, 1_000);
        expect(said).toEqual([]);
        await hear(0.6, 700);
        expect(said).toEqual(['speaks']);
        await hear(0.1, 1_000);
        expect(said).toEqual(['speaks']);
        await hear(0.1, 2_500);
        expect(said).toEqual(['speaks', 'stops']);
    });

    it('names a dead microphone, but not a quiet room', async () => {
        const { said, hear } = make();

        await hear(0.001, 10_000);
        expect(said).toEqual([]);
        await hear(0, 3_300);
        expect(said).toEqual(['silent']);
        await hear(0.001, 66);
        expect(said).toEqual(['silent', 'sound']);
    });
});


describe('rates', () => {
    const at = (atMs: number, packets: number, lost: number, sound = 0,
        soundLost = 0) => ({ atMs, sent: packets * 100,
        received: packets * 100, packets, lost, sound, soundLost });

    it('come from two readings', () => {
        expect(rates(at(0, 0, 0), at(1_000, 950, 50))).toEqual({
            lossPercent: 5, packets: 1_000, sendKbps: 760,
            receiveKbps: 760 });
    });

    it('tell loss by sound, which is not sent again', () => {
        expect(rates(at(0, 0, 0), at(1_000, 985, 15, 85, 15))!.lossPercent)
            .toBe(15);
        expect(rates(at(0, 0, 0), at(1_000, 985, 15, 20, 15))!.lossPercent)
            .toBe(1.5);
    });

    it('say nothing over a new connection', () => {
        expect(rates(at(0, 900, 0), at(1_000, 10, 0))).toBe(null);
        expect(rates(at(5, 0, 0), at(5, 0, 0))).toBe(null);
    });
});
