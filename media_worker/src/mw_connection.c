#include "mw_connection.h"

#include "mw_proof.h"


static void mw_connection_timeout(void *ctx, mw_usec_t now);


mw_rc_t
mw_connection_open(mw_connection_t *connection, mw_participant_t *p,
    const mw_sdp_offer_t *offer, const mw_peer_handlers_t *handlers,
    mw_timer_pt report, mw_usec_t now)
{
    mw_context_t *context;

    context = p->room->context;

    connection->participant = p;

    mw_timer_init(&connection->timer, mw_connection_timeout, connection);
    mw_timer_init(&connection->report, report, connection);

    if (mw_random(&connection->session, sizeof(connection->session)) != MW_OK) {
        return MW_ERROR;
    }

    connection->session >>= 2; /* RFC 8829 section 5.2.1: below 2^62 */

    connection->peer = mw_peer_create(mw_udp_env(context->udp), &offer->ice,
        &offer->fingerprint, handlers, connection, now);

    if (connection->peer == NULL) {
        return MW_ERROR;
    }

    mw_timer_set(context->timers, &connection->report, now + MW_REPORT);

    return MW_OK;
}


void
mw_connection_on_consent(void *owner, bool fresh, mw_usec_t now)
{
    /* presence looks at the time of the last check instead */

    (void) owner;
    (void) fresh;
    (void) now;
}


void
mw_connection_set_timer(void *owner, mw_usec_t at)
{
    mw_connection_t *connection = owner;

    mw_timer_set(
        connection->participant->room->context->timers, &connection->timer, at);
}


void
mw_connection_closed(mw_connection_t *connection, mw_peer_reason_t reason)
{
    if (reason == MW_PEER_CLOSE_FINGERPRINT || reason == MW_PEER_CLOSE_TIMEOUT)
    {
        connection->participant->room->context->stats.handshakes_failed++;
    }
}


unsigned
mw_connection_section(const mw_sdp_answer_t *answer, const meet_track_t *track)
{
    unsigned s;
    const mw_sdp_section_t *section;

    for (s = 0; s < answer->offer->nsections; s++) {
        section = &answer->offer->sections[s];

        if (!section->refused
            && strncmp(section->mid, track->mid, MEET_MID_MAX) == 0) {
            break;
        }
    }

    return s;
}


void
mw_connection_close(mw_connection_t *connection)
{
    mw_context_t *context;

    context = connection->participant->room->context;

    mw_timer_cancel(context->timers, &connection->timer);
    mw_timer_cancel(context->timers, &connection->report);

    if (connection->peer != NULL) {
        mw_connection_count(connection, &connection->participant->room->ended);

        /* timers may be set until it is gone, but not after */

        mw_peer_destroy(connection->peer);
        mw_timer_cancel(context->timers, &connection->timer);
        connection->peer = NULL;
    }
}


void
mw_connection_count(const mw_connection_t *connection, meet_stats_t *stats)
{
    const mw_peer_stats_t *peer;

    peer = mw_peer_stats(connection->peer);

    stats->packets_in += peer->rtp_in + peer->rtcp_in;
    stats->packets_out += peer->rtp_out + peer->rtcp_out;
    stats->bytes_in += peer->bytes_in;
    stats->bytes_out += peer->bytes_out;
    stats->drop_stun += peer->drops[MW_PEER_DROP_ICE];
    stats->drop_auth +=
        peer->drops[MW_PEER_DROP_AUTH] + peer->drops[MW_PEER_DROP_REPLAY];
    stats->drop_replay += peer->drops[MW_PEER_DROP_REPLAY];
    stats->drop_malformed +=
        peer->drops[MW_PEER_DROP_DTLS] + peer->drops[MW_PEER_DROP_SHORT];
    stats->drop_other +=
        peer->drops[MW_PEER_DROP_STATE] + peer->drops[MW_PEER_DROP_STREAMS];
    stats->send_errors += peer->drops[MW_PEER_DROP_SEND_SSRC]
                          + peer->drops[MW_PEER_DROP_SEND_SIZE];
}


void
mw_connection_write_rtcp(
    mw_connection_t *connection, mw_rtcp_writer_t *w, mw_usec_t now)
{
    if (w->len > 0) {
        (void) mw_peer_write_rtcp(connection->peer, w->buf, w->len, now);
    }

    mw_rtcp_writer_init(w, w->buf, w->room);
}


static void
mw_connection_timeout(void *ctx, mw_usec_t now)
{
    mw_connection_t *connection = ctx;

    mw_peer_timeout(connection->peer, now);
}
