/* A picture's slot behind one or two sources, step by step. */

#include "media_fixture.h"

#define CAM1 0x101 /* low two bits: the kind */
#define CAM2 0x205


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
    src1 = make_source(&pub1, pool, &rtp_clock, CAM1);
    src2 = make_source(&pub2, pool, &rtp_clock, CAM2);
    slot = make_slot(&sink, true, 32767);

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


/* a VP8 packet with a 15-bit picture id, TL0PICIDX and KEYIDX */
static mw_rc_t
vp8(mw_source_t *source, uint16_t seq, uint32_t ts, bool start, bool key,
    uint16_t id, uint8_t tl0)
{
    uint8_t p[12] = { 0x80, 0xd0, 0, 0, 0, 0, 0, 0x55 };

    p[0] = start ? 0x90 : 0x80;
    mw_put16(p + 2, 0x8000 | id);
    p[4] = tl0;
    p[5] = 3; /* KEYIDX */
    p[6] = key ? 0x10 : 0x11;
    mw_put32(p + 8, seq);

    return give(source, MW_CODEC_VP8, seq, ts, !start, p, sizeof(p), now);
}


static const out_t *
last(void)
{
    assert_true(sink.count > 0);

    return &sink.out[sink.count - 1];
}


static unsigned
out_id(const out_t *o)
{
    assert_int_equal(0x80, o->payload[0] & 0x80);
    assert_int_equal(0x80, o->payload[1] & 0x80);

    return mw_get16(o->payload + 2) & 0x7fff;
}


static void
starts_at_a_keyframe(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    assert_int_equal(MW_SLOT_WAITING, sink.state);

    vp8(src1, 10, 3000, true, false, 7, 1);
    assert_int_equal(0, sink.count);
    assert_int_equal(1, pub1.plis); /* asked as soon as somebody sends */

    vp8(src1, 11, 6000, true, true, 8, 2);
    assert_int_equal(MW_SLOT_LIVE, sink.state);
    assert_int_equal(1, sink.count);
    assert_int_equal(32767, last()->seq);
    assert_int_equal(SLOT_SSRC, last()->ssrc);
    assert_int_equal(CAM1, last()->csrc);
    assert_int_equal(0xfffff000, last()->ts);
    assert_int_equal(100 + MW_CODEC_VP8, last()->pt);
    assert_int_equal(8, out_id(last()));
    assert_int_equal(1, sink.rtcp); /* a sender report comes along */

    vp8(src1, 12, 9000, false, false, 9, 3);
    assert_int_equal(32768, last()->index);
    assert_int_equal((uint32_t) (0xfffff000 + 3000), last()->ts);
    assert_true(last()->marker);
}


static void
a_switch_goes_on(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 11, 6000, true, true, 0x7fff, 255);

    now += 100 * MW_MSEC;
    mw_slot_assign(slot, src2, now);
    vp8(src1, 12, 9000, true, false, 0, 0);
    assert_int_equal(1, sink.count); /* the old picture stops */
    vp8(src2, 500, 77, true, false, 40, 9);
    assert_int_equal(1, sink.count);

    now += 100 * MW_MSEC;
    vp8(src2, 501, 3077, true, true, 41, 10);
    assert_int_equal(2, sink.count);
    assert_int_equal(32768, last()->index);
    assert_int_equal(CAM2, last()->csrc);
    assert_int_equal((uint32_t) (0xfffff000 + 18000), last()->ts);
    assert_int_equal(0, out_id(last())); /* after 0x7fff */
    assert_int_equal(0, last()->payload[4]);
    assert_int_equal(4, last()->payload[5]);

    vp8(src2, 502, 6077, true, false, 42, 10);
    assert_int_equal(1, out_id(last()));
    assert_int_equal(0, last()->payload[4]);
}


static void
late_packets_get_their_number(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 65534, 0, true, true, 1, 1);
    vp8(src1, 65535, 0, false, false, 1, 1);
    vp8(src1, 2, 3000, true, false, 2, 1); /* 0 and 1 are missing */
    assert_int_equal(3, sink.count);
    assert_int_equal(32767 + 4, last()->index);

    vp8(src1, 0, 0, false, false, 1, 1);
    assert_int_equal(32767 + 2, last()->index);
    assert_int_equal(MW_DROP, vp8(src1, 0, 0, false, false, 1, 1));
    assert_int_equal(4, sink.count);
    vp8(src1, 1, 0, false, false, 1, 1);
    assert_int_equal(32767 + 3, last()->index);
    vp8(src1, 3, 3000, false, false, 2, 1);
    assert_int_equal(32767 + 5, last()->index);

    /* before the start: nowhere to go */
    vp8(src1, 65533, 0, false, false, 1, 1);
    assert_int_equal(6, sink.count);
}


static void
padding_leaves_no_gap(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 100, 0, true, true, 1, 1);
    give(src1, MW_CODEC_VP8, 101, 0, false, NULL, 0, now);
    give(src1, MW_CODEC_VP8, 102, 0, false, NULL, 0, now);
    assert_int_equal(1, sink.count);
    vp8(src1, 103, 3000, true, false, 2, 1);
    assert_int_equal(32768, last()->index);

    /* padding that comes late fills its number, without the P bit */
    vp8(src1, 106, 6000, true, false, 3, 1);
    assert_int_equal(32771, last()->index);
    give(src1, MW_CODEC_VP8, 104, 3000, false, NULL, 0, now);
    assert_int_equal(32769, last()->index);
    assert_int_equal(0, last()->len);
    assert_false(last()->padding);
    vp8(src1, 105, 6000, true, false, 3, 1);
    assert_int_equal(32770, last()->index);
}


static void
keyframe_out_of_order(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 9, 0, true, false, 1, 1);
    vp8(src1, 11, 3000, false, true, 2, 1);
    vp8(src1, 12, 3000, false, true, 2, 1);
    assert_int_equal(0, sink.count);
    vp8(src1, 10, 3000, true, true, 2, 1);
    assert_int_equal(3, sink.count);
    assert_int_equal(32767, sink.out[0].index);
    assert_int_equal(10, mw_get32(sink.out[0].payload + 8));
    assert_int_equal(11, mw_get32(sink.out[1].payload + 8));
    assert_int_equal(32769, sink.out[2].index);
}


static void
joins_a_fresh_keyframe(void **state)
{
    (void) state;

    vp8(src1, 10, 3000, true, true, 2, 1);
    vp8(src1, 11, 3000, false, true, 2, 1);
    vp8(src1, 13, 6000, true, false, 3, 1);
    now += 200 * MW_MSEC;
    mw_slot_assign(slot, src1, now);
    assert_int_equal(MW_SLOT_LIVE, sink.state);
    assert_int_equal(3, sink.count);
    assert_int_equal(32767 + 3, last()->index);
    assert_int_equal(0, pub1.plis);
    vp8(src1, 12, 3000, false, true, 2, 1);
    assert_int_equal(32767 + 2, last()->index);

    /* an older one is of no use */
    now += 300 * MW_MSEC;
    mw_slot_assign(slot, NULL, now);
    assert_int_equal(MW_SLOT_EMPTY, sink.state);
    mw_slot_assign(slot, src1, now);
    assert_int_equal(4, sink.count);
    assert_int_equal(1, pub1.plis);
}


static void
nack(uint16_t pid, uint16_t blp)
{
    mw_rtcp_item_t item;

    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_NACK;
    item.sender = 1;
    item.ssrc = SLOT_SSRC;
    item.u.nack.pid = pid;
    item.u.nack.blp = blp;
    mw_slot_rtcp(slot, &item, now);
}


static void
answers_nack(void **state)
{
    mw_slot_stats_t st;

    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 100, 0, true, true, 1, 1);
    vp8(src1, 101, 0, false, true, 1, 1);
    vp8(src1, 103, 3000, true, false, 2, 1);

    now += 50 * MW_MSEC;
    nack(32767, 0x3); /* the first, the second, and one we never got */
    assert_int_equal(5, sink.count);
    assert_int_equal(SLOT_RTX, sink.out[3].ssrc);
    assert_int_equal(77, sink.out[3].index);
    assert_int_equal(78, sink.out[4].index);
    assert_int_equal(120 + MW_CODEC_VP8, sink.out[3].pt);
    assert_int_equal(32767, mw_get16(sink.out[3].payload));
    assert_int_equal(32768, mw_get16(sink.out[4].payload));
    assert_int_equal(sink.out[1].ts, sink.out[4].ts);
    assert_int_equal(sink.out[1].marker, sink.out[4].marker);
    assert_int_equal(sink.out[1].len + 2, sink.out[4].len);
    assert_memory_equal(sink.out[1].payload, sink.out[4].payload + 2, 12);

    nack(32767, 0); /* answered within the round trip */
    assert_int_equal(5, sink.count);
    now += 150 * MW_MSEC;
    nack(32767, 0);
    assert_int_equal(6, sink.count);

    /* with copies, where one more loss would come too late */

    mw_slot_protect(slot, 0, 2);
    now += 150 * MW_MSEC;
    nack(32767, 0);
    assert_int_equal(9, sink.count);
    assert_int_equal(32767, mw_get16(sink.out[8].payload));
    mw_slot_protect(slot, 0, 0);

    nack(40000, 0); /* never sent */
    nack(32766, 0);
    assert_int_equal(9, sink.count);

    mw_slot_stats(slot, &st);
    assert_int_equal(6, st.rtx_packets);
    assert_int_equal(3, st.nack_missed);
    assert_int_equal(1, st.nack_refused);

    /* after a switch nothing of the old source is sent again */
    mw_slot_assign(slot, src2, now);
    vp8(src2, 7, 0, true, true, 1, 1);
    now += 150 * MW_MSEC;
    nack(32767, 0);
    assert_int_equal(10, sink.count);

    /* nor what is too old to be kept */
    vp8(src2, 8, 3000, true, false, 2, 1);
    now += 2 * MW_SEC;
    vp8(src2, 9, 6000, true, false, 3, 1);
    nack(32767 + 4, 0);
    assert_int_equal(12, sink.count);
}


/* what a publisher says of it goes on as it is, again with what is sent again */
static void
capture_time_is_passed_on(void **state)
{
    static const uint8_t at[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff, 0xff,
        0xfe, 9, 9, 9, 9 };

    (void) state;

    mw_slot_assign(slot, src1, now);
    give_captured = at;
    vp8(src1, 100, 0, true, true, 1, 1);
    give_captured = NULL;
    vp8(src1, 101, 0, false, true, 1, 1);

    now += 50 * MW_MSEC;
    nack(32767, 1);
    assert_int_equal(4, sink.count);
    assert_true(sink.out[0].captured && sink.out[2].captured);
    assert_memory_equal(at, sink.out[0].capture, sizeof(at));
    assert_memory_equal(at, sink.out[2].capture, sizeof(at));
    assert_false(sink.out[1].captured || sink.out[3].captured);
}


static void
rtx_stays_in_its_budget(void **state)
{
    unsigned i, rtx;
    uint8_t p[1000] = { 0x90, 0x80, 0x80, 1, 0x10 };

    (void) state;

    mw_slot_assign(slot, src1, now);
    give(src1, MW_CODEC_VP8, 100, 0, false, p, sizeof(p), now);

    for (i = 1; i < 200; i++) {
        p[0] = 0x80;
        give(src1, MW_CODEC_VP8, (uint16_t) (100 + i), 0, false, p, sizeof(p),
            now);
    }

    assert_int_equal(200, sink.count);

    /* a receiver that claims to have lost everything, again and again */
    for (i = 0; i < 2000; i++) {
        now += MW_MSEC;
        nack((uint16_t) (32767 + i % 200), 0);
    }

    rtx = sink.count - 200;
    assert_in_range(rtx, 50, 120); /* credit: 20000 and half of 200000 */

    for (i = 200; i < sink.count; i++) {
        assert_int_equal(77 + i - 200, sink.out[i].index);
    }
}


static void
pli_is_limited(void **state)
{
    int i;
    mw_rtcp_item_t item;

    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 100, 0, true, true, 1, 1);
    now += 5 * MW_SEC;
    vp8(src1, 101, 450000, true, false, 2, 1);
    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_PLI;
    item.ssrc = SLOT_SSRC;

    for (i = 0; i < 100; i++) {
        mw_slot_rtcp(slot, &item, now);
        now += MW_MSEC;
    }

    assert_int_equal(1, pub1.plis);

    /* repeated by the source's timer while no keyframe comes */
    assert_true(pub1.armed < MW_NEVER);
    now += 400 * MW_MSEC;
    vp8(src1, 102, 500000, true, false, 3, 1);
    assert_int_equal(2, pub1.plis);
}


static void
codec_not_negotiated(void **state)
{
    uint8_t pt[MW_CODECS] = { 0 }, rtx_pt[MW_CODECS] = { 0 };
    uint8_t av1[4] = { 0x18, 0x0a, 1, 2 };
    mw_ext_ids_t ids = { { 0 } };

    (void) state;

    pt[MW_CODEC_VP8] = 96;
    mw_slot_update(slot, pt, rtx_pt, &ids, now);
    mw_slot_assign(slot, src1, now);
    give(src1, MW_CODEC_AV1, 1, 0, true, av1, sizeof(av1), now);
    assert_int_equal(MW_SLOT_UNSUPPORTED, sink.state);
    assert_int_equal(0, sink.count);
    assert_int_equal(0, pub1.plis);

    /* the publisher changes to one that is */
    vp8(src1, 2, 3000, true, true, 1, 1);
    assert_int_equal(MW_SLOT_LIVE, sink.state);
    assert_int_equal(96, last()->pt);

    /* and back, after the subscriber learned it */
    pt[MW_CODEC_AV1] = 45;
    mw_slot_update(slot, pt, rtx_pt, &ids, now);
    give(src1, MW_CODEC_AV1, 3, 6000, true, av1, sizeof(av1), now);
    assert_int_equal(45, last()->pt);
    assert_int_equal(4, last()->len);
}


static void
a_new_numbering_starts_anew(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 100, 0, true, true, 1, 1);

    /* RFC 3550 A.1: the first after a jump is not believed, the second is */
    assert_int_equal(MW_DROP, vp8(src1, 30000, 0, true, true, 9, 1));
    assert_int_equal(MW_OK, vp8(src1, 30001, 3000, true, false, 10, 1));
    assert_int_equal(MW_SLOT_WAITING, sink.state);
    now += 33 * MW_MSEC;
    vp8(src1, 30002, 6000, true, true, 11, 1);
    assert_int_equal(2, sink.count);
    assert_int_equal(32768, last()->index);
    assert_int_equal(2, out_id(last()));

    /* a gap too long to be left open */
    vp8(src1, 30002 + 300, 9000, true, false, 12, 1);
    assert_int_equal(MW_SLOT_WAITING, sink.state);
    assert_int_equal(2, sink.count);
    vp8(src1, 30002 + 301, 12000, true, true, 13, 1);
    assert_int_equal(32769, last()->index);
}


static void
muted_by_rights(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 100, 0, true, true, 1, 1);
    mw_source_mute(src1, true, now);
    assert_int_equal(MW_SLOT_WAITING, sink.state);
    vp8(src1, 101, 3000, true, true, 2, 1);
    assert_int_equal(1, sink.count);
    mw_source_mute(src1, false, now);
    vp8(src1, 102, 6000, true, false, 3, 1);
    assert_int_equal(1, sink.count);
    vp8(src1, 103, 9000, true, true, 4, 1);
    assert_int_equal(32768, last()->index);
    assert_int_equal(2, out_id(last()));
}


static void
source_ends(void **state)
{
    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 100, 0, true, true, 1, 1);
    mw_source_destroy(src1);
    src1 = NULL;
    assert_int_equal(MW_SLOT_EMPTY, sink.state);
    assert_null(mw_slot_source(slot));
    nack(32767, 0);
    assert_int_equal(1, sink.count);
}


static void
nothing_can_be_sent(void **state)
{
    unsigned i;
    uint16_t seq;

    (void) state;

    mw_slot_assign(slot, src1, now);
    vp8(src1, 0, 0, true, true, 1, 1);
    sink.result = MW_DROP;

    /* 20 minutes at 50 packets a second, a keyframe each second */
    for (i = 1; i < 60000; i++) {
        now += 20 * MW_MSEC;
        seq = (uint16_t) i;
        vp8(src1, seq, i * 1800, true, i % 50 == 0, (uint16_t) (i & 0x7fff), 1);
    }

    assert_true(sink.count < 1600);

    sink.result = MW_OK;
    now += MW_SEC;
    vp8(src1, (uint16_t) i, i * 1800, true, true, 5, 1);
    assert_int_equal(MW_SLOT_LIVE, sink.state);
    assert_true(last()->index - 32767 < 2000);
    vp8(src1, (uint16_t) (i + 1), i * 1800, false, false, 5, 1);
    assert_int_equal(last()->index, sink.out[sink.count - 2].index + 1);
}


static void
numbers_roll_over(void **state)
{
    unsigned i;
    uint64_t index;

    (void) state;

    mw_slot_assign(slot, src1, now);
    index = 32767;

    for (i = 0; i < 200000; i++) {
        sink.count = 0;
        now += 3 * MW_MSEC;
        vp8(src1, (uint16_t) (60000 + i), i * 270, true, i % 1000 == 0,
            (uint16_t) (i & 0x7fff), (uint8_t) i);
        assert_int_equal(1, sink.count);
        assert_int_equal(index++, last()->index);
        assert_int_equal(i & 0x7fff, out_id(last()));
    }

    nack((uint16_t) (index - 10), 0);
    assert_int_equal(SLOT_RTX, last()->ssrc);
    assert_int_equal((uint16_t) (index - 10), mw_get16(last()->payload));
    assert_int_equal(
        (60000 + 200000 - 10) & 0xffff, mw_get32(last()->payload + 2 + 8));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(starts_at_a_keyframe),
        T(a_switch_goes_on),
        T(late_packets_get_their_number),
        T(padding_leaves_no_gap),
        T(keyframe_out_of_order),
        T(joins_a_fresh_keyframe),
        T(answers_nack),
        T(capture_time_is_passed_on),
        T(rtx_stays_in_its_budget),
        T(pli_is_limited),
        T(codec_not_negotiated),
        T(a_new_numbering_starts_anew),
        T(muted_by_rights),
        T(source_ends),
        T(nothing_can_be_sent),
        T(numbers_roll_over),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
