/*
 * Capture of a screen, a window or a tab, with its sound where the browser
 * has it.  Text stays readable: full resolution, few pictures a second, unless
 * somebody shows a film.
 */

import { type CaptureError, explain, nameOf } from './capture';

export const STILL_FPS = 5;
export const MOTION_FPS = 30;

export interface Share {
    readonly stream: MediaStream;       /* the picture alone, for a preview */
    readonly picture: MediaStreamTrack;
    readonly sound: MediaStreamTrack | null;
}

export type ShareResult =
    | { readonly share: Share }
    | { readonly error: CaptureError }
    | { readonly error: null };         /* the person changed their mind */

/* Newer than the type library. */
interface DisplayOptions extends DisplayMediaStreamOptions {
    selfBrowserSurface?: 'include' | 'exclude';
    surfaceSwitching?: 'include' | 'exclude';
    systemAudio?: 'include' | 'exclude';
}


export function canShare(devices: MediaDevices | undefined): boolean {
    return typeof devices?.getDisplayMedia === 'function';
}


/* Needs a click: call it before anything is awaited. */
export async function capture(
    devices: MediaDevices | undefined,
    motion: boolean,
): Promise<ShareResult> {
    if (devices === undefined || !canShare(devices)) {
        return { error: 'unsupported' };
    }

    const options: DisplayOptions = {
        video: { frameRate: { max: MOTION_FPS } },
        audio: {
            echoCancellation: false,
            noiseSuppression: false,
            autoGainControl: false,
        },
        selfBrowserSurface: 'exclude',
        surfaceSwitching: 'include',
        systemAudio: 'include',
    };

    let stream: MediaStream;

    try {
        stream = await devices.getDisplayMedia(options);

    } catch (error) {
        const code = explain(error);

        return { error: nameOf(error) === 'NotAllowedError'
            && code === 'denied' ? null : code };
    }

    const picture = stream.getVideoTracks()[0];
    const sound = stream.getAudioTracks()[0] ?? null;

    if (picture === undefined) {
        sound?.stop();
        return { error: 'failed' };
    }

    if (sound !== null) {
        sound.contentHint = 'music';
    }

    await setMotion(picture, motion);
    return { share: { stream: new MediaStream([picture]), picture, sound } };
}


export async function setMotion(
    picture: MediaStreamTrack,
    motion: boolean,
): Promise<void> {
    picture.contentHint = motion ? 'motion' : 'detail';

    try {
        await picture.applyConstraints(
            { frameRate: { max: motion ? MOTION_FPS : STILL_FPS } });

    } catch {
        /* the sender's limit holds anyway */
    }
}


export function stop(share: Share): void {
    share.picture.onended = null;
    share.picture.stop();
    share.sound?.stop();
}
