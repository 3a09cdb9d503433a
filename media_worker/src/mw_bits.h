/*
 * Reads bits, the highest first, from bytes of a stranger: past the end come
 * zeros, and `bad` stays set.
 */

#ifndef MW_BITS_H
#define MW_BITS_H

#include "mw.h"

typedef struct {
    const uint8_t *data;
    size_t bits;
    size_t at;
    bool bad; /* read past the end */
} mw_bits_t;


static inline void
mw_bits_init(mw_bits_t *r, const uint8_t *data, size_t len)
{
    r->data = data;
    r->bits = 8 * len;
    r->at = 0;
    r->bad = false;
}


/* n up to 32 */
static inline uint32_t
mw_bits_get(mw_bits_t *r, unsigned n)
{
    uint32_t value;

    if (n > r->bits - r->at) {
        r->at = r->bits;
        r->bad = true;
        return 0;
    }

    value = 0;

    for (/* void */; n > 0; n--, r->at++) {
        value = value << 1 | (r->data[r->at / 8] >> (7 - r->at % 8) & 1u);
    }

    return value;
}


/* a number behind as many zeros as it has bits (H.264 9.1, AV1 4.10.3) */
static inline uint32_t
mw_bits_golomb(mw_bits_t *r)
{
    unsigned zeros;

    for (zeros = 0; !r->bad && mw_bits_get(r, 1) == 0; zeros++) {
        if (zeros == 31) {
            r->bad = true;
        }
    }

    return r->bad ? 0
                  : (uint32_t) ((1ull << zeros) - 1) + mw_bits_get(r, zeros);
}


#endif /* MW_BITS_H */
