#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <wslay/wslay.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_ws_private.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_WS_READ  16384
#define NGX_HTTP_MEET_WS_TURNS 8 /* reads in one turn of the loop */


/* one buffer does for all: it is parsed before anything else is read */
static u_char ngx_http_meet_ws_buffer[NGX_HTTP_MEET_WS_READ];


/* 1 if the client may say one thing more; 0: it is being closed */
static ngx_uint_t
ngx_http_meet_ws_allowed(ngx_http_meet_ws_t *ws)
{
    ngx_uint_t n;

    n = (ngx_uint_t) (ngx_current_msec - ws->budget_at)
        / NGX_HTTP_MEET_WS_EVERY;

    ws->budget += n;
    ws->budget_at += n * NGX_HTTP_MEET_WS_EVERY;

    if (ws->budget > NGX_HTTP_MEET_WS_BURST) {
        ws->budget = NGX_HTTP_MEET_WS_BURST;
    }

    if (ws->closing) {
        return 0;
    }

    if (ws->budget == 0) {
        ngx_log_error(NGX_LOG_INFO, ws->request->connection->log, 0,
            "client sends too many messages");
        ngx_http_meet_count(NGX_HTTP_MEET_TOO_FAST);
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_POLICY);
        return 0;
    }

    ws->budget--;

    return 1;
}


static void
ngx_http_meet_ws_input(ngx_http_meet_ws_t *ws, u_char *p, size_t len)
{
    ngx_http_meet_ws_in_t event;

    ws->seen_at = ngx_current_msec;
    ws->pinged = 0;

    ngx_http_meet_counters[NGX_HTTP_MEET_BYTES_IN] += (ngx_atomic_uint_t) len;

    if (ws->deaf) {
        return;
    }

    ngx_http_meet_ws_input_feed(&ws->in, p, len);

    for (;;) {
        event = ngx_http_meet_ws_input_next(&ws->in);

        switch (event) {

        case NGX_HTTP_MEET_WS_IN_MORE:
            return;

        case NGX_HTTP_MEET_WS_IN_CLOSE:
            ws->closed = 1;
            ws->deaf = 1;
            ngx_http_meet_ws_close(ws, ws->in.code);
            return;

        case NGX_HTTP_MEET_WS_IN_FAIL:
            ngx_log_error(NGX_LOG_INFO, ws->request->connection->log, 0,
                "client broke the WebSocket protocol, code %ui",
                (ngx_uint_t) ws->in.code);
            ngx_http_meet_count(NGX_HTTP_MEET_PROTOCOL_ERRORS);
            ws->deaf = 1;
            ngx_http_meet_ws_close(ws, ws->in.code);
            return;

        case NGX_HTTP_MEET_WS_IN_PONG:
            break;

        case NGX_HTTP_MEET_WS_IN_PING:
            if (ngx_http_meet_ws_allowed(ws)) {
                ngx_http_meet_ws_control(
                    ws, WSLAY_PONG, ws->in.data, ws->in.len);
            }
            break;

        case NGX_HTTP_MEET_WS_IN_TEXT:
            if (ngx_http_meet_ws_allowed(ws)) {
                ngx_http_meet_count(NGX_HTTP_MEET_MESSAGES_IN);
                ws->handlers->message(ws, ws->in.data, ws->in.len);
            }
            break;
        }
    }
}


/* NGX_AGAIN: more will come; NGX_DONE: the connection is over */
static ngx_int_t
ngx_http_meet_ws_read(ngx_http_meet_ws_t *ws)
{
    ssize_t n;
    ngx_buf_t *b;
    ngx_uint_t i;
    ngx_connection_t *c;

    c = ws->request->connection;
    b = ws->request->header_in;

    if (b->pos < b->last) {
        n = b->last - b->pos;
        b->pos = b->last;
        ngx_http_meet_ws_input(ws, b->last - n, (size_t) n);
    }

    for (i = 0; c->read->ready; i++) {
        if (i == NGX_HTTP_MEET_WS_TURNS) {
            /* others want their turn, too */
            ngx_post_event(c->read, &ngx_posted_next_events);
            return NGX_AGAIN;
        }

        n = c->recv(c, ngx_http_meet_ws_buffer, NGX_HTTP_MEET_WS_READ);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            return NGX_DONE;
        }

        ngx_http_meet_ws_input(ws, ngx_http_meet_ws_buffer, (size_t) n);
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_meet_ws_write(ngx_http_meet_ws_t *ws)
{
    ngx_int_t rc;
    ngx_event_t *wev;
    ngx_connection_t *c;
    ngx_http_core_loc_conf_t *clcf;

    c = ws->request->connection;
    wev = c->write;

    ngx_http_meet_ws_ungather(ws);

    rc = ngx_http_meet_ws_queue_write(&ws->out, c);

    if (rc == NGX_ERROR) {
        return NGX_DONE;
    }

    if (rc == NGX_AGAIN) {
        clcf = ngx_http_get_module_loc_conf(ws->request, ngx_http_core_module);
        ngx_add_timer(wev, clcf->send_timeout);

        return ngx_handle_write_event(wev, 0) == NGX_OK ? NGX_AGAIN : NGX_DONE;
    }

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

#if (NGX_SSL)
    if (c->ssl) {
        /* 16K that an idle socket does not need; taken again when it writes */
        ngx_ssl_free_buffer(c);
    }
#endif

    if (ws->closing && ws->closed) {
        return NGX_DONE;
    }

    return NGX_AGAIN;
}


/*
 * What is due by now, and when to look again.  All times are differences of
 * ngx_current_msec, which may wrap.
 */
static ngx_int_t
ngx_http_meet_ws_tick(ngx_http_meet_ws_t *ws)
{
    ngx_msec_t now, next, quiet, since, wait;

    now = ngx_current_msec;
    quiet = now - ws->seen_at;
    since = now - ws->ended_at;

    if (!ws->closing && ws->draining && since >= NGX_HTTP_MEET_WS_DRAIN) {
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_RESTART);
        since = 0;
    }

    if (!ws->closing && !ws->ready
        && now - ws->opened_at >= NGX_HTTP_MEET_WS_HELLO) {
        ngx_http_meet_count(NGX_HTTP_MEET_NO_HELLO);
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_NO_HELLO);
        since = 0;
    }

    if (ws->closing) {
        wait = ws->leaving ? NGX_HTTP_MEET_WS_LEAVE : NGX_HTTP_MEET_WS_WAIT;

        if (since >= wait) {
            return NGX_DONE;
        }

        ngx_add_timer(ws->request->connection->read, wait - since);

        return NGX_AGAIN;
    }

    if (quiet >= NGX_HTTP_MEET_WS_DEAD) {
        ngx_http_meet_count(NGX_HTTP_MEET_TIMEOUTS);
        return NGX_DONE;
    }

    if (quiet >= NGX_HTTP_MEET_WS_PING && !ws->pinged) {
        ws->pinged = 1;
        ngx_http_meet_ws_control(ws, WSLAY_PING, NULL, 0);
    }

    next = (ws->pinged ? NGX_HTTP_MEET_WS_DEAD : NGX_HTTP_MEET_WS_PING) - quiet;

    if (!ws->ready) {
        wait = NGX_HTTP_MEET_WS_HELLO - (now - ws->opened_at);
        next = ngx_min(next, wait);
    }

    if (ws->draining) {
        next = ngx_min(next, NGX_HTTP_MEET_WS_DRAIN - since);
    }

    ngx_add_timer(ws->request->connection->read, next);

    return NGX_AGAIN;
}


/* the worker shuts down: announce it, 1012 follows */
static void
ngx_http_meet_ws_drain(ngx_http_meet_ws_t *ws)
{
    ws->leaving = 1;

    if (ws->closing) {
        return;
    }

    if (!ws->ready) {
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_RESTART);
        return;
    }

    ws->draining = 1;
    ws->ended_at = ngx_current_msec;
    ws->handlers->closing(ws);
}


static void
ngx_http_meet_ws_end(ngx_http_meet_ws_t *ws, ngx_connection_t *c)
{
    ngx_http_finalize_request(ws->request, NGX_ERROR);

    /* termination is only posted; without this the socket leaks */
    ngx_http_run_posted_requests(c);
}


void
ngx_http_meet_ws_read_handler(ngx_event_t *rev)
{
    ngx_int_t rc;
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_meet_ws_t *ws;

    c = rev->data;
    r = c->data;
    ws = ngx_http_get_module_ctx(r, ngx_http_meet_module);

    rev->timedout = 0;

    if (c->error) {
        /* worker_shutdown_timeout is over, too */
        ngx_http_meet_ws_end(ws, c);
        return;
    }

    rc = NGX_AGAIN;

    if (c->close) {
        c->close = 0;
        c->idle = 0;
        ngx_http_meet_ws_drain(ws);

        /* outside of the loop, where posted events would have to wait */
        rc = ngx_http_meet_ws_write(ws);
    }

    if (rc == NGX_AGAIN) {
        rc = ngx_http_meet_ws_read(ws);
    }

    if (rc == NGX_AGAIN) {
        rc = ngx_http_meet_ws_tick(ws);
    }

    if (rc == NGX_AGAIN && ngx_handle_read_event(rev, 0) != NGX_OK) {
        rc = NGX_DONE;
    }

    if (rc == NGX_DONE || ws->dead) {
        ngx_http_meet_ws_end(ws, c);
    }
}


void
ngx_http_meet_ws_write_handler(ngx_event_t *wev)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_meet_ws_t *ws;

    c = wev->data;
    r = c->data;
    ws = ngx_http_get_module_ctx(r, ngx_http_meet_module);

    if (wev->timedout) {
        wev->timedout = 0;
        ngx_http_meet_count(NGX_HTTP_MEET_SLOW_READERS);
        ngx_http_meet_ws_end(ws, c);
        return;
    }

    if (ngx_http_meet_ws_write(ws) == NGX_DONE || ws->dead) {
        ngx_http_meet_ws_end(ws, c);
    }
}
