/* What clients say on a WebSocket, read strictly. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ngx_http_meet_json.c"
#include "ngx_http_meet_text.c"
#include "ngx_http_meet_message_read.c"
#include "ngx_http_meet_message_moderate.c"
#include "ngx_http_meet_message_offer.c"


#define ID_A "00000000000000aa"

/* 37 bytes that begin with 0x01 */
#define SEALED "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


static ngx_http_meet_message_t m;


static ngx_http_meet_message_rc_t
take(const char *text)
{
    return ngx_http_meet_message_read(
        &m, (const unsigned char *) text, strlen(text));
}


static void
good(const char *text, ngx_http_meet_message_type_t type)
{
    ngx_http_meet_message_rc_t rc;

    rc = take(text);

    if (rc != NGX_HTTP_MEET_MESSAGE_OK) {
        print_message("refused (%s): %s\n", m.detail, text);
    }

    assert_int_equal(rc, NGX_HTTP_MEET_MESSAGE_OK);
    assert_int_equal(m.type, type);
}


static void
bad(const char *text, const char *detail)
{
    ngx_http_meet_message_rc_t rc;

    rc = take(text);

    if (rc != NGX_HTTP_MEET_MESSAGE_BAD) {
        print_message("accepted: %s\n", text);
    }

    assert_int_equal(rc, NGX_HTTP_MEET_MESSAGE_BAD);
    assert_string_equal(m.detail, detail);
    ngx_http_meet_message_done(&m);
}


static void
test_frame(void **state)
{
    (void) state;

    bad("", "JSON object");
    bad("[]", "JSON object");
    bad("{\"type\":\"ping\"", "JSON object");
    bad("{\"type\":\"ping\",\"type\":\"ping\"}", "JSON object");
    bad("{\"type\":\"ping\",\"x\":[[[[[[[[1]]]]]]]]}", "JSON object");
    bad("{\"type\":\"ping\",\"x\":\"\xff\"}", "JSON object");
    bad("{\"type\":\"ping\",\"x\":\"\\u0000\"}", "JSON object");
    bad("{}", "type");
    bad("{\"type\":1}", "type");
    bad("{\"type\":\"welcome\"}", "type");
    bad("{\"type\":\"ping\",\"extra\":1}", "unknown field");
    bad("{\"type\":\"ping\",\"id\":0}", "id");
    bad("{\"type\":\"ping\",\"id\":2147483648}", "id");
    bad("{\"type\":\"ping\",\"id\":1.0}", "id");
    bad("{\"type\":\"ping\",\"id\":\"1\"}", "id");

    good("{\"type\":\"ping\"}", NGX_HTTP_MEET_MESSAGE_PING);
    assert_int_equal(m.id, 0);
    ngx_http_meet_message_done(&m);

    good("{\"id\":2147483647,\"type\":\"leave\"}", NGX_HTTP_MEET_MESSAGE_LEAVE);
    assert_int_equal(m.id, 2147483647);
    ngx_http_meet_message_done(&m);

    /* a bad message is answered under its id */

    assert_int_equal(
        take("{\"type\":\"nonsense\",\"id\":7}"), NGX_HTTP_MEET_MESSAGE_BAD);
    assert_int_equal(m.id, 7);
    ngx_http_meet_message_done(&m);
}


static char *
padded(const char *head, size_t n, const char *tail)
{
    char *text;

    text = malloc(strlen(head) + n + strlen(tail) + 1);
    assert_non_null(text);

    strcpy(text, head);
    memset(text + strlen(head), 'x', n);
    strcpy(text + strlen(head) + n, tail);

    return text;
}


static void
test_size(void **state)
{
    char *text;
    size_t n;
    const char *offer = "{\"type\":\"publish\",\"revision\":1,\"tracks\":[],"
                        "\"sdp\":\"";

    (void) state;

    n = NGX_HTTP_MEET_MESSAGE_MAX
        - strlen("{\"type\":\"hello\",\"token\":\"\"}");

    text = padded("{\"type\":\"hello\",\"token\":\"", n, "\"}");
    bad(text, "token");
    free(text);

    text = padded("{\"type\":\"hello\",\"token\":\"", n + 1, "\"}");
    assert_int_equal(take(text), NGX_HTTP_MEET_MESSAGE_BIG);
    ngx_http_meet_message_done(&m);
    free(text);

    text = padded("not JSON ", NGX_HTTP_MEET_MESSAGE_MAX, "");
    assert_int_equal(take(text), NGX_HTTP_MEET_MESSAGE_BIG);
    ngx_http_meet_message_done(&m);
    free(text);

    n = NGX_HTTP_MEET_MESSAGE_OFFER_MAX - strlen(offer) - 2;

    text = padded(offer, n, "\"}");
    good(text, NGX_HTTP_MEET_MESSAGE_PUBLISH);
    assert_int_equal(m.u.offer.offer.sdp_len, n);
    ngx_http_meet_message_done(&m);
    free(text);

    text = padded(offer, n + 1, "\"}");
    assert_int_equal(take(text), NGX_HTTP_MEET_MESSAGE_BIG);
    ngx_http_meet_message_done(&m);
    free(text);
}


static void
test_hello(void **state)
{
    (void) state;

    good("{\"type\":\"hello\",\"token\":\"abc\"}", NGX_HTTP_MEET_MESSAGE_HELLO);
    assert_int_equal(m.u.hello.token_len, 3);
    assert_memory_equal(m.u.hello.token, "abc", 3);
    assert_int_equal(m.u.hello.epoch, 0);
    assert_int_equal(m.u.hello.sequence, 0);
    ngx_http_meet_message_done(&m);

    good("{\"type\":\"hello\",\"token\":\"abc\","
         "\"resume\":{\"epoch\":4294967295,\"sequence\":9007199254740991}}",
        NGX_HTTP_MEET_MESSAGE_HELLO);
    assert_true(m.u.hello.epoch == 4294967295u);
    assert_true(m.u.hello.sequence == 9007199254740991u);
    ngx_http_meet_message_done(&m);

    bad("{\"type\":\"hello\"}", "token");
    bad("{\"type\":\"hello\",\"token\":null}", "token");
    bad("{\"type\":\"hello\",\"token\":\"a\",\"resume\":null}", "resume");
    bad("{\"type\":\"hello\",\"token\":\"a\",\"resume\":{}}", "resume");
    bad("{\"type\":\"hello\",\"token\":\"a\",\"resume\":{\"epoch\":4294967296,"
        "\"sequence\":1}}",
        "resume");
    bad("{\"type\":\"hello\",\"token\":\"a\",\"resume\":{\"epoch\":1,"
        "\"sequence\":1,\"x\":1}}",
        "resume");
    bad("{\"type\":\"hello\",\"token\":\"a\",\"resume\":{\"epoch\":-1,"
        "\"sequence\":1}}",
        "resume");
}


static void
test_publish(void **state)
{
    ngx_http_meet_message_offer_t *o;

    (void) state;

    o = &m.u.offer;

    good("{\"type\":\"publish\",\"id\":3,\"revision\":4294967295,\"sdp\":\"v="
         "0\","
         "\"tracks\":[{\"mid\":\"0\",\"kind\":\"mic\"},"
         "{\"mid\":\"0123456789abcdef\",\"kind\":\"screen-audio\"}]}",
        NGX_HTTP_MEET_MESSAGE_PUBLISH);
    assert_true(o->offer.revision == 4294967295u);
    assert_int_equal(o->offer.connection, MEET_CONNECTION_PUBLISH);
    assert_int_equal(o->offer.tracks, 2);
    assert_int_equal(o->offer.sdp_len, 3);
    assert_memory_equal(o->sdp, "v=0", 3);
    assert_memory_equal(
        o->tracks[0].mid, "0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(o->tracks[0].kind, MEET_KIND_MIC);
    assert_memory_equal(o->tracks[1].mid, "0123456789abcdef", 16);
    assert_int_equal(o->tracks[1].kind, MEET_KIND_SCREEN_AUDIO);
    ngx_http_meet_message_done(&m);

#define PUBLISH "{\"type\":\"publish\",\"revision\":1,\"sdp\":\"v\",\"tracks\":"

    good(PUBLISH "[]}", NGX_HTTP_MEET_MESSAGE_PUBLISH);
    ngx_http_meet_message_done(&m);

    bad(PUBLISH "[1]}", "tracks");
    bad(PUBLISH "[{\"mid\":\"0\"}]}", "tracks");
    bad(PUBLISH "[{\"mid\":\"\",\"kind\":\"mic\"}]}", "tracks");
    bad(PUBLISH "[{\"mid\":\"a b\",\"kind\":\"mic\"}]}", "tracks");
    bad(PUBLISH "[{\"mid\":\"0123456789abcdefg\",\"kind\":\"mic\"}]}",
        "tracks");
    bad(PUBLISH "[{\"mid\":\"0\",\"kind\":\"audio\"}]}", "tracks");
    bad(PUBLISH "[{\"mid\":\"0\",\"kind\":\"mic\",\"x\":1}]}", "tracks");
    bad(PUBLISH "{}}", "tracks");
    bad("{\"type\":\"publish\",\"revision\":0,\"sdp\":\"v\",\"tracks\":[]}",
        "revision");
    bad("{\"type\":\"publish\",\"revision\":1,\"sdp\":\"\",\"tracks\":[]}",
        "sdp");
    bad("{\"type\":\"publish\",\"revision\":1,\"tracks\":[]}", "sdp");
    bad("{\"type\":\"publish\",\"revision\":1,\"sdp\":\"v\",\"slots\":[]}",
        "tracks");
}


static void
test_tracks_limit(void **state)
{
    int i, n;
    char *text, *p;

    (void) state;

    text = malloc(64 * 1024);
    assert_non_null(text);

    for (n = MEET_TRACKS_MAX; n <= MEET_TRACKS_MAX + 1; n++) {
        p = text + sprintf(text, PUBLISH "[");

        for (i = 0; i < n; i++) {
            p += sprintf(
                p, "%s{\"mid\":\"%d\",\"kind\":\"cam\"}", i == 0 ? "" : ",", i);
        }

        strcpy(p, "]}");

        if (n == MEET_TRACKS_MAX) {
            good(text, NGX_HTTP_MEET_MESSAGE_PUBLISH);
            assert_int_equal(m.u.offer.offer.tracks, MEET_TRACKS_MAX);
            ngx_http_meet_message_done(&m);

        } else {
            bad(text, "tracks");
        }
    }

    free(text);
}


static void
test_subscribe(void **state)
{
    ngx_http_meet_message_offer_t *o;

    (void) state;

    o = &m.u.offer;

#define SUBSCRIBE                                                              \
    "{\"type\":\"subscribe\",\"revision\":2,\"sdp\":\"v\",\"slots\":"

    good(SUBSCRIBE "[{\"slot\":63,\"audio\":\"0\",\"video\":\"1\"},"
                   "{\"slot\":0,\"audio\":\"2\"}]}",
        NGX_HTTP_MEET_MESSAGE_SUBSCRIBE);
    assert_int_equal(o->offer.connection, MEET_CONNECTION_SUBSCRIBE);
    assert_int_equal(o->offer.tracks, 3);
    assert_int_equal(o->tracks[0].kind, MEET_KIND_MIC);
    assert_int_equal(o->tracks[0].slot, 63);
    assert_int_equal(o->tracks[1].kind, MEET_KIND_CAM);
    assert_int_equal(o->tracks[1].slot, 63);
    assert_int_equal(o->tracks[2].kind, MEET_KIND_MIC);
    assert_int_equal(o->tracks[2].slot, 0);
    assert_int_equal(o->tracks[2].mid[0], '2');
    ngx_http_meet_message_done(&m);

    bad(SUBSCRIBE "[{\"slot\":64,\"audio\":\"0\"}]}", "slots");
    bad(SUBSCRIBE "[{\"slot\":0,\"video\":\"0\"}]}", "slots");
    bad(SUBSCRIBE
        "[{\"slot\":0,\"audio\":\"0\"},{\"slot\":0,\"audio\":\"1\"}]}",
        "slots");
    bad(SUBSCRIBE "[\"0\"]}", "slots");
    bad(SUBSCRIBE "[{\"slot\":0,\"audio\":\"0\",\"x\":1}]}", "slots");
}


static void
test_view_and_state(void **state)
{
    (void) state;

    good("{\"type\":\"view\",\"sources\":[{\"source\":5,\"height\":65535,"
         "\"priority\":255},{\"source\":4294967295,\"height\":0,"
         "\"priority\":0}]}",
        NGX_HTTP_MEET_MESSAGE_VIEW);
    assert_int_equal(m.u.view.view.entries, 2);
    assert_int_equal(m.u.view.entries[0].source, 5);
    assert_int_equal(m.u.view.entries[0].height, 65535);
    assert_int_equal(m.u.view.entries[0].priority, 255);
    ngx_http_meet_message_done(&m);

#define VIEW(x) "{\"type\":\"view\",\"sources\":[" x "]}"

    good(VIEW(""), NGX_HTTP_MEET_MESSAGE_VIEW);
    assert_int_equal(m.u.view.view.entries, 0);
    ngx_http_meet_message_done(&m);

    bad(VIEW("{\"source\":4,\"height\":1,\"priority\":0}"), "sources");
    bad(VIEW("{\"source\":1,\"height\":1,\"priority\":0}"), "sources");
    bad(VIEW("{\"source\":5,\"height\":65536,\"priority\":0}"), "sources");
    bad(VIEW("{\"source\":5,\"height\":1,\"priority\":256}"), "sources");
    bad(VIEW("{\"source\":5,\"height\":1}"), "sources");
    bad(VIEW("5"), "sources");
    bad("{\"type\":\"view\"}", "sources");

    good("{\"type\":\"state\",\"muted\":[\"mic\",\"screen\"],"
         "\"name\":\" \xc3\x84nne \"}",
        NGX_HTTP_MEET_MESSAGE_STATE);
    assert_int_equal(
        m.u.state.state.fields, MEET_STATE_MUTED | MEET_STATE_NAME);
    assert_int_equal(
        m.u.state.state.muted, 1 << MEET_KIND_MIC | 1 << MEET_KIND_SCREEN);
    assert_int_equal(m.u.state.state.name_len, 5);
    assert_memory_equal(m.u.state.name, "\xc3\x84nne", 5);
    ngx_http_meet_message_done(&m);

    good("{\"type\":\"state\",\"muted\":[]}", NGX_HTTP_MEET_MESSAGE_STATE);
    assert_int_equal(m.u.state.state.fields, MEET_STATE_MUTED);
    assert_int_equal(m.u.state.state.name_len, 0);
    ngx_http_meet_message_done(&m);

    bad("{\"type\":\"state\"}", "muted or name");
    bad("{\"type\":\"state\",\"muted\":[\"ear\"]}", "muted");
    bad("{\"type\":\"state\",\"muted\":\"mic\"}", "muted");
    bad("{\"type\":\"state\",\"name\":\"\"}", "name");
    bad("{\"type\":\"state\",\"name\":\"a\\nb\"}", "name");
}


static void
test_log(void **state)
{
    char *text;

    (void) state;

    good("{\"type\":\"post\",\"channel\":\"chat\",\"body\":\"" SEALED "\"}",
        NGX_HTTP_MEET_MESSAGE_POST);
    assert_int_equal(m.u.post.channel, NGX_HTTP_MEET_CHANNEL_CHAT);
    assert_int_equal(m.u.post.len, NGX_HTTP_MEET_MESSAGE_SEALED_MIN);
    assert_int_equal(m.u.post.body[0], 1);
    ngx_http_meet_message_done(&m);

    text = padded("{\"type\":\"post\",\"channel\":\"chat\",\"body\":\"AQ",
        NGX_HTTP_MEET_MESSAGE_BODY_MAX - 2, "\"}");
    good(text, NGX_HTTP_MEET_MESSAGE_POST);
    assert_int_equal(m.u.post.len, NGX_HTTP_MEET_MESSAGE_SEALED_MAX);
    ngx_http_meet_message_done(&m);
    free(text);

    text = padded("{\"type\":\"post\",\"channel\":\"chat\",\"body\":\"AQ",
        NGX_HTTP_MEET_MESSAGE_BODY_MAX + 2, "\"}");
    bad(text, "body");
    free(text);

#define POST(x) "{\"type\":\"post\",\"channel\":\"chat\",\"body\":\"" x "\"}"

    bad(POST(""), "body");
    bad(POST("AQAA"), "body");
    bad(POST("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "body");
    bad(POST(SEALED "="), "body");
    bad(POST("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+"), "body");
    bad(POST("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"), "body");
    bad("{\"type\":\"post\",\"channel\":\"board\",\"body\":\"" SEALED "\"}",
        "channel");

    good("{\"type\":\"log\",\"channel\":\"chat\",\"after\":0}",
        NGX_HTTP_MEET_MESSAGE_LOG);
    assert_int_equal(m.u.log.limit, 100);
    assert_int_equal(m.u.log.after, 0);
    ngx_http_meet_message_done(&m);

    good("{\"type\":\"log\",\"channel\":\"chat\",\"after\":12,\"limit\":200}",
        NGX_HTTP_MEET_MESSAGE_LOG);
    assert_int_equal(m.u.log.limit, 200);
    assert_int_equal(m.u.log.after, 12);
    ngx_http_meet_message_done(&m);

    bad("{\"type\":\"log\",\"channel\":\"chat\"}", "after");
    bad("{\"type\":\"log\",\"channel\":\"chat\",\"after\":0,\"limit\":201}",
        "limit");
    bad("{\"type\":\"log\",\"channel\":\"chat\",\"after\":0,\"limit\":0}",
        "limit");
}


static void
test_report(void **state)
{
    (void) state;

#define REPORT(freezes, audio)                                                 \
    "{\"type\":\"report\",\"freezes\":" freezes ",\"frozen_ms\":2,"            \
    "\"concealed_ms\":3,\"audio_ms\":" audio ",\"video_ms\":5}"

    good(REPORT("1", "600000"), NGX_HTTP_MEET_MESSAGE_REPORT);
    assert_int_equal(m.u.report.freezes, 1);
    assert_int_equal(m.u.report.frozen_ms, 2);
    assert_int_equal(m.u.report.concealed_ms, 3);
    assert_int_equal(m.u.report.audio_ms, 600000);
    assert_int_equal(m.u.report.video_ms, 5);
    ngx_http_meet_message_done(&m);

    bad(REPORT("1", "600001"), "audio_ms");
    bad(REPORT("-1", "0"), "freezes");
    bad(REPORT("1.5", "0"), "freezes");
    bad(REPORT("\"1\"", "0"), "freezes");
    bad(REPORT("null", "0"), "freezes");
    bad("{\"type\":\"report\",\"freezes\":1}", "frozen_ms");
    bad("{\"type\":\"report\",\"freezes\":1,\"frozen_ms\":1,"
        "\"concealed_ms\":1,\"audio_ms\":1,\"video_ms\":1,\"name\":\"x\"}",
        "unknown field");
}


static void
test_tell_and_moderate(void **state)
{
    char *text;

    (void) state;

    good("{\"type\":\"tell\",\"to\":\"" ID_A "\",\"body\":\"x\\u00e4\"}",
        NGX_HTTP_MEET_MESSAGE_TELL);
    assert_int_equal(m.u.tell.to, 0xaa);
    assert_int_equal(m.u.tell.len, 3);
    ngx_http_meet_message_done(&m);

    text = padded("{\"type\":\"tell\",\"to\":\"" ID_A "\",\"body\":\"",
        NGX_HTTP_MEET_MESSAGE_BODY_MAX + 1, "\"}");
    bad(text, "body");
    free(text);

    good("{\"type\":\"tell\",\"to\":\"lobby\",\"body\":\"x\"}",
        NGX_HTTP_MEET_MESSAGE_TELL);
    assert_int_equal(m.u.tell.to, 0);
    ngx_http_meet_message_done(&m);

    bad("{\"type\":\"tell\",\"to\":\"0000000000000000\",\"body\":\"x\"}", "to");
    bad("{\"type\":\"tell\",\"to\":\"aa\",\"body\":\"x\"}", "to");
    bad("{\"type\":\"tell\",\"to\":\"00000000000000AA\",\"body\":\"x\"}", "to");
    bad("{\"type\":\"tell\",\"body\":\"x\"}", "to");

    good("{\"type\":\"moderate\",\"verb\":\"mute\",\"target\":\"" ID_A "\","
         "\"kinds\":[\"mic\",\"cam\"]}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    assert_int_equal(m.u.moderate.verb, MEET_MODERATE_MUTE);
    assert_int_equal(m.u.moderate.target, 0xaa);
    assert_int_equal(m.u.moderate.kinds, 3);
    ngx_http_meet_message_done(&m);

    good("{\"type\":\"moderate\",\"verb\":\"remove\",\"target\":\"" ID_A "\"}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    ngx_http_meet_message_done(&m);
    good("{\"type\":\"moderate\",\"verb\":\"end\"}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    ngx_http_meet_message_done(&m);

    good("{\"type\":\"moderate\",\"verb\":\"deny\",\"target\":\"" ID_A "\","
         "\"kinds\":[\"screen\"]}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    assert_int_equal(m.u.moderate.verb, MEET_MODERATE_DENY);
    assert_int_equal(m.u.moderate.kinds, 1 << MEET_KIND_SCREEN);
    ngx_http_meet_message_done(&m);
    good("{\"type\":\"moderate\",\"verb\":\"allow\",\"target\":\"" ID_A "\","
         "\"kinds\":[\"mic\"]}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    assert_int_equal(m.u.moderate.verb, MEET_MODERATE_ALLOW);
    ngx_http_meet_message_done(&m);
    good("{\"type\":\"moderate\",\"verb\":\"admit\"}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    assert_int_equal(m.u.moderate.verb, MEET_MODERATE_ADMIT);
    assert_int_equal(m.u.moderate.target, 0);
    ngx_http_meet_message_done(&m);
    good("{\"type\":\"moderate\",\"verb\":\"reject\",\"target\":\"" ID_A "\"}",
        NGX_HTTP_MEET_MESSAGE_MODERATE);
    assert_int_equal(m.u.moderate.verb, MEET_MODERATE_REJECT);
    assert_int_equal(m.u.moderate.target, 0xaa);
    ngx_http_meet_message_done(&m);

    bad("{\"type\":\"moderate\",\"verb\":\"admit\","
        "\"target\":\"0000000000000000\"}",
        "target");
    bad("{\"type\":\"moderate\",\"verb\":\"deny\",\"target\":\"" ID_A "\"}",
        "kinds");
    bad("{\"type\":\"moderate\",\"verb\":\"admit\",\"kinds\":[\"mic\"]}",
        "unknown field");
    bad("{\"type\":\"moderate\",\"verb\":\"end\",\"target\":\"" ID_A "\"}",
        "unknown field");
    bad("{\"type\":\"moderate\",\"verb\":\"mute\",\"target\":\"" ID_A "\"}",
        "kinds");
    bad("{\"type\":\"moderate\",\"verb\":\"mute\",\"target\":\"" ID_A "\","
        "\"kinds\":[]}",
        "kinds");
    bad("{\"type\":\"moderate\",\"verb\":\"remove\"}", "target");
    bad("{\"type\":\"moderate\",\"verb\":\"ban\"}", "verb");
}


static void
test_appoint(void **state)
{
    (void) state;

#define APPOINT "{\"type\":\"appoint\",\"target\":\"" ID_A "\""

    good(APPOINT ",\"role\":\"moderator\"}", NGX_HTTP_MEET_MESSAGE_APPOINT);
    assert_int_equal(m.u.moderate.verb, MEET_MODERATE_APPOINT);
    assert_int_equal(m.u.moderate.target, 0xaa);
    assert_int_equal(m.u.moderate.role, MEET_ROLE_MODERATOR);
    ngx_http_meet_message_done(&m);

    good(APPOINT ",\"role\":\"viewer\"}", NGX_HTTP_MEET_MESSAGE_APPOINT);
    assert_int_equal(m.u.moderate.role, MEET_ROLE_VIEWER);
    ngx_http_meet_message_done(&m);

    bad(APPOINT ",\"role\":\"owner\"}", "role");
    bad(APPOINT "}", "role");
    bad(APPOINT ",\"role\":\"viewer\",\"kinds\":[]}", "unknown field");
    bad("{\"type\":\"appoint\",\"role\":\"viewer\"}", "target");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_publish),
        cmocka_unit_test(test_tracks_limit),
        cmocka_unit_test(test_subscribe),
        cmocka_unit_test(test_view_and_state),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_tell_and_moderate),
        cmocka_unit_test(test_appoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
