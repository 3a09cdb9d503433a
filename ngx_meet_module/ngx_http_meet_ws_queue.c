#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <wslay/wslay.h>

#include "ngx_http_meet_ws_queue.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_WS_QUEUE_MIN   8
#define NGX_HTTP_MEET_WS_QUEUE_WRITE 32 /* frames in one write */


static ngx_http_meet_ws_frame_t *
ngx_http_meet_ws_frame_alloc(ngx_uint_t opcode, size_t len)
{
    u_char *p;
    size_t i, header;
    ngx_http_meet_ws_frame_t *frame;

    header = len < 126 ? 2 : len < 65536 ? 4 : 10;

    frame = ngx_alloc(
        sizeof(ngx_http_meet_ws_frame_t) + header + len, ngx_cycle->log);
    if (frame == NULL) {
        return NULL;
    }

    p = (u_char *) frame + sizeof(ngx_http_meet_ws_frame_t);

    frame->count = 1;
    frame->len = len;
    frame->start = p;
    frame->payload = p + header;
    frame->end = frame->payload + len;

    *p++ = (u_char) (0x80 | opcode);

    switch (header) {
    case 2:
        *p = (u_char) len;
        break;

    case 4:
        *p++ = 126;
        *p++ = (u_char) (len >> 8);
        *p = (u_char) len;
        break;

    default:
        *p++ = 127;

        for (i = 0; i < 8; i++) {
            *p++ = (u_char) ((uint64_t) len >> (56 - 8 * i));
        }
        break;
    }

    return frame;
}


ngx_http_meet_ws_frame_t *
ngx_http_meet_ws_frame_create(size_t len)
{
    return ngx_http_meet_ws_frame_alloc(WSLAY_TEXT_FRAME, len);
}


ngx_http_meet_ws_frame_t *
ngx_http_meet_ws_frame_control(
    ngx_uint_t opcode, const u_char *payload, size_t len)
{
    ngx_http_meet_ws_frame_t *frame;

    frame = ngx_http_meet_ws_frame_alloc(opcode, len);

    if (frame != NULL && len) {
        ngx_memcpy(frame->payload, payload, len);
    }

    return frame;
}


void
ngx_http_meet_ws_frame_release(ngx_http_meet_ws_frame_t *frame)
{
    if (--frame->count == 0) {
        ngx_free(frame);
    }
}


static ngx_http_meet_ws_item_t *
ngx_http_meet_ws_queue_item(ngx_http_meet_ws_queue_t *q, ngx_uint_t i)
{
    return &q->items[(q->head + i) & (q->size - 1)];
}


static void
ngx_http_meet_ws_queue_drop(
    ngx_http_meet_ws_queue_t *q, ngx_http_meet_ws_item_t *item)
{
    if (item->frame == NULL) {
        return;
    }

    q->bytes -= (size_t) (item->frame->end - item->frame->start);
    q->kinds[item->kind]--;

    ngx_http_meet_ws_frame_release(item->frame);
    item->frame = NULL;
}


/* takes back the older frame of a kind of which only the newest counts */
static void
ngx_http_meet_ws_queue_replace(
    ngx_http_meet_ws_queue_t *q, ngx_http_meet_ws_class_t kind)
{
    ngx_uint_t i;
    ngx_http_meet_ws_item_t *item;

    if (kind < NGX_HTTP_MEET_WS_LATEST_SLOTS || q->kinds[kind] == 0) {
        return;
    }

    for (i = q->offset ? 1 : 0; i < q->count; i++) {
        item = ngx_http_meet_ws_queue_item(q, i);

        if (item->kind == kind) {
            ngx_http_meet_ws_queue_drop(q, item);
        }
    }
}


static ngx_int_t
ngx_http_meet_ws_queue_grow(ngx_http_meet_ws_queue_t *q)
{
    ngx_uint_t i, size;
    ngx_http_meet_ws_item_t *items;

    size = q->size ? 2 * q->size : NGX_HTTP_MEET_WS_QUEUE_MIN;

    items = ngx_alloc(size * sizeof(ngx_http_meet_ws_item_t), ngx_cycle->log);
    if (items == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < q->count; i++) {
        items[i] = *ngx_http_meet_ws_queue_item(q, i);
    }

    if (q->items != NULL) {
        ngx_free(q->items);
    }

    q->items = items;
    q->size = size;
    q->head = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_ws_queue_add(ngx_http_meet_ws_queue_t *q,
    ngx_http_meet_ws_frame_t *frame, ngx_http_meet_ws_class_t kind)
{
    size_t len;
    ngx_http_meet_ws_item_t *item;

    len = (size_t) (frame->end - frame->start);

    ngx_http_meet_ws_queue_replace(q, kind);

    if (kind == NGX_HTTP_MEET_WS_LATEST_SPEAKERS
        && q->bytes + len > NGX_HTTP_MEET_WS_SOFT_BYTES)
    {
        return NGX_DECLINED;
    }

    if (q->count
        && (q->bytes + len > NGX_HTTP_MEET_WS_HARD_BYTES
            || q->count == NGX_HTTP_MEET_WS_HARD_FRAMES))
    {
        return NGX_BUSY;
    }

    if (q->count == q->size && ngx_http_meet_ws_queue_grow(q) != NGX_OK) {
        return NGX_ERROR;
    }

    item = ngx_http_meet_ws_queue_item(q, q->count++);
    item->frame = frame;
    item->kind = kind;

    frame->count++;
    q->bytes += len;
    q->kinds[kind]++;

    return NGX_OK;
}


static void
ngx_http_meet_ws_queue_pop(ngx_http_meet_ws_queue_t *q)
{
    ngx_http_meet_ws_queue_drop(q, ngx_http_meet_ws_queue_item(q, 0));

    q->head = (q->head + 1) & (q->size - 1);
    q->count--;
    q->offset = 0;
}


void
ngx_http_meet_ws_queue_clear(ngx_http_meet_ws_queue_t *q, ngx_uint_t keep)
{
    ngx_uint_t first;

    first = keep && q->offset ? 1 : 0;

    while (q->count > first) {
        ngx_http_meet_ws_queue_drop(
            q, ngx_http_meet_ws_queue_item(q, --q->count));
    }

    if (first == 0) {
        q->offset = 0;
    }
}


void
ngx_http_meet_ws_queue_free(ngx_http_meet_ws_queue_t *q)
{
    ngx_http_meet_ws_queue_clear(q, 0);

    if (q->items != NULL) {
        ngx_free(q->items);
        q->items = NULL;
        q->size = 0;
    }
}


/* the first frames as a chain; returns how many items it spans */
static ngx_uint_t
ngx_http_meet_ws_queue_chain(ngx_http_meet_ws_queue_t *q, ngx_chain_t *links,
    ngx_buf_t *bufs, ngx_uint_t *nbufs)
{
    ngx_buf_t *b;
    ngx_uint_t i, n;
    ngx_http_meet_ws_item_t *item;

    n = 0;

    for (i = 0; i < q->count && n < NGX_HTTP_MEET_WS_QUEUE_WRITE; i++) {
        item = ngx_http_meet_ws_queue_item(q, i);

        if (item->frame == NULL) {
            continue;
        }

        b = &bufs[n];

        ngx_memzero(b, sizeof(ngx_buf_t));

        b->pos = item->frame->start + (i == 0 ? q->offset : 0);
        b->last = item->frame->end;
        b->start = b->pos;
        b->end = b->last;
        b->memory = 1;

        links[n].buf = b;
        links[n].next = NULL;

        if (n) {
            links[n - 1].next = &links[n];
        }

        n++;
    }

    if (n) {
        /* or TLS keeps the frames in its buffer */
        bufs[n - 1].flush = 1;
    }

    *nbufs = n;

    return i;
}


ngx_int_t
ngx_http_meet_ws_queue_write(ngx_http_meet_ws_queue_t *q, ngx_connection_t *c)
{
    ngx_uint_t i, n, span;
    ngx_chain_t *rest;
    ngx_http_meet_ws_item_t *item;
    ngx_buf_t bufs[NGX_HTTP_MEET_WS_QUEUE_WRITE];
    ngx_chain_t links[NGX_HTTP_MEET_WS_QUEUE_WRITE];

    for (;;) {
        span = ngx_http_meet_ws_queue_chain(q, links, bufs, &n);

        if (n == 0 && !(c->buffered & NGX_LOWLEVEL_BUFFERED)) {
            break;
        }

        rest = c->send_chain(c, n ? links : NULL, 0);

        if (rest == NGX_CHAIN_ERROR) {
            return NGX_ERROR;
        }

        n = 0;

        for (i = 0; i < span; i++) {
            item = ngx_http_meet_ws_queue_item(q, 0);

            if (item->frame != NULL) {
                ngx_http_meet_counters[NGX_HTTP_MEET_BYTES_OUT] +=
                    (ngx_atomic_uint_t) (bufs[n].pos - bufs[n].start);

                if (bufs[n].pos != bufs[n].last) {
                    q->offset = (size_t) (bufs[n].pos - item->frame->start);
                    break;
                }

                n++;
            }

            ngx_http_meet_ws_queue_pop(q);
        }

        if (rest != NULL || c->buffered & NGX_LOWLEVEL_BUFFERED) {
            return NGX_AGAIN;
        }
    }

    /* only items that were taken back can be left */

    ngx_http_meet_ws_queue_clear(q, 0);

    return NGX_OK;
}
