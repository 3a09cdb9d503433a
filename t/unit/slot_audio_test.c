/* A sound's slot, and what sender and receiver reports say about it. */

#include "media_fixture.h"
#include "mw_red.h"

#define MIC1 0x100 /* low two bits: the kind */
#define MIC2 0x204


static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t pub1, pub2;
static mw_source_t *src1, *src2;
static mw_slot_t *slot;
static sink_t sink;
static mw_usec_t now;


static int
setup(void **state)
{
    (void) state;

    now = 1000 * MW_SEC;
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    sink_init(&sink);
    pool = mw_pool_create(2048);
    src1 = make_source(&pub1, pool, &rtp_clock, MIC1);
    src2 = make_source(&pub2, pool, &rtp_clock, MIC2);
    slot = make_slot(&sink, false, 5);

    return pool == NULL || src1 == NULL || src2 == NULL || slot == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_slot_destroy(slot);
    mw_source_destroy(src1);
    mw_source_destroy(src2);
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
    free(sink.out);

    return 0;
}


static const out_t *
last(void)
{
    assert_true(sink.count > 0);

    return &sink.out[sink.count - 1];
}


static void
audio(mw_source_t *source, uint16_t seq, uint32_t ts)
{
    uint8_t p[20] = { 0x78 };

    give(source, MW_CODEC_OPUS, seq, ts, false, p, sizeof(p), now);
}


static void
audio_switches_at_once(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    audio(src1, 7, 960);
    audio(src1, 8, 1920);
    assert_int_equal(2, sink.count);
    assert_true(sink.out[0].marker);
    assert_false(sink.out[1].marker);
    now += 20 * MW_MSEC;
    mw_slot_assign(slot, src2, now);
    audio(src2, 60000, 5);
    assert_int_equal(7, last()->index);
    assert_int_equal(sink.out[1].ts + 960, last()->ts);
    assert_int_equal(MIC2, last()->csrc);
    assert_true(last()->marker);

    /* the old one in its new place is not heard */
    audio(src1, 9, 2880);
    assert_int_equal(3, sink.count);
}


static void
silence_leaves_no_gap(void **state)
{
    uint16_t i;

    (void) state;

    mw_slot_assign(slot, src1, now);
    audio(src1, 7, 960);
    pub1.audible = false;

    for (i = 8; i < 500; i++) {
        audio(src1, i, 960u * i);
    }

    /* one that comes late does not break the silence */
    audio(src1, 501, 960u * 501);
    audio(src1, 500, 960u * 500);
    assert_int_equal(1, sink.count);

    pub1.audible = true;
    audio(src1, 502, 480000);
    assert_int_equal(6, last()->index);
    assert_true(last()->marker);
    assert_int_equal(sink.out[0].ts + 480000 - 960, last()->ts);

    /* levels are guessed where the publisher sends none */
    assert_int_equal(50, pub1.level);
}


static void
sender_reports_follow_the_source(void **state)
{
    uint8_t buf[100];
    uint64_t ntp;
    mw_rtcp_item_t item;
    mw_rtcp_iter_t it;
    mw_rtcp_writer_t w;

    (void) state;

    mw_slot_assign(slot, src1, now);
    audio(src1, 7, 960);

    /* the publisher says: at its time 5000 s the timestamp was 960 + 4800 */
    ntp = (uint64_t) 5000 << 32;
    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_SR;
    item.u.sr.ntp = ntp;
    item.u.sr.ts = 960 + 4800;
    mw_source_sr(src1, 0, &item, now);

    now += MW_SEC;
    mw_rtcp_writer_init(&w, buf, 8);
    assert_int_equal(MW_OK, mw_slot_write_sr(slot, &w, now)); /* nothing new */
    assert_int_equal(0, w.len);
    audio(src1, 8, 1920);
    assert_int_equal(MW_AGAIN, mw_slot_write_sr(slot, &w, now));
    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_slot_write_sr(slot, &w, now));

    mw_rtcp_iter_init(&it, buf, w.len);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_SR, item.type);
    assert_int_equal(SLOT_SSRC, item.ssrc);
    assert_true(item.u.sr.ntp == mw_ntp(now));
    assert_int_equal(2, item.u.sr.packets);
    assert_int_equal(40, item.u.sr.octets);
    assert_int_equal((uint32_t) (sink.out[0].ts + 4800 + 48000), item.u.sr.ts);

    /* a report that contradicts the packets by hours is not believed */
    item.u.sr.ntp = ntp;
    item.u.sr.ts = 960 + 4800 + 48000 * 3600;
    mw_source_sr(src1, 0, &item, now);
    audio(src1, 9, 2880);
    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_slot_write_sr(slot, &w, now));
    mw_rtcp_iter_init(&it, buf, w.len);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(last()->ts, item.u.sr.ts);
}


static void
round_trip_time(void **state)
{
    mw_rtcp_item_t item;
    mw_slot_stats_t st;

    (void) state;

    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_REPORT;
    item.u.report.lsr = (uint32_t) (mw_ntp(now) >> 16);
    item.u.report.dlsr = 65536 / 2;
    item.u.report.fraction = 10;
    item.u.report.lost = -3;
    mw_slot_rtcp(slot, &item, now + 540 * MW_MSEC);
    mw_slot_stats(slot, &st);
    assert_in_range(st.rtt, 39900, 40100);
    assert_int_equal(-3, st.lost);
    assert_int_equal(10, st.fraction_lost);

    /* one that would be negative changes nothing */
    mw_slot_rtcp(slot, &item, now + 499 * MW_MSEC);
    mw_slot_stats(slot, &st);
    assert_in_range(st.rtt, 39900, 40100);
}


/* a packet of RED: the one before it, and itself */
static void
redundant(mw_source_t *source, uint16_t seq, uint32_t ts, uint32_t offset)
{
    mw_rtp_t rtp;
    size_t len;
    mw_demux_hit_t hit;
    uint8_t p[64], first[3] = { 0x78, 1, 2 }, second[4] = { 0x78, 3, 4, 5 };
    mw_red_block_t blocks[2] = {
        { 111, (uint16_t) offset, sizeof(first), first },
        { 111, 0, sizeof(second), second },
    };

    len = mw_red_write(blocks, 2, p, sizeof(p));
    assert_true(len > 0);

    memset(&rtp, 0, sizeof(rtp));
    memset(&hit, 0, sizeof(hit));
    rtp.payload = p;
    rtp.payload_len = len;
    rtp.ts = ts;
    rtp.ssrc = hit.ssrc = SOURCE_SSRC;
    rtp.seq = seq;
    rtp.pt = 111;
    hit.codec = MW_CODEC_OPUS;
    hit.red = true;
    (void) mw_source_input(source, &rtp, &hit, now);
}


/* who sends redundancy is heard by all, and what was lost comes out of it */
static void
redundancy_comes_in(void **state)
{
    mw_source_stats_t st;

    (void) state;

    mw_slot_assign(slot, src1, now);
    audio(src1, 7, 960);
    redundant(src1, 8, 1920, 960);
    assert_int_equal(2, sink.count);
    assert_int_equal(4, last()->len);
    assert_int_equal(100 + MW_CODEC_OPUS, last()->pt);

    /* 9 is lost, and is in 10; its place was kept */
    redundant(src1, 10, 3840, 960);
    assert_int_equal(4, sink.count);
    assert_int_equal(8, sink.out[2].index);
    assert_int_equal(7, last()->index);
    assert_int_equal(3, last()->len);
    assert_int_equal(sink.out[2].ts - 960, last()->ts);

    mw_source_stats(src1, &st);
    assert_int_equal(1, st.recovered);
    assert_int_equal(0, st.duplicates);

    /* what cannot be read is not forwarded */
    redundant(src1, 11, 4800, 960);
    assert_int_equal(5, sink.count);
    give(src1, MW_CODEC_OPUS, 12, 5760, false, NULL, 0, now);
    mw_source_stats(src1, &st);
    assert_int_equal(0, st.malformed);
}


/* who loses packets is sent each again in those behind it, if he takes that */
static void
redundancy_goes_out(void **state)
{
    unsigned n;
    mw_slot_stats_t st;
    mw_red_block_t blocks[MW_RED_BLOCKS];

    (void) state;

    mw_slot_assign(slot, src1, now);
    mw_slot_protect(slot, 2, 0);
    audio(src1, 7, 960);
    audio(src1, 8, 1920);
    assert_int_equal(100 + MW_CODEC_OPUS, last()->pt);
    assert_true(last()->twice); /* the other way */

    mw_slot_set_red(slot, 63);
    audio(src1, 9, 2880);
    assert_false(last()->twice);
    assert_int_equal(63, last()->pt);
    n = mw_red_read(blocks, last()->payload, last()->len);
    assert_int_equal(3, n);
    assert_int_equal(1920, blocks[0].offset);
    assert_int_equal(960, blocks[1].offset);
    assert_int_equal(100 + MW_CODEC_OPUS, blocks[1].pt);
    assert_int_equal(20, blocks[2].len);

    /* one that never came cannot be sent */
    audio(src1, 11, 4800);
    n = mw_red_read(blocks, last()->payload, last()->len);
    assert_int_equal(2, n);
    assert_int_equal(1920, blocks[0].offset);

    mw_slot_protect(slot, 0, 0);
    audio(src1, 12, 5760);
    assert_int_equal(100 + MW_CODEC_OPUS, last()->pt);
    mw_slot_stats(slot, &st);
    assert_int_equal(2, st.red_packets);
}


/* lost sound is asked for again, but only as long as it is of use */
static void
lost_sound_is_asked_for(void **state)
{
    unsigned i;

    (void) state;

    audio(src1, 7, 960);
    audio(src1, 9, 2880);
    assert_int_equal(now + 20 * MW_MSEC, pub1.armed);
    now += 20 * MW_MSEC;
    mw_source_timeout(src1, now);
    assert_int_equal(1, pub1.nacks);
    assert_int_equal(8, pub1.nacked[0]);

    for (i = 0; i < 50; i++) {
        now += 20 * MW_MSEC;
        audio(src1, (uint16_t) (10 + i), 3840 + i * 960);
        mw_source_timeout(src1, now);
    }

    assert_in_range(pub1.nacks, 2, 3);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(audio_switches_at_once),
        T(silence_leaves_no_gap),
        T(sender_reports_follow_the_source),
        T(round_trip_time),
        T(redundancy_comes_in),
        T(redundancy_goes_out),
        T(lost_sound_is_asked_for),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
