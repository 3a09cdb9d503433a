/* SRTP in, SRTCP both ways, the CM profile out, with libsrtp at the other end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_replay.h"
#include "mw_srtp.h"
#include "srtp_end.h"

#define BUF (MW_PKT_MAX + MW_SRTP_TRAILER)


static const mw_srtp_profile_t profiles[] = { MW_SRTP_GCM_128,
    MW_SRTP_CM_SHA1_80 };

static mw_srtp_t *ours;
static srtp_end_t theirs;


static void
open_both(mw_srtp_profile_t profile)
{
    unsigned i;
    mw_srtp_keys_t a, b;

    memset(&a, 0, sizeof(a));
    a.profile = profile;
    a.salt_len = profile == MW_SRTP_GCM_128 ? 12 : 14;

    for (i = 0; i < MW_SRTP_KEY; i++) {
        a.in_key[i] = (uint8_t) (i + 1);
        a.out_key[i] = (uint8_t) (i + 101);
    }

    for (i = 0; i < a.salt_len; i++) {
        a.in_salt[i] = (uint8_t) (i + 51);
        a.out_salt[i] = (uint8_t) (i + 151);
    }

    b = srtp_end_keys(&a);
    srtp_end_open(&theirs, &b);
    ours = mw_srtp_create(&a);
    assert_non_null(ours);
}


static void
close_both(void)
{
    mw_srtp_destroy(ours);
    srtp_end_close(&theirs);
}


static size_t
rtp(uint8_t *buf, uint32_t ssrc, uint16_t seq)
{
    memset(buf, 0x77, 60);
    buf[0] = 0x80;
    buf[1] = 111;
    mw_put16(buf + 2, seq);
    mw_put32(buf + 4, 960u * seq);
    mw_put32(buf + 8, ssrc);

    return 60;
}


/* an empty receiver report */
static size_t
rtcp(uint8_t *buf, uint32_t ssrc)
{
    buf[0] = 0x80;
    buf[1] = 201;
    mw_put16(buf + 2, 1);
    mw_put32(buf + 4, ssrc);

    return 8;
}


static mw_srtp_result_t
send_rtp(uint32_t ssrc, uint16_t seq, mw_usec_t now)
{
    size_t len;
    uint8_t buf[BUF];

    len = rtp(buf, ssrc, seq);
    assert_true(srtp_end_protect(&theirs, false, buf, &len));

    return mw_srtp_unprotect_rtp(ours, buf, &len, now);
}


static void
both_profiles_carry_rtp_and_rtcp(void **state)
{
    unsigned i;
    size_t len;
    uint8_t buf[BUF], plain[BUF];

    (void) state;

    for (i = 0; i < 2; i++) {
        open_both(profiles[i]);

        len = rtp(buf, 7, 1);
        memcpy(plain, buf, len);
        assert_true(srtp_end_protect(&theirs, false, buf, &len));
        assert_int_equal(60 + (i == 0 ? 16 : 10), len);
        assert_memory_not_equal(plain + 12, buf + 12, 48);
        assert_int_equal(
            MW_SRTP_OK, mw_srtp_unprotect_rtp(ours, buf, &len, MW_SEC));
        assert_int_equal(60, len);
        assert_memory_equal(plain, buf, 60);

        len = rtcp(buf, 7);
        assert_int_equal(MW_OK, mw_srtp_protect_rtcp(ours, buf, &len));
        assert_true(srtp_end_unprotect(&theirs, true, buf, &len));
        assert_int_equal(8, len);

        close_both();
    }
}


static void
nothing_is_accepted_twice(void **state)
{
    unsigned i;
    size_t len, len2;
    uint8_t buf[BUF], again[BUF];

    (void) state;

    for (i = 0; i < 2; i++) {
        open_both(profiles[i]);

        len = rtp(buf, 7, 1);
        assert_true(srtp_end_protect(&theirs, false, buf, &len));
        memcpy(again, buf, len);
        len2 = len;
        assert_int_equal(
            MW_SRTP_OK, mw_srtp_unprotect_rtp(ours, buf, &len, MW_SEC));
        assert_int_equal(
            MW_SRTP_REPLAY, mw_srtp_unprotect_rtp(ours, again, &len2, MW_SEC));

        len = rtcp(buf, 7);
        assert_true(srtp_end_protect(&theirs, true, buf, &len));
        memcpy(again, buf, len);
        len2 = len;
        assert_int_equal(
            MW_SRTP_OK, mw_srtp_unprotect_rtcp(ours, buf, &len, MW_SEC));
        assert_int_equal(
            MW_SRTP_REPLAY, mw_srtp_unprotect_rtcp(ours, again, &len2, MW_SEC));

        /* nor sent twice: no repeated keystream; under AEAD elsewhere */

        len = rtp(buf, 7, 1);
        assert_int_equal(
            i == 0 ? MW_ERROR : MW_OK, mw_srtp_protect_rtp(ours, buf, &len));
        len = rtp(buf, 7, 1);
        assert_int_equal(MW_ERROR, mw_srtp_protect_rtp(ours, buf, &len));

        close_both();
    }
}


static void
late_packets_fit_the_window(void **state)
{
    size_t late_len, older_len;
    uint8_t late[BUF], older[BUF];

    (void) state;

    open_both(MW_SRTP_GCM_128);

    assert_int_equal(MW_SRTP_OK, send_rtp(7, 1, MW_SEC));

    older_len = rtp(older, 7, 2);
    assert_true(srtp_end_protect(&theirs, false, older, &older_len));
    late_len = rtp(late, 7, 100);
    assert_true(srtp_end_protect(&theirs, false, late, &late_len));

    assert_int_equal(MW_SRTP_OK, send_rtp(7, 1100, MW_SEC));
    assert_int_equal(
        MW_SRTP_OK, mw_srtp_unprotect_rtp(ours, late, &late_len, MW_SEC));
    assert_int_equal(
        MW_SRTP_REPLAY, mw_srtp_unprotect_rtp(ours, older, &older_len, MW_SEC));

    close_both();
}


/* with loss and reordering, beyond two rollovers */
static void
rollovers_are_followed(void **state)
{
    unsigned i, round;
    uint32_t seq;
    size_t len, late_len, sent;
    uint8_t buf[BUF], late[BUF], plain[BUF];

    (void) state;

    for (i = 0; i < 2; i++) {
        open_both(profiles[i]);
        seq = 65000;
        late_len = 0;

        for (round = 0; seq < 3 * 65536; round++) {
            sent = rtp(plain, 7, (uint16_t) seq);
            memcpy(buf, plain, sent);
            len = sent;
            assert_true(srtp_end_protect(&theirs, false, buf, &len));

            if (round % 5 == 4 && late_len == 0) {
                memcpy(late, buf, len);
                late_len = len;

            } else {
                assert_int_equal(
                    MW_SRTP_OK, mw_srtp_unprotect_rtp(ours, buf, &len, MW_SEC));
                assert_int_equal(sent, len);
                assert_memory_equal(plain, buf, len);
            }

            if (round % 5 == 2 && late_len != 0) {
                assert_int_equal(MW_SRTP_OK,
                    mw_srtp_unprotect_rtp(ours, late, &late_len, MW_SEC));
                late_len = 0;
            }

            seq += 1 + round % 7 * 29;
        }

        close_both();
    }
}


/* a number from before the first one is not of a rollover to come */
static void
nothing_is_before_the_first(void **state)
{
    size_t len;
    uint8_t buf[BUF];

    (void) state;

    open_both(MW_SRTP_GCM_128);
    assert_int_equal(MW_SRTP_OK, send_rtp(7, 3, MW_SEC));

    len = rtp(buf, 7, 65535) + 16;
    assert_int_equal(
        MW_SRTP_REPLAY, mw_srtp_unprotect_rtp(ours, buf, &len, MW_SEC));
    assert_int_equal(MW_SRTP_OK, send_rtp(7, 4, MW_SEC));

    close_both();
}


static void
short_and_lying_packets_stop_before_libsrtp(void **state)
{
    unsigned i;
    size_t n, len;
    uint8_t *exact;

    (void) state;

    for (i = 0; i < 2; i++) {
        open_both(profiles[i]);

        for (n = 0; n < 60; n++) {
            exact = calloc(1, n + 1);
            assert_non_null(exact);
            exact[0] = 0x80;

            len = n;
            assert_int_not_equal(
                MW_SRTP_OK, mw_srtp_unprotect_rtp(ours, exact, &len, MW_SEC));
            len = n;
            assert_int_not_equal(
                MW_SRTP_OK, mw_srtp_unprotect_rtcp(ours, exact, &len, MW_SEC));

            /* fifteen CSRCs, and an extension of 64k words */

            exact[0] = 0x9f;
            memset(exact + 1, 0xff, n);
            len = n;
            assert_int_equal(MW_SRTP_SHORT,
                mw_srtp_unprotect_rtp(ours, exact, &len, MW_SEC));

            free(exact);
        }

        len = MW_PKT_MAX + 1;
        exact = calloc(1, len);
        exact[0] = 0x80;
        assert_int_equal(
            MW_SRTP_SHORT, mw_srtp_unprotect_rtp(ours, exact, &len, MW_SEC));
        assert_int_equal(
            MW_SRTP_SHORT, mw_srtp_unprotect_rtcp(ours, exact, &len, MW_SEC));
        free(exact);

        close_both();
    }
}


static void
sources_are_capped_and_idle_ones_give_way(void **state)
{
    uint32_t i;

    (void) state;

    open_both(MW_SRTP_GCM_128);

    for (i = 0; i < MW_REPLAY_STREAMS; i++) {
        assert_int_equal(MW_SRTP_OK, send_rtp(100 + i, 1, MW_SEC + i));
    }

    assert_int_equal(MW_SRTP_FULL, send_rtp(999, 1, 2 * MW_SEC));

    /* known ones go on; 100 is heard again, so 101 is the oldest */

    assert_int_equal(MW_SRTP_OK, send_rtp(100, 2, 3 * MW_SEC));
    assert_int_equal(MW_SRTP_OK, send_rtp(999, 2, MW_SEC + 1 + MW_REPLAY_IDLE));

    assert_int_equal(
        MW_SRTP_FULL, send_rtp(101, 2, MW_SEC + 1 + MW_REPLAY_IDLE));
    assert_int_equal(MW_SRTP_OK, send_rtp(102, 2, MW_SEC + 1 + MW_REPLAY_IDLE));

    close_both();
}


/* forgeries neither fill the table nor end anything */
static void
forgeries_cost_nothing(void **state)
{
    uint32_t i;
    size_t len;
    uint8_t buf[BUF];

    (void) state;

    open_both(MW_SRTP_GCM_128);

    for (i = 0; i < 1000; i++) {
        len = rtp(buf, 5000 + i, 1) + 16;
        memset(buf + 60, 0x11, 16);
        assert_int_equal(
            MW_SRTP_AUTH, mw_srtp_unprotect_rtp(ours, buf, &len, MW_SEC));
    }

    for (i = 0; i < MW_REPLAY_STREAMS; i++) {
        assert_int_equal(MW_SRTP_OK, send_rtp(100 + i, 1, MW_SEC));
    }

    close_both();
}


static int
setup(void **state)
{
    (void) state;

    return mw_srtp_init();
}


static int
teardown(void **state)
{
    (void) state;

    mw_srtp_exit();

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_profiles_carry_rtp_and_rtcp),
        cmocka_unit_test(nothing_is_accepted_twice),
        cmocka_unit_test(late_packets_fit_the_window),
        cmocka_unit_test(rollovers_are_followed),
        cmocka_unit_test(nothing_is_before_the_first),
        cmocka_unit_test(short_and_lying_packets_stop_before_libsrtp),
        cmocka_unit_test(sources_are_capped_and_idle_ones_give_way),
        cmocka_unit_test(forgeries_cost_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
