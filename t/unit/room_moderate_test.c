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

    put_moderate(&nginx[0], 2, 2, MEET_MODERATE_MUTE, 2, 1);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    put_moderate(&nginx[0], 1, 1, 99, 3, 1);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_BAD_RECORD);

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
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).number, 2);
    assert_int_equal(participant(got).rights, MEET_RIGHT_CHAT);
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
many_changes_are_one_snapshot(void **state)
{
    uint32_t who;

    (void) state;

    settings.participants = 0;
    context->conf.participants = 60;
    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);

    for (who = 2; who < 2 + MW_ROOM_CHANGES + 1; who++) {
        join(&nginx[1], who, who, MEET_ROLE_PARTICIPANT);
    }

    drain(&nginx[0]);
    settings.version = 2;
    settings.rights_participant = MEET_RIGHT_CHAT;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    turn();

    expect(&nginx[0], MEET_SETTINGS);
    expect(&nginx[0], MEET_SNAPSHOT);
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);
}


/* the hard way to mute: nothing the client says brings the right back */
static void
what_is_denied_stays_denied(void **state)
{
    meet_state_t change;
    meet_rights_t rights;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 3, 3, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    put_moderate(&nginx[1], 3, 3, MEET_MODERATE_DENY, 1, 1);
    turn();
    expect_status(&nginx[1], MEET_DONE, MEET_E_FORBIDDEN);

    put_moderate(&nginx[0], 1, 1, MEET_MODERATE_DENY, 3, 1u << MEET_KIND_MIC);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).muted, 1u << MEET_KIND_MIC);
    assert_int_equal(
        participant(got).rights, settings.rights_participant & ~MEET_RIGHT_MIC);

    expect(&nginx[1], MEET_RIGHTS);
    memcpy(&rights, got->body, sizeof(rights));
    assert_int_equal(
        rights.rights, settings.rights_participant & ~MEET_RIGHT_MIC);
    expect(&nginx[1], MEET_CHANGED);

    memset(&change, 0, sizeof(change));
    change.fields = MEET_STATE_MUTED;
    put(&nginx[1], MEET_STATE, 3, 3, &change, sizeof(change));
    turn();
    expect_status(&nginx[1], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);

    /* nor does leaving and coming back, nginx remembers it */

    put(&nginx[1], MEET_LEAVE, 3, 3, NULL, 0);
    turn();
    expect(&nginx[0], MEET_LEFT);
    drain(&nginx[1]);
    join_flags = MEET_SESSION_DENIES | MEET_SESSION_DENIED(1u << MEET_KIND_MIC);
    put_join(&nginx[1], 3, 4, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    join_flags = 0;
    expect(&nginx[0], MEET_JOINED);
    assert_int_equal(participant(got).muted, 1u << MEET_KIND_MIC);
    assert_int_equal(
        participant(got).rights, settings.rights_participant & ~MEET_RIGHT_MIC);
    drain(&nginx[1]);

    /* given back: still muted, but may speak again */

    put_moderate(&nginx[0], 1, 1, MEET_MODERATE_ALLOW, 3, 0xf);
    turn();
    expect(&nginx[1], MEET_RIGHTS);
    drain(&nginx[1]);
    drain(&nginx[0]);

    put(&nginx[1], MEET_STATE, 3, 4, &change, sizeof(change));
    turn();
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).muted, 0);
    assert_int_equal(participant(got).rights, settings.rights_participant);
    drain(&nginx[1]);

    /* a new socket brings what has been written since */

    join_flags = MEET_SESSION_DENIES | MEET_SESSION_DENIED(1u << MEET_KIND_CAM);
    put_join(&nginx[1], 3, 5, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).muted, 1u << MEET_KIND_CAM);

    /* an nginx that knows nothing of it changes nothing */

    join_flags = 0;
    put_join(&nginx[1], 3, 6, MEET_ROLE_PARTICIPANT, 0, 0);
    turn();
    expect_nothing(&nginx[0]);
}


static void
only_owners_appoint(void **state)
{
    meet_rights_t rights;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[0], 2, 2, MEET_ROLE_MODERATOR);
    join(&nginx[1], 3, 3, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    put_appoint(&nginx[0], 2, 2, 3, MEET_ROLE_MODERATOR);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    put_appoint(&nginx[1], 3, 3, 3, MEET_ROLE_MODERATOR);
    turn();
    expect_status(&nginx[1], MEET_DONE, MEET_E_FORBIDDEN);

    put_appoint(&nginx[0], 1, 1, 3, MEET_ROLE_OWNER);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    put_appoint(&nginx[0], 1, 1, 1, MEET_ROLE_VIEWER);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_E_FORBIDDEN);

    put_appoint(&nginx[0], 1, 1, 3, MEET_ROLE_MODERATOR);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect(&nginx[0], MEET_CHANGED);
    assert_int_equal(participant(got).role, MEET_ROLE_MODERATOR);

    expect(&nginx[1], MEET_RIGHTS);
    memcpy(&rights, got->body, sizeof(rights));
    assert_int_equal(rights.role, MEET_ROLE_MODERATOR);
    assert_true(rights.rights & MEET_RIGHT_MODERATE);
    expect(&nginx[1], MEET_CHANGED);

    /* who returns by a replaced invite keeps it, whatever nginx guesses */

    join_flags = MEET_SESSION_RETURNS;
    put_join(&nginx[1], 3, 4, MEET_ROLE_VIEWER, 0, 0);
    turn();
    expect(&nginx[1], MEET_END);
    expect_status(&nginx[1], MEET_WELCOME, MEET_OK);
    assert_int_equal(
        ((meet_welcome_t *) (void *) got->body)->role, MEET_ROLE_MODERATOR);

    put_join(&nginx[1], 9, 5, MEET_ROLE_OWNER, 0, 0);
    turn();
    drain(&nginx[0]);

    do {
        assert_non_null(get(&nginx[1]));
    } while (got->header.type != MEET_WELCOME);

    assert_int_equal(got->header.status, MEET_E_NO_PARTICIPANT);
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
        TEST(many_changes_are_one_snapshot),
        TEST(what_is_denied_stays_denied),
        TEST(only_owners_appoint),
        TEST(state_changes_are_told_once),
        TEST(entries_keep_their_order_and_sender),
        TEST(telling_reaches_one_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
