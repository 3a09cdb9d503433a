/*
 * A WebSocket client (RFC 6455): text messages of JSON, masked frames, pings
 * answered.
 */

#ifndef MC_WS_H
#define MC_WS_H

#include "mc_http.h"


typedef struct {
    mc_stream_t stream;
    bool open;
    bool upgraded;
    mc_buf_t message; /* fragments so far */
    void (*on_open)(void *ctx, mw_usec_t now);
    void (*on_message)(void *ctx, json_t *message, mw_usec_t now);

    /* NULL, or false for text that is not worth parsing */
    bool (*wanted)(void *ctx, const char *text, size_t len);

    /* code 1006: without a close frame; 0: the upgrade was refused */
    void (*on_close)(void *ctx, unsigned code, mw_usec_t now);
    void *ctx;
    unsigned close_code;
} mc_ws_t;


/* handlers and ctx are set by the caller before; 0 or -1 */
int mc_ws_open(mc_ws_t *ws, mc_loop_t *loop, const mc_url_t *url);

/* likewise at any path, for another protocol */
int mc_ws_open_at(mc_ws_t *ws, mc_loop_t *loop, const mc_url_t *url,
    const char *path, const char *protocol);

/* takes over the reference; 0 or -1 */
int mc_ws_send(mc_ws_t *ws, json_t *message);

/* sends a close frame and forgets the socket; no handler is called */
void mc_ws_close(mc_ws_t *ws, unsigned code);


#endif /* MC_WS_H */
