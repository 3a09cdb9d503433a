/*
 * One peer and a browser made of libnice, OpenSSL and libsrtp; what our side
 * sends is kept, time is set by hand.
 */

#ifndef PEER_FIXTURE_H
#define PEER_FIXTURE_H

#include "dtls_fixture.h"
#include "srtp_end.h"
#include "stun_fixture.h"

#include "mw_aead.h"
#include "mw_peer.h"


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
static srtp_end_t browser; /* its SRTP, once connected */

static sent_t *sent;
static unsigned nsent;
static uint32_t ssrcs[300]; /* of the peer's streams, by number */
static uint16_t nstreams;

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


static inline void
on_connected(void *owner, mw_usec_t t)
{
    (void) t;
    assert_ptr_equal(&seen, owner);
    seen.connected++;
}


static inline void
remember(mw_pkt_t *pkt)
{
    memcpy(seen.last, pkt->data, pkt->len);
    seen.last_len = pkt->len;
}


static inline void
on_rtp(void *owner, mw_pkt_t *pkt, mw_usec_t t)
{
    (void) owner;
    (void) t;
    seen.rtp++;
    remember(pkt);
}


static inline void
on_rtcp(void *owner, mw_pkt_t *pkt, mw_usec_t t)
{
    (void) owner;
    (void) t;
    seen.rtcp++;
    remember(pkt);
}


static inline void
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


static inline void
on_closed(void *owner, mw_peer_reason_t reason, mw_usec_t t)
{
    (void) owner;
    (void) t;
    seen.closed++;
    seen.reason = reason;
}


static inline void
set_timer(void *owner, mw_usec_t at)
{
    (void) owner;
    seen.timer = at;
}


static const mw_peer_handlers_t handlers = { on_connected, on_rtp, on_rtcp,
    on_consent, on_closed, set_timer };


static inline unsigned
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
static inline bool
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


static inline bool
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


static inline void
from_client(void *ctx, const uint8_t *data, size_t len)
{
    (void) input(ctx, data, len);
}


static inline void
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


static inline void
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
    srtp_end_open(&browser, &keys);
    nsent = 0;
}


static inline void
open_peer(const char *profiles)
{
    client_create(&client, profiles, false, 1200, from_client, &path_a);
    peer = mw_peer_create(
        &env, &remote, &client.fingerprint, &handlers, &seen, now);
    assert_non_null(peer);
}


static inline int
setup(void **state)
{
    (void) state;

    memset(&seen, 0, sizeof(seen));
    seen.timer = MW_NEVER;
    now = 100 * MW_SEC;
    nsent = 0;
    nstreams = 0;
    path_a = path_of(1, 5000);
    path_b = path_of(2, 6000);
    stun_client(&agent);

    sent = calloc(SENT_MAX, sizeof(sent_t));
    env.egress = mw_egress_create(64, 64, capture, NULL);
    env.table = mw_udp_table_create();
    open_peer("SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");

    return sent == NULL;
}


static inline int
teardown(void **state)
{
    (void) state;

    mw_peer_destroy(peer);
    client_destroy(&client);
    srtp_end_close(&browser);
    mw_egress_destroy(env.egress);
    mw_udp_table_destroy(env.table);
    free(sent);

    return 0;
}


/* 12 bytes of header, ssrc and sequence number from the index */
static inline void
header_of(uint8_t *header, uint32_t ssrc, uint64_t index)
{
    header[0] = 0x80;
    header[1] = 96;
    mw_put16(header + 2, (uint16_t) index);
    mw_put32(header + 4, 1234);
    mw_put32(header + 8, ssrc);
}


static bool write_twice;


static inline mw_rc_t
write_out(
    uint8_t *header, uint16_t header_len, uint16_t body_len, uint64_t index)
{
    mw_rtp_out_t out;
    static const uint8_t body[MW_PKT_MAX] = "load";

    memset(&out, 0, sizeof(out));
    out.header = header;
    out.header_len = header_len;
    out.head = (const uint8_t *) "pay";
    out.head_len = 3;
    out.body = body;
    out.body_len = body_len;
    out.index = index;
    out.sound = write_twice;
    out.twice = write_twice;

    for (out.stream = 0; out.stream < nstreams; out.stream++) {
        if (ssrcs[out.stream] == mw_get32(header + 8)) {
            break;
        }
    }

    return mw_peer_write_rtp(peer, &out, now);
}


static inline mw_rc_t
write_rtp(uint32_t ssrc, uint64_t index)
{
    uint8_t header[12];

    header_of(header, ssrc, index);

    return write_out(header, 12, 4, index);
}


static inline mw_rc_t
add_stream(uint32_t ssrc)
{
    mw_rc_t rc;
    uint16_t number;

    rc = mw_peer_add_stream(peer, ssrc, &number);

    if (rc == MW_OK) {
        assert_int_equal(nstreams, number);
        ssrcs[nstreams++] = ssrc;
    }

    return rc;
}


static inline int
group_setup(void **state)
{
    (void) state;

    env.dtls = mw_dtls_ctx_create();

    return env.dtls == NULL || mw_srtp_init() != MW_OK;
}


static inline int
group_teardown(void **state)
{
    (void) state;

    mw_dtls_ctx_destroy(env.dtls);
    mw_srtp_exit();

    return 0;
}


#define peer_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)


#endif /* PEER_FIXTURE_H */
