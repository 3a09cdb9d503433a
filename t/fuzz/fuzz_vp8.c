/* The VP8 descriptor: what is written again reads the same. */

#include "mw_vp8.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    mw_vp8_t a, b;
    uint8_t out[MW_VP8_DESC_MAX + 1];

    if (mw_vp8_parse(&a, data, size) != MW_OK) {
        return 0;
    }

    if (a.len == 0 || a.len >= size || a.len > MW_VP8_DESC_MAX) {
        __builtin_trap();
    }

    len = mw_vp8_write(&a, out);

    if (len > MW_VP8_DESC_MAX) {
        __builtin_trap();
    }

    out[len] = data[a.len]; /* the first byte of the body */

    if (mw_vp8_parse(&b, out, len + 1) != MW_OK || b.len != len
        || b.picture_id != a.picture_id || b.tl0 != a.tl0 || b.start != a.start
        || b.keyframe != a.keyframe || (b.id_bits != 0) != (a.id_bits != 0)
        || b.has_tl0 != a.has_tl0)
    {
        __builtin_trap();
    }

    return 0;
}
