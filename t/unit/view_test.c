/* Which source sits in which slot: examples, then random rooms and pages. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "mw_view.h"

#define PEOPLE 20
#define SELF   3

#define MIC(n)   MEET_SOURCE(n, MEET_KIND_MIC)
#define CAM(n)   MEET_SOURCE(n, MEET_KIND_CAM)
#define SOUND(n) MEET_SOURCE(n, MEET_KIND_SCREEN_AUDIO)
#define SHARE(n) MEET_SOURCE(n, MEET_KIND_SCREEN)
#define NONE     MEET_NO_SOURCE

static mw_view_t view;
static uint8_t published[PEOPLE]; /* bit per kind */
static meet_view_entry_t entries[MEET_VIEW_MAX];
static unsigned nentries;
static uint32_t heard[MW_VIEW_HEARD];
static unsigned nheard;


static bool
exists(void *ctx, uint32_t source)
{
    (void) ctx;

    return MEET_SOURCE_NUMBER(source) < PEOPLE
           && (published[MEET_SOURCE_NUMBER(source)]
               & 1u << MEET_SOURCE_KIND(source));
}


static bool
update(void)
{
    mw_view_input_t input;

    input.self = SELF;
    input.entries = entries;
    input.nentries = nentries;
    input.heard = heard;
    input.nheard = nheard;
    input.exists = exists;
    input.ctx = NULL;

    return mw_view_update(&view, &input);
}


static void
show(uint32_t source)
{
    entries[nentries].source = source;
    entries[nentries].height = 180;
    entries[nentries].priority = 0;
    nentries++;
}


/* slots 0..pairs-1 are pairs, then `spare` audio slots */
static void
pool(unsigned pairs, unsigned spare)
{
    unsigned i;

    for (i = 0; i < pairs + spare; i++) {
        mw_view_negotiated(&view, i, true, i < pairs);
    }
}


static int
setup(void **state)
{
    (void) state;

    mw_view_init(&view);
    memset(published, 0, sizeof(published));
    memset(published, 1u << MEET_KIND_MIC | 1u << MEET_KIND_CAM, 10);
    nentries = 0;
    nheard = 0;

    return 0;
}


static int
slot_of_audio(uint32_t source)
{
    int i;

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        if (view.slots[i].audio == source) {
            return i;
        }
    }

    return -1;
}


static int
slot_of_video(uint32_t source)
{
    int i;

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        if (view.slots[i].video == source) {
            return i;
        }
    }

    return -1;
}


static void
a_visible_face_has_its_voice_beside_it(void **state)
{
    (void) state;

    pool(4, 2);
    show(CAM(5));
    show(CAM(6));
    assert_true(update());
    assert_int_equal(slot_of_video(CAM(5)), slot_of_audio(MIC(5)));
    assert_int_equal(slot_of_video(CAM(6)), slot_of_audio(MIC(6)));
    assert_false(update());
}


static void
a_share_comes_with_its_own_sound(void **state)
{
    (void) state;

    published[5] |= 1u << MEET_KIND_SCREEN | 1u << MEET_KIND_SCREEN_AUDIO;
    pool(4, 2);
    show(SHARE(5));
    show(CAM(5));
    update();

    assert_int_equal(slot_of_video(SHARE(5)), slot_of_audio(SOUND(5)));
    assert_int_equal(slot_of_video(CAM(5)), slot_of_audio(MIC(5)));
    assert_int_not_equal(slot_of_audio(MIC(5)), slot_of_audio(SOUND(5)));
}


static void
a_voice_without_a_face_has_a_pair_as_well(void **state)
{
    (void) state;

    published[5] = 1u << MEET_KIND_MIC;
    published[7] = 0;
    pool(2, 1);
    show(CAM(5));
    show(CAM(6));
    show(CAM(7)); /* neither: takes nothing */
    update();

    assert_in_range(slot_of_audio(MIC(5)), 0, 1);
    assert_int_equal(slot_of_video(CAM(5)), -1);

    /* faces go first when pairs are short */

    show(CAM(8));
    update();
    assert_in_range(slot_of_video(CAM(6)), 0, 1);
    assert_in_range(slot_of_video(CAM(8)), 0, 1);
    assert_int_equal(slot_of_audio(MIC(5)), -1);
}


static void
without_a_view_there_is_only_sound(void **state)
{
    unsigned i;

    (void) state;

    pool(3, 2);
    heard[nheard++] = MIC(1);
    heard[nheard++] = MIC(2);
    heard[nheard++] = MIC(SELF);
    heard[nheard++] = MIC(4);
    update();

    assert_in_range(slot_of_audio(MIC(1)), 3, 4);
    assert_in_range(slot_of_audio(MIC(2)), 3, 4);
    assert_in_range(slot_of_audio(MIC(4)), 0, 2); /* a pair not in use */
    assert_int_equal(slot_of_audio(MIC(SELF)), -1);

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        assert_int_equal(view.slots[i].video, NONE);
    }
}


static void
a_voice_keeps_its_slot_until_it_is_needed(void **state)
{
    int slot;

    (void) state;

    pool(0, 2);
    heard[0] = MIC(1);
    heard[1] = MIC(2);
    nheard = 2;
    update();
    slot = slot_of_audio(MIC(1));

    nheard = 0;
    assert_false(update());

    heard[0] = MIC(2);
    heard[1] = MIC(5);
    nheard = 2;
    update();
    assert_int_equal(slot_of_audio(MIC(5)), slot);
    assert_int_not_equal(slot_of_audio(MIC(2)), slot);
    assert_int_equal(slot_of_audio(MIC(1)), -1);
}


static void
the_loudest_push_out_the_silent(void **state)
{
    unsigned i;

    (void) state;

    pool(0, 2);

    for (i = 4; i < 9; i++) {
        heard[nheard++] = MIC(i);
    }

    update();
    assert_int_not_equal(slot_of_audio(MIC(4)), -1);
    assert_int_not_equal(slot_of_audio(MIC(5)), -1);

    heard[0] = MIC(8);
    heard[4] = MIC(4);
    update();
    assert_int_not_equal(slot_of_audio(MIC(8)), -1);
    assert_int_not_equal(slot_of_audio(MIC(5)), -1);
}


static void
who_comes_into_view_moves_into_a_pair(void **state)
{
    (void) state;

    pool(2, 1);
    heard[nheard++] = MIC(1);
    update();
    assert_int_equal(slot_of_audio(MIC(1)), 2);

    show(CAM(1));
    update();
    assert_int_equal(slot_of_audio(MIC(1)), slot_of_video(CAM(1)));
    assert_int_equal(view.slots[2].audio, NONE);
}


static void
a_slot_that_is_taken_away_is_emptied(void **state)
{
    (void) state;

    pool(1, 1);
    show(CAM(1));
    heard[nheard++] = MIC(2);
    update();

    mw_view_negotiated(&view, 0, false, false);
    mw_view_negotiated(&view, 1, false, false);
    assert_true(update());
    assert_int_equal(view.slots[0].video, NONE);
    assert_int_equal(view.slots[0].audio, NONE);
    assert_int_equal(view.slots[1].audio, NONE);
}


static void
sorting_drops_doubles_and_sound(void **state)
{
    (void) state;

    show(CAM(1));
    show(MIC(2));
    show(CAM(3));
    show(CAM(1));
    entries[0].priority = 7;

    nentries = mw_view_sort(entries, nentries);
    assert_int_equal(nentries, 2);
    assert_int_equal(entries[0].source, CAM(3));
    assert_int_equal(entries[1].source, CAM(1));
}


static void
invariants(void)
{
    unsigned i, j;
    const mw_view_slot_t *a, *b;

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        a = &view.slots[i];

        assert_true(a->has_audio || a->audio == NONE);
        assert_true(a->has_video || a->video == NONE);

        if (a->audio != NONE) {
            assert_true(exists(NULL, a->audio));
            assert_int_not_equal(MEET_SOURCE_NUMBER(a->audio), SELF);
            assert_int_equal(MEET_SOURCE_KIND(a->audio) & 1u, 0);
        }

        if (a->video != NONE) {
            assert_true(exists(NULL, a->video));
            assert_int_not_equal(MEET_SOURCE_NUMBER(a->video), SELF);
            assert_int_equal(MEET_SOURCE_KIND(a->video) & 1u, 1);

            if (a->audio != NONE) {
                assert_int_equal(a->audio, a->video - 1);
            }
        }

        for (j = 0; j < i; j++) {
            b = &view.slots[j];
            assert_true(a->audio == NONE || a->audio != b->audio);
            assert_true(a->video == NONE || a->video != b->video);
        }
    }
}


/* what is on view before and after stays where it was, if there is room */
static void
random_rooms_keep_the_rules(void **state)
{
    int at;
    uint32_t source;
    unsigned step, i, j, pairs, want;
    mw_view_t before;
    meet_view_entry_t old[MEET_VIEW_MAX];
    unsigned nold, kept;

    (void) state;

    srand(2);
    nold = 0;
    kept = 0;
    pairs = 6;
    pool(pairs, 3);

    for (step = 0; step < 20000; step++) {
        before = view;
        memcpy(old, entries, sizeof(old));
        nold = nentries;

        switch (rand() % 3) {

        case 0:
            i = (unsigned) rand() % PEOPLE;
            published[i] ^= (uint8_t) (1u << rand() % 4);
            break;

        case 1:
            nentries = 0;
            want = (unsigned) rand() % 10;

            while (nentries < want) {
                i = (unsigned) rand() % PEOPLE;
                show(rand() % 3 ? CAM(i) : SHARE(i));
                entries[nentries - 1].priority = (uint8_t) (rand() % 3);
            }

            nentries = mw_view_sort(entries, nentries);
            break;

        default:
            nheard = (unsigned) rand() % 6;

            j = (unsigned) rand();

            for (i = 0; i < nheard; i++) {
                heard[i] = MIC((i * 7 + j) % PEOPLE);
            }
        }

        (void) update();
        invariants();
        assert_false(update());

        /* everything on view is there, as far as pairs go */

        want = 0;

        for (i = 0; i < nentries; i++) {
            source = entries[i].source;

            if (MEET_SOURCE_NUMBER(source) != SELF && exists(NULL, source)
                && want < pairs) {
                want++;
                assert_int_not_equal(slot_of_video(source), -1);
            }
        }

        /* every voice that is heard has a slot, or all audio slots are used */

        for (i = 0; i < nheard && i < 3; i++) {
            if (MEET_SOURCE_NUMBER(heard[i]) != SELF && exists(NULL, heard[i]))
            {
                assert_int_not_equal(slot_of_audio(heard[i]), -1);
            }
        }

        for (i = 0; i < nold; i++) {
            for (j = 0; j < nentries; j++) {
                source = entries[j].source;

                if (old[i].source != source || slot_of_video(source) == -1) {
                    continue;
                }

                for (at = 0; at < MEET_SLOTS_MAX; at++) {
                    if (before.slots[at].video == source) {
                        assert_int_equal(slot_of_video(source), at);
                        kept++;
                    }
                }
            }
        }
    }

    assert_true(kept > 1000);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_visible_face_has_its_voice_beside_it, setup),
        cmocka_unit_test_setup(a_share_comes_with_its_own_sound, setup),
        cmocka_unit_test_setup(
            a_voice_without_a_face_has_a_pair_as_well, setup),
        cmocka_unit_test_setup(without_a_view_there_is_only_sound, setup),
        cmocka_unit_test_setup(
            a_voice_keeps_its_slot_until_it_is_needed, setup),
        cmocka_unit_test_setup(the_loudest_push_out_the_silent, setup),
        cmocka_unit_test_setup(who_comes_into_view_moves_into_a_pair, setup),
        cmocka_unit_test_setup(a_slot_that_is_taken_away_is_emptied, setup),
        cmocka_unit_test_setup(sorting_drops_doubles_and_sound, setup),
        cmocka_unit_test_setup(random_rooms_keep_the_rules, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
