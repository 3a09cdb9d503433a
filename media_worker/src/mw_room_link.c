/* A room on its links: what is sent at once, what waits, and snapshots. */

#include "mw_room_quality.h"
#include "mw_roster.h"

#include <stdlib.h>

#define MW_SNAPSHOT_MAX (32 * 1024) /* bytes of one part */


static bool mw_room_link_catch_up(mw_room_link_t *rl);
static void mw_room_link_persons(mw_room_link_t *rl);


mw_room_link_t *
mw_room_link_enter(mw_room_t *room, mw_link_t *link)
{
    mw_room_link_t *rl;

    for (rl = room->links; rl != NULL; rl = rl->next) {
        if (rl->link == link) {
            rl->sessions++;
            return rl;
        }
    }

    rl = calloc(1, sizeof(mw_room_link_t));
    if (rl == NULL) {
        return NULL;
    }

    rl->room = room;
    rl->link = link;
    rl->sessions = 1;
    rl->sent = room->settling ? 0 : room->events.sequence;

    rl->next = room->links;
    room->links = rl;

    rl->next_room = link->rooms;
    link->rooms = rl;

    return rl;
}


void
mw_room_link_leave(mw_room_link_t *rl)
{
    mw_room_link_t **p;

    if (--rl->sessions > 0) {
        return;
    }

    for (p = &rl->room->links; *p != rl; p = &(*p)->next) {
        /* void */
    }

    *p = rl->next;

    for (p = &rl->link->rooms; *p != rl; p = &(*p)->next_room) {
        /* void */
    }

    *p = rl->next_room;

    if (rl->pending) {
        for (p = &rl->link->pending; *p != rl; p = &(*p)->next_pending) {
            /* void */
        }

        *p = rl->next_pending;
    }

    free(rl);
}


void
mw_room_link_pump(mw_room_link_t *rl)
{
    if (rl->room->settling) {
        return;
    }

    if (!mw_room_link_catch_up(rl)) {
        mw_room_link_defer(rl);
        return;
    }

    if (rl->quality) {
        if (mw_room_send_quality(rl) == MW_AGAIN) {
            mw_room_link_defer(rl);
            return;
        }

        rl->quality = false;
    }

    if (rl->personal) {
        mw_room_link_persons(rl);
    }
}


void
mw_room_link_pump_all(mw_link_t *link)
{
    mw_room_link_t *rl, *list;

    list = link->pending;
    link->pending = NULL;

    while ((rl = list) != NULL) {
        list = rl->next_pending;

        rl->pending = false;
        mw_room_link_pump(rl);
    }
}


void
mw_room_link_defer(mw_room_link_t *rl)
{
    if (rl->pending) {
        return;
    }

    rl->pending = true;
    rl->next_pending = rl->link->pending;
    rl->link->pending = rl;
}


mw_rc_t
mw_room_send_snapshot(
    mw_room_link_t *rl, const mw_participant_t *participant, uint64_t sequence)
{
    mw_rc_t rc;
    size_t len;
    uint8_t *body;
    mw_room_t *room;
    meet_record_t header;
    meet_snapshot_t snapshot;
    const mw_participant_t *p;

    room = rl->room;
    body = room->context->body;

    memset(&snapshot, 0, sizeof(snapshot));

    snapshot.sequence = sequence;
    snapshot.room = room->settings;
    snapshot.total = room->participants;

    p = room->head;

    do {
        len = sizeof(snapshot);
        snapshot.participants = 0;

        while (p != NULL && len + MW_ROSTER_ENTRY <= MW_SNAPSHOT_MAX) {
            len += mw_roster_write(p, body + len);
            snapshot.participants++;
            p = p->next;
        }

        memcpy(body, &snapshot, sizeof(snapshot));

        mw_room_header(room, &header, MEET_SNAPSHOT);

        header.audience = MEET_TO_ALL;

        if (participant != NULL) {
            header.audience = MEET_TO_ONE;
            header.participant = participant->id;
            header.session = participant->session;
        }

        rc = mw_link_send(rl->link, MW_LINK_TRY, &header, body, len);

        if (rc != MW_OK) {
            return rc;
        }

        snapshot.first += snapshot.participants;

    } while (p != NULL);

    return MW_OK;
}


/* false: the link is full */
static bool
mw_room_link_catch_up(mw_room_link_t *rl)
{
    mw_rc_t rc;
    mw_room_t *room;
    uint64_t sequence;
    meet_record_t header;
    const mw_event_t *event;

    room = rl->room;

    if (!mw_events_covers(&room->events, rl->sent)) {
        rl->snapshot = true;
        room->context->stats.resyncs += rl->sessions;
    }

    if (rl->snapshot) {
        /* what is kept follows, so that as little of the chat as can be is lost */

        sequence = rl->sent;

        if (!mw_events_covers(&room->events, sequence)) {
            sequence = room->events.first - 1;
        }

        rc = mw_room_send_snapshot(rl, NULL, sequence);

        if (rc == MW_AGAIN) {
            return false;
        }

        rl->snapshot = false;
        rl->sent = sequence;
    }

    while (rl->sent < room->events.sequence) {
        event = mw_events_get(&room->events, rl->sent + 1);

        mw_room_header(room, &header, event->type);
        header.audience = event->audience;
        header.participant = event->participant;
        header.sequence = event->sequence;

        rc = mw_link_send(
            rl->link, MW_LINK_TRY, &header, event->body, event->len);

        if (rc == MW_AGAIN) {
            return false;
        }

        rl->sent++;
    }

    return true;
}


static void
mw_room_link_persons(mw_room_link_t *rl)
{
    mw_participant_t *p;

    rl->personal = false;

    for (p = rl->room->head; p != NULL; p = p->next) {

        /* the first who does not fit sets `personal` again */

        if (p->rl == rl) {
            mw_participant_personal(p);

            if (rl->personal) {
                return;
            }
        }
    }
}
