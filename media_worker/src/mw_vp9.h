/*
 * The VP9 payload descriptor, RFC 9628 section 4.2: the head up to TL0PICIDX is
 * read and can be written again; what follows it (references relative to the
 * picture, scalability structure) is read and needs no change.
 */

#ifndef MW_VP9_H
#define MW_VP9_H

#include "mw.h"

#define MW_VP9_HEAD_MAX 5
#define MW_VP9_SPATIAL  3 /* layers whose size is kept */

typedef struct {
    uint32_t picture_id; /* mw_vp9_write() takes the low 15 bits */
    uint8_t len;         /* of the head as received */
    uint8_t first;       /* first byte: I P L F B E V Z */
    uint8_t id_bits;     /* 0, 7 or 15 */
    uint8_t layer;       /* TID U SID D if has_layer */
    uint8_t tl0;         /* if has_tl0 */
    bool has_layer;
    bool has_tl0;
    bool start;      /* first packet of a picture */
    bool keyframe;   /* and that picture refers to no earlier one */
    bool end;        /* last packet of a layer's frame */
    uint8_t spatial; /* layers, if the structure is said; otherwise 0 */
    uint16_t width[MW_VP9_SPATIAL]; /* of them, 0: not said */
    uint16_t height[MW_VP9_SPATIAL];
} mw_vp9_t;


/* if has_layer: the temporal layer */
static inline uint8_t
mw_vp9_tid(const mw_vp9_t *d)
{
    return d->layer >> 5;
}


/* if has_layer: the spatial layer */
static inline uint8_t
mw_vp9_sid(const mw_vp9_t *d)
{
    return d->layer >> 1 & 7;
}


/* if has_layer: refers to the layer below in the same picture */
static inline bool
mw_vp9_inter(const mw_vp9_t *d)
{
    return (d->layer & 1) != 0;
}


/* refers to no earlier picture; its first packet need not have come */
static inline bool
mw_vp9_intra(const mw_vp9_t *d)
{
    return (d->first & 0x40) == 0;
}


/* if has_layer: no later picture of a layer above refers to one before this */
static inline bool
mw_vp9_up(const mw_vp9_t *d)
{
    return (d->layer & 0x10) != 0;
}


/* MW_OK, or MW_DROP: truncated */
mw_rc_t mw_vp9_parse(mw_vp9_t *d, const uint8_t *payload, size_t len);

/* always with a 15-bit picture id if there is one; returns the length */
size_t mw_vp9_write(const mw_vp9_t *d, uint8_t *out);


#endif /* MW_VP9_H */
