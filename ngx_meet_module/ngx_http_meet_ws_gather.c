/*
 * Who comes and goes is told to everybody: when many do at once, a write for
 * each to each is most of what nginx has to do.  The first frame leaves at
 * once, those that follow soon after it leave together.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_ws_private.h"


static ngx_queue_t ngx_http_meet_ws_gathered; /* sockets of this worker */
static ngx_event_t ngx_http_meet_ws_gather_timer;
static ngx_connection_t ngx_http_meet_ws_gather_dummy; /* for debug logging */
static ngx_msec_t ngx_http_meet_ws_gather_last;


static void
ngx_http_meet_ws_gather_handler(ngx_event_t *ev)
{
    ngx_queue_t *q;
    ngx_http_meet_ws_t *ws;

    ngx_http_meet_ws_gather_last = ngx_current_msec;

    while (!ngx_queue_empty(&ngx_http_meet_ws_gathered)) {
        q = ngx_queue_head(&ngx_http_meet_ws_gathered);
        ws = ngx_queue_data(q, ngx_http_meet_ws_t, gather);

        ngx_http_meet_ws_ungather(ws);
        ngx_http_meet_ws_post(ws->request->connection->write);
    }
}


void
ngx_http_meet_ws_gather(ngx_http_meet_ws_t *ws)
{
    ngx_msec_t since;
    ngx_event_t *timer;

    timer = &ngx_http_meet_ws_gather_timer;
    since = ngx_current_msec - ngx_http_meet_ws_gather_last;

    if (!timer->timer_set && (since == 0 || since >= NGX_HTTP_MEET_WS_GATHERED))
    {
        /* all who are told the same */
        ngx_http_meet_ws_gather_last = ngx_current_msec;
        ngx_http_meet_ws_post(ws->request->connection->write);
        return;
    }

    if (ws->gathered) {
        return;
    }

    if (timer->handler == NULL) {
        ngx_queue_init(&ngx_http_meet_ws_gathered);

        ngx_http_meet_ws_gather_dummy.fd = (ngx_socket_t) -1;
        timer->handler = ngx_http_meet_ws_gather_handler;
        timer->data = &ngx_http_meet_ws_gather_dummy;
        timer->log = ngx_cycle->log;
        timer->cancelable = 1;
    }

    ngx_queue_insert_tail(&ngx_http_meet_ws_gathered, &ws->gather);
    ws->gathered = 1;

    if (!timer->timer_set) {
        ngx_add_timer(timer, NGX_HTTP_MEET_WS_GATHERED - since);
    }
}


void
ngx_http_meet_ws_ungather(ngx_http_meet_ws_t *ws)
{
    if (ws->gathered) {
        ngx_queue_remove(&ws->gather);
        ws->gathered = 0;
    }
}
