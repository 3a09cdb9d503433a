/* One outgoing stream: how sources are mapped on it. */

#include <stdlib.h>

#include "mw_slot.h"
#include "mw_slot_rtx.h"

/* a longer gap in a source is not left open but starts it anew */
#define MW_SLOT_GAP(slot) ((slot)->window / 2)

/* how old a keyframe may be for a new slot to start with it at once */
#define MW_SLOT_CATCH_UP     (300 * MW_MSEC)
#define MW_SLOT_CATCH_UP_MAX 200 /* packets */

/* after so many packets that could not be sent only one is tried at a time */
#define MW_SLOT_UNSENT_MAX 256
#define MW_SLOT_RETRY      MW_SEC

/* a receiver's PLI and FIR count this often */
#define MW_SLOT_PLI (500 * MW_MSEC)


static void mw_slot_set_state(mw_slot_t *slot, mw_slot_state_t state);
static void mw_slot_begin(mw_slot_t *slot, mw_usec_t now);
static void mw_slot_start(mw_slot_t *slot, const mw_stored_t *pkt);
static bool mw_slot_starts(const mw_slot_t *slot, const mw_stored_t *pkt);
static void mw_slot_catch_up(mw_slot_t *slot, int64_t from, mw_usec_t now);
static void mw_slot_next(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now);
static void mw_slot_late(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now);
static void mw_slot_map(
    mw_slot_t *slot, int64_t seq, mw_slot_entry_state_t state);
static void mw_slot_transmit(
    mw_slot_t *slot, mw_stored_t *pkt, uint64_t index, mw_usec_t now);
static void mw_slot_blocked(mw_slot_t *slot, mw_usec_t now);
static void mw_slot_first_report(mw_slot_t *slot, mw_usec_t now);


mw_slot_t *
mw_slot_create(const mw_slot_conf_t *conf)
{
    uint32_t window;
    mw_slot_t *slot;

    window = conf->video ? MW_SLOT_WINDOW_VIDEO : MW_SLOT_WINDOW_AUDIO;

    slot = calloc(1, sizeof(*slot) + window * sizeof(slot->map[0]));

    if (slot == NULL) {
        return NULL;
    }

    slot->conf = *conf;
    slot->window = window;
    slot->next = conf->first_seq;
    slot->epoch = slot->next;
    slot->rtx_next = conf->first_rtx_seq;
    slot->last_ts = conf->first_ts;
    slot->budget = MW_SLOT_RTX_BURST;

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

    if (slot->source != NULL) {
        mw_source_detach(slot->source, &slot->listener);
    }

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

    if (slot->source != NULL) {
        mw_source_detach(slot->source, &slot->listener);
    }

    slot->source = source;

    if (source == NULL) {
        mw_slot_set_state(slot, MW_SLOT_EMPTY);
        return;
    }

    slot->stats.switches++;
    mw_source_attach(source, &slot->listener);
    mw_slot_begin(slot, now);
}


void
mw_slot_restart(mw_slot_t *slot, mw_usec_t now)
{
    mw_slot_begin(slot, now);
}


void
mw_slot_orphan(mw_slot_t *slot)
{
    mw_source_detach(slot->source, &slot->listener);
    slot->source = NULL;
    mw_slot_set_state(slot, MW_SLOT_EMPTY);
}


void
mw_slot_forward(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now)
{
    bool first;

    if (slot->conf.pt[pkt->codec] == 0) {
        mw_slot_set_state(slot, MW_SLOT_UNSUPPORTED);
        return;
    }

    if (slot->unsent >= MW_SLOT_UNSENT_MAX && now < slot->retry) {
        return;
    }

    if (slot->state == MW_SLOT_LIVE
        && (pkt->codec != slot->codec
            || pkt->seq - slot->last_seq > (int64_t) MW_SLOT_GAP(slot)))
    {
        mw_slot_set_state(slot, MW_SLOT_WAITING);
    }

    first = slot->state != MW_SLOT_LIVE;

    if (first) {
        mw_slot_set_state(slot, MW_SLOT_WAITING);

        if (!mw_slot_starts(slot, pkt)) {
            if (slot->conf.video) {
                mw_source_want_keyframe(slot->source, now);
            }

            return;
        }

        mw_slot_start(slot, pkt);
    }

    if (pkt->seq <= slot->last_seq) {
        mw_slot_late(slot, pkt, now);
        return;
    }

    mw_slot_next(slot, pkt, now);

    if (first && slot->state == MW_SLOT_LIVE) {
        mw_slot_first_report(slot, now);

        /* what overtook the packet that starts the picture */
        mw_slot_catch_up(slot, pkt->seq + 1, now);
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
            mw_source_want_keyframe(slot->source, now);
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
        || !mw_source_ts_at(slot->source, now, &ts))
    {
        return MW_OK;
    }

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


static void
mw_slot_set_state(mw_slot_t *slot, mw_slot_state_t state)
{
    if (slot->state == state) {
        return;
    }

    slot->state = state;

    if (slot->conf.state != NULL) {
        slot->conf.state(slot->conf.sink.owner, slot, state);
    }
}


/* waits for the source, or starts with a keyframe that just came */
static void
mw_slot_begin(mw_slot_t *slot, mw_usec_t now)
{
    int64_t seq;
    const mw_stored_t *pkt;

    mw_slot_set_state(slot, MW_SLOT_WAITING);

    if (!slot->conf.video) {
        return;
    }

    seq = mw_source_keyframe(slot->source);
    pkt = seq < 0 ? NULL : mw_source_packet(slot->source, seq);

    if (pkt != NULL && now - pkt->received <= MW_SLOT_CATCH_UP
        && mw_source_highest(slot->source) - seq < MW_SLOT_CATCH_UP_MAX)
    {
        /* the first packet forwarded starts the slot and catches up */
        mw_slot_catch_up(slot, seq, now);
        return;
    }

    mw_source_want_keyframe(slot->source, now);
}


static bool
mw_slot_starts(const mw_slot_t *slot, const mw_stored_t *pkt)
{
    return !pkt->empty && (!slot->conf.video || pkt->keyframe);
}


/* all that differs between this source's numbers and the slot's */
static void
mw_slot_start(mw_slot_t *slot, const mw_stored_t *pkt)
{
    int64_t ticks;

    slot->epoch = slot->next;
    slot->codec = pkt->codec;
    slot->last_seq = pkt->seq - 1;
    slot->aligned = false;
    slot->fresh = true;

    if (slot->next == slot->conf.first_seq) {
        slot->ts_offset = slot->conf.first_ts - pkt->ts;

    } else {
        ticks = (pkt->received - slot->last_received)
                * (int64_t) mw_codec_clock((mw_codec_t) pkt->codec) / MW_SEC;

        if (ticks < 1) {
            ticks = 1; /* a picture of its own, whatever the clock says */
        }

        slot->ts_offset = slot->last_ts + (uint32_t) ticks - pkt->ts;
    }

    mw_slot_set_state(slot, MW_SLOT_LIVE);
}


static void
mw_slot_catch_up(mw_slot_t *slot, int64_t from, mw_usec_t now)
{
    int64_t seq, end;
    mw_stored_t *pkt;

    end = mw_source_highest(slot->source);

    for (seq = from; seq <= end; seq++) {
        pkt = mw_source_packet(slot->source, seq);

        if (pkt == NULL) {
            continue;
        }

        mw_slot_forward(slot, pkt, now);

        /* the first one caught up with the rest itself, or could not start */
        if (slot->state != MW_SLOT_LIVE || slot->last_seq >= end) {
            return;
        }
    }
}


/* in order: one more number, and one for each packet still missing */
static void
mw_slot_next(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now)
{
    uint64_t index;

    if (pkt->empty && !slot->conf.video) {
        /* silence, in which nothing is missing */
        slot->last_seq = pkt->seq;
        slot->fresh = true;
        return;
    }

    while (++slot->last_seq < pkt->seq) {
        mw_slot_map(slot, slot->last_seq, MW_SLOT_ENTRY_RESERVED);
        slot->next++;
    }

    if (pkt->empty) {
        return; /* takes no number, so leaves no gap */
    }

    mw_slot_map(slot, pkt->seq, MW_SLOT_ENTRY_SENT);
    index = slot->next++;

    mw_slot_align(slot, pkt);
    mw_slot_follow(slot, pkt);
    slot->newest = index;
    mw_slot_transmit(slot, pkt, index, now);
    slot->fresh = false;
}


/* into the number that was left for it */
static void
mw_slot_late(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now)
{
    uint64_t low, high, mid;
    mw_slot_entry_t *e;

    low = slot->next - slot->epoch > slot->window ? slot->next - slot->window
                                                  : slot->epoch;
    high = slot->next;

    /* source numbers rise with the slot's within an epoch */
    while (low < high) {
        mid = low + (high - low) / 2;

        if (mw_slot_entry_seq(slot, mid) < pkt->seq) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    if (low == slot->next || mw_slot_entry_seq(slot, low) != pkt->seq) {
        return;
    }

    e = mw_slot_entry(slot, low);

    if (e->state != MW_SLOT_ENTRY_RESERVED) {
        return;
    }

    if (pkt->empty && !slot->conf.video) {
        return;
    }

    e->state = MW_SLOT_ENTRY_SENT;
    e->at = mw_slot_msec(now);
    e->tries = 1; /* whoever asked for it before has been answered */
    slot->stats.late++;

    if (pkt->empty) {
        /* nothing to show, but the number must not stay a hole */
        e->state = MW_SLOT_ENTRY_FILLER;
        slot->stats.fillers++;
    }

    mw_slot_align(slot, pkt);

    if (low > slot->newest && !pkt->empty) {
        mw_slot_follow(slot, pkt); /* only padding came after it */
        slot->newest = low;
    }

    mw_slot_transmit(slot, pkt, low, now);
}


static void
mw_slot_map(mw_slot_t *slot, int64_t seq, mw_slot_entry_state_t state)
{
    mw_slot_entry_t *e;

    e = mw_slot_entry(slot, slot->next);
    e->seq = (uint32_t) seq;
    e->at = 0;
    e->state = (uint8_t) state;
    e->tries = 0;
}


static void
mw_slot_transmit(
    mw_slot_t *slot, mw_stored_t *pkt, uint64_t index, mw_usec_t now)
{
    size_t len, header_len;
    uint8_t header[MW_RTP_HEADER_MAX];
    const uint8_t *payload;
    mw_rtp_fields_t f;

    mw_slot_fields(slot, pkt, &f);
    f.pt = slot->conf.pt[slot->codec];
    f.seq = (uint16_t) index;

    if (pkt->empty) {
        f.marker = false;
    }

    if (!slot->conf.video && slot->fresh) {
        f.marker = true; /* RFC 3551 section 4.1: sound begins again */
    }

    header_len = mw_rtp_write(&slot->header, &f, header);
    payload = mw_slot_payload(slot, pkt, NULL, &len);

    if (slot->conf.sink.write_rtp(
            slot->conf.sink.owner, header, header_len, payload, len, index, now)
        != MW_OK)
    {
        slot->stats.write_failed++;
        mw_slot_blocked(slot, now);
        return;
    }

    slot->unsent = 0;
    slot->stats.packets++;
    slot->stats.bytes += len;
    mw_slot_rtx_earn(slot, len);
}


/*
 * Numbers used up while nothing leaves must not run away from the receiver: it
 * guesses the roll-over counter, which fails after 2^15 of them.
 */
static void
mw_slot_blocked(mw_slot_t *slot, mw_usec_t now)
{
    if (++slot->unsent < MW_SLOT_UNSENT_MAX) {
        return;
    }

    slot->retry = now + MW_SLOT_RETRY;
    mw_slot_set_state(slot, MW_SLOT_WAITING);
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
