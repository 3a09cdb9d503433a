/* Media that may have any length and say anything about itself. */

#include "mw_srtp.h"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t i, len;
    static mw_pkt_t pkt;
    static mw_srtp_t *srtp[2];
    mw_srtp_keys_t keys;

    for (i = 0; i < 2; i++) {
        if (srtp[i] == NULL) {
            memset(&keys, 0x11, sizeof(keys));
            keys.profile = i == 0 ? MW_SRTP_GCM_128 : MW_SRTP_CM_SHA1_80;
            keys.salt_len = i == 0 ? 12 : 14;

            /* libsrtp starts up once in a process */

            if (i == 0 && mw_srtp_init() != MW_OK) {
                abort();
            }

            srtp[i] = mw_srtp_create(&keys);

            if (srtp[i] == NULL) {
                abort();
            }
        }

        len = size < MW_PKT_MAX ? size : MW_PKT_MAX;
        memcpy(pkt.buf, data, len);
        (void) mw_srtp_unprotect_rtp(srtp[i], pkt.buf, &len, MW_SEC);

        len = size < MW_PKT_MAX ? size : MW_PKT_MAX;
        memcpy(pkt.buf, data, len);
        (void) mw_srtp_unprotect_rtcp(srtp[i], pkt.buf, &len, MW_SEC);
    }

    return 0;
}
