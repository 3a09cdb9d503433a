/*
 * Sessions: what happens on a WebSocket of this nginx worker, from `hello` to
 * the end, and what REST has to tell a live room.
 *
 * A session belongs to its socket and dies with it; the participant lives on
 * in the media worker.  When a media worker is gone, sessions stay open and
 * are registered again wherever the room is placed next.
 */

#ifndef NGX_HTTP_MEET_SESSION_H
#define NGX_HTTP_MEET_SESSION_H

#include "ngx_http_meet_link.h"
#include "ngx_http_meet_store.h"
#include "ngx_http_meet_ws.h"


/* handed to ngx_http_meet_ws_upgrade() by whoever serves `ws` */
extern const ngx_http_meet_ws_handlers_t ngx_http_meet_session_handlers;


/*
 * From init_process, after the store's and before the link's.  NGX_ERROR:
 * lack of memory.
 */
ngx_int_t ngx_http_meet_session_init_process(ngx_cycle_t *cycle);


/*
 * Tell the actor of a room, wherever it runs, what has been committed.  `room`
 * is what the operation of the store returned, its placement included; it is
 * copied.  NULL for `handler`: nobody waits.
 *
 * NGX_OK: done already, there is no actor to tell.  NGX_AGAIN: `handler` runs
 * once, later, with MEET_OK or MEET_E_...: a media worker that cannot be
 * reached now is told when the link is back (MEET_E_GONE; nothing left to do
 * for the caller).  NGX_ERROR: no memory, or too many such orders wait.
 *
 * An order is not bound to the caller: one that goes away before its handler
 * ran calls forget().
 */
typedef struct ngx_http_meet_session_order_s ngx_http_meet_session_order_t;
typedef void (*ngx_http_meet_session_order_pt)(void *data, ngx_uint_t status);

/* after delete or expiry; reason: MEET_E_DELETED, MEET_E_EXPIRED */
ngx_int_t ngx_http_meet_session_room_close(ngx_http_meet_store_room_t *room,
    ngx_uint_t reason, ngx_http_meet_session_order_pt handler, void *data,
    ngx_http_meet_session_order_t **order);

/* after a change of settings or of the absolute end */
ngx_int_t ngx_http_meet_session_room_settings(ngx_http_meet_store_room_t *room,
    ngx_http_meet_session_order_pt handler, void *data,
    ngx_http_meet_session_order_t **order);

void ngx_http_meet_session_forget(ngx_http_meet_session_order_t *order);


#endif /* NGX_HTTP_MEET_SESSION_H */
