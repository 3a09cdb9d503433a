#include "mw_lobby.h"

#include "mw_session.h"

#include <stdlib.h>

_Static_assert(MW_LOBBY_ROOM <= MEET_BODY_MAX, "written into context->body");


uint32_t
mw_lobby_enter(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const meet_session_open_t *open, const uint8_t *name, mw_usec_t now)
{
    meet_close_t end;
    mw_waiting_t *waiting, **last;
    mw_room_link_t *rl;

    waiting = mw_lobby_find(room, header->participant);

    if (waiting != NULL && waiting->rl->link == link
        && waiting->session == header->session)
    {
        return MEET_E_WAITING;
    }

    if (waiting == NULL && room->nwaiting == MEET_LOBBY_MAX) {
        return MEET_E_ROOM_FULL;
    }

    rl = mw_room_link_enter(room, link);
    if (rl == NULL) {
        return MEET_E_BUSY;
    }

    if (waiting == NULL) {
        waiting = calloc(1, sizeof(mw_waiting_t));

        if (waiting == NULL) {
            mw_room_link_leave(rl);
            return MEET_E_BUSY;
        }

        waiting->room = room;
        waiting->id = header->participant;
        waiting->since_ms = mw_context_unix_ms(room->context, now);
        waiting->name_len = open->name_len;
        memcpy(waiting->name, name, open->name_len);

        for (last = &room->waiting; *last != NULL; last = &(*last)->next) {
            /* void */
        }

        *last = waiting;
        room->nwaiting++;
        room->lobby_changed = true;

    } else {
        memset(&end, 0, sizeof(end));
        end.reason = MEET_E_REPLACED;
        (void) mw_lobby_send(waiting, MEET_END, &end, sizeof(end));
        mw_room_link_leave(waiting->rl);
    }

    waiting->role = open->role;
    waiting->denied = MEET_SESSION_KINDS(open->flags);
    waiting->rl = rl;
    waiting->session = header->session;

    mw_room_population(room, now);

    return MEET_E_WAITING;
}


mw_waiting_t *
mw_lobby_find(const mw_room_t *room, uint64_t id)
{
    mw_waiting_t *waiting;

    waiting = room->waiting;

    while (waiting != NULL && waiting->id != id) {
        waiting = waiting->next;
    }

    return waiting;
}


void
mw_lobby_leave(mw_waiting_t *waiting, mw_usec_t now)
{
    mw_room_t *room;
    mw_waiting_t **p;

    room = waiting->room;

    for (p = &room->waiting; *p != waiting; p = &(*p)->next) {
        /* void */
    }

    *p = waiting->next;
    room->nwaiting--;
    room->lobby_changed = true;

    mw_room_link_leave(waiting->rl);
    free(waiting);

    mw_room_population(room, now);
}


void
mw_lobby_reject(mw_waiting_t *waiting, uint32_t reason, mw_usec_t now)
{
    meet_close_t end;

    memset(&end, 0, sizeof(end));
    end.reason = reason;

    (void) mw_lobby_send(waiting, MEET_END, &end, sizeof(end));

    mw_lobby_leave(waiting, now);
}


void
mw_lobby_admit(mw_waiting_t *waiting, mw_usec_t now)
{
    mw_participant_t *p;

    p = mw_participant_create(waiting->room, waiting->id, waiting->role,
        waiting->denied, waiting->name, waiting->name_len, now);

    if (p == NULL
        || mw_participant_attach(p, waiting->rl->link, waiting->session, now)
               != MW_OK)
    {
        if (p != NULL) {
            mw_participant_destroy(p, now);
        }

        mw_lobby_reject(waiting, MEET_E_ROOM_FULL, now);
        return;
    }

    mw_lobby_leave(waiting, now);
    mw_session_begin(p, NULL, now);
}


void
mw_lobby_admit_all(mw_room_t *room, mw_usec_t now)
{
    while (room->waiting != NULL) {
        mw_lobby_admit(room->waiting, now);
    }
}


void
mw_lobby_reject_all(mw_room_t *room, uint32_t reason, mw_usec_t now)
{
    while (room->waiting != NULL) {
        mw_lobby_reject(room->waiting, reason, now);
    }
}


void
mw_lobby_link_gone(mw_room_t *room, mw_link_t *link, mw_usec_t now)
{
    mw_waiting_t *waiting, *next;

    for (waiting = room->waiting; waiting != NULL; waiting = next) {
        next = waiting->next;

        if (waiting->rl->link == link) {
            mw_lobby_leave(waiting, now);
        }
    }
}


mw_rc_t
mw_lobby_send(
    const mw_waiting_t *waiting, uint16_t type, const void *body, size_t len)
{
    meet_record_t header;

    mw_room_header(waiting->room, &header, type);

    header.audience = MEET_TO_ONE;
    header.participant = waiting->id;
    header.session = waiting->session;

    return mw_link_send(waiting->rl->link, MW_LINK_KEEP, &header, body, len);
}


size_t
mw_lobby_write(const mw_room_t *room, uint8_t *out)
{
    size_t len;
    meet_lobby_t lobby;
    meet_waiting_t one;
    const mw_waiting_t *waiting;

    memset(&lobby, 0, sizeof(lobby));
    lobby.entries = room->nwaiting;
    memcpy(out, &lobby, sizeof(lobby));
    len = sizeof(lobby);

    for (waiting = room->waiting; waiting != NULL; waiting = waiting->next) {
        memset(&one, 0, sizeof(one));
        one.id = waiting->id;
        one.since_ms = waiting->since_ms;
        one.name_len = waiting->name_len;

        memcpy(out + len, &one, sizeof(one));
        len += sizeof(one);
        memcpy(out + len, waiting->name, waiting->name_len);
        len += waiting->name_len;
    }

    return len;
}
