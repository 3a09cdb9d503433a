#include "mw_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MW_LOOP_EVENTS 256


typedef struct {
    mw_io_t *head;
    mw_io_t **tail;
} mw_io_queue_t;


struct mw_loop_s {
    int epoll;
    bool stopped;
    bool again;       /* another turn at once, whatever epoll says */
    mw_usec_t second; /* when class SECOND ended its last turn */
    mw_loop_send_pt send;
    mw_loop_end_pt end;
    void *ctx; /* of both */
    mw_io_queue_t ready[MW_IO_CLASSES];
    mw_timers_t timers;
};


static void mw_loop_first(mw_loop_t *loop, mw_usec_t now);
static bool mw_loop_second(mw_loop_t *loop, mw_usec_t now);
static unsigned mw_loop_ready(const mw_io_queue_t *queue);
static void mw_loop_call(mw_loop_t *loop, mw_io_queue_t *queue, mw_usec_t now);
static bool mw_loop_more(const mw_loop_t *loop);
static int mw_loop_timeout(
    const mw_loop_t *loop, mw_usec_t longest, mw_usec_t now);
static void mw_io_unqueue(mw_loop_t *loop, mw_io_t *io);


mw_loop_t *
mw_loop_create(void)
{
    unsigned i;
    mw_loop_t *loop;

    loop = calloc(1, sizeof(mw_loop_t));
    if (loop == NULL) {
        return NULL;
    }

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll == -1) {
        free(loop);
        return NULL;
    }

    for (i = 0; i < MW_IO_CLASSES; i++) {
        loop->ready[i].tail = &loop->ready[i].head;
    }

    mw_timers_init(&loop->timers, mw_loop_clock(), MW_MSEC);

    return loop;
}


void
mw_loop_destroy(mw_loop_t *loop)
{
    if (loop == NULL) {
        return;
    }

    close(loop->epoll);
    free(loop);
}


mw_timers_t *
mw_loop_timers(mw_loop_t *loop)
{
    return &loop->timers;
}


void
mw_loop_handlers(
    mw_loop_t *loop, mw_loop_send_pt send, mw_loop_end_pt end, void *ctx)
{
    loop->send = send;
    loop->end = end;
    loop->ctx = ctx;
}


void
mw_io_init(mw_io_t *io, mw_io_class_t class, mw_io_pt handler, void *ctx)
{
    memset(io, 0, sizeof(mw_io_t));
    io->fd = -1;
    io->class = class;
    io->handler = handler;
    io->ctx = ctx;
}


mw_rc_t
mw_loop_add(mw_loop_t *loop, mw_io_t *io, int fd)
{
    struct epoll_event event;

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;
    event.data.ptr = io;

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
        return MW_ERROR;
    }

    io->fd = fd;

    return MW_OK;
}


void
mw_loop_remove(mw_loop_t *loop, mw_io_t *io)
{
    if (io->fd == -1) {
        return;
    }

    (void) epoll_ctl(loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);

    io->fd = -1;
    mw_io_unqueue(loop, io);
}


void
mw_loop_post(mw_loop_t *loop, mw_io_t *io)
{
    mw_io_queue_t *queue;

    if (io->where != NULL) {
        return;
    }

    queue = &loop->ready[io->class];

    io->next = NULL;
    io->where = queue->tail;
    *queue->tail = io;
    queue->tail = &io->next;
}


mw_rc_t
mw_loop_turn(mw_loop_t *loop, mw_usec_t longest)
{
    int i, n;
    mw_usec_t now;
    struct epoll_event events[MW_LOOP_EVENTS];

    n = epoll_wait(loop->epoll, events, MW_LOOP_EVENTS,
        mw_loop_timeout(loop, longest, mw_loop_clock()));

    if (n == -1) {
        if (errno != EINTR) {
            return MW_ERROR;
        }

        n = 0;
    }

    now = mw_loop_clock();

    /*
     * All of them first: a handler may remove the io of an event that stands
     * further behind.
     */

    for (i = 0; i < n; i++) {
        mw_loop_post(loop, events[i].data.ptr);
    }

    mw_loop_first(loop, now);
    mw_timers_run(&loop->timers, now);

    loop->again = loop->send != NULL && loop->send(loop->ctx) == MW_AGAIN;

    if (!loop->again || now - loop->second >= MW_LOOP_PATIENCE) {
        loop->again |= mw_loop_second(loop, now);
    }

    if (loop->end != NULL) {
        loop->end(loop->ctx, now);
    }

    return MW_OK;
}


mw_rc_t
mw_loop_run(mw_loop_t *loop)
{
    while (!loop->stopped) {
        if (mw_loop_turn(loop, MW_NEVER) != MW_OK) {
            return MW_ERROR;
        }
    }

    return MW_OK;
}


void
mw_loop_stop(mw_loop_t *loop)
{
    loop->stopped = true;
}


mw_usec_t
mw_loop_clock(void)
{
    struct timespec ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (mw_usec_t) ts.tv_sec * MW_SEC + ts.tv_nsec / 1000;
}


mw_usec_t
mw_loop_unix(void)
{
    struct timespec ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (mw_usec_t) ts.tv_sec * MW_SEC + ts.tv_nsec / 1000;
}


static void
mw_loop_first(mw_loop_t *loop, mw_usec_t now)
{
    unsigned n;
    mw_io_queue_t *queue;

    queue = &loop->ready[MW_IO_FIRST];

    /* those that are ready now, not those that ask for another turn */

    for (n = mw_loop_ready(queue); n > 0 && queue->head != NULL; n--) {
        mw_loop_call(loop, queue, now);
    }
}


/* true: some had a call and may have something to send */
static bool
mw_loop_second(mw_loop_t *loop, mw_usec_t now)
{
    unsigned n;
    mw_usec_t begun;
    mw_io_queue_t *queue;

    queue = &loop->ready[MW_IO_SECOND];

    if (queue->head == NULL) {
        return false;
    }

    begun = mw_loop_clock();
    loop->second = begun;

    for (n = mw_loop_ready(queue);
         n > 0 && queue->head != NULL && loop->second - begun < MW_LOOP_SECOND;
         n--)
    {
        mw_loop_call(loop, queue, now);
        loop->second = mw_loop_clock();
    }

    return true;
}


static unsigned
mw_loop_ready(const mw_io_queue_t *queue)
{
    unsigned n;
    const mw_io_t *io;

    n = 0;

    for (io = queue->head; io != NULL; io = io->next) {
        n++;
    }

    return n;
}


static void
mw_loop_call(mw_loop_t *loop, mw_io_queue_t *queue, mw_usec_t now)
{
    mw_io_t *io;

    io = queue->head;
    mw_io_unqueue(loop, io);

    if (io->handler(io->ctx, now) == MW_AGAIN) {
        mw_loop_post(loop, io);
    }
}


static bool
mw_loop_more(const mw_loop_t *loop)
{
    unsigned i;

    for (i = 0; i < MW_IO_CLASSES; i++) {
        if (loop->ready[i].head != NULL) {
            return true;
        }
    }

    return false;
}


static int
mw_loop_timeout(const mw_loop_t *loop, mw_usec_t longest, mw_usec_t now)
{
    mw_usec_t next;

    if (loop->stopped || loop->again || mw_loop_more(loop)) {
        return 0;
    }

    next = mw_timers_next(&loop->timers);

    if (next != MW_NEVER) {
        next = (next > now) ? next - now : 0;
    }

    if (next > longest) {
        next = longest;
    }

    if (next == MW_NEVER) {
        return -1;
    }

    if (next > 60 * MW_SEC) {
        next = 60 * MW_SEC;
    }

    return (int) ((next + MW_MSEC - 1) / MW_MSEC);
}


static void
mw_io_unqueue(mw_loop_t *loop, mw_io_t *io)
{
    mw_io_queue_t *queue;

    if (io->where == NULL) {
        return;
    }

    queue = &loop->ready[io->class];

    *io->where = io->next;

    if (io->next != NULL) {
        io->next->where = io->where;

    } else {
        queue->tail = io->where;
    }

    io->next = NULL;
    io->where = NULL;
}
