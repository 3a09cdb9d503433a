/*
 * One published track: reception statistics, its packets for retransmission,
 * the slots that listen, and keyframe requests.  Owned by the participant who
 * publishes; destroying it leaves its slots empty.  Nothing here blocks or
 * allocates after creation.
 */

#ifndef MW_SOURCE_H
#define MW_SOURCE_H

#include "mw_demux.h"
#include "mw_layer.h"
#include "mw_layer_choice.h"
#include "mw_rtcp_read.h"
#include "mw_rtcp_write.h"
#include "mw_store.h"

typedef struct mw_source_s mw_source_t;
typedef struct mw_slot_s mw_slot_t;

/*
 * How a publisher's NTP clock lies to the server's: one for all sources of a
 * connection, so that its sound and picture stay together.  Zero to start.
 */
typedef struct {
    int64_t offset; /* server - publisher, microseconds */
    bool known;
} mw_source_clock_t;

typedef struct {
    /* RTCP to the publisher: PLI and NACK */
    mw_rc_t (*write_rtcp)(
        void *owner, const uint8_t *data, size_t len, mw_usec_t now);

    /* mw_source_timeout() is due then; replaces what was said before */
    void (*arm)(void *owner, mw_usec_t at);

    /*
     * Audio only, may be NULL: the level of a packet (0 loudest, 127 silence)
     * and whether it is voice; false keeps the packet from the slots.  Called
     * before the packet is forwarded, and may assign slots.
     */
    bool (*level)(void *owner, uint8_t level, bool voice, mw_usec_t now);

    /*
     * Of a source that is published at another worker instead of write_rtcp,
     * else NULL: a keyframe is needed; one more layer is watched.
     */
    void (*keyframe)(void *owner, unsigned layer);
    void (*want)(void *owner);

    void *owner;
} mw_source_ops_t;

typedef struct {
    uint32_t id;         /* stamped as CSRC; low two bits are the kind */
    uint32_t local_ssrc; /* sender SSRC of our RTCP */
    mw_kind_t kind;
    mw_pool_t *pool;          /* of the worker */
    mw_source_clock_t *clock; /* of the connection, outlives the source */
    mw_source_ops_t ops;
} mw_source_conf_t;

typedef struct {
    uint64_t packets; /* accepted, without duplicates */
    uint64_t bytes;   /* payload */
    uint64_t duplicates;
    uint64_t late;      /* accepted behind a later one */
    uint64_t stale;     /* too old, or of a numbering not confirmed yet */
    uint64_t malformed; /* payload descriptor */
    uint64_t recovered; /* by RTX */
    uint64_t keyframes;
    uint64_t keyframe_requests;
    uint64_t nacks;   /* sequence numbers asked for */
    uint64_t silent;  /* kept from the slots by level() */
    int64_t lost;     /* cumulative, RFC 3550 A.3 */
    uint32_t jitter;  /* timestamp units */
    mw_usec_t last;   /* arrival of the last packet, 0: none yet */
    mw_codec_t codec; /* of the last packet */
} mw_source_stats_t;


/* copies `conf`; NULL: no memory */
mw_source_t *mw_source_create(const mw_source_conf_t *conf);
void mw_source_destroy(mw_source_t *source);

/*
 * How many layers were negotiated, 1 to MW_LAYERS; 1 to begin with.  MW_ERROR:
 * no memory, nothing has changed.
 */
mw_rc_t mw_source_set_layers(mw_source_t *source, unsigned count);

/*
 * One packet as mw_demux_input() returned it.  MW_OK: accepted, forwarded to
 * whoever listens.  MW_DROP: counted.
 */
mw_rc_t mw_source_input(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now);

/* a sender report of the publisher for one of this source's layers */
void mw_source_sr(mw_source_t *source, uint8_t layer, const mw_rtcp_item_t *sr,
    mw_usec_t now);

/*
 * Receiver report blocks for all layers that received something since they
 * were last written.  MW_AGAIN: no room, call again with a fresh writer.
 */
mw_rc_t mw_source_write_rr(
    mw_source_t *source, mw_rtcp_writer_t *w, mw_usec_t now);

/* keyframe requests, NACK, old packets; asked for by ops.arm() */
void mw_source_timeout(mw_source_t *source, mw_usec_t now);

/* taken from everybody by the rights in force; received but not forwarded */
void mw_source_mute(mw_source_t *source, bool mute, mw_usec_t now);

/* what can be had of it, least first; returns how many */
unsigned mw_source_levels(
    const mw_source_t *source, mw_level_t levels[MW_LEVELS], mw_usec_t now);

/*
 * Looks who needs which layers; true: others than before.  Several times a
 * second.
 */
bool mw_source_want(mw_source_t *source, mw_usec_t now);

/* a bit for each that is wanted, in the order of the offer; returns how many
 * layers there are */
unsigned mw_source_wanted(const mw_source_t *source, uint8_t *layers);

/* when it was last heard, not counting silence; 0: never */
mw_usec_t mw_source_heard(const mw_source_t *source);

/* a slot waits for a picture larger than those sent, and one was sent before */
bool mw_source_small(const mw_source_t *source);

uint32_t mw_source_id(const mw_source_t *source);
mw_kind_t mw_source_kind(const mw_source_t *source);
void mw_source_stats(const mw_source_t *source, mw_source_stats_t *stats);


/* --- for mw_slot only --- */

/* first member of every slot */
typedef struct mw_listener_s mw_listener_t;

struct mw_listener_s {
    mw_listener_t *prev;
    mw_listener_t *next;
};

void mw_source_attach(mw_source_t *source, mw_listener_t *listener);
void mw_source_detach(mw_source_t *source, mw_listener_t *listener);

/* the layer for a picture of so many pixels from top to bottom */
unsigned mw_source_choose(const mw_source_t *source, unsigned height);

/*
 * Its layers share one stream, and mw_source_choose() chooses among them.
 * `alone`: between keyframes none of them needs one below.
 */
bool mw_source_layered(const mw_source_t *source);
bool mw_source_described(const mw_source_t *source); /* in descriptors only */
bool mw_source_alone(const mw_source_t *source);

/* AV1: the decode targets of a stream within these layers; 0: not known */
uint32_t mw_source_targets(
    const mw_source_t *source, unsigned layer, unsigned sid, unsigned tid);

/* likewise: the chain that what is shown of it hangs on, mw_dd_chain() */
uint8_t mw_source_chain(
    const mw_source_t *source, unsigned layer, unsigned sid, unsigned tid);

/* a slot shows this layer or waits for it, or does so no more */
void mw_source_watch(mw_source_t *source, unsigned layer);
void mw_source_unwatch(mw_source_t *source, unsigned layer);

/* a slot needs a keyframe that starts after now */
void mw_source_want_keyframe(
    mw_source_t *source, unsigned layer, mw_usec_t now);

/* NULL: not kept */
mw_stored_t *mw_source_packet(
    const mw_source_t *source, unsigned layer, int64_t seq);

/* how many numbers there are between the oldest and the newest that is kept */
uint32_t mw_source_kept(const mw_source_t *source, unsigned layer);

/* highest extended sequence number, -1: none; the newest keyframe, -1: none */
int64_t mw_source_highest(const mw_source_t *source, unsigned layer);
int64_t mw_source_keyframe(const mw_source_t *source, unsigned layer);

/* the layer's RTP timestamp at a time of the server; false: not known */
bool mw_source_ts_at(
    const mw_source_t *source, unsigned layer, mw_usec_t now, uint32_t *ts);


#endif /* MW_SOURCE_H */
