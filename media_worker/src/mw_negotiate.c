#include "mw_negotiate.h"

#include "mw_publish.h"
#include "mw_request.h"
#include "mw_rights.h"
#include "mw_subscribe.h"

_Static_assert(offsetof(mw_publish_t, connection) == 0, "see mw_connection.h");
_Static_assert(
    offsetof(mw_subscribe_t, connection) == 0, "see mw_connection.h");


static unsigned mw_negotiate_sections(
    const mw_sdp_offer_t *sdp, unsigned connection, meet_track_t *tracks);
static uint32_t mw_negotiate_check(mw_participant_t *p,
    const mw_negotiate_t *in, const meet_offer_t *offer,
    const meet_track_t *tracks, const char **reason);
static const char *mw_negotiate_tracks(const mw_context_t *context,
    const meet_offer_t *offer, const meet_track_t *tracks);
static bool mw_negotiate_usable(
    const mw_sdp_offer_t *sdp, const meet_offer_t *offer);
static mw_connection_t *mw_negotiate_connection(
    mw_participant_t *p, unsigned connection);
static uint32_t mw_negotiate_apply(mw_participant_t *p,
    const mw_negotiate_t *in, const meet_offer_t *offer,
    const meet_track_t *tracks, mw_usec_t now);
static uint32_t mw_negotiate_write(
    mw_participant_t *p, const meet_offer_t *offer, char *text, size_t *len);


void
mw_negotiate(mw_participant_t *p, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    size_t len;
    uint32_t status;
    mw_context_t *context;
    mw_negotiate_t in;
    meet_answer_t answer;
    meet_track_t tracks[MEET_TRACKS_MAX];

    context = p->room->context;

    memset(&in, 0, sizeof(in));
    memcpy(&in.offer, body, sizeof(in.offer));
    body += sizeof(in.offer);
    memcpy(tracks, body, in.offer.tracks * sizeof(meet_track_t));
    in.tracks = tracks;
    in.sdp = (const char *) body + in.offer.tracks * sizeof(meet_track_t);

    status = mw_negotiate_offer(
        p, &in, (char *) context->body + sizeof(answer), &len, now);

    memset(&answer, 0, sizeof(answer));
    answer.revision = in.offer.revision;
    answer.connection = in.offer.connection;
    answer.sdp_len = (uint32_t) len;
    memcpy(context->body, &answer, sizeof(answer));

    mw_request_reply(
        link, header, MEET_ANSWER, status, context->body, sizeof(answer) + len);
}


uint32_t
mw_negotiate_offer(mw_participant_t *p, const mw_negotiate_t *in, char *text,
    size_t *len, mw_usec_t now)
{
    uint32_t status;
    const char *reason;
    mw_context_t *context;
    mw_sdp_error_t error;
    meet_offer_t offer;
    const meet_track_t *tracks;
    meet_track_t made[MW_SDP_SECTIONS];

    context = p->room->context;
    offer = in->offer;
    tracks = in->tracks;
    reason = "";
    *len = 0;

    if (context->udp == NULL) {
        return MEET_E_BUSY;
    }

    error = mw_sdp_offer_parse(&context->offer, in->sdp, offer.sdp_len);

    if (error != MW_SDP_OK) {
        status = MEET_E_BAD_OFFER;
        reason = mw_sdp_error_text(error);

    } else {
        if (in->anew) {
            tracks = made;
            offer.tracks = (uint16_t) mw_negotiate_sections(
                &context->offer, offer.connection, made);
        }

        status = mw_negotiate_check(p, in, &offer, tracks, &reason);
    }

    if (status != MEET_OK) {
        *len = strlen(reason);
        memcpy(text, reason, *len);
        return status;
    }

    status = mw_negotiate_apply(p, in, &offer, tracks, now);

    if (status == MEET_OK) {
        status = mw_negotiate_write(p, &offer, text, len);
    }

    return status;
}


/* the tracks of an offer that comes without them */
static unsigned
mw_negotiate_sections(
    const mw_sdp_offer_t *sdp, unsigned connection, meet_track_t *tracks)
{
    unsigned i, n, half, count[2];
    const mw_sdp_section_t *section;

    n = 0;
    memset(count, 0, sizeof(count));

    for (i = 0; i < sdp->nsections; i++) {
        section = &sdp->sections[i];

        if (section->refused || section->kind == MW_SDP_OTHER) {
            continue;
        }

        half = (section->kind == MW_SDP_VIDEO) ? 1 : 0;

        if (connection == MEET_CONNECTION_PUBLISH && count[half] != 0) {
            continue; /* refused in the answer */
        }

        memset(&tracks[n], 0, sizeof(meet_track_t));
        memcpy(
            tracks[n].mid, section->mid, strnlen(section->mid, MEET_MID_MAX));
        tracks[n].kind = half ? MEET_KIND_CAM : MEET_KIND_MIC;

        if (connection == MEET_CONNECTION_SUBSCRIBE) {
            tracks[n].slot = (uint8_t) count[half];
        }

        count[half]++;
        n++;
    }

    return n;
}


/* everything that can be wrong, before anything is changed */
static uint32_t
mw_negotiate_check(mw_participant_t *p, const mw_negotiate_t *in,
    const meet_offer_t *offer, const meet_track_t *tracks, const char **reason)
{
    unsigned i;
    uint8_t kinds;
    mw_context_t *context;
    mw_connection_t *connection;
    const mw_sdp_section_t *section;

    context = p->room->context;
    connection = mw_negotiate_connection(p, offer->connection);

    /* a new PeerConnection of the browser starts from the beginning */

    if (connection != NULL && !in->anew
        && offer->revision <= connection->revision
        && mw_peer_same_fingerprint(
            connection->peer, &context->offer.fingerprint))
    {
        return MEET_E_REVISION;
    }

    *reason = mw_negotiate_tracks(context, offer, tracks);

    if (*reason == NULL && in->anew
        && !mw_negotiate_usable(&context->offer, offer)) {
        *reason = "no section has the right direction and a codec of ours";
    }

    if (*reason != NULL) {
        return MEET_E_BAD_OFFER;
    }

    *reason = "";

    if (offer->connection != MEET_CONNECTION_PUBLISH) {
        return MEET_OK;
    }

    /*
     * What a moderator has taken may still be negotiated, as may what is there
     * already: it is forwarded to nobody, and an ICE restart must not fail.
     */

    kinds = mw_rights_kinds(mw_rights_of(p->role, &p->room->settings))
            | mw_publish_kinds(p->publish);

    for (i = 0; i < offer->tracks; i++) {
        section = mw_sdp_offer_find(&context->offer, tracks[i].mid);

        if (!section->refused && (section->direction & MW_SDP_SENDONLY)
            && (kinds & 1u << tracks[i].kind) == 0)
        {
            return MEET_E_FORBIDDEN;
        }
    }

    return MEET_OK;
}


/* NULL: tracks and sections fit each other */
static const char *
mw_negotiate_tracks(const mw_context_t *context, const meet_offer_t *offer,
    const meet_track_t *tracks)
{
    bool video;
    unsigned i, place;
    const mw_sdp_section_t *section;
    uint8_t seen[MEET_SLOTS_MAX];

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < offer->tracks; i++) {

        if (memchr(tracks[i].mid, '\0', MEET_MID_MAX) == NULL) {
            return "the mid of a track is too long";
        }

        section = mw_sdp_offer_find(&context->offer, tracks[i].mid);

        if (section == NULL) {
            return "a track names a section that is not in the offer";
        }

        video = (tracks[i].kind & 1u) != 0;

        if (section->kind != (video ? MW_SDP_VIDEO : MW_SDP_AUDIO)) {
            return "a track is of another kind than its section";
        }

        if (offer->connection == MEET_CONNECTION_PUBLISH) {
            place = tracks[i].kind;

            if (section->refused || (section->direction & MW_SDP_SENDONLY) == 0)
            {
                continue; /* a stopped one may stay beside its successor */
            }

            if (seen[place]++ != 0) {
                return "two sections for one kind of track";
            }

        } else if (tracks[i].kind > MEET_KIND_CAM) {
            return "a slot has an audio and a video half only";

        } else if (seen[tracks[i].slot] & 1u << tracks[i].kind) {
            return "two sections for one half of a slot";

        } else {
            seen[tracks[i].slot] |= (uint8_t) (1u << tracks[i].kind);
        }
    }

    return NULL;
}


static bool
mw_negotiate_usable(const mw_sdp_offer_t *sdp, const meet_offer_t *offer)
{
    unsigned i, direction;

    direction = (offer->connection == MEET_CONNECTION_PUBLISH)
                    ? MW_SDP_SENDONLY
                    : MW_SDP_RECVONLY;

    for (i = 0; i < sdp->nsections; i++) {
        if (!sdp->sections[i].refused && sdp->sections[i].ncodecs > 0
            && (sdp->sections[i].direction & direction))
        {
            return true;
        }
    }

    return false;
}


static mw_connection_t *
mw_negotiate_connection(mw_participant_t *p, unsigned connection)
{
    if (connection == MEET_CONNECTION_PUBLISH) {
        return (p->publish != NULL) ? &p->publish->connection : NULL;
    }

    return (p->subscribe != NULL) ? &p->subscribe->connection : NULL;
}


static uint32_t
mw_negotiate_apply(mw_participant_t *p, const mw_negotiate_t *in,
    const meet_offer_t *offer, const meet_track_t *tracks, mw_usec_t now)
{
    bool publish;
    uint8_t before;
    mw_rc_t rc;
    mw_context_t *context;
    mw_connection_t *connection;

    context = p->room->context;
    publish = offer->connection == MEET_CONNECTION_PUBLISH;
    before = mw_publish_kinds(p->publish);

    connection = mw_negotiate_connection(p, offer->connection);

    if (connection != NULL
        && (in->anew
            || !mw_peer_same_fingerprint(
                connection->peer, &context->offer.fingerprint)))
    {
        if (publish) {
            mw_publish_destroy(p->publish, now);

        } else {
            mw_subscribe_destroy(p->subscribe, now);
        }

        connection = NULL;
    }

    if (connection == NULL) {
        if (publish) {
            (void) mw_publish_create(p, &context->offer, now);

        } else {
            (void) mw_subscribe_create(p, &context->offer, now);
        }

        connection = mw_negotiate_connection(p, offer->connection);

    } else if (mw_peer_restart_ice(connection->peer, &context->offer.ice, now)
               == MW_ERROR)
    {
        return MEET_E_BUSY;
    }

    rc = MW_ERROR;

    if (connection != NULL) {
        connection->revision = offer->revision;

        mw_sdp_answer_init(&context->answer, &context->offer);

        rc = publish ? mw_publish_apply(
                 p->publish, &context->answer, tracks, offer->tracks, now)
                     : mw_subscribe_apply(p->subscribe, &context->answer,
                         tracks, offer->tracks, now);
    }

    if (publish) {
        if (mw_publish_kinds(p->publish) != before) {
            mw_participant_changed(p);
        }

        mw_room_refresh(p->room, now);

    } else {
        p->view_dirty = true;
        mw_room_refresh_marked(p->room, now);
    }

    return (rc == MW_OK) ? MEET_OK : MEET_E_BUSY;
}


static uint32_t
mw_negotiate_write(
    mw_participant_t *p, const meet_offer_t *offer, char *text, size_t *len)
{
    mw_context_t *context;
    mw_connection_t *connection;
    mw_sdp_answer_t *sdp;

    context = p->room->context;
    sdp = &context->answer;
    connection = mw_negotiate_connection(p, offer->connection);

    sdp->session = connection->session;
    sdp->revision = ++connection->answers;
    sdp->ice = mw_peer_ice(connection->peer);
    sdp->fingerprint = mw_dtls_ctx_fingerprint(mw_udp_env(context->udp)->dtls);
    sdp->candidates = mw_udp_candidates(context->udp, &sdp->ncandidates);

    if (mw_sdp_answer_write(sdp, text, MEET_OFFER_MAX, len) != MW_OK) {
        *len = 0;
        return MEET_E_LIMIT;
    }

    return MEET_OK;
}
