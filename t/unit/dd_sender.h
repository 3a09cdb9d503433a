/*
 * Writes dependency descriptors as an encoder of several spatial and temporal
 * layers does: decode targets and templates in the order of the layers, a
 * chain for each spatial layer, and with each frame what it needs.
 */

#ifndef DD_SENDER_H
#define DD_SENDER_H

#include "mw_dd.h"

#define DD_SENDER_MAX 96 /* bytes of a descriptor */


typedef struct {
    unsigned sids;
    unsigned tids;
    bool alone;      /* layers build on each other in keyframes only */
    unsigned height; /* of the smallest layer, each above is twice as tall */
    uint16_t frame;
    uint16_t link[MW_DD_CHAINS]; /* the last frame of each chain */
} dd_sender_t;

typedef struct {
    uint8_t *data;
    size_t at;
} dd_bits_t;


static inline void
dd_put(dd_bits_t *w, unsigned value, unsigned n)
{
    for (/* void */; n > 0; n--, w->at++) {
        w->data[w->at / 8] |=
            (uint8_t) ((value >> (n - 1) & 1u) << (7 - w->at % 8));
    }
}


/* AV1, section 4.10.7 */
static inline void
dd_put_below(dd_bits_t *w, unsigned value, unsigned n)
{
    unsigned bits, m;

    for (bits = 0; n >> bits != 0; bits++) {
        /* void */
    }

    m = (1u << bits) - n;

    if (value < m) {
        dd_put(w, value, bits - 1);

    } else {
        dd_put(w, value + m, bits);
    }
}


static inline unsigned
dd_indication(
    const dd_sender_t *s, unsigned sid, unsigned tid, bool key, unsigned target)
{
    unsigned up, often;

    up = target / s->tids;
    often = target % s->tids;

    if (tid > often || (s->alone && !key ? sid != up : sid > up)) {
        return MW_DD_ABSENT;
    }

    return tid > 0 && tid + 1 == s->tids ? MW_DD_DISCARDABLE : MW_DD_SWITCH;
}


static inline void
dd_structure(dd_bits_t *w, const dd_sender_t *s)
{
    unsigned i, target, count;

    count = s->sids * s->tids;
    dd_put(w, 0, 6);
    dd_put(w, count - 1, 5);

    for (i = 1; i <= count; i++) {
        dd_put(w, i == count ? 3 : i % s->tids == 0 ? 2 : 1, 2);
    }

    for (i = 0; i < count; i++) {
        for (target = 0; target < count; target++) {
            dd_put(w, dd_indication(s, i / s->tids, i % s->tids, false, target),
                2);
        }
    }

    dd_put(w, 0, count); /* what frames refer to is said with each */
    dd_put_below(w, s->sids, count + 1);

    for (target = 0; target < count; target++) {
        dd_put_below(w, target / s->tids, s->sids);
    }

    for (i = 0; i < count; i++) {
        dd_put(w, 0, 4 * s->sids);
    }

    dd_put(w, 1, 1);

    for (i = 0; i < s->sids; i++) {
        dd_put(w, (16 * s->height / 9 << i) - 1, 16);
        dd_put(w, (s->height << i) - 1, 16);
    }
}


/* of one packet of the frame that comes next; returns the length */
static inline size_t
dd_write(const dd_sender_t *s, unsigned sid, unsigned tid, bool key, bool start,
    bool end, uint8_t out[DD_SENDER_MAX])
{
    unsigned i;
    bool first;
    dd_bits_t w = { out, 0 };

    memset(out, 0, DD_SENDER_MAX);
    first = key && sid == 0;
    dd_put(&w, start, 1);
    dd_put(&w, end, 1);
    dd_put(&w, sid * s->tids + tid, 6);
    dd_put(&w, s->frame, 16);
    dd_put(&w, first && start, 1);
    dd_put(&w, 5, 4); /* its own indications and links */

    if (first && start) {
        dd_structure(&w, s);
    }

    for (i = 0; i < s->sids * s->tids; i++) {
        dd_put(&w, dd_indication(s, sid, tid, key, i), 2);
    }

    for (i = 0; i < s->sids; i++) {
        dd_put(&w, first ? 0 : (uint16_t) (s->frame - s->link[i]), 8);
    }

    return (w.at + 7) / 8;
}


/* that frame has been sent */
static inline void
dd_next(dd_sender_t *s, unsigned sid, unsigned tid, bool key)
{
    unsigned i;

    for (i = 0; i < s->sids && tid == 0; i++) {
        if (s->alone && !key ? i == sid : i >= sid) {
            s->link[i] = s->frame;
        }
    }

    s->frame++;
}


#endif /* DD_SENDER_H */
