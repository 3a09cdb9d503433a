/* AV1 aggregation headers and the lengths behind them. */

#include "mw_av1.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mw_av1_t d;

    (void) mw_av1_parse(&d, data, size);

    return 0;
}
