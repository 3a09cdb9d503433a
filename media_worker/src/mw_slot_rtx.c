/* Answering a receiver's NACK from the source's packets. */

#include "mw_slot_rtx.h"

/*
 * Sent again may be one byte in so many, and as much as is sent where much gets
 * lost; the most credit kept
 */
#define MW_SLOT_RTX_SHARE      2
#define MW_SLOT_RTX_BUDGET_MAX 100000

#define MW_SLOT_RTX_TRIES 10

/* a repeated NACK within about a round trip was already answered */
#define MW_SLOT_RTX_AGAIN     (100 * MW_MSEC) /* until the RTT is known */
#define MW_SLOT_RTX_AGAIN_MIN (20 * MW_MSEC)
#define MW_SLOT_RTX_AGAIN_MAX (300 * MW_MSEC)

/* of packets sent once more to look for room, numbers to look back */
#define MW_SLOT_PROBE_BACK 64
#define MW_SLOT_PADDING    224

/* longer than this is no round trip but a confused report */
#define MW_SLOT_RTT_MAX (10 * MW_SEC)


static void mw_slot_rtx_send(mw_slot_t *slot, uint16_t seq, mw_usec_t now);
static void mw_slot_rtx_once(mw_slot_t *slot, mw_stored_t *pkt, uint64_t index,
    uint8_t pt, mw_usec_t now);
static size_t mw_slot_rtx_packet(mw_slot_t *slot, mw_stored_t *pkt,
    uint64_t index, uint8_t pt, mw_usec_t now);
static void mw_slot_rtx_write(
    mw_slot_t *slot, mw_rtp_out_t *out, mw_usec_t now);
static size_t mw_slot_rtx_padding(mw_slot_t *slot, uint8_t pt, mw_usec_t now);
static mw_usec_t mw_slot_rtx_again(const mw_slot_t *slot);


void
mw_slot_rtx_earn(mw_slot_t *slot, size_t len)
{
    slot->budget +=
        (uint32_t) len / (slot->protect > 0 ? 1 : MW_SLOT_RTX_SHARE);

    if (slot->budget > MW_SLOT_RTX_BUDGET_MAX) {
        slot->budget = MW_SLOT_RTX_BUDGET_MAX;
    }
}


void
mw_slot_rtx_nack(mw_slot_t *slot, const mw_rtcp_item_t *item, mw_usec_t now)
{
    unsigned i;

    mw_slot_rtx_send(slot, item->u.nack.pid, now);

    for (i = 0; i < 16; i++) {
        if (item->u.nack.blp & (1u << i)) {
            mw_slot_rtx_send(slot, (uint16_t) (item->u.nack.pid + 1 + i), now);
        }
    }
}


void
mw_slot_rtx_report(mw_slot_t *slot, const mw_rtcp_item_t *item, mw_usec_t now)
{
    uint32_t spent;
    mw_usec_t rtt;

    slot->stats.lost = item->u.report.lost;
    slot->stats.fraction_lost = item->u.report.fraction;
    slot->stats.jitter = item->u.report.jitter;

    if (item->u.report.lsr == 0) {
        return;
    }

    /* RFC 3550 section 6.4.1, in 1/65536 seconds */
    spent = (uint32_t) (mw_ntp(now) >> 16) - item->u.report.lsr
            - item->u.report.dlsr;
    rtt = (mw_usec_t) spent * MW_SEC / 65536;

    /* rounding can make it negative, which shows as very large */
    if (rtt > MW_SLOT_RTT_MAX) {
        return;
    }

    slot->stats.rtt =
        slot->stats.rtt == 0 ? rtt : (7 * slot->stats.rtt + rtt) / 8;
}


static void
mw_slot_rtx_send(mw_slot_t *slot, uint16_t seq, mw_usec_t now)
{
    unsigned i;
    uint8_t pt;
    uint64_t index;
    mw_stored_t *pkt;
    mw_slot_entry_t *e;

    slot->stats.nacks++;

    /* the newest index with these low bits that was given out */
    index = slot->next - 1 - (uint16_t) (slot->next - 1 - seq);

    if (slot->state != MW_SLOT_LIVE || index >= slot->next
        || index < slot->epoch || slot->next - index > slot->window)
    {
        slot->stats.nack_missed++;
        return;
    }

    pt = slot->conf.rtx_pt[slot->codec];
    e = mw_slot_entry(slot, index);

    if (e->state != MW_SLOT_ENTRY_SENT || pt == 0 || slot->conf.rtx_ssrc == 0) {
        slot->stats.nack_missed++;
        return;
    }

    pkt = mw_source_packet(
        slot->source, slot->layer, mw_slot_entry_seq(slot, index));

    if (pkt == NULL || pkt->empty) {
        slot->stats.nack_missed++;
        return;
    }

    if (e->tries >= MW_SLOT_RTX_TRIES
        || (e->tries != 0
            && (uint16_t) (mw_slot_msec(now) - e->at)
                   < mw_slot_rtx_again(slot) / MW_MSEC)
        || pkt->body_len > slot->budget)
    {
        slot->stats.nack_refused++;
        return;
    }

    e->tries++;
    e->at = mw_slot_msec(now);

    /* one that is lost as well would come a round trip later: too late */

    for (i = 0; i <= slot->copies && pkt->body_len <= slot->budget; i++) {
        mw_slot_rtx_once(slot, pkt, index, pt, now);
    }
}


static void
mw_slot_rtx_once(mw_slot_t *slot, mw_stored_t *pkt, uint64_t index, uint8_t pt,
    mw_usec_t now)
{
    slot->budget -= pkt->body_len;
    slot->stats.rtx_packets++;
    slot->stats.rtx_bytes += mw_slot_rtx_packet(slot, pkt, index, pt, now);
}


/* returns the length of its payload */
static size_t
mw_slot_rtx_packet(mw_slot_t *slot, mw_stored_t *pkt, uint64_t index,
    uint8_t pt, mw_usec_t now)
{
    uint8_t header[MW_RTP_HEADER_MAX], head[2 + MW_SLOT_HEAD];
    mw_rtp_out_t out;
    mw_rtp_fields_t f;
    const mw_slot_entry_t *e;

    e = mw_slot_entry(slot, index);

    mw_slot_fields(slot, e, pkt, &f);
    f.pt = pt;
    f.seq = (uint16_t) slot->rtx_next;

    /* RFC 4588 section 4: the number that it had */
    mw_put16(head, (uint16_t) index);

    out.header = header;
    out.header_len = (uint16_t) mw_rtp_write(&slot->rtx_header, &f, header);
    out.head = head;
    out.head_len = (uint16_t) (2 + mw_slot_head(slot, e, pkt, head + 2));
    out.body = pkt->body;
    out.body_len = mw_slot_body_len(e, pkt);

    mw_slot_rtx_write(slot, &out, now);

    return (size_t) out.head_len + out.body_len;
}


static void
mw_slot_rtx_write(mw_slot_t *slot, mw_rtp_out_t *out, mw_usec_t now)
{
    out->stream = slot->conf.rtx_stream;
    out->index = slot->rtx_next++;
    out->sound = false;
    out->twice = false;

    if (slot->conf.sink.write_rtp(slot->conf.sink.owner, out, now) != MW_OK) {
        slot->stats.write_failed++;
    }
}


size_t
mw_slot_probe(mw_slot_t *slot, size_t bytes, mw_usec_t now)
{
    size_t sent, len;
    uint8_t pt;
    uint64_t index;
    mw_stored_t *pkt;
    mw_slot_entry_t *e;

    pt = slot->conf.rtx_pt[slot->codec];
    sent = 0;

    if (slot->state != MW_SLOT_LIVE || pt == 0 || slot->conf.rtx_ssrc == 0) {
        return 0;
    }

    for (index = slot->next; index > slot->epoch && sent < bytes
                             && slot->next - index < MW_SLOT_PROBE_BACK;)
    {
        e = mw_slot_entry(slot, --index);
        pkt = e->state != MW_SLOT_ENTRY_SENT
                  ? NULL
                  : mw_source_packet(slot->source, slot->layer,
                      mw_slot_entry_seq(slot, index));

        if (pkt == NULL || pkt->empty || pkt->body_len > bytes - sent) {
            continue;
        }

        len = mw_slot_rtx_packet(slot, pkt, index, pt, now);
        sent += MW_RTP_MIN + len;
    }

    while (sent < bytes) {
        sent += mw_slot_rtx_padding(slot, pt, now);
    }

    slot->stats.probe_bytes += sent;

    return sent;
}


/* RFC 3550 section 5.1: the last byte counts the padding */
static size_t
mw_slot_rtx_padding(mw_slot_t *slot, uint8_t pt, mw_usec_t now)
{
    mw_rtp_out_t out;
    mw_rtp_fields_t f;
    uint8_t header[MW_RTP_HEADER_MAX], padding[MW_SLOT_PADDING];

    memset(&f, 0, sizeof(f));
    f.ts = slot->last_ts;
    f.csrc = mw_source_id(slot->source);
    f.seq = (uint16_t) slot->rtx_next;
    f.pt = pt;
    f.audio_level = -1;
    f.orientation = -1;

    out.header = header;
    out.header_len = (uint16_t) mw_rtp_write(&slot->rtx_header, &f, header);
    out.head = padding;
    out.head_len = sizeof(padding);
    out.body = NULL;
    out.body_len = 0;
    header[0] |= 0x20;

    memset(padding, 0, sizeof(padding));
    padding[sizeof(padding) - 1] = sizeof(padding);
    mw_slot_rtx_write(slot, &out, now);

    return MW_RTP_MIN + sizeof(padding);
}


static mw_usec_t
mw_slot_rtx_again(const mw_slot_t *slot)
{
    mw_usec_t again;

    again = slot->stats.rtt == 0 ? MW_SLOT_RTX_AGAIN : slot->stats.rtt;

    if (again < MW_SLOT_RTX_AGAIN_MIN) {
        return MW_SLOT_RTX_AGAIN_MIN;
    }

    return again > MW_SLOT_RTX_AGAIN_MAX ? MW_SLOT_RTX_AGAIN_MAX : again;
}
