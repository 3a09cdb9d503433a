#include "ngx_http_meet_session_private.h"


/*
 * nginx tells one worker after the other to leave.  Whoever hears `moving` at
 * once could come to one that will leave next, so all are given time to stop
 * listening first.
 */
#define NGX_HTTP_MEET_SESSION_MOVING 100 /* ms */


static ngx_int_t ngx_http_meet_session_opened(ngx_http_meet_ws_t *ws);
static void ngx_http_meet_session_message(
    ngx_http_meet_ws_t *ws, u_char *text, size_t len);
static void ngx_http_meet_session_closing(ngx_http_meet_ws_t *ws);
static void ngx_http_meet_session_closed(ngx_http_meet_ws_t *ws);
static void ngx_http_meet_session_moving(ngx_event_t *ev);


const ngx_http_meet_ws_handlers_t ngx_http_meet_session_handlers = {
    ngx_http_meet_session_opened,
    ngx_http_meet_session_message,
    ngx_http_meet_session_closing,
    ngx_http_meet_session_closed,
};

static const ngx_http_meet_link_listener_t ngx_http_meet_session_listener = {
    ngx_http_meet_session_record,
    ngx_http_meet_session_rooms_gone,
    ngx_http_meet_session_orders_ready,
};

static ngx_rbtree_t ngx_http_meet_sessions;
static ngx_rbtree_node_t ngx_http_meet_sessions_sentinel;
static uint32_t ngx_http_meet_session_last; /* number given out */

static ngx_event_t ngx_http_meet_session_leave; /* timer */
static ngx_connection_t ngx_http_meet_session_dummy;

/* one message is read at a time */
static ngx_http_meet_message_t ngx_http_meet_session_input;


static void
ngx_http_meet_session_expired(ngx_http_meet_store_room_t *room)
{
    (void) ngx_http_meet_session_room_close(
        room, MEET_E_EXPIRED, NULL, NULL, NULL);
}


ngx_int_t
ngx_http_meet_session_init_process(ngx_cycle_t *cycle)
{
    ngx_rbtree_init(&ngx_http_meet_sessions, &ngx_http_meet_sessions_sentinel,
        ngx_rbtree_insert_value);

    ngx_http_meet_session_dummy.fd = (ngx_socket_t) -1;
    ngx_http_meet_session_leave.handler = ngx_http_meet_session_moving;
    ngx_http_meet_session_leave.data = &ngx_http_meet_session_dummy;
    ngx_http_meet_session_leave.log = cycle->log;

    ngx_http_meet_session_rooms_init();
    ngx_http_meet_session_orders_init();

    ngx_http_meet_link_listen(&ngx_http_meet_session_listener);
    ngx_http_meet_store_on_expired(ngx_http_meet_session_expired);

    return ngx_http_meet_session_in_init(cycle);
}


ngx_http_meet_session_t *
ngx_http_meet_session_find(uint32_t number)
{
    ngx_rbtree_node_t *node, *sentinel;

    node = ngx_http_meet_sessions.root;
    sentinel = ngx_http_meet_sessions.sentinel;

    while (node != sentinel) {

        if (node->key == number) {
            return (ngx_http_meet_session_t *) node;
        }

        node = number < node->key ? node->left : node->right;
    }

    return NULL;
}


/* numbers come round after 2^32 sockets; one in use is passed over */
void
ngx_http_meet_session_number(ngx_http_meet_session_t *s)
{
    do {
        s->number = ++ngx_http_meet_session_last;
    } while (s->number == 0 || ngx_http_meet_session_find(s->number) != NULL);

    s->node.key = s->number;
    ngx_rbtree_insert(&ngx_http_meet_sessions, &s->node);
}


void
ngx_http_meet_session_state(
    ngx_http_meet_session_t *s, ngx_http_meet_session_state_t state)
{
    ngx_log_debug3(NGX_LOG_DEBUG_HTTP,
        ngx_http_meet_ws_request(s->ws)->connection->log, 0,
        "meet: session %uD state %ui -> %ui", s->number, (ngx_uint_t) s->state,
        (ngx_uint_t) state);

    if (s->state == NGX_HTTP_MEET_SESSION_LIVE) {
        ngx_http_meet_counters[NGX_HTTP_MEET_SESSIONS]--;
    }

    if (state == NGX_HTTP_MEET_SESSION_LIVE) {
        ngx_http_meet_counters[NGX_HTTP_MEET_SESSIONS]++;
    }

    s->state = state;
}


void
ngx_http_meet_session_header(
    meet_record_t *header, unsigned type, ngx_http_meet_session_t *s)
{
    ngx_http_meet_session_room_header(header, type, &s->room->record);

    header->participant = s->token.participant;
    header->session = s->number;
}


ngx_http_meet_call_t *
ngx_http_meet_session_call(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    ngx_http_meet_call_t *call;

    call = NULL;

    if (s->ncalls < NGX_HTTP_MEET_SESSION_CALLS) {
        call = ngx_calloc(sizeof(*call), ngx_cycle->log);
    }

    if (call == NULL) {
        ngx_http_meet_session_error(s, m->id, "limit", NULL, 0);
        return NULL;
    }

    call->session = s;
    call->re = m->id;
    call->type = m->type;
    call->participant = s->token.participant;
    call->number = s->number;

    ngx_queue_insert_tail(&s->calls, &call->queue);
    s->ncalls++;

    return call;
}


static void
ngx_http_meet_session_call_unlink(ngx_http_meet_call_t *call)
{
    if (call->session != NULL) {
        ngx_queue_remove(&call->queue);
        call->session->ncalls--;
        call->session = NULL;
    }
}


void
ngx_http_meet_session_call_free(ngx_http_meet_call_t *call)
{
    ngx_http_meet_session_call_unlink(call);
    ngx_free(call);
}


void
ngx_http_meet_session_detach(ngx_http_meet_session_t *s)
{
    ngx_queue_t *q;
    meet_record_t header;
    ngx_http_meet_call_t *call;

    if (s->room == NULL) {
        s->state = NGX_HTTP_MEET_SESSION_ENDED;
        return;
    }

    /* names the number of this socket: a newer one of the same person stays */

    if (s->state == NGX_HTTP_MEET_SESSION_LIVE
        || s->state == NGX_HTTP_MEET_SESSION_OPENING
        || s->state == NGX_HTTP_MEET_SESSION_LOBBY)
    {
        ngx_http_meet_session_header(&header, MEET_SESSION_CLOSE, s);
        (void) ngx_http_meet_link_send(
            s->room->record.placement.worker, &header, NULL, 0);
    }

    if (s->opening != NULL) {
        ngx_http_meet_link_cancel(s->opening);
        s->opening = NULL;
    }

    while (!ngx_queue_empty(&s->calls)) {
        q = ngx_queue_head(&s->calls);
        call = ngx_queue_data(q, ngx_http_meet_call_t, queue);

        if (call->request != NULL) {
            ngx_http_meet_link_cancel(call->request);
            ngx_http_meet_session_call_free(call);

        } else {
            /* the storage thread has it; its handler frees it */
            ngx_http_meet_session_call_unlink(call);
        }
    }

    ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_ENDED);
    ngx_http_meet_session_room_leave(s);
    ngx_rbtree_delete(&ngx_http_meet_sessions, &s->node);
}


void
ngx_http_meet_session_close(ngx_http_meet_session_t *s, ngx_uint_t code)
{
    ngx_http_meet_session_detach(s);
    ngx_http_meet_ws_close(s->ws, code);
}


static void
ngx_http_meet_session_write_end(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_uint_t *reason;

    reason = data;
    ngx_http_meet_write_end(out, (unsigned) *reason);
}


void
ngx_http_meet_session_end(ngx_http_meet_session_t *s, ngx_uint_t reason)
{
    ngx_uint_t code;

    switch (reason) {

    case MEET_E_DELETED:
    case MEET_E_EXPIRED:
        code = NGX_HTTP_MEET_CLOSE_GONE;
        break;

    case MEET_E_REMOVED:
    case MEET_E_REJECTED:
        code = NGX_HTTP_MEET_CLOSE_REMOVED;
        break;

    case MEET_E_REPLACED:
        code = NGX_HTTP_MEET_CLOSE_REPLACED;
        break;

    case MEET_E_ENDED:
        code = NGX_HTTP_MEET_CLOSE_ENDED;
        break;

    case MEET_E_ROOM_FULL:
    case MEET_E_LOCKED:
        code = NGX_HTTP_MEET_CLOSE_FULL;
        break;

    default:
        code = NGX_HTTP_MEET_WS_BUSY;
        break;
    }

    ngx_http_meet_session_send(s, ngx_http_meet_session_write_end, &reason);
    ngx_http_meet_session_close(s, code);
}


static ngx_int_t
ngx_http_meet_session_opened(ngx_http_meet_ws_t *ws)
{
    ngx_http_request_t *r;
    ngx_http_meet_session_t *s;

    r = ngx_http_meet_ws_request(ws);

    s = ngx_pcalloc(r->pool, sizeof(*s));
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->ws = ws;
    ngx_queue_init(&s->calls);
    ngx_http_meet_ws_set_data(ws, s);

    return NGX_OK;
}


static void
ngx_http_meet_session_bad(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    const char *detail;

    ngx_http_meet_count(NGX_HTTP_MEET_MESSAGES_BAD);

    if (++s->bad > NGX_HTTP_MEET_SESSION_BAD) {
        ngx_http_meet_session_close(s, NGX_HTTP_MEET_WS_POLICY);
        return;
    }

    detail = m->detail == NULL ? "type" : m->detail;

    ngx_http_meet_session_error(
        s, m->id, "bad-message", detail, ngx_strlen(detail));
}


static void
ngx_http_meet_session_message(ngx_http_meet_ws_t *ws, u_char *text, size_t len)
{
    ngx_http_meet_message_t *m;
    ngx_http_meet_session_t *s;
    ngx_http_meet_message_rc_t rc;

    s = ngx_http_meet_ws_data(ws);
    m = &ngx_http_meet_session_input;

    if (s == NULL || s->state == NGX_HTTP_MEET_SESSION_ENDED) {
        return;
    }

    rc = ngx_http_meet_message_read(m, text, len);

    if (rc == NGX_HTTP_MEET_MESSAGE_BIG) {
        ngx_http_meet_session_close(s, NGX_HTTP_MEET_WS_TOO_BIG);

    } else if (s->state == NGX_HTTP_MEET_SESSION_NEW) {

        if (rc == NGX_HTTP_MEET_MESSAGE_OK
            && m->type == NGX_HTTP_MEET_MESSAGE_HELLO) {
            ngx_http_meet_session_hello(s, m);

        } else {
            ngx_http_meet_session_close(s, NGX_HTTP_MEET_CLOSE_HELLO);
        }

    } else if (rc == NGX_HTTP_MEET_MESSAGE_BAD
               || m->type == NGX_HTTP_MEET_MESSAGE_HELLO)
    {
        ngx_http_meet_session_bad(s, m);

    } else {
        s->bad = 0;
        ngx_http_meet_session_in(s, m);
    }

    ngx_http_meet_message_done(m);
}


static void
ngx_http_meet_session_closing(ngx_http_meet_ws_t *ws)
{
    (void) ws;

    if (!ngx_http_meet_session_leave.timer_set) {
        ngx_add_timer(
            &ngx_http_meet_session_leave, NGX_HTTP_MEET_SESSION_MOVING);
    }
}


static void
ngx_http_meet_session_moving(ngx_event_t *ev)
{
    ngx_rbtree_node_t *node;

    (void) ev;

    if (ngx_http_meet_sessions.root == ngx_http_meet_sessions.sentinel) {
        return;
    }

    for (node = ngx_rbtree_min(
             ngx_http_meet_sessions.root, ngx_http_meet_sessions.sentinel);
         node != NULL; node = ngx_rbtree_next(&ngx_http_meet_sessions, node))
    {
        ngx_http_meet_session_plain(
            (ngx_http_meet_session_t *) node, "moving", 0);
    }
}


static void
ngx_http_meet_session_closed(ngx_http_meet_ws_t *ws)
{
    ngx_http_meet_session_t *s;

    s = ngx_http_meet_ws_data(ws);

    if (s == NULL) {
        return;
    }

    ngx_http_meet_session_detach(s);
}
