#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_whip.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_WHIP_REASON 128 /* of a reason's text, at most */


/* a reason is text of ours; what could end a JSON string is left out */
static ngx_int_t
ngx_http_meet_whip_bad_offer(
    ngx_http_request_t *r, const u_char *body, size_t len)
{
    u_char c;
    size_t i, n;
    char *reason;

    reason = ngx_pnalloc(r->pool, NGX_HTTP_MEET_WHIP_REASON + 1);
    if (reason == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = 0;

    for (i = sizeof(meet_resource_answer_t);
         i < len && n < NGX_HTTP_MEET_WHIP_REASON; i++)
    {
        c = body[i];

        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
            reason[n++] = (char) c;
        }
    }

    reason[n] = '\0';

    return ngx_http_meet_problem(r, "bad-offer", n != 0 ? reason : NULL);
}


ngx_int_t
ngx_http_meet_whip_problem(
    ngx_http_request_t *r, ngx_uint_t status, const u_char *body, size_t len)
{
    switch (status) {

    case MEET_E_BAD_OFFER:
        return ngx_http_meet_whip_bad_offer(r, body, len);

    case MEET_E_PRECONDITION:
        return ngx_http_meet_problem(r, "precondition-failed", NULL);

    case MEET_E_FORBIDDEN:
        return ngx_http_meet_problem(
            r, "forbidden", "the room does not allow this");

    case MEET_E_REMOVED:
        return ngx_http_meet_problem(
            r, "forbidden", "what came by this key was removed");

    case MEET_E_ROOM_FULL:
        return ngx_http_meet_problem(r, "room-full", NULL);

    case MEET_E_DELETED:
    case MEET_E_EXPIRED:
        return ngx_http_meet_problem(r, "no-room", NULL);
    }

    return ngx_http_meet_problem(r, "unavailable", NULL);
}


ngx_int_t
ngx_http_meet_whip_known_problem(
    ngx_http_request_t *r, ngx_uint_t status, const u_char *body, size_t len)
{
    switch (status) {

    case MEET_E_NO_PARTICIPANT:
    case MEET_E_NO_ROOM:
    case MEET_E_STALE:
        return ngx_http_meet_problem(r, "no-stream", NULL);

    case MEET_E_FORBIDDEN:
        ngx_http_meet_count(NGX_HTTP_MEET_WRONG_SECRETS);
        return ngx_http_meet_problem(r, "wrong-secret", NULL);
    }

    return ngx_http_meet_whip_problem(r, status, body, len);
}
