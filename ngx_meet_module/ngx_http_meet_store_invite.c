/*
 * Invites: who may come in, and as what.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <string.h>


static ngx_http_meet_store_status_t ngx_http_meet_store_invite_put(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_invite_t *invite);
static void ngx_http_meet_store_invites_pretend(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found);


ngx_http_meet_store_status_t
ngx_http_meet_store_invites_list(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, ngx_http_meet_store_invite_t *invites,
    uint32_t *n)
{
    return ngx_http_meet_store_list(tx, found, tx->db->invites,
        NGX_HTTP_MEET_STORE_INVITE_KEY_LEN, ngx_http_meet_store_invite_open,
        invites, sizeof(ngx_http_meet_store_invite_t),
        NGX_HTTP_MEET_STORE_INVITES_MAX, n);
}


ngx_http_meet_store_status_t
ngx_http_meet_store_invites_replace(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_invite_t *present, uint32_t npresent,
    ngx_http_meet_store_invite_t *invites, uint32_t n, uint64_t until)
{
    int rc;
    uint32_t i, j, left;
    uint64_t now;
    ngx_http_meet_store_status_t status;

    if (n == 0) {
        return NGX_HTTP_MEET_STORE_INVALID;
    }

    if (n > NGX_HTTP_MEET_STORE_INVITES_MAX) {
        return NGX_HTTP_MEET_STORE_LIMIT;
    }

    for (i = 0; i < n; i++) {
        if (invites[i].serial == 0) {
            continue;
        }

        for (j = 0; j < npresent; j++) {
            if (present[j].serial == invites[i].serial) {
                invites[i] = present[j];
                break;
            }
        }

        if (j == npresent) {
            return NGX_HTTP_MEET_STORE_INVALID;
        }
    }

    for (i = 0; i < n; i++) {
        if (!ngx_http_meet_store_invite_valid(&invites[i])) {
            return NGX_HTTP_MEET_STORE_INVALID;
        }

        for (j = 0; j < i; j++) {
            if (invites[i].id.len == invites[j].id.len
                && memcmp(invites[i].id.data, invites[j].id.data,
                       invites[i].id.len)
                       == 0)
            {
                return NGX_HTTP_MEET_STORE_INVALID;
            }
        }
    }

    left = NGX_HTTP_MEET_STORE_INVITES_MAX + 1;

    rc = ngx_http_meet_store_prefix_del(
        tx, tx->db->invites, found->room.number, &left);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "removing invites", rc);
    }

    for (i = 0; i < npresent && until != 0; i++) {
        for (j = 0; j < n && invites[j].serial != present[i].serial; j++) {
            /* void */
        }

        if (j < n) {
            continue;
        }

        status =
            ngx_http_meet_store_replaced_put(tx, found, &present[i], until);
        if (status != NGX_HTTP_MEET_STORE_OK) {
            return status;
        }
    }

    for (i = 0; i < n; i++) {
        if (invites[i].serial == 0) {
            invites[i].serial = ++found->room.serial;
        }

        status = ngx_http_meet_store_invite_put(tx, found, &invites[i]);
        if (status != NGX_HTTP_MEET_STORE_OK) {
            return status;
        }
    }

    if (npresent == 0) {
        return NGX_HTTP_MEET_STORE_OK;
    }

    rc = ngx_http_meet_store_now(tx, &now);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading the clock", rc);
    }

    return ngx_http_meet_store_replaced_prune(
        tx, found, until == 0 ? UINT64_MAX : now);
}


ngx_http_meet_store_status_t
ngx_http_meet_store_invites_check(ngx_http_meet_store_tx_t *tx,
    const ngx_http_meet_store_name_t *name, const ngx_http_meet_store_id_t *id,
    const unsigned char *auth, uint64_t now, ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invite)
{
    uint32_t i, n, equal, hit;
    unsigned char verifier[NGX_HTTP_MEET_STORE_AUTH_LEN];
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX], *v;
    ngx_http_meet_store_status_t status;

    memset(room, 0, sizeof(ngx_http_meet_store_room_t));
    memset(invite, 0, sizeof(ngx_http_meet_store_invite_t));
    memset(invites, 0, sizeof(invites));

    if (ngx_http_meet_seal_verifier(
            auth, NGX_HTTP_MEET_STORE_AUTH_LEN, verifier)
        != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "hashing a secret", EIO);
    }

    n = 0;
    status = ngx_http_meet_store_room_find(tx, name, NULL, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status = ngx_http_meet_store_invites_list(tx, &found, invites, &n);

        if (status != NGX_HTTP_MEET_STORE_OK) {
            goto done;
        }

    } else if (status == NGX_HTTP_MEET_STORE_GONE) {
        ngx_http_meet_store_invites_pretend(tx, &found);

    } else {
        goto done;
    }

    /* every place is compared, whatever was found before */

    hit = NGX_HTTP_MEET_STORE_INVITES_MAX;

    for (i = 0; i < NGX_HTTP_MEET_STORE_INVITES_MAX; i++) {
        v = &invites[i];

        equal = (uint32_t) ngx_http_meet_seal_equal(
            v->verifier, verifier, sizeof(verifier));

        equal &= i < n;
        equal &= v->expires == 0 || now < v->expires;
        equal &= id == NULL
                 || (v->id.len == id->len
                     && ngx_http_meet_seal_equal(
                         v->id.data, id->data, NGX_HTTP_MEET_STORE_ID_MAX));

        if (equal) {
            hit = i;
        }
    }

    status = NGX_HTTP_MEET_STORE_GONE;

    if (hit < NGX_HTTP_MEET_STORE_INVITES_MAX
        && (found.room.end == 0 || now < found.room.end))
    {
        *room = found.room;
        *invite = invites[hit];
        status = NGX_HTTP_MEET_STORE_OK;
    }

done:

    ngx_http_meet_seal_wipe(&found, sizeof(found));
    ngx_http_meet_seal_wipe(invites, sizeof(invites));
    ngx_http_meet_seal_wipe(verifier, sizeof(verifier));

    return status;
}


static ngx_http_meet_store_status_t
ngx_http_meet_store_invite_put(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_invite_t *invite)
{
    int rc;
    size_t len;
    MDB_val k, v;
    unsigned char key[NGX_HTTP_MEET_STORE_INVITE_KEY_LEN];
    unsigned char text[NGX_HTTP_MEET_STORE_INVITE_LEN];
    unsigned char
        value[NGX_HTTP_MEET_STORE_INVITE_LEN + NGX_HTTP_MEET_SEAL_OVERHEAD];
    ngx_http_meet_seal_place_t place;

    (void) ngx_http_meet_store_put(
        ngx_http_meet_store_put(key, found->room.number, 8), invite->serial, 4);

    len = ngx_http_meet_store_invite_write(text, invite);

    if (ngx_http_meet_seal_place(&place, "invites", key, sizeof(key), NULL, 0)
            != 0
        || ngx_http_meet_seal_close(&found->seal, &place, text, len, value)
               != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "sealing an invite", EIO);
    }

    ngx_http_meet_seal_wipe(text, sizeof(text));

    k.mv_data = key;
    k.mv_size = sizeof(key);
    v.mv_data = value;
    v.mv_size = len + NGX_HTTP_MEET_SEAL_OVERHEAD;

    rc = mdb_put(tx->txn, tx->db->invites, &k, &v, 0);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "writing an invite", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


int
ngx_http_meet_store_invite_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out)
{
    int rc;
    unsigned char text[NGX_HTTP_MEET_STORE_INVITE_LEN];
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_invite_t *invite;

    invite = out;

    memset(invite, 0, sizeof(ngx_http_meet_store_invite_t));

    if (v->mv_size < NGX_HTTP_MEET_SEAL_OVERHEAD
        || v->mv_size > NGX_HTTP_MEET_SEAL_OVERHEAD + sizeof(text)
        || ngx_http_meet_seal_place(
               &place, "invites", k->mv_data, k->mv_size, NULL, 0)
               != 0
        || ngx_http_meet_seal_open(
               &found->seal, &place, v->mv_data, v->mv_size, text)
               != 0)
    {
        return -1;
    }

    rc = ngx_http_meet_store_invite_read(
        invite, text, v->mv_size - NGX_HTTP_MEET_SEAL_OVERHEAD);

    ngx_http_meet_seal_wipe(text, sizeof(text));

    return rc;
}


/*
 * The work that a room with the usual two invites would have been: deriving
 * the key, opening its record and them.  Nothing of it succeeds.
 */
static void
ngx_http_meet_store_invites_pretend(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found)
{
    int i;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN], text[256];
    unsigned char value[sizeof(text) + NGX_HTTP_MEET_SEAL_OVERHEAD];
    ngx_http_meet_seal_place_t place;

    memset(value, 0, sizeof(value));

    (void) ngx_http_meet_secrets_get(&tx->db->secrets, 0, secret);
    (void) ngx_http_meet_seal_room(
        &found->seal, &tx->db->keys, secret, found->room.incarnation);

    for (i = 0; i < 3; i++) {
        (void) ngx_http_meet_seal_place(
            &place, "invites", found->key, sizeof(found->key), NULL, 0);
        (void) ngx_http_meet_seal_open(
            &found->seal, &place, value, sizeof(value), text);
    }

    ngx_http_meet_seal_wipe(secret, sizeof(secret));
}
