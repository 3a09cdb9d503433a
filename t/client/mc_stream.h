/*
 * A TLS (or plain TCP) connection that never blocks: bytes in a buffer each
 * way.  The certificate is not verified: this is a test instrument that talks
 * to servers with self-made certificates.
 */

#ifndef MC_STREAM_H
#define MC_STREAM_H

#include <netdb.h>
#include <openssl/ssl.h>

#include "mc_loop.h"


typedef struct {
    uint8_t *data;
    size_t len;
    size_t cap;
} mc_buf_t;


typedef struct mc_stream_s mc_stream_t;

/* new bytes in `in`; the handler takes what it wants with mc_stream_take() */
typedef void (*mc_stream_data_pt)(void *ctx, mw_usec_t now);
typedef void (*mc_stream_closed_pt)(void *ctx, mw_usec_t now);

struct mc_stream_s {
    mc_loop_t *loop;
    mc_io_t io;
    SSL *ssl;
    bool connected;
    unsigned opened; /* counts the connections made with this struct */
    mc_buf_t in;
    mc_buf_t out;
    mc_stream_data_pt on_data;
    mc_stream_closed_pt on_closed;
    void *ctx;
};


int mc_buf_add(mc_buf_t *buf, const void *data, size_t len);
void mc_buf_take(mc_buf_t *buf, size_t len);
void mc_buf_free(mc_buf_t *buf);


/* 0, or -1 when the connection cannot even be tried */
int mc_stream_open(mc_stream_t *stream, mc_loop_t *loop,
    const struct addrinfo *addr, const char *host, bool secure,
    mc_stream_data_pt on_data, mc_stream_closed_pt on_closed, void *ctx);
int mc_stream_write(mc_stream_t *stream, const void *data, size_t len);

/* also on a stream that is closed already; no handler is called */
void mc_stream_close(mc_stream_t *stream);


#endif /* MC_STREAM_H */
