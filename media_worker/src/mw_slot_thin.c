/*
 * Which temporal layers of its source a slot sends, and which spatial ones of
 * those that share a stream.  A picture that is left out
 * takes no sequence number and, in VP8, no picture id: receivers wait for
 * pictures whose ids are missing.  In VP9 and AV1 the numbers are what pictures
 * refer by, so they stay.
 */

#include "mw_slot_rewrite.h"


static uint8_t mw_slot_raise(const mw_slot_t *slot, const mw_stored_t *pkt);


void
mw_slot_set_temporal(mw_slot_t *slot, uint8_t tid)
{
    slot->temporal_most = tid;
}


uint8_t
mw_slot_temporal(const mw_slot_t *slot)
{
    return slot->temporal_most;
}


bool
mw_slot_wants(mw_slot_t *slot, const mw_stored_t *pkt)
{
    /* not within a picture, of which the other part went another way */

    if (pkt->begin && pkt->ts != slot->picture_ts) {
        slot->picture_ts = pkt->ts;
        slot->temporal = slot->temporal_most <= slot->temporal
                             ? slot->temporal_most
                             : mw_slot_raise(slot, pkt);

        /* less also where all layers up to it were sent until now */

        if (pkt->keyframe
            || (slot->sid_most < slot->sid && pkt->sids == UINT8_MAX)) {
            slot->sid = slot->sid_most;
        }
    }

    return pkt->tid <= slot->temporal
           && (slot->sid == MW_SLOT_SPATIAL_ALL
               || (pkt->sids & 1u << (slot->sid & 7)) != 0);
}


bool
mw_slot_wanted(const mw_slot_entry_t *entry, const mw_stored_t *pkt)
{
    uint8_t sid;

    sid = (uint8_t) (entry->at >> 8);

    return pkt->tid <= (uint8_t) entry->at
           && (sid == MW_SLOT_SPATIAL_ALL || (pkt->sids & 1u << (sid & 7)));
}


bool
mw_slot_marks(const mw_stored_t *pkt, uint8_t sid)
{
    return pkt->marker || (pkt->end && pkt->sid == sid);
}


void
mw_slot_skip(mw_slot_t *slot, const mw_stored_t *pkt)
{
    slot->stats.thinned++;

    if (slot->codec != MW_CODEC_VP8 || pkt->desc.vp8.id_bits == 0
        || (slot->skipped != 0 && pkt->desc.vp8.picture_id == slot->skipped_id))
    {
        return;
    }

    slot->skipped++;
    slot->skipped_id = pkt->desc.vp8.picture_id;
    slot->id_offset--;
}


/* how far up this picture allows to go */
static uint8_t
mw_slot_raise(const mw_slot_t *slot, const mw_stored_t *pkt)
{
    if (pkt->keyframe) {
        return slot->temporal_most;
    }

    if (pkt->up == MW_UP_ALL && pkt->tid <= slot->temporal) {
        return slot->temporal_most;
    }

    if (pkt->up == MW_UP_HERE && pkt->tid == slot->temporal + 1) {
        return pkt->tid;
    }

    return slot->temporal;
}
