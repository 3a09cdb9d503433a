/* What an H.264 payload starts, RFC 6184. */

#include "mw_h264.h"

#define MW_H264_TYPE 0x1f

/* RFC 6184 table 1, and table 7-1 of H.264 */
#define MW_H264_IDR    5
#define MW_H264_SPS    7
#define MW_H264_STAP_A 24
#define MW_H264_FU_A   28

#define MW_H264_FU_START 0x80


static void mw_h264_unit(mw_h264_t *d, uint8_t header);


mw_rc_t
mw_h264_parse(mw_h264_t *d, const uint8_t *payload, size_t len)
{
    size_t size;
    const uint8_t *p, *end;

    memset(d, 0, sizeof(*d));

    if (len == 0) {
        return MW_DROP;
    }

    p = payload;
    end = payload + len;

    switch (*p & MW_H264_TYPE) {
    case MW_H264_STAP_A:
        p++;

        while (p < end) {
            if (end - p < 3) {
                return MW_DROP;
            }

            size = mw_get16(p);
            p += 2;

            if (size == 0 || size > (size_t) (end - p)) {
                return MW_DROP;
            }

            mw_h264_unit(d, *p);
            p += size;
        }

        break;

    case MW_H264_FU_A:
        if (len < 3) {
            return MW_DROP;
        }

        if (p[1] & MW_H264_FU_START) {
            mw_h264_unit(d, p[1]);
        }

        break;

    default:
        mw_h264_unit(d, *p);
    }

    return MW_OK;
}


static void
mw_h264_unit(mw_h264_t *d, uint8_t header)
{
    switch (header & MW_H264_TYPE) {
    case MW_H264_SPS:
        d->sps = true;
        break;

    case MW_H264_IDR:
        d->idr = true;
        break;

    default:
        break;
    }
}
