#include "ngx_http_meet_session_private.h"


/* bytes of entries in one answer; clients ask again for the rest */
#define NGX_HTTP_MEET_LOG_BYTES (96 * 1024)

/* entries announced late, in one go */
#define NGX_HTTP_MEET_LOG_LATE 100

#define NGX_HTTP_MEET_ANNOUNCE_AGAIN 200 /* ms until they are */


typedef struct {
    uint32_t re;
    ngx_uint_t channel;
    uint64_t sequence;
    uint64_t time_ms;
} ngx_http_meet_posted_t;

typedef struct {
    uint32_t re;
    ngx_uint_t channel;
    ngx_http_meet_store_entry_t *entries;
    ngx_uint_t n;
    uint64_t last;
} ngx_http_meet_log_view_t;

/* an entry on its way to the actor; belongs to nobody's session */
typedef struct {
    uint64_t room;
    uint64_t sequence;
    u_char incarnation[MEET_INCARNATION_LEN];
} ngx_http_meet_announce_t;


static void ngx_http_meet_session_appended(ngx_http_meet_store_op_t *op);


void
ngx_http_meet_session_post(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    ngx_http_meet_call_t *call;
    ngx_http_meet_store_op_t *op;

    if (!(s->rights & MEET_RIGHT_CHAT)) {
        ngx_http_meet_session_error(s, m->id, "forbidden", NULL, 0);
        return;
    }

    call = ngx_http_meet_session_call(s, m);
    if (call == NULL) {
        return;
    }

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_LOG_APPEND);

    if (op != NULL) {
        op->room = s->room->record;
        op->entry.channel = m->u.post.channel;
        op->entry.sender = s->token.participant;
        op->entry.data = m->u.post.body;
        op->entry.len = (uint32_t) m->u.post.len;
        op->handler = ngx_http_meet_session_appended;
        op->data = call;

        if (ngx_http_meet_store_post(op) == NGX_OK) {
            return;
        }
    }

    ngx_http_meet_session_call_free(call);
    ngx_http_meet_session_error(s, m->id, "unavailable", NULL, 0);
}


static void
ngx_http_meet_session_unannounced(ngx_http_meet_announce_t *a)
{
    ngx_http_meet_room_t *room;

    room = ngx_http_meet_session_room_find(a->room, a->incarnation);

    if (room == NULL) {
        return;
    }

    if (room->unannounced == 0 || a->sequence < room->unannounced) {
        room->unannounced = a->sequence;
    }

    ngx_http_meet_session_room_retry(room, NGX_HTTP_MEET_ANNOUNCE_AGAIN);
}


static void
ngx_http_meet_session_announced(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len)
{
    ngx_http_meet_room_t *room;
    ngx_http_meet_announce_t *a;

    (void) header;
    (void) body;
    (void) len;

    a = data;

    if (status != MEET_OK) {
        ngx_http_meet_session_unannounced(a);
        room = ngx_http_meet_session_room_find(a->room, a->incarnation);

        if (room != NULL
            && (status == MEET_E_STALE || status == MEET_E_NO_ROOM)) {
            ngx_http_meet_session_room_stale(room);
        }
    }

    ngx_free(a);
}


/*
 * The entry is on disk.  If the actor cannot be told now, it is told a little
 * later, or after the room is registered again; clients that see a gap ask for
 * the log by themselves.
 */
static void
ngx_http_meet_session_announce_entry(ngx_http_meet_store_room_t *record,
    const ngx_http_meet_store_entry_t *entry)
{
    u_char *p;
    meet_entry_t body;
    meet_record_t header;
    ngx_http_meet_announce_t *a;
    static u_char buffer[sizeof(meet_entry_t) + MEET_MESSAGE_MAX];

    if (entry->len > MEET_MESSAGE_MAX) {
        return;
    }

    a = ngx_alloc(sizeof(*a), ngx_cycle->log);
    if (a == NULL) {
        return;
    }

    a->room = record->number;
    a->sequence = entry->sequence;
    ngx_memcpy(a->incarnation, record->incarnation, MEET_INCARNATION_LEN);

    ngx_memzero(&body, sizeof(body));
    body.sender = entry->sender;
    body.sequence = entry->sequence;
    body.time_ms = entry->time_ms;
    body.channel = entry->channel;
    body.len = entry->len;

    p = ngx_cpymem(buffer, &body, sizeof(body));
    p = ngx_cpymem(p, entry->data, entry->len);

    ngx_http_meet_session_room_header(&header, MEET_ANNOUNCE, record);
    header.participant = entry->sender;

    if (ngx_http_meet_link_request(record->placement.worker, &header, buffer,
            (size_t) (p - buffer), ngx_http_meet_session_announced, a)
        == NULL)
    {
        ngx_http_meet_session_unannounced(a);
        ngx_free(a);
    }
}


void
ngx_http_meet_session_announce(ngx_http_meet_room_t *room)
{
    uint64_t after, last;
    ngx_uint_t i, n;
    ngx_pool_t *pool;
    ngx_http_meet_store_entry_t *entries;

    if (room->unannounced == 0) {
        return;
    }

    after = room->unannounced - 1;
    room->unannounced = 0;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    if (ngx_http_meet_store_log_get(pool, &room->record,
            NGX_HTTP_MEET_CHANNEL_CHAT, after, NGX_HTTP_MEET_LOG_LATE,
            NGX_HTTP_MEET_LOG_BYTES, &entries, &n, &last)
        == NGX_OK)
    {
        for (i = 0; i < n; i++) {
            ngx_http_meet_session_announce_entry(&room->record, &entries[i]);
        }
    }

    ngx_destroy_pool(pool);
}


static void
ngx_http_meet_session_render_posted(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_http_meet_posted_t *posted;

    posted = data;
    ngx_http_meet_write_posted(out, posted->re, (unsigned) posted->channel,
        posted->sequence, posted->time_ms);
}


static const char *
ngx_http_meet_session_append_error(ngx_http_meet_store_status_t status)
{
    switch (status) {

    case NGX_HTTP_MEET_STORE_FULL:
    case NGX_HTTP_MEET_STORE_LIMIT:
        return "storage-full"; /* trying again is of no use */

    case NGX_HTTP_MEET_STORE_GONE:
        return "stale";

    default:
        return "unavailable";
    }
}


static void
ngx_http_meet_session_appended(ngx_http_meet_store_op_t *op)
{
    uint32_t re;
    ngx_http_meet_call_t *call;
    ngx_http_meet_posted_t posted;
    ngx_http_meet_session_t *s;

    call = op->data;
    s = call->session;
    re = call->re;

    ngx_http_meet_session_call_free(call);

    if (op->status == NGX_HTTP_MEET_STORE_OK) {
        ngx_http_meet_count(NGX_HTTP_MEET_POSTS);
        ngx_http_meet_session_announce_entry(&op->room, &op->entry);
    }

    /* who posted may be gone */

    if (s == NULL) {
        return;
    }

    if (op->status != NGX_HTTP_MEET_STORE_OK) {
        ngx_http_meet_session_error(
            s, re, ngx_http_meet_session_append_error(op->status), NULL, 0);
        return;
    }

    posted.re = re;
    posted.channel = op->entry.channel;
    posted.sequence = op->entry.sequence;
    posted.time_ms = op->entry.time_ms;

    ngx_http_meet_session_send(s, ngx_http_meet_session_render_posted, &posted);
}


static void
ngx_http_meet_session_render_log(ngx_http_meet_out_t *out, const void *data)
{
    const ngx_http_meet_log_view_t *view;

    view = data;
    ngx_http_meet_write_log(out, view->re, (unsigned) view->channel,
        view->entries, view->n, view->last);
}


void
ngx_http_meet_session_log(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    ngx_int_t rc;
    ngx_pool_t *pool;
    ngx_http_meet_log_view_t view;

    ngx_memzero(&view, sizeof(view));
    view.re = m->id;
    view.channel = m->u.log.channel;

    rc = NGX_ERROR;
    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, ngx_cycle->log);

    if (pool != NULL) {
        rc = ngx_http_meet_store_log_get(pool, &s->room->record, view.channel,
            m->u.log.after, m->u.log.limit, NGX_HTTP_MEET_LOG_BYTES,
            &view.entries, &view.n, &view.last);
    }

    if (rc == NGX_OK) {
        ngx_http_meet_session_send(s, ngx_http_meet_session_render_log, &view);

    } else {
        ngx_http_meet_session_error(s, m->id, "unavailable", NULL, 0);
    }

    if (pool != NULL) {
        ngx_destroy_pool(pool);
    }
}
