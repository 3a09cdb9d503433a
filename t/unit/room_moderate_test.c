/* What a room lets people do: moderation, rights, chat, messages. */

#include "room_fake.h"


static void
moderation_follows_the_matrix(void **state)
{
    meet_close_t end;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[0], 2, 2, MEET_ROLE_MODERATOR);
    join(&nginx[0], 3, 3, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    put_moderate(&nginx[0], 3, 3, MEET_MODERATE_MUTE, 2, 1);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    put_moderate(&nginx[0], 2, 2, MEET_MODERATE_REMOVE, 1, 0);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    put_moderate(&nginx[0], 2, 2, MEET_MODERATE_MUTE, 99, 1);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_NO_PARTICIPANT);

    put_moderate(&nginx[0], 2, 2, MEET_MODERATE_MUTE, 3, 1);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).number, 3);
    assert_int_equal(participant(got).muted, 1);

    put_moderate(&nginx[0], 1, 1, MEET_MODERATE_REMOVE, 3, 0);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect(&nginx[0], MEET_END);
    assert_int_equal(reason(got), MEET_E_REMOVED);
    assert_int_equal(got->header.session, 3);
    expect(&nginx[0], MEET_LEFT);

    put_join(&nginx[0], 3, 4, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_REMOVED);

    put_moderate(&nginx[0], 2, 2, MEET_MODERATE_END, 0, 0);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect(&nginx[0], MEET_END);
    memcpy(&end, got->body, sizeof(end));
    assert_int_equal(end.reason, MEET_E_ENDED);
    assert_int_equal(rooms.count, 0);
}


static void
rights_follow_the_settings(void **state)
{
    meet_rights_t rights;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[0], 2, 2, MEET_ROLE_PARTICIPANT);
    join(&nginx[0], 3, 3, MEET_ROLE_VIEWER);
    drain(&nginx[0]);

    put_entry(&nginx[0], 3, 3, 4);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    settings.version = 2;
    settings.rights_participant = MEET_RIGHT_CHAT;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    turn();

    expect(&nginx[0], MEET_SETTINGS);
    expect(&nginx[0], MEET_RIGHTS);
    assert_true(got->header.participant == 2);
    assert_int_equal(got->header.audience, MEET_TO_ONE);
    memcpy(&rights, got->body, sizeof(rights));
    assert_int_equal(rights.rights, MEET_RIGHT_CHAT);
    expect(&nginx[0], MEET_SNAPSHOT); /* one, not an event for each */
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);

    /* an older version, or the same, changes nothing */

    settings.rights_participant = 0;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);
}


static void
state_changes_are_told_once(void **state)
{
    meet_state_t change;
    uint8_t body[sizeof(change) + 3];

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);

    memset(&change, 0, sizeof(change));
    change.fields = MEET_STATE_MUTED | MEET_STATE_NAME;
    change.muted = 1u << MEET_KIND_MIC;
    change.name_len = 3;
    memcpy(body, &change, sizeof(change));
    memcpy(body + sizeof(change), "Bob", 3);

    put(&nginx[0], MEET_STATE, 1, 1, body, sizeof(body));
    turn();
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).muted, 1);
    assert_int_equal(participant(got).name_len, 3);
    assert_memory_equal(got->body + sizeof(meet_participant_t), "Bob", 3);
    expect_status(&nginx[0], MEET_DONE, MEET_OK);

    put(&nginx[0], MEET_STATE, 1, 1, body, sizeof(body));
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);
}


static void
entries_keep_their_order_and_sender(void **state)
{
    meet_entry_t entry;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 2, 1, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    put_entry(&nginx[1], 2, 1, 7);
    turn();

    expect(&nginx[1], MEET_ENTRY);
    expect_status(&nginx[1], MEET_DONE, MEET_OK);

    expect(&nginx[0], MEET_ENTRY);
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    memcpy(&entry, got->body, sizeof(entry));
    assert_true(entry.sender == 2);
    assert_int_equal(entry.number, 2);
    assert_int_equal(entry.len, 7);

    /* on disk already, so also of one who has just left */

    put(&nginx[1], MEET_LEAVE, 2, 1, NULL, 0);
    put_entry(&nginx[1], 2, 1, 3);
    turn();
    expect(&nginx[0], MEET_LEFT);
    expect(&nginx[0], MEET_ENTRY);
    assert_true(got->header.sequence == 5);
}


static void
telling_reaches_one_only(void **state)
{
    meet_tell_t tell;
    uint8_t body[sizeof(tell) + 2];

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 2, 5, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    memset(&tell, 0, sizeof(tell));
    tell.peer = 2;
    tell.len = 2;
    memcpy(body, &tell, sizeof(tell));
    memcpy(body + sizeof(tell), "hi", 2);

    put(&nginx[0], MEET_TELL, 1, 1, body, sizeof(body));
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);

    expect(&nginx[1], MEET_TOLD);
    memcpy(&tell, got->body, sizeof(tell));
    assert_true(tell.peer == 1);
    assert_true(got->header.participant == 2);
    assert_int_equal(got->header.session, 5);
    assert_memory_equal(got->body + sizeof(tell), "hi", 2);

    put(&nginx[1], MEET_SESSION_CLOSE, 2, 5, NULL, 0);
    turn();
    put(&nginx[0], MEET_TELL, 1, 1, body, sizeof(body));
    turn();
    drain(&nginx[1]);
    expect_status(&nginx[0], MEET_DONE, MEET_E_NO_PARTICIPANT);
}


int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest tests[] = {
        TEST(moderation_follows_the_matrix),
        TEST(rights_follow_the_settings),
        TEST(state_changes_are_told_once),
        TEST(entries_keep_their_order_and_sender),
        TEST(telling_reaches_one_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
