/*
 * Which lost packets to ask a publisher for again.  Bounded in number, tries
 * and rate; packets that are merely out of order are given a moment.  Pure.
 */

#ifndef MW_NACK_H
#define MW_NACK_H

#include "mw.h"

#define MW_NACK_PENDING 128 /* missing at once; more is a case for a keyframe */
#define MW_NACK_BATCH   64  /* asked for in one packet */
#define MW_NACK_TRIES   10

typedef struct {
    int64_t seq;
    mw_usec_t at;    /* when to ask */
    mw_usec_t asked; /* last time, if tries */
    uint8_t tries;
} mw_nack_entry_t;

typedef struct {
    mw_nack_entry_t missing[MW_NACK_PENDING]; /* rising by seq */
    unsigned count;
    int64_t highest; /* -1: nothing received yet */
    mw_usec_t next;  /* earliest `at`, MW_NEVER if none */
    mw_usec_t rtt;   /* from a request to its packet, smoothed */
} mw_nack_t;


void mw_nack_init(mw_nack_t *n);

/* `ahead`: higher than all before it; otherwise it fills a gap */
void mw_nack_received(mw_nack_t *n, int64_t seq, bool ahead, mw_usec_t now);

/*
 * What is missing before `seq` is not needed any more, if it has been asked for
 * at least so often; 0: in any case.
 */
void mw_nack_forget(mw_nack_t *n, int64_t seq, unsigned tries);

/* numbers to ask for now, rising; at most MW_NACK_BATCH.  Returns how many */
unsigned mw_nack_due(mw_nack_t *n, uint16_t seqs[MW_NACK_BATCH], mw_usec_t now);

/* when mw_nack_due() can next return some, MW_NEVER if none is missing */
mw_usec_t mw_nack_next(const mw_nack_t *n);


#endif /* MW_NACK_H */
