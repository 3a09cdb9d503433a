/* UTF-8, names, base64url, ids, and JSON that is read field by field. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ngx_http_meet_json.c"
#include "ngx_http_meet_text.c"


static const unsigned char *
u(const char *s)
{
    return (const unsigned char *) s;
}


/* 0 valid, 1 cut off, -1 wrong; in one piece and byte by byte */
static int
utf8(const char *s)
{
    int rc;
    size_t i;
    ngx_http_meet_utf8_t one, two;

    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));

    rc = ngx_http_meet_utf8_input(&one, u(s), strlen(s));

    for (i = 0; i < strlen(s); i++) {
        if (ngx_http_meet_utf8_input(&two, u(s) + i, 1) != 0) {
            assert_int_equal(rc, -1);
            return -1;
        }
    }

    assert_int_equal(rc, 0);
    assert_int_equal(
        ngx_http_meet_utf8_end(&one), ngx_http_meet_utf8_end(&two));

    return ngx_http_meet_utf8_end(&one) == 0 ? 0 : 1;
}


static void
test_utf8(void **state)
{
    (void) state;

    assert_int_equal(utf8(""), 0);
    assert_int_equal(utf8("plain \x7f"), 0);
    assert_int_equal(utf8("\xc2\x80 \xdf\xbf"), 0);
    assert_int_equal(utf8("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80"), 0);
    assert_int_equal(utf8("\xef\xbf\xbf"), 0);
    assert_int_equal(utf8("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"), 0);

    assert_int_equal(utf8("\xc2"), 1);
    assert_int_equal(utf8("\xe2\x82"), 1);
    assert_int_equal(utf8("\xf0\x9f\x98"), 1);

    assert_int_equal(utf8("\x80"), -1);
    assert_int_equal(utf8("\xc0\x80"), -1);
    assert_int_equal(utf8("\xc1\xbf"), -1);
    assert_int_equal(utf8("\xe0\x9f\xbf"), -1);
    assert_int_equal(utf8("\xed\xa0\x80"), -1);
    assert_int_equal(utf8("\xf0\x8f\xbf\xbf"), -1);
    assert_int_equal(utf8("\xf4\x90\x80\x80"), -1);
    assert_int_equal(utf8("\xf5\x80\x80\x80"), -1);
    assert_int_equal(utf8("\xff"), -1);
    assert_int_equal(utf8("\xe2\x28"), -1);
    assert_int_equal(utf8("\xc2\xc2"), -1);
}


static void
is_name(const char *in, const char *expect)
{
    size_t len;
    unsigned char name[NGX_HTTP_MEET_DISPLAY_MAX];

    len = ngx_http_meet_display_name(name, u(in), strlen(in));

    assert_int_equal(len, strlen(expect));
    assert_memory_equal(name, expect, len);
}


static void
test_display_name(void **state)
{
    int i;
    char text[512];
    unsigned char name[NGX_HTTP_MEET_DISPLAY_MAX];

    (void) state;

    is_name("Alice", "Alice");
    is_name("  J\xc3\xb6rg M. \xc2\xa0", "J\xc3\xb6rg M.");
    is_name("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\x93",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\x93");

    is_name("", "");
    is_name("   ", "");
    is_name("a\nb", "");
    is_name("a\x7f", "");
    is_name("a\xc2\x85", "");
    is_name("a\xe2\x80\xae"
            "b",
        "");
    is_name("a\xe2\x81\xa6"
            "b",
        "");
    is_name("a\xef\xbb\xbf", "");
    is_name("a\xef\xbf\xbe", "");
    is_name("a\xff", "");
    is_name("a\xc3", "");

    /* 64 of the longest characters, and white space around them */

    text[0] = ' ';

    for (i = 0; i < 65; i++) {
        memcpy(text + 1 + 4 * i, "\xf0\x9f\x98\x80", 5);
    }

    is_name(text, "");

    memcpy(text + 1 + 4 * 64, "   ", 4);
    assert_int_equal(
        ngx_http_meet_display_name(name, u(text), 1 + 256 + 3), 256);
}


static void
test_room_name(void **state)
{
    char text[80];

    (void) state;

    assert_true(ngx_http_meet_room_name(u("abc"), 3));
    assert_true(ngx_http_meet_room_name(u("class-7b"), 8));
    assert_true(ngx_http_meet_room_name(u("apiary"), 6));

    assert_false(ngx_http_meet_room_name(u("ab"), 2));
    assert_false(ngx_http_meet_room_name(u("-abc"), 4));
    assert_false(ngx_http_meet_room_name(u("abc-"), 4));
    assert_false(ngx_http_meet_room_name(u("Abc"), 3));
    assert_false(ngx_http_meet_room_name(u("a.c"), 3));
    assert_false(ngx_http_meet_room_name(u("a/c"), 3));
    assert_false(ngx_http_meet_room_name(u("api"), 3));
    assert_false(ngx_http_meet_room_name(u("assets"), 6));
    assert_false(ngx_http_meet_room_name(u("healthz"), 7));
    assert_false(ngx_http_meet_room_name(u("test"), 4));
    assert_true(ngx_http_meet_room_name(u("test-1"), 6));
    assert_false(ngx_http_meet_room_name(u("metrics"), 7));

    memset(text, 'a', sizeof(text));
    assert_true(ngx_http_meet_room_name(u(text), 64));
    assert_false(ngx_http_meet_room_name(u(text), 65));
}


static int
decode(const char *text, size_t size)
{
    unsigned char out[16];

    return ngx_http_meet_b64u_decode(out, size, u(text), strlen(text));
}


static void
test_b64u(void **state)
{
    size_t i, len;
    unsigned char text[64], out[32];

    /* RFC 4648 section 10, and the two characters of its own */
    static const char *const vectors[][2] = { { "", "" }, { "f", "Zg" },
        { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
        { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "-_-_" } };

    (void) state;

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        len = ngx_http_meet_b64u_encode(
            text, u(vectors[i][0]), strlen(vectors[i][0]));

        assert_int_equal(len, strlen(vectors[i][1]));
        assert_memory_equal(text, vectors[i][1], len);

        assert_int_equal(ngx_http_meet_b64u_decode(out, sizeof(out), text, len),
            strlen(vectors[i][0]));
        assert_memory_equal(out, vectors[i][0], strlen(vectors[i][0]));
    }

    assert_int_equal(decode("Zm9v", 3), 3);
    assert_int_equal(decode("Zm9v", 2), -1);
    assert_int_equal(decode("Zg==", 8), -1);
    assert_int_equal(decode("Zm9vY", 8), -1);
    assert_int_equal(decode("Zh", 8), -1);
    assert_int_equal(decode("Zm9", 8), -1);
    assert_int_equal(decode("Z+9v", 8), -1);
    assert_int_equal(decode("Z 9v", 8), -1);
}


static void
test_id(void **state)
{
    uint64_t id;
    unsigned char text[NGX_HTTP_MEET_ID_LEN];

    (void) state;

    ngx_http_meet_id_encode(text, UINT64_C(0x00fedcba98765432));
    assert_memory_equal(text, "00fedcba98765432", 16);

    assert_int_equal(ngx_http_meet_id_decode(&id, text, 16), 0);
    assert_true(id == UINT64_C(0x00fedcba98765432));

    assert_int_equal(ngx_http_meet_id_decode(&id, text, 15), -1);
    assert_int_equal(
        ngx_http_meet_id_decode(&id, u("00FEDCBA98765432"), 16), -1);
    assert_int_equal(
        ngx_http_meet_id_decode(&id, u("00fedcba9876543g"), 16), -1);
}


static int
loads(const char *text)
{
    json_t *root;

    root = ngx_http_meet_json_load(u(text), strlen(text));
    json_decref(root);

    return root != NULL;
}


static void
test_json_load(void **state)
{
    (void) state;

    assert_true(loads("{}"));
    assert_true(loads("{\"a\":[[[[[[[1]]]]]]]}"));
    assert_true(loads("{\"a\":\"[[[[[[[[[[\\\"{{{{{{{{{{\"}"));

    assert_false(loads(""));
    assert_false(loads("[]"));
    assert_false(loads("1"));
    assert_false(loads("{}x"));
    assert_false(loads("{\"a\":1,\"a\":2}"));
    assert_false(loads("{\"x\":{\"a\":1,\"a\":2}}"));
    assert_false(loads("{\"a\":[[[[[[[[1]]]]]]]]}"));
    assert_false(loads("{\"a\":\"\xff\"}"));
    assert_false(loads("{\"a\":\"\\u0000\"}"));
    assert_false(loads("{\"a\":"));
}


static void
test_json_fields(void **state)
{
    int flag;
    size_t len;
    json_t *root;
    uint64_t n;
    const unsigned char *p;
    unsigned char raw[4];
    ngx_http_meet_fields_t f;

    static const char text[] =
        "{\"s\":\"text\",\"n\":5,\"b\":true,\"x\":null,\"r\":\"AAAA\"}";

    (void) state;

    root = ngx_http_meet_json_load(u(text), strlen(text));
    assert_non_null(root);

    ngx_http_meet_fields(&f, root);
    assert_true(ngx_http_meet_field_string(&f, "s", 1, 4, &p, &len));
    assert_int_equal(len, 4);
    assert_true(ngx_http_meet_field_integer(&f, "n", 1, 5, 5, &n));
    assert_int_equal(n, 5);
    assert_true(ngx_http_meet_field_bool(&f, "b", 1, &flag));
    assert_true(flag);
    assert_true(ngx_http_meet_field_null(&f, "x"));
    assert_int_equal(ngx_http_meet_fields_end(&f), -1);
    assert_string_equal(f.bad, "unknown field");

    ngx_http_meet_fields(&f, root);
    assert_true(ngx_http_meet_field_b64u(&f, "r", 1, raw, 3, 3, &len));
    assert_int_equal(len, 3);
    assert_false(ngx_http_meet_field_b64u(&f, "r", 1, raw, 4, 4, &len));
    assert_string_equal(f.bad, "r");

    ngx_http_meet_fields(&f, root);
    assert_false(ngx_http_meet_field_string(&f, "s", 1, 3, &p, &len));
    assert_string_equal(f.bad, "s");

    ngx_http_meet_fields(&f, root);
    assert_false(ngx_http_meet_field_integer(&f, "n", 1, 6, 9, &n));
    assert_string_equal(f.bad, "n");

    ngx_http_meet_fields(&f, root);
    assert_false(ngx_http_meet_field_bool(&f, "missing", 0, &flag));
    assert_null(f.bad);
    assert_false(ngx_http_meet_field_bool(&f, "missing", 1, &flag));
    assert_string_equal(f.bad, "missing");

    /* the first complaint stays */
    assert_false(ngx_http_meet_field_bool(&f, "s", 1, &flag));
    assert_string_equal(f.bad, "missing");

    json_decref(root);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_display_name),
        cmocka_unit_test(test_room_name),
        cmocka_unit_test(test_b64u),
        cmocka_unit_test(test_id),
        cmocka_unit_test(test_json_load),
        cmocka_unit_test(test_json_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
