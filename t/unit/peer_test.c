/*
 * One PeerConnection's transport from the first check to the last packet,
 * against a browser made of libnice, OpenSSL and libsrtp.
 */

#include "transport_fixture.h"

#include "mw_aead.h"
#include "mw_peer.h"
#include "mw_srtp.h"


/* what our side has sent, by path */
typedef struct {
    mw_path_t path;
    uint8_t data[MW_EGRESS_ROOM];
    size_t len;
} sent_t;

#define SENT_MAX 512

static mw_peer_env_t env;
static mw_peer_t *peer;
static client_t client;
static StunAgent agent;
static mw_srtp_t *browser; /* its SRTP, once connected */

static sent_t *sent;
static unsigned nsent;

static struct {
    unsigned connected, rtp, rtcp, lapsed, renewed, closed;
    mw_peer_reason_t reason;
    mw_usec_t timer;
    uint8_t last[MW_PKT_MAX];
    size_t last_len;
} seen;

static const mw_ice_creds_t remote = { "them", "passwordofthebrowser22" };
static mw_path_t path_a, path_b;
static mw_usec_t now;


static void
on_connected(void *owner, mw_usec_t t)
{
    (void) t;
    assert_ptr_equal(&seen, owner);
    seen.connected++;
}


static void
remember(mw_pkt_t *pkt)
{
    memcpy(seen.last, pkt->data, pkt->len);
    seen.last_len = pkt->len;
}


static void
on_rtp(void *owner, mw_pkt_t *pkt, mw_usec_t t)
{
    (void) owner;
    (void) t;
    seen.rtp++;
    remember(pkt);
}


static void
on_rtcp(void *owner, mw_pkt_t *pkt, mw_usec_t t)
{
    (void) owner;
    (void) t;
    seen.rtcp++;
    remember(pkt);
}


static void
on_consent(void *owner, bool fresh, mw_usec_t t)
{
    (void) owner;
    (void) t;

    if (fresh) {
        seen.renewed++;

    } else {
        seen.lapsed++;
    }
}


static void
on_closed(void *owner, mw_peer_reason_t reason, mw_usec_t t)
{
    (void) owner;
    (void) t;
    seen.closed++;
    seen.reason = reason;
}


static void
set_timer(void *owner, mw_usec_t at)
{
    (void) owner;
    seen.timer = at;
}


static const mw_peer_handlers_t handlers = { on_connected, on_rtp, on_rtcp,
    on_consent, on_closed, set_timer };


static unsigned
capture(void *ctx, const mw_path_t *path, const struct iovec *iov, unsigned n)
{
    unsigned i;

    (void) ctx;

    for (i = 0; i < n; i++) {
        assert_true(nsent < SENT_MAX);
        sent[nsent].path = *path;
        sent[nsent].len = iov[i].iov_len;
        memcpy(sent[nsent].data, iov[i].iov_base, iov[i].iov_len);
        nsent++;
    }

    return n;
}


/* as mw_udp does it: STUN by ufrag, the rest by path */
static bool
input(const mw_path_t *path, const uint8_t *data, size_t len)
{
    size_t n;
    static mw_pkt_t pkt;
    const uint8_t *ufrag;
    mw_peer_t *to;

    pkt.data = pkt.buf;
    pkt.len = len;
    memcpy(pkt.buf, data, len);

    if (data[0] < 4) {
        ufrag = mw_ice_peek_ufrag(data, len, &n);
        to = ufrag == NULL ? NULL : mw_udp_table_by_ufrag(env.table, ufrag, n);

    } else {
        to = mw_udp_table_by_path(env.table, path);
    }

    if (to != NULL) {
        mw_peer_input(to, path, &pkt, now);
    }

    return to != NULL;
}


static bool
check(const mw_path_t *path, check_t c)
{
    size_t len;
    uint8_t buf[1500];

    if (c.ufrag == NULL) {
        c.ufrag = mw_peer_ice(peer)->ufrag;
        c.pwd = mw_peer_ice(peer)->pwd;
    }

    len = make_check(&agent, &c, buf, sizeof(buf));

    return input(path, buf, len);
}


static void
from_client(void *ctx, const uint8_t *data, size_t len)
{
    (void) input(ctx, data, len);
}


static void
drain_to_client(void)
{
    unsigned i;

    mw_egress_flush(env.egress);

    for (i = 0; i < nsent; i++) {
        if (sent[i].data[0] >= 20 && sent[i].data[0] < 64) {
            client_input(&client, sent[i].data, sent[i].len);
        }
    }

    nsent = 0;
}


static void
connect_on(mw_path_t *path)
{
    unsigned i;
    mw_srtp_keys_t keys;

    assert_true(check(path, (check_t){ .use_candidate = true }));

    client_step(&client);

    for (i = 0; i < 10 && !client.connected; i++) {
        drain_to_client();
    }

    assert_true(client.connected);
    assert_int_equal(1, seen.connected);
    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));

    client_keys(&client, &keys);
    browser = mw_srtp_create(&keys);
    assert_non_null(browser);
    nsent = 0;
}


static void
open_peer(const char *profiles)
{
    client_create(&client, profiles, false, 1200, from_client, &path_a);
    peer = mw_peer_create(
        &env, &remote, &client.fingerprint, &handlers, &seen, now);
    assert_non_null(peer);
}


static int
setup(void **state)
{
    (void) state;

    memset(&seen, 0, sizeof(seen));
    seen.timer = MW_NEVER;
    now = 100 * MW_SEC;
    nsent = 0;
    browser = NULL;
    path_a = path_of(1, 5000);
    path_b = path_of(2, 6000);
    stun_client(&agent);

    sent = calloc(SENT_MAX, sizeof(sent_t));
    env.egress = mw_egress_create(64, capture, NULL);
    env.table = mw_udp_table_create();
    open_peer("SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");

    return sent == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_peer_destroy(peer);
    client_destroy(&client);
    mw_srtp_destroy(browser);
    mw_egress_destroy(env.egress);
    mw_udp_table_destroy(env.table);
    free(sent);

    return 0;
}


/* 12 bytes of header, ssrc and sequence number from the index */
static void
header_of(uint8_t *header, uint32_t ssrc, uint64_t index)
{
    header[0] = 0x80;
    header[1] = 96;
    mw_put16(header + 2, (uint16_t) index);
    mw_put32(header + 4, 1234);
    mw_put32(header + 8, ssrc);
}


static mw_rc_t
write_rtp(uint32_t ssrc, uint64_t index)
{
    uint8_t header[12];

    header_of(header, ssrc, index);

    return mw_peer_write_rtp(
        peer, header, 12, (const uint8_t *) "payload", 7, index, now);
}


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
    assert_int_equal(MW_OK, mw_srtp_protect_rtp(browser, buf, &len));
    assert_true(input(&path_a, buf, len));
    assert_int_equal(1, seen.rtp);
    assert_int_equal(62, seen.last_len);
    assert_int_equal(0x42, seen.last[61]);

    memcpy(buf, "\x80\xc9\x00\x01\x00\x00\x00\x4d", 8);
    len = 8;
    assert_int_equal(MW_OK, mw_srtp_protect_rtcp(browser, buf, &len));
    assert_true(input(&path_a, buf, len));
    assert_int_equal(1, seen.rtcp);
    assert_int_equal(8, seen.last_len);

    /* out: nothing leaves before the flush */

    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 4711));

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
            assert_int_equal(MW_SRTP_OK,
                mw_srtp_unprotect_rtp(browser, sent[i].data, &len, now));
            assert_int_equal(19, len);
            assert_int_equal(100 + i, mw_get16(sent[i].data + 2));
            assert_memory_equal("payload", sent[i].data + 12, 7);

        } else {
            assert_int_equal(MW_SRTP_OK,
                mw_srtp_unprotect_rtcp(browser, sent[i].data, &len, now));
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
only_checked_paths_are_heard(void **state)
{
    uint8_t buf[100];

    (void) state;

    /* DTLS before ICE, from the very address that will be right */

    client_step(&client);
    assert_int_equal(MW_PEER_NEW, mw_peer_state(peer));
    assert_int_equal(0, nsent);

    assert_true(check(&path_a, (check_t){ 0 }));
    assert_int_equal(MW_PEER_CHECKED, mw_peer_state(peer));
    assert_int_equal(1, nsent);

    header_of(buf, 77, 5);
    assert_true(input(&path_a, buf, 60));
    assert_int_equal(1, mw_peer_stats(peer)->drops[MW_PEER_DROP_STATE]);
    assert_false(input(&path_b, buf, 60));
    assert_int_equal(0, seen.rtp);
}


static void
what_is_forged_is_counted_and_ends_nothing(void **state)
{
    unsigned i;
    size_t len;
    uint8_t buf[200], again[200];
    const mw_peer_stats_t *stats;

    (void) state;

    connect_on(&path_a);
    stats = mw_peer_stats(peer);

    for (i = 0; i < 1000; i++) {
        header_of(buf, 77 + i, 5);
        assert_true(input(&path_a, buf, 100));
    }

    assert_int_equal(1000, stats->drops[MW_PEER_DROP_AUTH]);

    assert_true(input(&path_a, buf, 20));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_SHORT]);
    assert_true(input(&path_a, buf, 1));
    assert_int_equal(2, stats->drops[MW_PEER_DROP_SHORT]);

    header_of(buf, 77, 5);
    len = 62;
    assert_int_equal(MW_OK, mw_srtp_protect_rtp(browser, buf, &len));
    memcpy(again, buf, len);
    assert_true(input(&path_a, buf, len));
    assert_true(input(&path_a, again, len));
    assert_int_equal(1, seen.rtp);
    assert_int_equal(1, stats->drops[MW_PEER_DROP_REPLAY]);

    assert_true(input(&path_a, (const uint8_t *) "\x16\x00\x00", 3));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_DTLS]);

    assert_false(check(&path_a, (check_t){ .ufrag = "abcdefgh", .pwd = "x" }));
    assert_true(check(
        &path_a, (check_t){ .ufrag = mw_peer_ice(peer)->ufrag, .pwd = "x" }));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_ICE]);

    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));
}


static void
sending_keeps_to_its_invariants(void **state)
{
    uint8_t header[12], big[MW_PEER_PAYLOAD_MAX];
    const mw_peer_stats_t *stats;

    (void) state;

    stats = mw_peer_stats(peer);

    /* before keys nothing goes out, and no index is used up */

    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));
    assert_int_equal(MW_DROP, write_rtp(1, 10));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_SEND_PATH]);

    connect_on(&path_a);
    assert_int_equal(MW_OK, write_rtp(1, 10));

    /* an SSRC is registered once, and nothing is sent for others */

    assert_int_equal(MW_DROP, mw_peer_add_ssrc(peer, 1));
    assert_int_equal(MW_DROP, write_rtp(2, 10));
    assert_int_equal(1, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    /* an index is used once; after that the stream is over, the peer not */

    assert_int_equal(MW_ERROR, write_rtp(1, 10));
    assert_int_equal(MW_DROP, write_rtp(1, 11));
    assert_int_equal(2, stats->drops[MW_PEER_DROP_SEND_SSRC]);

    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 2));
    assert_int_equal(MW_ERROR, write_rtp(2, MW_AEAD_START));

    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 3));
    assert_int_equal(MW_OK, write_rtp(3, 0));

    /* the header must carry the index */

    header_of(header, 3, 1);
    assert_int_equal(
        MW_ERROR, mw_peer_write_rtp(peer, header, 12, header, 12, 2, now));

    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 4));
    header_of(header, 4, 1);
    memset(big, 0, sizeof(big));
    assert_int_equal(MW_DROP, mw_peer_write_rtp(peer, header, 12, big,
                                  MW_PEER_PAYLOAD_MAX - 11, 1, now));
    assert_int_equal(MW_OK, mw_peer_write_rtp(peer, header, 12, big,
                                MW_PEER_PAYLOAD_MAX - 12, 1, now));
    assert_int_equal(
        MW_DROP, mw_peer_write_rtp(peer, header, 11, big, 1, 2, now));
    assert_int_equal(2, stats->drops[MW_PEER_DROP_SEND_SIZE]);

    mw_egress_flush(env.egress);
    assert_int_equal(3, nsent);
}


static void
many_streams_are_told_apart(void **state)
{
    uint32_t i;

    (void) state;

    connect_on(&path_a);

    for (i = 0; i < 300; i++) {
        assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, i * 65536 + i));
    }

    for (i = 0; i < 300; i++) {
        nsent = 0;
        assert_int_equal(MW_DROP, mw_peer_add_ssrc(peer, i * 65536 + i));
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
    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));

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
    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));
    assert_int_equal(MW_OK, write_rtp(1, 1));
    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_int_equal(MW_OK, write_rtp(1, 2));
    mw_egress_flush(env.egress);

    /* the response to the check lies between or before them */

    assert_int_equal(3, nsent);
    assert_true(mw_path_equal(&path_b, &sent[2].path));
    assert_int_equal(2, mw_get16(sent[2].data + 2));
}


static void
a_restart_keeps_the_association(void **state)
{
    mw_ice_creds_t old, changed = { "other", "passwordofthebrowser33" };

    (void) state;

    connect_on(&path_a);
    old = *mw_peer_ice(peer);

    assert_int_equal(MW_DROP, mw_peer_restart_ice(peer, &remote, now));
    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &changed, now));
    assert_string_not_equal(old.ufrag, mw_peer_ice(peer)->ufrag);

    /* both names lead here until the new one was used */

    assert_true(
        check(&path_a, (check_t){ .ufrag = old.ufrag, .pwd = old.pwd }));
    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_false(
        check(&path_a, (check_t){ .ufrag = old.ufrag, .pwd = old.pwd }));

    assert_int_equal(MW_PEER_CONNECTED, mw_peer_state(peer));
    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));
    assert_int_equal(MW_OK, write_rtp(1, 1));

    assert_true(mw_peer_same_fingerprint(peer, &client.fingerprint));
    assert_false(
        mw_peer_same_fingerprint(peer, mw_dtls_ctx_fingerprint(env.dtls)));
}


/* two restarts before any check: the first and the last credentials live */
static void
restarts_may_overtake_each_other(void **state)
{
    mw_ice_creds_t first, second;
    mw_ice_creds_t b = { "bbbb", "passwordofthebrowser33" };
    mw_ice_creds_t c = { "cccc", "passwordofthebrowser44" };

    (void) state;

    first = *mw_peer_ice(peer);
    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &b, now));
    second = *mw_peer_ice(peer);
    assert_int_equal(MW_OK, mw_peer_restart_ice(peer, &c, now));

    assert_true(
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = first.pwd }));
    assert_false(
        check(&path_a, (check_t){ .ufrag = second.ufrag, .pwd = second.pwd }));
    assert_true(check(&path_a, (check_t){ 0 }));
    assert_false(
        check(&path_a, (check_t){ .ufrag = first.ufrag, .pwd = first.pwd }));
}


/* clients with few source ports use one again for another connection */
static void
a_valid_check_takes_the_path_over(void **state)
{
    size_t len;
    uint8_t buf[200];
    mw_peer_t *second, *first = peer;

    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));

    second = mw_peer_create(
        &env, &remote, &client.fingerprint, &handlers, &seen, now);
    assert_non_null(second);

    peer = second;
    assert_true(check(&path_a, (check_t){ 0 }));
    assert_ptr_equal(second, mw_udp_table_by_path(env.table, &path_a));

    /* the first one has no path any more, and sends nothing there */

    peer = first;
    assert_int_equal(MW_DROP, write_rtp(1, 1));

    header_of(buf, 77, 5);
    len = 62;
    assert_int_equal(MW_OK, mw_srtp_protect_rtp(browser, buf, &len));
    assert_true(input(&path_a, buf, len));
    assert_int_equal(0, seen.rtp);
    assert_int_equal(1, mw_peer_stats(second)->drops[MW_PEER_DROP_STATE]);

    /* until it passes a check itself */

    assert_true(check(&path_a, (check_t){ 0 }));
    assert_ptr_equal(first, mw_udp_table_by_path(env.table, &path_a));
    assert_int_equal(MW_OK, write_rtp(1, 1));

    mw_peer_destroy(second);
    assert_ptr_equal(first, mw_udp_table_by_path(env.table, &path_a));
}


static void
an_unconnected_peer_is_given_up(void **state)
{
    mw_usec_t created = now;

    (void) state;

    assert_true(seen.timer == created + MW_PEER_CONNECT);
    mw_peer_timeout(peer, seen.timer - 1);
    assert_int_equal(0, seen.closed);

    now = created + MW_PEER_CONNECT;
    assert_true(seen.timer == now);
    mw_peer_timeout(peer, now);
    assert_int_equal(1, seen.closed);
    assert_int_equal(MW_PEER_CLOSE_TIMEOUT, seen.reason);
    assert_string_equal("timeout", mw_peer_reason_name(seen.reason));

    /* it is deaf from then on, and says it once */

    mw_peer_timeout(peer, now + 1);
    assert_int_equal(1, seen.closed);
    nsent = 0;
    assert_true(check(&path_a, (check_t){ 0 }));
    assert_int_equal(0, nsent);
}


static void
close_notify_closes(void **state)
{
    (void) state;

    connect_on(&path_a);
    (void) SSL_shutdown(client.ssl);
    assert_int_equal(MW_PEER_CLOSED, mw_peer_state(peer));

    /* told from the timer, where the owner may destroy */

    assert_int_equal(0, seen.closed);
    assert_true(seen.timer <= now);
    mw_peer_timeout(peer, now);
    assert_int_equal(1, seen.closed);
    assert_int_equal(MW_PEER_CLOSE_NOTIFY, seen.reason);
}


static void
destroying_says_goodbye(void **state)
{
    (void) state;

    connect_on(&path_a);
    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));
    assert_int_equal(MW_OK, write_rtp(1, 1));
    mw_peer_destroy(peer);
    peer = NULL;

    /* what was waiting goes first */

    assert_int_equal(2, nsent);
    assert_int_equal(0x80, sent[0].data[0]);
    drain_to_client();
    assert_true(client.closed);
    assert_null(mw_udp_table_by_path(env.table, &path_a));
}


static void
a_wrong_certificate_closes(void **state)
{
    unsigned i;
    mw_fingerprint_t wrong;

    (void) state;

    mw_peer_destroy(peer);
    wrong = client.fingerprint;
    wrong.digest[0] ^= 1;
    peer = mw_peer_create(&env, &remote, &wrong, &handlers, &seen, now);

    assert_true(check(&path_a, (check_t){ 0 }));
    client_step(&client);

    for (i = 0; i < 10; i++) {
        drain_to_client();
    }

    assert_int_equal(MW_PEER_CLOSED, mw_peer_state(peer));
    assert_int_equal(0, seen.connected);
    mw_peer_timeout(peer, now);
    assert_int_equal(MW_PEER_CLOSE_FINGERPRINT, seen.reason);
}


/* DTLS is answered where it came from, whatever is selected */
static void
a_handshake_answers_its_own_path(void **state)
{
    unsigned i;

    (void) state;

    assert_true(check(&path_b, (check_t){ .use_candidate = true }));
    assert_true(check(&path_a, (check_t){ 0 }));
    nsent = 0;

    client_step(&client);
    assert_true(nsent > 0);
    assert_int_equal(MW_PEER_HANDSHAKE, mw_peer_state(peer));

    for (i = 0; i < nsent; i++) {
        assert_true(mw_path_equal(&path_a, &sent[i].path));
    }

    /* and a nomination meanwhile waits */

    assert_true(check(&path_a, (check_t){ .use_candidate = true }));
    assert_int_equal(MW_OK, mw_peer_add_ssrc(peer, 1));

    for (i = 0; i < 10 && !client.connected; i++) {
        drain_to_client();
    }

    nsent = 0;
    assert_int_equal(MW_OK, write_rtp(1, 1));
    mw_egress_flush(env.egress);
    assert_true(mw_path_equal(&path_b, &sent[0].path));
}


static void
names_are_complete(void **state)
{
    int i;

    (void) state;

    for (i = 0; i <= MW_PEER_CLOSED; i++) {
        assert_non_null(mw_peer_state_name((mw_peer_state_t) i));
    }

    for (i = 0; i <= MW_PEER_CLOSE_ERROR; i++) {
        assert_non_null(mw_peer_reason_name((mw_peer_reason_t) i));
    }
}


static int
group_setup(void **state)
{
    (void) state;

    env.dtls = mw_dtls_ctx_create();

    return env.dtls == NULL || mw_srtp_init() != MW_OK;
}


static int
group_teardown(void **state)
{
    (void) state;

    mw_dtls_ctx_destroy(env.dtls);
    mw_srtp_exit();

    return 0;
}


#define peer_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        peer_test(gcm_carries_media),
        peer_test(cm_carries_media),
        peer_test(only_checked_paths_are_heard),
        peer_test(what_is_forged_is_counted_and_ends_nothing),
        peer_test(sending_keeps_to_its_invariants),
        peer_test(many_streams_are_told_apart),
        peer_test(consent_stops_and_resumes_sending),
        peer_test(media_follows_a_nomination),
        peer_test(a_restart_keeps_the_association),
        peer_test(restarts_may_overtake_each_other),
        peer_test(a_valid_check_takes_the_path_over),
        peer_test(an_unconnected_peer_is_given_up),
        peer_test(close_notify_closes),
        peer_test(destroying_says_goodbye),
        peer_test(a_wrong_certificate_closes),
        peer_test(a_handshake_answers_its_own_path),
        peer_test(names_are_complete),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
