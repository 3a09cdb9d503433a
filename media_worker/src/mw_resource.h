/*
 * Participants without a session: encoders and players that came by WHIP and
 * WHEP.  They live by ICE consent alone, and whoever knows the secret they came
 * with may speak of them, on any link.
 */

#ifndef MW_RESOURCE_H
#define MW_RESOURCE_H

#include "mw_participant.h"

#include "mw_sdp_offer.h"

#define MW_RESOURCE_HEIGHT 2160 /* of what is played, as large as it comes */


struct mw_resource_s {
    uint64_t id; /* random, of one opening */
    uint8_t verifier[MEET_VERIFIER_LEN];
    uint32_t etag;   /* of the ICE session, +1 with each restart */
    uint32_t source; /* to play; MEET_NO_SOURCE: whoever speaks */
    uint32_t audio;  /* that is heard with it */
    bool video;      /* the section that answers to a restart name */
    char mid[MW_SDP_MID_MAX + 1];
};


/* MEET_RESOURCE_...; always answers */
void mw_resource(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now);

/*
 * Before a view is computed: what `p` plays is put into its entries, and into
 * `heard` if only one source is to be heard; returns the new `nheard`.
 */
unsigned mw_resource_view(
    mw_participant_t *p, const uint32_t **heard, unsigned nheard);


#endif /* MW_RESOURCE_H */
