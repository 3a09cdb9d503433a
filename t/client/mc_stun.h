/*
 * Binding requests of a controlling ICE agent (RFC 8445, RFC 8489), written
 * without the codec that the media worker uses, so that one checks the other.
 */

#ifndef MC_STUN_H
#define MC_STUN_H

#include "mw.h"


#define MC_STUN_MAX 1500

typedef struct {
    const char *local_ufrag;
    const char *remote_ufrag;
    const char *remote_pwd;
    uint64_t tie_breaker;
    bool nominate;
    unsigned extra_type; /* 0: no attribute more */
    size_t extra_len;    /* of it, zeros; at most 1024 */
} mc_stun_t;


/* length; `id` (12 bytes) is chosen here */
size_t mc_stun_request(const mc_stun_t *stun, uint8_t *out, uint8_t id[12]);

/*
 * Answers a request of an agent at `from` (mapped IPv4), as a full one expects
 * it; the length, 0: it is none.
 */
size_t mc_stun_answer(const uint8_t *data, size_t len, const mw_addr_t *from,
    const char *local_pwd, uint8_t *out);

/* FINGERPRINT anew, when the message was changed after it was written */
void mc_stun_print(uint8_t *out, size_t len);

/* a success response to `id` whose MESSAGE-INTEGRITY is right */
bool mc_stun_is_success(
    const uint8_t *data, size_t len, const uint8_t id[12], const char *pwd);


#endif /* MC_STUN_H */
