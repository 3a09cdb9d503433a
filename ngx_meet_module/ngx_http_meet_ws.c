#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <wslay/wslay.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_ws_private.h"
#include "ngx_http_meet_zone.h"


void
ngx_http_meet_ws_post(ngx_event_t *ev)
{
    if (!ev->posted) {
        ngx_post_event(ev, &ngx_posted_events);
    }
}


static void
ngx_http_meet_ws_cleanup(void *data)
{
    ngx_http_meet_ws_t *ws = data;

    if (ws->opened) {
        ws->opened = 0;
        ws->closing = 1;
        ngx_http_meet_counters[NGX_HTTP_MEET_WEBSOCKETS]--;
        ws->handlers->closed(ws);
    }

    ngx_http_meet_zone_release(&ws->address.sockaddr);
    ngx_http_meet_ws_ungather(ws);
    ngx_http_meet_ws_queue_free(&ws->out);
    ngx_http_meet_ws_input_destroy(&ws->in);
}


ngx_int_t
ngx_http_meet_ws_start(
    ngx_http_request_t *r, const ngx_http_meet_ws_handlers_t *handlers)
{
    ngx_connection_t *c;
    ngx_http_cleanup_t *cln;
    ngx_http_meet_ws_t *ws;

    c = r->connection;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_meet_ws_t));
    if (cln == NULL) {
        ngx_http_meet_zone_release(c->sockaddr);
        return NGX_ERROR;
    }

    ws = cln->data;

    ngx_memzero(ws, sizeof(ngx_http_meet_ws_t));

    /* realip may put back another address before we are cleaned up */
    ngx_memcpy(&ws->address, c->sockaddr,
        ngx_min((size_t) c->socklen, sizeof(ngx_sockaddr_t)));

    ws->request = r;
    ws->handlers = handlers;
    ws->opened_at = ngx_current_msec;
    ws->seen_at = ngx_current_msec;
    ws->budget_at = ngx_current_msec;
    ws->budget = NGX_HTTP_MEET_WS_BURST;

    cln->handler = ngx_http_meet_ws_cleanup;

    if (ngx_http_meet_ws_input_init(&ws->in, NGX_HTTP_MEET_WS_MESSAGE_MAX) != 0)
    {
        return NGX_ERROR;
    }

    ngx_http_set_ctx(r, ws, ngx_http_meet_module);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    /*
     * Our own handlers: ngx_http_request_handler() would end the request on
     * c->close before any frame could be sent.  An idle connection is told of
     * a worker's shutdown that way.
     */
    c->read->handler = ngx_http_meet_ws_read_handler;
    c->write->handler = ngx_http_meet_ws_write_handler;
    c->idle = 1;
    c->log->action = "serving a meeting";

    ws->opened = 1;
    ngx_http_meet_counters[NGX_HTTP_MEET_WEBSOCKETS]++;
    ngx_http_meet_count(NGX_HTTP_MEET_UPGRADES);

    if (handlers->opened(ws) != NGX_OK) {
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_INTERNAL);
    }

    ngx_add_timer(c->read, NGX_HTTP_MEET_WS_HELLO);

    /* what the client pipelined waits in r->header_in */
    ngx_http_meet_ws_post(c->read);

    return NGX_OK;
}


void
ngx_http_meet_ws_set_data(ngx_http_meet_ws_t *ws, void *data)
{
    ws->data = data;
}


void *
ngx_http_meet_ws_data(ngx_http_meet_ws_t *ws)
{
    return ws->data;
}


ngx_http_request_t *
ngx_http_meet_ws_request(ngx_http_meet_ws_t *ws)
{
    return ws->request;
}


void
ngx_http_meet_ws_ready(ngx_http_meet_ws_t *ws)
{
    ws->ready = 1;
}


/* NULL, no memory or a socket that is too slow: the socket is lost */
static void
ngx_http_meet_ws_give_up(ngx_http_meet_ws_t *ws)
{
    ws->dead = 1;
    ngx_http_meet_ws_post(ws->request->connection->read);
}


void
ngx_http_meet_ws_control(
    ngx_http_meet_ws_t *ws, ngx_uint_t opcode, const u_char *p, size_t len)
{
    ngx_int_t rc;
    ngx_http_meet_ws_frame_t *frame;

    frame = ngx_http_meet_ws_frame_control(opcode, p, len);
    if (frame == NULL) {
        ngx_http_meet_ws_give_up(ws);
        return;
    }

    rc = ngx_http_meet_ws_queue_add(&ws->out, frame, NGX_HTTP_MEET_WS_KEEP);

    ngx_http_meet_ws_frame_release(frame);

    if (rc == NGX_ERROR || (rc == NGX_BUSY && ws->closing)) {
        ngx_http_meet_ws_give_up(ws);
        return;
    }

    if (rc == NGX_BUSY) {
        ngx_http_meet_count(NGX_HTTP_MEET_SLOW_READERS);
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_BUSY);
        return;
    }

    ngx_http_meet_ws_post(ws->request->connection->write);
}


ngx_int_t
ngx_http_meet_ws_send(ngx_http_meet_ws_t *ws, ngx_http_meet_ws_frame_t *frame,
    ngx_http_meet_ws_class_t kind)
{
    ngx_int_t rc;

    if (ws->closing || ws->dead) {
        return NGX_ERROR;
    }

    rc = ngx_http_meet_ws_queue_add(&ws->out, frame, kind);

    switch (rc) {

    case NGX_OK:
        ngx_http_meet_count(NGX_HTTP_MEET_FRAMES_OUT);

        if (kind == NGX_HTTP_MEET_WS_GATHER
            && ws->out.count < NGX_HTTP_MEET_WS_TOGETHER)
        {
            ngx_http_meet_ws_gather(ws);

        } else {
            ngx_http_meet_ws_post(ws->request->connection->write);
        }

        return NGX_OK;

    case NGX_DECLINED:
        ngx_http_meet_count(NGX_HTTP_MEET_FRAMES_SHED);
        return NGX_DECLINED;

    case NGX_BUSY:
        ngx_log_error(NGX_LOG_INFO, ws->request->connection->log, 0,
            "client does not read what it is sent");
        ngx_http_meet_count(NGX_HTTP_MEET_SLOW_READERS);
        ngx_http_meet_ws_close(ws, NGX_HTTP_MEET_WS_BUSY);
        return NGX_ERROR;

    default:
        ngx_http_meet_ws_give_up(ws);
        return NGX_ERROR;
    }
}


void
ngx_http_meet_ws_close(ngx_http_meet_ws_t *ws, ngx_uint_t code)
{
    size_t len;
    u_char payload[2];
    ngx_connection_t *c;

    if (ws->closing) {
        return;
    }

    c = ws->request->connection;

    ws->closing = 1;
    ws->ended_at = ngx_current_msec;

    if (code == NGX_HTTP_MEET_WS_BUSY) {
        ngx_http_meet_ws_queue_clear(&ws->out, 1);
    }

    payload[0] = (u_char) (code >> 8);
    payload[1] = (u_char) code;
    len = code ? 2 : 0;

    ngx_http_meet_ws_control(ws, WSLAY_CONNECTION_CLOSE, payload, len);

    /* the deadline moved: let the timer be computed again */
    ngx_http_meet_ws_post(c->read);
}
