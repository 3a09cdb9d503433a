/*
 * Outgoing datagrams, collected per receiver, so that packets to one receiver
 * leave as one segmented send.  Media packets wait as they are and are
 * encrypted one receiver after the other when they leave: what belongs to a
 * receiver is then fetched from memory once for all its packets, and what is
 * encrypted goes to the kernel from the cache.
 *
 * A queue belongs to the receiver (one is embedded in each mw_peer_t) and
 * borrows slots of the egress' fixed pools until it is sent.  Nothing here
 * allocates or fails: of a full pool a portion is sent, a datagram the kernel
 * does not take is lost and counted, as on any network.
 */

#ifndef MW_EGRESS_H
#define MW_EGRESS_H

#include "mw.h"
#include "mw_residence.h"
#include "mw_rtp.h"
#include "mw_udp_path.h"

#include <sys/uio.h>


#define MW_EGRESS_ROOM  1664 /* bytes behind mw_egress_reserve() */
#define MW_EGRESS_RUN   32   /* datagrams in one send */
#define MW_EGRESS_NEAR  320  /* bytes fetched ahead, see the queue's `near` */
#define MW_EGRESS_CLOCK 8    /* sends between two looks at the clock */

/* sends, then it is looked what came meanwhile: a tenth of a millisecond */
#define MW_EGRESS_PORTION 32

/*
 * Padding (RFC 3550 section 5.1) that makes the packets of a send equal, and
 * the length from which it is worth that
 */
#define MW_EGRESS_PAD     32
#define MW_EGRESS_PAD_MIN 512

typedef struct mw_egress_s mw_egress_t;
typedef struct mw_egress_slot_s mw_egress_slot_t;


/*
 * Sends `n` datagrams to one path.  All have the length of the first, only
 * the last may be shorter.  Must not block.  Returns how many of them were
 * handed to the kernel.
 */
typedef unsigned (*mw_egress_send_pt)(
    void *ctx, const mw_path_t *path, const struct iovec *iov, unsigned n);


/* CLOCK_MONOTONIC, see mw_loop_clock() */
typedef mw_usec_t (*mw_egress_clock_pt)(void);


typedef struct mw_egress_queue_s mw_egress_queue_t;

/*
 * Writes the packet to `to`, of MW_EGRESS_ROOM bytes, encrypted.  With
 * `padding`, not 0, it is so many bytes longer.  Returns its length, 0: it is
 * not to be sent.
 */
typedef size_t (*mw_egress_seal_pt)(mw_egress_queue_t *queue,
    const mw_rtp_out_t *out, size_t padding, uint8_t *to);


typedef struct {
    mw_egress_slot_t *head;
    mw_egress_slot_t *tail;
} mw_egress_list_t;


/*
 * Sound and reports leave behind the pictures they came between: packets of one
 * length are next to each other then, and a short one may end a send.
 */
struct mw_egress_queue_s {
    mw_egress_list_t pictures;
    mw_egress_list_t others;
    mw_egress_queue_t *next; /* among queues that have something to send */
    mw_egress_seal_pt seal;  /* NULL: nothing is put that waits for it */
    const void *near;        /* what it needs to: fetched ahead, may be NULL */
    uint32_t round;          /* if queued: the egress' when it was */
    bool queued;
    mw_path_t path; /* set by the owner before reserve, see _retarget */
};


typedef struct {
    uint64_t packets;
    uint64_t bytes;
    uint64_t sends; /* calls of the send function */
    uint64_t lost;  /* not taken by the kernel */
} mw_egress_stats_t;


/*
 * NULL: no memory.  `slots` datagrams may wait at once, `rooms` of them written
 * to what mw_egress_reserve() returned or with a long header; both at least 1.
 */
mw_egress_t *mw_egress_create(
    unsigned slots, unsigned rooms, mw_egress_send_pt send, void *ctx);
void mw_egress_destroy(mw_egress_t *egress);

/* zeroes; a queue needs no destruction once mw_egress_forget() was called */
void mw_egress_queue_init(mw_egress_queue_t *queue, mw_egress_seal_pt seal);

/* drops what is waiting; must be called before the queue's memory goes */
void mw_egress_forget(mw_egress_t *egress, mw_egress_queue_t *queue);

/* changes the receiver's path; what is waiting is sent to the old one first */
void mw_egress_retarget(
    mw_egress_t *egress, mw_egress_queue_t *queue, const mw_path_t *path);

/*
 * Room for one datagram of MW_EGRESS_ROOM bytes, never NULL.  It is valid
 * until the next call of any mw_egress function; without commit it is simply
 * given to the next one who asks.
 */
uint8_t *mw_egress_reserve(mw_egress_t *egress);
void mw_egress_commit(
    mw_egress_t *egress, mw_egress_queue_t *queue, size_t len);

/*
 * Queues a packet that is encrypted when it leaves: header and head are copied,
 * for the body see mw_rtp_out_t.  `len` is the length that the queue's `seal`
 * will return without padding.
 */
void mw_egress_put(mw_egress_t *egress, mw_egress_queue_t *queue,
    const mw_rtp_out_t *out, size_t len);

/* one datagram to a path without a queue (STUN responses), sent at once */
void mw_egress_send_now(mw_egress_t *egress, const mw_path_t *path,
    const uint8_t *data, size_t len);

/*
 * Sends to one receiver after the other all that waits for it, who waits
 * longest first, until MW_EGRESS_PORTION calls of the send function were made.
 * True: others still wait.
 */
bool mw_egress_portion(mw_egress_t *egress);

/* sends everything */
void mw_egress_flush(mw_egress_t *egress);

/*
 * Goes up, and around, as queues are emptied: what waits was put in this round
 * or in the one before.  Valid as long as the egress.
 */
const uint32_t *mw_egress_round(const mw_egress_t *egress);

/*
 * Measures how long datagrams stay: from mw_egress_arrived(), which holds for
 * all that are committed until it is called again, to the return of the call
 * that sends them.  0: what follows answers no datagram.  The clock is read
 * once for MW_EGRESS_CLOCK sends.
 */
void mw_egress_measure(mw_egress_t *egress, mw_egress_clock_pt clock);
void mw_egress_arrived(mw_egress_t *egress, mw_usec_t at);
const mw_residence_t *mw_egress_residence(const mw_egress_t *egress);

/* datagrams that wait to be sent */
unsigned mw_egress_waiting(const mw_egress_t *egress);
const mw_egress_stats_t *mw_egress_stats(const mw_egress_t *egress);


#endif /* MW_EGRESS_H */
