/* A datagram as the demultiplexer and the ICE side see it. */

#include "mw_ice.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    mw_path_t path;
    static mw_ice_t ice;
    mw_ice_result_t result;
    static const mw_ice_creds_t remote = { "them", "passwordofthebrowser22" };

    (void) mw_ice_peek_ufrag(data, size, &len);

    /* the credentials of RFC 5769, which the corpus is signed with */

    memset(&ice, 0, sizeof(ice));
    ice.selected = -1;
    ice.remote = remote;
    memcpy(ice.local.ufrag, "evtj", 5);
    memcpy(ice.local.pwd, "VOkJxbRl1RmTxUk/WvJxBt", 23);

    memset(&path, 0, sizeof(path));
    path.remote.kind = MW_ADDR_UDP;
    (void) mw_ice_input(&ice, &path, data, size, MW_SEC, &result);

    return 0;
}
