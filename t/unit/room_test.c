/* The room actor: sessions, order of events, fences, presence, moderation. */

#include "room_fake.h"


static meet_participant_t
participant(const record_t *r)
{
    meet_participant_t who;

    memcpy(&who, r->body, sizeof(who));

    return who;
}


static meet_snapshot_t
snapshot(const record_t *r)
{
    meet_snapshot_t s;

    memcpy(&s, r->body, sizeof(s));

    return s;
}


static uint32_t
reason(const record_t *r)
{
    meet_close_t end;

    memcpy(&end, r->body, sizeof(end));

    return end.reason;
}


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


static void
a_new_actor_settles_first(void **state)
{
    uint64_t who;

    (void) state;

    /* they were in the room before the media worker died: locked or not */

    settings.flags = MEET_ROOM_IS_LOCKED;

    for (who = 1; who <= 4; who++) {
        put_join(&nginx[who % 2], who, (uint32_t) who, MEET_ROLE_PARTICIPANT,
            EPOCH - 1, 40);
        turn();
        expect_status(&nginx[who % 2], MEET_WELCOME, MEET_OK);
        advance(MS(500));
    }

    put_entry(&nginx[0], 2, 2, 5);
    turn();
    expect_status(&nginx[0], MEET_DONE, MEET_OK);
    expect_nothing(&nginx[0]);
    expect_nothing(&nginx[1]);

    advance(SECONDS(2));

    expect(&nginx[0], MEET_SNAPSHOT);
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    assert_int_equal(snapshot(got).total, 4);
    assert_true(snapshot(got).sequence == 0);
    expect(&nginx[0], MEET_ENTRY);
    assert_true(got->header.sequence == 1);
    expect_nothing(&nginx[0]);

    expect(&nginx[1], MEET_SNAPSHOT);
    expect(&nginx[1], MEET_ENTRY);
    expect_nothing(&nginx[1]);

    /* from now on the lock holds, and events are told as ever */

    put_join(&nginx[0], 9, 9, MEET_ROLE_PARTICIPANT, EPOCH - 1, 40);
    turn();
    expect_status(&nginx[0], MEET_WELCOME, MEET_E_LOCKED);

    put(&nginx[1], MEET_LEAVE, 1, 1, NULL, 0);
    turn();
    expect(&nginx[0], MEET_LEFT);
    assert_true(got->header.sequence == 2);
}


/*
 * One nginx worker does not read.  The other loses nothing; the slow one gets,
 * when it reads again, events without a gap, or a snapshot and then events
 * without a gap.
 */
static void
a_slow_link_catches_up(void **state)
{
    record_t *r;
    unsigned i, snapshots;
    uint64_t seen, fast;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 2, 1, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    fast = 2;
    seen = 2;

    for (i = 0; i < 3 * MW_EVENTS_MAX; i++) {
        put_entry(&nginx[0], 1, 1, 1000);
        now += MS(10);
        turn();

        while ((r = get(&nginx[0])) != NULL) {
            if (r->header.sequence != 0) {
                assert_true(r->header.sequence == ++fast);
            }
        }
    }

    assert_true(fast == 2 + 3 * MW_EVENTS_MAX);
    assert_non_null(nginx[1].link->pending);

    snapshots = 0;

    for (i = 0; i < 100; i++) {
        while ((r = get(&nginx[1])) != NULL) {
            if (r->header.type == MEET_SNAPSHOT) {
                snapshots++;
                seen = snapshot(r).sequence;

            } else if (r->header.sequence != 0) {
                assert_true(r->header.sequence == ++seen);
            }
        }

        now += MS(10);
        turn();
    }

    assert_true(seen == fast);
    assert_in_range(snapshots, 1, 4); /* one may fit in before an event does */
    assert_null(nginx[1].link->pending);
    assert_true(context->stats.resyncs > 0);
}


/* replies wait, and no more requests are taken meanwhile */
static void
replies_are_never_lost(void **state)
{
    record_t *r;
    unsigned i, replies;
    meet_state_t change;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 2, 1, MEET_ROLE_PARTICIPANT);
    drain(&nginx[0]);

    for (i = 0; i < 600; i++) {
        put_entry(&nginx[0], 1, 1, 1000); /* fills nginx[1]'s ring */
        turn();
        drain(&nginx[0]);
    }

    memset(&change, 0, sizeof(change));

    for (i = 0; i < 100; i++) {
        put(&nginx[1], MEET_STATE, 2, 1, &change, sizeof(change));
        turn();
    }

    assert_true(mw_link_busy(nginx[1].link));
    assert_true(nginx[1].link->stalled);
    assert_true(nginx[1].link->queued < 4096);

    replies = 0;

    for (i = 0; i < 300; i++) {
        while ((r = get(&nginx[1])) != NULL) {
            if (r->header.type == MEET_DONE) {
                replies++;
            }
        }

        turn();
    }

    assert_int_equal(replies, 100);
    assert_int_equal(nginx[1].link->lost, 0);
}


static void
nonsense_is_counted(void **state)
{
    uint64_t bad;
    meet_left_t left;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    bad = rooms.bad;

    /* well-formed, but only ever sent the other way */

    memset(&left, 0, sizeof(left));
    put(&nginx[0], MEET_LEFT, 1, 1, &left, sizeof(left));
    turn();
    assert_true(rooms.bad == bad + 1);
    expect_nothing(&nginx[0]);

    /* offers without media */

    put(&nginx[0], MEET_OFFER, 1, 1, &(meet_offer_t){ .revision = 1 },
        sizeof(meet_offer_t));
    turn();
    expect_status(&nginx[0], MEET_ANSWER, MEET_E_BUSY);
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
        TEST(moderation_follows_the_matrix),
        TEST(rights_follow_the_settings),
        TEST(state_changes_are_told_once),
        TEST(entries_keep_their_order_and_sender),
        TEST(telling_reaches_one_only),
        TEST(a_new_actor_settles_first),
        TEST(a_slow_link_catches_up),
        TEST(replies_are_never_lost),
        TEST(nonsense_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
