#include "mw_session.h"

#include "mw_lobby.h"
#include "mw_relay.h"
#include "mw_request.h"
#include "mw_roster.h"


static void mw_session_again(mw_participant_t *p, const meet_record_t *header,
    const meet_session_open_t *open);
static uint32_t mw_session_check(const mw_room_t *room,
    const meet_record_t *header, const meet_session_open_t *open);
static bool mw_session_in_step(const mw_participant_t *p);
static void mw_session_welcome(
    mw_participant_t *p, const meet_record_t *header, bool resumed);
static void mw_session_snapshot(mw_participant_t *p, bool step);
static void mw_session_tail(mw_participant_t *p, uint64_t sequence);


void
mw_session_open(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    uint32_t status;
    const uint8_t *name;
    mw_participant_t *p;
    meet_session_open_t open;

    memcpy(&open, body, sizeof(open));
    name = body + sizeof(open);

    /* clients of a former actor come back: let them all come first */

    if (open.epoch != 0 && open.epoch < room->first_epoch
        && room->participants == 0 && room->events.sequence == 0
        && !room->settling)
    {
        mw_room_settle(room, now);
    }

    p = mw_roster_by_id(room, header->participant);

    if (p != NULL) {
        if (mw_participant_attach(p, link, header->session, now) != MW_OK) {
            mw_request_refuse(link, header, MEET_E_BUSY);
            return;
        }

        /* who returns by a replaced invite has the role it had */

        if ((open.flags & MEET_SESSION_RETURNS) == 0) {
            mw_participant_set_role(p, open.role, now);
        }

        if (open.flags & MEET_SESSION_DENIES) {
            mw_participant_deny(p, MEET_SESSION_KINDS(open.flags), now);
        }

        mw_session_again(p, header, &open);
        return;
    }

    status = mw_session_check(room, header, &open);

    if (status == MEET_E_WAITING) {
        status = mw_lobby_enter(room, link, header, &open, name, now);
    }

    if (status != MEET_OK) {
        mw_request_refuse(link, header, status);
        return;
    }

    p = mw_participant_create(room, header->participant, open.role,
        MEET_SESSION_KINDS(open.flags), name, open.name_len, now);

    if (p == NULL
        || mw_participant_attach(p, link, header->session, now) != MW_OK) {
        if (p != NULL) {
            mw_participant_destroy(p, now);
            mw_room_population(room, now);
        }

        mw_request_refuse(link, header, MEET_E_BUSY);
        return;
    }

    mw_session_begin(p, header, now);
}


void
mw_session_begin(
    mw_participant_t *p, const meet_record_t *header, mw_usec_t now)
{
    size_t len;
    mw_room_t *room;
    uint8_t who[MW_ROSTER_ENTRY];

    room = p->room;

    len = mw_roster_write(p, who);
    room->context->stats.joins++;

    mw_room_event(room, MEET_JOINED, MEET_TO_ALL_BUT, p->id, who, len);
    mw_room_population(room, now);

    mw_relay_place(p, now);

    p->first = room->events.sequence;
    p->lobby_dirty = room->nwaiting > 0;

    mw_session_welcome(p, header, false);
    mw_session_snapshot(p, mw_session_in_step(p));
    mw_participant_personal(p);
}


void
mw_session_reconnect(mw_participant_t *p)
{
    if (p->rl != NULL) {
        mw_session_welcome(p, NULL, true);
    }
}


/* a new socket of somebody who is in the roster */
static void
mw_session_again(mw_participant_t *p, const meet_record_t *header,
    const meet_session_open_t *open)
{
    bool step, resumed;
    mw_room_t *room;

    room = p->room;

    if (p->away) {
        p->away = false;
        mw_participant_changed(p);
    }

    step = mw_session_in_step(p);

    resumed = step && open->epoch >= room->first_epoch
              && open->sequence >= p->first
              && mw_events_covers(&room->events, open->sequence);

    p->lobby_dirty = room->nwaiting > 0;

    mw_session_welcome(p, header, resumed);

    if (resumed) {
        mw_session_tail(p, open->sequence);

    } else {
        mw_session_snapshot(p, step);
    }

    mw_participant_personal(p);
}


/* MEET_OK: may come in; MEET_E_WAITING: has to wait in the lobby */
static uint32_t
mw_session_check(const mw_room_t *room, const meet_record_t *header,
    const meet_session_open_t *open)
{
    bool known;

    known = (open->flags & MEET_SESSION_ADMITTED) != 0
            || open->role >= MEET_ROLE_MODERATOR;

    if (mw_roster_banned(room, header->participant)) {
        return MEET_E_REMOVED;
    }

    if (open->flags & MEET_SESSION_RETURNS) {
        return MEET_E_NO_PARTICIPANT;
    }

    if ((room->settings.flags & MEET_ROOM_IS_LOCKED) && !known) {
        return MEET_E_LOCKED;
    }

    if (mw_session_full(room, header->participant,
            (open->flags & MEET_SESSION_ADMITTED) != 0))
    {
        return MEET_E_ROOM_FULL;
    }

    if ((room->settings.flags & MEET_ROOM_HAS_LOBBY) && !known) {
        return MEET_E_WAITING;
    }

    return MEET_OK;
}


bool
mw_session_full(const mw_room_t *room, uint64_t id, bool admitted)
{
    uint32_t limit, present;

    limit = room->settings.participants;

    if (limit == 0 || limit > room->nplaces) {
        limit = room->nplaces;
    }

    /* who was in it before the media worker died stays in it */

    if (room->settling && admitted) {
        limit = room->nplaces;
    }

    present = room->participants + room->nwaiting;

    if (mw_lobby_find(room, id) != NULL) {
        present--;
    }

    return present >= limit;
}


/* its link has everything that happened so far */
static bool
mw_session_in_step(const mw_participant_t *p)
{
    return !p->room->settling && !p->rl->pending && !p->rl->snapshot
           && p->rl->sent == p->room->events.sequence;
}


static void
mw_session_welcome(
    mw_participant_t *p, const meet_record_t *header, bool resumed)
{
    meet_welcome_t welcome;

    memset(&welcome, 0, sizeof(welcome));

    welcome.sequence = p->room->events.sequence;
    welcome.number = p->number;
    welcome.rights = p->rights;
    welcome.role = p->role;
    welcome.resumed = resumed;
    welcome.publish = mw_participant_has(p, MEET_CONNECTION_PUBLISH);
    welcome.subscribe = mw_participant_has(p, MEET_CONNECTION_SUBSCRIBE);

    p->rights_dirty = false;

    if (header != NULL) {
        mw_request_reply(p->rl->link, header, MEET_WELCOME, MEET_OK, &welcome,
            sizeof(welcome));

    } else {
        (void) mw_participant_send(
            p, MW_LINK_KEEP, MEET_WELCOME, &welcome, sizeof(welcome));
    }
}


/* if not at once, then to all sessions on that link as soon as possible */
static void
mw_session_snapshot(mw_participant_t *p, bool step)
{
    if (!step
        || mw_room_send_snapshot(p->rl, p, p->room->events.sequence)
               == MW_AGAIN)
    {
        p->rl->snapshot = true;
        mw_room_link_defer(p->rl);
    }
}


static void
mw_session_tail(mw_participant_t *p, uint64_t sequence)
{
    mw_room_t *room;
    meet_record_t header;
    const mw_event_t *event;

    room = p->room;

    while (sequence < room->events.sequence) {
        event = mw_events_get(&room->events, ++sequence);

        mw_room_header(room, &header, event->type);

        header.audience = MEET_TO_ONE;
        header.participant = p->id;
        header.session = p->session;
        header.sequence = event->sequence;

        if (mw_link_send(
                p->rl->link, MW_LINK_TRY, &header, event->body, event->len)
            == MW_AGAIN)
        {
            p->rl->snapshot = true;
            mw_room_link_defer(p->rl);
            return;
        }
    }
}
