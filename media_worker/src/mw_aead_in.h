/*
 * Incoming RTP under AEAD_AES_128_GCM (RFC 7714 section 8).  Each of many who
 * speak sends fifty packets a second, and libsrtp as Debian builds it needs
 * several microseconds and 18 KB for that.
 */

#ifndef MW_AEAD_IN_H
#define MW_AEAD_IN_H

#include "mw_srtp.h"

typedef struct mw_aead_in_s mw_aead_in_t;


/* `keys` must be of AEAD_AES_128_GCM.  NULL: no memory or OpenSSL refuses */
mw_aead_in_t *mw_aead_in_create(const mw_srtp_keys_t *keys);
void mw_aead_in_destroy(mw_aead_in_t *in);

/*
 * A packet whose header, extension included, is of header_len bytes, with room
 * for the tag behind it; see mw_srtp_unprotect_rtp().  Allocates only for a new
 * SSRC.
 */
mw_srtp_result_t mw_aead_in_unprotect(mw_aead_in_t *in, uint8_t *data,
    size_t *len, size_t header_len, mw_usec_t now);


#endif /* MW_AEAD_IN_H */
