#include "mw_sdp_codec.h"


static const char *const mw_codec_names[MW_CODECS] = {
    [MW_CODEC_NONE] = "none",
    [MW_CODEC_OPUS] = "opus",
    [MW_CODEC_VP8] = "VP8",
    [MW_CODEC_VP9] = "VP9",
    [MW_CODEC_H264] = "H264",
    [MW_CODEC_AV1] = "AV1",
};

static const char *const mw_ext_uris[MW_EXTS] = {
    [MW_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [MW_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    [MW_EXT_REPAIRED_RID] =
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    [MW_EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    [MW_EXT_VIDEO_ORIENTATION] = "urn:3gpp:video-orientation",
    [MW_EXT_ABS_CAPTURE_TIME] =
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    [MW_EXT_ABS_SEND_TIME] =
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    [MW_EXT_TRANSPORT_CC] = "http://www.ietf.org/id/"
                            "draft-holmer-rmcat-transport-wide-cc-"
                            "extensions-01",
    [MW_EXT_DEPENDENCY] = "https://aomediacodec.github.io/av1-rtp-spec/"
                          "#dependency-descriptor-rtp-header-extension",
    [MW_EXT_PLAYOUT_DELAY] =
        "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    [MW_EXT_LAYERS] = "http://www.webrtc.org/experiments/rtp-hdrext/"
                      "video-layers-allocation00",
};


const char *
mw_codec_name(mw_codec_t codec)
{
    return mw_codec_names[codec];
}


const char *
mw_ext_uri(mw_ext_t ext)
{
    return mw_ext_uris[ext];
}


mw_ext_t
mw_ext_by_uri(const char *uri, size_t len)
{
    int i;

    for (i = 0; i < MW_EXTS; i++) {
        if (strlen(mw_ext_uris[i]) == len
            && memcmp(mw_ext_uris[i], uri, len) == 0) {
            break;
        }
    }

    return (mw_ext_t) i;
}
