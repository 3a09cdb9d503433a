/* H.264 payloads: sizes are those of pictures. */

#include "mw_h264.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mw_h264_t d;

    (void) mw_h264_parse(&d, data, size);

    if (d.width > 16384 || d.height > 16384
        || (d.width == 0) != (d.height == 0)) {
        __builtin_trap();
    }

    return 0;
}
