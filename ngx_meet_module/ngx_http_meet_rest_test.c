/* POST test: a token for a connection test, which needs no room. */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/rand.h>

#include "meet_body.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_zone.h"


/* long enough to begin with; the test itself ends MEET_ROOM_TEST_MS later */
#define NGX_HTTP_MEET_TEST_BEGIN 30 /* s */


ngx_int_t
ngx_http_meet_rest_test(ngx_http_request_t *r, ngx_str_t *room, json_t *body)
{
    size_t len;
    json_t *value;
    ngx_http_meet_token_t token;
    ngx_http_meet_fields_t f;
    ngx_http_meet_main_conf_t *mcf;
    u_char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    (void) room;

    ngx_http_meet_fields(&f, body);

    if (ngx_http_meet_fields_end(&f) != 0) {
        return ngx_http_meet_problem(r, "bad-request", f.bad);
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    /* no room has this name and this incarnation: it opens nothing else */

    ngx_memzero(&token, sizeof(ngx_http_meet_token_t));

    token.flags = NGX_HTTP_MEET_TOKEN_TEST;
    token.expires = (uint64_t) (ngx_time() + NGX_HTTP_MEET_TEST_BEGIN);
    token.display_len = 1;
    token.display[0] = '-';

    if (RAND_bytes(token.incarnation, sizeof(token.incarnation)) != 1
        || RAND_bytes((u_char *) &token.participant, sizeof(token.participant))
               != 1)
    {
        return ngx_http_meet_problem(r, "internal", NULL);
    }

    token.participant |= 1; /* 0 is nobody */

    len = ngx_http_meet_token_make(text, &token, mcf->key);

    if (len == 0) {
        return ngx_http_meet_problem(r, "internal", NULL);
    }

    ngx_http_meet_count(NGX_HTTP_MEET_TESTS);

    /* what the administrator is told to open if nothing comes through */

    value = json_pack("{s:s%,s:i,s:{s:i,s:i}}", "token", (char *) text, len,
        "seconds", MEET_ROOM_TEST_MS / 1000, "udp", "first",
        (int) mcf->port_first, "last", (int) mcf->port_last);

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_OK, value);
}
