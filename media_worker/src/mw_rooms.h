/*
 * The rooms of one worker, and the fence around them: records of older epochs
 * and of deleted incarnations are refused (MEET_E_STALE).
 */

#ifndef MW_ROOMS_H
#define MW_ROOMS_H

#include "mw_room.h"

#define MW_ROOMS_HASH    1024
#define MW_ROOMS_DELETED 4096 /* incarnations remembered, oldest go first */
#define MW_ROOMS_TESTS   16   /* connection tests at one time */


typedef struct {
    uint8_t incarnation[MEET_INCARNATION_LEN];
    mw_usec_t until;
} mw_deleted_t;

typedef struct mw_rooms_s {
    mw_context_t *context;
    uint32_t count;
    uint32_t tests; /* of them */
    uint64_t bad;   /* records that no nginx worker should have sent */
    mw_room_t *buckets[MW_ROOMS_HASH];

    mw_deleted_t *deleted; /* ring */
    unsigned first;
    unsigned ndeleted;
} mw_rooms_t;


/* MW_ERROR: no memory */
mw_rc_t mw_rooms_init(mw_rooms_t *rooms, mw_context_t *context);

/* destroys all rooms, tells nobody */
void mw_rooms_clear(mw_rooms_t *rooms, mw_usec_t now);

/* one record of nginx (mw_link_record_pt, `ctx` is the mw_rooms_t) */
void mw_rooms_record(void *ctx, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now);

/* that nginx worker is gone: its sessions end, participants stay */
void mw_rooms_link_gone(mw_rooms_t *rooms, mw_link_t *link, mw_usec_t now);

/* no new rooms from now on, and empty ones go at once */
void mw_rooms_drain(mw_rooms_t *rooms, mw_usec_t now);

/* nobody reports dead links any more */
void mw_rooms_orphaned(mw_rooms_t *rooms, mw_usec_t now);

/* from a room that is empty: destroys it */
void mw_rooms_remove(mw_rooms_t *rooms, mw_room_t *room, mw_usec_t now);


#endif /* MW_ROOMS_H */
