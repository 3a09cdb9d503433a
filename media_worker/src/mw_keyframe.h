/*
 * When to ask a publisher for a keyframe.  All who want one are served by one
 * request; requests are spaced so that keyframes cost at most a quarter of the
 * layer's bitrate, and repeated while somebody still waits.  Pure.
 */

#ifndef MW_KEYFRAME_H
#define MW_KEYFRAME_H

#include "mw.h"

typedef struct {
    mw_usec_t requested; /* last request, 0: none */
    mw_usec_t seen;      /* start of the last keyframe, 0: none */
    mw_usec_t rate_from; /* start of the current rate window */
    uint32_t rate_bytes; /* in the current window */
    uint32_t rate;       /* bytes a second, 0: not known */
    uint32_t cost;       /* bytes of a keyframe, smoothed, 0: not known */
    uint32_t cost_bytes; /* of the keyframe being received */
    uint8_t tries;       /* since the last keyframe */
    bool wanted;
} mw_keyframe_t;


void mw_keyframe_init(mw_keyframe_t *k);

/* somebody needs a keyframe that starts after now */
void mw_keyframe_want(mw_keyframe_t *k);

/* true: send a request now; it is counted as sent */
bool mw_keyframe_due(mw_keyframe_t *k, mw_usec_t now);

/* when mw_keyframe_due() can next be true, MW_NEVER if nobody waits */
mw_usec_t mw_keyframe_next(const mw_keyframe_t *k);

/*
 * Every packet of the layer: `start` at the first of a keyframe, `in` while it
 * belongs to one.
 */
void mw_keyframe_packet(
    mw_keyframe_t *k, size_t len, bool start, bool in, mw_usec_t now);


#endif /* MW_KEYFRAME_H */
