/*
 * What of a receiver's room each picture gets.  Pure.
 *
 * A picture's levels are what can be had of it, least first (mw_layer_levels():
 * more pictures a second before larger ones).  Most important first:
 * everybody's lowest level, then one step up at a time in the same order as
 * long as it fits, up to the whole of the layer that fills the tile.
 * Steps above what is shown now need some room to spare, so that a picture
 * does not go up and down with every breath of the estimate.  The first
 * picture is never left out.
 */

#ifndef MW_ALLOCATE_H
#define MW_ALLOCATE_H

#include "mw_layer_choice.h"

typedef struct {
    uint32_t rate[MW_LEVELS]; /* bit/s, lowest level first */
    uint8_t levels;           /* 0: nothing to send */
    uint8_t most;             /* the level that fills the tile */
    int8_t shown;             /* now; -1: nothing */
    int8_t chosen;            /* the result; -1: nothing */
} mw_allocate_t;


/*
 * Fills in `chosen`, within `room` bit/s.  Returns the bit/s that would be
 * used if there were no limit.
 */
uint32_t mw_allocate(mw_allocate_t *items, unsigned n, uint32_t room);


#endif /* MW_ALLOCATE_H */
