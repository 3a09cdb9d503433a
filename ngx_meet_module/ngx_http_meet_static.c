#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_text.h"


/* files below assets/ have a hash of their content in the name */
#define NGX_HTTP_MEET_CACHE_ASSET "public, max-age=31536000, immutable"
#define NGX_HTTP_MEET_CACHE_OTHER "no-cache"

#define NGX_HTTP_MEET_CSP                                                      \
    "default-src 'none'; script-src 'self'; style-src 'self'; "                \
    "img-src 'self' blob: data:; font-src 'self'; media-src 'self' blob:; "    \
    "worker-src 'self'; manifest-src 'self'; base-uri 'self'; "                \
    "form-action 'self'; frame-ancestors 'self'; connect-src 'self'"


typedef struct {
    const char *coding;
    const char *suffix;
} ngx_http_meet_coding_t;

/* made by the build beside each file, the better one first */
static const ngx_http_meet_coding_t ngx_http_meet_codings[] = {
    { "br", ".br" },
    { "gzip", ".gz" },
};

#define NGX_HTTP_MEET_CODINGS                                                  \
    (sizeof(ngx_http_meet_codings) / sizeof(ngx_http_meet_coding_t))


/*
 * What to serve for the path below our prefix: an asset, a file of the top
 * directory, or the page itself for "" and for the name of a room.  Nothing
 * that starts with a dot, nothing deeper, no other characters: there is no way
 * out of the directory.
 */
static ngx_int_t
ngx_http_meet_static_file(ngx_str_t *path, ngx_str_t *file, ngx_uint_t *asset)
{
    size_t i, first;

    static ngx_str_t test = ngx_string("test");
    static ngx_str_t index = ngx_string("index.html");

    *asset = 0;

    /* rooms, and the connection test, which has no room */

    if (path->len == 0 || ngx_http_meet_room_name(path->data, path->len)
        || (path->len == test.len
            && ngx_memcmp(path->data, test.data, test.len) == 0))
    {
        *file = index;
        return NGX_OK;
    }

    first = 0;

    if (path->len > 7 && ngx_memcmp(path->data, "assets/", 7) == 0) {
        *asset = 1;
        first = 7;
    }

    if (path->data[first] == '.' || path->len > 255) {
        return NGX_DECLINED;
    }

    for (i = first; i < path->len; i++) {
        if (!((path->data[i] >= 'a' && path->data[i] <= 'z')
                || (path->data[i] >= 'A' && path->data[i] <= 'Z')
                || (path->data[i] >= '0' && path->data[i] <= '9')
                || path->data[i] == '-' || path->data[i] == '_'
                || path->data[i] == '.'))
        {
            return NGX_DECLINED;
        }
    }

    *file = *path;

    return NGX_OK;
}


/* 1 if Accept-Encoding lists the coding and not with q=0 */
static ngx_uint_t
ngx_http_meet_static_accepts(ngx_str_t *accept, const char *coding)
{
    u_char *p, *last, *end;
    size_t len;

    p = accept->data;
    last = p + accept->len;
    len = ngx_strlen(coding);

    while (p < last) {
        while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
            p++;
        }

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) >= len
            && ngx_strncasecmp(p, (u_char *) coding, len) == 0
            && (p + len == end || p[len] == ';' || p[len] == ' '))
        {
            p = ngx_strlchr(p, end, '=');

            /* q=0, q=0.0 and so on */
            return p == NULL || p + 1 == end || p[1] != '0'
                   || (p + 3 < end && p[3] != '0');
        }

        p = end;
    }

    return 0;
}


/* NGX_OK; NGX_DECLINED: no such file; or an HTTP status */
static ngx_int_t
ngx_http_meet_static_open(
    ngx_http_request_t *r, ngx_str_t *path, ngx_open_file_info_t *of)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_memzero(of, sizeof(ngx_open_file_info_t));

    of->read_ahead = clcf->read_ahead;
    of->directio = clcf->directio;
    of->valid = clcf->open_file_cache_valid;
    of->min_uses = clcf->open_file_cache_min_uses;
    of->errors = clcf->open_file_cache_errors;
    of->events = clcf->open_file_cache_events;

    if (ngx_open_cached_file(clcf->open_file_cache, path, of, r->pool)
        == NGX_OK) {
        return of->is_file ? NGX_OK : NGX_DECLINED;
    }

    switch (of->err) {

    case 0:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    case NGX_ENOENT:
    case NGX_ENOTDIR:
    case NGX_ENAMETOOLONG:
        return NGX_DECLINED;

    default:
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, of->err,
            "%s \"%V\" failed", of->failed, path);
        return of->err == NGX_EACCES ? NGX_HTTP_FORBIDDEN
                                     : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


/*
 * Opens the file, or a compressed one beside it that the client accepts.  On
 * NGX_OK `coding` is set or NULL.
 */
static ngx_int_t
ngx_http_meet_static_choose(ngx_http_request_t *r, ngx_str_t *file,
    ngx_open_file_info_t *of, const char **coding, ngx_str_t *path)
{
    u_char *p;
    ngx_int_t rc;
    ngx_str_t accept;
    ngx_uint_t i;
    ngx_http_meet_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_meet_module);

    path->data =
        ngx_pnalloc(r->pool, lcf->client.len + 1 + file->len + sizeof(".gz"));
    if (path->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_sprintf(path->data, "%V/%V", &lcf->client, file);

    if (ngx_http_meet_rest_header(r, "Accept-Encoding", &accept) != NGX_OK) {
        ngx_str_null(&accept);
    }

    for (i = 0; i < NGX_HTTP_MEET_CODINGS; i++) {
        *coding = ngx_http_meet_codings[i].coding;

        if (!ngx_http_meet_static_accepts(&accept, *coding)) {
            continue;
        }

        path->len =
            (size_t) (ngx_sprintf(p, "%s%Z", ngx_http_meet_codings[i].suffix)
                      - path->data)
            - 1;

        rc = ngx_http_meet_static_open(r, path, of);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    *p = '\0';
    *coding = NULL;
    path->len = (size_t) (p - path->data);

    return ngx_http_meet_static_open(r, path, of);
}


/*
 * connect-src: Safari before 15.4 does not take 'self' for wss.  The host is
 * what the client called us by, if it is harmless inside the policy.
 */
static const char *
ngx_http_meet_static_csp(ngx_http_request_t *r)
{
    char *csp;
    size_t i;
    u_char c;
    ngx_str_t *host;

    if (r->headers_in.host == NULL) {
        return NGX_HTTP_MEET_CSP;
    }

    host = &r->headers_in.host->value;

    for (i = 0; i < host->len; i++) {
        c = host->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':'
                || c == '[' || c == ']'))
        {
            return NGX_HTTP_MEET_CSP;
        }
    }

    csp = ngx_pnalloc(
        r->pool, sizeof(NGX_HTTP_MEET_CSP) + sizeof(" wss://") + host->len);
    if (csp == NULL) {
        return NULL;
    }

    (void) ngx_sprintf((u_char *) csp, NGX_HTTP_MEET_CSP " wss://%V%Z", host);

    return csp;
}


static ngx_int_t
ngx_http_meet_static_headers(
    ngx_http_request_t *r, ngx_uint_t asset, const char *coding)
{
    const char *csp;
    ngx_table_elt_t *h;

    if (ngx_http_meet_rest_add_header(r, "Cache-Control",
            asset ? NGX_HTTP_MEET_CACHE_ASSET : NGX_HTTP_MEET_CACHE_OTHER)
            != NGX_OK
        || ngx_http_meet_rest_add_header(r, "X-Content-Type-Options", "nosniff")
               != NGX_OK
        || ngx_http_meet_rest_add_header(r, "Vary", "Accept-Encoding")
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!asset) {
        csp = ngx_http_meet_static_csp(r);

        if (csp == NULL
            || ngx_http_meet_rest_add_header(r, "Content-Security-Policy", csp)
                   != NGX_OK
            || ngx_http_meet_rest_add_header(
                   r, "Referrer-Policy", "no-referrer")
                   != NGX_OK
            || ngx_http_meet_rest_add_header(
                   r, "Cross-Origin-Opener-Policy", "same-origin")
                   != NGX_OK
            || ngx_http_meet_rest_add_header(r, "Permissions-Policy",
                   "camera=(self), microphone=(self), display-capture=(self), "
                   "fullscreen=(self), screen-wake-lock=(self), "
                   "autoplay=(self), geolocation=()")
                   != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (coding == NULL) {
        return NGX_OK;
    }

    if (ngx_http_meet_rest_add_header(r, "Content-Encoding", coding) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* known to nginx, so that nothing compresses it again */

    h = (ngx_table_elt_t *) r->headers_out.headers.last->elts
        + r->headers_out.headers.last->nelts - 1;

    r->headers_out.content_encoding = h;

    return NGX_OK;
}


static ngx_int_t
ngx_http_meet_static_send(ngx_http_request_t *r, ngx_str_t *file,
    ngx_str_t *path, ngx_open_file_info_t *of)
{
    ngx_buf_t *b;
    ngx_int_t rc;
    ngx_chain_t out;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = of->size;
    r->headers_out.last_modified_time = of->mtime;

    /* the type is that of the name without .gz or .br */
    r->exten.len = 0;

    for (rc = (ngx_int_t) file->len - 1; rc >= 0; rc--) {
        if (file->data[rc] == '.') {
            r->exten.data = file->data + rc + 1;
            r->exten.len = file->len - (size_t) rc - 1;
            break;
        }
    }

    if (ngx_http_set_etag(r) != NGX_OK
        || ngx_http_set_content_type(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->allow_ranges = 1;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));
    if (b->file == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->file_pos = 0;
    b->file_last = of->size;
    b->in_file = b->file_last ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    b->file->fd = of->fd;
    b->file->name = *path;
    b->file->log = r->connection->log;
    b->file->directio = of->is_directio;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_meet_static_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t below, file, path;
    ngx_uint_t asset;
    const char *coding;
    ngx_open_file_info_t of;
    ngx_http_core_loc_conf_t *clcf;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->uri.len < clcf->name.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    below.data = r->uri.data + clcf->name.len;
    below.len = r->uri.len - clcf->name.len;

    if (ngx_http_meet_static_file(&below, &file, &asset) != NGX_OK) {
        return NGX_HTTP_NOT_FOUND;
    }

    rc = ngx_http_meet_static_choose(r, &file, &of, &coding, &path);

    if (rc == NGX_DECLINED) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_meet_static_headers(r, asset, coding) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_static_send(r, &file, &path, &of);
}
