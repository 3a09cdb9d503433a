/*
 * What a WebSocket still has to write: counted frames in order, bounded by the
 * marks of ngx_http_meet_ws.h.  A queue counts each frame that it holds.
 */

#ifndef NGX_HTTP_MEET_WS_QUEUE_H
#define NGX_HTTP_MEET_WS_QUEUE_H

#include "ngx_http_meet_ws.h"


typedef struct {
    ngx_http_meet_ws_frame_t *frame; /* NULL: taken back */
    ngx_http_meet_ws_class_t kind;
} ngx_http_meet_ws_item_t;


/* zeroed by its owner; nothing is allocated until the first frame */
typedef struct {
    ngx_http_meet_ws_item_t *items; /* a ring of `size`, a power of two */
    ngx_uint_t size;
    ngx_uint_t head;
    ngx_uint_t count; /* items, those taken back included */
    size_t bytes;     /* of all frames, whole */
    size_t offset;    /* written of the first one */
    uint16_t kinds[NGX_HTTP_MEET_WS_CLASSES];
} ngx_http_meet_ws_queue_t;


/* a control frame (`opcode`, <= 125 bytes), count 1; NULL: no memory */
ngx_http_meet_ws_frame_t *ngx_http_meet_ws_frame_control(
    ngx_uint_t opcode, const u_char *payload, size_t len);

/* NGX_OK; NGX_DECLINED: shed; NGX_BUSY: over the hard mark; NGX_ERROR */
ngx_int_t ngx_http_meet_ws_queue_add(ngx_http_meet_ws_queue_t *q,
    ngx_http_meet_ws_frame_t *frame, ngx_http_meet_ws_class_t kind);

/* drops everything; with `keep`, a frame that is partly written stays */
void ngx_http_meet_ws_queue_clear(ngx_http_meet_ws_queue_t *q, ngx_uint_t keep);

/* clears and frees */
void ngx_http_meet_ws_queue_free(ngx_http_meet_ws_queue_t *q);

/*
 * Writes what the socket takes.  NGX_OK: all is written; NGX_AGAIN; NGX_ERROR.
 */
ngx_int_t ngx_http_meet_ws_queue_write(
    ngx_http_meet_ws_queue_t *q, ngx_connection_t *c);


#endif /* NGX_HTTP_MEET_WS_QUEUE_H */
