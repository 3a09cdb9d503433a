/*
 * The only file that includes libsrtp.
 */

#include "mw_srtp.h"
#include "mw_srtcp.h"

#include <srtp2/srtp.h>
#include <stdlib.h>


#define MW_RTP_HEADER  12 /* RFC 3550 section 5.1 */
#define MW_RTCP_HEADER 8  /* first header and sender SSRC */
#define MW_SRTCP_WORD  4  /* E flag and index, RFC 3711 section 3.4 */


typedef struct {
    uint32_t ssrc;
    mw_usec_t seen;
} mw_srtp_stream_t;


struct mw_srtp_s {
    srtp_t in; /* NULL: not needed yet, likewise `out` */
    srtp_t out;
    mw_srtcp_t *rtcp; /* NULL under AES128_CM_SHA1_80 */
    mw_srtp_keys_t keys;
    size_t tag; /* bytes of the authentication tag */
    unsigned nstreams;
    mw_srtp_stream_t streams[MW_SRTP_STREAMS];
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


static mw_rc_t
mw_srtp_session(srtp_t *session, const mw_srtp_keys_t *keys, const uint8_t *key,
    const uint8_t *salt, srtp_ssrc_type_t direction)
{
    uint8_t master[MW_SRTP_KEY + MW_SRTP_SALT_MAX];
    srtp_profile_t profile;
    srtp_policy_t policy;
    srtp_err_status_t rc;

    memset(&policy, 0, sizeof(policy));

    profile = keys->profile == MW_SRTP_GCM_128 ? srtp_profile_aead_aes_128_gcm
                                               : srtp_profile_aes128_cm_sha1_80;

    if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile)
            != srtp_err_status_ok
        || srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile)
               != srtp_err_status_ok)
    {
        return MW_ERROR;
    }

    memcpy(master, key, MW_SRTP_KEY);
    memcpy(master + MW_SRTP_KEY, salt, keys->salt_len);

    policy.ssrc.type = direction;
    policy.key = master;
    policy.window_size = MW_SRTP_WINDOW;
    policy.allow_repeat_tx = 0;

    rc = srtp_create(session, &policy);
    explicit_bzero(master, sizeof(master));

    return rc == srtp_err_status_ok ? MW_OK : MW_ERROR;
}


mw_srtp_t *
mw_srtp_create(const mw_srtp_keys_t *keys)
{
    mw_srtp_t *srtp;

    if (keys->profile != MW_SRTP_GCM_128 && keys->profile != MW_SRTP_CM_SHA1_80)
    {
        return NULL;
    }

    srtp = calloc(1, sizeof(mw_srtp_t));
    if (srtp == NULL) {
        return NULL;
    }

    srtp->tag = keys->profile == MW_SRTP_GCM_128 ? 16 : 10;
    srtp->keys = *keys;

    if (keys->profile == MW_SRTP_GCM_128) {
        srtp->rtcp = mw_srtcp_create(keys);

        if (srtp->rtcp == NULL) {
            mw_srtp_destroy(srtp);
            return NULL;
        }
    }

    return srtp;
}


/* false: no memory */
static bool
mw_srtp_in(mw_srtp_t *srtp)
{
    return srtp->in != NULL
           || mw_srtp_session(&srtp->in, &srtp->keys, srtp->keys.in_key,
                  srtp->keys.in_salt, ssrc_any_inbound)
                  == MW_OK;
}


static bool
mw_srtp_out(mw_srtp_t *srtp)
{
    return srtp->out != NULL
           || mw_srtp_session(&srtp->out, &srtp->keys, srtp->keys.out_key,
                  srtp->keys.out_salt, ssrc_any_outbound)
                  == MW_OK;
}


void
mw_srtp_destroy(mw_srtp_t *srtp)
{
    if (srtp == NULL) {
        return;
    }

    if (srtp->in != NULL) {
        (void) srtp_dealloc(srtp->in);
    }

    if (srtp->out != NULL) {
        (void) srtp_dealloc(srtp->out);
    }

    mw_srtcp_destroy(srtp->rtcp);
    explicit_bzero(&srtp->keys, sizeof(srtp->keys));
    free(srtp);
}


/* a known stream, or NULL */
static mw_srtp_stream_t *
mw_srtp_find(mw_srtp_t *srtp, uint32_t ssrc)
{
    unsigned i;

    for (i = 0; i < srtp->nstreams; i++) {
        if (srtp->streams[i].ssrc == ssrc) {
            return &srtp->streams[i];
        }
    }

    return NULL;
}


/* the one that may give way to a new SSRC, or NULL */
static mw_srtp_stream_t *
mw_srtp_idle(mw_srtp_t *srtp, mw_usec_t now)
{
    unsigned i;
    mw_srtp_stream_t *oldest;

    oldest = &srtp->streams[0];

    for (i = 1; i < srtp->nstreams; i++) {
        if (srtp->streams[i].seen < oldest->seen) {
            oldest = &srtp->streams[i];
        }
    }

    return now - oldest->seen < MW_SRTP_IDLE ? NULL : oldest;
}


/*
 * libsrtp has taken `ssrc` on with its first valid packet; from now on it
 * counts against the cap.
 */
static void
mw_srtp_learn(mw_srtp_t *srtp, uint32_t ssrc, mw_usec_t now)
{
    mw_srtp_stream_t *stream;

    stream = mw_srtp_find(srtp, ssrc);

    if (stream == NULL && srtp->nstreams < MW_SRTP_STREAMS) {
        stream = &srtp->streams[srtp->nstreams++];
    }

    if (stream == NULL) {
        stream = mw_srtp_idle(srtp, now);
        if (stream == NULL) {
            return;
        }

        (void) srtp_remove_stream(srtp->in, htonl(stream->ssrc));
    }

    stream->ssrc = ssrc;
    stream->seen = now;
}


static mw_srtp_result_t
mw_srtp_result(srtp_err_status_t rc)
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


/* length of the RTP header with CSRCs and extension, 0: does not fit */
static size_t
mw_srtp_rtp_header(const uint8_t *data, size_t len)
{
    size_t header;

    if (len < MW_RTP_HEADER || data[0] >> 6 != 2) {
        return 0;
    }

    header = MW_RTP_HEADER + 4 * (size_t) (data[0] & 0x0f);

    if ((data[0] & 0x10) != 0) {
        if (len < header + 4) {
            return 0;
        }

        header += 4 + 4 * (size_t) mw_get16(data + header + 2);
    }

    return header <= len ? header : 0;
}


mw_srtp_result_t
mw_srtp_unprotect_rtp(
    mw_srtp_t *srtp, uint8_t *data, size_t *len, mw_usec_t now)
{
    int n;
    uint32_t ssrc;
    mw_srtp_result_t rc;

    if (*len < srtp->tag || *len > MW_PKT_MAX
        || mw_srtp_rtp_header(data, *len - srtp->tag) == 0)
    {
        return MW_SRTP_SHORT;
    }

    ssrc = mw_get32(data + 8);

    if (srtp->nstreams == MW_SRTP_STREAMS && mw_srtp_find(srtp, ssrc) == NULL
        && mw_srtp_idle(srtp, now) == NULL)
    {
        return MW_SRTP_FULL;
    }

    if (!mw_srtp_in(srtp)) {
        return MW_SRTP_FULL;
    }

    n = (int) *len;
    rc = mw_srtp_result(srtp_unprotect(srtp->in, data, &n));

    if (rc == MW_SRTP_OK) {
        *len = (size_t) n;
        mw_srtp_learn(srtp, ssrc, now);
    }

    return rc;
}


mw_srtp_result_t
mw_srtp_unprotect_rtcp(
    mw_srtp_t *srtp, uint8_t *data, size_t *len, mw_usec_t now)
{
    int n;
    uint32_t ssrc;
    mw_srtp_result_t rc;

    if (srtp->rtcp != NULL) {
        return mw_srtcp_unprotect(srtp->rtcp, data, len, now);
    }

    if (*len < MW_RTCP_HEADER + MW_SRTCP_WORD + srtp->tag || *len > MW_PKT_MAX
        || data[0] >> 6 != 2)
    {
        return MW_SRTP_SHORT;
    }

    ssrc = mw_get32(data + 4);

    if (srtp->nstreams == MW_SRTP_STREAMS && mw_srtp_find(srtp, ssrc) == NULL
        && mw_srtp_idle(srtp, now) == NULL)
    {
        return MW_SRTP_FULL;
    }

    if (!mw_srtp_in(srtp)) {
        return MW_SRTP_FULL;
    }

    n = (int) *len;
    rc = mw_srtp_result(srtp_unprotect_rtcp(srtp->in, data, &n));

    if (rc == MW_SRTP_OK) {
        *len = (size_t) n;
        mw_srtp_learn(srtp, ssrc, now);
    }

    return rc;
}


mw_rc_t
mw_srtp_protect_rtp(mw_srtp_t *srtp, uint8_t *data, size_t *len)
{
    int n;

    if (mw_srtp_rtp_header(data, *len) == 0 || !mw_srtp_out(srtp)) {
        return MW_ERROR;
    }

    n = (int) *len;

    if (srtp_protect(srtp->out, data, &n) != srtp_err_status_ok) {
        return MW_ERROR;
    }

    *len = (size_t) n;

    return MW_OK;
}


mw_rc_t
mw_srtp_protect_rtcp(mw_srtp_t *srtp, uint8_t *data, size_t *len)
{
    int n;

    if (srtp->rtcp != NULL) {
        return mw_srtcp_protect(srtp->rtcp, data, len);
    }

    if (*len < MW_RTCP_HEADER || !mw_srtp_out(srtp)) {
        return MW_ERROR;
    }

    n = (int) *len;

    if (srtp_protect_rtcp(srtp->out, data, &n) != srtp_err_status_ok) {
        return MW_ERROR;
    }

    *len = (size_t) n;

    return MW_OK;
}
