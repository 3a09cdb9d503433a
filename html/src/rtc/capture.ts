/*
 * Capture of microphone and camera: asks the browser once for what is wanted
 * at the same moment, names what goes wrong, and brings a device back that
 * was taken away.
 */

import type { Clock } from '../net/clock';

/* Why a device does not work. */
export type CaptureError =
    | 'denied'          /* the person or a policy said no in the browser */
    | 'os-blocked'      /* the operating system refuses the browser */
    | 'none'            /* no such device */
    | 'in-use'          /* another program holds it, or it does not start */
    | 'unsupported'     /* this browser cannot do it (sharing on phones) */
    | 'insecure'        /* page not served over HTTPS */
    | 'failed';         /* anything else */

export interface CaptureValue {
    readonly state: 'off' | 'asking' | 'on' | 'failed';
    readonly error: CaptureError | null;    /* only with 'failed' */
    readonly stream: MediaStream | null;
}

type Input = 'audio' | 'video';

interface Wish {
    readonly input: Input;
    readonly constraints: MediaTrackConstraints;
    readonly resolve: (track: MediaStreamTrack) => void;
    readonly reject: (error: unknown) => void;
}

export const OFF: CaptureValue = { state: 'off', error: null, stream: null };

/* A device that does not start is not waited for: nobody could tell why. */
const PATIENCE = 60_000;    /* ms; people read the browser's question */


/* Gathers wishes of one moment into one question. */
export class Capturer {
    private wishes: Wish[] = [];


    constructor(
        readonly devices: MediaDevices | undefined,
        private readonly clock: Clock,
    ) {}


    track(input: Input, constraints: MediaTrackConstraints):
        Promise<MediaStreamTrack>
    {
        return new Promise((resolve, reject) => {
            if (this.wishes.length === 0) {
                this.clock.after(0, () => void this.ask());
            }

            this.wishes.push({ input, constraints, resolve, reject });
        });
    }


    private async ask(): Promise<void> {
        const wishes = this.wishes;
        const audio = wishes.find((wish) => wish.input === 'audio');
        const video = wishes.find((wish) => wish.input === 'video');

        this.wishes = [];

        if (audio !== undefined && video !== undefined) {
            try {
                const stream = await this.get({ audio: audio.constraints,
                    video: video.constraints });

                wishes.forEach((wish) => give(wish, stream));
                return;

            } catch (error) {
                /* a no counts for both; else one of the two may still work */
                if (nameOf(error) === 'NotAllowedError') {
                    wishes.forEach((wish) => wish.reject(error));
                    return;
                }
            }
        }

        for (const wish of wishes) {
            try {
                give(wish, await this.get({ [wish.input]: wish.constraints }));

            } catch (error) {
                wish.reject(error);
            }
        }
    }


    private async get(constraints: MediaStreamConstraints):
        Promise<MediaStream>
    {
        const { devices, clock } = this;

        if (devices === undefined) {
            throw named('SecurityError');
        }

        let late = false;
        const stream = devices.getUserMedia(constraints);

        /* what comes after we gave up is let go at once */
        void stream.then((got) => late
            && got.getTracks().forEach((track) => track.stop()), () => false);

        return new Promise((resolve, reject) => {
            const cancel = clock.after(PATIENCE, () => {
                late = true;
                reject(named('NotReadableError'));
            });

            stream.then(resolve, reject).finally(cancel);
        });
    }
}


/* One device kind; reports every change of its value. */
export class Source {
    private value: CaptureValue = OFF;
    private round = 0;              /* start() and stop() overtake each other */


    constructor(
        private readonly input: Input,
        private readonly capturer: Capturer,
        private readonly constraints: (any: boolean) => MediaTrackConstraints,
        private readonly onChange: (value: CaptureValue) => void,
    ) {}


    get track(): MediaStreamTrack | null {
        return this.value.stream?.getTracks()[0] ?? null;
    }


    /*
     * False if there is no track in the end.  While one is running it goes on
     * until the new one is there, so a change of device is seamless; phones
     * and Firefox do not open two cameras, so cameras are let go first.
     */
    async start(): Promise<boolean> {
        const round = ++this.round;
        const before = this.track;

        if (this.input === 'video') {
            before?.stop();
        }

        this.enter({ state: 'asking', error: null, stream: this.value.stream });

        let track: MediaStreamTrack | null = null;
        let error: unknown = null;

        try {
            track = await this.capturer.track(this.input,
                this.constraints(false))
                .catch((problem: unknown) => {
                    if (nameOf(problem) !== 'OverconstrainedError') {
                        throw problem;
                    }

                    /* the chosen device is gone: any other */
                    return this.capturer.track(this.input,
                        this.constraints(true));
                });

        } catch (problem) {
            error = problem;
        }

        if (round !== this.round) {
            track?.stop();
            return false;
        }

        before?.stop();

        if (track === null) {
            this.enter({ state: 'failed', error: explain(error), stream: null });
            return false;
        }

        this.watch(track);
        this.enter({ state: 'on', error: null,
            stream: new MediaStream([track]) });
        return true;
    }


    stop(): void {
        this.round += 1;
        this.track?.stop();

        if (this.value.state !== 'off') {
            this.enter(OFF);
        }
    }


    /* After an interruption (a phone call, a lid) some browsers leave a mute track. */
    revive(): void {
        if (this.value.state === 'on' && this.track?.muted === true) {
            void this.start();
        }
    }


    /* The device was unplugged or taken: try whatever else there is, once. */
    private watch(track: MediaStreamTrack): void {
        track.onended = () => {
            if (track === this.track && this.value.state === 'on') {
                void this.start();
            }
        };
    }


    private enter(value: CaptureValue): void {
        this.value = value;
        this.onChange(value);
    }
}


export function explain(error: unknown): CaptureError {
    const message = String((error as { message?: unknown } | null)?.message);

    switch (nameOf(error)) {

    case 'NotAllowedError':
    case 'PermissionDeniedError':
        /* Chromium: "Permission denied by system" */
        return /system/i.test(message) ? 'os-blocked' : 'denied';

    case 'SecurityError':
        return globalThis.isSecureContext === false ? 'insecure' : 'denied';

    case 'NotFoundError':
    case 'OverconstrainedError':
        return 'none';

    case 'NotReadableError':
    case 'AbortError':
        return 'in-use';

    case 'NotSupportedError':
    case 'TypeError':
        return 'unsupported';

    default:
        return 'failed';
    }
}


export function nameOf(error: unknown): string {
    /* not every browser derives them from Error */
    const name = (error as { name?: unknown } | null)?.name;

    return typeof name === 'string' ? name : '';
}


function give(wish: Wish, stream: MediaStream): void {
    const track = stream.getTracks()
        .find((one) => one.kind === wish.input);

    if (track === undefined) {
        wish.reject(named('NotFoundError'));

    } else {
        wish.resolve(track);
    }
}


function named(name: string): Error {
    const error = new Error(name);

    error.name = name;
    return error;
}
