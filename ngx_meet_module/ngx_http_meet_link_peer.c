#include "ngx_http_meet_link_private.h"

#include "meet_ring.h"


#define NGX_HTTP_MEET_LINK_PEERS (2 * MEET_WORKERS_MAX) /* old ones drain */

/* taken from one ring before others have their turn */
#define NGX_HTTP_MEET_LINK_TURN_RECORDS 128
#define NGX_HTTP_MEET_LINK_TURN_BYTES   (1024 * 1024)

/* what waits for room in a ring, and how often we look for some */
#define NGX_HTTP_MEET_LINK_SIDE_RECORDS 512
#define NGX_HTTP_MEET_LINK_SIDE_BYTES   (2 * 1024 * 1024)
#define NGX_HTTP_MEET_LINK_SIDE_MS      10


typedef struct {
    ngx_queue_t queue;
    meet_record_t header;
    size_t len;
    u_char body[1];
} ngx_http_meet_link_side_t;

/* one media worker; owns region, wake and connection */
struct ngx_http_meet_link_peer_s {
    ngx_queue_t queue;
    uint64_t instance;
    ngx_uint_t index;
    ngx_uint_t state;
    ngx_uint_t port;
    ngx_uint_t minor;
    ngx_pid_t pid;

    meet_region_t *region;
    meet_ring_t in;
    meet_ring_t out;
    int wake;            /* eventfd that wakes the media worker */
    ngx_connection_t *c; /* eventfd that wakes us */

    ngx_event_t again; /* posted: more to take */
    ngx_event_t kick;  /* posted: something was put */
    ngx_event_t flush; /* timer: the side queue tries again */

    ngx_queue_t side; /* of ngx_http_meet_link_side_t */
    ngx_uint_t side_records;
    size_t side_bytes;
};


static void ngx_http_meet_link_peer_wake(ngx_event_t *ev);
static void ngx_http_meet_link_peer_again(ngx_event_t *ev);
static void ngx_http_meet_link_peer_kick(ngx_event_t *ev);
static void ngx_http_meet_link_peer_retry(ngx_event_t *ev);


static ngx_queue_t ngx_http_meet_link_peers;
static u_char
    *ngx_http_meet_link_body; /* MEET_BODY_MAX, one record at a time */


ngx_int_t
ngx_http_meet_link_peer_init(ngx_cycle_t *cycle)
{
    ngx_queue_init(&ngx_http_meet_link_peers);

    ngx_http_meet_link_body = ngx_palloc(cycle->pool, MEET_BODY_MAX);

    return ngx_http_meet_link_body == NULL ? NGX_ERROR : NGX_OK;
}


static ngx_http_meet_link_peer_t *
ngx_http_meet_link_peer_find(uint64_t instance)
{
    ngx_queue_t *q;
    ngx_http_meet_link_peer_t *peer;

    for (q = ngx_queue_head(&ngx_http_meet_link_peers);
         q != ngx_queue_sentinel(&ngx_http_meet_link_peers);
         q = ngx_queue_next(q))
    {
        peer = ngx_queue_data(q, ngx_http_meet_link_peer_t, queue);

        if (peer->instance == instance) {
            return peer;
        }
    }

    return NULL;
}


static void
ngx_http_meet_link_peer_event(ngx_http_meet_link_peer_t *peer, ngx_event_t *ev,
    ngx_event_handler_pt handler)
{
    ngx_memzero(ev, sizeof(ngx_event_t));

    /* c->data is the peer; c is what debug logging expects to find here */

    ev->handler = handler;
    ev->data = peer->c;
    ev->log = ngx_cycle->log;
    ev->cancelable = 1;
}


/*
 * The eventfd is shared with the other process, which could make a read block,
 * so it is never read: edge-triggered, each write to it is an event.
 */
static ngx_connection_t *
ngx_http_meet_link_peer_connection(ngx_http_meet_link_peer_t *peer, int fd)
{
    ngx_int_t flags;
    ngx_connection_t *c;

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        return NULL;
    }

    c->data = peer;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_meet_link_peer_wake;

    /* part of the process, not an open request: no alert when it exits */

    c->read->channel = 1;
    c->write->channel = 1;

    flags = (ngx_event_flags & NGX_USE_CLEAR_EVENT) ? NGX_CLEAR_EVENT
                                                    : NGX_LEVEL_EVENT;

    if (ngx_add_event(c->read, NGX_READ_EVENT, flags) != NGX_OK) {
        ngx_free_connection(c);
        return NULL;
    }

    return c;
}


ngx_int_t
ngx_http_meet_link_peer_add(const meet_ctl_worker_t *worker, const int fds[3])
{
    ngx_uint_t n;
    ngx_queue_t *q;
    ngx_http_meet_link_peer_t *peer;

    peer = NULL;
    n = 0;

    for (q = ngx_queue_head(&ngx_http_meet_link_peers);
         q != ngx_queue_sentinel(&ngx_http_meet_link_peers);
         q = ngx_queue_next(q))
    {
        n++;
    }

    if (n == NGX_HTTP_MEET_LINK_PEERS || worker->instance == 0
        || ngx_http_meet_link_peer_find(worker->instance) != NULL)
    {
        goto failed;
    }

    peer = ngx_calloc(sizeof(*peer), ngx_cycle->log);
    if (peer == NULL) {
        goto failed;
    }

    peer->region = meet_region_map(fds[0], worker->region, worker->instance);
    if (peer->region == NULL) {
        goto failed;
    }

    peer->c = ngx_http_meet_link_peer_connection(peer, fds[2]);
    if (peer->c == NULL) {
        goto failed;
    }

    (void) close(fds[0]);

    peer->instance = worker->instance;
    peer->index = worker->index;
    peer->state = worker->state;
    peer->port = worker->port;
    peer->minor = peer->region->minor;
    peer->pid = (ngx_pid_t) worker->pid;
    peer->wake = fds[1];

    meet_ring_init(&peer->out, &peer->region->to_media,
        (uint8_t *) peer->region + MEET_REGION_PAGE, MEET_RING_SIZE,
        peer->wake);
    meet_ring_init(&peer->in, &peer->region->to_nginx,
        (uint8_t *) peer->region + MEET_REGION_PAGE + MEET_RING_SIZE,
        MEET_RING_SIZE, -1);

    ngx_http_meet_link_peer_event(
        peer, &peer->again, ngx_http_meet_link_peer_again);
    ngx_http_meet_link_peer_event(
        peer, &peer->kick, ngx_http_meet_link_peer_kick);
    ngx_http_meet_link_peer_event(
        peer, &peer->flush, ngx_http_meet_link_peer_retry);

    ngx_queue_init(&peer->side);
    ngx_queue_insert_tail(&ngx_http_meet_link_peers, &peer->queue);

    /* announces that we sleep, or finds what is there already */

    ngx_post_event(&peer->again, &ngx_posted_events);

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
        "meet: media worker %ui (pid %P, UDP port %ui) attached", peer->index,
        peer->pid, peer->port);

    return NGX_OK;

failed:

    if (peer != NULL) {
        meet_region_unmap(peer->region);
        ngx_free(peer);
    }

    for (n = 0; n < 3; n++) {
        (void) close(fds[n]);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_meet_link_peer_change(const meet_ctl_worker_t *worker)
{
    ngx_http_meet_link_peer_t *peer;

    peer = ngx_http_meet_link_peer_find(worker->instance);

    if (peer == NULL) {
        return NGX_DECLINED;
    }

    peer->state = worker->state;
    peer->port = worker->port;

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_link_peer_remove(uint64_t instance)
{
    ngx_queue_t *q;
    ngx_http_meet_link_peer_t *peer;

    peer = ngx_http_meet_link_peer_find(instance);

    if (peer == NULL) {
        return NGX_DECLINED;
    }

    ngx_queue_remove(&peer->queue);

    if (peer->again.posted) {
        ngx_delete_posted_event(&peer->again);
    }

    if (peer->kick.posted) {
        ngx_delete_posted_event(&peer->kick);
    }

    if (peer->flush.timer_set) {
        ngx_del_timer(&peer->flush);
    }

    while (!ngx_queue_empty(&peer->side)) {
        q = ngx_queue_head(&peer->side);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_http_meet_link_side_t, queue));
    }

    ngx_close_connection(peer->c);
    (void) close(peer->wake);
    meet_region_unmap(peer->region);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
        "meet: media worker %ui (pid %P) detached", peer->index, peer->pid);

    ngx_free(peer);

    return NGX_OK;
}


uint64_t
ngx_http_meet_link_peer_any(void)
{
    ngx_queue_t *q;
    ngx_http_meet_link_peer_t *peer;

    if (ngx_queue_empty(&ngx_http_meet_link_peers)) {
        return 0;
    }

    q = ngx_queue_head(&ngx_http_meet_link_peers);

    peer = ngx_queue_data(q, ngx_http_meet_link_peer_t, queue);

    return peer->instance;
}


ngx_uint_t
ngx_http_meet_link_peer_active(void)
{
    ngx_uint_t n;
    ngx_queue_t *q;
    ngx_http_meet_link_peer_t *peer;

    n = 0;

    for (q = ngx_queue_head(&ngx_http_meet_link_peers);
         q != ngx_queue_sentinel(&ngx_http_meet_link_peers);
         q = ngx_queue_next(q))
    {
        peer = ngx_queue_data(q, ngx_http_meet_link_peer_t, queue);
        n += (peer->state == MEET_WORKER_ACTIVE);
    }

    return n;
}


ngx_uint_t
ngx_http_meet_link_alive(uint64_t instance)
{
    return ngx_http_meet_link_peer_find(instance) != NULL;
}


ngx_uint_t
ngx_http_meet_link_workers(ngx_http_meet_link_worker_t *workers, ngx_uint_t max)
{
    ngx_uint_t n;
    ngx_queue_t *q;
    ngx_http_meet_link_peer_t *peer;

    n = 0;

    for (q = ngx_queue_head(&ngx_http_meet_link_peers);
         q != ngx_queue_sentinel(&ngx_http_meet_link_peers) && n < max;
         q = ngx_queue_next(q))
    {
        peer = ngx_queue_data(q, ngx_http_meet_link_peer_t, queue);

        workers[n].instance = peer->instance;
        workers[n].index = peer->index;
        workers[n].state = peer->state;
        workers[n].port = peer->port;
        workers[n].minor = peer->minor;
        workers[n].pid = peer->pid;
        workers[n].queued = peer->side_records;
        workers[n].figures = &peer->region->figures;

        /* counters may tear against each other, never within one */

        ngx_memcpy(
            &workers[n].stats, &peer->region->stats, sizeof(meet_stats_t));
        n++;
    }

    return n;
}


static void
ngx_http_meet_link_peer_take(ngx_http_meet_link_peer_t *peer)
{
    size_t len, bytes;
    ngx_uint_t n;
    meet_record_t header;
    meet_ring_rc_t rc;

    n = 0;
    bytes = 0;

    for (;;) {
        rc = meet_ring_get(&peer->in, &header, ngx_http_meet_link_body, &len);

        if (rc == MEET_RING_BROKEN) {
            ngx_http_meet_link_drop("a ring from a media worker is broken");
            return;
        }

        if (rc == MEET_RING_EMPTY) {
            if (meet_ring_sleep(&peer->in)) {
                return;
            }

            continue;
        }

        ngx_http_meet_link_record(
            peer->instance, &header, ngx_http_meet_link_body, len);

        bytes += header.length;

        if (++n == NGX_HTTP_MEET_LINK_TURN_RECORDS
            || bytes >= NGX_HTTP_MEET_LINK_TURN_BYTES)
        {
            ngx_post_event(&peer->again, &ngx_posted_next_events);
            return;
        }
    }
}


/* 1 when the side queue is empty */
static ngx_uint_t
ngx_http_meet_link_peer_flush(ngx_http_meet_link_peer_t *peer)
{
    ngx_queue_t *q;
    meet_ring_rc_t rc;
    ngx_http_meet_link_side_t *side;

    while (!ngx_queue_empty(&peer->side)) {
        q = ngx_queue_head(&peer->side);
        side = ngx_queue_data(q, ngx_http_meet_link_side_t, queue);

        rc = meet_ring_put(&peer->out, &side->header, side->body, side->len);

        if (rc == MEET_RING_BROKEN) {
            ngx_http_meet_link_drop("a ring to a media worker is broken");
            return 0;
        }

        if (rc == MEET_RING_FULL) {
            if (!peer->flush.timer_set) {
                ngx_add_timer(&peer->flush, NGX_HTTP_MEET_LINK_SIDE_MS);
            }

            return 0;
        }

        peer->side_records--;
        peer->side_bytes -= side->len;

        ngx_queue_remove(q);
        ngx_free(side);

        ngx_post_event(&peer->kick, &ngx_posted_events);
    }

    return 1;
}


static void
ngx_http_meet_link_peer_wake(ngx_event_t *ev)
{
    uint64_t count;
    ngx_connection_t *c;
    ngx_http_meet_link_peer_t *peer;

    c = ev->data;
    peer = c->data;

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)
        && read(c->fd, &count, sizeof(count)) == -1)
    {
        return;
    }

    meet_ring_awake(&peer->in);
    (void) ngx_http_meet_link_peer_flush(peer);
    ngx_http_meet_link_peer_take(peer);
}


static void
ngx_http_meet_link_peer_again(ngx_event_t *ev)
{
    ngx_connection_t *c;

    c = ev->data;
    ngx_http_meet_link_peer_take(c->data);
}


static void
ngx_http_meet_link_peer_kick(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_meet_link_peer_t *peer;

    c = ev->data;
    peer = c->data;

    meet_ring_kick(&peer->out);
}


static void
ngx_http_meet_link_peer_retry(ngx_event_t *ev)
{
    ngx_connection_t *c;

    c = ev->data;
    (void) ngx_http_meet_link_peer_flush(c->data);
}


/* keeps the order: nothing overtakes what waits already */
static ngx_int_t
ngx_http_meet_link_peer_side(ngx_http_meet_link_peer_t *peer,
    const meet_record_t *header, const void *body, size_t len)
{
    ngx_http_meet_link_side_t *side;

    if (peer->side_records == NGX_HTTP_MEET_LINK_SIDE_RECORDS
        || len > NGX_HTTP_MEET_LINK_SIDE_BYTES - peer->side_bytes)
    {
        return NGX_BUSY;
    }

    side = ngx_alloc(
        offsetof(ngx_http_meet_link_side_t, body) + len, ngx_cycle->log);
    if (side == NULL) {
        return NGX_BUSY;
    }

    side->header = *header;
    side->len = len;

    if (len != 0) {
        ngx_memcpy(side->body, body, len);
    }

    ngx_queue_insert_tail(&peer->side, &side->queue);
    peer->side_records++;
    peer->side_bytes += len;

    if (!peer->flush.timer_set) {
        ngx_add_timer(&peer->flush, NGX_HTTP_MEET_LINK_SIDE_MS);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_link_send(
    uint64_t instance, meet_record_t *header, const void *body, size_t len)
{
    meet_ring_rc_t rc;
    ngx_http_meet_link_peer_t *peer;

    peer = ngx_http_meet_link_peer_find(instance);

    if (peer == NULL || len > MEET_BODY_MAX) {
        return NGX_DECLINED;
    }

    header->length = (uint32_t) (sizeof(*header) + len);
    header->audience = MEET_TO_NONE;
    header->list = 0;
    header->status = MEET_OK;
    header->sequence = 0;

    rc = MEET_RING_FULL;

    if (ngx_http_meet_link_peer_flush(peer)) {
        rc = meet_ring_put(&peer->out, header, body, len);
    }

    if (rc == MEET_RING_OK) {
        ngx_post_event(&peer->kick, &ngx_posted_events);
        return NGX_OK;
    }

    if (rc == MEET_RING_BROKEN) {
        ngx_http_meet_link_drop("a ring to a media worker is broken");
        return NGX_DECLINED;
    }

    if (ngx_http_meet_link_peer_side(peer, header, body, len) != NGX_OK) {
        ngx_http_meet_count(NGX_HTTP_MEET_LINK_REFUSED);
        return NGX_BUSY;
    }

    return NGX_OK;
}
