/* One room on several media workers: who is where, and who dies. */

#include "relay_fake.h"

static branch_t *const b1 = &branches[0];
static branch_t *const b2 = &branches[1];


static void
newcomers_are_spread_and_nobody_is_moved(void **state)
{
    char port[16];
    uint64_t who;

    (void) state;

    for (who = 11; who <= 55; who += 11) {
        enter(who, mic_cam, 2);

        (void) snprintf(port, sizeof(port), " %u typ", mw_udp_port(udp));
        assert_non_null(strstr(answer, port));
    }

    assert_null(at(NULL, 11)->leg);
    assert_null(at(NULL, 22)->leg);
    assert_true(context->spread);
    assert_int_equal(context->held + b1->context->held + b2->context->held, 5);
    assert_int_equal(context->held, 2);

    /* whoever is placed elsewhere has nothing here */

    for (who = 33; who <= 55; who += 11) {
        assert_non_null(at(NULL, who)->leg);
        assert_null(at(NULL, who)->publish);
        assert_null(at(NULL, who)->subscribe);
        assert_true(
            mw_participant_has(at(NULL, who), MEET_CONNECTION_SUBSCRIBE));
        assert_int_equal(mw_participant_kinds(at(NULL, who)), 3);
    }

    assert_int_equal(room_at(b1)->participants, 5);
    assert_int_equal(room_at(b2)->participants, 5);
    assert_int_equal(mw_participant_kinds(at(b1, 11)), 3);
    assert_int_equal(mw_participant_kinds(at(b2, 33)), 3);
    assert_int_equal(at(b1, 55)->number, at(NULL, 55)->number);
    assert_int_equal(rooms.bad + b1->rooms.bad + b2->rooms.bad, 0);
}


static void
nobody_is_placed_at_a_worker_that_drains(void **state)
{
    uint64_t who;

    (void) state;

    enter(11, NULL, 0);
    enter(22, NULL, 0);

    mw_rooms_drain(&b1->rooms, now);
    relay_turn();

    for (who = 33; who <= 66; who += 11) {
        enter(who, NULL, 0);
    }

    assert_int_equal(b1->context->held, 0);
    assert_int_equal(context->held, 3);
    assert_int_equal(b2->context->held, 3);
}


static void
without_the_directive_all_are_at_one_worker(void **state)
{
    (void) state;

    context->conf.spread = 0;

    enter(11, NULL, 0);
    enter(22, NULL, 0);
    enter(33, NULL, 0);

    assert_false(context->spread);
    assert_null(room_at(NULL)->legs);
    assert_null(room_at(b1));
}


static void
what_is_taken_from_somebody_stays_where_it_is(void **state)
{
    unsigned before;
    branch_t *from;

    (void) state;

    enter_four();
    from = of(33);
    look(11, MEET_SOURCE(at(NULL, 33)->number, MEET_KIND_CAM));

    publish(from, 33, MEET_KIND_CAM, 0, 1, true, 1000);
    relay_advance(MS(10));
    before = packets_of(NULL, 33, MEET_KIND_CAM);
    assert_int_equal(before, 1);

    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_DENY, 33,
        1u << MEET_KIND_CAM | 1u << MEET_KIND_MIC);
    relay_turn();
    drain(&nginx[0]);
    assert_int_equal(at(from, 33)->denied, 3);

    publish(from, 33, MEET_KIND_CAM, 0, 2, true, 1000);
    publish(from, 33, MEET_KIND_MIC, 0, 2, true, 100);
    relay_advance(MS(10));
    assert_int_equal(packets_of(NULL, 33, MEET_KIND_CAM), before);
    assert_int_equal(packets_of(NULL, 33, MEET_KIND_MIC), 0);
}


static void
hidden_cameras_are_hidden_at_branches(void **state)
{
    branch_t *to;
    uint32_t cam;
    uint16_t seq;

    (void) state;

    enter_four();
    to = of(44);
    cam = MEET_SOURCE(at(NULL, 33)->number, MEET_KIND_CAM);
    look(44, cam);

    publish(of(33), 33, MEET_KIND_CAM, 0, 1, true, 1000);
    relay_advance(MS(10));
    assert_int_equal(seen(to, 44, cam)->packets, 1);

    settings.version++;
    settings.flags = MEET_ROOM_HIDES_CAMS;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    relay_advance(MS(40));

    for (seq = 2; seq < 12; seq++) {
        publish(of(33), 33, MEET_KIND_CAM, 0, seq, seq == 2, 1000);
        relay_advance(MS(10));
    }

    /* asking again does not help; the owner, elsewhere, sees it */

    look(44, cam);
    look(11, cam);
    publish(of(33), 33, MEET_KIND_CAM, 0, 12, true, 1000);
    relay_advance(MS(10));
    assert_int_equal(seen(to, 44, cam)->packets, 1);
    assert_non_null(seen(NULL, 11, cam));
}


static void
who_is_removed_is_gone_everywhere(void **state)
{
    branch_t *from;

    (void) state;

    enter_four();
    from = of(33);
    look(44, MEET_SOURCE(at(NULL, 33)->number, MEET_KIND_CAM));

    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_REMOVE, 33, 0);
    relay_turn();
    drain(&nginx[0]);

    assert_null(at(NULL, 33));
    assert_null(at(of(44), 33));
    assert_null(room_at(from)); /* was the only one there */
    assert_int_equal(from->context->branches, 0);
    assert_int_equal(from->context->held, 0);

    enter(55, mic_cam, 2);
    assert_non_null(room_at(from));
}


static void
who_was_at_a_dead_branch_is_welcomed_again(void **state)
{
    record_t *r;
    uint16_t seq;
    uint32_t cam;
    branch_t *dead;
    meet_welcome_t welcome;

    (void) state;

    enter_four();
    dead = of(33);
    relay_advance(MS(50));
    drain(&nginx[0]);

    home_loses(dead);
    relay_turn();

    r = malloc(sizeof(*r));
    assert_true(last_of(&nginx[0], MEET_WELCOME, r));
    memcpy(&welcome, r->body, sizeof(welcome));
    assert_int_equal(r->header.participant, 33);
    assert_int_equal(welcome.resumed, 1);
    assert_int_equal(welcome.publish, 0);
    assert_int_equal(welcome.subscribe, 0);
    free(r);

    assert_int_equal(mw_participant_kinds(at(NULL, 33)), 0);
    assert_int_equal(mw_participant_kinds(at(of(44), 33)), 0);
    branch_loses(dead); /* it is not, but it notices */

    /* it makes new connections, where there is place now */

    write_offer(mic_cam, 2);
    put_offer(&nginx[0], 33, 1, MEET_CONNECTION_PUBLISH, 2, mic_cam, 2);
    relay_turn();
    expect_answer(&nginx[0], MEET_OK);

    cam = MEET_SOURCE(at(NULL, 33)->number, MEET_KIND_CAM);
    dead = at(NULL, 33)->leg == NULL ? NULL : of(33);
    publish(dead, 33, MEET_KIND_CAM, 0, 1, false, 1000);
    look(11, cam);

    for (seq = 2; seq < 12; seq++) {
        publish(dead, 33, MEET_KIND_CAM, 0, seq, seq == 2, 1000);
        relay_advance(MS(10));
    }

    assert_int_equal(seen(NULL, 11, cam)->packets, 10);
}


static void
a_branch_of_a_dead_home_ends(void **state)
{
    (void) state;

    enter_four();
    branch_loses(b1);
    branch_loses(b2);

    assert_int_equal(b1->context->branches, 0);
    assert_int_equal(b1->context->held, 0);
    assert_int_equal(mw_pool_used(b1->context->packets), 0);

    home_loses(b1);
    home_loses(b2);
    assert_int_equal(context->held, 4);
    assert_null(room_at(NULL)->legs);
}


static void
the_end_of_a_room_is_the_end_of_its_branches(void **state)
{
    meet_close_t close;

    (void) state;

    enter_four();

    memset(&close, 0, sizeof(close));
    close.reason = MEET_E_DELETED;
    put(&nginx[0], MEET_ROOM_CLOSE, 0, 0, &close, sizeof(close));
    relay_turn();

    assert_int_equal(rooms.count, 0);
    assert_int_equal(context->held, 0);
    assert_int_equal(b1->context->branches + b2->context->branches, 0);
}


static void
a_new_socket_is_told_its_slots_again(void **state)
{
    record_t *r;
    uint32_t cam;

    (void) state;

    enter_four();
    cam = MEET_SOURCE(at(NULL, 11)->number, MEET_KIND_CAM);
    look(33, cam);

    put_join(&nginx[1], 33, 2, MEET_ROLE_PARTICIPANT, 0, 0);
    relay_turn();

    r = malloc(sizeof(*r));
    assert_true(last_of(&nginx[1], MEET_SLOTS, r));
    assert_int_equal(r->header.session, 2);
    assert_int_equal(slot(r, 0).video, cam);
    free(r);
}


/* whatever the other worker says */
static void
nonsense_is_survived(void **state)
{
    unsigned n, i, len;
    uint64_t x;
    branch_t *b;
    meet_record_t header;
    static uint8_t body[4096];

    (void) state;

    enter_four();
    x = 88172645463325252ull;

    for (n = 0; n < 200000; n++) {
        mw_room_header(room_at(NULL), &header, 0);
        b = &branches[n % BRANCHES];

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;

        header.type = (uint16_t) (MEET_RELAY_LOAD + (x >> 8) % 12);
        header.participant = 11 * (1 + (x >> 16) % 6);
        len = (unsigned) ((x >> 24) % 160);

        for (i = 0; i < len; i++) {
            body[i] = (uint8_t) ((x >> (i % 56)) & ((x >> 60) & 1 ? 0xff : 7));
        }

        if (header.type == MEET_RELAY_CLOSE && n % 1000 != 0) {
            continue;
        }

        if (meet_record_check(&header, body, len) != MEET_OK) {
            continue;
        }

        if ((x >> 40) & 1) {
            mw_relay_record(b->relay, b->link, &header, body, len, now);

        } else {
            mw_relay_record(
                b->home_relay, b->home_link, &header, body, len, now);
        }

        if (n % 64 == 0) {
            relay_advance(MS(10));
            drain(&nginx[0]);
        }
    }

    assert_non_null(room_at(NULL));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define relay_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, setup_relay, teardown_relay)
        relay_test(newcomers_are_spread_and_nobody_is_moved),
        relay_test(nobody_is_placed_at_a_worker_that_drains),
        relay_test(without_the_directive_all_are_at_one_worker),
        relay_test(what_is_taken_from_somebody_stays_where_it_is),
        relay_test(hidden_cameras_are_hidden_at_branches),
        relay_test(who_is_removed_is_gone_everywhere),
        relay_test(who_was_at_a_dead_branch_is_welcomed_again),
        relay_test(a_branch_of_a_dead_home_ends),
        relay_test(the_end_of_a_room_is_the_end_of_its_branches),
        relay_test(a_new_socket_is_told_its_slots_again),
        relay_test(nonsense_is_survived),
    };

    return cmocka_run_group_tests_name("relay room", tests, NULL, NULL);
}
