/*
 * DTLS over OpenSSL.  Deliberately absent: DTLSv1_listen (it fails on a
 * ClientHello that spans datagrams, which is what browsers send) and
 * HelloVerifyRequest (ICE has verified the path already).
 */

#include "mw_dtls.h"
#include "mw_dtls_cert.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/srtp.h>
#include <stdlib.h>
#include <sys/time.h>


#define MW_DTLS_HEADER           13 /* of a record */
#define MW_DTLS_HANDSHAKE_RECORD 22
#define MW_DTLS_CLIENT_HELLO     1
#define MW_DTLS_OVERHEAD         48                    /* IPv6 and UDP */
#define MW_DTLS_EXPORT           "EXTRACTOR-dtls_srtp" /* RFC 5764 section 4.2 */


struct mw_dtls_ctx_s {
    SSL_CTX *ssl;
    BIO_METHOD *method;
    mw_fingerprint_t fingerprint;
};


struct mw_dtls_s {
    mw_dtls_ctx_t *ctx;
    mw_fingerprint_t remote;
    mw_dtls_send_pt send;
    void *send_ctx;

    mw_dtls_state_t state;
    SSL *ssl; /* NULL in IDLE, REFUSED, FAILED */

    mw_usec_t started; /* of the present attempt, or of the last one */
    unsigned tries;
    mw_usec_t retransmit;

    /* the datagram being read; OpenSSL reads it once and whole */
    const uint8_t *in;
    size_t in_len;
};


static const char *const mw_dtls_states[] = { "idle", "handshake", "connected",
    "closed", "refused", "failed" };


const char *
mw_dtls_state_name(mw_dtls_state_t state)
{
    return mw_dtls_states[state];
}


/*
 * Our own BIO, because a memory BIO joins what OpenSSL writes as separate
 * datagrams and splits what we read as one.
 */

static int
mw_dtls_bio_write(BIO *bio, const char *data, int len)
{
    mw_dtls_t *dtls;

    dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);

    if (len > 0) {
        dtls->send(dtls->send_ctx, (const uint8_t *) data, (size_t) len);
    }

    return len;
}


static int
mw_dtls_bio_read(BIO *bio, char *data, int len)
{
    size_t n;
    mw_dtls_t *dtls;

    dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);

    if (dtls->in == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }

    n = dtls->in_len < (size_t) len ? dtls->in_len : (size_t) len;
    memcpy(data, dtls->in, n);
    dtls->in = NULL;

    return (int) n;
}


static long
mw_dtls_bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void) bio;
    (void) num;
    (void) ptr;

    switch (cmd) {

    case BIO_CTRL_FLUSH:
        return 1;

    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return MW_DTLS_OVERHEAD;

    default:
        return 0;
    }
}


/* RFC 6347 asks for 1 s at first; a conference does not wait that long */
static unsigned
mw_dtls_timer(SSL *ssl, unsigned usec)
{
    (void) ssl;

    if (usec == 0) {
        return (unsigned) MW_DTLS_FIRST;
    }

    return usec * 2 > MW_DTLS_LAST ? (unsigned) MW_DTLS_LAST : usec * 2;
}


static mw_rc_t
mw_dtls_ctx_bio(mw_dtls_ctx_t *ctx)
{
    ctx->method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mw_dtls");

    if (ctx->method == NULL
        || BIO_meth_set_write(ctx->method, mw_dtls_bio_write) != 1
        || BIO_meth_set_read(ctx->method, mw_dtls_bio_read) != 1
        || BIO_meth_set_ctrl(ctx->method, mw_dtls_bio_ctrl) != 1)
    {
        return MW_ERROR;
    }

    return MW_OK;
}


mw_dtls_ctx_t *
mw_dtls_ctx_create(void)
{
    mw_dtls_ctx_t *ctx;

    ctx = calloc(1, sizeof(mw_dtls_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->ssl = SSL_CTX_new(DTLS_server_method());

    if (ctx->ssl == NULL
        || mw_dtls_configure(ctx->ssl, &ctx->fingerprint) != MW_OK
        || mw_dtls_ctx_bio(ctx) != MW_OK)
    {
        mw_dtls_ctx_destroy(ctx);
        return NULL;
    }

    return ctx;
}


void
mw_dtls_ctx_destroy(mw_dtls_ctx_t *ctx)
{
    if (ctx == NULL) {
        return;
    }

    SSL_CTX_free(ctx->ssl);
    BIO_meth_free(ctx->method);
    free(ctx);
}


const mw_fingerprint_t *
mw_dtls_ctx_fingerprint(const mw_dtls_ctx_t *ctx)
{
    return &ctx->fingerprint;
}


mw_dtls_t *
mw_dtls_create(mw_dtls_ctx_t *ctx, const mw_fingerprint_t *remote,
    mw_dtls_send_pt send, void *send_ctx)
{
    mw_dtls_t *dtls;

    dtls = calloc(1, sizeof(mw_dtls_t));
    if (dtls == NULL) {
        return NULL;
    }

    dtls->ctx = ctx;
    dtls->remote = *remote;
    dtls->send = send;
    dtls->send_ctx = send_ctx;
    dtls->retransmit = MW_NEVER;

    return dtls;
}


/* ends the present SSL object, whatever becomes of the peer */
static void
mw_dtls_drop(mw_dtls_t *dtls, mw_dtls_state_t state)
{
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
    dtls->in = NULL;
    dtls->retransmit = MW_NEVER;
    dtls->state = state;
}


/*
 * Once connected, an association hardly says anything any more, but OpenSSL
 * would keep 33 KB of record buffers for it.  It does not take them back by
 * itself: without wake() in front, writing a record would crash.
 */

static void
mw_dtls_rest(mw_dtls_t *dtls)
{
    if (dtls->state == MW_DTLS_CONNECTED) {
        (void) SSL_free_buffers(dtls->ssl);
    }
}


static mw_rc_t
mw_dtls_wake(mw_dtls_t *dtls)
{
    ERR_clear_error();

    if (SSL_alloc_buffers(dtls->ssl) != 1) {
        mw_dtls_drop(dtls, MW_DTLS_FAILED);
        return MW_ERROR;
    }

    return MW_OK;
}


void
mw_dtls_destroy(mw_dtls_t *dtls)
{
    if (dtls == NULL) {
        return;
    }

    if (dtls->state == MW_DTLS_CONNECTED && mw_dtls_wake(dtls) == MW_OK) {
        (void) SSL_shutdown(dtls->ssl);
    }

    mw_dtls_drop(dtls, MW_DTLS_CLOSED);
    free(dtls);
}


static mw_rc_t
mw_dtls_start(mw_dtls_t *dtls, mw_usec_t now)
{
    BIO *bio;

    dtls->ssl = SSL_new(dtls->ctx->ssl);
    bio = BIO_new(dtls->ctx->method);

    if (dtls->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        mw_dtls_drop(dtls, MW_DTLS_FAILED);
        return MW_ERROR;
    }

    BIO_set_data(bio, dtls);
    BIO_set_init(bio, 1);

    /* one reference serves both directions */
    SSL_set_bio(dtls->ssl, bio, bio);

    SSL_set_accept_state(dtls->ssl);
    DTLS_set_timer_cb(dtls->ssl, mw_dtls_timer);
    (void) DTLS_set_link_mtu(dtls->ssl, MW_DTLS_MTU + MW_DTLS_OVERHEAD);

    dtls->state = MW_DTLS_SHAKING;
    dtls->started = now;
    dtls->tries++;

    return MW_OK;
}


/* OpenSSL keeps this timer by its own clock; we only ask how long it runs */
static void
mw_dtls_arm(mw_dtls_t *dtls, mw_usec_t now)
{
    struct timeval left;

    dtls->retransmit = MW_NEVER;

    if (dtls->ssl != NULL && DTLSv1_get_timeout(dtls->ssl, &left) == 1) {
        dtls->retransmit = now + left.tv_sec * MW_SEC + left.tv_usec;
    }
}


/* the handshake is complete; fails closed */
static void
mw_dtls_finish(mw_dtls_t *dtls)
{
    mw_rc_t rc;
    X509 *cert;

    cert = SSL_get1_peer_certificate(dtls->ssl);
    rc = mw_dtls_cert_matches(cert, &dtls->remote);
    X509_free(cert);

    if (rc != MW_OK) {
        (void) SSL_shutdown(dtls->ssl);
        mw_dtls_drop(dtls, MW_DTLS_REFUSED);
        return;
    }

    if (SSL_get_selected_srtp_profile(dtls->ssl) == NULL) {
        (void) SSL_shutdown(dtls->ssl);
        mw_dtls_drop(dtls, MW_DTLS_FAILED);
        return;
    }

    dtls->state = MW_DTLS_CONNECTED;
}


static void
mw_dtls_shake(mw_dtls_t *dtls)
{
    int rc;

    ERR_clear_error();
    rc = SSL_do_handshake(dtls->ssl);

    if (rc == 1) {
        mw_dtls_finish(dtls);
        return;
    }

    switch (SSL_get_error(dtls->ssl, rc)) {

    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return;

    default:
        /* an alert has been sent; the next ClientHello starts afresh */
        mw_dtls_drop(dtls, MW_DTLS_IDLE);
    }
}


/* nothing but alerts and late handshake messages comes over this */
static void
mw_dtls_read(mw_dtls_t *dtls)
{
    int rc;
    uint8_t ignored[2048];

    if (mw_dtls_wake(dtls) != MW_OK) {
        return;
    }

    do {
        rc = SSL_read(dtls->ssl, ignored, sizeof(ignored));
    } while (rc > 0);

    switch (SSL_get_error(dtls->ssl, rc)) {

    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return;

    case SSL_ERROR_ZERO_RETURN:
        (void) SSL_shutdown(dtls->ssl);
        dtls->state = MW_DTLS_CLOSED;
        return;

    default:
        mw_dtls_drop(dtls, MW_DTLS_FAILED);
    }
}


/* RFC 7983: first byte 20..63, the types in use being 20..23 */
static bool
mw_dtls_is_record(const uint8_t *data, size_t len)
{
    return len >= MW_DTLS_HEADER && data[0] >= 20 && data[0] <= 23
           && data[1] == 0xfe;
}


mw_rc_t
mw_dtls_input(mw_dtls_t *dtls, const uint8_t *data, size_t len, mw_usec_t now)
{
    bool was_up;

    if (!mw_dtls_is_record(data, len)) {
        return MW_DROP;
    }

    if (dtls->state == MW_DTLS_IDLE) {
        /* a ClientHello (or a fragment of it) and nothing else starts one */

        if (data[0] != MW_DTLS_HANDSHAKE_RECORD || mw_get16(data + 3) != 0
            || len == MW_DTLS_HEADER
            || data[MW_DTLS_HEADER] != MW_DTLS_CLIENT_HELLO)
        {
            return MW_DROP;
        }

        /* each costs us a signature, and the peer nothing */

        if (dtls->tries >= MW_DTLS_TRIES && now - dtls->started < MW_DTLS_PAUSE)
        {
            return MW_DROP;
        }

        if (mw_dtls_start(dtls, now) != MW_OK) {
            return MW_OK;
        }
    }

    if (dtls->state != MW_DTLS_SHAKING && dtls->state != MW_DTLS_CONNECTED) {
        return MW_DROP;
    }

    was_up = dtls->state == MW_DTLS_CONNECTED;
    dtls->in = data;
    dtls->in_len = len;

    if (dtls->state == MW_DTLS_SHAKING) {
        mw_dtls_shake(dtls);
    }

    if (dtls->state == MW_DTLS_CONNECTED) {
        mw_dtls_read(dtls);
    }

    dtls->in = NULL;

    mw_dtls_rest(dtls);
    mw_dtls_arm(dtls, now);

    return was_up && dtls->state == MW_DTLS_CONNECTED ? MW_DROP : MW_OK;
}


mw_usec_t
mw_dtls_deadline(const mw_dtls_t *dtls)
{
    mw_usec_t end;

    if (dtls->state != MW_DTLS_SHAKING) {
        return dtls->retransmit;
    }

    end = dtls->started + MW_DTLS_HANDSHAKE;

    return dtls->retransmit < end ? dtls->retransmit : end;
}


void
mw_dtls_timeout(mw_dtls_t *dtls, mw_usec_t now)
{
    if (dtls->state == MW_DTLS_SHAKING
        && now >= dtls->started + MW_DTLS_HANDSHAKE) {
        mw_dtls_drop(dtls, MW_DTLS_IDLE);
        return;
    }

    if (dtls->ssl == NULL || now < dtls->retransmit
        || mw_dtls_wake(dtls) != MW_OK) {
        return;
    }

    /* negative: OpenSSL has tried often enough */

    if (DTLSv1_handle_timeout(dtls->ssl) < 0 && dtls->state == MW_DTLS_SHAKING)
    {
        mw_dtls_drop(dtls, MW_DTLS_IDLE);
        return;
    }

    mw_dtls_rest(dtls);
    mw_dtls_arm(dtls, now);
}


mw_dtls_state_t
mw_dtls_state(const mw_dtls_t *dtls)
{
    return dtls->state;
}


/* RFC 5764 section 4.2: client key, server key, client salt, server salt */
mw_rc_t
mw_dtls_keys(mw_dtls_t *dtls, mw_srtp_keys_t *keys)
{
    size_t salt;
    uint8_t out[2 * (MW_SRTP_KEY + MW_SRTP_SALT_MAX)];
    const uint8_t *p;
    const SRTP_PROTECTION_PROFILE *profile;

    if (dtls->state != MW_DTLS_CONNECTED) {
        return MW_ERROR;
    }

    profile = SSL_get_selected_srtp_profile(dtls->ssl);

    if (profile->id == SRTP_AEAD_AES_128_GCM) {
        salt = 12;

    } else if (profile->id == SRTP_AES128_CM_SHA1_80) {
        salt = 14;

    } else {
        return MW_ERROR;
    }

    if (SSL_export_keying_material(dtls->ssl, out, 2 * (MW_SRTP_KEY + salt),
            MW_DTLS_EXPORT, sizeof(MW_DTLS_EXPORT) - 1, NULL, 0, 0)
        != 1)
    {
        return MW_ERROR;
    }

    p = out;
    keys->profile = (mw_srtp_profile_t) profile->id;
    keys->salt_len = salt;

    memcpy(keys->in_key, p, MW_SRTP_KEY);
    p += MW_SRTP_KEY;
    memcpy(keys->out_key, p, MW_SRTP_KEY);
    p += MW_SRTP_KEY;
    memcpy(keys->in_salt, p, salt);
    p += salt;
    memcpy(keys->out_salt, p, salt);

    explicit_bzero(out, sizeof(out));

    return MW_OK;
}
