#include "ngx_http_meet_session_private.h"


#define NGX_HTTP_MEET_SESSION_TRIES 3   /* refusals until it is sent away */
#define NGX_HTTP_MEET_SESSION_AGAIN 300 /* ms between them */


static void ngx_http_meet_session_opened_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len);


/*
 * What the store says now of who it is: banned, invite, role.  NGX_OK, or the
 * close code.  A replaced invite lets in who is in already, and nobody else.
 */
static ngx_int_t
ngx_http_meet_session_person(
    ngx_http_meet_session_t *s, ngx_http_meet_store_room_t *record)
{
    ngx_int_t rc;
    ngx_http_meet_store_invite_t invite;
    ngx_http_meet_store_person_t person;
    ngx_http_meet_store_invite_state_t state;

    if (ngx_http_meet_room_is_test(record)) {
        s->role = MEET_ROLE_PARTICIPANT;
        return NGX_OK;
    }

    rc = ngx_http_meet_store_invite_find(
        record, s->token.serial, &invite, &state);

    if (rc == NGX_OK) {
        rc = ngx_http_meet_store_person_get(
            record, s->token.participant, &person);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_HTTP_MEET_CLOSE_GONE
                                  : NGX_HTTP_MEET_WS_BUSY;
    }

    switch (state) {

    case NGX_HTTP_MEET_STORE_INVITE_LIVE:
        s->invite = invite;
        s->returns = 0;
        break;

    case NGX_HTTP_MEET_STORE_INVITE_REPLACED:
        s->invite = invite;
        s->returns = !s->welcomed;
        break;

    case NGX_HTTP_MEET_STORE_INVITE_EXPIRED:

        if (!s->welcomed) {
            return NGX_HTTP_MEET_CLOSE_TOKEN;
        }
        break;

    default:
        return NGX_HTTP_MEET_CLOSE_TOKEN;
    }

    s->role = s->invite.role;
    s->denied = 0;

    /* an owner can be neither banned nor degraded nor silenced */

    if (s->role == MEET_ROLE_OWNER) {
        return NGX_OK;
    }

    if (person.banned != 0) {
        return NGX_HTTP_MEET_CLOSE_REMOVED;
    }

    if (person.role < MEET_ROLE_OWNER) {
        s->role = person.role;
    }

    s->denied = person.denied;

    return NGX_OK;
}


/* the room that a connection test takes place in; its token is all there is */
static void
ngx_http_meet_session_test(
    ngx_http_meet_session_t *s, ngx_http_meet_store_room_t *record)
{
    ngx_memzero(record, sizeof(*record));

    ngx_memcpy(record->incarnation, s->token.incarnation, MEET_INCARNATION_LEN);
    ngx_memcpy(&record->number, s->token.incarnation, sizeof(record->number));

    record->settings.version = 1;
    record->settings.flags = MEET_ROOM_IS_TEST;
    record->settings.participants = 1;
    record->settings.rights_participant = MEET_RIGHT_MIC | MEET_RIGHT_CAM;
}


/* NGX_OK, or the close code */
static ngx_int_t
ngx_http_meet_session_admit(ngx_http_meet_session_t *s,
    ngx_http_meet_message_t *m, ngx_http_meet_store_room_t *record)
{
    ngx_int_t rc;
    ngx_str_t name;
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_meet_main_conf();

    if (ngx_http_meet_token_check(&s->token, m->u.hello.token,
            m->u.hello.token_len, mcf->key, (uint64_t) ngx_time())
        != NGX_HTTP_MEET_TOKEN_OK)
    {
        return NGX_HTTP_MEET_CLOSE_TOKEN;
    }

    if (s->token.flags & NGX_HTTP_MEET_TOKEN_TEST) {
        ngx_http_meet_session_test(s, record);
        return ngx_http_meet_session_person(s, record);
    }

    name.data = s->token.name;
    name.len = s->token.name_len;

    rc = ngx_http_meet_store_room_get(&name, record);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_MEET_WS_BUSY;
    }

    if (rc != NGX_OK
        || ngx_memcmp(
               record->incarnation, s->token.incarnation, MEET_INCARNATION_LEN)
               != 0)
    {
        return NGX_HTTP_MEET_CLOSE_GONE;
    }

    return ngx_http_meet_session_person(s, record);
}


/* a close code says it, except that somebody removed is told so */
static void
ngx_http_meet_session_refuse(ngx_http_meet_session_t *s, ngx_int_t code)
{
    if (code == NGX_HTTP_MEET_CLOSE_REMOVED) {
        ngx_http_meet_session_end(s, MEET_E_REMOVED);
        return;
    }

    ngx_http_meet_session_close(s, (ngx_uint_t) code);
}


void
ngx_http_meet_session_hello(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    ngx_int_t rc;
    ngx_http_meet_room_t *room;
    ngx_http_meet_store_room_t record;

    rc = ngx_http_meet_session_admit(s, m, &record);

    if (rc != NGX_OK) {
        ngx_http_meet_session_refuse(s, rc);
        return;
    }

    s->re = m->id;
    s->epoch = m->u.hello.epoch;
    s->sequence = m->u.hello.sequence;

    room = ngx_http_meet_session_room_enter(s, &record);

    if (room == NULL) {
        ngx_http_meet_session_close(s, NGX_HTTP_MEET_WS_INTERNAL);
        return;
    }

    ngx_http_meet_session_number(s);
    ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_WAITING);
    ngx_http_meet_ws_ready(s->ws);

    ngx_http_meet_session_room_run(room);
}


/* the room first: whoever comes brings what the store says of it now */
static ngx_int_t
ngx_http_meet_session_open_room(ngx_http_meet_session_t *s)
{
    meet_room_t body;
    meet_record_t header;
    ngx_http_meet_store_room_t *record;

    record = &s->room->record;

    ngx_http_meet_session_header(&header, MEET_ROOM_OPEN, s);
    ngx_http_meet_session_room_body(&body, record);

    return ngx_http_meet_link_send(
        record->placement.worker, &header, &body, sizeof(body));
}


ngx_int_t
ngx_http_meet_session_open(ngx_http_meet_session_t *s)
{
    u_char *p;
    ngx_int_t rc;
    meet_record_t header;
    meet_session_open_t open;
    ngx_http_meet_store_room_t *record;
    u_char body[sizeof(meet_session_open_t) + MEET_NAME_MAX];

    record = &s->room->record;

    /* banned, revoked or appointed since it said hello */

    rc = ngx_http_meet_session_person(s, record);

    if (rc == NGX_HTTP_MEET_WS_BUSY) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        ngx_http_meet_session_refuse(s, rc);
        return NGX_OK;
    }

    rc = ngx_http_meet_session_open_room(s);

    if (rc != NGX_OK) {
        return rc == NGX_BUSY ? NGX_AGAIN : NGX_DECLINED;
    }

    ngx_memzero(&open, sizeof(open));
    open.sequence = s->sequence;
    open.epoch = s->epoch;
    open.role = s->role;
    open.flags = MEET_SESSION_DENIES | MEET_SESSION_DENIED(s->denied);

    if (s->returns) {
        open.flags |= MEET_SESSION_RETURNS;
    }

    if (s->welcomed || (s->token.flags & NGX_HTTP_MEET_TOKEN_ADMITTED)) {
        open.flags |= MEET_SESSION_ADMITTED;
    }

    open.name_len = (uint16_t) s->token.display_len;

    p = ngx_cpymem(body, &open, sizeof(open));
    p = ngx_cpymem(p, s->token.display, s->token.display_len);

    ngx_http_meet_session_header(&header, MEET_SESSION_OPEN, s);

    s->opening = ngx_http_meet_link_request(record->placement.worker, &header,
        body, (size_t) (p - body), ngx_http_meet_session_opened_reply, s);

    if (s->opening == NULL) {
        return NGX_AGAIN;
    }

    ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_OPENING);

    return NGX_OK;
}


static void
ngx_http_meet_session_write_welcome(ngx_http_meet_out_t *out, const void *data)
{
    ngx_http_meet_write_welcome(out, data);
}


static void
ngx_http_meet_session_welcome(
    ngx_http_meet_session_t *s, const meet_welcome_t *body)
{
    ngx_time_t *tp;
    ngx_http_meet_welcome_t welcome;
    ngx_http_meet_main_conf_t *mcf;
    u_char token[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    mcf = ngx_http_meet_main_conf();
    tp = ngx_timeofday();

    s->tries = 0;
    s->rights = body->rights;
    s->role = body->role;
    s->epoch = s->room->record.placement.epoch;

    if (!body->resumed) {
        s->sequence = body->sequence;
    }

    s->token.flags |= NGX_HTTP_MEET_TOKEN_ADMITTED;

    if (!ngx_http_meet_room_is_test(&s->room->record)) {
        s->token.expires = (uint64_t) (tp->sec + mcf->token_lifetime);
    }

    ngx_memzero(&welcome, sizeof(welcome));
    welcome.re = s->welcomed ? 0 : s->re;
    welcome.participant = s->token.participant;
    welcome.epoch = s->epoch;
    welcome.body = *body;
    welcome.token = token;
    welcome.token_len = ngx_http_meet_token_make(token, &s->token, mcf->key);
    welcome.token_expires = s->token.expires;
    welcome.incarnation = s->room->record.incarnation;
    welcome.invite = &s->invite;
    welcome.time_ms = (uint64_t) tp->sec * 1000 + tp->msec;
    welcome.participants = s->room->record.settings.participants;

    ngx_http_meet_count(NGX_HTTP_MEET_WELCOMES);

    if (body->resumed) {
        ngx_http_meet_count(NGX_HTTP_MEET_RESUMED);
    }

    if (s->welcomed) {
        ngx_http_meet_count(NGX_HTTP_MEET_REGISTERED_AGAIN);
    }

    s->welcomed = 1;
    ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_LIVE);
    ngx_http_meet_session_send(
        s, ngx_http_meet_session_write_welcome, &welcome);

    ngx_http_meet_session_announce(s->room);
}


ngx_uint_t
ngx_http_meet_session_room_used(ngx_http_meet_room_t *room)
{
    ngx_queue_t *q;
    ngx_http_meet_session_t *s;

    for (q = ngx_queue_head(&room->sessions);
         q != ngx_queue_sentinel(&room->sessions); q = ngx_queue_next(q))
    {
        s = ngx_queue_data(q, ngx_http_meet_session_t, queue);

        if (s->state == NGX_HTTP_MEET_SESSION_LIVE) {
            return 1;
        }
    }

    return 0;
}


/*
 * It was not let in.  Those who were in already try on; a newcomer that is
 * refused again and again is sent away.
 */
static void
ngx_http_meet_session_refused(ngx_http_meet_session_t *s, ngx_uint_t status)
{
    ngx_http_meet_room_t *room;

    room = s->room;

    switch (status) {

    case MEET_E_ROOM_FULL:
    case MEET_E_LOCKED:
    case MEET_E_REMOVED:
    case MEET_E_DELETED:
    case MEET_E_EXPIRED:
    case MEET_E_ENDED:
        ngx_http_meet_session_end(s, status);
        return;

    case MEET_E_NO_PARTICIPANT:

        /* it had to be there to return */

        ngx_http_meet_session_close(s, NGX_HTTP_MEET_CLOSE_TOKEN);
        return;

    case MEET_E_GONE:

        /* rooms_gone() is next and starts anew */

        return;
    }

    ngx_log_error(NGX_LOG_INFO,
        ngx_http_meet_ws_request(s->ws)->connection->log, 0,
        "meet: session %uD refused by the media worker: %s", s->number,
        meet_status_name((unsigned) status));

    if (!s->welcomed
        && (status == MEET_E_TIMEOUT
            || s->tries++ == NGX_HTTP_MEET_SESSION_TRIES))
    {
        ngx_http_meet_session_close(s, NGX_HTTP_MEET_WS_BUSY);
        return;
    }

    if (status == MEET_E_BUSY) {

        /* a room that is in use there is not moved for one more */

        if (ngx_http_meet_session_room_used(room)) {
            ngx_http_meet_session_room_retry(room, NGX_HTTP_MEET_SESSION_AGAIN);
            return;
        }

        room->avoid = room->record.placement.worker;
    }

    if (status != MEET_E_TIMEOUT) {
        ngx_http_meet_session_room_stale(room);
    }

    ngx_http_meet_session_room_retry(room, NGX_HTTP_MEET_SESSION_AGAIN);
}


static void
ngx_http_meet_session_write_waiting(ngx_http_meet_out_t *out, const void *data)
{
    ngx_time_t *tp;
    const ngx_http_meet_session_t *s;

    s = data;
    tp = ngx_timeofday();

    ngx_http_meet_write_waiting(
        out, s->re, s->token.participant, (uint64_t) tp->sec * 1000 + tp->msec);
}


static void
ngx_http_meet_session_opened_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len)
{
    meet_welcome_t welcome;
    ngx_http_meet_session_t *s;

    s = data;
    s->opening = NULL;

    ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_WAITING);

    if (status == MEET_E_WAITING) {
        ngx_http_meet_session_state(s, NGX_HTTP_MEET_SESSION_LOBBY);
        ngx_http_meet_session_send(s, ngx_http_meet_session_write_waiting, s);
        return;
    }

    if (status == MEET_OK
        && (header->type != MEET_WELCOME || len < sizeof(welcome)))
    {
        status = MEET_E_BAD_RECORD;
    }

    if (status != MEET_OK) {
        ngx_http_meet_session_refused(s, status);
        return;
    }

    ngx_memcpy(&welcome, body, sizeof(welcome));
    ngx_http_meet_session_welcome(s, &welcome);
}


void
ngx_http_meet_session_admitted(ngx_http_meet_session_t *s,
    const meet_record_t *header, const u_char *body, size_t len)
{
    meet_welcome_t welcome;

    if ((s->state != NGX_HTTP_MEET_SESSION_LOBBY
            && s->state != NGX_HTTP_MEET_SESSION_LIVE)
        || header->status != MEET_OK || len < sizeof(welcome))
    {
        return;
    }

    ngx_memcpy(&welcome, body, sizeof(welcome));
    ngx_http_meet_session_welcome(s, &welcome);
}
