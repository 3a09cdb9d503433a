/*
 * What mw_peer.c (state and receiving), mw_peer_dtls.c and mw_peer_send.c share;
 * nobody else includes it.
 */

#ifndef MW_PEER_INT_H
#define MW_PEER_INT_H

#include "mw_peer.h"
#include "mw_aead.h"
#include "mw_srtp.h"


/* outgoing streams by number, never shrinks */
typedef struct {
    mw_aead_stream_t *list;
    unsigned n;
    unsigned max;
} mw_peer_out_t;


/* sound that is sent a second time, as it left the first time */
#define MW_PEER_TWICE     4   /* packets, of who speaks at once */
#define MW_PEER_TWICE_MAX 400 /* bytes; longer ones are sent once */

typedef struct {
    unsigned n;
    uint16_t len[MW_PEER_TWICE];
    uint8_t data[MW_PEER_TWICE][MW_PEER_TWICE_MAX];
} mw_peer_twice_t;


/* what every packet touches comes first */
struct mw_peer_s {
    mw_egress_queue_t queue; /* first; its path is the selected one */
    mw_peer_state_t state;
    mw_aead_t *aead; /* NULL under AES128_CM_SHA1_80 */
    mw_peer_env_t *env;
    mw_peer_out_t out;
    mw_ice_t ice;
    mw_peer_stats_t stats;

    const mw_peer_handlers_t *handlers;
    void *owner;

    mw_peer_reason_t reason; /* if CLOSED */
    bool told;               /* on_closed was called */
    bool lapsed;             /* on_consent(false) was called */

    mw_usec_t connect_by;
    mw_usec_t armed; /* what the owner's timer is set to */

    mw_udp_node_t ufrag;
    mw_udp_node_t old_ufrag;

    mw_fingerprint_t fingerprint; /* of the browser */
    mw_dtls_t *dtls;
    mw_shaker_t shaker;
    mw_path_t dtls_path; /* where its last datagram came from */
    bool dtls_moved;     /* and not all of this handshake */

    mw_srtp_t *srtp;
    mw_peer_twice_t twice;
};


#define MW_PEER_OUT_MAX 4096 /* outgoing SSRCs of one peer */

void mw_peer_drop(mw_peer_t *peer, mw_peer_drop_t drop);
void mw_peer_set_state(mw_peer_t *peer, mw_peer_state_t state);
void mw_peer_close(mw_peer_t *peer, mw_peer_reason_t reason);

/* tells the owner if its timer would come too late */
void mw_peer_arm(mw_peer_t *peer, mw_usec_t now);


/* mw_peer_dtls.c */

/* what OpenSSL has to say; `ctx` is the peer */
void mw_peer_dtls_send(void *ctx, const uint8_t *data, size_t len);

/* one datagram; never of a peer that is CLOSED */
void mw_peer_input_dtls(mw_peer_t *peer, const mw_path_t *path,
    const uint8_t *data, size_t len, mw_usec_t now);

/* after everything that may have moved the DTLS association */
void mw_peer_follow_dtls(mw_peer_t *peer, mw_usec_t now);


/* mw_peer_send.c */

void mw_peer_out_free(mw_peer_out_t *out);

/* of the queue, see mw_egress_seal_pt */
size_t mw_peer_seal(mw_egress_queue_t *queue, const mw_rtp_out_t *out,
    size_t padding, uint8_t *to);


#endif /* MW_PEER_INT_H */
