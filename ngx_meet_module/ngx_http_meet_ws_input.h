/*
 * The receiving half of a WebSocket server (RFC 6455): bytes in, messages and
 * control frames out.  wslay reads the frame headers and unmasks; everything
 * that may not stand in a frame or a message is refused here, as early as the
 * bytes allow.  No socket, no clock, no nginx.
 */

#ifndef NGX_HTTP_MEET_WS_INPUT_H
#define NGX_HTTP_MEET_WS_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include <wslay/wslay.h>

#include "ngx_http_meet_text.h"


typedef enum {
    NGX_HTTP_MEET_WS_IN_MORE = 0, /* all bytes are used up */
    NGX_HTTP_MEET_WS_IN_TEXT,     /* a whole message in data, len */
    NGX_HTTP_MEET_WS_IN_PING,     /* payload in data, len */
    NGX_HTTP_MEET_WS_IN_PONG,
    NGX_HTTP_MEET_WS_IN_CLOSE, /* code, 0 if the peer gave none */
    NGX_HTTP_MEET_WS_IN_FAIL   /* close with code; nothing can follow */
} ngx_http_meet_ws_in_t;


typedef struct {
    wslay_frame_context_ptr frames;

    /* what feed() gave, borrowed until next() says MORE */
    const unsigned char *pos;
    const unsigned char *last;

    /* the message under construction; grows with what really arrived */
    unsigned char *message;
    size_t size;
    size_t length;
    size_t max;
    ngx_http_meet_utf8_t utf8;

    uint64_t left; /* payload bytes of the frame that are still to come */
    uint8_t opcode;
    uint8_t fin;
    unsigned in_frame : 1;
    unsigned in_message : 1;
    unsigned done : 1; /* the message was handed out: drop it */
    unsigned failed : 1;

    unsigned char control[125];
    size_t control_len;

    /* of the event that next() returned */
    unsigned char *data;
    size_t len;
    unsigned code;
} ngx_http_meet_ws_input_t;


/* 0, or -1 without memory.  `max` bounds a message.  destroy() pairs. */
int ngx_http_meet_ws_input_init(ngx_http_meet_ws_input_t *in, size_t max);
void ngx_http_meet_ws_input_destroy(ngx_http_meet_ws_input_t *in);

/* feed() once, then next() until it returns MORE or FAIL */
void ngx_http_meet_ws_input_feed(
    ngx_http_meet_ws_input_t *in, const unsigned char *p, size_t len);
ngx_http_meet_ws_in_t ngx_http_meet_ws_input_next(ngx_http_meet_ws_input_t *in);

/* 1 if a peer may send this close code, RFC 6455 section 7.4 */
int ngx_http_meet_ws_close_code(unsigned code);


#endif /* NGX_HTTP_MEET_WS_INPUT_H */
