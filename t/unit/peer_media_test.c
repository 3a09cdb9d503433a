/* Media through a connected peer, both ways, and when it stops. */

#include "mw_peer_int.h"
#include "peer_fixture.h"


static void
connects_and_carries_media(mw_srtp_profile_t profile)
{
    unsigned i;
    size_t len;
    uint8_t buf[200];

    connect_on(&path_a);

    /* in */

    header_of(buf, 77, 5);
    memset(buf + 12, 0x42, 50);
    len = 62;
    assert_true(srtp_end_protect(&browser, false, buf, &len));
    assert_true(input(&path_a, buf, len));
    assert_int_equal(1, seen.rtp);
    assert_int_equal(62, seen.last_len);
    assert_int_equal(0x42, seen.last[61]);

    memcpy(buf, "\x80\xc9\x00\x01\x00\x00\x00\x4d", 8);
    len = 8;
    assert_true(srtp_end_protect(&browser, true, buf, &len));
    assert_true(input(&path_a, buf, len));
    assert_int_equal(1, seen.rtcp);
    assert_int_equal(8, seen.last_len);

    /* out: nothing leaves before the flush */

    assert_int_equal(MW_OK, add_stream(4711));

    for (i = 0; i < 3; i++) {
        assert_int_equal(MW_OK, write_rtp(4711, 100 + i));
    }

    assert_int_equal(MW_OK,
        mw_peer_write_rtcp(peer,
            (const uint8_t *) "\x80\xc9\x00\x01\x00\x00\x12\x67", 8, now));
    assert_int_equal(0, nsent);
    mw_egress_flush(env.egress);
    assert_int_equal(4, nsent);

    for (i = 0; i < 4; i++) {
        assert_true(mw_path_equal(&path_a, &sent[i].path));
        len = sent[i].len;

        if (i < 3) {
            assert_int_equal(19 + (profile == MW_SRTP_GCM_128 ? 16 : 10), len);
            assert_true(
                srtp_end_unprotect(&browser, false, sent[i].data, &len));
            assert_int_equal(19, len);
            assert_int_equal(100 + i, mw_get16(sent[i].data + 2));
            assert_memory_equal("payload", sent[i].data + 12, 7);

        } else {
            assert_true(srtp_end_unprotect(&browser, true, sent[i].data, &len));
            assert_int_equal(8, len);
        }
    }

    assert_int_equal(3, mw_peer_stats(peer)->rtp_out);
    assert_int_equal(1, mw_peer_stats(peer)->rtcp_out);
}


static void
gcm_carries_media(void **state)
{
    (void) state;

    connects_and_carries_media(MW_SRTP_GCM_128);
}


static void
cm_carries_media(void **state)
{
    (void) state;

    mw_peer_destroy(peer);
    client_destroy(&client);
    open_peer("SRTP_AES128_CM_SHA1_80");
    connects_and_carries_media(MW_SRTP_CM_SHA1_80);
}


static void
sending_keeps_to_its_invariants(void **state)
{
    uint8_t header[MW_PEER_HEADER_MAX + 1];
    const mw_peer_stats_t *stats;

    (void) state;

    stats = mw_peer_stats(peer);
    memset(header, 0, sizeof(header));

    /* before keys nothing goes out, and no index is used up */

    assert_int_equal(MW_OK, add_stream(1));
    assert_int_equal(MW_DROP, write_rtp(1, 10));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_SEND_PATH]);

    connect_on(&path_a);
    assert_int_equal(MW_OK, write_rtp(1, 10));

    /* an SSRC is registered once, and nothing is sent for others */

    assert_int_equal(MW_DROP, add_stream(1));
    assert_int_equal(MW_DROP, write_rtp(2, 10));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    /* an index is used once; after that the stream is over, the peer not */

    assert_int_equal(MW_OK, write_rtp(1, 10));
    assert_int_equal(MW_OK, write_rtp(1, 11));
    mw_egress_flush(env.egress);
    assert_int_equal(1, nsent);
    assert_int_equal(3, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    assert_int_equal(MW_OK, add_stream(2));
    assert_int_equal(MW_OK, write_rtp(2, MW_AEAD_START));

    assert_int_equal(MW_OK, add_stream(3));
    assert_int_equal(MW_OK, write_rtp(3, 0));
    mw_egress_flush(env.egress);
    assert_int_equal(2, nsent);
    assert_int_equal(4, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    /* the header must carry the index, and the stream's SSRC */

    header_of(header, 3, 1);
    assert_int_equal(MW_OK, write_out(header, 12, 4, 2));
    mw_egress_flush(env.egress);
    assert_int_equal(2, nsent);
    assert_int_equal(5, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    assert_int_equal(MW_OK, add_stream(4));
    ssrcs[3] = 5;
    assert_int_equal(MW_OK, write_rtp(5, 1));
    mw_egress_flush(env.egress);
    assert_int_equal(2, nsent);
    assert_int_equal(6, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    /* sizes */

    assert_int_equal(MW_OK, add_stream(6));
    header_of(header, 6, 1);
    assert_int_equal(
        MW_DROP, write_out(header, 12, MW_PEER_PAYLOAD_MAX - 14, 1));
    assert_int_equal(MW_OK, write_out(header, 12, MW_PEER_PAYLOAD_MAX - 15, 1));
    assert_int_equal(MW_DROP, write_out(header, 11, 1, 2));
    assert_int_equal(MW_DROP, write_out(header, MW_PEER_HEADER_MAX + 1, 1, 2));
    assert_int_equal(3, stats->drops[MW_PEER_DROP_SEND_SIZE]);

    mw_egress_flush(env.egress);
    assert_int_equal(3, nsent);
}


/* packets of almost one length leave as one, and say how much is padding */
static void
padding_makes_packets_equal(void **state)
{
    unsigned i;
    size_t len;
    uint8_t header[12];
    mw_rtp_t rtp;
    static const uint16_t sizes[] = { 900, 911, 905 };

    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, add_stream(1));

    for (i = 0; i < 3; i++) {
        header_of(header, 1, i);
        assert_int_equal(MW_OK, write_out(header, 12, sizes[i], i));
    }

    mw_egress_flush(env.egress);
    assert_int_equal(3, nsent);
    assert_int_equal(sent[1].len, sent[0].len);
    assert_int_equal(sent[1].len - 6, sent[2].len);

    for (i = 0; i < 3; i++) {
        len = sent[i].len;
        assert_true(srtp_end_unprotect(&browser, false, sent[i].data, &len));
        assert_int_equal(MW_OK, mw_rtp_parse(&rtp, sent[i].data, len));
        assert_int_equal(3 + sizes[i], rtp.payload_len);
        assert_memory_equal("payload", rtp.payload, 7);
        assert_int_equal(i == 0, (sent[i].data[0] & 0x20) != 0);
    }
}


/* the same bytes a turn later: nothing is encrypted anew */
static void
sound_is_sent_twice(void **state)
{
    unsigned i;
    size_t len;
    uint8_t header[12];

    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, add_stream(1));
    write_twice = true;

    for (i = 0; i < 3; i++) {
        assert_int_equal(MW_OK, write_rtp(1, i));
        mw_egress_flush(env.egress);
    }

    assert_int_equal(5, nsent);

    for (i = 1; i < 5; i += 2) {
        assert_int_equal(sent[i - 1].len, sent[i].len);
        assert_memory_equal(sent[i - 1].data, sent[i].data, sent[i].len);
    }

    for (i = 0; i < 5; i++) {
        len = sent[i].len;
        assert_int_equal(i % 2 == 0,
            srtp_end_unprotect(&browser, false, sent[i].data, &len));
    }

    /* a turn of many, one that is long, the end of it */

    for (i = 3; i < 3 + 2 * MW_PEER_TWICE; i++) {
        assert_int_equal(MW_OK, write_rtp(1, i));
    }

    nsent = 0;
    mw_egress_flush(env.egress);
    assert_int_equal(1 + 2 * MW_PEER_TWICE, nsent);

    header_of(header, 1, 100);
    assert_int_equal(MW_OK, write_out(header, 12, MW_PEER_TWICE_MAX, 100));
    nsent = 0;
    mw_egress_flush(env.egress);
    assert_int_equal(1 + MW_PEER_TWICE, nsent);

    write_twice = false;
    assert_int_equal(MW_OK, write_rtp(1, 101));
    nsent = 0;
    mw_egress_flush(env.egress);
    assert_int_equal(1, nsent);
}


static void
many_streams_are_told_apart(void **state)
{
    uint32_t i;

    (void) state;

    connect_on(&path_a);

    for (i = 0; i < 300; i++) {
        assert_int_equal(MW_OK, add_stream(i * 65536 + i));
    }

    for (i = 0; i < 300; i++) {
        nsent = 0;
        assert_int_equal(MW_DROP, add_stream(i * 65536 + i));
        assert_int_equal(MW_OK, write_rtp(i * 65536 + i, i));
    }

    for (i = 0; i < 300; i++) {
        nsent = 0;
        assert_int_equal(MW_OK, write_rtp(i * 65536 + i, i + 1));
    }
}


static void
consent_stops_and_resumes_sending(void **state)
{
    mw_usec_t checked;

    (void) state;

    connect_on(&path_a);
    checked = now;
    assert_true(mw_peer_consent(peer) == checked);
    assert_int_equal(MW_OK, add_stream(1));

    /* the timer runs from the first check and finds a younger one */

    now = checked + 20 * MW_SEC;
    assert_true(check(&path_a, (check_t){ 0 }));
    now = checked + MW_ICE_CONSENT;
    assert_true(seen.timer <= now);
    mw_peer_timeout(peer, now);
    assert_int_equal(0, seen.lapsed);
    assert_int_equal(MW_OK, write_rtp(1, 1));
    assert_true(seen.timer == checked + 20 * MW_SEC + MW_ICE_CONSENT);

    now = seen.timer - 1;
    assert_int_equal(MW_OK, write_rtp(1, 2));
    now = seen.timer;
    assert_int_equal(MW_DROP, write_rtp(1, 3));
    mw_peer_timeout(peer, now);
    assert_int_equal(1, seen.lapsed);
    assert_int_equal(MW_DROP,
        mw_peer_write_rtcp(peer,
            (const uint8_t *) "\x80\xc9\x00\x01\x00\x00\x12\x67", 8, now));
    assert_int_equal(0, seen.closed);

    now += 100 * MW_SEC;
    assert_true(check(&path_b, (check_t){ 0 }));
    assert_int_equal(1, seen.renewed);
    assert_int_equal(MW_OK, write_rtp(1, 4));

    nsent = 0;
    mw_egress_flush(env.egress);
    assert_true(nsent > 0);
    assert_true(mw_path_equal(&path_b, &sent[nsent - 1].path));

    /* and the timer is set again */

    assert_true(seen.timer == now + MW_ICE_CONSENT);
}


static void
media_follows_a_nomination(void **state)
{
    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, add_stream(1));
    assert_int_equal(MW_OK, write_rtp(1, 1));
    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_int_equal(MW_OK, write_rtp(1, 2));
    mw_egress_flush(env.egress);

    /* the response to the check lies between or before them */

    assert_int_equal(3, nsent);
    assert_true(mw_path_equal(&path_b, &sent[2].path));
    assert_int_equal(2, mw_get16(sent[2].data + 2));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        peer_test(gcm_carries_media),
        peer_test(cm_carries_media),
        peer_test(sending_keeps_to_its_invariants),
        peer_test(padding_makes_packets_equal),
        peer_test(sound_is_sent_twice),
        peer_test(many_streams_are_told_apart),
        peer_test(consent_stops_and_resumes_sending),
        peer_test(media_follows_a_nomination),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
