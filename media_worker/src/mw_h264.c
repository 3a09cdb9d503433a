/* What an H.264 payload starts, RFC 6184. */

#include "mw_bits.h"
#include "mw_h264.h"

#define MW_H264_TYPE 0x1f

/* RFC 6184 table 1, and table 7-1 of H.264 */
#define MW_H264_IDR    5
#define MW_H264_SPS    7
#define MW_H264_STAP_A 24
#define MW_H264_FU_A   28

#define MW_H264_FU_START 0x80

#define MW_H264_SPS_MAX  256   /* bytes of a parameter set that are read */
#define MW_H264_SIZE_MAX 16384 /* pixels, each way */


static void mw_h264_unit(mw_h264_t *d, const uint8_t *data, size_t len);
static void mw_h264_sps(mw_h264_t *d, const uint8_t *data, size_t len);
static bool mw_h264_chroma(mw_bits_t *r, uint32_t profile, uint32_t *chroma);
static void mw_h264_order(mw_bits_t *r);
static size_t mw_h264_unescape(
    const uint8_t *data, size_t len, uint8_t *out, size_t size);


mw_rc_t
mw_h264_parse(mw_h264_t *d, const uint8_t *payload, size_t len)
{
    size_t size;
    const uint8_t *p, *end;

    memset(d, 0, sizeof(*d));

    if (len == 0) {
        return MW_DROP;
    }

    p = payload;
    end = payload + len;

    switch (*p & MW_H264_TYPE) {
    case MW_H264_STAP_A:
        p++;

        while (p < end) {
            if (end - p < 3) {
                return MW_DROP;
            }

            size = mw_get16(p);
            p += 2;

            if (size == 0 || size > (size_t) (end - p)) {
                return MW_DROP;
            }

            mw_h264_unit(d, p, size);
            p += size;
        }

        break;

    case MW_H264_FU_A:
        if (len < 3) {
            return MW_DROP;
        }

        if (p[1] & MW_H264_FU_START) {
            mw_h264_unit(d, p + 1, 1); /* the rest is elsewhere */
        }

        break;

    default:
        mw_h264_unit(d, p, len);
    }

    return MW_OK;
}


static void
mw_h264_unit(mw_h264_t *d, const uint8_t *data, size_t len)
{
    switch (data[0] & MW_H264_TYPE) {
    case MW_H264_SPS:
        d->sps = true;
        mw_h264_sps(d, data + 1, len - 1);
        break;

    case MW_H264_IDR:
        d->idr = true;
        break;

    default:
        break;
    }
}


/* H.264 section 7.3.2.1.1, as far as the size of the picture */
static void
mw_h264_sps(mw_h264_t *d, const uint8_t *data, size_t len)
{
    mw_bits_t r;
    uint32_t profile, chroma, fields;
    uint64_t width, height, across, down;
    uint8_t rbsp[MW_H264_SPS_MAX];

    mw_bits_init(&r, rbsp, mw_h264_unescape(data, len, rbsp, sizeof(rbsp)));

    profile = mw_bits_get(&r, 8);
    (void) mw_bits_get(&r, 16); /* constraints, level */
    (void) mw_bits_golomb(&r);  /* id */

    if (!mw_h264_chroma(&r, profile, &chroma)) {
        return;
    }

    (void) mw_bits_golomb(&r); /* bits of frame_num */
    mw_h264_order(&r);
    (void) mw_bits_golomb(&r); /* reference frames */
    (void) mw_bits_get(&r, 1);

    width = ((uint64_t) mw_bits_golomb(&r) + 1) * 16;
    height = ((uint64_t) mw_bits_golomb(&r) + 1) * 16;
    fields = 2 - mw_bits_get(&r, 1);
    height *= fields;

    if (fields == 2) {
        (void) mw_bits_get(&r, 1);
    }

    (void) mw_bits_get(&r, 1);
    across = 0;
    down = 0;

    if (mw_bits_get(&r, 1)) {
        across = mw_bits_golomb(&r);
        across += mw_bits_golomb(&r);
        down = mw_bits_golomb(&r);
        down += mw_bits_golomb(&r);
    }

    /* in units of chroma samples, down also of both fields */

    across *= chroma == 1 || chroma == 2 ? 2 : 1;
    down *= (chroma == 1 ? 2 : 1) * fields;

    if (r.bad || width > MW_H264_SIZE_MAX || height > MW_H264_SIZE_MAX
        || across >= width || down >= height)
    {
        return;
    }

    d->width = (uint16_t) (width - across);
    d->height = (uint16_t) (height - down);
}


/* what only higher profiles say; false: more than we understand */
static bool
mw_h264_chroma(mw_bits_t *r, uint32_t profile, uint32_t *chroma)
{
    unsigned i;
    static const uint8_t higher[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128,
        138, 139, 134, 135 };

    *chroma = 1; /* 4:2:0 */

    for (i = 0; i < sizeof(higher) && higher[i] != profile; i++) {
        /* void */
    }

    if (i == sizeof(higher)) {
        return true;
    }

    *chroma = mw_bits_golomb(r);

    if (*chroma == 3) {
        (void) mw_bits_get(r, 1);
    }

    (void) mw_bits_golomb(r); /* bits of luma and chroma */
    (void) mw_bits_golomb(r);
    (void) mw_bits_get(r, 1);

    /* matrices for scaling: no browser's encoder has any */

    return mw_bits_get(r, 1) == 0 && !r->bad;
}


/* the order of pictures */
static void
mw_h264_order(mw_bits_t *r)
{
    uint32_t i, n, type;

    type = mw_bits_golomb(r);

    if (type == 0) {
        (void) mw_bits_golomb(r);

    } else if (type == 1) {
        (void) mw_bits_get(r, 1);
        (void) mw_bits_golomb(r);
        (void) mw_bits_golomb(r);
        n = mw_bits_golomb(r);

        for (i = 0; i < n && !r->bad; i++) {
            (void) mw_bits_golomb(r);
        }
    }
}


/* H.264 section 7.4.1: a 3 behind two zeros is none of it */
static size_t
mw_h264_unescape(const uint8_t *data, size_t len, uint8_t *out, size_t size)
{
    size_t i, n;
    unsigned zeros;

    n = 0;
    zeros = 0;

    for (i = 0; i < len && n < size; i++) {
        if (zeros >= 2 && data[i] == 3) {
            zeros = 0;
            continue;
        }

        zeros = data[i] == 0 ? zeros + 1 : 0;
        out[n++] = data[i];
    }

    return n;
}
