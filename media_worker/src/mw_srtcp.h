/*
 * SRTCP under AEAD_AES_128_GCM (RFC 7714 section 9), both ways.  Every
 * receiver reports many times a second, and libsrtp as Debian builds it needs
 * several microseconds and 18 KB for that; this is one cipher context each
 * way.  RTP is not its concern: mw_srtp.c, mw_aead.c.
 */

#ifndef MW_SRTCP_H
#define MW_SRTCP_H

#include "mw_srtp.h"

#define MW_SRTCP_TRAILER 20         /* tag, E flag and index */
#define MW_SRTCP_INDEX   (1u << 31) /* all indices are below */

typedef struct mw_srtcp_s mw_srtcp_t;


/* `keys` must be of AEAD_AES_128_GCM.  NULL: no memory or OpenSSL refuses */
mw_srtcp_t *mw_srtcp_create(const mw_srtp_keys_t *keys);
void mw_srtcp_destroy(mw_srtcp_t *srtcp);

/*
 * In place; *len shrinks by the trailer.  An SSRC is remembered only after its
 * tag was right; for how many there may be see mw_replay.h.  Allocates only for
 * a new SSRC.
 */
mw_srtp_result_t mw_srtcp_unprotect(
    mw_srtcp_t *srtcp, uint8_t *data, size_t *len, mw_usec_t now);

/*
 * In place, with MW_SRTCP_TRAILER bytes of room behind *len.  MW_ERROR: not
 * protected, must not be sent.
 */
mw_rc_t mw_srtcp_protect(mw_srtcp_t *srtcp, uint8_t *data, size_t *len);


#endif /* MW_SRTCP_H */
