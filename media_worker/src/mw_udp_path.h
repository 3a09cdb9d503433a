/*
 * A path is where a datagram came from and which of our addresses it came
 * to.  An answer leaves from the same local address: a browser drops ICE
 * responses from any other, and hosts often have several.
 */

#ifndef MW_UDP_PATH_H
#define MW_UDP_PATH_H

#include "mw.h"


typedef struct {
    mw_addr_t remote;
    uint8_t local[16]; /* of a wildcard socket, otherwise all zero */
    uint8_t socket;    /* index in mw_udp_t */
    uint8_t pad[7];    /* zero: compared and hashed as bytes */
} mw_path_t;

_Static_assert(sizeof(mw_path_t) == 48, "compared and hashed as bytes");


static inline bool
mw_path_equal(const mw_path_t *a, const mw_path_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}


#endif /* MW_UDP_PATH_H */
