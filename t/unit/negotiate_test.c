/* Offers of participants, and what becomes of them for everybody. */

#include "room_fake.h"

#include "mw_srtp.h"

#include <stdio.h>

#define SDP_ROOM (64 * 1024)

typedef struct {
    const char *mid;
    const char *direction; /* "sendonly", "recvonly", "inactive" */
    uint8_t kind;
    uint8_t slot;
} line_t;

static char sdp[SDP_ROOM];
static char answer[SDP_ROOM];
static char first_answer[SDP_ROOM];
static const char *ufrag;
static char digit; /* of the fingerprint */
static mw_udp_t *udp;


static int
setup_media(void **state)
{
    const char *err;
    mw_udp_conf_t conf;

    assert_int_equal(setup(state), 0);

    memset(&conf, 0, sizeof(conf));
    conf.nlisten = 1;
    conf.listen[0].kind = MW_ADDR_UDP;
    conf.listen[0].ip[10] = 0xff;
    conf.listen[0].ip[11] = 0xff;
    conf.listen[0].ip[12] = 127;
    conf.listen[0].ip[15] = 1;

    assert_int_equal(mw_srtp_init(), MW_OK);
    udp = mw_udp_create(&conf, &err);
    assert_non_null(udp);

    context->udp = udp;
    context->packets = mw_pool_create(256);
    ufrag = "abcd";
    digit = 'A';

    return 0;
}


static int
teardown_media(void **state)
{
    unsigned i;
    mw_pool_t *packets;

    packets = context->packets;

    for (i = 0; i < NGINX; i++) {
        detach(&nginx[i]);
    }

    mw_rooms_clear(&rooms, now);
    mw_udp_destroy(udp);
    mw_pool_destroy(packets);
    mw_srtp_exit();

    rooms.deleted = NULL;

    return teardown(state);
}


static void
say(const char *format, ...)
{
    va_list args;
    size_t len;

    len = strlen(sdp);

    va_start(args, format);
    (void) vsnprintf(sdp + len, sizeof(sdp) - len, format, args);
    va_end(args);
}


static void
write_offer(const line_t *lines, unsigned n)
{
    unsigned i;
    bool video;

    sdp[0] = '\0';

    say("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");

    for (i = 0; i < n; i++) {
        say(" %s", lines[i].mid);
    }

    say("\r\n");

    for (i = 0; i < n; i++) {
        video = (lines[i].kind & 1u) != 0;

        say("m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\n",
            video ? "video" : "audio", video ? "96 97" : "111");
        say("a=ice-ufrag:%s\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n", ufrag);
        say("a=fingerprint:sha-256 %c0:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:"
            "0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n",
            digit);
        say("a=setup:actpass\r\na=mid:%s\r\na=%s\r\na=rtcp-mux\r\n",
            lines[i].mid, lines[i].direction);
        say("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");

        if (video) {
            say("a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
                "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");

        } else {
            say("a=rtpmap:111 opus/48000/2\r\n");
        }
    }
}


static void
put_offer(nginx_t *n, uint64_t who, uint32_t session, uint8_t connection,
    uint32_t revision, const line_t *lines, unsigned nlines)
{
    size_t len;
    unsigned i;
    meet_offer_t offer;
    meet_track_t track;
    static uint8_t body[MEET_BODY_MAX];

    memset(&offer, 0, sizeof(offer));
    offer.revision = revision;
    offer.connection = connection;
    offer.tracks = (uint16_t) nlines;
    offer.sdp_len = (uint32_t) strlen(sdp);

    memcpy(body, &offer, sizeof(offer));
    len = sizeof(offer);

    for (i = 0; i < nlines; i++) {
        memset(&track, 0, sizeof(track));
        memcpy(track.mid, lines[i].mid, strlen(lines[i].mid));
        track.kind = lines[i].kind;
        track.slot = lines[i].slot;
        memcpy(body + len, &track, sizeof(track));
        len += sizeof(track);
    }

    memcpy(body + len, sdp, offer.sdp_len);

    put(n, MEET_OFFER, who, session, body, len + offer.sdp_len);
}


/* events before it are passed over; the text is in `answer` */
static void
expect_answer(nginx_t *n, unsigned status)
{
    meet_answer_t reply;

    do {
        assert_non_null(get(n));
    } while (got->header.type != MEET_ANSWER);

    assert_string_equal(
        meet_status_name(got->header.status), meet_status_name(status));
    memcpy(&reply, got->body, sizeof(reply));
    assert_in_range(reply.sdp_len, 0, sizeof(answer) - 1);
    memcpy(answer, got->body + sizeof(reply), reply.sdp_len);
    answer[reply.sdp_len] = '\0';
}


static void
offer(nginx_t *n, uint64_t who, uint32_t session, uint8_t connection,
    uint32_t revision, const line_t *lines, unsigned nlines, unsigned status)
{
    write_offer(lines, nlines);
    put_offer(n, who, session, connection, revision, lines, nlines);
    turn();
    expect_answer(n, status);
}


/* the last record of a type among all that wait; false: none */
static bool
last_of(nginx_t *n, uint16_t type, record_t *r)
{
    bool found;

    found = false;

    while (get(n) != NULL) {
        if (got->header.type == type) {
            memcpy(r, got, sizeof(*r));
            found = true;
        }
    }

    return found;
}


static uint8_t
published(const record_t *r)
{
    meet_participant_t who;

    memcpy(&who, r->body, sizeof(who));

    return who.published;
}


static meet_slot_t
slot(const record_t *r, unsigned i)
{
    meet_slot_t s;
    meet_slots_t slots;

    memcpy(&slots, r->body, sizeof(slots));
    assert_true(i < slots.entries);
    memcpy(&s, r->body + sizeof(slots) + i * sizeof(s), sizeof(s));

    return s;
}


static void
view(nginx_t *n, uint64_t who, uint32_t session, uint32_t source)
{
    meet_view_t v;
    meet_view_entry_t entry;
    uint8_t body[sizeof(v) + sizeof(entry)];

    memset(&v, 0, sizeof(v));
    memset(&entry, 0, sizeof(entry));
    v.entries = 1;
    entry.source = source;
    entry.height = 720;
    memcpy(body, &v, sizeof(v));
    memcpy(body + sizeof(v), &entry, sizeof(entry));

    put(n, MEET_VIEW, who, session, body, sizeof(body));
}


static const line_t mic_cam[] = {
    { "0", "sendonly", MEET_KIND_MIC, 0 },
    { "1", "sendonly", MEET_KIND_CAM, 0 },
};

static const line_t two_pairs[] = {
    { "0", "recvonly", MEET_KIND_MIC, 0 },
    { "1", "recvonly", MEET_KIND_CAM, 0 },
    { "2", "recvonly", MEET_KIND_MIC, 1 },
    { "3", "recvonly", MEET_KIND_CAM, 1 },
    { "4", "recvonly", MEET_KIND_MIC, 2 },
};


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
        TEST(sources_appear_in_slots),
        TEST(stopping_and_starting_needs_one_offer_by_one),
        TEST(published_kinds_are_told),
        TEST(revisions_rise),
        TEST(an_ice_restart_gets_new_credentials),
        TEST(a_growing_pool_keeps_its_ssrcs),
        TEST(bad_offers_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
