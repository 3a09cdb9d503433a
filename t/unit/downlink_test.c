/* What a receiver sees and hears on bad networks, round trip 80 ms. */

#include "downlink_call.h"


typedef struct {
    double frozen;  /* share of the time of all pictures */
    double longest; /* seconds */
    double first;   /* the longest of the first picture */
    double concealed;
    double used;    /* share of the link, without padding and doubles */
    unsigned queue; /* ms, 95 % */
    unsigned visible;
} result_t;


static void
forget(void)
{
    rcv_forget();
    net_forget();
}


static result_t
tell(const char *what, mw_usec_t duration)
{
    unsigned i;
    rcv_half_t *h;
    result_t r;
    uint64_t due, concealed, bytes;

    memset(&r, 0, sizeof(r));
    due = concealed = bytes = 0;

    for (i = 0; i < 2 * CALL_SENDERS; i++) {
        h = &rcv.half[i];
        bytes += h->bytes;
        due += h->due;
        concealed += h->concealed;

        if (h->video) {
            /* what stands still at the end counts as well */
            if (h->shown != 0 && now - h->shown > RCV_FROZEN) {
                h->frozen += now - h->shown;
                h->longest =
                    now - h->shown > h->longest ? now - h->shown : h->longest;
            }

            r.visible += h->frames > 0;
            r.frozen += (double) h->frozen / (double) duration / CALL_SENDERS;
            r.longest = (double) h->longest / MW_SEC > r.longest
                            ? (double) h->longest / MW_SEC
                            : r.longest;
        }
    }

    r.first = (double) rcv.half[1].longest / MW_SEC;
    r.concealed = due == 0 ? 0 : (double) concealed / (double) due;
    r.queue = net_queued(0.95);
    r.used = (double) bytes * 8 * MW_SEC / (double) duration / net.rate;

    print_message(
        "# %s: frozen %.1f %%, longest %.2f s (first %.2f), concealed %.2f %%, "
        "used %.0f %% of %.0f kbit/s, queue p95 %u ms, dropped %lu, "
        "estimate %.0f; ",
        what, r.frozen * 100, r.longest, r.first, r.concealed * 100,
        r.used * 100, net.rate / 1000, r.queue, (unsigned long) net.dropped,
        viewer->subscribe->bwe.estimate / 1000);

    for (i = 1; i < 2 * CALL_SENDERS; i += 2) {
        h = &rcv.half[i];
        print_message("%lu@%lu/%lu ", (unsigned long) h->frames,
            (unsigned long) h->height, (unsigned long) h->keys);
    }

    print_message("\n");

    return r;
}


static void
clean(void **state)
{
    result_t r;

    (void) state;

    call_run(3 * MW_SEC);
    forget();
    call_run(20 * MW_SEC);
    r = tell("clean", 20 * MW_SEC);
    assert_true(r.frozen == 0 && r.concealed == 0);
    assert_int_equal(rcv.half[1].height, 720);
    assert_int_equal(rcv.half[7].height, 360);
}


/* pictures as wanted, and what is lost of them comes in time */
static void
random_loss(void **state)
{
    unsigned i;
    result_t r;
    static const double shares[] = { 0.05, 0.10, 0.20 };
    static const double concealed[] = { 0.015, 0.03, 0.10 };
    static const double frozen[] = { 0.002, 0.005, 0.02 };
    static const char *const names[] = { "5 %", "10 %", "20 %" };

    for (i = 0; i < 3; i++) {
        if (i > 0) {
            call_close(state);
            call_open(state);
        }

        call_run(5 * MW_SEC);
        net.loss = shares[i];
        call_run(5 * MW_SEC);
        forget();
        call_run(30 * MW_SEC);
        r = tell(names[i], 30 * MW_SEC);
        assert_int_equal(r.visible, 4);
        assert_true(r.frozen < frozen[i]);
        assert_true(r.longest < 0.8);
        assert_true(r.concealed < concealed[i]);
    }
}


/* sound and picture of one slot, by what its reports say of their times */
static void
lips_in_step(void **state)
{
    unsigned i, n, slot;
    double skew, most;

    (void) state;

    call_reports = true;
    net.loss = 0.05;
    call_run(10 * MW_SEC);
    most = 0;
    n = 0;

    for (i = 0; i < 60000; i++) {
        call_step();

        for (slot = 0; slot < CALL_SENDERS; slot++) {
            if (rcv.half[2 * slot].timed && rcv.half[2 * slot + 1].timed) {
                skew =
                    rcv.half[2 * slot].behind - rcv.half[2 * slot + 1].behind;
                skew = skew < 0 ? -skew : skew;
                most = skew > most ? skew : most;
                n++;
            }
        }
    }

    print_message(
        "# 5 %%: sound and picture %.1f ms apart at most\n", most / MW_MSEC);
    assert_true(n > 60000 && most < 60 * MW_MSEC);
}


static void
sudden_cap(void **state)
{
    unsigned i;
    result_t r;
    double longest;

    longest = 0;

    /* where between two pictures it comes makes a difference */

    for (i = 0; i < 8; i++) {
        if (i > 0) {
            call_close(state);
            call_open(state);
        }

        call_run(10 * MW_SEC + i * 37 * MW_MSEC);
        net.rate = 1e6;
        forget();
        call_run(5 * MW_SEC);
        r = tell("1 Mbit/s, 5 s", 5 * MW_SEC);
        longest += r.longest / 8;
        assert_true(r.longest < 1.5 && r.concealed < 0.02);
    }

    assert_true(longest < 1);

    forget();
    call_run(30 * MW_SEC);
    r = tell("then", 30 * MW_SEC);
    assert_int_equal(r.visible, 4);
    assert_true(r.longest < 0.3 && r.concealed == 0);
    /* all at 180 lines: what is left is less than the next step of anybody */
    assert_true(r.used >= 0.63);
    assert_in_range(r.queue, 0, 100);

    net.rate = 8e6;
    forget();
    call_run(8 * MW_SEC);
    r = tell("8 s after it is lifted", 8 * MW_SEC);
    assert_true(r.longest < 0.3);
    assert_int_equal(rcv.half[1].height, 720);
    assert_int_equal(rcv.half[7].height, 360);
}


/* runs on; how often pictures were taken away or given back, of all */
static unsigned
stills(mw_usec_t duration)
{
    mw_usec_t end;
    uint8_t is, was[CALL_SENDERS];
    unsigned i, changes;

    changes = 0;

    for (i = 0; i < CALL_SENDERS; i++) {
        was[i] = mw_subscribe_state(viewer->subscribe, i);
    }

    for (end = now + duration; now < end;) {
        call_step();

        for (i = 0; i < CALL_SENDERS; i++) {
            is = mw_subscribe_state(viewer->subscribe, i);
            changes += is != was[i];
            was[i] = is;
        }
    }

    return changes;
}


/* who comes sees everybody at once, also where the way turns out narrow */
static void
a_newcomer(void **state)
{
    result_t r;

    (void) state;

    net.rate = 1e6;
    assert_int_equal(0, stills(3 * MW_SEC));
    r = tell("1 Mbit/s, first 3 s", 3 * MW_SEC);
    assert_int_equal(r.visible, 4);
    assert_true(r.longest < 1);
}


/* sound, and the first picture; of others honest stills, none that jerks */
static void
hardly_anything(void **state)
{
    result_t r;
    unsigned changes;

    (void) state;

    call_run(10 * MW_SEC);
    net.rate = 300e3;
    forget();
    call_run(5 * MW_SEC);
    r = tell("300 kbit/s, 5 s", 5 * MW_SEC);
    assert_true(r.first < 1.5 && r.concealed < 0.05);

    forget();
    changes = stills(30 * MW_SEC);
    r = tell("then", 30 * MW_SEC);
    assert_true(r.first < 0.4 && r.concealed < 0.002);
    assert_in_range(r.queue, 0, 100);
    assert_true(rcv.half[1].frames >= 30 * 12);
    assert_int_equal(
        mw_subscribe_state(viewer->subscribe, 3), MEET_SLOT_PAUSED);
    print_message("# stills came and went %u times\n", changes);
    assert_in_range(changes, 0, 6);

    net.rate = 8e6;
    forget();
    call_run(8 * MW_SEC);
    (void) tell("8 s after it is lifted", 8 * MW_SEC);
    assert_int_equal(rcv.half[1].height, 720);
    assert_int_equal(rcv.half[7].height, 360);
}


/* where not even sound finds room pictures come back as soon as they can */
static void
less_than_sound(void **state)
{
    result_t r;

    (void) state;

    call_run(10 * MW_SEC);
    net.rate = 50e3;
    call_run(60 * MW_SEC);
    net.rate = 8e6;
    forget();
    call_run(12 * MW_SEC);
    r = tell("12 s after 50 kbit/s", 12 * MW_SEC);
    assert_int_equal(r.visible, 4);
    assert_int_equal(rcv.half[1].height, 720);
    forget();
    call_run(5 * MW_SEC);
    r = tell("then", 5 * MW_SEC);
    assert_true(r.frozen == 0);
}


static void
up_and_down(void **state)
{
    unsigned i;
    result_t r;
    mw_slot_stats_t stats;
    uint64_t before;
    static const double rates[] = { 1e6, 300e3, 3e6 };

    (void) state;

    call_run(10 * MW_SEC);
    mw_slot_stats(viewer->subscribe->slots[0][MW_VIDEO], &stats);
    before = stats.layer_switches;

    for (i = 0; i < 12; i++) {
        net.rate = rates[i % 3];
        forget();
        call_run(15 * MW_SEC);
        r = tell("15 s", 15 * MW_SEC);
        mw_slot_stats(viewer->subscribe->slots[0][MW_VIDEO], &stats);

        /* the rate itself changes once; no more than up and down besides */
        assert_in_range(stats.layer_switches - before, 0, 4);
        before = stats.layer_switches;

        assert_true(r.first < 1.3);
        assert_true(r.concealed < 0.02);
    }
}


/* a keyframe that takes longer than pictures may wait, as of a screen */
static void
a_large_keyframe(void **state)
{
    unsigned i;
    result_t r;
    static const double rates[] = { 1e6, 600e3, 400e3 };

    (void) state;

    call_large = 28000;

    for (i = 0; i < 3; i++) {
        net.rate = rates[i];
        call_run(10 * MW_SEC);
        forget();
        mw_slot_break(viewer->subscribe->slots[0][MW_VIDEO], now);
        call_run(20 * MW_SEC);
        r = tell("a large keyframe", 20 * MW_SEC);

        /* fifteen a second from the first that got there */
        assert_true(r.first < 5);
        assert_true(rcv.half[1].frames > 200);
    }
}


int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, call_open, call_close)

    const struct CMUnitTest tests[] = {
        TEST(clean),
        TEST(random_loss),
        TEST(lips_in_step),
        TEST(sudden_cap),
        TEST(a_newcomer),
        TEST(hardly_anything),
        TEST(less_than_sound),
        TEST(up_and_down),
        TEST(a_large_keyframe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
