/*
 * A publisher that does what REMB says, on a simulated way up: a queue of
 * limited length before a link of a rate that changes, 40 ms each way.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "mw_remb.h"

#define DELAY  (40 * MW_MSEC)
#define QUEUE  (400 * MW_MSEC) /* at the rate of the moment; then it drops */
#define FRAME  (40 * MW_MSEC)
#define SIZE   1000 /* of a packet, at most */
#define FLIGHT 4096
#define START  (3 * MW_SEC)


typedef struct {
    mw_usec_t sent;
    mw_usec_t at;
    size_t len;
    uint32_t ts;
} flight_t;

static mw_remb_t remb;
static mw_usec_t now;
static mw_usec_t busy; /* until then the link is taken */
static mw_usec_t next_frame;
static mw_usec_t apply_at; /* what was told arrives */
static uint32_t applies, target, most;
static bool stamps;
static uint32_t ssrc;
static mw_usec_t offset; /* the publisher's clock less ours */
static double link_rate;
static flight_t flight[FLIGHT];
static unsigned in, out;
static mw_usec_t longest; /* time in the queue */
static size_t arrived;
static unsigned told;


static int
fresh(void **state)
{
    (void) state;

    now = 10 * MW_SEC;
    mw_remb_init(&remb, now);
    busy = now;
    next_frame = now;
    apply_at = MW_NEVER;
    target = 500000;
    most = 3000000;
    stamps = true;
    ssrc = 77;
    offset = 57 * MW_SEC; /* its stamps wrap within the test */
    link_rate = 5e6;
    in = out = 0;
    longest = 0;
    arrived = 0;
    told = 0;

    return 0;
}


static void
send_frame(void)
{
    size_t left, len;
    mw_usec_t start;

    left = (size_t) ((double) target * FRAME / 8 / MW_SEC);

    while (left > 0) {
        len = left > SIZE ? SIZE : left;
        left -= len;
        start = busy > now ? busy : now;

        if (start - now > QUEUE) {
            continue;
        }

        longest = start - now > longest ? start - now : longest;
        busy =
            start + (mw_usec_t) ((double) (len + 28) * 8 * MW_SEC / link_rate);

        assert_true(in - out < FLIGHT);
        flight[in % FLIGHT] = (flight_t){ now + offset, busy + DELAY, len,
            (uint32_t) (now * 90 / 1000) + 0xfffff000u };
        in++;
    }
}


static void
arrive(const flight_t *f)
{
    mw_rtp_t rtp;
    uint8_t stamp[3];
    uint32_t rate;

    memset(&rtp, 0, sizeof(rtp));
    rtp.ssrc = ssrc;
    rtp.ts = f->ts;

    if (stamps) {
        mw_put24(
            stamp, (uint32_t) (((uint64_t) f->sent << 18) / MW_SEC) & 0xffffff);
        rtp.ext[MW_EXT_ABS_SEND_TIME] = stamp;
        rtp.ext_len[MW_EXT_ABS_SEND_TIME] = 3;
    }

    arrived += f->len;
    mw_remb_packet(&remb, &rtp, true, f->len, now);

    if (mw_remb_due(&remb, &rate, now)) {
        applies = rate < most ? rate : most;
        apply_at = now + DELAY;
        told++;
    }
}


static void
run_for(mw_usec_t time)
{
    mw_usec_t end;

    for (end = now + time; now < end; now += MW_MSEC) {
        if (now >= apply_at) {
            target = applies;
            apply_at = MW_NEVER;
        }

        if (now >= next_frame) {
            send_frame();
            next_frame += FRAME;
        }

        while (out < in && flight[out % FLIGHT].at <= now) {
            arrive(&flight[out++ % FLIGHT]);
        }
    }
}


/* over a while: what came through of the link, longest queue */
static void
settles(double rate, double least, mw_usec_t queue)
{
    double share;

    link_rate = rate;
    run_for(8 * MW_SEC);
    longest = 0;
    arrived = 0;
    run_for(20 * MW_SEC);
    share = (double) arrived * 8 / 20 / rate;
    print_message("# %.0f kbit/s: %.0f %% used, queue up to %d ms\n",
        rate / 1000, share * 100, (int) (longest / MW_MSEC));
    assert_true(share >= least);
    assert_true(longest <= queue);
}


static void
follows_the_link(void)
{
    /* as much as the publisher can, before anything was too much */

    run_for(START);
    assert_int_equal(most, target);
    assert_true(told >= 5);

    settles(1e6, 0.7, 250 * MW_MSEC);
    settles(3e5, 0.6, 400 * MW_MSEC);

    /* and up again, by a twelfth a second */

    link_rate = 5e6;
    run_for(40 * MW_SEC);
    assert_true(target > 1500000);
}


static void
by_times_of_sending(void **state)
{
    (void) state;

    follows_the_link();
}


static void
by_times_of_pictures(void **state)
{
    (void) state;

    stamps = false;
    follows_the_link();
}


static void
less_is_told_at_once(void **state)
{
    unsigned before;
    mw_usec_t start;

    (void) state;

    run_for(START);
    link_rate = 1e6;
    before = told;
    start = now;

    while (target == most && now - start < MW_SEC) {
        run_for(MW_MSEC);
    }

    print_message("# less after %d ms\n", (int) ((now - start) / MW_MSEC));
    assert_true(now - start < 600 * MW_MSEC);
    assert_true(told > before);
}


/* another stream, another clock, a pause: none of it is a queue */
static void
breaks_are_no_queue(void **state)
{
    (void) state;

    run_for(START);
    ssrc = 78;
    run_for(2 * MW_SEC);
    assert_int_equal(most, target);

    stamps = false;
    run_for(2 * MW_SEC);
    ssrc = 79;
    run_for(5 * MW_SEC);
    assert_int_equal(most, target);

    stamps = true;
    run_for(2 * MW_SEC);
    next_frame = now + 100 * MW_SEC;
    run_for(101 * MW_SEC);
    assert_int_equal(most, target);

    offset += 20 * MW_SEC;
    next_frame = now + 20 * MW_SEC;
    run_for(23 * MW_SEC);
    assert_int_equal(most, target);
}


/* a receiver's own estimate: taken as it is, and filled up where more is
 * wanted */
static void
a_receiver_is_filled_up(void **state)
{
    size_t bytes, sent;
    mw_usec_t at, end;
    static mw_bwe_t bwe;

    (void) state;

    mw_bwe_init(&bwe, now);
    mw_bwe_tell(&bwe, 0, now);
    assert_true(mw_bwe_known(&bwe));
    assert_int_equal(MW_BWE_MIN, mw_bwe_estimate(&bwe));
    mw_bwe_tell(&bwe, UINT32_MAX, now);
    assert_int_equal(MW_BWE_MAX, mw_bwe_estimate(&bwe));

    now += MW_SEC;
    mw_bwe_tell(&bwe, 400000, now);
    assert_true(bwe.decreased == now);
    mw_bwe_want(&bwe, 300000);
    assert_true(mw_bwe_due(&bwe, now) == MW_NEVER);
    mw_bwe_want(&bwe, 2000000);
    assert_true(mw_bwe_due(&bwe, now) > now + MW_SEC);

    sent = 0;
    end = now + 20 * MW_SEC;

    while ((at = mw_bwe_due(&bwe, now)) < end) {
        assert_true(at >= now);
        now = at;

        /* half of it are pictures */
        bytes = mw_bwe_padding(&bwe, now);
        mw_bwe_count_sent(&bwe, bytes / 2);
        mw_bwe_count_sent(&bwe, bytes - bytes / 2);
        sent += bytes;
    }

    print_message("# filled with %zu kbit\n", sent * 8 / 1000);
    assert_in_range(sent * 8, 9 * 400000 * 9 / 10, 10 * 400000 * 11 / 10);

    /* and what it says it lost protects its sound */

    mw_bwe_tell_loss(&bwe, 0.2);
    mw_bwe_tell_loss(&bwe, 0.2);
    mw_bwe_tell_loss(&bwe, 0.2);
    assert_true(mw_bwe_loss(&bwe) > 0.1 && mw_bwe_loss(&bwe) < 0.2);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(by_times_of_sending, fresh),
        cmocka_unit_test_setup(by_times_of_pictures, fresh),
        cmocka_unit_test_setup(less_is_told_at_once, fresh),
        cmocka_unit_test_setup(breaks_are_no_queue, fresh),
        cmocka_unit_test_setup(a_receiver_is_filled_up, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
