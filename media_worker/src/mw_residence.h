/*
 * How long packets stay in the worker: from their arrival at the socket, as
 * the kernel stamped it, to the return of the call that sent the last of them.
 * A histogram of half-octaves; adding costs a few instructions and reads no
 * clock.
 */

#ifndef MW_RESIDENCE_H
#define MW_RESIDENCE_H

#include "mw.h"


#define MW_RESIDENCE_BUCKETS 48 /* below 2 us to beyond 16 s */

typedef struct {
    uint64_t count;
    uint64_t sum; /* microseconds */
    uint64_t bucket[MW_RESIDENCE_BUCKETS];
} mw_residence_t;


/* `usec` below zero (a clock was set) counts as nothing */
void mw_residence_add(mw_residence_t *residence, mw_usec_t usec);

/*
 * Upper edge of the bucket that the share `permille` of packets since `before`
 * (NULL: ever) stayed below, 0: there were none.
 */
mw_usec_t mw_residence_quantile(const mw_residence_t *residence,
    const mw_residence_t *before, unsigned permille);

/* how many were below `usec`, an upper edge */
uint64_t mw_residence_below(const mw_residence_t *residence, mw_usec_t usec);

/* upper edge of a bucket, in microseconds; for whoever writes them out */
mw_usec_t mw_residence_edge(unsigned bucket);


#endif /* MW_RESIDENCE_H */
