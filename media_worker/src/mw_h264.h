/* What an H.264 payload starts, RFC 6184: single NAL units, STAP-A, FU-A. */

#ifndef MW_H264_H
#define MW_H264_H

#include "mw.h"

typedef struct {
    bool sps;       /* holds a sequence parameter set */
    bool idr;       /* holds the start of an IDR slice */
    uint16_t width; /* by that set, 0: not said, or nothing we understand */
    uint16_t height;
} mw_h264_t;


/* MW_OK, or MW_DROP: truncated */
mw_rc_t mw_h264_parse(mw_h264_t *d, const uint8_t *payload, size_t len);


#endif /* MW_H264_H */
