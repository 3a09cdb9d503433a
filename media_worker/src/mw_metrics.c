#include "mw_metrics.h"

#include "mw_count.h"
#include "mw_proof.h"
#include "mw_publish.h"
#include "mw_relay.h"
#include "mw_subscribe.h"


#define MW_METRICS_RESIDENCE 64 /* microseconds, the first of them */


static void mw_metrics_room(meet_stats_t *stats, const mw_room_t *room);
static void mw_metrics_figures(meet_room_figures_t *figures,
    const mw_room_t *room, const meet_stats_t *stats);
static void mw_metrics_place(
    mw_room_t *room, uint32_t *taken, meet_figures_t *figures);
static void mw_metrics_udp(meet_stats_t *stats, mw_udp_t *udp);
static void mw_metrics_store(void *to, const void *from, size_t size);


void
mw_metrics_collect(meet_stats_t *stats, meet_figures_t *figures,
    mw_rooms_t *rooms, mw_usec_t now)
{
    unsigned i;
    uint32_t taken;
    mw_room_t *room;
    meet_stats_t one;
    const mw_leg_t *leg;
    const mw_relay_t *relay;

    *stats = rooms->context->stats;

    stats->updated = (uint64_t) now;
    stats->rooms = rooms->count;
    stats->records_bad += rooms->bad;
    taken = 0;

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        for (room = rooms->buckets[i]; room != NULL; room = room->next) {
            taken |= room->place == 0 ? 0 : 1u << (room->place - 1);
        }
    }

    figures->unlisted = 0;

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        for (room = rooms->buckets[i]; room != NULL; room = room->next) {
            mw_metrics_room(&one, room);
            mw_count_add(stats, &one);
            mw_metrics_place(room, &taken, figures);

            if (room->place != 0) {
                mw_metrics_figures(
                    &figures->rooms[room->place - 1], room, &one);
            }
        }
    }

    for (i = 0; i < MEET_ROOM_FIGURES; i++) {
        if ((taken & 1u << i) == 0) {
            memset(&figures->rooms[i], 0, sizeof(figures->rooms[i]));
        }
    }

    /* and what is here of rooms whose home is elsewhere */

    for (relay = rooms->context->relays; relay != NULL; relay = relay->next) {
        for (leg = relay->legs; leg != NULL; leg = leg->next_relay) {
            if (leg->room->branch) {
                mw_metrics_room(&one, leg->room);
                mw_count_add(stats, &one);
            }
        }
    }

    if (rooms->context->udp != NULL) {
        mw_metrics_udp(stats, rooms->context->udp);
    }
}


void
mw_metrics_residence(meet_stats_t *stats, const mw_residence_t *residence,
    const mw_residence_t *before)
{
    unsigned i;

    stats->residence_p50 =
        (uint64_t) mw_residence_quantile(residence, before, 500);
    stats->residence_p99 =
        (uint64_t) mw_residence_quantile(residence, before, 990);

    for (i = 0; i < MEET_RESIDENCES; i++) {
        stats->residence[i] = mw_residence_below(
            residence, (mw_usec_t) MW_METRICS_RESIDENCE << i);
    }

    stats->residence_count = residence->count;
    stats->residence_sum = residence->sum;
}


void
mw_metrics_write(
    mw_link_t *link, const meet_stats_t *stats, const meet_figures_t *figures)
{
    mw_metrics_store(&link->region->stats, stats, sizeof(*stats));
    mw_metrics_store(&link->region->figures, figures, sizeof(*figures));
}


static void
mw_metrics_store(void *to, const void *from, size_t size)
{
    size_t i;
    uint64_t *words;

    words = to;

    for (i = 0; i < size / sizeof(*words); i++) {
        __atomic_store_n(
            &words[i], ((const uint64_t *) from)[i], __ATOMIC_RELAXED);
    }
}


static void
mw_metrics_room(meet_stats_t *stats, const mw_room_t *room)
{
    const mw_participant_t *p;

    *stats = room->ended;
    stats->participants += room->branch ? 0 : room->participants;

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


/* connection tests are no rooms to anybody */
static void
mw_metrics_place(mw_room_t *room, uint32_t *taken, meet_figures_t *figures)
{
    unsigned i;

    if (room->place != 0 || mw_room_is_test(room)) {
        return;
    }

    for (i = 0; i < MEET_ROOM_FIGURES; i++) {
        if ((*taken & 1u << i) == 0) {
            break;
        }
    }

    if (i == MEET_ROOM_FIGURES
        || mw_random(&room->label, sizeof(room->label)) != MW_OK
        || room->label == 0)
    {
        figures->unlisted++;
        return;
    }

    *taken |= 1u << i;
    room->place = i + 1;
}


static void
mw_metrics_figures(meet_room_figures_t *figures, const mw_room_t *room,
    const meet_stats_t *stats)
{
    figures->label = room->label;
    figures->participants = stats->participants;
    figures->packets_in = stats->packets_in;
    figures->packets_out = stats->packets_out;
    figures->bytes_out = stats->bytes_out;
    figures->retransmitted = stats->retransmitted;
    figures->nacks_unmet = stats->nacks_unmet;
    figures->keyframes = stats->keyframes;
    figures->keyframe_requests = stats->keyframe_requests;
    figures->estimates = stats->estimates;
    figures->estimate = stats->estimate;
    figures->freezes = room->report.freezes;
    figures->frozen_ms = room->report.frozen_ms;
    figures->video_ms = room->report.video_ms;
    figures->concealed_ms = room->report.concealed_ms;
    figures->audio_ms = room->report.audio_ms;
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
