#include "mw_worker.h"

#include "mw_limits.h"
#include "mw_log.h"
#include "mw_metrics.h"
#include "mw_srtp.h"
#include "mw_worker_channel.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define MW_WORKER_PACKETS 16384 /* kept for retransmission */
#define MW_WORKER_PACED   8192  /* that wait to be sent */


static mw_rc_t mw_worker_start(mw_worker_t *worker);
static mw_rc_t mw_worker_bind(mw_worker_t *worker);
static mw_rc_t mw_worker_signals(mw_worker_t *worker);
static void mw_worker_close(mw_worker_t *worker);
static mw_rc_t mw_worker_socket(void *ctx, mw_usec_t now);
static mw_rc_t mw_worker_shake(void *ctx, mw_usec_t now);
static mw_rc_t mw_worker_signal(void *ctx, mw_usec_t now);
static void mw_worker_heartbeat(void *ctx, mw_usec_t now);
static void mw_worker_metrics(void *ctx, mw_usec_t now);
static void mw_worker_bury(mw_worker_t *worker, mw_usec_t now);
static void mw_worker_retry(void *ctx, mw_usec_t now);
static mw_rc_t mw_worker_send(void *ctx);
static void mw_worker_end(void *ctx, mw_usec_t now);
static void mw_worker_flush(void *ctx);


int
mw_worker_main(void)
{
    int status;
    mw_worker_t *worker;

    mw_log_name("worker");
    mw_limits_apply();

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

    worker->context.paced = mw_pacer_pool_create(MW_WORKER_PACED);

    if (worker->context.packets == NULL || worker->context.paced == NULL
        || mw_worker_bind(worker) != MW_OK
        || mw_worker_signals(worker) != MW_OK)
    {
        return MW_ERROR;
    }

    mw_pool_guard(worker->context.packets,
        mw_egress_round(mw_udp_env(worker->udp)->egress), mw_worker_flush,
        worker);

    mw_timer_init(&worker->heartbeat, mw_worker_heartbeat, worker);
    mw_timer_init(&worker->metrics, mw_worker_metrics, worker);
    mw_timer_init(&worker->retry, mw_worker_retry, worker);
    mw_loop_handlers(worker->loop, mw_worker_send, mw_worker_end, worker);

    now = mw_loop_clock();

    mw_worker_say(worker, MW_CHANNEL_READY, mw_udp_port(worker->udp));
    mw_worker_heartbeat(worker, now);
    mw_worker_metrics(worker, now);

    return MW_OK;
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

    worker->shakes = mw_shakes_create(mw_peer_shake, mw_loop_clock);

    if (worker->shakes == NULL) {
        return MW_ERROR;
    }

    mw_io_init(&worker->shaking, MW_IO_SECOND, mw_worker_shake, worker);
    mw_udp_env(worker->udp)->shakes = worker->shakes;

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
        mw_udp_destroy(worker->udp);
    }

    mw_shakes_destroy(worker->shakes);

    if (worker->context.packets != NULL) {
        mw_pool_destroy(worker->context.packets);
    }

    mw_pacer_pool_destroy(worker->context.paced);

    if (worker->signals.fd != -1) {
        close(worker->signals.fd);
    }

    mw_srtp_exit();
    mw_loop_destroy(worker->loop);
    free(worker);
}


static mw_rc_t
mw_worker_socket(void *ctx, mw_usec_t now)
{
    mw_rc_t rc;
    mw_worker_socket_t *socket = ctx;

    rc = mw_udp_readable(socket->worker->udp, socket->io.fd, now);

    if (mw_shakes_waiting(socket->worker->shakes) > 0) {
        mw_loop_post(socket->worker->loop, &socket->worker->shaking);
    }

    return rc;
}


static mw_rc_t
mw_worker_shake(void *ctx, mw_usec_t now)
{
    mw_worker_t *worker = ctx;

    return mw_shakes_run(worker->shakes, now);
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
    mw_worker_t *worker = ctx;

    worker->context.unix_offset = mw_loop_unix() - mw_loop_clock();

    mw_worker_say(worker, MW_CHANNEL_ALIVE, 0);

    mw_timer_set(
        worker->context.timers, &worker->heartbeat, now + MW_HEARTBEAT);
}


static void
mw_worker_metrics(void *ctx, mw_usec_t now)
{
    meet_stats_t stats;
    mw_worker_link_t *wl;
    const mw_residence_t *residence;
    mw_worker_t *worker = ctx;

    mw_metrics_collect(&stats, &worker->figures, &worker->rooms, now);

    residence = mw_udp_residence(worker->udp);
    mw_metrics_residence(&stats, residence, &worker->residence);
    worker->residence = *residence;

    for (wl = worker->links; wl != NULL; wl = wl->next) {
        stats.records_out += wl->link->sent;
        stats.records_shed += wl->link->lost;
    }

    for (wl = worker->links; wl != NULL; wl = wl->next) {
        if (wl->relay == NULL) {
            mw_metrics_write(wl->link, &stats, &worker->figures);
        }
    }

    mw_relay_load(&worker->context);

    if (worker->context.orphaned) {
        mw_worker_bury(worker, now);
    }

    mw_timer_set(
        worker->context.timers, &worker->metrics, now + MW_METRICS_PERIOD);
}


/* without supervisor nobody tells that another worker is dead */
static void
mw_worker_bury(mw_worker_t *worker, mw_usec_t now)
{
    mw_worker_link_t *wl, *next;

    for (wl = worker->links; wl != NULL; wl = next) {
        next = wl->next;

        if (wl->relay != NULL && mw_relay_is_silent(wl->relay, now)) {
            mw_worker_unlink(wl, now);
        }
    }
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


static mw_rc_t
mw_worker_send(void *ctx)
{
    mw_worker_t *worker = ctx;

    return mw_egress_portion(mw_udp_env(worker->udp)->egress) ? MW_AGAIN
                                                              : MW_OK;
}


/* the end of each turn of the loop */
static void
mw_worker_end(void *ctx, mw_usec_t now)
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

    if (worker->context.spread && !worker->spread) {
        worker->spread = true;
        mw_worker_say(worker, MW_CHANNEL_SPREAD, 0);
    }

    if (worker->context.draining && worker->rooms.count == 0
        && worker->context.branches == 0)
    {
        mw_loop_stop(worker->loop);
    }
}


static void
mw_worker_flush(void *ctx)
{
    mw_worker_t *worker = ctx;

    mw_egress_flush(mw_udp_env(worker->udp)->egress);
}
