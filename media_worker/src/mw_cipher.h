/*
 * AES-128-GCM under a session key of SRTP or SRTCP (RFC 7714), one way: by
 * mw_gcm.c, or by OpenSSL where the processor has no instructions for it.  Keys
 * are derived here, because libsrtp does not give its session keys away.
 */

#ifndef MW_CIPHER_H
#define MW_CIPHER_H

#include "mw_dtls.h"
#include "mw_gcm.h"

#define MW_CIPHER_SALT 12
#define MW_CIPHER_TAG  16

/* RFC 3711 section 4.3.2 */
#define MW_CIPHER_RTP_KEY   0x00
#define MW_CIPHER_RTP_SALT  0x02
#define MW_CIPHER_RTCP_KEY  0x03
#define MW_CIPHER_RTCP_SALT 0x05


/* zeroed before the first call; secret */
typedef struct {
    mw_gcm_t gcm;
    struct evp_cipher_ctx_st *ctx; /* NULL: gcm is used */
    uint8_t salt[MW_CIPHER_SALT];
} mw_cipher_t;


/*
 * From a session key, for one of seal and open.  `width` is at most
 * mw_gcm_width(), MW_GCM_NONE: OpenSSL.  MW_ERROR: no memory or OpenSSL
 * refuses; free() is due all the same.
 */
mw_rc_t mw_cipher_init(mw_cipher_t *cipher, const uint8_t key[MW_SRTP_KEY],
    const uint8_t salt[MW_CIPHER_SALT], bool seal, mw_gcm_width_t width);

/* from a master key and salt, by the labels above */
mw_rc_t mw_cipher_derive(mw_cipher_t *cipher, const uint8_t *master,
    const uint8_t *salt, uint8_t label_key, uint8_t label_salt, bool seal);

/* wipes, too */
void mw_cipher_free(mw_cipher_t *cipher);

/*
 * In place; `iv` is xored with the salt first.  seal() writes the tag.  False:
 * OpenSSL failed, or for open() the tag is not right; `data` is of no use then.
 */
bool mw_cipher_seal(mw_cipher_t *cipher, uint8_t iv[MW_CIPHER_SALT],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    uint8_t tag[MW_CIPHER_TAG]);
bool mw_cipher_open(mw_cipher_t *cipher, uint8_t iv[MW_CIPHER_SALT],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    const uint8_t tag[MW_CIPHER_TAG]);


#endif /* MW_CIPHER_H */
