/*
 * Real encoders, as browsers have them, behind one face: libvpx, openh264 and
 * libaom.  What they say wrong fails the test.
 */

#ifndef DECODE_CODER_H
#define DECODE_CODER_H

#include "media_fixture.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>
#include <wels/codec_api.h>

#define FPS    25
#define PERIOD (90000 / FPS)
#define SIDS   3 /* spatial layers of one stream */


typedef struct {
    uint8_t *data;
    size_t len;
    bool key;
    bool sync; /* VP8: refers to the layer below only */
    unsigned sid;
    unsigned tid;
} coded_t;

typedef struct {
    mw_codec_t codec;
    unsigned width;
    unsigned height;
    unsigned n; /* pictures since the last keyframe */
    unsigned pts;
    bool layered; /* AV1: layers in one stream, alone between keyframes */
    uint8_t *pixels;
    vpx_codec_ctx_t vpx;
    aom_codec_ctx_t aom;
    ISVCEncoder *h264;
    coded_t coded[SIDS];
    unsigned count;
} coder_t;

/* 0 2 1 2, of which the last refers to the one before it */
static const unsigned coder_tids[4] = { 0, 2, 1, 2 };


static inline void
coder_keep(coder_t *c, const void *data, size_t len, bool key, unsigned sid,
    unsigned tid)
{
    coded_t *k;

    assert_true(c->count < SIDS);
    k = &c->coded[c->count++];
    k->data = malloc(len);
    assert_non_null(k->data);
    memcpy(k->data, data, len);
    k->len = len;
    k->key = key;
    k->sid = sid;
    k->tid = tid;
    k->sync = false;
}


/* one spatial layer of VP9 is ready */
static inline void
coder_layer(vpx_codec_cx_pkt_t *pkt, void *ctx)
{
    coder_t *c = ctx;
    vpx_svc_layer_id_t id;

    vpx_codec_control(&c->vpx, VP9E_GET_SVC_LAYER_ID, &id);
    coder_keep(c, pkt->data.frame.buf, pkt->data.frame.sz,
        (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0,
        (unsigned) id.spatial_layer_id, (unsigned) id.temporal_layer_id);
}


static inline void
coder_vpx(coder_t *c, vpx_codec_iface_t *iface)
{
    unsigned i, tl;
    vpx_codec_enc_cfg_t cfg;
    vpx_svc_extra_cfg_t svc;
    vpx_codec_priv_output_cx_pkt_cb_pair_t callback;

    assert_int_equal(0, vpx_codec_enc_config_default(iface, &cfg, 0));
    cfg.g_w = c->width;
    cfg.g_h = c->height;
    cfg.g_timebase.num = 1;
    cfg.g_timebase.den = FPS;
    cfg.g_lag_in_frames = 0;
    cfg.g_error_resilient = c->codec == MW_CODEC_VP9;
    cfg.rc_end_usage = VPX_CBR;
    cfg.rc_target_bitrate = 50 + c->width * c->height / 500;
    cfg.rc_dropframe_thresh = 0;
    cfg.kf_mode = VPX_KF_DISABLED;
    cfg.ts_number_layers = 3;
    cfg.ts_periodicity = 4;

    for (i = 0; i < 4; i++) {
        cfg.ts_layer_id[i] = coder_tids[i];
    }

    for (tl = 0; tl < 3; tl++) {
        cfg.ts_rate_decimator[tl] = 4u >> tl;
        cfg.ts_target_bitrate[tl] = cfg.rc_target_bitrate * (5 + 2 * tl) / 9;
        cfg.layer_target_bitrate[tl] = cfg.ts_target_bitrate[tl];
    }

    if (c->codec == MW_CODEC_VP9) {
        cfg.ss_number_layers = SIDS;
        cfg.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_0212;

        for (i = 0; i < SIDS * 3; i++) {
            cfg.layer_target_bitrate[i] =
                (cfg.rc_target_bitrate >> 2 * (2 - i / 3)) * (5 + 2 * (i % 3))
                / 9;
        }
    }

    assert_int_equal(0, vpx_codec_enc_init(&c->vpx, iface, &cfg, 0));
    vpx_codec_control(
        &c->vpx, VP8E_SET_CPUUSED, c->codec == MW_CODEC_VP8 ? -16 : 9);

    if (c->codec == MW_CODEC_VP9) {
        memset(&svc, 0, sizeof(svc));

        for (i = 0; i < SIDS * 3; i++) {
            svc.max_quantizers[i] = 56;
            svc.min_quantizers[i] = 2;
        }

        for (i = 0; i < SIDS; i++) {
            svc.scaling_factor_num[i] = 1 << i;
            svc.scaling_factor_den[i] = 4;
            svc.speed_per_layer[i] = 9;
        }

        vpx_codec_control(&c->vpx, VP9E_SET_SVC, 1);
        vpx_codec_control(&c->vpx, VP9E_SET_SVC_PARAMETERS, &svc);
        vpx_codec_control(&c->vpx, VP9E_SET_SVC_INTER_LAYER_PRED, 2);
        callback.output_cx_pkt = coder_layer;
        callback.user_priv = c;
        vpx_codec_control(
            &c->vpx, VP9E_REGISTER_CX_CALLBACK, (void *) &callback);
    }
}


/* spatial and temporal layers as those of VP9 */
static inline void
coder_aom_layers(coder_t *c, unsigned kbits)
{
    unsigned i;
    aom_svc_params_t svc;

    memset(&svc, 0, sizeof(svc));
    svc.number_spatial_layers = SIDS;
    svc.number_temporal_layers = 3;

    for (i = 0; i < SIDS * 3; i++) {
        svc.max_quantizers[i] = 56;
        svc.min_quantizers[i] = 2;
        svc.layer_target_bitrate[i] =
            (int) ((kbits >> 2 * (2 - i / 3)) * (5 + 2 * (i % 3)) / 9);
    }

    for (i = 0; i < SIDS; i++) {
        svc.scaling_factor_num[i] = 1 << i;
        svc.scaling_factor_den[i] = 4;
        svc.framerate_factor[i] = 4 >> i;
    }

    assert_int_equal(0, aom_codec_control(&c->aom, AV1E_SET_SVC_PARAMS, &svc));
}


static inline void
coder_open(
    coder_t *c, mw_codec_t codec, unsigned width, unsigned height, bool layered)
{
    aom_codec_enc_cfg_t cfg;
    SEncParamExt param;

    memset(c, 0, sizeof(*c));
    c->codec = codec;
    c->layered = layered;
    c->width = width;
    c->height = height;
    c->pixels = malloc(width * height * 3 / 2);
    assert_non_null(c->pixels);

    switch (codec) {
    case MW_CODEC_VP8:
        coder_vpx(c, vpx_codec_vp8_cx());
        return;

    case MW_CODEC_VP9:
        coder_vpx(c, vpx_codec_vp9_cx());
        return;

    case MW_CODEC_AV1:
        assert_int_equal(0, aom_codec_enc_config_default(
                                aom_codec_av1_cx(), &cfg, AOM_USAGE_REALTIME));
        cfg.g_w = width;
        cfg.g_h = height;
        cfg.g_timebase.num = 1;
        cfg.g_timebase.den = FPS;
        cfg.g_lag_in_frames = 0;
        cfg.rc_end_usage = AOM_CBR;
        cfg.rc_target_bitrate = 50 + width * height / 500;
        cfg.kf_mode = AOM_KF_DISABLED;
        assert_int_equal(
            0, aom_codec_enc_init(&c->aom, aom_codec_av1_cx(), &cfg, 0));
        aom_codec_control(&c->aom, AOME_SET_CPUUSED, 10);

        if (layered) {
            coder_aom_layers(c, cfg.rc_target_bitrate);
        }

        return;

    default:
        assert_int_equal(0, WelsCreateSVCEncoder(&c->h264));
        assert_int_equal(0, (*c->h264)->GetDefaultParams(c->h264, &param));
        param.iUsageType = CAMERA_VIDEO_REAL_TIME;
        param.iPicWidth = (int) width;
        param.iPicHeight = (int) height;
        param.fMaxFrameRate = FPS;
        param.iTargetBitrate = (int) (50000 + width * height * 2);
        param.iRCMode = RC_OFF_MODE;
        param.uiIntraPeriod = 0;
        param.eSpsPpsIdStrategy = CONSTANT_ID;
        param.sSpatialLayers[0].iVideoWidth = param.iPicWidth;
        param.sSpatialLayers[0].iVideoHeight = param.iPicHeight;
        param.sSpatialLayers[0].fFrameRate = FPS;
        param.sSpatialLayers[0].iSpatialBitrate = param.iTargetBitrate;
        assert_int_equal(0, (*c->h264)->InitializeExt(c->h264, &param));
    }
}


static inline void
coder_close(coder_t *c)
{
    if (c->codec == MW_CODEC_AV1) {
        aom_codec_destroy(&c->aom);

    } else if (c->codec == MW_CODEC_H264) {
        (*c->h264)->Uninitialize(c->h264);
        WelsDestroySVCEncoder(c->h264);

    } else {
        vpx_codec_destroy(&c->vpx);
    }

    free(c->pixels);
}


static inline void
coder_vpx_picture(coder_t *c, bool key, unsigned tid)
{
    long flags;
    vpx_image_t image;
    vpx_codec_iter_t it;
    const vpx_codec_cx_pkt_t *pkt;
    static const long skips[3] = {
        VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_REF_GF
            | VP8_EFLAG_NO_REF_ARF,
        VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_REF_GF
            | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ENTROPY,
        VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF
            | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ENTROPY,
    };

    flags = key ? VPX_EFLAG_FORCE_KF : 0;

    if (c->codec == MW_CODEC_VP8 && !key) {
        flags = skips[tid] | (c->n % 4 == 1 ? VP8_EFLAG_NO_REF_GF : 0);
    }

    if (c->codec == MW_CODEC_VP8) {
        vpx_codec_control(&c->vpx, VP8E_SET_TEMPORAL_LAYER_ID, (int) tid);
    }

    vpx_img_wrap(&image, VPX_IMG_FMT_I420, c->width, c->height, 1, c->pixels);
    assert_int_equal(0, vpx_codec_encode(&c->vpx, &image, c->n + 1000000u, 1,
                            flags, VPX_DL_REALTIME));

    for (it = NULL; (pkt = vpx_codec_get_cx_data(&c->vpx, &it)) != NULL;) {
        if (c->codec == MW_CODEC_VP8 && pkt->kind == VPX_CODEC_CX_FRAME_PKT) {
            coder_keep(c, pkt->data.frame.buf, pkt->data.frame.sz,
                (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0, 0, tid);
            c->coded[0].sync = c->n % 4 == 1 || c->n % 4 == 2;
        }
    }
}


/*
 * Two buffers for each layer, of temporal layers 0 and 1; in keyframes a layer
 * refers to the one below it.
 */
static inline void
coder_aom_refer(coder_t *c, unsigned sid, bool key)
{
    int i, from;
    aom_svc_layer_id_t id;
    aom_svc_ref_frame_config_t refs;

    id.spatial_layer_id = (int) sid;
    id.temporal_layer_id = (int) coder_tids[c->n % 4];
    memset(&refs, 0, sizeof(refs));
    from = (int) (2 * (key && sid > 0 ? sid - 1 : sid) + (c->n % 4 == 3));

    for (i = 0; i < 7; i++) {
        refs.ref_idx[i] = from;
    }

    refs.reference[0] = !key || sid > 0;
    refs.refresh[2 * sid] = c->n % 4 == 0;
    refs.refresh[2 * sid + 1] = c->n % 4 == 2;
    assert_int_equal(0, aom_codec_control(&c->aom, AV1E_SET_SVC_LAYER_ID, &id));
    assert_int_equal(
        0, aom_codec_control(&c->aom, AV1E_SET_SVC_REF_FRAME_CONFIG, &refs));
}


static inline void
coder_aom_picture(coder_t *c, bool key)
{
    unsigned sid;
    aom_image_t image;
    aom_codec_iter_t it;
    const aom_codec_cx_pkt_t *pkt;

    aom_img_wrap(&image, AOM_IMG_FMT_I420, c->width, c->height, 1, c->pixels);

    for (sid = 0; sid < (c->layered ? SIDS : 1); sid++) {
        if (c->layered) {
            coder_aom_refer(c, sid, key);
        }

        assert_int_equal(0, aom_codec_encode(&c->aom, &image, c->pts, 1,
                                key && sid == 0 ? AOM_EFLAG_FORCE_KF : 0));

        for (it = NULL; (pkt = aom_codec_get_cx_data(&c->aom, &it)) != NULL;) {
            if (pkt->kind == AOM_CODEC_CX_FRAME_PKT) {
                coder_keep(c, pkt->data.frame.buf, pkt->data.frame.sz, key, sid,
                    c->layered ? coder_tids[c->n % 4] : 0);
                assert_int_equal(key && sid == 0,
                    (pkt->data.frame.flags & AOM_FRAME_IS_KEY) != 0);
            }
        }
    }

    c->pts++;
}


static inline void
coder_h264_picture(coder_t *c, bool key)
{
    int i, j;
    size_t len;
    uint8_t *all;
    SFrameBSInfo info;
    SSourcePicture picture;

    memset(&picture, 0, sizeof(picture));
    picture.iColorFormat = videoFormatI420;
    picture.iPicWidth = (int) c->width;
    picture.iPicHeight = (int) c->height;
    picture.iStride[0] = (int) c->width;
    picture.iStride[1] = picture.iStride[2] = (int) c->width / 2;
    picture.pData[0] = c->pixels;
    picture.pData[1] = c->pixels + c->width * c->height;
    picture.pData[2] = picture.pData[1] + c->width * c->height / 4;
    picture.uiTimeStamp = (long long) c->n * 1000 / FPS;

    if (key) {
        (*c->h264)->ForceIntraFrame(c->h264, true);
    }

    memset(&info, 0, sizeof(info));
    assert_int_equal(0, (*c->h264)->EncodeFrame(c->h264, &picture, &info));
    len = 0;
    all = malloc((size_t) info.iFrameSizeInBytes + 1);
    assert_non_null(all);

    for (i = 0; i < info.iLayerNum; i++) {
        size_t size = 0;

        for (j = 0; j < info.sLayerInfo[i].iNalCount; j++) {
            size += (size_t) info.sLayerInfo[i].pNalLengthInByte[j];
        }

        memcpy(all + len, info.sLayerInfo[i].pBsBuf, size);
        len += size;
    }

    coder_keep(c, all, len, info.eFrameType == videoFrameTypeIDR, 0, 0);
    free(all);
}


/* a bright bar that wanders over a gradient: the brightness of picture `n` */
static inline uint8_t
drawn(unsigned width, unsigned x, unsigned y, unsigned n)
{
    return (uint8_t) (x - width * (n % 50) / 50 < width / 8
                          ? 210
                          : 16 + (x + y + n) % 160);
}


/* fills in `coded` */
static inline void
coder_picture(coder_t *c, unsigned n, bool key)
{
    unsigned x, y;

    memset(c->pixels + c->width * c->height, 100 + (int) n % 50,
        c->width * c->height / 2);

    for (y = 0; y < c->height; y++) {
        for (x = 0; x < c->width; x++) {
            c->pixels[y * c->width + x] = drawn(c->width, x, y, n);
        }
    }

    while (c->count > 0) {
        free(c->coded[--c->count].data);
    }

    key = key || c->n == 0;
    c->n = key && (c->codec == MW_CODEC_VP8 || c->layered) ? 0 : c->n;

    switch (c->codec) {
    case MW_CODEC_AV1:
        coder_aom_picture(c, key);
        break;

    case MW_CODEC_H264:
        coder_h264_picture(c, key);
        break;

    default:
        coder_vpx_picture(c, key, coder_tids[c->n % 4]);
    }

    c->n++;
    assert_true(c->count > 0);
    assert_true(!key || c->coded[0].key);
}


#endif /* DECODE_CODER_H */
