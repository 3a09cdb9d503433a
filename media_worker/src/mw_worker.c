#include "mw_worker.h"

#include "mw_channel.h"
#include "mw_log.h"
#include "mw_loop.h"
#include "mw_metrics.h"
#include "mw_srtp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define MW_WORKER_PACKETS 16384         /* kept for retransmission */
#define MW_WORKER_FLUSH   (2 * MW_MSEC) /* egress waits that long at most */
#define MW_WORKER_START   5000          /* ms until START must be here */
#define MW_WORKER_PLACES  10000         /* participants of a room at most */

#if defined(__SANITIZE_ADDRESS__)
#define MW_WORKER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MW_WORKER_SANITIZED 1
#endif
#endif


typedef struct mw_worker_s mw_worker_t;
typedef struct mw_worker_link_s mw_worker_link_t;

struct mw_worker_link_s {
    mw_worker_link_t *next;
    mw_worker_t *worker;
    mw_link_t *link;
    mw_io_t io; /* eventfd that wakes us */
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
    mw_worker_link_t *links;
    mw_timer_t heartbeat;
    mw_timer_t metrics;
    mw_timer_t retry;
    mw_usec_t flushed;
    uint64_t instance;
    uint32_t index;
    mw_rooms_t rooms;
    mw_context_t context;
    uint8_t body[MEET_BODY_MAX]; /* of the record being read */
};


static void mw_worker_limits(void);
static mw_rc_t mw_worker_start(mw_worker_t *worker);
static mw_rc_t mw_worker_first(mw_worker_t *worker);
static mw_rc_t mw_worker_bind(mw_worker_t *worker);
static mw_rc_t mw_worker_signals(mw_worker_t *worker);
static void mw_worker_configure(
    mw_worker_t *worker, const meet_ctl_configure_t *conf);
static void mw_worker_address(mw_addr_t *to, const meet_ctl_address_t *from);
static void mw_worker_close(mw_worker_t *worker);
static mw_rc_t mw_worker_channel(void *ctx, mw_usec_t now);
static void mw_worker_message(mw_worker_t *worker, const mw_channel_msg_t *msg,
    int *fds, unsigned nfds, mw_usec_t now);
static void mw_worker_say(mw_worker_t *worker, uint32_t type, uint32_t value);
static void mw_worker_link(mw_worker_t *worker, uint32_t number, int *fds);
static void mw_worker_unlink(mw_worker_link_t *wl, mw_usec_t now);
static mw_rc_t mw_worker_wake(void *ctx, mw_usec_t now);
static mw_rc_t mw_worker_socket(void *ctx, mw_usec_t now);
static mw_rc_t mw_worker_signal(void *ctx, mw_usec_t now);
static void mw_worker_heartbeat(void *ctx, mw_usec_t now);
static void mw_worker_metrics(void *ctx, mw_usec_t now);
static void mw_worker_retry(void *ctx, mw_usec_t now);
static void mw_worker_end(void *ctx, bool more, mw_usec_t now);


int
mw_worker_main(void)
{
    int status;
    mw_worker_t *worker;

    mw_log_name("worker");
    mw_worker_limits();

    worker = calloc(1, sizeof(mw_worker_t));
    if (worker == NULL) {
        return 1;
    }

    worker->channel.fd = -1;
    worker->signals.fd = -1;

    status = 1;

    if (mw_worker_start(worker) == MW_OK) {
        if (mw_loop_run(worker->loop) == MW_OK) {
            status = 0;

        } else {
            mw_log(MW_LOG_ERROR, "epoll: %s", strerror(errno));
        }
    }

    mw_worker_close(worker);

    return status;
}


static void
mw_worker_limits(void)
{
    struct rlimit limit;

    limit.rlim_cur = 0;
    limit.rlim_max = 0;
    (void) setrlimit(RLIMIT_CORE, &limit);

#if !MW_WORKER_SANITIZED

    /* a leak checker has to be able to look into us, others have not */

    (void) prctl(PR_SET_DUMPABLE, 0);

#endif

    (void) signal(SIGPIPE, SIG_IGN);
}


static mw_rc_t
mw_worker_start(mw_worker_t *worker)
{
    mw_usec_t now;
    mw_timers_t *timers;

    worker->loop = mw_loop_create();

    if (worker->loop == NULL || mw_srtp_init() != MW_OK) {
        return MW_ERROR;
    }

    timers = mw_loop_timers(worker->loop);
    worker->context.timers = timers;

    if (mw_worker_first(worker) != MW_OK
        || mw_rooms_init(&worker->rooms, &worker->context) != MW_OK)
    {
        return MW_ERROR;
    }

    worker->context.packets = mw_pool_create(MW_WORKER_PACKETS);

    if (worker->context.packets == NULL || mw_worker_bind(worker) != MW_OK
        || mw_worker_signals(worker) != MW_OK)
    {
        return MW_ERROR;
    }

    mw_timer_init(&worker->heartbeat, mw_worker_heartbeat, worker);
    mw_timer_init(&worker->metrics, mw_worker_metrics, worker);
    mw_timer_init(&worker->retry, mw_worker_retry, worker);
    mw_loop_at_end(worker->loop, mw_worker_end, worker);

    now = mw_loop_clock();

    mw_worker_say(worker, MW_CHANNEL_READY, mw_udp_port(worker->udp));
    mw_worker_heartbeat(worker, now);
    mw_worker_metrics(worker, now);

    return MW_OK;
}


/* waits for the START message */
static mw_rc_t
mw_worker_first(mw_worker_t *worker)
{
    size_t len;
    unsigned nfds;
    char name[16];
    struct pollfd pfd;
    mw_channel_msg_t msg;
    int fds[MW_CHANNEL_FDS];

    pfd.fd = MW_CHANNEL_FD;
    pfd.events = POLLIN;

    if (poll(&pfd, 1, MW_WORKER_START) != 1
        || mw_channel_recv(MW_CHANNEL_FD, &msg, sizeof(msg), &len, fds, &nfds)
               != MW_OK
        || len != sizeof(msg) || msg.version != MW_CHANNEL_VERSION
        || msg.type != MW_CHANNEL_START)
    {
        mw_log(MW_LOG_ERROR, "to be started by the supervisor only");
        return MW_ERROR;
    }

    worker->instance = msg.instance;
    worker->index = msg.index;
    mw_worker_configure(worker, &msg.conf);

    (void) snprintf(name, sizeof(name), "worker %u", msg.index);
    mw_log_name(name);

    /* FIRST: heartbeats and orders do not wait behind records */

    mw_io_init(&worker->channel, MW_IO_FIRST, mw_worker_channel, worker);

    return mw_loop_add(worker->loop, &worker->channel, MW_CHANNEL_FD);
}


static mw_rc_t
mw_worker_bind(mw_worker_t *worker)
{
    unsigned i, n;
    const char *err;
    mw_udp_conf_t udp;
    int fds[MW_UDP_SOCKETS];
    const meet_ctl_configure_t *conf;

    conf = &worker->context.conf;
    memset(&udp, 0, sizeof(udp));

    udp.port_first = conf->port_first;
    udp.port_last = conf->port_last;
    udp.nlisten = conf->listens;
    udp.nadvertise = conf->advertises;

    for (i = 0; i < udp.nlisten; i++) {
        mw_worker_address(&udp.listen[i], &conf->listen[i]);
    }

    for (i = 0; i < udp.nadvertise; i++) {
        mw_worker_address(&udp.advertise[i], &conf->advertise[i]);
    }

    err = "";
    worker->udp = mw_udp_create(&udp, &err);

    if (worker->udp == NULL) {
        mw_log(MW_LOG_ERROR, "no UDP port in %u-%u: %s: %s", conf->port_first,
            conf->port_last, err, strerror(errno));
        return MW_ERROR;
    }

    worker->context.udp = worker->udp;
    n = mw_udp_fds(worker->udp, fds);

    for (i = 0; i < n; i++) {
        worker->sockets[i].worker = worker;
        mw_io_init(&worker->sockets[i].io, MW_IO_FIRST, mw_worker_socket,
            &worker->sockets[i]);

        if (mw_loop_add(worker->loop, &worker->sockets[i].io, fds[i]) != MW_OK)
        {
            return MW_ERROR;
        }
    }

    return MW_OK;
}


static mw_rc_t
mw_worker_signals(mw_worker_t *worker)
{
    int fd;
    sigset_t set;

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTERM);

    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) {
        return MW_ERROR;
    }

    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd == -1) {
        return MW_ERROR;
    }

    mw_io_init(&worker->signals, MW_IO_SECOND, mw_worker_signal, worker);

    return mw_loop_add(worker->loop, &worker->signals, fd);
}


static void
mw_worker_configure(mw_worker_t *worker, const meet_ctl_configure_t *conf)
{
    unsigned i;
    mw_addr_t advertise[MEET_ADDRESSES_MAX];
    meet_ctl_configure_t *own;

    own = &worker->context.conf;
    *own = *conf;

    if (own->participants == 0 || own->participants > MW_WORKER_PLACES) {
        own->participants = MW_WORKER_PLACES;
    }

    for (i = 0; i < own->advertises; i++) {
        mw_worker_address(&advertise[i], &own->advertise[i]);
    }

    if (worker->udp != NULL && own->advertises > 0) {
        mw_udp_advertise(worker->udp, advertise, own->advertises);
    }
}


static void
mw_worker_address(mw_addr_t *to, const meet_ctl_address_t *from)
{
    memset(to, 0, sizeof(mw_addr_t));
    memcpy(to->ip, from->ip, sizeof(to->ip));

    to->kind = MW_ADDR_UDP;
    to->port = from->port;
}


static void
mw_worker_close(mw_worker_t *worker)
{
    mw_usec_t now;

    now = mw_loop_clock();

    if (worker->rooms.context != NULL) {
        while (worker->links != NULL) {
            mw_worker_unlink(worker->links, now);
        }

        mw_rooms_clear(&worker->rooms, now);
    }

    if (worker->udp != NULL) {
        mw_udp_flush(worker->udp);
        mw_udp_destroy(worker->udp);
    }

    if (worker->context.packets != NULL) {
        mw_pool_destroy(worker->context.packets);
    }

    if (worker->signals.fd != -1) {
        close(worker->signals.fd);
    }

    mw_srtp_exit();
    mw_loop_destroy(worker->loop);
    free(worker);
}


static mw_rc_t
mw_worker_channel(void *ctx, mw_usec_t now)
{
    size_t len;
    mw_rc_t rc;
    unsigned i, nfds;
    mw_channel_msg_t msg;
    int fds[MW_CHANNEL_FDS];
    mw_worker_t *worker = ctx;

    rc = mw_channel_recv(
        worker->channel.fd, &msg, sizeof(msg), &len, fds, &nfds);

    if (rc == MW_AGAIN) {
        return MW_OK;
    }

    if (rc == MW_ERROR) {
        mw_log(MW_LOG_WARN, "the supervisor is gone, draining");

        mw_loop_remove(worker->loop, &worker->channel);
        close(MW_CHANNEL_FD);

        mw_rooms_drain(&worker->rooms, now);
        mw_rooms_orphaned(&worker->rooms, now);

        return MW_OK;
    }

    if (rc == MW_OK && len == sizeof(msg)) {
        mw_worker_message(worker, &msg, fds, nfds, now);
    }

    for (i = 0; i < nfds; i++) {
        if (fds[i] != -1) {
            close(fds[i]);
        }
    }

    return MW_AGAIN;
}


/* descriptors that are taken over become -1 */
static void
mw_worker_message(mw_worker_t *worker, const mw_channel_msg_t *msg, int *fds,
    unsigned nfds, mw_usec_t now)
{
    mw_worker_link_t *wl;

    switch (msg->type) {

    case MW_CHANNEL_UPDATE:
        mw_worker_configure(worker, &msg->conf);
        break;

    case MW_CHANNEL_LINK:
        if (nfds == MW_CHANNEL_FDS) {
            mw_worker_link(worker, msg->link, fds);
        }

        break;

    case MW_CHANNEL_UNLINK:
        for (wl = worker->links; wl != NULL; wl = wl->next) {
            if (wl->link->number == msg->link) {
                mw_worker_unlink(wl, now);
                break;
            }
        }

        break;

    case MW_CHANNEL_DRAIN:
        mw_rooms_drain(&worker->rooms, now);
        break;

    case MW_CHANNEL_STOP:
        mw_loop_stop(worker->loop);
        break;
    }
}


static void
mw_worker_say(mw_worker_t *worker, uint32_t type, uint32_t value)
{
    mw_channel_msg_t msg;

    if (worker->channel.fd == -1) {
        return;
    }

    memset(&msg, 0, sizeof(msg));

    msg.version = MW_CHANNEL_VERSION;
    msg.type = type;
    msg.instance = worker->instance;
    msg.index = worker->index;
    msg.port = value;
    msg.link = value;

    /* a supervisor that does not read has its own problems */

    (void) mw_channel_send(worker->channel.fd, &msg, sizeof(msg), NULL, 0);
}


static void
mw_worker_link(mw_worker_t *worker, uint32_t number, int *fds)
{
    meet_region_t *region;
    mw_worker_link_t *wl;

    wl = calloc(1, sizeof(mw_worker_link_t));
    if (wl == NULL) {
        goto failed;
    }

    region = meet_region_map(fds[0], MEET_REGION_SIZE, worker->instance);
    if (region == NULL) {
        goto failed;
    }

    wl->link = mw_link_create(number, region, fds[2]);
    if (wl->link == NULL) {
        meet_region_unmap(region);
        goto failed;
    }

    fds[2] = -1;

    wl->worker = worker;
    mw_io_init(&wl->io, MW_IO_SECOND, mw_worker_wake, wl);

    if (mw_loop_add(worker->loop, &wl->io, fds[1]) != MW_OK) {
        mw_link_destroy(wl->link);
        goto failed;
    }

    fds[1] = -1;

    wl->next = worker->links;
    worker->links = wl;

    /* nginx may have written already, and we have not said that we sleep */

    mw_loop_post(worker->loop, &wl->io);

    return;

failed:

    free(wl);

    mw_log(MW_LOG_ERROR, "a link to nginx cannot be made");
    mw_worker_say(worker, MW_CHANNEL_BROKEN, number);
}


static void
mw_worker_unlink(mw_worker_link_t *wl, mw_usec_t now)
{
    int fd;
    mw_worker_t *worker;
    mw_worker_link_t **p;

    worker = wl->worker;

    for (p = &worker->links; *p != wl; p = &(*p)->next) {
        /* void */
    }

    *p = wl->next;

    mw_rooms_link_gone(&worker->rooms, wl->link, now);

    worker->context.stats.records_out += wl->link->sent;
    worker->context.stats.records_shed += wl->link->lost;

    fd = wl->io.fd;

    mw_loop_remove(worker->loop, &wl->io);
    close(fd);
    mw_link_destroy(wl->link);
    free(wl);
}


/* nginx has put something into the ring, or more is left in it */
static mw_rc_t
mw_worker_wake(void *ctx, mw_usec_t now)
{
    mw_rc_t rc;
    uint64_t count;
    mw_worker_t *worker;
    mw_worker_link_t *wl = ctx;

    worker = wl->worker;

    if (read(wl->io.fd, &count, sizeof(count)) == -1 && errno != EAGAIN) {
        return MW_OK;
    }

    rc = mw_link_input(
        wl->link, worker->body, mw_rooms_record, &worker->rooms, now);

    if (rc != MW_ERROR) {
        return rc;
    }

    worker->context.stats.records_bad++;
    mw_worker_say(worker, MW_CHANNEL_BROKEN, wl->link->number);
    mw_worker_unlink(wl, now);

    return MW_OK;
}


static mw_rc_t
mw_worker_socket(void *ctx, mw_usec_t now)
{
    mw_worker_socket_t *socket = ctx;

    return mw_udp_readable(socket->worker->udp, socket->io.fd, now);
}


static mw_rc_t
mw_worker_signal(void *ctx, mw_usec_t now)
{
    mw_worker_t *worker = ctx;

    (void) now;

    mw_loop_stop(worker->loop);

    return MW_OK;
}


static void
mw_worker_heartbeat(void *ctx, mw_usec_t now)
{
    struct timespec ts;
    mw_worker_t *worker = ctx;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    worker->context.unix_offset =
        (int64_t) ts.tv_sec * MW_SEC + ts.tv_nsec / 1000 - mw_loop_clock();

    mw_worker_say(worker, MW_CHANNEL_ALIVE, 0);

    mw_timer_set(
        worker->context.timers, &worker->heartbeat, now + MW_HEARTBEAT);
}


static void
mw_worker_metrics(void *ctx, mw_usec_t now)
{
    meet_stats_t stats;
    mw_worker_link_t *wl;
    mw_worker_t *worker = ctx;

    mw_metrics_collect(&stats, &worker->rooms, now);

    for (wl = worker->links; wl != NULL; wl = wl->next) {
        stats.records_out += wl->link->sent;
        stats.records_shed += wl->link->lost;
    }

    for (wl = worker->links; wl != NULL; wl = wl->next) {
        mw_metrics_write(wl->link, &stats);
    }

    mw_timer_set(
        worker->context.timers, &worker->metrics, now + MW_METRICS_PERIOD);
}


/* rings are filled by us and emptied by nginx, which does not tell us so */
static void
mw_worker_retry(void *ctx, mw_usec_t now)
{
    mw_worker_link_t *wl;
    mw_worker_t *worker = ctx;

    (void) now;

    for (wl = worker->links; wl != NULL; wl = wl->next) {
        mw_link_flush(wl->link);

        if (mw_link_busy(wl->link)) {
            continue;
        }

        mw_room_link_pump_all(wl->link);

        if (wl->link->stalled) {
            mw_loop_post(worker->loop, &wl->io);
        }
    }
}


/* the end of each turn of the loop */
static void
mw_worker_end(void *ctx, bool more, mw_usec_t now)
{
    bool waiting;
    mw_worker_link_t *wl;
    mw_worker_t *worker = ctx;

    waiting = false;

    for (wl = worker->links; wl != NULL; wl = wl->next) {
        mw_link_flush(wl->link);

        __atomic_store_n(&wl->link->region->stats.rooms,
            (uint64_t) worker->rooms.count, __ATOMIC_RELAXED);

        if (mw_link_busy(wl->link) || wl->link->pending != NULL
            || wl->link->stalled) {
            waiting = true;
        }
    }

    if (waiting && !mw_timer_is_set(&worker->retry)) {
        mw_timer_set(
            worker->context.timers, &worker->retry, now + MW_LINK_RETRY);
    }

    if (!more || now - worker->flushed >= MW_WORKER_FLUSH) {
        mw_udp_flush(worker->udp);
        worker->flushed = now;
    }

    if (worker->context.draining && worker->rooms.count == 0) {
        mw_loop_stop(worker->loop);
    }
}
