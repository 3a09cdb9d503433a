#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_text.h"
#include "ngx_http_meet_whip.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_WHIP_ETAG (sizeof("\"4294967295\""))

_Static_assert(MEET_VERIFIER_LEN == SHA256_DIGEST_LENGTH, "verifier");


/* what an answer needs to know of its request */
typedef struct {
    uint64_t participant;
    uint64_t resource;
    ngx_http_meet_store_room_t room;
} ngx_http_meet_whip_ctx_t;


static ngx_int_t ngx_http_meet_whip_opened(ngx_http_request_t *r, void *data,
    ngx_uint_t status, const u_char *body, size_t len);
static ngx_int_t ngx_http_meet_whip_patched(ngx_http_request_t *r, void *data,
    ngx_uint_t status, const u_char *body, size_t len);
static ngx_int_t ngx_http_meet_whip_closed(ngx_http_request_t *r, void *data,
    ngx_uint_t status, const u_char *body, size_t len);


/* 1 if the path is the one of players: .../whep/ROOM... */
static ngx_uint_t
ngx_http_meet_whip_plays(ngx_http_request_t *r, ngx_str_t *room)
{
    /* "whip/" or "whep/" stands in front of the room's name */

    return room->data - r->uri.data >= 5 && room->data[-3] == 'e';
}


/* ?name= of who shows up in the room, or a word for what it is */
static ngx_int_t
ngx_http_meet_whip_name(
    ngx_http_request_t *r, ngx_uint_t plays, u_char *name, size_t *len)
{
    ngx_str_t value;
    u_char *dst, *src;

    if (ngx_http_arg(r, (u_char *) "name", 4, &value) != NGX_OK) {
        *len = ngx_http_meet_display_name(
            name, (u_char *) (plays ? "WHEP" : "WHIP"), 4);
        return NGX_OK;
    }

    dst = ngx_pnalloc(r->pool, value.len + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    src = value.data;
    value.data = dst;
    ngx_unescape_uri(&dst, &src, value.len, 0);

    *len = ngx_http_meet_display_name(
        name, value.data, (size_t) (dst - value.data));

    return *len != 0 ? NGX_OK : NGX_DECLINED;
}


/* ?source= of a player */
static ngx_int_t
ngx_http_meet_whip_source(ngx_http_request_t *r, uint32_t *source)
{
    ngx_int_t n;
    ngx_str_t value;

    *source = MEET_NO_SOURCE;

    if (ngx_http_arg(r, (u_char *) "source", 6, &value) != NGX_OK) {
        return NGX_OK;
    }

    n = ngx_atoi(value.data, value.len);

    if (n == NGX_ERROR || n < 4 || n >= (ngx_int_t) MEET_NO_SOURCE) {
        return NGX_DECLINED;
    }

    *source = (uint32_t) n;

    return NGX_OK;
}


/* NGX_OK; NGX_DECLINED: a problem was sent, return `*rc` */
static ngx_int_t
ngx_http_meet_whip_admit(ngx_http_request_t *r, ngx_str_t *name, uint8_t kind,
    meet_resource_open_t *open, ngx_http_meet_whip_ctx_t *ctx, ngx_int_t *rc)
{
    ngx_int_t found;
    const char *problem;
    ngx_http_meet_store_person_t person;
    ngx_http_meet_store_invite_t invite;
    u_char auth[NGX_HTTP_MEET_STORE_AUTH_LEN];

    if (ngx_http_meet_whip_bearer(r, auth) != NGX_OK) {
        ngx_http_meet_count(NGX_HTTP_MEET_WRONG_SECRETS);
        *rc = ngx_http_meet_problem(r, "not-authorized", NULL);
        return NGX_DECLINED;
    }

    found =
        ngx_http_meet_store_invite_check(name, NULL, auth, &ctx->room, &invite);

    SHA256(auth, sizeof(auth), open->resource.verifier);
    ngx_explicit_memzero(auth, sizeof(auth));

    if (found == NGX_OK && invite.kind != kind) {
        found = NGX_DECLINED;
    }

    if (found == NGX_DECLINED) {
        ngx_http_meet_count(NGX_HTTP_MEET_WRONG_SECRETS);
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
            "meet: a stream key that opens nothing");

        problem = ngx_http_meet_store_room_get(name, &ctx->room) == NGX_DECLINED
                      ? "no-room"
                      : "wrong-secret";
        *rc = ngx_http_meet_problem(r, problem, NULL);
        return NGX_DECLINED;
    }

    if (found == NGX_OK) {
        ctx->participant = ngx_http_meet_whip_person(&ctx->room, &invite);
        found = ngx_http_meet_store_person_get(
            &ctx->room, ctx->participant, &person);
    }

    if (found != NGX_OK) {
        *rc = ngx_http_meet_problem(r, "unavailable", "store");
        return NGX_DECLINED;
    }

    if (person.banned != 0) {
        *rc = ngx_http_meet_problem(
            r, "forbidden", "what came by this key was removed");
        return NGX_DECLINED;
    }

    open->role = invite.role;
    open->denied = person.denied;

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_whip_open(ngx_http_request_t *r, ngx_str_t *room, ngx_str_t *text)
{
    u_char *p;
    size_t len;
    ngx_int_t rc;
    uint64_t random[2];
    ngx_str_t body;
    ngx_uint_t plays;
    meet_resource_open_t open;
    ngx_http_meet_whip_ctx_t *ctx;
    u_char name[MEET_NAME_MAX];

    plays = ngx_http_meet_whip_plays(r, room);
    ngx_memzero(&open, sizeof(open));

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_meet_whip_ctx_t));

    if (ctx == NULL || RAND_bytes((u_char *) random, sizeof(random)) != 1) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_meet_whip_admit(r, room,
            plays ? NGX_HTTP_MEET_INVITE_WHEP : NGX_HTTP_MEET_INVITE_WHIP,
            &open, ctx, &rc)
        != NGX_OK)
    {
        return rc;
    }

    rc = ngx_http_meet_whip_name(r, plays, name, &len);

    if (rc == NGX_OK) {
        rc = ngx_http_meet_whip_source(r, &open.source);
    }

    if (rc != NGX_OK) {
        return rc == NGX_ERROR
                   ? NGX_HTTP_INTERNAL_SERVER_ERROR
                   : ngx_http_meet_problem(r, "bad-request", "name or source");
    }

    /* an encoder is the key's own id, a player is one of many */

    if (plays) {
        ctx->participant =
            (ctx->participant & ~(uint64_t) UINT32_MAX) | (uint32_t) random[1];
    }

    ctx->resource = random[0];

    open.resource.resource = ctx->resource;
    open.connection =
        plays ? MEET_CONNECTION_SUBSCRIBE : MEET_CONNECTION_PUBLISH;
    open.name_len = (uint16_t) len;
    open.sdp_len = (uint32_t) text->len;

    body.len = sizeof(open) + len + text->len;
    body.data = ngx_pnalloc(r->pool, body.len);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpymem(body.data, &open, sizeof(open));
    p = ngx_cpymem(p, name, len);
    ngx_memcpy(p, text->data, text->len);

    return ngx_http_meet_whip_call(r, &ctx->room, MEET_RESOURCE_OPEN,
        ctx->participant, &body, ngx_http_meet_whip_opened, ctx);
}


/*
 * The participant and the number of its opening stand behind the room:
 * .../ROOM/PARTICIPANT-NUMBER.  NGX_OK, or NGX_DECLINED with `*rc`.
 */
static ngx_int_t
ngx_http_meet_whip_known(ngx_http_request_t *r, ngx_str_t *name,
    meet_resource_t *named, ngx_http_meet_whip_ctx_t *ctx, ngx_int_t *rc)
{
    u_char *p;
    ngx_int_t found;
    u_char auth[NGX_HTTP_MEET_STORE_AUTH_LEN];

    ngx_memzero(named, sizeof(meet_resource_t));

    if (ngx_http_meet_whip_bearer(r, auth) != NGX_OK) {
        ngx_http_meet_count(NGX_HTTP_MEET_WRONG_SECRETS);
        *rc = ngx_http_meet_problem(r, "not-authorized", NULL);
        return NGX_DECLINED;
    }

    SHA256(auth, sizeof(auth), named->verifier);
    ngx_explicit_memzero(auth, sizeof(auth));

    found = ngx_http_meet_store_room_get(name, &ctx->room);

    if (found != NGX_OK) {
        *rc = ngx_http_meet_problem(
            r, found == NGX_DECLINED ? "no-room" : "unavailable", NULL);
        return NGX_DECLINED;
    }

    p = name->data + name->len + 1;

    if (r->uri.data + r->uri.len - p != 2 * NGX_HTTP_MEET_ID_LEN + 1
        || p[NGX_HTTP_MEET_ID_LEN] != '-'
        || ngx_http_meet_id_decode(&ctx->participant, p, NGX_HTTP_MEET_ID_LEN)
               != 0
        || ngx_http_meet_id_decode(&ctx->resource, p + NGX_HTTP_MEET_ID_LEN + 1,
               NGX_HTTP_MEET_ID_LEN)
               != 0
        || ctx->room.placement.worker == 0)
    {
        *rc = ngx_http_meet_problem(r, "no-stream", NULL);
        return NGX_DECLINED;
    }

    named->resource = ctx->resource;

    return NGX_OK;
}


/* If-Match: "N" or *; NGX_DECLINED: not there, NGX_ERROR: no tag of ours */
static ngx_int_t
ngx_http_meet_whip_match(ngx_http_request_t *r, uint32_t *etag)
{
    ngx_int_t n;
    ngx_str_t value;

    *etag = 0;
    ngx_str_null(&value);

    if (ngx_http_meet_rest_header(r, "If-Match", &value) != NGX_OK) {
        return value.data == NULL ? NGX_DECLINED : NGX_ERROR;
    }

    if (value.len == 1 && value.data[0] == '*') {
        return NGX_OK;
    }

    if (value.len < 3 || value.data[0] != '"'
        || value.data[value.len - 1] != '"') {
        return NGX_ERROR;
    }

    n = ngx_atoi(value.data + 1, value.len - 2);

    if (n == NGX_ERROR || n == 0 || n > (ngx_int_t) UINT32_MAX) {
        return NGX_ERROR;
    }

    *etag = (uint32_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_whip_patch(
    ngx_http_request_t *r, ngx_str_t *room, ngx_str_t *text)
{
    ngx_int_t rc;
    ngx_str_t body;
    meet_resource_patch_t patch;
    ngx_http_meet_whip_ctx_t *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_meet_whip_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&patch, sizeof(patch));

    if (ngx_http_meet_whip_known(r, room, &patch.resource, ctx, &rc) != NGX_OK)
    {
        return rc;
    }

    switch (ngx_http_meet_whip_match(r, &patch.etag)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return ngx_http_meet_problem(r, "precondition-required", NULL);

    default:
        return ngx_http_meet_problem(r, "precondition-failed", NULL);
    }

    patch.sdp_len = (uint32_t) text->len;

    body.len = sizeof(patch) + text->len;
    body.data = ngx_pnalloc(r->pool, body.len);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(
        ngx_cpymem(body.data, &patch, sizeof(patch)), text->data, text->len);

    return ngx_http_meet_whip_call(r, &ctx->room, MEET_RESOURCE_PATCH,
        ctx->participant, &body, ngx_http_meet_whip_patched, ctx);
}


ngx_int_t
ngx_http_meet_whip_close(
    ngx_http_request_t *r, ngx_str_t *room, ngx_str_t *text)
{
    ngx_int_t rc;
    ngx_str_t body;
    meet_resource_t *named;
    ngx_http_meet_whip_ctx_t *ctx;

    (void) text;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_meet_whip_ctx_t));
    named = ngx_palloc(r->pool, sizeof(meet_resource_t));

    if (ctx == NULL || named == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_meet_whip_known(r, room, named, ctx, &rc) != NGX_OK) {
        return rc;
    }

    body.data = (u_char *) named;
    body.len = sizeof(meet_resource_t);

    return ngx_http_meet_whip_call(r, &ctx->room, MEET_RESOURCE_CLOSE,
        ctx->participant, &body, ngx_http_meet_whip_closed, ctx);
}


/* the SDP of a reply and the tag of its ICE session */
static ngx_int_t
ngx_http_meet_whip_text(
    ngx_http_request_t *r, const u_char *body, size_t len, ngx_str_t *text)
{
    u_char *etag;
    meet_resource_answer_t answer;

    if (len < sizeof(answer)) {
        return NGX_ERROR;
    }

    ngx_memcpy(&answer, body, sizeof(answer));

    text->len = len - sizeof(answer);
    text->data = ngx_pnalloc(r->pool, text->len + 1);
    etag = ngx_pcalloc(r->pool, NGX_HTTP_MEET_WHIP_ETAG);

    if (text->data == NULL || etag == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text->data, body + sizeof(answer), text->len);
    (void) ngx_sprintf(etag, "\"%uD\"", answer.etag);

    return ngx_http_meet_rest_add_header(r, "ETag", (char *) etag);
}


static ngx_int_t
ngx_http_meet_whip_opened(ngx_http_request_t *r, void *data, ngx_uint_t status,
    const u_char *body, size_t len)
{
    u_char *location, *p;
    ngx_str_t text;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_whip_ctx_t *ctx = data;

    if (status != MEET_OK) {
        ngx_http_meet_count(NGX_HTTP_MEET_STREAMS_REFUSED);
        return ngx_http_meet_whip_problem(r, status, body, len);
    }

    ngx_http_meet_count(NGX_HTTP_MEET_STREAMS_OPENED);

    /* somebody is there: nobody else may be for a long time */

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_TOUCH);

    if (op != NULL) {
        op->room = ctx->room;
        (void) ngx_http_meet_store_post(op);
    }

    location = ngx_pcalloc(r->pool, r->uri.len + 2 * NGX_HTTP_MEET_ID_LEN + 3);
    if (location == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_sprintf(location, "%V/", &r->uri);
    ngx_http_meet_id_encode(p, ctx->participant);
    p += NGX_HTTP_MEET_ID_LEN;
    *p++ = '-';
    ngx_http_meet_id_encode(p, ctx->resource);

    if (ngx_http_meet_rest_add_header(r, "Location", (char *) location)
            != NGX_OK
        || ngx_http_meet_whip_text(r, body, len, &text) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_rest_send(
        r, NGX_HTTP_CREATED, "application/sdp", &text);
}


static ngx_int_t
ngx_http_meet_whip_patched(ngx_http_request_t *r, void *data, ngx_uint_t status,
    const u_char *body, size_t len)
{
    ngx_str_t text;

    (void) data;

    if (status != MEET_OK) {
        return ngx_http_meet_whip_known_problem(r, status, body, len);
    }

    if (ngx_http_meet_whip_text(r, body, len, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (text.len == 0) {
        return ngx_http_meet_rest_send(r, NGX_HTTP_NO_CONTENT, NULL, NULL);
    }

    /* If-Match was about what was, not about this answer and its new tag */

    r->disable_not_modified = 1;

    return ngx_http_meet_rest_send(
        r, NGX_HTTP_OK, "application/trickle-ice-sdpfrag", &text);
}


static ngx_int_t
ngx_http_meet_whip_closed(ngx_http_request_t *r, void *data, ngx_uint_t status,
    const u_char *body, size_t len)
{
    (void) data;

    if (status != MEET_OK) {
        return ngx_http_meet_whip_known_problem(r, status, body, len);
    }

    r->disable_not_modified = 1;

    return ngx_http_meet_rest_send(r, NGX_HTTP_OK, NULL, NULL);
}
