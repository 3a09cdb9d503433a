#include "mw_request.h"

#include "mw_lobby.h"
#include "mw_moderate.h"
#include "mw_negotiate.h"
#include "mw_relay.h"
#include "mw_resource.h"
#include "mw_roster.h"
#include "mw_session.h"


static void mw_request_waiting(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, mw_usec_t now);
static bool mw_request_has_session(const mw_participant_t *p,
    const mw_link_t *link, const meet_record_t *header);
static void mw_request_report(mw_room_t *room, const uint8_t *body);
static uint32_t mw_request_state(
    mw_participant_t *p, const uint8_t *body, mw_usec_t now);
static void mw_request_view(
    mw_participant_t *p, const uint8_t *body, mw_usec_t now);
static uint32_t mw_request_announce(
    mw_room_t *room, const meet_record_t *header, const uint8_t *body);
static uint32_t mw_request_tell(mw_participant_t *p, const uint8_t *body);
static uint32_t mw_request_tell_lobby(
    const mw_participant_t *p, uint64_t peer, const uint8_t *body, size_t len);


void
mw_request(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now)
{
    uint32_t status;
    meet_room_t settings;
    mw_participant_t *p;

    switch (header->type) {

    case MEET_ROOM_SETTINGS:
        memcpy(&settings, body, sizeof(settings));
        mw_room_settings(room, &settings, now);
        mw_request_refuse(link, header, MEET_OK);
        return;

    case MEET_SESSION_OPEN:
        mw_session_open(room, link, header, body, now);
        return;

    case MEET_RESOURCE_OPEN:
    case MEET_RESOURCE_PATCH:
    case MEET_RESOURCE_CLOSE:
        mw_resource(room, link, header, body, now);
        return;

    case MEET_ANNOUNCE:

        /* committed already: also of one who has left meanwhile */

        status = mw_request_announce(room, header, body);
        mw_request_refuse(link, header, status);
        return;
    }

    p = mw_roster_by_id(room, header->participant);

    if (p == NULL || !mw_request_has_session(p, link, header)) {
        mw_request_waiting(room, link, header, now);
        mw_request_refuse(link, header, MEET_E_NO_PARTICIPANT);
        return;
    }

    status = MEET_OK;

    switch (header->type) {

    case MEET_SESSION_CLOSE:

        if (mw_room_is_test(room)) {
            mw_participant_end(p, MEET_OK, now);

        } else {
            mw_participant_detach(p, now);
        }

        return;

    case MEET_LEAVE:
        mw_participant_end(p, MEET_OK, now);
        return;

    case MEET_OFFER:
    case MEET_VIEW:
        mw_request_media(p, link, header, body, len, now);
        return;

    case MEET_REPORT:
        mw_request_report(room, body);
        return;

    case MEET_MODERATE:
        mw_moderate(p, link, header, body, now);
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
    meet_resource_answer_t resource;

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

    case MEET_RESOURCE_OPEN:
    case MEET_RESOURCE_PATCH:
        memset(&resource, 0, sizeof(resource));
        mw_request_reply(
            link, header, MEET_RESOURCE, status, &resource, sizeof(resource));
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


/* all that somebody in the lobby can do is go away */
static void
mw_request_waiting(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, mw_usec_t now)
{
    mw_waiting_t *waiting;

    waiting = mw_lobby_find(room, header->participant);

    if (waiting != NULL && waiting->rl->link == link
        && waiting->session == header->session
        && (header->type == MEET_SESSION_CLOSE || header->type == MEET_LEAVE))
    {
        mw_lobby_leave(waiting, now);
    }
}


static bool
mw_request_has_session(const mw_participant_t *p, const mw_link_t *link,
    const meet_record_t *header)
{
    return p->rl != NULL && p->rl->link == link
           && p->session == header->session;
}


static void
mw_request_report(mw_room_t *room, const uint8_t *body)
{
    meet_report_t report;

    memcpy(&report, body, sizeof(report));

    room->report.freezes += report.freezes;
    room->report.frozen_ms += report.frozen_ms;
    room->report.video_ms += report.video_ms;
    room->report.concealed_ms += report.concealed_ms;
    room->report.audio_ms += report.audio_ms;
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

    if ((state.fields & MEET_STATE_NAME)
        && (state.name_len != p->name_len
            || memcmp(name, p->name, p->name_len) != 0))
    {
        changed = true;
        p->name_len = state.name_len;
        memcpy(p->name, name, state.name_len);
    }

    /* one event for both, if it can be */

    if ((state.fields & MEET_STATE_MUTED)
        && mw_participant_set_muted(p, state.muted, now))
    {
        changed = false;
    }

    if (changed) {
        mw_participant_changed(p);
    }

    return MEET_OK;
}


void
mw_request_media(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, size_t len, mw_usec_t now)
{
    if (p->leg != NULL) {
        if (!mw_relay_forward(p, header, body, len)) {
            mw_request_refuse(link, header, MEET_E_BUSY);
        }

    } else if (header->type == MEET_OFFER) {
        mw_negotiate(p, link, header, body, now);

    } else {
        mw_request_view(p, body, now);
    }
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
    uint64_t peer;
    meet_tell_t tell;
    mw_participant_t *to;

    if ((p->rights & MEET_RIGHT_TELL) == 0) {
        return MEET_E_FORBIDDEN;
    }

    memcpy(&tell, body, sizeof(tell));
    to = mw_roster_by_id(p->room, tell.peer);
    peer = tell.peer;

    out = p->room->context->body;
    tell.peer = p->id;

    memcpy(out, &tell, sizeof(tell));
    memcpy(out + sizeof(tell), body + sizeof(tell), tell.len);

    if (to == NULL) {
        return mw_request_tell_lobby(p, peer, out, sizeof(tell) + tell.len);
    }

    if (to->rl == NULL) {
        return MEET_E_NO_PARTICIPANT;
    }

    if (mw_participant_send(
            to, MW_LINK_KEEP, MEET_TOLD, out, sizeof(tell) + tell.len)
        != MW_OK)
    {
        return MEET_E_LIMIT;
    }

    return MEET_OK;
}


/* moderators to one who waits, or to all (0) */
static uint32_t
mw_request_tell_lobby(
    const mw_participant_t *p, uint64_t peer, const uint8_t *body, size_t len)
{
    uint32_t status;
    const mw_waiting_t *waiting;

    if ((p->rights & MEET_RIGHT_MODERATE) == 0) {
        return (peer == 0) ? MEET_E_FORBIDDEN : MEET_E_NO_PARTICIPANT;
    }

    status = MEET_E_NO_PARTICIPANT;

    for (waiting = p->room->waiting; waiting != NULL; waiting = waiting->next) {
        if ((peer == 0 || waiting->id == peer)
            && mw_lobby_send(waiting, MEET_TOLD, body, len) == MW_OK)
        {
            status = MEET_OK;
        }
    }

    return status;
}
