/*
 * control.sock: SOCK_SEQPACKET, one message a packet.  An nginx worker walks
 *
 *   <- CHALLENGE {nonce}
 *   -> HELLO {role, pid, nonce, proof}          proof of the instance key
 *   <- WELCOME {proof, supervisor}              and theirs
 *   -> CONFIGURE {generation, ...}              newer wins, equal is a no-op
 *   <- CONFIGURED {status, generation in force, workers}
 *   <- WORKER {...} + 3 descriptors             once per media worker
 *   <- WORKER {...}                             whenever its state changes
 *   <- GONE {worker}                            it died or has drained
 *
 * proof = HMAC-SHA-256(instance key, label | nonce of the other side | version
 * major, minor | role), label "meet nginx" for HELLO and "meet media" for
 * WELCOME, integers as in the struct.  SO_PEERCRED is checked besides.
 *
 * End of file on this socket is the one death notice, both ways.  HELLO must
 * arrive within MEET_CTL_HELLO_MS; a peer that sends anything malformed gets
 * ERROR, then end of file.
 */

#ifndef MEET_CTL_H
#define MEET_CTL_H

#include "meet_ipc.h"


#define MEET_CTL_SOCKET    "control.sock"
#define MEET_CTL_HELLO_MS  5000
#define MEET_CTL_MAX       4096 /* bytes of one message */
#define MEET_WORKERS_MAX   64
#define MEET_ADDRESSES_MAX 8

#define MEET_CTL_CHALLENGE  1
#define MEET_CTL_HELLO      2
#define MEET_CTL_WELCOME    3
#define MEET_CTL_CONFIGURE  4
#define MEET_CTL_CONFIGURED 5
#define MEET_CTL_WORKER     6
#define MEET_CTL_GONE       7
#define MEET_CTL_ERROR      8

#define MEET_PROOF_NGINX "meet nginx"
#define MEET_PROOF_MEDIA "meet media"


/* in front of every message; `length` counts this header and the body */
typedef struct {
    uint32_t magic;
    uint16_t major;
    uint16_t minor;
    uint16_t type;
    uint16_t reserved;
    uint32_t length;
} meet_ctl_header_t;

_Static_assert(sizeof(meet_ctl_header_t) == 16, "control header");


typedef struct {
    meet_ctl_header_t header;
    uint8_t nonce[MEET_KEY_LEN];
} meet_ctl_challenge_t;

_Static_assert(sizeof(meet_ctl_challenge_t) == 48, "CHALLENGE");


typedef struct {
    meet_ctl_header_t header;
    uint32_t role; /* meet_process_role_t */
    uint32_t pid;
    uint8_t nonce[MEET_KEY_LEN];
    uint8_t proof[MEET_KEY_LEN];
} meet_ctl_hello_t;

_Static_assert(sizeof(meet_ctl_hello_t) == 88, "HELLO");


typedef struct {
    meet_ctl_header_t header;
    uint64_t supervisor; /* random, new with each start of the supervisor */
    uint8_t proof[MEET_KEY_LEN];
} meet_ctl_welcome_t;

_Static_assert(sizeof(meet_ctl_welcome_t) == 56, "WELCOME");


/* IPv4 as IPv4-mapped IPv6; port 0 where the media worker chooses */
typedef struct {
    uint8_t ip[16];
    uint16_t port;
    uint16_t reserved;
} meet_ctl_address_t;

_Static_assert(sizeof(meet_ctl_address_t) == 20, "address");


/*
 * Everything meet-media is told; nginx.conf is the only configuration.
 * `generation` is CLOCK_BOOTTIME in milliseconds when nginx.conf was parsed.
 */
typedef struct {
    meet_ctl_header_t header;
    uint64_t generation;
    uint32_t workers; /* 0: one per core */
    uint16_t port_first;
    uint16_t port_last;    /* inclusive, at least 2 * workers ports */
    uint32_t rooms;        /* per media worker */
    uint32_t participants; /* per room */
    uint32_t absence_ms;   /* without socket and consent until the end */
    uint32_t settle_ms;    /* quiet time after a room is re-registered */
    uint32_t token_s;      /* how long a deleted incarnation is remembered */
    uint32_t loudest;      /* forwarded microphones per room */
    uint8_t listens;       /* 0: all IPv4 and IPv6 addresses */
    uint8_t advertises;    /* 0: the addresses listened on, else interfaces' */
    uint16_t spread;       /* participants of a room at one worker; 0: all */
    uint8_t reserved[4];
    meet_ctl_address_t listen[MEET_ADDRESSES_MAX];
    meet_ctl_address_t advertise[MEET_ADDRESSES_MAX];
} meet_ctl_configure_t;

_Static_assert(sizeof(meet_ctl_configure_t) == 384, "CONFIGURE");


typedef struct {
    meet_ctl_header_t header;
    uint64_t generation; /* in force: newer than sent if we came too late */
    uint32_t status;     /* MEET_OK or MEET_E_... */
    uint32_t workers;    /* how many WORKER messages with descriptors follow */
} meet_ctl_configured_t;

_Static_assert(sizeof(meet_ctl_configured_t) == 32, "CONFIGURED");


#define MEET_WORKER_ACTIVE   1 /* takes new rooms */
#define MEET_WORKER_DRAINING 2 /* only rooms it has; leaves when empty */

/*
 * With SCM_RIGHTS the first time: region memfd (sealed against shrinking and
 * growing), eventfd that wakes the media worker, eventfd that wakes nginx.
 */
typedef struct {
    meet_ctl_header_t header;
    uint64_t instance; /* random, never reused; placement names it */
    uint64_t region;   /* bytes; 0 when no descriptors come along */
    uint32_t index;    /* 0.., for people and metrics */
    uint32_t pid;
    uint32_t state; /* MEET_WORKER_... */
    uint16_t port;
    uint16_t reserved;
} meet_ctl_worker_t;

_Static_assert(sizeof(meet_ctl_worker_t) == 48, "WORKER");


typedef struct {
    meet_ctl_header_t header;
    uint64_t instance;
} meet_ctl_gone_t;

_Static_assert(sizeof(meet_ctl_gone_t) == 24, "GONE");


typedef struct {
    meet_ctl_header_t header;
    uint32_t code; /* MEET_E_... */
    uint32_t reserved;
} meet_ctl_error_t;

_Static_assert(sizeof(meet_ctl_error_t) == 24, "ERROR");


/*
 * The length of a well-formed message of `type` from a peer of our version, or
 * 0 for an unknown type.  meet_ctl_check() answers MEET_OK, MEET_E_VERSION or
 * MEET_E_BAD_RECORD for `len` received bytes; pure, fuzzed.
 */
size_t meet_ctl_length(unsigned type);
uint32_t meet_ctl_check(const void *buf, size_t len);
void meet_ctl_header(meet_ctl_header_t *header, unsigned type);


#endif /* MEET_CTL_H */
