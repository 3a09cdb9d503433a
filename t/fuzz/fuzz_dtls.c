/*
 * Datagrams to a DTLS server before and during its handshake.  The input is a
 * row of {length, bytes}.
 */

#include "mw_dtls.h"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
discard(void *ctx, const uint8_t *data, size_t len)
{
    (void) ctx;
    (void) data;

    if (len > MW_DTLS_MTU) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    mw_dtls_t *dtls;
    static mw_dtls_ctx_t *ctx;
    static const mw_fingerprint_t print = { MW_HASH_SHA256, 32, { 1 } };

    if (ctx == NULL) {
        ctx = mw_dtls_ctx_create();
    }

    dtls = mw_dtls_create(ctx, &print, discard, NULL);

    while (size >= 2) {
        len = mw_get16(data) % 2048;
        data += 2;
        size -= 2;
        len = len < size ? len : size;

        (void) mw_dtls_input(dtls, data, len, MW_SEC);
        data += len;
        size -= len;
    }

    /* nobody connects without the right certificate */

    if (mw_dtls_state(dtls) == MW_DTLS_CONNECTED) {
        abort();
    }

    mw_dtls_destroy(dtls);

    return 0;
}
