/*
 * The estimate of a receiver's room, on a simulated bottleneck: a queue of
 * limited length before a link of a rate that changes, 40 ms each way, loss.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_bwe.h"
#include "mw_twcc.h"

#define DELAY   (40 * MW_MSEC)
#define QUEUE   (300 * MW_MSEC) /* at the rate of the moment; then it drops */
#define FRAME   (40 * MW_MSEC)
#define TICK    MW_MSEC
#define FLIGHT  8192
#define REPORTS 256
#define DELAYS  2000


typedef struct {
    uint16_t seq;
    mw_usec_t at;
} flight_t;

typedef struct {
    mw_usec_t at;
    size_t len;
    uint8_t data[MW_RTCP_ROOM];
} report_t;

static uint64_t rnd_state;
static mw_bwe_t bwe;
static mw_twcc_t twcc;
static mw_usec_t now;
static mw_usec_t busy; /* until then the link is taken */
static mw_usec_t next_frame;
static double link_rate;
static double bucket; /* bytes that pass at once after a pause */
static double loss;
static double want;
static flight_t flight[FLIGHT];
static unsigned flight_in, flight_out;
static report_t reports[REPORTS];
static unsigned reports_in, reports_out;
static uint64_t delays[DELAYS]; /* histogram of queueing delay, ms */
static uint64_t packets;
static uint64_t media, padding; /* bytes */
static double highest;
static double longest; /* queueing delay, ms */


static double
rnd(void)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;

    return (double) (rnd_state >> 11) / (double) (1ull << 53);
}


static int
fresh(void **state)
{
    (void) state;

    rnd_state = 0x9e3779b97f4a7c15;
    now = 10 * MW_SEC;
    busy = now;
    next_frame = now;
    flight_in = flight_out = reports_in = reports_out = 0;
    loss = 0;
    bucket = 0;
    want = 3e6;
    link_rate = 5e6;
    mw_bwe_init(&bwe, now);
    mw_twcc_init(&twcc);

    return 0;
}


static void
forget(void)
{
    memset(delays, 0, sizeof(delays));
    packets = media = padding = 0;
    highest = longest = 0;
}


static void
send_packet(size_t size, bool pad)
{
    uint16_t seq;
    mw_usec_t start;
    double wait;

    seq = mw_bwe_next(&bwe, size, now);
    *(pad ? &padding : &media) += size;
    start = now - (mw_usec_t) (bucket * 8 * MW_SEC / link_rate);
    start = busy > start ? busy : start;
    wait = start > now ? (double) (start - now) / MW_MSEC : 0;

    if (start - now > QUEUE) {
        return; /* the queue is full */
    }

    packets++;
    delays[wait < DELAYS ? (unsigned) wait : DELAYS - 1]++;
    longest = wait > longest ? wait : longest;
    busy = start + (mw_usec_t) ((double) size * 8 * MW_SEC / link_rate);

    if (rnd() < loss) {
        return;
    }

    flight[flight_in % FLIGHT].seq = seq;
    flight[flight_in++ % FLIGHT].at = (busy > now ? busy : now) + DELAY;
    assert_true(flight_in - flight_out < FLIGHT);
}


static void
report(void)
{
    report_t *r;
    mw_rtcp_writer_t w;

    r = &reports[reports_in % REPORTS];
    mw_rtcp_writer_init(&w, r->data, sizeof(r->data));

    if (mw_twcc_write(&twcc, &w, 1, 2) == MW_OK) {
        r->len = w.len;
        r->at = now + DELAY;
        reports_in++;
    }
}


/* media within the estimate, at most what is wanted; 25 pictures a second */
static void
frame(void)
{
    double rate;
    size_t left, size;

    rate = mw_bwe_estimate(&bwe) * 0.95;
    rate = rate > want ? want : rate;
    left = (size_t) (rate * (0.7 + 0.6 * rnd()) / 8 * FRAME / MW_SEC);

    while (left > 0) {
        size = left > 1200 ? 1200 : left;
        send_packet(size + 50, false);
        left -= size;
    }
}


static void
step(void)
{
    size_t left, size;
    flight_t *f;
    report_t *r;

    while (flight_out < flight_in
           && (f = &flight[flight_out % FLIGHT])->at <= now) {
        mw_twcc_received(&twcc, f->seq, f->at);
        flight_out++;

        if (mw_twcc_due(&twcc) <= now) {
            report();
        }
    }

    if (mw_twcc_due(&twcc) <= now) {
        report();
    }

    while (reports_out < reports_in
           && (r = &reports[reports_out % REPORTS])->at <= now)
    {
        /* behind the RTCP header and two SSRCs, without padding */
        left = r->len - 12 - ((r->data[0] & 0x20) ? r->data[r->len - 1] : 0);
        assert_int_equal(MW_OK, mw_bwe_feedback(&bwe, r->data + 12, left, now));
        reports_out++;
    }

    if (now >= next_frame) {
        frame();
        next_frame += FRAME;
    }

    mw_bwe_want(&bwe, (uint32_t) want);

    if (mw_bwe_due(&bwe, now) <= now || bwe.probe.running) {
        left = mw_bwe_padding(&bwe, now);

        while (left > 0) {
            size = left > 1200 ? 1200 : left < 255 ? 255 : left;
            send_packet(size, true);
            left = left > size ? left - size : 0;
        }
    }

    if (mw_bwe_estimate(&bwe) > highest) {
        highest = mw_bwe_estimate(&bwe);
    }

    now += TICK;
}


static void
run(mw_usec_t duration)
{
    mw_usec_t end;

    for (end = now + duration; now < end;) {
        step();
    }
}


/* milliseconds until the estimate is at least (at most) that; 0: it is */
static unsigned
until(double least, double most, mw_usec_t limit)
{
    mw_usec_t start;

    for (start = now; now - start < limit; step()) {
        if (mw_bwe_estimate(&bwe) >= least && mw_bwe_estimate(&bwe) <= most) {
            break;
        }
    }

    return (unsigned) ((now - start) / MW_MSEC);
}


static unsigned
percentile(double share)
{
    unsigned i;
    uint64_t sum;

    for (i = 0, sum = 0; i < DELAYS; i++) {
        sum += delays[i];

        if ((double) sum >= share * (double) packets) {
            break;
        }
    }

    return i;
}


static void
tell(const char *what, unsigned ms, double rate, mw_usec_t duration)
{
    print_message("# %s: %u ms, highest %.0f kbit/s of %.0f, media %.0f, "
                  "padding %.0f, queue p95 %u ms, longest %.0f\n",
        what, ms, highest / 1000, rate / 1000,
        (double) media * 8 * MW_SEC / (double) duration / 1000,
        (double) padding * 8 * MW_SEC / (double) duration / 1000,
        percentile(0.95), longest);
}


static void
finds_a_wide_way(void **state)
{
    unsigned ms;

    (void) state;

    forget();
    ms = until(3e6, 1e9, 10 * MW_SEC);
    run(10 * MW_SEC);
    tell("5 Mbit/s, 3 wanted", ms, link_rate, 10 * MW_SEC + ms * MW_MSEC);
    assert_in_range(ms, 0, 3000);
    assert_true(mw_bwe_estimate(&bwe) >= 2.8e6);
    assert_in_range(percentile(0.95), 0, 50);
}


static void
stays_in_a_narrow_one(void **state)
{
    unsigned ms;
    static const double rates[] = { 300e3, 1e6, 2e6 };
    unsigned i;

    for (i = 0; i < 3; i++) {
        fresh(state);
        link_rate = rates[i];
        forget();
        ms = until(0.6 * link_rate, 1.1 * link_rate, 10 * MW_SEC);
        run(5 * MW_SEC);
        forget();
        run(30 * MW_SEC);
        tell("a constant cap", ms, link_rate, 30 * MW_SEC);
        assert_in_range(ms, 0, 5000);
        assert_true((double) media * 8 / 30 >= 0.7 * link_rate);
        assert_in_range(percentile(0.95), 0, 149);
    }
}


/* what a shaper lets through at once is not the rate of the way */
static void
is_not_taken_in_by_a_bucket(void **state)
{
    unsigned i, up;
    static const double rates[] = { 300e3, 1e6 };

    for (i = 0; i < 2; i++) {
        fresh(state);
        link_rate = rates[i];
        bucket = 2000;
        run(10 * MW_SEC);
        forget();
        run(60 * MW_SEC);
        tell("a bucket of 2000 bytes", 0, link_rate, 60 * MW_SEC);
        assert_true(highest <= 1.2 * link_rate);
        assert_true((double) media * 8 / 60 >= 0.7 * link_rate);
        assert_in_range(percentile(0.95), 0, 149);

        link_rate = 3e6;
        up = until(2.5e6, 1e9, 10 * MW_SEC);
        print_message("# at 3 Mbit/s after %u ms\n", up);
        assert_in_range(up, 0, 8000);
    }
}


static void
gives_way_and_comes_back(void **state)
{
    unsigned down, up;

    (void) state;

    forget();
    run(10 * MW_SEC);
    link_rate = 1e6;
    down = until(0, 1e6, 10 * MW_SEC);
    run(15 * MW_SEC);
    link_rate = 5e6;
    up = until(2.9e6, 1e9, 15 * MW_SEC);
    tell("5 to 1 Mbit/s and back", up, link_rate, 25 * MW_SEC);
    print_message("# down after %u ms, up after %u ms\n", down, up);
    assert_in_range(down, 0, 3000);
    assert_in_range(up, 0, 8000);
}


static void
bears_random_loss(void **state)
{
    unsigned i;
    static const double shares[] = { 0.05, 0.10, 0.20 };
    static const double least[] = { 2e6, 1e6, 1e5 };

    for (i = 0; i < 3; i++) {
        fresh(state);
        loss = shares[i];
        forget();
        run(20 * MW_SEC);
        print_message("# of %.0f %% random loss:\n", loss * 100);
        tell("20 s", 20000, link_rate, 20 * MW_SEC);
        assert_true(mw_bwe_estimate(&bwe) >= least[i]);
        assert_int_equal(loss > 0.15, mw_bwe_lossy(&bwe));
    }

    loss = 0;
    run(5 * MW_SEC);
    assert_false(mw_bwe_lossy(&bwe));
}


/* what is not sent proves nothing, and is not probed for */
static void
knows_when_it_has_nothing_to_send(void **state)
{
    (void) state;

    want = 100e3;
    forget();
    run(20 * MW_SEC);
    tell("100 kbit/s to send", 0, link_rate, 20 * MW_SEC);
    assert_int_equal(0, padding);
    assert_true(mw_bwe_estimate(&bwe) < 1e6);

    want = 3e6;
    assert_in_range(until(2.9e6, 1e9, 10 * MW_SEC), 0, 3000);
}


static void
survives_garbage(void **state)
{
    unsigned i, j;
    uint8_t data[64];

    (void) state;

    run(MW_SEC);

    for (i = 0; i < 20000; i++) {
        for (j = 0; j < sizeof(data); j++) {
            data[j] = (uint8_t) (rnd() * 256);
        }

        /* near our numbers, so that something comes of it */
        mw_put16(data, (uint16_t) (bwe.seq - 20));
        mw_put16(data + 2, (uint16_t) (1 + rnd() * 20));
        (void) mw_bwe_feedback(&bwe, data, sizeof(data), now += 1000);
        (void) mw_bwe_next(&bwe, 1200, now);
        (void) mw_bwe_padding(&bwe, now);
        assert_true(bwe.estimate >= MW_BWE_MIN);
        assert_true(bwe.estimate <= MW_BWE_MAX);
    }
}


/* that none of all numbers came; `n` packets were sent since */
static unsigned
flood(unsigned n)
{
    unsigned i, read;
    uint8_t data[8 + 2 * 8];

    while (n-- > 0) {
        (void) mw_bwe_next(&bwe, 100, now);
    }

    for (read = 0; read < 1000; read++) {
        memset(data, 0, sizeof(data));
        mw_put16(data, (uint16_t) rnd_state++);
        mw_put16(data + 2, 8 * 0x1fff);

        for (i = 8; i < sizeof(data); i += 2) {
            mw_put16(data + i, 0x1fff);
        }

        (void) mw_bwe_feedback(&bwe, data, sizeof(data), now);

        if (bwe.credit == 0) {
            break;
        }
    }

    return read;
}


/* each packet is reported once or twice; the rest of a flood is not read */
static void
reads_no_flood(void **state)
{
    (void) state;

    run(MW_SEC);
    assert_true(bwe.credit > 0);

    assert_in_range(flood(5000), 2, 20);
    assert_in_range(flood(1), 0, 1);
    assert_in_range(flood(100), 0, 5);

    /* what is true then is read again */

    mw_twcc_init(&twcc);
    flight_out = flight_in;
    reports_out = reports_in;
    run(20 * MW_SEC);
    assert_true(mw_bwe_estimate(&bwe) > 1e6);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_a_wide_way, fresh),
        cmocka_unit_test_setup(stays_in_a_narrow_one, fresh),
        cmocka_unit_test_setup(is_not_taken_in_by_a_bucket, fresh),
        cmocka_unit_test_setup(gives_way_and_comes_back, fresh),
        cmocka_unit_test_setup(bears_random_loss, fresh),
        cmocka_unit_test_setup(knows_when_it_has_nothing_to_send, fresh),
        cmocka_unit_test_setup(survives_garbage, fresh),
        cmocka_unit_test_setup(reads_no_flood, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
