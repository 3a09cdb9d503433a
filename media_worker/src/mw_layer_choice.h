/*
 * Which of a source's layers (encodings of one picture in several sizes) to
 * show.  Layers are known by what was measured of them, never by their names
 * or their order in the offer, which browsers give either way.  Pure.
 */

#ifndef MW_LAYER_CHOICE_H
#define MW_LAYER_CHOICE_H

#include "mw_demux.h"
#include "mw_picture.h"

#define MW_LEVELS (MW_LAYERS * MW_TEMPORAL)

/* of a larger layer so many temporal layers are steps: all, or all but one */
#define MW_LAYER_FLUENT 2

typedef struct {
    uint32_t rate;  /* bit/s of late */
    uint16_t width; /* of its pictures, 0: not known */
    uint16_t height;
    bool alive;                 /* is being sent */
    uint8_t temporal;           /* temporal layers, at least 1 */
    uint32_t upto[MW_TEMPORAL]; /* bit/s with those up to this one */
} mw_layer_info_t;

/* one of the steps from least to best that somebody can be sent */
typedef struct {
    uint32_t rate;   /* bit/s, 0: not known yet */
    uint16_t height; /* of its layer */
    uint8_t tid;     /* highest temporal layer */
} mw_level_t;


/* the layers that are alive, smallest first; returns how many */
unsigned mw_layer_rank(
    const mw_layer_info_t *layers, unsigned n, uint8_t order[MW_LAYERS]);

/* pixels from top to bottom; a guess from its rank where it is not known */
unsigned mw_layer_height(const mw_layer_info_t *layers, const uint8_t *order,
    unsigned n, unsigned i);

/*
 * Steps of the frame rate come before those of the size: what has half the
 * pictures of a layer or fewer than that is a step of the smallest one only.
 * Returns how many there are.
 */
unsigned mw_layer_levels(
    const mw_layer_info_t *layers, unsigned n, mw_level_t levels[MW_LEVELS]);

/*
 * The smallest one that fills `height` pixels, or the largest there is.
 * -1: none is alive.
 */
int mw_layer_choose(const mw_layer_info_t *layers, unsigned n, unsigned height);


#endif /* MW_LAYER_CHOICE_H */
