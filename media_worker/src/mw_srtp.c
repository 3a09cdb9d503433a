#include "mw_srtp.h"
#include "mw_aead_in.h"
#include "mw_srtcp.h"
#include "mw_srtp_cm.h"

#include <stdlib.h>


#define MW_RTP_HEADER  12 /* RFC 3550 section 5.1 */
#define MW_RTCP_HEADER 8  /* first header and sender SSRC */
#define MW_SRTCP_WORD  4  /* E flag and index, RFC 3711 section 3.4 */


struct mw_srtp_s {
    size_t tag;       /* bytes of the authentication tag */
    mw_srtp_cm_t *cm; /* NULL under AEAD, otherwise the only one */
    mw_aead_in_t *in; /* NULL: nothing came yet */
    mw_srtcp_t *rtcp;
    mw_srtp_keys_t keys; /* for `in` */
};


mw_srtp_t *
mw_srtp_create(const mw_srtp_keys_t *keys)
{
    mw_srtp_t *srtp;

    if (keys->profile != MW_SRTP_GCM_128 && keys->profile != MW_SRTP_CM_SHA1_80)
    {
        return NULL;
    }

    srtp = calloc(1, sizeof(mw_srtp_t));
    if (srtp == NULL) {
        return NULL;
    }

    if (keys->profile == MW_SRTP_GCM_128) {
        srtp->tag = 16;
        srtp->keys = *keys;
        srtp->rtcp = mw_srtcp_create(keys);

    } else {
        srtp->tag = 10;
        srtp->cm = mw_srtp_cm_create(keys);
    }

    if (srtp->rtcp == NULL && srtp->cm == NULL) {
        mw_srtp_destroy(srtp);
        return NULL;
    }

    return srtp;
}


void
mw_srtp_destroy(mw_srtp_t *srtp)
{
    if (srtp == NULL) {
        return;
    }

    mw_srtp_cm_destroy(srtp->cm);
    mw_aead_in_destroy(srtp->in);
    mw_srtcp_destroy(srtp->rtcp);
    explicit_bzero(&srtp->keys, sizeof(srtp->keys));
    free(srtp);
}


/* length of the RTP header with CSRCs and extension, 0: does not fit */
static size_t
mw_srtp_rtp_header(const uint8_t *data, size_t len)
{
    size_t header;

    if (len < MW_RTP_HEADER || data[0] >> 6 != 2) {
        return 0;
    }

    header = MW_RTP_HEADER + 4 * (size_t) (data[0] & 0x0f);

    if ((data[0] & 0x10) != 0) {
        if (len < header + 4) {
            return 0;
        }

        header += 4 + 4 * (size_t) mw_get16(data + header + 2);
    }

    return header <= len ? header : 0;
}


mw_srtp_result_t
mw_srtp_unprotect_rtp(
    mw_srtp_t *srtp, uint8_t *data, size_t *len, mw_usec_t now)
{
    size_t header;

    if (*len < srtp->tag || *len > MW_PKT_MAX) {
        return MW_SRTP_SHORT;
    }

    header = mw_srtp_rtp_header(data, *len - srtp->tag);

    if (header == 0) {
        return MW_SRTP_SHORT;
    }

    if (srtp->cm != NULL) {
        return mw_srtp_cm_unprotect(
            srtp->cm, false, mw_get32(data + 8), data, len, now);
    }

    if (srtp->in == NULL) {
        srtp->in = mw_aead_in_create(&srtp->keys);

        if (srtp->in == NULL) {
            return MW_SRTP_FULL;
        }
    }

    return mw_aead_in_unprotect(srtp->in, data, len, header, now);
}


mw_srtp_result_t
mw_srtp_unprotect_rtcp(
    mw_srtp_t *srtp, uint8_t *data, size_t *len, mw_usec_t now)
{
    if (srtp->cm == NULL) {
        return mw_srtcp_unprotect(srtp->rtcp, data, len, now);
    }

    if (*len < MW_RTCP_HEADER + MW_SRTCP_WORD + srtp->tag || *len > MW_PKT_MAX
        || data[0] >> 6 != 2)
    {
        return MW_SRTP_SHORT;
    }

    return mw_srtp_cm_unprotect(
        srtp->cm, true, mw_get32(data + 4), data, len, now);
}


mw_rc_t
mw_srtp_protect_rtp(mw_srtp_t *srtp, uint8_t *data, size_t *len)
{
    if (srtp->cm == NULL || mw_srtp_rtp_header(data, *len) == 0) {
        return MW_ERROR;
    }

    return mw_srtp_cm_protect(srtp->cm, false, data, len);
}


mw_rc_t
mw_srtp_protect_rtcp(mw_srtp_t *srtp, uint8_t *data, size_t *len)
{
    if (srtp->cm == NULL) {
        return mw_srtcp_protect(srtp->rtcp, data, len);
    }

    if (*len < MW_RTCP_HEADER) {
        return MW_ERROR;
    }

    return mw_srtp_cm_protect(srtp->cm, true, data, len);
}
