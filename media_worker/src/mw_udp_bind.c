#include "mw_udp_bind.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>


#define MW_UDP_BUFFER (4 * 1024 * 1024) /* as far as the system allows */


static const uint8_t mw_udp_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255,
    255 };


socklen_t
mw_udp_to_sockaddr(struct sockaddr_storage *sa, const mw_addr_t *addr)
{
    struct sockaddr_in *sin;
    struct sockaddr_in6 *sin6;

    if (mw_addr_is_ipv4(addr)) {
        sin = (struct sockaddr_in *) sa;
        memset(sin, 0, sizeof(*sin));
        sin->sin_family = AF_INET;
        sin->sin_port = htons(addr->port);
        memcpy(&sin->sin_addr, addr->ip + 12, 4);
        return sizeof(*sin);
    }

    sin6 = (struct sockaddr_in6 *) sa;
    memset(sin6, 0, sizeof(*sin6));
    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(addr->port);
    sin6->sin6_scope_id = addr->scope;
    memcpy(&sin6->sin6_addr, addr->ip, 16);

    return sizeof(*sin6);
}


bool
mw_udp_from_sockaddr(mw_addr_t *addr, const struct sockaddr_storage *sa)
{
    const struct sockaddr_in *sin;
    const struct sockaddr_in6 *sin6;

    memset(addr, 0, sizeof(mw_addr_t));
    addr->kind = MW_ADDR_UDP;

    if (sa->ss_family == AF_INET) {
        sin = (const struct sockaddr_in *) sa;
        memcpy(addr->ip, mw_udp_mapped, sizeof(mw_udp_mapped));
        memcpy(addr->ip + 12, &sin->sin_addr, 4);
        addr->port = ntohs(sin->sin_port);
        return true;
    }

    if (sa->ss_family == AF_INET6) {
        sin6 = (const struct sockaddr_in6 *) sa;
        memcpy(addr->ip, &sin6->sin6_addr, 16);
        addr->port = ntohs(sin6->sin6_port);

        if (IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)) {
            addr->scope = sin6->sin6_scope_id;
        }

        return true;
    }

    return false;
}


bool
mw_udp_is_any(const mw_addr_t *addr)
{
    static const uint8_t zero[16];

    if (mw_addr_is_ipv4(addr)) {
        return memcmp(addr->ip + 12, zero, 4) == 0;
    }

    return memcmp(addr->ip, zero, 16) == 0;
}


/* best effort but for what the demultiplexer relies on */
static mw_rc_t
mw_udp_options(int fd, bool ipv4, bool any)
{
    int on, size, mtu;

    on = 1;
    size = MW_UDP_BUFFER;

    /* our datagrams are small; forged ICMP must not make them smaller */
    mtu = ipv4 ? IP_PMTUDISC_OMIT : IPV6_PMTUDISC_OMIT;

    (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void) setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    (void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));

    if (ipv4) {
        (void) setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &mtu, sizeof(mtu));

        return any
                       && setsockopt(
                              fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on))
                              != 0
                   ? MW_ERROR
                   : MW_OK;
    }

    (void) setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &mtu, sizeof(mtu));

    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) {
        return MW_ERROR;
    }

    return any
                   && setsockopt(
                          fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))
                          != 0
               ? MW_ERROR
               : MW_OK;
}


/* a descriptor, -1: error, -2: this host has no IPv6 */
static int
mw_udp_open(const mw_addr_t *addr, uint16_t port)
{
    int fd, saved;
    bool ipv4, any;
    mw_addr_t bound;
    socklen_t len;
    struct sockaddr_storage sa;

    ipv4 = mw_addr_is_ipv4(addr);
    any = mw_udp_is_any(addr);

    fd = socket(ipv4 ? AF_INET : AF_INET6,
        SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1) {
        return any && !ipv4 && errno == EAFNOSUPPORT ? -2 : -1;
    }

    bound = *addr;
    bound.port = port;
    len = mw_udp_to_sockaddr(&sa, &bound);

    if (mw_udp_options(fd, ipv4, any) == MW_OK
        && bind(fd, (struct sockaddr *) &sa, len) == 0)
    {
        return fd;
    }

    saved = errno;
    (void) close(fd);
    errno = saved;

    return any && !ipv4 && saved == EADDRNOTAVAIL ? -2 : -1;
}


static uint16_t
mw_udp_port_of(int fd)
{
    mw_addr_t addr;
    socklen_t len;
    struct sockaddr_storage sa;

    len = sizeof(sa);

    if (getsockname(fd, (struct sockaddr *) &sa, &len) != 0
        || !mw_udp_from_sockaddr(&addr, &sa))
    {
        return 0;
    }

    return addr.port;
}


/* all addresses on one port; the port, or 0 with errno and nothing open */
static uint16_t
mw_udp_try(
    const mw_addr_t *listen, unsigned n, uint16_t port, int fds[MW_UDP_SOCKETS])
{
    int saved;
    unsigned i;

    for (i = 0; i < n; i++) {
        fds[i] = mw_udp_open(&listen[i], port);

        if (fds[i] == -1) {
            break;
        }

        if (fds[i] >= 0 && port == 0) {
            port = mw_udp_port_of(fds[i]);
        }
    }

    if (i == n && port != 0) {
        return port;
    }

    saved = errno;

    while (i > 0) {
        i--;

        if (fds[i] >= 0) {
            (void) close(fds[i]);
            fds[i] = -1;
        }
    }

    errno = saved;

    return 0;
}


uint16_t
mw_udp_bind(const mw_addr_t *listen, unsigned n, uint16_t first, uint16_t last,
    int fds[MW_UDP_SOCKETS], const char **err)
{
    uint32_t port;
    uint16_t bound;

    /* port 0 of a test may be taken for the second family: try again */

    if (first == 0) {
        for (port = 0; port < 16; port++) {
            bound = mw_udp_try(listen, n, 0, fds);

            if (bound != 0 || errno != EADDRINUSE) {
                break;
            }
        }

        if (bound == 0) {
            *err = "bind";
        }

        return bound;
    }

    for (port = first; port <= last; port++) {
        bound = mw_udp_try(listen, n, (uint16_t) port, fds);

        if (bound != 0) {
            return bound;
        }

        if (errno != EADDRINUSE) {
            *err = "bind";
            return 0;
        }
    }

    *err = "no free port in the range";

    return 0;
}


unsigned
mw_udp_local(bool ipv4, mw_addr_t *out, unsigned max)
{
    unsigned n;
    mw_addr_t addr;
    struct ifaddrs *list, *ifa;

    if (getifaddrs(&list) != 0) {
        return 0;
    }

    n = 0;

    for (ifa = list; ifa != NULL && n < max; ifa = ifa->ifa_next) {
        struct sockaddr_storage sa;

        if (ifa->ifa_addr == NULL || (ifa->ifa_flags & IFF_UP) == 0
            || (ifa->ifa_flags & IFF_LOOPBACK) != 0
            || ifa->ifa_addr->sa_family != (ipv4 ? AF_INET : AF_INET6))
        {
            continue;
        }

        memset(&sa, 0, sizeof(sa));
        memcpy(&sa, ifa->ifa_addr,
            ipv4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));

        if (mw_udp_from_sockaddr(&addr, &sa) && addr.scope == 0) {
            out[n++] = addr;
        }
    }

    freeifaddrs(list);

    return n;
}
