/* How far a slot looks back: its map is as long as its source keeps packets. */

#include "mw_slot_rewrite.h"

#include <stdlib.h>


bool
mw_slot_look_back(mw_slot_t *slot, uint64_t entries, bool keep)
{
    uint32_t window;
    uint64_t i;
    mw_slot_entry_t *map;

    window = slot->conf.video ? MW_SLOT_WINDOW_LEAST : MW_SLOT_WINDOW_AUDIO;

    while (
        window < entries && window < MW_SLOT_WINDOW_VIDEO && slot->conf.video) {
        window *= 2;
    }

    if (window == slot->window || (keep && window < slot->window)) {
        return true;
    }

    map = calloc(window, sizeof(*map));

    if (map == NULL) {
        return slot->map != NULL;
    }

    if (keep) {
        if (slot->next - slot->epoch > slot->window) {
            slot->epoch = slot->next - slot->window;
        }

        for (i = slot->epoch; i < slot->next; i++) {
            map[i & (window - 1)] = *mw_slot_entry(slot, i);
        }
    }

    free(slot->map);
    slot->map = map;
    slot->window = window;

    return true;
}
