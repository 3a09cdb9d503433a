/* The aggregation header of AV1 over RTP, and the units behind it. */

#ifndef MW_AV1_H
#define MW_AV1_H

#include "mw.h"

typedef struct {
    bool keyframe;  /* first packet of a coded video sequence */
    uint16_t width; /* of its largest picture, 0: not said here */
    uint16_t height;
} mw_av1_t;


/* MW_OK, or MW_DROP: truncated or element lengths that lie */
mw_rc_t mw_av1_parse(mw_av1_t *d, const uint8_t *payload, size_t len);


#endif /* MW_AV1_H */
