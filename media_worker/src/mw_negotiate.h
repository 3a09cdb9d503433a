/*
 * One negotiation path: an offer of a browser becomes connections, sources or
 * slots, and an answer.
 */

#ifndef MW_NEGOTIATE_H
#define MW_NEGOTIATE_H

#include "mw_participant.h"


typedef struct {
    meet_offer_t offer;
    const meet_track_t *tracks; /* as many as `offer` says */
    const char *sdp;

    /*
     * From somebody who knows no tracks (WHIP, WHEP): the first section of
     * each kind is the microphone and the camera; of one who plays, the n-th
     * of each kind are the n-th slot.  Never continues an old connection.
     */
    bool anew;
} mw_negotiate_t;


/*
 * One offer.  MEET_OK: the answer is in `text` (MEET_OFFER_MAX bytes and a
 * terminating zero).  Otherwise nothing was changed, unless MEET_E_BUSY or
 * MEET_E_LIMIT, and *len bytes of a reason may be there.
 */
uint32_t mw_negotiate_offer(mw_participant_t *p, const mw_negotiate_t *in,
    char *text, size_t *len, mw_usec_t now);

/*
 * MEET_OFFER of `p`; the body has been checked.  Always sends MEET_ANSWER to
 * `link`, with a status other than MEET_OK when nothing was changed.
 */
void mw_negotiate(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);


#endif /* MW_NEGOTIATE_H */
