/* H.264 payloads: nothing but reading, so nothing but the sanitizers. */

#include "mw_h264.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mw_h264_t d;

    (void) mw_h264_parse(&d, data, size);

    return 0;
}
