#include "ngx_http_meet_session_private.h"


typedef struct {
    const meet_record_t *header;
    const u_char *body;
} ngx_http_meet_record_view_t;

typedef struct {
    const char *text; /* type or name of the error */
    uint32_t re;
    const void *detail;
    size_t len;
} ngx_http_meet_short_t;


/* measured, then written: no size is guessed and none can be exceeded */
static ngx_http_meet_ws_frame_t *
ngx_http_meet_session_frame(ngx_http_meet_render_pt render, const void *data)
{
    ngx_http_meet_out_t out;
    ngx_http_meet_ws_frame_t *frame;

    ngx_memzero(&out, sizeof(out));
    render(&out, data);

    frame = ngx_http_meet_ws_frame_create(out.len);
    if (frame == NULL) {
        return NULL;
    }

    out.buf = frame->payload;
    out.size = out.len;
    out.len = 0;

    render(&out, data);

    return frame;
}


void
ngx_http_meet_session_send(ngx_http_meet_session_t *s,
    ngx_http_meet_render_pt render, const void *data)
{
    ngx_http_meet_ws_frame_t *frame;

    frame = ngx_http_meet_session_frame(render, data);

    /* a client that misses an answer cannot know: better no socket at all */

    if (frame == NULL) {
        ngx_http_meet_ws_close(s->ws, NGX_HTTP_MEET_WS_INTERNAL);
        return;
    }

    (void) ngx_http_meet_ws_send(s->ws, frame, NGX_HTTP_MEET_WS_KEEP);
    ngx_http_meet_ws_frame_release(frame);
}


static void
ngx_http_meet_session_render_plain(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_http_meet_short_t *plain;

    plain = data;
    ngx_http_meet_write_plain(out, plain->text, plain->re);
}


void
ngx_http_meet_session_plain(
    ngx_http_meet_session_t *s, const char *type, uint32_t re)
{
    ngx_http_meet_short_t plain;

    plain.text = type;
    plain.re = re;

    ngx_http_meet_session_send(s, ngx_http_meet_session_render_plain, &plain);
}


static void
ngx_http_meet_session_render_error(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_http_meet_short_t *error;

    error = data;
    ngx_http_meet_write_error(
        out, error->re, error->text, error->detail, error->len);
}


void
ngx_http_meet_session_error(ngx_http_meet_session_t *s, uint32_t re,
    const char *error, const void *detail, size_t len)
{
    ngx_http_meet_short_t view;

    view.text = error;
    view.re = re;
    view.detail = detail;
    view.len = len;

    ngx_http_meet_session_send(s, ngx_http_meet_session_render_error, &view);
}


static void
ngx_http_meet_session_render_record(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_http_meet_record_view_t *view;

    view = data;
    ngx_http_meet_write_record(out, view->header, view->body);
}


static ngx_http_meet_ws_class_t
ngx_http_meet_session_class(unsigned type)
{
    switch (type) {

    case MEET_JOINED:
    case MEET_LEFT:
        return NGX_HTTP_MEET_WS_GATHER;

    case MEET_SLOTS:
        return NGX_HTTP_MEET_WS_LATEST_SLOTS;

    case MEET_RIGHTS:
        return NGX_HTTP_MEET_WS_LATEST_RIGHTS;

    case MEET_QUALITY:
        return NGX_HTTP_MEET_WS_LATEST_QUALITY;

    case MEET_LAYERS:
        return NGX_HTTP_MEET_WS_LATEST_LAYERS;

    case MEET_SPEAKERS:
        return NGX_HTTP_MEET_WS_LATEST_SPEAKERS;
    }

    return NGX_HTTP_MEET_WS_KEEP;
}


static ngx_uint_t
ngx_http_meet_session_listed(
    const meet_record_t *header, const u_char *list, uint64_t participant)
{
    uint64_t id;
    ngx_uint_t i;

    for (i = 0; i < header->list; i++) {
        ngx_memcpy(&id, list + i * sizeof(id), sizeof(id));

        if (id == participant) {
            return 1;
        }
    }

    return 0;
}


/* is this session in the audience of the record? */
static ngx_uint_t
ngx_http_meet_session_hears(
    ngx_http_meet_session_t *s, const meet_record_t *header, const u_char *list)
{
    /* in the lobby one hears what is said to it, and the end */

    if (s->state != NGX_HTTP_MEET_SESSION_LIVE
        && (s->state != NGX_HTTP_MEET_SESSION_LOBBY
            || (header->type != MEET_TOLD && header->type != MEET_END)))
    {
        return 0;
    }

    switch (header->audience) {

    case MEET_TO_ONE:
        return s->token.participant == header->participant
               && (header->session == 0 || header->session == s->number);

    case MEET_TO_ALL:
        return 1;

    case MEET_TO_ALL_BUT:
        return s->token.participant != header->participant;

    case MEET_TO_LIST:
        return ngx_http_meet_session_listed(header, list, s->token.participant);
    }

    return 0;
}


/* the actor has ended it: nothing to tell the actor any more */
static void
ngx_http_meet_session_ended(ngx_http_meet_session_t *s, const u_char *body)
{
    meet_close_t end;

    ngx_memcpy(&end, body, sizeof(end));

    ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_WAITING);
    ngx_http_meet_session_end(s, end.reason);
}


static void
ngx_http_meet_session_deliver(ngx_http_meet_session_t *s,
    const ngx_http_meet_record_view_t *view, ngx_http_meet_ws_frame_t **frame)
{
    meet_rights_t rights;

    if (view->header->type == MEET_END) {
        ngx_http_meet_session_ended(s, view->body);
        return;
    }

    if (view->header->type == MEET_RIGHTS) {
        ngx_memcpy(&rights, view->body, sizeof(rights));
        s->rights = rights.rights;
        s->role = rights.role;
    }

    if (view->header->sequence > s->sequence) {
        s->sequence = view->header->sequence;
    }

    if (*frame == NULL) {
        *frame = ngx_http_meet_session_frame(
            ngx_http_meet_session_render_record, view);
        ngx_http_meet_count(NGX_HTTP_MEET_EVENTS);
    }

    if (*frame == NULL) {
        ngx_http_meet_ws_close(s->ws, NGX_HTTP_MEET_WS_INTERNAL);
        return;
    }

    ngx_http_meet_count(NGX_HTTP_MEET_EVENTS_OUT);

    (void) ngx_http_meet_ws_send(
        s->ws, *frame, ngx_http_meet_session_class(view->header->type));
}


void
ngx_http_meet_session_record(uint64_t instance, const meet_record_t *header,
    const u_char *list, const u_char *body, size_t len)
{
    ngx_queue_t *q, *next;
    ngx_http_meet_room_t *room;
    ngx_http_meet_session_t *s;
    ngx_http_meet_ws_frame_t *frame;
    ngx_http_meet_record_view_t view;

    room = ngx_http_meet_session_room_find(header->room, header->incarnation);

    if (room == NULL || room->state != NGX_HTTP_MEET_ROOM_PLACED
        || room->record.placement.worker != instance
        || room->record.placement.epoch != header->epoch)
    {
        ngx_http_meet_count(NGX_HTTP_MEET_RECORDS_STRAY);
        return;
    }

    frame = NULL;
    view.header = header;
    view.body = body;

    if (header->type == MEET_WELCOME) {
        s = ngx_http_meet_session_find(header->session);

        if (s != NULL && s->room == room
            && s->token.participant == header->participant) {
            ngx_http_meet_session_admitted(s, header, body, len);
        }

        return;
    }

    if (!ngx_http_meet_write_shows(header, body)) {
        return;
    }

    /* most records to one name the session: no walk through the room */

    if (header->audience == MEET_TO_ONE && header->session != 0) {
        s = ngx_http_meet_session_find(header->session);

        if (s != NULL && s->room == room
            && ngx_http_meet_session_hears(s, header, list))
        {
            ngx_http_meet_session_deliver(s, &view, &frame);
        }

    } else {
        for (q = ngx_queue_head(&room->sessions);
             q != ngx_queue_sentinel(&room->sessions); q = next)
        {
            next = ngx_queue_next(q);
            s = ngx_queue_data(q, ngx_http_meet_session_t, queue);

            if (ngx_http_meet_session_hears(s, header, list)) {
                ngx_http_meet_session_deliver(s, &view, &frame);
            }
        }
    }

    if (frame != NULL) {
        ngx_http_meet_ws_frame_release(frame);
    }
}
