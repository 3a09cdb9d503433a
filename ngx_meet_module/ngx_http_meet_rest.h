/*
 * The REST interface: what its files share.  A request is routed, its body
 * (16 KiB at most, in memory) read and parsed, then one of the handlers below
 * runs.  A handler returns what a content handler returns; NGX_DONE means that
 * the answer comes later, see post().
 */

#ifndef NGX_HTTP_MEET_REST_H
#define NGX_HTTP_MEET_REST_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_json.h"
#include "ngx_http_meet_store.h"
#include "ngx_http_meet_token.h"


/* `room` is a valid name, empty outside of rooms; `body` is borrowed */
typedef ngx_int_t ngx_http_meet_rest_handler_t(
    ngx_http_request_t *r, ngx_str_t *room, json_t *body);

ngx_http_meet_rest_handler_t ngx_http_meet_rest_create;
ngx_http_meet_rest_handler_t ngx_http_meet_rest_facts;
ngx_http_meet_rest_handler_t ngx_http_meet_rest_join;
ngx_http_meet_rest_handler_t ngx_http_meet_rest_patch;
ngx_http_meet_rest_handler_t ngx_http_meet_rest_delete;
ngx_http_meet_rest_handler_t ngx_http_meet_rest_export;
ngx_http_meet_rest_handler_t ngx_http_meet_rest_test;


/* numbers that stand in the store for the words of the protocol */
#define NGX_HTTP_MEET_INVITE_PASSWORD 1
#define NGX_HTTP_MEET_INVITE_OWNER    2
#define NGX_HTTP_MEET_INVITE_WHIP     3 /* stream keys */
#define NGX_HTTP_MEET_INVITE_WHEP     4
#define NGX_HTTP_MEET_KDF_NONE        0
#define NGX_HTTP_MEET_KDF_PBKDF2      1

/*
 * Reads the array `invites` into the operation and gives each a fresh id.  NULL
 * if all is well, else the name of the field that is not.
 */
const char *ngx_http_meet_rest_invites(
    json_t *array, ngx_str_t *key_id, ngx_http_meet_store_op_t *op);

/* 1: it is a stream key, by which nobody joins */
#define ngx_http_meet_rest_is_stream(invite)                                   \
    ((invite)->kind == NGX_HTTP_MEET_INVITE_WHIP                               \
        || (invite)->kind == NGX_HTTP_MEET_INVITE_WHEP)

/* "password", "owner", "whip", "whep" */
const char *ngx_http_meet_rest_kind(ngx_http_meet_store_invite_t *invite);

/*
 * Of a room that exists: `add` (stream keys) and `revoke` (their ids), each
 * NULL or an array, on top of what it has.  NULL, or the field that is wrong.
 * The operation then holds all invites, the first `*kept` as they are.
 */
const char *ngx_http_meet_rest_invites_change(ngx_http_meet_store_room_t *room,
    json_t *add, json_t *revoke, ngx_http_meet_store_op_t *op,
    ngx_uint_t *kept);

/* a key id: 8 bytes in base64url, kept as text; NULL for an optional one */
int ngx_http_meet_rest_key_id(
    ngx_http_meet_fields_t *f, int required, ngx_str_t *text);

/*
 * [{invite, kind}] or, with kdf, [{invite, kind, kdf}]; `streams`: stream keys
 * as well.  NULL: no memory
 */
json_t *ngx_http_meet_rest_invites_json(ngx_http_meet_store_invite_t *invites,
    ngx_uint_t n, ngx_uint_t kdf, ngx_uint_t streams);


/* the one header of that name; NGX_DECLINED: none, or several */
ngx_int_t ngx_http_meet_rest_header(
    ngx_http_request_t *r, const char *name, ngx_str_t *value);

/* zero-terminated texts that live as long as the request; NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_meet_rest_add_header(
    ngx_http_request_t *r, const char *name, const char *value);

/* status, type (NULL: none) and the headers that all answers have */
ngx_int_t ngx_http_meet_rest_headers(
    ngx_http_request_t *r, ngx_uint_t status, const char *type);

/* an answer with our headers; no body with NULL */
ngx_int_t ngx_http_meet_rest_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_str_t *body);

/* the same with a value, which it frees; NULL (no memory) becomes 500 */
ngx_int_t ngx_http_meet_rest_send_json(
    ngx_http_request_t *r, ngx_uint_t status, json_t *value);


/*
 * Posts an operation of the store and returns NGX_DONE, or a problem if the
 * store does not take it.  `done` runs when it is committed or refused, and
 * returns what finalizes the request; `r` is NULL if the client has gone.
 * NGX_AGAIN: it has arranged for the end of the request itself.
 */
typedef ngx_int_t (*ngx_http_meet_rest_done_pt)(
    ngx_http_request_t *r, ngx_http_meet_store_op_t *op);

ngx_int_t ngx_http_meet_rest_post(ngx_http_request_t *r,
    ngx_http_meet_store_op_t *op, ngx_http_meet_rest_done_pt done);

/* the problem that a status of the store other than OK amounts to */
ngx_int_t ngx_http_meet_rest_store_problem(
    ngx_http_request_t *r, ngx_http_meet_store_op_t *op);


/* whose token a request carries, and what he is in the room by now */
typedef struct {
    ngx_http_meet_token_t token;
    ngx_http_meet_store_room_t room;
    ngx_uint_t role; /* MEET_ROLE_..., by appointment or by invite */
    ngx_uint_t live; /* 0: the invite was replaced by a new password */
} ngx_http_meet_rest_caller_t;

/*
 * Reads the bearer token.  NGX_OK: `caller` is filled; NGX_DECLINED: a problem
 * was sent, return `*rc`.
 */
ngx_int_t ngx_http_meet_rest_admit(ngx_http_request_t *r, ngx_str_t *name,
    ngx_http_meet_rest_caller_t *caller, ngx_int_t *rc);

/*
 * NULL if that role is his, else the problem.  What only owners may do takes
 * an invite that is still good: a stolen teacher link dies with its password.
 */
const char *ngx_http_meet_rest_refuse(
    ngx_http_meet_rest_caller_t *caller, ngx_uint_t role);

/* a session token for that caller, made from an invite; 0: no token */
size_t ngx_http_meet_rest_token_make(ngx_http_request_t *r,
    ngx_http_meet_token_t *token, ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invite, u_char *text);

/* ["mic", ...] from and to MEET_RIGHT_...; -1: something else stands there */
int ngx_http_meet_rest_rights(json_t *array, uint32_t *rights);
json_t *ngx_http_meet_rest_rights_json(uint32_t rights);


/*
 * Where a request comes from, by its Origin: OWN (or none at all), LISTED by
 * meet_origins, or FOREIGN.
 */
typedef enum {
    NGX_HTTP_MEET_ORIGIN_OWN = 0,
    NGX_HTTP_MEET_ORIGIN_LISTED,
    NGX_HTTP_MEET_ORIGIN_FOREIGN
} ngx_http_meet_origin_t;

ngx_http_meet_origin_t ngx_http_meet_rest_origin(ngx_http_request_t *r);


#endif /* NGX_HTTP_MEET_REST_H */
