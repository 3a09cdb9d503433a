/*
 * The beginning of a session: who is let in, and what a client is told so
 * that it can go on where it was.
 */

#ifndef MW_SESSION_H
#define MW_SESSION_H

#include "mw_participant.h"


/* MEET_SESSION_OPEN */
void mw_session_open(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);

/* nobody else fits in; `admitted`: has been in before */
bool mw_session_full(const mw_room_t *room, uint64_t id, bool admitted);

/*
 * A new participant with a session: JOINED to the others, WELCOME and snapshot
 * to itself.  `header`: the request to be answered; NULL: it was admitted from
 * the lobby and nobody waits for a reply.
 */
void mw_session_begin(
    mw_participant_t *p, const meet_record_t *header, mw_usec_t now);

/* its connections are gone: welcomed once more, so that it makes new ones */
void mw_session_reconnect(mw_participant_t *p);


#endif /* MW_SESSION_H */
