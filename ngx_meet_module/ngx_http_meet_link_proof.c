#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "ngx_http_meet_link_private.h"


#define NGX_HTTP_MEET_LINK_LABEL 10 /* bytes of either label */


ngx_int_t
ngx_http_meet_link_proof(u_char proof[MEET_KEY_LEN],
    const u_char key[MEET_KEY_LEN], const char *label,
    const u_char nonce[MEET_KEY_LEN], const meet_ctl_header_t *header)
{
    u_char *p;
    uint32_t role;
    unsigned len;
    u_char data[NGX_HTTP_MEET_LINK_LABEL + MEET_KEY_LEN + 8];

    role = MEET_ROLE_NGINX;

    p = ngx_cpymem(data, label, NGX_HTTP_MEET_LINK_LABEL);
    p = ngx_cpymem(p, nonce, MEET_KEY_LEN);
    p = ngx_cpymem(p, &header->major, sizeof(header->major));
    p = ngx_cpymem(p, &header->minor, sizeof(header->minor));
    p = ngx_cpymem(p, &role, sizeof(role));

    len = MEET_KEY_LEN;

    if (HMAC(EVP_sha256(), key, MEET_KEY_LEN, data, (size_t) (p - data), proof,
            &len)
            == NULL
        || len != MEET_KEY_LEN)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_link_proof_check(const u_char proof[MEET_KEY_LEN],
    const u_char key[MEET_KEY_LEN], const char *label,
    const u_char nonce[MEET_KEY_LEN], const meet_ctl_header_t *header)
{
    u_char expected[MEET_KEY_LEN];

    if (ngx_http_meet_link_proof(expected, key, label, nonce, header) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (CRYPTO_memcmp(expected, proof, MEET_KEY_LEN) != 0) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_link_nonce(u_char nonce[MEET_KEY_LEN])
{
    return RAND_bytes(nonce, MEET_KEY_LEN) == 1 ? NGX_OK : NGX_ERROR;
}
