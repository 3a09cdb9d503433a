/* The room actor: sessions, order of events, fences, presence. */

#include "room_fake.h"


static void
joining_is_told_to_the_others(void **state)
{
    meet_welcome_t welcome;

    (void) state;

    welcome = join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    assert_int_equal(welcome.number, 1);
    assert_int_equal(welcome.rights, MEET_RIGHTS_ALL);
    assert_int_equal(snapshot(got).total, 1);

    welcome = join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT);
    assert_int_equal(welcome.number, 2);
    assert_int_equal(welcome.rights, settings.rights_participant);
    assert_int_equal(snapshot(got).total, 2);
    assert_true(snapshot(got).sequence == 2);
    expect_nothing(&nginx[1]);

    expect(&nginx[0], MEET_JOINED);
    assert_int_equal(got->header.audience, MEET_TO_ALL_BUT);
    assert_true(got->header.participant == 22);
    assert_true(got->header.sequence == 2);
    assert_int_equal(participant(got).number, 2);
    assert_memory_equal(got->body + sizeof(meet_participant_t), "Alice", 5);

    expect_nothing(&nginx[0]);
}


static void
leaving_is_told_and_the_room_ends(void **state)
{
    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[0], 22, 2, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    put(&nginx[0], MEET_LEAVE, 22, 2, NULL, 0);
    turn();
    expect(&nginx[0], MEET_LEFT);
    assert_int_equal(got->header.audience, MEET_TO_ALL);

    put(&nginx[0], MEET_LEAVE, 11, 1, NULL, 0);
    turn();
    assert_int_equal(rooms.count, 1);

    advance(SECONDS(11));
    assert_int_equal(rooms.count, 0);
}


static void
the_newest_socket_wins(void **state)
{
    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);

    put_join(&nginx[1], 11, 9, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_OK);
    expect(&nginx[1], MEET_SNAPSHOT);

    expect(&nginx[0], MEET_END);
    assert_int_equal(reason(got), MEET_E_REPLACED);
    assert_int_equal(got->header.session, 1);

    /* the old one can do nothing any more, not even by closing */

    put(&nginx[0], MEET_SESSION_CLOSE, 11, 1, NULL, 0);
    put(&nginx[0], MEET_LEAVE, 11, 1, NULL, 0);
    turn();
    advance(SECONDS(5));
    expect_nothing(&nginx[1]);
    assert_int_equal(rooms.buckets[0] == NULL ? rooms.count : 1, 1);

    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_END, 0, 0);
    turn();
    drain(&nginx[1]);
    assert_int_equal(rooms.count, 1);

    /* the same socket once more changes nothing */

    put_join(&nginx[1], 11, 9, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_OK);
    expect(&nginx[1], MEET_SNAPSHOT);
    assert_int_equal(snapshot(got).total, 1);
    expect_nothing(&nginx[1]);
}


static void
coming_back_gets_the_missing_tail(void **state)
{
    unsigned i;
    meet_welcome_t welcome;

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT); /* sequence 2 */

    for (i = 0; i < 3; i++) {
        put_entry(&nginx[0], 11, 1, 10);
    }

    turn();
    drain(&nginx[0]);
    drain(&nginx[1]);

    put_join(&nginx[1], 22, 2, MEET_ROLE_PARTICIPANT, EPOCH, 3);
    turn();

    expect(&nginx[1], MEET_END);
    expect_status(&nginx[1], MEET_WELCOME, MEET_OK);
    memcpy(&welcome, got->body, sizeof(welcome));
    assert_int_equal(welcome.resumed, 1);
    assert_true(welcome.sequence == 5);

    for (i = 4; i <= 5; i++) {
        expect(&nginx[1], MEET_ENTRY);
        assert_true(got->header.sequence == i);
        assert_int_equal(got->header.audience, MEET_TO_ONE);
        assert_int_equal(got->header.session, 2);
    }

    expect_nothing(&nginx[1]);
    drain(&nginx[0]);

    /* from before it came, of the future, of another epoch: a snapshot */

    put_join(&nginx[1], 22, 3, MEET_ROLE_PARTICIPANT, EPOCH, 1);
    put_join(&nginx[1], 22, 4, MEET_ROLE_PARTICIPANT, EPOCH, 6);
    put_join(&nginx[1], 22, 5, MEET_ROLE_PARTICIPANT, EPOCH - 1, 4);
    turn();

    for (i = 3; i <= 5; i++) {
        expect(&nginx[1], MEET_END);
        expect(&nginx[1], MEET_WELCOME);
        memcpy(&welcome, got->body, sizeof(welcome));
        assert_int_equal(welcome.resumed, 0);
        expect(&nginx[1], MEET_SNAPSHOT);
    }
}


static void
epochs_are_a_fence(void **state)
{
    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);

    /* an older one: nothing is opened, nothing done */

    epoch = EPOCH - 1;
    put_join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_STALE);
    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_END, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_STALE);

    /* a newer one has to be opened first */

    epoch = EPOCH + 1;
    put(&nginx[1], MEET_SESSION_CLOSE, 11, 1, NULL, 0);
    turn();
    expect_status(&nginx[1], MEET_DONE, MEET_E_NO_ROOM);

    /* then the call goes on under it, and the old sessions are fenced off */

    put_join(&nginx[1], 11, 7, MEET_ROLE_OWNER, EPOCH, 1);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_OK);
    assert_int_equal(((meet_welcome_t *) (void *) got->body)->resumed, 1);
    assert_int_equal(((meet_welcome_t *) (void *) got->body)->number, 1);

    epoch = EPOCH;
    put(&nginx[0], MEET_LEAVE, 11, 1, NULL, 0);
    turn();
    expect(&nginx[0], MEET_END);
    expect_status(&nginx[0], MEET_DONE, MEET_E_STALE);
}


static void
deleted_rooms_stay_deleted(void **state)
{
    meet_close_t close;

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);

    memset(&close, 0, sizeof(close));
    close.reason = MEET_E_DELETED;

    put(&nginx[1], MEET_ROOM_CLOSE, 0, 0, &close, sizeof(close));
    turn();
    expect_status(&nginx[1], MEET_DONE, MEET_OK);
    expect(&nginx[0], MEET_END);
    assert_int_equal(reason(got), MEET_E_DELETED);
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    assert_int_equal(rooms.count, 0);

    epoch = EPOCH + 9;
    put_join(&nginx[0], 11, 2, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_STALE);
    assert_int_equal(rooms.count, 0);

    /* another life of a room of the same number has nothing to do with it */

    incarnation[3] ^= 1;
    join(&nginx[0], 11, 3, MEET_ROLE_OWNER);
    incarnation[3] ^= 1;

    /* tokens do not live longer than that */

    now += SECONDS(3600);
    turn();
    drain(&nginx[0]);
    join(&nginx[0], 11, 4, MEET_ROLE_OWNER);
}


static void
locked_full_and_busy(void **state)
{
    uint64_t who;

    (void) state;

    for (who = 1; who <= 8; who++) {
        join(&nginx[0], who, (uint32_t) who, MEET_ROLE_PARTICIPANT);
        drain(&nginx[0]);
    }

    put_join(&nginx[0], 9, 9, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_ROOM_FULL);

    settings.version = 2;
    settings.participants = 9;
    settings.flags = MEET_ROOM_IS_LOCKED;
    put_join(&nginx[0], 9, 9, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect(&nginx[0], MEET_SETTINGS);
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_LOCKED);

    join(&nginx[0], 10, 10, MEET_ROLE_OWNER); /* with the key, so to speak */
    drain(&nginx[0]);

    put_join(&nginx[0], 8, 80, MEET_ROLE_PARTICIPANT, 0, 0); /* is in it */
    turn();
    expect(&nginx[0], MEET_END);
    expect_status(&nginx[0], MEET_WELCOME, MEET_OK);
    drain(&nginx[0]);

    /* too many rooms */

    for (who = 1; who < 4; who++) {
        incarnation[0] = (uint8_t) who;
        open_room(&nginx[0]);
    }

    turn();
    assert_int_equal(rooms.count, 4);
    incarnation[0] = 9;
    put_join(&nginx[0], 1, 1, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_BUSY);

    /* a draining worker loses its empty rooms at once and opens none */

    mw_rooms_drain(&rooms, now);
    advance(MS(20));
    assert_int_equal(rooms.count, 1);
    put_join(&nginx[0], 1, 1, MEET_ROLE_OWNER, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_BUSY);
}


static void
absence_ends_a_participant(void **state)
{
    meet_left_t left;

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    put(&nginx[1], MEET_SESSION_CLOSE, 22, 1, NULL, 0);
    turn();
    expect_nothing(&nginx[0]); /* most are back at once */

    advance(SECONDS(3));
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).away, 1);

    put_join(&nginx[1], 22, 2, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).away, 0);

    /* a dead nginx worker is the same as closed sockets */

    detach(&nginx[1]);
    advance(SECONDS(59));
    expect(&nginx[0], MEET_CHANGED);
    expect_nothing(&nginx[0]);

    advance(SECONDS(2));
    expect(&nginx[0], MEET_LEFT);
    memcpy(&left, got->body, sizeof(left));
    assert_true(left.id == 22);
    assert_int_equal(left.reason, MEET_E_ABSENT);

    /* who has a socket stays for ever */

    advance(SECONDS(100));
    expect_nothing(&nginx[0]);
    assert_int_equal(rooms.count, 1);
}


int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest tests[] = {
        TEST(joining_is_told_to_the_others),
        TEST(leaving_is_told_and_the_room_ends),
        TEST(the_newest_socket_wins),
        TEST(coming_back_gets_the_missing_tail),
        TEST(epochs_are_a_fence),
        TEST(deleted_rooms_stay_deleted),
        TEST(locked_full_and_busy),
        TEST(absence_ends_a_participant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
