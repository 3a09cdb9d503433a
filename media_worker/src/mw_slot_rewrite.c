/* Making packets of changing sources look like one stream. */

#include "mw_slot_rewrite.h"


void
mw_slot_align(mw_slot_t *slot, const mw_stored_t *pkt)
{
    const mw_vp8_t *vp8;
    const mw_vp9_t *vp9;

    if (slot->aligned || pkt->empty) {
        return;
    }

    slot->aligned = true;

    if (slot->codec == MW_CODEC_VP8) {
        vp8 = &pkt->desc.vp8;

        slot->id_offset =
            slot->had_id ? slot->last_id + 1 - vp8->picture_id : 0;
        slot->tl0_offset =
            slot->had_tl0 ? (uint8_t) (slot->last_tl0 + 1 - vp8->tl0) : 0;
        slot->key_offset =
            slot->had_key ? (uint8_t) (slot->last_key + 1 - vp8->tid_key) : 0;

    } else if (slot->codec == MW_CODEC_VP9) {
        vp9 = &pkt->desc.vp9;

        slot->id_offset =
            slot->had_id ? slot->last_id + 1 - vp9->picture_id : 0;
        slot->tl0_offset =
            slot->had_tl0 ? (uint8_t) (slot->last_tl0 + 1 - vp9->tl0) : 0;

    } else if (pkt->dd_len != 0) {
        slot->frame_offset =
            slot->had_frame
                ? (uint16_t) (slot->last_frame + 1 - pkt->desc.dd.frame)
                : 0;
    }
}


/* numbers are what frames refer by, so they only move all together */
static void
mw_slot_dependency(
    const mw_slot_t *slot, const mw_stored_t *pkt, mw_rtp_fields_t *f)
{
    uint32_t active;
    const mw_dd_t *dd;

    dd = &pkt->desc.dd;
    active = 0;

    if ((dd->structure || dd->has_active)
        && (slot->sid != MW_SLOT_SPATIAL_ALL
            || slot->temporal != MW_SLOT_TEMPORAL_ALL))
    {
        active = mw_source_targets(
            slot->source, slot->layer, slot->sid, slot->temporal);
        active &= dd->has_active ? dd->active : UINT32_MAX;
    }

    f->dependency_len = (uint8_t) mw_dd_write(dd, pkt->dd, pkt->dd_len,
        slot->frame_offset, active, f->dependency, sizeof(f->dependency));
}


/* VP8: as it was when the packet's number was given out */
static uint32_t
mw_slot_id_offset(const mw_slot_t *slot, const mw_slot_entry_t *entry)
{
    return slot->id_offset + (uint8_t) (slot->skipped - entry->skipped);
}


void
mw_slot_follow(
    mw_slot_t *slot, const mw_slot_entry_t *entry, const mw_stored_t *pkt)
{
    const mw_vp8_t *vp8;
    const mw_vp9_t *vp9;

    slot->last_ts = pkt->ts + slot->ts_offset;
    slot->last_received = pkt->received;

    if (slot->codec == MW_CODEC_VP8) {
        vp8 = &pkt->desc.vp8;

        if (vp8->id_bits != 0) {
            slot->had_id = true;
            slot->last_id = vp8->picture_id + mw_slot_id_offset(slot, entry);
        }

        if (vp8->has_tl0) {
            slot->had_tl0 = true;
            slot->last_tl0 = (uint8_t) (vp8->tl0 + slot->tl0_offset);
        }

        if (vp8->has_key) {
            slot->had_key = true;
            slot->last_key = (uint8_t) (vp8->tid_key + slot->key_offset);
        }

    } else if (slot->codec == MW_CODEC_VP9) {
        vp9 = &pkt->desc.vp9;

        if (vp9->id_bits != 0) {
            slot->had_id = true;
            slot->last_id = vp9->picture_id + slot->id_offset;
        }

        if (vp9->has_tl0) {
            slot->had_tl0 = true;
            slot->last_tl0 = (uint8_t) (vp9->tl0 + slot->tl0_offset);
        }

    } else if (pkt->dd_len != 0) {
        slot->had_frame = true;
        slot->last_frame = (uint16_t) (pkt->desc.dd.frame + slot->frame_offset);
    }
}


void
mw_slot_fields(const mw_slot_t *slot, const mw_slot_entry_t *entry,
    const mw_stored_t *pkt, mw_rtp_fields_t *f)
{
    f->ts = pkt->ts + slot->ts_offset;
    f->csrc = mw_source_id(slot->source);
    f->marker = entry->marker != 0;
    f->audio_level = pkt->audio_level;
    f->orientation = pkt->orientation;
    f->capture_time = pkt->capture_time;
    f->capture_time_len = pkt->capture_time_len;
    f->dependency_len = 0;

    if (pkt->dd_len != 0 && entry->state != MW_SLOT_ENTRY_FILLER) {
        mw_slot_dependency(slot, pkt, f);
    }
}


size_t
mw_slot_head(const mw_slot_t *slot, const mw_slot_entry_t *entry,
    const mw_stored_t *pkt, uint8_t head[MW_SLOT_HEAD])
{
    mw_vp8_t vp8;
    mw_vp9_t vp9;

    if (entry->state == MW_SLOT_ENTRY_FILLER) {
        return 0;
    }

    if (pkt->codec == MW_CODEC_VP8) {
        vp8 = pkt->desc.vp8;
        vp8.picture_id += mw_slot_id_offset(slot, entry);
        vp8.tl0 = (uint8_t) (vp8.tl0 + slot->tl0_offset);

        if (vp8.has_key) {
            vp8.tid_key =
                (uint8_t) ((vp8.tid_key & 0xe0)
                           | ((vp8.tid_key + slot->key_offset) & 0x1f));
        }

        return mw_vp8_write(&vp8, head);
    }

    if (pkt->codec == MW_CODEC_VP9) {
        vp9 = pkt->desc.vp9;
        vp9.picture_id += slot->id_offset;
        vp9.tl0 = (uint8_t) (vp9.tl0 + slot->tl0_offset);

        return mw_vp9_write(&vp9, head);
    }

    return 0;
}
