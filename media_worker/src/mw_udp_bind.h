/*
 * Setting up the worker's sockets: ports, options, the addresses to tell.
 * Only mw_udp.c uses this.
 */

#ifndef MW_UDP_BIND_H
#define MW_UDP_BIND_H

#include "mw.h"
#include "mw_udp.h"


/* fills `sa` for a socket of that family; its length */
socklen_t mw_udp_to_sockaddr(
    struct sockaddr_storage *sa, const mw_addr_t *addr);

/* false: neither IPv4 nor IPv6 */
bool mw_udp_from_sockaddr(mw_addr_t *addr, const struct sockaddr_storage *sa);

/* 0.0.0.0 or :: */
bool mw_udp_is_any(const mw_addr_t *addr);

/*
 * Opens one socket per address of `listen`, all on the first port of the range
 * that is free for all of them.  A wildcard for IPv6 is left out on a host
 * without IPv6.  Returns the port; 0: *err names the step, errno is kept.
 */
uint16_t mw_udp_bind(const mw_addr_t *listen, unsigned n, uint16_t first,
    uint16_t last, int fds[MW_UDP_SOCKETS], const char **err);

/* the host's own addresses of that family that others could reach */
unsigned mw_udp_local(bool ipv4, mw_addr_t *out, unsigned max);


#endif /* MW_UDP_BIND_H */
