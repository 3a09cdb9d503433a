/*
 * One direction of a region: a single-producer single-consumer byte ring.
 *
 * Neither side trusts the other: positions are validated at each call, and a
 * record is copied out before anything in it is looked at.  A position that
 * cannot be makes the ring BROKEN for good; the owner then drops the peer.
 *
 * Wake-up: the consumer announces `sleeping`, issues a full fence and looks
 * again before it sleeps; the producer publishes, issues a full fence and
 * rings the eventfd only if `sleeping` is set.  Without the two fences both
 * could miss each other (store buffering).
 *
 * Fences, and not a sequentially consistent exchange of `sleeping`: the
 * producer of a busy ring only reads that word, its cache line stays shared,
 * and the fence is paid once for all that was put since the last kick.  The
 * records themselves are ordered by `head` and `tail` alone, acquire and
 * release; so a thread sanitizer that ignores fences still judges all there
 * is to judge.
 */

#ifndef MEET_RING_H
#define MEET_RING_H

#include <stdbool.h>

#include "meet_record.h"
#include "meet_region.h"


typedef enum {
    MEET_RING_OK = 0,
    MEET_RING_EMPTY,
    MEET_RING_FULL,
    MEET_RING_BROKEN
} meet_ring_rc_t;


/* private to one process; borrowed: shm, data, wake */
typedef struct {
    meet_ring_shm_t *shm;
    uint8_t *data;
    uint32_t size; /* power of two */
    uint32_t broken;
    uint64_t own; /* our position: head as producer, tail as consumer */
    int wake;     /* producer: eventfd that wakes the consumer */
} meet_ring_t;


void meet_ring_init(meet_ring_t *ring, meet_ring_shm_t *shm, uint8_t *data,
    uint32_t size, int wake);

/*
 * Appends header and body and publishes them; wakes nobody, see kick().
 * `header->length` is set here.  FULL leaves the ring untouched.
 */
meet_ring_rc_t meet_ring_put(
    meet_ring_t *ring, meet_record_t *header, const void *body, size_t len);

/* After one or more puts: wakes the consumer if it sleeps.  Never blocks. */
void meet_ring_kick(meet_ring_t *ring);

/*
 * Takes one record.  `body` must hold MEET_BODY_MAX bytes.  The copy has
 * passed meet_record_check(), or its type is not one of ours (a newer peer's):
 * skip and count it.  `*len` counts what is behind the header: the list of an
 * audience, then the body.  BROKEN when the producer wrote nonsense.
 */
meet_ring_rc_t meet_ring_get(
    meet_ring_t *ring, meet_record_t *header, uint8_t *body, size_t *len);

/*
 * Consumer, before it sleeps on its eventfd: true when it may; false when
 * something came in between and consuming has to go on.
 */
bool meet_ring_sleep(meet_ring_t *ring);

/* Consumer, when it woke up: clears `sleeping` (the eventfd is its own). */
void meet_ring_awake(meet_ring_t *ring);


#endif /* MEET_RING_H */
