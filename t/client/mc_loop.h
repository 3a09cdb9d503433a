/*
 * The native participant's event loop: epoll, and the media worker's timer
 * wheel.  One loop serves any number of participants.
 */

#ifndef MC_LOOP_H
#define MC_LOOP_H

#include <sys/epoll.h>

#include "mw.h"
#include "mw_timer.h"


typedef void (*mc_io_pt)(void *ctx, uint32_t events, mw_usec_t now);

/* embedded by whoever owns the descriptor; must outlive its registration */
typedef struct {
    int fd;
    mc_io_pt handler;
    void *ctx;
} mc_io_t;


typedef struct {
    int epoll;
    bool stop;
    mw_timers_t timers;
    mw_usec_t now;      /* of the turn that is under way */
    mw_usec_t late_max; /* longest delay of a turn behind its timer */
} mc_loop_t;


/* CLOCK_MONOTONIC in microseconds */
mw_usec_t mc_now(void);

/* 0, or -1 with errno */
int mc_loop_init(mc_loop_t *loop);
void mc_loop_run(mc_loop_t *loop);
void mc_loop_close(mc_loop_t *loop);

int mc_io_add(mc_loop_t *loop, mc_io_t *io, uint32_t events);
void mc_io_change(mc_loop_t *loop, mc_io_t *io, uint32_t events);
void mc_io_remove(mc_loop_t *loop, mc_io_t *io);


#endif /* MC_LOOP_H */
