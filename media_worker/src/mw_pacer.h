/*
 * Spreads what goes to one receiver over time, so that pictures and what is
 * sent again wait here and not in a queue on the way, where sound would wait
 * behind them.  A receiver far from its limit is not held up: packets go
 * straight through.  What waits lies in a pool of the worker; its space and
 * the time it may wait are bounded, and who would have to wait longer is told.
 *
 * Embedded in its owner; pure but for the pool.
 */

#ifndef MW_PACER_H
#define MW_PACER_H

#include "mw_rtp.h"

#define MW_PACER_PAYLOAD 1440 /* see mw_pacer_fits() */
#define MW_PACER_STREAMS 64

/* the longest that a picture may wait at the rate of the moment */
#define MW_PACER_LONGEST (250 * MW_MSEC)

/* a small keyframe must find room however low the rate is, bytes */
#define MW_PACER_LEAST 10000

typedef enum {
    MW_PACER_AGAIN = 0, /* retransmissions: they are late already */
    MW_PACER_NEW,
    MW_PACER_CLASSES
} mw_pacer_class_t;

typedef struct mw_paced_s mw_paced_t;

struct mw_paced_s {
    mw_paced_t *next;
    mw_rtp_out_t out; /* all of it lies here */
    uint8_t stream;
    uint8_t header[MW_RTP_HEADER_MAX];
    uint8_t payload[MW_PACER_PAYLOAD];
};

typedef struct mw_pacer_pool_s mw_pacer_pool_t;

typedef struct {
    mw_paced_t *head;
    mw_paced_t **tail;
} mw_pacer_queue_t;

typedef struct {
    mw_pacer_pool_t *pool;
    mw_pacer_queue_t queues[MW_PACER_CLASSES];
    uint32_t rate;     /* bit/s, 0: no limit */
    mw_usec_t burst;   /* that much at once, in time at that rate */
    mw_usec_t busy;    /* when what was sent would be through at that rate, at
                          most MW_PACER_LONGEST from when it was sent */
    unsigned patience; /* how often MW_PACER_LONGEST is doubled */
    size_t bytes;      /* that wait */
    size_t stream_bytes[MW_PACER_STREAMS];
    uint64_t waited; /* packets that had to wait */
    uint64_t full;   /* refused */
} mw_pacer_t;


/* NULL: no memory; pages are touched only when used */
mw_pacer_pool_t *mw_pacer_pool_create(uint32_t packets);
void mw_pacer_pool_destroy(mw_pacer_pool_t *pool);
uint32_t mw_pacer_pool_used(const mw_pacer_pool_t *pool);


/* `pool` may be NULL: then nothing waits */
void mw_pacer_init(mw_pacer_t *p, mw_pacer_pool_t *pool);

/* gives everything back; before the owner's memory goes */
void mw_pacer_clear(mw_pacer_t *p);

void mw_pacer_limit(mw_pacer_t *p, uint32_t rate, mw_usec_t burst);

/* true: may be sent at once */
bool mw_pacer_open(const mw_pacer_t *p, mw_pacer_class_t class, mw_usec_t now);

/* `size` bytes are sent now, whether they waited or not */
void mw_pacer_sent(mw_pacer_t *p, size_t size, mw_usec_t now);

/* false: too long to wait, mw_pacer_put() never has room for it */
bool mw_pacer_fits(const mw_rtp_out_t *out);

/* keeps a copy.  MW_AGAIN: there is no room, or it would wait for too long */
mw_rc_t mw_pacer_put(mw_pacer_t *p, mw_pacer_class_t class, unsigned stream,
    const mw_rtp_out_t *out);

/* the next packet to be sent now, then mw_pacer_done(); NULL: not now */
mw_paced_t *mw_pacer_next(mw_pacer_t *p, mw_usec_t now);
void mw_pacer_done(mw_pacer_t *p, mw_paced_t *pkt);

/* when there is something for mw_pacer_next(), MW_NEVER: nothing waits */
mw_usec_t mw_pacer_due(const mw_pacer_t *p);

/* how long so many bytes take at the rate of the moment */
mw_usec_t mw_pacer_time(const mw_pacer_t *p, size_t bytes);

/* forgets what waits of one stream */
void mw_pacer_drop(mw_pacer_t *p, unsigned stream);

/* the stream that most waits of */
unsigned mw_pacer_largest(const mw_pacer_t *p);


#endif /* MW_PACER_H */
