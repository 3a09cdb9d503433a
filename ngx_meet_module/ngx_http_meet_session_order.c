#include "ngx_http_meet_session_private.h"


#define NGX_HTTP_MEET_ORDERS       256 /* that wait for a link */
#define NGX_HTTP_MEET_ORDERS_AGAIN 100 /* ms until a full ring is looked at */


/* what is committed and an actor has to hear; in the queue while it waits */
struct ngx_http_meet_session_order_s {
    ngx_queue_t queue;
    ngx_uint_t queued;
    uint64_t instance;
    meet_record_t header;
    union {
        meet_close_t close;
        meet_room_t room;
    } body;
    size_t len;
    ngx_http_meet_link_waiter_t *waiter; /* until the caller is answered */
    ngx_http_meet_session_order_pt handler;
    void *data;
};


static void ngx_http_meet_session_order_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len);
static void ngx_http_meet_session_order_waited(void *data, ngx_int_t rc);


static ngx_queue_t ngx_http_meet_orders;
static ngx_uint_t ngx_http_meet_orders_n;
static ngx_event_t ngx_http_meet_orders_event; /* timer */


static void
ngx_http_meet_session_orders_again(ngx_event_t *ev)
{
    (void) ev;

    ngx_http_meet_session_orders_ready();
}


void
ngx_http_meet_session_orders_init(void)
{
    ngx_queue_init(&ngx_http_meet_orders);
    ngx_http_meet_session_event(
        &ngx_http_meet_orders_event, ngx_http_meet_session_orders_again);
}


static void
ngx_http_meet_session_order_queue(ngx_http_meet_session_order_t *order)
{
    order->queued = 1;
    ngx_http_meet_orders_n++;
    ngx_queue_insert_tail(&ngx_http_meet_orders, &order->queue);
}


static void
ngx_http_meet_session_order_answer(
    ngx_http_meet_session_order_t *order, ngx_uint_t status)
{
    ngx_http_meet_session_order_pt handler;

    if (order->waiter != NULL) {
        ngx_http_meet_link_wait_cancel(order->waiter);
        order->waiter = NULL;
    }

    handler = order->handler;
    order->handler = NULL;

    if (handler != NULL) {
        handler(order->data, status);
    }
}


static void
ngx_http_meet_session_order_free(ngx_http_meet_session_order_t *order)
{
    if (order->queued) {
        ngx_queue_remove(&order->queue);
        ngx_http_meet_orders_n--;
    }

    ngx_free(order);
}


/* the link is ready: sent, later, or there is nobody any more to send it to */
static void
ngx_http_meet_session_order_send(ngx_http_meet_session_order_t *order)
{
    if (order->queued) {
        ngx_queue_remove(&order->queue);
        ngx_http_meet_orders_n--;
        order->queued = 0;
    }

    if (!ngx_http_meet_link_alive(order->instance)) {
        ngx_http_meet_session_order_answer(order, MEET_OK);
        ngx_http_meet_session_order_free(order);
        return;
    }

    if (ngx_http_meet_link_request(order->instance, &order->header,
            &order->body, order->len, ngx_http_meet_session_order_reply, order)
        != NULL)
    {
        return;
    }

    /* its ring is full: it is committed, so it has to be told */

    ngx_http_meet_session_order_queue(order);

    if (!ngx_http_meet_orders_event.timer_set) {
        ngx_add_timer(&ngx_http_meet_orders_event, NGX_HTTP_MEET_ORDERS_AGAIN);
    }
}


static void
ngx_http_meet_session_order_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len)
{
    ngx_http_meet_session_order_t *order;

    (void) header;
    (void) body;
    (void) len;

    order = data;

    ngx_http_meet_session_order_answer(order, status);
    ngx_http_meet_session_order_free(order);
}


/* the caller does not wait any longer; the order does, see orders_ready() */
static void
ngx_http_meet_session_order_waited(void *data, ngx_int_t rc)
{
    ngx_http_meet_session_order_t *order;

    order = data;
    order->waiter = NULL;

    if (rc == NGX_OK) {
        ngx_http_meet_session_order_send(order);
        return;
    }

    ngx_http_meet_session_order_answer(order, MEET_E_GONE);
}


void
ngx_http_meet_session_orders_ready(void)
{
    ngx_uint_t n;
    ngx_queue_t *q;
    ngx_http_meet_session_order_t *order;

    for (n = ngx_http_meet_orders_n; n != 0; n--) {
        q = ngx_queue_head(&ngx_http_meet_orders);
        order = ngx_queue_data(q, ngx_http_meet_session_order_t, queue);

        if (order->waiter != NULL) {
            ngx_http_meet_link_wait_cancel(order->waiter);
            order->waiter = NULL;
        }

        ngx_http_meet_session_order_send(order);
    }
}


static ngx_int_t
ngx_http_meet_session_order(ngx_http_meet_session_order_t *order,
    ngx_http_meet_store_room_t *room, unsigned type,
    ngx_http_meet_session_order_t **handle)
{
    ngx_http_meet_session_room_header(&order->header, type, room);
    order->instance = room->placement.worker;

    if (ngx_http_meet_link_alive(order->instance)
        && ngx_http_meet_link_request(order->instance, &order->header,
               &order->body, order->len, ngx_http_meet_session_order_reply,
               order)
               != NULL)
    {
        goto under_way;
    }

    /* ready, yet unknown: dead; its rooms are read anew when they move */

    if (ngx_http_meet_link_ready(NULL)
        && !ngx_http_meet_link_alive(order->instance))
    {
        ngx_free(order);
        return NGX_OK;
    }

    if (ngx_http_meet_orders_n == NGX_HTTP_MEET_ORDERS) {
        ngx_free(order);
        return NGX_ERROR;
    }

    order->waiter =
        ngx_http_meet_link_wait(ngx_http_meet_session_order_waited, order);

    if (order->waiter == NULL) {
        ngx_free(order);
        return NGX_ERROR;
    }

    ngx_http_meet_session_order_queue(order);

under_way:

    if (handle != NULL) {
        *handle = order;
    }

    return NGX_AGAIN;
}


static ngx_http_meet_session_order_t *
ngx_http_meet_session_order_create(
    ngx_http_meet_session_order_pt handler, void *data)
{
    ngx_http_meet_session_order_t *order;

    order = ngx_calloc(sizeof(*order), ngx_cycle->log);

    if (order != NULL) {
        order->handler = handler;
        order->data = data;
    }

    return order;
}


ngx_int_t
ngx_http_meet_session_room_close(ngx_http_meet_store_room_t *room,
    ngx_uint_t reason, ngx_http_meet_session_order_pt handler, void *data,
    ngx_http_meet_session_order_t **handle)
{
    ngx_http_meet_session_order_t *order;

    if (room->placement.worker == 0) {
        return NGX_OK;
    }

    order = ngx_http_meet_session_order_create(handler, data);
    if (order == NULL) {
        return NGX_ERROR;
    }

    order->body.close.reason = (uint32_t) reason;
    order->len = sizeof(order->body.close);

    return ngx_http_meet_session_order(order, room, MEET_ROOM_CLOSE, handle);
}


ngx_int_t
ngx_http_meet_session_room_settings(ngx_http_meet_store_room_t *room,
    ngx_http_meet_session_order_pt handler, void *data,
    ngx_http_meet_session_order_t **handle)
{
    ngx_http_meet_session_order_t *order;

    if (room->placement.worker == 0) {
        return NGX_OK;
    }

    order = ngx_http_meet_session_order_create(handler, data);
    if (order == NULL) {
        return NGX_ERROR;
    }

    ngx_http_meet_session_room_body(&order->body.room, room);
    order->len = sizeof(order->body.room);

    return ngx_http_meet_session_order(order, room, MEET_ROOM_SETTINGS, handle);
}


void
ngx_http_meet_session_forget(ngx_http_meet_session_order_t *order)
{
    order->handler = NULL;
}
