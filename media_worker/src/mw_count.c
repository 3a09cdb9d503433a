/* What sources and slots have done, as the counters of the region name it. */

#include "mw_count.h"


void
mw_source_count(const mw_source_t *source, meet_stats_t *stats)
{
    mw_source_stats_t from;

    mw_source_stats(source, &from);

    stats->drop_malformed += from.malformed;
    stats->drop_other += from.stale;
    stats->drop_duplicate += from.duplicates;
    stats->keyframe_requests += from.keyframe_requests;
    stats->keyframes += from.keyframes;
    stats->nacks_out += from.nacks;
    stats->recovered += from.recovered;
}


void
mw_slot_count(const mw_slot_t *slot, meet_stats_t *stats)
{
    mw_slot_stats_t from;

    mw_slot_stats(slot, &from);

    stats->retransmitted += from.rtx_packets;
    stats->nacks_in += from.nacks;
    stats->nacks_unmet += from.nack_missed + from.nack_refused;
    stats->keyframes_wanted += from.keyframe_requests;
    stats->layer_switches += from.layer_switches;
    stats->thinned += from.thinned;
    stats->probe_bytes += from.probe_bytes;
}


void
mw_count_add(meet_stats_t *stats, const meet_stats_t *more)
{
    size_t i;
    uint64_t *to;
    const uint64_t *from;

    to = (uint64_t *) (void *) stats;
    from = (const uint64_t *) (const void *) more;

    for (i = 0; i < sizeof(*stats) / sizeof(*to); i++) {
        to[i] += from[i];
    }
}
