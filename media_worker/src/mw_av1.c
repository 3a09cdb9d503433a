/*
 * The aggregation header of AV1 over RTP ("RTP Payload Format For AV1" of the
 * Alliance for Open Media, section 4.4), and the elements behind it.
 */

#include "mw_av1.h"
#include "mw_bits.h"

#define MW_AV1_Z 0x80 /* continues an element of the packet before */
#define MW_AV1_N 0x08 /* first packet of a coded video sequence */

#define MW_AV1_LEB128_MAX 4 /* bytes; no element is longer than a datagram */


/* open bitstream unit, AV1 section 5.3.2 */
#define MW_AV1_OBU_TYPE(header) ((header) >> 3 & 0x0fu)
#define MW_AV1_OBU_EXTENSION    0x04
#define MW_AV1_OBU_SIZE         0x02
#define MW_AV1_SEQUENCE         1

#define MW_AV1_SIZE_MAX 16384 /* pixels, each way */


static void mw_av1_unit(mw_av1_t *d, const uint8_t *data, size_t len);
static void mw_av1_timing(mw_bits_t *r, bool *model, unsigned *delay);
static mw_rc_t mw_av1_length(
    const uint8_t **p, const uint8_t *end, size_t *value);


mw_rc_t
mw_av1_parse(mw_av1_t *d, const uint8_t *payload, size_t len)
{
    size_t size, first_len;
    unsigned count, i;
    const uint8_t *p, *end, *first;

    memset(d, 0, sizeof(*d));

    if (len < 2) {
        return MW_DROP;
    }

    p = payload + 1;
    end = payload + len;
    count = (payload[0] >> 4) & 0x03;
    first = p;
    first_len = len - 1;

    /* W 0: every element has its length; otherwise all but the last */
    for (i = 1; p < end; i++) {
        if (i == count) {
            break;
        }

        if (mw_av1_length(&p, end, &size) != MW_OK || size > (size_t) (end - p))
        {
            return MW_DROP;
        }

        if (i == 1) {
            first = p;
            first_len = size;
        }

        p += size;
    }

    if (count != 0 && p == end) {
        return MW_DROP; /* the last element is missing */
    }

    /* both set is a contradiction: a sequence starts with its own element */
    d->keyframe = (payload[0] & (MW_AV1_N | MW_AV1_Z)) == MW_AV1_N;

    if (d->keyframe) {
        mw_av1_unit(d, first, first_len);
    }

    return MW_OK;
}


/* AV1 section 5.5.1, a sequence header as far as the size of the picture */
static void
mw_av1_unit(mw_av1_t *d, const uint8_t *data, size_t len)
{
    bool model, initial;
    size_t size;
    unsigned i, n, delay, across, down;
    uint32_t width, height;
    mw_bits_t r;
    const uint8_t *p, *end;

    if (len == 0 || MW_AV1_OBU_TYPE(data[0]) != MW_AV1_SEQUENCE) {
        return;
    }

    p = data + 1;
    end = data + len;
    p += (data[0] & MW_AV1_OBU_EXTENSION) != 0;

    if (p > end
        || ((data[0] & MW_AV1_OBU_SIZE)
            && mw_av1_length(&p, end, &size) != MW_OK))
    {
        return;
    }

    mw_bits_init(&r, p, (size_t) (end - p));
    (void) mw_bits_get(&r, 4); /* profile, still picture */

    if (mw_bits_get(&r, 1)) {
        (void) mw_bits_get(&r, 5); /* one picture only: no more than a level */

    } else {
        model = false;
        delay = 0;
        mw_av1_timing(&r, &model, &delay);
        initial = mw_bits_get(&r, 1) != 0;
        n = mw_bits_get(&r, 5) + 1;

        for (i = 0; i < n; i++) {
            (void) mw_bits_get(&r, 12);

            if (mw_bits_get(&r, 5) > 7) {
                (void) mw_bits_get(&r, 1); /* tier */
            }

            if (model && mw_bits_get(&r, 1)) {
                (void) mw_bits_get(&r, delay);
                (void) mw_bits_get(&r, delay);
                (void) mw_bits_get(&r, 1);
            }

            if (initial && mw_bits_get(&r, 1)) {
                (void) mw_bits_get(&r, 4);
            }
        }
    }

    across = mw_bits_get(&r, 4) + 1;
    down = mw_bits_get(&r, 4) + 1;
    width = mw_bits_get(&r, across) + 1;
    height = mw_bits_get(&r, down) + 1;

    if (!r.bad && width <= MW_AV1_SIZE_MAX && height <= MW_AV1_SIZE_MAX) {
        d->width = (uint16_t) width;
        d->height = (uint16_t) height;
    }
}


/* `delay`: bits of each of a decoder model's delays, if there is a `model` */
static void
mw_av1_timing(mw_bits_t *r, bool *model, unsigned *delay)
{
    if (!mw_bits_get(r, 1)) {
        return;
    }

    (void) mw_bits_get(r, 32);
    (void) mw_bits_get(r, 32);

    if (mw_bits_get(r, 1)) {
        (void) mw_bits_golomb(r);
    }

    *model = mw_bits_get(r, 1) != 0;

    if (*model) {
        *delay = mw_bits_get(r, 5) + 1;
        (void) mw_bits_get(r, 32);
        (void) mw_bits_get(r, 10);
    }
}


static mw_rc_t
mw_av1_length(const uint8_t **p, const uint8_t *end, size_t *value)
{
    unsigned i;
    uint8_t byte;

    *value = 0;

    for (i = 0; i < MW_AV1_LEB128_MAX && *p < end; i++) {
        byte = *(*p)++;
        *value |= (size_t) (byte & 0x7f) << (7 * i);

        if (!(byte & 0x80)) {
            return MW_OK;
        }
    }

    return MW_DROP;
}
