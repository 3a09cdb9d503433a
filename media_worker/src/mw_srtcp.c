#include "mw_srtcp.h"
#include "mw_cipher.h"
#include "mw_replay.h"

#include <stdlib.h>


#define MW_SRTCP_HEADER    8 /* first header and sender SSRC, not encrypted */
#define MW_SRTCP_WORD      4 /* E flag and index */
#define MW_SRTCP_ENCRYPTED 0x80000000u /* E flag */


struct mw_srtcp_s {
    mw_cipher_t in;
    mw_cipher_t out;
    uint32_t index; /* of the next packet, whichever its SSRC: never twice */
    mw_replay_t replay;
};


mw_srtcp_t *
mw_srtcp_create(const mw_srtp_keys_t *keys)
{
    mw_srtcp_t *srtcp;

    if (keys->profile != MW_SRTP_GCM_128 || keys->salt_len != MW_CIPHER_SALT) {
        return NULL;
    }

    srtcp = calloc(1, sizeof(*srtcp));

    if (srtcp == NULL) {
        return NULL;
    }

    if (mw_cipher_derive(&srtcp->in, keys->in_key, keys->in_salt,
            MW_CIPHER_RTCP_KEY, MW_CIPHER_RTCP_SALT, false)
            != MW_OK
        || mw_cipher_derive(&srtcp->out, keys->out_key, keys->out_salt,
               MW_CIPHER_RTCP_KEY, MW_CIPHER_RTCP_SALT, true)
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

    mw_cipher_free(&srtcp->in);
    mw_cipher_free(&srtcp->out);
    mw_replay_free(&srtcp->replay);
    free(srtcp);
}


/*
 * RFC 7714 section 9: what is authenticated is the header and the last word, and
 * the IV is 00 00 SSRC 00 00 index.
 */
static void
mw_srtcp_nonce(const uint8_t *data, uint32_t word,
    uint8_t aad[MW_SRTCP_HEADER + MW_SRTCP_WORD], uint8_t iv[MW_CIPHER_SALT])
{
    memcpy(aad, data, MW_SRTCP_HEADER);
    mw_put32(aad + MW_SRTCP_HEADER, word);

    memset(iv, 0, MW_CIPHER_SALT);
    memcpy(iv + 2, data + 4, 4);
    mw_put32(iv + 8, word & ~MW_SRTCP_ENCRYPTED);
}


mw_srtp_result_t
mw_srtcp_unprotect(mw_srtcp_t *srtcp, uint8_t *data, size_t *len, mw_usec_t now)
{
    size_t body;
    uint32_t ssrc, word, index;
    uint8_t *tag, iv[MW_CIPHER_SALT], aad[MW_SRTCP_HEADER + MW_SRTCP_WORD];
    mw_replay_stream_t *stream;

    if (*len < MW_SRTCP_HEADER + MW_SRTCP_TRAILER || *len > MW_PKT_MAX
        || data[0] >> 6 != 2)
    {
        return MW_SRTP_SHORT;
    }

    ssrc = mw_get32(data + 4);
    word = mw_get32(data + *len - MW_SRTCP_WORD);
    index = word & ~MW_SRTCP_ENCRYPTED;
    stream = mw_replay_find(&srtcp->replay, ssrc);

    if (stream != NULL && mw_replay_seen(stream, index)) {
        return MW_SRTP_REPLAY;
    }

    /* both ends agreed on encryption, so nothing comes without */

    if ((word & MW_SRTCP_ENCRYPTED) == 0) {
        return MW_SRTP_AUTH;
    }

    mw_srtcp_nonce(data, word, aad, iv);
    body = *len - MW_SRTCP_HEADER - MW_SRTCP_TRAILER;
    tag = data + MW_SRTCP_HEADER + body;

    if (!mw_cipher_open(&srtcp->in, iv, aad, sizeof(aad),
            data + MW_SRTCP_HEADER, body, tag))
    {
        return MW_SRTP_AUTH;
    }

    if (stream != NULL) {
        mw_replay_mark(stream, index, now);

    } else if (mw_replay_add(&srtcp->replay, ssrc, index, now) == NULL) {
        return MW_SRTP_FULL;
    }

    *len -= MW_SRTCP_TRAILER;

    return MW_SRTP_OK;
}


mw_rc_t
mw_srtcp_protect(mw_srtcp_t *srtcp, uint8_t *data, size_t *len)
{
    uint32_t word;
    uint8_t *tag, iv[MW_CIPHER_SALT], aad[MW_SRTCP_HEADER + MW_SRTCP_WORD];

    if (*len < MW_SRTCP_HEADER || srtcp->index == MW_SRTCP_INDEX) {
        return MW_ERROR;
    }

    word = MW_SRTCP_ENCRYPTED | srtcp->index++;
    mw_srtcp_nonce(data, word, aad, iv);
    tag = data + *len;

    if (!mw_cipher_seal(&srtcp->out, iv, aad, sizeof(aad),
            data + MW_SRTCP_HEADER, *len - MW_SRTCP_HEADER, tag))
    {
        return MW_ERROR;
    }

    mw_put32(tag + MW_CIPHER_TAG, word);
    *len += MW_SRTCP_TRAILER;

    return MW_OK;
}
