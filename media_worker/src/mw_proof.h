/*
 * Knowledge of the instance key, shown without sending it (see meet_ctl.h),
 * and randomness.
 */

#ifndef MW_PROOF_H
#define MW_PROOF_H

#include "mw.h"

#include "meet_ctl.h"


/*
 * HMAC-SHA-256(key, label | nonce | major | minor | role) into `proof`.
 * MW_ERROR: the library failed.
 */
mw_rc_t mw_proof_make(uint8_t proof[MEET_KEY_LEN],
    const uint8_t key[MEET_KEY_LEN], const char *label,
    const uint8_t nonce[MEET_KEY_LEN], const meet_ctl_header_t *header,
    uint32_t role);

/* in constant time; MW_DROP: wrong */
mw_rc_t mw_proof_check(const uint8_t proof[MEET_KEY_LEN],
    const uint8_t key[MEET_KEY_LEN], const char *label,
    const uint8_t nonce[MEET_KEY_LEN], const meet_ctl_header_t *header,
    uint32_t role);

/* MW_ERROR: the kernel has no randomness for us */
mw_rc_t mw_random(void *buf, size_t len);

/* of secrets or their hashes, in constant time */
bool mw_equal(const void *a, const void *b, size_t len);

/* overwrites a secret; never optimized away */
void mw_wipe(void *buf, size_t len);


#endif /* MW_PROOF_H */
