/* Transport of one PeerConnection. */

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <unistd.h>

#include "mc_peer.h"
#include "mc_stun.h"


#define MC_DATAGRAM 2048
#define MC_BATCH    32
#define MC_RCVBUF   (4 * 1024 * 1024)

#define MC_CHECK_FAST (50 * MW_MSEC)
#define MC_CHECK_SLOW (2500 * MW_MSEC)

static const mw_addr_t mc_nowhere;


static void
mc_peer_state(mc_peer_t *peer, mc_peer_state_t state, mw_usec_t now)
{
    if (peer->state != state) {
        peer->state = state;
        peer->handlers->on_state(peer->ctx, state, now);
    }
}


static void
mc_peer_sockaddr(
    const mc_peer_t *peer, int candidate, struct sockaddr_in6 *sin6)
{
    const mw_addr_t *to;

    to = candidate < 0 ? &mc_nowhere : &peer->remote.candidate[candidate];

    memset(sin6, 0, sizeof(*sin6));
    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(to->port);
    memcpy(&sin6->sin6_addr, to->ip, 16);
}


static void
mc_peer_send(mc_peer_t *peer, int candidate, const void *data, size_t len)
{
    struct sockaddr_in6 sin6;

    if (peer->cut) {
        return;
    }

    mc_peer_sockaddr(peer, candidate, &sin6);

    /* a full queue or an unreachable candidate is a lost datagram */
    (void) !sendto(
        peer->io.fd, data, len, 0, (struct sockaddr *) &sin6, sizeof(sin6));
}


/* a record of handshake, and in it (a piece of) a ClientHello */
static bool
mc_peer_is_hello(const uint8_t *data, size_t len)
{
    return len > 13 && data[0] == 22 && mw_get16(data + 3) == 0
           && data[13] == 1;
}


static void
mc_peer_dtls_send(void *ctx, const uint8_t *data, size_t len)
{
    mc_held_t *held;
    mc_peer_t *peer = ctx;

    if (!mc_peer_is_hello(data, len)) {
        mc_peer_send(peer, peer->chosen, data, len);
        return;
    }

    peer->hellos++;

    switch (peer->hello) {

    case MC_HELLO_REVERSED:
        if (peer->nheld < MC_HELD && len <= sizeof(peer->held[0].data)) {
            held = &peer->held[peer->nheld++];
            held->len = len;
            memcpy(held->data, data, len);
            return;
        }

        break;

    case MC_HELLO_DOUBLED:
        mc_peer_send(peer, peer->chosen, data, len);
        break;

    case MC_HELLO_LOST:
        if (peer->hellos == 1) {
            return;
        }

        break;

    default:
        break;
    }

    mc_peer_send(peer, peer->chosen, data, len);
}


static void
mc_peer_release(mc_peer_t *peer)
{
    const mc_held_t *held;

    while (peer->nheld != 0) {
        held = &peer->held[--peer->nheld];
        mc_peer_send(peer, peer->chosen, held->data, held->len);
    }
}


static void
mc_peer_check(mc_peer_t *peer)
{
    int i;
    size_t len;
    unsigned n;
    mc_stun_t stun;
    uint8_t out[MC_STUN_MAX];

    memset(&stun, 0, sizeof(stun));
    stun.local_ufrag = peer->ufrag;
    stun.remote_ufrag = peer->remote.ufrag;
    stun.remote_pwd = peer->remote.pwd;
    stun.tie_breaker = peer->tie_breaker;
    stun.nominate = peer->chosen != -1;

    n = peer->checks++ % MC_CHECKS;

    for (i = 0; i < (int) peer->remote.candidates; i++) {
        if (peer->chosen == -1 || peer->chosen == i) {
            len = mc_stun_request(&stun, out, peer->ids[i][n]);
            mc_peer_send(peer, i, out, len);
        }
    }
}


/* which candidate answers one of the last checks, -1: none */
static int
mc_peer_answers(const mc_peer_t *peer, const uint8_t *data, size_t len)
{
    int i;
    unsigned n;

    for (i = 0; i < (int) peer->remote.candidates; i++) {
        for (n = 0; n < MC_CHECKS; n++) {
            if (mc_stun_is_success(
                    data, len, peer->ids[i][n], peer->remote.pwd)) {
                return i;
            }
        }
    }

    return -1;
}


static void
mc_peer_timer(void *ctx, mw_usec_t now)
{
    int64_t wait;
    mw_usec_t next;
    mc_peer_t *peer = ctx;

    if (now >= peer->next_check) {
        mc_peer_check(peer);
        peer->next_check =
            now + (peer->state == MC_PEER_UP ? MC_CHECK_SLOW : MC_CHECK_FAST);
    }

    next = peer->next_check;
    wait = peer->state == MC_PEER_HANDSHAKE ? mc_dtls_timeout(&peer->dtls) : -1;
    mc_peer_release(peer);

    if (wait >= 0 && now + wait < next) {
        next = now + wait;
    }

    mw_timer_set(&peer->loop->timers, &peer->timer, next);
}


static void
mc_peer_dtls_result(mc_peer_t *peer, int rc, mw_usec_t now)
{
    if (rc == 1) {
        mc_peer_state(peer, MC_PEER_UP, now);

    } else if (rc == -1) {
        mc_peer_state(peer, MC_PEER_FAILED, now);
    }
}


static void
mc_peer_stun(mc_peer_t *peer, const uint8_t *data, size_t len, mw_usec_t now)
{
    int i;
    size_t n;
    uint8_t out[MC_STUN_MAX];

    i = mc_peer_answers(peer, data, len);

    if (i == -1) {
        if (peer->chosen != -1) {
            n = mc_stun_answer(data, len, &peer->remote.candidate[peer->chosen],
                peer->pwd, out);

            if (n != 0) {
                mc_peer_send(peer, peer->chosen, out, n);
            }
        }

        return;
    }

    peer->confirmed = now;

    if (peer->chosen == -1) {
        peer->chosen = i;
        mc_peer_check(peer); /* nominates */

        if (peer->dtls.ssl == NULL && peer->hello != MC_HELLO_NONE) {
            mc_peer_state(peer, MC_PEER_HANDSHAKE, now);
            mc_peer_dtls_result(peer,
                mc_dtls_start(&peer->dtls, peer->remote.fingerprint,
                    peer->hello != MC_HELLO_PLAIN),
                now);
            mc_peer_release(peer);
        }

        mw_timer_set(&peer->loop->timers, &peer->timer, now + MC_CHECK_FAST);
    }
}


void
mc_peer_input(mc_peer_t *peer, uint8_t *data, size_t len, mw_usec_t now)
{
    int n = (int) len;

    if (len < 2 || peer->cut) {
        return;
    }

    if (data[0] < 4) {
        mc_peer_stun(peer, data, len, now);
        return;
    }

    if (data[0] >= 20 && data[0] < 64) {
        if (peer->dtls.ssl != NULL) {
            mc_peer_dtls_result(
                peer, mc_dtls_input(&peer->dtls, data, len), now);
        }

        return;
    }

    if (!peer->dtls.up || len < 12) {
        return;
    }

    if (data[1] >= 192 && data[1] <= 223) {
        if (srtp_unprotect_rtcp(peer->dtls.rx, data, &n) != srtp_err_status_ok)
        {
            peer->bad++;
            return;
        }

        peer->handlers->on_rtcp(peer->ctx, data, (size_t) n, now);
        return;
    }

    if (srtp_unprotect(peer->dtls.rx, data, &n) != srtp_err_status_ok) {
        peer->bad++;
        return;
    }

    peer->handlers->on_rtp(peer->ctx, data, (size_t) n, now);
}


static void
mc_peer_io(void *ctx, uint32_t events, mw_usec_t now)
{
    int i;
    ssize_t n;
    uint8_t data[MC_DATAGRAM];
    mc_peer_t *peer = ctx;

    (void) events;

    for (i = 0; i < MC_BATCH && peer->io.fd != -1; i++) {
        n = recv(peer->io.fd, data, sizeof(data), 0);

        if (n < 0) {
            if (errno == EINTR || errno == ECONNREFUSED) {
                continue;
            }

            return;
        }

        mc_peer_input(peer, data, (size_t) n, now);
    }
}


static int
mc_peer_socket(mc_peer_t *peer)
{
    int off, size;

    peer->io.fd =
        socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (peer->io.fd == -1) {
        return -1;
    }

    off = 0;
    size = MC_RCVBUF;
    setsockopt(peer->io.fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    setsockopt(peer->io.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));

    return mc_io_add(peer->loop, &peer->io, EPOLLIN);
}


int
mc_peer_init(mc_peer_t *peer, mc_loop_t *loop,
    const mc_peer_handlers_t *handlers, void *ctx)
{
    memset(peer, 0, sizeof(*peer));

    peer->loop = loop;
    peer->handlers = handlers;
    peer->ctx = ctx;
    peer->chosen = -1;
    peer->io.handler = mc_peer_io;
    peer->io.ctx = peer;
    peer->dtls.send = mc_peer_dtls_send;
    peer->dtls.ctx = peer;
    mw_timer_init(&peer->timer, mc_peer_timer, peer);
    RAND_bytes((uint8_t *) &peer->tie_breaker, sizeof(peer->tie_breaker));
    mc_peer_credentials(peer);

    return mc_peer_socket(peer);
}


int
mc_peer_bind(mc_peer_t *peer, const char *address)
{
    uint32_t v4;
    struct sockaddr_in6 sin6;

    memset(&sin6, 0, sizeof(sin6));
    sin6.sin6_family = AF_INET6;

    if (inet_pton(AF_INET, address, &v4) == 1) {
        sin6.sin6_addr.s6_addr[10] = sin6.sin6_addr.s6_addr[11] = 255;
        memcpy(&sin6.sin6_addr.s6_addr[12], &v4, 4);

    } else if (inet_pton(AF_INET6, address, &sin6.sin6_addr) != 1) {
        errno = EINVAL;
        return -1;
    }

    return bind(peer->io.fd, (struct sockaddr *) &sin6, sizeof(sin6));
}


int
mc_peer_connect(mc_peer_t *peer)
{
    struct sockaddr_in6 sin6;

    mc_peer_sockaddr(peer, peer->chosen, &sin6);

    return connect(peer->io.fd, (struct sockaddr *) &sin6, sizeof(sin6));
}


/* ICE characters only: letters and digits (RFC 8839 section 5.4) */
static void
mc_peer_random(char *out, size_t len)
{
    size_t i;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";

    RAND_bytes((uint8_t *) out, (int) len);

    for (i = 0; i < len; i++) {
        out[i] = letters[(uint8_t) out[i] & 31];
    }

    out[len] = '\0';
}


void
mc_peer_credentials(mc_peer_t *peer)
{
    mc_peer_random(peer->ufrag, 8);
    mc_peer_random(peer->pwd, 24);
}


void
mc_peer_offer(const mc_peer_t *peer, mc_offer_t *offer)
{
    snprintf(offer->ufrag, sizeof(offer->ufrag), "%s", peer->ufrag);
    snprintf(offer->pwd, sizeof(offer->pwd), "%s", peer->pwd);
    snprintf(offer->fingerprint, sizeof(offer->fingerprint), "%s",
        mc_dtls_fingerprint());
}


int
mc_peer_answer(mc_peer_t *peer, const mc_answer_t *answer, mw_usec_t now)
{
    bool restart;

    restart = strcmp(peer->remote.ufrag, answer->ufrag) != 0;
    peer->remote = *answer;

    if (!restart) {
        return 0;
    }

    peer->chosen = -1;
    peer->next_check = now;

    if (peer->state == MC_PEER_NEW) {
        mc_peer_state(peer, MC_PEER_CHECKING, now);
    }

    mc_peer_timer(peer, now);

    return 0;
}


int
mc_peer_send_rtp(mc_peer_t *peer, uint8_t *data, size_t len)
{
    int n = (int) len;

    if (peer->state != MC_PEER_UP
        || srtp_protect(peer->dtls.tx, data, &n) != srtp_err_status_ok)
    {
        return -1;
    }

    mc_peer_send(peer, peer->chosen, data, (size_t) n);

    return 0;
}


int
mc_peer_send_rtcp(mc_peer_t *peer, uint8_t *data, size_t len)
{
    int n = (int) len;

    if (peer->state != MC_PEER_UP
        || srtp_protect_rtcp(peer->dtls.tx, data, &n) != srtp_err_status_ok)
    {
        return -1;
    }

    mc_peer_send(peer, peer->chosen, data, (size_t) n);

    return 0;
}


void
mc_peer_send_raw(mc_peer_t *peer, const void *data, size_t len)
{
    mc_peer_send(peer, peer->chosen, data, len);
}


int
mc_peer_rebind(mc_peer_t *peer, bool aware)
{
    mc_io_remove(peer->loop, &peer->io);

    if (aware) {
        peer->next_check = 0;
        mw_timer_set(&peer->loop->timers, &peer->timer, peer->loop->now);
    }

    return mc_peer_socket(peer);
}


void
mc_peer_close(mc_peer_t *peer)
{
    if (peer->loop == NULL) {
        return;
    }

    mw_timer_cancel(&peer->loop->timers, &peer->timer);

    if (peer->io.fd != -1) {
        mc_dtls_stop(&peer->dtls);
        mc_io_remove(peer->loop, &peer->io);
    }

    peer->loop = NULL;
}
