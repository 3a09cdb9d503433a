/* A DTLS client on OpenSSL, and the real time that it keeps. */

#ifndef DTLS_FIXTURE_H
#define DTLS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <time.h>

#include "mw_dtls.h"


static inline mw_usec_t
real_now(void)
{
    struct timespec ts;

    assert_int_equal(0, clock_gettime(CLOCK_MONOTONIC, &ts));

    return (mw_usec_t) ts.tv_sec * MW_SEC + ts.tv_nsec / 1000;
}


/*
 * A DTLS client.  Its datagrams go to `send`; what comes back is handed to
 * client_input().
 */
typedef struct {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO_METHOD *method;
    mw_fingerprint_t fingerprint;
    const uint8_t *in;
    size_t in_len;
    mw_dtls_send_pt send;
    void *send_ctx;
    size_t largest; /* datagram received */
    bool connected;
    bool failed;
    bool closed; /* close_notify received */
} client_t;


static inline int
client_bio_write(BIO *bio, const char *data, int len)
{
    client_t *client = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    client->send(client->send_ctx, (const uint8_t *) data, (size_t) len);

    return len;
}


static inline int
client_bio_read(BIO *bio, char *data, int len)
{
    size_t n;
    client_t *client = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);

    if (client->in == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }

    n = client->in_len < (size_t) len ? client->in_len : (size_t) len;
    memcpy(data, client->in, n);
    client->in = NULL;

    return (int) n;
}


static inline long
client_bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void) bio;
    (void) num;
    (void) ptr;

    return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}


static inline unsigned
client_timer(SSL *ssl, unsigned usec)
{
    (void) ssl;

    return usec == 0 ? 50000 : usec < 400000 ? 2 * usec : usec;
}


static inline int
client_any(int ok, X509_STORE_CTX *store)
{
    (void) ok;
    (void) store;

    return 1;
}


/* makes a ClientHello longer than one datagram, as post-quantum shares do */
static inline int
client_pad(SSL *ssl, unsigned type, unsigned context, const unsigned char **out,
    size_t *outlen, X509 *x, size_t chainidx, int *al, void *arg)
{
    static uint8_t padding[1400];

    (void) ssl;
    (void) type;
    (void) context;
    (void) x;
    (void) chainidx;
    (void) al;
    (void) arg;

    *out = padding;
    *outlen = sizeof(padding);

    return 1;
}


static inline void
client_certificate(client_t *client)
{
    unsigned len;
    X509 *cert;
    EVP_PKEY *key;

    key = EVP_EC_gen("P-256");
    cert = X509_new();
    assert_non_null(key);
    assert_non_null(cert);

    (void) ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    (void) X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    (void) X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    (void) X509_set_pubkey(cert, key);
    assert_int_not_equal(0, X509_sign(cert, key, EVP_sha256()));

    assert_int_equal(1, SSL_CTX_use_certificate(client->ctx, cert));
    assert_int_equal(1, SSL_CTX_use_PrivateKey(client->ctx, key));

    client->fingerprint.hash = MW_HASH_SHA256;
    assert_int_equal(
        1, X509_digest(cert, EVP_sha256(), client->fingerprint.digest, &len));
    client->fingerprint.len = len;

    X509_free(cert);
    EVP_PKEY_free(key);
}


/* `profiles` as OpenSSL names them, NULL: no use_srtp; `mtu` of its records */
static inline void
client_create(client_t *client, const char *profiles, bool padded, long mtu,
    mw_dtls_send_pt send, void *send_ctx)
{
    BIO *bio;

    memset(client, 0, sizeof(*client));
    client->send = send;
    client->send_ctx = send_ctx;

    client->ctx = SSL_CTX_new(DTLS_client_method());
    assert_non_null(client->ctx);
    SSL_CTX_set_verify(client->ctx, SSL_VERIFY_PEER, client_any);

    if (profiles != NULL) {
        assert_int_equal(0, SSL_CTX_set_tlsext_use_srtp(client->ctx, profiles));
    }

    if (padded) {
        assert_int_equal(
            1, SSL_CTX_add_custom_ext(client->ctx, 65000,
                   SSL_EXT_CLIENT_HELLO | SSL_EXT_IGNORE_ON_RESUMPTION,
                   client_pad, NULL, NULL, NULL, NULL));
    }

    client_certificate(client);

    client->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 99, "client");
    (void) BIO_meth_set_write(client->method, client_bio_write);
    (void) BIO_meth_set_read(client->method, client_bio_read);
    (void) BIO_meth_set_ctrl(client->method, client_bio_ctrl);

    client->ssl = SSL_new(client->ctx);
    bio = BIO_new(client->method);
    BIO_set_data(bio, client);
    BIO_set_init(bio, 1);
    SSL_set_bio(client->ssl, bio, bio);
    SSL_set_connect_state(client->ssl);
    SSL_set_options(client->ssl, SSL_OP_NO_QUERY_MTU);
    DTLS_set_timer_cb(client->ssl, client_timer);
    (void) DTLS_set_link_mtu(client->ssl, mtu);
}


static inline void
client_destroy(client_t *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->ctx);
    BIO_meth_free(client->method);
}


static inline void
client_step(client_t *client)
{
    int rc;
    uint8_t data[2048];

    if (client->failed || client->closed) {
        return;
    }

    ERR_clear_error();
    rc = client->connected ? SSL_read(client->ssl, data, sizeof(data))
                           : SSL_do_handshake(client->ssl);

    if (!client->connected && rc == 1) {
        client->connected = true;
        return;
    }

    switch (SSL_get_error(client->ssl, rc)) {

    case SSL_ERROR_ZERO_RETURN:
        client->closed = true;
        break;

    case SSL_ERROR_SSL:
    case SSL_ERROR_SYSCALL:
        client->failed = true;
        break;

    default:
        break;
    }
}


static inline void
client_input(client_t *client, const uint8_t *data, size_t len)
{
    client->largest = len > client->largest ? len : client->largest;
    client->in = data;
    client->in_len = len;
    client_step(client);
    client->in = NULL;
}


/* the master keys as the client sees them: in and out swapped */
static inline void
client_keys(client_t *client, mw_srtp_keys_t *keys)
{
    size_t salt;
    uint8_t out[60], *p;
    const char *name;

    memset(keys, 0, sizeof(*keys));
    name = SSL_get_selected_srtp_profile(client->ssl)->name;

    if (strcmp(name, "SRTP_AEAD_AES_128_GCM") == 0) {
        keys->profile = MW_SRTP_GCM_128;
        salt = 12;

    } else {
        keys->profile = MW_SRTP_CM_SHA1_80;
        salt = 14;
    }

    assert_int_equal(
        1, SSL_export_keying_material(client->ssl, out, 32 + 2 * salt,
               "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0));

    keys->salt_len = salt;
    p = out;
    memcpy(keys->out_key, p, 16);
    memcpy(keys->in_key, p + 16, 16);
    memcpy(keys->out_salt, p + 32, salt);
    memcpy(keys->in_salt, p + 32 + salt, salt);
}


#endif /* DTLS_FIXTURE_H */
