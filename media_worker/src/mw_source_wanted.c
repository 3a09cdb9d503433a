/*
 * Which layers of a source somebody needs, so that its publisher can rest the
 * others.  One is asked for at once and given up only after a while; the
 * smallest never, so that whoever comes has a picture soon.
 */

#include "mw_source_int.h"

/* nobody needed it for so long */
#define MW_WANTED_REST (5 * MW_SEC)

/* what was asked for comes within this time, or not at all */
#define MW_WANTED_COMES (3 * MW_SEC)


unsigned
mw_source_infos(
    const mw_source_t *source, mw_layer_info_t infos[MW_LAYERS], mw_usec_t now)
{
    unsigned i;
    const mw_source_layer_t *l;

    if (mw_source_layered(source)) {
        memcpy(infos, source->spatial.info, sizeof(source->spatial.info));
        return source->spatial.count;
    }

    for (i = 0; i < source->count; i++) {
        l = &source->layers[i];
        infos[i] = l->info;

        if (now == 0) {
            continue;
        }

        if (mw_source_is_relayed(source)) {
            infos[i].alive = (source->possible & 1u << i) != 0;

        } else if (l->last != 0
                   && ((source->wanted & 1u << i) == 0
                       || now - l->asked < MW_WANTED_COMES))
        {
            infos[i].alive = true;
        }
    }

    return source->count;
}


bool
mw_source_want(mw_source_t *source, mw_usec_t now)
{
    unsigned i;
    uint8_t bit, before, needed;
    mw_source_layer_t *l;

    if (source->count == 1) {
        return false;
    }

    before = source->wanted;
    needed = mw_source_needed(source, now);

    for (i = 0; i < source->count; i++) {
        bit = (uint8_t) (1u << i);
        l = &source->layers[i];

        l->needed = l->needed == 0 || (needed & bit) ? now : l->needed;

        if (needed & bit) {
            l->asked = before & bit ? l->asked : now;
            source->wanted |= bit;

        } else if (now - l->needed >= MW_WANTED_REST) {
            source->wanted &= (uint8_t) ~bit;
        }
    }

    return source->wanted != before;
}


unsigned
mw_source_wanted(const mw_source_t *source, uint8_t *layers)
{
    *layers = source->wanted & (uint8_t) ((1u << source->count) - 1);

    return source->count;
}


uint8_t
mw_source_needed(const mw_source_t *source, mw_usec_t now)
{
    int layer;
    uint8_t needed;
    unsigned i;
    const mw_tap_t *tap;
    const mw_slot_t *slot;
    const mw_listener_t *listener;
    mw_layer_info_t infos[MW_LAYERS];

    needed = 0;
    mw_source_infos(source, infos, now);

    for (i = 0; i < source->count; i++) {
        /* one that is new, and those that somebody sees until now */

        if ((source->layers[i].last == 0 && !mw_source_is_relayed(source))
            || source->layers[i].watchers != 0)
        {
            needed |= (uint8_t) (1u << i);
        }
    }

    layer = mw_layer_choose(infos, source->count, 0);
    needed |= (uint8_t) (layer < 0 ? 0 : 1u << layer);

    for (listener = source->slots.next; listener != &source->slots;
         listener = listener->next)
    {
        slot = (const mw_slot_t *) listener;

        if (!mw_slot_paused(slot)) {
            layer = mw_layer_choose(infos, source->count, mw_slot_height(slot));
            needed |= (uint8_t) (layer < 0 ? 0 : 1u << layer);
        }
    }

    for (tap = source->taps; tap != NULL; tap = tap->next) {
        needed |= tap->needed;
    }

    return needed;
}
