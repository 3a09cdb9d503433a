#include <stdlib.h>
#include <string.h>

#include "ngx_http_meet_ws_input.h"


#define NGX_HTTP_MEET_WS_IN_GROW 2048 /* first buffer of a message */


static ssize_t
ngx_http_meet_ws_input_read(uint8_t *buf, size_t len, int flags, void *data)
{
    size_t n;
    ngx_http_meet_ws_input_t *in = data;

    (void) flags;

    n = (size_t) (in->last - in->pos);

    if (n == 0) {
        return -1; /* wslay: wants more */
    }

    n = n < len ? n : len;

    memcpy(buf, in->pos, n);
    in->pos += n;

    return (ssize_t) n;
}


int
ngx_http_meet_ws_input_init(ngx_http_meet_ws_input_t *in, size_t max)
{
    static const struct wslay_frame_callbacks callbacks = { NULL,
        ngx_http_meet_ws_input_read, NULL };

    memset(in, 0, sizeof(ngx_http_meet_ws_input_t));

    in->max = max;

    return wslay_frame_context_init(&in->frames, &callbacks, in) == 0 ? 0 : -1;
}


static void
ngx_http_meet_ws_input_drop(ngx_http_meet_ws_input_t *in)
{
    free(in->message);

    in->message = NULL;
    in->size = 0;
    in->length = 0;
    in->in_message = 0;
    in->done = 0;
}


void
ngx_http_meet_ws_input_destroy(ngx_http_meet_ws_input_t *in)
{
    ngx_http_meet_ws_input_drop(in);

    if (in->frames != NULL) {
        wslay_frame_context_free(in->frames);
        in->frames = NULL;
    }
}


void
ngx_http_meet_ws_input_feed(
    ngx_http_meet_ws_input_t *in, const unsigned char *p, size_t len)
{
    in->pos = p;
    in->last = p + len;
}


static ngx_http_meet_ws_in_t
ngx_http_meet_ws_input_fail(ngx_http_meet_ws_input_t *in, unsigned code)
{
    in->failed = 1;
    in->code = code;

    return NGX_HTTP_MEET_WS_IN_FAIL;
}


int
ngx_http_meet_ws_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
           || (code >= 3000 && code <= 4999);
}


/* what a frame header may say at this point; 0 or a close code */
static unsigned
ngx_http_meet_ws_input_header(
    ngx_http_meet_ws_input_t *in, const struct wslay_frame_iocb *frame)
{
    if (!frame->mask || frame->rsv) {
        return WSLAY_CODE_PROTOCOL_ERROR;
    }

    switch (frame->opcode) {

    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
        in->control_len = 0;
        return 0;

    case WSLAY_CONTINUATION_FRAME:
        if (!in->in_message) {
            return WSLAY_CODE_PROTOCOL_ERROR;
        }
        break;

    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME:
        if (in->in_message) {
            return WSLAY_CODE_PROTOCOL_ERROR;
        }

        if (frame->opcode == WSLAY_BINARY_FRAME) {
            return WSLAY_CODE_UNSUPPORTED_DATA;
        }

        in->in_message = 1;
        memset(&in->utf8, 0, sizeof(in->utf8));
        break;

    default:
        return WSLAY_CODE_PROTOCOL_ERROR;
    }

    if (frame->payload_length > in->max - in->length) {
        return WSLAY_CODE_MESSAGE_TOO_BIG;
    }

    return 0;
}


/* 0 or a close code; `len` was bounded by the header */
static unsigned
ngx_http_meet_ws_input_append(
    ngx_http_meet_ws_input_t *in, const unsigned char *p, size_t len)
{
    size_t size;
    unsigned char *message;

    if (ngx_http_meet_utf8_input(&in->utf8, p, len) != 0) {
        return WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA;
    }

    if (in->size - in->length < len) {
        size = in->size ? in->size : NGX_HTTP_MEET_WS_IN_GROW;

        while (size - in->length < len) {
            size *= 2;
        }

        message = realloc(in->message, size);
        if (message == NULL) {
            return WSLAY_CODE_INTERNAL_SERVER_ERROR;
        }

        in->message = message;
        in->size = size;
    }

    if (len) {
        memcpy(in->message + in->length, p, len);
        in->length += len;
    }

    return 0;
}


static ngx_http_meet_ws_in_t
ngx_http_meet_ws_input_close(ngx_http_meet_ws_input_t *in)
{
    ngx_http_meet_utf8_t utf8;

    in->code = 0;

    if (in->control_len == 0) {
        return NGX_HTTP_MEET_WS_IN_CLOSE;
    }

    if (in->control_len == 1) {
        return ngx_http_meet_ws_input_fail(in, WSLAY_CODE_PROTOCOL_ERROR);
    }

    in->code = (unsigned) in->control[0] << 8 | in->control[1];

    if (!ngx_http_meet_ws_close_code(in->code)) {
        return ngx_http_meet_ws_input_fail(in, WSLAY_CODE_PROTOCOL_ERROR);
    }

    memset(&utf8, 0, sizeof(utf8));

    if (ngx_http_meet_utf8_input(&utf8, in->control + 2, in->control_len - 2)
            != 0
        || ngx_http_meet_utf8_end(&utf8) != 0)
    {
        return ngx_http_meet_ws_input_fail(
            in, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
    }

    return NGX_HTTP_MEET_WS_IN_CLOSE;
}


/* a frame is complete: what does it amount to? */
static ngx_http_meet_ws_in_t
ngx_http_meet_ws_input_frame(ngx_http_meet_ws_input_t *in)
{
    static unsigned char empty[1];

    in->in_frame = 0;
    in->data = in->control;
    in->len = in->control_len;

    switch (in->opcode) {

    case WSLAY_PING:
        return NGX_HTTP_MEET_WS_IN_PING;

    case WSLAY_PONG:
        return NGX_HTTP_MEET_WS_IN_PONG;

    case WSLAY_CONNECTION_CLOSE:
        return ngx_http_meet_ws_input_close(in);

    default:
        break;
    }

    if (!in->fin) {
        return NGX_HTTP_MEET_WS_IN_MORE;
    }

    if (ngx_http_meet_utf8_end(&in->utf8) != 0) {
        return ngx_http_meet_ws_input_fail(
            in, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
    }

    in->done = 1;
    in->data = in->length ? in->message : empty;
    in->len = in->length;

    return NGX_HTTP_MEET_WS_IN_TEXT;
}


ngx_http_meet_ws_in_t
ngx_http_meet_ws_input_next(ngx_http_meet_ws_input_t *in)
{
    ssize_t n;
    unsigned code;
    ngx_http_meet_ws_in_t event;
    struct wslay_frame_iocb frame;

    if (in->failed) {
        return NGX_HTTP_MEET_WS_IN_FAIL;
    }

    if (in->done) {
        ngx_http_meet_ws_input_drop(in);
    }

    for (;;) {
        memset(&frame, 0, sizeof(frame));

        n = wslay_frame_recv(in->frames, &frame);

        if (n == WSLAY_ERR_WANT_READ) {
            return NGX_HTTP_MEET_WS_IN_MORE;
        }

        if (n < 0) {
            return ngx_http_meet_ws_input_fail(in, WSLAY_CODE_PROTOCOL_ERROR);
        }

        if (!in->in_frame) {
            code = ngx_http_meet_ws_input_header(in, &frame);
            if (code) {
                return ngx_http_meet_ws_input_fail(in, code);
            }

            in->in_frame = 1;
            in->opcode = frame.opcode;
            in->fin = frame.fin;
            in->left = frame.payload_length;
        }

        if (wslay_is_ctrl_frame(in->opcode)) {
            /* wslay holds control frames to 125 bytes */
            if (n > 0) {
                memcpy(in->control + in->control_len, frame.data, (size_t) n);
                in->control_len += (size_t) n;
            }

        } else {
            code = ngx_http_meet_ws_input_append(in, frame.data, (size_t) n);
            if (code) {
                return ngx_http_meet_ws_input_fail(in, code);
            }
        }

        in->left -= (uint64_t) n;

        if (in->left) {
            continue;
        }

        event = ngx_http_meet_ws_input_frame(in);

        if (event != NGX_HTTP_MEET_WS_IN_MORE) {
            return event;
        }
    }
}
