#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_session.h"
#include "ngx_http_meet_text.h"
#include "ngx_http_meet_whip.h"
#include "ngx_http_meet_ws.h"
#include "ngx_http_meet_zone.h"


typedef enum {
    NGX_HTTP_MEET_PATH_NONE = 0,
    NGX_HTTP_MEET_PATH_ROOMS,
    NGX_HTTP_MEET_PATH_ROOM,
    NGX_HTTP_MEET_PATH_JOIN,
    NGX_HTTP_MEET_PATH_EXPORT,
    NGX_HTTP_MEET_PATH_WS,
    NGX_HTTP_MEET_PATH_TEST,
    NGX_HTTP_MEET_PATH_WHIP,  /* or WHEP: where streams begin */
    NGX_HTTP_MEET_PATH_STREAM /* one of them */
} ngx_http_meet_path_t;


typedef enum {
    NGX_HTTP_MEET_BODY_NONE = 0,
    NGX_HTTP_MEET_BODY_JSON,
    NGX_HTTP_MEET_BODY_SDP,
    NGX_HTTP_MEET_BODY_FRAGMENT
} ngx_http_meet_body_t;


typedef struct {
    ngx_http_meet_path_t path;
    ngx_uint_t methods;
    ngx_http_meet_rest_handler_t *handler; /* of JSON or of no body */
    ngx_http_meet_body_t body;
    ngx_http_meet_whip_handler_t *text; /* or this one */
} ngx_http_meet_route_t;


/* what waits while the body is read */
typedef struct {
    const ngx_http_meet_route_t *route;
    ngx_str_t room;
} ngx_http_meet_rest_ctx_t;


static ngx_http_meet_rest_handler_t ngx_http_meet_rest_ws;


/* by ngx_http_meet_body_t */
static const struct {
    const char *type;
    off_t max;
} ngx_http_meet_bodies[] = {
    { "", 0 },
    { "application/json", NGX_HTTP_MEET_BODY_MAX },
    { "application/sdp", NGX_HTTP_MEET_OFFER_MAX },
    { "application/trickle-ice-sdpfrag", MEET_FRAGMENT_MAX },
};

static const ngx_http_meet_route_t ngx_http_meet_routes[] = {
    { NGX_HTTP_MEET_PATH_ROOMS, NGX_HTTP_POST, ngx_http_meet_rest_create,
        NGX_HTTP_MEET_BODY_JSON, NULL },
    { NGX_HTTP_MEET_PATH_ROOM, NGX_HTTP_GET | NGX_HTTP_HEAD,
        ngx_http_meet_rest_facts, NGX_HTTP_MEET_BODY_NONE, NULL },
    { NGX_HTTP_MEET_PATH_ROOM, NGX_HTTP_PATCH, ngx_http_meet_rest_patch,
        NGX_HTTP_MEET_BODY_JSON, NULL },
    { NGX_HTTP_MEET_PATH_ROOM, NGX_HTTP_DELETE, ngx_http_meet_rest_delete,
        NGX_HTTP_MEET_BODY_NONE, NULL },
    { NGX_HTTP_MEET_PATH_JOIN, NGX_HTTP_POST, ngx_http_meet_rest_join,
        NGX_HTTP_MEET_BODY_JSON, NULL },
    { NGX_HTTP_MEET_PATH_EXPORT, NGX_HTTP_GET, ngx_http_meet_rest_export,
        NGX_HTTP_MEET_BODY_NONE, NULL },
    { NGX_HTTP_MEET_PATH_WS, NGX_HTTP_GET, ngx_http_meet_rest_ws,
        NGX_HTTP_MEET_BODY_NONE, NULL },
    { NGX_HTTP_MEET_PATH_TEST, NGX_HTTP_POST, ngx_http_meet_rest_test,
        NGX_HTTP_MEET_BODY_JSON, NULL },
    { NGX_HTTP_MEET_PATH_WHIP, NGX_HTTP_POST, NULL, NGX_HTTP_MEET_BODY_SDP,
        ngx_http_meet_whip_open },
    { NGX_HTTP_MEET_PATH_STREAM, NGX_HTTP_PATCH, NULL,
        NGX_HTTP_MEET_BODY_FRAGMENT, ngx_http_meet_whip_patch },
    { NGX_HTTP_MEET_PATH_STREAM, NGX_HTTP_DELETE, NULL, NGX_HTTP_MEET_BODY_NONE,
        ngx_http_meet_whip_close },
};

/* by ngx_http_meet_path_t */
static const char *const ngx_http_meet_rest_allow[] = {
    "OPTIONS",
    "POST, OPTIONS",
    "GET, HEAD, PATCH, DELETE, OPTIONS",
    "POST, OPTIONS",
    "GET, OPTIONS",
    "GET, OPTIONS",
    "POST, OPTIONS",
    "POST, OPTIONS",
    "PATCH, DELETE, OPTIONS",
};


/* the path is what follows the first "/api/v1/", wherever the prefix ends */
static ngx_http_meet_path_t
ngx_http_meet_rest_path(ngx_str_t *uri, ngx_str_t *room)
{
    u_char *p, *last, *slash;

    static const char api[] = "/api/v1/";

    ngx_str_null(room);

    last = uri->data + uri->len;

    p = memmem(uri->data, uri->len, api, sizeof(api) - 1);
    if (p == NULL) {
        return NGX_HTTP_MEET_PATH_NONE;
    }

    p += sizeof(api) - 1;

    if (last - p == 2 && ngx_memcmp(p, "ws", 2) == 0) {
        return NGX_HTTP_MEET_PATH_WS;
    }

    if (last - p == 4 && ngx_memcmp(p, "test", 4) == 0) {
        return NGX_HTTP_MEET_PATH_TEST;
    }

    if (last - p > 5
        && (ngx_memcmp(p, "whip/", 5) == 0 || ngx_memcmp(p, "whep/", 5) == 0))
    {
        p += 5;
        slash = ngx_strlchr(p, last, '/');

        room->data = p;
        room->len = (size_t) ((slash ? slash : last) - p);

        return slash ? NGX_HTTP_MEET_PATH_STREAM : NGX_HTTP_MEET_PATH_WHIP;
    }

    if (last - p < 5 || ngx_memcmp(p, "rooms", 5) != 0) {
        return NGX_HTTP_MEET_PATH_NONE;
    }

    p += 5;

    if (p == last) {
        return NGX_HTTP_MEET_PATH_ROOMS;
    }

    if (*p++ != '/') {
        return NGX_HTTP_MEET_PATH_NONE;
    }

    slash = ngx_strlchr(p, last, '/');

    room->data = p;
    room->len = (size_t) ((slash ? slash : last) - p);

    if (slash == NULL) {
        return NGX_HTTP_MEET_PATH_ROOM;
    }

    if (last - slash == 5 && ngx_memcmp(slash, "/join", 5) == 0) {
        return NGX_HTTP_MEET_PATH_JOIN;
    }

    if (last - slash == 7 && ngx_memcmp(slash, "/export", 7) == 0) {
        return NGX_HTTP_MEET_PATH_EXPORT;
    }

    return NGX_HTTP_MEET_PATH_NONE;
}


static ngx_int_t
ngx_http_meet_rest_ws(ngx_http_request_t *r, ngx_str_t *room, json_t *body)
{
    (void) room;
    (void) body;

    return ngx_http_meet_ws_upgrade(r, &ngx_http_meet_session_handlers);
}


/* Accept-Post, Accept-Patch: what a client that asks is told (RFC 9725) */
static ngx_int_t
ngx_http_meet_rest_accepts(ngx_http_request_t *r, ngx_http_meet_path_t path)
{
    switch (path) {

    case NGX_HTTP_MEET_PATH_WHIP:
        return ngx_http_meet_rest_add_header(r, "Accept-Post",
            ngx_http_meet_bodies[NGX_HTTP_MEET_BODY_SDP].type);

    case NGX_HTTP_MEET_PATH_STREAM:
        return ngx_http_meet_rest_add_header(r, "Accept-Patch",
            ngx_http_meet_bodies[NGX_HTTP_MEET_BODY_FRAGMENT].type);

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_meet_rest_options(ngx_http_request_t *r, ngx_http_meet_path_t path)
{
    if (ngx_http_meet_rest_add_header(
            r, "Allow", ngx_http_meet_rest_allow[path])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_meet_rest_accepts(r, path) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_meet_rest_origin(r) == NGX_HTTP_MEET_ORIGIN_LISTED
        && (ngx_http_meet_rest_add_header(r, "Access-Control-Allow-Methods",
                ngx_http_meet_rest_allow[path])
                != NGX_OK
            || ngx_http_meet_rest_add_header(r, "Access-Control-Allow-Headers",
                   "authorization, content-type, if-match")
                   != NGX_OK
            || ngx_http_meet_rest_add_header(r, "Access-Control-Max-Age", "600")
                   != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_rest_send(r, NGX_HTTP_NO_CONTENT, NULL, NULL);
}


/* NULL, or the name of the problem with the body that is announced */
static const char *
ngx_http_meet_rest_body_problem(
    ngx_http_request_t *r, ngx_http_meet_body_t body)
{
    size_t len;
    ngx_str_t *type;
    const char *wanted;

    wanted = ngx_http_meet_bodies[body].type;

    if (r->headers_in.content_length_n > ngx_http_meet_bodies[body].max) {
        return "too-large";
    }

    if (r->headers_in.content_length_n < 0) {
        return "length-required";
    }

    if (r->headers_in.content_type == NULL) {
        return "unsupported-media-type";
    }

    type = &r->headers_in.content_type->value;
    len = ngx_strlen(wanted);

    if (type->len < len
        || ngx_strncasecmp(type->data, (u_char *) wanted, len) != 0
        || (type->len > len && type->data[len] != ';'
            && type->data[len] != ' '))
    {
        return "unsupported-media-type";
    }

    return NULL;
}


/* the body in one piece; NGX_DECLINED if it is not in memory */
static ngx_int_t
ngx_http_meet_rest_body_text(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char *p;
    size_t n, max;
    ngx_chain_t *cl;

    ngx_str_null(text);

    if (r->request_body == NULL || r->request_body->temp_file) {
        return NGX_DECLINED;
    }

    if (r->headers_in.content_length_n == 0) {
        ngx_str_set(text, ""); /* not a null pointer: it is copied */
        return NGX_OK;
    }

    cl = r->request_body->bufs;

    if (cl != NULL && cl->next == NULL) {
        text->data = cl->buf->pos;
        text->len = (size_t) (cl->buf->last - cl->buf->pos);
        return NGX_OK;
    }

    max = (size_t) r->headers_in.content_length_n;

    text->data = ngx_pnalloc(r->pool, max + 1);
    if (text->data == NULL) {
        return NGX_DECLINED;
    }

    p = text->data;

    for (/* void */; cl != NULL; cl = cl->next) {
        n = (size_t) (cl->buf->last - cl->buf->pos);

        if (n > max - text->len) {
            return NGX_DECLINED;
        }

        p = ngx_cpymem(p, cl->buf->pos, n);
        text->len += n;
    }

    return NGX_OK;
}


static void
ngx_http_meet_rest_body_handler(ngx_http_request_t *r)
{
    json_t *body;
    ngx_int_t rc;
    ngx_str_t text;
    ngx_http_meet_rest_ctx_t *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_meet_module);

    if (ngx_http_meet_rest_body_text(r, &text) != NGX_OK) {
        ngx_http_finalize_request(
            r, ngx_http_meet_problem(r, "internal", NULL));
        return;
    }

    if (ctx->route->text != NULL) {
        ngx_http_finalize_request(r, ctx->route->text(r, &ctx->room, &text));
        return;
    }

    body = ngx_http_meet_json_load(text.data, text.len);

    if (body == NULL) {
        rc = ngx_http_meet_problem(r, "bad-request",
            "the body is not a JSON object, or it has a duplicate key");

    } else {
        rc = ctx->route->handler(r, &ctx->room, body);
        json_decref(body);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_meet_rest_read(
    ngx_http_request_t *r, const ngx_http_meet_route_t *route, ngx_str_t *room)
{
    ngx_int_t rc;
    const char *problem;
    ngx_http_meet_rest_ctx_t *ctx;

    problem = ngx_http_meet_rest_body_problem(r, route->body);

    if (problem != NULL) {
        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK ? ngx_http_meet_problem(r, problem, NULL) : rc;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_meet_rest_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->route = route;
    ctx->room = *room;

    ngx_http_set_ctx(r, ctx, ngx_http_meet_module);

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_meet_rest_body_handler);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static ngx_int_t
ngx_http_meet_rest_route(
    ngx_http_request_t *r, ngx_http_meet_path_t path, ngx_str_t *room)
{
    ngx_int_t rc;
    ngx_uint_t i;
    const ngx_http_meet_route_t *route;

    for (i = 0;
         i < sizeof(ngx_http_meet_routes) / sizeof(ngx_http_meet_route_t); i++)
    {
        route = &ngx_http_meet_routes[i];

        if (route->path != path || !(route->methods & r->method)) {
            continue;
        }

        if (route->body != NGX_HTTP_MEET_BODY_NONE) {
            return ngx_http_meet_rest_read(r, route, room);
        }

        if (path == NGX_HTTP_MEET_PATH_WS) {
            /* what may follow the request are frames already */
            return route->handler(r, room, NULL);
        }

        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }

        return route->text != NULL ? route->text(r, room, NULL)
                                   : route->handler(r, room, NULL);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_meet_problem_allow(r, ngx_http_meet_rest_allow[path]);
}


ngx_int_t
ngx_http_meet_rest_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t room;
    const char *problem;
    ngx_http_meet_path_t path;

    ngx_http_meet_count(NGX_HTTP_MEET_REST_REQUESTS);

    problem = NULL;
    path = ngx_http_meet_rest_path(&r->uri, &room);

    if (ngx_http_meet_rest_origin(r) == NGX_HTTP_MEET_ORIGIN_FOREIGN) {
        ngx_http_meet_count(NGX_HTTP_MEET_REFUSED_ORIGIN);
        problem = "foreign-origin";

    } else if (path == NGX_HTTP_MEET_PATH_NONE) {
        problem = "not-found";

    } else if (room.data != NULL
               && !ngx_http_meet_room_name(room.data, room.len)) {
        /* what cannot be created does not exist */
        problem = "no-room";
    }

    if (problem == NULL && r->method != NGX_HTTP_OPTIONS) {
        return ngx_http_meet_rest_route(r, path, &room);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (problem != NULL) {
        return ngx_http_meet_problem(r, problem, NULL);
    }

    return ngx_http_meet_rest_options(r, path);
}
