/*
 * Secrets and keys as in section 1 of protocol.md, for a client that is not a
 * browser: an independent second implementation of the derivation.
 */

#ifndef MC_SECRET_H
#define MC_SECRET_H

#include "mw.h"


#define MC_KEY 32

/* b64url without padding; `out` holds (len + 2) / 3 * 4 + 1 bytes */
void mc_b64u(const uint8_t *data, size_t len, char *out);

/* bytes decoded, or -1 */
int mc_b64u_decode(const char *text, size_t len, uint8_t *out, size_t cap);

/*
 * auth and wrap of a link's secret; `salt` and `rounds` only for passwords.
 * 0, or -1 for a secret that is neither.
 */
int mc_secret_derive(const char *secret, const uint8_t *salt, size_t salt_len,
    unsigned rounds, uint8_t auth[MC_KEY], uint8_t wrap[MC_KEY]);

/* ten syllables in five groups, 63 bits; `out` holds 25 bytes */
void mc_secret_password(char *out);

/* "o." and 32 random bytes; `out` holds 46 bytes */
void mc_secret_owner(char *out);

/* b64u(nonce | AES-256-GCM(wrap, room key)); `out` holds 81 bytes */
int mc_secret_wrap(const uint8_t wrap[MC_KEY], const uint8_t key[MC_KEY],
    const char *key_id, char *out);
int mc_secret_unwrap(const uint8_t wrap[MC_KEY], const char *wrapped,
    const char *key_id, uint8_t key[MC_KEY]);

/* a sealed body; all text zero-terminated.  `out` grows with the plaintext:
   (len + 37 + 2) / 3 * 4 + 1 bytes */
int mc_secret_seal(const uint8_t key[MC_KEY], const char *key_id,
    const char *incarnation, const char *channel, const char *sender,
    const void *plain, size_t len, char *out);

/* plaintext's length or -1; `out` holds the length of the body */
int mc_secret_open(const uint8_t key[MC_KEY], const char *key_id,
    const char *incarnation, const char *channel, const char *sender,
    const char *body, uint8_t *out);


#endif /* MC_SECRET_H */
