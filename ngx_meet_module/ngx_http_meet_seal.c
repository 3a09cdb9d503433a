/*
 * Sealing: AES-256-GCM with a fresh random nonce for each value (a room's key
 * seals far fewer than 2^32 values: see NGX_HTTP_MEET_STORE_LOG_MAX), HKDF and
 * HMAC with SHA-256.
 */

#include "ngx_http_meet_seal.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>


#define NGX_HTTP_MEET_SEAL_TAG_LEN         16
#define NGX_HTTP_MEET_SEAL_INCARNATION_LEN 16


static int ngx_http_meet_seal_hkdf(const unsigned char *secret,
    size_t secret_len, const unsigned char *salt, size_t salt_len,
    const char *info, unsigned char *out);


int
ngx_http_meet_seal_keys(
    ngx_http_meet_seal_keys_t *keys, const unsigned char *instance_key)
{
    if (ngx_http_meet_seal_hkdf(instance_key, NGX_HTTP_MEET_SEAL_KEY_LEN, NULL,
            0, "ngx-meet store names", keys->names)
            != 0
        || ngx_http_meet_seal_hkdf(instance_key, NGX_HTTP_MEET_SEAL_KEY_LEN,
               NULL, 0, "ngx-meet store values", keys->values)
               != 0
        || ngx_http_meet_seal_hkdf(instance_key, NGX_HTTP_MEET_SEAL_KEY_LEN,
               NULL, 0, "ngx-meet store check", keys->check)
               != 0)
    {
        ngx_http_meet_seal_wipe(keys, sizeof(ngx_http_meet_seal_keys_t));
        return -1;
    }

    return 0;
}


int
ngx_http_meet_seal_name(const ngx_http_meet_seal_keys_t *keys,
    const unsigned char *name, size_t len, unsigned char *out)
{
    unsigned int out_len;

    out_len = NGX_HTTP_MEET_SEAL_NAME_LEN;

    if (HMAC(EVP_sha256(), keys->names, sizeof(keys->names), name, len, out,
            &out_len)
        == NULL)
    {
        return -1;
    }

    return 0;
}


int
ngx_http_meet_seal_room(ngx_http_meet_seal_t *seal,
    const ngx_http_meet_seal_keys_t *keys, const unsigned char *secret,
    const unsigned char *incarnation)
{
    int rc;
    unsigned char both[2 * NGX_HTTP_MEET_SEAL_KEY_LEN];

    memcpy(both, secret, NGX_HTTP_MEET_SEAL_KEY_LEN);
    memcpy(both + NGX_HTTP_MEET_SEAL_KEY_LEN, keys->values,
        NGX_HTTP_MEET_SEAL_KEY_LEN);

    rc = ngx_http_meet_seal_hkdf(both, sizeof(both), incarnation,
        NGX_HTTP_MEET_SEAL_INCARNATION_LEN, "ngx-meet room", seal->key);

    ngx_http_meet_seal_wipe(both, sizeof(both));

    return rc;
}


int
ngx_http_meet_seal_place(ngx_http_meet_seal_place_t *place,
    const char *database, const void *key, size_t key_len, const void *header,
    size_t header_len)
{
    size_t len;

    /* the name's zero ends it; keys of one database have one length */

    len = strlen(database) + 1;

    if (len + key_len + header_len > NGX_HTTP_MEET_SEAL_AAD_MAX) {
        return -1;
    }

    memcpy(place->data, database, len);
    memcpy(place->data + len, key, key_len);
    len += key_len;

    if (header_len != 0) {
        memcpy(place->data + len, header, header_len);
        len += header_len;
    }

    place->len = len;

    return 0;
}


int
ngx_http_meet_seal_close(const ngx_http_meet_seal_t *seal,
    const ngx_http_meet_seal_place_t *place, const unsigned char *in,
    size_t len, unsigned char *out)
{
    int n, rc;
    unsigned char *tag, *text;
    EVP_CIPHER_CTX *ctx;

    if (len > INT_MAX - NGX_HTTP_MEET_SEAL_OVERHEAD
        || RAND_bytes(out, NGX_HTTP_MEET_SEAL_NONCE_LEN) != 1)
    {
        return -1;
    }

    text = out + NGX_HTTP_MEET_SEAL_NONCE_LEN;
    tag = text + len;

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return -1;
    }

    rc = -1;

    if (EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, out) == 1
        && EVP_EncryptUpdate(ctx, NULL, &n, place->data, (int) place->len) == 1
        && EVP_EncryptUpdate(ctx, text, &n, in, (int) len) == 1
        && EVP_EncryptFinal_ex(ctx, tag, &n) == 1
        && EVP_CIPHER_CTX_ctrl(
               ctx, EVP_CTRL_AEAD_GET_TAG, NGX_HTTP_MEET_SEAL_TAG_LEN, tag)
               == 1)
    {
        rc = 0;
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


int
ngx_http_meet_seal_open(const ngx_http_meet_seal_t *seal,
    const ngx_http_meet_seal_place_t *place, const unsigned char *in,
    size_t len, unsigned char *out)
{
    int n, rc;
    size_t text_len;
    unsigned char end[16], tag[NGX_HTTP_MEET_SEAL_TAG_LEN];
    EVP_CIPHER_CTX *ctx;

    if (len < NGX_HTTP_MEET_SEAL_OVERHEAD || len > INT_MAX) {
        return -1;
    }

    text_len = len - NGX_HTTP_MEET_SEAL_OVERHEAD;

    /* OpenSSL wants the tag writable, the value may be in a read-only map */

    memcpy(tag, in + len - sizeof(tag), sizeof(tag));

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NGX_HTTP_MEET_SEAL_FAILED;
    }

    rc = NGX_HTTP_MEET_SEAL_FAILED;

    if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, in) == 1
        && EVP_DecryptUpdate(ctx, NULL, &n, place->data, (int) place->len) == 1
        && EVP_DecryptUpdate(
               ctx, out, &n, in + NGX_HTTP_MEET_SEAL_NONCE_LEN, (int) text_len)
               == 1
        && EVP_CIPHER_CTX_ctrl(
               ctx, EVP_CTRL_AEAD_SET_TAG, NGX_HTTP_MEET_SEAL_TAG_LEN, tag)
               == 1)
    {
        rc = EVP_DecryptFinal_ex(ctx, end, &n) == 1 ? 0 : -1;
    }

    EVP_CIPHER_CTX_free(ctx);

    if (rc != 0) {
        ngx_http_meet_seal_wipe(out, text_len);
    }

    return rc;
}


int
ngx_http_meet_seal_verifier(
    const unsigned char *auth, size_t len, unsigned char *out)
{
    return EVP_Digest(auth, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}


int
ngx_http_meet_seal_random(void *out, size_t len)
{
    return RAND_bytes(out, (int) len) == 1 ? 0 : -1;
}


int
ngx_http_meet_seal_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
ngx_http_meet_seal_wipe(void *p, size_t len)
{
    OPENSSL_cleanse(p, len);
}


static int
ngx_http_meet_seal_hkdf(const unsigned char *secret, size_t secret_len,
    const unsigned char *salt, size_t salt_len, const char *info,
    unsigned char *out)
{
    int rc;
    EVP_KDF *kdf;
    OSSL_PARAM params[5], *p;
    EVP_KDF_CTX *ctx;

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);

    if (ctx == NULL) {
        return -1;
    }

    p = params;
    *p++ = OSSL_PARAM_construct_utf8_string(
        OSSL_KDF_PARAM_DIGEST, (char *) "SHA256", 0);
    *p++ = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_KEY, (void *) secret, secret_len);

    if (salt_len != 0) {
        *p++ = OSSL_PARAM_construct_octet_string(
            OSSL_KDF_PARAM_SALT, (void *) salt, salt_len);
    }

    *p++ = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_INFO, (void *) info, strlen(info));
    *p = OSSL_PARAM_construct_end();

    rc = EVP_KDF_derive(ctx, out, NGX_HTTP_MEET_SEAL_KEY_LEN, params);

    EVP_KDF_CTX_free(ctx);

    return rc == 1 ? 0 : -1;
}
