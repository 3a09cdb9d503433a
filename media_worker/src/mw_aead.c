#include "mw_aead.h"
#include "mw_cipher.h"

#include <stdlib.h>


struct mw_aead_s {
    mw_cipher_t cipher;
};

_Static_assert(
    MW_CIPHER_TAG == MW_AEAD_TAG && MW_CIPHER_SALT == MW_AEAD_SALT, "RFC 7714");


mw_aead_t *
mw_aead_open(const uint8_t key[MW_SRTP_KEY], const uint8_t salt[MW_AEAD_SALT],
    mw_gcm_width_t width)
{
    mw_aead_t *aead;

    aead = calloc(1, sizeof(mw_aead_t));

    if (aead == NULL) {
        return NULL;
    }

    if (mw_cipher_init(&aead->cipher, key, salt, true, width) != MW_OK) {
        mw_aead_destroy(aead);
        return NULL;
    }

    return aead;
}


mw_aead_t *
mw_aead_create(const mw_srtp_keys_t *keys)
{
    mw_aead_t *aead;

    if (keys->profile != MW_SRTP_GCM_128 || keys->salt_len != MW_AEAD_SALT) {
        return NULL;
    }

    aead = calloc(1, sizeof(mw_aead_t));

    if (aead == NULL) {
        return NULL;
    }

    if (mw_cipher_derive(&aead->cipher, keys->out_key, keys->out_salt,
            MW_CIPHER_RTP_KEY, MW_CIPHER_RTP_SALT, true)
        != MW_OK)
    {
        mw_aead_destroy(aead);
        return NULL;
    }

    return aead;
}


void
mw_aead_destroy(mw_aead_t *aead)
{
    if (aead == NULL) {
        return;
    }

    mw_cipher_free(&aead->cipher);
    free(aead);
}


size_t
mw_aead_protect(mw_aead_t *aead, uint8_t *packet, size_t header_len,
    size_t payload_len, uint64_t index)
{
    uint8_t iv[MW_AEAD_SALT], *payload;

    /* RFC 7714 section 8.1: 00 00 SSRC ROC SEQ */

    mw_put16(iv, 0);
    memcpy(&iv[2], packet + 8, 4);
    mw_put32(&iv[6], (uint32_t) (index >> 16));
    mw_put16(&iv[10], (uint16_t) index);

    payload = packet + header_len;

    if (!mw_cipher_seal(&aead->cipher, iv, packet, header_len, payload,
            payload_len, payload + payload_len))
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
