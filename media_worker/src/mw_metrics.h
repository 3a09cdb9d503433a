/*
 * The counters in every link's region: what has ended plus what lives.
 */

#ifndef MW_METRICS_H
#define MW_METRICS_H

#include "mw_rooms.h"

#define MW_METRICS_PERIOD (1 * MW_SEC)


/* adds up everything; walks all peers, so not more often than a second */
void mw_metrics_collect(
    meet_stats_t *stats, const mw_rooms_t *rooms, mw_usec_t now);

/* relaxed stores into the region of one link, `records_...` as they are */
void mw_metrics_write(mw_link_t *link, const meet_stats_t *stats);


#endif /* MW_METRICS_H */
