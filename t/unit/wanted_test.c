/* Layers that nobody needs may rest, and come back when somebody does. */

#include "simulcast_fixture.h"


static uint8_t before;
static unsigned changes;


/* time passes; a publisher who does what it is told, if `obeys` */
static void
look(mw_usec_t duration, bool obeys)
{
    unsigned i;
    uint8_t wanted;
    mw_usec_t end;

    for (end = now + duration; now < end;) {
        run(250 * MW_MSEC);
        changes += mw_source_want(source, now);
        assert_int_equal(LAYERS, mw_source_wanted(source, &wanted));

        for (i = 0; obeys && i < LAYERS; i++) {
            layers[i].key |= layers[i].off && (wanted & 1u << i) != 0;
            layers[i].off = (wanted & 1u << i) == 0;
        }

        before = wanted;
    }
}


static void
what_nobody_needs_rests_after_a_while(void **state)
{
    (void) state;

    changes = 0;
    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);

    look(4 * MW_SEC, true);
    assert_int_equal(7, before);
    look(2 * MW_SEC, true);
    assert_int_equal(2, before); /* the second of the offer is the smallest */
    assert_int_equal(1, changes);
    look(10 * MW_SEC, true);
    assert_int_equal(1, changes);
    assert_int_equal(1, shown());

    /* without anybody the smallest goes on */
    mw_slot_assign(slot, NULL, now);
    look(10 * MW_SEC, true);
    assert_int_equal(2, before);
    assert_false(layers[1].off);
}


static void
what_somebody_needs_comes_at_once(void **state)
{
    unsigned i;
    uint8_t wanted;
    mw_usec_t from;
    mw_level_t levels[MW_LEVELS];

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    look(8 * MW_SEC, true);
    assert_int_equal(2, before);

    /* what rests can still be planned with */
    assert_int_equal(3, mw_source_levels(source, levels, now));

    for (i = 0; i < 3; i++) {
        assert_int_equal(180 << i, levels[i].height);
        assert_true(levels[i].rate > (i == 0 ? 0 : levels[i - 1].rate));
    }

    mw_slot_set_height(slot, 720, now);
    assert_true(mw_source_want(source, now));
    mw_source_wanted(source, &wanted);
    assert_int_equal(3, wanted); /* the largest; not the middle one */
    from = now;
    layers[0].off = false;
    layers[0].key = true;

    while (shown() != 0) {
        run(STEP);
        assert_true(now - from < MW_SEC);
    }

    check();
    look(MW_SEC, true);
    assert_int_equal(3, before);
}


/* one that is asked for and does not come is not planned with for ever */
static void
what_does_not_come_is_given_up(void **state)
{
    mw_level_t levels[MW_LEVELS];

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    look(8 * MW_SEC, true);
    mw_slot_set_height(slot, 720, now);
    look(2 * MW_SEC, false);
    assert_int_equal(3, mw_source_levels(source, levels, now));
    look(2 * MW_SEC, false);
    assert_int_equal(2, mw_source_levels(source, levels, now));
    assert_int_equal(1, shown());
}


/* nothing depends on a publisher who does as it likes */
static void
what_comes_unasked_is_shown(void **state)
{
    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, source, now);
    look(8 * MW_SEC, false);
    assert_int_equal(2, before);
    mw_slot_set_height(slot, 720, now);
    run(MW_SEC);
    assert_int_equal(0, shown());
    check();
}


int
main(void)
{
#define with(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        with(what_nobody_needs_rests_after_a_while),
        with(what_somebody_needs_comes_at_once),
        with(what_does_not_come_is_given_up),
        with(what_comes_unasked_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
