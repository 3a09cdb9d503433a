/* One outgoing stream: how sources are mapped on it. */

#include <stdlib.h>

#include "mw_slot_rewrite.h"
#include "mw_slot_rtx.h"

/* a longer gap in a source is not left open but starts it anew */
#define MW_SLOT_GAP_VIDEO (MW_SLOT_WINDOW_VIDEO / 2)
#define MW_SLOT_GAP_AUDIO (MW_SLOT_WINDOW_AUDIO / 2)

/* timestamps of another layer are not further ahead, ticks of 90 kHz */
#define MW_SLOT_AHEAD (5 * 90000)

/* a receiver's PLI and FIR count this often */
#define MW_SLOT_PLI (500 * MW_MSEC)


static void mw_slot_first_report(mw_slot_t *slot, mw_usec_t now);


mw_slot_t *
mw_slot_create(const mw_slot_conf_t *conf)
{
    mw_slot_t *slot;

    slot = calloc(1, sizeof(*slot));

    if (slot == NULL) {
        return NULL;
    }

    slot->conf = *conf;
    slot->next = conf->first_seq;
    slot->epoch = slot->next;
    slot->rtx_next = conf->first_rtx_seq;
    slot->last_ts = conf->first_ts;
    slot->budget = MW_SLOT_RTX_BURST;
    slot->temporal_most = MW_SLOT_TEMPORAL_ALL;
    slot->sid_most = MW_SLOT_SPATIAL_ALL;

    if (conf->mid != NULL) {
        strncpy(slot->mid, conf->mid, MW_MID_MAX);
    }

    slot->conf.mid = slot->mid;
    mw_rtp_template_init(&slot->header, conf->ssrc, &conf->ids, slot->mid);
    mw_rtp_template_init(
        &slot->rtx_header, conf->rtx_ssrc, &conf->ids, slot->mid);

    return slot;
}


void
mw_slot_destroy(mw_slot_t *slot)
{
    if (slot == NULL) {
        return;
    }

    mw_slot_release(slot);
    free(slot->map);
    free(slot);
}


void
mw_slot_update(mw_slot_t *slot, const uint8_t pt[MW_CODECS],
    const uint8_t rtx_pt[MW_CODECS], const mw_ext_ids_t *ids, mw_usec_t now)
{
    memcpy(slot->conf.pt, pt, sizeof(slot->conf.pt));
    memcpy(slot->conf.rtx_pt, rtx_pt, sizeof(slot->conf.rtx_pt));
    slot->conf.ids = *ids;

    mw_rtp_template_init(&slot->header, slot->conf.ssrc, ids, slot->mid);
    mw_rtp_template_init(
        &slot->rtx_header, slot->conf.rtx_ssrc, ids, slot->mid);

    if (slot->state == MW_SLOT_UNSUPPORTED) {
        mw_slot_begin(slot, now);
    }
}


void
mw_slot_assign(mw_slot_t *slot, mw_source_t *source, mw_usec_t now)
{
    if (slot->source == source) {
        return;
    }

    mw_slot_release(slot);

    if (source == NULL) {
        mw_slot_set_state(slot, MW_SLOT_EMPTY);
        return;
    }

    slot->source = source;
    slot->layer = (uint8_t) mw_slot_chosen(slot);
    slot->target = slot->layer;
    slot->stats.switches++;
    mw_source_attach(source, &slot->listener);
    mw_source_watch(source, slot->layer);
    mw_slot_begin(slot, now);
}


void
mw_slot_restart(mw_slot_t *slot, int layer, mw_usec_t now)
{
    if (layer < 0 || layer == slot->layer) {
        mw_slot_settle(slot);
        mw_slot_begin(slot, now);
    }
}


void
mw_slot_orphan(mw_slot_t *slot)
{
    mw_slot_release(slot);
    mw_slot_set_state(slot, MW_SLOT_EMPTY);
}


void
mw_slot_forward(
    mw_slot_t *slot, unsigned layer, mw_stored_t *pkt, mw_usec_t now)
{
    bool first;
    int64_t gap;

    if (slot->paused || (layer != slot->layer && layer != slot->target)) {
        return;
    }

    if (slot->conf.pt[pkt->codec] == 0) {
        mw_slot_set_state(slot, MW_SLOT_UNSUPPORTED);
        return;
    }

    if (slot->unsent >= MW_SLOT_UNSENT_MAX && now < slot->retry) {
        return;
    }

    first = false;

    if (layer != slot->layer) {
        first = mw_slot_switch(slot, layer, pkt, now);

        if (!first) {
            return;
        }
    }

    gap = slot->conf.video ? MW_SLOT_GAP_VIDEO : MW_SLOT_GAP_AUDIO;

    if (slot->state == MW_SLOT_LIVE
        && (pkt->codec != slot->codec || pkt->seq - slot->last_seq > gap))
    {
        mw_slot_set_state(slot, MW_SLOT_WAITING);
    }

    if (slot->state != MW_SLOT_LIVE) {
        first = true;
        mw_slot_set_state(slot, MW_SLOT_WAITING);

        if (!mw_slot_starts(slot, pkt)) {
            if (slot->conf.video) {
                mw_source_want_keyframe(slot->source, layer, now);
            }

            return;
        }

        if (!mw_slot_start(slot, pkt, NULL)) {
            return;
        }
    }

    if (pkt->seq <= slot->last_seq) {
        mw_slot_late(slot, pkt, now);
        return;
    }

    if (pkt->broken != 0 && mw_slot_broken(slot, pkt, now)) {
        return;
    }

    mw_slot_next(slot, pkt, now);

    if (first && slot->state == MW_SLOT_LIVE) {
        mw_slot_first_report(slot, now);

        /* what overtook the packet that starts the picture */
        mw_slot_catch_up(slot, slot->layer, pkt->seq + 1, now);
    }
}


void
mw_slot_rtcp(mw_slot_t *slot, const mw_rtcp_item_t *item, mw_usec_t now)
{
    switch (item->type) {
    case MW_RTCP_REPORT:
        mw_slot_rtx_report(slot, item, now);
        break;

    case MW_RTCP_NACK:
        mw_slot_rtx_nack(slot, item, now);
        break;

    case MW_RTCP_PLI:
    case MW_RTCP_FIR:
        slot->stats.keyframe_requests++;

        if (slot->conf.video && slot->state == MW_SLOT_LIVE
            && (slot->pli == 0 || now - slot->pli >= MW_SLOT_PLI))
        {
            slot->pli = now;
            mw_source_want_keyframe(slot->source, slot->layer, now);
        }

        break;

    default:
        break;
    }
}


mw_rc_t
mw_slot_write_sr(mw_slot_t *slot, mw_rtcp_writer_t *w, mw_usec_t now)
{
    mw_rc_t rc;
    uint32_t ts;
    mw_rtcp_sr_t sr;

    if (slot->state != MW_SLOT_LIVE
        || slot->stats.packets == slot->reported_packets
        || !mw_source_ts_at(slot->source, slot->layer, now, &ts))
    {
        return MW_OK;
    }

    (void) mw_slot_look_back(
        slot, mw_source_kept(slot->source, slot->layer), true);

    sr.ssrc = slot->conf.ssrc;
    sr.ntp = mw_ntp(now);
    sr.ts = ts + slot->ts_offset;
    sr.packets = (uint32_t) slot->stats.packets;
    sr.octets = (uint32_t) slot->stats.bytes;

    rc = mw_rtcp_write_sr(w, &sr);

    if (rc == MW_OK) {
        slot->reported_packets = slot->stats.packets;
    }

    return rc;
}


mw_slot_state_t
mw_slot_state(const mw_slot_t *slot)
{
    return slot->state;
}


unsigned
mw_slot_height(const mw_slot_t *slot)
{
    return slot->height;
}


unsigned
mw_slot_layer(const mw_slot_t *slot)
{
    return slot->layer;
}


mw_source_t *
mw_slot_source(const mw_slot_t *slot)
{
    return slot->source;
}


uint32_t
mw_slot_ssrc(const mw_slot_t *slot)
{
    return slot->conf.ssrc;
}


void
mw_slot_stats(const mw_slot_t *slot, mw_slot_stats_t *stats)
{
    *stats = slot->stats;
}


void
mw_slot_set_state(mw_slot_t *slot, mw_slot_state_t state)
{
    if (slot->state == state) {
        return;
    }

    slot->state = state;
    mw_slot_tell(slot);
}


void
mw_slot_tell(mw_slot_t *slot)
{
    if (slot->conf.state != NULL) {
        slot->conf.state(slot->conf.sink.owner, slot, slot->state);
    }
}


/* waits for the source, or starts with a keyframe that just came */
void
mw_slot_begin(mw_slot_t *slot, mw_usec_t now)
{
    int64_t seq;

    mw_slot_set_state(slot, MW_SLOT_WAITING);

    if (!slot->conf.video || slot->paused) {
        return;
    }

    seq = mw_slot_recent(slot, slot->layer, now);

    if (seq >= 0) {
        /* the first packet forwarded starts the slot and catches up */
        mw_slot_catch_up(slot, slot->layer, seq, now);
        return;
    }

    mw_source_want_keyframe(slot->source, slot->layer, now);
}


bool
mw_slot_starts(const mw_slot_t *slot, const mw_stored_t *pkt)
{
    return !pkt->empty && (!slot->conf.video || pkt->keyframe);
}


/*
 * All that differs between this source's numbers and the slot's.  `offset` of
 * timestamps, if it is known better than by arrival.  False: no memory.
 */
bool
mw_slot_start(mw_slot_t *slot, const mw_stored_t *pkt, const uint32_t *offset)
{
    int64_t ticks;
    uint32_t ahead;

    if (!mw_slot_look_back(
            slot, mw_source_kept(slot->source, slot->layer), false)) {
        return false;
    }

    slot->epoch = slot->next;
    slot->codec = pkt->codec;
    slot->last_seq = pkt->seq - 1;
    slot->temporal = slot->temporal_most;
    slot->sid = slot->sid_most;
    slot->picture_ts = pkt->ts;
    slot->skipped = 0;
    slot->aligned = false;
    slot->fresh = true;

    if (slot->next == slot->conf.first_seq) {
        slot->ts_offset = slot->conf.first_ts - pkt->ts;

    } else if (offset != NULL) {
        slot->ts_offset = *offset;
        ahead = pkt->ts + *offset - slot->last_ts;

        if (ahead == 0 || ahead > MW_SLOT_AHEAD) {
            /* the same picture once more, or one before it */
            slot->ts_offset = slot->last_ts + 1 - pkt->ts;
        }

    } else {
        ticks = (pkt->received - slot->last_received)
                * (int64_t) mw_codec_clock((mw_codec_t) pkt->codec) / MW_SEC;

        if (ticks < 1) {
            ticks = 1; /* a picture of its own, whatever the clock says */
        }

        slot->ts_offset = slot->last_ts + (uint32_t) ticks - pkt->ts;
    }

    mw_slot_set_state(slot, MW_SLOT_LIVE);

    return true;
}


void
mw_slot_catch_up(mw_slot_t *slot, unsigned layer, int64_t from, mw_usec_t now)
{
    int64_t seq, end;
    mw_stored_t *pkt;

    end = mw_source_highest(slot->source, layer);

    for (seq = from; seq <= end; seq++) {
        pkt = mw_source_packet(slot->source, layer, seq);

        if (pkt == NULL) {
            continue;
        }

        mw_slot_forward(slot, layer, pkt, now);

        /* the first one caught up with the rest itself, or could not start */
        if (slot->layer != layer || slot->state != MW_SLOT_LIVE
            || slot->last_seq >= end)
        {
            return;
        }
    }
}


/* sound and picture of the new source fit together from its first packet on */
static void
mw_slot_first_report(mw_slot_t *slot, mw_usec_t now)
{
    uint8_t buf[MW_RTCP_SR_LEN];
    mw_rtcp_writer_t w;

    mw_rtcp_writer_init(&w, buf, sizeof(buf));

    if (mw_slot_write_sr(slot, &w, now) == MW_OK && w.len != 0) {
        slot->conf.sink.write_rtcp(slot->conf.sink.owner, buf, w.len, now);
    }
}
