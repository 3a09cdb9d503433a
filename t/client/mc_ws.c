/* WebSocket client. */

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_secret.h"
#include "mc_ws.h"


#define MC_WS_TEXT  1
#define MC_WS_CLOSE 8
#define MC_WS_PING  9
#define MC_WS_PONG  10
#define MC_WS_MAX   (1024 * 1024)


static int
mc_ws_frame(mc_ws_t *ws, unsigned opcode, const void *data, size_t len)
{
    int rc;
    uint8_t head[14], *masked;
    size_t n, i;

    head[0] = (uint8_t) (0x80 | opcode);

    if (len < 126) {
        head[1] = (uint8_t) (0x80 | len);
        n = 2;

    } else if (len < 65536) {
        head[1] = 0x80 | 126;
        mw_put16(head + 2, (uint16_t) len);
        n = 4;

    } else {
        head[1] = 0x80 | 127;
        mw_put64(head + 2, len);
        n = 10;
    }

    RAND_bytes(head + n, 4);
    masked = malloc(len + 1);

    if (masked == NULL) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        masked[i] = ((const uint8_t *) data)[i] ^ head[n + i % 4];
    }

    rc = mc_stream_write(&ws->stream, head, n + 4);
    if (rc == 0) {
        rc = mc_stream_write(&ws->stream, masked, len);
    }

    free(masked);

    return rc;
}


static void
mc_ws_lost(void *ctx, mw_usec_t now)
{
    unsigned code;
    mc_ws_t *ws = ctx;

    if (!ws->open) {
        return;
    }

    code = !ws->upgraded ? 0 : ws->close_code != 0 ? ws->close_code : 1006;
    ws->open = false;
    mc_stream_close(&ws->stream);
    mc_buf_free(&ws->message);
    ws->on_close(ws->ctx, code, now);
}


static void
mc_ws_text(mc_ws_t *ws, mw_usec_t now)
{
    size_t len;
    json_t *message;

    if (ws->wanted != NULL
        && !ws->wanted(
            ws->ctx, (const char *) ws->message.data, ws->message.len))
    {
        ws->message.len = 0;
        return;
    }

    len = ws->message.len;
    message = json_loadb(
        (const char *) ws->message.data, len, JSON_REJECT_DUPLICATES, NULL);
    ws->message.len = 0;

    if (message != NULL) {
        ws->on_message(ws->ctx, message, now);
        json_decref(message);
    }
}


/* the handler of one frame; false when the socket is gone */
static bool
mc_ws_input(
    mc_ws_t *ws, unsigned head, const uint8_t *p, size_t len, mw_usec_t now)
{
    switch (head & 15) {

    case 0:
    case MC_WS_TEXT:
        if (mc_buf_add(&ws->message, p, len) != 0
            || ws->message.len > MC_WS_MAX) {
            mc_ws_lost(ws, now);

        } else if ((head & 0x80) != 0) {
            mc_ws_text(ws, now);
        }

        break;

    case MC_WS_PING:
        mc_ws_frame(ws, MC_WS_PONG, p, len);
        break;

    case MC_WS_CLOSE:
        ws->close_code = len >= 2 ? mw_get16(p) : 1005;
        mc_ws_frame(ws, MC_WS_CLOSE, p, len);
        mc_ws_lost(ws, now);
        break;
    }

    return ws->open;
}


/* bytes of the first whole frame, 0 when there is none yet */
static size_t
mc_ws_whole(const mc_buf_t *in, size_t *head, size_t *len)
{
    if (in->len < 2) {
        return 0;
    }

    *head = 2;
    *len = in->data[1] & 127;

    if (*len == 126) {
        *head = 4;
    } else if (*len == 127) {
        *head = 10;
    }

    if (in->len < *head) {
        return 0;
    }

    if (*head == 4) {
        *len = mw_get16(in->data + 2);
    } else if (*head == 10) {
        *len = (size_t) mw_get64(in->data + 2);
    }

    return *len <= MC_WS_MAX && in->len >= *head + *len ? *head + *len : 0;
}


static bool
mc_ws_upgraded(mc_ws_t *ws, mw_usec_t now)
{
    size_t i;
    mc_buf_t *in = &ws->stream.in;

    for (i = 0; i + 4 <= in->len; i++) {
        if (memcmp(in->data + i, "\r\n\r\n", 4) == 0) {
            break;
        }
    }

    if (i + 4 > in->len) {
        return false;
    }

    if (in->len < 12 || memcmp(in->data + 9, "101", 3) != 0) {
        mc_ws_lost(ws, now);
        return false;
    }

    mc_buf_take(in, i + 4);
    ws->upgraded = true;
    ws->on_open(ws->ctx, now);

    return ws->open;
}


static void
mc_ws_data(void *ctx, mw_usec_t now)
{
    size_t head, len, total;
    uint8_t *frame;
    unsigned opcode;
    mc_ws_t *ws = ctx;

    if (!ws->upgraded && !mc_ws_upgraded(ws, now)) {
        return;
    }

    for (;;) {
        total = mc_ws_whole(&ws->stream.in, &head, &len);
        if (total == 0) {
            return;
        }

        opcode = ws->stream.in.data[0];
        frame = malloc(len + 1);
        if (frame == NULL) {
            mc_ws_lost(ws, now);
            return;
        }

        memcpy(frame, ws->stream.in.data + head, len);
        mc_buf_take(&ws->stream.in, total);

        if (!mc_ws_input(ws, opcode, frame, len, now)) {
            free(frame);
            return;
        }

        free(frame);
    }
}


int
mc_ws_open_at(mc_ws_t *ws, mc_loop_t *loop, const mc_url_t *url,
    const char *path, const char *protocol)
{
    int n;
    uint8_t key[16];
    char text[32], head[1024];

    ws->open = false;
    ws->upgraded = false;
    ws->close_code = 0;

    if (mc_stream_open(&ws->stream, loop, url->addr, url->host, url->secure,
            mc_ws_data, mc_ws_lost, ws)
        != 0)
    {
        return -1;
    }

    RAND_bytes(key, sizeof(key));
    mc_b64u(key, sizeof(key), text);

    /* the key is plain base64 (RFC 6455 section 4.1) */
    for (n = 0; text[n] != '\0'; n++) {
        text[n] = text[n] == '-' ? '+' : text[n] == '_' ? '/' : text[n];
    }

    n = snprintf(head, sizeof(head),
        "GET %s HTTP/1.1\r\n"
        "Host: %s:%s\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: %s\r\n"
        "Sec-WebSocket-Key: %s==\r\n"
        "\r\n",
        path, url->host, url->port, protocol, text);

    ws->open = true;

    return mc_stream_write(&ws->stream, head, (size_t) n);
}


int
mc_ws_open(mc_ws_t *ws, mc_loop_t *loop, const mc_url_t *url)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/api/v1/ws", url->prefix);

    return mc_ws_open_at(ws, loop, url, path, "meet.v1");
}


int
mc_ws_send(mc_ws_t *ws, json_t *message)
{
    int rc;
    char *text;

    text = json_dumps(message, JSON_COMPACT);
    json_decref(message);

    if (text == NULL || !ws->upgraded) {
        free(text);
        return -1;
    }

    rc = mc_ws_frame(ws, MC_WS_TEXT, text, strlen(text));
    free(text);

    return rc;
}


void
mc_ws_close(mc_ws_t *ws, unsigned code)
{
    uint8_t bytes[2];

    if (!ws->open) {
        return;
    }

    if (ws->upgraded) {
        mw_put16(bytes, (uint16_t) code);
        mc_ws_frame(ws, MC_WS_CLOSE, bytes, sizeof(bytes));
    }

    ws->open = false;
    mc_stream_close(&ws->stream);
    mc_buf_free(&ws->message);
}
