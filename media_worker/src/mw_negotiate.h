/*
 * One negotiation path: an offer of a browser becomes connections, sources or
 * slots, and an answer.
 */

#ifndef MW_NEGOTIATE_H
#define MW_NEGOTIATE_H

#include "mw_participant.h"


/*
 * MEET_OFFER of `p`; the body has been checked.  Always sends MEET_ANSWER to
 * `link`, with a status other than MEET_OK when nothing was changed.
 */
void mw_negotiate(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);


#endif /* MW_NEGOTIATE_H */
