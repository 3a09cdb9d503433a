#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ngx_http_meet_text.h"
#include "ngx_http_meet_token.h"


#define NGX_HTTP_MEET_TOKEN_FIXED 38 /* version .. expiry */
#define NGX_HTTP_MEET_TOKEN_MAC   32

/* the key signs other things too: a proof must never pass for a token */
static const unsigned char ngx_http_meet_token_label[16] = "ngx-meet session";


static unsigned char *
ngx_http_meet_token_put(unsigned char *p, uint64_t value, int bytes)
{
    while (bytes--) {
        *p++ = (unsigned char) (value >> 8 * bytes);
    }

    return p;
}


static uint64_t
ngx_http_meet_token_get(const unsigned char **pp, int bytes)
{
    uint64_t value;

    for (value = 0; bytes; bytes--) {
        value = value << 8 | *(*pp)++;
    }

    return value;
}


/* 0, or -1 when the library fails: then no token is made and none accepted */
static int
ngx_http_meet_token_mac(unsigned char mac[NGX_HTTP_MEET_TOKEN_MAC],
    const unsigned char *data, size_t len, const unsigned char key[32])
{
    unsigned n;
    unsigned char
        buf[sizeof(ngx_http_meet_token_label) + NGX_HTTP_MEET_TOKEN_RAW_MAX];

    memcpy(buf, ngx_http_meet_token_label, sizeof(ngx_http_meet_token_label));
    memcpy(buf + sizeof(ngx_http_meet_token_label), data, len);

    n = 0;

    if (HMAC(EVP_sha256(), key, 32, buf,
            sizeof(ngx_http_meet_token_label) + len, mac, &n)
            == NULL
        || n != NGX_HTTP_MEET_TOKEN_MAC)
    {
        return -1;
    }

    return 0;
}


size_t
ngx_http_meet_token_make(unsigned char *text,
    const ngx_http_meet_token_t *token, const unsigned char key[32])
{
    unsigned char *p;
    unsigned char raw[NGX_HTTP_MEET_TOKEN_RAW_MAX];

    if (token->name_len > NGX_HTTP_MEET_TOKEN_NAME
        || token->display_len > NGX_HTTP_MEET_TOKEN_DISPLAY)
    {
        return 0;
    }

    p = raw;
    *p++ = NGX_HTTP_MEET_TOKEN_VERSION;
    *p++ = token->flags;

    memcpy(p, token->incarnation, 16);
    p += 16;

    p = ngx_http_meet_token_put(p, token->participant, 8);
    p = ngx_http_meet_token_put(p, token->serial, 4);
    p = ngx_http_meet_token_put(p, token->expires, 8);

    p = ngx_http_meet_token_put(p, token->name_len, 1);
    memcpy(p, token->name, token->name_len);
    p += token->name_len;

    p = ngx_http_meet_token_put(p, token->display_len, 2);
    memcpy(p, token->display, token->display_len);
    p += token->display_len;

    if (ngx_http_meet_token_mac(p, raw, (size_t) (p - raw), key) != 0) {
        return 0;
    }

    p += NGX_HTTP_MEET_TOKEN_MAC;

    return ngx_http_meet_b64u_encode(text, raw, (size_t) (p - raw));
}


ngx_http_meet_token_rc_t
ngx_http_meet_token_check(ngx_http_meet_token_t *token,
    const unsigned char *text, size_t len, const unsigned char key[32],
    uint64_t now)
{
    int n;
    const unsigned char *p, *end;
    unsigned char raw[NGX_HTTP_MEET_TOKEN_RAW_MAX];
    unsigned char mac[NGX_HTTP_MEET_TOKEN_MAC];

    memset(token, 0, sizeof(ngx_http_meet_token_t));

    n = ngx_http_meet_b64u_decode(raw, sizeof(raw), text, len);

    if (n < NGX_HTTP_MEET_TOKEN_FIXED + 3 + NGX_HTTP_MEET_TOKEN_MAC) {
        return NGX_HTTP_MEET_TOKEN_BAD;
    }

    end = raw + n - NGX_HTTP_MEET_TOKEN_MAC;

    if (ngx_http_meet_token_mac(mac, raw, (size_t) (end - raw), key) != 0
        || CRYPTO_memcmp(mac, end, NGX_HTTP_MEET_TOKEN_MAC) != 0)
    {
        return NGX_HTTP_MEET_TOKEN_BAD;
    }

    p = raw;

    if (*p++ != NGX_HTTP_MEET_TOKEN_VERSION) {
        return NGX_HTTP_MEET_TOKEN_BAD;
    }

    token->flags = *p++;

    memcpy(token->incarnation, p, 16);
    p += 16;

    token->participant = ngx_http_meet_token_get(&p, 8);
    token->serial = (uint32_t) ngx_http_meet_token_get(&p, 4);
    token->expires = ngx_http_meet_token_get(&p, 8);

    token->name_len = (size_t) ngx_http_meet_token_get(&p, 1);

    if (token->name_len > NGX_HTTP_MEET_TOKEN_NAME
        || (size_t) (end - p) < token->name_len + 2)
    {
        goto bad;
    }

    memcpy(token->name, p, token->name_len);
    p += token->name_len;

    token->display_len = (size_t) ngx_http_meet_token_get(&p, 2);

    if (token->display_len > NGX_HTTP_MEET_TOKEN_DISPLAY
        || (size_t) (end - p) != token->display_len)
    {
        goto bad;
    }

    memcpy(token->display, p, token->display_len);

    if (token->expires <= now) {
        return NGX_HTTP_MEET_TOKEN_EXPIRED;
    }

    return NGX_HTTP_MEET_TOKEN_OK;

bad:

    memset(token, 0, sizeof(ngx_http_meet_token_t));

    return NGX_HTTP_MEET_TOKEN_BAD;
}
