/* The VP9 descriptor: what is written again reads the same. */

#include "mw_vp9.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    mw_vp9_t a, b;
    static uint8_t out[MW_VP9_HEAD_MAX + 4096];

    if (mw_vp9_parse(&a, data, size) != MW_OK) {
        return 0;
    }

    if (a.len == 0 || a.len >= size || a.len > MW_VP9_HEAD_MAX) {
        __builtin_trap();
    }

    len = mw_vp9_write(&a, out);

    if (len > MW_VP9_HEAD_MAX) {
        __builtin_trap();
    }

    /* what follows stays as it is */

    size -= a.len;
    size = size > 4096 ? 4096 : size;
    memcpy(out + len, data + a.len, size);

    if (mw_vp9_parse(&b, out, len + size) != MW_OK || b.len != len
        || memcmp(b.height, a.height, sizeof(a.height)) != 0
        || b.picture_id != a.picture_id || b.tl0 != a.tl0 || b.start != a.start
        || b.keyframe != a.keyframe || (b.id_bits != 0) != (a.id_bits != 0)
        || b.has_tl0 != a.has_tl0)
    {
        __builtin_trap();
    }

    return 0;
}
