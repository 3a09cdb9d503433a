/* The lobby: who waits, what they hear, how they come in or go. */

#include "room_fake.h"

#define OWNER  1
#define MEMBER 2
#define PUPIL  10 /* and following: new ones */


/* `n[0]` has owner and member in it */
static int
setup_lobby(void **state)
{
    assert_int_equal(setup(state), 0);

    settings.flags = MEET_ROOM_HAS_LOBBY;
    join(&nginx[0], OWNER, 1, MEET_ROLE_OWNER);

    join_flags = MEET_SESSION_ADMITTED;
    join(&nginx[0], MEMBER, 2, MEET_ROLE_PARTICIPANT);
    join_flags = 0;

    advance(MS(300));
    drain(&nginx[0]);

    return 0;
}


static void
knock(uint64_t who)
{
    put_join(&nginx[1], who, (uint32_t) who, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_WAITING);
}


/* the last LOBBY that the owner got: how many wait */
static int
lobby_of_owner(void)
{
    int n;
    record_t *r;
    meet_lobby_t lobby;

    n = -1;
    advance(MS(300));

    while ((r = get(&nginx[0])) != NULL) {
        if (r->header.type == MEET_LOBBY) {
            assert_true(r->header.participant == OWNER);
            assert_int_equal(r->header.audience, MEET_TO_ONE);
            memcpy(&lobby, r->body, sizeof(lobby));
            n = (int) lobby.entries;
        }
    }

    return n;
}


static void
who_waits_hears_nothing(void **state)
{
    (void) state;

    knock(PUPIL);
    assert_int_equal(lobby_of_owner(), 1);
    assert_int_equal(
        ((meet_waiting_t *) (void *) (got->body + sizeof(meet_lobby_t)))
            ->name_len,
        5);

    /* nothing for that session, and nothing it may do */

    put_entry(&nginx[0], OWNER, 1, 10);
    put_entry(&nginx[1], PUPIL, PUPIL, 10);
    put(&nginx[1], MEET_OFFER, PUPIL, PUPIL, &(meet_offer_t){ .revision = 1 },
        sizeof(meet_offer_t));
    turn();
    advance(SECONDS(1));

    while (get(&nginx[1]) != NULL) {
        assert_int_not_equal(got->header.audience, MEET_TO_ONE);
        assert_int_not_equal(got->header.type, MEET_SNAPSHOT);

        if (got->header.type == MEET_ANSWER) {
            assert_int_equal(got->header.status, MEET_E_NO_PARTICIPANT);
        }
    }

    /* the roster does not know it */

    put_join(&nginx[0], MEMBER, 3, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();

    do {
        assert_non_null(get(&nginx[0]));
    } while (got->header.type != MEET_SNAPSHOT);

    assert_int_equal(snapshot(got).total, 2);
}


static void
admitted_ones_are_welcomed(void **state)
{
    (void) state;

    knock(PUPIL);
    put_moderate(&nginx[0], MEMBER, 2, MEET_MODERATE_ADMIT, PUPIL, 0);
    turn();

    do {
        assert_non_null(get(&nginx[0]));
    } while (got->header.type != MEET_DONE);

    assert_int_equal(got->header.status, MEET_E_FORBIDDEN);
    drain(&nginx[1]);

    put_moderate(&nginx[0], OWNER, 1, MEET_MODERATE_ADMIT, PUPIL, 0);
    turn();

    expect(&nginx[1], MEET_JOINED);
    expect(&nginx[1], MEET_WELCOME);
    assert_int_equal(got->header.status, MEET_OK);
    assert_int_equal(got->header.request, 0);
    assert_int_equal(got->header.audience, MEET_TO_ONE);
    assert_int_equal(got->header.session, PUPIL);
    expect(&nginx[1], MEET_SNAPSHOT);
    assert_int_equal(snapshot(got).total, 3);

    assert_int_equal(lobby_of_owner(), 0);

    /* a full participant: can talk, and need not knock again */

    put_entry(&nginx[1], PUPIL, PUPIL, 10);
    turn();
    expect(&nginx[1], MEET_ENTRY);
    expect_status(&nginx[1], MEET_DONE, MEET_OK);

    put_join(&nginx[1], PUPIL, 99, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect(&nginx[1], MEET_END);
    expect_status(&nginx[1], MEET_WELCOME, MEET_OK);
}


static void
rejected_ones_are_told(void **state)
{
    (void) state;

    knock(PUPIL);
    knock(PUPIL + 1);
    put_moderate(&nginx[0], OWNER, 1, MEET_MODERATE_REJECT, PUPIL, 0);
    turn();
    expect(&nginx[1], MEET_END);
    assert_int_equal(reason(got), MEET_E_REJECTED);
    assert_int_equal(got->header.session, PUPIL);
    expect_nothing(&nginx[1]);
    assert_int_equal(lobby_of_owner(), 1);

    put_moderate(&nginx[0], OWNER, 1, MEET_MODERATE_REJECT, 0, 0);
    turn();
    expect(&nginx[1], MEET_END);
    assert_int_equal(lobby_of_owner(), 0);
}


static void
moderators_talk_to_the_lobby(void **state)
{
    meet_tell_t tell;
    uint8_t body[sizeof(tell) + 2];

    (void) state;

    knock(PUPIL);
    knock(PUPIL + 1);

    memset(&tell, 0, sizeof(tell));
    tell.len = 2;
    memcpy(body, &tell, sizeof(tell));
    memcpy(body + sizeof(tell), "hi", 2);

    advance(MS(300));
    drain(&nginx[0]);
    put(&nginx[0], MEET_TELL, MEMBER, 2, body, sizeof(body));
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);
    expect_nothing(&nginx[1]);

    put(&nginx[0], MEET_TELL, OWNER, 1, body, sizeof(body));
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);

    expect(&nginx[1], MEET_TOLD);
    assert_int_equal(got->header.session, PUPIL);
    memcpy(&tell, got->body, sizeof(tell));
    assert_true(tell.peer == OWNER);
    expect(&nginx[1], MEET_TOLD);
    assert_int_equal(got->header.session, PUPIL + 1);
    expect_nothing(&nginx[1]);
}


static void
they_vanish_with_their_session(void **state)
{
    (void) state;

    knock(PUPIL);
    knock(PUPIL + 1);

    /* a newer socket: the older one hears of it and cannot hang up for it */

    put_join(&nginx[1], PUPIL, 77, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect(&nginx[1], MEET_END);
    assert_int_equal(reason(got), MEET_E_REPLACED);
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_WAITING);
    put(&nginx[1], MEET_SESSION_CLOSE, PUPIL, PUPIL, NULL, 0);
    turn();
    assert_int_equal(lobby_of_owner(), 2);

    put(&nginx[1], MEET_SESSION_CLOSE, PUPIL, 77, NULL, 0);
    turn();
    assert_int_equal(lobby_of_owner(), 1);

    detach(&nginx[1]);
    assert_int_equal(lobby_of_owner(), 0);
}


static void
without_a_lobby_nobody_waits(void **state)
{
    (void) state;

    knock(PUPIL);
    knock(PUPIL + 1);

    settings.version = 2;
    settings.flags = 0;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    turn();

    expect(&nginx[1], MEET_SETTINGS);
    expect(&nginx[1], MEET_JOINED);
    expect(&nginx[1], MEET_WELCOME);
    assert_int_equal(got->header.session, PUPIL);
    expect(&nginx[1], MEET_SNAPSHOT);
    expect(&nginx[1], MEET_JOINED);
    expect(&nginx[1], MEET_WELCOME);
    assert_int_equal(got->header.session, PUPIL + 1);
    assert_int_equal(lobby_of_owner(), 0);
}


static void
they_count_and_they_keep_the_room(void **state)
{
    uint64_t who;

    (void) state;

    for (who = PUPIL; who < PUPIL + 6; who++) {
        knock(who);
    }

    put_join(&nginx[1], who, 1, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_ROOM_FULL);

    put(&nginx[0], MEET_LEAVE, OWNER, 1, NULL, 0);
    put(&nginx[0], MEET_LEAVE, MEMBER, 2, NULL, 0);
    turn();
    advance(SECONDS(15));
    assert_int_equal(rooms.count, 1);

    /* somebody who may open the door need not wait, and finds them */

    drain(&nginx[0]);
    put_join(&nginx[0], 9, 9, MEET_ROLE_MODERATOR, 0, 0);
    turn();
    expect(&nginx[0], MEET_JOINED);
    expect_status(&nginx[0], MEET_WELCOME, MEET_OK);
    expect(&nginx[0], MEET_SNAPSHOT);
    expect(&nginx[0], MEET_LOBBY);
    put_moderate(&nginx[0], 9, 9, MEET_MODERATE_ADMIT, 0, 0);
    turn();
    drain(&nginx[0]);

    put_join(&nginx[0], 9, 10, MEET_ROLE_MODERATOR, 0, 0);
    turn();

    do {
        assert_non_null(get(&nginx[0]));
    } while (got->header.type != MEET_SNAPSHOT);

    assert_int_equal(snapshot(got).total, 7);
}


/* join against close and expiry, in whatever order the rings are read */
static void
a_close_ends_all_who_join_and_wait(void **state)
{
    meet_close_t close;

    (void) state;

    knock(PUPIL);

    memset(&close, 0, sizeof(close));
    close.reason = MEET_E_EXPIRED;

    open_room(&nginx[1]);
    put(&nginx[0], MEET_ROOM_CLOSE, 0, 0, &close, sizeof(close));
    put_join(&nginx[1], PUPIL + 1, 11, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();

    expect(&nginx[1], MEET_END);
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    assert_int_equal(reason(got), MEET_E_EXPIRED);
    expect_status(&nginx[1], MEET_WELCOME, MEET_E_STALE);
    expect_nothing(&nginx[1]);
    assert_int_equal(rooms.count, 0);

    /* the same name again: another incarnation, an empty room */

    drain(&nginx[0]);
    incarnation[0] ^= 1;
    settings.flags = 0;
    join(&nginx[0], PUPIL, 3, MEET_ROLE_PARTICIPANT);
    assert_int_equal(snapshot(got).total, 1);
    assert_true(snapshot(got).sequence == 1);

    /* late orders for the former one do it no harm */

    incarnation[0] ^= 1;
    put(&nginx[0], MEET_ROOM_CLOSE, 0, 0, &close, sizeof(close));
    put_moderate(&nginx[0], PUPIL, 3, MEET_MODERATE_END, 0, 0);
    turn();
    expect(&nginx[0], MEET_DONE);
    expect_status(&nginx[0], MEET_DONE, MEET_E_STALE);
    assert_int_equal(rooms.count, 1);
}


int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_lobby, teardown)

    const struct CMUnitTest tests[] = {
        TEST(who_waits_hears_nothing),
        TEST(admitted_ones_are_welcomed),
        TEST(rejected_ones_are_told),
        TEST(moderators_talk_to_the_lobby),
        TEST(they_vanish_with_their_session),
        TEST(without_a_lobby_nobody_waits),
        TEST(they_count_and_they_keep_the_room),
        TEST(a_close_ends_all_who_join_and_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
