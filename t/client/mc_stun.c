/* STUN for one purpose. */

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "mc_stun.h"


#define MC_STUN_COOKIE    0x2112a442u
#define MC_STUN_REQUEST   0x0001
#define MC_STUN_SUCCESS   0x0101
#define MC_STUN_USERNAME  0x0006
#define MC_STUN_INTEGRITY 0x0008
#define MC_STUN_PRIORITY  0x0024
#define MC_STUN_USE       0x0025
#define MC_STUN_MAPPED    0x0020
#define MC_STUN_PRINT     0x8028
#define MC_STUN_CONTROLS  0x802a
#define MC_STUN_EXTRA     1024

/* peer reflexive, local preference 65535, component 1 (RFC 8445 5.1.2.1) */
#define MC_STUN_PRIORITY_VALUE (110u << 24 | 65535u << 8 | 255u)


static uint32_t
mc_crc32(const uint8_t *p, size_t len)
{
    int bit;
    size_t i;
    uint32_t crc;

    crc = 0xffffffffu;

    for (i = 0; i < len; i++) {
        crc ^= p[i];

        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    }

    return ~crc;
}


static uint8_t *
mc_stun_attribute(uint8_t *p, unsigned type, const void *data, size_t len)
{
    mw_put16(p, (uint16_t) type);
    mw_put16(p + 2, (uint16_t) len);
    memset(p + 4, 0, (len + 3) & ~(size_t) 3);

    if (len != 0) {
        memcpy(p + 4, data, len);
    }

    return p + 4 + ((len + 3) & ~(size_t) 3);
}


/* MESSAGE-INTEGRITY and FINGERPRINT behind what ends at `p`; the length */
static size_t
mc_stun_seal(uint8_t *out, uint8_t *p, const char *pwd)
{
    unsigned mac;
    uint8_t value[20];

    mw_put16(out + 2, (uint16_t) (p - out - 20 + 24));
    HMAC(EVP_sha1(), pwd, (int) strlen(pwd), out, (size_t) (p - out), value,
        &mac);
    p = mc_stun_attribute(p, MC_STUN_INTEGRITY, value, 20);

    mw_put16(out + 2, (uint16_t) (p - out - 20 + 8));
    mw_put32(value, mc_crc32(out, (size_t) (p - out)) ^ 0x5354554eu);
    p = mc_stun_attribute(p, MC_STUN_PRINT, value, 4);

    return (size_t) (p - out);
}


size_t
mc_stun_request(const mc_stun_t *stun, uint8_t *out, uint8_t id[12])
{
    int n;
    uint8_t *p, value[20], extra[MC_STUN_EXTRA];
    char name[160];

    RAND_bytes(id, 12);
    mw_put16(out, MC_STUN_REQUEST);
    mw_put32(out + 4, MC_STUN_COOKIE);
    memcpy(out + 8, id, 12);

    n = snprintf(
        name, sizeof(name), "%s:%s", stun->remote_ufrag, stun->local_ufrag);
    p = mc_stun_attribute(out + 20, MC_STUN_USERNAME, name, (size_t) n);

    mw_put32(value, MC_STUN_PRIORITY_VALUE);
    p = mc_stun_attribute(p, MC_STUN_PRIORITY, value, 4);

    mw_put64(value, stun->tie_breaker);
    p = mc_stun_attribute(p, MC_STUN_CONTROLS, value, 8);

    if (stun->nominate) {
        p = mc_stun_attribute(p, MC_STUN_USE, NULL, 0);
    }

    if (stun->extra_type != 0) {
        memset(extra, 0, sizeof(extra));
        p = mc_stun_attribute(p, stun->extra_type, extra, stun->extra_len);
    }

    return mc_stun_seal(out, p, stun->remote_pwd);
}


size_t
mc_stun_answer(const uint8_t *data, size_t len, const mw_addr_t *from,
    const char *local_pwd, uint8_t *out)
{
    uint8_t *p, value[8];

    if (len < 20 || mw_get16(data) != MC_STUN_REQUEST) {
        return 0;
    }

    mw_put16(out, MC_STUN_SUCCESS);
    memcpy(out + 4, data + 4, 16);

    mw_put16(value, 1);
    mw_put16(value + 2, from->port ^ (MC_STUN_COOKIE >> 16));
    mw_put32(value + 4, mw_get32(from->ip + 12) ^ MC_STUN_COOKIE);
    p = mc_stun_attribute(out + 20, MC_STUN_MAPPED, value, 8);

    return mc_stun_seal(out, p, local_pwd);
}


void
mc_stun_print(uint8_t *out, size_t len)
{
    if (len >= 28) {
        mw_put32(out + len - 4, mc_crc32(out, len - 8) ^ 0x5354554eu);
    }
}


bool
mc_stun_is_success(
    const uint8_t *data, size_t len, const uint8_t id[12], const char *pwd)
{
    size_t at, size;
    unsigned mac;
    uint8_t head[MC_STUN_MAX], value[20];

    if (len < 20 || len > sizeof(head) || mw_get16(data) != MC_STUN_SUCCESS
        || memcmp(data + 8, id, 12) != 0)
    {
        return false;
    }

    for (at = 20; at + 4 <= len; at += 4 + ((size + 3) & ~(size_t) 3)) {
        size = mw_get16(data + at + 2);

        if (mw_get16(data + at) == MC_STUN_INTEGRITY && size == 20
            && at + 24 <= len) {
            memcpy(head, data, at);
            mw_put16(head + 2, (uint16_t) (at - 20 + 24));
            HMAC(EVP_sha1(), pwd, (int) strlen(pwd), head, at, value, &mac);

            return memcmp(value, data + at + 4, 20) == 0;
        }
    }

    return false;
}
