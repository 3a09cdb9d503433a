/* Media that may have any length and say anything about itself. */

#include "mw_aead.h"
#include "mw_srtcp.h"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* as it came, and behind a tag that is right: both ways have one key here */
static void
reports(const uint8_t *data, size_t size, const mw_srtp_keys_t *keys)
{
    size_t len;
    static uint8_t buf[MW_PKT_MAX + MW_SRTCP_TRAILER];
    static mw_srtcp_t *srtcp;

    if (srtcp == NULL) {
        srtcp = mw_srtcp_create(keys);

        if (srtcp == NULL) {
            abort();
        }
    }

    len = size < MW_PKT_MAX ? size : MW_PKT_MAX;
    memcpy(buf, data, len);
    (void) mw_srtcp_unprotect(srtcp, buf, &len, MW_SEC);

    len = size < MW_PKT_MAX ? size : MW_PKT_MAX;
    memcpy(buf, data, len);

    if (mw_srtcp_protect(srtcp, buf, &len) == MW_OK) {
        (void) mw_srtcp_unprotect(srtcp, buf, &len, MW_SEC);
    }
}


/* likewise: SSRCs, numbers and rollovers as they like, and a tag that is right */
static void
packets(const uint8_t *data, size_t size, const mw_srtp_keys_t *keys)
{
    size_t len, each;
    unsigned rollovers;
    static uint8_t buf[MW_PKT_MAX];
    static mw_aead_t *aead;
    mw_srtp_t *srtp;

    if (aead == NULL) {
        aead = mw_aead_create(keys);
    }

    srtp = mw_srtp_create(keys);

    if (aead == NULL || srtp == NULL) {
        abort();
    }

    /* a length, how often the number went round, and the packet from there on */

    while (size > 2) {
        each = data[0] % 64u;
        rollovers = data[1] % 4u;
        data += 2;
        size -= 2;
        each = each < size ? each : size;

        memset(buf, 0, 12);
        memcpy(buf, data, each);
        buf[0] = 0x80;
        len = mw_aead_protect(aead, buf, 12, each > 12 ? each - 12 : 0,
            (uint64_t) rollovers << 16 | mw_get16(buf + 2));
        (void) mw_srtp_unprotect_rtp(
            srtp, buf, &len, (mw_usec_t) size * MW_SEC);

        data += each;
        size -= each;
    }

    mw_srtp_destroy(srtp);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t i, len;
    static mw_pkt_t pkt;
    static mw_srtp_t *srtp[2];
    mw_srtp_keys_t keys;

    for (i = 0; i < 2; i++) {
        memset(&keys, 0x11, sizeof(keys));
        keys.profile = i == 0 ? MW_SRTP_GCM_128 : MW_SRTP_CM_SHA1_80;
        keys.salt_len = i == 0 ? 12 : 14;

        if (i == 0) {
            reports(data, size, &keys);
            packets(data, size, &keys);
        }

        if (srtp[i] == NULL) {
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
