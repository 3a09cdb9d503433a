/* The head of the VP9 payload descriptor, RFC 9628 section 4.2. */

#include "mw_vp9.h"

#define MW_VP9_I 0x80 /* picture id */
#define MW_VP9_P 0x40 /* refers to earlier pictures */
#define MW_VP9_L 0x20 /* layer indices */
#define MW_VP9_F 0x10 /* flexible mode: no TL0PICIDX */
#define MW_VP9_B 0x08 /* start of a layer's frame */
#define MW_VP9_E 0x04 /* end of one */
#define MW_VP9_V 0x02 /* scalability structure */

/* of the structure's first byte */
#define MW_VP9_SIZES 0x10
#define MW_VP9_GROUP 0x08

#define MW_VP9_SID 0x0e /* in the layer byte */


static mw_rc_t mw_vp9_references(const uint8_t **p, const uint8_t *end);
static mw_rc_t mw_vp9_structure(
    mw_vp9_t *d, const uint8_t **p, const uint8_t *end);


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

    d->len = (uint8_t) (p - payload);

    if ((d->first & (MW_VP9_F | MW_VP9_P)) == (MW_VP9_F | MW_VP9_P)
        && mw_vp9_references(&p, end) != MW_OK)
    {
        return MW_DROP;
    }

    if ((d->first & MW_VP9_V) && mw_vp9_structure(d, &p, end) != MW_OK) {
        return MW_DROP;
    }

    if (p == end) {
        return MW_DROP;
    }

    d->end = (d->first & MW_VP9_E) != 0;
    d->start = (d->first & MW_VP9_B) != 0 && (d->layer & MW_VP9_SID) == 0;
    d->keyframe = d->start && (d->first & MW_VP9_P) == 0;

    return MW_OK;
}


/* flexible mode: up to three, each says whether another follows */
static mw_rc_t
mw_vp9_references(const uint8_t **p, const uint8_t *end)
{
    unsigned i;

    for (i = 0; i < 3; i++) {
        if (*p == end) {
            return MW_DROP;
        }

        if ((*(*p)++ & 1) == 0) {
            return MW_OK;
        }
    }

    return MW_DROP;
}


static mw_rc_t
mw_vp9_structure(mw_vp9_t *d, const uint8_t **p, const uint8_t *end)
{
    unsigned i, pictures;
    uint8_t bits;

    if (*p == end) {
        return MW_DROP;
    }

    bits = *(*p)++;
    d->spatial = (uint8_t) ((bits >> 5) + 1);

    if (bits & MW_VP9_SIZES) {
        if (end - *p < 4 * d->spatial) {
            return MW_DROP;
        }

        for (i = 0; i < d->spatial; i++, *p += 4) {
            if (i < MW_VP9_SPATIAL) {
                d->width[i] = mw_get16(*p);
                d->height[i] = mw_get16(*p + 2);
            }
        }
    }

    if ((bits & MW_VP9_GROUP) == 0) {
        return MW_OK;
    }

    if (*p == end) {
        return MW_DROP;
    }

    for (pictures = *(*p)++; pictures > 0; pictures--) {
        if (*p == end) {
            return MW_DROP;
        }

        bits = *(*p)++ >> 2 & 3; /* so many references of a byte each */

        if (end - *p < bits) {
            return MW_DROP;
        }

        *p += bits;
    }

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
