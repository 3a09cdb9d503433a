/*
 * DTLS 1.2, always the server, over datagrams in memory.
 *
 * One mw_dtls_ctx_t per worker process holds the certificate (P-256, made at
 * start, never written anywhere).  One mw_dtls_t per peer.  Sans-IO: records
 * in, datagrams out through a callback, deadlines instead of timers.
 */

#ifndef MW_DTLS_H
#define MW_DTLS_H

#include "mw.h"

#define MW_DTLS_MTU       1200
#define MW_DTLS_FIRST     (100 * MW_MSEC) /* first retransmission */
#define MW_DTLS_LAST      (4 * MW_SEC)    /* doubled up to this */
#define MW_DTLS_HANDSHAKE (10 * MW_SEC)   /* then the attempt is dropped */
#define MW_DTLS_TRIES     8               /* that may follow at once */
#define MW_DTLS_PAUSE     (500 * MW_MSEC) /* between two after that */

typedef struct mw_dtls_ctx_s mw_dtls_ctx_t;
typedef struct mw_dtls_s mw_dtls_t;


typedef enum {
    MW_HASH_NONE = 0,
    MW_HASH_SHA256,
    MW_HASH_SHA384,
    MW_HASH_SHA512
} mw_hash_t;

/* a=fingerprint (RFC 8122) */
typedef struct {
    mw_hash_t hash;
    size_t len;
    uint8_t digest[64];
} mw_fingerprint_t;


/* RFC 7714 section 14.2, RFC 5764 section 4.1.2; values are IANA's */
typedef enum {
    MW_SRTP_NONE = 0,
    MW_SRTP_CM_SHA1_80 = 0x0001,
    MW_SRTP_GCM_128 = 0x0007
} mw_srtp_profile_t;

#define MW_SRTP_KEY      16
#define MW_SRTP_SALT_MAX 14

/* master keys of both directions; the owner clears it after use */
typedef struct {
    mw_srtp_profile_t profile;
    size_t salt_len; /* 12 or 14 */
    uint8_t in_key[MW_SRTP_KEY];
    uint8_t in_salt[MW_SRTP_SALT_MAX];
    uint8_t out_key[MW_SRTP_KEY];
    uint8_t out_salt[MW_SRTP_SALT_MAX];
} mw_srtp_keys_t;


typedef enum {
    MW_DTLS_IDLE = 0, /* waits for a ClientHello */
    MW_DTLS_SHAKING,
    MW_DTLS_CONNECTED,
    MW_DTLS_CLOSED,  /* close_notify received or sent */
    MW_DTLS_REFUSED, /* fingerprint: final */
    MW_DTLS_FAILED   /* no SRTP profile, a fatal alert, our error: final */
} mw_dtls_state_t;


/* one datagram, at most MW_DTLS_MTU bytes; must not call back in */
typedef void (*mw_dtls_send_pt)(void *ctx, const uint8_t *data, size_t len);


/* NULL: no memory or OpenSSL refuses its configuration */
mw_dtls_ctx_t *mw_dtls_ctx_create(void);
void mw_dtls_ctx_destroy(mw_dtls_ctx_t *ctx);

/* sha-256 of our certificate, for the answer; valid as long as ctx */
const mw_fingerprint_t *mw_dtls_ctx_fingerprint(const mw_dtls_ctx_t *ctx);


/* `remote` is copied.  NULL: no memory. */
mw_dtls_t *mw_dtls_create(mw_dtls_ctx_t *ctx, const mw_fingerprint_t *remote,
    mw_dtls_send_pt send, void *send_ctx);

/* sends close_notify if connected */
void mw_dtls_destroy(mw_dtls_t *dtls);

/*
 * One datagram of a path that passed ICE.  A handshake that goes wrong before
 * the certificate is seen ends only that attempt: the state falls back to
 * IDLE and the next ClientHello starts afresh, not too often.  MW_OK, or
 * MW_DROP: not a DTLS record, it said nothing, or nothing is expected any
 * more.  Look at mw_dtls_state() after.
 */
mw_rc_t mw_dtls_input(
    mw_dtls_t *dtls, const uint8_t *data, size_t len, mw_usec_t now);

/* MW_NEVER: none */
mw_usec_t mw_dtls_deadline(const mw_dtls_t *dtls);
void mw_dtls_timeout(mw_dtls_t *dtls, mw_usec_t now);

mw_dtls_state_t mw_dtls_state(const mw_dtls_t *dtls);
const char *mw_dtls_state_name(mw_dtls_state_t state);

/* once CONNECTED; the certificate has been checked.  MW_ERROR: no keys. */
mw_rc_t mw_dtls_keys(mw_dtls_t *dtls, mw_srtp_keys_t *keys);

/* constant time in the digest */
bool mw_fingerprint_equal(const mw_fingerprint_t *a, const mw_fingerprint_t *b);


#endif /* MW_DTLS_H */
