import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../net/fake';
import type { Kind } from '../net/wire';
import { FakeTrack } from '../rtc/fake';
import { DEFAULTS } from './keep';
import { MediaModel } from './media';
import type { Preferences } from './types';

let clock: FakeClock;
let preferences: Preferences;
let granted: boolean;
let asked: MediaStreamConstraints[];
let refuse: string | null;
let display: (() => FakeTrack[]) | null;
let media: MediaModel;

/* What a call would be given. */
const sent = new Map<Kind, MediaStreamTrack | null>();
const sink = {
    track: (kind: Kind, track: MediaStreamTrack | null) =>
        void sent.set(kind, track),
    encoding: () => undefined,
};


class FakeStream {
    constructor(readonly tracks: FakeTrack[]) {}

    getTracks(): FakeTrack[] {
        return this.tracks;
    }

    getVideoTracks(): FakeTrack[] {
        return this.tracks.filter((track) => track.kind === 'video');
    }

    getAudioTracks(): FakeTrack[] {
        return this.tracks.filter((track) => track.kind === 'audio');
    }
}


beforeEach(() => {
    vi.stubGlobal('MediaStream', FakeStream);
    clock = new FakeClock();
    preferences = DEFAULTS;
    granted = true;
    asked = [];
    refuse = null;
    display = null;
    sent.clear();

    const devices = {
        enumerateDevices: async () => [
            { kind: 'audioinput', deviceId: 'a', label: 'Mic' },
            { kind: 'videoinput', deviceId: '', label: '' },
        ],
        getUserMedia: async (constraints: MediaStreamConstraints) => {
            asked.push(constraints);

            if (refuse !== null) {
                throw Object.assign(new Error('no'), { name: refuse });
            }

            return new FakeStream(Object.keys(constraints)
                .map((kind) => new FakeTrack(kind)));
        },
        getDisplayMedia: async () => {
            if (display === null) {
                throw Object.assign(new Error('no'),
                    { name: 'NotAllowedError' });
            }

            return new FakeStream(display());
        },
    };

    media = new MediaModel({
        clock,
        devices: devices as unknown as MediaDevices,
        granted: async () => granted,
        preferences: () => preferences,
        setPreferences: (change) => {
            preferences = { ...preferences, ...change };
        },
        canChooseSpeaker: false,
    });
});


async function done<T>(work: Promise<T>): Promise<T> {
    await clock.advance(0);
    await clock.advance(0);
    return work;
}


describe('before the call', () => {
    it('asks for both with one question', async () => {
        const both = Promise.all([media.setMic(true), media.setCam(true)]);

        expect(await done(both)).toEqual([true, true]);
        expect(asked.length).toBe(1);
        expect(Object.keys(asked[0]!).sort()).toEqual(['audio', 'video']);
    });

    it('turns on by itself only what needs no question', async () => {
        granted = false;
        await done(media.resume());
        expect(asked).toEqual([]);

        granted = true;
        preferences = { ...preferences, camOn: false };
        await done(media.resume());
        expect(asked.map((one) => Object.keys(one))).toEqual([['audio']]);
    });

    it('lets the microphone go when it is turned off', async () => {
        await done(media.setMic(true));

        const track = media.live('mic') as unknown as FakeTrack;

        await done(media.setMic(false));
        expect(track.readyState).toBe('ended');
        expect(media.mic.value.state).toBe('off');
        expect(preferences.micOn).toBe(false);
    });

    it('says why there is no device', async () => {
        refuse = 'NotFoundError';
        expect(await done(media.setCam(true))).toBe(false);
        expect(media.cam.value).toMatchObject(
            { state: 'failed', error: 'none' });
        expect(media.camOn.value).toBe(false);
    });

    it('lists devices it can name', async () => {
        await clock.advance(0);
        expect(media.microphones.value).toEqual([{ id: 'a', label: 'Mic' }]);
        expect(media.cameras.value).toEqual([]);
        expect(media.speakers.value).toEqual([]);
    });
});


describe('in the call', () => {
    beforeEach(async () => {
        await done(Promise.all([media.setMic(true), media.setCam(true)]));
        media.attach(sink);
    });

    it('hands over what was on', () => {
        expect(sent.get('mic')).toBe(media.live('mic'));
        expect(sent.get('cam')).toBe(media.live('cam'));
        expect(sent.get('screen')).toBe(null);
    });

    it('mutes without letting the microphone go', async () => {
        const track = media.live('mic');

        await done(media.setMic(false));
        expect(sent.get('mic')).toBe(null);
        expect(track!.readyState).toBe('live');

        await done(media.setMic(true));
        expect(sent.get('mic')).toBe(track);
        expect(asked.length).toBe(1);
    });

    it('lets the camera go, so that its light goes out', async () => {
        const track = media.live('cam');

        await done(media.setCam(false));
        expect(sent.get('cam')).toBe(null);
        expect(track!.readyState).toBe('ended');
    });

    it('sends the other device once it is there', async () => {
        const before = sent.get('mic');

        await done(media.chooseMicrophone('b'));
        expect(asked.at(-1)).toMatchObject(
            { audio: { deviceId: { exact: 'b' } } });
        expect(sent.get('mic')).not.toBe(before);
        expect(sent.get('mic')).toBe(media.live('mic'));
    });

    it('takes over preferences while it runs', async () => {
        const before = preferences;

        preferences = { ...before, saveData: true, noiseSuppression: false };
        media.preferred(before, preferences);
        await done(Promise.resolve());
        expect(asked.at(-1)).toMatchObject({
            audio: { noiseSuppression: false },
            video: { width: { ideal: 320 } } });
    });

    it('lets everything go at the end', () => {
        const tracks = [media.live('mic')!, media.live('cam')!];

        media.attach(null);
        media.release();
        expect(tracks.map((track) => track.readyState))
            .toEqual(['ended', 'ended']);

        /* but would turn on again next time */
        expect(preferences).toMatchObject({ micOn: true, camOn: true });
    });
});


describe('sharing', () => {
    beforeEach(() => media.attach(sink));

    it('sends picture and sound', async () => {
        display = () => [new FakeTrack('video'), new FakeTrack('audio')];
        expect(await done(media.share())).toBe(true);
        expect(sent.get('screen')!.contentHint).toBe('detail');
        expect(sent.get('screen-audio')).not.toBe(null);
        expect(media.screenAudio.value).toBe(true);

        media.stopShare();
        expect(sent.get('screen')).toBe(null);
        expect(sent.get('screen-audio')).toBe(null);
        expect(media.screen.value.state).toBe('off');
    });

    it('goes on with another source without a pause', async () => {
        display = () => [new FakeTrack('video')];
        await done(media.share());

        const first = sent.get('screen') as unknown as FakeTrack;

        await done(media.share());
        expect(sent.get('screen')).not.toBe(first);
        expect(first.readyState).toBe('ended');
        expect(media.screen.value.state).toBe('on');

        /* who dismisses the picker keeps what is shared */
        display = null;
        expect(await done(media.share())).toBe(false);
        expect(media.screen.value.state).toBe('on');
    });

    it('is asked for once', async () => {
        display = () => [new FakeTrack('video')];

        const first = media.share();

        expect(await done(media.share())).toBe(false);
        expect(await done(first)).toBe(true);
    });

    it('is let go of where the call has ended meanwhile', async () => {
        const track = new FakeTrack('video');

        display = () => [track];

        const asked = media.share();

        media.attach(null);
        expect(await done(asked)).toBe(false);
        expect(track.readyState).toBe('ended');
        expect(media.screen.value.state).toBe('off');
    });

    it('ends when the browser\'s own button is pressed', async () => {
        display = () => [new FakeTrack('video')];
        await done(media.share());
        (sent.get('screen') as unknown as FakeTrack).onended!();
        expect(sent.get('screen')).toBe(null);
        expect(media.screen.value.state).toBe('off');
    });

    it('is no error when somebody changes their mind', async () => {
        expect(await done(media.share())).toBe(false);
        expect(media.screen.value).toMatchObject(
            { state: 'off', error: null });
    });

    it('shows films as films', async () => {
        display = () => [new FakeTrack('video')];
        await done(media.share());
        media.setMotion(true);
        await clock.advance(0);
        expect(sent.get('screen')!.contentHint).toBe('motion');
    });
});
