/* Participants without a session: how they come, live and end. */

#include "negotiate_fake.h"

#include "mw_participant.h"

#define WHIP   0x5100000001u
#define WHEP   0x5100000002u
#define NUMBER 0xfeedu /* of an opening */

static const line_t both[] = {
    { "a", "sendrecv", MEET_KIND_MIC, 0 },
    { "v", "sendrecv", MEET_KIND_CAM, 0 },
};

static uint32_t etag;
static uint8_t secret;
static uint32_t source;
static const char *name;
static uint64_t resource;


static int
setup_resource(void **state)
{
    secret = 1;
    source = MEET_NO_SOURCE;
    name = "Encoder";
    resource = NUMBER;

    return setup_media(state);
}


static meet_resource_t
named(void)
{
    meet_resource_t r;

    memset(&r, 0, sizeof(r));
    r.resource = resource;
    memset(r.verifier, secret, sizeof(r.verifier));

    return r;
}


/* passes over events; the text is in `answer` */
static void
expect_resource(nginx_t *n, unsigned status)
{
    meet_resource_answer_t reply;

    do {
        assert_non_null(get(n));
    } while (got->header.type != MEET_RESOURCE);

    assert_string_equal(
        meet_status_name(got->header.status), meet_status_name(status));
    memcpy(&reply, got->body, sizeof(reply));
    assert_in_range(reply.sdp_len, 0, sizeof(answer) - 1);
    memcpy(answer, got->body + sizeof(reply), reply.sdp_len);
    answer[reply.sdp_len] = '\0';
    etag = reply.etag;
}


static void
put_resource(nginx_t *n, uint64_t who, uint8_t connection, const char *text)
{
    size_t len;
    meet_resource_open_t open;
    static uint8_t body[MEET_BODY_MAX];

    open_room(n);

    memset(&open, 0, sizeof(open));
    open.resource = named();
    open.source = source;
    open.connection = connection;
    open.role = connection == MEET_CONNECTION_PUBLISH ? MEET_ROLE_PARTICIPANT
                                                      : MEET_ROLE_VIEWER;
    open.name_len = (uint16_t) strlen(name);
    open.sdp_len = (uint32_t) strlen(text);

    memcpy(body, &open, sizeof(open));
    len = sizeof(open);
    memcpy(body + len, name, open.name_len);
    len += open.name_len;
    memcpy(body + len, text, open.sdp_len);
    len += open.sdp_len;

    put(n, MEET_RESOURCE_OPEN, who, 0, body, len);
    turn();
}


static void
come(nginx_t *n, uint64_t who, uint8_t connection, const line_t *lines,
    unsigned nlines, unsigned status)
{
    write_offer(lines, nlines);
    put_resource(n, who, connection, sdp);
    expect_resource(n, status);
}


static void
patch(nginx_t *n, uint64_t who, uint32_t tag, const char *text, unsigned status)
{
    meet_resource_patch_t p;
    uint8_t body[sizeof(p) + 1024];

    memset(&p, 0, sizeof(p));
    p.resource = named();
    p.etag = tag;
    p.sdp_len = (uint32_t) strlen(text);
    memcpy(body, &p, sizeof(p));
    memcpy(body + sizeof(p), text, p.sdp_len);

    put(n, MEET_RESOURCE_PATCH, who, 0, body, sizeof(p) + p.sdp_len);
    turn();
    expect_resource(n, status);
}


static void
leave(nginx_t *n, uint64_t who, unsigned status)
{
    meet_resource_t r;

    r = named();
    put(n, MEET_RESOURCE_CLOSE, who, 0, &r, sizeof(r));
    turn();

    do {
        assert_non_null(get(n));
    } while (got->header.type != MEET_DONE);

    assert_string_equal(
        meet_status_name(got->header.status), meet_status_name(status));
}


static void
an_encoder_is_somebody(void **state)
{
    record_t *r;
    meet_participant_t who;

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_OK);
    assert_int_equal(etag, 1);
    assert_non_null(strstr(answer, "a=recvonly"));
    assert_null(strstr(answer, "a=sendonly"));

    /* told once, with what it sends, and before that nothing */

    assert_non_null(expect(&nginx[0], MEET_JOINED));
    who = participant(got);
    assert_true(who.id == WHIP);
    assert_int_equal(who.flags, MEET_PARTICIPANT_STREAM);
    assert_int_equal(who.role, MEET_ROLE_PARTICIPANT);
    assert_int_equal(who.published, 1u << MEET_KIND_MIC | 1u << MEET_KIND_CAM);
    assert_false(who.away);

    /* it never is away, with no socket ever */

    advance(SECONDS(5));
    assert_false(last_of(&nginx[0], MEET_CHANGED, r));

    /* whoever knows the secret ends it, on any link */

    secret = 2;
    leave(&nginx[0], WHIP, MEET_E_FORBIDDEN);
    secret = 1;
    resource = NUMBER + 1;
    leave(&nginx[0], WHIP, MEET_E_NO_PARTICIPANT);
    resource = NUMBER;
    leave(&nginx[0], 11, MEET_E_NO_PARTICIPANT);
    leave(&nginx[0], WHIP, MEET_OK);
    expect(&nginx[0], MEET_LEFT);
    leave(&nginx[0], WHIP, MEET_E_NO_PARTICIPANT);

    free(r);
}


static void
it_outlives_links_and_ends_without_consent(void **state)
{
    record_t *r;

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_OK);
    drain(&nginx[0]);

    detach(&nginx[1]);
    attach(&nginx[1]);
    advance(SECONDS(20));
    assert_false(last_of(&nginx[0], MEET_LEFT, r));
    patch(&nginx[1], WHIP, 1, "a=candidate:x\r\n", MEET_OK);

    /* there never was a check */

    advance(SECONDS(41));
    assert_true(last_of(&nginx[0], MEET_LEFT, r));

    free(r);
}


static void
bad_offers_bring_nobody(void **state)
{
    unsigned i;
    static const line_t receive[] = { { "0", "recvonly", MEET_KIND_MIC, 0 } };
    static const char *const bad[] = { "", "v=0\r\n", "v=0\r\nm=audio", "x" };

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);

    for (i = 0; i < 4; i++) {
        put_resource(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, bad[i]);
        expect_resource(&nginx[1], MEET_E_BAD_OFFER);
        assert_true(strlen(answer) > 0);
    }

    come(
        &nginx[1], WHIP, MEET_CONNECTION_PUBLISH, receive, 1, MEET_E_BAD_OFFER);

    /* what the room does not allow to its participants */

    settings.version++;
    settings.rights_participant = MEET_RIGHT_MIC;
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_E_FORBIDDEN);

    while (get(&nginx[0]) != NULL) {
        assert_int_not_equal(got->header.type, MEET_JOINED);
        assert_int_not_equal(got->header.type, MEET_CHANGED);
    }

    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 1, MEET_OK);
    expect(&nginx[0], MEET_JOINED);
}


static void
the_newest_opening_wins(void **state)
{
    record_t *r;
    uint32_t number;

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_OK);
    expect(&nginx[0], MEET_JOINED);
    number = participant(got).number;

    put_moderate(
        &nginx[0], 11, 1, MEET_MODERATE_MUTE, WHIP, 1u << MEET_KIND_MIC);
    turn();
    drain(&nginx[0]);

    /* a bad one leaves the present one alone */

    resource++;
    put_resource(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, "v=0\r\n");
    expect_resource(&nginx[1], MEET_E_BAD_OFFER);
    resource--;
    patch(&nginx[1], WHIP, 0, "a=mid:a\r\n", MEET_OK);

    /* a good one, even from the same client, is another connection */

    resource++;
    name = "Camera";
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_OK);
    assert_int_equal(etag, 2);

    assert_true(last_of(&nginx[0], MEET_CHANGED, r));
    assert_int_equal(participant(r).number, number);
    assert_int_equal(participant(r).muted, 1u << MEET_KIND_MIC);
    assert_memory_equal(
        r->body + sizeof(meet_participant_t), "Camera", strlen("Camera"));

    resource--;
    leave(&nginx[1], WHIP, MEET_E_NO_PARTICIPANT);
    resource++;
    leave(&nginx[1], WHIP, MEET_OK);

    free(r);
}


static void
a_restart_brings_new_credentials(void **state)
{
    char first[SDP_ROOM];
    static const char fragment[] =
        "a=ice-ufrag:newu\r\na=ice-pwd:zzzzzzzzzzzzzzzzzzzzzzzz\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"
        "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_OK);
    memcpy(first, answer, sizeof(first));

    /* candidates of the ICE session there is, of one there was not */

    patch(&nginx[1], WHIP, 1,
        "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n", MEET_OK);
    assert_string_equal(answer, "");
    assert_int_equal(etag, 1);
    patch(&nginx[1], WHIP, 7, fragment, MEET_E_PRECONDITION);
    patch(&nginx[1], WHIP, 0, "nonsense", MEET_E_BAD_OFFER);
    patch(&nginx[1], WHIP, 0, "a=ice-ufrag:abcd\r\n", MEET_E_BAD_OFFER);
    patch(&nginx[1], WHIP, 0, "a=ice-ufrag:a\r\na=ice-pwd:b\r\n",
        MEET_E_BAD_OFFER);

    patch(&nginx[0], WHIP, 0, fragment, MEET_OK);
    assert_int_equal(etag, 2);
    assert_non_null(strstr(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a"));
    assert_non_null(strstr(answer, "a=candidate:1 1 udp "));
    assert_non_null(strstr(answer, "a=ice-ufrag:"));
    assert_null(strstr(first, strtok(strstr(answer, "a=ice-ufrag:"), "\r")));

    patch(&nginx[1], WHIP, 1, fragment, MEET_E_PRECONDITION);
    patch(&nginx[1], WHIP, 2, fragment, MEET_OK);
    assert_string_equal(answer, "");
}


static void
a_removed_one_stays_out(void **state)
{
    record_t *r;

    (void) state;

    r = malloc(sizeof(*r));

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_OK);

    /* muted, it cannot unmute itself: `allow` does it */

    put_moderate(
        &nginx[0], 11, 1, MEET_MODERATE_MUTE, WHIP, 1u << MEET_KIND_MIC);
    put_moderate(
        &nginx[0], 11, 1, MEET_MODERATE_ALLOW, WHIP, 1u << MEET_KIND_MIC);
    turn();
    assert_true(last_of(&nginx[0], MEET_CHANGED, r));
    assert_int_equal(participant(r).muted, 0);

    put_moderate(&nginx[0], 11, 1, MEET_MODERATE_REMOVE, WHIP, 0);
    turn();
    assert_true(last_of(&nginx[0], MEET_LEFT, r));

    resource++;
    come(&nginx[1], WHIP, MEET_CONNECTION_PUBLISH, both, 2, MEET_E_REMOVED);

    free(r);
}


static mw_participant_t *
find(uint64_t who)
{
    unsigned i;
    mw_participant_t *p;

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        for (p = rooms.buckets[i] ? rooms.buckets[i]->head : NULL; p != NULL;
             p = p->next)
        {
            if (p->id == who) {
                return p;
            }
        }
    }

    fail_msg("nobody of that id");
    abort();
}


/* what the actor has put into the first slot of the player */
static mw_view_slot_t
shown(void)
{
    return find(WHEP)->view.slots[0];
}


static void
speak(uint64_t who)
{
    unsigned i;
    mw_participant_t *p;

    p = find(who);

    for (i = 0; i < 300; i++) {
        (void) mw_speaker_level(p->room->speaker, p->place, 20, now);
        advance(MS(20));
    }
}


static void
a_player_follows_who_speaks(void **state)
{
    static const line_t play[] = {
        { "0", "recvonly", MEET_KIND_MIC, 0 },
        { "1", "recvonly", MEET_KIND_CAM, 0 },
    };
    static const line_t cam[] = {
        { "0", "sendonly", MEET_KIND_MIC, 0 },
        { "1", "sendonly", MEET_KIND_CAM, 0 },
    };

    (void) state;

    join(&nginx[0], 11, 1, MEET_ROLE_OWNER);
    join(&nginx[1], 22, 1, MEET_ROLE_PARTICIPANT);
    come(&nginx[1], WHEP, MEET_CONNECTION_SUBSCRIBE, play, 2, MEET_OK);
    assert_non_null(strstr(answer, "a=sendonly"));
    advance(MS(50));
    assert_int_equal(shown().video, MEET_NO_SOURCE);

    /* the first one there is, then whoever speaks, and no other */

    offer(&nginx[0], 11, 1, MEET_CONNECTION_PUBLISH, 1, cam, 2, MEET_OK);
    offer(&nginx[1], 22, 1, MEET_CONNECTION_PUBLISH, 1, cam, 2, MEET_OK);
    advance(MS(50));
    assert_int_equal(shown().video, MEET_SOURCE(1, MEET_KIND_CAM));
    assert_int_equal(shown().audio, MEET_SOURCE(1, MEET_KIND_MIC));

    speak(22);
    assert_int_equal(shown().video, MEET_SOURCE(2, MEET_KIND_CAM));
    assert_int_equal(shown().audio, MEET_SOURCE(2, MEET_KIND_MIC));

    /* without a camera the sound is there all the same */

    offer(&nginx[1], 22, 1, MEET_CONNECTION_PUBLISH, 2, cam, 1, MEET_OK);
    advance(MS(50));
    assert_int_equal(shown().video, MEET_NO_SOURCE);
    assert_int_equal(shown().audio, MEET_SOURCE(2, MEET_KIND_MIC));

    /* one source whoever speaks */

    source = MEET_SOURCE(1, MEET_KIND_CAM);
    resource++;
    come(&nginx[0], WHEP, MEET_CONNECTION_SUBSCRIBE, play, 2, MEET_OK);
    advance(MS(50));
    assert_int_equal(shown().video, MEET_SOURCE(1, MEET_KIND_CAM));

    /* and without any picture */

    resource++;
    come(&nginx[0], WHEP, MEET_CONNECTION_SUBSCRIBE, play, 1, MEET_OK);
    advance(MS(50));
    assert_int_equal(shown().audio, MEET_SOURCE(1, MEET_KIND_MIC));

    leave(&nginx[1], WHEP, MEET_OK);
}


int
main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup_resource, teardown_media)

    const struct CMUnitTest tests[] = {
        TEST(an_encoder_is_somebody),
        TEST(it_outlives_links_and_ends_without_consent),
        TEST(bad_offers_bring_nobody),
        TEST(the_newest_opening_wins),
        TEST(a_restart_brings_new_credentials),
        TEST(a_removed_one_stays_out),
        TEST(a_player_follows_who_speaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
