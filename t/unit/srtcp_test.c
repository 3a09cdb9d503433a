/* SRTCP under AEAD: ours, with libsrtp2 at the other end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <srtp2/srtp.h>

#include "mw_srtcp.h"

#define ROOM 1600
#define SSRC 0x4d617273


static mw_srtcp_t *ours;
static srtp_t in, out; /* the other end */
static mw_usec_t now;
static uint8_t buf[ROOM];
static size_t len;


static srtp_t
session(const uint8_t *key, const uint8_t *salt, srtp_ssrc_type_t direction)
{
    srtp_t s;
    uint8_t master[28];
    srtp_policy_t policy;

    memset(&policy, 0, sizeof(policy));
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    memcpy(master, key, 16);
    memcpy(master + 16, salt, 12);
    policy.ssrc.type = direction;
    policy.key = master;
    policy.window_size = 128;
    assert_int_equal(srtp_err_status_ok, srtp_create(&s, &policy));

    return s;
}


static int
setup(void **state)
{
    unsigned i;
    mw_srtp_keys_t keys;

    (void) state;

    memset(&keys, 0, sizeof(keys));
    keys.profile = MW_SRTP_GCM_128;
    keys.salt_len = 12;

    for (i = 0; i < 16; i++) {
        keys.in_key[i] = (uint8_t) (i * 7 + 1);
        keys.out_key[i] = (uint8_t) (i * 13 + 5);
        keys.in_salt[i % 12] = (uint8_t) (200 - i);
        keys.out_salt[i % 12] = (uint8_t) (100 + i);
    }

    now = 1000 * MW_SEC;
    ours = mw_srtcp_create(&keys);
    in = session(keys.out_key, keys.out_salt, ssrc_any_inbound);
    out = session(keys.in_key, keys.in_salt, ssrc_any_outbound);

    return ours == NULL;
}


static int
teardown(void **state)
{
    (void) state;
    mw_srtcp_destroy(ours);
    srtp_dealloc(in);
    srtp_dealloc(out);

    return 0;
}


static void
compound(uint32_t ssrc, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        buf[i] = (uint8_t) (i * 31);
    }

    buf[0] = 0x81;
    buf[1] = 201;
    mw_put32(buf + 4, ssrc);
    len = size;
}


/* what the other end sends */
static void
theirs(uint32_t ssrc, size_t size)
{
    int n;

    compound(ssrc, size);
    n = (int) len;
    assert_int_equal(srtp_err_status_ok, srtp_protect_rtcp(out, buf, &n));
    len = (size_t) n;
}


static mw_srtp_result_t
unprotect(void)
{
    return mw_srtcp_unprotect(ours, buf, &len, now);
}


static void
both_ways_as_libsrtp_has_it(void **state)
{
    int n;
    size_t size;
    unsigned round;
    uint8_t plain[ROOM];

    (void) state;

    for (round = 0; round < 3; round++) {
        for (size = 8; size <= 1400; size += size < 64 ? 4 : 124) {
            compound(SSRC + round, size);
            memcpy(plain, buf, size);
            assert_int_equal(MW_OK, mw_srtcp_protect(ours, buf, &len));
            assert_int_equal(size + MW_SRTCP_TRAILER, len);
            n = (int) len;
            assert_int_equal(
                srtp_err_status_ok, srtp_unprotect_rtcp(in, buf, &n));
            assert_int_equal(size, n);
            assert_memory_equal(plain, buf, size);

            theirs(SSRC + round, size);
            assert_int_equal(MW_SRTP_OK, unprotect());
            assert_int_equal(size, len);
            assert_memory_equal(plain, buf, size);
        }
    }
}


static void
a_changed_bit_is_noticed(void **state)
{
    size_t i, sealed;
    uint8_t good[ROOM];

    (void) state;

    theirs(SSRC, 60);
    sealed = len;
    memcpy(good, buf, len);

    for (i = 2; i < sealed; i++) {
        memcpy(buf, good, sealed);
        buf[i] ^= 0x10;
        len = sealed;
        assert_int_equal(MW_SRTP_AUTH, unprotect());
    }

    /* without encryption, although the rest may be right */

    memcpy(buf, good, sealed);
    buf[sealed - 4] &= 0x7f;
    len = sealed;
    assert_int_equal(MW_SRTP_AUTH, unprotect());

    memcpy(buf, good, sealed);
    len = sealed;
    assert_int_equal(MW_SRTP_OK, unprotect());
}


static void
what_is_short_is_not_read(void **state)
{
    (void) state;

    for (size_t size = 0; size < 8 + MW_SRTCP_TRAILER; size++) {
        compound(SSRC, 64);
        len = size;
        assert_int_equal(MW_SRTP_SHORT, unprotect());
    }

    compound(SSRC, 4);
    assert_int_equal(MW_ERROR, mw_srtcp_protect(ours, buf, &len));
}


/* late ones are taken once, as long as they are not too late */
static void
nothing_is_taken_twice(void **state)
{
    unsigned i;
    size_t lens[100];
    static uint8_t kept[100][128];

    (void) state;

    for (i = 0; i < 100; i++) {
        theirs(SSRC, 40);
        memcpy(kept[i], buf, len);
        lens[i] = len;
    }

    for (i = 99; i > 99 - MW_SRTCP_WINDOW; i--) {
        memcpy(buf, kept[i], lens[i]);
        len = lens[i];
        assert_int_equal(MW_SRTP_OK, unprotect());
    }

    for (i = 0; i < 100; i++) {
        memcpy(buf, kept[i], lens[i]);
        len = lens[i];
        assert_int_equal(MW_SRTP_REPLAY, unprotect());
    }

    theirs(SSRC, 40);
    assert_int_equal(MW_SRTP_OK, unprotect());
    theirs(SSRC + 1, 40); /* of another SSRC: its own numbers */
    assert_int_equal(MW_SRTP_OK, unprotect());
}


static void
streams_are_bounded(void **state)
{
    unsigned i;

    (void) state;

    for (i = 0; i < MW_SRTCP_STREAMS; i++) {
        theirs(i, 40);
        assert_int_equal(MW_SRTP_OK, unprotect());
        now += MW_SEC / 10;
    }

    theirs(1000, 40);
    assert_int_equal(MW_SRTP_FULL, unprotect());
    theirs(0, 40);
    assert_int_equal(MW_SRTP_OK, unprotect());

    now += MW_SRTCP_IDLE - MW_SEC;
    theirs(1000, 40); /* number 1 has been silent longest */
    assert_int_equal(MW_SRTP_OK, unprotect());
    theirs(1001, 40);
    assert_int_equal(MW_SRTP_OK, unprotect());
    theirs(0, 40);
    assert_int_equal(MW_SRTP_OK, unprotect());
}


int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(both_ways_as_libsrtp_has_it),
        T(a_changed_bit_is_noticed),
        T(what_is_short_is_not_read),
        T(nothing_is_taken_twice),
        T(streams_are_bounded),
    };

    if (mw_srtp_init() != MW_OK) {
        return 1;
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
