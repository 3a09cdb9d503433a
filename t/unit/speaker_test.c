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


/*
 * Speech as its levels look: syllables of 120 to 260 ms that rise and fall by
 * 20 dB, short gaps between them, words of a few, longer gaps between those.
 */
typedef struct {
    unsigned frame, length, gap, syllables;
} voice_t;

static uint32_t rnd_state = 1;


static unsigned
rnd(unsigned n)
{
    rnd_state = rnd_state * 1664525 + 1013904223;

    return (rnd_state >> 8) % n;
}


static uint8_t
speech(voice_t *v, unsigned loudest)
{
    unsigned from_middle;

    if (v->frame == v->length + v->gap) {
        v->frame = 0;
        v->length = 6 + rnd(8);
        v->gap = v->syllables++ % 4 == 3 ? 5 + rnd(5) : rnd(3);
    }

    v->frame++;

    if (v->frame > v->length) {
        return (uint8_t) (76 + rnd(6)); /* breath and room */
    }

    from_middle = v->frame * 2 > v->length ? v->frame * 2 - v->length
                                           : v->length - v->frame * 2;

    return (uint8_t) (loudest + 20 * from_middle / v->length + rnd(4));
}


static uint8_t
noise(unsigned level)
{
    return (uint8_t) (level + rnd(3));
}


#define PEOPLE 4

/* who does what for a while; 0: room noise */
typedef enum {
    NOTHING = 0,
    SPEAKS,
    COUGHS,
    CLAPS,
    HUMS
} what_t;

/* counts changes, and how long it took until `who` was dominant */
static mw_usec_t
scene(const what_t what[PEOPLE], mw_usec_t duration, uint32_t who)
{
    unsigned i;
    uint8_t level;
    mw_usec_t start, took;
    static voice_t voices[PEOPLE];

    took = MW_NEVER;

    for (start = now; now - start < duration; now += FRAME) {
        for (i = 0; i < PEOPLE; i++) {
            level = what[i] == SPEAKS   ? speech(&voices[i], 22)
                    : what[i] == COUGHS ? noise(12)
                    : what[i] == CLAPS  ? noise(25)
                    : what[i] == HUMS   ? noise(38)
                                        : noise(78);
            (void) mw_speaker_level(s, i, level, now);
        }

        if (now % (250 * MW_MSEC) < FRAME
            && (mw_speaker_tick(s, now) & MW_SPEAKER_DOMINANT))
        {
            changes++;
        }

        if (took == MW_NEVER && mw_speaker_dominant(s) == who) {
            took = now - start;
        }
    }

    return took;
}


static const what_t nobody[PEOPLE] = { 0 };
static const what_t first[PEOPLE] = { SPEAKS };
static const what_t second[PEOPLE] = { 0, SPEAKS };


static void
who_begins_is_found_within_a_second(void **state)
{
    unsigned i;
    mw_usec_t took, longest;

    (void) state;

    longest = 0;

    for (i = 0; i < 40; i++) {
        took =
            scene(i % 2 ? second : first, 3 * MW_SEC + rnd(10) * FRAME, i % 2);
        longest = took > longest ? took : longest;
    }

    print_message(
        "# 40 turns, found after %d ms at most\n", (int) (longest / MW_MSEC));
    assert_true(longest <= MW_SEC);
    assert_int_equal(40, changes);
}


static void
a_cough_is_no_speech(void **state)
{
    unsigned i;
    const what_t both[PEOPLE] = { SPEAKS, COUGHS };
    const what_t cough[PEOPLE] = { 0, COUGHS };

    (void) state;

    (void) scene(nobody, 2 * MW_SEC, 0);
    (void) scene(cough, 300 * MW_MSEC, 0);
    (void) scene(nobody, 2 * MW_SEC, 0);
    assert_int_equal(MW_SPEAKER_NONE, mw_speaker_dominant(s));

    (void) scene(first, 3 * MW_SEC, 0);

    /* into the speech, into a pause, twice in a long one */

    for (i = 0; i < 20; i++) {
        (void) scene(both, (200 + 10 * (mw_usec_t) i) * MW_MSEC, 0);
        (void) scene(first, MW_SEC, 0);
        (void) scene(nobody, (200 + 100 * (mw_usec_t) i) * MW_MSEC, 0);
        (void) scene(cough, 300 * MW_MSEC, 0);
        (void) scene(nobody, 700 * MW_MSEC, 0);
        (void) scene(cough, 200 * MW_MSEC, 0);
        (void) scene(nobody, 300 * MW_MSEC, 0);
        (void) scene(first, MW_SEC, 0);
    }

    assert_int_equal(0, mw_speaker_dominant(s));
    assert_int_equal(1, changes);
}


static void
saying_yes_takes_no_floor(void **state)
{
    unsigned i;
    const what_t over[PEOPLE] = { SPEAKS, HUMS };
    const what_t between[PEOPLE] = { 0, HUMS };

    (void) state;

    (void) scene(first, 3 * MW_SEC, 0);

    for (i = 0; i < 20; i++) {
        (void) scene(over, 400 * MW_MSEC, 0);
        (void) scene(first, MW_SEC + rnd(20) * FRAME, 0);
        (void) scene(between, 400 * MW_MSEC, 0);
        (void) scene(first, MW_SEC, 0);
    }

    assert_int_equal(0, mw_speaker_dominant(s));
    assert_int_equal(1, changes);
}


/* it may go to one of those who clap, but not around among them */
static void
applause_does_not_wander(void **state)
{
    const what_t claps[PEOPLE] = { 0, CLAPS, CLAPS, CLAPS };
    const what_t thanks[PEOPLE] = { SPEAKS, 0, CLAPS };

    (void) state;

    (void) scene(first, 3 * MW_SEC, 0);
    (void) scene(claps, 8 * MW_SEC, 0);
    assert_true(changes <= 2);
    (void) scene(thanks, 2 * MW_SEC, 0);
    assert_true(scene(first, 3 * MW_SEC, 0) <= MW_SEC);
    assert_true(changes <= 4);
}


static void
talking_over_each_other_changes_little(void **state)
{
    const what_t both[PEOPLE] = { SPEAKS, SPEAKS };

    (void) state;

    (void) scene(first, 3 * MW_SEC, 0);
    (void) scene(both, 60 * MW_SEC, 0);
    print_message("# %u changes in a minute of two at once\n", changes - 1);
    assert_true(changes - 1 <= 3);
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
        T(who_begins_is_found_within_a_second),
        T(a_cough_is_no_speech),
        T(saying_yes_takes_no_floor),
        T(applause_does_not_wander),
        T(talking_over_each_other_changes_little),
        T(steady_noise_is_not_speech),
        T(nonsense_is_ignored),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
