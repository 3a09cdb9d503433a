#include "mw_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>


_Static_assert(
    MW_GCM_TAG == MW_CIPHER_TAG && MW_GCM_IV == MW_CIPHER_SALT, "GCM");


mw_rc_t
mw_cipher_init(mw_cipher_t *cipher, const uint8_t key[MW_SRTP_KEY],
    const uint8_t salt[MW_CIPHER_SALT], bool seal, mw_gcm_width_t width)
{
    memcpy(cipher->salt, salt, sizeof(cipher->salt));

    if (width != MW_GCM_NONE) {
        mw_gcm_init(&cipher->gcm, key, width);
        return MW_OK;
    }

    /* the IV stays at its default length of 12 bytes */

    cipher->ctx = EVP_CIPHER_CTX_new();

    if (cipher->ctx == NULL
        || EVP_CipherInit_ex(
               cipher->ctx, EVP_aes_128_gcm(), NULL, key, NULL, seal)
               != 1)
    {
        return MW_ERROR;
    }

    return MW_OK;
}


/*
 * RFC 3711 section 4.3: AES-CM as the pseudo-random function;
 * key_derivation_rate is 0, a salt of 12 bytes is zero-padded.
 */
static mw_rc_t
mw_cipher_expand(const uint8_t *master, const uint8_t *salt, uint8_t label,
    uint8_t *out, size_t len)
{
    int n;
    mw_rc_t rc;
    uint8_t iv[16], zero[MW_SRTP_KEY];
    EVP_CIPHER_CTX *ctx;

    memset(iv, 0, sizeof(iv));
    memset(zero, 0, sizeof(zero));
    memcpy(iv, salt, MW_CIPHER_SALT);
    iv[7] ^= label;

    ctx = EVP_CIPHER_CTX_new();

    if (ctx == NULL) {
        return MW_ERROR;
    }

    rc = MW_ERROR;

    if (EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, master, iv) == 1
        && EVP_EncryptUpdate(ctx, out, &n, zero, (int) len) == 1)
    {
        rc = MW_OK;
    }

    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(iv, sizeof(iv));

    return rc;
}


mw_rc_t
mw_cipher_derive(mw_cipher_t *cipher, const uint8_t *master,
    const uint8_t *salt, uint8_t label_key, uint8_t label_salt, bool seal)
{
    mw_rc_t rc;
    uint8_t key[MW_SRTP_KEY], mask[MW_CIPHER_SALT];

    rc = MW_ERROR;

    if (mw_cipher_expand(master, salt, label_key, key, sizeof(key)) == MW_OK
        && mw_cipher_expand(master, salt, label_salt, mask, sizeof(mask))
               == MW_OK)
    {
        rc = mw_cipher_init(cipher, key, mask, seal, mw_gcm_width());
    }

    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(mask, sizeof(mask));

    return rc;
}


void
mw_cipher_free(mw_cipher_t *cipher)
{
    EVP_CIPHER_CTX_free(cipher->ctx);
    OPENSSL_cleanse(cipher, sizeof(*cipher));
}


static void
mw_cipher_salt(const mw_cipher_t *cipher, uint8_t iv[MW_CIPHER_SALT])
{
    unsigned i;

    for (i = 0; i < MW_CIPHER_SALT; i++) {
        iv[i] ^= cipher->salt[i];
    }
}


bool
mw_cipher_seal(mw_cipher_t *cipher, uint8_t iv[MW_CIPHER_SALT],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    uint8_t tag[MW_CIPHER_TAG])
{
    int n;

    mw_cipher_salt(cipher, iv);

    if (cipher->ctx == NULL) {
        mw_gcm_seal(&cipher->gcm, iv, aad, aad_len, data, len, tag);
        return true;
    }

    return EVP_EncryptInit_ex(cipher->ctx, NULL, NULL, NULL, iv) == 1
           && EVP_EncryptUpdate(cipher->ctx, NULL, &n, aad, (int) aad_len) == 1
           && EVP_EncryptUpdate(cipher->ctx, data, &n, data, (int) len) == 1
           && EVP_EncryptFinal_ex(cipher->ctx, tag, &n) == 1
           && EVP_CIPHER_CTX_ctrl(
                  cipher->ctx, EVP_CTRL_AEAD_GET_TAG, MW_CIPHER_TAG, tag)
                  == 1;
}


bool
mw_cipher_open(mw_cipher_t *cipher, uint8_t iv[MW_CIPHER_SALT],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    const uint8_t tag[MW_CIPHER_TAG])
{
    int n;
    uint8_t copy[MW_CIPHER_TAG];

    mw_cipher_salt(cipher, iv);

    if (cipher->ctx == NULL) {
        return mw_gcm_open(&cipher->gcm, iv, aad, aad_len, data, len, tag);
    }

    memcpy(copy, tag, sizeof(copy));

    return EVP_DecryptInit_ex(cipher->ctx, NULL, NULL, NULL, iv) == 1
           && EVP_DecryptUpdate(cipher->ctx, NULL, &n, aad, (int) aad_len) == 1
           && EVP_DecryptUpdate(cipher->ctx, data, &n, data, (int) len) == 1
           && EVP_CIPHER_CTX_ctrl(
                  cipher->ctx, EVP_CTRL_AEAD_SET_TAG, MW_CIPHER_TAG, copy)
                  == 1
           && EVP_DecryptFinal_ex(cipher->ctx, copy, &n) == 1;
}
