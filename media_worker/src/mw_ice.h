/*
 * The ICE-lite side (RFC 8445) of one peer: STUN checks in, responses out.
 *
 * Sans-IO: holds no socket and no timer.  The browser is always controlling;
 * we answer checks, remember which paths passed MESSAGE-INTEGRITY and choose
 * the one to send on.
 */

#ifndef MW_ICE_H
#define MW_ICE_H

#include "mw.h"
#include "mw_udp_path.h"
#include "mw_udp_table.h"

#define MW_ICE_UFRAG_MAX 256 /* RFC 8839 section 5.4 */
#define MW_ICE_PWD_MAX   256
#define MW_ICE_PWD_LEN   24 /* of the passwords we make: 144 bit */
#define MW_ICE_PATHS     8
#define MW_ICE_REPLY_MAX 256 /* of a response */

#define MW_ICE_CONSENT (30 * MW_SEC) /* RFC 7675 section 5.1 */
#define MW_ICE_STALE   (5 * MW_SEC)  /* a path without checks may be left */
#define MW_ICE_HELD    (7 * MW_SEC)  /* longer than between two checks, 4-6 s */


typedef struct {
    char ufrag[MW_ICE_UFRAG_MAX + 1];
    char pwd[MW_ICE_PWD_MAX + 1];
} mw_ice_creds_t;


typedef struct {
    bool used;
    bool proven; /* our datagrams arrive there */
    mw_path_t path;
    mw_usec_t checked;   /* last authenticated check */
    mw_usec_t nominated; /* last one that nominated it, 0: never */
    uint32_t priority;   /* of the last check */
    uint32_t nomination; /* value of NOMINATION, 0: none seen */
    mw_udp_node_t node;  /* for the owner's table */
} mw_ice_tuple_t;


/* the first failed gate decides */
typedef struct {
    uint64_t checks;           /* authenticated */
    uint64_t drop_malformed;   /* not STUN, or attributes overrun */
    uint64_t drop_class;       /* no Binding request */
    uint64_t drop_fingerprint; /* none or wrong */
    uint64_t drop_username;    /* none or not ours */
    uint64_t drop_integrity;   /* none or wrong */
    uint64_t drop_priority;    /* none */
    uint64_t drop_unknown;     /* comprehension-required and not understood */
    uint64_t conflicts;        /* answered with 487 */
    uint64_t evicted;          /* oldest path gave way to a ninth */
} mw_ice_stats_t;


typedef struct {
    mw_usec_t consent; /* last authenticated check, 0: never */
    int selected;      /* index in tuples, -1: none */
    bool pinned;       /* a DTLS handshake runs: keep `selected` */
    mw_ice_creds_t local;
    mw_ice_creds_t old; /* valid until a check with `local`, or empty */
    mw_ice_creds_t remote;
    mw_ice_tuple_t tuples[MW_ICE_PATHS];
    mw_ice_stats_t stats;
} mw_ice_t;


/* what one datagram led to, bits */
#define MW_ICE_REPLY    0x1 /* send `reply` to where it came from */
#define MW_ICE_ADDED    0x2 /* `tuple` is new */
#define MW_ICE_SELECTED 0x4 /* the path to send on changed */
#define MW_ICE_RENEWED  0x8 /* first check with new credentials: old are gone */
#define MW_ICE_CHECKED                                                         \
    0x10 /* authenticated; set with each of the above but a
                                487 */

typedef struct {
    unsigned events;
    mw_ice_tuple_t *tuple; /* if MW_ICE_CHECKED; path already set */
    uint8_t reply[MW_ICE_REPLY_MAX];
    size_t reply_len;
} mw_ice_result_t;


/*
 * A STUN message shorter than this or without the magic cookie is not even
 * looked up.  Points at the first half of USERNAME (our ufrag), NULL: none.
 * Pure; for the demultiplexer, nothing is authenticated yet.
 */
const uint8_t *mw_ice_peek_ufrag(
    const uint8_t *data, size_t len, size_t *ufrag_len);

/* letters, digits, + and / (RFC 8839 section 5.4); MW_ERROR: no randomness */
mw_rc_t mw_ice_make_creds(mw_ice_creds_t *creds);

/* MW_ERROR: no randomness */
mw_rc_t mw_ice_init(mw_ice_t *ice, const mw_ice_creds_t *remote);

/*
 * A source address can be forged, and a lite agent has no check of its own to
 * find out.  What cannot be forged is a DTLS handshake: whoever did all of it
 * from one path has read what was sent there.  Such a path is held as long as
 * it is checked; nobody else's check takes it.
 */
void mw_ice_prove(mw_ice_t *ice, const mw_path_t *path);
bool mw_ice_holds(mw_ice_t *ice, const mw_path_t *path, mw_usec_t now);

/* MW_OK: restarted; MW_DROP: `remote` is what we had; MW_ERROR: randomness */
mw_rc_t mw_ice_restart(mw_ice_t *ice, const mw_ice_creds_t *remote);

/*
 * One datagram.  MW_OK: authenticated, or a 487 is to be sent.  MW_DROP:
 * counted, to be ignored without any answer.  Evicting the oldest path takes
 * its node out of the table.
 */
mw_rc_t mw_ice_input(mw_ice_t *ice, const mw_path_t *path, const uint8_t *data,
    size_t len, mw_usec_t now, mw_ice_result_t *result);

/* NULL: this path passed no check */
mw_ice_tuple_t *mw_ice_find(mw_ice_t *ice, const mw_path_t *path);

/* another peer has taken this path; true: it was the selected one */
bool mw_ice_forget(mw_ice_t *ice, const mw_path_t *path);

/* the path to send on, NULL: none */
const mw_path_t *mw_ice_selected(const mw_ice_t *ice);

/* while a DTLS handshake runs, and after it */
void mw_ice_pin(mw_ice_t *ice, bool pinned);

bool mw_ice_fresh(const mw_ice_t *ice, mw_usec_t now);


#endif /* MW_ICE_H */
