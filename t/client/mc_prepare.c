/* Encodes the prepared media with libvpx and libopus. */

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "mc_prepare.h"


#define MC_RATE    48000
#define MC_SAMPLES 960 /* 20 ms */
#define MC_TONE    440.0
#define MC_LOUD    8000 /* of 32767 */
#define MC_NOISE   8
#define MC_PACKET  1500

/* of a picture's share of the rate, what a keyframe may have: likewise */
#define MC_KEY_PERCENT 450


static int
mc_frame_copy(mc_frame_t *frame, const void *data, size_t len, bool key)
{
    frame->data = malloc(len);
    if (frame->data == NULL) {
        return -1;
    }

    memcpy(frame->data, data, len);
    frame->len = len;
    frame->key = key;

    return 0;
}


/* what pictures of three temporal layers may refer to, and what they change */
static const struct {
    uint8_t layer;
    bool sync;
    vpx_enc_frame_flags_t flags;
} mc_pattern[] = {
    { 0, false,
        VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_GF
            | VP8_EFLAG_NO_UPD_ARF },
    { 2, true,
        VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_LAST
            | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF
            | VP8_EFLAG_NO_UPD_ENTROPY },
    { 1, true,
        VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_LAST
            | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY },
    { 2, false,
        VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF
            | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY },
};

#define MC_PERIOD (sizeof(mc_pattern) / sizeof(mc_pattern[0]))


static void
mc_prepare_temporal(vpx_codec_enc_cfg_t *cfg)
{
    unsigned i;
    static const unsigned share[] = { 4, 6, 10 }; /* with those below */

    cfg->ts_number_layers = 3;
    cfg->ts_periodicity = MC_PERIOD;

    for (i = 0; i < MC_PERIOD; i++) {
        cfg->ts_layer_id[i] = mc_pattern[i].layer;
    }

    for (i = 0; i < 3; i++) {
        cfg->ts_rate_decimator[i] = 4u >> i;
        cfg->ts_target_bitrate[i] = cfg->rc_target_bitrate * share[i] / 10;
    }
}


/* the next picture is one of its layer */
static vpx_enc_frame_flags_t
mc_prepare_layer(vpx_codec_ctx_t *codec, mc_frame_t *frame, unsigned n)
{
    n %= MC_PERIOD;
    frame->layer = mc_pattern[n].layer;
    frame->sync = mc_pattern[n].sync;
    vpx_codec_control(codec, VP8E_SET_TEMPORAL_LAYER_ID, (int) frame->layer);

    return mc_pattern[n].flags;
}


/* a bright bar that wanders over a gradient */
static void
mc_picture(vpx_image_t *image, unsigned n, bool grain)
{
    unsigned x, y, bar;
    uint32_t noise = 0x6d656574;

    bar = image->d_w * (n % MC_VIDEO_PERIOD) / MC_VIDEO_PERIOD;

    for (y = 0; y < image->d_h; y++) {
        for (x = 0; x < image->d_w; x++) {
            noise = grain ? noise * 1664525 + 1013904223 + n : 0;
            image->planes[0][y * (unsigned) image->stride[0] + x] =
                (uint8_t) ((x - bar < image->d_w / 8 ? 210
                                                     : 16 + (x + y + n) % 160)
                           + (noise >> 27));
        }
    }

    for (y = 0; y < (image->d_h + 1) / 2; y++) {
        memset(image->planes[1] + y * (unsigned) image->stride[1],
            90 + (int) n % 60, (image->d_w + 1) / 2);
        memset(image->planes[2] + y * (unsigned) image->stride[2], 140,
            (image->d_w + 1) / 2);
    }
}


static int
mc_prepare_video(mc_media_t *media, const mc_video_t *video)
{
    int rc;
    unsigned n;
    vpx_image_t image;
    vpx_codec_ctx_t codec;
    vpx_codec_iter_t iter;
    vpx_codec_enc_cfg_t cfg;
    vpx_enc_frame_flags_t flags;
    const vpx_codec_cx_pkt_t *pkt;

    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &cfg, 0) != 0) {
        return -1;
    }

    cfg.g_w = video->width;
    cfg.g_h = video->height;
    cfg.g_timebase.num = 1;
    cfg.g_timebase.den = MC_FPS;
    cfg.rc_target_bitrate = video->kbps;
    cfg.rc_end_usage = VPX_CBR;
    cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    cfg.kf_mode = VPX_KF_DISABLED;
    cfg.g_lag_in_frames = 0;

    /* as browsers do it */
    cfg.rc_min_quantizer = 2;
    cfg.rc_max_quantizer = 56;
    cfg.rc_undershoot_pct = 100;
    cfg.rc_overshoot_pct = 15;
    cfg.rc_buf_initial_sz = 500;
    cfg.rc_buf_optimal_sz = 600;
    cfg.rc_buf_sz = 1000;

    if (video->temporal) {
        mc_prepare_temporal(&cfg);
    }

    if (vpx_codec_enc_init(&codec, vpx_codec_vp8_cx(), &cfg, 0) != 0
        || vpx_img_alloc(
               &image, VPX_IMG_FMT_I420, video->width, video->height, 16)
               == NULL)
    {
        return -1;
    }

    vpx_codec_control(&codec, VP8E_SET_CPUUSED, -12);
    vpx_codec_control(&codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, MC_KEY_PERCENT);
    rc = 0;

    media->frames = video->frames;
    media->temporal = video->temporal;

    for (n = 0; n < video->frames && rc == 0; n++) {
        mc_picture(&image, n, video->grain);
        flags =
            video->temporal ? mc_prepare_layer(&codec, &media->video[n], n) : 0;

        if (vpx_codec_encode(&codec, &image, n, 1,
                flags | (n == 0 ? VPX_EFLAG_FORCE_KF : 0), VPX_DL_REALTIME)
            != 0)
        {
            rc = -1;
            break;
        }

        iter = NULL;
        while ((pkt = vpx_codec_get_cx_data(&codec, &iter)) != NULL) {
            if (pkt->kind == VPX_CODEC_CX_FRAME_PKT) {
                rc = mc_frame_copy(&media->video[n], pkt->data.frame.buf,
                    pkt->data.frame.sz,
                    (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0);
            }
        }
    }

    vpx_img_free(&image);
    vpx_codec_destroy(&codec);

    return rc;
}


/* a tone, or the noise of a room where nobody speaks */
static int16_t
mc_sample(unsigned n, bool quiet)
{
    if (quiet) {
        return (int16_t) (rand() % (2 * MC_NOISE) - MC_NOISE);
    }

    return (int16_t) (MC_LOUD * sin(2 * M_PI * MC_TONE * n / MC_RATE));
}


static int
mc_prepare_audio(mc_frame_t *frames, bool quiet)
{
    int len, rc, err;
    unsigned n, i;
    OpusEncoder *opus;
    uint8_t out[MC_PACKET];
    int16_t pcm[MC_SAMPLES];

    opus = opus_encoder_create(MC_RATE, 1, OPUS_APPLICATION_VOIP, &err);
    if (opus == NULL) {
        return -1;
    }

    opus_encoder_ctl(opus, OPUS_SET_BITRATE(32000));
    rc = 0;

    for (n = 0; n < MC_AUDIO_FRAMES && rc == 0; n++) {
        for (i = 0; i < MC_SAMPLES; i++) {
            pcm[i] = mc_sample(n * MC_SAMPLES + i, quiet);
        }

        len = opus_encode(opus, pcm, MC_SAMPLES, out, sizeof(out));
        rc = len <= 0 ? -1 : mc_frame_copy(&frames[n], out, (size_t) len, true);
    }

    opus_encoder_destroy(opus);

    return rc;
}


int
mc_prepare(mc_media_t *media, const mc_video_t *video)
{
    memset(media, 0, sizeof(*media));

    if (mc_prepare_video(media, video) != 0
        || mc_prepare_audio(media->audio, false) != 0
        || mc_prepare_audio(media->quiet, true) != 0)
    {
        mc_prepare_free(media);
        return -1;
    }

    return 0;
}


void
mc_prepare_free(mc_media_t *media)
{
    unsigned i;

    for (i = 0; i < MC_VIDEO_FRAMES; i++) {
        free(media->video[i].data);
    }

    for (i = 0; i < MC_AUDIO_FRAMES; i++) {
        free(media->audio[i].data);
        free(media->quiet[i].data);
    }

    memset(media, 0, sizeof(*media));
}
