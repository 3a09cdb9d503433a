/*
 * What of a receiver's room each picture gets.  Pure.
 *
 * A picture's levels are what can be had of it, least first (mw_layer_levels():
 * more pictures a second before larger ones).  The first picture, which is the
 * most important one, gets the whole of its smallest layer before others get
 * anything, and is never left out.  Then come the others in their order, with a
 * level that moves well enough or not at all: an honest still is better than
 * pictures that jerk.  Then everybody goes one step up at a time in the same
 * order as long as it fits, up to the whole of the layer that fills the tile.
 * Steps above what is shown now need some room to spare, so that a picture
 * does not go up and down with every breath of the estimate.
 */

#ifndef MW_ALLOCATE_H
#define MW_ALLOCATE_H

#include "mw_layer_choice.h"

typedef struct {
    uint32_t rate[MW_LEVELS]; /* bit/s, lowest level first */
    uint8_t levels;           /* 0: nothing to send */
    uint8_t most;             /* the level that fills the tile */
    uint8_t usable;           /* the least that moves well enough */
    uint8_t small;            /* the whole of the smallest layer */
    int8_t shown;             /* now; -1: nothing */
    int8_t chosen;            /* the result; -1: nothing */
} mw_allocate_t;


/*
 * Fills in `chosen`, within `room` bit/s.  Returns the bit/s that would be
 * used if there were no limit.
 */
uint32_t mw_allocate(mw_allocate_t *items, unsigned n, uint32_t room);


#endif /* MW_ALLOCATE_H */
