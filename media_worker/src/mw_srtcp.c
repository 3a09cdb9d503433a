#include "mw_srtcp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>


#define MW_SRTCP_HEADER    8 /* first header and sender SSRC, not encrypted */
#define MW_SRTCP_TAG       16
#define MW_SRTCP_IV        12
#define MW_SRTCP_ENCRYPTED 0x80000000u /* E flag, before the index */

/* RFC 3711 section 4.3.2 */
#define MW_SRTCP_LABEL_KEY  0x03
#define MW_SRTCP_LABEL_SALT 0x05


typedef struct {
    EVP_CIPHER_CTX *ctx;
    uint8_t salt[MW_SRTCP_IV];
} mw_srtcp_key_t;

/* incoming; bit i of `seen`: `high` less i was */
typedef struct {
    uint32_t ssrc;
    uint32_t high;
    uint64_t seen;
    mw_usec_t heard;
} mw_srtcp_stream_t;

struct mw_srtcp_s {
    mw_srtcp_key_t in;
    mw_srtcp_key_t out;
    uint32_t index; /* of the next packet, whichever its SSRC: never twice */
    unsigned nstreams;
    mw_srtcp_stream_t *streams; /* as many as there are, a power of two */
};


static mw_rc_t mw_srtcp_open(mw_srtcp_key_t *key, const uint8_t *master,
    const uint8_t *salt, bool encrypt);
static void mw_srtcp_close(mw_srtcp_key_t *key);
static mw_rc_t mw_srtcp_derive(const uint8_t *master, const uint8_t *salt,
    uint8_t label, uint8_t *out, size_t len);
static void mw_srtcp_iv(const mw_srtcp_key_t *key, uint32_t ssrc,
    uint32_t index, uint8_t iv[MW_SRTCP_IV]);
static mw_srtcp_stream_t *mw_srtcp_find(mw_srtcp_t *srtcp, uint32_t ssrc);
static mw_srtcp_stream_t *mw_srtcp_idle(mw_srtcp_t *srtcp, mw_usec_t now);
static mw_srtcp_stream_t *mw_srtcp_add(
    mw_srtcp_t *srtcp, uint32_t ssrc, mw_usec_t now);
static bool mw_srtcp_replayed(const mw_srtcp_stream_t *stream, uint32_t index);
static void mw_srtcp_mark(mw_srtcp_stream_t *stream, uint32_t index);
static bool mw_srtcp_decrypt(
    mw_srtcp_key_t *key, uint8_t *data, size_t len, uint32_t word);


mw_srtcp_t *
mw_srtcp_create(const mw_srtp_keys_t *keys)
{
    mw_srtcp_t *srtcp;

    if (keys->profile != MW_SRTP_GCM_128 || keys->salt_len != MW_SRTCP_IV) {
        return NULL;
    }

    srtcp = calloc(1, sizeof(*srtcp));

    if (srtcp == NULL) {
        return NULL;
    }

    if (mw_srtcp_open(&srtcp->in, keys->in_key, keys->in_salt, false) != MW_OK
        || mw_srtcp_open(&srtcp->out, keys->out_key, keys->out_salt, true)
               != MW_OK)
    {
        mw_srtcp_destroy(srtcp);
        return NULL;
    }

    return srtcp;
}


void
mw_srtcp_destroy(mw_srtcp_t *srtcp)
{
    if (srtcp == NULL) {
        return;
    }

    mw_srtcp_close(&srtcp->in);
    mw_srtcp_close(&srtcp->out);
    free(srtcp->streams);
    free(srtcp);
}


mw_srtp_result_t
mw_srtcp_unprotect(mw_srtcp_t *srtcp, uint8_t *data, size_t *len, mw_usec_t now)
{
    uint32_t ssrc, word, index;
    mw_srtcp_stream_t *stream;

    if (*len < MW_SRTCP_HEADER + MW_SRTCP_TRAILER || *len > MW_PKT_MAX
        || data[0] >> 6 != 2)
    {
        return MW_SRTP_SHORT;
    }

    ssrc = mw_get32(data + 4);
    word = mw_get32(data + *len - 4);
    index = word & ~MW_SRTCP_ENCRYPTED;
    stream = mw_srtcp_find(srtcp, ssrc);

    if (stream != NULL && mw_srtcp_replayed(stream, index)) {
        return MW_SRTP_REPLAY;
    }

    /* both ends agreed on encryption, so nothing comes without */

    if ((word & MW_SRTCP_ENCRYPTED) == 0
        || !mw_srtcp_decrypt(&srtcp->in, data, *len, word))
    {
        return MW_SRTP_AUTH;
    }

    if (stream == NULL) {
        stream = mw_srtcp_add(srtcp, ssrc, now);

        if (stream == NULL) {
            return MW_SRTP_FULL;
        }
    }

    mw_srtcp_mark(stream, index);
    stream->heard = now;
    *len -= MW_SRTCP_TRAILER;

    return MW_SRTP_OK;
}


mw_rc_t
mw_srtcp_protect(mw_srtcp_t *srtcp, uint8_t *data, size_t *len)
{
    int n;
    size_t body;
    uint8_t *tag, word[4], iv[MW_SRTCP_IV];
    EVP_CIPHER_CTX *ctx;

    if (*len < MW_SRTCP_HEADER || srtcp->index == MW_SRTCP_INDEX) {
        return MW_ERROR;
    }

    ctx = srtcp->out.ctx;
    body = *len - MW_SRTCP_HEADER;
    tag = data + *len;

    mw_put32(word, MW_SRTCP_ENCRYPTED | srtcp->index);
    mw_srtcp_iv(&srtcp->out, mw_get32(data + 4), srtcp->index++, iv);

    if (EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, iv) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, data, MW_SRTCP_HEADER) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, word, sizeof(word)) != 1
        || EVP_EncryptUpdate(ctx, data + MW_SRTCP_HEADER, &n,
               data + MW_SRTCP_HEADER, (int) body)
               != 1
        || EVP_EncryptFinal_ex(ctx, tag, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, MW_SRTCP_TAG, tag)
               != 1)
    {
        return MW_ERROR;
    }

    memcpy(tag + MW_SRTCP_TAG, word, sizeof(word));
    *len += MW_SRTCP_TRAILER;

    return MW_OK;
}


static mw_rc_t
mw_srtcp_open(mw_srtcp_key_t *key, const uint8_t *master, const uint8_t *salt,
    bool encrypt)
{
    mw_rc_t rc;
    uint8_t session[MW_SRTP_KEY];

    key->ctx = EVP_CIPHER_CTX_new();

    if (key->ctx == NULL) {
        return MW_ERROR;
    }

    rc = MW_ERROR;

    /* the IV stays at its default length of 12 bytes */

    if (mw_srtcp_derive(
            master, salt, MW_SRTCP_LABEL_KEY, session, sizeof(session))
            == MW_OK
        && mw_srtcp_derive(
               master, salt, MW_SRTCP_LABEL_SALT, key->salt, sizeof(key->salt))
               == MW_OK
        && EVP_CipherInit_ex(
               key->ctx, EVP_aes_128_gcm(), NULL, session, NULL, encrypt)
               == 1)
    {
        rc = MW_OK;
    }

    OPENSSL_cleanse(session, sizeof(session));

    return rc;
}


static void
mw_srtcp_close(mw_srtcp_key_t *key)
{
    EVP_CIPHER_CTX_free(key->ctx);
    OPENSSL_cleanse(key->salt, sizeof(key->salt));
}


/* AES-CM PRF; key_derivation_rate is 0, the salt of 12 bytes is zero-padded */
static mw_rc_t
mw_srtcp_derive(const uint8_t *master, const uint8_t *salt, uint8_t label,
    uint8_t *out, size_t len)
{
    int n;
    mw_rc_t rc;
    uint8_t iv[16], zero[MW_SRTP_KEY];
    EVP_CIPHER_CTX *ctx;

    memset(iv, 0, sizeof(iv));
    memset(zero, 0, sizeof(zero));
    memcpy(iv, salt, MW_SRTCP_IV);
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


/* RFC 7714 section 9.1: 00 00 SSRC 00 00 index, xor salt */
static void
mw_srtcp_iv(const mw_srtcp_key_t *key, uint32_t ssrc, uint32_t index,
    uint8_t iv[MW_SRTCP_IV])
{
    unsigned i;

    memset(iv, 0, MW_SRTCP_IV);
    mw_put32(iv + 2, ssrc);
    mw_put32(iv + 8, index);

    for (i = 0; i < MW_SRTCP_IV; i++) {
        iv[i] ^= key->salt[i];
    }
}


static bool
mw_srtcp_decrypt(mw_srtcp_key_t *key, uint8_t *data, size_t len, uint32_t word)
{
    int n;
    size_t body;
    uint8_t *tag, iv[MW_SRTCP_IV];

    body = len - MW_SRTCP_HEADER - MW_SRTCP_TRAILER;
    tag = data + MW_SRTCP_HEADER + body;
    mw_srtcp_iv(key, mw_get32(data + 4), word & ~MW_SRTCP_ENCRYPTED, iv);

    return EVP_DecryptInit_ex(key->ctx, NULL, NULL, NULL, iv) == 1
           && EVP_DecryptUpdate(key->ctx, NULL, &n, data, MW_SRTCP_HEADER) == 1
           && EVP_DecryptUpdate(key->ctx, NULL, &n, tag + MW_SRTCP_TAG, 4) == 1
           && EVP_DecryptUpdate(key->ctx, data + MW_SRTCP_HEADER, &n,
                  data + MW_SRTCP_HEADER, (int) body)
                  == 1
           && EVP_CIPHER_CTX_ctrl(
                  key->ctx, EVP_CTRL_AEAD_SET_TAG, MW_SRTCP_TAG, tag)
                  == 1
           && EVP_DecryptFinal_ex(key->ctx, tag, &n) == 1;
}


static mw_srtcp_stream_t *
mw_srtcp_find(mw_srtcp_t *srtcp, uint32_t ssrc)
{
    unsigned i;

    for (i = 0; i < srtcp->nstreams; i++) {
        if (srtcp->streams[i].ssrc == ssrc) {
            return &srtcp->streams[i];
        }
    }

    return NULL;
}


/* the one that may give way to a new SSRC, or NULL */
static mw_srtcp_stream_t *
mw_srtcp_idle(mw_srtcp_t *srtcp, mw_usec_t now)
{
    unsigned i;
    mw_srtcp_stream_t *oldest;

    oldest = &srtcp->streams[0];

    for (i = 1; i < srtcp->nstreams; i++) {
        if (srtcp->streams[i].heard < oldest->heard) {
            oldest = &srtcp->streams[i];
        }
    }

    return now - oldest->heard < MW_SRTCP_IDLE ? NULL : oldest;
}


static mw_srtcp_stream_t *
mw_srtcp_add(mw_srtcp_t *srtcp, uint32_t ssrc, mw_usec_t now)
{
    unsigned n;
    mw_srtcp_stream_t *stream, *streams;

    n = srtcp->nstreams;

    if (n == MW_SRTCP_STREAMS) {
        stream = mw_srtcp_idle(srtcp, now);

        if (stream == NULL) {
            return NULL;
        }

    } else {
        if ((n & (n - 1)) == 0) {
            streams =
                realloc(srtcp->streams, (n == 0 ? 1 : 2 * n) * sizeof(*stream));

            if (streams == NULL) {
                return NULL;
            }

            srtcp->streams = streams;
        }

        stream = &srtcp->streams[srtcp->nstreams++];
    }

    memset(stream, 0, sizeof(*stream));
    stream->ssrc = ssrc;

    return stream;
}


static bool
mw_srtcp_replayed(const mw_srtcp_stream_t *stream, uint32_t index)
{
    uint32_t back;

    if (index > stream->high) {
        return false;
    }

    back = stream->high - index;

    return back >= MW_SRTCP_WINDOW || (stream->seen >> back & 1) != 0;
}


static void
mw_srtcp_mark(mw_srtcp_stream_t *stream, uint32_t index)
{
    uint32_t ahead;

    if (index <= stream->high) {
        stream->seen |= 1ull << (stream->high - index);
        return;
    }

    ahead = index - stream->high;
    stream->seen = ahead >= MW_SRTCP_WINDOW ? 0 : stream->seen << ahead;
    stream->seen |= 1;
    stream->high = index;
}
