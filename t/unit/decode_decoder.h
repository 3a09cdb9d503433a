/*
 * Real decoders, as browsers have them, behind one face: libvpx, openh264 and
 * dav1d; and how far a picture is from what was drawn.
 */

#ifndef DECODE_DECODER_H
#define DECODE_DECODER_H

#include "decode_coder.h"

#include <dav1d/dav1d.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#define DECODED_MAX (640 * 360) /* pixels */


typedef struct {
    mw_codec_t codec;
    vpx_codec_ctx_t vpx;
    Dav1dContext *av1;
    ISVCDecoder *h264;
    unsigned width; /* of the last picture */
    unsigned height;
    uint8_t luma[DECODED_MAX];
} decoder_t;


static inline void
decoder_open(decoder_t *d, mw_codec_t codec)
{
    Dav1dSettings settings;
    SDecodingParam param;

    memset(d, 0, sizeof(*d));
    d->codec = codec;

    switch (codec) {
    case MW_CODEC_VP8:
        assert_int_equal(
            0, vpx_codec_dec_init(&d->vpx, vpx_codec_vp8_dx(), NULL, 0));
        return;

    case MW_CODEC_VP9:
        assert_int_equal(
            0, vpx_codec_dec_init(&d->vpx, vpx_codec_vp9_dx(), NULL, 0));
        return;

    case MW_CODEC_AV1:
        dav1d_default_settings(&settings);
        settings.n_threads = 1;
        settings.max_frame_delay = 1;
        settings.all_layers = 0;
        settings.operating_point = 31; /* whatever comes, as browsers do */
        assert_int_equal(0, dav1d_open(&d->av1, &settings));
        return;

    default:
        memset(&param, 0, sizeof(param));
        param.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
        assert_int_equal(0, WelsCreateDecoder(&d->h264));
        assert_int_equal(0, (*d->h264)->Initialize(d->h264, &param));
    }
}


static inline void
decoder_close(decoder_t *d)
{
    if (d->codec == MW_CODEC_AV1) {
        dav1d_close(&d->av1);

    } else if (d->codec == MW_CODEC_H264) {
        (*d->h264)->Uninitialize(d->h264);
        WelsDestroyDecoder(d->h264);

    } else {
        vpx_codec_destroy(&d->vpx);
    }
}


static inline void
decoder_keep(decoder_t *d, unsigned width, unsigned height, const uint8_t *luma,
    ptrdiff_t stride)
{
    unsigned y;

    assert_true(width * height <= DECODED_MAX);
    d->width = width;
    d->height = height;

    for (y = 0; y < height; y++) {
        memcpy(d->luma + y * width, luma + (ptrdiff_t) y * stride, width);
    }
}


/*
 * How far it is from what was drawn, `scale` times as large, on average in
 * steps of brightness.
 */
static inline unsigned
decoder_differs(const decoder_t *d, unsigned n, unsigned scale)
{
    int difference;
    unsigned x, y, sum;

    sum = 0;

    for (y = 0; y < d->height; y++) {
        for (x = 0; x < d->width; x++) {
            difference = d->luma[y * d->width + x]
                         - drawn(scale * d->width, scale * x, scale * y, n);
            sum += (unsigned) abs(difference);
        }
    }

    return sum / (d->width * d->height);
}


/* false: the decoder disliked it, or has no picture */
static inline bool
decoder_picture(decoder_t *d, const uint8_t *data, size_t len)
{
    int rc;
    vpx_image_t *image;
    vpx_codec_iter_t it;
    Dav1dData in;
    Dav1dPicture out;
    SBufferInfo info;
    uint8_t *planes[3];

    if (d->codec == MW_CODEC_AV1) {
        memcpy(dav1d_data_create(&in, len), data, len);
        rc = dav1d_send_data(d->av1, &in);
        memset(&out, 0, sizeof(out));

        if (rc != 0 || dav1d_get_picture(d->av1, &out) != 0) {
            return false;
        }

        decoder_keep(d, (unsigned) out.p.w, (unsigned) out.p.h, out.data[0],
            out.stride[0]);
        dav1d_picture_unref(&out);
        return true;
    }

    if (d->codec == MW_CODEC_H264) {
        memset(&info, 0, sizeof(info));

        if ((*d->h264)->DecodeFrameNoDelay(
                d->h264, data, (int) len, planes, &info)
                != 0
            || info.iBufferStatus != 1)
        {
            return false;
        }

        decoder_keep(d, (unsigned) info.UsrData.sSystemBuffer.iWidth,
            (unsigned) info.UsrData.sSystemBuffer.iHeight, planes[0],
            info.UsrData.sSystemBuffer.iStride[0]);
        return true;
    }

    it = NULL;

    if (vpx_codec_decode(&d->vpx, data, (unsigned) len, NULL, 0) != 0
        || (image = vpx_codec_get_frame(&d->vpx, &it)) == NULL)
    {
        return false;
    }

    decoder_keep(d, image->d_w, image->d_h, image->planes[0], image->stride[0]);

    return true;
}


#endif /* DECODE_DECODER_H */
