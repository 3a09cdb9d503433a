/*
 * The link to one nginx worker, or to another media worker: two rings in
 * shared memory.
 *
 * Nothing here waits for nginx.  What the ring cannot take goes, by class,
 * into a bounded side queue, back to the caller, or nowhere.  While something
 * is in the side queue no further request of that nginx worker is taken, so
 * replies cannot pile up.  Media workers, which could wait for each other that
 * way, are always heard; if the queue is too short for what must not be lost,
 * the link is broken.
 */

#ifndef MW_LINK_H
#define MW_LINK_H

#include "mw.h"

#include "meet_record.h"
#include "meet_region.h"
#include "meet_ring.h"

#define MW_LINK_QUEUE (1024 * 1024)  /* bytes of the side queue */
#define MW_LINK_RETRY (10 * MW_MSEC) /* how often to look for room again */
#define MW_LINK_TURN  4              /* records taken at once */
#define MW_LINK_RELAY 64             /* likewise, of a media worker */

typedef struct mw_link_s mw_link_t;
typedef struct mw_queued_s mw_queued_t;
struct mw_room_link_s;


typedef enum {
    MW_LINK_KEEP = 0, /* replies and what is said once: side queue */
    MW_LINK_TRY,      /* MW_AGAIN when full; the caller has it kept */
    MW_LINK_SHED      /* levels: dropped when full, counted */
} mw_link_class_t;

typedef void (*mw_link_record_pt)(void *ctx, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, size_t len,
    mw_usec_t now);


struct mw_link_s {
    mw_link_t *next;
    uint32_t number; /* the supervisor's name for that nginx worker */
    unsigned minor;  /* of the contract that it speaks */
    meet_region_t *region;
    meet_ring_t in;
    meet_ring_t out;
    bool relay;   /* the other side is a media worker */
    bool kick;    /* something was put since the last mw_link_flush() */
    bool stalled; /* requests wait until the side queue is empty */
    mw_queued_t *queue;
    mw_queued_t **queue_tail;
    size_t queued;
    uint64_t sent;
    uint64_t shed;
    uint64_t lost; /* MW_LINK_KEEP records the side queue had no room for */

    struct mw_room_link_s *rooms;   /* that have sessions here */
    struct mw_room_link_s *pending; /* of those: have something unsent */
};


/*
 * Owns `region` and `wake` (the eventfd that wakes nginx) if it succeeds.
 * NULL: no memory.
 */
mw_link_t *mw_link_create(uint32_t number, meet_region_t *region, int wake);

/* to another media worker; `first`: this one has the place of nginx in it */
mw_link_t *mw_link_create_relay(
    uint32_t number, meet_region_t *region, int wake, bool first);

/* all rooms have left it */
void mw_link_destroy(mw_link_t *link);

/*
 * Takes a turn's records; `body` is a buffer of MEET_BODY_MAX.
 * MW_OK: nothing is left and nginx will wake us, or it is stalled: call again
 * when the side queue is empty.  MW_AGAIN: call again next turn.
 * MW_ERROR: the ring is broken, the link must be destroyed.
 */
mw_rc_t mw_link_input(mw_link_t *link, uint8_t *body, mw_link_record_pt handler,
    void *ctx, mw_usec_t now);

/*
 * header->length is set here.  MW_OK: in the ring or in the side queue.
 * MW_AGAIN: see MW_LINK_TRY.  MW_DROP: lost, counted; or
 * nothing for a peer of this minor.
 */
mw_rc_t mw_link_send(mw_link_t *link, mw_link_class_t class,
    meet_record_t *header, const void *body, size_t len);

/* moves the side queue into the ring as far as it goes, then wakes nginx */
void mw_link_flush(mw_link_t *link);

/* something waits in the side queue */
static inline bool
mw_link_busy(const mw_link_t *link)
{
    return link->queue != NULL;
}


#endif /* MW_LINK_H */
