#include "mw_moderate.h"

#include "mw_lobby.h"
#include "mw_request.h"
#include "mw_rights.h"
#include "mw_roster.h"


static uint32_t mw_moderate_waiting(
    mw_participant_t *p, const meet_moderate_t *order, mw_usec_t now);
static uint32_t mw_moderate_check(const mw_participant_t *p,
    const meet_moderate_t *order, const mw_participant_t *target);
static void mw_moderate_target(
    mw_participant_t *target, const meet_moderate_t *order, mw_usec_t now);


void
mw_moderate(mw_participant_t *p, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    uint32_t status;
    mw_room_t *room;
    meet_moderate_t order;
    mw_participant_t *target;

    room = p->room;
    memcpy(&order, body, sizeof(order));

    if ((p->rights & MEET_RIGHT_MODERATE) == 0) {
        mw_request_refuse(link, header, MEET_E_FORBIDDEN);
        return;
    }

    if (order.verb == MEET_MODERATE_END) {
        mw_request_refuse(link, header, MEET_OK);
        mw_room_say_end(room, MEET_E_ENDED);
        mw_rooms_remove(room->rooms, room, now);
        return;
    }

    target = mw_roster_by_id(room, order.target);

    if (target == NULL) {
        status = mw_moderate_waiting(p, &order, now);
        mw_request_refuse(link, header, status);
        return;
    }

    status = mw_moderate_check(p, &order, target);
    mw_request_refuse(link, header, status);

    if (status == MEET_OK) {
        mw_moderate_target(target, &order, now);
    }
}


/* the lobby: one of those who wait, or all (target 0) */
static uint32_t
mw_moderate_waiting(
    mw_participant_t *p, const meet_moderate_t *order, mw_usec_t now)
{
    bool all;
    mw_room_t *room;
    mw_waiting_t *waiting;

    room = p->room;
    all = order->target == 0;
    waiting = mw_lobby_find(room, order->target);

    switch (order->verb) {

    case MEET_MODERATE_ADMIT:
        if (all) {
            mw_lobby_admit_all(room, now);
            return MEET_OK;
        }

        if (waiting != NULL) {
            mw_lobby_admit(waiting, now);
            return MEET_OK;
        }

        break;

    case MEET_MODERATE_REJECT:
        if (all) {
            mw_lobby_reject_all(room, MEET_E_REJECTED, now);
            return MEET_OK;
        }

        if (waiting != NULL) {
            mw_lobby_reject(waiting, MEET_E_REJECTED, now);
            return MEET_OK;
        }

        break;

    case MEET_MODERATE_REMOVE:
        if (waiting != NULL) {
            mw_roster_ban(room, waiting->id);
            mw_lobby_reject(waiting, MEET_E_REMOVED, now);
            return MEET_OK;
        }

        break;

    case MEET_MODERATE_APPOINT:
        if (p->role != MEET_ROLE_OWNER || order->role > MEET_ROLE_MODERATOR) {
            return MEET_E_FORBIDDEN;
        }

        if (waiting != NULL) {
            waiting->role = order->role;

            if (order->role == MEET_ROLE_MODERATOR) {
                mw_lobby_admit(waiting, now);
            }

            return MEET_OK;
        }
    }

    return MEET_E_NO_PARTICIPANT;
}


static uint32_t
mw_moderate_check(const mw_participant_t *p, const meet_moderate_t *order,
    const mw_participant_t *target)
{
    switch (order->verb) {

    case MEET_MODERATE_MUTE:
    case MEET_MODERATE_DENY:
    case MEET_MODERATE_ALLOW:
    case MEET_MODERATE_REMOVE:
        return mw_rights_over(p->role, target->role) ? MEET_OK
                                                     : MEET_E_FORBIDDEN;

    case MEET_MODERATE_APPOINT:
        if (p->role != MEET_ROLE_OWNER || target->role == MEET_ROLE_OWNER
            || order->role > MEET_ROLE_MODERATOR)
        {
            return MEET_E_FORBIDDEN;
        }

        return MEET_OK;

    case MEET_MODERATE_ADMIT:
        return MEET_OK; /* is in already */

    case MEET_MODERATE_REJECT:
        return MEET_E_NO_PARTICIPANT;
    }

    return MEET_E_BAD_RECORD;
}


static void
mw_moderate_target(
    mw_participant_t *target, const meet_moderate_t *order, mw_usec_t now)
{
    mw_room_t *room;

    room = target->room;

    switch (order->verb) {

    case MEET_MODERATE_MUTE:
        mw_participant_set_muted(
            target, (uint8_t) (target->muted | order->kinds), now);
        break;

    case MEET_MODERATE_DENY:
        mw_participant_deny(
            target, (uint8_t) (target->denied | order->kinds), now);
        break;

    case MEET_MODERATE_ALLOW:
        mw_participant_deny(
            target, (uint8_t) (target->denied & ~order->kinds), now);

        /* there is no page on which it could unmute itself */

        if (target->resource != NULL) {
            mw_participant_set_muted(
                target, (uint8_t) (target->muted & ~order->kinds), now);
        }
        break;

    case MEET_MODERATE_REMOVE:
        mw_roster_ban(room, target->id);
        mw_participant_end(target, MEET_E_REMOVED, now);
        break;

    case MEET_MODERATE_APPOINT:
        mw_participant_set_role(target, order->role, now);
        break;
    }
}
