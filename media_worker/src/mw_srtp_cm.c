/*
 * The only file that includes libsrtp.
 */

#include "mw_srtp_cm.h"
#include "mw_replay.h"

#include <srtp2/srtp.h>
#include <stdlib.h>


struct mw_srtp_cm_s {
    srtp_t in; /* NULL: not needed yet, likewise `out` */
    srtp_t out;
    mw_srtp_keys_t keys;
    mw_replay_t known; /* incoming SSRCs; their packets libsrtp knows */
};

_Static_assert(MW_SRTP_TRAILER >= SRTP_MAX_TRAILER_LEN, "room for protect");


mw_rc_t
mw_srtp_init(void)
{
    return srtp_init() == srtp_err_status_ok ? MW_OK : MW_ERROR;
}


void
mw_srtp_exit(void)
{
    (void) srtp_shutdown();
}


mw_srtp_cm_t *
mw_srtp_cm_create(const mw_srtp_keys_t *keys)
{
    mw_srtp_cm_t *cm;

    cm = calloc(1, sizeof(*cm));

    if (cm != NULL) {
        cm->keys = *keys;
    }

    return cm;
}


void
mw_srtp_cm_destroy(mw_srtp_cm_t *cm)
{
    if (cm == NULL) {
        return;
    }

    if (cm->in != NULL) {
        (void) srtp_dealloc(cm->in);
    }

    if (cm->out != NULL) {
        (void) srtp_dealloc(cm->out);
    }

    mw_replay_free(&cm->known);
    explicit_bzero(&cm->keys, sizeof(cm->keys));
    free(cm);
}


static mw_rc_t
mw_srtp_cm_session(srtp_t *session, const mw_srtp_keys_t *keys,
    const uint8_t *key, const uint8_t *salt, srtp_ssrc_type_t direction)
{
    uint8_t master[MW_SRTP_KEY + MW_SRTP_SALT_MAX];
    srtp_policy_t policy;
    srtp_err_status_t rc;

    memset(&policy, 0, sizeof(policy));

    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);

    memcpy(master, key, MW_SRTP_KEY);
    memcpy(master + MW_SRTP_KEY, salt, keys->salt_len);

    policy.ssrc.type = direction;
    policy.key = master;
    policy.window_size = MW_REPLAY_WINDOW;
    policy.allow_repeat_tx = 0;

    rc = srtp_create(session, &policy);
    explicit_bzero(master, sizeof(master));

    return rc == srtp_err_status_ok ? MW_OK : MW_ERROR;
}


/* false: no memory */
static bool
mw_srtp_cm_in(mw_srtp_cm_t *cm)
{
    return cm->in != NULL
           || mw_srtp_cm_session(&cm->in, &cm->keys, cm->keys.in_key,
                  cm->keys.in_salt, ssrc_any_inbound)
                  == MW_OK;
}


static bool
mw_srtp_cm_out(mw_srtp_cm_t *cm)
{
    return cm->out != NULL
           || mw_srtp_cm_session(&cm->out, &cm->keys, cm->keys.out_key,
                  cm->keys.out_salt, ssrc_any_outbound)
                  == MW_OK;
}


/*
 * libsrtp has taken `ssrc` on with its first valid packet; from now on it
 * counts against the cap.
 */
static void
mw_srtp_cm_learn(mw_srtp_cm_t *cm, uint32_t ssrc, mw_usec_t now)
{
    mw_replay_stream_t *stream;
    const mw_replay_stream_t *leaving;

    stream = mw_replay_find(&cm->known, ssrc);

    if (stream != NULL) {
        stream->heard = now;
        return;
    }

    leaving = mw_replay_leaving(&cm->known, now);

    if (leaving != NULL) {
        (void) srtp_remove_stream(cm->in, htonl(leaving->ssrc));
    }

    (void) mw_replay_add(&cm->known, ssrc, 0, now);
}


static mw_srtp_result_t
mw_srtp_cm_result(srtp_err_status_t rc)
{
    switch (rc) {

    case srtp_err_status_ok:
        return MW_SRTP_OK;

    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
        return MW_SRTP_REPLAY;

    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return MW_SRTP_SHORT;

    default:
        return MW_SRTP_AUTH;
    }
}


mw_srtp_result_t
mw_srtp_cm_unprotect(mw_srtp_cm_t *cm, bool rtcp, uint32_t ssrc, uint8_t *data,
    size_t *len, mw_usec_t now)
{
    int n;
    mw_srtp_result_t rc;

    if (mw_replay_find(&cm->known, ssrc) == NULL
        && !mw_replay_room(&cm->known, now))
    {
        return MW_SRTP_FULL;
    }

    if (!mw_srtp_cm_in(cm)) {
        return MW_SRTP_FULL;
    }

    n = (int) *len;
    rc = mw_srtp_cm_result(rtcp ? srtp_unprotect_rtcp(cm->in, data, &n)
                                : srtp_unprotect(cm->in, data, &n));

    if (rc == MW_SRTP_OK) {
        *len = (size_t) n;
        mw_srtp_cm_learn(cm, ssrc, now);
    }

    return rc;
}


mw_rc_t
mw_srtp_cm_protect(mw_srtp_cm_t *cm, bool rtcp, uint8_t *data, size_t *len)
{
    int n;

    if (!mw_srtp_cm_out(cm)) {
        return MW_ERROR;
    }

    n = (int) *len;

    if ((rtcp ? srtp_protect_rtcp(cm->out, data, &n)
              : srtp_protect(cm->out, data, &n))
        != srtp_err_status_ok)
    {
        return MW_ERROR;
    }

    *len = (size_t) n;

    return MW_OK;
}
