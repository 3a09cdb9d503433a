#include "ngx_http_meet_session_private.h"


#define NGX_HTTP_MEET_ROOM_TOUCH 3600 /* s between two touches */
#define NGX_HTTP_MEET_ROOM_AGAIN                                               \
    1000                           /* ms until a failed placement
                                                * is tried again */
#define NGX_HTTP_MEET_ROOM_FULL 20 /* ms until a full ring is */

_Static_assert(sizeof(ngx_rbtree_key_t) == sizeof(uint64_t),
    "room numbers are keys of a tree");


static void ngx_http_meet_session_room_step(ngx_event_t *ev);
static void ngx_http_meet_session_room_again(ngx_event_t *ev);
static void ngx_http_meet_session_room_touch(ngx_event_t *ev);
static void ngx_http_meet_session_room_reap(ngx_event_t *ev);
static void ngx_http_meet_session_room_placed(
    void *data, ngx_int_t rc, ngx_http_meet_store_room_t *record);


static ngx_rbtree_t ngx_http_meet_rooms;
static ngx_rbtree_node_t ngx_http_meet_rooms_sentinel;

/* stands for a connection where debug logging wants one */
static ngx_connection_t ngx_http_meet_room_dummy;


void
ngx_http_meet_session_rooms_init(void)
{
    ngx_http_meet_room_dummy.fd = (ngx_socket_t) -1;

    ngx_rbtree_init(&ngx_http_meet_rooms, &ngx_http_meet_rooms_sentinel,
        ngx_rbtree_insert_value);
}


ngx_http_meet_room_t *
ngx_http_meet_session_room_find(uint64_t number, const u_char *incarnation)
{
    ngx_rbtree_node_t *node, *sentinel;
    ngx_http_meet_room_t *room;

    node = ngx_http_meet_rooms.root;
    sentinel = ngx_http_meet_rooms.sentinel;

    while (node != sentinel) {

        if (node->key == number) {
            room = (ngx_http_meet_room_t *) node;

            if (ngx_memcmp(
                    room->record.incarnation, incarnation, MEET_INCARNATION_LEN)
                == 0)
            {
                return room;
            }

            return NULL;
        }

        node = number < node->key ? node->left : node->right;
    }

    return NULL;
}


void
ngx_http_meet_session_room_header(meet_record_t *header, unsigned type,
    const ngx_http_meet_store_room_t *record)
{
    ngx_memzero(header, sizeof(*header));

    header->type = (uint16_t) type;
    header->room = record->number;
    header->epoch = record->placement.epoch;
    ngx_memcpy(header->incarnation, record->incarnation, MEET_INCARNATION_LEN);
}


void
ngx_http_meet_session_room_body(
    meet_room_t *body, const ngx_http_meet_store_room_t *record)
{
    ngx_memzero(body, sizeof(*body));

    body->version = record->settings.version;
    body->expires = record->expires;
    body->flags = record->settings.flags;
    body->participants = record->settings.participants;
    body->rights_viewer = record->settings.rights_viewer;
    body->rights_participant = record->settings.rights_participant;
}


void
ngx_http_meet_session_event(ngx_event_t *ev, ngx_event_handler_pt handler)
{
    ev->handler = handler;
    ev->data = &ngx_http_meet_room_dummy;
    ev->log = ngx_cycle->log;
    ev->cancelable = 1;
}


static ngx_http_meet_room_t *
ngx_http_meet_session_room_create(ngx_http_meet_store_room_t *record)
{
    ngx_http_meet_room_t *room;

    room = ngx_calloc(sizeof(*room), ngx_cycle->log);
    if (room == NULL) {
        return NULL;
    }

    room->record = *record;
    room->node.key = record->number;
    ngx_queue_init(&room->sessions);

    ngx_http_meet_session_event(&room->run, ngx_http_meet_session_room_step);
    ngx_http_meet_session_event(&room->retry, ngx_http_meet_session_room_again);
    ngx_http_meet_session_event(&room->touch, ngx_http_meet_session_room_touch);
    ngx_http_meet_session_event(&room->reap, ngx_http_meet_session_room_reap);

    ngx_rbtree_insert(&ngx_http_meet_rooms, &room->node);
    ngx_http_meet_counters[NGX_HTTP_MEET_LIVE_ROOMS]++;

    if (!ngx_http_meet_room_is_test(record)) {
        ngx_http_meet_session_room_touch(&room->touch);
    }

    return room;
}


ngx_http_meet_room_t *
ngx_http_meet_session_room_enter(
    ngx_http_meet_session_t *s, ngx_http_meet_store_room_t *record)
{
    ngx_http_meet_room_t *room;

    room = ngx_http_meet_session_room_find(record->number, record->incarnation);

    if (room == NULL) {
        room = ngx_http_meet_session_room_create(record);

    } else if (room->state == NGX_HTTP_MEET_ROOM_PLACED
               && room->record.placement.epoch != record->placement.epoch)
    {
        /* another nginx worker had to move it: those here follow */

        ngx_http_meet_session_room_lost(room);

    } else {
        room->record = *record;
    }

    if (room == NULL) {
        return NULL;
    }

    s->room = room;
    ngx_queue_insert_tail(&room->sessions, &s->queue);

    return room;
}


void
ngx_http_meet_session_room_leave(ngx_http_meet_session_t *s)
{
    ngx_http_meet_room_t *room;

    room = s->room;
    s->room = NULL;
    ngx_queue_remove(&s->queue);

    if (ngx_queue_empty(&room->sessions)) {
        ngx_post_event(&room->reap, &ngx_posted_events);
    }
}


static void
ngx_http_meet_session_room_reap(ngx_event_t *ev)
{
    ngx_http_meet_room_t *room;

    room = (ngx_http_meet_room_t *) (void *) ((u_char *) ev
                                              - offsetof(
                                                  ngx_http_meet_room_t, reap));

    if (!ngx_queue_empty(&room->sessions)) {
        return;
    }

    if (room->place != NULL) {
        ngx_http_meet_place_cancel(room->place);
    }

    if (room->run.posted) {
        ngx_delete_posted_event(&room->run);
    }

    if (room->retry.timer_set) {
        ngx_del_timer(&room->retry);
    }

    if (room->touch.timer_set) {
        ngx_del_timer(&room->touch);
    }

    ngx_rbtree_delete(&ngx_http_meet_rooms, &room->node);
    ngx_http_meet_counters[NGX_HTTP_MEET_LIVE_ROOMS]--;

    ngx_free(room);
}


void
ngx_http_meet_session_room_run(ngx_http_meet_room_t *room)
{
    ngx_post_event(&room->run, &ngx_posted_next_events);
}


void
ngx_http_meet_session_room_retry(ngx_http_meet_room_t *room, ngx_msec_t ms)
{
    if (!room->retry.timer_set) {
        ngx_add_timer(&room->retry, ms);
    }
}


static void
ngx_http_meet_session_room_again(ngx_event_t *ev)
{
    ngx_http_meet_room_t *room;

    room = (ngx_http_meet_room_t *) (void *) ((u_char *) ev
                                              - offsetof(
                                                  ngx_http_meet_room_t, retry));

    ngx_http_meet_session_room_run(room);
}


/*
 * The room cannot be reached now.  Who has just come is sent away and comes
 * again; who is in stays and is registered when it can be.
 */
static void
ngx_http_meet_session_room_failed(ngx_http_meet_room_t *room)
{
    ngx_queue_t *q, *next;
    ngx_http_meet_session_t *s;

    room->state = NGX_HTTP_MEET_ROOM_IDLE;
    room->avoid = 0;

    for (q = ngx_queue_head(&room->sessions);
         q != ngx_queue_sentinel(&room->sessions); q = next)
    {
        next = ngx_queue_next(q);
        s = ngx_queue_data(q, ngx_http_meet_session_t, queue);

        if (!s->welcomed) {
            ngx_http_meet_session_close(s, NGX_HTTP_MEET_WS_BUSY);
        }
    }

    if (!ngx_queue_empty(&room->sessions)) {
        ngx_http_meet_session_room_retry(room, NGX_HTTP_MEET_ROOM_AGAIN);
    }
}


/* its record is gone from the store */
static void
ngx_http_meet_session_room_deleted(ngx_http_meet_room_t *room)
{
    ngx_queue_t *q, *next;

    for (q = ngx_queue_head(&room->sessions);
         q != ngx_queue_sentinel(&room->sessions); q = next)
    {
        next = ngx_queue_next(q);

        ngx_http_meet_session_end(
            ngx_queue_data(q, ngx_http_meet_session_t, queue), MEET_E_DELETED);
    }
}


static void
ngx_http_meet_session_room_touched(ngx_http_meet_store_op_t *op)
{
    ngx_http_meet_room_t *room;

    if (op->status != NGX_HTTP_MEET_STORE_GONE) {
        return;
    }

    room =
        ngx_http_meet_session_room_find(op->room.number, op->room.incarnation);

    if (room != NULL) {
        ngx_http_meet_session_room_deleted(room);
    }
}


/* somebody is there: a room that expires early is touched more often */
static void
ngx_http_meet_session_room_touch(ngx_event_t *ev)
{
    ngx_msec_t s;
    ngx_http_meet_room_t *room;
    ngx_http_meet_store_op_t *op;

    room = (ngx_http_meet_room_t *) (void *) ((u_char *) ev
                                              - offsetof(
                                                  ngx_http_meet_room_t, touch));

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_TOUCH);

    if (op != NULL) {
        op->room = room->record;
        op->handler = ngx_http_meet_session_room_touched;
        (void) ngx_http_meet_store_post(op);
    }

    s = NGX_HTTP_MEET_ROOM_TOUCH;

    if (room->record.idle != 0) {
        s = ngx_min(s, ngx_max(room->record.idle / 4, 1));
    }

    ngx_add_timer(ev, s * 1000);
}


/* opens as many as is fair; those that are done are at the end of the queue */
static void
ngx_http_meet_session_room_open(ngx_http_meet_room_t *room)
{
    ngx_int_t rc;
    ngx_uint_t n;
    ngx_queue_t *q, *next;
    ngx_http_meet_session_t *s;

    n = 0;

    for (q = ngx_queue_head(&room->sessions);
         q != ngx_queue_sentinel(&room->sessions); q = next)
    {
        next = ngx_queue_next(q);
        s = ngx_queue_data(q, ngx_http_meet_session_t, queue);

        if (s->state != NGX_HTTP_MEET_SESSION_WAITING) {
            continue;
        }

        if (n++ == NGX_HTTP_MEET_SESSION_TURN) {
            ngx_http_meet_session_room_run(room);
            return;
        }

        rc = ngx_http_meet_session_open(s);

        if (rc == NGX_AGAIN) {
            ngx_http_meet_session_room_retry(room, NGX_HTTP_MEET_ROOM_FULL);
            return;
        }

        if (rc == NGX_DECLINED) {
            ngx_http_meet_session_room_lost(room);
            return;
        }
    }
}


static void
ngx_http_meet_session_room_placed(
    void *data, ngx_int_t rc, ngx_http_meet_store_room_t *record)
{
    ngx_http_meet_room_t *room;

    room = data;
    room->place = NULL;

    switch (rc) {

    case NGX_OK:
        room->record = *record;
        room->state = NGX_HTTP_MEET_ROOM_PLACED;
        room->avoid = 0;
        ngx_http_meet_session_room_open(room);
        return;

    case NGX_DECLINED:
        ngx_http_meet_session_room_deleted(room);
        return;

    default:
        ngx_http_meet_session_room_failed(room);
        return;
    }
}


static void
ngx_http_meet_session_room_step(ngx_event_t *ev)
{
    ngx_http_meet_room_t *room;

    room = (ngx_http_meet_room_t *) (void *) ((u_char *) ev
                                              - offsetof(
                                                  ngx_http_meet_room_t, run));

    if (ngx_queue_empty(&room->sessions)
        || room->state == NGX_HTTP_MEET_ROOM_PLACING)
    {
        return;
    }

    if (room->state == NGX_HTTP_MEET_ROOM_PLACED) {
        ngx_http_meet_session_room_open(room);

        if (room->state == NGX_HTTP_MEET_ROOM_PLACED
            && ngx_http_meet_session_room_used(room))
        {
            ngx_http_meet_session_announce(room);
        }

        return;
    }

    room->state = NGX_HTTP_MEET_ROOM_PLACING;
    room->place = ngx_http_meet_place(
        &room->record, room->avoid, ngx_http_meet_session_room_placed, room);

    if (room->place == NULL) {
        ngx_http_meet_session_room_failed(room);
    }
}


void
ngx_http_meet_session_room_lost(ngx_http_meet_room_t *room)
{
    ngx_queue_t *q;
    ngx_http_meet_session_t *s;

    if (room->state != NGX_HTTP_MEET_ROOM_PLACED) {
        return;
    }

    room->state = NGX_HTTP_MEET_ROOM_IDLE;

    for (q = ngx_queue_head(&room->sessions);
         q != ngx_queue_sentinel(&room->sessions); q = ngx_queue_next(q))
    {
        s = ngx_queue_data(q, ngx_http_meet_session_t, queue);

        if (s->opening != NULL) {
            ngx_http_meet_link_cancel(s->opening);
            s->opening = NULL;
        }

        ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_WAITING);
    }

    ngx_http_meet_session_room_run(room);
}


void
ngx_http_meet_session_room_stale(ngx_http_meet_room_t *room)
{
    if (ngx_current_msec - room->refreshed < NGX_HTTP_MEET_ROOM_AGAIN) {
        return;
    }

    room->refreshed = ngx_current_msec;
    ngx_http_meet_session_room_lost(room);
}


void
ngx_http_meet_session_rooms_gone(uint64_t instance)
{
    ngx_rbtree_node_t *node, *root, *sentinel;
    ngx_http_meet_room_t *room;

    sentinel = ngx_http_meet_rooms.sentinel;
    root = ngx_http_meet_rooms.root;

    if (root == sentinel) {
        return;
    }

    /* lost() only posts: the tree does not change meanwhile */

    for (node = ngx_rbtree_min(root, sentinel); node != NULL;
         node = ngx_rbtree_next(&ngx_http_meet_rooms, node))
    {
        room = (ngx_http_meet_room_t *) node;

        if (room->record.placement.worker == instance) {
            ngx_http_meet_session_room_lost(room);
        }
    }
}
