/* What a participant's session is told of its own. */

#include "mw_participant.h"

#include "mw_lobby.h"
#include "mw_publish.h"
#include "mw_relay.h"
#include "mw_subscribe.h"


static mw_rc_t mw_participant_send_slots(mw_participant_t *p);
static mw_rc_t mw_participant_send_rights(mw_participant_t *p);
static mw_rc_t mw_participant_send_lobby(mw_participant_t *p);


mw_rc_t
mw_participant_send(mw_participant_t *p, mw_link_class_t class, uint16_t type,
    const void *body, size_t len)
{
    meet_record_t header;

    if (p->rl == NULL) {
        return MW_DROP;
    }

    mw_room_header(p->room, &header, type);

    header.audience = MEET_TO_ONE;
    header.participant = p->id;
    header.session = p->session;

    return mw_link_send(p->rl->link, class, &header, body, len);
}


void
mw_participant_personal(mw_participant_t *p)
{
    if (p->rl == NULL) {
        return;
    }

    if (p->leg != NULL && (p->slots_dirty || p->layers_dirty)) {
        p->slots_dirty = false;
        p->layers_dirty = false;
        mw_relay_again(p);
    }

    if ((p->rights_dirty && mw_participant_send_rights(p) == MW_AGAIN)
        || (p->slots_dirty && mw_participant_send_slots(p) == MW_AGAIN)
        || (p->lobby_dirty && mw_participant_send_lobby(p) == MW_AGAIN)
        || (p->layers_dirty && mw_publish_send_layers(p) == MW_AGAIN))
    {
        p->rl->personal = true;
        mw_room_link_defer(p->rl);
    }
}


static mw_rc_t
mw_participant_send_slots(mw_participant_t *p)
{
    mw_rc_t rc;
    unsigned i;
    size_t len;
    meet_slot_t slot;
    meet_slots_t slots;
    const mw_view_slot_t *from;
    uint8_t body[sizeof(meet_slots_t) + MEET_SLOTS_MAX * sizeof(meet_slot_t)];

    memset(&slots, 0, sizeof(slots));
    len = sizeof(slots);

    for (i = 0; i < p->view.n; i++) {
        from = &p->view.slots[i];

        if (!from->has_audio && !from->has_video) {
            continue;
        }

        memset(&slot, 0, sizeof(slot));
        slot.audio = from->audio;
        slot.video = from->video;
        slot.slot = (uint8_t) i;
        slot.state = p->subscribe == NULL || slot.video == MEET_NO_SOURCE
                         ? MEET_SLOT_PLAYS
                         : mw_subscribe_state(p->subscribe, i);

        memcpy(body + len, &slot, sizeof(slot));
        len += sizeof(slot);
        slots.entries++;
    }

    memcpy(body, &slots, sizeof(slots));

    rc = mw_participant_send(p, MW_LINK_TRY, MEET_SLOTS, body, len);

    if (rc != MW_AGAIN) {
        p->slots_dirty = false;
    }

    return rc;
}


static mw_rc_t
mw_participant_send_rights(mw_participant_t *p)
{
    mw_rc_t rc;
    meet_rights_t rights;

    memset(&rights, 0, sizeof(rights));
    rights.rights = p->rights;
    rights.role = p->role;

    rc = mw_participant_send(
        p, MW_LINK_TRY, MEET_RIGHTS, &rights, sizeof(rights));

    if (rc != MW_AGAIN) {
        p->rights_dirty = false;
    }

    return rc;
}


/* nothing for those who may not moderate */
static mw_rc_t
mw_participant_send_lobby(mw_participant_t *p)
{
    mw_rc_t rc;
    size_t len;
    uint8_t *body;

    rc = MW_OK;

    if (p->rights & MEET_RIGHT_MODERATE) {
        body = p->room->context->body;
        len = mw_lobby_write(p->room, body);
        rc = mw_participant_send(p, MW_LINK_TRY, MEET_LOBBY, body, len);
    }

    if (rc != MW_AGAIN) {
        p->lobby_dirty = false;
    }

    return rc;
}
