/*
 * SRTP and SRTCP under AES128_CM_HMAC_SHA1_80, both ways, by libsrtp2: for the
 * few who cannot do AEAD.  A session each way from when it is first needed: who
 * only receives sends no RTP.
 */

#ifndef MW_SRTP_CM_H
#define MW_SRTP_CM_H

#include "mw_srtp.h"

typedef struct mw_srtp_cm_s mw_srtp_cm_t;


/* `keys` is copied.  NULL: no memory. */
mw_srtp_cm_t *mw_srtp_cm_create(const mw_srtp_keys_t *keys);
void mw_srtp_cm_destroy(mw_srtp_cm_t *cm);

/* RTP or RTCP of `ssrc`, whose lengths were checked; see mw_srtp.h */
mw_srtp_result_t mw_srtp_cm_unprotect(mw_srtp_cm_t *cm, bool rtcp,
    uint32_t ssrc, uint8_t *data, size_t *len, mw_usec_t now);
mw_rc_t mw_srtp_cm_protect(
    mw_srtp_cm_t *cm, bool rtcp, uint8_t *data, size_t *len);


#endif /* MW_SRTP_CM_H */
