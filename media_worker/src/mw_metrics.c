#include "mw_metrics.h"

#include "mw_publish.h"
#include "mw_subscribe.h"


static void mw_metrics_room(meet_stats_t *stats, const mw_room_t *room);
static void mw_metrics_udp(meet_stats_t *stats, mw_udp_t *udp);


void
mw_metrics_collect(meet_stats_t *stats, const mw_rooms_t *rooms, mw_usec_t now)
{
    unsigned i;
    const mw_room_t *room;

    *stats = rooms->context->stats;

    stats->updated = (uint64_t) now;
    stats->rooms = rooms->count;
    stats->records_bad += rooms->bad;

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        for (room = rooms->buckets[i]; room != NULL; room = room->next) {
            mw_metrics_room(stats, room);
        }
    }

    if (rooms->context->udp != NULL) {
        mw_metrics_udp(stats, rooms->context->udp);
    }
}


void
mw_metrics_write(mw_link_t *link, const meet_stats_t *stats)
{
    size_t i;
    uint64_t *to;
    const uint64_t *from;

    to = (uint64_t *) (void *) &link->region->stats;
    from = (const uint64_t *) (const void *) stats;

    for (i = 0; i < sizeof(meet_stats_t) / sizeof(uint64_t); i++) {
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
    }
}


static void
mw_metrics_room(meet_stats_t *stats, const mw_room_t *room)
{
    const mw_participant_t *p;

    stats->participants += room->participants;

    for (p = room->head; p != NULL; p = p->next) {

        if (p->publish != NULL) {
            stats->publishers++;
            mw_publish_count(p->publish, stats);
        }

        if (p->subscribe != NULL) {
            stats->subscribers++;
            mw_subscribe_count(p->subscribe, stats);
        }
    }
}


/* what never got as far as a peer */
static void
mw_metrics_udp(meet_stats_t *stats, mw_udp_t *udp)
{
    const mw_udp_stats_t *from;

    from = mw_udp_stats(udp);

    stats->drop_stun += from->drop_ufrag;
    stats->drop_address += from->drop_path;
    stats->drop_malformed +=
        from->drop_empty + from->drop_long + from->drop_kind;
    stats->send_errors += from->send_again + from->send_failed;
}
