/*
 * The transport of one PeerConnection: ICE-lite, DTLS, SRTP both ways.
 *
 * A peer belongs to whoever created it (a participant) and is destroyed by
 * it, from outside any callback or inside on_closed.  It never blocks, and it
 * allocates only in create, at the handshake and when a stream is added.
 * Time is CLOCK_MONOTONIC in microseconds and always a parameter.
 */

#ifndef MW_PEER_H
#define MW_PEER_H

#include "mw.h"
#include "mw_dtls.h"
#include "mw_egress.h"
#include "mw_ice.h"
#include "mw_rtp.h"
#include "mw_shakes.h"
#include "mw_udp_table.h"

typedef struct mw_peer_s mw_peer_t;


typedef enum {
    MW_PEER_NEW = 0,   /* no authenticated ICE check yet */
    MW_PEER_CHECKED,   /* has a path, waits for a ClientHello */
    MW_PEER_HANDSHAKE, /* DTLS under way */
    MW_PEER_CONNECTED, /* keys in place */
    MW_PEER_CLOSED     /* on_closed was or will be called, nothing is sent */
} mw_peer_state_t;

typedef enum {
    MW_PEER_CLOSE_TIMEOUT = 0, /* not connected within MW_PEER_CONNECT */
    MW_PEER_CLOSE_NOTIFY,      /* the browser closed its PeerConnection */
    MW_PEER_CLOSE_FINGERPRINT, /* certificate is not the one in the offer */
    MW_PEER_CLOSE_DTLS,        /* fatal alert after the handshake */
    MW_PEER_CLOSE_ERROR        /* our fault: out of memory, key export */
} mw_peer_reason_t;

#define MW_PEER_CONNECT (30 * MW_SEC) /* from create to connected */


/* why a datagram of this peer was not taken; a counter each */
typedef enum {
    MW_PEER_DROP_ICE = 0,   /* see mw_peer_ice_stats() for the exact reason */
    MW_PEER_DROP_DTLS,      /* not a DTLS record, after close, or too many */
    MW_PEER_DROP_STATE,     /* media before keys, anything after close */
    MW_PEER_DROP_SHORT,     /* less than header plus trailer */
    MW_PEER_DROP_AUTH,      /* authentication tag */
    MW_PEER_DROP_REPLAY,    /* seen before, or older than the window */
    MW_PEER_DROP_STREAMS,   /* more SSRCs than MW_REPLAY_STREAMS */
    MW_PEER_DROP_SEND_PATH, /* outgoing: no path, no keys, no consent */
    MW_PEER_DROP_SEND_SSRC, /* outgoing: stream unknown or stopped */
    MW_PEER_DROP_SEND_SIZE, /* outgoing: longer than MW_PEER_PAYLOAD_MAX */
    MW_PEER_DROPS
} mw_peer_drop_t;

typedef struct {
    uint64_t rtp_in, rtcp_in, bytes_in;
    uint64_t rtp_out, rtcp_out, bytes_out;
    uint64_t drops[MW_PEER_DROPS];
} mw_peer_stats_t;

#define MW_PEER_HEADER_MAX  256  /* RTP header with CSRCs and extensions */
#define MW_PEER_PAYLOAD_MAX 1500 /* header and payload, before protection */


/*
 * Called from inside mw_udp_readable() and mw_peer_timeout().  None of them
 * may destroy the peer, except on_closed, which is the last one and only ever
 * called from mw_peer_timeout().  `pkt` is borrowed: authenticated, decrypted
 * (the SRTP trailer is already off) and not yet parsed; copy what must stay.
 */
typedef struct {
    void (*on_connected)(void *owner, mw_usec_t now);
    void (*on_rtp)(void *owner, mw_pkt_t *pkt, mw_usec_t now);
    void (*on_rtcp)(void *owner, mw_pkt_t *pkt, mw_usec_t now);

    /* false: no authenticated check for MW_ICE_CONSENT, sending has stopped;
       true: one came after that, sending goes on */
    void (*on_consent)(void *owner, bool fresh, mw_usec_t now);

    void (*on_closed)(void *owner, mw_peer_reason_t reason, mw_usec_t now);

    /* call mw_peer_timeout() at `at`; replaces the time named before */
    void (*set_timer)(void *owner, mw_usec_t at);
} mw_peer_handlers_t;


/* what peers of one worker share; made by mw_udp, or by hand in a test */
typedef struct {
    mw_egress_t *egress;
    mw_udp_table_t *table;
    mw_dtls_ctx_t *dtls;
    mw_shakes_t *shakes; /* NULL: handshakes do not wait */
} mw_peer_env_t;


/*
 * Local credentials are made inside (mw_peer_ice()).  `remote` are those of
 * the offer, `fingerprint` its certificate; both are copied, `handlers` is
 * borrowed for the peer's life.  NULL: no memory or no randomness.
 */
mw_peer_t *mw_peer_create(mw_peer_env_t *env, const mw_ice_creds_t *remote,
    const mw_fingerprint_t *fingerprint, const mw_peer_handlers_t *handlers,
    void *owner, mw_usec_t now);

/* sends close_notify if there is an association; never calls a handler */
void mw_peer_destroy(mw_peer_t *peer);

void mw_peer_timeout(mw_peer_t *peer, mw_usec_t now);

/*
 * For every further offer.  MW_OK: `remote` differs from before, this is an
 * ICE restart, mw_peer_ice() gives new credentials (the old ones stay valid
 * until the first check with the new).  MW_DROP: unchanged, no restart.
 * MW_ERROR: no randomness; give the peer up.
 */
mw_rc_t mw_peer_restart_ice(
    mw_peer_t *peer, const mw_ice_creds_t *remote, mw_usec_t now);

/* false: a re-offer with another certificate; it needs a new peer */
bool mw_peer_same_fingerprint(
    const mw_peer_t *peer, const mw_fingerprint_t *fingerprint);

/* our credentials for the answer; valid until restart or destroy */
const mw_ice_creds_t *mw_peer_ice(const mw_peer_t *peer);

mw_peer_state_t mw_peer_state(const mw_peer_t *peer);
const char *mw_peer_state_name(mw_peer_state_t state);
const char *mw_peer_reason_name(mw_peer_reason_t reason);

/* time of the last authenticated check, 0 before the first */
mw_usec_t mw_peer_consent(const mw_peer_t *peer);
const mw_ice_stats_t *mw_peer_ice_stats(const mw_peer_t *peer);
const mw_peer_stats_t *mw_peer_stats(const mw_peer_t *peer);


/*
 * Registers an outgoing SSRC (RTX SSRCs too), in any state, and numbers it.
 * There is no removal: an SSRC is never reused within a DTLS session, so a
 * stream that ended stays reserved until the peer goes.  MW_OK.  MW_DROP: this
 * SSRC was added before; choose another.  MW_ERROR: no memory.
 */
mw_rc_t mw_peer_add_stream(mw_peer_t *peer, uint32_t ssrc, uint16_t *stream);

/*
 * Queues one RTP packet, which is encrypted when it leaves.  The sequence
 * number in its header is the low 16 bits of the stream's packet index:
 * assigned once per packet, never twice (a retransmission is an RTX packet with
 * an index of its own); the first index of a stream is below 2^15.  Padding, if
 * any, is part of the payload.  MW_OK: queued.  MW_DROP: not connected, no
 * consent, no such stream or too long (counted).  An index that was used before
 * or is out of the window stops its stream for good: the packet and all after
 * it are dropped and counted when they would leave.
 */
mw_rc_t mw_peer_write_rtp(
    mw_peer_t *peer, const mw_rtp_out_t *out, mw_usec_t now);

/*
 * Protects and queues one compound (or reduced-size) RTCP packet of at most
 * MW_PEER_PAYLOAD_MAX bytes.  MW_OK or MW_DROP (counted).
 */
mw_rc_t mw_peer_write_rtcp(
    mw_peer_t *peer, const uint8_t *data, size_t len, mw_usec_t now);


/*
 * For mw_udp: one datagram from `path` that the table matched to this peer.
 * `pkt` may be decrypted in place.
 */
void mw_peer_input(
    mw_peer_t *peer, const mw_path_t *path, mw_pkt_t *pkt, mw_usec_t now);

/* what its mw_shakes_t calls: a datagram of the handshake has its turn */
void mw_peer_shake(mw_shaker_t *shaker, const mw_path_t *path,
    const uint8_t *data, size_t len, mw_usec_t now);


#endif /* MW_PEER_H */
