/* AV1 aggregation headers, the lengths behind them, sizes of pictures. */

#include "mw_av1.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mw_av1_t d;

    (void) mw_av1_parse(&d, data, size);

    if (d.width > 16384 || d.height > 16384
        || (d.width == 0) != (d.height == 0)) {
        __builtin_trap();
    }

    return 0;
}
