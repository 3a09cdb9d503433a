/*
 * The shared memory of one nginx worker and one media worker: a head page,
 * two rings, and a block of counters that the media worker keeps up to date.
 *
 * The supervisor makes it (memfd, sealed against shrinking and growing, all
 * pages present, so a full memory ends nobody later with SIGBUS) and fills in
 * the head before either side sees it.  Both sides check the head once when
 * they map the region and trust only their own copy from then on.
 */

#ifndef MEET_REGION_H
#define MEET_REGION_H

#include "meet_ipc.h"


#define MEET_RING_SIZE   (512 * 1024) /* a power of two, > MEET_RECORD_MAX */
#define MEET_REGION_PAGE 4096
#define MEET_CACHE_LINE  64

#define MEET_RESIDENCES   10
#define MEET_ROOM_FIGURES 24 /* rooms with counters of their own */


/*
 * head and tail count bytes since the beginning and never wrap in practice
 * (2^64); each is written by one side only and sits on its own cache line.
 */
typedef struct {
    uint64_t head; /* producer: end of what is published */
    uint8_t pad0[MEET_CACHE_LINE - 8];
    uint64_t tail; /* consumer: end of what is consumed */
    uint8_t pad1[MEET_CACHE_LINE - 8];
    uint32_t sleeping; /* consumer: ring the eventfd for me */
    uint8_t pad2[MEET_CACHE_LINE - 4];
} meet_ring_shm_t;

_Static_assert(sizeof(meet_ring_shm_t) == 192, "ring head");


/* written by the media worker with relaxed stores, at least once a second */
typedef struct {
    uint64_t updated; /* CLOCK_MONOTONIC, microseconds */
    uint64_t rooms;
    uint64_t participants;
    uint64_t publishers;
    uint64_t subscribers;
    uint64_t sources;
    uint64_t slots;
    uint64_t packets_in;
    uint64_t packets_out;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t drop_stun;      /* failed MESSAGE-INTEGRITY, unknown ufrag */
    uint64_t drop_address;   /* not from a validated tuple */
    uint64_t drop_auth;      /* SRTP authentication or replay */
    uint64_t drop_malformed; /* unreadable RTP, RTCP, DTLS */
    uint64_t drop_other;     /* unknown SSRC, state, limits */
    uint64_t retransmitted;
    uint64_t keyframe_requests;
    uint64_t handshakes;
    uint64_t handshakes_failed;
    uint64_t records_in;
    uint64_t records_out;
    uint64_t records_bad;
    uint64_t records_shed; /* unsequenced ones, ring full */
    uint64_t resyncs;      /* sessions marked as in need of a snapshot */
    uint64_t send_errors;

    /* microseconds in the media worker, over the period before `updated` */
    uint64_t residence_p50;
    uint64_t residence_p99;
    uint64_t spare[4];

    /* since minor 1; zeros where an older media worker writes */
    uint64_t joins;            /* participants that came in */
    uint64_t nacks_out;        /* packets asked of publishers again */
    uint64_t recovered;        /* and that came by it */
    uint64_t keyframes;        /* received */
    uint64_t nacks_in;         /* packets that receivers asked for again */
    uint64_t nacks_unmet;      /* of them: too old, too soon, too often */
    uint64_t keyframes_wanted; /* by receivers: PLI and FIR */
    uint64_t layer_switches;   /* of a picture to another layer */
    uint64_t thinned;          /* packets of pictures left out */
    uint64_t probe_bytes;      /* sent to look for more room */
    uint64_t drop_duplicate;   /* RTP that was there already */
    uint64_t drop_replay;      /* of drop_auth: seen before */
    uint64_t estimates;        /* receivers whose room is known */
    uint64_t estimate;         /* bit/s, the sum of it */
    uint64_t layers[3];        /* pictures sent in the lowest layer, .. */

    /* packets that were in the media worker for less than 64, 128, .. us */
    uint64_t residence[MEET_RESIDENCES];
    uint64_t residence_count;
    uint64_t residence_sum; /* microseconds */

    uint64_t relayed_in;   /* packets from other media workers */
    uint64_t relayed_out;  /* to them */
    uint64_t relayed_shed; /* not given to one because its ring was full */
} meet_stats_t;

_Static_assert(sizeof(meet_stats_t) == 512, "counters");


/*
 * Of single rooms, for who looks for the one that goes badly.  A room keeps
 * its place until it ends; `label` is drawn by lot, so it tells rooms apart
 * and says nothing else.  Since minor 1; zeros where an older one writes.
 */
typedef struct {
    uint64_t label; /* 0: a free place */
    uint64_t participants;
    uint64_t packets_in;
    uint64_t packets_out;
    uint64_t bytes_out;
    uint64_t retransmitted;
    uint64_t nacks_unmet;
    uint64_t keyframes;
    uint64_t keyframe_requests;
    uint64_t estimates;
    uint64_t estimate;

    /* as clients reported it */
    uint64_t freezes;
    uint64_t frozen_ms;
    uint64_t video_ms;
    uint64_t concealed_ms;
    uint64_t audio_ms;
} meet_room_figures_t;

_Static_assert(sizeof(meet_room_figures_t) == 128, "figures of a room");

typedef struct {
    uint64_t unlisted; /* rooms that found no place */
    uint64_t spare[7];
    meet_room_figures_t rooms[MEET_ROOM_FIGURES];
} meet_figures_t;


typedef struct {
    uint32_t magic;
    uint16_t major;
    uint16_t minor; /* what both sides speak: the lower of their two */
    uint64_t size;  /* of the whole region */
    uint64_t worker;
    uint32_t ring_size;
    uint32_t reserved;
    uint8_t pad[MEET_CACHE_LINE - 32];
    meet_ring_shm_t to_media;
    meet_ring_shm_t to_nginx;
    meet_stats_t stats;
    meet_figures_t figures;
} meet_region_t;

_Static_assert(sizeof(meet_region_t) == MEET_REGION_PAGE, "head page");
_Static_assert(offsetof(meet_region_t, to_media) == 64, "ring to media");
_Static_assert(offsetof(meet_region_t, to_nginx) == 256, "ring to nginx");
_Static_assert(offsetof(meet_region_t, stats) == 448, "counters");
_Static_assert(offsetof(meet_region_t, figures) == 960, "figures of rooms");

/* bytes of `to_media` follow the head page, those of `to_nginx` follow them */
#define MEET_REGION_SIZE (MEET_REGION_PAGE + 2 * (uint64_t) MEET_RING_SIZE)


/*
 * create: makes and seals the memfd; returns the descriptor (CLOEXEC) or -1
 * with errno.  map: checks the seals, the size and the head of a descriptor
 * that came from the other process; returns NULL when anything is off.
 */
int meet_region_create(uint64_t worker, unsigned minor);
meet_region_t *meet_region_map(int fd, uint64_t size, uint64_t worker);
void meet_region_unmap(meet_region_t *region);


#endif /* MEET_REGION_H */
