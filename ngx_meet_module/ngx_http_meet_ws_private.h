/*
 * One WebSocket from the inside: shared by ngx_http_meet_ws.c, what the session
 * layer calls, and ngx_http_meet_ws_io.c, what the event loop calls.
 */

#ifndef NGX_HTTP_MEET_WS_PRIVATE_H
#define NGX_HTTP_MEET_WS_PRIVATE_H

#include "ngx_http_meet_ws.h"
#include "ngx_http_meet_ws_input.h"
#include "ngx_http_meet_ws_queue.h"


/*
 * Lives in the request's pool; the parser and the queue own memory of their
 * own, freed by the cleanup of the request, after `closed`.
 */
struct ngx_http_meet_ws_s {
    ngx_http_request_t *request;
    const ngx_http_meet_ws_handlers_t *handlers;
    void *data;

    ngx_http_meet_ws_input_t in;
    ngx_http_meet_ws_queue_t out;

    ngx_queue_t gather; /* if gathered */

    ngx_sockaddr_t address; /* whose place is taken */

    ngx_msec_t opened_at;
    ngx_msec_t seen_at;  /* the peer's last bytes */
    ngx_msec_t ended_at; /* since then it drains, or closes */

    ngx_msec_t budget_at; /* when the budget was last raised */
    ngx_uint_t budget;    /* messages and pings it may send now */

    unsigned gathered : 1;
    unsigned opened : 1; /* `closed` is due */
    unsigned ready : 1;
    unsigned pinged : 1;
    unsigned draining : 1;
    unsigned leaving : 1; /* the worker shuts down */
    unsigned closing : 1; /* a close frame is queued or sent */
    unsigned closed : 1;  /* the peer's close frame came */
    unsigned deaf : 1;    /* nothing it sends can be understood any more */
    unsigned dead : 1;    /* no memory: end it */
};


/* handlers of c->read and c->write */
void ngx_http_meet_ws_read_handler(ngx_event_t *rev);
void ngx_http_meet_ws_write_handler(ngx_event_t *wev);

/* runs the event's handler later in this turn of the loop */
void ngx_http_meet_ws_post(ngx_event_t *ev);

/* queues a control frame; what goes wrong ends the socket */
void ngx_http_meet_ws_control(
    ngx_http_meet_ws_t *ws, ngx_uint_t opcode, const u_char *p, size_t len);


/* as post() for writing, but together with what else comes soon */
void ngx_http_meet_ws_gather(ngx_http_meet_ws_t *ws);

/* it is written, or gone */
void ngx_http_meet_ws_ungather(ngx_http_meet_ws_t *ws);


#endif /* NGX_HTTP_MEET_WS_PRIVATE_H */
