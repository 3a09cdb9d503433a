/*
 * Fragments of SDP about ICE alone (application/trickle-ice-sdpfrag, RFC 8840),
 * as WHIP clients send them.  Pure: bytes in, a struct or an error out.
 */

#ifndef MW_SDP_FRAGMENT_H
#define MW_SDP_FRAGMENT_H

#include "mw_sdp_offer.h"


typedef struct {
    bool named; /* credentials are there */
    mw_ice_creds_t ice;
} mw_sdp_fragment_t;


/* candidates are not read: a lite agent needs none */
mw_sdp_error_t mw_sdp_fragment_parse(
    mw_sdp_fragment_t *fragment, const char *text, size_t len);

/*
 * Our credentials and candidates after a restart, in the section `mid` of that
 * kind.  MW_OK: *len bytes and a terminating zero; MW_ERROR: `size` is too
 * small.
 */
mw_rc_t mw_sdp_fragment_write(const mw_ice_creds_t *ice, const char *mid,
    bool video, const mw_addr_t *candidates, unsigned ncandidates, char *text,
    size_t size, size_t *len);


#endif /* MW_SDP_FRAGMENT_H */
