/*
 * Replaced invites: after a change of the password nobody comes in by the old
 * one any more, but who is in the room may return with a token made from it.
 * So it is kept, without its verifier, until the last such token has ended.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <string.h>


/* what replaced invites of a room may be for a moment */
#define NGX_HTTP_MEET_STORE_REPLACED_SEEN                                      \
    (NGX_HTTP_MEET_STORE_REPLACED_MAX + NGX_HTTP_MEET_STORE_INVITES_MAX)

/* a sealed value: its end, the invite */
#define NGX_HTTP_MEET_STORE_REPLACED_LEN (8 + NGX_HTTP_MEET_STORE_INVITE_LEN)


static int ngx_http_meet_store_replaced_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out);
static void ngx_http_meet_store_replaced_key(
    unsigned char *out, uint64_t number, uint32_t serial);


ngx_http_meet_store_status_t
ngx_http_meet_store_replaced_put(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_invite_t *invite, uint64_t until)
{
    int rc;
    size_t len;
    MDB_val k, v;
    unsigned char key[NGX_HTTP_MEET_STORE_INVITE_KEY_LEN];
    unsigned char text[NGX_HTTP_MEET_STORE_REPLACED_LEN];
    unsigned char
        value[NGX_HTTP_MEET_STORE_REPLACED_LEN + NGX_HTTP_MEET_SEAL_OVERHEAD];
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_invite_t old;

    old = *invite;
    memset(old.verifier, 0, sizeof(old.verifier));

    ngx_http_meet_store_replaced_key(key, found->room.number, invite->serial);

    (void) ngx_http_meet_store_put(text, until, 8);
    len = 8 + ngx_http_meet_store_invite_write(text + 8, &old);

    rc = ngx_http_meet_seal_place(&place, "replaced", key, sizeof(key), NULL, 0)
                     != 0
                 || ngx_http_meet_seal_close(
                        &found->seal, &place, text, len, value)
                        != 0
             ? EIO
             : MDB_SUCCESS;

    ngx_http_meet_seal_wipe(&old, sizeof(old));
    ngx_http_meet_seal_wipe(text, sizeof(text));

    k.mv_data = key;
    k.mv_size = sizeof(key);
    v.mv_data = value;
    v.mv_size = len + NGX_HTTP_MEET_SEAL_OVERHEAD;

    if (rc == MDB_SUCCESS) {
        rc = mdb_put(tx->txn, tx->db->replaced, &k, &v, 0);
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "keeping an old invite", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_invites_find(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint32_t serial, uint64_t now,
    ngx_http_meet_store_invite_t *invite,
    ngx_http_meet_store_invite_state_t *state)
{
    int rc;
    MDB_val k, v;
    unsigned char key[NGX_HTTP_MEET_STORE_INVITE_KEY_LEN];
    ngx_http_meet_store_replaced_t old;

    memset(invite, 0, sizeof(ngx_http_meet_store_invite_t));

    if (serial == 0 || serial > found->room.serial) {
        *state = NGX_HTTP_MEET_STORE_INVITE_NONE;
        return NGX_HTTP_MEET_STORE_OK;
    }

    *state = NGX_HTTP_MEET_STORE_INVITE_REVOKED;

    ngx_http_meet_store_replaced_key(key, found->room.number, serial);
    k.mv_data = key;
    k.mv_size = sizeof(key);

    rc = mdb_get(tx->txn, tx->db->invites, &k, &v);

    if (rc == MDB_SUCCESS) {
        *state = NGX_HTTP_MEET_STORE_INVITE_LIVE;

        if (ngx_http_meet_store_invite_open(found, &k, &v, invite) != 0) {
            rc = MDB_CORRUPTED;
        }

    } else if (rc == MDB_NOTFOUND) {
        rc = mdb_get(tx->txn, tx->db->replaced, &k, &v);

        if (rc == MDB_NOTFOUND) {
            return NGX_HTTP_MEET_STORE_OK;
        }

        if (rc == MDB_SUCCESS
            && ngx_http_meet_store_replaced_open(found, &k, &v, &old) != 0)
        {
            rc = MDB_CORRUPTED;
        }

        if (rc == MDB_SUCCESS && now < old.until) {
            *state = NGX_HTTP_MEET_STORE_INVITE_REPLACED;
            *invite = old.invite;
        }
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading an invite", rc);
    }

    if (invite->expires != 0 && now >= invite->expires) {
        *state = NGX_HTTP_MEET_STORE_INVITE_EXPIRED;
        ngx_http_meet_seal_wipe(invite, sizeof(ngx_http_meet_store_invite_t));
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_replaced_list(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found,
    ngx_http_meet_store_replaced_t *replaced, uint32_t *n)
{
    return ngx_http_meet_store_list(tx, found, tx->db->replaced,
        NGX_HTTP_MEET_STORE_INVITE_KEY_LEN, ngx_http_meet_store_replaced_open,
        replaced, sizeof(ngx_http_meet_store_replaced_t),
        NGX_HTTP_MEET_STORE_REPLACED_MAX, n);
}


ngx_http_meet_store_status_t
ngx_http_meet_store_replaced_prune(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t now)
{
    int rc;
    MDB_val k;
    uint32_t i, n, kept;
    unsigned char key[NGX_HTTP_MEET_STORE_INVITE_KEY_LEN];
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_replaced_t seen[NGX_HTTP_MEET_STORE_REPLACED_SEEN];

    status = ngx_http_meet_store_list(tx, found, tx->db->replaced,
        NGX_HTTP_MEET_STORE_INVITE_KEY_LEN, ngx_http_meet_store_replaced_open,
        seen, sizeof(seen[0]), NGX_HTTP_MEET_STORE_REPLACED_SEEN, &n);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    kept = 0;

    for (i = 0; i < n; i++) {
        kept += seen[i].until > now;
    }

    rc = MDB_SUCCESS;

    for (i = 0; rc == MDB_SUCCESS && i < n; i++) {

        /* serials rise: beyond the most to be kept, the oldest go */

        if (seen[i].until > now) {
            if (kept <= NGX_HTTP_MEET_STORE_REPLACED_MAX) {
                continue;
            }

            kept--;
        }

        ngx_http_meet_store_replaced_key(
            key, found->room.number, seen[i].invite.serial);
        k.mv_data = key;
        k.mv_size = sizeof(key);

        rc = mdb_del(tx->txn, tx->db->replaced, &k, NULL);
    }

    ngx_http_meet_seal_wipe(seen, sizeof(seen));

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "removing old invites", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


static int
ngx_http_meet_store_replaced_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out)
{
    int rc;
    unsigned char text[NGX_HTTP_MEET_STORE_REPLACED_LEN];
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_replaced_t *old;

    old = out;

    memset(old, 0, sizeof(ngx_http_meet_store_replaced_t));

    if (v->mv_size < NGX_HTTP_MEET_SEAL_OVERHEAD + 8
        || v->mv_size > NGX_HTTP_MEET_SEAL_OVERHEAD + sizeof(text)
        || ngx_http_meet_seal_place(
               &place, "replaced", k->mv_data, k->mv_size, NULL, 0)
               != 0
        || ngx_http_meet_seal_open(
               &found->seal, &place, v->mv_data, v->mv_size, text)
               != 0)
    {
        return -1;
    }

    old->until = ngx_http_meet_store_get(text, 8);
    rc = ngx_http_meet_store_invite_read(
        &old->invite, text + 8, v->mv_size - NGX_HTTP_MEET_SEAL_OVERHEAD - 8);

    ngx_http_meet_seal_wipe(text, sizeof(text));

    return rc;
}


static void
ngx_http_meet_store_replaced_key(
    unsigned char *out, uint64_t number, uint32_t serial)
{
    (void) ngx_http_meet_store_put(
        ngx_http_meet_store_put(out, number, 8), serial, 4);
}
