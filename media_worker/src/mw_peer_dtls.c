/* A peer's DTLS association: when its datagrams are read, what follows. */

#include "mw_peer_int.h"


static void mw_peer_connected(mw_peer_t *peer, mw_usec_t now);


void
mw_peer_dtls_send(void *ctx, const uint8_t *data, size_t len)
{
    mw_peer_t *peer;

    peer = ctx;

    /* what was queued before a close_notify goes before it */

    if (peer->queue.queued) {
        mw_egress_retarget(peer->env->egress, &peer->queue, &peer->queue.path);
    }

    mw_egress_send_now(peer->env->egress, &peer->dtls_path, data, len);
}


void
mw_peer_follow_dtls(mw_peer_t *peer, mw_usec_t now)
{
    switch (mw_dtls_state(peer->dtls)) {

    case MW_DTLS_IDLE:
        if (peer->state == MW_PEER_HANDSHAKE) {
            mw_peer_set_state(peer, MW_PEER_CHECKED);
        }

        break;

    case MW_DTLS_SHAKING:
        mw_peer_set_state(peer, MW_PEER_HANDSHAKE);
        break;

    case MW_DTLS_CONNECTED:
        if (peer->state != MW_PEER_CONNECTED) {
            mw_peer_connected(peer, now);
        }

        break;

    case MW_DTLS_CLOSED:
        mw_peer_close(peer, MW_PEER_CLOSE_NOTIFY);
        break;

    case MW_DTLS_REFUSED:
        mw_peer_close(peer, MW_PEER_CLOSE_FINGERPRINT);
        break;

    case MW_DTLS_FAILED:
        mw_peer_close(peer, MW_PEER_CLOSE_DTLS);
        break;
    }
}


void
mw_peer_input_dtls(mw_peer_t *peer, const mw_path_t *path, const uint8_t *data,
    size_t len, mw_usec_t now)
{
    peer->dtls_moved =
        peer->state == MW_PEER_HANDSHAKE
        && (peer->dtls_moved || !mw_path_equal(&peer->dtls_path, path));
    peer->dtls_path = *path;

    if (mw_dtls_input(peer->dtls, data, len, now) != MW_OK) {
        mw_peer_drop(peer, MW_PEER_DROP_DTLS);
    }

    mw_peer_follow_dtls(peer, now);
}


void
mw_peer_shake(mw_shaker_t *shaker, const mw_path_t *path, const uint8_t *data,
    size_t len, mw_usec_t now)
{
    mw_peer_t *peer;

    peer = (mw_peer_t *) (void *) ((uint8_t *) shaker
                                   - offsetof(mw_peer_t, shaker));

    if (peer->state == MW_PEER_CLOSED) {
        mw_peer_drop(peer, MW_PEER_DROP_STATE);
        return;
    }

    mw_peer_input_dtls(peer, path, data, len, now);
    mw_peer_arm(peer, now);
}


static void
mw_peer_connected(mw_peer_t *peer, mw_usec_t now)
{
    mw_rc_t rc;
    mw_srtp_keys_t keys;

    rc = mw_dtls_keys(peer->dtls, &keys);

    if (rc == MW_OK) {
        peer->srtp = mw_srtp_create(&keys);

        if (keys.profile == MW_SRTP_GCM_128) {
            peer->aead = mw_aead_create(&keys);
            peer->queue.near = peer->aead;
        }

        if (peer->srtp == NULL
            || (keys.profile == MW_SRTP_GCM_128 && peer->aead == NULL))
        {
            rc = MW_ERROR;
        }
    }

    explicit_bzero(&keys, sizeof(keys));

    if (rc != MW_OK) {
        mw_peer_close(peer, MW_PEER_CLOSE_ERROR);
        return;
    }

    if (!peer->dtls_moved) {
        mw_ice_prove(&peer->ice, &peer->dtls_path);
    }

    mw_peer_set_state(peer, MW_PEER_CONNECTED);
    peer->handlers->on_connected(peer->owner, now);
}
