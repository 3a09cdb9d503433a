#include "mw_egress_pool.h"

#include <stdlib.h>


mw_rc_t
mw_egress_pool_init(mw_egress_pool_t *pool, unsigned slots, unsigned rooms)
{
    memset(pool, 0, sizeof(mw_egress_pool_t));

    pool->slots =
        aligned_alloc(MW_CACHE_LINE, slots * sizeof(mw_egress_slot_t));
    pool->rooms = malloc(rooms * sizeof(mw_egress_room_t));

    if (pool->slots == NULL || pool->rooms == NULL) {
        return MW_ERROR;
    }

    pool->nslots = slots;
    pool->nrooms = rooms;

    return MW_OK;
}


void
mw_egress_pool_free(mw_egress_pool_t *pool)
{
    free(pool->slots);
    free(pool->rooms);
}


mw_egress_slot_t *
mw_egress_pool_slot(mw_egress_pool_t *pool)
{
    mw_egress_slot_t *slot;

    slot = pool->free_slots;

    if (slot == NULL) {
        return pool->fresh_slots < pool->nslots
                   ? &pool->slots[pool->fresh_slots++]
                   : NULL;
    }

    pool->free_slots = slot->next;

    /* of the next one, what a packet's front takes */

    if (pool->free_slots != NULL) {
        __builtin_prefetch(pool->free_slots, 1);
        __builtin_prefetch(
            (const uint8_t *) pool->free_slots + MW_CACHE_LINE, 1);
    }

    return slot;
}


mw_egress_room_t *
mw_egress_pool_room(mw_egress_pool_t *pool)
{
    mw_egress_room_t *room;

    room = pool->free_rooms;

    if (room == NULL) {
        return pool->fresh_rooms < pool->nrooms
                   ? &pool->rooms[pool->fresh_rooms++]
                   : NULL;
    }

    pool->free_rooms = room->next;

    return room;
}


void
mw_egress_pool_give(mw_egress_pool_t *pool, mw_egress_slot_t *slot)
{
    if (slot->room != NULL) {
        slot->room->next = pool->free_rooms;
        pool->free_rooms = slot->room;
    }

    slot->next = pool->free_slots;
    pool->free_slots = slot;
}
