/*
 * AES-128-GCM (NIST SP 800-38D) of short messages with the processor's own
 * instructions: OpenSSL's way to them costs more than the cipher where a packet
 * is a kilobyte.  The context is small and flat, so that many receivers' fit
 * into the cache.  Runs in constant time.
 *
 * Only for processors that can do it, see mw_gcm_width(); mw_cipher.c falls
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


/* blocks that one instruction works on */
typedef enum {
    MW_GCM_NONE = 0, /* nothing here may be called */
    MW_GCM_ONE,
    MW_GCM_TWO
} mw_gcm_width_t;

/* secret; to be cleansed by its owner */
typedef struct {
    _Alignas(16) uint8_t keys[MW_GCM_ROUNDS + 1][16];
    uint8_t powers[MW_GCM_BLOCKS][16]; /* of the hash key, highest first */
    mw_gcm_width_t width;
} mw_gcm_t;


/* the most this processor can do */
mw_gcm_width_t mw_gcm_width(void);

/* `width` is not MW_GCM_NONE nor more than mw_gcm_width() */
void mw_gcm_init(
    mw_gcm_t *gcm, const uint8_t key[MW_GCM_KEY], mw_gcm_width_t width);

/*
 * Encrypts `data` in place and writes the tag over it and `aad`.  An `iv` must
 * never be used twice with one key.
 */
void mw_gcm_seal(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    uint8_t tag[MW_GCM_TAG]);

/*
 * Decrypts `data` in place.  False: the tag is not right, and what `data` holds
 * is of no use.
 */
bool mw_gcm_open(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    const uint8_t tag[MW_GCM_TAG]);


#endif /* MW_GCM_H */
