/*
 * One outgoing stream: the audio or the video half of a pair on a subscribe
 * connection.  SSRCs and MID are fixed for life; sequence numbers and time only
 * go forward, whichever source is shown.  Owned by the subscriber; must be
 * destroyed before, or left empty by the end of, its source.
 */

#ifndef MW_SLOT_H
#define MW_SLOT_H

#include "mw_source.h"

/*
 * Packets a slot looks back on for late ones and retransmissions: as many as
 * its source keeps, within these bounds.  A late packet's index is never lower
 * than the highest one less this.
 */
#define MW_SLOT_WINDOW_VIDEO 512
#define MW_SLOT_WINDOW_LEAST 128
#define MW_SLOT_WINDOW_AUDIO 64

typedef enum {
    MW_SLOT_EMPTY = 0,
    MW_SLOT_WAITING, /* for the source's first packet or a keyframe */
    MW_SLOT_LIVE,
    MW_SLOT_UNSUPPORTED /* the source's codec was not negotiated here */
} mw_slot_state_t;

typedef struct {
    bool video;
    uint32_t ssrc;
    uint32_t rtx_ssrc; /* 0: none */
    uint16_t stream;   /* their numbers in what is written, mw_rtp_out_t */
    uint16_t rtx_stream;

    /* random, below 2^15: the first sequence numbers (RFC 7714, DESIGN 5) */
    uint16_t first_seq;
    uint16_t first_rtx_seq;
    uint32_t first_ts; /* random */

    uint8_t pt[MW_CODECS];     /* 0: codec not negotiated */
    uint8_t rtx_pt[MW_CODECS]; /* 0: no RTX for it */
    mw_ext_ids_t ids;
    const char *mid; /* copied */

    mw_sink_t sink;

    /*
     * May be NULL; told after each change, also of whether it is paused; must
     * not call back.
     */
    void (*state)(void *owner, mw_slot_t *slot, mw_slot_state_t state);
} mw_slot_conf_t;

typedef struct {
    uint64_t packets; /* first transmissions */
    uint64_t bytes;   /* payload */
    uint64_t late;
    uint64_t red_packets; /* with those before them */
    uint64_t fillers;     /* empty packets into numbers that were padding */
    uint64_t rtx_packets;
    uint64_t rtx_bytes;
    uint64_t probe_bytes;       /* see mw_slot_probe() */
    uint64_t nacks;             /* sequence numbers asked for */
    uint64_t nack_missed;       /* no longer or never here */
    uint64_t nack_refused;      /* too soon, too often, over the budget */
    uint64_t keyframe_requests; /* PLI and FIR received */
    uint64_t switches;          /* to another source */
    uint64_t layer_switches;
    uint64_t thinned; /* packets of layers left out */
    uint64_t write_failed;
    int32_t lost; /* by the last receiver report */
    uint8_t fraction_lost;
    uint32_t jitter;
    mw_usec_t rtt; /* 0: not known */
} mw_slot_stats_t;


/* copies `conf`; NULL: no memory */
mw_slot_t *mw_slot_create(const mw_slot_conf_t *conf);
void mw_slot_destroy(mw_slot_t *slot);

/*
 * Another offer of the subscriber: payload types and extension ids may differ;
 * the SSRCs may not.
 */
void mw_slot_update(mw_slot_t *slot, const uint8_t pt[MW_CODECS],
    const uint8_t rtx_pt[MW_CODECS], const mw_ext_ids_t *ids, mw_usec_t now);

/*
 * Shows `source`, or nothing if NULL.  The old source stops at once; the new
 * one starts with its next packet, video at a keyframe.  No-op if unchanged.
 */
void mw_slot_assign(mw_slot_t *slot, mw_source_t *source, mw_usec_t now);

/*
 * RTCP of the subscriber about this slot's SSRC: report blocks, NACK, PLI, FIR.
 * Other items are ignored.
 */
void mw_slot_rtcp(mw_slot_t *slot, const mw_rtcp_item_t *item, mw_usec_t now);

/*
 * A sender report if the slot is live and sent something since its last one.
 * MW_AGAIN: no room, call again with a fresh writer.  SDES is the caller's.
 */
mw_rc_t mw_slot_write_sr(mw_slot_t *slot, mw_rtcp_writer_t *w, mw_usec_t now);

/*
 * How many pixels from top to bottom the picture fills: the source's layer is
 * chosen by that.  The layer shown plays on until a keyframe of the other.
 */
void mw_slot_set_height(mw_slot_t *slot, unsigned height, mw_usec_t now);

/*
 * The highest temporal layer to send.  Less from the next picture on, more from
 * one on that refers to nothing that was left out.
 */
#define MW_SLOT_TEMPORAL_ALL UINT8_MAX

void mw_slot_set_temporal(mw_slot_t *slot, uint8_t tid);
uint8_t mw_slot_temporal(const mw_slot_t *slot);

/*
 * Payload type of sound with redundancy (RFC 2198), 0: none; how many packets
 * before it each one carries, 0: none; and how many copies are sent besides of
 * what is asked for again of a picture.
 */
void mw_slot_set_red(mw_slot_t *slot, uint8_t pt);
void mw_slot_protect(mw_slot_t *slot, uint8_t packets, uint8_t copies);

/* nothing is sent for now, although there is a source; then from a keyframe */
void mw_slot_pause(mw_slot_t *slot, bool pause, mw_usec_t now);

/*
 * Gives the picture up until the next keyframe, of the layer that is to be
 * shown next if that is another one.
 */
void mw_slot_break(mw_slot_t *slot, mw_usec_t now);

/* another layer is to be shown and its keyframe has not come */
bool mw_slot_switching(const mw_slot_t *slot);

/*
 * Sends about so many bytes that nobody misses over the RTX stream: the newest
 * packets once more or, where that is little, padding.  Returns how many were
 * sent, 0: it has none to send.
 */
size_t mw_slot_probe(mw_slot_t *slot, size_t bytes, mw_usec_t now);

mw_slot_state_t mw_slot_state(const mw_slot_t *slot);
bool mw_slot_paused(const mw_slot_t *slot);
unsigned mw_slot_height(const mw_slot_t *slot); /* asked for, in pixels */
unsigned mw_slot_layer(const mw_slot_t *slot);
mw_source_t *mw_slot_source(const mw_slot_t *slot);
uint32_t mw_slot_ssrc(const mw_slot_t *slot);
void mw_slot_stats(const mw_slot_t *slot, mw_slot_stats_t *stats);


/* --- for mw_source only --- */

/*
 * Many slots get a packet one after the other, and most of the time would be
 * spent waiting for memory: these fetch the slot that is second next, and, of
 * that which is next, what it points to.
 */
void mw_slot_fetch(const mw_slot_t *slot);
void mw_slot_fetch_near(const mw_slot_t *slot);

/* one packet of the slot's source */
void mw_slot_forward(
    mw_slot_t *slot, unsigned layer, mw_stored_t *pkt, mw_usec_t now);

/* the layer's numbering broke off, or all were silenced (-1): start again */
void mw_slot_restart(mw_slot_t *slot, int layer, mw_usec_t now);

/* the source's layers are others than before */
void mw_slot_choose(mw_slot_t *slot, mw_usec_t now);

/* the source ends */
void mw_slot_orphan(mw_slot_t *slot);


#endif /* MW_SLOT_H */
