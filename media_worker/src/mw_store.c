/* A source's packets, kept once for all who receive them. */

#include <stdlib.h>

#include "mw_store.h"

#define MW_STORE_NONE UINT32_MAX

/* when less than this part is free, each store is held to its share */
#define MW_STORE_SHORT 8

/* a share is never smaller */
#define MW_STORE_SHARE_MIN 8

/* what was dropped so many ago is read by nobody */
#define MW_POOL_ROUNDS 2


static const uint32_t mw_pool_no_round;


struct mw_pool_s {
    mw_stored_t *packets;
    uint32_t count;
    uint32_t fresh; /* packets from here on were never used */
    uint32_t free;  /* list head, MW_STORE_NONE: empty */
    uint32_t freed; /* its end: what is given back is taken last */
    uint32_t used;
    uint32_t stores;
    const uint32_t *round;
    void (*settle)(void *ctx);
    void *ctx;
    mw_stored_t spare;
};

struct mw_store_s {
    mw_pool_t *pool;
    mw_usec_t age;
    int64_t low;   /* of what may be kept, if used */
    int64_t high;  /* highest ever put, if used */
    uint32_t size; /* power of two */
    uint32_t used;
    uint32_t ring[]; /* index in the pool by sequence number */
};


static mw_stored_t *mw_store_at(const mw_store_t *store, int64_t seq);
static void mw_store_drop(mw_store_t *store, int64_t seq);
static void mw_store_drop_oldest(mw_store_t *store);
static uint32_t mw_store_limit(const mw_store_t *store);
static uint32_t mw_pool_take(mw_pool_t *pool);
static void mw_pool_give(mw_pool_t *pool, uint32_t i);
static mw_stored_t *mw_pool_spare(mw_pool_t *pool, int64_t seq);
static bool mw_pool_is_read(const mw_pool_t *pool, const mw_stored_t *pkt);
static void mw_pool_reuse(mw_pool_t *pool, const mw_stored_t *pkt);


mw_pool_t *
mw_pool_create(uint32_t packets)
{
    mw_pool_t *pool;

    pool = calloc(1, sizeof(*pool));

    if (pool == NULL) {
        return NULL;
    }

    pool->packets = calloc(packets, sizeof(*pool->packets));

    if (pool->packets == NULL) {
        free(pool);
        return NULL;
    }

    pool->count = packets;
    pool->free = MW_STORE_NONE;
    pool->round = &mw_pool_no_round;

    return pool;
}


void
mw_pool_guard(mw_pool_t *pool, const uint32_t *round, void (*settle)(void *ctx),
    void *ctx)
{
    pool->round = round;
    pool->settle = settle;
    pool->ctx = ctx;
}


void
mw_pool_destroy(mw_pool_t *pool)
{
    if (pool == NULL) {
        return;
    }

    free(pool->packets);
    free(pool);
}


uint32_t
mw_pool_used(const mw_pool_t *pool)
{
    return pool->used;
}


mw_store_t *
mw_store_create(mw_pool_t *pool, uint32_t packets, mw_usec_t age)
{
    uint32_t i;
    mw_store_t *store;

    store = malloc(sizeof(*store) + packets * sizeof(store->ring[0]));

    if (store == NULL) {
        return NULL;
    }

    memset(store, 0, sizeof(*store));
    store->pool = pool;
    store->age = age;
    store->size = packets;

    for (i = 0; i < packets; i++) {
        store->ring[i] = MW_STORE_NONE;
    }

    pool->stores++;

    return store;
}


void
mw_store_destroy(mw_store_t *store)
{
    if (store == NULL) {
        return;
    }

    mw_store_expire(store, MW_NEVER);
    store->pool->stores--;
    free(store);
}


mw_stored_t *
mw_store_put(mw_store_t *store, int64_t seq, mw_usec_t now)
{
    uint32_t i;
    mw_pool_t *pool;
    mw_stored_t *pkt;

    pool = store->pool;

    mw_store_expire(store, now);

    while (store->used != 0 && store->used >= mw_store_limit(store)) {
        mw_store_drop_oldest(store);
    }

    if (store->used != 0 && seq - store->low >= store->size) {
        if (seq - store->high >= store->size) {
            mw_store_expire(store, MW_NEVER);

        } else {
            while (seq - store->low >= store->size) {
                mw_store_drop(store, store->low++);
            }
        }
    }

    if (store->used == 0) {
        store->low = seq;
        store->high = seq;

    } else if (seq <= store->high - store->size) {
        return mw_pool_spare(pool, seq);
    }

    i = mw_pool_take(pool);

    if (i == MW_STORE_NONE && store->used != 0) {
        mw_store_drop_oldest(store);
        i = mw_pool_take(pool);
    }

    if (i == MW_STORE_NONE) {
        return mw_pool_spare(pool, seq);
    }

    mw_store_drop(store, seq);

    if (store->used == 0) {
        store->low = seq;
        store->high = seq;
    }

    store->low = seq < store->low ? seq : store->low;
    store->high = seq > store->high ? seq : store->high;
    store->ring[(uint64_t) seq & (store->size - 1)] = i;
    store->used++;

    pkt = &pool->packets[i];
    pkt->seq = seq;
    pkt->received = now;

    return pkt;
}


mw_stored_t *
mw_store_get(const mw_store_t *store, int64_t seq)
{
    return mw_store_at(store, seq);
}


uint32_t
mw_store_span(const mw_store_t *store)
{
    return store->used == 0 ? 0 : (uint32_t) (store->high - store->low + 1);
}


void
mw_store_expire(mw_store_t *store, mw_usec_t now)
{
    mw_stored_t *pkt;

    while (store->used != 0) {
        pkt = mw_store_at(store, store->low);

        if (pkt != NULL) {
            if (now != MW_NEVER && now - pkt->received <= store->age) {
                return;
            }

            mw_store_drop(store, store->low);
        }

        store->low++;
    }
}


static mw_stored_t *
mw_store_at(const mw_store_t *store, int64_t seq)
{
    uint32_t i;
    mw_stored_t *pkt;

    i = store->ring[(uint64_t) seq & (store->size - 1)];

    if (i == MW_STORE_NONE) {
        return NULL;
    }

    pkt = &store->pool->packets[i];

    return pkt->seq == seq ? pkt : NULL;
}


static void
mw_store_drop(mw_store_t *store, int64_t seq)
{
    mw_stored_t *pkt;

    pkt = mw_store_at(store, seq);

    if (pkt == NULL) {
        return;
    }

    pkt->seq = -1;
    mw_pool_give(store->pool, (uint32_t) (pkt - store->pool->packets));

    store->ring[(uint64_t) seq & (store->size - 1)] = MW_STORE_NONE;
    store->used--;
}


static void
mw_store_drop_oldest(mw_store_t *store)
{
    while (mw_store_at(store, store->low) == NULL) {
        store->low++;
    }

    mw_store_drop(store, store->low++);
}


static uint32_t
mw_store_limit(const mw_store_t *store)
{
    uint32_t share;
    const mw_pool_t *pool;

    pool = store->pool;

    if (pool->count - pool->used >= pool->count / MW_STORE_SHORT) {
        return store->size;
    }

    share = pool->count / pool->stores;

    if (share < MW_STORE_SHARE_MIN) {
        share = MW_STORE_SHARE_MIN;
    }

    return share < store->size ? share : store->size;
}


static uint32_t
mw_pool_take(mw_pool_t *pool)
{
    uint32_t i;

    i = pool->free;

    if (i != MW_STORE_NONE
        && (!mw_pool_is_read(pool, &pool->packets[i])
            || pool->fresh == pool->count))
    {
        mw_pool_reuse(pool, &pool->packets[i]);
        pool->free = pool->packets[i].next_free;

    } else if (pool->fresh < pool->count) {
        i = pool->fresh++;

    } else {
        return MW_STORE_NONE;
    }

    pool->used++;

    return i;
}


static void
mw_pool_give(mw_pool_t *pool, uint32_t i)
{
    mw_stored_t *pkt;

    pkt = &pool->packets[i];
    pkt->dropped = *pool->round;
    pkt->next_free = MW_STORE_NONE;

    if (pool->free == MW_STORE_NONE) {
        pool->free = i;

    } else {
        pool->packets[pool->freed].next_free = i;
    }

    pool->freed = i;
    pool->used--;
}


/*
 * Is nobody's as soon as it is asked for again; who was given it puts it into
 * queues from then on, so rounds say nothing.
 */
static mw_stored_t *
mw_pool_spare(mw_pool_t *pool, int64_t seq)
{
    if (pool->settle != NULL) {
        pool->settle(pool->ctx);
    }

    pool->spare.seq = seq;

    return &pool->spare;
}


/* perhaps by a queue, after it was dropped */
static bool
mw_pool_is_read(const mw_pool_t *pool, const mw_stored_t *pkt)
{
    return *pool->round - pkt->dropped < MW_POOL_ROUNDS;
}


static void
mw_pool_reuse(mw_pool_t *pool, const mw_stored_t *pkt)
{
    if (pool->settle != NULL && mw_pool_is_read(pool, pkt)) {
        pool->settle(pool->ctx);
    }
}
