/* RTCP: every item is of a known type, text lies in the packet, it ends. */

#include "mw_rtcp_read.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t items;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    mw_rtcp_iter_init(&it, data, size);

    for (items = 0; mw_rtcp_next(&it, &item) == MW_OK; items++) {
        if (item.type < MW_RTCP_SR || item.type > MW_RTCP_REMB
            || items > size / 4) {
            __builtin_trap();
        }

        if (item.type == MW_RTCP_CNAME
            && (item.u.cname.text < data
                || item.u.cname.text + item.u.cname.len > data + size))
        {
            __builtin_trap();
        }
    }

    return 0;
}
