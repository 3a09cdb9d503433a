/* The tail of a room's events, and the matrix of rights. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mw_event.h"
#include "mw_rights.h"

static mw_events_t events;


static int
setup(void **state)
{
    (void) state;

    mw_events_init(&events);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    mw_events_clear(&events);

    return 0;
}


static void
numbers_start_at_one(void **state)
{
    const mw_event_t *event;

    (void) state;

    assert_true(events.sequence == 0);
    assert_true(mw_events_covers(&events, 0));
    assert_false(mw_events_covers(&events, 1));

    mw_events_append(&events, 9, 3, 42, "ab", 2);
    event = mw_events_get(&events, 1);
    assert_non_null(event);
    assert_int_equal(event->type, 9);
    assert_int_equal(event->audience, 3);
    assert_true(event->participant == 42);
    assert_int_equal(event->len, 2);
    assert_memory_equal(event->body, "ab", 2);

    assert_true(mw_events_covers(&events, 0));
    assert_true(mw_events_covers(&events, 1));
    assert_null(mw_events_get(&events, 0));
    assert_null(mw_events_get(&events, 2));
}


static void
the_tail_is_bounded_in_number(void **state)
{
    unsigned i;

    (void) state;

    for (i = 0; i < 3 * MW_EVENTS_MAX; i++) {
        mw_events_append(&events, 1, 0, 0, &i, sizeof(i));
        assert_memory_equal(
            mw_events_get(&events, events.sequence)->body, &i, sizeof(i));
    }

    assert_true(events.sequence == 3 * MW_EVENTS_MAX);
    assert_true(events.first == 2 * MW_EVENTS_MAX + 1);
    assert_true(mw_events_covers(&events, 2 * MW_EVENTS_MAX));
    assert_false(mw_events_covers(&events, 2 * MW_EVENTS_MAX - 1));
}


static void
the_tail_is_bounded_in_bytes(void **state)
{
    unsigned i;
    static uint8_t body[64 * 1024];

    (void) state;

    for (i = 0; i < 100; i++) {
        mw_events_append(&events, 1, 0, 0, body, sizeof(body));
        assert_true(events.bytes <= MW_EVENTS_BYTES);
    }

    assert_true(
        events.sequence - events.first + 1 == MW_EVENTS_BYTES / sizeof(body));
}


static void
a_cut_tail_covers_only_the_present(void **state)
{
    (void) state;

    mw_events_append(&events, 1, 0, 0, "x", 1);
    mw_events_append(&events, 1, 0, 0, "x", 1);
    mw_events_cut(&events);

    assert_true(mw_events_covers(&events, 2));
    assert_false(mw_events_covers(&events, 1));
    assert_int_equal(events.bytes, 0);

    mw_events_append(&events, 1, 0, 0, "y", 1);
    assert_true(mw_events_covers(&events, 2));
    assert_non_null(mw_events_get(&events, 3));
}


static void
roles_have_the_rights_of_the_matrix(void **state)
{
    meet_room_t room;

    (void) state;

    memset(&room, 0, sizeof(room));
    room.rights_viewer = 0;
    room.rights_participant = MEET_RIGHTS_ALL; /* a room cannot give that */

    assert_int_equal(mw_rights_of(MEET_ROLE_OWNER, &room), MEET_RIGHTS_ALL);
    assert_int_equal(mw_rights_of(MEET_ROLE_MODERATOR, &room),
        MEET_RIGHTS_ALL & ~MEET_RIGHT_DELETE);
    assert_int_equal(mw_rights_of(MEET_ROLE_PARTICIPANT, &room),
        MEET_RIGHTS_PUBLISH | MEET_RIGHT_CHAT | MEET_RIGHT_TELL);
    assert_int_equal(mw_rights_of(MEET_ROLE_VIEWER, &room), 0);
    assert_int_equal(mw_rights_of(200, &room), 0);

    assert_int_equal(mw_rights_kinds(MEET_RIGHT_CHAT), 0);
    assert_int_equal(mw_rights_kinds(MEET_RIGHT_SCREEN), 1u << 2 | 1u << 3);
    assert_int_equal(mw_rights_kinds(MEET_RIGHTS_ALL), 0xf);

    assert_true(mw_rights_over(MEET_ROLE_OWNER, MEET_ROLE_OWNER));
    assert_false(mw_rights_over(MEET_ROLE_MODERATOR, MEET_ROLE_MODERATOR));
    assert_true(mw_rights_over(MEET_ROLE_MODERATOR, MEET_ROLE_PARTICIPANT));
    assert_false(mw_rights_over(MEET_ROLE_MODERATOR, MEET_ROLE_OWNER));
}


int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest tests[] = {
        TEST(numbers_start_at_one),
        TEST(the_tail_is_bounded_in_number),
        TEST(the_tail_is_bounded_in_bytes),
        TEST(a_cut_tail_covers_only_the_present),
        TEST(roles_have_the_rights_of_the_matrix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
