/* Answering a receiver's NACK from the source's packets. */

#include "mw_slot_rtx.h"

/* sent again may be one byte in so many; also the most credit kept */
#define MW_SLOT_RTX_SHARE      2
#define MW_SLOT_RTX_BUDGET_MAX 100000

#define MW_SLOT_RTX_TRIES 10

/* a repeated NACK within about a round trip was already answered */
#define MW_SLOT_RTX_AGAIN     (100 * MW_MSEC) /* until the RTT is known */
#define MW_SLOT_RTX_AGAIN_MIN (20 * MW_MSEC)
#define MW_SLOT_RTX_AGAIN_MAX (300 * MW_MSEC)

/* longer than this is no round trip but a confused report */
#define MW_SLOT_RTT_MAX (10 * MW_SEC)


static void mw_slot_rtx_send(mw_slot_t *slot, uint16_t seq, mw_usec_t now);
static mw_usec_t mw_slot_rtx_again(const mw_slot_t *slot);


void
mw_slot_rtx_earn(mw_slot_t *slot, size_t len)
{
    slot->budget += (uint32_t) len / MW_SLOT_RTX_SHARE;

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
    size_t len, header_len;
    uint8_t pt, header[MW_RTP_HEADER_MAX];
    uint64_t index;
    const uint8_t *payload;
    mw_stored_t *pkt;
    mw_rtp_fields_t f;
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
    slot->budget -= pkt->body_len;

    mw_slot_fields(slot, pkt, &f);
    f.pt = pt;
    f.seq = (uint16_t) slot->rtx_next;
    header_len = mw_rtp_write(&slot->rtx_header, &f, header);
    payload = mw_slot_payload(slot, pkt, &seq, &len);

    slot->stats.rtx_packets++;
    slot->stats.rtx_bytes += len;

    if (slot->conf.sink.write_rtp(slot->conf.sink.owner, header, header_len,
            payload, len, slot->rtx_next++, now)
        != MW_OK)
    {
        slot->stats.write_failed++;
    }
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
