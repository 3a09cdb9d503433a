/* Spatial layers that share one stream of VP9: which are sent, and how. */

#include "media_fixture.h"

#define CAM    0x101 /* low two bits: the kind */
#define LAYERS 3


static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t pub;
static mw_source_t *source;
static mw_slot_t *slot;
static sink_t sink;
static mw_usec_t now;
static uint16_t seq;
static unsigned id; /* does not wrap */
static unsigned plis;
static bool alone; /* layers build on each other in keyframes only */
static unsigned top;


static int
setup(void **state)
{
    (void) state;

    now = 1000 * MW_SEC;
    seq = 65530;
    id = 32765;
    plis = 0;
    alone = true;
    top = LAYERS;
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    sink_init(&sink);
    pool = mw_pool_create(2048);
    source = make_source(&pub, pool, &rtp_clock, CAM);
    slot = make_slot(&sink, true, 32767);
    mw_slot_set_height(slot, 1080, now);
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


/* a frame of one layer in two packets; at its end: layer, picture, keyframe */
static void
frame(unsigned sid, bool key)
{
    unsigned n, i;
    uint8_t *p, buf[40];

    for (n = 0; n < 2; n++) {
        memset(buf, 0, sizeof(buf));
        p = buf;
        *p++ = (uint8_t) (0xa0 | (key ? 0 : 0x40) | (n == 0 ? 0x08 : 0x04)
                          | (key && sid == 0 && n == 0 ? 0x02 : 0));
        mw_put16(p, (uint16_t) (0x8000 | (id & 0x7fff)));
        p += 2;
        *p++ = (uint8_t) (sid << 1 | (sid > 0 && (key || !alone)));
        *p++ = 7;

        if (key && sid == 0 && n == 0) {
            *p++ = (LAYERS - 1) << 5 | 0x10;

            for (i = 0; i < LAYERS; i++, p += 4) {
                mw_put16(p, (uint16_t) (320 << i));
                mw_put16(p + 2, (uint16_t) (180 << i));
            }
        }

        buf[37] = (uint8_t) sid;
        buf[38] = (uint8_t) id;
        buf[39] = key;
        (void) give(source, MW_CODEC_VP9, seq++, id * 3600u,
            n == 1 && sid + 1 == top, buf, sizeof(buf), now);
    }
}


static void
picture(void)
{
    bool key;
    unsigned sid;

    key = pub.plis != plis || id == 32765;
    plis = pub.plis;

    for (sid = 0; sid < top; sid++) {
        frame(sid, key);
    }

    id++;
    now += 40 * MW_MSEC;
    mw_source_timeout(source, now);
}


static void
pictures(unsigned n)
{
    while (n-- > 0) {
        picture();
    }
}


/* no gap; each picture ends with a marker and holds layer `sid` */
static void
check(unsigned from, unsigned sid)
{
    unsigned i;
    const out_t *o, *before;

    for (i = from; i < sink.count; i++) {
        o = &sink.out[i];
        assert_true(o->payload[37] <= sid);
        assert_true(o->payload[39] || !alone || o->payload[37] == sid);
        assert_int_equal(
            o->payload[37] == sid && (o->payload[0] & 0x04), o->marker);

        if (i > from) {
            before = o - 1;
            assert_int_equal(before->index + 1, o->index);
            assert_int_equal(before->marker, o->ts != before->ts);
        }
    }
}


static void
each_is_sent_alone_between_keyframes(void **state)
{
    unsigned count, sid;
    static const unsigned heights[] = { 100, 700, 350, 700, 180 };
    static const unsigned sids[] = { 0, 2, 1, 2, 0 };

    (void) state;

    pictures(3);

    /* that layers are alone is seen in the second picture */
    assert_int_equal(6 + 4 + 2, sink.count);
    check(10, 2);

    for (sid = 0; sid < 5; sid++) {
        count = pub.plis;
        mw_slot_set_height(slot, heights[sid], now);
        pictures(25);
        assert_int_equal(count + 1, pub.plis);
        count = sink.count;
        pictures(10);
        assert_int_equal(count + 20, sink.count);
        check(count, sids[sid]);
    }

    assert_int_equal(MW_SLOT_LIVE, sink.state);
}


static void
less_is_sent_at_once_where_all_below_was(void **state)
{
    unsigned count;

    (void) state;

    alone = false;
    pictures(3);
    assert_int_equal(3 * 6, sink.count);
    mw_slot_set_height(slot, 180, now);
    count = sink.count;
    pictures(10);
    assert_int_equal(count + 20, sink.count);
    check(count, 0);
    assert_int_equal(0, pub.plis);

    /* and more from a keyframe on */
    mw_slot_set_height(slot, 720, now);
    pictures(25);
    assert_int_equal(1, pub.plis);
    count = sink.count;
    pictures(10);
    assert_int_equal(count + 60, sink.count);
    check(count, 2);
}


static void
a_layer_that_ends_gives_way(void **state)
{
    unsigned count;

    (void) state;

    pictures(50);
    top = 2; /* the sender has no room for the third any more */
    pictures(40);
    count = sink.count;
    pictures(10);
    assert_int_equal(count + 20, sink.count);
    check(count, 1);
}


static void
a_slow_sender_keeps_its_layers(void **state)
{
    unsigned i, count;

    (void) state;

    pictures(50);
    count = sink.count;

    for (i = 0; i < 10; i++) {
        now += 700 * MW_MSEC; /* for each picture */
        picture();
    }

    assert_int_equal(count + 20, sink.count);
    check(count, 2);
    assert_int_equal(0, pub.plis);
}


static void
late_ones_fit_what_was_sent_then(void **state)
{
    unsigned count, i;
    uint16_t hole;
    mw_rtcp_item_t nack;

    (void) state;

    pictures(2);
    mw_slot_set_height(slot, 360, now);
    pictures(20);
    check(sink.count - 10, 1);

    /* one packet of each layer is late */

    hole = seq;
    seq++;
    frame(0, false);
    seq = (uint16_t) (hole + 2);
    frame(1, false);
    frame(2, false);
    id++;
    pictures(3);
    count = sink.count;
    i = seq;
    seq = hole;
    id -= 4;
    frame(0, false); /* the first of them only: the other is a double */
    assert_int_equal(count + 1, sink.count);
    assert_int_equal(0, sink.out[count].len);
    assert_false(sink.out[count].marker);
    seq = (uint16_t) i;

    memset(&nack, 0, sizeof(nack));
    nack.type = MW_RTCP_NACK;
    nack.ssrc = SLOT_SSRC;
    nack.u.nack.pid = sink.out[count - 1].seq;
    mw_slot_rtcp(slot, &nack, now);
    assert_int_equal(SLOT_RTX, sink.out[sink.count - 1].ssrc);
    assert_int_equal(
        sink.out[count - 1].marker, sink.out[sink.count - 1].marker);
}


static void
levels_are_those_of_the_stream(void **state)
{
    unsigned i;
    mw_level_t levels[MW_LEVELS];

    (void) state;

    pictures(100);
    assert_int_equal(LAYERS, mw_source_levels(source, levels, now));

    for (i = 0; i < LAYERS; i++) {
        assert_int_equal(180 << i, levels[i].height);
        assert_in_range(levels[i].rate, 14000, 18000);
    }
}


int
main(void)
{
#define with(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        with(each_is_sent_alone_between_keyframes),
        with(less_is_sent_at_once_where_all_below_was),
        with(a_layer_that_ends_gives_way),
        with(a_slow_sender_keeps_its_layers),
        with(late_ones_fit_what_was_sent_then),
        with(levels_are_those_of_the_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
