/* Key derivation and sealing. */

#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "mc_secret.h"


#define MC_NONCE 12
#define MC_TAG   16
#define MC_TEXT  256

static const char mc_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";


void
mc_b64u(const uint8_t *data, size_t len, char *out)
{
    size_t i;
    uint32_t v;

    for (i = 0; i < len; i += 3) {
        v = (uint32_t) data[i] << 16;
        v |= i + 1 < len ? (uint32_t) data[i + 1] << 8 : 0;
        v |= i + 2 < len ? data[i + 2] : 0u;

        *out++ = mc_alphabet[v >> 18];
        *out++ = mc_alphabet[v >> 12 & 63];

        if (i + 1 < len) {
            *out++ = mc_alphabet[v >> 6 & 63];
        }

        if (i + 2 < len) {
            *out++ = mc_alphabet[v & 63];
        }
    }

    *out = '\0';
}


int
mc_b64u_decode(const char *text, size_t len, uint8_t *out, size_t cap)
{
    size_t i, n;
    uint32_t v;
    const char *p;
    unsigned bits;

    v = 0;
    n = 0;
    bits = 0;

    for (i = 0; i < len; i++) {
        p = text[i] == '\0' ? NULL : strchr(mc_alphabet, text[i]);
        if (p == NULL) {
            return -1;
        }

        v = v << 6 | (uint32_t) (p - mc_alphabet);
        bits += 6;

        if (bits >= 8) {
            bits -= 8;

            if (n == cap) {
                return -1;
            }

            out[n++] = (uint8_t) (v >> bits);
        }
    }

    return (int) n;
}


static int
mc_hkdf(const uint8_t *key, size_t len, const uint8_t *salt, size_t salt_len,
    const char *info, uint8_t out[MC_KEY])
{
    int rc;
    EVP_KDF *kdf;
    EVP_KDF_CTX *ctx;
    OSSL_PARAM params[5];
    static uint8_t zero[1];

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = EVP_KDF_CTX_new(kdf);

    params[0] = OSSL_PARAM_construct_utf8_string(
        OSSL_KDF_PARAM_DIGEST, (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_KEY, (void *) (uintptr_t) key, len);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
        salt_len == 0 ? zero : (void *) (uintptr_t) salt, salt_len);
    params[3] = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_INFO, (void *) (uintptr_t) info, strlen(info));
    params[4] = OSSL_PARAM_construct_end();

    rc = EVP_KDF_derive(ctx, out, MC_KEY, params);

    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);

    return rc == 1 ? 0 : -1;
}


int
mc_secret_derive(const char *secret, const uint8_t *salt, size_t salt_len,
    unsigned rounds, uint8_t auth[MC_KEY], uint8_t wrap[MC_KEY])
{
    size_t n;
    uint8_t base[MC_KEY];
    char text[MC_TEXT];

    if (strncmp(secret, "o.", 2) == 0) {
        if (mc_b64u_decode(secret + 2, strlen(secret + 2), base, MC_KEY)
            != MC_KEY) {
            return -1;
        }

    } else {
        for (n = 0; *secret != '\0' && n < sizeof(text); secret++) {
            if (isalnum((unsigned char) *secret)) {
                text[n++] = (char) tolower((unsigned char) *secret);
            }
        }

        if (n == 0 || rounds == 0
            || PKCS5_PBKDF2_HMAC(text, (int) n, salt, (int) salt_len,
                   (int) rounds, EVP_sha256(), MC_KEY, base)
                   != 1)
        {
            return -1;
        }
    }

    if (mc_hkdf(base, MC_KEY, NULL, 0, "ngx-meet auth v1", auth) != 0) {
        return -1;
    }

    return mc_hkdf(base, MC_KEY, NULL, 0, "ngx-meet wrap v1", wrap);
}


void
mc_secret_password(char *out)
{
    unsigned i;
    uint8_t r[2];
    static const char consonants[] = "bdfghjklmnprstvz";
    static const char vowels[] = "aeiou";

    for (i = 0; i < 10; i++) {
        if (i != 0 && i % 2 == 0) {
            *out++ = '-';
        }

        do {
            RAND_bytes(r, sizeof(r));
        } while (r[1] >= 255);

        *out++ = consonants[r[0] & 15];
        *out++ = vowels[r[1] % 5];
    }

    *out = '\0';
}


void
mc_secret_owner(char *out)
{
    uint8_t key[MC_KEY];

    RAND_bytes(key, sizeof(key));
    memcpy(out, "o.", 2);
    mc_b64u(key, sizeof(key), out + 2);
}


/* nonce | ciphertext | tag */
static int
mc_gcm_seal(const uint8_t key[MC_KEY], const char *aad, const uint8_t *plain,
    size_t len, uint8_t *out)
{
    int n, ok;
    EVP_CIPHER_CTX *ctx;

    RAND_bytes(out, MC_NONCE);
    ctx = EVP_CIPHER_CTX_new();

    ok = EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) == 1
         && EVP_EncryptUpdate(
                ctx, NULL, &n, (const uint8_t *) aad, (int) strlen(aad))
                == 1
         && EVP_EncryptUpdate(ctx, out + MC_NONCE, &n, plain, (int) len) == 1
         && EVP_EncryptFinal_ex(ctx, out + MC_NONCE + len, &n) == 1
         && EVP_CIPHER_CTX_ctrl(
                ctx, EVP_CTRL_AEAD_GET_TAG, MC_TAG, out + MC_NONCE + len)
                == 1;

    EVP_CIPHER_CTX_free(ctx);

    return ok ? 0 : -1;
}


static int
mc_gcm_open(const uint8_t key[MC_KEY], const char *aad, const uint8_t *in,
    size_t len, uint8_t *out)
{
    int n, ok;
    EVP_CIPHER_CTX *ctx;

    if (len < MC_NONCE + MC_TAG) {
        return -1;
    }

    len -= MC_NONCE + MC_TAG;
    ctx = EVP_CIPHER_CTX_new();

    ok = EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in) == 1
         && EVP_DecryptUpdate(
                ctx, NULL, &n, (const uint8_t *) aad, (int) strlen(aad))
                == 1
         && EVP_DecryptUpdate(ctx, out, &n, in + MC_NONCE, (int) len) == 1
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, MC_TAG,
                (void *) (uintptr_t) (in + MC_NONCE + len))
                == 1
         && EVP_DecryptFinal_ex(ctx, out + len, &n) == 1;

    EVP_CIPHER_CTX_free(ctx);

    return ok ? (int) len : -1;
}


int
mc_secret_wrap(const uint8_t wrap[MC_KEY], const uint8_t key[MC_KEY],
    const char *key_id, char *out)
{
    char aad[MC_TEXT];
    uint8_t sealed[MC_NONCE + MC_KEY + MC_TAG];

    snprintf(aad, sizeof(aad), "ngx-meet key v1|%s", key_id);

    if (mc_gcm_seal(wrap, aad, key, MC_KEY, sealed) != 0) {
        return -1;
    }

    mc_b64u(sealed, sizeof(sealed), out);

    return 0;
}


int
mc_secret_unwrap(const uint8_t wrap[MC_KEY], const char *wrapped,
    const char *key_id, uint8_t key[MC_KEY])
{
    char aad[MC_TEXT];
    uint8_t sealed[MC_NONCE + MC_KEY + MC_TAG];

    snprintf(aad, sizeof(aad), "ngx-meet key v1|%s", key_id);

    if (mc_b64u_decode(wrapped, strlen(wrapped), sealed, sizeof(sealed))
        != (int) sizeof(sealed))
    {
        return -1;
    }

    return mc_gcm_open(wrap, aad, sealed, sizeof(sealed), key) == MC_KEY ? 0
                                                                         : -1;
}


static int
mc_log_key(const uint8_t key[MC_KEY], const char *incarnation,
    const char *channel, const char *sender, uint8_t out[MC_KEY])
{
    char info[MC_TEXT];
    uint8_t salt[16];

    if (mc_b64u_decode(incarnation, strlen(incarnation), salt, sizeof(salt))
        != (int) sizeof(salt))
    {
        return -1;
    }

    snprintf(info, sizeof(info), "ngx-meet log v1|%s|%s", channel, sender);

    return mc_hkdf(key, MC_KEY, salt, sizeof(salt), info, out);
}


int
mc_secret_seal(const uint8_t key[MC_KEY], const char *key_id,
    const char *incarnation, const char *channel, const char *sender,
    const void *plain, size_t len, char *out)
{
    uint8_t *bytes, subkey[MC_KEY];
    char aad[MC_TEXT];

    if (mc_log_key(key, incarnation, channel, sender, subkey) != 0) {
        return -1;
    }

    bytes = malloc(9 + MC_NONCE + len + MC_TAG);
    if (bytes == NULL) {
        return -1;
    }

    snprintf(aad, sizeof(aad), "ngx-meet log v1|%s|%s|%s|%s", incarnation,
        channel, sender, key_id);
    bytes[0] = 1;

    if (mc_b64u_decode(key_id, strlen(key_id), bytes + 1, 8) != 8
        || mc_gcm_seal(subkey, aad, plain, len, bytes + 9) != 0)
    {
        free(bytes);
        return -1;
    }

    mc_b64u(bytes, 9 + MC_NONCE + len + MC_TAG, out);
    free(bytes);

    return 0;
}


int
mc_secret_open(const uint8_t key[MC_KEY], const char *key_id,
    const char *incarnation, const char *channel, const char *sender,
    const char *body, uint8_t *out)
{
    int n;
    uint8_t *bytes, subkey[MC_KEY];
    char aad[MC_TEXT];

    if (mc_log_key(key, incarnation, channel, sender, subkey) != 0) {
        return -1;
    }

    bytes = malloc(strlen(body) + 1);
    if (bytes == NULL) {
        return -1;
    }

    snprintf(aad, sizeof(aad), "ngx-meet log v1|%s|%s|%s|%s", incarnation,
        channel, sender, key_id);

    n = mc_b64u_decode(body, strlen(body), bytes, strlen(body));

    if (n < 9 || bytes[0] != 1) {
        n = -1;

    } else {
        n = mc_gcm_open(subkey, aad, bytes + 9, (size_t) n - 9, out);
    }

    free(bytes);

    return n;
}
