/*
 * The counters in every link's region: what has ended plus what lives, of all
 * rooms together and of as many as have a place each.
 */

#ifndef MW_METRICS_H
#define MW_METRICS_H

#include "mw_residence.h"
#include "mw_rooms.h"

#define MW_METRICS_PERIOD (1 * MW_SEC)


/*
 * Adds up everything; walks all peers, so not more often than a second.
 * `figures` are those of the last time, zeros the first.
 */
void mw_metrics_collect(meet_stats_t *stats, meet_figures_t *figures,
    mw_rooms_t *rooms, mw_usec_t now);

/* since the start, and of the time since `before` */
void mw_metrics_residence(meet_stats_t *stats, const mw_residence_t *residence,
    const mw_residence_t *before);

/* relaxed stores into the region of one link, `records_...` as they are */
void mw_metrics_write(
    mw_link_t *link, const meet_stats_t *stats, const meet_figures_t *figures);


#endif /* MW_METRICS_H */
