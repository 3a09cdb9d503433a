/* epoll and timers. */

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "mc_loop.h"


#define MC_EVENTS 64

/* of timers: many who send do so one after the other, not at once */
#define MC_TICK 100


mw_usec_t
mc_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (mw_usec_t) ts.tv_sec * MW_SEC + ts.tv_nsec / 1000;
}


int
mc_loop_init(mc_loop_t *loop)
{
    memset(loop, 0, sizeof(*loop));

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->now = mc_now();
    mw_timers_init(&loop->timers, loop->now, MC_TICK);

    return loop->epoll == -1 ? -1 : 0;
}


static mw_usec_t
mc_loop_wait(mc_loop_t *loop)
{
    mw_usec_t next, wait;

    next = mw_timers_next(&loop->timers);

    if (next == MW_NEVER) {
        return MW_SEC;
    }

    wait = next - mc_now();

    if (wait <= 0) {
        if (-wait > loop->late_max) {
            loop->late_max = -wait;
        }

        return 0;
    }

    return wait > MW_SEC ? MW_SEC : wait;
}


void
mc_loop_run(mc_loop_t *loop)
{
    int i, n;
    mc_io_t *io;
    mw_usec_t wait;
    struct timespec ts;
    struct epoll_event events[MC_EVENTS];

    while (!loop->stop) {
        wait = mc_loop_wait(loop);
        ts.tv_sec = wait / MW_SEC;
        ts.tv_nsec = wait % MW_SEC * 1000;

        n = epoll_pwait2(loop->epoll, events, MC_EVENTS, &ts, NULL);

        if (n == -1 && errno == ENOSYS) {
            n = epoll_wait(loop->epoll, events, MC_EVENTS,
                (int) ((wait + MW_MSEC - 1) / MW_MSEC));
        }

        loop->now = mc_now();

        for (i = 0; i < n; i++) {
            io = events[i].data.ptr;

            /* a handler before may have closed this one */
            if (io->fd != -1) {
                io->handler(io->ctx, events[i].events, loop->now);
            }
        }

        mw_timers_run(&loop->timers, loop->now);
    }
}


void
mc_loop_close(mc_loop_t *loop)
{
    close(loop->epoll);
}


int
mc_io_add(mc_loop_t *loop, mc_io_t *io, uint32_t events)
{
    struct epoll_event ev;

    memset(&ev, 0, sizeof(ev));
    ev.events = events;
    ev.data.ptr = io;

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, io->fd, &ev);
}


void
mc_io_change(mc_loop_t *loop, mc_io_t *io, uint32_t events)
{
    struct epoll_event ev;

    memset(&ev, 0, sizeof(ev));
    ev.events = events;
    ev.data.ptr = io;

    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, io->fd, &ev);
}


void
mc_io_remove(mc_loop_t *loop, mc_io_t *io)
{
    if (io->fd != -1) {
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
        close(io->fd);
        io->fd = -1;
    }
}
