/* What the supervisor says to a worker: configuration, links, the end. */

#include "mw_worker_channel.h"

#include "mw_log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MW_WORKER_START  5000  /* ms until START must be here */
#define MW_WORKER_PLACES 10000 /* participants of a room at most */

/* then media have a turn, whatever nginx still has to say */
#define MW_WORKER_RECORDS (MW_MSEC / 2)


static void mw_worker_configure(
    mw_worker_t *worker, const meet_ctl_configure_t *conf);
static mw_rc_t mw_worker_channel(void *ctx, mw_usec_t now);
static void mw_worker_message(mw_worker_t *worker, const mw_channel_msg_t *msg,
    int *fds, unsigned nfds, mw_usec_t now);
static void mw_worker_link(
    mw_worker_t *worker, const mw_channel_msg_t *msg, int *fds);
static mw_link_t *mw_worker_map(const mw_channel_msg_t *msg, int fd, int wake);
static mw_rc_t mw_worker_wake(void *ctx, mw_usec_t now);


/* waits for the START message */
mw_rc_t
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


void
mw_worker_address(mw_addr_t *to, const meet_ctl_address_t *from)
{
    memset(to, 0, sizeof(mw_addr_t));
    memcpy(to->ip, from->ip, sizeof(to->ip));

    to->kind = MW_ADDR_UDP;
    to->port = from->port;
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
    case MW_CHANNEL_RELAY:
        if (nfds == MW_CHANNEL_FDS) {
            mw_worker_link(worker, msg, fds);
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


void
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
mw_worker_link(mw_worker_t *worker, const mw_channel_msg_t *msg, int *fds)
{
    mw_usec_t now;
    mw_worker_link_t *wl;

    now = mw_loop_clock();
    wl = calloc(1, sizeof(mw_worker_link_t));
    if (wl == NULL) {
        goto failed;
    }

    wl->link = mw_worker_map(msg, fds[0], fds[2]);
    if (wl->link == NULL) {
        goto failed;
    }

    fds[2] = -1;

    wl->worker = worker;

    /* media come through rings to other media workers */
    mw_io_init(&wl->io,
        msg->type == MW_CHANNEL_RELAY ? MW_IO_FIRST : MW_IO_SECOND,
        mw_worker_wake, wl);

    if (msg->type == MW_CHANNEL_RELAY) {
        wl->relay = mw_relay_create(&worker->rooms, wl->link, now);
    }

    if ((wl->relay == NULL && wl->link->relay)
        || mw_loop_add(worker->loop, &wl->io, fds[1]) != MW_OK)
    {
        if (wl->relay != NULL) {
            mw_relay_destroy(wl->relay, now);
        }

        mw_link_destroy(wl->link);
        goto failed;
    }

    fds[1] = -1;

    wl->next = worker->links;
    worker->links = wl;

    /* they may have written already, and we have not said that we sleep */

    mw_loop_post(worker->loop, &wl->io);

    return;

failed:

    free(wl);

    mw_log(MW_LOG_ERROR, "a link cannot be made");
    mw_worker_say(worker, MW_CHANNEL_BROKEN, msg->link);
}


/* NULL: no memory, or not what it should be */
static mw_link_t *
mw_worker_map(const mw_channel_msg_t *msg, int fd, int wake)
{
    bool relay;
    mw_link_t *link;
    meet_region_t *region;

    relay = msg->type == MW_CHANNEL_RELAY;
    region = meet_region_map(
        fd, MEET_REGION_SIZE, relay ? msg->link : msg->instance);

    if (region == NULL) {
        return NULL;
    }

    link = relay ? mw_link_create_relay(msg->link, region, wake, msg->side == 0)
                 : mw_link_create(msg->link, region, wake);

    if (link == NULL) {
        meet_region_unmap(region);
    }

    return link;
}


void
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

    if (wl->relay != NULL) {
        mw_relay_destroy(wl->relay, now);
    }

    mw_rooms_link_gone(&worker->rooms, wl->link, now);

    worker->context.stats.records_out += wl->link->sent;
    worker->context.stats.records_shed += wl->link->lost;

    fd = wl->io.fd;

    mw_loop_remove(worker->loop, &wl->io);
    close(fd);
    mw_link_destroy(wl->link);
    free(wl);
}


/* something was put into the ring, or more is left in it */
static mw_rc_t
mw_worker_wake(void *ctx, mw_usec_t now)
{
    mw_rc_t rc;
    uint64_t count;
    mw_usec_t begun;
    mw_worker_t *worker;
    mw_worker_link_t *wl = ctx;

    worker = wl->worker;
    begun = mw_loop_clock();

    if (read(wl->io.fd, &count, sizeof(count)) == -1 && errno != EAGAIN) {
        return MW_OK;
    }

    do {
        rc = wl->relay != NULL ? mw_link_input(
                 wl->link, worker->body, mw_relay_record, wl->relay, now)
                               : mw_link_input(wl->link, worker->body,
                                   mw_rooms_record, &worker->rooms, now);
    } while (rc == MW_AGAIN && mw_loop_clock() - begun < MW_WORKER_RECORDS);

    if (rc != MW_ERROR) {
        return rc;
    }

    worker->context.stats.records_bad++;
    mw_worker_say(worker, MW_CHANNEL_BROKEN, wl->link->number);
    mw_worker_unlink(wl, now);

    return MW_OK;
}
