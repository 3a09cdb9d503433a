/*
 * The sending half of a peer: streams, RTP and RTCP into the egress queue.
 */

#include "mw_peer.h"
#include "mw_peer_int.h"

#include <stdlib.h>


#define MW_PEER_TAG_SHA1 10 /* RFC 5764 section 4.1.2 */


void
mw_peer_out_free(mw_peer_out_t *out)
{
    free(out->list);
}


mw_rc_t
mw_peer_add_stream(mw_peer_t *peer, uint32_t ssrc, uint16_t *stream)
{
    unsigned i, max;
    mw_peer_out_t *out;
    mw_aead_stream_t *list;

    out = &peer->out;

    for (i = 0; i < out->n; i++) {
        if (out->list[i].ssrc == ssrc) {
            return MW_DROP;
        }
    }

    if (out->n == out->max) {
        max = out->max == 0 ? 8 : 2 * out->max;

        if (max > MW_PEER_OUT_MAX) {
            return MW_ERROR;
        }

        list = realloc(out->list, max * sizeof(mw_aead_stream_t));
        if (list == NULL) {
            return MW_ERROR;
        }

        out->list = list;
        out->max = max;
    }

    memset(&out->list[out->n], 0, sizeof(mw_aead_stream_t));
    out->list[out->n].ssrc = ssrc;
    *stream = (uint16_t) out->n++;

    return MW_OK;
}


static mw_rc_t
mw_peer_lost(mw_peer_t *peer, mw_peer_drop_t drop)
{
    peer->stats.drops[drop]++;
    return MW_DROP;
}


/* RFC 7675: nothing but ICE and DTLS is sent without consent */
static bool
mw_peer_may_send(const mw_peer_t *peer, mw_usec_t now)
{
    return peer->state == MW_PEER_CONNECTED && peer->ice.selected >= 0
           && mw_ice_fresh(&peer->ice, now);
}


/*
 * The very same bytes: another packet under the same index would break AEAD.
 * With the next such packet, for packets are often lost together.
 */
static void
mw_peer_repeat(mw_peer_t *peer)
{
    unsigned i;
    mw_peer_twice_t *twice;

    twice = &peer->twice;

    for (i = 0; i < twice->n; i++) {
        memcpy(mw_egress_reserve(peer->env->egress), twice->data[i],
            twice->len[i]);
        mw_egress_commit(peer->env->egress, &peer->queue, twice->len[i]);

        peer->stats.rtp_out++;
        peer->stats.bytes_out += twice->len[i];
    }

    twice->n = 0;
}


static void
mw_peer_keep(mw_peer_t *peer, const uint8_t *data, size_t len)
{
    mw_peer_twice_t *twice;

    twice = &peer->twice;

    if (twice->n < MW_PEER_TWICE && len <= MW_PEER_TWICE_MAX) {
        memcpy(twice->data[twice->n], data, len);
        twice->len[twice->n++] = (uint16_t) len;
    }
}


mw_rc_t
mw_peer_write_rtp(mw_peer_t *peer, const mw_rtp_out_t *out, mw_usec_t now)
{
    size_t len;

    if (!mw_peer_may_send(peer, now)) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_PATH);
    }

    len = mw_rtp_out_len(out);

    if (out->header_len < MW_RTP_MIN || out->header_len > MW_PEER_HEADER_MAX
        || len > MW_PEER_PAYLOAD_MAX)
    {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SIZE);
    }

    if (out->stream >= peer->out.n) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SSRC);
    }

    if (out->twice) {
        mw_peer_repeat(peer);
    }

    len += peer->aead != NULL ? MW_AEAD_TAG : MW_PEER_TAG_SHA1;
    mw_egress_put(peer->env->egress, &peer->queue, out, len);

    peer->stats.rtp_out++;
    peer->stats.bytes_out += len;

    return MW_OK;
}


/* the stream's number and its index must fit what the header says */
static bool
mw_peer_claim(mw_peer_t *peer, const mw_rtp_out_t *out)
{
    mw_aead_stream_t *stream;

    stream = &peer->out.list[out->stream];

    if (mw_get32(out->header + 8) != stream->ssrc
        || mw_get16(out->header + 2) != (uint16_t) out->index)
    {
        stream->stopped = true;
    }

    return mw_aead_claim(stream, out->index) == MW_OK;
}


size_t
mw_peer_seal(mw_egress_queue_t *queue, const mw_rtp_out_t *out, size_t padding,
    uint8_t *to)
{
    size_t len;
    mw_peer_t *peer;

    peer = (mw_peer_t *) queue;

    if (!mw_peer_claim(peer, out)) {
        (void) mw_peer_lost(peer, MW_PEER_DROP_SEND_SSRC);
        return 0;
    }

    memcpy(to, out->header, out->header_len);
    len = out->header_len + mw_rtp_out_payload(out, to + out->header_len);

    if (padding > 0) {
        to[0] |= 0x20;
        memset(to + len, 0, padding);
        len += padding;
        to[len - 1] = (uint8_t) padding;
    }

    if (peer->aead != NULL) {
        len = mw_aead_protect(
            peer->aead, to, out->header_len, len - out->header_len, out->index);

    } else if (mw_srtp_protect_rtp(peer->srtp, to, &len) != MW_OK) {
        len = 0;
    }

    if (len == 0) {
        peer->out.list[out->stream].stopped = true;
        (void) mw_peer_lost(peer, MW_PEER_DROP_SEND_SSRC);

    } else if (out->twice) {
        mw_peer_keep(peer, to, len);
    }

    return len;
}


mw_rc_t
mw_peer_write_rtcp(
    mw_peer_t *peer, const uint8_t *data, size_t len, mw_usec_t now)
{
    uint8_t *out;

    if (!mw_peer_may_send(peer, now)) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_PATH);
    }

    if (len > MW_PEER_PAYLOAD_MAX) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SIZE);
    }

    out = mw_egress_reserve(peer->env->egress);
    memcpy(out, data, len);

    if (mw_srtp_protect_rtcp(peer->srtp, out, &len) != MW_OK) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SIZE);
    }

    mw_egress_commit(peer->env->egress, &peer->queue, len);

    peer->stats.rtcp_out++;
    peer->stats.bytes_out += len;

    return MW_OK;
}
