/*
 * The two connections of a connection test, made once and never mended: one
 * pair of slots to receive, a picture in two sizes and a tone to send.
 */

import { type Json, string } from '../net/wire';
import { codecsOf, prefer } from './codecs';

export const HEIGHT = 360;              /* of the picture, and as shown */

export type Ask = (message: Json) => Promise<Json>;

export interface Tracks {
    readonly video: MediaStreamTrack;
    readonly audio: MediaStreamTrack | null;
}

/* As much as a camera in a call takes, in fewer pixels: it costs less work. */
const ENCODINGS: RTCRtpEncodingParameters[] = [
    { rid: 'l', scaleResolutionDownBy: 2, maxBitrate: 250_000,
        maxFramerate: 25 },
    { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_800_000,
        maxFramerate: 25 },
];


export async function receive(pc: RTCPeerConnection, ask: Ask): Promise<void> {
    const audio = pc.addTransceiver('audio', { direction: 'recvonly' });
    const video = pc.addTransceiver('video', { direction: 'recvonly' });

    prefer(audio, codecsOf('audio', 'receive'));
    prefer(video, codecsOf('video', 'receive'));

    await negotiate(pc, 'subscribe', ask, () => ({
        slots: [{ slot: 0, audio: audio.mid, video: video.mid }],
    }));
}


export async function send(pc: RTCPeerConnection, tracks: Tracks, ask: Ask):
    Promise<void>
{
    const audio = pc.addTransceiver(tracks.audio ?? 'audio',
        { direction: 'sendonly' });
    const video = pc.addTransceiver(tracks.video,
        { direction: 'sendonly', sendEncodings: ENCODINGS });

    prefer(audio, codecsOf('audio', 'send'));
    prefer(video, codecsOf('video', 'send'));

    await negotiate(pc, 'publish', ask, () => ({
        tracks: [{ mid: audio.mid, kind: 'mic' },
            { mid: video.mid, kind: 'cam' }],
    }));
}


async function negotiate(
    pc: RTCPeerConnection,
    type: 'publish' | 'subscribe',
    ask: Ask,
    describe: () => Json,
): Promise<void> {
    const offer = await pc.createOffer();

    await pc.setLocalDescription(offer);

    const answer = await ask({
        type, revision: 1, sdp: string(offer.sdp), ...describe(),
    });

    await pc.setRemoteDescription(
        { type: 'answer', sdp: string(answer['sdp']) });
}
