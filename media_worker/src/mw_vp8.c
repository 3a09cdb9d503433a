/* The VP8 payload descriptor, RFC 7741 section 4.2. */

#include "mw_vp8.h"

/* first byte */
#define MW_VP8_X 0x80
#define MW_VP8_S 0x10

/* second byte, if X */
#define MW_VP8_I 0x80
#define MW_VP8_L 0x40
#define MW_VP8_T 0x20
#define MW_VP8_K 0x10


mw_rc_t
mw_vp8_parse(mw_vp8_t *d, const uint8_t *payload, size_t len)
{
    uint8_t bits;
    const uint8_t *p, *end;

    memset(d, 0, sizeof(*d));

    p = payload;
    end = payload + len;

    /* one byte of descriptor and one of the picture at least */
    if (len < 2) {
        return MW_DROP;
    }

    d->first = *p++;
    bits = 0;

    if (d->first & MW_VP8_X) {
        bits = *p++;
    }

    if (bits & MW_VP8_I) {
        if (p == end) {
            return MW_DROP;
        }

        if (*p & 0x80) {
            if (end - p < 2) {
                return MW_DROP;
            }

            d->picture_id = mw_get16(p) & 0x7fff;
            d->id_bits = 15;
            p += 2;

        } else {
            d->picture_id = *p++;
            d->id_bits = 7;
        }
    }

    if (bits & MW_VP8_L) {
        if (p == end) {
            return MW_DROP;
        }

        d->has_tl0 = true;
        d->tl0 = *p++;
    }

    if (bits & (MW_VP8_T | MW_VP8_K)) {
        if (p == end) {
            return MW_DROP;
        }

        d->has_tid = (bits & MW_VP8_T) != 0;
        d->has_key = (bits & MW_VP8_K) != 0;
        d->tid_key = *p++;
    }

    if (p == end) {
        return MW_DROP;
    }

    d->len = (uint8_t) (p - payload);

    /* start of partition 0; bit P of the payload header is 0 in a keyframe */
    d->start = (d->first & MW_VP8_S) != 0 && (d->first & 0x07) == 0;
    d->keyframe = d->start && (*p & 0x01) == 0;

    return MW_OK;
}


bool
mw_vp8_size(const uint8_t *frame, size_t len, uint16_t *width, uint16_t *height)
{
    /* three bytes of frame tag, a start code, two bytes each */

    if (len < 10 || (frame[0] & 1) != 0 || mw_get24(frame + 3) != 0x9d012a) {
        return false;
    }

    *width = (uint16_t) ((frame[7] << 8 | frame[6]) & 0x3fff);
    *height = (uint16_t) ((frame[9] << 8 | frame[8]) & 0x3fff);

    return *width != 0 && *height != 0;
}


size_t
mw_vp8_write(const mw_vp8_t *d, uint8_t *out)
{
    uint8_t bits, *p;

    bits = 0;
    p = out + 2;

    if (d->id_bits != 0) {
        bits |= MW_VP8_I;
        mw_put16(p, (uint16_t) (0x8000 | (d->picture_id & 0x7fff)));
        p += 2;
    }

    if (d->has_tl0) {
        bits |= MW_VP8_L;
        *p++ = d->tl0;
    }

    if (d->has_tid || d->has_key) {
        bits |= (uint8_t) ((d->has_tid ? MW_VP8_T : 0)
                           | (d->has_key ? MW_VP8_K : 0));
        *p++ = d->tid_key;
    }

    if (bits == 0) {
        out[0] = (uint8_t) (d->first & ~MW_VP8_X);
        return 1;
    }

    out[0] = d->first | MW_VP8_X;
    out[1] = bits;

    return (size_t) (p - out);
}
