/*
 * SRTP and SRTCP of one peer, but for its outgoing RTP under AEAD, which is
 * mw_aead.c.  What comes in under AEAD is mw_aead_in.c and mw_srtcp.c, the
 * profile without AEAD mw_srtp_cm.c.
 */

#ifndef MW_SRTP_H
#define MW_SRTP_H

#include "mw.h"
#include "mw_dtls.h"

#define MW_SRTP_TRAILER 144 /* room behind what is protected in place */

typedef struct mw_srtp_s mw_srtp_t;


/* the first gate that failed */
typedef enum {
    MW_SRTP_OK = 0,
    MW_SRTP_SHORT,
    MW_SRTP_AUTH,
    MW_SRTP_REPLAY,
    MW_SRTP_FULL /* SSRC not known, MW_REPLAY_STREAMS in use; or no memory */
} mw_srtp_result_t;


/* once per process, before the first create; MW_ERROR: libsrtp's self-test */
mw_rc_t mw_srtp_init(void);
void mw_srtp_exit(void);

/* `keys` is copied.  NULL: no memory. */
mw_srtp_t *mw_srtp_create(const mw_srtp_keys_t *keys);
void mw_srtp_destroy(mw_srtp_t *srtp);

/*
 * In place; *len shrinks by the trailer.  A new SSRC is remembered only after
 * its tag was right; for how many there may be see mw_replay.h.
 */
mw_srtp_result_t mw_srtp_unprotect_rtp(
    mw_srtp_t *srtp, uint8_t *data, size_t *len, mw_usec_t now);
mw_srtp_result_t mw_srtp_unprotect_rtcp(
    mw_srtp_t *srtp, uint8_t *data, size_t *len, mw_usec_t now);

/*
 * In place, with MW_SRTP_TRAILER bytes of room behind *len.  MW_ERROR: not
 * protected, must not be sent.  protect_rtp only for MW_SRTP_CM_SHA1_80.
 */
mw_rc_t mw_srtp_protect_rtp(mw_srtp_t *srtp, uint8_t *data, size_t *len);
mw_rc_t mw_srtp_protect_rtcp(mw_srtp_t *srtp, uint8_t *data, size_t *len);


#endif /* MW_SRTP_H */
