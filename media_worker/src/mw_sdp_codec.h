/*
 * The codecs and header extensions this worker knows, by the names SDP gives
 * them.  Shared by the SDP reader and writer and by the media plane.
 */

#ifndef MW_SDP_CODEC_H
#define MW_SDP_CODEC_H

#include "mw.h"


typedef enum {
    MW_CODEC_NONE = 0,
    MW_CODEC_OPUS, /* 48000/2 */
    MW_CODEC_VP8,
    MW_CODEC_VP9,  /* profile 0 */
    MW_CODEC_H264, /* packetization-mode=1 */
    MW_CODEC_AV1,  /* profile 0 */
    MW_CODECS
} mw_codec_t;

/* "opus", "VP8", ...; never NULL */
const char *mw_codec_name(mw_codec_t codec);


typedef enum {
    MW_EXT_MID = 0,
    MW_EXT_RID,
    MW_EXT_REPAIRED_RID,
    MW_EXT_AUDIO_LEVEL,       /* RFC 6464 */
    MW_EXT_VIDEO_ORIENTATION, /* 3gpp, coordination of video orientation */
    MW_EXT_ABS_CAPTURE_TIME,
    MW_EXT_ABS_SEND_TIME,
    MW_EXT_TRANSPORT_CC,
    MW_EXT_DEPENDENCY, /* AV1 dependency descriptor */
    MW_EXT_PLAYOUT_DELAY,
    MW_EXT_LAYERS, /* video layers allocation */
    MW_EXTS
} mw_ext_t;

#define MW_EXT_BIT(ext) (1u << (ext))

/* the URI; never NULL */
const char *mw_ext_uri(mw_ext_t ext);

/* MW_EXTS: not one of ours */
mw_ext_t mw_ext_by_uri(const char *uri, size_t len);


#endif /* MW_SDP_CODEC_H */
