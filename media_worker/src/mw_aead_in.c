#include "mw_aead_in.h"
#include "mw_cipher.h"
#include "mw_replay.h"

#include <stdlib.h>


struct mw_aead_in_s {
    mw_cipher_t cipher;
    mw_replay_t replay;
};


mw_aead_in_t *
mw_aead_in_create(const mw_srtp_keys_t *keys)
{
    mw_aead_in_t *in;

    if (keys->profile != MW_SRTP_GCM_128 || keys->salt_len != MW_CIPHER_SALT) {
        return NULL;
    }

    in = calloc(1, sizeof(*in));

    if (in == NULL) {
        return NULL;
    }

    if (mw_cipher_derive(&in->cipher, keys->in_key, keys->in_salt,
            MW_CIPHER_RTP_KEY, MW_CIPHER_RTP_SALT, false)
        != MW_OK)
    {
        mw_aead_in_destroy(in);
        return NULL;
    }

    return in;
}


void
mw_aead_in_destroy(mw_aead_in_t *in)
{
    if (in == NULL) {
        return;
    }

    mw_cipher_free(&in->cipher);
    mw_replay_free(&in->replay);
    free(in);
}


mw_srtp_result_t
mw_aead_in_unprotect(mw_aead_in_t *in, uint8_t *data, size_t *len,
    size_t header_len, mw_usec_t now)
{
    size_t body;
    uint16_t seq;
    uint32_t ssrc;
    uint64_t index;
    uint8_t iv[MW_CIPHER_SALT];
    mw_replay_stream_t *stream;

    seq = mw_get16(data + 2);
    ssrc = mw_get32(data + 8);
    index = seq;
    stream = mw_replay_find(&in->replay, ssrc);

    if (stream == NULL) {
        if (!mw_replay_room(&in->replay, now)) {
            return MW_SRTP_FULL;
        }

    } else if (!mw_replay_guess(stream, seq, &index)
               || mw_replay_seen(stream, index))
    {
        return MW_SRTP_REPLAY;
    }

    /* RFC 7714 section 8.1: 00 00 SSRC ROC SEQ */

    mw_put16(iv, 0);
    mw_put32(iv + 2, ssrc);
    mw_put32(iv + 6, (uint32_t) (index >> 16));
    mw_put16(iv + 10, seq);

    body = *len - header_len - MW_CIPHER_TAG;

    if (!mw_cipher_open(&in->cipher, iv, data, header_len, data + header_len,
            body, data + header_len + body))
    {
        return MW_SRTP_AUTH;
    }

    if (stream != NULL) {
        mw_replay_mark(stream, index, now);

    } else if (mw_replay_add(&in->replay, ssrc, index, now) == NULL) {
        return MW_SRTP_FULL;
    }

    *len -= MW_CIPHER_TAG;

    return MW_SRTP_OK;
}
