/* A fragment about ICE; what is read can be written again. */

#include "mw_sdp_fragment.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    char text[1024];
    mw_sdp_fragment_t fragment;
    static const mw_addr_t candidate = { .ip = { 1 }, .port = 9 };

    if (mw_sdp_fragment_parse(&fragment, (const char *) data, size) == MW_SDP_OK
        && fragment.named)
    {
        (void) mw_sdp_fragment_write(&fragment.ice, "0", size & 1, &candidate,
            1, text, sizeof(text), &len);
    }

    return 0;
}
