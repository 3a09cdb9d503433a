/*
 * Adds up sources and slots: those that live once a second (mw_metrics.h), each
 * once more when it ends, then for its room (mw_room_t.ended).
 */

#ifndef MW_COUNT_H
#define MW_COUNT_H

#include "mw_slot.h"

#include "meet_region.h"


void mw_source_count(const mw_source_t *source, meet_stats_t *stats);
void mw_slot_count(const mw_slot_t *slot, meet_stats_t *stats);

/* all counters of one to those of another */
void mw_count_add(meet_stats_t *stats, const meet_stats_t *more);


#endif /* MW_COUNT_H */
