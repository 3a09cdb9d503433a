/*
 * Two chained hash tables with the nodes inside the peers.
 */

#include "mw_udp_table.h"

#include <stdlib.h>
#include <sys/random.h>


#define MW_UDP_BUCKETS 16384 /* power of two */


struct mw_udp_table_s {
    uint64_t seed[2]; /* an outsider cannot aim at one bucket */
    mw_udp_node_t *ufrags[MW_UDP_BUCKETS];
    mw_udp_node_t *paths[MW_UDP_BUCKETS];
};


mw_udp_table_t *
mw_udp_table_create(void)
{
    mw_udp_table_t *table;

    table = calloc(1, sizeof(mw_udp_table_t));
    if (table == NULL) {
        return NULL;
    }

    if (getrandom(table->seed, sizeof(table->seed), 0)
        != (ssize_t) sizeof(table->seed))
    {
        free(table);
        return NULL;
    }

    return table;
}


void
mw_udp_table_destroy(mw_udp_table_t *table)
{
    free(table);
}


/* multiply and fold, a word at a time; `len` is a multiple of 8 */
static unsigned
mw_udp_hash(const mw_udp_table_t *table, const void *key, size_t len)
{
    size_t i;
    uint64_t h, word;
    const uint8_t *p;

    p = key;
    h = table->seed[0];

    for (i = 0; i < len; i += 8) {
        memcpy(&word, p + i, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15ull;
        h ^= (h >> 29) ^ table->seed[1];
    }

    return (unsigned) ((h ^ (h >> 32)) & (MW_UDP_BUCKETS - 1));
}


static void
mw_udp_link(mw_udp_node_t **bucket, mw_udp_node_t *node)
{
    node->next = *bucket;
    node->where = bucket;

    if (node->next != NULL) {
        node->next->where = &node->next;
    }

    *bucket = node;
}


void
mw_udp_table_remove(mw_udp_node_t *node)
{
    if (node->where == NULL) {
        return;
    }

    *node->where = node->next;

    if (node->next != NULL) {
        node->next->where = node->where;
    }

    node->next = NULL;
    node->where = NULL;
}


static mw_udp_node_t *
mw_udp_find_ufrag(const mw_udp_table_t *table, const uint8_t *ufrag)
{
    mw_udp_node_t *node;

    node = table->ufrags[mw_udp_hash(table, ufrag, MW_UFRAG_LEN)];

    while (node != NULL && memcmp(node->key.ufrag, ufrag, MW_UFRAG_LEN) != 0) {
        node = node->next;
    }

    return node;
}


static mw_udp_node_t *
mw_udp_find_path(const mw_udp_table_t *table, const mw_path_t *path)
{
    mw_udp_node_t *node;

    node = table->paths[mw_udp_hash(table, path, sizeof(mw_path_t))];

    while (node != NULL && !mw_path_equal(&node->key.path, path)) {
        node = node->next;
    }

    return node;
}


mw_rc_t
mw_udp_table_add_ufrag(
    mw_udp_table_t *table, mw_udp_node_t *node, void *peer, const char *ufrag)
{
    unsigned bucket;

    if (mw_udp_find_ufrag(table, (const uint8_t *) ufrag) != NULL) {
        return MW_DROP;
    }

    mw_udp_table_remove(node);

    node->peer = peer;
    memcpy(node->key.ufrag, ufrag, MW_UFRAG_LEN);

    bucket = mw_udp_hash(table, ufrag, MW_UFRAG_LEN);
    mw_udp_link(&table->ufrags[bucket], node);

    return MW_OK;
}


void *
mw_udp_table_add_path(mw_udp_table_t *table, mw_udp_node_t *node, void *peer,
    const mw_path_t *path)
{
    void *prev;
    unsigned bucket;
    mw_udp_node_t *found;

    mw_udp_table_remove(node);

    prev = NULL;
    found = mw_udp_find_path(table, path);

    if (found != NULL) {
        prev = found->peer;
        mw_udp_table_remove(found);
    }

    node->peer = peer;
    node->key.path = *path;

    bucket = mw_udp_hash(table, path, sizeof(mw_path_t));
    mw_udp_link(&table->paths[bucket], node);

    return prev;
}


void *
mw_udp_table_by_ufrag(
    const mw_udp_table_t *table, const uint8_t *ufrag, size_t len)
{
    mw_udp_node_t *node;

    if (len != MW_UFRAG_LEN) {
        return NULL;
    }

    node = mw_udp_find_ufrag(table, ufrag);

    return node == NULL ? NULL : node->peer;
}


void *
mw_udp_table_by_path(const mw_udp_table_t *table, const mw_path_t *path)
{
    mw_udp_node_t *node;

    node = mw_udp_find_path(table, path);

    return node == NULL ? NULL : node->peer;
}
