/*
 * Session tokens.  No input may pass for one but what the key has signed; the
 * input is also tried behind a valid signature, as a key holder would send it.
 */

#include <stdlib.h>

#include "ngx_http_meet_text.c"
#include "ngx_http_meet_token.c"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    ngx_http_meet_token_t token;
    unsigned char raw[NGX_HTTP_MEET_TOKEN_RAW_MAX];
    unsigned char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];
    static const unsigned char key[32] = { 1 };

    if (ngx_http_meet_token_check(&token, data, size, key, 0)
        == NGX_HTTP_MEET_TOKEN_OK)
    {
        abort();
    }

    if (size > sizeof(raw) - 32) {
        return 0;
    }

    memcpy(raw, data, size);
    (void) ngx_http_meet_token_mac(raw + size, raw, size, key);

    len = ngx_http_meet_b64u_encode(text, raw, size + 32);

    (void) ngx_http_meet_token_check(&token, text, len, key, 0);

    return 0;
}
