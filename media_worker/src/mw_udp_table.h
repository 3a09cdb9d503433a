/*
 * Who gets a datagram: STUN by our ufrag, everything else by its path.
 *
 * Nodes live inside the peers, so that nothing is allocated and nothing can
 * be full.  A key is in the table once: a valid check from a path of another
 * peer takes it over (clients with few source ports re-use them), unless that
 * one holds it, see mw_ice_holds().
 */

#ifndef MW_UDP_TABLE_H
#define MW_UDP_TABLE_H

#include "mw.h"
#include "mw_udp_path.h"

#define MW_UFRAG_LEN 8 /* of the ufrags we make */

typedef struct mw_udp_table_s mw_udp_table_t;
typedef struct mw_udp_node_s mw_udp_node_t;

struct mw_udp_node_s {
    mw_udp_node_t *next;
    mw_udp_node_t **where; /* NULL: not in the table */
    void *peer;            /* mw_peer_t */
    union {
        mw_path_t path;
        uint8_t ufrag[MW_UFRAG_LEN];
    } key;
};


/* NULL: no memory or no randomness (hashes are seeded) */
mw_udp_table_t *mw_udp_table_create(void);
void mw_udp_table_destroy(mw_udp_table_t *table);

/* `ufrag` has MW_UFRAG_LEN characters; MW_DROP: already there */
mw_rc_t mw_udp_table_add_ufrag(
    mw_udp_table_t *table, mw_udp_node_t *node, void *peer, const char *ufrag);

/* takes the path away from whoever had it; that peer, or NULL */
void *mw_udp_table_add_path(mw_udp_table_t *table, mw_udp_node_t *node,
    void *peer, const mw_path_t *path);

/* also for a node that is not in the table */
void mw_udp_table_remove(mw_udp_node_t *node);

/* the peer, or NULL; `len` may be anything */
void *mw_udp_table_by_ufrag(
    const mw_udp_table_t *table, const uint8_t *ufrag, size_t len);
void *mw_udp_table_by_path(const mw_udp_table_t *table, const mw_path_t *path);


#endif /* MW_UDP_TABLE_H */
