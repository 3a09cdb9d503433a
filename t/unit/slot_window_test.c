/*
 * How far back a slot finds what is asked for again, and a newcomer the
 * keyframe that it begins with.
 */

#include "media_fixture.h"

#define CAM 0x101 /* low two bits: the kind */


static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t publisher;
static mw_source_t *source;
static mw_slot_t *slot;
static sink_t sink;
static mw_usec_t now;
static unsigned sent;


static int
setup(void **state)
{
    (void) state;

    now = 1000 * MW_SEC;
    sent = 0;
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    sink_init(&sink);
    pool = mw_pool_create(2048);
    source = make_source(&publisher, pool, &rtp_clock, CAM);
    slot = make_slot(&sink, true, 0);

    return pool == NULL || source == NULL || slot == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_slot_destroy(slot);
    mw_source_destroy(source);
    mw_pool_destroy(pool);
    free(sink.out);

    return 0;
}


/* of 500 a second; the first one of all is a keyframe */
static void
stream(unsigned packets)
{
    uint8_t p[] = { 0x90, 0x80, 0, 0x11, 0x55 };

    for (; packets > 0; packets--, sent++) {
        now += 2 * MW_MSEC;
        p[2] = (uint8_t) sent & 0x7f;
        p[3] = sent == 0 ? 0x10 : 0x11;
        give(source, MW_CODEC_VP8, (uint16_t) (100 + sent), sent * 180, true, p,
            sizeof(p), now);
    }

    assert_int_equal(MW_SLOT_LIVE, mw_slot_state(slot));
}


static void
report(void)
{
    uint8_t buf[MW_RTCP_SR_LEN];
    mw_rtcp_writer_t w;

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_slot_write_sr(slot, &w, now));
}


/* whether the packet so many before the last one is sent again */
static bool
found(unsigned back)
{
    unsigned before;
    mw_rtcp_item_t item;

    before = sink.count;
    memset(&item, 0, sizeof(item));
    item.type = MW_RTCP_NACK;
    item.sender = 1;
    item.ssrc = SLOT_SSRC;
    item.u.nack.pid = (uint16_t) (sent - 1 - back);
    mw_slot_rtcp(slot, &item, now);

    return sink.count != before;
}


static void
starts_small(void **state)
{
    (void) state;

    mw_slot_assign(slot, source, now);
    stream(300);

    assert_true(found(MW_SLOT_WINDOW_LEAST - 1));
    assert_false(found(MW_SLOT_WINDOW_LEAST));
}


/* what was known when it grew stays known, what was not stays unknown */
static void
grows_to_what_the_source_keeps(void **state)
{
    (void) state;

    mw_slot_assign(slot, source, now);
    stream(300);
    report();
    stream(150);

    assert_true(found(149));
    assert_true(found(150 + MW_SLOT_WINDOW_LEAST - 1));
    assert_false(found(150 + MW_SLOT_WINDOW_LEAST));

    stream(400);
    assert_true(found(400));
    assert_false(found(MW_SLOT_WINDOW_VIDEO)); /* the source has it no more */
}


/* one that joins what has been under way has the size at once */
static void
starts_at_the_right_size(void **state)
{
    mw_slot_t *first;

    (void) state;

    mw_slot_assign(slot, source, now);
    stream(400);

    first = slot;
    sink.count = 0;
    slot = make_slot(&sink, true, 0);
    mw_slot_assign(slot, source, now);
    mw_slot_destroy(first);

    now += 2 * MW_MSEC;
    give(source, MW_CODEC_VP8, 500, 400 * 180, true,
        (const uint8_t[]){ 0x90, 0x80, 1, 0x10, 0x55 }, 5, now);

    for (sent = 1; sent < 300; sent++) {
        now += MW_MSEC;
        give(source, MW_CODEC_VP8, (uint16_t) (500 + sent), (400 + sent) * 180,
            true, (const uint8_t[]){ 0x90, 0x80, 2, 0x11, 0x55 }, 5, now);
    }

    assert_true(found(298));
}


/* before anybody receives it */
static void
past(unsigned packets, mw_usec_t ago)
{
    unsigned i;
    uint8_t p[] = { 0x90, 0x80, 0, 0x10, 0x55 };

    for (i = 0; i < packets; i++) {
        p[2] = (uint8_t) i;
        p[3] = i == 0 ? 0x10 : 0x11;
        give(source, MW_CODEC_VP8, (uint16_t) (100 + i), i * 3000, true, p,
            sizeof(p), now);
    }

    now += ago;
}


static void
newcomers_catch_up(void **state)
{
    (void) state;

    past(30, 900 * MW_MSEC);
    mw_slot_assign(slot, source, now);
    assert_int_equal(MW_SLOT_LIVE, sink.state);
    assert_int_equal(30, sink.count);
    assert_int_equal(0, publisher.plis);

    /* once: who saw something waits for another one */

    mw_slot_assign(slot, NULL, now);
    mw_slot_assign(slot, source, now);
    assert_int_equal(30, sink.count);
    assert_int_equal(1, publisher.plis);
}


static void
too_much_is_not_caught_up_with(void **state)
{
    (void) state;

    past(31, 600 * MW_MSEC);
    mw_slot_assign(slot, source, now);
    assert_int_equal(0, sink.count);
    assert_int_equal(1, publisher.plis);
}


static void
nor_with_what_is_old(void **state)
{
    (void) state;

    past(3, 901 * MW_MSEC);
    mw_slot_assign(slot, source, now);
    assert_int_equal(0, sink.count);
    assert_int_equal(1, publisher.plis);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_small, setup, teardown),
        cmocka_unit_test_setup_teardown(
            grows_to_what_the_source_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(
            starts_at_the_right_size, setup, teardown),
        cmocka_unit_test_setup_teardown(newcomers_catch_up, setup, teardown),
        cmocka_unit_test_setup_teardown(
            too_much_is_not_caught_up_with, setup, teardown),
        cmocka_unit_test_setup_teardown(nor_with_what_is_old, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
