/*
 * Sends the prepared media as RTP: Opus every 20 ms, VP8 at MC_FPS, sender
 * reports, a keyframe when asked for, retransmissions when packets are missed.
 */

#ifndef MC_PUBLISH_H
#define MC_PUBLISH_H

#include "mc_peer.h"
#include "mc_prepare.h"


#define MC_HISTORY  512 /* packets kept for retransmission, a power of two */
#define MC_RTP_MAX  1400
#define MC_HEAD_MAX 64

typedef struct {
    uint16_t seq;
    uint16_t len;
    uint8_t data[MC_RTP_MAX];
} mc_sent_t;


/* one track; `frames` borrowed */
typedef struct {
    char mid[17];
    char rid; /* of a layer of several, 0: the only one */
    const mc_media_t *media;
    bool video;
    bool active;
    bool quiet; /* sound: nobody speaks */
    bool sent;  /* stamps the time of sending */
    uint32_t ssrc;
    uint32_t rtx_ssrc;
    uint16_t seq;
    uint16_t rtx_seq;
    uint16_t picture;
    uint8_t tl0;
    unsigned frame;
    bool want_key;
    uint32_t timestamp;
    mw_usec_t due;
    mc_sent_t *history; /* video only */
    uint64_t packets;
    uint64_t octets;
    uint64_t keyframes;
    uint64_t key_requests;
    uint64_t retransmitted;
    double told; /* bit/s that may be sent, by REMB; 0: nothing was said */
} mc_track_t;


typedef struct {
    mc_loop_t *loop;
    mc_peer_t *peer;
    const mc_media_t *media; /* one of each layer, the largest last */
    mw_timer_t timer;
    mw_usec_t next_sr;
    unsigned count;
    mc_track_t track[8];
} mc_publish_t;


void mc_publish_init(mc_publish_t *publish, mc_loop_t *loop, mc_peer_t *peer,
    const mc_media_t *media);

/*
 * The track's SSRCs are chosen here; NULL when there is no room.  `layer` is
 * the number of its media, and its RID if `simulcast`.
 */
mc_track_t *mc_publish_add(mc_publish_t *publish, const char *mid, bool video,
    unsigned layer, bool simulcast);

void mc_publish_start(mc_publish_t *publish, mw_usec_t now);
void mc_publish_rtcp(
    mc_publish_t *publish, const uint8_t *data, size_t len, mw_usec_t now);

/* header with its extensions into `out` of MC_HEAD_MAX bytes; its length */
size_t mc_publish_head(const mc_track_t *track, uint8_t *out, uint32_t ssrc,
    uint16_t seq, unsigned pt, bool marker, mw_usec_t now);

/* from now on nobody speaks, or somebody does again */
void mc_publish_quiet(mc_publish_t *publish, bool on);
void mc_publish_close(mc_publish_t *publish);


#endif /* MC_PUBLISH_H */
