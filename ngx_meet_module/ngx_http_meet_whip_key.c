#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_text.h"
#include "ngx_http_meet_whip.h"


#define NGX_HTTP_MEET_WHIP_LABEL "meet stream key"


ngx_int_t
ngx_http_meet_whip_bearer(ngx_http_request_t *r, u_char *auth)
{
    size_t len;
    ngx_str_t value;

    static u_char bearer[] = "Bearer ";

    len = sizeof(bearer) - 1;

    if (ngx_http_meet_rest_header(r, "Authorization", &value) != NGX_OK
        || value.len <= len || ngx_strncasecmp(value.data, bearer, len) != 0
        || ngx_http_meet_b64u_decode(auth, NGX_HTTP_MEET_STORE_AUTH_LEN,
               value.data + len, value.len - len)
               != NGX_HTTP_MEET_STORE_AUTH_LEN)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


uint64_t
ngx_http_meet_whip_person(
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t *invite)
{
    u_char *p;
    unsigned n;
    uint64_t id;
    ngx_http_meet_main_conf_t *mcf;
    u_char hash[EVP_MAX_MD_SIZE];
    u_char text[sizeof(NGX_HTTP_MEET_WHIP_LABEL) + MEET_INCARNATION_LEN
                + sizeof(invite->serial)];

    mcf = ngx_http_meet_main_conf();

    p = ngx_cpymem(
        text, NGX_HTTP_MEET_WHIP_LABEL, sizeof(NGX_HTTP_MEET_WHIP_LABEL));
    p = ngx_cpymem(p, room->incarnation, MEET_INCARNATION_LEN);
    p = ngx_cpymem(p, &invite->serial, sizeof(invite->serial));

    if (HMAC(EVP_sha256(), mcf->key, NGX_HTTP_MEET_KEY_LEN, text,
            (size_t) (p - text), hash, &n)
        == NULL)
    {
        return 0;
    }

    ngx_memcpy(&id, hash, sizeof(id));

    return id;
}


uint64_t
ngx_http_meet_whip_person_of(
    ngx_http_meet_store_room_t *room, uint64_t participant)
{
    uint64_t id;
    ngx_uint_t i, n;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];

    n = 0;

    if (ngx_http_meet_store_invites_get(room, invites, &n) != NGX_OK) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (!ngx_http_meet_rest_is_stream(&invites[i])) {
            continue;
        }

        id = ngx_http_meet_whip_person(room, &invites[i]);

        if (id >> 32 == participant >> 32) {
            return id;
        }
    }

    return 0;
}
