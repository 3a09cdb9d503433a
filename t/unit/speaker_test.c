/* The loudest and the dominant speaker, on a fake clock. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_speaker.h"

#define FRAME (20 * MW_MSEC)
#define ROOM  500


static mw_speaker_t *s;
static mw_usec_t now;
static unsigned changes;


static int
setup(void **state)
{
    (void) state;

    now = 100 * MW_SEC;
    changes = 0;
    s = mw_speaker_create(ROOM, 3);

    return s == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_speaker_destroy(s);

    return 0;
}


/* everybody up to `count` sends its level for a while; returns the forwarded */
static unsigned
talk(const uint8_t *levels, unsigned count, mw_usec_t duration,
    unsigned *forwarded)
{
    unsigned i, sum;
    mw_usec_t end;

    sum = 0;

    for (end = now + duration; now < end; now += FRAME) {
        for (i = 0; i < count; i++) {
            if (mw_speaker_level(s, i, levels[i], now)) {
                sum++;

                if (forwarded != NULL) {
                    forwarded[i]++;
                }
            }
        }

        if (now % (300 * MW_MSEC) < FRAME) {
            if (mw_speaker_tick(s, now) & MW_SPEAKER_DOMINANT) {
                changes++;
            }
        }
    }

    return sum;
}


static bool
is_loudest(uint32_t who)
{
    uint32_t i, count, list[MW_SPEAKER_LOUDEST_MAX];

    count = mw_speaker_loudest(s, list);

    for (i = 0; i < count; i++) {
        if (list[i] == who) {
            return true;
        }
    }

    return false;
}


static void
silence_is_dropped(void **state)
{
    const uint8_t mute[2] = { 127, 127 }, one[2] = { 127, 30 };
    const uint8_t quiet[2] = { 80, 80 }; /* of a room in which nobody speaks */

    (void) state;

    assert_int_equal(0, talk(mute, 2, MW_SEC, NULL));
    assert_int_equal(0, talk(quiet, 2, MW_SEC, NULL));
    assert_int_equal(MW_SPEAKER_NONE, mw_speaker_dominant(s));

    /* the first packet of speech is already forwarded */
    assert_int_equal(50, talk(one, 2, MW_SEC, NULL));
    assert_true(is_loudest(1));
    assert_int_equal(1, mw_speaker_dominant(s));

    /* a few packets of the silence after it */
    assert_int_equal(10, talk(mute, 2, 2 * MW_SEC, NULL));
    assert_false(is_loudest(1));
    assert_int_equal(1, mw_speaker_dominant(s)); /* nobody else spoke */
}


static void
only_the_loudest_are_heard(void **state)
{
    unsigned i, heard[ROOM] = { 0 };
    uint8_t levels[ROOM];

    (void) state;

    for (i = 0; i < ROOM; i++) {
        levels[i] = (uint8_t) (60 - i % 5);
    }

    talk(levels, ROOM, MW_SEC, heard);

    /* all alike: those who were first stay, nobody is exchanged */
    assert_int_equal(50, heard[0]);
    assert_int_equal(50, heard[1]);
    assert_int_equal(50, heard[2]);
    assert_int_equal(0, heard[3]);

    levels[400] = 20;
    memset(heard, 0, sizeof(heard));
    talk(levels, ROOM, MW_SEC, heard);
    assert_true(is_loudest(400));
    assert_in_range(heard[400], 45, 50);
    assert_in_range(heard[0] + heard[1] + heard[2] + heard[400], 150, 151);

    /* leaving gives the place to somebody else */
    mw_speaker_remove(s, 400);
    assert_false(is_loudest(400));
    levels[400] = 127;
    memset(heard, 0, sizeof(heard));
    talk(levels, ROOM, MW_SEC, heard);
    assert_int_equal(0, heard[400]);
}


static void
small_differences_change_nothing(void **state)
{
    unsigned i, j;
    uint8_t levels[5];
    uint32_t before[MW_SPEAKER_LOUDEST_MAX], after[MW_SPEAKER_LOUDEST_MAX];

    (void) state;

    memset(levels, 40, sizeof(levels));
    talk(levels, 5, 2 * MW_SEC, NULL);
    mw_speaker_loudest(s, before);

    for (i = 0; i < 20; i++) {
        for (j = 0; j < 5; j++) {
            levels[j] = (uint8_t) (38 + (i * 7 + j * 3) % 5);
        }

        talk(levels, 5, 200 * MW_MSEC, NULL);
    }

    assert_int_equal(3, mw_speaker_loudest(s, after));
    assert_memory_equal(before, after, 3 * sizeof(before[0]));
}


static void
dominance_passes_on(void **state)
{
    const uint8_t a[3] = { 30, 80, 80 }, b[3] = { 80, 30, 80 },
                  both[3] = { 30, 25, 80 }, pause[3] = { 80, 80, 80 },
                  cough[3] = { 80, 80, 10 };

    (void) state;

    talk(a, 3, 3 * MW_SEC, NULL);
    assert_int_equal(0, mw_speaker_dominant(s));

    /* interrupting does not make dominant while the first goes on */
    talk(both, 3, 2 * MW_SEC, NULL);
    assert_int_equal(0, mw_speaker_dominant(s));
    assert_int_equal(1, changes);

    /* nor does a cough in a pause */
    talk(a, 3, 2 * MW_SEC, NULL);
    talk(pause, 3, 100 * MW_MSEC, NULL);
    talk(cough, 3, 100 * MW_MSEC, NULL);
    talk(a, 3, 2 * MW_SEC, NULL);
    assert_int_equal(0, mw_speaker_dominant(s));
    assert_int_equal(1, changes);

    /* answering does, within a second */
    talk(b, 3, MW_SEC, NULL);
    assert_int_equal(1, mw_speaker_dominant(s));
    assert_int_equal(2, changes);

    mw_speaker_remove(s, 1);
    assert_int_equal(MW_SPEAKER_NONE, mw_speaker_dominant(s));
    assert_int_equal(MW_SPEAKER_DOMINANT | MW_SPEAKER_LOUDEST,
        mw_speaker_tick(s, now) & (MW_SPEAKER_DOMINANT | MW_SPEAKER_LOUDEST));
}


static void
steady_noise_is_not_speech(void **state)
{
    const uint8_t fan[2] = { 62, 127 };

    (void) state;

    talk(fan, 2, 10 * MW_SEC, NULL);
    assert_int_equal(MW_SPEAKER_NONE, mw_speaker_dominant(s));
    assert_in_range(mw_speaker_smoothed(s, 0), 61, 64);
    assert_int_equal(127, mw_speaker_smoothed(s, 1));
}


static void
nonsense_is_ignored(void **state)
{
    (void) state;

    assert_false(mw_speaker_level(s, ROOM, 1, now));
    assert_false(mw_speaker_level(s, UINT32_MAX, 1, now));
    mw_speaker_remove(s, ROOM);
    mw_speaker_remove(s, 7);
    assert_int_equal(127, mw_speaker_smoothed(s, ROOM));
    assert_false(mw_speaker_level(s, 0, 255, now));
    assert_int_equal(0, mw_speaker_tick(s, now));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(silence_is_dropped),
        T(only_the_loudest_are_heard),
        T(small_differences_change_nothing),
        T(dominance_passes_on),
        T(steady_noise_is_not_speech),
        T(nonsense_is_ignored),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
