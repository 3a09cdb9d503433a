/*
 * A source's packets, kept once for all who receive them, so that any slot can
 * retransmit.  One fixed pool a worker; a store is one layer's window on it:
 * by extended sequence number, bounded in time and number.  A store never
 * takes a packet from another; when the pool is short each is held to its fair
 * share.
 */

#ifndef MW_STORE_H
#define MW_STORE_H

#include "mw_dd.h"
#include "mw_rtp.h"
#include "mw_vp8.h"
#include "mw_vp9.h"

/* each slot writes its own: of VP8 and VP9 before the body, of AV1 in `dd` */
typedef union {
    mw_vp8_t vp8;
    mw_vp9_t vp9;
    mw_dd_t dd;
} mw_desc_t;

/*
 * Where somebody who was sent fewer temporal layers can be sent more: what
 * follows refers to nothing that was kept from him.
 */
typedef enum {
    MW_UP_NONE = 0,
    MW_UP_HERE, /* this picture's layer, if he has all those below */
    MW_UP_ALL   /* all above this picture's layer, if he has it */
} mw_up_t;

typedef struct {
    int64_t seq; /* extended sequence number of the source, -1: free */
    mw_usec_t received;
    uint32_t ts;
    uint16_t body_len; /* without the descriptor kept in `desc` */
    uint8_t codec;     /* mw_codec_t */
    bool marker;
    bool keyframe;  /* first packet of a keyframe */
    bool empty;     /* had no payload, or is not to be forwarded */
    bool begin;     /* first packet of a picture */
    bool end;       /* last packet of a spatial layer's frame */
    uint8_t sid;    /* spatial layer */
    uint8_t sids;   /* bit per spatial layer: who is sent it needs this */
    uint8_t tid;    /* temporal layer */
    uint8_t up;     /* mw_up_t */
    uint8_t broken; /* bit per chain: see mw_chain_input() */
    int16_t audio_level;
    int16_t orientation;
    uint8_t capture_time_len;
    uint8_t capture_time[16];
    uint8_t dd_len; /* 0: none */
    uint8_t dd[MW_DD_MAX];
    uint32_t next_free;
    uint32_t dropped; /* in this round, if it is free */
    mw_desc_t desc;
    uint8_t body[MW_PKT_MAX];
} mw_stored_t;

typedef struct mw_pool_s mw_pool_t;

/* `packets` of about 1.6 kB; pages are touched only when used.  NULL: none */
mw_pool_t *mw_pool_create(uint32_t packets);

/* after all its stores */
void mw_pool_destroy(mw_pool_t *pool);

/*
 * What was dropped can still be read by whoever put it into a queue to be
 * sent.  Queues are emptied in rounds: what waits was put in this `round` or in
 * the one before.  Memory needed earlier than that is used again after a call
 * of `settle`, which empties the queues and moves on by two.  Without it (NULL)
 * nobody reads what was dropped.
 */
void mw_pool_guard(mw_pool_t *pool, const uint32_t *round,
    void (*settle)(void *ctx), void *ctx);

/* packets in use, for metrics */
uint32_t mw_pool_used(const mw_pool_t *pool);


typedef struct mw_store_s mw_store_t;

/* `packets` kept at most, a power of two; `age` the longest.  NULL: no memory */
mw_store_t *mw_store_create(mw_pool_t *pool, uint32_t packets, mw_usec_t age);
void mw_store_destroy(mw_store_t *store);

/*
 * A packet to be filled in for `seq`, drops what is too old.  Never NULL: if
 * there is no room it is the pool's spare one, good until the next call.
 */
mw_stored_t *mw_store_put(mw_store_t *store, int64_t seq, mw_usec_t now);

/* NULL: not kept (any more) */
mw_stored_t *mw_store_get(const mw_store_t *store, int64_t seq);

/* how many numbers from the oldest to the newest kept, also those missing */
uint32_t mw_store_span(const mw_store_t *store);

/* gives back what is older than the store's age; all if now is MW_NEVER */
void mw_store_expire(mw_store_t *store, mw_usec_t now);


#endif /* MW_STORE_H */
