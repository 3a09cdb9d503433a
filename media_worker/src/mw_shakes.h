/*
 * Handshakes under way: their datagrams wait here, and are worked off between
 * media within a budget of time, so that many who join at once delay nobody's
 * call.  Peers take turns.  Bounded, in all and for each peer; a datagram that
 * finds no room is lost as on any network, and DTLS sends it again.
 */

#ifndef MW_SHAKES_H
#define MW_SHAKES_H

#include "mw.h"
#include "mw_udp_path.h"

#define MW_SHAKES      512 /* datagrams that wait */
#define MW_SHAKES_EACH 6   /* of one peer */

/* of one turn; the last one may exceed it */
#define MW_SHAKES_BUDGET (MW_MSEC / 2)

typedef struct mw_shakes_s mw_shakes_t;
typedef struct mw_shake_s mw_shake_t;
typedef struct mw_shaker_s mw_shaker_t;

/* one is embedded in each peer; zeroed to begin with */
struct mw_shaker_s {
    mw_shake_t *head;
    mw_shake_t *tail;
    unsigned waiting;
    mw_shaker_t *prev; /* among those that have something waiting */
    mw_shaker_t *next;
};

/* CLOCK_MONOTONIC, see mw_loop_clock() */
typedef mw_usec_t (*mw_shakes_clock_pt)(void);

/* works off one; may forget any shaker */
typedef void (*mw_shakes_pt)(mw_shaker_t *shaker, const mw_path_t *path,
    const uint8_t *data, size_t len, mw_usec_t now);


/* NULL: no memory; pages are touched only when used */
mw_shakes_t *mw_shakes_create(mw_shakes_pt handler, mw_shakes_clock_pt clock);
void mw_shakes_destroy(mw_shakes_t *shakes);

/* copies the datagram.  MW_AGAIN: no room */
mw_rc_t mw_shakes_put(mw_shakes_t *shakes, mw_shaker_t *shaker,
    const mw_path_t *path, const uint8_t *data, size_t len);

/* drops what waits; before its owner goes */
void mw_shakes_forget(mw_shakes_t *shakes, mw_shaker_t *shaker);

/* at least one.  MW_AGAIN: more wait */
mw_rc_t mw_shakes_run(mw_shakes_t *shakes, mw_usec_t now);

unsigned mw_shakes_waiting(const mw_shakes_t *shakes);


#endif /* MW_SHAKES_H */
