/*
 * Sound that carries the packets before it, for receivers who lose some.  Who
 * does not take that is sent each packet again as it was: one that arrives
 * twice is dropped by SRTP as a replay.
 */

#include "mw_red.h"
#include "mw_slot_red.h"


void
mw_slot_set_red(mw_slot_t *slot, uint8_t pt)
{
    slot->red_pt = pt;
}


void
mw_slot_protect(mw_slot_t *slot, uint8_t packets, uint8_t copies)
{
    slot->copies = copies;
    slot->protect =
        packets < MW_RED_BLOCKS ? packets : (uint8_t) (MW_RED_BLOCKS - 1);
}


bool
mw_slot_repeats(const mw_slot_t *slot)
{
    return !slot->conf.video && slot->protect > 0 && slot->red_pt == 0;
}


size_t
mw_slot_red(const mw_slot_t *slot, const mw_stored_t *pkt, uint8_t pt,
    uint8_t out[MW_SLOT_RED])
{
    unsigned i, n;
    uint32_t offset;
    const mw_stored_t *before;
    mw_red_block_t blocks[MW_RED_BLOCKS];

    if (slot->conf.video || slot->protect == 0 || slot->red_pt == 0
        || slot->fresh) {
        return 0;
    }

    n = 0;

    for (i = slot->protect; i > 0; i--) {
        before = mw_source_packet(slot->source, slot->layer, pkt->seq - i);

        if (before == NULL || before->empty || before->codec != pkt->codec
            || before->body_len > MW_RED_LENGTH)
        {
            continue;
        }

        offset = pkt->ts - before->ts;

        if (offset == 0 || offset > MW_RED_OFFSET) {
            continue;
        }

        blocks[n].pt = pt;
        blocks[n].offset = (uint16_t) offset;
        blocks[n].data = before->body;
        blocks[n++].len = before->body_len;
    }

    if (n == 0) {
        return 0;
    }

    blocks[n].pt = pt;
    blocks[n].offset = 0;
    blocks[n].data = pkt->body;
    blocks[n].len = pkt->body_len;

    return mw_red_write(blocks, n + 1, out, MW_SLOT_RED);
}
