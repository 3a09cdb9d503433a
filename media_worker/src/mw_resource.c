#include "mw_resource.h"

#include "mw_negotiate.h"
#include "mw_proof.h"
#include "mw_publish.h"
#include "mw_request.h"
#include "mw_roster.h"
#include "mw_sdp_fragment.h"
#include "mw_session.h"
#include "mw_subscribe.h"

#include <stdlib.h>


static void mw_resource_open(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);
static uint32_t mw_resource_admit(mw_room_t *room, const meet_record_t *header,
    const meet_resource_open_t *open, const uint8_t *name,
    mw_participant_t **found, mw_usec_t now);
static void mw_resource_begin(mw_participant_t *p,
    const meet_resource_open_t *open, const uint8_t *name, bool known,
    mw_usec_t now);
static void mw_resource_patch(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);
static uint32_t mw_resource_restart(mw_participant_t *p,
    const meet_resource_patch_t *patch, const char *sdp, char *text,
    size_t *len, mw_usec_t now);
static void mw_resource_close(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);
static uint32_t mw_resource_find(const mw_room_t *room,
    const meet_record_t *header, const meet_resource_t *named,
    mw_participant_t **found);
static void mw_resource_reply(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, uint32_t status, uint32_t etag, size_t len);
static mw_peer_t *mw_resource_peer(const mw_participant_t *p);
static bool mw_resource_shows(mw_participant_t *p, const mw_participant_t *of);
static void mw_resource_entry(mw_participant_t *p, uint32_t source);


void
mw_resource(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    switch (header->type) {

    case MEET_RESOURCE_OPEN:
        mw_resource_open(room, link, header, body, now);
        break;

    case MEET_RESOURCE_PATCH:
        mw_resource_patch(room, link, header, body, now);
        break;

    default:
        mw_resource_close(room, link, header, body, now);
    }
}


static void
mw_resource_open(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    char *text;
    bool known;
    size_t len;
    uint32_t status, etag;
    mw_participant_t *p;
    mw_negotiate_t in;
    meet_resource_open_t open;

    memcpy(&open, body, sizeof(open));
    body += sizeof(open);

    memset(&in, 0, sizeof(in));
    in.offer.revision = 1;
    in.offer.connection = open.connection;
    in.offer.sdp_len = open.sdp_len;
    in.sdp = (const char *) body + open.name_len;
    in.anew = true;

    p = mw_roster_by_id(room, header->participant);
    known = p != NULL;
    text = (char *) room->context->body + sizeof(meet_resource_answer_t);
    len = 0;
    etag = 0;

    status = mw_resource_admit(room, header, &open, body, &p, now);

    if (status == MEET_OK) {
        status = mw_negotiate_offer(p, &in, text, &len, now);

        /* unavailable is said of rooms only: nobody moves this one for us */

        if (status == MEET_E_BUSY) {
            status = MEET_E_LIMIT;
        }

        if (status == MEET_OK) {
            mw_resource_begin(p, &open, body, known, now);
            etag = p->resource->etag;

        } else if (!known) {
            mw_participant_destroy(p, now);
            mw_room_population(room, now);
        }
    }

    mw_resource_reply(room, link, header, status, etag, len);
}


/* MEET_OK: `*found` is in the roster; when it is new nobody has heard of it */
static uint32_t
mw_resource_admit(mw_room_t *room, const meet_record_t *header,
    const meet_resource_open_t *open, const uint8_t *name,
    mw_participant_t **found, mw_usec_t now)
{
    mw_participant_t *p;

    if (mw_roster_banned(room, header->participant)) {
        return MEET_E_REMOVED;
    }

    p = *found;

    if (p != NULL) {
        return (p->resource != NULL) ? MEET_OK : MEET_E_LIMIT;
    }

    if (mw_session_full(room, header->participant, false)) {
        return MEET_E_ROOM_FULL;
    }

    p = mw_participant_create(room, header->participant, open->role,
        open->denied, name, open->name_len, now);

    if (p == NULL) {
        return MEET_E_LIMIT;
    }

    p->resource = calloc(1, sizeof(mw_resource_t));

    if (p->resource == NULL) {
        mw_participant_destroy(p, now);
        return MEET_E_LIMIT;
    }

    p->quiet = true;
    *found = p;

    return MEET_OK;
}


/* what was negotiated last is in the context still */
static void
mw_resource_begin(mw_participant_t *p, const meet_resource_open_t *open,
    const uint8_t *name, bool known, mw_usec_t now)
{
    size_t len;
    unsigned i;
    mw_room_t *room;
    mw_resource_t *resource;
    const mw_sdp_answer_t *answer;
    uint8_t who[MW_ROSTER_ENTRY];

    room = p->room;
    resource = p->resource;
    answer = &room->context->answer;

    resource->id = open->resource.resource;
    resource->etag++;
    resource->source = open->source;
    memcpy(resource->verifier, open->resource.verifier, MEET_VERIFIER_LEN);

    for (i = 0; i < answer->offer->nsections; i++) {
        if (answer->sections[i].accepted) {
            resource->video = answer->offer->sections[i].kind == MW_SDP_VIDEO;
            memcpy(resource->mid, answer->offer->sections[i].mid,
                sizeof(resource->mid));
            break;
        }
    }

    p->quiet = false;
    p->lost = now;

    mw_participant_set_role(p, open->role, now);
    mw_participant_deny(p, open->denied, now);
    mw_participant_watch(p, now);

    if (!known) {
        len = mw_roster_write(p, who);
        mw_room_event(room, MEET_JOINED, MEET_TO_ALL, 0, who, len);
        mw_room_population(room, now);

    } else if (p->name_len != open->name_len
               || memcmp(p->name, name, p->name_len) != 0)
    {
        p->name_len = open->name_len;
        memcpy(p->name, name, p->name_len);
        mw_participant_changed(p);
    }
}


static void
mw_resource_patch(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    char *text;
    size_t len;
    uint32_t status;
    mw_participant_t *p;
    meet_resource_patch_t patch;

    memcpy(&patch, body, sizeof(patch));

    text = (char *) room->context->body + sizeof(meet_resource_answer_t);
    len = 0;

    status = mw_resource_find(room, header, &patch.resource, &p);

    if (status == MEET_OK) {
        status = mw_resource_restart(
            p, &patch, (const char *) body + sizeof(patch), text, &len, now);
    }

    mw_resource_reply(room, link, header, status,
        status == MEET_OK ? p->resource->etag : 0, len);
}


/* an empty text: these were candidates, which a lite agent does not need */
static uint32_t
mw_resource_restart(mw_participant_t *p, const meet_resource_patch_t *patch,
    const char *sdp, char *text, size_t *len, mw_usec_t now)
{
    unsigned n;
    mw_peer_t *peer;
    mw_sdp_error_t error;
    const mw_addr_t *candidates;
    mw_sdp_fragment_t fragment;

    peer = mw_resource_peer(p);

    if (peer == NULL) {
        return MEET_E_NO_PARTICIPANT;
    }

    if (patch->etag != 0 && patch->etag != p->resource->etag) {
        return MEET_E_PRECONDITION;
    }

    error = mw_sdp_fragment_parse(&fragment, sdp, patch->sdp_len);

    if (error != MW_SDP_OK) {
        *len = strlen(mw_sdp_error_text(error));
        memcpy(text, mw_sdp_error_text(error), *len);
        return MEET_E_BAD_OFFER;
    }

    if (!fragment.named) {
        return MEET_OK;
    }

    switch (mw_peer_restart_ice(peer, &fragment.ice, now)) {

    case MW_OK:
        break;

    case MW_DROP:
        return MEET_OK;

    default:
        return MEET_E_LIMIT;
    }

    p->resource->etag++;
    candidates = mw_udp_candidates(p->room->context->udp, &n);

    return mw_sdp_fragment_write(mw_peer_ice(peer), p->resource->mid,
               p->resource->video, candidates, n, text, MEET_OFFER_MAX,
               len) == MW_OK
               ? MEET_OK
               : MEET_E_LIMIT;
}


static void
mw_resource_close(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    uint32_t status;
    mw_participant_t *p;
    meet_resource_t named;

    memcpy(&named, body, sizeof(named));

    status = mw_resource_find(room, header, &named, &p);
    mw_request_refuse(link, header, status);

    if (status == MEET_OK) {
        mw_participant_end(p, MEET_OK, now);
    }
}


static uint32_t
mw_resource_find(const mw_room_t *room, const meet_record_t *header,
    const meet_resource_t *named, mw_participant_t **found)
{
    mw_participant_t *p;

    p = mw_roster_by_id(room, header->participant);

    if (p == NULL || p->resource == NULL || p->resource->id != named->resource)
    {
        return MEET_E_NO_PARTICIPANT;
    }

    if (!mw_equal(p->resource->verifier, named->verifier, MEET_VERIFIER_LEN)) {
        return MEET_E_FORBIDDEN;
    }

    *found = p;

    return MEET_OK;
}


/* the text, if any, is in the context already */
static void
mw_resource_reply(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    uint32_t status, uint32_t etag, size_t len)
{
    mw_context_t *context;
    meet_resource_answer_t answer;

    context = room->context;

    memset(&answer, 0, sizeof(answer));
    answer.etag = etag;
    answer.sdp_len = (uint32_t) len;
    memcpy(context->body, &answer, sizeof(answer));

    mw_request_reply(link, header, MEET_RESOURCE, status, context->body,
        sizeof(answer) + len);
}


static mw_peer_t *
mw_resource_peer(const mw_participant_t *p)
{
    if (p->publish != NULL) {
        return p->publish->connection.peer;
    }

    return (p->subscribe != NULL) ? p->subscribe->connection.peer : NULL;
}


unsigned
mw_resource_view(mw_participant_t *p, const uint32_t **heard, unsigned nheard)
{
    uint32_t number, kind, before;
    unsigned i, pairs;
    mw_participant_t *of;
    mw_resource_t *resource;

    resource = p->resource;
    before = (p->nentries > 0) ? MEET_SOURCE_NUMBER(p->entries[0].source) : 0;
    p->nentries = 0;

    if (resource->source != MEET_NO_SOURCE) {
        number = MEET_SOURCE_NUMBER(resource->source);
        kind = MEET_SOURCE_KIND(resource->source);

        mw_resource_entry(p, MEET_SOURCE(number, kind | MEET_KIND_CAM));
        resource->audio = MEET_SOURCE(number, kind & MEET_KIND_SCREEN_AUDIO);
        *heard = &resource->audio;

        return 1;
    }

    /* whoever speaks, or spoke last; others only where there is room for them */

    pairs = 0;

    for (i = 0; i < p->view.n; i++) {
        pairs += p->view.slots[i].has_video;
    }

    of = mw_roster_by_number(p->room, p->room->active);

    if (of == NULL || !mw_resource_shows(p, of)) {
        of = mw_roster_by_number(p->room, before);
    }

    if (of != NULL && pairs > 0 && mw_resource_shows(p, of)) {
        mw_resource_entry(p, MEET_SOURCE(of->number, MEET_KIND_CAM));
    }

    before = (p->nentries > 0) ? of->number : 0;

    for (of = p->room->head;
         of != NULL && p->nentries < pairs && p->nentries < MEET_VIEW_MAX;
         of = of->next)
    {
        if (of->number != before && mw_resource_shows(p, of)) {
            mw_resource_entry(p, MEET_SOURCE(of->number, MEET_KIND_CAM));
        }
    }

    return nheard;
}


static bool
mw_resource_shows(mw_participant_t *p, const mw_participant_t *of)
{
    return of != p
           && (mw_participant_exists(p, MEET_SOURCE(of->number, MEET_KIND_CAM))
               || mw_participant_exists(
                   p, MEET_SOURCE(of->number, MEET_KIND_MIC)));
}


static void
mw_resource_entry(mw_participant_t *p, uint32_t source)
{
    meet_view_entry_t *entry;

    entry = &p->entries[p->nentries];

    memset(entry, 0, sizeof(meet_view_entry_t));
    entry->source = source;
    entry->height = MW_RESOURCE_HEIGHT;
    entry->priority = (uint8_t) p->nentries;

    p->nentries++;
}
