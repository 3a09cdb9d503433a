#include "ngx_http_meet_link_private.h"


/* who waits for the link */
struct ngx_http_meet_link_waiter_s {
    ngx_queue_t queue;
    ngx_msec_t deadline;
    ngx_http_meet_link_wait_pt handler;
    void *data;
};


static void ngx_http_meet_link_wait_expire(ngx_event_t *ev);
static void ngx_http_meet_link_wait_run(ngx_event_t *ev);


static struct {
    ngx_queue_t queue;
    ngx_uint_t n;
    ngx_event_t timer;
    ngx_event_t ready; /* posted */
} ngx_http_meet_link_waiters;


/*
 * Timers made by this are not cancelable: requests of people wait behind them,
 * and a worker that leaves should finish these; it takes seconds at most.
 */
void
ngx_http_meet_link_event(ngx_event_t *ev, ngx_event_handler_pt handler)
{
    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = handler;
    ev->data = &ngx_http_meet_link_dummy;
    ev->log = ngx_cycle->log;
}


void
ngx_http_meet_link_arm(ngx_event_t *ev, ngx_msec_t deadline)
{
    ngx_msec_int_t ms;

    ms = (ngx_msec_int_t) (deadline - ngx_current_msec);

    ngx_add_timer(ev, (ngx_msec_t) ngx_max(ms, 1));
}


void
ngx_http_meet_link_wait_init(void)
{
    ngx_memzero(
        &ngx_http_meet_link_waiters, sizeof(ngx_http_meet_link_waiters));

    ngx_queue_init(&ngx_http_meet_link_waiters.queue);

    ngx_http_meet_link_event(
        &ngx_http_meet_link_waiters.timer, ngx_http_meet_link_wait_expire);
    ngx_http_meet_link_event(
        &ngx_http_meet_link_waiters.ready, ngx_http_meet_link_wait_run);
}


ngx_http_meet_link_waiter_t *
ngx_http_meet_link_wait(ngx_http_meet_link_wait_pt handler, void *data)
{
    ngx_http_meet_link_waiter_t *waiter;

    if (ngx_http_meet_link_waiters.n >= NGX_HTTP_MEET_LINK_WAITERS) {
        return NULL;
    }

    waiter = ngx_alloc(sizeof(*waiter), ngx_cycle->log);
    if (waiter == NULL) {
        return NULL;
    }

    waiter->deadline = ngx_current_msec + NGX_HTTP_MEET_LINK_WAIT;
    waiter->handler = handler;
    waiter->data = data;

    ngx_queue_insert_tail(&ngx_http_meet_link_waiters.queue, &waiter->queue);
    ngx_http_meet_link_waiters.n++;

    if (!ngx_http_meet_link_waiters.timer.timer_set) {
        ngx_http_meet_link_arm(
            &ngx_http_meet_link_waiters.timer, waiter->deadline);
    }

    if (ngx_http_meet_link_ready(NULL)) {
        ngx_http_meet_link_wait_ready();
    }

    return waiter;
}


void
ngx_http_meet_link_wait_cancel(ngx_http_meet_link_waiter_t *waiter)
{
    ngx_queue_remove(&waiter->queue);
    ngx_http_meet_link_waiters.n--;
    ngx_free(waiter);

    if (ngx_http_meet_link_waiters.n == 0
        && ngx_http_meet_link_waiters.timer.timer_set)
    {
        ngx_del_timer(&ngx_http_meet_link_waiters.timer);
    }
}


static void
ngx_http_meet_link_wait_answer(
    ngx_http_meet_link_waiter_t *waiter, ngx_int_t rc)
{
    void *data;
    ngx_http_meet_link_wait_pt handler;

    data = waiter->data;
    handler = waiter->handler;

    ngx_http_meet_link_wait_cancel(waiter);

    handler(data, rc);
}


void
ngx_http_meet_link_wait_ready(void)
{
    ngx_post_event(&ngx_http_meet_link_waiters.ready, &ngx_posted_events);
}


static void
ngx_http_meet_link_wait_run(ngx_event_t *ev)
{
    ngx_queue_t *q;
    ngx_uint_t n;

    (void) ev;

    /* one that waits again in its handler has its turn later */

    for (n = ngx_http_meet_link_waiters.n; n != 0; n--) {

        if (!ngx_http_meet_link_ready(NULL)
            || ngx_queue_empty(&ngx_http_meet_link_waiters.queue))
        {
            return;
        }

        q = ngx_queue_head(&ngx_http_meet_link_waiters.queue);
        ngx_http_meet_link_wait_answer(
            ngx_queue_data(q, ngx_http_meet_link_waiter_t, queue), NGX_OK);
    }
}


static void
ngx_http_meet_link_wait_expire(ngx_event_t *ev)
{
    ngx_queue_t *q;
    ngx_http_meet_link_waiter_t *waiter;

    while (!ngx_queue_empty(&ngx_http_meet_link_waiters.queue)) {
        q = ngx_queue_head(&ngx_http_meet_link_waiters.queue);
        waiter = ngx_queue_data(q, ngx_http_meet_link_waiter_t, queue);

        if ((ngx_msec_int_t) (waiter->deadline - ngx_current_msec) > 0) {
            ngx_http_meet_link_arm(ev, waiter->deadline);
            return;
        }

        ngx_http_meet_link_wait_answer(waiter, NGX_DECLINED);
    }
}


void
ngx_http_meet_link_wait_clear(void)
{
    ngx_queue_t *q;

    if (ngx_http_meet_link_waiters.ready.posted) {
        ngx_delete_posted_event(&ngx_http_meet_link_waiters.ready);
    }

    while (!ngx_queue_empty(&ngx_http_meet_link_waiters.queue)) {
        q = ngx_queue_head(&ngx_http_meet_link_waiters.queue);
        ngx_http_meet_link_wait_cancel(
            ngx_queue_data(q, ngx_http_meet_link_waiter_t, queue));
    }
}
