/*
 * Sealing and the file of secrets.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "ngx_http_meet_seal.c"
#include "ngx_http_meet_secrets.c"


/* RFC 5869, appendix A.1; the first 32 bytes of 42 */
static void
test_hkdf(void **state)
{
    unsigned char ikm[22], salt[13], out[32];
    size_t i;
    static const unsigned char okm[32] = { 0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac,
        0xd5, 0x7a, 0x90, 0x43, 0x4f, 0x64, 0xd0, 0x36, 0x2f, 0x2a, 0x2d, 0x2d,
        0x0a, 0x90, 0xcf, 0x1a, 0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4,
        0xc5, 0xbf };

    (void) state;

    memset(ikm, 0x0b, sizeof(ikm));

    for (i = 0; i < sizeof(salt); i++) {
        salt[i] = (unsigned char) i;
    }

    assert_int_equal(
        ngx_http_meet_seal_hkdf(ikm, sizeof(ikm), salt, sizeof(salt),
            "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", out),
        0);
    assert_memory_equal(out, okm, sizeof(okm));
}


static void
test_seal(void **state)
{
    size_t i, len;
    unsigned char instance[32], secret[32], incarnation[16];
    unsigned char in[100], out[100 + NGX_HTTP_MEET_SEAL_OVERHEAD], back[100];
    unsigned char twice[sizeof(out)];
    ngx_http_meet_seal_t seal, other;
    ngx_http_meet_seal_keys_t keys;
    ngx_http_meet_seal_place_t place, elsewhere;

    (void) state;

    memset(instance, 1, sizeof(instance));
    memset(secret, 2, sizeof(secret));
    memset(incarnation, 3, sizeof(incarnation));
    memset(in, 4, sizeof(in));

    assert_int_equal(ngx_http_meet_seal_keys(&keys, instance), 0);
    assert_memory_not_equal(keys.names, keys.values, sizeof(keys.names));
    assert_memory_not_equal(keys.names, keys.check, sizeof(keys.names));
    assert_int_equal(
        ngx_http_meet_seal_room(&seal, &keys, secret, incarnation), 0);
    assert_int_equal(
        ngx_http_meet_seal_place(&place, "log", "key", 3, NULL, 0), 0);

    for (len = 0; len <= sizeof(in); len += 25) {
        assert_int_equal(
            ngx_http_meet_seal_close(&seal, &place, in, len, out), 0);
        assert_int_equal(ngx_http_meet_seal_open(&seal, &place, out,
                             len + NGX_HTTP_MEET_SEAL_OVERHEAD, back),
            0);
        assert_memory_equal(in, back, len);
    }

    /* a fresh nonce each time */

    assert_int_equal(
        ngx_http_meet_seal_close(&seal, &place, in, sizeof(in), twice), 0);
    assert_memory_not_equal(out, twice, NGX_HTTP_MEET_SEAL_NONCE_LEN);

    /* any bit, any cut; what was decrypted is not left behind */

    for (i = 0; i < sizeof(out); i++) {
        out[i] ^= 1;
        assert_int_equal(
            ngx_http_meet_seal_open(&seal, &place, out, sizeof(out), back), -1);
        assert_int_equal(back[0], 0);
        out[i] ^= 1;

        assert_int_equal(
            ngx_http_meet_seal_open(&seal, &place, out, i, back), -1);
    }

    /* another place, room, incarnation, instance */

    ngx_http_meet_seal_place(&elsewhere, "log", "kez", 3, NULL, 0);
    assert_int_equal(
        ngx_http_meet_seal_open(&seal, &elsewhere, out, sizeof(out), back), -1);
    ngx_http_meet_seal_place(&elsewhere, "logk", "ey", 2, NULL, 0);
    assert_int_equal(
        ngx_http_meet_seal_open(&seal, &elsewhere, out, sizeof(out), back), -1);
    ngx_http_meet_seal_place(&elsewhere, "log", "key", 3, "h", 1);
    assert_int_equal(
        ngx_http_meet_seal_open(&seal, &elsewhere, out, sizeof(out), back), -1);

    secret[31] ^= 1;
    ngx_http_meet_seal_room(&other, &keys, secret, incarnation);
    assert_int_equal(
        ngx_http_meet_seal_open(&other, &place, out, sizeof(out), back), -1);
    secret[31] ^= 1;

    incarnation[15] ^= 1;
    ngx_http_meet_seal_room(&other, &keys, secret, incarnation);
    assert_int_equal(
        ngx_http_meet_seal_open(&other, &place, out, sizeof(out), back), -1);
    incarnation[15] ^= 1;

    instance[0] ^= 1;
    ngx_http_meet_seal_keys(&keys, instance);
    ngx_http_meet_seal_room(&other, &keys, secret, incarnation);
    assert_int_equal(
        ngx_http_meet_seal_open(&other, &place, out, sizeof(out), back), -1);

    /* too much to be bound to */

    assert_int_equal(ngx_http_meet_seal_place(&elsewhere, "log", in,
                         NGX_HTTP_MEET_SEAL_AAD_MAX - 3, NULL, 0),
        -1);
}


static void
test_secrets(void **state)
{
    char dir[] = "/tmp/meet_secrets_XXXXXX", path[64], to[64];
    struct stat st;
    unsigned char secret[32], out[32];
    ngx_http_meet_secrets_t a, b;

    (void) state;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/secrets", dir);
    snprintf(to, sizeof(to), "%s/other", dir);
    memset(secret, 9, sizeof(secret));

    assert_int_equal(ngx_http_meet_secrets_open(&a, dir), 0);
    assert_int_equal(a.created, 1);
    assert_int_equal(ngx_http_meet_secrets_open(&b, dir), 0);
    assert_int_equal(b.created, 0);

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    assert_int_equal(ngx_http_meet_secrets_get(&a, 0, out), 0);
    assert_int_equal(ngx_http_meet_secrets_get(&a, 4000000000u, out), 0);
    assert_int_equal(ngx_http_meet_secrets_set(&a, 5, secret), 0);
    assert_int_equal(ngx_http_meet_secrets_sync(&a), 0);
    assert_int_equal(ngx_http_meet_secrets_get(&b, 4, out), 0);
    assert_int_equal(ngx_http_meet_secrets_get(&b, 5, out), 1);
    assert_memory_equal(out, secret, 32);
    assert_int_equal(ngx_http_meet_secrets_get(&b, 6, out), 0);

    assert_int_equal(ngx_http_meet_secrets_set(&b, 5, NULL), 0);
    assert_int_equal(ngx_http_meet_secrets_get(&a, 5, out), 0);

    ngx_http_meet_secrets_close(&a);
    ngx_http_meet_secrets_close(&b);

    /* neither readable by others nor behind a link */

    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(ngx_http_meet_secrets_open(&a, dir), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(rename(path, to), 0);
    assert_int_equal(symlink(to, path), 0);
    assert_int_equal(ngx_http_meet_secrets_open(&a, dir), -1);
    assert_int_equal(errno, ELOOP);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(to), 0);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(ngx_http_meet_secrets_open(&a, dir), -1);
    assert_int_equal(errno, ENOENT);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hkdf),
        cmocka_unit_test(test_seal),
        cmocka_unit_test(test_secrets),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
