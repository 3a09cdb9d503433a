/*
 * WHIP (RFC 9725) and WHEP: encoders that publish and players that play, with
 * nothing but HTTP and an invite's secret as bearer token.
 *
 *   ngx_http_meet_whip.c       requests, headers, answers
 *   ngx_http_meet_whip_key.c   stream keys: whose secret, which participant
 *   ngx_http_meet_whip_call.c  asking the media worker that has the room
 *   ngx_http_meet_whip_problem.c  what its statuses amount to
 *
 * The media worker keeps all there is of such a participant.  No nginx worker
 * remembers anything, so any of them may act on it.
 */

#ifndef NGX_HTTP_MEET_WHIP_H
#define NGX_HTTP_MEET_WHIP_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "meet_body.h"
#include "ngx_http_meet_store.h"


/* POST; PATCH and DELETE of what it made; `text` is the body, or NULL */
typedef ngx_int_t ngx_http_meet_whip_handler_t(
    ngx_http_request_t *r, ngx_str_t *room, ngx_str_t *text);

ngx_http_meet_whip_handler_t ngx_http_meet_whip_open;
ngx_http_meet_whip_handler_t ngx_http_meet_whip_patch;
ngx_http_meet_whip_handler_t ngx_http_meet_whip_close;


/*
 * Reads `Authorization: Bearer SECRET`.  NGX_OK: `auth` are its
 * NGX_HTTP_MEET_STORE_AUTH_LEN bytes, to be wiped; NGX_DECLINED: none, or not
 * the text of a secret.
 */
ngx_int_t ngx_http_meet_whip_bearer(ngx_http_request_t *r, u_char *auth);

/*
 * The participant that a stream key stands for: what a room remembers of it (a
 * removal, taken rights) it remembers under this id.  An encoder has this id,
 * each player one of its own that shares its upper half.  0: no memory.
 */
uint64_t ngx_http_meet_whip_person(
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t *invite);

/*
 * Of a participant: the id of the stream key it came by, or 0 if it came by
 * none that there still is.
 */
uint64_t ngx_http_meet_whip_person_of(
    ngx_http_meet_store_room_t *room, uint64_t participant);


/*
 * Asks the media worker about the room.  `open`: places the room first and
 * opens it; otherwise a room that is not live is MEET_E_NO_PARTICIPANT.  `body`
 * lives as long as the request.  NGX_DONE: `done` runs later, once, with the
 * request, unless that ends before, and returns what finalizes it.
 */
typedef ngx_int_t (*ngx_http_meet_whip_done_pt)(ngx_http_request_t *r,
    void *data, ngx_uint_t status, const u_char *body, size_t len);

ngx_int_t ngx_http_meet_whip_call(ngx_http_request_t *r,
    ngx_http_meet_store_room_t *room, unsigned type, uint64_t participant,
    ngx_str_t *body, ngx_http_meet_whip_done_pt done, void *data);


/* of an opening, and of what was there: gone with its room or its consent */
ngx_int_t ngx_http_meet_whip_problem(
    ngx_http_request_t *r, ngx_uint_t status, const u_char *body, size_t len);
ngx_int_t ngx_http_meet_whip_known_problem(
    ngx_http_request_t *r, ngx_uint_t status, const u_char *body, size_t len);


#endif /* NGX_HTTP_MEET_WHIP_H */
