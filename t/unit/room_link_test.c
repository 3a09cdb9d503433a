/* A room on its links: settling, slow readers, snapshots, nonsense. */

#include "room_fake.h"

#include "mw_roster.h"


static void
a_new_actor_settles_first(void **state)
{
    uint64_t who;

    (void) state;

    /* they were in the room before the media worker died: locked or not */

    settings.flags = MEET_ROOM_IS_LOCKED | MEET_ROOM_HAS_LOBBY;
    settings.participants = 3; /* less than it was */
    join_flags = MEET_SESSION_ADMITTED;

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

    /* the lock holds for others, and events are told as ever */

    join_flags = 0;
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
    assert_in_range(snapshots, 1, 8); /* small, some fit in between */
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
grades_go_to_those_who_know_them(void **state)
{
    meet_grade_t grade;
    meet_quality_t quality;
    mw_participant_t *p;
    mw_room_link_t *rl;

    (void) state;

    join(&nginx[0], 1, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 2, 2, MEET_ROLE_PARTICIPANT);
    p = mw_roster_by_id(nginx[1].link->rooms->room, 2);
    advance(SECONDS(3));
    drain(&nginx[0]);
    drain(&nginx[1]);

    nginx[1].link->minor = 0;
    p->quality.up.grade = MEET_GRADE_FAIR;

    for (rl = p->room->links; rl != NULL; rl = rl->next) {
        rl->quality = true;
        mw_room_link_pump(rl);
        assert_false(rl->quality);
    }

    expect(&nginx[0], MEET_QUALITY);
    assert_int_equal(got->header.audience, MEET_TO_ALL);
    assert_int_equal(meet_record_check(&got->header, got->body, got->len), 0);
    memcpy(&quality, got->body, sizeof(quality));
    memcpy(&grade, got->body + sizeof(quality), sizeof(grade));
    assert_int_equal(quality.entries, 1);
    assert_int_equal(grade.number, p->number);
    assert_int_equal(grade.up, MEET_GRADE_FAIR);
    assert_int_equal(grade.down, MEET_GRADE_UNKNOWN);
    expect_nothing(&nginx[1]);

    /* it is not known any more, and everybody hears so */

    advance(SECONDS(3));
    expect(&nginx[0], MEET_QUALITY);
    memcpy(&quality, got->body, sizeof(quality));
    assert_int_equal(quality.entries, 0);
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
        TEST(a_new_actor_settles_first),
        TEST(a_slow_link_catches_up),
        TEST(replies_are_never_lost),
        TEST(grades_go_to_those_who_know_them),
        TEST(nonsense_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
