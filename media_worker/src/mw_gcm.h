/*
 * AES-128-GCM (NIST SP 800-38D), encryption of short messages with the
 * processor's own instructions: OpenSSL's way to them costs more than the
 * cipher where a packet is a kilobyte.  The context is small and flat, so that
 * many receivers' fit into the cache.  Runs in constant time.
 *
 * Only for processors that mw_gcm_available() says yes to; mw_aead.c falls
 * back on OpenSSL, which is also what tests compare this with.
 */

#ifndef MW_GCM_H
#define MW_GCM_H

#include "mw.h"

#define MW_GCM_KEY    16
#define MW_GCM_IV     12
#define MW_GCM_TAG    16
#define MW_GCM_ROUNDS 10 /* FIPS 197, of a key of 128 bits */
#define MW_GCM_BLOCKS 8  /* taken at once */

/* secret; to be cleansed by its owner */
typedef struct {
    _Alignas(16) uint8_t keys[MW_GCM_ROUNDS + 1][16];
    uint8_t powers[MW_GCM_BLOCKS][16]; /* of the hash key, highest first */
} mw_gcm_t;


bool mw_gcm_available(void);

void mw_gcm_init(mw_gcm_t *gcm, const uint8_t key[MW_GCM_KEY]);

/*
 * Encrypts `data` in place and writes the tag over it and `aad`.  An `iv` must
 * never be used twice with one key.
 */
void mw_gcm_seal(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    uint8_t tag[MW_GCM_TAG]);


#endif /* MW_GCM_H */
