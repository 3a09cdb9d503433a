/* Answers to publishers and subscribers. */

#include "sdp_fixture.h"


static void
answers_a_publisher(void **state)
{
    (void) state;

    load("chromium-publish");
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 0, MW_CODEC_NONE));
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_NONE));
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 2, MW_CODEC_H264));
    write_out();

    assert_int_equal(1, count("o=- 4711 2 IN IP4 127.0.0.1\r\n"));
    assert_int_equal(1, count("a=ice-lite\r\n"));
    assert_int_equal(1, count("a=group:BUNDLE 0 1 2\r\n"));
    assert_int_equal(1, count("a=extmap-allow-mixed\r\n"));
    assert_int_equal(3, count("a=setup:passive\r\n"));
    assert_int_equal(3, count("a=ice-ufrag:ourufrag\r\n"));
    assert_int_equal(3, count("a=ice-pwd:ourpasswordourpassword24\r\n"));
    assert_int_equal(3, count("a=fingerprint:sha-256 A0:A1:"));
    assert_int_equal(3, count("a=recvonly\r\n"));
    assert_int_equal(3, count("a=rtcp-mux\r\n"));
    assert_int_equal(3, count("a=rtcp-rsize\r\n"));

    /* candidates once, with different priorities */

    assert_int_equal(
        1, count("a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host\r\n"));
    assert_int_equal(1,
        count("a=candidate:2 1 udp 2130706175 2001:db8::1 4000 typ host\r\n"));

    /* the first codec of ours, or the wanted one; the client's numbers */

    assert_int_equal(1, count("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    assert_int_equal(1, count("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"));
    assert_int_equal(1, count("m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n"));
    assert_int_equal(1, count("a=rtpmap:111 opus/48000/2\r\n"));
    assert_int_equal(1, count("a=fmtp:111 minptime=10;useinbandfec=1\r\n"));
    assert_int_equal(1, count("a=rtpmap:96 VP8/90000\r\n"));
    assert_int_equal(1, count("a=fmtp:97 apt=96\r\n"));
    assert_int_equal(
        1, count("a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;"
                 "profile-level-id=42e01f\r\n"));
    assert_int_equal(1, count("a=rtcp-fb:96 nack\r\n"));
    assert_int_equal(1, count("a=rtcp-fb:96 nack pli\r\n"));
    assert_int_equal(1, count("a=rtcp-fb:96 ccm fir\r\n"));
    assert_int_equal(3, count(" transport-cc\r\n"));
    assert_int_equal(3, count("-transport-wide-cc-extensions-01\r\n"));
    assert_int_equal(0, count("goog-remb"));
    assert_int_equal(1, count("a=rtpmap:63 red/48000/2\r\n"));
    assert_int_equal(1, count("a=fmtp:63 111/111\r\n"));
    assert_int_equal(1, count("a=rtcp-fb:111 nack\r\n"));

    assert_int_equal(1, count("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-"));
    assert_int_equal(3, count("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:"));
    assert_int_equal(2, count("a=extmap:10 "));
    assert_int_equal(0, count("abs-send-time"));
    assert_int_equal(0, count("video-orientation"));
    assert_int_equal(0, count("a=ssrc"));
    assert_int_equal(0, count("a=msid:"));
}


/* what everybody decodes, by whichever of its names; or else the first */
static void
h264_by_profile(void **state)
{
    const mw_sdp_section_t *s;

    (void) state;

    /* Safari would like high best */

    load("chromium-publish");
    replace("42001f", "640c1f", 0);
    replace("a=rtpmap:96 VP8", "a=rtpmap:96 VPX", 0);
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_H264));
    write_out();
    assert_int_equal(1, count("profile-level-id=42e01f"));
    assert_int_equal(0, count("640c1f"));

    s = &offer->sections[1];
    assert_int_equal(108, mw_sdp_pick(s, MW_CODEC_H264, 0x42c00d)->pt);
    assert_int_equal(108, mw_sdp_pick(s, MW_CODEC_H264, 0x4d8028)->pt);
    assert_int_equal(108, mw_sdp_pick(s, MW_CODEC_H264, 0x58c01f)->pt);
    assert_int_equal(102, mw_sdp_pick(s, MW_CODEC_H264, 0x640c28)->pt);
    assert_int_equal(116, mw_sdp_pick(s, MW_CODEC_H264, 0x4d401f)->pt);

    /* constrained baseline is not offered under any name */

    load("chromium-publish");
    replace("42e01f", "640028", 0);
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_H264));
    write_out();
    assert_int_equal(1, count("profile-level-id=42001f"));
}


/* nothing is reported by packets unless the whole of it was offered */
static void
falls_back_to_remb(void **state)
{
    mw_sdp_send_t send = { 1, 2, "s", "t", "c" };

    (void) state;

    load("chromium-publish");
    replace("-transport-wide-cc-extensions-01", "-of-another-kind", 0);
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 0, MW_CODEC_NONE));
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_NONE));
    write_out();

    assert_true(answer->remb);
    assert_int_equal(0, count("transport-cc"));
    assert_int_equal(1, count("a=rtcp-fb:96 goog-remb\r\n"));
    assert_int_equal(2, count("/abs-send-time\r\n"));

    load("chromium-subscribe");
    replace(" transport-cc\r\n", " of-another-kind\r\n", 0);
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_true(answer->remb);
    assert_int_equal(MW_OK, mw_sdp_accept_subscribe(answer, 1, &send));
    write_out();
    assert_int_equal(0, count("transport-wide-cc"));
    assert_int_equal(1, count("/abs-send-time\r\n"));
}


static unsigned
simulcast_section(void)
{
    unsigned i;

    for (i = 0; i + 1 < offer->nsections && offer->sections[i].nrids == 0; i++)
    {
        /* void */
    }

    return i;
}


static void
answers_simulcast(void **state)
{
    unsigned i, s;
    static const char *const files[] = { "chromium-simulcast",
        "firefox-simulcast" };

    (void) state;

    for (i = 0; i < 2; i++) {
        load(files[i]);
        assert_int_equal(MW_SDP_OK, parse());
        start_answer();
        s = simulcast_section();
        assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, s, MW_CODEC_VP8));
        write_out();
        assert_int_equal(1, count("a=rid:l recv\r\na=rid:m recv\r\n"
                                  "a=rid:h recv\r\n"
                                  "a=simulcast:recv l;m;h\r\n"));
        assert_int_equal(1, count(":rtp-stream-id\r\n"));
        assert_int_equal(1, count(":repaired-rtp-stream-id\r\n"));
    }

    /* layers of VP9 are no streams of their own */

    load("chromium-simulcast");
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    s = simulcast_section();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, s, MW_CODEC_VP9));
    write_out();
    assert_int_equal(0, count("a=simulcast"));
    assert_int_equal(0, count("a=rid"));
}


/* what a room wants, or what the browser would rather send */
static void
answers_with_the_wanted_codec(void **state)
{
    (void) state;

    load("chromium-publish");
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 0, MW_CODEC_VP9));
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_VP9));
    write_out();
    assert_int_equal(1, count("opus/48000/2\r\n"));
    assert_int_equal(1, count("VP9/90000\r\n"));
    assert_int_equal(0, count("VP8/90000\r\n"));

    replace("VP9/90000", "VPX/90000", 1);
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_VP9));
    write_out();
    assert_int_equal(1, count("VP8/90000\r\n"));
}


static void
answers_a_subscriber(void **state)
{
    unsigned i;
    char stream[16];
    mw_sdp_send_t send = { .track = "t", .cname = "c" };

    (void) state;

    load("firefox-subscribe");
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();

    for (i = 0; i < 16; i++) {
        send.ssrc = 1000 + i;
        send.rtx_ssrc = 2000 + i;
        (void) snprintf(stream, sizeof(stream), "pair%u", i / 2);
        send.stream = stream;
        assert_int_equal(MW_OK, mw_sdp_accept_subscribe(answer, i, &send));

        if (i == 1) {
            write_out();
            assert_int_equal(1, count("a=msid:pair0 t\r\na=ssrc-group:FID "
                                      "1001 2001\r\na=ssrc:1001 cname:c\r\n"
                                      "a=ssrc:2001 cname:c\r\n"));
        }
    }

    write_out();
    assert_int_equal(16, count("a=sendonly\r\n"));
    assert_int_equal(8, count("m=audio 9 UDP/TLS/RTP/SAVPF 109\r\n"));
    assert_int_equal(
        8, count("m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100\r\n"));

    /* no retransmissions of audio, so no source for them */

    assert_int_equal(8, count("a=ssrc-group:FID"));
    assert_int_equal(0, count("FID 1000"));
    assert_int_equal(0, count(" m=video 0"));
}


static void
refuses_section_by_section(void **state)
{
    mw_sdp_send_t send = { 1, 2, "s", "t", "c" };

    (void) state;

    /* a data channel and a stopped section keep their places */

    load("chromium-balanced");
    replace("m=video 9", "m=video 0", 1);
    assert_int_equal(MW_SDP_OK, parse());
    assert_int_equal(3, offer->nsections);
    assert_int_equal(MW_SDP_OTHER, offer->sections[2].kind);
    assert_true(offer->sections[1].refused);

    start_answer();
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 0, MW_CODEC_NONE));
    assert_int_equal(MW_DROP, mw_sdp_accept_publish(answer, 1, MW_CODEC_NONE));
    assert_int_equal(MW_DROP, mw_sdp_accept_publish(answer, 2, MW_CODEC_NONE));
    assert_int_equal(MW_DROP, mw_sdp_accept_inactive(answer, 2));
    assert_int_equal(MW_DROP, mw_sdp_accept_publish(answer, 3, MW_CODEC_NONE));
    write_out();
    assert_int_equal(1, count("a=group:BUNDLE 0\r\n"));
    assert_int_equal(1, count("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"));
    assert_int_equal(
        1, count("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    assert_int_equal(1, count("a=mid:2\r\n"));

    /* the wrong way round, or without a codec of ours */

    load("chromium-publish");
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    assert_int_equal(MW_DROP, mw_sdp_accept_subscribe(answer, 0, &send));
    assert_int_equal(MW_OK, mw_sdp_accept_publish(answer, 1, MW_CODEC_AV1));
    assert_int_equal(MW_OK, mw_sdp_accept_inactive(answer, 2));
    write_out();
    assert_int_equal(1, count("m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n"));
    assert_int_equal(1, count("m=video 9 UDP/TLS/RTP/SAVPF 45 46\r\n"));
    assert_int_equal(1, count("a=mid:2\r\na=inactive\r\na=rtcp-mux"));
    assert_int_equal(1, count("a=group:BUNDLE 1 2\r\n"));

    /* candidates stand in the first section that lives */

    assert_true(strstr(out, "a=candidate") > strstr(out, "m=video"));

    /* a section without any codec of ours */

    load("chromium-publish");
    replace("opus/48000/2", "opus/48000/1", 1);
    assert_int_equal(MW_SDP_OK, parse());
    assert_int_equal(0, offer->sections[0].ncodecs);
    start_answer();
    assert_int_equal(MW_DROP, mw_sdp_accept_publish(answer, 0, MW_CODEC_NONE));
}


static void
a_small_buffer_is_an_error(void **state)
{
    size_t size, len, full;

    (void) state;

    load("firefox-publish");
    assert_int_equal(MW_SDP_OK, parse());
    start_answer();
    (void) mw_sdp_accept_publish(answer, 0, MW_CODEC_NONE);
    (void) mw_sdp_accept_publish(answer, 1, MW_CODEC_NONE);
    write_out();
    full = strlen(out);

    for (size = 0; size <= full; size++) {
        char *small = malloc(size + 1);

        assert_non_null(small);
        assert_int_equal(
            MW_ERROR, mw_sdp_answer_write(answer, small, size, &len));
        free(small);
    }

    assert_int_equal(MW_OK, mw_sdp_answer_write(answer, out, full + 1, &len));
    assert_int_equal(full, len);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_a_publisher),
        cmocka_unit_test(falls_back_to_remb),
        cmocka_unit_test(h264_by_profile),
        cmocka_unit_test(answers_simulcast),
        cmocka_unit_test(answers_with_the_wanted_codec),
        cmocka_unit_test(answers_a_subscriber),
        cmocka_unit_test(refuses_section_by_section),
        cmocka_unit_test(a_small_buffer_is_an_error),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
