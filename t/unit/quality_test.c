/* Grades of connections: what makes them worse, and when they get better. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "meet_body.h"
#include "mw_quality.h"

static mw_quality_t quality;
static mw_quality_up_t up;
static mw_quality_down_t down;


static int
fresh(void **state)
{
    (void) state;

    memset(&quality, 0, sizeof(quality));
    memset(&up, 0, sizeof(up));
    memset(&down, 0, sizeof(down));

    return 0;
}


/* so many seconds of 100 packets, of which some are lost and come again */
static unsigned
look(unsigned seconds, unsigned lost, unsigned recovered)
{
    unsigned changes;

    changes = 0;
    up.published = true;

    while (seconds-- > 0) {
        up.packets += 100 - lost + recovered;
        up.lost += lost;
        up.recovered += recovered;
        changes += mw_quality_look(&quality, &up, &down);
    }

    return changes;
}


static unsigned
silent(unsigned seconds)
{
    unsigned changes;

    changes = 0;

    while (seconds-- > 0) {
        changes += mw_quality_look(&quality, &up, &down);
    }

    return changes;
}


static void
nothing_is_known_of_nothing(void **state)
{
    (void) state;

    assert_false(mw_quality_look(&quality, &up, &down));
    up.published = true;
    assert_false(mw_quality_look(&quality, &up, &down));
    assert_int_equal(MEET_GRADE_UNKNOWN, quality.up.grade);
    assert_int_equal(MEET_GRADE_UNKNOWN, quality.down.grade);
}


static void
loss_on_the_way_up(void **state)
{
    (void) state;

    assert_int_equal(1, look(10, 0, 0));
    assert_int_equal(MEET_GRADE_GOOD, quality.up.grade);

    /* one burst is not a bad way */
    assert_int_equal(0, look(1, 6, 6));
    assert_int_equal(0, look(10, 0, 0));

    assert_int_equal(1, look(10, 6, 6));
    assert_int_equal(MEET_GRADE_FAIR, quality.up.grade);

    assert_int_equal(1, look(10, 15, 15));
    assert_int_equal(MEET_GRADE_BAD, quality.up.grade);

    /* back to good by way of fair at most */
    assert_in_range(look(20, 0, 0), 1, 2);
    assert_int_equal(MEET_GRADE_GOOD, quality.up.grade);

    /* little is lost, but for good */
    assert_true(look(10, 6, 0) >= 1);
    assert_int_equal(MEET_GRADE_BAD, quality.up.grade);
}


static void
a_missing_layer_and_silence(void **state)
{
    (void) state;

    (void) look(5, 0, 0);
    up.small = true;
    assert_int_equal(1, look(5, 0, 0));
    assert_int_equal(MEET_GRADE_FAIR, quality.up.grade);

    up.absent = true;
    assert_int_equal(1, look(5, 0, 0));
    assert_int_equal(MEET_GRADE_BAD, quality.up.grade);

    up.published = false;
    assert_int_equal(1, mw_quality_look(&quality, &up, &down));
    assert_int_equal(MEET_GRADE_UNKNOWN, quality.up.grade);
}


/* camera and microphone are off, the connection is there */
static void
silence_takes_a_bad_word_back(void **state)
{
    (void) state;

    (void) look(10, 30, 30);
    assert_int_equal(MEET_GRADE_BAD, quality.up.grade);

    assert_false(mw_quality_look(&quality, &up, &down));
    assert_int_equal(MEET_GRADE_BAD, quality.up.grade);

    assert_int_equal(1, silent(10));
    assert_int_equal(MEET_GRADE_UNKNOWN, quality.up.grade);

    up.absent = true;
    assert_int_equal(1, silent(3));
    assert_int_equal(MEET_GRADE_BAD, quality.up.grade);

    /* what was lost then is not held against what is sent next */
    up.absent = false;
    assert_int_equal(1, silent(2));
    assert_int_equal(1, look(3, 0, 0));
    assert_int_equal(MEET_GRADE_GOOD, quality.up.grade);

    /* now and then a packet, as of a microphone without sound */
    for (unsigned i = 0; i < 20; i++) {
        up.packets++;
        assert_int_equal(0, silent(4));
    }

    assert_int_equal(MEET_GRADE_GOOD, quality.up.grade);
}


static void
counters_that_begin_anew(void **state)
{
    (void) state;

    (void) look(5, 0, 0);
    up.packets = up.recovered = 0;
    up.lost = 0;
    assert_int_equal(0, look(10, 0, 0));
    assert_int_equal(MEET_GRADE_GOOD, quality.up.grade);
}


static void
room_on_the_way_down(void **state)
{
    unsigned i;

    (void) state;

    down.wanted = 2000000;
    down.estimate = 300000;
    assert_false(mw_quality_look(&quality, &up, &down)); /* a guess */

    down.known = true;
    assert_true(mw_quality_look(&quality, &up, &down));
    assert_int_equal(MEET_GRADE_BAD, quality.down.grade);

    down.estimate = 1500000;
    assert_int_equal(1, look(6, 0, 0) - 1); /* and the way up is known now */
    assert_int_equal(MEET_GRADE_FAIR, quality.down.grade);

    down.estimate = 2100000;
    assert_int_equal(1, look(6, 0, 0));
    assert_int_equal(MEET_GRADE_GOOD, quality.down.grade);

    /* an estimate that breathes changes nothing */
    for (i = 0; i < 20; i++) {
        down.estimate = i % 2 == 0 ? 1800000 : 2100000;
        assert_int_equal(0, look(1, 0, 0));
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_known_of_nothing, fresh),
        cmocka_unit_test_setup(loss_on_the_way_up, fresh),
        cmocka_unit_test_setup(a_missing_layer_and_silence, fresh),
        cmocka_unit_test_setup(silence_takes_a_bad_word_back, fresh),
        cmocka_unit_test_setup(counters_that_begin_anew, fresh),
        cmocka_unit_test_setup(room_on_the_way_down, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
