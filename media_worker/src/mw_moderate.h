/*
 * What moderators and owners may do to others.
 */

#ifndef MW_MODERATE_H
#define MW_MODERATE_H

#include "mw_participant.h"


/* MEET_MODERATE of `p`; always answered; may destroy participants or the room
 */
void mw_moderate(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);


#endif /* MW_MODERATE_H */
