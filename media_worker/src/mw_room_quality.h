/* Tells everybody in a room how well everybody's connections are. */

#ifndef MW_ROOM_QUALITY_H
#define MW_ROOM_QUALITY_H

#include "mw_room.h"

/* between two looks; more in large rooms, where each goes to everybody */
#define MW_ROOM_QUALITY(participants)                                          \
    (MW_SEC + (mw_usec_t) (participants) *20 * MW_MSEC)


/* at each tick: looks when it is time, QUALITY where a grade has changed */
void mw_room_quality(mw_room_t *room, mw_usec_t now);

/* the latest grades to one link; MW_AGAIN: it is full */
mw_rc_t mw_room_send_quality(mw_room_link_t *rl);


#endif /* MW_ROOM_QUALITY_H */
