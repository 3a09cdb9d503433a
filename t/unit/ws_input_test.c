/* The WebSocket parser, fed whole and byte by byte. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "ngx_http_meet_text.c"
#include "ngx_http_meet_ws_input.c"


#define MAX 1000

typedef struct {
    unsigned char bytes[8192];
    size_t len;
} wire_t;


static void
put(wire_t *w, unsigned first, const void *payload, size_t len)
{
    size_t i;
    unsigned char *p;

    static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

    p = w->bytes + w->len;
    *p++ = (unsigned char) first;

    if (len < 126) {
        *p++ = (unsigned char) (0x80 | len);

    } else {
        *p++ = 0x80 | 126;
        *p++ = (unsigned char) (len >> 8);
        *p++ = (unsigned char) len;
    }

    memcpy(p, mask, 4);
    p += 4;

    for (i = 0; i < len; i++) {
        *p++ = ((const unsigned char *) payload)[i] ^ mask[i & 3];
    }

    w->len = (size_t) (p - w->bytes);
}


/* events as text: "t5 p3 c1000 F1002" */
static void
events(const wire_t *w, size_t piece, char *out)
{
    size_t at, n;
    ngx_http_meet_ws_in_t event;
    ngx_http_meet_ws_input_t in;

    assert_int_equal(ngx_http_meet_ws_input_init(&in, MAX), 0);

    *out = '\0';
    event = NGX_HTTP_MEET_WS_IN_MORE;

    for (at = 0; at < w->len && event != NGX_HTTP_MEET_WS_IN_FAIL; at += n) {
        n = piece < w->len - at ? piece : w->len - at;
        ngx_http_meet_ws_input_feed(&in, w->bytes + at, n);

        for (;;) {
            event = ngx_http_meet_ws_input_next(&in);

            switch (event) {
            case NGX_HTTP_MEET_WS_IN_TEXT:
                out += sprintf(out, "t%u ", (unsigned) in.len);
                break;
            case NGX_HTTP_MEET_WS_IN_PING:
                out += sprintf(out, "p%u ", (unsigned) in.len);
                break;
            case NGX_HTTP_MEET_WS_IN_PONG:
                out += sprintf(out, "o%u ", (unsigned) in.len);
                break;
            case NGX_HTTP_MEET_WS_IN_CLOSE:
                out += sprintf(out, "c%u ", in.code);
                break;
            case NGX_HTTP_MEET_WS_IN_FAIL:
                out += sprintf(out, "F%u ", in.code);
                break;
            case NGX_HTTP_MEET_WS_IN_MORE:
                break;
            }

            if (event == NGX_HTTP_MEET_WS_IN_MORE
                || event == NGX_HTTP_MEET_WS_IN_FAIL) {
                break;
            }
        }
    }

    ngx_http_meet_ws_input_destroy(&in);
}


static void
expect(const wire_t *w, const char *wanted)
{
    size_t piece;
    char got[256];

    for (piece = 1; piece <= w->len; piece = piece < 16 ? piece + 1 : piece * 3)
    {
        events(w, piece, got);
        assert_string_equal(got, wanted);
    }

    events(w, w->len, got);
    assert_string_equal(got, wanted);
}


/* RFC 6455 section 5.7 */
static void
test_rfc_samples(void **state)
{
    wire_t w = {
        { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 }, 11
    };
    wire_t ping = {
        { 0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 }, 11
    };
    wire_t plain = { { 0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f }, 7 };

    (void) state;

    expect(&w, "t5 ");
    expect(&ping, "p5 ");
    expect(&plain, "F1002 ");
}


static void
test_fragments(void **state)
{
    wire_t w = { { 0 }, 0 };
    char text[MAX];

    (void) state;

    memset(text, 'x', sizeof(text));

    put(&w, 0x01, text, 300);
    put(&w, 0x89, "abc", 3);
    put(&w, 0x00, "", 0);
    put(&w, 0x8a, "", 0);
    put(&w, 0x80, text, 700);
    put(&w, 0x81, "", 0);
    put(&w, 0x81, "y", 1);
    put(&w, 0x88, "\x03\xe9", 2);

    expect(&w, "p3 o0 t1000 t0 t1 c1001 ");
}


static void
test_limit(void **state)
{
    wire_t one = { { 0 }, 0 }, two = { { 0 }, 0 };
    char text[MAX + 1];

    (void) state;

    memset(text, 'x', sizeof(text));

    put(&one, 0x81, text, MAX + 1);
    expect(&one, "F1009 ");

    put(&two, 0x01, text, MAX);
    put(&two, 0x80, "y", 1);
    expect(&two, "F1009 ");
}


/* memory follows what arrived, not what a header promised */
static void
test_memory(void **state)
{
    ngx_http_meet_ws_input_t in;

    static const unsigned char bytes[] = { 0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 0,
        0, 0, 0, 0, 'x' };

    (void) state;

    assert_int_equal(ngx_http_meet_ws_input_init(&in, 1 << 20), 0);

    ngx_http_meet_ws_input_feed(&in, bytes, sizeof(bytes));
    assert_int_equal(
        ngx_http_meet_ws_input_next(&in), NGX_HTTP_MEET_WS_IN_MORE);
    assert_int_equal(in.length, 1);
    assert_in_range(in.size, 1, 4096);

    ngx_http_meet_ws_input_destroy(&in);
}


static void
test_close(void **state)
{
    unsigned code;
    wire_t w;
    unsigned char payload[2];
    char wanted[16];

    (void) state;

    for (code = 0; code < 65536; code += code < 5010 ? 1 : 997) {
        w.len = 0;
        payload[0] = (unsigned char) (code >> 8);
        payload[1] = (unsigned char) code;
        put(&w, 0x88, payload, 2);

        if ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
            || (code >= 3000 && code <= 4999))
        {
            sprintf(wanted, "c%u ", code);
            events(&w, w.len, (char *) w.bytes + 4096);
            assert_string_equal((char *) w.bytes + 4096, wanted);

        } else {
            events(&w, w.len, (char *) w.bytes + 4096);
            assert_string_equal((char *) w.bytes + 4096, "F1002 ");
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_samples),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
