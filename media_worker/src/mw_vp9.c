/* The head of the VP9 payload descriptor, RFC 9628 section 4.2. */

#include "mw_vp9.h"

#define MW_VP9_I 0x80 /* picture id */
#define MW_VP9_P 0x40 /* refers to earlier pictures */
#define MW_VP9_L 0x20 /* layer indices */
#define MW_VP9_F 0x10 /* flexible mode: no TL0PICIDX */
#define MW_VP9_B 0x08 /* start of a layer's frame */

#define MW_VP9_SID 0x0e /* in the layer byte */


mw_rc_t
mw_vp9_parse(mw_vp9_t *d, const uint8_t *payload, size_t len)
{
    const uint8_t *p, *end;

    memset(d, 0, sizeof(*d));

    p = payload;
    end = payload + len;

    if (len < 2) {
        return MW_DROP;
    }

    d->first = *p++;

    if (d->first & MW_VP9_I) {
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

    if (d->first & MW_VP9_L) {
        if (p == end) {
            return MW_DROP;
        }

        d->has_layer = true;
        d->layer = *p++;

        if (!(d->first & MW_VP9_F)) {
            if (p == end) {
                return MW_DROP;
            }

            d->has_tl0 = true;
            d->tl0 = *p++;
        }
    }

    if (p == end) {
        return MW_DROP;
    }

    d->len = (uint8_t) (p - payload);
    d->start = (d->first & MW_VP9_B) != 0 && (d->layer & MW_VP9_SID) == 0;
    d->keyframe = d->start && (d->first & MW_VP9_P) == 0;

    return MW_OK;
}


size_t
mw_vp9_write(const mw_vp9_t *d, uint8_t *out)
{
    uint8_t *p;

    out[0] = d->first;
    p = out + 1;

    if (d->id_bits != 0) {
        mw_put16(p, (uint16_t) (0x8000 | (d->picture_id & 0x7fff)));
        p += 2;
    }

    if (d->has_layer) {
        *p++ = d->layer;
    }

    if (d->has_tl0) {
        *p++ = d->tl0;
    }

    return (size_t) (p - out);
}
