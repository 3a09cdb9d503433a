/*
 * What every file of the media worker shares: result codes, time, addresses,
 * packets and byte order.  No state, no functions that can fail silently.
 */

#ifndef MW_H
#define MW_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>


/*
 * OK: done.  AGAIN: call again when more input or room is there.  DROP: the
 * peer is at fault, the input is already counted, carry on.  ERROR: we are at
 * fault or out of resources; the caller closes the thing it was working on.
 */
typedef enum {
    MW_OK = 0,
    MW_AGAIN = -1,
    MW_DROP = -2,
    MW_ERROR = -3
} mw_rc_t;


/* microseconds on CLOCK_MONOTONIC; always a parameter, never read inside */
typedef int64_t mw_usec_t;

#define MW_MSEC  ((mw_usec_t) 1000)
#define MW_SEC   ((mw_usec_t) 1000000)
#define MW_NEVER INT64_MAX


/*
 * Where a peer is reached.  Tagged, so that a stream through nginx or a TURN
 * relay can be added without touching the path above.  IPv4 is stored as the
 * IPv4-mapped IPv6 address, so one comparison serves both families and an ACL
 * cannot be passed by writing an address the other way (::ffff:127.0.0.1).
 */
typedef enum {
    MW_ADDR_NONE = 0,
    MW_ADDR_UDP
} mw_addr_kind_t;

typedef struct {
    uint8_t ip[16];
    uint16_t port; /* host byte order */
    uint8_t kind;  /* mw_addr_kind_t */
    uint8_t pad;
    uint32_t scope; /* of link-local IPv6, otherwise 0 */
} mw_addr_t;

_Static_assert(sizeof(mw_addr_t) == 24, "compared and hashed as bytes");


static inline bool
mw_addr_equal(const mw_addr_t *a, const mw_addr_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}


static inline bool
mw_addr_is_ipv4(const mw_addr_t *a)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255,
        255 };

    return memcmp(a->ip, mapped, sizeof(mapped)) == 0;
}


/*
 * One datagram in a buffer of a fixed pool.  `data` may move forward inside
 * `buf`.  MW_PKT_ROOM leaves place behind the largest datagram for an SRTP
 * trailer (SRTP_MAX_TRAILER_LEN).
 */
#define MW_PKT_MAX  1500
#define MW_PKT_ROOM 160

typedef struct {
    uint8_t *data;
    size_t len;
    mw_usec_t received;
    uint8_t buf[MW_PKT_MAX + MW_PKT_ROOM];
} mw_pkt_t;


/* network byte order, unaligned */

static inline uint16_t
mw_get16(const uint8_t *p)
{
    return (uint16_t) (p[0] << 8 | p[1]);
}


#define MW_CACHE_LINE 64 /* of x86-64 and most of arm64; only for prefetching */


static inline uint32_t
mw_get24(const uint8_t *p)
{
    return (uint32_t) p[0] << 16 | (uint32_t) p[1] << 8 | p[2];
}


static inline uint32_t
mw_get32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | mw_get24(p + 1);
}


static inline uint64_t
mw_get64(const uint8_t *p)
{
    return (uint64_t) mw_get32(p) << 32 | mw_get32(p + 4);
}


static inline void
mw_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t) (v >> 8);
    p[1] = (uint8_t) v;
}


static inline void
mw_put24(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t) (v >> 16);
    p[1] = (uint8_t) (v >> 8);
    p[2] = (uint8_t) v;
}


static inline void
mw_put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t) (v >> 24);
    mw_put24(p + 1, v);
}


static inline void
mw_put64(uint8_t *p, uint64_t v)
{
    mw_put32(p, (uint32_t) (v >> 32));
    mw_put32(p + 4, (uint32_t) v);
}


/* what a source is: the low two bits of its id, see meet_ipc.h */
typedef enum {
    MW_KIND_MIC = 0,
    MW_KIND_CAM,
    MW_KIND_SCREEN_AUDIO,
    MW_KIND_SCREEN
} mw_kind_t;

#define MW_KINDS 4


static inline bool
mw_kind_is_video(mw_kind_t kind)
{
    return ((unsigned) kind & 1u) != 0;
}


#endif /* MW_H */
