/* A room on its links: what is sent at once, what waits, and snapshots. */

#ifndef MW_ROOM_LINK_H
#define MW_ROOM_LINK_H

#include "mw_room.h"


/*
 * A room on one link.  Events up to `sent` are on their way to its sessions;
 * what the link has no room for stays in the tail, and if the tail runs out,
 * one snapshot for all of these sessions takes its place.
 */
struct mw_room_link_s {
    mw_room_t *room;
    mw_link_t *link;
    mw_room_link_t *next;      /* of the room */
    mw_room_link_t *next_room; /* of the link */
    mw_room_link_t *next_pending;
    unsigned sessions;
    uint64_t sent;
    bool snapshot; /* needed before any further event */
    bool quality;  /* the latest grades wait */
    bool graded;   /* some have been told */
    bool personal; /* slots or rights of somebody wait */
    bool pending;  /* in link->pending */
};


/* a session of the room on `link` came or went; NULL: no memory */
mw_room_link_t *mw_room_link_enter(mw_room_t *room, mw_link_t *link);
void mw_room_link_leave(mw_room_link_t *rl);

/* everything that waits, as far as there is room */
void mw_room_link_pump(mw_room_link_t *rl);

/* all rooms of a link; after mw_link_flush() */
void mw_room_link_pump_all(mw_link_t *link);

/* to be pumped later */
void mw_room_link_defer(mw_room_link_t *rl);

/*
 * The state of the room as MEET_SNAPSHOT records behind event `sequence`.
 * `participant` NULL: to all sessions on the link.  MW_AGAIN: the link is
 * full; all has to be sent again.
 */
mw_rc_t mw_room_send_snapshot(
    mw_room_link_t *rl, const mw_participant_t *participant, uint64_t sequence);


#endif /* MW_ROOM_LINK_H */
