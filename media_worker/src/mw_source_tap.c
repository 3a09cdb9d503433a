/* A source and other media workers: what it gives, and what it is told. */

#include "mw_source_int.h"


void
mw_source_attach_tap(mw_source_t *source, mw_tap_t *tap)
{
    tap->layers = 0;
    tap->needed = 0;
    tap->next = source->taps;
    source->taps = tap;
}


void
mw_source_detach_tap(mw_source_t *source, mw_tap_t *tap)
{
    mw_tap_t **p;

    mw_source_set_tap(source, tap, 0, 0);

    for (p = &source->taps; *p != tap; p = &(*p)->next) {
        /* void */
    }

    *p = tap->next;
}


void
mw_source_set_tap(
    mw_source_t *source, mw_tap_t *tap, uint8_t layers, uint8_t needed)
{
    unsigned i;
    uint8_t bit;

    layers &= (uint8_t) ((1u << source->count) - 1);
    tap->needed = needed;

    for (i = 0; i < source->count; i++) {
        bit = (uint8_t) (1u << i);

        if (layers & ~tap->layers & bit) {
            mw_source_watch(source, i);

        } else if (tap->layers & ~layers & bit) {
            mw_source_unwatch(source, i);
        }
    }

    tap->layers = layers;
}


unsigned
mw_source_tell(const mw_source_t *source, mw_layer_info_t infos[MW_LAYERS],
    uint8_t *possible, mw_usec_t now)
{
    unsigned i;

    *possible = 0;

    if (!mw_source_layered(source)) {
        (void) mw_source_infos(source, infos, now);

        for (i = 0; i < source->count; i++) {
            *possible |= (uint8_t) (infos[i].alive ? 1u << i : 0);
        }
    }

    for (i = 0; i < source->count; i++) {
        infos[i] = source->layers[i].info;
    }

    return source->count;
}


mw_rc_t
mw_source_learn(mw_source_t *source, const mw_layer_info_t *infos,
    unsigned count, uint8_t possible, mw_usec_t now)
{
    bool changed;
    unsigned i;
    mw_listener_t *slot, *next;
    const mw_layer_info_t *old;

    if (mw_source_set_layers(source, count) != MW_OK) {
        return MW_ERROR;
    }

    changed = source->possible != possible;
    source->possible = possible;

    for (i = 0; i < source->count && i < count; i++) {
        old = &source->layers[i].info;
        changed = changed || old->alive != infos[i].alive
                  || old->height != infos[i].height;

        source->layers[i].info = infos[i];
    }

    if (!changed || source->count == 1) {
        return MW_OK;
    }

    for (slot = source->slots.next; slot != &source->slots; slot = next) {
        next = slot->next;
        mw_slot_choose((mw_slot_t *) slot, now);
    }

    return MW_OK;
}


uint8_t
mw_source_watching(const mw_source_t *source)
{
    unsigned i;
    uint8_t layers;

    layers = 0;

    for (i = 0; i < source->count; i++) {
        layers |= (uint8_t) (source->layers[i].watchers != 0 ? 1u << i : 0);
    }

    return layers;
}
