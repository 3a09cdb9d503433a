/* SRTCP under AEAD: ours, with libsrtp2 at the other end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_replay.h"
#include "mw_srtcp.h"
#include "srtp_end.h"

#define ROOM 1600
#define SSRC 0x4d617273


static mw_srtcp_t *ours;
static srtp_end_t other;
static mw_usec_t now;
static uint8_t buf[ROOM];
static size_t len;


static int
setup(void **state)
{
    unsigned i;
    mw_srtp_keys_t keys, mirrored;

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
    mirrored = srtp_end_keys(&keys);
    srtp_end_open(&other, &mirrored);

    return ours == NULL;
}


static int
teardown(void **state)
{
    (void) state;
    mw_srtcp_destroy(ours);
    srtp_end_close(&other);

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
    compound(ssrc, size);
    assert_true(srtp_end_protect(&other, true, buf, &len));
}


static mw_srtp_result_t
unprotect(void)
{
    return mw_srtcp_unprotect(ours, buf, &len, now);
}


static void
both_ways_as_libsrtp_has_it(void **state)
{
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
            assert_true(srtp_end_unprotect(&other, true, buf, &len));
            assert_int_equal(size, len);
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


#define KEPT (MW_REPLAY_WINDOW + 36)

/* late ones are taken once, as long as they are not too late */
static void
nothing_is_taken_twice(void **state)
{
    unsigned i;
    size_t lens[KEPT];
    static uint8_t kept[KEPT][128];

    (void) state;

    for (i = 0; i < KEPT; i++) {
        theirs(SSRC, 40);
        memcpy(kept[i], buf, len);
        lens[i] = len;
    }

    for (i = KEPT; i-- > KEPT - MW_REPLAY_WINDOW;) {
        memcpy(buf, kept[i], lens[i]);
        len = lens[i];
        assert_int_equal(MW_SRTP_OK, unprotect());
    }

    for (i = 0; i < KEPT; i++) {
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

    for (i = 0; i < MW_REPLAY_STREAMS; i++) {
        theirs(i, 40);
        assert_int_equal(MW_SRTP_OK, unprotect());
        now += MW_SEC / 10;
    }

    theirs(1000, 40);
    assert_int_equal(MW_SRTP_FULL, unprotect());
    theirs(0, 40);
    assert_int_equal(MW_SRTP_OK, unprotect());

    now += MW_REPLAY_IDLE - MW_SEC;
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
