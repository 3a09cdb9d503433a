#include "mw_peer.h"
#include "mw_peer_int.h"

#include <stdlib.h>


/* first bytes of a datagram (RFC 7983), second byte of RTCP (RFC 5761) */
#define MW_DTLS_FIRST_BYTE 20
#define MW_DTLS_LAST_BYTE  63
#define MW_RTP_FIRST_BYTE  128
#define MW_RTP_LAST_BYTE   191
#define MW_RTCP_FIRST_TYPE 192
#define MW_RTCP_LAST_TYPE  223


static const char *const mw_peer_states[] = { "new", "checked", "handshake",
    "connected", "closed" };

static const char *const mw_peer_reasons[] = { "timeout", "close notify",
    "wrong fingerprint", "dtls failure", "internal error" };


const char *
mw_peer_state_name(mw_peer_state_t state)
{
    return mw_peer_states[state];
}


const char *
mw_peer_reason_name(mw_peer_reason_t reason)
{
    return mw_peer_reasons[reason];
}


void
mw_peer_drop(mw_peer_t *peer, mw_peer_drop_t drop)
{
    peer->stats.drops[drop]++;
}


/* two peers with one ufrag would be 48 equal random bits; try again anyway */
static mw_rc_t
mw_peer_add_ufrag(mw_peer_t *peer)
{
    unsigned i;

    for (i = 0; i < 3; i++) {
        if (mw_udp_table_add_ufrag(
                peer->env->table, &peer->ufrag, peer, peer->ice.local.ufrag)
            == MW_OK)
        {
            return MW_OK;
        }

        if (mw_ice_make_creds(&peer->ice.local) != MW_OK) {
            break;
        }
    }

    return MW_ERROR;
}


/* tells the owner if its timer would come too late */
void
mw_peer_arm(mw_peer_t *peer, mw_usec_t now)
{
    mw_usec_t at, dtls;

    at = MW_NEVER;

    if (peer->state == MW_PEER_CLOSED) {
        if (!peer->told) {
            at = now;
        }

    } else {
        if (peer->state != MW_PEER_CONNECTED) {
            at = peer->connect_by;
        }

        if (peer->ice.consent != 0 && !peer->lapsed
            && peer->ice.consent + MW_ICE_CONSENT < at)
        {
            at = peer->ice.consent + MW_ICE_CONSENT;
        }

        dtls = mw_dtls_deadline(peer->dtls);

        if (dtls < at) {
            at = dtls;
        }
    }

    if (at < peer->armed) {
        peer->armed = at;
        peer->handlers->set_timer(peer->owner, at);
    }
}


mw_peer_t *
mw_peer_create(mw_peer_env_t *env, const mw_ice_creds_t *remote,
    const mw_fingerprint_t *fingerprint, const mw_peer_handlers_t *handlers,
    void *owner, mw_usec_t now)
{
    mw_peer_t *peer;

    peer = calloc(1, sizeof(mw_peer_t));
    if (peer == NULL) {
        return NULL;
    }

    peer->env = env;
    peer->handlers = handlers;
    peer->owner = owner;
    peer->fingerprint = *fingerprint;
    peer->connect_by = now + MW_PEER_CONNECT;
    peer->armed = MW_NEVER;
    mw_egress_queue_init(&peer->queue, mw_peer_seal);

    peer->dtls =
        mw_dtls_create(env->dtls, fingerprint, mw_peer_dtls_send, peer);

    if (peer->dtls == NULL || mw_ice_init(&peer->ice, remote) != MW_OK
        || mw_peer_add_ufrag(peer) != MW_OK)
    {
        mw_dtls_destroy(peer->dtls);
        free(peer);
        return NULL;
    }

    mw_peer_arm(peer, now);

    return peer;
}


void
mw_peer_destroy(mw_peer_t *peer)
{
    unsigned i;

    if (peer == NULL) {
        return;
    }

    /* close_notify takes the path that media takes, as far as there is one */

    if (mw_ice_selected(&peer->ice) != NULL) {
        peer->dtls_path = *mw_ice_selected(&peer->ice);
    }

    if (peer->env->shakes != NULL) {
        mw_shakes_forget(peer->env->shakes, &peer->shaker);
    }

    mw_dtls_destroy(peer->dtls);
    mw_egress_forget(peer->env->egress, &peer->queue);

    mw_udp_table_remove(&peer->ufrag);
    mw_udp_table_remove(&peer->old_ufrag);

    for (i = 0; i < MW_ICE_PATHS; i++) {
        mw_udp_table_remove(&peer->ice.tuples[i].node);
    }

    mw_srtp_destroy(peer->srtp);
    mw_aead_destroy(peer->aead);
    mw_peer_out_free(&peer->out);

    explicit_bzero(&peer->ice, sizeof(peer->ice));
    free(peer);
}


/*
 * The state machine.  Forward only, but for HANDSHAKE -> CHECKED when an
 * attempt failed; CLOSED is final.
 */
void
mw_peer_set_state(mw_peer_t *peer, mw_peer_state_t state)
{
    if (peer->state == MW_PEER_CLOSED || peer->state == state) {
        return;
    }

    peer->state = state;
    mw_ice_pin(&peer->ice, state == MW_PEER_HANDSHAKE);
}


void
mw_peer_close(mw_peer_t *peer, mw_peer_reason_t reason)
{
    if (peer->state != MW_PEER_CLOSED) {
        peer->reason = reason;
        mw_peer_set_state(peer, MW_PEER_CLOSED);
    }
}


void
mw_peer_timeout(mw_peer_t *peer, mw_usec_t now)
{
    peer->armed = MW_NEVER;

    if (peer->state != MW_PEER_CLOSED) {
        if (now >= mw_dtls_deadline(peer->dtls)) {
            mw_dtls_timeout(peer->dtls, now);
            mw_peer_follow_dtls(peer, now);
        }

        if (peer->state != MW_PEER_CONNECTED && now >= peer->connect_by) {
            mw_peer_close(peer, MW_PEER_CLOSE_TIMEOUT);
        }

        if (peer->ice.consent != 0 && !peer->lapsed
            && !mw_ice_fresh(&peer->ice, now)) {
            peer->lapsed = true;
            peer->handlers->on_consent(peer->owner, false, now);
        }
    }

    if (peer->state == MW_PEER_CLOSED && !peer->told) {
        peer->told = true;
        peer->handlers->on_closed(peer->owner, peer->reason, now);
        return; /* the owner may have destroyed it */
    }

    mw_peer_arm(peer, now);
}


mw_rc_t
mw_peer_restart_ice(
    mw_peer_t *peer, const mw_ice_creds_t *remote, mw_usec_t now)
{
    mw_rc_t rc;
    bool first;

    first = peer->ice.old.ufrag[0] == '\0';
    rc = mw_ice_restart(&peer->ice, remote);

    if (rc != MW_OK) {
        return rc;
    }

    /* the node that stands for the old ufrag must keep standing for it */

    mw_udp_table_remove(&peer->ufrag);

    if (first
        && mw_udp_table_add_ufrag(
               peer->env->table, &peer->old_ufrag, peer, peer->ice.old.ufrag)
               != MW_OK)
    {
        return MW_ERROR;
    }

    if (mw_peer_add_ufrag(peer) != MW_OK) {
        return MW_ERROR;
    }

    if (peer->state != MW_PEER_CONNECTED) {
        peer->connect_by = now + MW_PEER_CONNECT;
        mw_peer_arm(peer, now);
    }

    return MW_OK;
}


bool
mw_peer_same_fingerprint(
    const mw_peer_t *peer, const mw_fingerprint_t *fingerprint)
{
    return mw_fingerprint_equal(&peer->fingerprint, fingerprint);
}


const mw_ice_creds_t *
mw_peer_ice(const mw_peer_t *peer)
{
    return &peer->ice.local;
}


mw_peer_state_t
mw_peer_state(const mw_peer_t *peer)
{
    return peer->state;
}


mw_usec_t
mw_peer_consent(const mw_peer_t *peer)
{
    return peer->ice.consent;
}


const mw_ice_stats_t *
mw_peer_ice_stats(const mw_peer_t *peer)
{
    return &peer->ice.stats;
}


const mw_peer_stats_t *
mw_peer_stats(const mw_peer_t *peer)
{
    return &peer->stats;
}


/* another peer of this worker passed a check from a path we held */
static void
mw_peer_lose_path(mw_peer_t *peer, const mw_path_t *path)
{
    if (mw_ice_forget(&peer->ice, path)) {
        mw_egress_forget(peer->env->egress, &peer->queue);
    }
}


static void
mw_peer_input_stun(
    mw_peer_t *peer, const mw_path_t *path, const mw_pkt_t *pkt, mw_usec_t now)
{
    mw_peer_t *other;
    mw_ice_result_t result;

    /* also unanswered: whoever is there has asked for nothing */

    other = mw_udp_table_by_path(peer->env->table, path);

    if (other != NULL && other != peer && mw_ice_holds(&other->ice, path, now))
    {
        mw_peer_drop(peer, MW_PEER_DROP_ICE);
        return;
    }

    if (mw_ice_input(&peer->ice, path, pkt->data, pkt->len, now, &result)
        != MW_OK) {
        mw_peer_drop(peer, MW_PEER_DROP_ICE);
        return;
    }

    if ((result.events & MW_ICE_REPLY) != 0) {
        mw_egress_send_now(
            peer->env->egress, path, result.reply, result.reply_len);
    }

    if ((result.events & MW_ICE_CHECKED) == 0) {
        return;
    }

    if ((result.events & MW_ICE_ADDED) != 0) {
        other = mw_udp_table_add_path(
            peer->env->table, &result.tuple->node, peer, path);

        if (other != NULL) {
            mw_peer_lose_path(other, path);
        }
    }

    if ((result.events & MW_ICE_SELECTED) != 0) {
        mw_egress_retarget(
            peer->env->egress, &peer->queue, mw_ice_selected(&peer->ice));
    }

    if ((result.events & MW_ICE_RENEWED) != 0) {
        mw_udp_table_remove(&peer->old_ufrag);
    }

    if (peer->state == MW_PEER_NEW) {
        mw_peer_set_state(peer, MW_PEER_CHECKED);
    }

    if (peer->lapsed) {
        peer->lapsed = false;
        peer->handlers->on_consent(peer->owner, true, now);
    }
}


static void
mw_peer_input_media(mw_peer_t *peer, mw_pkt_t *pkt, mw_usec_t now)
{
    bool rtcp;
    mw_srtp_result_t rc;

    if (peer->state != MW_PEER_CONNECTED) {
        mw_peer_drop(peer, MW_PEER_DROP_STATE);
        return;
    }

    rtcp = pkt->len >= 2 && pkt->data[1] >= MW_RTCP_FIRST_TYPE
           && pkt->data[1] <= MW_RTCP_LAST_TYPE;

    peer->stats.bytes_in += pkt->len;

    rc = rtcp ? mw_srtp_unprotect_rtcp(peer->srtp, pkt->data, &pkt->len, now)
              : mw_srtp_unprotect_rtp(peer->srtp, pkt->data, &pkt->len, now);

    switch (rc) {

    case MW_SRTP_OK:
        break;

    case MW_SRTP_SHORT:
        mw_peer_drop(peer, MW_PEER_DROP_SHORT);
        return;

    case MW_SRTP_REPLAY:
        mw_peer_drop(peer, MW_PEER_DROP_REPLAY);
        return;

    case MW_SRTP_FULL:
        mw_peer_drop(peer, MW_PEER_DROP_STREAMS);
        return;

    default:
        mw_peer_drop(peer, MW_PEER_DROP_AUTH);
        return;
    }

    if (rtcp) {
        peer->stats.rtcp_in++;
        peer->handlers->on_rtcp(peer->owner, pkt, now);

    } else {
        peer->stats.rtp_in++;
        peer->handlers->on_rtp(peer->owner, pkt, now);
    }
}


void
mw_peer_input(
    mw_peer_t *peer, const mw_path_t *path, mw_pkt_t *pkt, mw_usec_t now)
{
    uint8_t first;

    if (pkt->len == 0 || peer->state == MW_PEER_CLOSED) {
        mw_peer_drop(peer, MW_PEER_DROP_STATE);
        return;
    }

    first = pkt->data[0];

    if (first >= MW_RTP_FIRST_BYTE && first <= MW_RTP_LAST_BYTE) {
        mw_peer_input_media(peer, pkt, now);
        return;
    }

    if (first < MW_DTLS_FIRST_BYTE) {
        mw_peer_input_stun(peer, path, pkt, now);

    } else if (first > MW_DTLS_LAST_BYTE) {
        /* mw_udp has counted it */

    } else if (peer->env->shakes == NULL || peer->state == MW_PEER_CONNECTED) {
        mw_peer_input_dtls(peer, path, pkt->data, pkt->len, now);

    } else if (mw_shakes_put(
                   peer->env->shakes, &peer->shaker, path, pkt->data, pkt->len)
               != MW_OK)
    {
        mw_peer_drop(peer, MW_PEER_DROP_DTLS);
    }

    mw_peer_arm(peer, now);
}
