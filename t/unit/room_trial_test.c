/* The room of a connection test: one participant, an echo, a short life. */

#include "negotiate_fake.h"


static int
setup_test(void **state)
{
    int rc;

    rc = setup_media(state);

    settings.flags = MEET_ROOM_IS_TEST;
    settings.participants = 1;
    settings.rights_participant = MEET_RIGHT_MIC | MEET_RIGHT_CAM;

    return rc;
}


/* number `n`: rooms of tests differ by incarnation alone here */
static unsigned
open_tests(unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        incarnation[0] = (uint8_t) i;
        open_room(&nginx[0]);
        turn();
    }

    return rooms.tests;
}


static void
what_it_sends_comes_back(void **state)
{
    meet_slot_t s;
    record_t *r;

    (void) state;

    r = malloc(sizeof(*r));

    assert_int_equal(join(&nginx[0], 11, 1, MEET_ROLE_PARTICIPANT).rights,
        MEET_RIGHT_MIC | MEET_RIGHT_CAM);

    offer(
        &nginx[0], 11, 1, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5, MEET_OK);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2, MEET_OK);
    view(&nginx[0], 11, 1, MEET_SOURCE(1, MEET_KIND_CAM));
    advance(MS(40));

    assert_true(last_of(&nginx[0], MEET_SLOTS, r));
    s = slot(r, 0);
    assert_int_equal(s.audio, MEET_SOURCE(1, MEET_KIND_MIC));
    assert_int_equal(s.video, MEET_SOURCE(1, MEET_KIND_CAM));

    free(r);
}


static void
nobody_else_comes_in(void **state)
{
    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_PARTICIPANT);

    put_join(&nginx[1], 22, 1, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_ROOM_FULL);

    /* nor with settings that it never had */

    settings.version++;
    settings.participants = 100;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    put_join(&nginx[1], 22, 2, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_ROOM_FULL);
}


static void
it_ends_by_itself(void **state)
{
    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    advance(MS(MEET_ROOM_TEST_MS - 100));
    assert_int_equal(rooms.count, 1);
    expect_nothing(&nginx[0]);

    advance(MS(200));
    assert_int_equal(rooms.count, 0);
    assert_int_equal(rooms.tests, 0);
    expect(&nginx[0], MEET_END);
    assert_int_equal(reason(got), MEET_E_ENDED);
}


static void
it_ends_with_its_socket(void **state)
{
    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_PARTICIPANT);
    put(&nginx[0], MEET_SESSION_CLOSE, 11, 1, NULL, 0);
    turn();
    advance(MS(20));
    assert_int_equal(rooms.count, 0);

    join(&nginx[0], 11, 2, MEET_ROLE_PARTICIPANT);
    put(&nginx[0], MEET_LEAVE, 11, 2, NULL, 0);
    turn();
    advance(MS(20));
    assert_int_equal(rooms.count, 0);
}


static void
there_are_only_so_many(void **state)
{
    (void) state;

    context->conf.rooms = MW_ROOMS_TESTS + 10;

    assert_int_equal(open_tests(MW_ROOMS_TESTS + 5), MW_ROOMS_TESTS);
    assert_int_equal(rooms.count, MW_ROOMS_TESTS);

    put_join(&nginx[0], 11, 1, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_NO_ROOM);

    /* calls are not in their way */

    settings.flags = 0;
    incarnation[0] = 0xff;
    open_room(&nginx[0]);
    turn();
    assert_int_equal(rooms.count, MW_ROOMS_TESTS + 1);
    assert_int_equal(rooms.tests, MW_ROOMS_TESTS);

    /* nobody came: their places are free again */

    advance(SECONDS(11));
    assert_int_equal(rooms.tests, 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_it_sends_comes_back, setup_test, teardown_media),
        cmocka_unit_test_setup_teardown(
            nobody_else_comes_in, setup_test, teardown_media),
        cmocka_unit_test_setup_teardown(
            it_ends_by_itself, setup_test, teardown_media),
        cmocka_unit_test_setup_teardown(
            it_ends_with_its_socket, setup_test, teardown_media),
        cmocka_unit_test_setup_teardown(
            there_are_only_so_many, setup_test, teardown_media),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
