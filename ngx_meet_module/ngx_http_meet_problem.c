#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_zone.h"


typedef struct {
    const char *name;
    ngx_uint_t status;
    const char *title;
} ngx_http_meet_problem_t;


static const ngx_http_meet_problem_t ngx_http_meet_problems[] = {
    { "internal", 500, "Internal error" },
    { "bad-request", 400, "Bad request" },
    { "bad-offer", 400, "The session description is not accepted" },
    { "not-authorized", 401, "No valid token" },
    { "wrong-secret", 403, "The secret does not open this room" },
    { "forbidden", 403, "Not allowed" },
    { "room-locked", 403, "The room is locked" },
    { "foreign-origin", 403, "The request comes from another site" },
    { "no-room", 404, "No such room" },
    { "not-found", 404, "No such path" },
    { "no-stream", 404, "No such stream, or it has ended" },
    { "method-not-allowed", 405, "Method not allowed" },
    { "name-taken", 409, "A room of this name exists" },
    { "length-required", 411, "The length of the body is required" },
    { "precondition-failed", 412, "If-Match names another ICE session" },
    { "too-large", 413, "The body is too large" },
    { "unsupported-media-type", 415, "The body is of another type" },
    { "upgrade-required", 426, "WebSocket required" },
    { "precondition-required", 428, "If-Match is required" },
    { "room-full", 503, "The room is full" },
    { "too-many-rooms", 503, "There are too many rooms" },
    { "too-many-connections", 503, "Too many connections from this address" },
    { "unavailable", 503, "Not available at the moment" },
    { "storage-full", 507, "The storage is full" },
};


static const ngx_http_meet_problem_t *
ngx_http_meet_problem_find(const char *name)
{
    ngx_uint_t i;

    for (i = 0;
         i < sizeof(ngx_http_meet_problems) / sizeof(ngx_http_meet_problem_t);
         i++)
    {
        if (ngx_strcmp(ngx_http_meet_problems[i].name, name) == 0) {
            return &ngx_http_meet_problems[i];
        }
    }

    return &ngx_http_meet_problems[0];
}


ngx_int_t
ngx_http_meet_problem(
    ngx_http_request_t *r, const char *name, const char *detail)
{
    u_char *p;
    size_t len;
    ngx_str_t body;
    const ngx_http_meet_problem_t *problem;

    static const char type[] = "{\"type\":\"/problems/";

    ngx_http_meet_count(NGX_HTTP_MEET_REST_PROBLEMS);

    problem = ngx_http_meet_problem_find(name);

    /* all parts are texts of ours and need no escaping */

    len = sizeof(type) + ngx_strlen(problem->name) + ngx_strlen(problem->title)
          + NGX_INT_T_LEN
          + sizeof("\",\"title\":\"\",\"status\":,\"detail\":\"\"}")
          + (detail ? ngx_strlen(detail) : 0);

    body.data = ngx_pnalloc(r->pool, len);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_snprintf(body.data, len, "%s%s\",\"title\":\"%s\",\"status\":%ui",
        type, problem->name, problem->title, problem->status);

    if (detail) {
        p = ngx_slprintf(p, body.data + len, ",\"detail\":\"%s\"", detail);
    }

    *p++ = '}';
    body.len = (size_t) (p - body.data);

    if (problem->status == NGX_HTTP_UNAUTHORIZED
        && ngx_http_meet_rest_add_header(r, "WWW-Authenticate", "Bearer")
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (problem->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_meet_rest_add_header(r, "Retry-After", "2") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_rest_send(
        r, problem->status, "application/problem+json", &body);
}


ngx_int_t
ngx_http_meet_problem_allow(ngx_http_request_t *r, const char *allow)
{
    if (ngx_http_meet_rest_add_header(r, "Allow", allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_meet_problem(r, "method-not-allowed", NULL);
}
