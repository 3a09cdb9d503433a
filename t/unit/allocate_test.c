/* Who gets what of a receiver's room. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mw_allocate.h"

#define KBIT 1000u


static mw_allocate_t items[4];


static void
cameras(uint8_t most)
{
    unsigned i;

    for (i = 0; i < 4; i++) {
        items[i] =
            (mw_allocate_t){ .rate = { 120 * KBIT, 400 * KBIT, 1500 * KBIT },
                .levels = 3,
                .most = most,
                .shown = -1,
                .chosen = -1 };
    }
}


static void
chosen(int a, int b, int c, int d)
{
    assert_int_equal(a, items[0].chosen);
    assert_int_equal(b, items[1].chosen);
    assert_int_equal(c, items[2].chosen);
    assert_int_equal(d, items[3].chosen);
}


static void
everybody_small_before_anybody_large(void **state)
{
    (void) state;

    cameras(2);
    assert_int_equal(6000 * KBIT, mw_allocate(items, 4, 600 * KBIT));
    chosen(0, 0, 0, 0);

    mw_allocate(items, 4, 1000 * KBIT);
    chosen(1, 0, 0, 0);

    mw_allocate(items, 4, 2000 * KBIT);
    chosen(1, 1, 1, 1);

    mw_allocate(items, 4, 3000 * KBIT);
    chosen(2, 1, 1, 1);

    mw_allocate(items, 4, 9000 * KBIT);
    chosen(2, 2, 2, 2);
}


static void
the_first_is_never_left_out(void **state)
{
    (void) state;

    cameras(2);
    mw_allocate(items, 4, 0);
    chosen(0, -1, -1, -1);
    mw_allocate(items, 4, 300 * KBIT);
    chosen(0, 0, -1, -1);
    assert_int_equal(0, mw_allocate(items, 0, 300 * KBIT));

    /* nor is one that is there taken away for a little */
    items[2].shown = 0;
    mw_allocate(items, 3, 300 * KBIT);
    chosen(0, 0, 0, -1);
    mw_allocate(items, 3, 270 * KBIT);
    chosen(0, 0, -1, -1);
}


/* nobody jerks: the first has it all, others move well enough or not at all */
static void
the_first_moves_before_others_have_any(void **state)
{
    unsigned i;

    (void) state;

    for (i = 0; i < 4; i++) {
        items[i] = (mw_allocate_t){ .rate = { 50 * KBIT, 70 * KBIT, 100 * KBIT,
                                        175 * KBIT, 250 * KBIT },
            .levels = 5,
            .most = 4,
            .usable = 1,
            .small = 2,
            .shown = -1 };
    }

    mw_allocate(items, 4, 60 * KBIT);
    chosen(0, -1, -1, -1);
    mw_allocate(items, 4, 140 * KBIT);
    chosen(2, -1, -1, -1);
    mw_allocate(items, 4, 190 * KBIT);
    chosen(2, 1, -1, -1);
    mw_allocate(items, 4, 330 * KBIT);
    chosen(2, 1, 1, 1);
    mw_allocate(items, 4, 520 * KBIT);
    chosen(3, 2, 2, 2);

    /* what moves goes on, also a little slower; who begins needs more */
    items[1].shown = 2;
    mw_allocate(items, 4, 150 * KBIT);
    chosen(2, 1, -1, -1);
    mw_allocate(items, 4, 130 * KBIT);
    chosen(2, -1, -1, -1);
}


static void
nothing_larger_than_the_tile(void **state)
{
    (void) state;

    cameras(0);
    items[2].most = 1;
    assert_int_equal(760 * KBIT, mw_allocate(items, 4, 9000 * KBIT));
    chosen(0, 0, 1, 0);

    items[1].levels = 0; /* sends nothing */
    mw_allocate(items, 4, 9000 * KBIT);
    chosen(0, -1, 1, 0);
}


/* what breathes around a step does not go up and down with it */
static void
a_step_up_needs_room_to_spare(void **state)
{
    unsigned i, up, changes;
    int last;

    (void) state;

    cameras(1);
    mw_allocate(items, 1, 405 * KBIT);
    assert_int_equal(0, items[0].chosen);
    mw_allocate(items, 1, 460 * KBIT);
    assert_int_equal(1, items[0].chosen);

    items[0].shown = 1;
    mw_allocate(items, 1, 405 * KBIT);
    assert_int_equal(1, items[0].chosen);
    mw_allocate(items, 1, 395 * KBIT);
    assert_int_equal(0, items[0].chosen);

    changes = 0;
    last = 0;
    items[0].shown = 0;

    for (i = 0; i < 1000; i++) {
        up = i % 20;
        mw_allocate(items, 1, (400 + (up < 10 ? up : 20 - up) * 4) * KBIT);
        changes += items[0].chosen != last;
        last = items[0].chosen;
        items[0].shown = items[0].chosen;
    }

    assert_in_range(changes, 0, 1);
}


/* fewer pictures before smaller ones, and never a quarter of large ones */
static void
levels_of_a_camera(void **state)
{
    unsigned i, n;
    mw_level_t levels[MW_LEVELS];
    mw_layer_info_t layers[MW_LAYERS];

    (void) state;

    memset(layers, 0, sizeof(layers));

    for (i = 0; i < MW_LAYERS; i++) {
        layers[i].alive = true;
        layers[i].height = (uint16_t) (180 << i);
        layers[i].width = (uint16_t) (320 << i);
        layers[i].rate = 100 * KBIT << 2 * i;
        layers[i].temporal = 3;
        layers[i].upto[0] = 50 * KBIT << 2 * i;
        layers[i].upto[1] = 70 * KBIT << 2 * i;
        layers[i].upto[2] = layers[i].rate;
    }

    n = mw_layer_levels(layers, MW_LAYERS, levels);
    assert_int_equal(7, n);

    for (i = 0; i < n; i++) {
        assert_int_equal(i < 3 ? 180 : i < 5 ? 360 : 720, levels[i].height);
        assert_int_equal(i < 3 ? i : 2 - (i & 1), levels[i].tid);
        assert_true(i == 0 || levels[i].rate > levels[i - 1].rate);
    }

    layers[0].temporal = 0; /* nothing measured */
    layers[1].alive = false;
    layers[2].temporal = 2;
    n = mw_layer_levels(layers, MW_LAYERS, levels);
    assert_int_equal(3, n);
    assert_int_equal(layers[0].rate, levels[0].rate);
    assert_int_equal(0, levels[0].tid);
    assert_int_equal(720, levels[1].height);
    assert_int_equal(0, levels[1].tid);
    assert_int_equal(1, levels[2].tid);
    assert_int_equal(layers[2].rate, levels[2].rate);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_small_before_anybody_large),
        cmocka_unit_test(the_first_is_never_left_out),
        cmocka_unit_test(the_first_moves_before_others_have_any),
        cmocka_unit_test(nothing_larger_than_the_tile),
        cmocka_unit_test(levels_of_a_camera),
        cmocka_unit_test(a_step_up_needs_room_to_spare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
