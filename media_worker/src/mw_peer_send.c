/*
 * The sending half of a peer: streams, RTP and RTCP into the egress queue.
 */

#include "mw_peer.h"
#include "mw_peer_int.h"

#include <stdlib.h>


#define MW_RTP_HEADER 12


void
mw_peer_out_free(mw_peer_out_t *out)
{
    free(out->list);
    free(out->slots);
}


static unsigned
mw_peer_out_slot(const mw_peer_out_t *out, uint32_t ssrc)
{
    return (unsigned) (ssrc * 0x9e3779b1u >> 16) & (2 * out->max - 1);
}


static mw_aead_stream_t *
mw_peer_out_find(const mw_peer_out_t *out, uint32_t ssrc)
{
    unsigned slot;

    if (out->max == 0) {
        return NULL;
    }

    slot = mw_peer_out_slot(out, ssrc);

    while (out->slots[slot] != 0) {
        if (out->list[out->slots[slot] - 1].ssrc == ssrc) {
            return &out->list[out->slots[slot] - 1];
        }

        slot = (slot + 1) & (2 * out->max - 1);
    }

    return NULL;
}


static void
mw_peer_out_link(mw_peer_out_t *out, unsigned i)
{
    unsigned slot;

    slot = mw_peer_out_slot(out, out->list[i].ssrc);

    while (out->slots[slot] != 0) {
        slot = (slot + 1) & (2 * out->max - 1);
    }

    out->slots[slot] = (uint16_t) (i + 1);
}


static mw_rc_t
mw_peer_out_grow(mw_peer_out_t *out)
{
    unsigned i, max;
    uint16_t *slots;
    mw_aead_stream_t *list;

    max = out->max == 0 ? 8 : 2 * out->max;

    if (max > MW_PEER_OUT_MAX) {
        return MW_ERROR;
    }

    list = realloc(out->list, max * sizeof(mw_aead_stream_t));
    if (list == NULL) {
        return MW_ERROR;
    }

    out->list = list;

    slots = calloc(2 * max, sizeof(uint16_t));
    if (slots == NULL) {
        return MW_ERROR;
    }

    free(out->slots);
    out->slots = slots;
    out->max = max;

    for (i = 0; i < out->n; i++) {
        mw_peer_out_link(out, i);
    }

    return MW_OK;
}


mw_rc_t
mw_peer_add_ssrc(mw_peer_t *peer, uint32_t ssrc)
{
    mw_peer_out_t *out;

    out = &peer->out;

    if (mw_peer_out_find(out, ssrc) != NULL) {
        return MW_DROP;
    }

    if (out->n == out->max && mw_peer_out_grow(out) != MW_OK) {
        return MW_ERROR;
    }

    memset(&out->list[out->n], 0, sizeof(mw_aead_stream_t));
    out->list[out->n].ssrc = ssrc;
    mw_peer_out_link(out, out->n);
    out->n++;

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


mw_rc_t
mw_peer_write_rtp(mw_peer_t *peer, const uint8_t *header, size_t header_len,
    const uint8_t *payload, size_t payload_len, uint64_t index, mw_usec_t now)
{
    size_t len;
    mw_rc_t rc;
    uint8_t *out;
    mw_aead_stream_t *stream;

    if (!mw_peer_may_send(peer, now)) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_PATH);
    }

    if (header_len < MW_RTP_HEADER || header_len > MW_PEER_HEADER_MAX
        || payload_len > MW_PEER_PAYLOAD_MAX - header_len)
    {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SIZE);
    }

    stream = mw_peer_out_find(&peer->out, mw_get32(header + 8));

    if (stream == NULL) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SSRC);
    }

    if (mw_get16(header + 2) != (uint16_t) index) {
        stream->stopped = true;
        return MW_ERROR;
    }

    rc = mw_aead_claim(stream, index);

    if (rc == MW_DROP) {
        return mw_peer_lost(peer, MW_PEER_DROP_SEND_SSRC);
    }

    if (rc != MW_OK) {
        return rc;
    }

    out = mw_egress_reserve(peer->env->egress);

    if (peer->aead != NULL) {
        len = mw_aead_protect(
            peer->aead, out, header, header_len, payload, payload_len, index);

        if (len == 0) {
            stream->stopped = true;
            return MW_ERROR;
        }

    } else {
        memcpy(out, header, header_len);
        memcpy(out + header_len, payload, payload_len);
        len = header_len + payload_len;

        if (mw_srtp_protect_rtp(peer->srtp, out, &len) != MW_OK) {
            stream->stopped = true;
            return MW_ERROR;
        }
    }

    mw_egress_commit(peer->env->egress, &peer->queue, len);

    peer->stats.rtp_out++;
    peer->stats.bytes_out += len;

    return MW_OK;
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
