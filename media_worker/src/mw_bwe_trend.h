/*
 * Whether a queue builds up on the way to a receiver: the trend of one-way
 * delays, after draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4 with a line
 * through the last delays in place of the Kalman filter.  Pure.
 */

#ifndef MW_BWE_TREND_H
#define MW_BWE_TREND_H

#include "mw.h"

#define MW_BWE_POINTS 20 /* of the line */

typedef enum {
    MW_BWE_NORMAL = 0,
    MW_BWE_OVER, /* delays rise */
    MW_BWE_UNDER /* a queue drains */
} mw_bwe_signal_t;

typedef struct {
    bool started;
    mw_usec_t first; /* sent, of the current group */
    mw_usec_t sent;  /* of the last packet in it */
    mw_usec_t arrived;
    bool complete; /* a group before it is known */
    mw_usec_t last_sent;
    mw_usec_t last_arrived;

    double sum; /* of delay differences, ms */
    double smooth;
    double x[MW_BWE_POINTS]; /* arrival, ms */
    double y[MW_BWE_POINTS];
    mw_usec_t start; /* x is 0 there */
    unsigned n;      /* points seen */

    double threshold;
    double trend; /* the one before */
    mw_usec_t over;
    mw_usec_t updated;
    mw_bwe_signal_t signal;
} mw_bwe_trend_t;


void mw_bwe_trend_init(mw_bwe_trend_t *t);

/* a packet that arrived, in the order of arrival; both clocks are free */
mw_bwe_signal_t mw_bwe_trend_packet(
    mw_bwe_trend_t *t, mw_usec_t sent, mw_usec_t arrived);


#endif /* MW_BWE_TREND_H */
