/* A room whose actor lives at another media worker. */

#include "mw_relay.h"

#include "mw_publish.h"
#include "mw_request.h"
#include "mw_roster.h"
#include "mw_subscribe.h"


static void mw_branch_open(mw_relay_t *relay, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now);
static void mw_branch_settings(mw_room_t *room, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now);
static void mw_branch_member(mw_leg_t *leg, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now);
static mw_participant_t *mw_branch_join(mw_leg_t *leg, uint64_t id,
    const meet_relay_member_t *member, mw_usec_t now);
static void mw_branch_heard(
    mw_room_t *room, const uint8_t *body, mw_usec_t now);


void
mw_relay_branch(mw_relay_t *relay, mw_leg_t *leg, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    mw_room_t *room;
    mw_participant_t *p;

    if (leg == NULL) {
        mw_branch_open(relay, header, body, now);
        return;
    }

    room = leg->room;

    switch (header->type) {

    case MEET_RELAY_ROOM:
        mw_branch_settings(room, header, body, now);
        return;

    case MEET_RELAY_CLOSE:
        mw_room_destroy(room, now);
        return;

    case MEET_RELAY_MEMBER:
        mw_branch_member(leg, header, body, now);
        return;

    case MEET_RELAY_HEARD:
        mw_branch_heard(room, body, now);
        return;
    }

    p = mw_roster_by_id(room, header->participant);

    if (p == NULL) {
        relay->rooms->bad++;
        return;
    }

    switch (header->type) {

    case MEET_RELAY_LEFT:
        mw_participant_destroy(p, now);
        mw_room_refresh(room, now);
        break;

    case MEET_OFFER:
    case MEET_VIEW:
        if (p->rl != NULL) {
            mw_request_media(p, relay->link, header, body, 0, now);
        }

        break;

    default:
        relay->rooms->bad++;
    }
}


static void
mw_branch_open(mw_relay_t *relay, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    mw_room_t *room;
    mw_context_t *context;
    meet_room_t settings;

    context = relay->rooms->context;
    memcpy(&settings, body, sizeof(settings));

    settings.flags &= ~MEET_ROOM_IS_TEST;
    room = mw_room_create(context, header, &settings, now);

    if (room == NULL) {
        return;
    }

    room->rooms = relay->rooms;
    room->branch = true;
    context->branches++;
    mw_timer_cancel(context->timers, &room->empty);

    if (mw_leg_create(room, relay) == NULL) {
        mw_room_destroy(room, now);
    }
}


static void
mw_branch_settings(mw_room_t *room, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    mw_participant_t *p;
    meet_relay_member_t member;

    memcpy(&room->settings, body, sizeof(room->settings));
    room->epoch = header->epoch;

    for (p = room->head; p != NULL; p = p->next) {
        member.role = p->role;
        member.muted = p->muted;
        member.denied = p->denied;
        mw_participant_apply(p, &member, now);
    }

    mw_room_refresh(room, now);
}


static void
mw_branch_member(mw_leg_t *leg, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    unsigned kind;
    mw_participant_t *p;
    meet_relay_member_t member;

    memcpy(&member, body, sizeof(member));

    p = mw_roster_by_id(leg->room, header->participant);

    if (p == NULL) {
        p = mw_branch_join(leg, header->participant, &member, now);
    }

    if (p == NULL || p->number != member.number) {
        leg->relay->rooms->bad++;
        return;
    }

    if ((member.flags & MEET_RELAY_HERE) && p->rl == NULL) {
        for (kind = 0; kind < MW_KINDS; kind++) {
            mw_relayed_close(p, kind);
        }

        if (mw_participant_attach(p, leg->relay->link, 0, now) != MW_OK) {
            return;
        }

        p->leg = NULL;
        leg->room->context->held++;
    }

    mw_participant_apply(p, &member, now);
    mw_room_refresh(leg->room, now);

    if (member.flags & MEET_RELAY_AGAIN) {
        p->slots_dirty = p->subscribe != NULL;
        p->layers_dirty = p->publish != NULL;
        mw_participant_personal(p);
    }
}


/* NULL: that cannot be, or no memory */
static mw_participant_t *
mw_branch_join(mw_leg_t *leg, uint64_t id, const meet_relay_member_t *member,
    mw_usec_t now)
{
    mw_room_t *room;
    mw_participant_t *p;

    room = leg->room;

    if (member->number == 0 || member->number > MEET_NUMBER_MAX
        || mw_roster_by_number(room, member->number) != NULL)
    {
        return NULL;
    }

    room->last_number = member->number - 1;

    p = mw_participant_create(
        room, id, member->role, member->denied, NULL, 0, now);

    if (p != NULL) {
        p->leg = leg;
    }

    return p;
}


static void
mw_branch_heard(mw_room_t *room, const uint8_t *body, mw_usec_t now)
{
    uint32_t i, first;
    mw_participant_t *p;
    meet_relay_heard_t ears;

    memcpy(&ears, body, sizeof(ears));
    room->ears = ears;
    memcpy(room->heard, body + sizeof(ears), ears.entries * sizeof(uint32_t));

    for (p = room->head; p != NULL; p = p->next) {
        p->loud = false;
    }

    first = ears.screens < ears.entries ? ears.screens : ears.entries;

    for (i = first; i < ears.entries && i - first < ears.loudest; i++) {
        p = mw_roster_by_number(room, MEET_SOURCE_NUMBER(room->heard[i]));

        if (p != NULL) {
            p->loud = true;
        }
    }

    mw_room_refresh(room, now);
}
