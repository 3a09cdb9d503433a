/*
 * What the two connections of a participant have in common: the peer, the
 * revision rule, the state of negotiation.  The first member of mw_publish_t
 * and mw_subscribe_t, so that a pointer to one is a pointer to the other.
 */

#ifndef MW_CONNECTION_H
#define MW_CONNECTION_H

#include "mw_participant.h"
#include "mw_peer.h"
#include "mw_rtcp_write.h"

#define MW_REPORT (1 * MW_SEC) /* between RTCP reports of a connection */

typedef struct {
    mw_participant_t *participant;
    mw_peer_t *peer;
    uint32_t revision; /* of the last offer taken */
    uint32_t answers;
    uint64_t session;  /* o= line of answers */
    mw_timer_t timer;  /* of the peer */
    mw_timer_t report; /* RTCP */
} mw_connection_t;


/*
 * Makes the peer of an offer.  Handlers and the timer of reports get the
 * connection.  MW_ERROR: no memory or no randomness.
 */
mw_rc_t mw_connection_open(mw_connection_t *connection, mw_participant_t *p,
    const mw_sdp_offer_t *offer, const mw_peer_handlers_t *handlers,
    mw_timer_pt report, mw_usec_t now);

/* handlers that are the same for both */
void mw_connection_on_consent(void *owner, bool fresh, mw_usec_t now);
void mw_connection_set_timer(void *owner, mw_usec_t at);

/* counts why the peer closed */
void mw_connection_closed(mw_connection_t *connection, mw_peer_reason_t reason);

/* the section that a track names; nsections: none that is in use */
unsigned mw_connection_section(
    const mw_sdp_answer_t *answer, const meet_track_t *track);

/* after slots and sources are gone; also counts what the peer did */
void mw_connection_close(mw_connection_t *connection);

/* adds what this peer has done to the counters */
void mw_connection_count(
    const mw_connection_t *connection, meet_stats_t *stats);

/* MTU-sized buffers of reports; sends what is in `w` and starts it anew */
void mw_connection_write_rtcp(
    mw_connection_t *connection, mw_rtcp_writer_t *w, mw_usec_t now);


#endif /* MW_CONNECTION_H */
