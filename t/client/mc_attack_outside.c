/* What somebody sends from ports that are nobody's, or only checked. */

#include <stdio.h>

#include "mc_attack.h"
#include "mc_stun.h"


#define MC_HELLO_MAX  256
#define MC_RECORD     13 /* header of a DTLS record */
#define MC_MESSAGE    12 /* and of a handshake message in it */
#define MC_HUGE       1000
#define MC_CHECK_EACH 100 /* datagrams of a port between two checks */

#define MC_ATTRIBUTE_OPTIONAL 0xc0de /* comprehension-optional, unknown */
#define MC_ATTRIBUTE_REQUIRED 0x7ade


/* RFC 5246 section 7.4.1.2, with what OpenSSL and browsers send */
static size_t
mc_hello_body(uint8_t *out, uint16_t cipher)
{
    uint8_t *p;
    static const uint8_t extensions[] = {
        0, 10, 0, 6, 0, 4, 0, 29, 0, 23,  /* x25519, P-256 */
        0, 11, 0, 2, 1, 0,                /* uncompressed points */
        0, 13, 0, 6, 0, 4, 4, 3, 8, 4,    /* ECDSA, RSA-PSS */
        0, 14, 0, 7, 0, 4, 0, 7, 0, 1, 0, /* SRTP: GCM, CM */
        0, 23, 0, 0, 0xff, 1, 0, 1, 0,    /* renegotiation_info */
    };

    p = out;
    *p++ = 0xfe;
    *p++ = 0xfd;
    mc_attack_fill(p, 32);
    p += 32;
    *p++ = 0; /* session */
    *p++ = 0; /* cookie */
    mw_put16(p, 2);
    mw_put16(p + 2, cipher);
    p += 4;
    *p++ = 1;
    *p++ = 0;
    mw_put16(p, sizeof(extensions));
    memcpy(p + 2, extensions, sizeof(extensions));

    return (size_t) (p - out) + 2 + sizeof(extensions);
}


/* one fragment of the hello `body` in a record of its own */
static size_t
mc_hello_record(uint8_t *out, const uint8_t *body, size_t whole, size_t from,
    size_t len, uint64_t n)
{
    memset(out, 0, MC_RECORD + MC_MESSAGE);

    out[0] = 22;
    out[1] = 0xfe;
    out[2] = 0xff;
    mw_put32(out + 7, (uint32_t) n);
    mw_put16(out + 11, (uint16_t) (MC_MESSAGE + len));

    out[13] = 1;
    out[14] = (uint8_t) (whole >> 16);
    mw_put16(out + 15, (uint16_t) whole);
    out[19] = (uint8_t) (from >> 16);
    mw_put16(out + 20, (uint16_t) from);
    out[22] = (uint8_t) (len >> 16);
    mw_put16(out + 23, (uint16_t) len);
    memcpy(out + MC_RECORD + MC_MESSAGE, body, len);

    return MC_RECORD + MC_MESSAGE + len;
}


static void
mc_hello(mc_attack_t *attack, uint64_t n, uint16_t cipher)
{
    size_t len;
    uint8_t body[MC_HELLO_MAX], out[MC_HELLO_MAX + MC_RECORD + MC_MESSAGE];

    len = mc_hello_body(body, cipher);
    len = mc_hello_record(out, body, len, 0, len, n / attack->ports);
    mc_attack_send(attack, n, out, len);
}


static void
mc_attack_hello(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    (void) now;
    mc_hello(attack, n, 0xc02b); /* ECDHE-ECDSA-AES128-GCM-SHA256 */
}


static void
mc_attack_hello_cipher(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    (void) now;
    mc_hello(attack, n, 0x5a5a);
}


/* fragments of all sizes in any order, some of a hello of 16 MB */
static void
mc_attack_hello_pieces(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len, from, piece, whole;
    uint8_t body[MC_HELLO_MAX], out[MC_HELLO_MAX + MC_RECORD + MC_MESSAGE];

    (void) now;
    len = mc_hello_body(body, 0xc02b);
    from = mc_attack_random() % len;
    piece = mc_attack_random() % (len - from + 1);
    whole = len;

    if (mc_attack_random() % 4 == 0) {
        whole = mc_attack_random() & 0xffffff;
        from = mc_attack_random() & 0xffffff;
    }

    piece = mc_hello_record(
        out, body, whole, from, piece, mc_attack_random() & 0xff);
    mc_attack_send(attack, n, out, piece);
}


static void
mc_attack_srtp(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    uint8_t out[MC_ATTACK_MAX];

    (void) now;
    len = 12 + mc_attack_random() % 1200;
    mc_attack_fill(out, len);
    out[0] = 0x80;
    out[1] = n % 8 == 0 ? 200 : 111;
    mc_attack_send(attack, n, out, len);
}


/* a Binding request of the attacker's own participant */
static size_t
mc_check(mc_attack_t *attack, const mc_peer_t *peer, bool nominate,
    unsigned type, size_t len, uint8_t *out)
{
    uint8_t id[12];
    mc_stun_t stun;

    (void) attack;
    memset(&stun, 0, sizeof(stun));
    stun.local_ufrag = peer->ufrag;
    stun.remote_ufrag = peer->remote.ufrag;
    stun.remote_pwd = peer->remote.pwd;
    stun.tie_breaker = peer->tie_breaker;
    stun.nominate = nominate;
    stun.extra_type = type;
    stun.extra_len = len;

    return mc_stun_request(&stun, out, id);
}


static const mc_peer_t *
mc_attack_peer(const mc_attack_t *attack)
{
    return attack->who->up.made ? &attack->who->up.peer
                                : &attack->who->down.peer;
}


static void
mc_attack_stun_integrity(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    uint8_t out[MC_STUN_MAX];

    (void) now;
    len = mc_check(attack, mc_attack_peer(attack), true, 0, 0, out);
    out[len - 32 + 4 + n % 20] ^= 0x40; /* MESSAGE-INTEGRITY */
    mc_stun_print(out, len);
    mc_attack_send(attack, n, out, len);
}


static void
mc_attack_stun_foreign(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    mc_peer_t peer;
    uint8_t out[MC_STUN_MAX];

    (void) now;
    memset(&peer, 0, sizeof(peer));
    snprintf(peer.ufrag, sizeof(peer.ufrag), "%08x", mc_attack_random());
    snprintf(peer.remote.ufrag, sizeof(peer.remote.ufrag), "%08x",
        mc_attack_random());
    snprintf(
        peer.remote.pwd, sizeof(peer.remote.pwd), "%024x", mc_attack_random());
    len = mc_check(attack, &peer, true, 0, 0, out);
    mc_attack_send(attack, n, out, len);
}


/* cut off, attributes that overrun, other classes and methods */
static void
mc_attack_stun_garbage(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len, i;
    uint8_t out[MC_STUN_MAX];

    (void) now;
    len = mc_check(attack, mc_attack_peer(attack), false, 0, 0, out);

    for (i = 0; i <= n % 3; i++) {
        out[mc_attack_random() % len] = (uint8_t) mc_attack_random();
    }

    if (n % 2 == 0) {
        len = mc_attack_random() % len;
    }

    if (n % 5 == 0 && len >= 20) {
        mw_put16(out + 2, (uint16_t) (len - 20));
        mc_stun_print(out, len);
    }

    mc_attack_send(attack, n, out, len);
}


/* valid checks, all of which nominate */
static void
mc_attack_stun_storm(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    uint8_t out[MC_STUN_MAX];

    (void) now;
    len = mc_check(attack, mc_attack_peer(attack), true, 0, 0, out);
    mc_attack_send(attack, n, out, len);
}


/* valid, with an attribute of a kilobyte that nobody knows */
static void
mc_attack_stun_huge(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    uint8_t out[MC_STUN_MAX];

    (void) now;
    len = mc_check(attack, mc_attack_peer(attack), false,
        n % 4 == 0 ? MC_ATTRIBUTE_REQUIRED : MC_ATTRIBUTE_OPTIONAL,
        n % 8 == 1 ? 0 : MC_HUGE, out);
    mc_attack_send(attack, n, out, len);
}


/* one port claims to be both connections in turn */
static void
mc_attack_stun_swap(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    uint8_t out[MC_STUN_MAX];

    (void) now;
    len = mc_check(attack,
        n & 1 ? &attack->who->up.peer : &attack->who->down.peer, true, 0, 0,
        out);
    mc_attack_send(attack, n / 2, out, len);
}


/* the path is admitted, what comes over it is no use */
static void
mc_attack_checked_hello(mc_attack_t *attack, uint64_t n, mw_usec_t now)
{
    size_t len;
    uint8_t out[MC_STUN_MAX];

    if (n / attack->ports % MC_CHECK_EACH == 0) {
        mc_attack_stun_storm(attack, n, now);
        return;
    }

    switch (n / attack->ports % 4) {

    case 0:
        mc_attack_hello(attack, n, now);
        break;

    case 1:
        mc_attack_hello_cipher(attack, n, now);
        break;

    case 2:
        mc_attack_hello_pieces(attack, n, now);
        break;

    default:
        /* a record of some epoch */
        len = 13 + mc_attack_random() % 200;
        mc_attack_fill(out, len);
        out[0] = (uint8_t) (20 + n % 4);
        out[1] = 0xfe;
        out[2] = 0xfd;
        mw_put16(out + 3, (uint16_t) (n % 3));
        mw_put16(out + 11, (uint16_t) (len - 13));
        mc_attack_send(attack, n, out, len);
    }
}


const mc_attack_kind_t mc_attack_outside[] = {
    { "hello", mc_attack_hello, false },
    { "hello-cipher", mc_attack_hello_cipher, false },
    { "hello-pieces", mc_attack_hello_pieces, false },
    { "checked-hello", mc_attack_checked_hello, false },
    { "srtp", mc_attack_srtp, false },
    { "stun-integrity", mc_attack_stun_integrity, false },
    { "stun-foreign", mc_attack_stun_foreign, false },
    { "stun-garbage", mc_attack_stun_garbage, false },
    { "stun-storm", mc_attack_stun_storm, false },
    { "stun-huge", mc_attack_stun_huge, false },
    { "stun-swap", mc_attack_stun_swap, false },
    { NULL, NULL, false },
};
