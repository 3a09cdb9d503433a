/*
 * How much may be sent to one receiver: from its feedback about every packet
 * (mw_twcc.h), by the trend of delays, loss, and probes that look for more.
 * Embedded in its owner; pure, time is a parameter.
 *
 * The owner asks mw_bwe_next() for the number of each packet it sends, hands
 * in feedback, and calls mw_bwe_padding() when mw_bwe_due() says so.
 */

#ifndef MW_BWE_H
#define MW_BWE_H

#include "mw_bwe_trend.h"

#define MW_BWE_WINDOW  1024 /* packets remembered, a power of two */
#define MW_BWE_BUCKETS 10   /* of MW_BWE_BUCKET each: what arrived of late */
#define MW_BWE_BUCKET  (50 * MW_MSEC)

#define MW_BWE_START 300000 /* bit/s */
#define MW_BWE_MIN   30000
#define MW_BWE_MAX   30000000

typedef enum {
    MW_BWE_PACKET_NONE = 0,
    MW_BWE_PACKET_SENT,
    MW_BWE_PACKET_ARRIVED,
    MW_BWE_PACKET_LOST
} mw_bwe_packet_state_t;

typedef struct {
    mw_usec_t sent;
    uint16_t size;
    uint8_t state;
    bool probe; /* part of the newest probe */
} mw_bwe_packet_t;

/* packets sent at a rate above the estimate for a moment */
typedef struct {
    bool running;  /* being sent */
    bool awaited;  /* sent, feedback is not complete */
    uint32_t rate; /* bit/s */
    mw_usec_t started;
    mw_usec_t ended;
    size_t sent; /* bytes */
    unsigned packets;
    unsigned arrived;
    size_t passed;        /* bytes of them */
    size_t arrived_bytes; /* from the first one that counts on */
    uint16_t first_size, last_size;
    mw_usec_t first_sent, last_sent, first_at, last_at;
    mw_usec_t next;    /* not before */
    mw_usec_t backoff; /* after one that found nothing */
    bool again;        /* the last one found what it looked for */
} mw_bwe_probe_t;

/* what every packet touches comes first */
typedef struct {
    mw_usec_t heard; /* the last feedback, 0: none */
    uint16_t seq;    /* of the next packet */
    uint16_t credit; /* statuses that are still read */
    mw_bwe_probe_t probe;
    mw_bwe_trend_t trend;
    double estimate; /* bit/s */
    double wanted;   /* bit/s that would be put to use */

    uint32_t bucket[MW_BWE_BUCKETS]; /* bytes by receiver's clock */
    int64_t bucket_at;               /* number of the newest, 0: none */
    int64_t bucket_from;             /* number of the first */
    mw_usec_t low[MW_BWE_BUCKETS];   /* shortest way in it, by two clocks */
    mw_usec_t base[2];               /* shortest of this and the last window */
    mw_usec_t base_from;             /* arrival, when this one began */

    double capacity; /* rates at which queues built up, smoothed; 0: none */
    mw_usec_t rtt;   /* with the time until feedback, 0: not known */
    mw_usec_t peak;  /* of the queue, while there is one */
    mw_usec_t updated;
    mw_usec_t decreased;
    unsigned expected, lost; /* since `loss_from` */
    mw_usec_t loss_from;
    double loss;     /* share, of late */
    double inherent; /* of it, what does not depend on how much is sent */
    double tried;    /* the loss before the last decrease for it, 0: none */
    double before;   /* the estimate then */
    bool lossy;      /* see mw_bwe_lossy() */
    bool told;       /* the receiver says what it estimates */

    mw_bwe_packet_t packets[MW_BWE_WINDOW];
} mw_bwe_t;


void mw_bwe_init(mw_bwe_t *b, mw_usec_t now);

/* a packet of `size` bytes leaves; its number for the header extension */
uint16_t mw_bwe_next(mw_bwe_t *b, size_t size, mw_usec_t now);

/* what mw_rtcp_read found.  MW_DROP: malformed, or not about our packets */
mw_rc_t mw_bwe_feedback(
    mw_bwe_t *b, const uint8_t *data, size_t len, mw_usec_t now);

/* bit/s; before the first feedback a cautious guess */
uint32_t mw_bwe_estimate(const mw_bwe_t *b);

/* false: nothing has been tried yet, the estimate is only a guess */
bool mw_bwe_known(const mw_bwe_t *b);

/* bit/s that could be used: nothing is probed for beyond it */
void mw_bwe_want(mw_bwe_t *b, uint32_t rate);

/* what waits on the way, as far as also the luckiest packet had to */
mw_usec_t mw_bwe_queue(const mw_bwe_t *b);

/* share of packets that was lost of late, 0 to 1 */
double mw_bwe_loss(const mw_bwe_t *b);

/* so much gets lost, whatever is sent, that large pictures hardly come whole */
bool mw_bwe_lossy(const mw_bwe_t *b);


/*
 * The same by the receiver's word (REMB), where it does not report packets:
 * what it says, the share that it says was lost, and what is sent to it.
 */
void mw_bwe_tell(mw_bwe_t *b, uint32_t rate, mw_usec_t now);
void mw_bwe_tell_loss(mw_bwe_t *b, double share);
void mw_bwe_count_sent(mw_bwe_t *b, size_t size);

/*
 * And at the receiving end, without a limit before a queue was seen.  `sent`
 * by the sender's clock, MW_NEVER: not known.
 */
void mw_bwe_receive(mw_bwe_t *b, mw_usec_t rtt, mw_usec_t now);
void mw_bwe_received(mw_bwe_t *b, size_t size, mw_usec_t sent, mw_usec_t now);


/* --- mw_bwe_probe.c --- */

/* when to call mw_bwe_padding(), MW_NEVER: no probe is of use */
mw_usec_t mw_bwe_due(const mw_bwe_t *b, mw_usec_t now);

/*
 * Bytes to send on top, at once, as packets that nobody misses, small ones
 * where it is little; each is numbered by mw_bwe_next() as every other.
 * Starts and ends probes.
 */
size_t mw_bwe_padding(mw_bwe_t *b, mw_usec_t now);

/* private to mw_bwe.c: a packet of the probe left, arrived; what it showed */
void mw_bwe_probe_sent(mw_bwe_t *b, size_t size, mw_usec_t now);
void mw_bwe_probe_arrived(
    mw_bwe_t *b, const mw_bwe_packet_t *pkt, mw_usec_t at);
void mw_bwe_probe_result(mw_bwe_t *b, mw_usec_t now);


#endif /* MW_BWE_H */
