#include "ngx_http_meet_session_private.h"
#include "ngx_http_meet_whip.h"


/* a stream key has no token that would end: until there is another key */
#define NGX_HTTP_MEET_STREAM_BAN UINT32_MAX


static void ngx_http_meet_session_written(ngx_http_meet_store_op_t *op);


/* it has to outlive the media worker */
static ngx_uint_t
ngx_http_meet_session_kept(const meet_moderate_t *moderate)
{
    switch (moderate->verb) {

    case MEET_MODERATE_REMOVE:
    case MEET_MODERATE_APPOINT:
    case MEET_MODERATE_DENY:
    case MEET_MODERATE_ALLOW:
        return 1;
    }

    return 0;
}


/* what is to be remembered of the target; NULL: no memory */
static ngx_http_meet_store_op_t *
ngx_http_meet_session_person_op(
    ngx_http_meet_session_t *s, const meet_moderate_t *moderate)
{
    uint64_t stream;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_main_conf_t *mcf;

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_PERSON_CHANGE);
    if (op == NULL) {
        return NULL;
    }

    mcf = ngx_http_meet_main_conf();

    op->room = s->room->record;
    op->person.participant = moderate->target;

    /* what came by a stream key comes again with it, under whichever id */

    stream = ngx_http_meet_whip_person_of(&s->room->record, moderate->target);

    if (stream != 0) {
        op->person.participant = stream;
    }

    switch (moderate->verb) {

    case MEET_MODERATE_REMOVE:
        op->set = NGX_HTTP_MEET_STORE_SET_BAN;
        op->person.banned = stream != 0
                                ? NGX_HTTP_MEET_STREAM_BAN
                                : (uint64_t) (ngx_time() + mcf->token_lifetime);
        break;

    case MEET_MODERATE_APPOINT:
        op->set = NGX_HTTP_MEET_STORE_SET_ROLE;
        op->person.role = moderate->role;
        break;

    default:
        op->set = NGX_HTTP_MEET_STORE_SET_DENIED;
        op->denied_mask = moderate->kinds;
        op->person.denied =
            moderate->verb == MEET_MODERATE_DENY ? moderate->kinds : 0;
    }

    return op;
}


/*
 * The media worker knows the roles of all and has the last word; but what is
 * known to be refused is not even written.
 */
static ngx_uint_t
ngx_http_meet_session_may(
    ngx_http_meet_session_t *s, const meet_moderate_t *moderate)
{
    ngx_http_meet_store_person_t person;

    if (s->role == MEET_ROLE_OWNER) {
        return 1;
    }

    if (moderate->verb == MEET_MODERATE_APPOINT
        || !(s->rights & MEET_RIGHT_MODERATE))
    {
        return 0;
    }

    return !ngx_http_meet_session_kept(moderate)
           || ngx_http_meet_store_person_get(
                  &s->room->record, moderate->target, &person)
                  != NGX_OK
           || person.role != MEET_ROLE_MODERATOR;
}


void
ngx_http_meet_session_moderate(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m)
{
    meet_moderate_t *moderate;
    ngx_http_meet_call_t *call;
    ngx_http_meet_store_op_t *op;

    moderate = &m->u.moderate;

    if (!ngx_http_meet_session_may(s, moderate)) {
        ngx_http_meet_session_error(s, m->id, "forbidden", NULL, 0);
        return;
    }

    if (!ngx_http_meet_session_kept(moderate)) {
        ngx_http_meet_session_request(
            s, m, MEET_MODERATE, moderate, sizeof(*moderate));
        return;
    }

    /* what has to outlive the media worker is on disk before it hears of it */

    call = ngx_http_meet_session_call(s, m);
    if (call == NULL) {
        return;
    }

    call->moderate = *moderate;

    op = ngx_http_meet_session_person_op(s, moderate);

    if (op != NULL) {
        op->handler = ngx_http_meet_session_written;
        op->data = call;

        if (ngx_http_meet_store_post(op) == NGX_OK) {
            return;
        }
    }

    ngx_http_meet_session_call_free(call);
    ngx_http_meet_session_error(s, m->id, "unavailable", NULL, 0);
}


static void
ngx_http_meet_session_written(ngx_http_meet_store_op_t *op)
{
    const char *error;
    meet_record_t header;
    ngx_http_meet_call_t *call;
    ngx_http_meet_session_t *s;

    call = op->data;
    s = call->session;

    if (op->status == NGX_HTTP_MEET_STORE_OK) {
        ngx_http_meet_session_room_header(&header, MEET_MODERATE, &op->room);
        header.participant = call->participant;
        header.session = call->number;
        call->before = op->before;

        /* whoever said it may be gone; it is in force all the same */

        if (s == NULL) {
            (void) ngx_http_meet_link_send(op->room.placement.worker, &header,
                &call->moderate, sizeof(call->moderate));
            ngx_http_meet_session_call_free(call);
            return;
        }

        call->request = ngx_http_meet_link_request(op->room.placement.worker,
            &header, &call->moderate, sizeof(call->moderate),
            ngx_http_meet_session_reply, call);

        if (call->request != NULL) {
            return;
        }
    }

    if (s != NULL) {
        error = op->status == NGX_HTTP_MEET_STORE_LIMIT  ? "limit"
                : op->status == NGX_HTTP_MEET_STORE_FULL ? "storage-full"
                : op->status == NGX_HTTP_MEET_STORE_GONE ? "stale"
                                                         : "unavailable";
        ngx_http_meet_session_error(s, call->re, error, NULL, 0);
    }

    ngx_http_meet_session_call_free(call);
}


/* refused: what the store had said of the target stands again */
void
ngx_http_meet_session_moderate_undo(
    ngx_http_meet_session_t *s, const ngx_http_meet_call_t *call)
{
    ngx_http_meet_store_op_t *op;

    if (!ngx_http_meet_session_kept(&call->moderate)) {
        return;
    }

    op = ngx_http_meet_session_person_op(s, &call->moderate);
    if (op == NULL) {
        return;
    }

    op->person = call->before;

    (void) ngx_http_meet_store_post(op);
}
