import type { RoomCodec } from '../../model/types';

/* As people know them, the same in every language. */
export const CODEC_NAMES: Record<Exclude<RoomCodec, 'auto'>, string> = {
    vp8: 'VP8',
    vp9: 'VP9',
    av1: 'AV1',
    h264: 'H.264',
};
