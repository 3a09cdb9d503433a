/* A non-blocking TLS connection. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

#include "mc_stream.h"


#define MC_READ 16384

static SSL_CTX *mc_stream_ctx;


int
mc_buf_add(mc_buf_t *buf, const void *data, size_t len)
{
    size_t cap;
    uint8_t *p;

    if (buf->len + len > buf->cap) {
        cap = (buf->len + len) * 2;
        p = realloc(buf->data, cap);
        if (p == NULL) {
            return -1;
        }

        buf->data = p;
        buf->cap = cap;
    }

    if (len != 0) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }

    return 0;
}


void
mc_buf_take(mc_buf_t *buf, size_t len)
{
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
}


void
mc_buf_free(mc_buf_t *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof(*buf));
}


static void
mc_stream_failed(mc_stream_t *stream, mw_usec_t now)
{
    if (stream->io.fd == -1) {
        return;
    }

    mc_stream_close(stream);
    stream->on_closed(stream->ctx, now);
}


static int
mc_stream_again(mc_stream_t *stream, int n)
{
    int err;

    if (stream->ssl == NULL) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }

    err = SSL_get_error(stream->ssl, n);

    return err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE ? 0 : -1;
}


static int
mc_stream_flush(mc_stream_t *stream)
{
    int n;

    while (stream->connected && stream->out.len != 0) {
        if (stream->ssl != NULL) {
            n = SSL_write(stream->ssl, stream->out.data, (int) stream->out.len);
        } else {
            n = (int) send(
                stream->io.fd, stream->out.data, stream->out.len, MSG_NOSIGNAL);
        }

        if (n <= 0) {
            return mc_stream_again(stream, n);
        }

        mc_buf_take(&stream->out, (size_t) n);
    }

    return 0;
}


static int
mc_stream_fill(mc_stream_t *stream, bool *got)
{
    int n;
    uint8_t bytes[MC_READ];

    for (;;) {
        if (stream->ssl != NULL) {
            n = SSL_read(stream->ssl, bytes, sizeof(bytes));
        } else {
            n = (int) recv(stream->io.fd, bytes, sizeof(bytes), 0);
        }

        if (n == 0 && stream->ssl == NULL) {
            return -1;
        }

        if (n <= 0) {
            return mc_stream_again(stream, n);
        }

        *got = true;

        if (mc_buf_add(&stream->in, bytes, (size_t) n) != 0) {
            return -1;
        }
    }
}


static void
mc_stream_io(void *ctx, uint32_t events, mw_usec_t now)
{
    int rc;
    bool got, lost;
    unsigned opened;
    mc_stream_t *stream = ctx;

    ERR_clear_error();

    if (!stream->connected) {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
            mc_stream_failed(stream, now);
            return;
        }

        if (stream->ssl != NULL) {
            rc = SSL_do_handshake(stream->ssl);
            if (rc != 1) {
                if (mc_stream_again(stream, rc) != 0) {
                    mc_stream_failed(stream, now);
                }

                return;
            }
        }

        stream->connected = true;
    }

    got = false;
    lost = mc_stream_fill(stream, &got) != 0;

    if (got) {
        opened = stream->opened;
        stream->on_data(stream->ctx, now);

        /* the handler may have closed the stream or opened another in it */
        if (stream->io.fd == -1 || stream->opened != opened) {
            return;
        }
    }

    if (lost || mc_stream_flush(stream) != 0) {
        mc_stream_failed(stream, now);
        return;
    }

    mc_io_change(stream->loop, &stream->io,
        EPOLLIN | (stream->out.len != 0 ? (uint32_t) EPOLLOUT : 0));
}


int
mc_stream_open(mc_stream_t *stream, mc_loop_t *loop,
    const struct addrinfo *addr, const char *host, bool secure,
    mc_stream_data_pt on_data, mc_stream_closed_pt on_closed, void *ctx)
{
    int on;
    unsigned opened;

    opened = stream->opened + 1;
    memset(stream, 0, sizeof(*stream));
    stream->opened = opened;
    stream->loop = loop;
    stream->on_data = on_data;
    stream->on_closed = on_closed;
    stream->ctx = ctx;
    stream->io.handler = mc_stream_io;
    stream->io.ctx = stream;

    stream->io.fd =
        socket(addr->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stream->io.fd == -1) {
        return -1;
    }

    on = 1;
    setsockopt(stream->io.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    if (connect(stream->io.fd, addr->ai_addr, addr->ai_addrlen) == -1
        && errno != EINPROGRESS)
    {
        goto failed;
    }

    if (secure) {
        if (mc_stream_ctx == NULL) {
            mc_stream_ctx = SSL_CTX_new(TLS_client_method());
        }

        stream->ssl = mc_stream_ctx == NULL ? NULL : SSL_new(mc_stream_ctx);
        if (stream->ssl == NULL) {
            goto failed;
        }

        SSL_set_fd(stream->ssl, stream->io.fd);
        SSL_set_tlsext_host_name(stream->ssl, host);
        SSL_set_connect_state(stream->ssl);
        SSL_set_mode(stream->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE
                                      | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }

    if (mc_io_add(loop, &stream->io, EPOLLIN | EPOLLOUT) != 0) {
        goto failed;
    }

    return 0;

failed:

    mc_stream_close(stream);

    return -1;
}


int
mc_stream_write(mc_stream_t *stream, const void *data, size_t len)
{
    if (stream->io.fd == -1 || mc_buf_add(&stream->out, data, len) != 0) {
        return -1;
    }

    ERR_clear_error();

    if (mc_stream_flush(stream) != 0) {
        return -1;
    }

    if (stream->out.len != 0) {
        mc_io_change(stream->loop, &stream->io, EPOLLIN | EPOLLOUT);
    }

    return 0;
}


void
mc_stream_close(mc_stream_t *stream)
{
    if (stream->ssl != NULL) {
        SSL_free(stream->ssl);
        stream->ssl = NULL;
    }

    if (stream->io.fd != -1 && stream->loop != NULL) {
        mc_io_remove(stream->loop, &stream->io);
    }

    stream->connected = false;
    stream->io.fd = -1;
    mc_buf_free(&stream->in);
    mc_buf_free(&stream->out);
}
