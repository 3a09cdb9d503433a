/*
 * SSRCs: the upper 24 bits are random and one for the connection, the lower
 * eight say which half of which slot (bit 7: its retransmissions), so RTCP
 * finds its slot without a table.
 */

#include "mw_subscribe.h"

#include "mw_count.h"
#include "mw_proof.h"

#include <stdio.h>
#include <stdlib.h>

#define MW_SSRC_BASE 0xffffff00u


static void mw_subscribe_on_connected(void *owner, mw_usec_t now);
static void mw_subscribe_on_rtp(void *owner, mw_pkt_t *pkt, mw_usec_t now);
static void mw_subscribe_on_rtcp(void *owner, mw_pkt_t *pkt, mw_usec_t now);
static void mw_subscribe_on_closed(
    void *owner, mw_peer_reason_t reason, mw_usec_t now);
static void mw_subscribe_report(void *ctx, mw_usec_t now);
static mw_rc_t mw_subscribe_half(mw_subscribe_t *subscribe,
    mw_sdp_answer_t *answer, unsigned s, unsigned index, unsigned half,
    mw_usec_t now);
static void mw_subscribe_types(
    const mw_sdp_section_t *section, uint32_t accepted, mw_slot_conf_t *conf);
static mw_rc_t mw_subscribe_slot(mw_subscribe_t *subscribe,
    mw_slot_conf_t *conf, unsigned index, unsigned half);
static void mw_subscribe_on_state(
    void *owner, mw_slot_t *slot, mw_slot_state_t state);
static mw_rc_t mw_subscribe_write_rtcp(
    void *owner, const uint8_t *data, size_t len, mw_usec_t now);


static const mw_peer_handlers_t mw_subscribe_handlers = {
    .on_connected = mw_subscribe_on_connected,
    .on_rtp = mw_subscribe_on_rtp,
    .on_rtcp = mw_subscribe_on_rtcp,
    .on_consent = mw_connection_on_consent,
    .on_closed = mw_subscribe_on_closed,
    .set_timer = mw_connection_set_timer,
};


mw_subscribe_t *
mw_subscribe_create(
    mw_participant_t *p, const mw_sdp_offer_t *offer, mw_usec_t now)
{
    unsigned i;
    uint64_t cname;
    mw_subscribe_t *subscribe;

    subscribe = calloc(1, sizeof(mw_subscribe_t));
    if (subscribe == NULL) {
        return NULL;
    }

    if (mw_random(&subscribe->base, sizeof(subscribe->base)) != MW_OK
        || mw_random(&cname, sizeof(cname)) != MW_OK
        || mw_connection_open(&subscribe->connection, p, offer,
               &mw_subscribe_handlers, mw_subscribe_report, now)
               != MW_OK)
    {
        free(subscribe);
        return NULL;
    }

    subscribe->base = (subscribe->base & MW_SSRC_BASE) | 0x100u;

    (void) snprintf(subscribe->cname, sizeof(subscribe->cname), "%016llx",
        (unsigned long long) cname);

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        (void) snprintf(subscribe->names[i].stream,
            sizeof(subscribe->names[i].stream), "slot%u", i & 0xff);
        (void) snprintf(subscribe->names[i].track[MW_AUDIO],
            sizeof(subscribe->names[i].track[MW_AUDIO]), "audio%u", i & 0xff);
        (void) snprintf(subscribe->names[i].track[MW_VIDEO],
            sizeof(subscribe->names[i].track[MW_VIDEO]), "video%u", i & 0xff);
    }

    mw_subscribe_rate_open(subscribe, now);
    mw_subscribe_pace_open(subscribe);
    p->subscribe = subscribe;

    return subscribe;
}


void
mw_subscribe_destroy(mw_subscribe_t *subscribe, mw_usec_t now)
{
    unsigned i, half;
    mw_participant_t *p;

    (void) now;

    p = subscribe->connection.participant;

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        for (half = 0; half < MW_HALVES; half++) {

            if (subscribe->slots[i][half] != NULL) {
                mw_slot_count(subscribe->slots[i][half], &p->room->ended);
                mw_slot_destroy(subscribe->slots[i][half]);
            }
        }
    }

    mw_subscribe_pace_close(subscribe);
    mw_subscribe_rate_close(subscribe);
    mw_connection_close(&subscribe->connection);
    mw_view_init(&p->view);

    p->subscribe = NULL;
    free(subscribe);
}


mw_rc_t
mw_subscribe_apply(mw_subscribe_t *subscribe, mw_sdp_answer_t *answer,
    const meet_track_t *tracks, unsigned ntracks, mw_usec_t now)
{
    mw_rc_t rc;
    unsigned i, s, half;
    mw_participant_t *p;
    const mw_sdp_section_t *section;

    rc = MW_OK;
    p = subscribe->connection.participant;

    memset(subscribe->active, 0, sizeof(subscribe->active));
    subscribe->remb = answer->remb;

    for (i = 0; i < ntracks; i++) {
        s = mw_connection_section(answer, &tracks[i]);

        if (s == answer->offer->nsections) {
            continue;
        }

        section = &answer->offer->sections[s];

        half = (tracks[i].kind == MEET_KIND_MIC) ? MW_AUDIO : MW_VIDEO;

        if ((section->direction & MW_SDP_RECVONLY) == 0) {
            (void) mw_sdp_accept_inactive(answer, s);
            continue;
        }

        if (mw_subscribe_half(subscribe, answer, s, tracks[i].slot, half, now)
            != MW_OK) {
            rc = MW_ERROR;
        }
    }

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        mw_view_negotiated(&p->view, i, subscribe->active[i][MW_AUDIO],
            subscribe->active[i][MW_VIDEO]);
    }

    p->slots_dirty = true;

    return rc;
}


void
mw_subscribe_assign(mw_subscribe_t *subscribe, unsigned slot,
    mw_source_t *audio, mw_source_t *video, mw_usec_t now)
{
    bool up;
    unsigned height;
    mw_slot_t *half;

    /* a picture that starts before keys are there would start in vain */

    up = mw_peer_state(subscribe->connection.peer) == MW_PEER_CONNECTED;

    if (subscribe->slots[slot][MW_AUDIO] != NULL) {
        mw_slot_assign(
            subscribe->slots[slot][MW_AUDIO], up ? audio : NULL, now);
    }

    half = subscribe->slots[slot][MW_VIDEO];

    if (half == NULL) {
        return;
    }

    height = mw_subscribe_height(subscribe->connection.participant, slot);

    if (mw_slot_source(half) != video) {
        /* until there is a new allocation */
        subscribe->cap[slot] = UINT16_MAX;
        subscribe->lowered[slot].at = 0;
        mw_slot_pause(half, false, now);
    }

    mw_slot_set_height(half,
        height < subscribe->cap[slot] ? height : subscribe->cap[slot], now);
    mw_slot_assign(half, up ? video : NULL, now);
}


uint8_t
mw_subscribe_state(const mw_subscribe_t *subscribe, unsigned slot)
{
    const mw_slot_t *half;

    half = subscribe->slots[slot][MW_VIDEO];

    if (half == NULL || mw_slot_source(half) == NULL) {
        return MEET_SLOT_PLAYS;
    }

    if (mw_slot_state(half) == MW_SLOT_UNSUPPORTED) {
        return MEET_SLOT_UNSUPPORTED;
    }

    return mw_slot_paused(half) ? MEET_SLOT_PAUSED : MEET_SLOT_PLAYS;
}


void
mw_subscribe_count(const mw_subscribe_t *subscribe, meet_stats_t *stats)
{
    unsigned i, half;
    const mw_slot_t *slot;

    mw_connection_count(&subscribe->connection, stats);

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        for (half = 0; half < MW_HALVES; half++) {

            slot = subscribe->slots[i][half];

            if (slot == NULL) {
                continue;
            }

            stats->slots++;
            mw_slot_count(slot, stats);

            if (half == MW_VIDEO && mw_slot_state(slot) == MW_SLOT_LIVE
                && mw_slot_layer(slot) < 3)
            {
                stats->layers[mw_slot_layer(slot)]++;
            }
        }
    }

    if (mw_subscribe_rated(subscribe) && mw_bwe_known(&subscribe->bwe)) {
        stats->estimates++;
        stats->estimate += mw_bwe_estimate(&subscribe->bwe);
    }
}


static void
mw_subscribe_on_connected(void *owner, mw_usec_t now)
{
    mw_subscribe_t *subscribe = owner;
    mw_participant_t *p;

    p = subscribe->connection.participant;
    p->room->context->stats.handshakes++;
    p->view_dirty = true;

    mw_room_refresh_marked(p->room, now);
}


static void
mw_subscribe_on_rtp(void *owner, mw_pkt_t *pkt, mw_usec_t now)
{
    mw_subscribe_t *subscribe = owner;

    (void) pkt;
    (void) now;

    subscribe->connection.participant->room->context->stats.drop_other++;
}


static void
mw_subscribe_on_rtcp(void *owner, mw_pkt_t *pkt, mw_usec_t now)
{
    unsigned index;
    mw_slot_t *slot;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_subscribe_t *subscribe = owner;

    mw_rtcp_iter_init(&it, pkt->data, pkt->len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {

        if (item.type == MW_RTCP_TWCC) {
            mw_subscribe_rate_feedback(subscribe, &item, now);
            continue;
        }

        if (item.type == MW_RTCP_REMB || item.type == MW_RTCP_REPORT) {
            mw_subscribe_rate_told(subscribe, &item, now);
        }

        if ((item.ssrc & MW_SSRC_BASE) != subscribe->base
            || (item.ssrc & MW_SSRC_RTX)) {
            continue;
        }

        index = item.ssrc & MW_SSRC_INDEX;
        slot = subscribe->slots[index / MW_HALVES][index % MW_HALVES];

        if (slot != NULL) {
            mw_slot_rtcp(slot, &item, now);
        }
    }
}


static void
mw_subscribe_on_closed(void *owner, mw_peer_reason_t reason, mw_usec_t now)
{
    mw_subscribe_t *subscribe = owner;

    mw_participant_t *p;

    p = subscribe->connection.participant;

    mw_connection_closed(&subscribe->connection, reason);
    mw_subscribe_destroy(subscribe, now);

    if (p->resource != NULL) {
        mw_participant_watch(p, now);
    }
}


/* sender reports, each with its CNAME, once a second */
static void
mw_subscribe_report(void *ctx, mw_usec_t now)
{
    size_t len;
    unsigned i, half;
    mw_slot_t *slot;
    mw_rtcp_writer_t w;
    mw_subscribe_t *subscribe = ctx;
    uint8_t buf[MW_RTCP_ROOM];

    mw_rtcp_writer_init(&w, buf, sizeof(buf));

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        for (half = 0; half < MW_HALVES; half++) {
            slot = subscribe->slots[i][half];

            if (slot == NULL) {
                continue;
            }

            if (w.len + MW_RTCP_SR_LEN + MW_RTCP_CNAME_MAX > w.room) {
                mw_connection_write_rtcp(&subscribe->connection, &w, now);
            }

            len = w.len;

            if (mw_slot_write_sr(slot, &w, now) == MW_OK && w.len > len) {
                (void) mw_rtcp_write_cname(
                    &w, mw_slot_ssrc(slot), subscribe->cname);
            }
        }
    }

    mw_connection_write_rtcp(&subscribe->connection, &w, now);

    mw_timer_set(subscribe->connection.participant->room->context->timers,
        &subscribe->connection.report, now + MW_REPORT);
}


/* one offered section: its slot is made or brought up to date */
static mw_rc_t
mw_subscribe_half(mw_subscribe_t *subscribe, mw_sdp_answer_t *answer,
    unsigned s, unsigned index, unsigned half, mw_usec_t now)
{
    unsigned i;
    mw_sdp_send_t send;
    mw_slot_conf_t conf;
    const mw_sdp_codec_t *codec;
    const mw_sdp_section_t *section;

    section = &answer->offer->sections[s];

    memset(&send, 0, sizeof(send));

    send.ssrc = subscribe->base | (index * MW_HALVES + half);
    send.stream = subscribe->names[index].stream;
    send.track = subscribe->names[index].track[half];
    send.cname = subscribe->cname;

    for (i = 0; half == MW_VIDEO && i < section->ncodecs; i++) {
        if (section->codecs[i].rtx >= 0) {
            send.rtx_ssrc = send.ssrc | MW_SSRC_RTX;
        }
    }

    if (mw_sdp_accept_subscribe(answer, s, &send) != MW_OK) {
        return MW_OK; /* stays refused: no codec of ours */
    }

    memset(&conf, 0, sizeof(conf));

    conf.video = half == MW_VIDEO;
    conf.ssrc = send.ssrc;
    conf.rtx_ssrc = send.rtx_ssrc;
    conf.mid = section->mid;
    mw_subscribe_types(section, answer->sections[s].exts, &conf);

    if (conf.ids.id[MW_EXT_TRANSPORT_CC] != 0) {
        subscribe->twcc = conf.ids.id[MW_EXT_TRANSPORT_CC]; /* of the bundle */
    }

    if (conf.ids.id[MW_EXT_ABS_SEND_TIME] != 0) {
        subscribe->stamp = conf.ids.id[MW_EXT_ABS_SEND_TIME];
    }

    if (subscribe->slots[index][half] != NULL) {
        mw_slot_update(subscribe->slots[index][half], conf.pt, conf.rtx_pt,
            &conf.ids, now);

    } else if (mw_subscribe_slot(subscribe, &conf, index, half) != MW_OK) {
        (void) mw_sdp_accept_inactive(answer, s);
        return MW_ERROR;
    }

    codec = mw_sdp_pick(section, MW_CODEC_OPUS, 0);
    mw_slot_set_red(subscribe->slots[index][half],
        (codec != NULL && codec->red > 0) ? (uint8_t) codec->red : 0);

    subscribe->active[index][half] = true;

    return MW_OK;
}


/* payload types and extension ids, as this browser numbers them */
static void
mw_subscribe_types(
    const mw_sdp_section_t *section, uint32_t accepted, mw_slot_conf_t *conf)
{
    unsigned i;
    uint32_t profile;
    const mw_sdp_codec_t *codec;

    for (i = MW_CODEC_NONE + 1; i < MW_CODECS; i++) {
        profile = (i == MW_CODEC_H264) ? MW_SDP_H264 : 0;
        codec = mw_sdp_pick(section, (mw_codec_t) i, profile);

        if (codec == NULL) {
            continue;
        }

        conf->pt[i] = codec->pt;

        if (codec->rtx > 0) {
            conf->rtx_pt[i] = (uint8_t) codec->rtx;
        }
    }

    for (i = 0; i < MW_EXTS; i++) {
        if (accepted & MW_EXT_BIT(i)) {
            conf->ids.id[i] = section->exts[i];
        }
    }
}


static mw_rc_t
mw_subscribe_slot(mw_subscribe_t *subscribe, mw_slot_conf_t *conf,
    unsigned index, unsigned half)
{
    uint16_t first[2];

    if (mw_random(first, sizeof(first)) != MW_OK
        || mw_random(&conf->first_ts, sizeof(conf->first_ts)) != MW_OK)
    {
        return MW_ERROR;
    }

    /* half of what RFC 3711 section 3.3.1 allows: some may never leave */
    conf->first_seq = first[0] & 0x3fffu;
    conf->first_rtx_seq = first[1] & 0x3fffu;
    conf->sink.write_rtp = mw_subscribe_write_rtp;
    conf->sink.write_rtcp = mw_subscribe_write_rtcp;
    conf->sink.owner = subscribe;
    conf->sink.near[0] = &subscribe->twcc;
    conf->sink.near[1] = subscribe->connection.peer;
    conf->sink.near[2] = &subscribe->bwe;
    conf->state = half == MW_VIDEO ? mw_subscribe_on_state : NULL;

    if (mw_peer_add_stream(
            subscribe->connection.peer, conf->ssrc, &conf->stream)
            != MW_OK
        || (conf->rtx_ssrc != 0
            && mw_peer_add_stream(subscribe->connection.peer, conf->rtx_ssrc,
                   &conf->rtx_stream)
                   != MW_OK))
    {
        return MW_ERROR;
    }

    subscribe->slots[index][half] = mw_slot_create(conf);

    return (subscribe->slots[index][half] == NULL) ? MW_ERROR : MW_OK;
}


static mw_rc_t
mw_subscribe_write_rtcp(
    void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    mw_subscribe_t *subscribe = owner;

    return mw_peer_write_rtcp(subscribe->connection.peer, data, len, now);
}


/* its participant is told, soon and once for all slots */
static void
mw_subscribe_on_state(void *owner, mw_slot_t *slot, mw_slot_state_t state)
{
    uint8_t told;
    unsigned index;
    mw_participant_t *p;
    mw_subscribe_t *subscribe = owner;

    (void) state;

    index = (mw_slot_ssrc(slot) & MW_SSRC_INDEX) / MW_HALVES;
    told = mw_subscribe_state(subscribe, index);

    if (subscribe->told[index] == told) {
        return;
    }

    subscribe->told[index] = told;
    p = subscribe->connection.participant;
    p->slots_dirty = true;
    p->view_dirty = true;
    mw_room_refresh_marked(p->room, p->room->refreshed);
}
