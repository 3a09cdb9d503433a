/*
 * RFC 7714 over mw_gcm, or over OpenSSL EVP where the processor has no
 * instructions for it.  Keys are derived here (RFC 3711 section 4.3) because
 * libsrtp does not give its session keys away.
 */

#include "mw_aead.h"
#include "mw_gcm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>


/* RFC 3711 section 4.3.2 */
#define MW_AEAD_LABEL_KEY  0x00
#define MW_AEAD_LABEL_SALT 0x02


struct mw_aead_s {
    mw_gcm_t gcm;
    EVP_CIPHER_CTX *ctx; /* NULL: gcm is used */
    uint8_t salt[MW_AEAD_SALT];
};

_Static_assert(MW_GCM_TAG == MW_AEAD_TAG && MW_GCM_IV == MW_AEAD_SALT, "GCM");


/* AES-CM PRF; key_derivation_rate is 0, a salt of 12 bytes is zero-padded */
static mw_rc_t
mw_aead_derive(
    const mw_srtp_keys_t *keys, uint8_t label, uint8_t *out, size_t len)
{
    int n;
    mw_rc_t rc;
    uint8_t iv[16], zero[MW_SRTP_KEY];
    EVP_CIPHER_CTX *ctx;

    memset(iv, 0, sizeof(iv));
    memset(zero, 0, sizeof(zero));
    memcpy(iv, keys->out_salt, keys->salt_len);
    iv[7] ^= label;

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return MW_ERROR;
    }

    rc = MW_ERROR;

    if (EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, keys->out_key, iv) == 1
        && EVP_EncryptUpdate(ctx, out, &n, zero, (int) len) == 1)
    {
        rc = MW_OK;
    }

    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(iv, sizeof(iv));

    return rc;
}


mw_aead_t *
mw_aead_open(const uint8_t key[MW_SRTP_KEY], const uint8_t salt[MW_AEAD_SALT],
    bool openssl)
{
    mw_aead_t *aead;

    aead = calloc(1, sizeof(mw_aead_t));
    if (aead == NULL) {
        return NULL;
    }

    memcpy(aead->salt, salt, sizeof(aead->salt));

    if (!openssl && mw_gcm_available()) {
        mw_gcm_init(&aead->gcm, key);
        return aead;
    }

    /* the IV stays at its default length of 12 bytes */

    aead->ctx = EVP_CIPHER_CTX_new();

    if (aead->ctx == NULL
        || EVP_EncryptInit_ex(aead->ctx, EVP_aes_128_gcm(), NULL, key, NULL)
               != 1)
    {
        mw_aead_destroy(aead);
        return NULL;
    }

    return aead;
}


mw_aead_t *
mw_aead_create(const mw_srtp_keys_t *keys)
{
    uint8_t key[MW_SRTP_KEY], salt[MW_AEAD_SALT];
    mw_aead_t *aead;

    if (keys->profile != MW_SRTP_GCM_128 || keys->salt_len != MW_AEAD_SALT) {
        return NULL;
    }

    aead = NULL;

    if (mw_aead_derive(keys, MW_AEAD_LABEL_KEY, key, sizeof(key)) == MW_OK
        && mw_aead_derive(keys, MW_AEAD_LABEL_SALT, salt, sizeof(salt))
               == MW_OK)
    {
        aead = mw_aead_open(key, salt, false);
    }

    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(salt, sizeof(salt));

    return aead;
}


void
mw_aead_destroy(mw_aead_t *aead)
{
    if (aead == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(aead->ctx);
    OPENSSL_cleanse(aead, sizeof(*aead));
    free(aead);
}


size_t
mw_aead_protect(mw_aead_t *aead, uint8_t *packet, size_t header_len,
    size_t payload_len, uint64_t index)
{
    int n;
    size_t i;
    uint8_t iv[MW_AEAD_SALT], *payload;

    /* RFC 7714 section 8.1: 00 00 SSRC ROC SEQ, xor salt */

    iv[0] = 0;
    iv[1] = 0;
    memcpy(&iv[2], packet + 8, 4);
    mw_put32(&iv[6], (uint32_t) (index >> 16));
    mw_put16(&iv[10], (uint16_t) index);

    for (i = 0; i < sizeof(iv); i++) {
        iv[i] ^= aead->salt[i];
    }

    payload = packet + header_len;

    if (aead->ctx == NULL) {
        mw_gcm_seal(&aead->gcm, iv, packet, header_len, payload, payload_len,
            payload + payload_len);

        return header_len + payload_len + MW_AEAD_TAG;
    }

    if (EVP_EncryptInit_ex(aead->ctx, NULL, NULL, NULL, iv) != 1
        || EVP_EncryptUpdate(aead->ctx, NULL, &n, packet, (int) header_len) != 1
        || EVP_EncryptUpdate(aead->ctx, payload, &n, payload, (int) payload_len)
               != 1
        || EVP_EncryptFinal_ex(aead->ctx, payload + payload_len, &n) != 1
        || EVP_CIPHER_CTX_ctrl(aead->ctx, EVP_CTRL_AEAD_GET_TAG, MW_AEAD_TAG,
               payload + payload_len)
               != 1)
    {
        return 0;
    }

    return header_len + payload_len + MW_AEAD_TAG;
}


static mw_rc_t
mw_aead_stop(mw_aead_stream_t *stream)
{
    stream->stopped = true;
    return MW_ERROR;
}


static inline uint64_t
mw_aead_bit(uint64_t index)
{
    return 1ull << (index % 64);
}


static inline uint64_t *
mw_aead_word(mw_aead_stream_t *stream, uint64_t index)
{
    return &stream->late[index % MW_AEAD_WINDOW / 64];
}


/* the window moves up to `index`: what is left out between stays open */
static void
mw_aead_slide(mw_aead_stream_t *stream, uint64_t index)
{
    uint64_t i, bit, *word;

    i = stream->high + 1;

    if (index - i >= MW_AEAD_WINDOW) {
        i = index - MW_AEAD_WINDOW + 1;
    }

    for (; i <= index; i++) {
        word = mw_aead_word(stream, i);
        bit = mw_aead_bit(i);

        /* that of the index that leaves the window */
        stream->open = (uint16_t) (stream->open - ((*word & bit) != 0));
        *word &= ~bit;

        if (i < index) {
            *word |= bit;
            stream->open++;
        }
    }
}


mw_rc_t
mw_aead_claim(mw_aead_stream_t *stream, uint64_t index)
{
    uint64_t bit, *word;

    if (stream->stopped) {
        return MW_DROP;
    }

    if (index >= MW_AEAD_INDEX) {
        return mw_aead_stop(stream);
    }

    if (!stream->started) {
        if (index >= MW_AEAD_START) {
            return mw_aead_stop(stream);
        }

        stream->started = true;
        stream->high = index;

        return MW_OK;
    }

    if (index > stream->high) {
        if (index - stream->high >= MW_AEAD_START) {
            return mw_aead_stop(stream);
        }

        if (stream->open != 0 || index - stream->high > 1) {
            mw_aead_slide(stream, index);
        }

        stream->high = index;

        return MW_OK;
    }

    word = mw_aead_word(stream, index);
    bit = mw_aead_bit(index);

    if (stream->high - index >= MW_AEAD_WINDOW || (*word & bit) == 0) {
        return mw_aead_stop(stream);
    }

    *word &= ~bit;
    stream->open--;

    return MW_OK;
}
