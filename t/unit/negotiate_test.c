/* Offers of participants, good and bad. */

#include "negotiate_fake.h"

static char first_answer[SDP_ROOM];


static void
published_kinds_are_told(void **state)
{
    record_t *r;
    line_t lines[2];

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT);

    memcpy(lines, mic_cam, sizeof(lines));
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, lines, 2, MEET_OK);
    assert_true(last_of(&nginx[1], MEET_CHANGED, r));
    assert_int_equal(published(r), 3);

    lines[1].direction = "inactive";
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, lines, 2, MEET_OK);
    assert_true(last_of(&nginx[1], MEET_CHANGED, r));
    assert_int_equal(published(r), 1);

    /* nobody ever connects: the connection and its sources end */

    advance(SECONDS(31));
    assert_true(last_of(&nginx[1], MEET_CHANGED, r));
    assert_int_equal(published(r), 0);
    assert_true(context->stats.handshakes_failed == 1);

    free(r);
}


static void
revisions_rise(void **state)
{
    meet_welcome_t welcome;

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);

    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 5, mic_cam, 2, MEET_OK);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 5, mic_cam, 2,
        MEET_E_REVISION);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 4, mic_cam, 2,
        MEET_E_REVISION);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 6, mic_cam, 2, MEET_OK);

    /* they stand when the socket comes back */

    put_join(&nginx[0], 11, 2, MEET_ROLE_OWNER, 0, 0);
    turn();

    do {
        assert_non_null(get(&nginx[0]));
    } while (got->header.type != MEET_WELCOME);

    memcpy(&welcome, got->body, sizeof(welcome));
    assert_int_equal(welcome.publish, 1);
    assert_int_equal(welcome.subscribe, 0);
    drain(&nginx[0]);

    /* another PeerConnection starts from the beginning */

    digit = 'B';
    offer(&nginx[0], 11, 2, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2, MEET_OK);
}


static void
an_ice_restart_gets_new_credentials(void **state)
{
    const char *line;

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2, MEET_OK);
    memcpy(first_answer, answer, sizeof(answer));

    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, mic_cam, 2, MEET_OK);
    line = strstr(answer, "a=ice-ufrag:");
    assert_non_null(line);
    assert_memory_equal(line, strstr(first_answer, "a=ice-ufrag:"), 20);

    ufrag = "efgh";
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 3, mic_cam, 2, MEET_OK);
    line = strstr(answer, "a=ice-ufrag:");
    assert_non_null(line);
    assert_memory_not_equal(line, strstr(first_answer, "a=ice-ufrag:"), 20);
}


/* every SSRC of the first answer stands in the second, and there are more */
static void
a_growing_pool_keeps_its_ssrcs(void **state)
{
    const char *p;
    unsigned before, after;
    char line[17];
    line_t lines[7];

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    memcpy(lines, two_pairs, sizeof(two_pairs));
    lines[5] = (line_t){ "5", "recvonly", MEET_KIND_MIC, 3 };
    lines[6] = (line_t){ "6", "recvonly", MEET_KIND_CAM, 3 };

    offer(&nginx[0], 11, 1, MEET_CONNECTION_SUBSCRIBE, 1, lines, 5, MEET_OK);
    memcpy(first_answer, answer, sizeof(answer));
    offer(&nginx[0], 11, 1, MEET_CONNECTION_SUBSCRIBE, 2, lines, 7, MEET_OK);

    before = 0;
    after = 0;

    for (p = first_answer; (p = strstr(p, "a=ssrc:")) != NULL; p++) {
        memcpy(line, p, 16);
        line[16] = '\0';
        assert_non_null(strstr(answer, line));
        before++;
    }

    for (p = answer; (p = strstr(p, "a=ssrc:")) != NULL; p++) {
        after++;
    }

    assert_true(before > 0);
    assert_true(after > before);
}


static void
bad_offers_change_nothing(void **state)
{
    record_t *r;
    line_t lines[3];

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_VIEWER);
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2, MEET_OK);
    drain(&nginx[1]);

    /* not SDP at all */

    (void) snprintf(sdp, sizeof(sdp), "hello");
    put_offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, mic_cam, 2);
    turn();
    expect_answer(&nginx[0], MEET_E_BAD_OFFER);
    assert_int_not_equal(strlen(answer), 0);

    /* a track of no section, of the wrong kind, twice */

    memcpy(lines, mic_cam, sizeof(mic_cam));
    write_offer(mic_cam, 2);
    lines[1].mid = "7";
    put_offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, lines, 2);
    turn();
    expect_answer(&nginx[0], MEET_E_BAD_OFFER);

    lines[1].mid = "1";
    lines[1].kind = MEET_KIND_SCREEN_AUDIO;
    put_offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, lines, 2);
    turn();
    expect_answer(&nginx[0], MEET_E_BAD_OFFER);

    lines[1].kind = MEET_KIND_CAM;
    lines[2] = (line_t){ "2", "sendonly", MEET_KIND_CAM, 0 };
    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, lines, 3,
        MEET_E_BAD_OFFER);

    lines[2] = (line_t){ "2", "recvonly", MEET_KIND_SCREEN, 0 };
    offer(&nginx[0], 11, 1, MEET_CONNECTION_SUBSCRIBE, 2, lines, 3,
        MEET_E_BAD_OFFER);

    /* viewers may not publish, but may offer what is stopped */

    offer(&nginx[1], 22, 1, MEET_CONNECTION_PUBLISH, 1, mic_cam, 2,
        MEET_E_FORBIDDEN);
    memcpy(lines, mic_cam, sizeof(mic_cam));
    lines[0].direction = "inactive";
    lines[1].direction = "inactive";
    offer(&nginx[1], 22, 1, MEET_CONNECTION_PUBLISH, 2, lines, 2, MEET_OK);

    /* and nobody heard of any of it */

    assert_false(last_of(&nginx[1], MEET_CHANGED, r));

    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 2, mic_cam, 2, MEET_OK);

    free(r);
}


int
main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup_media, teardown_media)

    const struct CMUnitTest tests[] = {
        TEST(published_kinds_are_told),
        TEST(revisions_rise),
        TEST(an_ice_restart_gets_new_credentials),
        TEST(a_growing_pool_keeps_its_ssrcs),
        TEST(bad_offers_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
