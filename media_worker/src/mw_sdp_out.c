#include "mw_sdp_out.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>


void
mw_sdp_print(mw_sdp_out_t *out, const char *format, ...)
{
    int n;
    va_list args;

    va_start(args, format);
    n = vsnprintf(out->pos, out->room, format, args);
    va_end(args);

    if (n < 0 || (size_t) n >= out->room) {
        out->full = true;
        return;
    }

    out->pos += n;
    out->room -= (size_t) n;
}


void
mw_sdp_print_candidates(
    mw_sdp_out_t *out, const mw_addr_t *candidates, unsigned n)
{
    unsigned i;
    uint32_t priority;
    char text[INET6_ADDRSTRLEN];
    const mw_addr_t *addr;

    for (i = 0; i < n; i++) {
        addr = &candidates[i];

        if (mw_addr_is_ipv4(addr)) {
            (void) inet_ntop(AF_INET, addr->ip + 12, text, sizeof(text));

        } else {
            (void) inet_ntop(AF_INET6, addr->ip, text, sizeof(text));
        }

        /* RFC 8445 section 5.1.2.1: host, component 1, all different */
        priority = (126u << 24) | ((65535u - i) << 8) | 255u;

        mw_sdp_print(out, "a=candidate:%u 1 udp %" PRIu32 " %s %u typ host\r\n",
            i + 1, priority, text, addr->port);
    }

    mw_sdp_print(out, "a=end-of-candidates\r\n");
}
