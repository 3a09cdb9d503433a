/* Looking for more room: short bursts above the estimate. */

#include "mw_bwe.h"

#define MW_BWE_PROBE_TIME    (20 * MW_MSEC)
#define MW_BWE_PROBE_PACKETS 5
#define MW_BWE_PROBE_STEP    (2 * MW_MSEC)
#define MW_BWE_PROBE_LONGEST (200 * MW_MSEC)

/*
 * Routers and shapers let a packet or two through at once after a pause,
 * however narrow the way is: that much tells nothing, as much again must follow
 */
#define MW_BWE_PROBE_BUCKET 2500

/* how long feedback may take longer than the round trip */
#define MW_BWE_PROBE_WAIT (300 * MW_MSEC)

/* the first one, and those after it */
#define MW_BWE_PROBE_FIRST 3.0
#define MW_BWE_PROBE_MORE  2.0

/* arriving more slowly than sent by this: the way was full */
#define MW_BWE_PROBE_FULL 0.9
#define MW_BWE_PROBE_CARE 0.9

/* a share of it must have arrived, less what is always lost */
#define MW_BWE_PROBE_WHOLE 0.9

/* between two, after one that found nothing; and after a decrease */
#define MW_BWE_PROBE_REST     (2 * MW_SEC)
#define MW_BWE_PROBE_REST_MAX (5 * MW_SEC)
#define MW_BWE_PROBE_CALM     (2 * MW_SEC)

/*
 * A receiver that estimates by itself is given up to what it says, for it
 * does not try out much more than it gets.
 */
#define MW_BWE_FILL_TIME MW_SEC
#define MW_BWE_FILL_REST MW_SEC
#define MW_BWE_FILL_STEP (10 * MW_MSEC)


static size_t mw_bwe_fill(mw_bwe_t *b, mw_usec_t now);
static size_t mw_bwe_probe_size(const mw_bwe_probe_t *p);
static void mw_bwe_probe_begin(mw_bwe_t *b, mw_usec_t now);
static void mw_bwe_probe_end(mw_bwe_t *b, mw_usec_t now);


mw_usec_t
mw_bwe_due(const mw_bwe_t *b, mw_usec_t now)
{
    mw_usec_t at;
    const mw_bwe_probe_t *p;

    p = &b->probe;

    if (p->running) {
        return now + (b->told ? MW_BWE_FILL_STEP : MW_BWE_PROBE_STEP);
    }

    if (b->wanted <= b->estimate) {
        return MW_NEVER;
    }

    at = p->next;

    if (b->decreased != 0 && b->decreased + MW_BWE_PROBE_CALM > at) {
        at = b->decreased + MW_BWE_PROBE_CALM;
    }

    if (p->awaited && p->ended + b->rtt + MW_BWE_PROBE_WAIT > at) {
        at = p->ended + b->rtt + MW_BWE_PROBE_WAIT;
    }

    return at > now ? at : now;
}


size_t
mw_bwe_padding(mw_bwe_t *b, mw_usec_t now)
{
    size_t due;
    mw_bwe_probe_t *p;

    p = &b->probe;

    if (b->told) {
        return mw_bwe_fill(b, now);
    }

    if (!p->running) {
        if (mw_bwe_due(b, now) > now) {
            return 0;
        }

        if (p->awaited) {
            /* hardly anything was heard of it */
            p->awaited = false;
            p->again = false;
            mw_bwe_probe_end(b, now);
            return 0;
        }

        if (b->trend.signal != MW_BWE_NORMAL) {
            p->next = now + MW_BWE_PROBE_STEP * 10;
            return 0;
        }

        mw_bwe_probe_begin(b, now);
    }

    if ((p->packets >= MW_BWE_PROBE_PACKETS && p->sent >= mw_bwe_probe_size(p)
            && now - p->started >= MW_BWE_PROBE_TIME)
        || now - p->started > MW_BWE_PROBE_LONGEST)
    {
        p->running = false;
        p->awaited = p->packets > 1;
        p->ended = now;

        if (!p->awaited) {
            /* there was nothing to send it with */
            p->again = false;
            mw_bwe_probe_end(b, now);
        }

        return 0;
    }

    due = (size_t) ((double) p->rate
                    * (double) (now - p->started + MW_BWE_PROBE_STEP) / 8
                    / MW_SEC);

    return due > p->sent ? due - p->sent : 0;
}


static size_t
mw_bwe_fill(mw_bwe_t *b, mw_usec_t now)
{
    size_t due;
    mw_bwe_probe_t *p;

    p = &b->probe;
    p->awaited = false;

    if (!p->running) {
        if (mw_bwe_due(b, now) > now) {
            return 0;
        }

        p->running = true;
        p->started = now;
        p->sent = 0;
    }

    if (now - p->started >= MW_BWE_FILL_TIME || b->decreased > p->started) {
        p->running = false;
        p->next = now + MW_BWE_FILL_REST;
        return 0;
    }

    due = (size_t) (b->estimate * (double) (now - p->started + MW_BWE_FILL_STEP)
                    / 8 / MW_SEC);

    return due > p->sent ? due - p->sent : 0;
}


/* bytes */
static size_t
mw_bwe_probe_size(const mw_bwe_probe_t *p)
{
    size_t size, most;

    size = (size_t) (p->rate / 8 * MW_BWE_PROBE_TIME / MW_SEC);
    most = (size_t) (p->rate / 8 * MW_BWE_PROBE_LONGEST / MW_SEC);
    size = size > 2 * MW_BWE_PROBE_BUCKET ? size : 2 * MW_BWE_PROBE_BUCKET;

    return size < most ? size : most;
}


static void
mw_bwe_probe_begin(mw_bwe_t *b, mw_usec_t now)
{
    double rate;
    unsigned i;
    mw_bwe_probe_t *p;

    for (i = 0; i < MW_BWE_WINDOW; i++) {
        b->packets[i].probe = false;
    }

    p = &b->probe;
    rate =
        b->estimate * (b->heard == 0 ? MW_BWE_PROBE_FIRST : MW_BWE_PROBE_MORE);
    rate = rate > b->wanted * 1.2 ? b->wanted * 1.2 : rate;
    rate = rate > MW_BWE_MAX ? MW_BWE_MAX : rate;

    p->running = true;
    p->awaited = false;
    p->rate = (uint32_t) rate;
    p->started = now;
    p->sent = 0;
    p->packets = 0;
    p->arrived = 0;
    p->passed = 0;
}


void
mw_bwe_probe_sent(mw_bwe_t *b, size_t size, mw_usec_t now)
{
    mw_bwe_probe_t *p;

    (void) now;

    p = &b->probe;
    p->sent += size;
    p->packets++;
}


void
mw_bwe_probe_arrived(mw_bwe_t *b, const mw_bwe_packet_t *pkt, mw_usec_t at)
{
    size_t bucket;
    mw_bwe_probe_t *p;

    p = &b->probe;
    bucket = mw_bwe_probe_size(p) / 2;
    bucket = bucket < MW_BWE_PROBE_BUCKET ? bucket : MW_BWE_PROBE_BUCKET;

    if (p->arrived++ == 0 || p->passed < bucket) {
        p->first_sent = pkt->sent;
        p->first_size = pkt->size;
        p->first_at = at;
        p->arrived_bytes = 0;
    }

    p->passed += pkt->size;

    p->last_sent = pkt->sent;
    p->last_size = pkt->size;
    p->last_at = at;
    p->arrived_bytes += pkt->size;
}


void
mw_bwe_probe_result(mw_bwe_t *b, mw_usec_t now)
{
    double out, in, rate;
    mw_bwe_probe_t *p;

    p = &b->probe;

    if (!p->awaited
        || p->arrived < p->packets * (MW_BWE_PROBE_WHOLE - b->inherent)) {
        return;
    }

    p->awaited = false;
    p->again = false;

    if (p->last_at <= p->first_at) {
        mw_bwe_probe_end(b, now);
        return;
    }

    out = p->rate;

    if (p->last_sent > p->first_sent) {
        out = (double) (p->arrived_bytes - p->last_size) * 8 * MW_SEC
              / (double) (p->last_sent - p->first_sent);
    }

    in = (double) (p->arrived_bytes - p->first_size) * 8 * MW_SEC
         / (double) (p->last_at - p->first_at);

    /* pictures that left meanwhile came in one piece, above the probe's rate */

    out = out > p->rate ? p->rate : out;
    rate = in < out ? in : out;

    if (in < out * MW_BWE_PROBE_FULL) {
        rate *= MW_BWE_PROBE_CARE;

    } else {
        p->again = true;
    }

    if (rate > b->estimate && b->trend.signal != MW_BWE_OVER) {
        b->estimate = rate;

        if (p->again) {
            b->capacity = 0; /* what was too much before is not any more */
        }

    } else {
        p->again = false;
    }

    mw_bwe_probe_end(b, now);
}


/* when the next one may be */
static void
mw_bwe_probe_end(mw_bwe_t *b, mw_usec_t now)
{
    mw_bwe_probe_t *p;

    p = &b->probe;

    if (p->again) {
        p->backoff = 0;
        p->next = now;
        return;
    }

    p->backoff = p->backoff == 0 ? MW_BWE_PROBE_REST : 2 * p->backoff;

    if (p->backoff > MW_BWE_PROBE_REST_MAX) {
        p->backoff = MW_BWE_PROBE_REST_MAX;
    }

    p->next = now + p->backoff;
}
