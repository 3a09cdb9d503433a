/* Private to mw_slot: its memory. */

#ifndef MW_SLOT_INT_H
#define MW_SLOT_INT_H

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
    uint32_t unsent; /* packets that could not be written since one could */
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
    bool aligned; /* offsets of picture ids are known */
    bool fresh;   /* nothing sent since the start or a silence */
    uint8_t red_pt, protect, copies; /* see mw_slot_protect() */
    uint32_t budget;                 /* bytes that may be sent again */
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


#endif /* MW_SLOT_INT_H */
