/*
 * Transport-wide feedback: as many statuses as it says, none from outside; to
 * leave some out is the same as to read them.
 */

#include "mw_twcc.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned n;
    mw_twcc_iter_t it, other;
    mw_twcc_status_t status, skipped;

    if (mw_twcc_read(&it, data, size) != MW_OK) {
        return 0;
    }

    other = it;
    mw_twcc_skip(&other, data[7]);

    for (n = 0; mw_twcc_next(&it, &status); n++) {
        if (status.seq != (uint16_t) (mw_get16(data) + n)) {
            __builtin_trap();
        }

        if (n >= data[7]
            && (!mw_twcc_next(&other, &skipped) || skipped.seq != status.seq
                || skipped.received != status.received
                || skipped.at != status.at))
        {
            __builtin_trap();
        }
    }

    if (mw_twcc_next(&other, &skipped)) {
        __builtin_trap();
    }

    if (n != mw_get16(data + 2)) {
        __builtin_trap();
    }

    return 0;
}
