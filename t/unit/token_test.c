/* Session tokens: what comes back is what went in, or nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ngx_http_meet_text.c"
#include "ngx_http_meet_token.c"


#define NOW 1790000000


static const unsigned char key[32] = "0123456789abcdef0123456789abcde";
static const unsigned char other[32] = "0123456789abcdef0123456789abcdf";


static void
fill(ngx_http_meet_token_t *token, size_t name, size_t display)
{
    size_t i;

    memset(token, 0, sizeof(*token));

    for (i = 0; i < 16; i++) {
        token->incarnation[i] = (unsigned char) (200 + i);
    }

    memset(token->name, 'r', name);
    token->name_len = name;
    memset(token->display, 'd', display);
    token->display_len = display;
    token->participant = UINT64_C(0xfedcba9876543210);
    token->serial = 0xdeadbeef;
    token->expires = NOW + 10;
    token->flags = NGX_HTTP_MEET_TOKEN_ADMITTED;
}


static void
test_round_trip(void **state)
{
    size_t i, len;
    ngx_http_meet_token_t in, out;
    unsigned char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    static const size_t sizes[][2] = { { 1, 1 }, { 8, 5 }, { 14, 64 },
        { 64, 256 }, { 3, 0 } };

    (void) state;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fill(&in, sizes[i][0], sizes[i][1]);

        len = ngx_http_meet_token_make(text, &in, key);

        assert_in_range(len, 1, sizeof(text));
        assert_int_equal(ngx_http_meet_token_check(&out, text, len, key, NOW),
            NGX_HTTP_MEET_TOKEN_OK);
        assert_memory_equal(&in, &out, sizeof(in));
    }
}


static void
test_too_long(void **state)
{
    ngx_http_meet_token_t in;
    unsigned char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    (void) state;

    fill(&in, 8, 8);
    in.name_len = NGX_HTTP_MEET_TOKEN_NAME + 1;
    assert_int_equal(ngx_http_meet_token_make(text, &in, key), 0);

    fill(&in, 8, 8);
    in.display_len = NGX_HTTP_MEET_TOKEN_DISPLAY + 1;
    assert_int_equal(ngx_http_meet_token_make(text, &in, key), 0);
}


static void
test_expiry(void **state)
{
    size_t len;
    ngx_http_meet_token_t in, out;
    unsigned char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    (void) state;

    fill(&in, 8, 8);
    len = ngx_http_meet_token_make(text, &in, key);

    assert_int_equal(
        ngx_http_meet_token_check(&out, text, len, key, in.expires - 1),
        NGX_HTTP_MEET_TOKEN_OK);
    assert_int_equal(
        ngx_http_meet_token_check(&out, text, len, key, in.expires),
        NGX_HTTP_MEET_TOKEN_EXPIRED);
}


/* no bit of it may be changed, no character left out or added */
static void
test_forgery(void **state)
{
    size_t i, len;
    unsigned bit;
    ngx_http_meet_token_t in, out, zero;
    unsigned char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX + 4];

    (void) state;

    memset(&zero, 0, sizeof(zero));
    fill(&in, 8, 8);
    len = ngx_http_meet_token_make(text, &in, key);

    for (i = 0; i < len; i++) {
        for (bit = 1; bit < 256; bit <<= 1) {
            text[i] ^= (unsigned char) bit;
            assert_int_equal(
                ngx_http_meet_token_check(&out, text, len, key, NOW),
                NGX_HTTP_MEET_TOKEN_BAD);
            assert_memory_equal(&out, &zero, sizeof(out));
            text[i] ^= (unsigned char) bit;
        }
    }

    for (i = 0; i < len; i++) {
        assert_int_equal(ngx_http_meet_token_check(&out, text, i, key, NOW),
            NGX_HTTP_MEET_TOKEN_BAD);
    }

    text[len] = 'A';
    assert_int_equal(ngx_http_meet_token_check(&out, text, len + 1, key, NOW),
        NGX_HTTP_MEET_TOKEN_BAD);
    assert_int_equal(ngx_http_meet_token_check(&out, text, len, other, NOW),
        NGX_HTTP_MEET_TOKEN_BAD);
}


/* signed by the key, and still nonsense */
static void
test_signed_nonsense(void **state)
{
    size_t i, n, len;
    ngx_http_meet_token_t in, out;
    unsigned char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];
    unsigned char raw[NGX_HTTP_MEET_TOKEN_RAW_MAX];

    static const struct {
        size_t at;
        unsigned char value;
    } changes[] = {
        { 0, 2 },    /* version */
        { 38, 65 },  /* length of the room's name */
        { 38, 255 }, /* likewise */
        { 38, 9 },   /* then the other length is off */
        { 47, 1 },   /* length of the person's name */
    };

    (void) state;

    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        fill(&in, 8, 8);
        len = ngx_http_meet_token_make(text, &in, key);
        n = (size_t) ngx_http_meet_b64u_decode(raw, sizeof(raw), text, len);
        n -= NGX_HTTP_MEET_TOKEN_MAC;

        raw[changes[i].at] = changes[i].value;
        assert_int_equal(ngx_http_meet_token_mac(raw + n, raw, n, key), 0);

        len = ngx_http_meet_b64u_encode(text, raw, n + NGX_HTTP_MEET_TOKEN_MAC);

        assert_int_equal(ngx_http_meet_token_check(&out, text, len, key, NOW),
            NGX_HTTP_MEET_TOKEN_BAD);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_forgery),
        cmocka_unit_test(test_signed_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
