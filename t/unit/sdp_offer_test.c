/* Offers of Chromium and Firefox, and offers nobody should send. */

#include "sdp_fixture.h"


static void
reads_what_chromium_publishes(void **state)
{
    const mw_sdp_codec_t *c;
    const mw_sdp_section_t *s;

    (void) state;

    load("chromium-publish");
    assert_int_equal(MW_SDP_OK, parse());

    assert_int_equal(3, offer->nsections);
    assert_true(offer->extmap_allow_mixed);
    assert_string_equal("/vl6", offer->ice.ufrag);
    assert_string_equal("3KybuAgv93XEEwx1D0o5rnXv", offer->ice.pwd);
    assert_int_equal(MW_HASH_SHA256, offer->fingerprint.hash);
    assert_int_equal(0xd4, offer->fingerprint.digest[0]);
    assert_int_equal(0x8f, offer->fingerprint.digest[31]);

    s = &offer->sections[0];
    assert_int_equal(MW_SDP_AUDIO, s->kind);
    assert_string_equal("0", s->mid);
    assert_int_equal(MW_SDP_SENDONLY, s->direction);
    assert_true(s->rtcp_rsize);
    assert_int_equal(1, s->ncodecs);
    assert_int_equal(MW_CODEC_OPUS, s->codecs[0].codec);
    assert_int_equal(111, s->codecs[0].pt);
    assert_int_equal(-1, s->codecs[0].rtx);
    assert_int_equal(MW_SDP_FB_TRANSPORT_CC, s->codecs[0].feedback);
    assert_true(same(&s->codecs[0].fmtp, "minptime=10;useinbandfec=1"));
    assert_int_equal(1, s->exts[MW_EXT_AUDIO_LEVEL]);
    assert_int_equal(2, s->exts[MW_EXT_ABS_SEND_TIME]);
    assert_int_equal(3, s->exts[MW_EXT_TRANSPORT_CC]);
    assert_int_equal(4, s->exts[MW_EXT_MID]);
    assert_int_equal(0, s->exts[MW_EXT_RID]);
    assert_int_equal(1, s->nssrcs);
    assert_true(s->ssrcs[0].ssrc == 908515533u);
    assert_int_equal(0, s->ssrcs[0].rtx);
    assert_true(same(&s->stream, "cbcac736-e2da-4a85-a7b9-e03e832cbb47"));
    assert_true(same(&s->track, "b04af69c-3a99-4178-bdd6-77615032e087"));

    s = mw_sdp_offer_find(offer, "1");
    assert_ptr_equal(&offer->sections[1], s);
    assert_int_equal(MW_SDP_VIDEO, s->kind);
    assert_int_equal(1, s->nssrcs);
    assert_true(s->ssrcs[0].ssrc == 1413654747u);
    assert_true(s->ssrcs[0].rtx == 3706074416u);
    assert_int_equal(13, s->exts[MW_EXT_VIDEO_ORIENTATION]);
    assert_int_equal(10, s->exts[MW_EXT_RID]);
    assert_int_equal(11, s->exts[MW_EXT_REPAIRED_RID]);

    /* VP8, three H.264 that can be packetized in mode 1, AV1, VP9 */

    assert_int_equal(6, s->ncodecs);
    assert_int_equal(MW_CODEC_VP8, s->codecs[0].codec);
    c = codec(s, MW_CODEC_VP8);
    assert_int_equal(96, c->pt);
    assert_int_equal(97, c->rtx);
    assert_int_equal(MW_SDP_FB_NACK | MW_SDP_FB_PLI | MW_SDP_FB_FIR
                         | MW_SDP_FB_REMB | MW_SDP_FB_TRANSPORT_CC,
        c->feedback);
    c = codec(s, MW_CODEC_VP9);
    assert_int_equal(98, c->pt);
    assert_int_equal(99, c->rtx);
    c = codec(s, MW_CODEC_AV1);
    assert_int_equal(45, c->pt);
    assert_int_equal(46, c->rtx);
    c = codec(s, MW_CODEC_H264);
    assert_int_equal(102, c->pt);
    assert_int_equal(0x42001f, c->profile);

    assert_int_equal(102, mw_sdp_pick(s, MW_CODEC_H264, 0x420028)->pt);
    assert_int_equal(108, mw_sdp_pick(s, MW_CODEC_H264, 0x42e01f)->pt);
    assert_int_equal(116, mw_sdp_pick(s, MW_CODEC_H264, 0x4d0020)->pt);
    assert_int_equal(102, mw_sdp_pick(s, MW_CODEC_H264, 0x640028)->pt);
    assert_int_equal(96, mw_sdp_pick(s, MW_CODEC_VP8, 77)->pt);
    assert_null(mw_sdp_pick(s, MW_CODEC_OPUS, 0));

    assert_null(mw_sdp_offer_find(offer, "3"));
    assert_null(mw_sdp_offer_find(offer, ""));
}


static void
reads_what_firefox_publishes(void **state)
{
    const mw_sdp_codec_t *c;
    const mw_sdp_section_t *s;

    (void) state;

    load("firefox-publish");
    assert_int_equal(MW_SDP_OK, parse());

    /* the fingerprint is the session's, extmap-allow-mixed the sections' */

    assert_int_equal(3, offer->nsections);
    assert_true(offer->extmap_allow_mixed);
    assert_string_equal("d9efa4cc", offer->ice.ufrag);
    assert_int_equal(0xb3, offer->fingerprint.digest[0]);

    s = &offer->sections[0];
    assert_int_equal(109, s->codecs[0].pt);
    assert_int_equal(1, s->exts[MW_EXT_AUDIO_LEVEL]);

    /* bundle-only with port 0 is not refused; fmtp stands before rtpmap */

    s = &offer->sections[1];
    assert_false(s->refused);
    assert_int_equal(3, s->ncodecs);
    c = codec(s, MW_CODEC_VP9);
    assert_int_equal(121, c->pt);
    assert_int_equal(125, c->rtx);
    assert_true(same(&c->fmtp, "max-fs=12288;max-fr=60"));
    assert_null(codec(s, MW_CODEC_H264));
    assert_true(s->ssrcs[0].ssrc == 3247155656u);
    assert_true(s->ssrcs[0].rtx == 4277909186u);

    /* it can only receive playout delays, and here it sends */

    assert_int_equal(0, s->exts[MW_EXT_PLAYOUT_DELAY]);
}


static void
reads_what_both_subscribe_to(void **state)
{
    unsigned b, i;
    static const char *const names[] = { "chromium-subscribe",
        "firefox-subscribe" };

    (void) state;

    for (b = 0; b < 2; b++) {
        load(names[b]);
        assert_int_equal(MW_SDP_OK, parse());
        assert_int_equal(16, offer->nsections);

        for (i = 0; i < 16; i++) {
            assert_int_equal(i % 2 == 0 ? MW_SDP_AUDIO : MW_SDP_VIDEO,
                offer->sections[i].kind);
            assert_int_equal(MW_SDP_RECVONLY, offer->sections[i].direction);
            assert_non_null(codec(&offer->sections[i],
                i % 2 == 0 ? MW_CODEC_OPUS : MW_CODEC_VP8));
        }

        assert_int_not_equal(0, offer->sections[1].exts[MW_EXT_PLAYOUT_DELAY]);
    }
}


static void
reads_simulcast(void **state)
{
    const mw_sdp_section_t *s;

    (void) state;

    load("chromium-simulcast");
    assert_int_equal(MW_SDP_OK, parse());
    s = &offer->sections[1];
    assert_int_equal(3, s->nrids);
    assert_string_equal("l", s->rids[0].id);
    assert_string_equal("h", s->rids[2].id);

    load("firefox-simulcast");
    replace("send l;m;h", "recv x send ~h;q,l;m", 1);
    assert_int_equal(MW_SDP_OK, parse());
    s = &offer->sections[1];
    assert_int_equal(2, s->nrids);
    assert_string_equal("h", s->rids[0].id);
    assert_true(s->rids[0].paused);
    assert_string_equal("m", s->rids[1].id);
    assert_false(s->rids[1].paused);
}


/* not in RFC 9143, but in aiortc: the first meaning of an id is the one */
static void
one_id_means_one_thing(void **state)
{
    (void) state;

    load("chromium-publish");
    replace("extmap:13 urn:3gpp:video-orientation", "extmap:4 urn:x", 1);
    replace("extmap:14 ", "extmap:13 ", 1);
    assert_int_equal(MW_SDP_E_EXTMAP, parse()); /* twice in a section */

    load("chromium-publish");
    replace(
        "extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "extmap:13 urn:x", 1);
    assert_int_equal(MW_SDP_OK, parse());
    assert_int_equal(0, offer->sections[1].exts[MW_EXT_VIDEO_ORIENTATION]);
    assert_int_equal(4, offer->sections[1].exts[MW_EXT_MID]);
}


/* what a browser never sends, with the error it gets */
static void
refuses_what_it_cannot_use(void **state)
{
    unsigned i;

    static const struct {
        const char *what; /* in chromium-publish */
        const char *with;
        unsigned nth;
        mw_sdp_error_t err;
    } cases[] = {
        { "v=0", "v=1", 1, MW_SDP_E_LINE },
        { "v=0\r\n", "", 1, MW_SDP_E_LINE },
        { "s=-\r\n", "s=-\r\nx\r\n", 1, MW_SDP_E_LINE },
        { "s=-\r\n", "s=-\r\n\r\n", 1, MW_SDP_E_LINE },
        { "s=-\r\n", "s=\x01\r\n", 1, MW_SDP_E_LINE },
        { "m=audio 9", "m=audio", 1, MW_SDP_E_LINE },
        { "m=audio 9", "m=audio 99999", 1, MW_SDP_E_LINE },
        { "UDP/TLS/RTP/SAVPF", "RTP/AVP", 1, MW_SDP_E_PROTO },
        { "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", 2, MW_SDP_E_PROTO },
        { "a=mid:1\r\n", "", 1, MW_SDP_E_MID },
        { "a=mid:1\r\n", "a=mid:0\r\n", 1, MW_SDP_E_MID },
        { "a=mid:1\r\n", "a=mid:\r\n", 1, MW_SDP_E_MID },
        { "a=mid:1\r\n", "a=mid:1\r\na=mid:5\r\n", 1, MW_SDP_E_MID },
        { "a=mid:1\r\n", "a=mid:12345678901234567\r\n", 1, MW_SDP_E_MID },
        { "a=mid:1\r\n", "a=mid:a b\r\n", 1, MW_SDP_E_MID },
        { "a=group:BUNDLE 0 1 2\r\n", "", 1, MW_SDP_E_BUNDLE },
        { "BUNDLE 0 1 2", "BUNDLE 0 1", 1, MW_SDP_E_BUNDLE },
        { "BUNDLE 0 1 2", "BUNDLE", 1, MW_SDP_E_BUNDLE },
        { "BUNDLE 0 1 2", "LS 0 1 2", 1, MW_SDP_E_BUNDLE },
        { "s=-\r\n", "s=-\r\na=group:BUNDLE 0 1 2\r\n", 1, MW_SDP_E_BUNDLE },
        { "a=rtcp-mux\r\n", "", 2, MW_SDP_E_RTCP_MUX },
        { "a=ice-ufrag:/vl6\r\n", "", 1, MW_SDP_E_ICE },
        { "a=ice-ufrag:/vl6\r\n", "a=ice-ufrag\r\n", 1, MW_SDP_E_ICE },
        { "a=ice-ufrag:/vl6", "a=ice-ufrag:/vl", 1, MW_SDP_E_ICE },
        { "a=ice-ufrag:/vl6", "a=ice-ufrag:/vl6:x", 1, MW_SDP_E_ICE },
        { "a=ice-ufrag:/vl6", "a=ice-ufrag:_vl6", 1, MW_SDP_E_ICE },
        { "5rnXv", "5r", 1, MW_SDP_E_ICE },
        { "a=ice-pwd:3KybuAgv93XEEwx1D0o5rnXv\r\n", "", 1, MW_SDP_E_ICE },
        { "sha-256", "sha-1", 1, MW_SDP_E_FINGERPRINT },
        { "D4:DD:9D", "D4:DD", 1, MW_SDP_E_FINGERPRINT },
        { "D4:DD:9D", "D4:DD:9G", 1, MW_SDP_E_FINGERPRINT },
        { "D4:DD:9D", "D4-DD:9D", 1, MW_SDP_E_FINGERPRINT },
        { "sha-256 D4", "sha-256", 1, MW_SDP_E_FINGERPRINT },
        { "a=setup:actpass", "a=setup:passive", 1, MW_SDP_E_SETUP },
        { "a=setup:actpass", "a=setup:holdconn", 2, MW_SDP_E_SETUP },
        { "a=setup:actpass\r\n", "", 1, MW_SDP_E_SETUP },
        { "111 63", "111 128", 1, MW_SDP_E_CODEC },
        { "111 63", "111 111", 1, MW_SDP_E_CODEC },
        { "111 63", "111 x", 1, MW_SDP_E_CODEC },
        { "rtpmap:96 VP8/90000", "rtpmap:96 VP8", 1, MW_SDP_E_CODEC },
        { "rtpmap:96 VP8/90000", "rtpmap:300 VP8/90000", 1, MW_SDP_E_CODEC },
        { "rtpmap:97", "rtpmap:96", 1, MW_SDP_E_CODEC },
        { "fmtp:97 apt=96", "fmtp:x apt=96", 1, MW_SDP_E_CODEC },
        { "rtcp-fb:96", "rtcp-fb:", 1, MW_SDP_E_CODEC },
        { "extmap:4 ", "extmap:0 ", 1, MW_SDP_E_EXTMAP },
        { "extmap:4 ", "extmap:15 ", 1, MW_SDP_E_EXTMAP },
        { "extmap:4 ", "extmap:1 ", 1, MW_SDP_E_EXTMAP },
        { "extmap:4 ", "extmap:4/both ", 1, MW_SDP_E_EXTMAP },
        { "extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "extmap:4", 1,
            MW_SDP_E_EXTMAP },
        { "a=ssrc:9", "a=ssrc:99999999999", 1, MW_SDP_E_SSRC },
        { "FID 1413654747 3706074416", "FID 1413654747", 1, MW_SDP_E_SSRC },
        { "FID 1413654747 3706074416", "FID 7 7", 1, MW_SDP_E_SSRC },
        { "a=rtcp-rsize", "a=rid:h", 1, MW_SDP_E_RID },
        { "a=rtcp-rsize", "a=rid:h both", 1, MW_SDP_E_RID },
        { "a=rtcp-rsize", "a=rid:12345678901234567 send", 1, MW_SDP_E_RID },
        { "a=rtcp-rsize", "a=rid:h;m send", 1, MW_SDP_E_RID },
        { "a=rtcp-rsize", "a=simulcast:send", 1, MW_SDP_E_RID },
        { "a=rtcp-rsize", "a=simulcast:both h", 1, MW_SDP_E_RID },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        load("chromium-publish");
        replace(cases[i].what, cases[i].with, cases[i].nth);

        if (parse() != cases[i].err) {
            fail_msg("case %u: \"%s\" for \"%s\": %s", i, cases[i].with,
                cases[i].what, mw_sdp_error_code(parse()));
        }
    }

    for (i = 0; i < MW_SDP_ERRORS; i++) {
        assert_non_null(mw_sdp_error_code((mw_sdp_error_t) i));
        assert_non_null(mw_sdp_error_text((mw_sdp_error_t) i));
    }
}


/* odd, but nothing a transport cannot do with */
static void
bears_with_what_does_not_matter(void **state)
{
    unsigned i;

    static const struct {
        const char *what;
        const char *with;
        unsigned nth;
    } cases[] = {
        { "\r\n", "\n", 0 },
        { "a=ssrc:", "a=x-ssrc:", 0 },
        { "a=msid:", "a=x-msid:", 0 },
        { "a=extmap:", "a=x-extmap:", 0 },
        { "a=rtcp-fb:", "a=x-rtcp-fb:", 0 },
        { "a=ice-ufrag:/vl6", "a=ice-ufrag:other", 2 },
        { "sha-256", "SHA-256", 1 },
        { "D4:DD", "d4:dd", 1 },
        { "a=setup:actpass", "a=setup:active", 0 },
        { "a=setup:actpass\r\n", "a=setup:actpass\r\na=fingerprint:md5 x\r\n",
            1 },
        { "a=rtcp-rsize", "a=rid:h recv", 1 },
        { "a=rtcp-rsize", "a=extmap:4096 urn:x", 1 },
        { "a=rtcp-rsize", "a=rtpmap:5 unlisted/90000", 1 },
        { "a=rtcp-rsize", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", 1 },
        { "s=-", "s= \xc3\xa4 \xf0\x9f\x8e\x93", 1 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        load("chromium-publish");
        replace(cases[i].what, cases[i].with, cases[i].nth);

        if (parse() != MW_SDP_OK) {
            fail_msg("case %u: %s", i, mw_sdp_error_code(parse()));
        }
    }
}


static void
keeps_its_limits(void **state)
{
    unsigned i, n;
    size_t len;

    (void) state;

    text_len = 0;
    assert_int_equal(MW_SDP_E_SIZE, parse());

    memset(text, 'x', 2 * MW_SDP_MAX);
    text_len = MW_SDP_MAX + 1;
    assert_int_equal(MW_SDP_E_SIZE, parse());

    text_len = (size_t) sprintf(
        text, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
    assert_int_equal(MW_SDP_E_SECTIONS, parse());

    /* 64 sections, and one more */

    for (n = 64; n < 66; n++) {
        text_len = (size_t) sprintf(text,
            "v=0\r\na=group:BUNDLE 0\r\n"
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\n"
            "a=setup:actpass\r\na=ice-ufrag:abcd\r\n"
            "a=ice-pwd:abcdefghijklmnopqrstuv\r\n"
            "a=fingerprint:sha-256 ");

        for (i = 0; i < 32; i++) {
            text_len +=
                (size_t) sprintf(text + text_len, i == 31 ? "00\r\n" : "00:");
        }

        for (i = 1; i < n; i++) {
            text_len += (size_t) sprintf(text + text_len,
                "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:%u\r\n", i);
        }

        assert_int_equal(n == 64 ? MW_SDP_OK : MW_SDP_E_SECTIONS, parse());
    }

    /* as many rids, sources and simulcast layers as fit, and no more */

    load("chromium-publish");
    text[text_len] = '\0';
    len = text_len;

    for (i = 0; i < 1000; i++) {
        len += (size_t) sprintf(text + len,
            "a=rid:r%u send\r\na=ssrc:%u cname:x\r\n"
            "a=ssrc-group:FID %u %u\r\n",
            i, 10 + i, 5000 + i, 7000 + i);
    }

    len += (size_t) sprintf(text + len, "a=simulcast:send r0");

    for (i = 1; i < 1000; i++) {
        len += (size_t) sprintf(text + len, ";r%u", i);
    }

    len += (size_t) sprintf(text + len, "\r\n");
    text_len = len;
    assert_int_equal(MW_SDP_OK, parse());
    assert_int_equal(MW_SDP_RIDS, offer->sections[2].nrids);
    assert_true(offer->sections[2].nssrcs <= MW_SDP_SSRCS);
}


/* whatever is cut off, the reader neither crashes nor reads on */
static void
survives_every_truncation(void **state)
{
    size_t full;
    static const char *const names[] = { "chromium-simulcast",
        "firefox-simulcast" };
    unsigned b;

    (void) state;

    for (b = 0; b < 2; b++) {
        load(names[b]);

        for (full = text_len; full > 0; full--) {
            text_len = full - 1;
            (void) parse();
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_chromium_publishes),
        cmocka_unit_test(reads_what_firefox_publishes),
        cmocka_unit_test(reads_what_both_subscribe_to),
        cmocka_unit_test(reads_simulcast),
        cmocka_unit_test(one_id_means_one_thing),
        cmocka_unit_test(refuses_what_it_cannot_use),
        cmocka_unit_test(bears_with_what_does_not_matter),
        cmocka_unit_test(keeps_its_limits),
        cmocka_unit_test(survives_every_truncation),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
