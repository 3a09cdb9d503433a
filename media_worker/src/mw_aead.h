/*
 * Outgoing RTP under AEAD_AES_128_GCM (RFC 7714), the hot loop.
 *
 * One cipher context per receiver serves all its SSRCs: SSRC, rollover
 * counter and sequence number enter only the IV.  A nonce used twice breaks
 * the cipher for the whole session, so these hold and are tested:
 *
 *   - under AEAD this is the only writer of RTP, RTX and padding included;
 *   - a packet index is used at most once per SSRC: above the high-water mark,
 *     or one that was left out inside the window; anything else stops the
 *     stream for good;
 *   - an SSRC is registered once per DTLS session and never removed;
 *   - a stream starts below 2^15, so that a receiver that missed the first
 *     packets still guesses a rollover counter of zero.
 */

#ifndef MW_AEAD_H
#define MW_AEAD_H

#include "mw.h"
#include "mw_dtls.h"
#include "mw_gcm.h"

#define MW_AEAD_SALT   12
#define MW_AEAD_TAG    16
#define MW_AEAD_WINDOW 1024         /* late packets, in indices */
#define MW_AEAD_START  (1u << 15)   /* first index is below */
#define MW_AEAD_INDEX  (1ull << 48) /* all indices are below */

typedef struct mw_aead_s mw_aead_t;


/*
 * Outgoing state of one SSRC; zeroed but for `ssrc` at the start.  As long as
 * nothing is left out only its first 16 bytes are touched.
 */
typedef struct {
    uint32_t ssrc;
    bool started;
    bool stopped;
    uint16_t open;                      /* bits in `late` */
    uint64_t high;                      /* largest index used */
    uint64_t late[MW_AEAD_WINDOW / 64]; /* left out, by index modulo window */
} mw_aead_stream_t;


/*
 * Marks `index` used.  MW_OK: never used before.  MW_ERROR: it was, or it is
 * behind the window or the first index, jumps ahead by 2^15 or more (a receiver
 * would guess the wrong rollover counter), or starts too high; the stream is
 * stopped now.  MW_DROP: it was stopped before.  Pure but for `stream`.
 */
mw_rc_t mw_aead_claim(mw_aead_stream_t *stream, uint64_t index);

/* NULL: no memory or OpenSSL refuses */
mw_aead_t *mw_aead_create(const mw_srtp_keys_t *keys);

/* from session keys that are already derived; for `width` see mw_cipher.h */
mw_aead_t *mw_aead_open(const uint8_t key[MW_SRTP_KEY],
    const uint8_t salt[MW_AEAD_SALT], mw_gcm_width_t width);
void mw_aead_destroy(mw_aead_t *aead);

/*
 * Encrypts the payload in place; `packet` has room for MW_AEAD_TAG more bytes.
 * The sequence number in its header must be the low bits of `index`, already
 * claimed.  Returns its new length, 0: OpenSSL failed, do not send.
 */
size_t mw_aead_protect(mw_aead_t *aead, uint8_t *packet, size_t header_len,
    size_t payload_len, uint64_t index);


#endif /* MW_AEAD_H */
