/*
 * Which of a source's layers (encodings of one picture in several sizes) to
 * show.  Layers are known by what was measured of them, never by their names
 * or their order in the offer, which browsers give either way.  Pure.
 */

#ifndef MW_LAYER_CHOICE_H
#define MW_LAYER_CHOICE_H

#include "mw_demux.h"

typedef struct {
    uint32_t rate;  /* bit/s of late */
    uint16_t width; /* of its pictures, 0: not known */
    uint16_t height;
    bool alive; /* is being sent */
} mw_layer_info_t;


/* the layers that are alive, smallest first; returns how many */
unsigned mw_layer_rank(
    const mw_layer_info_t *layers, unsigned n, uint8_t order[MW_LAYERS]);

/* pixels from top to bottom; a guess from its rank where it is not known */
unsigned mw_layer_height(const mw_layer_info_t *layers, const uint8_t *order,
    unsigned n, unsigned i);

/*
 * The smallest one that fills `height` pixels, or the largest there is.
 * -1: none is alive.
 */
int mw_layer_choose(const mw_layer_info_t *layers, unsigned n, unsigned height);


#endif /* MW_LAYER_CHOICE_H */
