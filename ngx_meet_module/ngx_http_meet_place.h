/*
 * Which media worker runs a room.  The record of the room says so ({worker,
 * epoch}); it changes only by compare-and-set, with the epoch one higher, and
 * only when that media worker is dead or refuses the room.
 */

#ifndef NGX_HTTP_MEET_PLACE_H
#define NGX_HTTP_MEET_PLACE_H

#include "ngx_http_meet_link.h"
#include "ngx_http_meet_store.h"


typedef struct ngx_http_meet_place_s ngx_http_meet_place_t;

/*
 * NGX_OK: `room`, borrowed, is what the store holds now, and its media worker
 * is attached.  NGX_DECLINED: that incarnation of the room is gone.  NGX_BUSY:
 * no media worker came in time.  NGX_ERROR: the store does not work.
 */
typedef void (*ngx_http_meet_place_pt)(
    void *data, ngx_int_t rc, ngx_http_meet_store_room_t *room);

/*
 * Finds or makes the placement of `room` (copied), waiting for the link and
 * writing to the store if need be.  `avoid`: an instance that refused the
 * room, or 0.  `handler` runs exactly once, later.  NULL: no memory.
 */
ngx_http_meet_place_t *ngx_http_meet_place(ngx_http_meet_store_room_t *room,
    uint64_t avoid, ngx_http_meet_place_pt handler, void *data);

/* the caller goes away; the handle is void once the handler runs */
void ngx_http_meet_place_cancel(ngx_http_meet_place_t *place);


#endif /* NGX_HTTP_MEET_PLACE_H */
