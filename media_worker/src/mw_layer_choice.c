/* Which of a source's layers to show. */

#include "mw_layer_choice.h"

/* a picture may be blown up by a quarter before a larger one is taken */
#define MW_LAYER_FILL(height) ((height) *4 / 5)

/* height of the largest of layers whose size nobody said; each below is half */
#define MW_LAYER_GUESS 720


unsigned
mw_layer_rank(
    const mw_layer_info_t *layers, unsigned n, uint8_t order[MW_LAYERS])
{
    bool sizes, less;
    unsigned i, j, count;
    const mw_layer_info_t *a, *b;

    sizes = true;
    count = 0;

    for (i = 0; i < n; i++) {
        sizes = sizes && (!layers[i].alive || layers[i].height != 0);
    }

    for (i = 0; i < n; i++) {
        if (!layers[i].alive) {
            continue;
        }

        for (j = count++; j > 0; j--) {
            a = &layers[i];
            b = &layers[order[j - 1]];
            less = sizes ? (uint32_t) a->width * a->height
                               < (uint32_t) b->width * b->height
                         : a->rate < b->rate;

            if (!less) {
                break;
            }

            order[j] = order[j - 1];
        }

        order[j] = (uint8_t) i;
    }

    return count;
}


unsigned
mw_layer_height(
    const mw_layer_info_t *layers, const uint8_t *order, unsigned n, unsigned i)
{
    if (layers[order[i]].height != 0) {
        return layers[order[i]].height;
    }

    return MW_LAYER_GUESS >> (n - 1 - i);
}


unsigned
mw_layer_levels(
    const mw_layer_info_t *layers, unsigned n, mw_level_t levels[MW_LEVELS])
{
    unsigned i, tid, temporal, count, total;
    uint8_t order[MW_LAYERS];
    const mw_layer_info_t *layer;

    count = mw_layer_rank(layers, n, order);
    total = 0;

    for (i = 0; i < count; i++) {
        layer = &layers[order[i]];
        temporal = layer->temporal < 1 ? 1 : layer->temporal;

        /* a quarter of the pictures moves too little to be worth its size */
        tid = i > 0 && temporal > MW_LAYER_FLUENT ? temporal - MW_LAYER_FLUENT
                                                  : 0;

        for (/* void */; tid < temporal; tid++) {
            levels[total].rate =
                tid + 1 == temporal ? layer->rate : layer->upto[tid];
            levels[total].height =
                (uint16_t) mw_layer_height(layers, order, count, i);
            levels[total].tid = (uint8_t) tid;
            total++;
        }
    }

    return total;
}


int
mw_layer_choose(const mw_layer_info_t *layers, unsigned n, unsigned height)
{
    unsigned i, count;
    uint8_t order[MW_LAYERS];

    count = mw_layer_rank(layers, n, order);

    for (i = 0; i < count; i++) {
        if (i + 1 == count
            || mw_layer_height(layers, order, count, i)
                   >= MW_LAYER_FILL(height))
        {
            return order[i];
        }
    }

    return -1;
}
