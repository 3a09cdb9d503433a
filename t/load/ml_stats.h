/*
 * Counters of one interval, and histograms of 1/8 octave.  What is counted by
 * the packet is plain integers; everything is read and reset by ml_main.
 */

#ifndef ML_STATS_H
#define ML_STATS_H

#include <jansson.h>

#include "mw.h"


#define ML_BUCKETS 256 /* 1 us to beyond an hour */

typedef struct {
    uint64_t count;
    mw_usec_t max;
    uint32_t bucket[ML_BUCKETS];
} ml_hist_t;


typedef struct {
    mw_usec_t since;
    uint64_t cpu; /* microseconds of this process by then */

    uint64_t sent;
    uint64_t sent_bytes;
    uint64_t send_failed;
    uint64_t keyframes;
    uint64_t key_requests;
    uint64_t resent;

    uint64_t counted; /* datagrams, not looked into */
    uint64_t counted_bytes;
    uint64_t reads; /* system calls that found them */

    uint64_t checked;
    uint64_t checked_bytes;
    uint64_t unstamped; /* padding, retransmissions, anything else */
    uint64_t wrong_source;

    uint64_t joins;
    uint64_t posts;
    uint64_t failures;

    ml_hist_t latency; /* sending to arrival at our socket */
    ml_hist_t late;    /* frames behind their time */
    ml_hist_t join;    /* to the first packet, checked or counted */
    ml_hist_t told;    /* begin of a join to the others' hearing of it */
    ml_hist_t heard;   /* lines of chat, by each who is told */
} ml_stats_t;


void ml_hist_add(ml_hist_t *hist, mw_usec_t value);

/* upper edge of the bucket, 0 of none */
mw_usec_t ml_hist_quantile(const ml_hist_t *hist, double q);

/* {count, p50, p95, p99, max} in microseconds */
json_t *ml_hist_json(const ml_hist_t *hist);

/* begins an interval */
void ml_stats_reset(ml_stats_t *stats, mw_usec_t now);
json_t *ml_stats_json(const ml_stats_t *stats, mw_usec_t now);


#endif /* ML_STATS_H */
