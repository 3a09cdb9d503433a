#include "ngx_http_meet_session_private.h"


#define NGX_HTTP_MEET_SESSION_REPORT 10000 /* ms between two that count */


/* where the body of a record is put together; MEET_BODY_MAX bytes */
static u_char *ngx_http_meet_session_buffer;


ngx_int_t
ngx_http_meet_session_in_init(ngx_cycle_t *cycle)
{
    ngx_http_meet_session_buffer = ngx_palloc(cycle->pool, MEET_BODY_MAX);

    return ngx_http_meet_session_buffer == NULL ? NGX_ERROR : NGX_OK;
}


void
ngx_http_meet_session_request(ngx_http_meet_session_t *s,
    ngx_http_meet_message_t *m, unsigned type, const void *body, size_t len)
{
    meet_record_t header;
    ngx_http_meet_call_t *call;

    call = ngx_http_meet_session_call(s, m);
    if (call == NULL) {
        return;
    }

    if (m->type == NGX_HTTP_MEET_MESSAGE_STATE) {
        call->name_len = m->u.state.state.name_len;
        ngx_memcpy(call->name, m->u.state.name, call->name_len);
    }

    ngx_http_meet_session_header(&header, type, s);

    call->request = ngx_http_meet_link_request(s->room->record.placement.worker,
        &header, body, len, ngx_http_meet_session_reply, call);

    if (call->request == NULL) {
        ngx_http_meet_session_call_free(call);
        ngx_http_meet_session_error(s, m->id, "unavailable", NULL, 0);
        return;
    }

    if (type == MEET_OFFER) {
        s->offering |= 1u << m->u.offer.offer.connection;
    }
}


/* what the media worker does not answer */
static ngx_int_t
ngx_http_meet_session_notify(
    ngx_http_meet_session_t *s, unsigned type, const void *body, size_t len)
{
    meet_record_t header;

    ngx_http_meet_session_header(&header, type, s);
    return ngx_http_meet_link_send(
        s->room->record.placement.worker, &header, body, len);
}


static size_t
ngx_http_meet_session_pack(
    const void *head, size_t head_len, const void *tail, size_t tail_len)
{
    u_char *p;

    p = ngx_cpymem(ngx_http_meet_session_buffer, head, head_len);

    if (tail_len != 0) {
        p = ngx_cpymem(p, tail, tail_len);
    }

    return (size_t) (p - ngx_http_meet_session_buffer);
}


static void
ngx_http_meet_session_offer(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    size_t len;
    ngx_http_meet_message_offer_t *o;

    o = &m->u.offer;

    if (s->offering & (1u << o->offer.connection)) {
        ngx_http_meet_session_error(s, m->id, "limit", NULL, 0);
        return;
    }

    len = ngx_http_meet_session_pack(&o->offer, sizeof(o->offer), o->tracks,
        o->offer.tracks * sizeof(meet_track_t));

    ngx_memcpy(ngx_http_meet_session_buffer + len, o->sdp, o->offer.sdp_len);
    len += o->offer.sdp_len;

    ngx_http_meet_session_request(
        s, m, MEET_OFFER, ngx_http_meet_session_buffer, len);
}


static void
ngx_http_meet_session_send_tell(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    size_t len;
    meet_tell_t tell;

    if (!(s->rights
            & (m->u.tell.to == 0 ? MEET_RIGHT_MODERATE : MEET_RIGHT_TELL))) {
        ngx_http_meet_session_error(s, m->id, "forbidden", NULL, 0);
        return;
    }

    ngx_memzero(&tell, sizeof(tell));
    tell.peer = m->u.tell.to;
    tell.len = (uint32_t) m->u.tell.len;

    len = ngx_http_meet_session_pack(
        &tell, sizeof(tell), m->u.tell.body, m->u.tell.len);

    ngx_http_meet_session_request(
        s, m, MEET_TELL, ngx_http_meet_session_buffer, len);
}


/* adds up what clients see; one that reports too often counts no more for it */
static void
ngx_http_meet_session_report(
    ngx_http_meet_session_t *s, const meet_report_t *report)
{
    if (s->reports
        && ngx_current_msec - s->reported < NGX_HTTP_MEET_SESSION_REPORT) {
        return;
    }

    s->reports = 1;
    s->reported = ngx_current_msec;

    ngx_http_meet_count(NGX_HTTP_MEET_REPORTS);
    ngx_http_meet_count_add(NGX_HTTP_MEET_FREEZES, report->freezes);
    ngx_http_meet_count_add(NGX_HTTP_MEET_FROZEN, report->frozen_ms);
    ngx_http_meet_count_add(NGX_HTTP_MEET_CONCEALED, report->concealed_ms);
    ngx_http_meet_count_add(NGX_HTTP_MEET_HEARD, report->audio_ms);
    ngx_http_meet_count_add(NGX_HTTP_MEET_SEEN, report->video_ms);

    /* for the room's own counters; a full ring may lose it */

    if (ngx_http_meet_link_minor() >= meet_record_minor(MEET_REPORT)) {
        (void) ngx_http_meet_session_notify(
            s, MEET_REPORT, report, sizeof(meet_report_t));
    }
}


static void
ngx_http_meet_session_live(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    size_t len;

    switch (m->type) {

    case NGX_HTTP_MEET_MESSAGE_PUBLISH:
    case NGX_HTTP_MEET_MESSAGE_SUBSCRIBE:
        ngx_http_meet_session_offer(s, m);
        return;

    case NGX_HTTP_MEET_MESSAGE_VIEW:
        len = ngx_http_meet_session_pack(&m->u.view.view,
            sizeof(m->u.view.view), m->u.view.entries,
            m->u.view.view.entries * sizeof(meet_view_entry_t));
        if (ngx_http_meet_session_notify(
                s, MEET_VIEW, ngx_http_meet_session_buffer, len)
            != NGX_OK)
        {
            ngx_http_meet_session_error(s, m->id, "unavailable", NULL, 0);
        }
        return;

    case NGX_HTTP_MEET_MESSAGE_STATE:
        len = ngx_http_meet_session_pack(&m->u.state.state,
            sizeof(m->u.state.state), m->u.state.name,
            m->u.state.state.name_len);
        ngx_http_meet_session_request(
            s, m, MEET_STATE, ngx_http_meet_session_buffer, len);
        return;

    case NGX_HTTP_MEET_MESSAGE_POST:
        ngx_http_meet_session_post(s, m);
        return;

    case NGX_HTTP_MEET_MESSAGE_TELL:
        ngx_http_meet_session_send_tell(s, m);
        return;

    case NGX_HTTP_MEET_MESSAGE_MODERATE:
    case NGX_HTTP_MEET_MESSAGE_APPOINT:
        ngx_http_meet_session_moderate(s, m);
        return;

    case NGX_HTTP_MEET_MESSAGE_REPORT:
        ngx_http_meet_session_report(s, &m->u.report);
        return;

    default:
        return;
    }
}


/* it may send, receive and leave: there is nothing else to be done with it */
static ngx_uint_t
ngx_http_meet_session_tests(const ngx_http_meet_session_t *s)
{
    return (s->token.flags & NGX_HTTP_MEET_TOKEN_TEST) != 0;
}


void
ngx_http_meet_session_in(ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    switch (m->type) {

    case NGX_HTTP_MEET_MESSAGE_PING:
        ngx_http_meet_session_plain(s, "pong", m->id);
        return;

    case NGX_HTTP_MEET_MESSAGE_LEAVE:

        if (s->state == NGX_HTTP_MEET_SESSION_LIVE) {
            (void) ngx_http_meet_session_notify(s, MEET_LEAVE, NULL, 0);
        }

        ngx_http_meet_session_close(s, NGX_HTTP_MEET_WS_NORMAL);
        return;

    case NGX_HTTP_MEET_MESSAGE_LOG:

        /* from the store: a media worker that is away does not matter */

        if (s->welcomed && !ngx_http_meet_session_tests(s)) {
            ngx_http_meet_session_log(s, m);
            return;
        }
        break;

    case NGX_HTTP_MEET_MESSAGE_PUBLISH:
    case NGX_HTTP_MEET_MESSAGE_SUBSCRIBE:
    case NGX_HTTP_MEET_MESSAGE_VIEW:

        if (s->state == NGX_HTTP_MEET_SESSION_LIVE) {
            ngx_http_meet_session_live(s, m);
            return;
        }
        break;

    default:

        if (ngx_http_meet_session_tests(s)) {
            break;
        }

        if (s->state == NGX_HTTP_MEET_SESSION_LIVE) {
            ngx_http_meet_session_live(s, m);
            return;
        }
        break;
    }

    /* who waits in the lobby has no say yet, and a test has no room */

    ngx_http_meet_session_error(s, m->id,
        s->state == NGX_HTTP_MEET_SESSION_LOBBY
                || ngx_http_meet_session_tests(s)
            ? "forbidden"
            : "unavailable",
        NULL, 0);
}


typedef struct {
    uint32_t re;
    const u_char *body;
} ngx_http_meet_answer_view_t;


static void
ngx_http_meet_session_render_answer(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_http_meet_answer_view_t *view;

    view = data;
    ngx_http_meet_write_answer(out, view->re, view->body);
}


static void
ngx_http_meet_session_answer(ngx_http_meet_session_t *s, uint32_t re,
    ngx_uint_t status, const u_char *body)
{
    meet_answer_t answer;
    ngx_http_meet_answer_view_t view;

    if (status == MEET_OK) {
        view.re = re;
        view.body = body;

        ngx_http_meet_session_send(
            s, ngx_http_meet_session_render_answer, &view);
        return;
    }

    /* the text says which line of the offer it was, never what stands there */

    ngx_memcpy(&answer, body, sizeof(answer));

    ngx_http_meet_session_error(s, re,
        ngx_http_meet_write_error_name((unsigned) status),
        answer.sdp_len == 0 ? NULL : body + sizeof(answer), answer.sdp_len);
}


void
ngx_http_meet_session_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len)
{
    uint32_t re;
    ngx_uint_t type, offer;
    ngx_http_meet_call_t *call;
    ngx_http_meet_session_t *s;

    (void) len;

    call = data;
    s = call->session;
    re = call->re;
    type = call->type;

    offer = (type == NGX_HTTP_MEET_MESSAGE_PUBLISH
             || type == NGX_HTTP_MEET_MESSAGE_SUBSCRIBE);

    if (type == NGX_HTTP_MEET_MESSAGE_PUBLISH) {
        s->offering &= ~(1u << MEET_CONNECTION_PUBLISH);

    } else if (type == NGX_HTTP_MEET_MESSAGE_SUBSCRIBE) {
        s->offering &= ~(1u << MEET_CONNECTION_SUBSCRIBE);

    } else if (type == NGX_HTTP_MEET_MESSAGE_STATE && status == MEET_OK
               && call->name_len != 0)
    {
        /* tokens from now on, and a new media worker, know the new name */

        s->token.display_len = call->name_len;
        ngx_memcpy(s->token.display, call->name, call->name_len);
    }

    if (status == MEET_E_FORBIDDEN
        || (status == MEET_E_NO_PARTICIPANT
            && call->moderate.verb == MEET_MODERATE_DENY))
    {
        ngx_http_meet_session_moderate_undo(s, call);
    }

    ngx_http_meet_session_call_free(call);

    if (offer && header != NULL && header->type == MEET_ANSWER) {
        ngx_http_meet_session_answer(s, re, status, body);

    } else if (status != MEET_OK || offer || header->type != MEET_DONE) {
        ngx_http_meet_session_error(
            s, re, ngx_http_meet_write_error_name((unsigned) status), NULL, 0);

    } else if (re != 0) {
        ngx_http_meet_session_plain(s, "done", re);
    }

    if (status == MEET_E_STALE || status == MEET_E_NO_ROOM) {
        ngx_http_meet_session_room_stale(s->room);
    }
}
