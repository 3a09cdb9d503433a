/*
 * Housekeeping of the store: expiry, what a crash has left behind, content of
 * deleted rooms.  Each step is one bounded operation in the queue, so that
 * people's operations come in between.
 *
 * A room's absolute end takes effect in two steps.  When it is due nobody
 * joins any more and the call is closed, which a wrong clock can do but which
 * is not final: at two looks ten seconds apart the clock must not have been
 * set.  Only the sweep deletes, after two passes far apart.
 */

#include "ngx_http_meet_store_process.h"
#include "ngx_http_meet_store_record.h"

#include <ngx_event.h>


#define NGX_HTTP_MEET_STORE_SWEEP_FIRST 1000  /* ms after start */
#define NGX_HTTP_MEET_STORE_ENDS        10000 /* ms between looks for ends */
#define NGX_HTTP_MEET_STORE_ENDS_MAX    16    /* rooms closed in one turn */


typedef struct {
    ngx_event_t timer;
    ngx_event_t ends;
    ngx_connection_t dummy; /* for debug logging of the timers */
    ngx_msec_t interval;
    ngx_http_meet_expiry_clock_t look; /* the last one for ends */
    uint64_t until;                    /* of the search going on */
    u_char after[NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN];
    ngx_http_meet_store_expired_pt expired;
    unsigned purging : 1;
    unsigned looked : 1;
    unsigned looking : 1;
} ngx_http_meet_store_housekeeping_t;


static void ngx_http_meet_store_sweep_timer(ngx_event_t *ev);
static void ngx_http_meet_store_sweep_post(void);
static void ngx_http_meet_store_sweep_again(ngx_msec_t wait);
static void ngx_http_meet_store_sweep_done(ngx_http_meet_store_op_t *op);
static void ngx_http_meet_store_ends_timer(ngx_event_t *ev);
static void ngx_http_meet_store_ends_look(void);
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

    hk->ends.handler = ngx_http_meet_store_ends_timer;
    hk->ends.data = &hk->dummy;
    hk->ends.log = ngx_cycle->log;
    hk->ends.cancelable = 1;

    ngx_http_meet_store_sweep_again(NGX_HTTP_MEET_STORE_SWEEP_FIRST);
    ngx_add_timer(&hk->ends, NGX_HTTP_MEET_STORE_SWEEP_FIRST);
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
ngx_http_meet_store_ends_timer(ngx_event_t *ev)
{
    uint64_t wait;
    ngx_http_meet_expiry_t verdict;
    ngx_http_meet_expiry_clock_t now;
    ngx_http_meet_store_housekeeping_t *hk;

    hk = &ngx_http_meet_store_housekeeping;
    wait = NGX_HTTP_MEET_STORE_ENDS;

    if (!hk->looking && ngx_http_meet_expiry_clock(&now) == 0) {

        verdict = ngx_http_meet_expiry_judge(hk->looked ? &hk->look : NULL,
            &now, NGX_HTTP_MEET_STORE_ENDS, &wait);

        if (verdict == NGX_HTTP_MEET_EXPIRY_AGREE) {
            hk->until = hk->look.wall_ms / 1000;
            hk->looking = 1;
        }

        if (verdict != NGX_HTTP_MEET_EXPIRY_WAIT) {
            hk->look = now;
            hk->looked = 1;
        }
    }

    if (hk->looking) {
        ngx_http_meet_store_ends_look();

        if (hk->looking) {
            wait = 1;
        }
    }

    if (!ngx_exiting) {
        ngx_add_timer(ev, (ngx_msec_t) wait);
    }
}


/* a turn's worth */
static void
ngx_http_meet_store_ends_look(void)
{
    uint32_t i, n;
    ngx_int_t rc;
    ngx_http_meet_store_room_t rooms[NGX_HTTP_MEET_STORE_ENDS_MAX];
    ngx_http_meet_store_housekeeping_t *hk;

    hk = &ngx_http_meet_store_housekeeping;

    /* the clock was set back: what has not ended yet will be found again */

    if (ngx_http_meet_store_get(hk->after, 8) > hk->until) {
        ngx_memzero(hk->after, sizeof(hk->after));
    }

    rc = ngx_http_meet_store_ends_get(
        hk->after, hk->until, rooms, NGX_HTTP_MEET_STORE_ENDS_MAX, &n);

    for (i = 0; i < n && hk->expired != NULL; i++) {
        hk->expired(&rooms[i]);
    }

    ngx_explicit_memzero(rooms, sizeof(rooms));

    hk->looking = rc == NGX_AGAIN;
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
