#include "mw_publish.h"

#include "mw_count.h"
#include "mw_proof.h"
#include "mw_relay.h"
#include "mw_rights.h"

#include <stdlib.h>

#define MW_PUBLISH_CNAME "meet"


static void mw_publish_on_connected(void *owner, mw_usec_t now);
static void mw_publish_on_rtp(void *owner, mw_pkt_t *pkt, mw_usec_t now);
static void mw_publish_on_rtcp(void *owner, mw_pkt_t *pkt, mw_usec_t now);
static void mw_publish_on_closed(
    void *owner, mw_peer_reason_t reason, mw_usec_t now);
static void mw_publish_report(void *ctx, mw_usec_t now);
static mw_codec_t mw_publish_codec(uint32_t flags);
static void mw_publish_count_drops(
    const mw_publish_t *publish, meet_stats_t *stats);
static mw_rc_t mw_track_open(mw_track_t *track, mw_usec_t now);
static void mw_track_close(mw_track_t *track);
static mw_rc_t mw_track_bind(mw_track_t *track, const mw_sdp_section_t *section,
    const mw_sdp_answer_section_t *accepted);
static void mw_track_timeout(void *ctx, mw_usec_t now);
static mw_rc_t mw_track_write_rtcp(
    void *owner, const uint8_t *data, size_t len, mw_usec_t now);
static void mw_track_arm(void *owner, mw_usec_t at);
static bool mw_track_level(
    void *owner, uint8_t level, bool voice, mw_usec_t now);


static const mw_peer_handlers_t mw_publish_handlers = {
    .on_connected = mw_publish_on_connected,
    .on_rtp = mw_publish_on_rtp,
    .on_rtcp = mw_publish_on_rtcp,
    .on_consent = mw_connection_on_consent,
    .on_closed = mw_publish_on_closed,
    .set_timer = mw_connection_set_timer,
};


mw_publish_t *
mw_publish_create(
    mw_participant_t *p, const mw_sdp_offer_t *offer, mw_usec_t now)
{
    unsigned kind;
    mw_track_t *track;
    mw_publish_t *publish;

    publish = calloc(1, sizeof(mw_publish_t));
    if (publish == NULL) {
        return NULL;
    }

    for (kind = 0; kind < MW_KINDS; kind++) {
        track = &publish->tracks[kind];
        track->publish = publish;
        track->kind = (mw_kind_t) kind;
        mw_timer_init(&track->timer, mw_track_timeout, track);
    }

    mw_demux_init(&publish->demux);
    mw_publish_feedback_open(publish);

    if (mw_random(&publish->ssrc, sizeof(publish->ssrc)) != MW_OK
        || mw_connection_open(&publish->connection, p, offer,
               &mw_publish_handlers, mw_publish_report, now)
               != MW_OK)
    {
        free(publish);
        return NULL;
    }

    p->publish = publish;

    return publish;
}


void
mw_publish_destroy(mw_publish_t *publish, mw_usec_t now)
{
    unsigned kind;
    mw_participant_t *p;

    (void) now;

    p = publish->connection.participant;

    for (kind = 0; kind < MW_KINDS; kind++) {
        mw_track_close(&publish->tracks[kind]);
    }

    mw_publish_count_drops(publish, &p->room->ended);

    mw_publish_feedback_close(publish);
    mw_connection_close(&publish->connection);

    p->publish = NULL;
    free(publish);
}


mw_rc_t
mw_publish_apply(mw_publish_t *publish, mw_sdp_answer_t *answer,
    const meet_track_t *tracks, unsigned ntracks, mw_usec_t now)
{
    mw_rc_t rc;
    unsigned i, s, kind, ext;
    bool live[MW_KINDS];
    mw_track_t *track;
    mw_ext_ids_t ids;
    const mw_sdp_section_t *section;
    const mw_room_t *room;

    rc = MW_OK;
    room = publish->connection.participant->room;
    memset(live, 0, sizeof(live));
    memset(&ids, 0, sizeof(ids));

    for (i = 0; i < ntracks; i++) {
        s = mw_connection_section(answer, &tracks[i]);

        if (s == answer->offer->nsections) {
            continue;
        }

        section = &answer->offer->sections[s];

        if ((section->direction & MW_SDP_SENDONLY) == 0) {
            (void) mw_sdp_accept_inactive(answer, s);
            continue;
        }

        if (mw_sdp_accept_publish(
                answer, s, mw_publish_codec(room->settings.flags))
            != MW_OK)
        {
            continue;
        }

        for (ext = 0; ext < MW_EXTS; ext++) {
            if (answer->sections[s].exts & MW_EXT_BIT(ext)) {
                ids.id[ext] = section->exts[ext];
            }
        }

        track = &publish->tracks[tracks[i].kind];

        if ((track->source == NULL && mw_track_open(track, now) != MW_OK)
            || mw_track_bind(track, section, &answer->sections[s]) != MW_OK)
        {
            rc = MW_ERROR;
            continue;
        }

        live[tracks[i].kind] = true;
    }

    for (kind = 0; kind < MW_KINDS; kind++) {
        if (!live[kind]) {
            mw_track_close(&publish->tracks[kind]);
        }
    }

    mw_demux_set_ids(&publish->demux, &ids);

    if (mw_publish_feedback_choose(publish, answer->remb, now) != MW_OK) {
        rc = MW_ERROR;
    }

    return rc;
}


/* what the room wants pictures to be sent in */
static mw_codec_t
mw_publish_codec(uint32_t flags)
{
    switch (MEET_ROOM_CODEC_OF(flags)) {
    case MEET_CODEC_VP8:
        return MW_CODEC_VP8;

    case MEET_CODEC_VP9:
        return MW_CODEC_VP9;

    case MEET_CODEC_AV1:
        return MW_CODEC_AV1;

    case MEET_CODEC_H264:
        return MW_CODEC_H264;

    default:
        return MW_CODEC_NONE;
    }
}


uint8_t
mw_publish_kinds(const mw_publish_t *publish)
{
    uint8_t kinds;
    unsigned kind;

    kinds = 0;

    for (kind = 0; publish != NULL && kind < MW_KINDS; kind++) {
        if (publish->tracks[kind].source != NULL) {
            kinds |= (uint8_t) (1u << kind);
        }
    }

    return kinds;
}


mw_source_t *
mw_publish_source(const mw_publish_t *publish, unsigned kind)
{
    return (publish == NULL) ? NULL : publish->tracks[kind].source;
}


void
mw_publish_silence(mw_publish_t *publish, uint8_t kinds, mw_usec_t now)
{
    unsigned kind;

    for (kind = 0; kind < MW_KINDS; kind++) {
        if (publish->tracks[kind].source != NULL) {
            mw_source_mute(
                publish->tracks[kind].source, (kinds & 1u << kind) != 0, now);
        }
    }
}


void
mw_publish_count(const mw_publish_t *publish, meet_stats_t *stats)
{
    unsigned kind;

    mw_connection_count(&publish->connection, stats);
    mw_publish_count_drops(publish, stats);

    for (kind = 0; kind < MW_KINDS; kind++) {
        if (publish->tracks[kind].source != NULL) {
            stats->sources++;
            mw_source_count(publish->tracks[kind].source, stats);
        }
    }
}


/* what is authentic and still of no use */
static void
mw_publish_count_drops(const mw_publish_t *publish, meet_stats_t *stats)
{
    const uint64_t *drops;

    drops = publish->demux.drops;

    stats->drop_malformed +=
        drops[MW_DEMUX_MALFORMED] + drops[MW_DEMUX_RTX_EMPTY];
    stats->drop_other += drops[MW_DEMUX_SSRC_ZERO] + drops[MW_DEMUX_UNKNOWN]
                         + drops[MW_DEMUX_PT];
}


static void
mw_publish_on_connected(void *owner, mw_usec_t now)
{
    mw_publish_t *publish = owner;

    (void) now;

    publish->connection.participant->room->context->stats.handshakes++;
}


static void
mw_publish_on_rtp(void *owner, mw_pkt_t *pkt, mw_usec_t now)
{
    mw_rtp_t rtp;
    mw_track_t *track;
    mw_demux_hit_t hit;
    mw_rc_t rc;
    mw_publish_t *publish = owner;

    rc = mw_demux_input(&publish->demux, pkt->data, pkt->len, &rtp, &hit);

    /* for congestion control every packet counts, probes and padding too */

    mw_publish_feedback_note(publish, &rtp,
        rc == MW_OK && !hit.rtx && hit.codec != MW_CODEC_OPUS, pkt->len, now);

    if (rc != MW_OK) {
        return;
    }

    track = hit.track;

    (void) mw_source_input(track->source, &rtp, &hit, now);
}


static void
mw_publish_on_rtcp(void *owner, mw_pkt_t *pkt, mw_usec_t now)
{
    uint8_t layer;
    mw_track_t *track;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_publish_t *publish = owner;

    mw_rtcp_iter_init(&it, pkt->data, pkt->len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        if (item.type != MW_RTCP_SR) {
            continue;
        }

        track = mw_demux_find(&publish->demux, item.ssrc, &layer);

        if (track != NULL) {
            mw_source_sr(track->source, layer, &item, now);
        }
    }
}


static void
mw_publish_on_closed(void *owner, mw_peer_reason_t reason, mw_usec_t now)
{
    bool published;
    mw_publish_t *publish = owner;
    mw_participant_t *p;

    p = publish->connection.participant;
    published = mw_publish_kinds(publish) != 0;

    mw_connection_closed(&publish->connection, reason);
    mw_publish_destroy(publish, now);

    if (published) {
        mw_participant_changed(p);
        mw_room_refresh(p->room, now);
    }

    if (p->resource != NULL) {
        mw_participant_watch(p, now);
    }
}


/* receiver reports, once a second */
static void
mw_publish_report(void *ctx, mw_usec_t now)
{
    unsigned kind;
    mw_source_t *source;
    mw_rtcp_writer_t w;
    mw_publish_t *publish = ctx;
    uint8_t buf[MW_RTCP_ROOM];

    mw_rtcp_writer_init(&w, buf, sizeof(buf));

    for (kind = 0; kind < MW_KINDS; kind++) {
        source = publish->tracks[kind].source;

        if (source != NULL && mw_source_write_rr(source, &w, now) == MW_AGAIN) {
            mw_connection_write_rtcp(&publish->connection, &w, now);
            (void) mw_source_write_rr(source, &w, now);
        }
    }

    if (w.len > 0) {
        (void) mw_rtcp_write_cname(&w, publish->ssrc, MW_PUBLISH_CNAME);
        mw_connection_write_rtcp(&publish->connection, &w, now);
    }

    mw_timer_set(publish->connection.participant->room->context->timers,
        &publish->connection.report, now + MW_REPORT);
}


static mw_rc_t
mw_track_open(mw_track_t *track, mw_usec_t now)
{
    uint8_t silent;
    mw_context_t *context;
    mw_source_conf_t conf;
    mw_participant_t *p;

    p = track->publish->connection.participant;
    context = p->room->context;

    memset(&conf, 0, sizeof(conf));

    conf.id = MEET_SOURCE(p->number, track->kind);
    conf.local_ssrc = track->publish->ssrc;
    conf.kind = track->kind;
    conf.pool = context->packets;
    conf.clock = &track->publish->clock;
    conf.ops.write_rtcp = mw_track_write_rtcp;
    conf.ops.arm = mw_track_arm;
    conf.ops.level = (track->kind == MW_KIND_MIC) ? mw_track_level : NULL;
    conf.ops.owner = track;

    track->source = mw_source_create(&conf);

    if (track->source == NULL) {
        return MW_ERROR;
    }

    silent = (uint8_t) (p->muted | ~mw_rights_kinds(p->rights));

    if (silent & 1u << track->kind) {
        mw_source_mute(track->source, true, now);
    }

    mw_relay_opened(p, track->kind, now);

    return MW_OK;
}


static void
mw_track_close(mw_track_t *track)
{
    mw_participant_t *p;
    mw_context_t *context;

    if (track->source == NULL) {
        return;
    }

    p = track->publish->connection.participant;
    context = p->room->context;

    mw_relay_closed(p, track->kind);
    mw_source_count(track->source, &p->room->ended);
    mw_demux_remove(&track->publish->demux, track);
    mw_source_destroy(track->source);
    mw_timer_cancel(context->timers, &track->timer);

    track->source = NULL;

    if (track->kind == MW_KIND_MIC) {
        mw_speaker_remove(p->room->speaker, p->place);
    }
}


/* tells the demultiplexer which packets are this track's */
static mw_rc_t
mw_track_bind(mw_track_t *track, const mw_sdp_section_t *section,
    const mw_sdp_answer_section_t *accepted)
{
    unsigned i;
    const mw_sdp_codec_t *codec;
    mw_demux_section_t demux;

    memset(&demux, 0, sizeof(demux));

    demux.track = track;
    memcpy(demux.mid, section->mid, sizeof(demux.mid));

    if (section->nssrcs > 0) {
        demux.ssrc[0] = section->ssrcs[0].ssrc;
        demux.rtx_ssrc[0] = section->ssrcs[0].rtx;
    }

    for (i = 0; i < accepted->ncodecs; i++) {
        codec = &section->codecs[accepted->codecs[i]];
        demux.codec[codec->pt & 127u] = (uint8_t) codec->codec;

        if (codec->rtx >= 0) {
            demux.apt[codec->rtx & 127] = codec->pt;
        }

        if (codec->red >= 0) {
            demux.red[codec->red & 127] = codec->pt;
        }
    }

    for (i = 0; i < accepted->nrids && i < MW_LAYERS; i++) {
        memcpy(demux.rid[i], section->rids[i].id, sizeof(demux.rid[i]));
        demux.rids++;
    }

    if (mw_source_set_layers(track->source, accepted->nrids) != MW_OK) {
        return MW_ERROR;
    }

    return mw_demux_set(&track->publish->demux, &demux);
}


static void
mw_track_timeout(void *ctx, mw_usec_t now)
{
    mw_track_t *track = ctx;

    mw_source_timeout(track->source, now);
}


static mw_rc_t
mw_track_write_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    mw_track_t *track = owner;

    return mw_peer_write_rtcp(track->publish->connection.peer, data, len, now);
}


static void
mw_track_arm(void *owner, mw_usec_t at)
{
    mw_track_t *track = owner;

    mw_timer_set(track->publish->connection.participant->room->context->timers,
        &track->timer, at);
}


static bool
mw_track_level(void *owner, uint8_t level, bool voice, mw_usec_t now)
{
    mw_track_t *track = owner;

    (void) voice; /* libwebrtc sets it in every packet */

    return mw_room_level(track->publish->connection.participant, level, now);
}
