/*
 * What datagrams wait in: small slots, and rooms for what does not fit into
 * one.  Both are arrays made at start, of which a page is touched only when it
 * is needed.  Who takes one gives it back; what was used last is taken first.
 */

#ifndef MW_EGRESS_POOL_H
#define MW_EGRESS_POOL_H

#include "mw_egress.h"


/*
 * Header and head of most packets; longer ones lie in a room.  With it a slot
 * takes three cache lines.
 */
#define MW_EGRESS_FRONT 117

typedef union mw_egress_room_u mw_egress_room_t;

union mw_egress_room_u {
    mw_egress_room_t *next; /* while it is free */
    uint8_t data[MW_EGRESS_ROOM];
};

struct mw_egress_slot_s {
    mw_egress_slot_t *next;
    mw_usec_t arrived;      /* the datagram that this one answers, 0: none */
    mw_rtp_out_t out;       /* if it waits */
    mw_egress_room_t *room; /* of header and head, or of all; NULL: `front` */
    uint16_t len;           /* as it is sent, but for padding */
    bool waits;             /* to be encrypted */
    uint8_t front[MW_EGRESS_FRONT];
};

_Static_assert(sizeof(mw_egress_slot_t) == 3 * MW_CACHE_LINE, "no fourth line");

typedef struct {
    mw_egress_slot_t *slots;
    mw_egress_slot_t *free_slots;
    unsigned nslots;
    unsigned fresh_slots; /* from this one on they were never used */

    mw_egress_room_t *rooms;
    mw_egress_room_t *free_rooms;
    unsigned nrooms;
    unsigned fresh_rooms;
} mw_egress_pool_t;


/* MW_ERROR: no memory; may be freed all the same */
mw_rc_t mw_egress_pool_init(
    mw_egress_pool_t *pool, unsigned slots, unsigned rooms);
void mw_egress_pool_free(mw_egress_pool_t *pool);

/* NULL: none is free.  Not zeroed. */
mw_egress_slot_t *mw_egress_pool_slot(mw_egress_pool_t *pool);
mw_egress_room_t *mw_egress_pool_room(mw_egress_pool_t *pool);

/* a slot, and its room if it has one */
void mw_egress_pool_give(mw_egress_pool_t *pool, mw_egress_slot_t *slot);


#endif /* MW_EGRESS_POOL_H */
