/*
 * A publisher: tracks at a steady rate, each picture leaving as one segmented
 * send or, paced, as a few; keyframes and retransmissions on request, sender reports.
 */

#ifndef ML_SEND_H
#define ML_SEND_H

#include "mc_publish.h"
#include "mc_sdp.h"
#include "ml.h"


#define ML_RING 1024 /* packets that can be sent again, a power of two */

/* enough to make the same packet again */
typedef struct {
    uint32_t number;
    uint32_t timestamp;
    uint16_t seq;
    uint16_t picture;
    uint8_t tl0;
    bool used;
    bool key;
    bool first;
    bool last;
} ml_sent_t;

typedef struct {
    mc_track_t rtp;   /* numbers, SSRCs and header extensions */
    unsigned packets; /* of a picture */
    size_t size;      /* payload of each */
    unsigned width;
    unsigned height;
    mw_usec_t step;
    uint32_t number;
    uint32_t source;
    ml_sent_t *ring; /* video only */

    /* the picture that is leaving */
    ml_sent_t frame;
    unsigned left;  /* packets of it */
    unsigned burst; /* packets at once */
    mw_usec_t more; /* the next ones of them */
} ml_track_t;

struct ml_sender_s {
    ml_person_t *person;
    mc_peer_t peer;
    mw_timer_t timer;
    mw_usec_t next_sr;
    unsigned count;
    ml_track_t track[ML_TRACKS];
};


/* with the tracks that the configuration names; NULL: no memory or socket */
ml_sender_t *ml_sender_create(ml_person_t *person);
void ml_sender_destroy(ml_sender_t *sender);

/* sections of its tracks, credentials and all */
void ml_sender_offer(ml_sender_t *sender, mc_offer_t *offer);


#endif /* ML_SEND_H */
