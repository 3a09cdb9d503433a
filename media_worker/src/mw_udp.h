/*
 * The worker's UDP sockets and, through mw_udp_env(), the transport context
 * every peer is created in.
 *
 * Owned by the worker process, destroyed after the last peer.  All sockets
 * share one port number, taken from the configured range and held until
 * destroy.  Nothing blocks.
 */

#ifndef MW_UDP_H
#define MW_UDP_H

#include "mw.h"
#include "mw_peer.h"

#define MW_UDP_SOCKETS    8  /* listen addresses */
#define MW_UDP_CANDIDATES 16 /* advertised addresses */
#define MW_UDP_BATCH      64 /* datagrams read per call of mw_udp_readable() */

typedef struct mw_udp_s mw_udp_t;


/* addresses with port 0; the family decides between udp4 and udp6 */
typedef struct {
    mw_addr_t listen[MW_UDP_SOCKETS];
    unsigned nlisten; /* 0: 0.0.0.0 and, where the host has it, [::] */
    mw_addr_t advertise[MW_UDP_CANDIDATES];
    unsigned nadvertise; /* 0: the listen addresses, or for a wildcard the
                            host's addresses that are not loopback */
    uint16_t port_first; /* inclusive; both 0: any port (tests) */
    uint16_t port_last;
} mw_udp_conf_t;


typedef struct {
    uint64_t packets;
    uint64_t bytes;
    uint64_t drop_empty;  /* zero length */
    uint64_t drop_long;   /* above MW_PKT_MAX */
    uint64_t drop_kind;   /* neither STUN, DTLS, RTP nor RTCP (RFC 7983) */
    uint64_t drop_ufrag;  /* STUN for nobody here */
    uint64_t drop_path;   /* anything else from a path no check admitted */
    uint64_t gso_refused; /* sends repeated without segmentation */
    uint64_t send_again;  /* datagrams lost because the socket was full */
    uint64_t send_failed; /* datagrams lost for any other reason */
} mw_udp_stats_t;


/*
 * Binds and makes certificate and tables.  NULL: no memory, no free port in
 * the range or an address that is not ours; *err then names the step and
 * errno is kept.
 */
mw_udp_t *mw_udp_create(const mw_udp_conf_t *conf, const char **err);
void mw_udp_destroy(mw_udp_t *udp);

uint16_t mw_udp_port(const mw_udp_t *udp);

/* descriptors to poll for reading, level-triggered; CLOEXEC, non-blocking */
unsigned mw_udp_fds(const mw_udp_t *udp, int fds[MW_UDP_SOCKETS]);

/*
 * Reads one batch from `fd` and hands every datagram to its peer, whose
 * callbacks run inside.  MW_OK: the socket is empty.  MW_AGAIN: there may be
 * more; call again after the other descriptors had their turn.
 */
mw_rc_t mw_udp_readable(mw_udp_t *udp, int fd, mw_usec_t now);

/* where peers of this worker live; valid as long as udp */
mw_peer_env_t *mw_udp_env(mw_udp_t *udp);

/* host candidates for the answer, priorities unique; valid as long as udp */
const mw_addr_t *mw_udp_candidates(const mw_udp_t *udp, unsigned *n);

/* after a reload: new advertised addresses for answers from now on */
void mw_udp_advertise(mw_udp_t *udp, const mw_addr_t *addresses, unsigned n);

const mw_udp_stats_t *mw_udp_stats(const mw_udp_t *udp);

/* of what was sent because of a datagram that came */
const mw_residence_t *mw_udp_residence(const mw_udp_t *udp);


#endif /* MW_UDP_H */
