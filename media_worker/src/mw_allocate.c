/* What of a receiver's room each picture gets. */

#include "mw_allocate.h"

/* a step above what is shown must leave this much */
#define MW_ALLOCATE_SPARE(cost) ((cost) / 5)

/* a picture that is there is not taken away for less than this */
#define MW_ALLOCATE_STAY(room) ((room) / 4)


static void mw_allocate_first(
    mw_allocate_t *item, uint32_t room, uint32_t *used);
static bool mw_allocate_to(
    mw_allocate_t *item, unsigned level, uint32_t room, uint32_t *used);


uint32_t
mw_allocate(mw_allocate_t *items, unsigned n, uint32_t room)
{
    int level;
    unsigned i;
    uint32_t used, wanted;

    wanted = 0;
    used = 0;

    for (i = 0; i < n; i++) {
        items[i].chosen = -1;

        if (items[i].levels == 0) {
            continue;
        }

        wanted += items[i].rate[items[i].most];

        if (i == 0) {
            mw_allocate_first(&items[i], room, &used);

        } else {
            (void) mw_allocate_to(&items[i], items[i].usable, room, &used);
        }
    }

    /* nobody goes up another step before all had their chance of this one */

    for (level = 0; level + 1 < MW_LEVELS; level++) {
        for (i = 0; i < n; i++) {
            if (items[i].chosen == level && level < items[i].most) {
                (void) mw_allocate_to(
                    &items[i], (unsigned) level + 1, room, &used);
            }
        }
    }

    return wanted;
}


static void
mw_allocate_first(mw_allocate_t *item, uint32_t room, uint32_t *used)
{
    unsigned level;

    item->chosen = 0;
    *used = item->rate[0];

    for (level = 1; level <= item->small; level++) {
        if (!mw_allocate_to(item, level, room, used)) {
            return;
        }
    }
}


static bool
mw_allocate_to(
    mw_allocate_t *item, unsigned level, uint32_t room, uint32_t *used)
{
    uint32_t cost, spare, before;

    cost = item->rate[level];
    before = item->chosen < 0 ? 0 : item->rate[item->chosen];
    cost = cost > before ? cost - before : 0;
    spare = (int) level > item->shown ? MW_ALLOCATE_SPARE(cost) : 0;

    if (item->chosen < 0 && item->shown >= 0) {
        room += MW_ALLOCATE_STAY(room);
    }

    if (*used > room || cost + spare > room - *used) {
        return false;
    }

    *used += cost;
    item->chosen = (int8_t) level;

    return true;
}
