/*
 * The worker process from inside.  Private to mw_worker.c (start, stop, the
 * loop) and mw_worker_channel.c (what the supervisor says).
 */

#ifndef MW_WORKER_CHANNEL_H
#define MW_WORKER_CHANNEL_H

#include "mw_channel.h"
#include "mw_loop.h"
#include "mw_relay.h"
#include "mw_rooms.h"


typedef struct mw_worker_s mw_worker_t;
typedef struct mw_worker_link_s mw_worker_link_t;

struct mw_worker_link_s {
    mw_worker_link_t *next;
    mw_worker_t *worker;
    mw_link_t *link;
    mw_relay_t *relay; /* NULL: of nginx */
    mw_io_t io;        /* eventfd that wakes us */
};

typedef struct {
    mw_worker_t *worker;
    mw_io_t io;
} mw_worker_socket_t;

struct mw_worker_s {
    mw_loop_t *loop;
    mw_io_t channel;
    mw_io_t signals;
    mw_udp_t *udp;
    mw_worker_socket_t sockets[MW_UDP_SOCKETS];
    mw_shakes_t *shakes;
    mw_io_t shaking; /* without a descriptor, posted while some wait */
    mw_worker_link_t *links;
    mw_timer_t heartbeat;
    mw_timer_t metrics;
    mw_timer_t retry;
    bool spread;              /* relays have been asked for */
    mw_residence_t residence; /* by the newest metrics */
    meet_figures_t figures;   /* likewise */
    uint64_t instance;
    uint32_t index;
    mw_rooms_t rooms;
    mw_context_t context;
    uint8_t body[MEET_BODY_MAX]; /* of the record being read */
};


/* waits for START and takes it; MW_ERROR: said why */
mw_rc_t mw_worker_first(mw_worker_t *worker);

/* MW_CHANNEL_...; `value` is its port or link */
void mw_worker_say(mw_worker_t *worker, uint32_t type, uint32_t value);

/* its sessions end, participants stay */
void mw_worker_unlink(mw_worker_link_t *wl, mw_usec_t now);

void mw_worker_address(mw_addr_t *to, const meet_ctl_address_t *from);


#endif /* MW_WORKER_CHANNEL_H */
