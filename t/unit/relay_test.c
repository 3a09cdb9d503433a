/* One room on several media workers: what becomes of its sources. */

#include "relay_fake.h"

static branch_t *const b1 = &branches[0];
static branch_t *const b2 = &branches[1];


static void
a_picture_crosses_once_for_all_who_are_there(void **state)
{
    uint16_t seq;
    uint32_t cam;
    unsigned plis;
    branch_t *there;

    (void) state;

    enter_four();
    enter(55, NULL, 0);
    enter(66, NULL, 0);
    there = of(33);
    cam = MEET_SOURCE(at(NULL, 11)->number, MEET_KIND_CAM);

    publish(NULL, 11, MEET_KIND_CAM, 0, 1, false, 1000);
    relay_advance(MS(40));
    assert_int_equal(packets_of(there, 11, MEET_KIND_CAM), 0); /* unwanted */

    look(33, cam);
    look(at(there, 55)->rl != NULL ? 55 : 66, cam);

    /* the wish for a keyframe crosses, once for both */

    plis = stream(
        at(NULL, 11)->publish->connection.peer, 11 * 100 + MEET_KIND_CAM * 10)
               ->plis;
    assert_int_equal(plis, 1);

    for (seq = 2; seq < 102; seq++) {
        publish(NULL, 11, MEET_KIND_CAM, 0, seq, seq == 2, 1000);
        relay_advance(MS(10));
    }

    assert_int_equal(packets_of(there, 11, MEET_KIND_CAM), 100);
    assert_non_null(seen(there, 33, cam));
    assert_int_equal(seen(there, 33, cam)->packets, 100);
    assert_int_equal(seen(there, 33, cam)->gaps, 0);
    assert_int_equal(
        seen(there, at(there, 55)->rl != NULL ? 55 : 66, cam)->packets, 100);
    assert_int_equal(b1->home_link->shed + b2->home_link->shed, 0);
}


static void
a_late_one_starts_with_what_the_branch_keeps(void **state)
{
    uint16_t seq;
    uint32_t cam;
    branch_t *there;
    uint64_t second;

    (void) state;

    enter_four();
    enter(55, NULL, 0);
    enter(66, NULL, 0);
    there = of(33);
    second = at(there, 55)->rl != NULL ? 55 : 66;
    cam = MEET_SOURCE(at(NULL, 11)->number, MEET_KIND_CAM);

    publish(NULL, 11, MEET_KIND_CAM, 0, 1, false, 1000);
    look(33, cam);

    for (seq = 2; seq < 12; seq++) {
        publish(NULL, 11, MEET_KIND_CAM, 0, seq, seq == 2, 1000);
        relay_advance(MS(10));
    }

    look(second, cam);
    publish(NULL, 11, MEET_KIND_CAM, 0, 12, false, 1000);
    relay_advance(MS(10));

    assert_non_null(seen(there, second, cam));
    assert_int_equal(seen(there, second, cam)->packets, 11);
}


static void
a_branch_is_seen_at_home_and_at_other_branches(void **state)
{
    uint16_t seq;
    uint32_t cam;
    branch_t *from, *to;

    (void) state;

    enter_four();
    from = of(33);
    to = of(44);
    cam = MEET_SOURCE(at(NULL, 33)->number, MEET_KIND_CAM);

    publish(from, 33, MEET_KIND_CAM, 0, 1, false, 1000);
    look(11, cam);
    look(44, cam);

    assert_in_range(stream(at(from, 33)->publish->connection.peer,
                        33 * 100 + MEET_KIND_CAM * 10)
                        ->plis,
        1, 2);

    for (seq = 2; seq < 52; seq++) {
        publish(from, 33, MEET_KIND_CAM, 0, seq, seq == 2, 1000);
        relay_advance(MS(10));
    }

    assert_int_equal(seen(NULL, 11, cam)->packets, 50);
    assert_int_equal(seen(to, 44, cam)->packets, 50);
    assert_int_equal(seen(NULL, 11, cam)->gaps, 0);
    assert_int_equal(seen(to, 44, cam)->gaps, 0);
    assert_int_equal(packets_of(NULL, 33, MEET_KIND_CAM), 50);
}


static void
home_decides_who_is_heard(void **state)
{
    uint16_t seq;
    uint32_t mic;
    record_t *r;
    branch_t *from, *to;
    meet_speakers_t speakers;

    (void) state;

    enter_four();
    from = of(33);
    to = of(44);
    mic = MEET_SOURCE(at(NULL, 33)->number, MEET_KIND_MIC);
    relay_advance(MS(100));
    drain(&nginx[0]);

    for (seq = 1; seq < 101; seq++) {
        publish(from, 33, MEET_KIND_MIC, 0, seq, false, 100);
        relay_advance(MS(20));
    }

    r = malloc(sizeof(*r));
    assert_true(last_of(&nginx[0], MEET_SPEAKERS, r));
    memcpy(&speakers, r->body, sizeof(speakers));
    assert_int_equal(speakers.active, at(NULL, 33)->number);
    assert_int_equal(speakers.entries, 1);
    free(r);

    assert_in_range(seen(NULL, 11, mic)->packets, 98, 100);
    assert_in_range(seen(to, 44, mic)->packets, 98, 100);
    assert_int_equal(seen(NULL, 11, mic)->gaps, 0);
    assert_int_equal(seen(to, 44, mic)->gaps, 0);
    assert_true(at(from, 33)->loud);
}


static void
only_wanted_layers_cross(void **state)
{
    uint8_t layers;
    unsigned layer;
    uint16_t seq;
    uint32_t cam;
    branch_t *there;
    mw_source_t *source;
    meet_view_t v;
    meet_view_entry_t entry;
    uint8_t body[sizeof(v) + sizeof(entry)];

    (void) state;

    modern = true;
    enter_four();
    there = of(33);
    cam = MEET_SOURCE(at(NULL, 11)->number, MEET_KIND_CAM);
    source = mw_publish_source(at(NULL, 11)->publish, MEET_KIND_CAM);

    for (seq = 1; seq < 51; seq++) {
        for (layer = 0; layer < 3; layer++) {
            publish(NULL, 11, MEET_KIND_CAM, layer, seq, seq == 1, 300);
        }

        relay_advance(MS(30));
    }

    look(33, cam); /* 720 pixels */

    for (; seq < 101; seq++) {
        for (layer = 0; layer < 3; layer++) {
            publish(NULL, 11, MEET_KIND_CAM, layer, seq, seq == 60, 300);
        }

        relay_advance(MS(30));
    }

    assert_int_equal(packets_of(there, 11, MEET_KIND_CAM), 50);
    assert_int_equal(seen(there, 33, cam)->packets, 41);

    /* the largest has to be sent, by what the branch says; no other need be */

    relay_advance(SECONDS(8));
    assert_int_equal(mw_source_wanted(source, &layers), 3);
    assert_true(layers & 1u << 2);

    /* a smaller one instead */

    memset(&v, 0, sizeof(v));
    memset(&entry, 0, sizeof(entry));
    v.entries = 1;
    entry.source = cam;
    entry.height = 90;
    memcpy(body, &v, sizeof(v));
    memcpy(body + sizeof(v), &entry, sizeof(entry));

    for (; seq < 401; seq++) {
        if (seq == 110) {
            put(&nginx[0], MEET_VIEW, 33, 1, body, sizeof(body));
        }

        for (layer = 0; layer < 3; layer++) {
            publish(NULL, 11, MEET_KIND_CAM, layer, seq, seq % 20 == 0, 300);
        }

        relay_advance(MS(30));
    }

    assert_int_equal(mw_source_wanted(source, &layers), 3);
    assert_int_equal(layers, 1);
    assert_int_equal(seen(there, 33, cam)->gaps, 0);
}


static void
a_full_ring_sheds_media_and_nothing_else(void **state)
{
    uint16_t seq;
    uint32_t cam;
    branch_t *there;

    (void) state;

    enter_four();
    there = of(33);
    cam = MEET_SOURCE(at(NULL, 11)->number, MEET_KIND_CAM);

    publish(NULL, 11, MEET_KIND_CAM, 0, 1, false, 1000);
    look(33, cam);

    publish(NULL, 11, MEET_KIND_CAM, 0, 2, true, 1000);
    relay_advance(MS(10));
    there->deaf = true;

    for (seq = 3; seq < 1003; seq++) {
        publish(NULL, 11, MEET_KIND_CAM, 0, seq, false, 1200);
    }

    assert_true(there->home_link->shed > 500);

    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_DENY, 44, 1);
    relay_advance(MS(50));
    drain(&nginx[0]);
    assert_int_equal(at(there, 44)->denied, 0);

    there->deaf = false;
    relay_advance(MS(50));
    assert_int_equal(at(there, 44)->denied, 1);
    assert_int_equal(there->home_link->lost, 0);

    /* a keyframe, and the picture goes on */

    publish(NULL, 11, MEET_KIND_CAM, 0, 1003, false, 1200);
    relay_advance(SECONDS(2));

    for (seq = 1004; seq < 1054; seq++) {
        publish(NULL, 11, MEET_KIND_CAM, 0, seq, seq == 1004, 1200);
        relay_advance(MS(10));
    }

    assert_true(seen(there, 33, cam)->packets >= 50);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define relay_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, setup_relay, teardown_relay)
        relay_test(a_picture_crosses_once_for_all_who_are_there),
        relay_test(a_late_one_starts_with_what_the_branch_keeps),
        relay_test(a_branch_is_seen_at_home_and_at_other_branches),
        relay_test(home_decides_who_is_heard),
        relay_test(only_wanted_layers_cross),
        relay_test(a_full_ring_sheds_media_and_nothing_else),
    };

    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
