/* Counting. */

#include <sys/resource.h>

#include "ml_stats.h"


static uint64_t
ml_cpu(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);

    return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000
           + (uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}


/* the octave, and the three bits below the highest one */
static unsigned
ml_bucket(uint64_t value)
{
    unsigned octave, bucket;

    if (value < 8) {
        return (unsigned) value;
    }

    octave = 63u - (unsigned) __builtin_clzll(value);
    bucket = (octave - 2) * 8 + (unsigned) (value >> (octave - 3) & 7);

    return bucket < ML_BUCKETS ? bucket : ML_BUCKETS - 1;
}


static mw_usec_t
ml_edge(unsigned bucket)
{
    unsigned octave;

    if (bucket < 8) {
        return bucket;
    }

    octave = bucket / 8 + 2;

    return (mw_usec_t) ((9ull + bucket % 8) << (octave - 3)) - 1;
}


void
ml_hist_add(ml_hist_t *hist, mw_usec_t value)
{
    if (value < 0) {
        value = 0;
    }

    hist->count++;
    hist->bucket[ml_bucket((uint64_t) value)]++;

    if (value > hist->max) {
        hist->max = value;
    }
}


mw_usec_t
ml_hist_quantile(const ml_hist_t *hist, double q)
{
    unsigned i;
    uint64_t sum;

    if (hist->count == 0) {
        return 0;
    }

    for (i = 0, sum = 0; i < ML_BUCKETS; i++) {
        sum += hist->bucket[i];

        if ((double) sum >= q * (double) hist->count) {
            break;
        }
    }

    return ml_edge(i) < hist->max ? ml_edge(i) : hist->max;
}


json_t *
ml_hist_json(const ml_hist_t *hist)
{
    return json_pack("{sI sI sI sI sI}", "count", (json_int_t) hist->count,
        "p50", (json_int_t) ml_hist_quantile(hist, 0.5), "p95",
        (json_int_t) ml_hist_quantile(hist, 0.95), "p99",
        (json_int_t) ml_hist_quantile(hist, 0.99), "max",
        (json_int_t) hist->max);
}


void
ml_stats_reset(ml_stats_t *stats, mw_usec_t now)
{
    memset(stats, 0, sizeof(*stats));
    stats->since = now;
    stats->cpu = ml_cpu();
}


json_t *
ml_stats_json(const ml_stats_t *stats, mw_usec_t now)
{
    double seconds;

    seconds = (double) (now - stats->since) / 1e6;
    seconds = seconds > 0 ? seconds : 1e-6;

    return json_pack(
        "{sf sf sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI sI so so "
        "so so so}",
        "seconds", seconds, "cpu_percent",
        (double) (ml_cpu() - stats->cpu) / seconds / 1e4, "sent",
        (json_int_t) stats->sent, "sent_bytes", (json_int_t) stats->sent_bytes,
        "send_failed", (json_int_t) stats->send_failed, "keyframes",
        (json_int_t) stats->keyframes, "key_requests",
        (json_int_t) stats->key_requests, "resent", (json_int_t) stats->resent,
        "counted", (json_int_t) stats->counted, "counted_bytes",
        (json_int_t) stats->counted_bytes, "reads", (json_int_t) stats->reads,
        "checked", (json_int_t) stats->checked, "checked_bytes",
        (json_int_t) stats->checked_bytes, "unstamped",
        (json_int_t) stats->unstamped, "wrong_source",
        (json_int_t) stats->wrong_source, "joins", (json_int_t) stats->joins,
        "posts", (json_int_t) stats->posts, "failures",
        (json_int_t) stats->failures, "latency_us",
        ml_hist_json(&stats->latency), "late_us", ml_hist_json(&stats->late),
        "join_us", ml_hist_json(&stats->join), "told_us",
        ml_hist_json(&stats->told), "heard_us", ml_hist_json(&stats->heard));
}
