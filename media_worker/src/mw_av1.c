/*
 * The aggregation header of AV1 over RTP ("RTP Payload Format For AV1" of the
 * Alliance for Open Media, section 4.4), and the elements behind it.
 */

#include "mw_av1.h"

#define MW_AV1_Z 0x80 /* continues an element of the packet before */
#define MW_AV1_N 0x08 /* first packet of a coded video sequence */

#define MW_AV1_LEB128_MAX 4 /* bytes; no element is longer than a datagram */


static mw_rc_t mw_av1_length(
    const uint8_t **p, const uint8_t *end, size_t *value);


mw_rc_t
mw_av1_parse(mw_av1_t *d, const uint8_t *payload, size_t len)
{
    size_t size;
    unsigned count, i;
    const uint8_t *p, *end;

    d->keyframe = false;

    if (len < 2) {
        return MW_DROP;
    }

    p = payload + 1;
    end = payload + len;
    count = (payload[0] >> 4) & 0x03;

    /* W 0: every element has its length; otherwise all but the last */
    for (i = 1; p < end; i++) {
        if (i == count) {
            break;
        }

        if (mw_av1_length(&p, end, &size) != MW_OK || size > (size_t) (end - p))
        {
            return MW_DROP;
        }

        p += size;
    }

    if (count != 0 && p == end) {
        return MW_DROP; /* the last element is missing */
    }

    /* both set is a contradiction: a sequence starts with its own element */
    d->keyframe = (payload[0] & (MW_AV1_N | MW_AV1_Z)) == MW_AV1_N;

    return MW_OK;
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
