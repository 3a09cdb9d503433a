/* The pacer: what goes straight through, what waits, in which order, how long. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mw_pacer.h"

#define RATE  1000000 /* bit/s: a byte takes 8 us */
#define BURST (5 * MW_MSEC)
#define SIZE  1000 /* of a packet with its header: 8 ms */

static mw_pacer_pool_t *pool;
static mw_pacer_t pacer;
static mw_usec_t now;
static uint8_t header[16];
static uint8_t payload[MW_PACER_PAYLOAD + 1];


static int
setup(void **state)
{
    (void) state;

    now = 100 * MW_SEC;
    pool = mw_pacer_pool_create(64);
    assert_non_null(pool);
    mw_pacer_init(&pacer, pool);
    mw_pacer_limit(&pacer, RATE, BURST);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    mw_pacer_clear(&pacer);
    assert_int_equal(0, mw_pacer_pool_used(pool));
    mw_pacer_pool_destroy(pool);

    return 0;
}


static mw_rc_t
put(mw_pacer_class_t class, unsigned stream, uint64_t index)
{
    mw_rtp_out_t out;

    memset(&out, 0, sizeof(out));
    out.header = header;
    out.header_len = sizeof(header);
    out.head = payload;
    out.head_len = 5;
    out.body = payload + 5;
    out.body_len = SIZE - sizeof(header) - 5;
    out.index = index;

    return mw_pacer_put(&pacer, class, stream, &out);
}


/* the index of the next packet that leaves now, 0: none */
static uint64_t
next(void)
{
    uint64_t index;
    mw_paced_t *pkt;

    pkt = mw_pacer_next(&pacer, now);

    if (pkt == NULL) {
        return 0;
    }

    index = pkt->out.index;
    assert_int_equal(SIZE, mw_rtp_out_len(&pkt->out));
    assert_memory_equal(payload, pkt->out.head, pkt->out.head_len);
    mw_pacer_sent(&pacer, SIZE, now);
    mw_pacer_done(&pacer, pkt);

    return index;
}


static void
straight_through_while_there_is_room(void **state)
{
    (void) state;

    assert_true(mw_pacer_open(&pacer, MW_PACER_NEW, now));
    mw_pacer_sent(&pacer, 600, now); /* 4.8 ms */
    assert_true(mw_pacer_open(&pacer, MW_PACER_NEW, now));
    mw_pacer_sent(&pacer, 600, now);
    assert_false(mw_pacer_open(&pacer, MW_PACER_NEW, now));
    now += 5 * MW_MSEC;
    assert_true(mw_pacer_open(&pacer, MW_PACER_NEW, now));

    /* no credit is saved up */
    now += MW_SEC;
    mw_pacer_sent(&pacer, SIZE, now);
    assert_false(mw_pacer_open(&pacer, MW_PACER_NEW, now));

    mw_pacer_limit(&pacer, 0, 0);
    assert_true(mw_pacer_open(&pacer, MW_PACER_NEW, now));
}


static void
what_waits_leaves_at_the_rate(void **state)
{
    unsigned i, sent;
    mw_usec_t start;

    (void) state;

    for (i = 1; i <= 20; i++) {
        assert_int_equal(MW_OK, put(MW_PACER_NEW, 1, i));
    }

    start = now;

    for (sent = 0; sent < 20; now += MW_MSEC) {
        if (mw_pacer_due(&pacer) > now) {
            continue;
        }

        /* a burst is one packet here: it is longer than 5 ms */
        assert_int_equal(++sent, next());
        assert_int_equal(0, next());
    }

    /* the first at once, the others 8 ms apart */
    assert_in_range((now - start) / MW_MSEC, 150, 156);
    assert_true(mw_pacer_due(&pacer) == MW_NEVER);

    /* nobody overtakes */
    now += MW_SEC;
    assert_int_equal(MW_OK, put(MW_PACER_NEW, 1, 99));
    assert_false(mw_pacer_open(&pacer, MW_PACER_NEW, now));
    assert_true(mw_pacer_open(&pacer, MW_PACER_AGAIN, now));
}


static void
retransmissions_come_first(void **state)
{
    (void) state;

    assert_int_equal(MW_OK, put(MW_PACER_NEW, 1, 1));
    assert_int_equal(MW_OK, put(MW_PACER_NEW, 2, 2));
    assert_int_equal(MW_OK, put(MW_PACER_AGAIN, 1, 3));
    assert_int_equal(3, next());
    now += 20 * MW_MSEC;
    assert_int_equal(1, next());
    now += 20 * MW_MSEC;
    assert_int_equal(2, next());
}


static void
time_and_room_are_bounded(void **state)
{
    unsigned i;

    (void) state;

    for (i = 1; put(MW_PACER_NEW, i % 3, i) == MW_OK; i++) {
        assert_in_range(i, 1, 64);
    }

    /* 250 ms at 8 ms each */
    assert_in_range(i, 31, 34);
    assert_int_equal(1, pacer.full);

    /* a faster way takes more, until the pool is empty */
    mw_pacer_limit(&pacer, 100 * RATE, BURST);

    while (put(MW_PACER_NEW, 5, i) == MW_OK) {
        i++;
    }

    assert_int_equal(64, mw_pacer_pool_used(pool));
    assert_int_equal(5, mw_pacer_largest(&pacer));
    mw_pacer_drop(&pacer, 5);
    assert_true(mw_pacer_pool_used(pool) < 35);
    assert_int_equal(0, pacer.stream_bytes[5]);
    assert_int_equal(MW_OK, put(MW_PACER_NEW, 5, 1000));

    /* what is dropped in between leaves the order of the others */
    mw_pacer_drop(&pacer, 0);
    now += MW_SEC;
    assert_int_equal(1, next());
    assert_int_equal(2, next());
    assert_int_equal(4, next());

    /* a small keyframe has room even where hardly anything passes */
    mw_pacer_drop(&pacer, 1);
    mw_pacer_drop(&pacer, 2);
    mw_pacer_drop(&pacer, 5);
    mw_pacer_limit(&pacer, 50000, BURST);

    for (i = 0; i < 8; i++) {
        assert_int_equal(MW_OK, put(MW_PACER_NEW, 1, i));
    }
}


static void
what_does_not_fit_does_not_wait(void **state)
{
    mw_pacer_t other;
    mw_rtp_out_t out;

    (void) state;

    memset(&out, 0, sizeof(out));
    out.header = payload;
    out.header_len = sizeof(header);
    out.head = payload;
    out.head_len = 6;
    out.body = payload;
    out.body_len = MW_PACER_PAYLOAD - 5;
    assert_int_equal(MW_AGAIN, mw_pacer_put(&pacer, MW_PACER_NEW, 0, &out));

    assert_false(mw_pacer_fits(&out));
    assert_int_equal(0, pacer.bytes);

    /* of headers there is room for each */

    out.header_len = MW_RTP_HEADER_MAX;
    out.body_len = 1;
    assert_true(mw_pacer_fits(&out));
    assert_int_equal(MW_OK, mw_pacer_put(&pacer, MW_PACER_NEW, 0, &out));
    mw_pacer_drop(&pacer, 0);
    assert_int_equal(0, pacer.bytes);

    mw_pacer_init(&other, NULL);
    mw_pacer_limit(&other, RATE, BURST);
    mw_pacer_sent(&other, 100000, now);
    assert_true(mw_pacer_open(&other, MW_PACER_NEW, now));
}


/* what is sent without asking is no debt for ever */
static void
a_debt_is_bounded(void **state)
{
    unsigned i;

    (void) state;

    for (i = 0; i < 1000; i++) {
        mw_pacer_sent(&pacer, 100000, now);
    }

    assert_false(mw_pacer_open(&pacer, MW_PACER_NEW, now));
    assert_true(mw_pacer_open(&pacer, MW_PACER_NEW, now + MW_PACER_LONGEST));
}


int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest tests[] = {
        TEST(straight_through_while_there_is_room),
        TEST(what_waits_leaves_at_the_rate),
        TEST(retransmissions_come_first),
        TEST(time_and_room_are_bounded),
        TEST(what_does_not_fit_does_not_wait),
        TEST(a_debt_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
