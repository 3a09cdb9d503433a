/* Private to mw_slot: what its parts ask of each other. */

#ifndef MW_SLOT_REWRITE_H
#define MW_SLOT_REWRITE_H

#include "mw_slot_int.h"


/* mw_slot.c */

void mw_slot_set_state(mw_slot_t *slot, mw_slot_state_t state);
void mw_slot_tell(mw_slot_t *slot);

/* waits for the source, or starts with a keyframe that just came */
void mw_slot_begin(mw_slot_t *slot, mw_usec_t now);

/* whether the picture can start with this packet, and that it does */
bool mw_slot_starts(const mw_slot_t *slot, const mw_stored_t *pkt);
bool mw_slot_start(
    mw_slot_t *slot, const mw_stored_t *pkt, const uint32_t *offset);

/* forwards what is kept of a layer, from a number on */
void mw_slot_catch_up(
    mw_slot_t *slot, unsigned layer, int64_t from, mw_usec_t now);


/* mw_slot_thin.c */

/* whether the packet's layers are sent; late: were, with others of its time */
bool mw_slot_wants(mw_slot_t *slot, const mw_stored_t *pkt);
bool mw_slot_wanted(const mw_slot_entry_t *entry, const mw_stored_t *pkt);

/* where nothing above this layer is sent, its last packet ends the picture */
bool mw_slot_marks(const mw_stored_t *pkt, uint8_t sid);

/* it is not: its picture's id is not missed by the receiver */
void mw_slot_skip(mw_slot_t *slot, const mw_stored_t *pkt);


/* mw_slot_layer.c */

/* the stream to show; of layers that share it, the highest is noted */
unsigned mw_slot_chosen(mw_slot_t *slot);

/* a packet of the target; true: it starts there, and the slot with it */
bool mw_slot_switch(
    mw_slot_t *slot, unsigned layer, const mw_stored_t *pkt, mw_usec_t now);

/* the start of a keyframe young enough to begin with, -1: none */
int64_t mw_slot_recent(const mw_slot_t *slot, unsigned layer, mw_usec_t now);

/*
 * What the picture that starts with this packet refers to never came: fewer
 * layers if those have all, otherwise (true) nothing until a keyframe.
 */
bool mw_slot_broken(mw_slot_t *slot, const mw_stored_t *pkt, mw_usec_t now);

/* no way back to the layer shown until now */
void mw_slot_settle(mw_slot_t *slot);

void mw_slot_release(mw_slot_t *slot);


/* mw_slot_window.c */

/* at least so many entries, which are lost unless `keep`; false: no memory */
bool mw_slot_look_back(mw_slot_t *slot, uint64_t entries, bool keep);


/* mw_slot_map.c */

/* in order: one more number, and one for each packet still missing */
void mw_slot_next(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now);
/* into the number that was left for it */
void mw_slot_late(mw_slot_t *slot, mw_stored_t *pkt, mw_usec_t now);


/* mw_slot_rewrite.c */

/* header fields a packet has whichever stream it is sent on */
void mw_slot_fields(const mw_slot_t *slot, const mw_slot_entry_t *entry,
    const mw_stored_t *pkt, mw_rtp_fields_t *f);

/* picture ids go on where the last source left off, which is remembered */
void mw_slot_align(mw_slot_t *slot, const mw_stored_t *pkt);
void mw_slot_follow(
    mw_slot_t *slot, const mw_slot_entry_t *entry, const mw_stored_t *pkt);

/* what the payload begins with as sent in `entry`; returns its length */
#define MW_SLOT_HEAD MW_VP8_DESC_MAX

_Static_assert(MW_SLOT_HEAD >= MW_VP9_HEAD_MAX, "head");

size_t mw_slot_head(const mw_slot_t *slot, const mw_slot_entry_t *entry,
    const mw_stored_t *pkt, uint8_t head[MW_SLOT_HEAD]);

/* the part that all receivers share */
static inline uint16_t
mw_slot_body_len(const mw_slot_entry_t *entry, const mw_stored_t *pkt)
{
    return entry->state == MW_SLOT_ENTRY_FILLER ? 0 : pkt->body_len;
}


#endif /* MW_SLOT_REWRITE_H */
