/*
 * DTLS 1.2 client with use_srtp over datagrams that somebody else carries, and
 * the SRTP sessions that come out of it (libsrtp2 both ways).
 */

#ifndef MC_DTLS_H
#define MC_DTLS_H

#include <openssl/ssl.h>
#include <srtp2/srtp.h>

#include "mw.h"


typedef struct {
    SSL *ssl;
    BIO *in;
    void (*send)(void *ctx, const uint8_t *data, size_t len);
    void *ctx;
    char expected[128]; /* the server's fingerprint, from its answer */
    bool up;
    bool cm; /* the profile is AES128_CM_SHA1_80, not AEAD_AES_128_GCM */
    srtp_t rx;
    srtp_t tx;
} mc_dtls_t;


/* once: certificate and libsrtp; 0 or -1.  `only_cm` offers no AEAD. */
int mc_dtls_setup(bool only_cm);
const char *mc_dtls_fingerprint(void);

/*
 * `send` and `ctx` are set by the caller before.  `large`: the ClientHello is
 * of several datagrams, as browsers send it with post-quantum key shares.
 */
int mc_dtls_start(mc_dtls_t *dtls, const char *expected, bool large);

/* 1: keys are there now; 0: goes on; -1: failed */
int mc_dtls_input(mc_dtls_t *dtls, const uint8_t *data, size_t len);

/* retransmits when it is time; microseconds until the next call or -1 */
int64_t mc_dtls_timeout(mc_dtls_t *dtls);

/* with close_notify */
void mc_dtls_stop(mc_dtls_t *dtls);


#endif /* MC_DTLS_H */
