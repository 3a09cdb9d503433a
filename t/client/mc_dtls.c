/* The DTLS client. */

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <strings.h>

#include "mc_dtls.h"


#define MC_KEYS_GCM (2 * (16 + 12))
#define MC_KEYS_CM  (2 * (16 + 14))
#define MC_WINDOW   1024

#define MC_HELLO_LARGE 1200
#define MC_HELLO_MTU   600

static SSL_CTX *mc_ctx;
static BIO_METHOD *mc_bio;
static char mc_print[128];


/* one write of OpenSSL is one record, and leaves as one datagram */
static int
mc_bio_write(BIO *bio, const char *data, int len)
{
    mc_dtls_t *dtls = BIO_get_data(bio);

    dtls->send(dtls->ctx, (const uint8_t *) data, (size_t) len);

    return len;
}


static long
mc_bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void) bio;
    (void) num;
    (void) ptr;

    return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}


static int
mc_bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);

    return 1;
}


static void
mc_print_cert(X509 *cert, char *out)
{
    unsigned i, n;
    uint8_t md[EVP_MAX_MD_SIZE];

    X509_digest(cert, EVP_sha256(), md, &n);

    for (i = 0; i < n; i++) {
        out += sprintf(out, "%s%02X", i == 0 ? "" : ":", md[i]);
    }
}


static int
mc_verify(int ok, X509_STORE_CTX *store)
{
    (void) ok;
    (void) store;

    return 1; /* the fingerprint decides, see mc_dtls_keys() */
}


int
mc_dtls_setup(bool only_cm)
{
    X509 *cert;
    EVP_PKEY *key;

    if (srtp_init() != srtp_err_status_ok) {
        return -1;
    }

    key = EVP_EC_gen("P-256");
    cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400 * 30);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
        (const uint8_t *) "meet-client", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);

    if (X509_sign(cert, key, EVP_sha256()) == 0) {
        return -1;
    }

    mc_print_cert(cert, mc_print);

    mc_ctx = SSL_CTX_new(DTLS_client_method());

    if (SSL_CTX_use_certificate(mc_ctx, cert) != 1
        || SSL_CTX_use_PrivateKey(mc_ctx, key) != 1
        || SSL_CTX_set_tlsext_use_srtp(
               mc_ctx, only_cm ? "SRTP_AES128_CM_SHA1_80"
                               : "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
               != 0)
    {
        return -1;
    }

    SSL_CTX_set_options(mc_ctx, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_verify(mc_ctx, SSL_VERIFY_PEER, mc_verify);
    X509_free(cert);
    EVP_PKEY_free(key);

    mc_bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "mc");
    BIO_meth_set_write(mc_bio, mc_bio_write);
    BIO_meth_set_ctrl(mc_bio, mc_bio_ctrl);
    BIO_meth_set_create(mc_bio, mc_bio_create);

    return 0;
}


const char *
mc_dtls_fingerprint(void)
{
    return mc_print;
}


/* protocol names that nobody looks at make the ClientHello large */
static void
mc_dtls_inflate(SSL *ssl)
{
    size_t i;
    uint8_t names[MC_HELLO_LARGE];

    for (i = 0; i < sizeof(names); i++) {
        names[i] = i % 50 == 0 ? 49 : (uint8_t) ('a' + i % 26);
    }

    SSL_set_alpn_protos(ssl, names, sizeof(names));
    DTLS_set_link_mtu(ssl, MC_HELLO_MTU);
}


int
mc_dtls_start(mc_dtls_t *dtls, const char *expected, bool large)
{
    BIO *out;

    dtls->ssl = SSL_new(mc_ctx);
    dtls->in = BIO_new(BIO_s_mem());
    out = BIO_new(mc_bio);

    if (dtls->ssl == NULL || dtls->in == NULL || out == NULL) {
        return -1;
    }

    BIO_set_mem_eof_return(dtls->in, -1);
    BIO_set_data(out, dtls);
    SSL_set_bio(dtls->ssl, dtls->in, out);
    DTLS_set_link_mtu(dtls->ssl, 1200);

    if (large) {
        mc_dtls_inflate(dtls->ssl);
    }

    SSL_set_connect_state(dtls->ssl);
    snprintf(dtls->expected, sizeof(dtls->expected), "%s", expected);

    return mc_dtls_input(dtls, NULL, 0);
}


static int
mc_dtls_session(srtp_t *session, bool cm, srtp_ssrc_type_t direction,
    const uint8_t *key, const uint8_t *salt)
{
    uint8_t master[30];
    srtp_policy_t policy;

    memset(&policy, 0, sizeof(policy));

    if (cm) {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    }

    memcpy(master, key, 16);
    memcpy(master + 16, salt, cm ? 14 : 12);
    policy.key = master;
    policy.ssrc.type = direction;
    policy.window_size = MC_WINDOW;
    policy.allow_repeat_tx = 0;

    return srtp_create(session, &policy) == srtp_err_status_ok ? 0 : -1;
}


static int
mc_dtls_keys(mc_dtls_t *dtls)
{
    size_t salt;
    X509 *cert;
    char print[128];
    uint8_t keys[MC_KEYS_CM];
    const SRTP_PROTECTION_PROFILE *profile;

    cert = SSL_get1_peer_certificate(dtls->ssl);
    profile = SSL_get_selected_srtp_profile(dtls->ssl);

    if (cert == NULL || profile == NULL) {
        return -1;
    }

    mc_print_cert(cert, print);
    X509_free(cert);

    if (strcasecmp(print, dtls->expected) != 0) {
        return -1;
    }

    dtls->cm = profile->id == SRTP_AES128_CM_SHA1_80;
    salt = dtls->cm ? 14 : 12;

    if (SSL_export_keying_material(dtls->ssl, keys, 2 * (16 + salt),
            "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0)
            != 1
        || mc_dtls_session(
               &dtls->tx, dtls->cm, ssrc_any_outbound, keys, keys + 32)
               != 0
        || mc_dtls_session(&dtls->rx, dtls->cm, ssrc_any_inbound, keys + 16,
               keys + 32 + salt)
               != 0)
    {
        return -1;
    }

    return 0;
}


int
mc_dtls_input(mc_dtls_t *dtls, const uint8_t *data, size_t len)
{
    int rc;
    uint8_t unused[256];

    ERR_clear_error();

    if (len != 0) {
        BIO_write(dtls->in, data, (int) len);
    }

    if (dtls->up) {
        rc = SSL_read(dtls->ssl, unused, sizeof(unused));

        return rc <= 0 && SSL_get_error(dtls->ssl, rc) == SSL_ERROR_ZERO_RETURN
                   ? -1
                   : 0;
    }

    rc = SSL_do_handshake(dtls->ssl);

    if (rc == 1) {
        dtls->up = mc_dtls_keys(dtls) == 0;
        return dtls->up ? 1 : -1;
    }

    return SSL_get_error(dtls->ssl, rc) == SSL_ERROR_WANT_READ ? 0 : -1;
}


int64_t
mc_dtls_timeout(mc_dtls_t *dtls)
{
    struct timeval tv;

    if (dtls->ssl == NULL || dtls->up) {
        return -1;
    }

    DTLSv1_handle_timeout(dtls->ssl);

    if (DTLSv1_get_timeout(dtls->ssl, &tv) != 1) {
        return -1;
    }

    return (int64_t) tv.tv_sec * MW_SEC + tv.tv_usec;
}


void
mc_dtls_stop(mc_dtls_t *dtls)
{
    if (dtls->ssl != NULL) {
        if (dtls->up) {
            SSL_shutdown(dtls->ssl);
        }

        SSL_free(dtls->ssl);
        dtls->ssl = NULL;
    }

    if (dtls->rx != NULL) {
        srtp_dealloc(dtls->rx);
        dtls->rx = NULL;
    }

    if (dtls->tx != NULL) {
        srtp_dealloc(dtls->tx);
        dtls->tx = NULL;
    }

    dtls->up = false;
}
