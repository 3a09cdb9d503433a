/* Requests to the API. */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "mc_http.h"


static int
mc_url_copy(char *dst, size_t size, const char *from, const char *to)
{
    size_t len;

    len = (size_t) (to - from);

    if (len >= size) {
        return -1;
    }

    memcpy(dst, from, len);
    dst[len] = '\0';

    return 0;
}


int
mc_url_parse(mc_url_t *url, const char *text)
{
    int rc;
    struct addrinfo hints;
    const char *host, *end, *colon, *path, *slash, *hash;

    memset(url, 0, sizeof(*url));
    url->secure = strncmp(text, "https://", 8) == 0;

    if (!url->secure && strncmp(text, "http://", 7) != 0) {
        goto malformed;
    }

    host = text + (url->secure ? 8 : 7);
    hash = host + strcspn(host, "#");
    path = host + strcspn(host, "/#");
    colon = *host == '[' ? strchr(host, ']') : host;

    if (colon == NULL) {
        goto malformed;
    }

    colon += strcspn(colon, ":/#");
    end = colon;

    if (*colon == ':') {
        if (mc_url_copy(url->port, sizeof(url->port), colon + 1, path) != 0) {
            goto malformed;
        }

    } else {
        strcpy(url->port, url->secure ? "443" : "80");
    }

    if (*host == '[') {
        host++;
        end--;
    }

    for (slash = hash; slash > path && *slash != '/'; slash--) {
        /* void */
    }

    if (mc_url_copy(url->host, sizeof(url->host), host, end) != 0
        || mc_url_copy(url->prefix, sizeof(url->prefix), path, slash) != 0)
    {
        goto malformed;
    }

    if (*slash == '/'
        && mc_url_copy(url->room, sizeof(url->room), slash + 1, hash) != 0)
    {
        goto malformed;
    }

    if (*hash == '#' && strlen(hash + 1) < sizeof(url->secret)) {
        strcpy(url->secret, hash + 1);
    }

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    rc = getaddrinfo(url->host, url->port, &hints, &url->addr);

    if (rc != 0) {
        fprintf(stderr, "%s: %s\n", url->host, gai_strerror(rc));
        return -1;
    }

    return 0;

malformed:

    fprintf(stderr, "not a link: %s\n", text);

    return -1;
}


/* the value of a header, or NULL */
static const char *
mc_http_header(const char *head, const char *end, const char *name)
{
    size_t len;
    const char *p;

    len = strlen(name);

    for (p = head; p != NULL && p < end; p = strstr(p, "\r\n")) {
        p += p == head ? 0 : 2;

        if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
            return p + len + 1 + strspn(p + len + 1, " ");
        }
    }

    return NULL;
}


static void
mc_http_done(mc_http_t *http, unsigned status, json_t *body, mw_usec_t now)
{
    mc_http_cancel(http);
    http->handler(http->ctx, status, body, now);
    json_decref(body);
}


/* `closed`: the server has said all it will */
static void
mc_http_parse(mc_http_t *http, bool closed, mw_usec_t now)
{
    size_t have, len;
    unsigned status;
    json_t *body;
    const char *head, *end, *value;

    if (mc_buf_add(&http->stream.in, "", 1) != 0) {
        return;
    }

    http->stream.in.len--; /* a zero behind the bytes, for strstr() */
    head = (const char *) http->stream.in.data;
    end = strstr(head, "\r\n\r\n");

    if (end == NULL || sscanf(head, "HTTP/1.%*u %u", &status) != 1) {
        return;
    }

    have = http->stream.in.len - (size_t) (end + 4 - head);
    value = mc_http_header(head, end, "Content-Length");
    len = value == NULL ? 0 : strtoul(value, NULL, 10);

    if ((value == NULL && status != 204 && !closed) || have < len) {
        return;
    }

    body = json_loadb(end + 4, value == NULL ? have : len, 0, NULL);
    mc_http_done(http, status, body, now);
}


static void
mc_http_data(void *ctx, mw_usec_t now)
{
    mc_http_parse(ctx, false, now);
}


static void
mc_http_closed(void *ctx, mw_usec_t now)
{
    mc_http_t *http = ctx;

    if (http->busy) {
        mc_http_done(http, 0, NULL, now);
    }
}


int
mc_http_request(mc_http_t *http, mc_loop_t *loop, const mc_url_t *url,
    const char *method, const char *path, const char *token, json_t *body,
    mc_http_pt handler, void *ctx)
{
    int n;
    char head[4096], *text;

    if (mc_stream_open(&http->stream, loop, url->addr, url->host, url->secure,
            mc_http_data, mc_http_closed, http)
        != 0)
    {
        return -1;
    }

    http->handler = handler;
    http->ctx = ctx;
    http->busy = true;
    text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);

    n = snprintf(head, sizeof(head),
        "%s %s/api/v1/%s HTTP/1.1\r\n"
        "Host: %s:%s\r\n"
        "%s%s%s"
        "%s"
        "Content-Length: %zu\r\n"
        "Connection: close\r\n"
        "\r\n",
        method, url->prefix, path, url->host, url->port,
        token == NULL ? "" : "Authorization: Bearer ",
        token == NULL ? "" : token, token == NULL ? "" : "\r\n",
        text == NULL ? "" : "Content-Type: application/json\r\n",
        text == NULL ? 0 : strlen(text));

    if (n < 0 || (size_t) n >= sizeof(head)
        || mc_stream_write(&http->stream, head, (size_t) n) != 0
        || (text != NULL
            && mc_stream_write(&http->stream, text, strlen(text)) != 0))
    {
        free(text);
        mc_http_cancel(http);
        return -1;
    }

    free(text);

    return 0;
}


void
mc_http_cancel(mc_http_t *http)
{
    if (http->busy) {
        http->busy = false;
        mc_stream_close(&http->stream);
    }
}
