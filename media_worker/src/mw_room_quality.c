/* Collects grades of connections, and tells them. */

#include "mw_room_quality.h"

#include "mw_publish.h"
#include "mw_subscribe.h"

/* RFC 7675 section 5.1: checks come every 4 to 6 s; two were lost */
#define MW_QUALITY_ABSENT (13 * MW_SEC)


static bool mw_room_quality_look(mw_participant_t *p, mw_usec_t now);
static void mw_room_quality_up(
    const mw_publish_t *publish, mw_quality_up_t *up, mw_usec_t now);
static void mw_room_quality_down(
    const mw_subscribe_t *subscribe, mw_quality_down_t *down, mw_usec_t now);
static bool mw_room_quality_absent(
    const mw_connection_t *connection, mw_usec_t now);


void
mw_room_quality(mw_room_t *room, mw_usec_t now)
{
    mw_room_link_t *rl;
    mw_participant_t *p;

    if (now < room->quality_at) {
        return;
    }

    room->quality_at = now + MW_ROOM_QUALITY(room->participants);

    for (p = room->head; p != NULL; p = p->next) {
        if (mw_room_quality_look(p, now)) {
            room->quality_changed = true;
        }
    }

    if (!room->quality_changed || room->settling || room->branch) {
        return;
    }

    room->quality_changed = false;

    for (rl = room->links; rl != NULL; rl = rl->next) {
        rl->quality = true;

        if (!rl->pending) {
            mw_room_link_pump(rl);
        }
    }
}


mw_rc_t
mw_room_send_quality(mw_room_link_t *rl)
{
    size_t len;
    uint8_t *body;
    meet_grade_t grade;
    meet_record_t header;
    meet_quality_t quality;
    const mw_participant_t *p;

    body = rl->room->context->body;

    memset(&quality, 0, sizeof(quality));
    memset(&grade, 0, sizeof(grade));
    len = sizeof(quality);

    for (p = rl->room->head; p != NULL && quality.entries < MEET_QUALITY_MAX;
         p = p->next)
    {
        grade.number = p->number;
        grade.up = p->quality.up.grade;
        grade.down = p->quality.down.grade;

        if (grade.up == MEET_GRADE_UNKNOWN && grade.down == MEET_GRADE_UNKNOWN)
        {
            continue;
        }

        memcpy(body + len, &grade, sizeof(grade));
        len += sizeof(grade);
        quality.entries++;
    }

    if (quality.entries == 0 && !rl->graded) {
        return MW_OK;
    }

    rl->graded = true;
    memcpy(body, &quality, sizeof(quality));

    mw_room_header(rl->room, &header, MEET_QUALITY);
    header.audience = MEET_TO_ALL;

    return mw_link_send(rl->link, MW_LINK_TRY, &header, body, len);
}


static bool
mw_room_quality_look(mw_participant_t *p, mw_usec_t now)
{
    mw_quality_up_t up;
    mw_quality_down_t down;

    if (p->leg != NULL) {
        return false; /* the worker that has the connections looks */
    }

    memset(&up, 0, sizeof(up));
    memset(&down, 0, sizeof(down));

    if (p->publish != NULL) {
        mw_room_quality_up(p->publish, &up, now);
    }

    if (p->subscribe != NULL) {
        mw_room_quality_down(p->subscribe, &down, now);
    }

    return mw_quality_look(&p->quality, &up, &down);
}


static void
mw_room_quality_up(
    const mw_publish_t *publish, mw_quality_up_t *up, mw_usec_t now)
{
    unsigned kind;
    const mw_source_t *source;
    mw_source_stats_t stats;

    up->absent = mw_room_quality_absent(&publish->connection, now);

    for (kind = 0; kind < MW_KINDS; kind++) {
        source = publish->tracks[kind].source;

        if (source == NULL) {
            continue;
        }

        mw_source_stats(source, &stats);

        up->published = true;
        up->packets += stats.packets;
        up->recovered += stats.recovered;
        up->lost += stats.lost;
        up->small = up->small || mw_source_small(source);
    }
}


static void
mw_room_quality_down(
    const mw_subscribe_t *subscribe, mw_quality_down_t *down, mw_usec_t now)
{
    down->absent = mw_room_quality_absent(&subscribe->connection, now);

    if (!mw_subscribe_rated(subscribe)) {
        return;
    }

    down->known = mw_bwe_known(&subscribe->bwe);
    down->wanted = subscribe->wanted;
    down->estimate = mw_bwe_estimate(&subscribe->bwe);
}


static bool
mw_room_quality_absent(const mw_connection_t *connection, mw_usec_t now)
{
    return mw_peer_state(connection->peer) == MW_PEER_CONNECTED
           && now - mw_peer_consent(connection->peer) > MW_QUALITY_ABSENT;
}
