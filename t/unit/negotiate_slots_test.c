/* What becomes of what somebody publishes in the slots of the others. */

#include "negotiate_fake.h"


static void
sources_appear_in_slots(void **state)
{
    meet_slot_t s;
    record_t *r;

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT);

    offer(
        &nginx[1], 22, 1, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5, MEET_OK);
    assert_non_null(strstr(answer, "a=ssrc:"));
    assert_non_null(strstr(answer, "a=candidate:"));
    assert_non_null(strstr(answer, "a=sendonly"));

    /* what it will be shown, even before anybody publishes */

    advance(MS(20));
    assert_true(last_of(&nginx[1], MEET_SLOTS, r));
    assert_int_equal(slot(r, 0).audio, MEET_NO_SOURCE);

    view(&nginx[1], 22, 1, MEET_SOURCE(1, MEET_KIND_CAM));
    turn();

    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2, MEET_OK);
    assert_non_null(strstr(answer, "a=recvonly"));
    assert_null(strstr(answer, "a=ssrc:"));

    advance(MS(20));
    assert_true(last_of(&nginx[1], MEET_SLOTS, r));
    assert_int_equal(r->header.audience, MEET_TO_ONE);
    assert_true(r->header.participant == 22);

    s = slot(r, 0);
    assert_int_equal(s.audio, MEET_SOURCE(1, MEET_KIND_MIC));
    assert_int_equal(s.video, MEET_SOURCE(1, MEET_KIND_CAM));
    assert_int_equal(slot(r, 2).slot, 2);
    assert_int_equal(slot(r, 2).video, MEET_NO_SOURCE);

    free(r);
}


static void
stopping_and_starting_needs_one_offer_by_one(void **state)
{
    unsigned i;
    record_t *r;
    uint32_t revision;
    line_t share[] = {
        { "0", "sendonly", MEET_KIND_MIC, 0 },
        { "1", "sendonly", MEET_KIND_SCREEN, 0 },
    };

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT);
    offer(
        &nginx[1], 22, 1, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5, MEET_OK);
    view(&nginx[1], 22, 1, MEET_SOURCE(1, MEET_KIND_SCREEN));
    turn();

    revision = 0;

    for (i = 0; i < 10; i++) {
        share[1].direction = "sendonly";
        offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, ++revision, share, 2,
            MEET_OK);
        advance(MS(20));
        assert_true(last_of(&nginx[1], MEET_SLOTS, r));
        assert_int_equal(slot(r, 0).video, MEET_SOURCE(1, MEET_KIND_SCREEN));

        share[1].direction = "inactive";
        offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, ++revision, share, 2,
            MEET_OK);
        assert_non_null(strstr(answer, "a=inactive"));
        assert_null(strstr(answer, "m=video 0 "));
        advance(MS(20));
        assert_true(last_of(&nginx[1], MEET_SLOTS, r));
        assert_int_equal(slot(r, 0).video, MEET_NO_SOURCE);
    }

    free(r);
}


static uint32_t
shown(nginx_t *n, unsigned i, record_t *r)
{
    advance(MS(40));
    assert_true(last_of(n, MEET_SLOTS, r));

    return slot(r, i).video;
}


static void
set_flags(uint32_t flags)
{
    settings.version++;
    settings.flags = flags;
    put(&nginx[0], MEET_ROOM_SETTINGS, 0, 0, &settings, sizeof(settings));
    turn();
}


static void
hidden_cameras_are_for_moderators(void **state)
{
    record_t *r;
    uint32_t cam;

    (void) state;

    r = malloc(sizeof(*r));
    cam = MEET_SOURCE(3, MEET_KIND_CAM);

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 2, MEET_ROLE_PARTICIPANT);
    join(&nginx[1], 33, 3, MEET_ROLE_PARTICIPANT);

    offer(
        &nginx[0], 11, 1, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5, MEET_OK);
    offer(
        &nginx[1], 22, 2, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5, MEET_OK);
    view(&nginx[0], 11, 1, cam);
    view(&nginx[1], 22, 2, cam);
    offer(&nginx[1], 33, 3, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2, MEET_OK);

    assert_int_equal(shown(&nginx[0], 0, r), cam);
    assert_int_equal(shown(&nginx[1], 0, r), cam);

    set_flags(MEET_ROOM_HIDES_CAMS);
    assert_int_equal(shown(&nginx[1], 0, r), MEET_NO_SOURCE);
    assert_int_equal(slot(r, 0).audio, cam - 1); /* still to be heard */
    assert_false(last_of(&nginx[0], MEET_SLOTS, r));

    /* asking once more does not help; being appointed does */

    view(&nginx[1], 22, 2, cam);
    advance(MS(40));
    assert_false(last_of(&nginx[1], MEET_SLOTS, r));

    put_appoint(&nginx[0], 11, 1, 22, MEET_ROLE_MODERATOR);
    turn();
    assert_int_equal(shown(&nginx[1], 0, r), cam);

    put_appoint(&nginx[0], 11, 1, 22, MEET_ROLE_PARTICIPANT);
    turn();
    assert_int_equal(shown(&nginx[1], 0, r), MEET_NO_SOURCE);

    set_flags(0);
    assert_int_equal(shown(&nginx[1], 0, r), cam);

    free(r);
}


static void
muted_pictures_take_no_slot(void **state)
{
    record_t *r;
    meet_state_t change;
    uint32_t cam;

    static const line_t all[] = {
        { "0", "sendonly", MEET_KIND_MIC, 0 },
        { "1", "sendonly", MEET_KIND_CAM, 0 },
        { "2", "sendonly", MEET_KIND_SCREEN_AUDIO, 0 },
        { "3", "sendonly", MEET_KIND_SCREEN, 0 },
    };

    (void) state;

    r = malloc(sizeof(*r));
    cam = MEET_SOURCE(1, MEET_KIND_CAM);

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 2, MEET_ROLE_PARTICIPANT);

    memset(&change, 0, sizeof(change));
    change.fields = MEET_STATE_MUTED;
    change.muted = 0xf;
    put(&nginx[0], MEET_STATE, 11, 1, &change, sizeof(change));
    offer(
        &nginx[1], 22, 2, MEET_CONNECTION_SUBSCRIBE, 1, two_pairs, 5, MEET_OK);
    view(&nginx[1], 22, 2, cam);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, all, 4, MEET_OK);

    assert_int_equal(shown(&nginx[1], 0, r), MEET_NO_SOURCE);
    assert_int_equal(slot(r, 0).audio, MEET_SOURCE(1, MEET_KIND_MIC));
    assert_int_equal(slot(r, 1).audio, MEET_NO_SOURCE);
    assert_int_equal(slot(r, 2).audio, MEET_NO_SOURCE);

    change.muted = 0;
    put(&nginx[0], MEET_STATE, 11, 1, &change, sizeof(change));
    turn();
    assert_int_equal(shown(&nginx[1], 0, r), cam);
    assert_int_equal(slot(r, 2).audio, MEET_SOURCE(1, MEET_KIND_SCREEN_AUDIO));

    /* a moderator takes the camera away: nobody gets it, whatever is sent */

    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_DENY, 11, 1u << MEET_KIND_CAM);
    turn();
    assert_int_equal(shown(&nginx[1], 0, r), MEET_NO_SOURCE);
    put(&nginx[0], MEET_STATE, 11, 1, &change, sizeof(change));
    turn();
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, all, 4, MEET_OK);
    advance(MS(40));
    assert_false(last_of(&nginx[1], MEET_SLOTS, r));

    free(r);
}


int
main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup_media, teardown_media)

    const struct CMUnitTest tests[] = {
        TEST(sources_appear_in_slots),
        TEST(stopping_and_starting_needs_one_offer_by_one),
        TEST(hidden_cameras_are_for_moderators),
        TEST(muted_pictures_take_no_slot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
