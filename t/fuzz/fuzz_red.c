/* Redundant audio data: reading keeps inside, and writing gives it back. */

#include <stdlib.h>

#include "mw_red.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    unsigned i, n;
    volatile uint8_t sum;
    uint8_t out[4096];
    mw_red_block_t blocks[MW_RED_BLOCKS], again[MW_RED_BLOCKS];

    n = mw_red_read(blocks, data, size);
    sum = 0;

    if (n > MW_RED_BLOCKS) {
        abort();
    }

    for (i = 0; i < n; i++) {
        for (len = 0; len < blocks[i].len; len++) {
            sum = (uint8_t) (sum + blocks[i].data[len]);
        }
    }

    len = mw_red_write(blocks, n, out, sizeof(out));

    if (len != 0
        && (len != size || memcmp(out, data, len) != 0
            || mw_red_read(again, out, len) != n))
    {
        abort();
    }

    return 0;
}
