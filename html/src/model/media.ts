/*
 * Own devices as the pages see them, the same before and in the call.  Who
 * wants the tracks (the publish connection) attaches a sink.
 */

import { batch, signal } from '@preact/signals';

import type { Clock } from '../net/clock';
import type { Kind } from '../net/wire';
import { Capturer, OFF, Source } from '../rtc/capture';
import { LevelMeter } from '../rtc/level';
import {
    CAMERA, CAMERA_SAVING, type Encoding, SCREEN, SCREEN_MOTION,
} from '../rtc/publish';
import * as screen from '../rtc/screen';
import type { Capture, Device, Media, Preferences } from './types';

export interface Sink {
    track(kind: Kind, track: MediaStreamTrack | null): void;
    encoding(kind: Kind, encoding: Encoding): void;
}

export interface MediaOptions {
    readonly clock: Clock;
    readonly devices: MediaDevices | undefined;
    /* asks the browser whether a question would come; may be absent */
    readonly granted: (input: 'microphone' | 'camera') => Promise<boolean>;
    readonly preferences: () => Preferences;
    readonly setPreferences: (change: Partial<Preferences>) => void;
    /* <audio>.setSinkId exists */
    readonly canChooseSpeaker: boolean;
}

const LISTENER: Sink = { track: () => undefined, encoding: () => undefined };


export class MediaModel implements Media {
    readonly cameras = signal<readonly Device[]>([]);
    readonly microphones = signal<readonly Device[]>([]);
    readonly speakers = signal<readonly Device[]>([]);
    readonly mic = signal<Capture>(OFF);
    readonly cam = signal<Capture>(OFF);
    readonly screen = signal<Capture>(OFF);
    readonly micOn = signal(false);
    readonly camOn = signal(false);
    readonly level = signal(0);
    readonly silent = signal(false);
    readonly talkingMuted = signal(false);
    readonly screenAudio = signal(false);
    readonly motion = signal(false);
    readonly canShare: boolean;

    private sink = LISTENER;
    private share_: screen.Share | null = null;
    private speaking = false;
    private readonly microphone: Source;
    private readonly camera: Source;
    private readonly meter: LevelMeter;


    constructor(private readonly options: MediaOptions) {
        const capturer = new Capturer(options.devices, options.clock);

        this.canShare = screen.canShare(options.devices);
        this.microphone = new Source('audio', capturer,
            (any) => microphoneConstraints(options.preferences(), any),
            (value) => this.micChanged(value));
        this.camera = new Source('video', capturer,
            (any) => cameraConstraints(options.preferences(), any),
            (value) => this.camChanged(value));
        this.meter = new LevelMeter(options.clock, {
            level: (level) => { this.level.value = level; },
            silent: (silent) => { this.silent.value = silent; },
            speaking: (speaking) => {
                this.speaking = speaking;
                this.hint();
            },
        });

        options.devices?.addEventListener?.('devicechange',
            () => void this.enumerate());
        void this.enumerate();
    }


    async resume(): Promise<void> {
        const { preferences, granted } = this.options;
        const { micOn, camOn } = preferences();
        const [mic, cam] = await Promise.all([
            micOn && granted('microphone'),
            camOn && granted('camera'),
        ]);

        await Promise.all([
            mic && this.setMic(true),
            cam && this.setCam(true),
        ]);
    }


    async setMic(on: boolean): Promise<boolean> {
        this.micOn.value = on;
        this.options.setPreferences({ micOn: on });

        if (on && this.mic.value.state !== 'on') {
            return this.microphone.start();
        }

        /* muted in the call it goes on: unmuting is instant, and who talks
         * while muted is told */
        if (!on && (this.sink === LISTENER || this.mic.value.state !== 'on')) {
            this.microphone.stop();
        }

        this.push('mic');
        this.hint();
        return true;
    }


    async setCam(on: boolean): Promise<boolean> {
        this.camOn.value = on;
        this.options.setPreferences({ camOn: on });

        if (on && this.cam.value.state !== 'on') {
            return this.camera.start();
        }

        if (!on) {
            this.camera.stop();
        }

        return true;
    }


    chooseMicrophone(id: string): Promise<boolean> {
        this.options.setPreferences({ microphone: id });
        return this.restart('mic');
    }


    chooseCamera(id: string): Promise<boolean> {
        this.options.setPreferences({ camera: id });
        return this.restart('cam');
    }


    async share(): Promise<boolean> {
        const before = this.share_;
        const sink = this.sink;

        if (this.screen.value.state === 'asking') {
            return false;
        }

        if (before === null) {
            this.screen.value = { state: 'asking', error: null, stream: null };
        }

        const result = await screen.capture(this.options.devices,
            this.motion.value);

        if (!('share' in result)) {
            if (before === null) {
                this.screen.value = result.error === null ? OFF
                    : { state: 'failed', error: result.error, stream: null };
            }

            return false;
        }

        const { share } = result;

        if (this.sink !== sink) {
            /* the call that it was for is over */
            screen.stop(share);
            this.screen.value = OFF;
            return false;
        }

        if (before !== null) {
            screen.stop(before);
        }

        this.share_ = share;
        share.picture.onended = () => this.stopShare();

        batch(() => {
            this.screen.value = { state: 'on', error: null,
                stream: share.stream };
            this.screenAudio.value = share.sound !== null;
        });

        this.push('screen');
        this.push('screen-audio');
        return true;
    }


    stopShare(): void {
        const share = this.share_;

        this.share_ = null;

        if (share !== null) {
            screen.stop(share);
        }

        batch(() => {
            this.screen.value = OFF;
            this.screenAudio.value = false;
        });

        this.push('screen');
        this.push('screen-audio');
    }


    setMotion(on: boolean): void {
        this.motion.value = on;
        this.sink.encoding('screen', screenEncoding(on));

        if (this.share_ !== null) {
            void screen.setMotion(this.share_.picture, on);
        }
    }


    /* Preferences have changed: what runs takes them over. */
    preferred(before: Preferences, now: Preferences): void {
        if (before.noiseSuppression !== now.noiseSuppression
            || before.echoCancellation !== now.echoCancellation
            || before.autoGainControl !== now.autoGainControl)
        {
            void this.restart('mic');
        }

        if (before.saveData !== now.saveData) {
            this.sink.encoding('cam', cameraEncoding(now));
            void this.restart('cam');
        }
    }


    /* The call takes the tracks from now on; null: no call any more. */
    attach(sink: Sink | null): void {
        this.sink = sink ?? LISTENER;

        if (sink === null) {
            this.stopShare();
            this.hint();
            return;
        }

        sink.encoding('cam', cameraEncoding(this.options.preferences()));
        sink.encoding('screen', screenEncoding(this.motion.value));

        for (const kind of ['mic', 'cam', 'screen', 'screen-audio'] as const) {
            this.push(kind);
        }
    }


    /* Lets go of all devices. */
    release(): void {
        this.stopShare();
        this.microphone.stop();
        this.camera.stop();
        batch(() => {
            this.micOn.value = false;
            this.camOn.value = false;
        });
    }


    /* The page is looked at again. */
    revive(): void {
        this.microphone.revive();
        this.camera.revive();
    }


    /* What others get of a kind at this moment. */
    live(kind: Kind): MediaStreamTrack | null {
        switch (kind) {
        case 'mic': return this.micOn.value ? this.microphone.track : null;
        case 'cam': return this.camOn.value ? this.camera.track : null;
        case 'screen': return this.share_?.picture ?? null;
        case 'screen-audio': return this.share_?.sound ?? null;
        }
    }


    private micChanged(value: Capture): void {
        batch(() => {
            this.mic.value = value;

            if (value.state === 'failed') {
                this.micOn.value = false;
            }
        });

        this.meter.listen(value.state === 'on' ? value.stream : null);
        this.changed('mic', value);
    }


    private camChanged(value: Capture): void {
        const track = this.camera.track;

        if (track !== null) {
            track.contentHint = 'motion';
        }

        batch(() => {
            this.cam.value = value;

            if (value.state === 'failed') {
                this.camOn.value = false;
            }
        });

        this.changed('cam', value);
    }


    private changed(kind: Kind, value: Capture): void {
        /* while a device is changed the old track goes on */
        if (value.state !== 'asking') {
            this.push(kind);
        }

        if (value.state === 'on') {
            void this.enumerate();      /* labels come with permission */
        }
    }


    private push(kind: Kind): void {
        this.sink.track(kind, this.live(kind));
    }


    private restart(kind: 'mic' | 'cam'): Promise<boolean> {
        const source = kind === 'mic' ? this.microphone : this.camera;

        return source.track === null ? Promise.resolve(true) : source.start();
    }


    private hint(): void {
        this.talkingMuted.value = this.speaking && !this.micOn.value
            && this.sink !== LISTENER;
    }


    private async enumerate(): Promise<void> {
        const all = await this.options.devices?.enumerateDevices?.()
            .catch(() => []) ?? [];
        const of = (kind: MediaDeviceKind): Device[] => all
            .filter((one) => one.kind === kind && one.deviceId !== '')
            .map((one) => ({ id: one.deviceId, label: one.label }));

        batch(() => {
            this.cameras.value = of('videoinput');
            this.microphones.value = of('audioinput');
            this.speakers.value = this.options.canChooseSpeaker
                ? of('audiooutput') : [];
        });
    }
}


function microphoneConstraints(p: Preferences, any: boolean):
    MediaTrackConstraints
{
    return {
        ...device(p.microphone, any),
        noiseSuppression: p.noiseSuppression,
        echoCancellation: p.echoCancellation,
        autoGainControl: p.autoGainControl,
    };
}


function cameraConstraints(p: Preferences, any: boolean):
    MediaTrackConstraints
{
    return {
        ...device(p.camera, any),
        width: { ideal: p.saveData ? 320 : 1280 },
        height: { ideal: p.saveData ? 180 : 720 },
        frameRate: { ideal: p.saveData ? 15 : 25, max: 30 },
    };
}


function device(id: string, any: boolean): MediaTrackConstraints {
    return id === '' || any ? {} : { deviceId: { exact: id } };
}


function cameraEncoding(p: Preferences): Encoding {
    return p.saveData ? CAMERA_SAVING : CAMERA;
}


function screenEncoding(motion: boolean): Encoding {
    return motion ? SCREEN_MOTION : SCREEN;
}
