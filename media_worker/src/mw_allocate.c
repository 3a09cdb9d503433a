/* What of a receiver's room each picture gets. */

#include "mw_allocate.h"

/* a step above what is shown must leave this much */
#define MW_ALLOCATE_SPARE(cost) ((cost) / 5)

/* a picture that is there is not taken away for less than this */
#define MW_ALLOCATE_STAY(room) ((room) / 4)


static bool mw_allocate_step(
    mw_allocate_t *item, bool first, uint32_t room, uint32_t *used);


uint32_t
mw_allocate(mw_allocate_t *items, unsigned n, uint32_t room)
{
    bool more;
    int level;
    unsigned i;
    uint32_t used, wanted;

    wanted = 0;
    used = 0;

    for (i = 0; i < n; i++) {
        items[i].chosen = -1;

        if (items[i].levels != 0) {
            wanted += items[i].rate[items[i].most];
        }
    }

    /* nobody goes up another step before all had their chance of this one */

    for (level = 0; level < MW_LEVELS; level++) {
        more = false;

        for (i = 0; i < n; i++) {
            if (items[i].chosen == level - 1
                && mw_allocate_step(
                    &items[i], i == 0 && level == 0, room, &used))
            {
                more = true;
            }
        }

        if (!more) {
            break;
        }
    }

    return wanted;
}


static bool
mw_allocate_step(mw_allocate_t *item, bool first, uint32_t room, uint32_t *used)
{
    int next;
    uint32_t cost, spare;

    next = item->chosen + 1;

    if (next >= item->levels || next > item->most) {
        return false;
    }

    cost = item->rate[next];

    if (next > 0) {
        cost = cost > item->rate[next - 1] ? cost - item->rate[next - 1] : 0;
    }

    spare = next > item->shown ? MW_ALLOCATE_SPARE(cost) : 0;

    if (next == 0 && item->shown >= 0) {
        room += MW_ALLOCATE_STAY(room);
    }

    if (!first && (*used > room || cost + spare > room - *used)) {
        return false;
    }

    *used += cost;
    item->chosen = (int8_t) next;

    return true;
}
