#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_ZONE_SIZE (4 * 1024 * 1024)
#define NGX_HTTP_MEET_ADDRESS   16


typedef struct {
    u_char address[NGX_HTTP_MEET_ADDRESS];
    uint32_t slot; /* of the worker that holds the places */
    uint32_t count;
} ngx_http_meet_place_t;


/* sorted by address, then slot: the rows of one address are neighbours */
typedef struct {
    ngx_rbtree_node_t node; /* key: hash of the address */
    ngx_http_meet_place_t place;
} ngx_http_meet_place_node_t;


typedef struct {
    ngx_rbtree_t places;
    ngx_rbtree_node_t sentinel;
    ngx_atomic_uint_t ended[NGX_HTTP_MEET_COUNTERS];
    ngx_atomic_uint_t live[NGX_MAX_PROCESSES][NGX_HTTP_MEET_COUNTERS];
} ngx_http_meet_zone_t;


static ngx_slab_pool_t *ngx_http_meet_shpool;
static ngx_http_meet_zone_t *ngx_http_meet_zone;

/* before init_process, and in processes that are no workers */
static ngx_atomic_uint_t ngx_http_meet_no_counters[NGX_HTTP_MEET_COUNTERS];

ngx_atomic_uint_t *ngx_http_meet_counters = ngx_http_meet_no_counters;


static ngx_int_t
ngx_http_meet_place_cmp(
    const ngx_rbtree_node_t *one, const ngx_rbtree_node_t *two)
{
    ngx_int_t rc;
    const ngx_http_meet_place_t *a, *b;

    if (one->key != two->key) {
        return one->key < two->key ? -1 : 1;
    }

    a = &((const ngx_http_meet_place_node_t *) one)->place;
    b = &((const ngx_http_meet_place_node_t *) two)->place;

    rc = ngx_memcmp(a->address, b->address, NGX_HTTP_MEET_ADDRESS);

    if (rc != 0 || a->slot == b->slot) {
        return rc;
    }

    return a->slot < b->slot ? -1 : 1;
}


static void
ngx_http_meet_place_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t **p;

    for (;;) {
        p = ngx_http_meet_place_cmp(node, temp) < 0 ? &temp->left
                                                    : &temp->right;

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static ngx_int_t
ngx_http_meet_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_slab_pool_t *shpool;
    ngx_http_meet_zone_t *zone;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (data != NULL) {
        shm_zone->data = data;
        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        shm_zone->data = shpool->data;
        return NGX_OK;
    }

    zone = ngx_slab_calloc(shpool, sizeof(ngx_http_meet_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    ngx_rbtree_init(&zone->places, &zone->sentinel, ngx_http_meet_place_insert);

    shpool->data = zone;
    shpool->log_nomem = 0;
    shm_zone->data = zone;

    return NGX_OK;
}


ngx_shm_zone_t *
ngx_http_meet_zone_add(ngx_conf_t *cf)
{
    ngx_shm_zone_t *shm_zone;

    static ngx_str_t name = ngx_string("ngx_http_meet");

    shm_zone = ngx_shared_memory_add(
        cf, &name, NGX_HTTP_MEET_ZONE_SIZE, &ngx_http_meet_module);

    if (shm_zone != NULL) {
        shm_zone->init = ngx_http_meet_zone_init;
    }

    return shm_zone;
}


/* the counters of a worker that ended, or whose slot we take over */
static void
ngx_http_meet_zone_settle_locked(ngx_atomic_uint_t *counters)
{
    ngx_uint_t i;

    for (i = NGX_HTTP_MEET_GAUGES; i < NGX_HTTP_MEET_COUNTERS; i++) {
        ngx_http_meet_zone->ended[i] += counters[i];
    }

    ngx_memzero(counters, NGX_HTTP_MEET_COUNTERS * sizeof(ngx_atomic_uint_t));
}


static void
ngx_http_meet_place_free_locked(ngx_rbtree_node_t *node)
{
    ngx_rbtree_delete(&ngx_http_meet_zone->places, node);
    ngx_slab_free_locked(ngx_http_meet_shpool, node);
}


/* the places of our slot: nobody else will give them back */
static void
ngx_http_meet_place_drop_locked(void)
{
    ngx_rbtree_node_t *node, *next;
    ngx_http_meet_place_node_t *place;

    node = ngx_http_meet_zone->places.root;

    if (node == &ngx_http_meet_zone->sentinel) {
        return;
    }

    node = ngx_rbtree_min(node, &ngx_http_meet_zone->sentinel);

    while (node != NULL) {
        next = ngx_rbtree_next(&ngx_http_meet_zone->places, node);
        place = (ngx_http_meet_place_node_t *) node;

        if (place->place.slot == (uint32_t) ngx_process_slot) {
            ngx_http_meet_place_free_locked(node);
        }

        node = next;
    }
}


void
ngx_http_meet_zone_init_process(ngx_shm_zone_t *shm_zone)
{
    ngx_http_meet_zone = shm_zone->data;
    ngx_http_meet_shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    ngx_http_meet_counters = ngx_http_meet_zone->live[ngx_process_slot];

    ngx_shmtx_lock(&ngx_http_meet_shpool->mutex);

    ngx_http_meet_zone_settle_locked(ngx_http_meet_counters);
    ngx_http_meet_place_drop_locked();

    ngx_shmtx_unlock(&ngx_http_meet_shpool->mutex);
}


void
ngx_http_meet_zone_exit_process(void)
{
    ngx_atomic_uint_t *counters;

    counters = ngx_http_meet_counters;
    ngx_http_meet_counters = ngx_http_meet_no_counters;

    ngx_shmtx_lock(&ngx_http_meet_shpool->mutex);

    ngx_http_meet_zone_settle_locked(counters);
    ngx_http_meet_place_drop_locked();

    ngx_shmtx_unlock(&ngx_http_meet_shpool->mutex);
}


void
ngx_http_meet_zone_sum(uint64_t *sums)
{
    ngx_uint_t i, slot;

    ngx_memzero(sums, NGX_HTTP_MEET_COUNTERS * sizeof(uint64_t));

    if (ngx_http_meet_zone == NULL) {
        return;
    }

    for (i = 0; i < NGX_HTTP_MEET_COUNTERS; i++) {
        sums[i] = ngx_http_meet_zone->ended[i];

        for (slot = 0; slot < NGX_MAX_PROCESSES; slot++) {
            sums[i] += ngx_http_meet_zone->live[slot][i];
        }
    }
}


static void
ngx_http_meet_place_set(
    ngx_http_meet_place_node_t *node, struct sockaddr *sa, ngx_uint_t slot)
{
    struct sockaddr_in *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6 *sin6;
#endif

    ngx_memzero(node, sizeof(ngx_http_meet_place_node_t));

    switch (sa->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            node->place.address[0] = AF_INET;
            ngx_memcpy(
                node->place.address + 1, sin6->sin6_addr.s6_addr + 12, 4);
            break;
        }

        node->place.address[0] = AF_INET6;
        ngx_memcpy(node->place.address + 1, sin6->sin6_addr.s6_addr, 8);
        break;
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        node->place.address[0] = AF_INET;
        ngx_memcpy(node->place.address + 1, &sin->sin_addr, 4);
        break;

    default:
        /* a socket of this machine: one client for all of them */
        break;
    }

    node->place.slot = (uint32_t) slot;
    node->node.key =
        ngx_crc32_short(node->place.address, NGX_HTTP_MEET_ADDRESS);
}


/* the first row that does not sort before `key`, or NULL */
static ngx_rbtree_node_t *
ngx_http_meet_place_find_locked(ngx_http_meet_place_node_t *key)
{
    ngx_rbtree_node_t *node, *found;

    found = NULL;
    node = ngx_http_meet_zone->places.root;

    while (node != &ngx_http_meet_zone->sentinel) {
        if (ngx_http_meet_place_cmp(node, &key->node) < 0) {
            node = node->right;

        } else {
            found = node;
            node = node->left;
        }
    }

    return found;
}


ngx_int_t
ngx_http_meet_zone_acquire(struct sockaddr *sa, ngx_uint_t max)
{
    ngx_uint_t total;
    ngx_rbtree_node_t *node;
    ngx_http_meet_place_node_t key, *place, *own;

    ngx_http_meet_place_set(&key, sa, 0);

    own = NULL;
    total = 0;

    ngx_shmtx_lock(&ngx_http_meet_shpool->mutex);

    for (node = ngx_http_meet_place_find_locked(&key); node != NULL;
         node = ngx_rbtree_next(&ngx_http_meet_zone->places, node))
    {
        place = (ngx_http_meet_place_node_t *) node;

        if (ngx_memcmp(
                place->place.address, key.place.address, NGX_HTTP_MEET_ADDRESS)
            != 0)
        {
            break;
        }

        total += place->place.count;

        if (place->place.slot == (uint32_t) ngx_process_slot) {
            own = place;
        }
    }

    if (total < max && own == NULL) {
        own = ngx_slab_alloc_locked(
            ngx_http_meet_shpool, sizeof(ngx_http_meet_place_node_t));

        if (own != NULL) {
            ngx_http_meet_place_set(own, sa, (ngx_uint_t) ngx_process_slot);
            ngx_rbtree_insert(&ngx_http_meet_zone->places, &own->node);
        }
    }

    if (total >= max || own == NULL) {
        ngx_shmtx_unlock(&ngx_http_meet_shpool->mutex);
        return NGX_BUSY;
    }

    own->place.count++;

    ngx_shmtx_unlock(&ngx_http_meet_shpool->mutex);

    return NGX_OK;
}


void
ngx_http_meet_zone_release(struct sockaddr *sa)
{
    ngx_rbtree_node_t *node;
    ngx_http_meet_place_node_t key, *place;

    ngx_http_meet_place_set(&key, sa, (ngx_uint_t) ngx_process_slot);

    ngx_shmtx_lock(&ngx_http_meet_shpool->mutex);

    node = ngx_http_meet_place_find_locked(&key);

    if (node != NULL && ngx_http_meet_place_cmp(node, &key.node) == 0) {
        place = (ngx_http_meet_place_node_t *) node;

        if (--place->place.count == 0) {
            ngx_http_meet_place_free_locked(node);
        }
    }

    ngx_shmtx_unlock(&ngx_http_meet_shpool->mutex);
}
