#include "mw_request.h"

#include "mw_negotiate.h"
#include "mw_publish.h"
#include "mw_rights.h"
#include "mw_roster.h"


static void mw_request_session(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);
static uint32_t mw_request_admit(mw_room_t *room, const meet_record_t *header,
    const meet_session_open_t *open, const uint8_t *name,
    mw_participant_t **out, mw_usec_t now);
static void mw_request_welcome(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const meet_session_open_t *open, bool known);
static void mw_request_tail(mw_participant_t *p, uint64_t sequence);
static bool mw_request_has_session(const mw_participant_t *p,
    const mw_link_t *link, const meet_record_t *header);
static uint32_t mw_request_state(
    mw_participant_t *p, const uint8_t *body, mw_usec_t now);
static void mw_request_view(
    mw_participant_t *p, const uint8_t *body, mw_usec_t now);
static uint32_t mw_request_announce(
    mw_room_t *room, const meet_record_t *header, const uint8_t *body);
static uint32_t mw_request_tell(mw_participant_t *p, const uint8_t *body);
static void mw_request_moderate(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);


void
mw_request(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now)
{
    uint32_t status;
    meet_room_t settings;
    mw_participant_t *p;

    (void) len;

    switch (header->type) {

    case MEET_ROOM_SETTINGS:
        memcpy(&settings, body, sizeof(settings));
        mw_room_settings(room, &settings, now);
        mw_request_refuse(link, header, MEET_OK);
        return;

    case MEET_SESSION_OPEN:
        mw_request_session(room, link, header, body, now);
        return;

    case MEET_ANNOUNCE:

        /* committed already: also of one who has left meanwhile */

        status = mw_request_announce(room, header, body);
        mw_request_refuse(link, header, status);
        return;
    }

    p = mw_roster_by_id(room, header->participant);

    if (p == NULL || !mw_request_has_session(p, link, header)) {
        mw_request_refuse(link, header, MEET_E_NO_PARTICIPANT);
        return;
    }

    status = MEET_OK;

    switch (header->type) {

    case MEET_SESSION_CLOSE:
        mw_participant_detach(p, now);
        return;

    case MEET_LEAVE:
        mw_participant_end(p, MEET_OK, now);
        return;

    case MEET_OFFER:
        mw_negotiate(p, link, header, body, now);
        return;

    case MEET_VIEW:
        mw_request_view(p, body, now);
        return;

    case MEET_MODERATE:
        mw_request_moderate(p, link, header, body, now);
        return;

    case MEET_STATE:
        status = mw_request_state(p, body, now);
        break;

    case MEET_TELL:
        status = mw_request_tell(p, body);
        break;
    }

    mw_request_refuse(link, header, status);
}


void
mw_request_refuse(mw_link_t *link, const meet_record_t *header, uint32_t status)
{
    meet_welcome_t welcome;
    meet_answer_t answer;

    switch (header->type) {

    case MEET_SESSION_OPEN:
        memset(&welcome, 0, sizeof(welcome));
        mw_request_reply(
            link, header, MEET_WELCOME, status, &welcome, sizeof(welcome));
        break;

    case MEET_OFFER:
        memset(&answer, 0, sizeof(answer));
        mw_request_reply(
            link, header, MEET_ANSWER, status, &answer, sizeof(answer));
        break;

    default:
        mw_request_reply(link, header, MEET_DONE, status, NULL, 0);
    }
}


void
mw_request_reply(mw_link_t *link, const meet_record_t *header, uint16_t type,
    uint32_t status, const void *body, size_t len)
{
    meet_record_t reply;

    if (header->request == 0) {
        return;
    }

    reply = *header;

    reply.type = type;
    reply.audience = MEET_TO_NONE;
    reply.sequence = 0;
    reply.list = 0;
    reply.status = (uint16_t) status;

    (void) mw_link_send(link, MW_LINK_KEEP, &reply, body, len);
}


static void
mw_request_session(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now)
{
    bool known;
    size_t len;
    uint32_t status;
    mw_participant_t *p;
    meet_session_open_t open;
    uint8_t who[MW_ROSTER_ENTRY];

    memcpy(&open, body, sizeof(open));

    /* clients of a former actor come back: let them all come first */

    if (open.epoch != 0 && open.epoch < room->first_epoch
        && room->participants == 0 && room->events.sequence == 0
        && !room->settling)
    {
        mw_room_settle(room, now);
    }

    p = mw_roster_by_id(room, header->participant);
    known = p != NULL;

    if (!known) {
        status =
            mw_request_admit(room, header, &open, body + sizeof(open), &p, now);

        if (status != MEET_OK) {
            mw_request_refuse(link, header, status);
            return;
        }
    }

    if (mw_participant_attach(p, link, header->session, now) != MW_OK) {
        mw_request_refuse(link, header, MEET_E_BUSY);

        if (!known) {
            mw_participant_destroy(p, now);
            mw_room_population(room, now);
        }

        return;
    }

    if (known) {
        mw_participant_set_role(p, open.role, now);

        if (p->away) {
            p->away = false;
            mw_participant_changed(p);
        }

    } else {
        len = mw_roster_write(p, who);
        mw_room_event(room, MEET_JOINED, MEET_TO_ALL_BUT, p->id, who, len);
        mw_room_population(room, now);
        p->first = room->events.sequence;
    }

    mw_request_welcome(p, link, header, &open, known);
}


static uint32_t
mw_request_admit(mw_room_t *room, const meet_record_t *header,
    const meet_session_open_t *open, const uint8_t *name,
    mw_participant_t **out, mw_usec_t now)
{
    uint32_t limit;

    if (mw_roster_banned(room, header->participant)) {
        return MEET_E_REMOVED;
    }

    /* who was in it before the media worker died is not new */

    if ((room->settings.flags & MEET_ROOM_IS_LOCKED)
        && open->role != MEET_ROLE_OWNER && !room->settling)
    {
        return MEET_E_LOCKED;
    }

    limit = room->settings.participants;

    if (limit == 0 || limit > room->nplaces) {
        limit = room->nplaces;
    }

    if (room->participants >= limit) {
        return MEET_E_ROOM_FULL;
    }

    *out = mw_participant_create(
        room, header->participant, open->role, name, open->name_len, now);

    return (*out == NULL) ? MEET_E_BUSY : MEET_OK;
}


/* the reply, and what the client has to know to go on */
static void
mw_request_welcome(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const meet_session_open_t *open, bool known)
{
    bool step, resumed;
    mw_room_t *room;
    mw_room_link_t *rl;
    meet_welcome_t welcome;

    room = p->room;
    rl = p->rl;

    /* this link has everything that happened so far */

    step = !room->settling && !rl->pending && !rl->snapshot
           && rl->sent == room->events.sequence;

    resumed = step && known && open->epoch >= room->first_epoch
              && open->sequence >= p->first
              && mw_events_covers(&room->events, open->sequence);

    memset(&welcome, 0, sizeof(welcome));

    welcome.sequence = room->events.sequence;
    welcome.number = p->number;
    welcome.rights = p->rights;
    welcome.role = p->role;
    welcome.resumed = resumed;
    welcome.publish = p->publish != NULL;
    welcome.subscribe = p->subscribe != NULL;

    mw_request_reply(
        link, header, MEET_WELCOME, MEET_OK, &welcome, sizeof(welcome));

    p->rights_dirty = false;

    if (resumed) {
        mw_request_tail(p, open->sequence);

    } else if (!step
               || mw_room_send_snapshot(rl, p, room->events.sequence)
                      == MW_AGAIN)
    {
        rl->snapshot = true;
        mw_room_link_defer(rl);
    }

    mw_participant_personal(p);
}


static void
mw_request_tail(mw_participant_t *p, uint64_t sequence)
{
    mw_rc_t rc;
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

        rc = mw_link_send(
            p->rl->link, MW_LINK_TRY, &header, event->body, event->len);

        if (rc == MW_AGAIN) {
            p->rl->snapshot = true;
            mw_room_link_defer(p->rl);
            return;
        }
    }
}


static bool
mw_request_has_session(const mw_participant_t *p, const mw_link_t *link,
    const meet_record_t *header)
{
    return p->rl != NULL && p->rl->link == link
           && p->session == header->session;
}


static uint32_t
mw_request_state(mw_participant_t *p, const uint8_t *body, mw_usec_t now)
{
    bool changed;
    meet_state_t state;
    const uint8_t *name;

    memcpy(&state, body, sizeof(state));
    name = body + sizeof(state);
    changed = false;

    if ((state.fields & MEET_STATE_MUTED) && state.muted != p->muted) {
        changed = true;
        p->muted = state.muted;

        if (p->publish != NULL) {
            mw_publish_silence(p->publish,
                (uint8_t) (p->muted | ~mw_rights_kinds(p->rights)), now);
        }
    }

    if ((state.fields & MEET_STATE_NAME)
        && (state.name_len != p->name_len
            || memcmp(name, p->name, p->name_len) != 0))
    {
        changed = true;
        p->name_len = state.name_len;
        memcpy(p->name, name, state.name_len);
    }

    if (changed) {
        mw_participant_changed(p);
    }

    return MEET_OK;
}


static void
mw_request_view(mw_participant_t *p, const uint8_t *body, mw_usec_t now)
{
    meet_view_t view;

    memcpy(&view, body, sizeof(view));
    memcpy(p->entries, body + sizeof(view),
        view.entries * sizeof(meet_view_entry_t));

    p->nentries = mw_view_sort(p->entries, view.entries);
    p->view_dirty = true;

    mw_room_refresh_marked(p->room, now);
}


static uint32_t
mw_request_announce(
    mw_room_t *room, const meet_record_t *header, const uint8_t *body)
{
    meet_entry_t entry;
    mw_context_t *context;
    const mw_participant_t *p;

    context = room->context;
    memcpy(&entry, body, sizeof(entry));

    p = mw_roster_by_id(room, header->participant);

    if (p != NULL && (p->rights & MEET_RIGHT_CHAT) == 0) {
        return MEET_E_FORBIDDEN;
    }

    entry.sender = header->participant;
    entry.number = (p != NULL) ? p->number : 0;

    memcpy(context->body, &entry, sizeof(entry));
    memcpy(context->body + sizeof(entry), body + sizeof(entry), entry.len);

    mw_room_event(room, MEET_ENTRY, MEET_TO_ALL, 0, context->body,
        sizeof(entry) + entry.len);

    return MEET_OK;
}


static uint32_t
mw_request_tell(mw_participant_t *p, const uint8_t *body)
{
    uint8_t *out;
    meet_tell_t tell;
    mw_participant_t *to;

    if ((p->rights & MEET_RIGHT_TELL) == 0) {
        return MEET_E_FORBIDDEN;
    }

    memcpy(&tell, body, sizeof(tell));
    to = mw_roster_by_id(p->room, tell.peer);

    if (to == NULL || to->rl == NULL) {
        return MEET_E_NO_PARTICIPANT;
    }

    out = p->room->context->body;
    tell.peer = p->id;

    memcpy(out, &tell, sizeof(tell));
    memcpy(out + sizeof(tell), body + sizeof(tell), tell.len);

    if (mw_participant_send(
            to, MW_LINK_KEEP, MEET_TOLD, out, sizeof(tell) + tell.len)
        != MW_OK)
    {
        return MEET_E_LIMIT;
    }

    return MEET_OK;
}


static void
mw_request_moderate(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now)
{
    uint8_t muted;
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
        mw_request_refuse(link, header, MEET_E_NO_PARTICIPANT);
        return;
    }

    if (!mw_rights_over(p->role, target->role)) {
        mw_request_refuse(link, header, MEET_E_FORBIDDEN);
        return;
    }

    switch (order.verb) {

    case MEET_MODERATE_MUTE:
        mw_request_refuse(link, header, MEET_OK);

        muted = target->muted | order.kinds;

        if (muted == target->muted) {
            return;
        }

        target->muted = muted;

        if (target->publish != NULL) {
            mw_publish_silence(target->publish,
                (uint8_t) (muted | ~mw_rights_kinds(target->rights)), now);
        }

        mw_participant_changed(target);
        return;

    case MEET_MODERATE_REMOVE:
        mw_request_refuse(link, header, MEET_OK);
        mw_roster_ban(room, target->id);
        mw_participant_end(target, MEET_E_REMOVED, now);
        return;
    }

    mw_request_refuse(link, header, MEET_E_BAD_RECORD);
}
