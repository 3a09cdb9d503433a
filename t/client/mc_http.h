/*
 * HTTP/1.1 as far as the API needs it: one request a connection, a JSON body
 * both ways, and the upgrade to a WebSocket.
 */

#ifndef MC_HTTP_H
#define MC_HTTP_H

#include <jansson.h>

#include "mc_stream.h"


/* where the service is: https://HOST:PORT{prefix}; resolved once */
typedef struct {
    bool secure;
    char host[256];
    char port[8];
    char prefix[256]; /* without a slash at its end */
    char room[80];    /* empty if the link names none */
    char secret[128]; /* behind "#" */
    struct addrinfo *addr;
} mc_url_t;

/* 0, or -1 with a message on stderr */
int mc_url_parse(mc_url_t *url, const char *text);


typedef struct mc_http_s mc_http_t;

/* status 0: no answer.  `body` may be NULL; borrowed. */
typedef void (*mc_http_pt)(
    void *ctx, unsigned status, json_t *body, mw_usec_t now);

struct mc_http_s {
    mc_stream_t stream;
    mc_http_pt handler;
    void *ctx;
    bool busy;
};

/*
 * `path` is what follows {prefix}/api/v1/.  `token` and `body` may be NULL;
 * `body` is borrowed.  The handler is called exactly once, unless cancelled,
 * and may start the next request.  0 or -1.
 */
int mc_http_request(mc_http_t *http, mc_loop_t *loop, const mc_url_t *url,
    const char *method, const char *path, const char *token, json_t *body,
    mc_http_pt handler, void *ctx);
void mc_http_cancel(mc_http_t *http);


#endif /* MC_HTTP_H */
