/*
 * Which codecs we name in offers, so that these stay small and every receiver
 * decodes what any sender sends.  The browser's own order decides nothing.
 */

import type { RoomCodec } from '../net/wire';

export type Media = 'audio' | 'video';

interface Codec {
    readonly mimeType: string;
    readonly sdpFmtpLine?: string;
}

/* of WebRTC Extensions, not known to the types yet */
interface Extension {
    readonly uri: string;
    readonly direction: string;
}

interface Extensions {
    getHeaderExtensionsToNegotiate(): Extension[];
    setHeaderExtensionsToNegotiate(extensions: Extension[]): void;
}

const DEPENDENCY = 'https://aomediacodec.github.io/av1-rtp-spec/'
    + '#dependency-descriptor-rtp-header-extension';

/* First is preferred.  rtx goes with whatever stays. */
const RECEIVE = ['video/VP8', 'video/VP9', 'video/AV1', 'video/H264'];
const SEND = ['video/VP8', 'video/VP9', 'video/H264'];
const AUDIO = ['audio/opus'];

/* The server repeats sound in RED (RFC 2198) where packets get lost. */
const HEARD = ['audio/opus', 'audio/red'];


/* The room's codec goes first where the browser can send it. */
export function preferred<T extends Codec>(
    capabilities: readonly T[],
    media: Media,
    direction: 'send' | 'receive',
    wanted: RoomCodec = 'auto',
): T[] {
    const order = (media === 'audio'
        ? direction === 'send' ? AUDIO : HEARD
        : direction === 'receive' ? RECEIVE
            : wanted === 'auto' ? SEND : [`video/${wanted}`, ...SEND])
        .map((name) => name.toLowerCase());

    const rank = (codec: Codec): number =>
        order.indexOf(codec.mimeType.toLowerCase());

    const named = capabilities
        .filter((codec) => rank(codec) >= 0 && isCommon(codec))
        .sort((a, b) => rank(a) - rank(b));

    const rtx = capabilities
        .filter((codec) => codec.mimeType.toLowerCase() === 'video/rtx');

    return named.length === 0 ? [] : [...named, ...rtx];
}


export function canSend(codec: RoomCodec): boolean {
    return globalThis.RTCRtpSender?.getCapabilities?.('video')?.codecs
        .some((one) => one.mimeType.toLowerCase() === `video/${codec}`
            && isCommon(one)) ?? false;
}


/* What prefer() takes; asking the browser for it is slow. */
export function codecsOf(
    media: Media,
    direction: 'send' | 'receive',
    wanted: RoomCodec = 'auto',
): RTCRtpCodec[] {
    const capabilities = direction === 'send'
        ? globalThis.RTCRtpSender?.getCapabilities?.(media)
        : globalThis.RTCRtpReceiver?.getCapabilities?.(media);

    return preferred(capabilities?.codecs ?? [], media, direction, wanted);
}


/* Leaves the browser's own choice where it knows no preferences. */
export function prefer(
    transceiver: RTCRtpTransceiver,
    codecs: RTCRtpCodec[],
): void {
    if (codecs.length > 0
        && typeof transceiver.setCodecPreferences === 'function')
    {
        try {
            transceiver.setCodecPreferences(codecs);

        } catch {
            /* a browser that dislikes the list offers its own */
        }
    }
}


/*
 * Layers that share a stream of AV1 cannot be told apart without this header
 * extension, which browsers know but do not offer by themselves.
 */
export function describeLayers(transceiver: RTCRtpTransceiver): void {
    const extensions = transceiver as unknown as Partial<Extensions>;

    try {
        extensions.setHeaderExtensionsToNegotiate?.(
            extensions.getHeaderExtensionsToNegotiate!().map((one) =>
                one.uri === DEPENDENCY
                    ? { ...one, direction: 'sendrecv' } : one));

    } catch {
        /* it gets the smallest layer */
    }
}


/*
 * One profile each: constrained baseline H.264 in packetization mode 1, 8-bit
 * 4:2:0 VP9 and AV1.
 */
function isCommon(codec: Codec): boolean {
    const fmtp = codec.sdpFmtpLine?.toLowerCase() ?? '';

    switch (codec.mimeType.toLowerCase()) {

    case 'video/h264':
        return fmtp.includes('packetization-mode=1')
            && fmtp.includes('profile-level-id=42e0');

    case 'video/vp9':
        return !fmtp.includes('profile-id=')
            || /profile-id=0(?!\d)/.test(fmtp);

    case 'video/av1':
        return !fmtp.includes('profile=') || /profile=0(?!\d)/.test(fmtp);

    default:
        return true;
    }
}
