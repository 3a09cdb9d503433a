/*
 * Several layers of one picture: which is shown, and that nobody can see from
 * the packets where one gave way to another.
 */

#include "simulcast_fixture.h"
#include "mw_layer_choice.h"

static mw_layer_info_t
measured(uint32_t rate, uint16_t width, uint16_t height)
{
    mw_layer_info_t info;

    memset(&info, 0, sizeof(info));
    info.rate = rate;
    info.width = width;
    info.height = height;
    info.alive = true;

    return info;
}


static void
ranks_by_what_is_measured(void **state)
{
    uint8_t order[MW_LAYERS];
    mw_layer_info_t l[MW_LAYERS] = { measured(900, 1280, 720),
        measured(100, 320, 180), measured(300, 640, 360) };

    (void) state;

    assert_int_equal(3, mw_layer_rank(l, 3, order));
    assert_int_equal(1, order[0]);
    assert_int_equal(2, order[1]);
    assert_int_equal(0, order[2]);
    assert_int_equal(1, mw_layer_choose(l, 3, 0));
    assert_int_equal(1, mw_layer_choose(l, 3, 180));
    assert_int_equal(1, mw_layer_choose(l, 3, 220));
    assert_int_equal(2, mw_layer_choose(l, 3, 240));
    assert_int_equal(0, mw_layer_choose(l, 3, 600));
    assert_int_equal(0, mw_layer_choose(l, 3, 2160));

    /* one that stopped */
    l[0].alive = false;
    assert_int_equal(2, mw_layer_choose(l, 3, 2160));
    l[1].alive = l[2].alive = false;
    assert_int_equal(-1, mw_layer_choose(l, 3, 2160));

    /* sizes not known: by rate */
    l[0] = measured(300, 0, 0);
    l[1] = measured(900, 0, 0);
    l[2] = measured(100, 0, 0);
    assert_int_equal(2, mw_layer_choose(l, 3, 180));
    assert_int_equal(0, mw_layer_choose(l, 3, 360));
    assert_int_equal(1, mw_layer_choose(l, 3, 720));
}


static void
the_height_decides(void **state)
{
    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);
    assert_int_equal(1, shown());

    mw_slot_set_height(slot, 360, now);
    run(MW_SEC);
    assert_int_equal(2, shown());

    mw_slot_set_height(slot, 1080, now);
    run(MW_SEC);
    assert_int_equal(0, shown());

    mw_slot_set_height(slot, 100, now);
    run(MW_SEC);
    assert_int_equal(1, shown());
    check();
    assert_int_equal(0, other);
}


static void
switches_without_a_seam(void **state)
{
    unsigned i, count;
    mw_usec_t longest, gap;
    mw_slot_stats_t stats;

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);
    count = check();

    for (i = 0; i < 20; i++) {
        mw_slot_set_height(slot, i % 2 == 0 ? 720 : 180, now);
        run(3 * MW_SEC);
        assert_int_equal(i % 2 == 0 ? 0 : 1, shown());
    }

    count += check();
    mw_slot_stats(slot, &stats);
    assert_true(count >= 20);
    assert_int_equal(1, stats.switches);

    longest = 0;

    for (i = 1; i < sink.count; i++) {
        gap = sink.out[i].now - sink.out[i - 1].now;
        longest = gap > longest ? gap : longest;
    }

    print_message("# %u switches of layers, longest pause %d ms\n", count,
        (int) (longest / MW_MSEC));
    assert_true(longest <= 2 * STEP);
}


/* back while the last keyframe is young, but what followed was not kept */
static void
turns_back_at_once(void **state)
{
    unsigned i;

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);

    for (i = 0; i < 40; i++) {
        mw_slot_set_height(slot, i % 2 == 0 ? 720 : 180, now);
        run((1 + i % 7) * STEP);
    }

    assert_true(check() > 2);
}


static void
the_old_layer_plays_on(void **state)
{
    unsigned before;

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);

    /* nobody hears the request: no keyframe comes */
    mw_slot_set_height(slot, 720, now);
    assert_true(layers[0].plis > 0);
    layers[0].key = false;
    before = sink.count;
    send_picture();
    send_picture();
    assert_int_equal(before + 2, sink.count);
    assert_int_equal(1, shown());

    layers[0].key = true;
    send_picture();
    assert_int_equal(0, shown());
    check();
}


static void
follows_layers_that_come_and_go(void **state)
{
    unsigned before;

    (void) state;

    layers[0].off = layers[2].off = true;
    mw_slot_set_height(slot, 720, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);
    assert_int_equal(1, shown());

    layers[0].off = false;
    layers[0].key = true;
    run(MW_SEC);
    assert_int_equal(0, shown());

    /* the publisher has no room for it any more: back before long */
    layers[0].off = true;
    before = layers[1].plis;
    run(3 * MW_SEC);
    assert_int_equal(1, shown());
    assert_true(layers[1].plis > before);
    mw_slot_assign(slot, NULL, now);
}


static void
asks_nothing_of_layers_nobody_watches(void **state)
{
    unsigned used;

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);

    layers[0].seq += 5; /* lost, of the largest */
    layers[0].plis = layers[2].plis = 0;
    run(2 * MW_SEC);
    assert_int_equal(0, layers[0].plis);
    assert_int_equal(0, layers[2].plis);
    assert_int_equal(1, shown());

    /* kept: a second of the smallest, nothing of the others */
    used = mw_pool_used(pool);
    assert_in_range(used, 20, 60);
}


/* packets of before once more, and padding for what is left */
static void
fills_up_without_harm(void **state)
{
    unsigned i, before, padding;
    size_t sent;

    (void) state;

    mw_slot_set_height(slot, 180, now);
    assert_int_equal(0, mw_slot_probe(slot, 1000, now));
    mw_slot_assign(slot, source, now);
    run(MW_SEC);
    before = sink.count;
    sent = mw_slot_probe(slot, 1000, now);
    assert_in_range(sent, 1000, 1300);

    for (i = before, padding = 0; i < sink.count; i++) {
        assert_int_equal(SLOT_RTX, sink.out[i].ssrc);
        padding += sink.out[i].padding;

        if (!sink.out[i].padding) {
            /* the number of a packet that was sent */
            assert_true((uint16_t) (sink.out[before - 1].seq
                                    - mw_get16(sink.out[i].payload))
                        < 64);
        }
    }

    assert_true(sink.count > before);
    assert_in_range(padding, 0, 1);

    before = sink.count;
    assert_true(mw_slot_probe(slot, 20, now) >= 20);
    assert_int_equal(before + 1, sink.count);
    assert_true(sink.out[before].padding);
}


static void
pauses_and_goes_on_with_a_keyframe(void **state)
{
    unsigned before;

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    run(MW_SEC);
    mw_slot_pause(slot, true, now);
    before = sink.count;
    run(MW_SEC);
    assert_int_equal(before, sink.count);

    mw_slot_pause(slot, false, now);
    run(MW_SEC);
    assert_true(sink.count > before);
    assert_int_equal(1, sink.out[before].payload[21]);
    assert_int_equal(sink.out[before - 1].index + 1, sink.out[before].index);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_by_what_is_measured),
        cmocka_unit_test_setup_teardown(the_height_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(
            switches_without_a_seam, setup, teardown),
        cmocka_unit_test_setup_teardown(turns_back_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_old_layer_plays_on, setup, teardown),
        cmocka_unit_test_setup_teardown(
            follows_layers_that_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(
            asks_nothing_of_layers_nobody_watches, setup, teardown),
        cmocka_unit_test_setup_teardown(fills_up_without_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(
            pauses_and_goes_on_with_a_keyframe, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
