/*
 * Housekeeping of the store: expiry, what a crash has left behind, content of
 * deleted rooms.  Each step is one bounded operation in the queue, so that
 * people's operations come in between.
 */

#include "ngx_http_meet_store_process.h"

#include <ngx_event.h>


#define NGX_HTTP_MEET_STORE_SWEEP_FIRST 1000 /* ms after start */


typedef struct {
    ngx_event_t timer;
    ngx_connection_t dummy; /* for debug logging of the timer */
    ngx_msec_t interval;
    ngx_http_meet_store_expired_pt expired;
    unsigned purging : 1;
} ngx_http_meet_store_housekeeping_t;


static void ngx_http_meet_store_sweep_timer(ngx_event_t *ev);
static void ngx_http_meet_store_sweep_post(void);
static void ngx_http_meet_store_sweep_again(ngx_msec_t wait);
static void ngx_http_meet_store_sweep_done(ngx_http_meet_store_op_t *op);
static void ngx_http_meet_store_recover_post(void);
static void ngx_http_meet_store_recover_done(ngx_http_meet_store_op_t *op);
static void ngx_http_meet_store_purge_done(ngx_http_meet_store_op_t *op);


static ngx_http_meet_store_housekeeping_t ngx_http_meet_store_housekeeping;


void
ngx_http_meet_store_on_expired(ngx_http_meet_store_expired_pt handler)
{
    ngx_http_meet_store_housekeeping.expired = handler;
}


void
ngx_http_meet_store_sweep_start(ngx_msec_t interval)
{
    ngx_http_meet_store_housekeeping_t *hk;

    /* helper processes have ngx_worker 0 too, but never come here */

    if (ngx_process == NGX_PROCESS_WORKER && ngx_worker != 0) {
        return;
    }

    hk = &ngx_http_meet_store_housekeeping;

    hk->interval = interval;
    hk->dummy.fd = (ngx_socket_t) -1;
    hk->timer.handler = ngx_http_meet_store_sweep_timer;
    hk->timer.data = &hk->dummy;
    hk->timer.log = ngx_cycle->log;
    hk->timer.cancelable = 1;

    ngx_http_meet_store_sweep_again(NGX_HTTP_MEET_STORE_SWEEP_FIRST);
}


void
ngx_http_meet_store_purge_start(void)
{
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_housekeeping_t *hk;

    hk = &ngx_http_meet_store_housekeeping;

    if (hk->purging) {
        return;
    }

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_PURGE);
    if (op == NULL) {
        return;
    }

    op->handler = ngx_http_meet_store_purge_done;

    /* what is not done now is done after the next sweep */

    if (ngx_http_meet_store_post(op) == NGX_OK) {
        hk->purging = 1;
    }
}


static void
ngx_http_meet_store_sweep_timer(ngx_event_t *ev)
{
    (void) ev;

    ngx_http_meet_store_sweep_post();
}


static void
ngx_http_meet_store_sweep_post(void)
{
    ngx_http_meet_store_op_t *op;

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_SWEEP);

    if (op != NULL) {
        op->handler = ngx_http_meet_store_sweep_done;

        /* without it nobody is told, but rooms expire */

        op->expired = ngx_alloc(
            NGX_HTTP_MEET_STORE_SWEEP_STEP * sizeof(ngx_http_meet_store_room_t),
            ngx_cycle->log);

        if (ngx_http_meet_store_post(op) == NGX_OK) {
            return;
        }
    }

    ngx_http_meet_store_sweep_again(ngx_http_meet_store_housekeeping.interval);
}


static void
ngx_http_meet_store_sweep_again(ngx_msec_t wait)
{
    ngx_http_meet_store_housekeeping_t *hk;

    hk = &ngx_http_meet_store_housekeeping;

    if (!ngx_exiting) {
        ngx_add_timer(&hk->timer, ngx_min(wait, hk->interval));
    }
}


static void
ngx_http_meet_store_sweep_done(ngx_http_meet_store_op_t *op)
{
    uint32_t i;
    ngx_http_meet_store_housekeeping_t *hk;

    hk = &ngx_http_meet_store_housekeeping;

    /* even if the commit failed: their secrets are gone */

    if (op->removed != 0) {
        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
            "meet_store: %uD rooms expired", op->removed);
    }

    if (hk->expired != NULL) {
        for (i = 0; i < op->removed; i++) {
            hk->expired(&op->expired[i]);
        }
    }

    if (op->status != NGX_HTTP_MEET_STORE_OK) {
        ngx_http_meet_store_sweep_again(hk->interval);
        return;
    }

    if (op->more) {
        ngx_http_meet_store_sweep_post();
        return;
    }

    ngx_http_meet_store_sweep_again((ngx_msec_t) op->wait_ms);

    ngx_http_meet_store_recover_post();
}


static void
ngx_http_meet_store_recover_post(void)
{
    ngx_http_meet_store_op_t *op;

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_RECOVER);

    if (op != NULL) {
        op->handler = ngx_http_meet_store_recover_done;
        (void) ngx_http_meet_store_post(op);
    }
}


static void
ngx_http_meet_store_recover_done(ngx_http_meet_store_op_t *op)
{
    if (op->removed != 0) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
            "meet_store: %uD deleted rooms were not removed yet", op->removed);
    }

    if (op->status == NGX_HTTP_MEET_STORE_OK && op->more && !ngx_exiting) {
        ngx_http_meet_store_recover_post();
        return;
    }

    ngx_http_meet_store_purge_start();
}


static void
ngx_http_meet_store_purge_done(ngx_http_meet_store_op_t *op)
{
    ngx_http_meet_store_housekeeping.purging = 0;

    if (op->status == NGX_HTTP_MEET_STORE_OK && op->more && !ngx_exiting) {
        ngx_http_meet_store_purge_start();
    }
}
