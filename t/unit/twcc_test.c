/* Transport-wide feedback: what is written reads back as what arrived. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_rtcp_read.h"
#include "mw_twcc.h"

#define SENDER  0x01020304
#define MEDIA   0x0a0b0c0d
#define PACKETS 200000


static uint64_t rnd_state = 0x9e3779b97f4a7c15;

static mw_twcc_t twcc;
static mw_usec_t arrived[PACKETS]; /* by number, 0: lost */
static mw_usec_t told[PACKETS];    /* what feedback says */
static bool reported[PACKETS];
static unsigned feedbacks;
static size_t longest;


static uint32_t
rnd(uint32_t below)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;

    return (uint32_t) (rnd_state >> 16) % below;
}


/* everything that is due, read back; numbers are near `around` */
static void
collect(int64_t around)
{
    int64_t seq;
    uint8_t buf[MW_RTCP_ROOM];
    mw_rtcp_item_t item;
    mw_rtcp_iter_t rtcp;
    mw_rtcp_writer_t w;
    mw_twcc_iter_t it;
    mw_twcc_status_t status;

    for (;;) {
        mw_rtcp_writer_init(&w, buf, sizeof(buf));

        if (mw_twcc_write(&twcc, &w, SENDER, MEDIA) != MW_OK) {
            break;
        }

        longest = w.len > longest ? w.len : longest;
        mw_rtcp_iter_init(&rtcp, buf, w.len);
        assert_int_equal(MW_OK, mw_rtcp_next(&rtcp, &item));
        assert_int_equal(MW_RTCP_TWCC, item.type);
        assert_int_equal(SENDER, item.sender);
        assert_int_equal(MEDIA, item.ssrc);
        assert_int_equal(
            MW_OK, mw_twcc_read(&it, item.u.twcc.data, item.u.twcc.len));
        assert_int_equal(feedbacks & 0xff, it.count);
        feedbacks++;

        while (mw_twcc_next(&it, &status)) {
            seq = around + (int16_t) (uint16_t) (status.seq - around);

            if (seq < 0) {
                continue;
            }

            if (!status.received) {
                assert_int_equal(0, reported[seq]);
                continue;
            }

            assert_in_range(seq, 0, PACKETS - 1);
            assert_int_not_equal(0, arrived[seq]);
            reported[seq] = true;
            told[seq] = status.at;
        }

        assert_int_equal(MW_AGAIN, mw_rtcp_next(&rtcp, &item));
    }

    assert_true(mw_twcc_due(&twcc) == MW_NEVER);
}


static int
fresh(void **state)
{
    (void) state;

    memset(arrived, 0, sizeof(arrived));
    memset(told, 0, sizeof(told));
    memset(reported, 0, sizeof(reported));
    feedbacks = 0;
    longest = 0;
    mw_twcc_init(&twcc);

    return 0;
}


static void
take(int64_t seq, mw_usec_t now)
{
    if (arrived[seq] == 0) {
        arrived[seq] = now;
    }

    mw_twcc_received(&twcc, (uint16_t) seq, now);
}


static void
tells_of_every_packet(void **state)
{
    bool late;
    int64_t seq, held;
    mw_usec_t now, wrap, error;

    (void) state;

    now = 77 * MW_SEC;
    held = -1;
    late = false;

    for (seq = 0; seq < PACKETS; seq++) {
        /* bursts, gaps, now and then seconds of nothing */
        now += rnd(100) < 70 ? rnd(300) : rnd(40000);
        now += rnd(2000) == 0 ? (mw_usec_t) rnd(20) * MW_SEC : 0;

        if (mw_twcc_due(&twcc) <= now) {
            collect(seq);
        }

        if (rnd(100) < 5) {
            continue;
        }

        if (held < 0 && rnd(100) < 3) {
            held = seq;
            continue;
        }

        take(seq, now);

        if (held >= 0 && rnd(10) == 0) {
            take(held, now + 5);
            late = true;
            held = -1;
        }

        if (rnd(50) == 0) {
            take(seq, now + 9); /* a double */
        }
    }

    collect(seq);
    assert_true(late);

    /* 24 bits of 64 ms */
    wrap = ((mw_usec_t) 1 << 24) * MW_TWCC_BASE;

    for (seq = 0; seq < PACKETS; seq++) {
        if (seq != held) {
            assert_int_equal(arrived[seq] != 0, reported[seq]);
        }

        if (reported[seq]) {
            error = (arrived[seq] - told[seq]) % wrap;
            assert_in_range(error, 0, MW_TWCC_TICK - 1);
        }
    }

    print_message("# %u feedback packets for %u, longest %zu bytes\n",
        feedbacks, PACKETS, longest);
    assert_true(longest <= MW_RTCP_ROOM);
}


static void
is_due_in_time(void **state)
{
    unsigned i;
    mw_usec_t now;

    (void) state;

    now = MW_SEC;
    assert_true(mw_twcc_due(&twcc) == MW_NEVER);

    take(1, now);
    assert_true(mw_twcc_due(&twcc) == now + MW_TWCC_INTERVAL);

    for (i = 2; i <= MW_TWCC_PACKETS; i++) {
        assert_true(mw_twcc_due(&twcc) > now);
        take(i, now);
    }

    assert_true(mw_twcc_due(&twcc) <= now);
    collect(i);
    assert_int_equal(1, feedbacks);
}


/* a sender that starts anew, and one that jumps */
static void
follows_jumps(void **state)
{
    mw_usec_t now;
    unsigned i;

    (void) state;

    now = MW_SEC;

    for (i = 0; i < 40; i++) {
        take(i, now += 1000);
        take(20000 + i, now += 1000);
        take(60000 + i, now += 1000);
    }

    /* only that it stays in its bounds; numbers this far apart are guesses */
    while (mw_twcc_due(&twcc) != MW_NEVER) {
        uint8_t buf[MW_RTCP_ROOM];
        mw_rtcp_writer_t w;

        mw_rtcp_writer_init(&w, buf, sizeof(buf));
        assert_int_equal(MW_OK, mw_twcc_write(&twcc, &w, SENDER, MEDIA));
    }
}


static void
refuses_what_does_not_add_up(void **state)
{
    static const uint8_t good[] = { 0, 1, 0, 3, 0, 0, 9, 7, 0x20, 3, 1, 2, 3 };
    static const uint8_t run[] = { 0, 1, 0, 3, 0, 0, 9, 7, 0x20, 2, 1, 2, 3 };
    static const uint8_t none[] = { 0, 1, 0, 3, 0, 0, 9, 7, 0x20, 0, 1, 2, 3 };
    static const uint8_t three[] = { 0, 1, 0, 1, 0, 0, 9, 7, 0x60, 1, 1, 2, 3 };
    mw_twcc_iter_t it;
    mw_twcc_status_t status;

    (void) state;

    assert_int_equal(MW_OK, mw_twcc_read(&it, good, sizeof(good)));
    assert_true(mw_twcc_next(&it, &status));
    assert_int_equal(1, status.seq);
    assert_int_equal(9 * 64000 + 250, status.at);
    assert_true(mw_twcc_next(&it, &status));
    assert_true(mw_twcc_next(&it, &status));
    assert_int_equal(9 * 64000 + 6 * 250, status.at);
    assert_false(mw_twcc_next(&it, &status));

    assert_int_equal(MW_DROP, mw_twcc_read(&it, good, sizeof(good) - 1));
    assert_int_equal(MW_DROP, mw_twcc_read(&it, good, 7));
    assert_int_equal(MW_DROP, mw_twcc_read(&it, run, 10));
    assert_int_equal(MW_DROP, mw_twcc_read(&it, none, sizeof(none)));
    assert_int_equal(MW_DROP, mw_twcc_read(&it, three, sizeof(three)));
}


/* runs of nothing, of short deltas, a chunk of both kinds, in that order */
static void
leaves_out_what_is_not_asked_for(void **state)
{
    static const uint8_t data[] = { 0xff, 0xf0, 0, 0, 0, 0, 9, 7, 0x1f, 0xff,
        0x20, 3, 0xa0, 1, 0xc9, 0x00, 0x1f, 0xff, 1, 2, 3, 4, 5, 0, 6, 7, 8 };
    uint8_t copy[sizeof(data)];
    unsigned n, i, all;
    mw_twcc_iter_t it, other;
    mw_twcc_status_t status, skipped;

    (void) state;

    memcpy(copy, data, sizeof(data));
    all = 8191 + 3 + 14 + 7 + 8191;
    mw_put16(copy + 2, (uint16_t) all);

    for (n = 0; n <= all + 1; n++) {
        assert_int_equal(MW_OK, mw_twcc_read(&it, copy, sizeof(copy)));
        other = it;
        mw_twcc_skip(&other, n);

        for (i = 0; i < n; i++) {
            (void) mw_twcc_next(&it, &status);
        }

        for (i = 0; mw_twcc_next(&it, &status); i++) {
            assert_true(mw_twcc_next(&other, &skipped));
            assert_int_equal(status.seq, skipped.seq);
            assert_int_equal(status.received, skipped.received);
            assert_int_equal(status.at, skipped.at);
        }

        assert_int_equal(n > all ? 0 : all - n, i);
        assert_false(mw_twcc_next(&other, &skipped));
        n += n < 8180 || (n > 8230 && n < all - 20) ? 97 : 0;
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tells_of_every_packet, fresh),
        cmocka_unit_test_setup(is_due_in_time, fresh),
        cmocka_unit_test_setup(follows_jumps, fresh),
        cmocka_unit_test_setup(refuses_what_does_not_add_up, fresh),
        cmocka_unit_test(leaves_out_what_is_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
