/*
 * Session descriptions as Janus wants them: its offers answered line by line,
 * our offers with a candidate, and in both we are the DTLS client.
 */

#ifndef ML_JANUS_SDP_H
#define ML_JANUS_SDP_H

#include "mc_peer.h"


/* `answer`: to `sdp`, else it is ours.  Allocated; NULL: no memory */
char *ml_janus_sdp(const char *sdp, const mc_peer_t *peer, bool answer);


#endif /* ML_JANUS_SDP_H */
