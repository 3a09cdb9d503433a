/*
 * Answers of the REST interface that are errors: application/problem+json
 * (RFC 9457) with a stable `type`, as listed in the protocol reference.
 */

#ifndef NGX_HTTP_MEET_PROBLEM_H
#define NGX_HTTP_MEET_PROBLEM_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Sends the problem whose `type` ends in `name` ("room-not-found").  `detail`
 * is static text in English for people who read logs and traces, or NULL.  The
 * request body has been read or discarded by the caller.  Returns what the
 * handler returns; `allow` is for 405 only.  An unknown name is a bug of ours
 * and becomes "internal".
 */
ngx_int_t ngx_http_meet_problem(
    ngx_http_request_t *r, const char *name, const char *detail);
ngx_int_t ngx_http_meet_problem_allow(ngx_http_request_t *r, const char *allow);


#endif /* NGX_HTTP_MEET_PROBLEM_H */
