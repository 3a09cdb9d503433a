/*
 * One PeerConnection's transport on the client's side: a UDP socket, checks to
 * the server's candidates, DTLS, SRTP.
 */

#ifndef MC_PEER_H
#define MC_PEER_H

#include "mc_dtls.h"
#include "mc_loop.h"
#include "mc_sdp.h"


#define MC_CHECKS 8 /* at once under way, when the round trip is long */


typedef enum {
    MC_PEER_NEW = 0,
    MC_PEER_CHECKING,
    MC_PEER_HANDSHAKE,
    MC_PEER_UP,
    MC_PEER_FAILED
} mc_peer_state_t;


typedef struct {
    /* decrypted; `data` may be changed */
    void (*on_rtp)(void *ctx, uint8_t *data, size_t len, mw_usec_t now);
    void (*on_rtcp)(void *ctx, const uint8_t *data, size_t len, mw_usec_t now);
    void (*on_state)(void *ctx, mc_peer_state_t state, mw_usec_t now);
} mc_peer_handlers_t;


/* how the ClientHello, of several datagrams then, is sent */
typedef enum {
    MC_HELLO_PLAIN = 0, /* in one datagram */
    MC_HELLO_SPLIT,
    MC_HELLO_REVERSED, /* the last datagram first */
    MC_HELLO_DOUBLED,
    MC_HELLO_LOST, /* without its first datagram the first time */
    MC_HELLO_NONE  /* never */
} mc_hello_t;

#define MC_HELD 8

typedef struct {
    size_t len;
    uint8_t data[1500];
} mc_held_t;


typedef struct {
    mc_loop_t *loop;
    mc_io_t io;
    mw_timer_t timer;
    mc_dtls_t dtls;
    const mc_peer_handlers_t *handlers;
    void *ctx;
    mc_peer_state_t state;

    char ufrag[16];
    char pwd[32];
    mc_answer_t remote;
    uint64_t tie_breaker;
    /* of the newest checks to each candidate */
    uint8_t ids[MC_CANDIDATES][MC_CHECKS][12];
    unsigned checks;
    int chosen; /* candidate, -1: none yet */
    mw_usec_t next_check;
    mw_usec_t confirmed; /* last response */

    mc_hello_t hello;
    unsigned hellos; /* datagrams of the first flight so far */
    unsigned nheld;
    mc_held_t held[MC_HELD];

    bool cut;     /* there is no network */
    uint64_t bad; /* packets that did not authenticate */
} mc_peer_t;


int mc_peer_init(mc_peer_t *peer, mc_loop_t *loop,
    const mc_peer_handlers_t *handlers, void *ctx);

/* new credentials in the next offer: an ICE restart when already up */
void mc_peer_credentials(mc_peer_t *peer);

/* credentials and fingerprint into an offer */
void mc_peer_offer(const mc_peer_t *peer, mc_offer_t *offer);

/* takes the answer and starts, or goes on with the new credentials */
int mc_peer_answer(mc_peer_t *peer, const mc_answer_t *answer, mw_usec_t now);

/* `data` has room for SRTP_MAX_TRAILER_LEN more bytes; encrypted in place */
int mc_peer_send_rtp(mc_peer_t *peer, uint8_t *data, size_t len);
int mc_peer_send_rtcp(mc_peer_t *peer, uint8_t *data, size_t len);

/* as it is, to where the others go */
void mc_peer_send_raw(mc_peer_t *peer, const void *data, size_t len);

/*
 * Another local port: with `aware` as after a change of network, checks go on
 * from there at once; else as when a NAT forgot the mapping, which nobody
 * hears of before the next check.
 */
int mc_peer_rebind(mc_peer_t *peer, bool aware);

/* the local address, before the answer; 0 or -1 with errno */
int mc_peer_bind(mc_peer_t *peer, const char *address);

/* the socket hears and writes to the chosen candidate alone from now on */
int mc_peer_connect(mc_peer_t *peer);

/* one datagram, for those who read the socket themselves */
void mc_peer_input(mc_peer_t *peer, uint8_t *data, size_t len, mw_usec_t now);

void mc_peer_close(mc_peer_t *peer);


#endif /* MC_PEER_H */
