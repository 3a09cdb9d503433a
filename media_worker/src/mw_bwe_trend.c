/* Whether a queue builds up on the way to a receiver. */

#include "mw_bwe_trend.h"

/* packets sent within this time are one group, draft section 5.2 */
#define MW_BWE_BURST (5 * MW_MSEC)

/* what comes after such a pause is compared with nothing before it */
#define MW_BWE_PAUSE (3 * MW_SEC)

#define MW_BWE_SMOOTH 0.9

/* makes a slope (ms of delay a ms) comparable with the threshold in ms */
#define MW_BWE_GAIN       4.0
#define MW_BWE_GAIN_COUNT 60

/* draft section 5.4 */
#define MW_BWE_THRESHOLD     12.5
#define MW_BWE_THRESHOLD_MIN 6.0
#define MW_BWE_THRESHOLD_MAX 600.0
#define MW_BWE_RISE          0.0087
#define MW_BWE_FALL          0.039
#define MW_BWE_OUTLIER       15.0
#define MW_BWE_OVER_TIME     (10 * MW_MSEC)


static void mw_bwe_trend_group(mw_bwe_trend_t *t);
static double mw_bwe_trend_slope(const mw_bwe_trend_t *t);
static void mw_bwe_trend_detect(mw_bwe_trend_t *t, double slope, mw_usec_t now);


void
mw_bwe_trend_init(mw_bwe_trend_t *t)
{
    memset(t, 0, sizeof(*t));

    t->threshold = MW_BWE_THRESHOLD;
}


mw_bwe_signal_t
mw_bwe_trend_packet(mw_bwe_trend_t *t, mw_usec_t sent, mw_usec_t arrived)
{
    if (t->started
        && (arrived - t->arrived > MW_BWE_PAUSE
            || t->arrived - arrived > MW_BWE_PAUSE))
    {
        mw_bwe_trend_init(t);
    }

    if (!t->started) {
        t->started = true;
        t->first = sent;
        t->sent = sent;
        t->arrived = arrived;
        return t->signal;
    }

    if (sent < t->first) {
        return t->signal; /* overtaken on the way */
    }

    if (sent - t->first > MW_BWE_BURST) {
        if (t->complete) {
            mw_bwe_trend_group(t);
        }

        t->complete = true;
        t->last_sent = t->sent;
        t->last_arrived = t->arrived;
        t->first = sent;
        t->sent = sent;
        t->arrived = arrived;
        return t->signal;
    }

    t->sent = sent > t->sent ? sent : t->sent;
    t->arrived = arrived > t->arrived ? arrived : t->arrived;

    return t->signal;
}


/* the current group against the one before it */
static void
mw_bwe_trend_group(mw_bwe_trend_t *t)
{
    unsigned i;
    double slope;

    if (t->n == 0) {
        t->start = t->arrived;
    }

    t->sum +=
        (double) ((t->arrived - t->last_arrived) - (t->sent - t->last_sent))
        / MW_MSEC;
    t->smooth = MW_BWE_SMOOTH * t->smooth + (1 - MW_BWE_SMOOTH) * t->sum;

    i = t->n++ % MW_BWE_POINTS;
    t->x[i] = (double) (t->arrived - t->start) / MW_MSEC;
    t->y[i] = t->smooth;

    slope = t->n >= MW_BWE_POINTS ? mw_bwe_trend_slope(t) : t->trend;
    mw_bwe_trend_detect(t, slope, t->arrived);
}


/* least squares */
static double
mw_bwe_trend_slope(const mw_bwe_trend_t *t)
{
    unsigned i;
    double x, y, above, below;

    x = 0;
    y = 0;

    for (i = 0; i < MW_BWE_POINTS; i++) {
        x += t->x[i] / MW_BWE_POINTS;
        y += t->y[i] / MW_BWE_POINTS;
    }

    above = 0;
    below = 0;

    for (i = 0; i < MW_BWE_POINTS; i++) {
        above += (t->x[i] - x) * (t->y[i] - y);
        below += (t->x[i] - x) * (t->x[i] - x);
    }

    return below > 0 ? above / below : t->trend;
}


static void
mw_bwe_trend_detect(mw_bwe_trend_t *t, double slope, mw_usec_t now)
{
    double m, size, elapsed;

    m = slope * MW_BWE_GAIN
        * (t->n < MW_BWE_GAIN_COUNT ? t->n : MW_BWE_GAIN_COUNT);
    size = m < 0 ? -m : m;

    if (m > t->threshold) {
        if (t->over == 0) {
            t->over = now;
        }

        /* for some time, and not on its way back already */
        if (now - t->over >= MW_BWE_OVER_TIME && slope >= t->trend) {
            t->signal = MW_BWE_OVER;
        }

    } else {
        t->over = 0;
        t->signal = m < -t->threshold ? MW_BWE_UNDER : MW_BWE_NORMAL;
    }

    t->trend = slope;

    /* follows slowly, so that flows which fill queues do not starve ours */

    elapsed = t->updated == 0 ? 0 : (double) (now - t->updated) / MW_MSEC;
    elapsed = elapsed > 100 ? 100 : elapsed;
    t->updated = now;

    if (size - t->threshold > MW_BWE_OUTLIER) {
        return;
    }

    t->threshold += (size < t->threshold ? MW_BWE_FALL : MW_BWE_RISE)
                    * (size - t->threshold) * elapsed;

    if (t->threshold < MW_BWE_THRESHOLD_MIN) {
        t->threshold = MW_BWE_THRESHOLD_MIN;

    } else if (t->threshold > MW_BWE_THRESHOLD_MAX) {
        t->threshold = MW_BWE_THRESHOLD_MAX;
    }
}
