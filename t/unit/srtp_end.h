/* The other end of SRTP and SRTCP, of both profiles: libsrtp2 alone. */

#ifndef SRTP_END_H
#define SRTP_END_H

#include "mw_srtp.h"

#include <srtp2/srtp.h>


typedef struct {
    srtp_t in;
    srtp_t out;
} srtp_end_t;


static srtp_t
srtp_end_session(const mw_srtp_keys_t *keys, bool in)
{
    srtp_t session;
    srtp_policy_t policy;
    uint8_t master[MW_SRTP_KEY + MW_SRTP_SALT_MAX];

    memset(&policy, 0, sizeof(policy));

    if (keys->profile == MW_SRTP_GCM_128) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);

    } else {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }

    memcpy(master, in ? keys->in_key : keys->out_key, MW_SRTP_KEY);
    memcpy(master + MW_SRTP_KEY, in ? keys->in_salt : keys->out_salt,
        keys->salt_len);
    policy.ssrc.type = in ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = master;
    policy.window_size = 1024;

    assert_int_equal(srtp_err_status_ok, srtp_create(&session, &policy));

    return session;
}


/* `keys` as this end has them */
static void
srtp_end_open(srtp_end_t *end, const mw_srtp_keys_t *keys)
{
    end->in = srtp_end_session(keys, true);
    end->out = srtp_end_session(keys, false);
}


static void
srtp_end_close(srtp_end_t *end)
{
    if (end->in != NULL) {
        (void) srtp_dealloc(end->in);
        (void) srtp_dealloc(end->out);
    }

    memset(end, 0, sizeof(*end));
}


/* of the one end, what the other has */
static inline mw_srtp_keys_t
srtp_end_keys(const mw_srtp_keys_t *keys)
{
    mw_srtp_keys_t other;

    other = *keys;
    memcpy(other.in_key, keys->out_key, sizeof(keys->out_key));
    memcpy(other.out_key, keys->in_key, sizeof(keys->in_key));
    memcpy(other.in_salt, keys->out_salt, sizeof(keys->out_salt));
    memcpy(other.out_salt, keys->in_salt, sizeof(keys->in_salt));

    return other;
}


/* false: libsrtp does not want to */
static inline bool
srtp_end_protect(srtp_end_t *end, bool rtcp, uint8_t *data, size_t *len)
{
    int n;

    n = (int) *len;

    if ((rtcp ? srtp_protect_rtcp(end->out, data, &n)
              : srtp_protect(end->out, data, &n))
        != srtp_err_status_ok)
    {
        return false;
    }

    *len = (size_t) n;

    return true;
}


static inline bool
srtp_end_unprotect(srtp_end_t *end, bool rtcp, uint8_t *data, size_t *len)
{
    int n;

    n = (int) *len;

    if ((rtcp ? srtp_unprotect_rtcp(end->in, data, &n)
              : srtp_unprotect(end->in, data, &n))
        != srtp_err_status_ok)
    {
        return false;
    }

    *len = (size_t) n;

    return true;
}


#endif /* SRTP_END_H */
