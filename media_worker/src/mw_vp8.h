/* The VP8 payload descriptor, RFC 7741 section 4.2: read, and write again. */

#ifndef MW_VP8_H
#define MW_VP8_H

#include "mw.h"

#define MW_VP8_DESC_MAX 6

typedef struct {
    uint32_t picture_id; /* mw_vp8_write() takes the low 15 bits */
    uint8_t len;         /* of the descriptor as received */
    uint8_t first;       /* first byte: X R N S R PID */
    uint8_t id_bits;     /* 0 (no picture id), 7 or 15 */
    uint8_t tl0;         /* if has_tl0 */
    uint8_t tid_key;     /* TID, Y, KEYIDX if has_tid or has_key */
    bool has_tl0;
    bool has_tid;
    bool has_key;
    bool start;    /* first packet of a picture */
    bool keyframe; /* and that picture is a keyframe */
} mw_vp8_t;


/* if has_tid: the temporal layer */
static inline uint8_t
mw_vp8_tid(const mw_vp8_t *d)
{
    return d->tid_key >> 6;
}


/* if has_tid: refers to nothing but layers below its own */
static inline bool
mw_vp8_sync(const mw_vp8_t *d)
{
    return (d->tid_key & 0x20) != 0;
}


/* MW_OK, or MW_DROP: truncated */
mw_rc_t mw_vp8_parse(mw_vp8_t *d, const uint8_t *payload, size_t len);

/*
 * Size of the picture (RFC 6386 section 9.1): `frame` is what follows the
 * descriptor of a keyframe's first packet.  False: too short, or no keyframe.
 */
bool mw_vp8_size(
    const uint8_t *frame, size_t len, uint16_t *width, uint16_t *height);

/* always with a 15-bit picture id if there is one; returns the length */
size_t mw_vp8_write(const mw_vp8_t *d, uint8_t *out);


#endif /* MW_VP8_H */
