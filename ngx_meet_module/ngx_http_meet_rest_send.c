#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_rest.h"


ngx_int_t
ngx_http_meet_rest_header(
    ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    ngx_uint_t i, n;
    ngx_list_part_t *part;
    ngx_table_elt_t *header;

    n = 0;
    part = &r->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == ngx_strlen(name)
            && ngx_strncasecmp(
                   header[i].key.data, (u_char *) name, header[i].key.len)
                   == 0)
        {
            *value = header[i].value;
            n++;
        }
    }

    return n == 1 ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_meet_rest_add_header(
    ngx_http_request_t *r, const char *name, const char *value)
{
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    /* later versions of nginx have more in it */
    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return NGX_OK;
}


/*
 * A browser writes Origin as scheme://host[:port] and Host as host[:port], both
 * without a default port.  TLS may end in front of us: then only we see http.
 */
static ngx_uint_t
ngx_http_meet_rest_same_origin(ngx_http_request_t *r, ngx_str_t *origin)
{
    ngx_str_t rest;
    ngx_uint_t tls;

    tls = 0;

#if (NGX_HTTP_SSL)
    tls = r->connection->ssl != NULL;
#endif

    rest = *origin;

    if (rest.len > 8
        && ngx_strncasecmp(rest.data, (u_char *) "https://", 8) == 0) {
        rest.data += 8;
        rest.len -= 8;

    } else if (!tls && rest.len > 7
               && ngx_strncasecmp(rest.data, (u_char *) "http://", 7) == 0)
    {
        rest.data += 7;
        rest.len -= 7;

    } else {
        return 0;
    }

    return r->headers_in.host != NULL
           && rest.len == r->headers_in.host->value.len
           && ngx_strncasecmp(
                  rest.data, r->headers_in.host->value.data, rest.len)
                  == 0;
}


ngx_http_meet_origin_t
ngx_http_meet_rest_origin(ngx_http_request_t *r)
{
    ngx_str_t origin, *allowed;
    ngx_uint_t i;
    ngx_http_meet_loc_conf_t *lcf;

    ngx_str_null(&origin);

    if (ngx_http_meet_rest_header(r, "Origin", &origin) != NGX_OK) {
        /* several are nobody's */
        return origin.data == NULL ? NGX_HTTP_MEET_ORIGIN_OWN
                                   : NGX_HTTP_MEET_ORIGIN_FOREIGN;
    }

    if (ngx_http_meet_rest_same_origin(r, &origin)) {
        return NGX_HTTP_MEET_ORIGIN_OWN;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_meet_module);

    if (lcf->origins == NULL) {
        return NGX_HTTP_MEET_ORIGIN_FOREIGN;
    }

    allowed = lcf->origins->elts;

    for (i = 0; i < lcf->origins->nelts; i++) {
        if (allowed[i].len == origin.len
            && ngx_strncasecmp(allowed[i].data, origin.data, origin.len) == 0)
        {
            return NGX_HTTP_MEET_ORIGIN_LISTED;
        }
    }

    return NGX_HTTP_MEET_ORIGIN_FOREIGN;
}


static ngx_int_t
ngx_http_meet_rest_cors(ngx_http_request_t *r)
{
    char *value;
    ngx_str_t origin;

    if (ngx_http_meet_rest_origin(r) != NGX_HTTP_MEET_ORIGIN_LISTED) {
        return NGX_OK;
    }

    if (ngx_http_meet_rest_header(r, "Origin", &origin) != NGX_OK) {
        return NGX_OK;
    }

    value = ngx_pcalloc(r->pool, origin.len + 1);
    if (value == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value, origin.data, origin.len);

    if (ngx_http_meet_rest_add_header(r, "Vary", "Origin") != NGX_OK
        || ngx_http_meet_rest_add_header(
               r, "Access-Control-Expose-Headers", "ETag, Location")
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_meet_rest_add_header(
        r, "Access-Control-Allow-Origin", value);
}


ngx_int_t
ngx_http_meet_rest_headers(
    ngx_http_request_t *r, ngx_uint_t status, const char *type)
{
    r->headers_out.status = status;

    if (type != NULL) {
        r->headers_out.content_type.data = (u_char *) type;
        r->headers_out.content_type.len = ngx_strlen(type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
    }

    if (ngx_http_meet_rest_add_header(r, "Cache-Control", "no-store") != NGX_OK
        || ngx_http_meet_rest_add_header(r, "X-Content-Type-Options", "nosniff")
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_meet_rest_cors(r);
}


ngx_int_t
ngx_http_meet_rest_send(
    ngx_http_request_t *r, ngx_uint_t status, const char *type, ngx_str_t *body)
{
    ngx_buf_t *b;
    ngx_int_t rc;
    ngx_chain_t out;

    r->headers_out.content_length_n = body ? (off_t) body->len : 0;

    if (ngx_http_meet_rest_headers(r, status, type) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (body == NULL || body->len == 0) {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_meet_rest_send_json(
    ngx_http_request_t *r, ngx_uint_t status, json_t *value)
{
    size_t len;
    ngx_str_t body;

    if (value == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = json_dumpb(value, NULL, 0, JSON_COMPACT);

    body.data = len ? ngx_pnalloc(r->pool, len) : NULL;

    if (body.data == NULL) {
        json_decref(value);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = json_dumpb(value, (char *) body.data, len, JSON_COMPACT);

    json_decref(value);

    if (body.len != len) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_rest_send(r, status, "application/json", &body);
}
