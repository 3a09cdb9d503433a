/* Temporal layers: which are sent, and that nobody misses the others. */

#include "media_fixture.h"

#define CAM    0x101 /* low two bits: the kind */
#define PERIOD 3600


static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t pub;
static mw_source_t *source;
static mw_slot_t *slot;
static sink_t sink;
static mw_usec_t now;
static uint16_t seq, id;
static uint32_t ts;
static uint8_t tl0;
static unsigned picture;

/* as libvpx makes three layers: 0 2 1 2, where both twos follow a lower one */
static const uint8_t tids[4] = { 0, 2, 1, 2 };


static int
setup(void **state)
{
    (void) state;

    now = 1000 * MW_SEC;
    seq = 65530;
    id = 32765;
    ts = 1000;
    tl0 = 250;
    picture = 0;
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    sink_init(&sink);
    pool = mw_pool_create(2048);
    source = make_source(&pub, pool, &rtp_clock, CAM);
    slot = make_slot(&sink, true, 32767);
    mw_slot_assign(slot, source, now);

    return pool == NULL || source == NULL || slot == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_slot_destroy(slot);
    mw_source_destroy(source);
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
    free(sink.out);

    return 0;
}


/* packet `n` of a picture of two; says what it is behind the descriptor */
static void
packet(uint16_t number, unsigned n, bool sync)
{
    uint8_t tid, p[12];

    tid = tids[picture & 3];
    p[0] = n == 0 ? 0x90 : 0x80;
    p[1] = 0xf0;
    mw_put16(p + 2, 0x8000 | (id & 0x7fff));
    p[4] = tl0;
    p[5] = (uint8_t) (tid << 6 | (sync ? 0x20 : 0) | 3);
    p[6] = picture == 0 && n == 0 ? 0x10 : 0x11;
    p[7] = tid;
    p[8] = (uint8_t) picture;
    p[9] = (uint8_t) n;
    mw_put16(p + 10, number);

    assert_int_equal(
        MW_OK, give(source, MW_CODEC_VP8, number, ts, n == 1, p, 12, now));
}


static void
next_picture(void)
{
    now += 40 * MW_MSEC;
    seq += 2;
    id++;
    ts += PERIOD;
    picture++;
    tl0 += tids[picture & 3] == 0;
}


/* one picture, all of whose packets come */
static void
whole(bool sync)
{
    packet(seq, 0, sync);
    packet((uint16_t) (seq + 1), 1, sync);
    next_picture();
}


static unsigned
out_id(const out_t *o)
{
    return mw_get16(o->payload + 2) & 0x7fff;
}


/* one stream without a gap from `from` on, of no layer above `most` */
static void
check(unsigned from, uint8_t most)
{
    unsigned i;
    const out_t *a, *b;

    for (i = from + 1; i < sink.count; i++) {
        a = &sink.out[i - 1];
        b = &sink.out[i];
        assert_true(b->payload[7] <= most);
        assert_int_equal(a->index + 1, b->index);
        assert_int_equal(b->payload[9] == 1, b->marker);

        if (a->payload[8] == b->payload[8]) {
            assert_int_equal(out_id(a), out_id(b));
            assert_int_equal(a->payload[4], b->payload[4]);
            continue;
        }

        assert_int_equal((out_id(a) + 1) & 0x7fff, out_id(b));
        assert_int_equal(
            (uint8_t) (a->payload[4] + (b->payload[7] == 0)), b->payload[4]);
    }
}


static void
fewer_pictures_leave_no_gap(void **state)
{
    unsigned i;
    mw_slot_stats_t stats;

    (void) state;

    for (i = 0; i < 8; i++) {
        whole(i % 4 == 1);
    }

    assert_int_equal(16, sink.count);
    mw_slot_set_temporal(slot, 1);

    for (i = 0; i < 8; i++) {
        whole(i % 4 == 1);
    }

    assert_int_equal(16 + 8, sink.count);
    mw_slot_set_temporal(slot, 0);

    for (i = 0; i < 8; i++) {
        whole(i % 4 == 1);
    }

    assert_int_equal(16 + 8 + 4, sink.count);
    check(0, 2);
    check(16, 1);
    check(24, 0);
    mw_slot_stats(slot, &stats);
    assert_int_equal(8 + 12, stats.thinned);
    assert_int_equal(0, pub.plis);
}


static void
more_pictures_from_a_sync_on(void **state)
{
    unsigned i, count;

    (void) state;

    whole(false);
    mw_slot_set_temporal(slot, 0);

    for (i = 0; i < 7; i++) {
        whole(false);
    }

    mw_slot_set_temporal(slot, MW_SLOT_TEMPORAL_ALL);
    count = sink.count;

    /* no picture but of the base refers to the base alone */
    for (i = 0; i < 4; i++) {
        whole(false);
    }

    assert_int_equal(count + 2, sink.count);
    count = sink.count;

    /* one of layer 2 does, which says nothing of the next of layer 1 */
    for (i = 0; i < 4; i++) {
        whole(i == 1);
    }

    assert_int_equal(count + 2, sink.count);
    count = sink.count;

    /* one of layer 1 does, then the next of layer 2 */
    for (i = 0; i < 4; i++) {
        whole(i >= 2);
    }

    assert_int_equal(count + 6, sink.count);
    check(0, 2);
}


static void
not_within_a_picture(void **state)
{
    (void) state;

    whole(false);
    packet(seq, 0, true);
    mw_slot_set_temporal(slot, 0);
    packet((uint16_t) (seq + 1), 1, true); /* its second half still goes */
    next_picture();
    assert_int_equal(4, sink.count);
    whole(true);
    assert_int_equal(4, sink.count);

    /* and of one whose start was lost nothing comes to be more */
    mw_slot_set_temporal(slot, MW_SLOT_TEMPORAL_ALL);
    whole(false);
    whole(false);
    next_picture();
    packet((uint16_t) (seq + 1), 1, true); /* layer 1, second half */
    packet(seq, 0, true);
    assert_int_equal(6 + 1, sink.count); /* the number is filled */
    assert_int_equal(0, sink.out[6].len);
}


static void
late_ones_know_what_was_sent_before_them(void **state)
{
    out_t last;
    uint16_t late;
    uint32_t late_ts;
    mw_rtcp_item_t nack;

    (void) state;

    whole(false);
    whole(false);
    whole(false);
    mw_slot_set_temporal(slot, 1);
    whole(false);                /* left out */
    packet(seq, 0, false);       /* a base picture, */
    late = (uint16_t) (seq + 1); /* whose second half is late, */
    late_ts = ts;
    next_picture();
    whole(false); /* left out */
    whole(false); /* and one of layer 1 */

    picture -= 3; /* back to that one */
    ts = late_ts;
    id -= 3;
    packet(late, 1, false);

    last = sink.out[sink.count - 1];
    assert_int_equal(4, last.payload[8]);
    assert_int_equal(out_id(&sink.out[6]), out_id(&last));
    assert_int_equal(sink.out[6].index + 1, last.index);
    assert_int_equal((out_id(&last) + 1) & 0x7fff, out_id(&sink.out[7]));

    /* and so does one that is sent again */
    memset(&nack, 0, sizeof(nack));
    nack.type = MW_RTCP_NACK;
    nack.ssrc = SLOT_SSRC;
    nack.u.nack.pid = sink.out[0].seq;
    mw_slot_rtcp(slot, &nack, now);
    last = sink.out[sink.count - 1];
    assert_int_equal(SLOT_RTX, last.ssrc);
    assert_memory_equal(sink.out[0].payload, last.payload + 2, 12);
}


/* who refer to pictures by their ids keep them */
static void
vp9_keeps_its_ids(void **state)
{
    unsigned i, count;
    uint8_t p[8] = { 0xac, 0, 0, 0, 0, 0x55, 0x55, 0x55 };

    (void) state;

    count = 0;

    for (i = 0; i < 12; i++) {
        if (i == 4) {
            mw_slot_set_temporal(slot, 0);

        } else if (i == 8) {
            mw_slot_set_temporal(slot, 2);
        }

        p[0] = i == 0 ? 0xac : 0xec;
        mw_put16(p + 1, (uint16_t) (0x8000 | (100 + i)));
        p[3] = (uint8_t) (tids[i & 3] << 5 | (i & 3 ? 0 : 0x10));
        p[4] = (uint8_t) (i / 4);
        give(source, MW_CODEC_VP9, (uint16_t) i, i * PERIOD, true, p, 8, now);
        count += i < 4 || i >= 8 || i == 4;
        assert_int_equal(count, sink.count);
        assert_int_equal(32766 + count, sink.out[count - 1].index);
        assert_int_equal(i > 4 && i < 8 ? 104 : 100 + i,
            mw_get16(sink.out[count - 1].payload + 1) & 0x7fff);
    }
}


static void
each_layer_is_measured(void **state)
{
    unsigned i;
    mw_level_t levels[MW_LEVELS];

    (void) state;

    for (i = 0; i < 100; i++) {
        whole(false);
    }

    assert_int_equal(3, mw_source_levels(source, levels, now));
    assert_in_range(levels[2].rate, 4000, 5000); /* 12 bytes, 50 a second */
    assert_in_range(levels[1].rate, 2000, 2600);
    assert_in_range(levels[0].rate, 1000, 1400);
}


int
main(void)
{
#define with(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        with(fewer_pictures_leave_no_gap),
        with(more_pictures_from_a_sync_on),
        with(not_within_a_picture),
        with(late_ones_know_what_was_sent_before_them),
        with(vp9_keeps_its_ids),
        with(each_layer_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
