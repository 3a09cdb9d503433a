/*
 * The receiving half: checks every packet of every slot.  Counts what is
 * missing, doubled, late or from the wrong source, and measures one-way
 * latency from the capture time that a native publisher stamps (both ends
 * read the same monotonic clock, so they must run on one machine).
 */

#ifndef MC_RECEIVE_H
#define MC_RECEIVE_H

#include <jansson.h>

#include "mc_peer.h"


#define MC_WINDOW_BITS 4096 /* sequence numbers remembered for doubles */
#define MC_LATENCIES   32   /* histogram: powers of sqrt(2) from 16 us */

/* one half of a slot */
typedef struct {
    uint32_t ssrc;
    uint32_t rtx_ssrc;
    bool video;
    unsigned slot;

    uint32_t expected; /* source by the newest `slots`, or NONE */
    uint32_t before;   /* and by the one before it */
    mw_usec_t mapped;
    uint32_t source; /* CSRC of the newest packet, or NONE */

    bool started;
    uint64_t first; /* extended sequence numbers */
    uint64_t highest;
    uint64_t seen[MC_WINDOW_BITS / 64];

    uint64_t packets; /* distinct, retransmitted ones included */
    uint64_t octets;
    uint64_t doubled;
    uint64_t reordered;
    uint64_t recovered; /* came by retransmission */
    uint64_t wrong_source;
    uint64_t frames; /* VP8 */
    uint64_t keyframes;
    uint64_t jumps;    /* picture id did not go on by one */
    uint64_t headless; /* first frame of a source was no keyframe */
    unsigned height;   /* by the last keyframe */
    uint64_t sizes;    /* times that it changed */
    uint16_t picture;
    bool have_picture;
    uint64_t switches;
    uint32_t timestamp;

    mw_usec_t last;
    mw_usec_t silence; /* longest pause between packets */
    uint64_t latency[MC_LATENCIES];
    uint64_t latencies;
    mw_usec_t latency_max;
} mc_half_t;

#define MC_NO_SOURCE 0xffffffffu


typedef struct {
    mc_loop_t *loop;
    mc_peer_t *peer;
    mw_timer_t timer;
    bool nack;     /* ask for what is missing */
    unsigned remb; /* kbit/s that it says it has room for, 0: nothing */
    uint32_t ssrc;
    unsigned count;
    mc_half_t *half;  /* MC_SECTIONS of them */
    uint64_t unknown; /* packets with an SSRC of nobody */
    uint64_t csrc_missing;
    uint64_t stamped; /* with a time of sending, right to 125 ms */
    uint64_t octets;  /* all that came, with retransmissions and padding */
} mc_receive_t;


int mc_receive_init(mc_receive_t *receive, mc_loop_t *loop, mc_peer_t *peer);

/* from the answer; what is known already stays as it is */
void mc_receive_half(mc_receive_t *receive, unsigned slot, bool video,
    uint32_t ssrc, uint32_t rtx_ssrc);

/* from `slots` */
void mc_receive_map(mc_receive_t *receive, unsigned slot, bool video,
    uint32_t source, mw_usec_t now);

void mc_receive_start(mc_receive_t *receive, mw_usec_t now);
void mc_receive_rtp(
    mc_receive_t *receive, const uint8_t *data, size_t len, mw_usec_t now);
uint64_t mc_receive_missing(const mc_half_t *half);
json_t *mc_receive_report(const mc_receive_t *receive, mw_usec_t now);

/* what it says it has room for, from now on */
void mc_receive_remb(mc_receive_t *receive, unsigned kbps);

/* forgets what was counted, for a measurement that starts now */
void mc_receive_reset(mc_receive_t *receive);
void mc_receive_close(mc_receive_t *receive);


#endif /* MC_RECEIVE_H */
