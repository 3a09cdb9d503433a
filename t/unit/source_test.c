/* Reception: order, loss, jitter, clocks, keyframe requests, NACK. */

#include "media_fixture.h"

#include "mw_keyframe.h"
#include "mw_nack.h"


static void
order_of_packets(void **state)
{
    int64_t seq;
    mw_layer_t l;

    (void) state;

    mw_layer_init(&l);
    assert_int_equal(MW_LAYER_STALE, mw_layer_input(&l, 1, 5, true, &seq));
    assert_int_equal(MW_LAYER_NEXT, mw_layer_input(&l, 1, 65534, false, &seq));
    assert_int_equal(0x1fffe, seq);
    assert_int_equal(MW_LAYER_NEXT, mw_layer_input(&l, 1, 1, false, &seq));
    assert_int_equal(0x20001, seq);
    assert_int_equal(MW_LAYER_LATE, mw_layer_input(&l, 1, 65535, false, &seq));
    assert_int_equal(0x1ffff, seq);
    assert_int_equal(
        MW_LAYER_DUPLICATE, mw_layer_input(&l, 1, 65535, true, &seq));
    assert_int_equal(MW_LAYER_LATE, mw_layer_input(&l, 1, 0, true, &seq));
    assert_int_equal(MW_LAYER_STALE, mw_layer_input(&l, 1, 65533, false, &seq));
    assert_int_equal(1, mw_layer_lost(&l)); /* RTX is not reception */

    assert_int_equal(MW_LAYER_JUMP, mw_layer_input(&l, 1, 20000, false, &seq));
    assert_int_equal(MW_LAYER_NEXT, mw_layer_input(&l, 1, 2, false, &seq));
    assert_int_equal(MW_LAYER_JUMP, mw_layer_input(&l, 1, 20001, false, &seq));
    assert_int_equal(
        MW_LAYER_RESTART, mw_layer_input(&l, 1, 20002, false, &seq));
    assert_true(seq > 0x20002 + 3 * MW_LAYER_WINDOW);
    assert_int_equal(20002, seq & 0xffff);

    /* another SSRC is another numbering at once */
    assert_int_equal(
        MW_LAYER_RESTART, mw_layer_input(&l, 2, 20003, false, &seq));
    assert_int_equal(1, mw_layer_lost(&l));
}


static void
every_window_position(void **state)
{
    unsigned i;
    int64_t seq;
    mw_layer_t l;

    (void) state;

    mw_layer_init(&l);

    for (i = 0; i < 5000; i += 2) {
        mw_layer_input(&l, 1, (uint16_t) (60000 + i), false, &seq);
    }

    /* the odd ones are all still missing, the even ones all doubles */
    for (i = 4998 - 1022; i < 4998; i++) {
        assert_int_equal(i % 2 ? MW_LAYER_LATE : MW_LAYER_DUPLICATE,
            mw_layer_input(&l, 1, (uint16_t) (60000 + i), false, &seq));
    }

    /* a leap over the window leaves nothing marked */
    mw_layer_input(&l, 1, (uint16_t) (60000 + 4998 + 2000), false, &seq);
    assert_int_equal(MW_LAYER_LATE,
        mw_layer_input(&l, 1, (uint16_t) (60000 + 4998 + 1999), false, &seq));
}


static void
loss_and_jitter(void **state)
{
    unsigned i;
    int64_t seq;
    uint32_t base;
    mw_usec_t now;
    mw_layer_t l;
    mw_rtcp_report_t r;

    (void) state;

    mw_layer_init(&l);
    now = 50 * MW_SEC;

    /* RFC 3550 A.3: 100 expected, 25 lost */
    for (i = 0; i < 100; i++) {
        if (i % 4 != 1) {
            mw_layer_input(&l, 1, (uint16_t) i, false, &seq);
            mw_layer_time(&l, i * 960, 48000, now);
        }

        now += 20 * MW_MSEC;
    }

    mw_layer_sr(&l, 0x0000123456780000ull, 5, now - 500 * MW_MSEC);
    mw_layer_report(&l, &r, now);
    assert_int_equal(25 * 255 / 100, r.fraction);
    assert_int_equal(25, r.lost);
    assert_int_equal(99, r.highest);
    assert_int_equal(0, r.jitter);
    assert_int_equal(0x12345678, r.lsr);
    assert_int_equal(32768, r.dlsr);

    /* the next interval is without loss, every packet 10 ms early or late */
    for (i = 100; i < 400; i++) {
        base = i * 960;
        mw_layer_input(&l, 1, (uint16_t) i, false, &seq);
        mw_layer_time(&l, base, 48000, now + (i % 2) * 10 * MW_MSEC);
        now += 20 * MW_MSEC;
    }

    mw_layer_report(&l, &r, now);
    assert_int_equal(0, r.fraction);
    assert_int_equal(25, r.lost);
    assert_in_range(r.jitter, 470, 481);
}


static void
one_clock_for_a_publisher(void **state)
{
    uint32_t ts;
    mw_usec_t now;
    mw_layer_t l;
    int64_t seq, offset;

    (void) state;

    mw_layer_init(&l);
    now = 100 * MW_SEC;
    assert_false(mw_layer_ts_at(&l, NULL, 90000, now, &ts));
    mw_layer_input(&l, 1, 7, false, &seq);
    mw_layer_time(&l, 1000, 90000, now);

    /* without a report: from the last packet */
    assert_true(mw_layer_ts_at(&l, NULL, 90000, now + MW_SEC, &ts));
    assert_int_equal(91000, ts);

    /* the publisher's second 10 is ts 500; its clock is 89.9 s behind */
    mw_layer_sr(&l, (uint64_t) 10 << 32, 500, now);
    offset = 89900 * MW_MSEC;
    assert_true(mw_layer_ts_at(&l, &offset, 90000, now, &ts));
    assert_int_equal(500 + 9000, ts);
}


static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t pub;
static mw_source_t *src;
static mw_usec_t now;


static int
setup(void **state)
{
    (void) state;

    now = 1000 * MW_SEC;
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    pool = mw_pool_create(2048);
    src = make_source(&pub, pool, &rtp_clock, 0x41);

    return pool == NULL || src == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_source_destroy(src);
    mw_pool_destroy(pool);

    return 0;
}


static void
fastest_report_counts(void **state)
{
    mw_rtcp_item_t sr;

    (void) state;

    memset(&sr, 0, sizeof(sr));
    sr.u.sr.ntp = (uint64_t) 100 << 32;
    mw_source_sr(src, 0, &sr, now);
    assert_true(rtp_clock.known);
    assert_int_equal(900 * MW_SEC, rtp_clock.offset);

    /* 30 ms longer on the way: hardly moves; 20 ms faster: at once */
    sr.u.sr.ntp = (uint64_t) 101 << 32;
    mw_source_sr(src, 0, &sr, now + 1030 * MW_MSEC);
    assert_in_range(rtp_clock.offset, 900 * MW_SEC, 900 * MW_SEC + 1 * MW_MSEC);
    mw_source_sr(src, 0, &sr, now + 980 * MW_MSEC);
    assert_int_equal(900 * MW_SEC - 20 * MW_MSEC, rtp_clock.offset);

    /* a clock that was set; and what is no time at all */
    sr.u.sr.ntp = (uint64_t) 50 << 32;
    mw_source_sr(src, 0, &sr, now);
    assert_int_equal(950 * MW_SEC, rtp_clock.offset);
    sr.u.sr.ntp = 0;
    mw_source_sr(src, 0, &sr, now);
    assert_int_equal(950 * MW_SEC, rtp_clock.offset);
    sr.u.sr.ntp = UINT64_MAX;
    sr.u.sr.ts = 7;
    mw_source_sr(src, 2, &sr, now);
    mw_source_sr(src, 3, &sr, now);
}


static void
receiver_reports(void **state)
{
    uint8_t p[4] = { 0x90, 0x80, 1, 0x11 }, buf[100];
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_rtcp_writer_t w;

    (void) state;

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_source_write_rr(src, &w, now));
    assert_int_equal(0, w.len); /* nothing received, nothing to say */

    give(src, MW_CODEC_VP8, 1, 0, true, p, sizeof(p), now);
    give(src, MW_CODEC_VP8, 3, 0, true, p, sizeof(p), now);
    mw_rtcp_writer_init(&w, buf, 40);
    assert_int_equal(MW_AGAIN, mw_source_write_rr(src, &w, now));
    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_source_write_rr(src, &w, now));
    mw_rtcp_iter_init(&it, buf, w.len);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_REPORT, item.type);
    assert_int_equal(SOURCE_LOCAL, item.sender);
    assert_int_equal(SOURCE_SSRC, item.ssrc);
    assert_int_equal(1, item.u.report.lost);
    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_source_write_rr(src, &w, now));
    assert_int_equal(0, w.len);
}


static void
bad_input_is_counted(void **state)
{
    mw_source_stats_t st;
    uint8_t p[4] = { 0x90, 0x80, 1, 0x11 }, big[MW_PKT_MAX + 1] = { 0x10 };

    (void) state;

    assert_int_equal(
        MW_DROP, give(src, MW_CODEC_OPUS, 1, 0, true, p, sizeof(p), now));
    assert_int_equal(
        MW_DROP, give(src, MW_CODEC_VP8, 1, 0, true, big, sizeof(big), now));
    assert_int_equal(
        MW_OK, give(src, MW_CODEC_VP8, 1, 0, true, big, MW_PKT_MAX, now));
    assert_int_equal(MW_DROP, give(src, MW_CODEC_VP8, 2, 0, true, p, 3, now));
    assert_int_equal(MW_DROP, give(src, MW_CODEC_VP8, 2, 0, true, p, 4, now));
    assert_int_equal(
        MW_DROP, give(src, MW_CODEC_VP8, 30000, 0, true, p, 4, now));

    mw_source_stats(src, &st);
    assert_int_equal(3, st.malformed);
    assert_int_equal(1, st.duplicates);
    assert_int_equal(1, st.stale);
    assert_int_equal(2, st.packets);
}


static void
asks_for_lost_packets(void **state)
{
    unsigned i;
    mw_source_stats_t st;
    uint8_t p[4] = { 0x90, 0x80, 1, 0x11 };

    (void) state;

    give(src, MW_CODEC_VP8, 65535, 0, true, p, sizeof(p), now);
    give(src, MW_CODEC_VP8, 2, 0, true, p, sizeof(p), now);
    assert_int_equal(0, pub.nacks);
    assert_int_equal(now + 20 * MW_MSEC, pub.armed);

    /* one was only late */
    now += 5 * MW_MSEC;
    give(src, MW_CODEC_VP8, 0, 0, true, p, sizeof(p), now);
    now += 15 * MW_MSEC;
    mw_source_timeout(src, now);
    assert_int_equal(1, pub.nacks);
    assert_int_equal(1, pub.nacked[0]);

    /* ten times at most, and only while the publisher sends */
    for (i = 0; i < 100; i++) {
        now += 50 * MW_MSEC;
        give(src, MW_CODEC_VP8, (uint16_t) (3 + i), 0, true, p, sizeof(p), now);
        mw_source_timeout(src, now);
    }

    assert_int_equal(10, pub.nacks);
    mw_source_stats(src, &st);
    assert_int_equal(10, st.nacks);
}


/* the end of the picture before it is noticed missing only when it starts */
static void
asks_also_for_what_a_keyframe_follows(void **state)
{
    uint8_t inter[4] = { 0x90, 0x80, 1, 0x11 };
    uint8_t key[14] = { 0x90, 0x80, 2, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1,
        0xf0, 0, 0 };
    mw_source_stats_t st;

    (void) state;

    give(src, MW_CODEC_VP8, 10, 0, true, inter, sizeof(inter), now);
    give(src, MW_CODEC_VP8, 12, 3000, true, key, sizeof(key), now);
    mw_source_stats(src, &st);
    assert_int_equal(1, st.keyframes);

    now += 20 * MW_MSEC;
    mw_source_timeout(src, now);
    assert_int_equal(1, pub.nacks);
    assert_int_equal(11, pub.nacked[0]);
}


static void
gives_packets_back(void **state)
{
    uint8_t p[4] = { 0x90, 0x80, 1, 0x11 };

    (void) state;

    give(src, MW_CODEC_VP8, 1, 0, true, p, sizeof(p), now);
    assert_int_equal(1, mw_pool_used(pool));

    while (pub.armed != MW_NEVER) {
        assert_true(pub.armed > now);
        now = pub.armed;
        pub.armed = MW_NEVER;
        mw_source_timeout(src, now);
    }

    assert_int_equal(0, mw_pool_used(pool));
    assert_true(now <= 1006 * MW_SEC);
}


static void
keyframes_by_their_cost(void **state)
{
    int i, asked;
    mw_usec_t t;
    mw_keyframe_t k;

    (void) state;

    mw_keyframe_init(&k);
    assert_int_equal(MW_NEVER, mw_keyframe_next(&k));
    t = 10 * MW_SEC;
    assert_false(mw_keyframe_due(&k, t));
    mw_keyframe_want(&k);
    assert_true(mw_keyframe_due(&k, t)); /* nothing known: at once */
    assert_false(mw_keyframe_due(&k, t + 399 * MW_MSEC));
    assert_true(mw_keyframe_due(&k, t + 400 * MW_MSEC)); /* lost: again */
    assert_false(mw_keyframe_due(&k, t + 1199 * MW_MSEC));
    assert_true(mw_keyframe_due(&k, t + 1200 * MW_MSEC));

    /* 100 kB/s of which a keyframe is 40 kB, wanted all the time */
    asked = 0;

    for (i = 0; i < 6000; i++) {
        t += 10 * MW_MSEC;
        mw_keyframe_want(&k);

        if (mw_keyframe_due(&k, t)) {
            asked++;
            mw_keyframe_packet(&k, 40000, true, true, t);
        }

        mw_keyframe_packet(&k, 1000, false, false, t);
    }

    /* 40000 * 4 / ~130000: every 1.2 s or so */
    assert_in_range(asked, 40, 65);
}


static void
nack_is_bounded(void **state)
{
    int64_t seq;
    unsigned count, asked;
    uint16_t seqs[MW_NACK_BATCH];
    mw_usec_t t;
    mw_nack_t n;

    (void) state;

    mw_nack_init(&n);
    t = MW_SEC;
    mw_nack_received(&n, 10, true, t);
    mw_nack_received(&n, 10 + 101, true, t);
    assert_int_equal(100, n.count);
    assert_int_equal(0, mw_nack_due(&n, seqs, t));
    t += 20 * MW_MSEC;
    assert_int_equal(MW_NACK_BATCH, mw_nack_due(&n, seqs, t));
    assert_int_equal(11, seqs[0]);
    assert_int_equal(36, mw_nack_due(&n, seqs, t));
    assert_int_equal(0, mw_nack_due(&n, seqs, t));

    /* a keyframe makes those pointless that have been missing for long */
    mw_nack_forget(&n, 61, 4);
    assert_int_equal(100, n.count);

    for (count = 1; count < 4; count++) {
        t += 500 * MW_MSEC;
        assert_int_equal(MW_NACK_BATCH, mw_nack_due(&n, seqs, t));
        assert_int_equal(36, mw_nack_due(&n, seqs, t));
    }

    mw_nack_forget(&n, 61, 4);
    assert_int_equal(50, n.count);
    mw_nack_forget(&n, 71, 0);
    assert_int_equal(40, n.count);

    /* too many at once: given up */
    mw_nack_received(&n, 500, true, t);
    assert_int_equal(0, n.count);
    assert_int_equal(MW_NEVER, mw_nack_next(&n));

    /* every second packet is lost for good */
    asked = 0;

    for (seq = 502; seq < 20000; seq += 2) {
        t += 5 * MW_MSEC;
        mw_nack_received(&n, seq, true, t);
        assert_true(n.count <= MW_NACK_PENDING);
        count = mw_nack_due(&n, seqs, t);
        asked += count;
    }

    assert_true(asked < 10 * 10000);

    /* the round trip is learned from answers */
    mw_nack_init(&n);
    mw_nack_received(&n, 1, true, t);

    for (seq = 3; seq < 203; seq += 2) {
        mw_nack_received(&n, seq, true, t);
        t += 20 * MW_MSEC;
        assert_int_equal(1, mw_nack_due(&n, seqs, t));
        t += 40 * MW_MSEC;
        mw_nack_received(&n, seq - 1, false, t);
        assert_int_equal(0, n.count);
    }

    assert_in_range(n.rtt, 39 * MW_MSEC, 41 * MW_MSEC);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        cmocka_unit_test(order_of_packets),
        cmocka_unit_test(every_window_position),
        cmocka_unit_test(loss_and_jitter),
        cmocka_unit_test(one_clock_for_a_publisher),
        cmocka_unit_test(keyframes_by_their_cost),
        cmocka_unit_test(nack_is_bounded),
        T(fastest_report_counts),
        T(receiver_reports),
        T(bad_input_is_counted),
        T(asks_for_lost_packets),
        T(asks_also_for_what_a_keyframe_follows),
        T(gives_packets_back),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
