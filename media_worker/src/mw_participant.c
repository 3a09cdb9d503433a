#include "mw_participant.h"

#include "mw_publish.h"
#include "mw_relay.h"
#include "mw_resource.h"
#include "mw_rights.h"
#include "mw_roster.h"
#include "mw_subscribe.h"

#include <stdlib.h>


static void mw_participant_presence(void *ctx, mw_usec_t now);
static mw_source_t *mw_participant_source(
    const mw_participant_t *p, uint32_t source);


mw_participant_t *
mw_participant_create(mw_room_t *room, uint64_t id, uint8_t role,
    uint8_t denied, const uint8_t *name, size_t name_len, mw_usec_t now)
{
    mw_participant_t *p;

    p = calloc(1, sizeof(mw_participant_t));
    if (p == NULL) {
        return NULL;
    }

    p->room = room;
    p->id = id;
    p->role = role;
    p->denied = denied;
    p->muted = denied;
    p->rights = mw_rights_of(role, &room->settings) & ~mw_rights_to(denied);
    p->joined_ms = mw_context_unix_ms(room->context, now);
    p->lost = now;
    p->name_len = (uint16_t) name_len;

    if (name_len > 0) {
        memcpy(p->name, name, name_len);
    }

    mw_view_init(&p->view);
    mw_timer_init(&p->presence, mw_participant_presence, p);

    if (mw_roster_add(room, p) != MW_OK) {
        free(p);
        return NULL;
    }

    if (!room->branch) {
        room->context->held++;
        mw_relay_member(p);
    }

    return p;
}


void
mw_participant_end(mw_participant_t *p, uint32_t reason, mw_usec_t now)
{
    meet_left_t left;
    meet_close_t end;
    mw_room_t *room;

    room = p->room;

    memset(&left, 0, sizeof(left));
    left.id = p->id;
    left.number = p->number;
    left.reason = reason;

    if (reason != MEET_OK) {
        memset(&end, 0, sizeof(end));
        end.reason = reason;
        (void) mw_participant_send(
            p, MW_LINK_KEEP, MEET_END, &end, sizeof(end));
    }

    mw_participant_destroy(p, now);

    mw_room_event(room, MEET_LEFT, MEET_TO_ALL, 0, &left, sizeof(left));
    mw_room_refresh(room, now);
    mw_room_population(room, now);
}


void
mw_participant_destroy(mw_participant_t *p, mw_usec_t now)
{
    unsigned kind;
    mw_room_t *room;

    room = p->room;

    mw_relay_left(p, now);

    for (kind = 0; kind < MW_KINDS; kind++) {
        mw_relayed_close(p, kind);
    }

    if (p->subscribe != NULL) {
        mw_subscribe_destroy(p->subscribe, now);
    }

    if (p->publish != NULL) {
        mw_publish_destroy(p->publish, now);
    }

    if (p->rl != NULL) {
        mw_room_link_leave(p->rl);
    }

    mw_timer_cancel(room->context->timers, &p->presence);
    mw_speaker_remove(room->speaker, p->place);
    mw_roster_remove(room, p);
    free(p->resource);
    free(p);
}


mw_rc_t
mw_participant_attach(
    mw_participant_t *p, mw_link_t *link, uint32_t session, mw_usec_t now)
{
    meet_close_t end;
    mw_room_link_t *rl;

    if (p->rl != NULL && p->rl->link == link && p->session == session) {
        return MW_OK;
    }

    rl = mw_room_link_enter(p->room, link);
    if (rl == NULL) {
        return MW_ERROR;
    }

    if (p->rl != NULL) {
        memset(&end, 0, sizeof(end));
        end.reason = MEET_E_REPLACED;
        (void) mw_participant_send(
            p, MW_LINK_KEEP, MEET_END, &end, sizeof(end));

        mw_room_link_leave(p->rl);
    }

    p->rl = rl;
    p->session = session;
    p->slots_dirty = mw_participant_has(p, MEET_CONNECTION_SUBSCRIBE);
    p->layers_dirty = mw_participant_has(p, MEET_CONNECTION_PUBLISH);
    p->room->quality_changed = true; /* it has not heard of any yet */

    mw_participant_watch(p, now);

    return MW_OK;
}


void
mw_participant_detach(mw_participant_t *p, mw_usec_t now)
{
    if (p->rl == NULL) {
        return;
    }

    mw_room_link_leave(p->rl);

    p->rl = NULL;
    p->session = 0;
    p->lost = now;

    mw_participant_watch(p, now);
}


void
mw_participant_watch(mw_participant_t *p, mw_usec_t now)
{
    mw_context_t *context;

    context = p->room->context;

    if (p->room->branch) {
        return;
    }

    if (p->rl != NULL && !context->orphaned) {
        mw_timer_cancel(context->timers, &p->presence);
        return;
    }

    mw_timer_set(context->timers, &p->presence, now + MW_AWAY);
}


void
mw_participant_changed(mw_participant_t *p)
{
    size_t len;
    uint8_t body[MW_ROSTER_ENTRY];

    mw_relay_member(p);

    if (p->quiet) {
        return;
    }

    len = mw_roster_write(p, body);

    mw_room_event(p->room, MEET_CHANGED, MEET_TO_ALL, 0, body, len);
}


void
mw_participant_set_role(mw_participant_t *p, uint8_t role, mw_usec_t now)
{
    if (p->role == role) {
        return;
    }

    p->role = role;
    p->rights_dirty = true;

    (void) mw_participant_update_rights(p, now);
    p->changed = false;
    p->lobby_dirty = p->room->nwaiting > 0;

    mw_participant_personal(p);
    mw_participant_changed(p);
    mw_room_refresh(p->room, now);
}


bool
mw_participant_set_muted(mw_participant_t *p, uint8_t muted, mw_usec_t now)
{
    muted |= p->denied;

    if (muted == p->muted) {
        return false;
    }

    p->muted = muted;

    mw_participant_silence(p, now);
    mw_participant_changed(p);
    mw_room_refresh(p->room, now);

    return true;
}


void
mw_participant_deny(mw_participant_t *p, uint8_t kinds, mw_usec_t now)
{
    if (kinds == p->denied) {
        return;
    }

    p->denied = kinds;
    p->muted |= kinds;

    (void) mw_participant_update_rights(p, now);
    p->changed = false;

    mw_participant_silence(p, now);
    mw_participant_changed(p);
    mw_room_refresh(p->room, now);
}


bool
mw_participant_update_rights(mw_participant_t *p, mw_usec_t now)
{
    uint32_t rights;

    rights =
        mw_rights_of(p->role, &p->room->settings) & ~mw_rights_to(p->denied);

    if (rights == p->rights) {
        return false;
    }

    p->rights = rights;
    p->rights_dirty = true;
    p->changed = true;

    mw_participant_silence(p, now);
    mw_participant_personal(p);

    return true;
}


void
mw_participant_refresh(
    mw_participant_t *p, const uint32_t *heard, unsigned nheard, mw_usec_t now)
{
    unsigned i;
    mw_view_slot_t *slot;
    mw_view_input_t input;

    p->view_dirty = false;

    if (p->subscribe == NULL) {
        return;
    }

    if (p->resource != NULL) {
        nheard = mw_resource_view(p, &heard, nheard);
    }

    input.self = mw_room_is_test(p->room) ? 0 : p->number;
    input.entries = p->entries;
    input.nentries = p->nentries;
    input.heard = heard;
    input.nheard = nheard;
    input.exists = mw_participant_exists;
    input.ctx = p;

    if (mw_view_update(&p->view, &input)) {
        p->slots_dirty = true;
    }

    for (i = 0; i < p->view.n; i++) {
        slot = &p->view.slots[i];

        mw_subscribe_assign(p->subscribe, i,
            mw_participant_source(p, slot->audio),
            mw_participant_source(p, slot->video), now);
    }

    mw_subscribe_allocate(p->subscribe, now);

    if (p->slots_dirty) {
        mw_participant_personal(p);
    }
}


mw_usec_t
mw_participant_consent(const mw_participant_t *p)
{
    mw_usec_t consent;

    consent = (p->leg != NULL) ? p->consent : 0;

    if (p->publish != NULL) {
        consent = mw_peer_consent(p->publish->connection.peer);
    }

    if (p->subscribe != NULL
        && mw_peer_consent(p->subscribe->connection.peer) > consent)
    {
        consent = mw_peer_consent(p->subscribe->connection.peer);
    }

    return consent;
}


mw_usec_t
mw_participant_seen(const mw_participant_t *p)
{
    mw_usec_t consent;

    consent = mw_participant_consent(p);

    if (consent != 0) {
        consent += MW_CHECKS;
    }

    return (consent > p->lost) ? consent : p->lost;
}


/*
 * Neither socket nor consent for too long; others hear of the socket sooner.
 * Who never had one is gone with its connection.
 */
static void
mw_participant_presence(void *ctx, mw_usec_t now)
{
    mw_usec_t end;
    mw_participant_t *p = ctx;
    mw_context_t *context;

    context = p->room->context;

    if (p->rl == NULL && p->resource == NULL && !p->away) {
        p->away = true;
        mw_participant_changed(p);
    }

    end = mw_participant_seen(p) + context->conf.absence_ms * MW_MSEC;

    if (now >= end
        || (p->resource != NULL && p->publish == NULL && p->subscribe == NULL))
    {
        mw_participant_end(p, MEET_E_ABSENT, now);
        return;
    }

    mw_timer_set(context->timers, &p->presence, end);
}


bool
mw_participant_exists(void *ctx, uint32_t source)
{
    return mw_participant_source(ctx, source) != NULL;
}


/* a source as far as it is for `p`; NULL: nothing to be sent */
static mw_source_t *
mw_participant_source(const mw_participant_t *p, uint32_t source)
{
    unsigned kind;
    const mw_participant_t *from;

    if (source == MEET_NO_SOURCE) {
        return NULL;
    }

    kind = MEET_SOURCE_KIND(source);
    from = mw_roster_by_number(p->room, MEET_SOURCE_NUMBER(source));

    if (from == NULL) {
        return NULL;
    }

    /* a muted microphone keeps its slot, so that its first word is heard */

    if (kind != MEET_KIND_MIC && (from->muted & 1u << kind)) {
        return NULL;
    }

    if (kind == MEET_KIND_CAM
        && (p->room->settings.flags & MEET_ROOM_HIDES_CAMS)
        && p->role < MEET_ROLE_MODERATOR && from->role < MEET_ROLE_MODERATOR)
    {
        return NULL;
    }

    return mw_participant_publishes(from, kind);
}


uint8_t
mw_participant_kinds(const mw_participant_t *p)
{
    uint8_t kinds;
    unsigned kind;

    kinds = 0;

    for (kind = 0; kind < MW_KINDS; kind++) {
        if (mw_participant_publishes(p, kind) != NULL) {
            kinds |= (uint8_t) (1u << kind);
        }
    }

    return kinds;
}


mw_source_t *
mw_participant_publishes(const mw_participant_t *p, unsigned kind)
{
    return p->leg != NULL ? mw_relayed_source(p, kind)
                          : mw_publish_source(p->publish, kind);
}


bool
mw_participant_has(const mw_participant_t *p, unsigned connection)
{
    return (connection == MEET_CONNECTION_PUBLISH)
               ? p->publish != NULL || p->state.publish
               : p->subscribe != NULL || p->state.subscribe;
}


void
mw_participant_silence(mw_participant_t *p, mw_usec_t now)
{
    if (p->publish != NULL) {
        mw_publish_silence(p->publish,
            (uint8_t) (p->muted | ~mw_rights_kinds(p->rights)), now);
    }

    mw_relayed_mute(p, (uint8_t) (p->muted | ~mw_rights_kinds(p->rights)), now);
}


void
mw_participant_apply(
    mw_participant_t *p, const meet_relay_member_t *member, mw_usec_t now)
{
    p->role = member->role;
    p->muted = member->muted;
    p->denied = member->denied;
    p->rights =
        mw_rights_of(p->role, &p->room->settings) & ~mw_rights_to(p->denied);

    mw_participant_silence(p, now);
}
