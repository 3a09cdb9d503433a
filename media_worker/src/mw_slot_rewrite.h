/* Private to mw_slot: its memory, and what its parts ask of each other. */

#ifndef MW_SLOT_REWRITE_H
#define MW_SLOT_REWRITE_H

#include "mw_slot.h"

typedef enum {
    MW_SLOT_ENTRY_NONE = 0,
    MW_SLOT_ENTRY_RESERVED, /* for a packet that has not come */
    MW_SLOT_ENTRY_SENT,
    MW_SLOT_ENTRY_FILLER /* sent empty */
} mw_slot_entry_state_t;

/* one number of the slot */
typedef struct {
    uint32_t seq; /* low bits of the source's number */
    uint16_t at;  /* last sent again, milliseconds, if tries; while it is
                   * reserved: the layers that may come, spatial above */
    uint8_t state : 2;
    uint8_t marker : 1;
    uint8_t tries : 5;
    uint8_t skipped; /* low bits of slot.skipped when it was given out */
} mw_slot_entry_t;

_Static_assert(sizeof(mw_slot_entry_t) == 8, "entry");

/*
 * Laid out for the cache: what every packet touches comes first, what only a
 * change of source or a report needs comes last.
 */
struct mw_slot_s {
    mw_listener_t listener; /* first: mw_source casts it back */
    mw_source_t *source;
    mw_slot_entry_t *map; /* by index modulo window; NULL: never live */
    uint64_t next;        /* packet index not used yet; only rises */
    int64_t last_seq;     /* highest number of the source that was mapped */
    uint32_t window;
    uint32_t unsent; /* numbers used since the last packet that left */
    mw_slot_state_t state;
    uint8_t layer;  /* of the source, shown */
    uint8_t target; /* shown from its next keyframe on */
    bool paused;
    uint8_t codec;

    uint64_t newest; /* highest index that was sent */
    mw_usec_t last_received;
    uint32_t ts_offset; /* slot less source, modulo */
    uint32_t id_offset;
    uint32_t last_ts; /* as sent in the newest packet, as those below */
    uint32_t last_id;
    uint16_t last_frame;
    uint16_t frame_offset;
    uint32_t picture_ts; /* of the picture that was decided on last */
    uint32_t skipped;    /* pictures left out since the start */
    uint32_t skipped_id; /* the last one of them, if any */
    uint8_t last_tl0;
    uint8_t last_key;
    uint8_t tl0_offset;
    uint8_t key_offset;
    uint8_t temporal;      /* highest layer that is sent */
    uint8_t temporal_most; /* and that should be */
    uint8_t sid;           /* likewise of those that share a stream */
    uint8_t sid_most;

    bool had_id;
    bool had_tl0;
    bool had_key;
    bool had_frame;
    bool aligned;            /* offsets of picture ids are known */
    bool fresh;              /* nothing sent since the start or a silence */
    uint8_t red_pt, protect; /* see mw_slot_set_red(), mw_slot_protect() */
    uint32_t budget;         /* bytes that may be sent again */
    mw_rtp_template_t header;
    mw_slot_conf_t conf;
    mw_slot_stats_t stats;

    uint64_t rtx_next;
    uint64_t epoch;  /* first index of the current source that is still known */
    mw_usec_t retry; /* not before this, if too many are unsent */
    mw_usec_t pli;   /* last one that counted, 0: none */
    uint64_t reported_packets; /* stats.packets at the last SR */
    unsigned height;           /* asked for */
    mw_rtp_template_t rtx_header;
    char mid[MW_MID_MAX + 1];
};


/* all spatial layers, or there are none */
#define MW_SLOT_SPATIAL_ALL UINT8_MAX

#define MW_SLOT_UNSENT_MAX 256 /* could not be sent: one at a time is tried */


static inline mw_slot_entry_t *
mw_slot_entry(mw_slot_t *slot, uint64_t index)
{
    return &slot->map[index & (slot->window - 1)];
}


static inline int64_t
mw_slot_entry_seq(mw_slot_t *slot, uint64_t index)
{
    return slot->last_seq
           - (int64_t) (uint32_t) ((uint32_t) slot->last_seq
                                   - mw_slot_entry(slot, index)->seq);
}


static inline uint16_t
mw_slot_msec(mw_usec_t now)
{
    return (uint16_t) (now / MW_MSEC);
}


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
void mw_slot_follow(mw_slot_t *slot, const mw_stored_t *pkt);

/*
 * The payload as sent in `entry`, behind `osn` if it is not NULL; written into
 * the packet's own head, so good until the next call for it.
 */
const uint8_t *mw_slot_payload(const mw_slot_t *slot,
    const mw_slot_entry_t *entry, mw_stored_t *pkt, const uint16_t *osn,
    size_t *len);


#endif /* MW_SLOT_REWRITE_H */
