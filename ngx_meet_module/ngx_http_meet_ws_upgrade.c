#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_sha1.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_ws.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_WS_KEY    24 /* RFC 6455 section 4.1: 16 bytes */
#define NGX_HTTP_MEET_WS_ACCEPT 28 /* SHA-1 in base64 */

#define NGX_HTTP_MEET_WS_PROTOCOL_NAME "meet.v1"


/* RFC 6455 section 1.3 */
static const char ngx_http_meet_ws_guid[] =
    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";


/* 1 if a comma-separated list of tokens has this one */
static ngx_uint_t
ngx_http_meet_ws_has_token(ngx_str_t *list, const char *token, size_t len)
{
    u_char *p, *last, *start, *end;

    p = list->data;
    last = p + list->len;

    while (p < last) {
        start = p;

        while (p < last && *p != ',') {
            p++;
        }

        end = p++;

        while (start < end && (*start == ' ' || *start == '\t')) {
            start++;
        }

        while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }

        if ((size_t) (end - start) == len
            && ngx_strncasecmp(start, (u_char *) token, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* 1 if any header of that name lists the token */
static ngx_uint_t
ngx_http_meet_ws_header_has(
    ngx_http_request_t *r, const char *name, const char *token)
{
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *header;

    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == ngx_strlen(name)
            && ngx_strncasecmp(
                   header[i].key.data, (u_char *) name, header[i].key.len)
                   == 0
            && ngx_http_meet_ws_has_token(
                &header[i].value, token, ngx_strlen(token)))
        {
            return 1;
        }
    }
}


static ngx_int_t
ngx_http_meet_ws_required(ngx_http_request_t *r)
{
    if (ngx_http_meet_rest_add_header(r, "Upgrade", "websocket") != NGX_OK
        || ngx_http_meet_rest_add_header(r, "Sec-WebSocket-Version", "13")
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_problem(r, "upgrade-required",
        "this path speaks WebSocket, version 13, over HTTP/1.1");
}


static ngx_int_t
ngx_http_meet_ws_accept(ngx_http_request_t *r, ngx_str_t *key)
{
    ngx_str_t digest, text;
    ngx_sha1_t sha1;
    u_char raw[20];

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, key->data, key->len);
    ngx_sha1_update(
        &sha1, ngx_http_meet_ws_guid, sizeof(ngx_http_meet_ws_guid) - 1);
    ngx_sha1_final(raw, &sha1);

    text.data = ngx_pcalloc(r->pool, NGX_HTTP_MEET_WS_ACCEPT + 1);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    digest.data = raw;
    digest.len = sizeof(raw);

    ngx_encode_base64(&text, &digest);

    if (ngx_http_meet_rest_add_header(
            r, "Sec-WebSocket-Accept", (char *) text.data)
            != NGX_OK
        || ngx_http_meet_rest_add_header(r, "Upgrade", "websocket") != NGX_OK
        || ngx_http_meet_rest_add_header(
               r, "Sec-WebSocket-Protocol", NGX_HTTP_MEET_WS_PROTOCOL_NAME)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* nginx itself adds "Connection: upgrade" */
    r->headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;
    r->keepalive = 0;

    if (ngx_http_send_header(r) != NGX_OK
        || ngx_http_send_special(r, NGX_HTTP_FLUSH) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_meet_ws_key_ok(ngx_str_t *key)
{
    ngx_str_t raw;
    u_char buf[NGX_HTTP_MEET_WS_KEY];

    if (key->len != NGX_HTTP_MEET_WS_KEY) {
        return 0;
    }

    raw.data = buf;

    return ngx_decode_base64(&raw, key) == NGX_OK && raw.len == 16;
}


ngx_int_t
ngx_http_meet_ws_upgrade(
    ngx_http_request_t *r, const ngx_http_meet_ws_handlers_t *handlers)
{
    ngx_str_t key;
    ngx_connection_t *c;
    ngx_http_meet_main_conf_t *mcf;

    c = r->connection;

    /* below HTTP/2 and 3 the socket is shared */
    if (r != r->main || r->http_version != NGX_HTTP_VERSION_11
        || !ngx_http_meet_ws_header_has(r, "Upgrade", "websocket")
        || !ngx_http_meet_ws_header_has(r, "Connection", "upgrade")
        || !ngx_http_meet_ws_header_has(r, "Sec-WebSocket-Version", "13"))
    {
        return ngx_http_meet_ws_required(r);
    }

    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
        if (ngx_http_discard_request_body(r) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_meet_problem(r, "bad-request", "body");
    }

    if (ngx_http_meet_rest_header(r, "Sec-WebSocket-Key", &key) != NGX_OK
        || !ngx_http_meet_ws_key_ok(&key))
    {
        return ngx_http_meet_problem(r, "bad-request", "Sec-WebSocket-Key");
    }

    if (!ngx_http_meet_ws_header_has(
            r, "Sec-WebSocket-Protocol", NGX_HTTP_MEET_WS_PROTOCOL_NAME))
    {
        return ngx_http_meet_problem(r, "bad-request",
            "the subprotocol is " NGX_HTTP_MEET_WS_PROTOCOL_NAME);
    }

    if (ngx_exiting || ngx_terminate) {
        return ngx_http_meet_problem(r, "unavailable", NULL);
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    if (ngx_http_meet_zone_acquire(c->sockaddr, mcf->connections) != NGX_OK) {
        ngx_log_error(
            NGX_LOG_WARN, c->log, 0, "too many WebSockets from one address");
        ngx_http_meet_count(NGX_HTTP_MEET_REFUSED_LIMIT);
        return ngx_http_meet_problem(r, "too-many-connections", NULL);
    }

    if (ngx_tcp_nodelay(c) != NGX_OK
        || ngx_http_meet_ws_accept(r, &key) != NGX_OK) {
        ngx_http_meet_zone_release(c->sockaddr);
        return NGX_ERROR;
    }

    if (ngx_http_meet_ws_start(r, handlers) != NGX_OK) {
        return NGX_ERROR;
    }

    r->main->count++;

    return NGX_DONE;
}
