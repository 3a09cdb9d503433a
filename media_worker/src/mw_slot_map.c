/* Which of the slot's numbers a packet of its source gets. */

#include "mw_slot_red.h"
#include "mw_slot_rtx.h"

/* how often one is tried while nothing leaves */
#define MW_SLOT_RETRY MW_SEC


static void mw_slot_map(
    mw_slot_t *slot, int64_t seq, mw_slot_entry_state_t state);
static void mw_slot_transmit(
    mw_slot_t *slot, mw_stored_t *pkt, uint64_t index, mw_usec_t now);
static void mw_slot_blocked(mw_slot_t *slot, mw_usec_t now);


/* in order: one more number, and one for each packet still missing */
void
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

    /* what takes no number leaves no gap */

    if (pkt->empty) {
        return;
    }

    if (!mw_slot_wants(slot, pkt)) {
        mw_slot_skip(slot, pkt);
        return;
    }

    mw_slot_map(slot, pkt->seq, MW_SLOT_ENTRY_SENT);
    index = slot->next++;
    mw_slot_entry(slot, index)->marker = mw_slot_marks(pkt, slot->sid);

    mw_slot_align(slot, pkt);
    mw_slot_follow(slot, mw_slot_entry(slot, index), pkt);
    slot->newest = index;
    mw_slot_transmit(slot, pkt, index, now);
    slot->fresh = false;
}


/* into the number that was left for it */
void
mw_slot_late(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now)
{
    bool filler;
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

    filler = pkt->empty || !mw_slot_wanted(e, pkt);
    e->state = MW_SLOT_ENTRY_SENT;
    e->marker = !filler && mw_slot_marks(pkt, (uint8_t) (e->at >> 8));
    e->at = mw_slot_msec(now);
    e->tries = 1; /* whoever asked for it before has been answered */
    slot->stats.late++;

    if (filler) {
        /* nothing to show, but the number must not stay a hole */
        e->state = MW_SLOT_ENTRY_FILLER;
        slot->stats.fillers++;

    } else {
        mw_slot_align(slot, pkt);
    }

    if (low > slot->newest && !filler) {
        mw_slot_follow(slot, e, pkt); /* only padding came after it */
        slot->newest = low;
    }

    mw_slot_transmit(slot, pkt, low, now);
}


void
mw_slot_fetch(const mw_slot_t *slot)
{
    const uint8_t *p = (const uint8_t *) slot;

    /* all that comes before conf, and conf */
    __builtin_prefetch(p, 1);
    __builtin_prefetch(p + MW_CACHE_LINE, 1);
    __builtin_prefetch(p + 2 * MW_CACHE_LINE, 1);
    __builtin_prefetch(p + 3 * MW_CACHE_LINE);
    __builtin_prefetch(p + 4 * MW_CACHE_LINE, 1);
}


void
mw_slot_fetch_near(const mw_slot_t *slot)
{
    unsigned i;
    const uint8_t *p;

    if (slot->map != NULL) {
        __builtin_prefetch(&slot->map[slot->next & (slot->window - 1)], 1);
    }

    for (i = 0; i < MW_SINK_NEAR; i++) {
        p = slot->conf.sink.near[i];

        if (p == NULL) {
            break;
        }

        __builtin_prefetch(p, 1);
        __builtin_prefetch(p + MW_CACHE_LINE, 1);
        __builtin_prefetch(p + 2 * MW_CACHE_LINE, 1);
    }
}


static void
mw_slot_map(mw_slot_t *slot, int64_t seq, mw_slot_entry_state_t state)
{
    mw_slot_entry_t *e;

    e = mw_slot_entry(slot, slot->next);
    e->seq = (uint32_t) seq;
    e->at = state == MW_SLOT_ENTRY_RESERVED
                ? (uint16_t) (slot->sid << 8 | slot->temporal)
                : 0;
    e->state = state;
    e->marker = 0;
    e->tries = 0;
    e->skipped = (uint8_t) slot->skipped;
}


static void
mw_slot_transmit(
    mw_slot_t *slot, mw_stored_t *pkt, uint64_t index, mw_usec_t now)
{
    size_t len, red_len;
    uint8_t header[MW_RTP_HEADER_MAX], head[MW_SLOT_HEAD], red[MW_SLOT_RED];
    mw_rtp_out_t out;
    mw_rtp_fields_t f;
    const mw_slot_entry_t *e;

    e = mw_slot_entry(slot, index);

    mw_slot_fields(slot, e, pkt, &f);
    f.pt = slot->conf.pt[slot->codec];
    f.seq = (uint16_t) index;

    if (!slot->conf.video && slot->fresh) {
        f.marker = true; /* RFC 3551 section 4.1: sound begins again */
    }

    out.header = header;
    out.head = head;
    out.head_len = (uint16_t) mw_slot_head(slot, e, pkt, head);
    out.body = pkt->body;
    out.body_len = mw_slot_body_len(e, pkt);
    out.stream = slot->conf.stream;
    out.index = index;
    out.sound = !slot->conf.video;
    out.twice = mw_slot_repeats(slot);

    red_len = mw_slot_red(slot, pkt, f.pt, red);

    if (red_len > 0) {
        f.pt = slot->red_pt;
        out.head = red;
        out.head_len = (uint16_t) red_len;
        out.body_len = 0;
        slot->stats.red_packets++;
    }

    out.header_len = (uint16_t) mw_rtp_write(&slot->header, &f, header);
    len = (size_t) out.head_len + out.body_len;

    if (slot->conf.sink.write_rtp(slot->conf.sink.owner, &out, now) != MW_OK) {
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
