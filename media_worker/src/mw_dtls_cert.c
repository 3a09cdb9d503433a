/*
 * The certificate is ECDSA P-256, self-signed with SHA-256: small flights.  It
 * lives as long as the process and is never written anywhere; who it belongs
 * to is said by the fingerprint in the answer, not by a name.
 */

#include "mw_dtls_cert.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>


#define MW_DTLS_CIPHERS  "ECDHE+AESGCM:ECDHE+CHACHA20"
#define MW_DTLS_GROUPS   "X25519:P-256"
#define MW_DTLS_PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"

#define MW_CERT_PAST   (-24L * 3600) /* clocks of clients may be late */
#define MW_CERT_FUTURE (3650L * 24 * 3600)


static const EVP_MD *
mw_dtls_digest(mw_hash_t hash)
{
    switch (hash) {

    case MW_HASH_SHA256:
        return EVP_sha256();

    case MW_HASH_SHA384:
        return EVP_sha384();

    case MW_HASH_SHA512:
        return EVP_sha512();

    default:
        return NULL;
    }
}


bool
mw_fingerprint_equal(const mw_fingerprint_t *a, const mw_fingerprint_t *b)
{
    return a->hash != MW_HASH_NONE && a->hash == b->hash && a->len == b->len
           && CRYPTO_memcmp(a->digest, b->digest, a->len) == 0;
}


static mw_rc_t
mw_dtls_cert_hash(X509 *cert, mw_hash_t hash, mw_fingerprint_t *fingerprint)
{
    unsigned len;
    const EVP_MD *md;

    memset(fingerprint, 0, sizeof(mw_fingerprint_t));

    md = mw_dtls_digest(hash);

    if (md == NULL || X509_digest(cert, md, fingerprint->digest, &len) != 1) {
        return MW_ERROR;
    }

    fingerprint->hash = hash;
    fingerprint->len = len;

    return MW_OK;
}


mw_rc_t
mw_dtls_cert_matches(X509 *cert, const mw_fingerprint_t *fingerprint)
{
    mw_fingerprint_t own;

    if (cert == NULL
        || mw_dtls_cert_hash(cert, fingerprint->hash, &own) != MW_OK
        || !mw_fingerprint_equal(&own, fingerprint))
    {
        return MW_DROP;
    }

    return MW_OK;
}


static mw_rc_t
mw_dtls_cert_fill(X509 *cert, EVP_PKEY *key)
{
    uint64_t serial;
    X509_NAME *name;

    if (RAND_bytes((uint8_t *) &serial, sizeof(serial)) != 1) {
        return MW_ERROR;
    }

    name = X509_get_subject_name(cert);

    if (X509_set_version(cert, X509_VERSION_3) != 1
        || ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1)
               != 1
        || X509_gmtime_adj(X509_getm_notBefore(cert), MW_CERT_PAST) == NULL
        || X509_gmtime_adj(X509_getm_notAfter(cert), MW_CERT_FUTURE) == NULL
        || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
               (const uint8_t *) "meet-media", -1, -1, 0)
               != 1
        || X509_set_issuer_name(cert, name) != 1
        || X509_set_pubkey(cert, key) != 1
        || X509_sign(cert, key, EVP_sha256()) == 0)
    {
        return MW_ERROR;
    }

    return MW_OK;
}


static mw_rc_t
mw_dtls_cert_make(SSL_CTX *ssl, mw_fingerprint_t *fingerprint)
{
    X509 *cert;
    mw_rc_t rc;
    EVP_PKEY *key;

    key = EVP_EC_gen("P-256");
    cert = X509_new();
    rc = MW_ERROR;

    if (key != NULL && cert != NULL && mw_dtls_cert_fill(cert, key) == MW_OK
        && SSL_CTX_use_certificate(ssl, cert) == 1
        && SSL_CTX_use_PrivateKey(ssl, key) == 1)
    {
        rc = mw_dtls_cert_hash(cert, MW_HASH_SHA256, fingerprint);
    }

    EVP_PKEY_free(key);
    X509_free(cert);

    return rc;
}


/*
 * Any certificate will do here: which one it must be stands in the offer and
 * is compared when the handshake has proven possession of its key.
 */
static int
mw_dtls_accept_any(X509_STORE_CTX *store, void *arg)
{
    (void) store;
    (void) arg;

    return 1;
}


mw_rc_t
mw_dtls_configure(SSL_CTX *ssl, mw_fingerprint_t *fingerprint)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION
                                 | SSL_OP_NO_QUERY_MTU
                                 | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(
        ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, mw_dtls_accept_any, NULL);

    if (SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) != 1
        || SSL_CTX_set_cipher_list(ssl, MW_DTLS_CIPHERS) != 1
        || SSL_CTX_set1_groups_list(ssl, MW_DTLS_GROUPS) != 1
        || SSL_CTX_set_tlsext_use_srtp(ssl, MW_DTLS_PROFILES) != 0)
    {
        return MW_ERROR;
    }

    return mw_dtls_cert_make(ssl, fingerprint);
}
