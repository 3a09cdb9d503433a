/* When to ask a publisher for a keyframe. */

#include "mw_keyframe.h"

/*
 * Browsers' encoders make no two keyframes within 300 ms; the upper bound is
 * what somebody who joins can be asked to wait.
 */
#define MW_KEYFRAME_SPACE_MIN     (300 * MW_MSEC)
#define MW_KEYFRAME_SPACE_UNKNOWN (500 * MW_MSEC)
#define MW_KEYFRAME_SPACE_MAX     (2 * MW_SEC)

/* keyframes may be one part in so many of the bitrate */
#define MW_KEYFRAME_SHARE 4

/* a request or its keyframe can be lost; doubles each time */
#define MW_KEYFRAME_RETRY     (400 * MW_MSEC)
#define MW_KEYFRAME_RETRY_MAX (1600 * MW_MSEC)


static mw_usec_t mw_keyframe_space(const mw_keyframe_t *k);
static mw_usec_t mw_keyframe_retry(const mw_keyframe_t *k);


void
mw_keyframe_init(mw_keyframe_t *k)
{
    memset(k, 0, sizeof(*k));
}


void
mw_keyframe_want(mw_keyframe_t *k)
{
    k->wanted = true;
}


bool
mw_keyframe_due(mw_keyframe_t *k, mw_usec_t now)
{
    if (!k->wanted || now < mw_keyframe_next(k)) {
        return false;
    }

    k->requested = now;

    if (k->tries < UINT8_MAX) {
        k->tries++;
    }

    return true;
}


mw_usec_t
mw_keyframe_next(const mw_keyframe_t *k)
{
    mw_usec_t at, retry;

    if (!k->wanted) {
        return MW_NEVER;
    }

    at = k->seen == 0 ? 0 : k->seen + mw_keyframe_space(k);

    if (k->tries != 0) {
        retry = k->requested + mw_keyframe_retry(k);
        at = retry > at ? retry : at;
    }

    return at;
}


void
mw_keyframe_packet(
    mw_keyframe_t *k, size_t len, bool start, bool in, mw_usec_t now)
{
    if (k->rate_from == 0) {
        k->rate_from = now;
    }

    if (now - k->rate_from >= MW_SEC) {
        /* after a pause the window says nothing about the rate */
        if (now - k->rate_from < 2 * MW_SEC) {
            k->rate = k->rate == 0 ? k->rate_bytes
                                   : (3 * k->rate + k->rate_bytes) / 4;
        }

        k->rate_from = now;
        k->rate_bytes = 0;
    }

    k->rate_bytes += (uint32_t) len;

    if (start) {
        k->seen = now;
        k->wanted = false;
        k->tries = 0;
        k->cost_bytes = 0;
    }

    if (start || in) {
        k->cost_bytes += (uint32_t) len;

    } else if (k->cost_bytes != 0) {
        k->cost =
            k->cost == 0 ? k->cost_bytes : (3 * k->cost + k->cost_bytes) / 4;
        k->cost_bytes = 0;
    }
}


static mw_usec_t
mw_keyframe_space(const mw_keyframe_t *k)
{
    mw_usec_t space;

    if (k->rate == 0 || k->cost == 0) {
        return MW_KEYFRAME_SPACE_UNKNOWN;
    }

    space = (mw_usec_t) k->cost * MW_KEYFRAME_SHARE * MW_SEC / k->rate;

    if (space < MW_KEYFRAME_SPACE_MIN) {
        return MW_KEYFRAME_SPACE_MIN;
    }

    return space > MW_KEYFRAME_SPACE_MAX ? MW_KEYFRAME_SPACE_MAX : space;
}


static mw_usec_t
mw_keyframe_retry(const mw_keyframe_t *k)
{
    mw_usec_t retry;

    retry = MW_KEYFRAME_RETRY << (k->tries > 3 ? 2 : k->tries - 1);

    return retry > MW_KEYFRAME_RETRY_MAX ? MW_KEYFRAME_RETRY_MAX : retry;
}
