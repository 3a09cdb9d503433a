#include "mw_proof.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#define MW_PROOF_LABEL_MAX 16


mw_rc_t
mw_proof_make(uint8_t proof[MEET_KEY_LEN], const uint8_t key[MEET_KEY_LEN],
    const char *label, const uint8_t nonce[MEET_KEY_LEN],
    const meet_ctl_header_t *header, uint32_t role)
{
    size_t len;
    unsigned n;
    uint8_t *p;
    uint8_t msg[MW_PROOF_LABEL_MAX + MEET_KEY_LEN + 8];

    len = strlen(label);

    if (len > MW_PROOF_LABEL_MAX) {
        return MW_ERROR;
    }

    p = msg;

    memcpy(p, label, len);
    p += len;
    memcpy(p, nonce, MEET_KEY_LEN);
    p += MEET_KEY_LEN;
    memcpy(p, &header->major, sizeof(header->major));
    p += sizeof(header->major);
    memcpy(p, &header->minor, sizeof(header->minor));
    p += sizeof(header->minor);
    memcpy(p, &role, sizeof(role));
    p += sizeof(role);

    n = MEET_KEY_LEN;

    if (HMAC(
            EVP_sha256(), key, MEET_KEY_LEN, msg, (size_t) (p - msg), proof, &n)
        == NULL)
    {
        return MW_ERROR;
    }

    return MW_OK;
}


mw_rc_t
mw_proof_check(const uint8_t proof[MEET_KEY_LEN],
    const uint8_t key[MEET_KEY_LEN], const char *label,
    const uint8_t nonce[MEET_KEY_LEN], const meet_ctl_header_t *header,
    uint32_t role)
{
    uint8_t expected[MEET_KEY_LEN];

    if (mw_proof_make(expected, key, label, nonce, header, role) != MW_OK) {
        return MW_ERROR;
    }

    return mw_equal(proof, expected, MEET_KEY_LEN) ? MW_OK : MW_DROP;
}


mw_rc_t
mw_random(void *buf, size_t len)
{
    ssize_t n;
    uint8_t *p;

    p = buf;

    while (len > 0) {
        n = getrandom(p, len, 0);

        if (n <= 0) {
            return MW_ERROR;
        }

        p += n;
        len -= (size_t) n;
    }

    return MW_OK;
}


bool
mw_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
mw_wipe(void *buf, size_t len)
{
    OPENSSL_cleanse(buf, len);
}
