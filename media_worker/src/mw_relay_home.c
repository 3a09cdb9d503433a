/* The home of a room: who is placed where, what branches are told and say. */

#include "mw_relay.h"

#include "mw_roster.h"


static mw_relay_t *mw_relay_choose(const mw_context_t *context);
static mw_leg_t *mw_relay_leg(mw_room_t *room, mw_relay_t *relay);
static void mw_relay_write_member(
    const mw_participant_t *p, const mw_leg_t *leg, uint8_t flags);
static void mw_relay_write_room(const mw_leg_t *leg);
static void mw_relay_answer(mw_participant_t *p, const meet_record_t *header,
    const uint8_t *body, size_t len);
static void mw_relay_personal(mw_participant_t *p, const meet_record_t *header,
    const uint8_t *body, size_t len);
static void mw_relay_state(
    mw_participant_t *p, const uint8_t *body, mw_usec_t now);


/*
 * Above the threshold to the worker that has the fewest, this one included.
 * The links are asked for one participant earlier, so that they are there.
 */
void
mw_relay_place(mw_participant_t *p, mw_usec_t now)
{
    bool fresh;
    mw_leg_t *leg;
    mw_room_t *room;
    mw_relay_t *relay;
    mw_context_t *context;
    const mw_participant_t *other;

    room = p->room;
    context = room->context;

    if (context->conf.spread == 0 || mw_room_is_test(room)
        || room->participants < context->conf.spread)
    {
        return;
    }

    context->spread = true;
    relay = mw_relay_choose(context);

    if (room->participants == context->conf.spread || relay == NULL) {
        return;
    }

    leg = mw_relay_leg(room, relay);
    fresh = leg == NULL;

    if (fresh) {
        leg = mw_leg_create(room, relay);

        if (leg == NULL) {
            return;
        }
    }

    p->leg = leg;
    leg->members++;
    relay->held++;
    context->held--;

    if (!fresh) {
        mw_relay_write_member(p, leg, 0);
        return;
    }

    mw_relay_write_room(leg);

    for (other = room->head; other != NULL; other = other->next) {
        mw_relay_write_member(other, leg, 0);
    }

    mw_relay_sources(leg, now);

    memset(&room->ears, 0, sizeof(room->ears));
    mw_room_refresh(room, now);
}


void
mw_relay_member(mw_participant_t *p)
{
    const mw_leg_t *leg;

    for (leg = p->room->legs; leg != NULL && !p->room->branch; leg = leg->next)
    {
        mw_relay_write_member(p, leg, 0);
    }
}


void
mw_relay_left(mw_participant_t *p, mw_usec_t now)
{
    mw_leg_t *leg;
    mw_room_t *room;

    room = p->room;

    if (room->branch) {
        room->context->held -= p->rl != NULL ? 1 : 0;
        return;
    }

    for (leg = room->legs; leg != NULL; leg = leg->next) {
        mw_relay_send(leg, p, MEET_RELAY_LEFT, NULL, 0);
    }

    leg = p->leg;

    if (leg == NULL) {
        room->context->held--;
        return;
    }

    leg->relay->held -= leg->relay->held > 0 ? 1 : 0;

    if (--leg->members == 0) {
        mw_relay_send(leg, NULL, MEET_RELAY_CLOSE, NULL, 0);
        mw_leg_destroy(leg, false, now);
        room->context->held--;
    }
}


void
mw_relay_settings(mw_room_t *room)
{
    const mw_leg_t *leg;

    for (leg = room->legs; leg != NULL; leg = leg->next) {
        mw_relay_write_room(leg);
    }
}


void
mw_relay_heard(mw_room_t *room, const uint32_t *heard, unsigned n,
    unsigned screens, unsigned loudest)
{
    const mw_leg_t *leg;
    meet_relay_heard_t ears;
    uint8_t body[sizeof(ears) + MEET_RELAY_EARS * sizeof(uint32_t)];

    if (room->legs == NULL) {
        return;
    }

    memset(&ears, 0, sizeof(ears));
    ears.entries = n;
    ears.screens = screens;
    ears.loudest = loudest;

    if (memcmp(&ears, &room->ears, sizeof(ears)) == 0
        && memcmp(heard, room->heard, n * sizeof(uint32_t)) == 0)
    {
        return;
    }

    room->ears = ears;
    memcpy(room->heard, heard, n * sizeof(uint32_t));

    memcpy(body, &ears, sizeof(ears));
    memcpy(body + sizeof(ears), heard, n * sizeof(uint32_t));

    for (leg = room->legs; leg != NULL; leg = leg->next) {
        mw_relay_send(leg, NULL, MEET_RELAY_HEARD, body,
            sizeof(ears) + n * sizeof(uint32_t));
    }
}


bool
mw_relay_forward(mw_participant_t *p, const meet_record_t *header,
    const uint8_t *body, size_t len)
{
    meet_record_t record;

    record = *header;

    return mw_link_send(p->leg->relay->link, MW_LINK_KEEP, &record, body, len)
           == MW_OK;
}


void
mw_relay_again(mw_participant_t *p)
{
    mw_relay_write_member(p, p->leg, MEET_RELAY_AGAIN);
}


void
mw_relay_home(mw_leg_t *leg, const meet_record_t *header, const uint8_t *body,
    size_t len, mw_usec_t now)
{
    mw_participant_t *p;

    p = mw_roster_by_id(leg->room, header->participant);

    if (p == NULL || p->leg != leg) {
        return; /* has left meanwhile */
    }

    switch (header->type) {

    case MEET_RELAY_STATE:
        mw_relay_state(p, body, now);
        break;

    case MEET_ANSWER:
        mw_relay_answer(p, header, body, len);
        break;

    case MEET_SLOTS:
    case MEET_LAYERS:
        mw_relay_personal(p, header, body, len);
        break;

    default:
        leg->relay->rooms->bad++;
    }
}


/* NULL: here */
static mw_relay_t *
mw_relay_choose(const mw_context_t *context)
{
    uint32_t least;
    mw_relay_t *relay, *best;

    best = NULL;
    least = context->held - 1; /* without the one that is to be placed */

    for (relay = context->relays; relay != NULL; relay = relay->next) {
        if (relay->open && relay->held < least) {
            best = relay;
            least = relay->held;
        }
    }

    return best;
}


static mw_leg_t *
mw_relay_leg(mw_room_t *room, mw_relay_t *relay)
{
    mw_leg_t *leg;

    for (leg = room->legs; leg != NULL; leg = leg->next) {
        if (leg->relay == relay) {
            return leg;
        }
    }

    return NULL;
}


static void
mw_relay_write_member(
    const mw_participant_t *p, const mw_leg_t *leg, uint8_t flags)
{
    meet_relay_member_t member;

    memset(&member, 0, sizeof(member));

    member.number = p->number;
    member.role = p->role;
    member.muted = p->muted;
    member.denied = p->denied;
    member.flags = flags | (p->leg == leg ? MEET_RELAY_HERE : 0);

    mw_relay_send(leg, p, MEET_RELAY_MEMBER, &member, sizeof(member));
}


static void
mw_relay_write_room(const mw_leg_t *leg)
{
    mw_relay_send(leg, NULL, MEET_RELAY_ROOM, &leg->room->settings,
        sizeof(leg->room->settings));
}


static void
mw_relay_answer(mw_participant_t *p, const meet_record_t *header,
    const uint8_t *body, size_t len)
{
    meet_answer_t answer;
    meet_record_t record;

    if (p->rl == NULL || p->session != header->session || header->request == 0)
    {
        return; /* who asked is gone */
    }

    memcpy(&answer, body, sizeof(answer));

    if (header->status == MEET_OK
        && answer.connection == MEET_CONNECTION_PUBLISH) {
        p->state.publish = 1;

    } else if (header->status == MEET_OK) {
        p->state.subscribe = 1;
    }

    record = *header;
    record.epoch = p->room->epoch;

    (void) mw_link_send(p->rl->link, MW_LINK_KEEP, &record, body, len);
}


/* what does not fit is asked for once more */
static void
mw_relay_personal(mw_participant_t *p, const meet_record_t *header,
    const uint8_t *body, size_t len)
{
    if (mw_participant_send(p, MW_LINK_TRY, header->type, body, len)
        != MW_AGAIN) {
        return;
    }

    p->slots_dirty = true;
    p->rl->personal = true;
    mw_room_link_defer(p->rl);
}


static void
mw_relay_state(mw_participant_t *p, const uint8_t *body, mw_usec_t now)
{
    meet_relay_state_t state;

    memcpy(&state, body, sizeof(state));

    if (state.consent_ms != UINT32_MAX) {
        p->consent = now - state.consent_ms * MW_MSEC;
    }

    if (state.up != p->quality.up.grade || state.down != p->quality.down.grade)
    {
        p->quality.up.grade = state.up;
        p->quality.down.grade = state.down;
        p->room->quality_changed = true;
    }

    p->state = state;
}
