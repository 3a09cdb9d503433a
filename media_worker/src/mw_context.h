/*
 * What all rooms of one worker share.  Owned by the worker, outlives rooms;
 * a plain struct, so that a test makes one by hand.
 */

#ifndef MW_CONTEXT_H
#define MW_CONTEXT_H

#include "mw_pacer.h"
#include "mw_sdp_answer.h"
#include "mw_sdp_offer.h"
#include "mw_store.h"
#include "mw_timer.h"
#include "mw_udp.h"

#include "meet_body.h"
#include "meet_ctl.h"
#include "meet_region.h"


typedef struct mw_context_s {
    mw_timers_t *timers;
    mw_udp_t *udp;          /* NULL: no media, offers are refused */
    mw_pool_t *packets;     /* NULL: likewise */
    mw_pacer_pool_t *paced; /* NULL: nothing waits */

    meet_ctl_configure_t conf;
    int64_t unix_offset; /* Unix time less `now`, microseconds */

    struct mw_relay_s *relays; /* to other media workers */
    uint32_t held;             /* participants whose connections are here */
    uint32_t branches;         /* rooms whose home is elsewhere */
    bool spread;               /* relays are needed */

    bool draining; /* no new rooms */
    bool orphaned; /* nobody tells us any more that a link is dead */

    /* of everything that has ended; what lives is added by mw_metrics */
    meet_stats_t stats;

    /* for one record or negotiation at a time */
    uint8_t body[MEET_BODY_MAX];
    mw_sdp_offer_t offer;
    mw_sdp_answer_t answer;
} mw_context_t;


static inline uint64_t
mw_context_unix_ms(const mw_context_t *context, mw_usec_t now)
{
    return (uint64_t) ((now + context->unix_offset) / MW_MSEC);
}


#endif /* MW_CONTEXT_H */
