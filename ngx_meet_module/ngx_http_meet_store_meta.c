/*
 * Small things of the store: its identity, slots of secrets, the clock that
 * does not go back, keys of one room.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>


#define NGX_HTTP_MEET_STORE_MAGIC     "ngx-meet secrets"
#define NGX_HTTP_MEET_STORE_MAGIC_LEN 16
#define NGX_HTTP_MEET_STORE_ID_LEN                                             \
    (NGX_HTTP_MEET_SECRETS_LEN - NGX_HTTP_MEET_STORE_MAGIC_LEN)


static int ngx_http_meet_store_found_identity(
    ngx_http_meet_store_tx_t *tx, unsigned char *slot);
static int ngx_http_meet_store_new_identity(
    ngx_http_meet_store_tx_t *tx, unsigned char *slot, const char *directory);
static size_t ngx_http_meet_store_meta_key(
    unsigned char *out, int key, uint64_t n);


int
ngx_http_meet_store_identify(
    ngx_http_meet_store_db_t *db, const char *directory, char *error)
{
    int rc, used;
    unsigned char slot[NGX_HTTP_MEET_SECRETS_LEN];
    ngx_http_meet_store_tx_t tx;

    memset(&tx, 0, sizeof(ngx_http_meet_store_tx_t));
    tx.db = db;
    tx.error = error;

    used = ngx_http_meet_secrets_get(&db->secrets, 0, slot);
    if (used == -1) {
        (void) ngx_http_meet_store_db_fail(&tx, "reading secrets", errno);
        return -1;
    }

    /* a read is enough, except the first time */

    rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &tx.txn);
    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_found_identity(&tx, slot);
        mdb_txn_abort(tx.txn);
    }

    if (rc == MDB_NOTFOUND) {
        rc = mdb_txn_begin(db->env, NULL, 0, &tx.txn);

        if (rc == MDB_SUCCESS) {
            if (ngx_http_meet_secrets_get(&db->secrets, 0, slot) == -1) {
                rc = errno;

            } else {
                /* another worker may have been faster */
                rc = ngx_http_meet_store_found_identity(&tx, slot);

                if (rc == MDB_NOTFOUND) {
                    rc = ngx_http_meet_store_new_identity(&tx, slot, directory);
                }
            }

            if (rc == MDB_SUCCESS) {
                rc = mdb_txn_commit(tx.txn);
            } else {
                mdb_txn_abort(tx.txn);
            }
        }
    }

    if (rc != MDB_SUCCESS) {
        (void) ngx_http_meet_store_db_fail(&tx, "identifying the store", rc);
        return -1;
    }

    return 0;
}


static int
ngx_http_meet_store_found_identity(
    ngx_http_meet_store_tx_t *tx, unsigned char *slot)
{
    int rc;
    uint64_t format;
    unsigned char id[NGX_HTTP_MEET_STORE_ID_LEN], value[8];
    unsigned char check[NGX_HTTP_MEET_SEAL_KEY_LEN];

    rc = ngx_http_meet_store_meta_get(
        tx, NGX_HTTP_MEET_STORE_META_FORMAT, 0, value, 8);
    if (rc != MDB_SUCCESS) {
        return rc;
    }

    format = ngx_http_meet_store_get(value, 8);

    if (format != NGX_HTTP_MEET_STORE_FORMAT) {
        (void) snprintf(tx->error, NGX_HTTP_MEET_STORE_ERROR_MAX,
            "data.mdb has format %lu, this module reads format %d",
            (unsigned long) format, NGX_HTTP_MEET_STORE_FORMAT);
        return EINVAL;
    }

    rc = ngx_http_meet_store_meta_get(
        tx, NGX_HTTP_MEET_STORE_META_ID, 0, id, sizeof(id));
    if (rc != MDB_SUCCESS) {
        return rc == MDB_NOTFOUND ? EINVAL : rc;
    }

    if (memcmp(slot, NGX_HTTP_MEET_STORE_MAGIC, NGX_HTTP_MEET_STORE_MAGIC_LEN)
            != 0
        || memcmp(slot + NGX_HTTP_MEET_STORE_MAGIC_LEN, id, sizeof(id)) != 0)
    {
        (void) snprintf(tx->error, NGX_HTTP_MEET_STORE_ERROR_MAX,
            "secrets does not belong to data.mdb, or is missing: put the right "
            "one back, or remove data.mdb, lock.mdb and secrets and lose all "
            "rooms");
        return EINVAL;
    }

    rc = ngx_http_meet_store_meta_get(
        tx, NGX_HTTP_MEET_STORE_META_KEY, 0, check, sizeof(check));
    if (rc != MDB_SUCCESS) {
        return rc == MDB_NOTFOUND ? EINVAL : rc;
    }

    if (!ngx_http_meet_seal_equal(check, tx->db->keys.check, sizeof(check))) {
        (void) snprintf(tx->error, NGX_HTTP_MEET_STORE_ERROR_MAX,
            "the store was made with another instance key");
        return EINVAL;
    }

    return MDB_SUCCESS;
}


static int
ngx_http_meet_store_new_identity(
    ngx_http_meet_store_tx_t *tx, unsigned char *slot, const char *directory)
{
    int rc, known;
    unsigned char value[8];
    struct stat st;

    if (fstat(tx->db->secrets.fd, &st) == -1) {
        return errno;
    }

    /* more than slot 0: these are the secrets of a data.mdb that is missing */

    if (st.st_size > NGX_HTTP_MEET_SECRETS_LEN) {
        (void) snprintf(tx->error, NGX_HTTP_MEET_STORE_ERROR_MAX,
            "\"%s/secrets\" belongs to a data.mdb that is not there: put it "
            "back, or remove secrets and lose all rooms",
            directory);
        return EINVAL;
    }

    known =
        memcmp(slot, NGX_HTTP_MEET_STORE_MAGIC, NGX_HTTP_MEET_STORE_MAGIC_LEN)
        == 0;

    if (!known) {
        memcpy(slot, NGX_HTTP_MEET_STORE_MAGIC, NGX_HTTP_MEET_STORE_MAGIC_LEN);

        if (ngx_http_meet_seal_random(slot + NGX_HTTP_MEET_STORE_MAGIC_LEN,
                NGX_HTTP_MEET_STORE_ID_LEN)
            != 0)
        {
            return EIO;
        }

        if (ngx_http_meet_secrets_set(&tx->db->secrets, 0, slot) == -1
            || ngx_http_meet_secrets_sync(&tx->db->secrets) == -1)
        {
            return errno;
        }
    }

    rc = ngx_http_meet_store_meta_put(tx, NGX_HTTP_MEET_STORE_META_ID, 0,
        slot + NGX_HTTP_MEET_STORE_MAGIC_LEN, NGX_HTTP_MEET_STORE_ID_LEN);

    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_meta_put(tx, NGX_HTTP_MEET_STORE_META_KEY, 0,
            tx->db->keys.check, sizeof(tx->db->keys.check));
    }

    if (rc == MDB_SUCCESS) {
        (void) ngx_http_meet_store_put(value, NGX_HTTP_MEET_STORE_FORMAT, 8);
        rc = ngx_http_meet_store_meta_put(
            tx, NGX_HTTP_MEET_STORE_META_FORMAT, 0, value, 8);
    }

    return rc;
}


int
ngx_http_meet_store_meta_get(
    ngx_http_meet_store_tx_t *tx, int key, uint64_t n, void *value, size_t len)
{
    int rc;
    MDB_val k, v;
    unsigned char name[9];

    k.mv_data = name;
    k.mv_size = ngx_http_meet_store_meta_key(name, key, n);

    rc = mdb_get(tx->txn, tx->db->meta, &k, &v);
    if (rc != MDB_SUCCESS) {
        return rc;
    }

    if (v.mv_size != len) {
        return MDB_CORRUPTED;
    }

    if (len != 0) {
        memcpy(value, v.mv_data, len);
    }

    return MDB_SUCCESS;
}


int
ngx_http_meet_store_meta_put(ngx_http_meet_store_tx_t *tx, int key, uint64_t n,
    const void *value, size_t len)
{
    MDB_val k, v;
    unsigned char name[9];

    k.mv_data = name;
    k.mv_size = ngx_http_meet_store_meta_key(name, key, n);
    v.mv_data = (void *) value;
    v.mv_size = len;

    return mdb_put(tx->txn, tx->db->meta, &k, &v, 0);
}


int
ngx_http_meet_store_meta_del(ngx_http_meet_store_tx_t *tx, int key, uint64_t n)
{
    MDB_val k;
    unsigned char name[9];

    k.mv_data = name;
    k.mv_size = ngx_http_meet_store_meta_key(name, key, n);

    return mdb_del(tx->txn, tx->db->meta, &k, NULL);
}


int
ngx_http_meet_store_meta_first(
    ngx_http_meet_store_tx_t *tx, int key, uint64_t *n)
{
    int rc;
    MDB_val k, v;
    MDB_cursor *cursor;
    unsigned char name[9];

    rc = mdb_cursor_open(tx->txn, tx->db->meta, &cursor);
    if (rc != MDB_SUCCESS) {
        return rc;
    }

    k.mv_data = name;
    k.mv_size = ngx_http_meet_store_meta_key(name, key, 0);

    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

    if (rc == MDB_SUCCESS) {
        if (k.mv_size == sizeof(name)
            && *(unsigned char *) k.mv_data == (unsigned char) key)
        {
            *n = ngx_http_meet_store_get((unsigned char *) k.mv_data + 1, 8);

        } else {
            rc = MDB_NOTFOUND;
        }
    }

    mdb_cursor_close(cursor);

    return rc;
}


int
ngx_http_meet_store_slot_take(ngx_http_meet_store_tx_t *tx, uint32_t *slot)
{
    int rc;
    uint64_t n;
    unsigned char value[8];

    rc = ngx_http_meet_store_meta_first(tx, NGX_HTTP_MEET_STORE_META_FREE, &n);

    if (rc == MDB_SUCCESS) {
        *slot = (uint32_t) n;
        return ngx_http_meet_store_meta_del(
            tx, NGX_HTTP_MEET_STORE_META_FREE, n);
    }

    if (rc != MDB_NOTFOUND) {
        return rc;
    }

    rc = ngx_http_meet_store_meta_get(
        tx, NGX_HTTP_MEET_STORE_META_SLOTS, 0, value, 8);

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        return rc;
    }

    /* slot 0 is the store's own */

    n = rc == MDB_SUCCESS ? ngx_http_meet_store_get(value, 8) + 1 : 1;

    if (n > UINT32_MAX) {
        return MDB_MAP_FULL;
    }

    *slot = (uint32_t) n;
    (void) ngx_http_meet_store_put(value, n, 8);

    return ngx_http_meet_store_meta_put(
        tx, NGX_HTTP_MEET_STORE_META_SLOTS, 0, value, 8);
}


/*
 * Only at the end of a batch: a slot zeroed and filled again in one transaction
 * would, after a crash before its commit, look like the old room's secret.
 */
int
ngx_http_meet_store_slots_return(ngx_http_meet_store_tx_t *tx)
{
    int rc;
    uint32_t i;

    for (i = 0; i < tx->db->nfreed; i++) {
        rc = ngx_http_meet_store_meta_put(
            tx, NGX_HTTP_MEET_STORE_META_FREE, tx->db->freed[i], "", 0);
        if (rc != MDB_SUCCESS) {
            return rc;
        }
    }

    return MDB_SUCCESS;
}


int
ngx_http_meet_store_now(ngx_http_meet_store_tx_t *tx, uint64_t *now)
{
    int rc;
    uint64_t seen;
    unsigned char value[8];

    *now = tx->now->wall_ms / 1000;

    rc = ngx_http_meet_store_meta_get(
        tx, NGX_HTTP_MEET_STORE_META_CLOCK, 0, value, 8);

    if (rc == MDB_NOTFOUND) {
        return MDB_SUCCESS;
    }

    if (rc != MDB_SUCCESS) {
        return rc;
    }

    seen = ngx_http_meet_store_get(value, 8);

    if (*now < seen) {
        *now = seen;
    }

    return MDB_SUCCESS;
}


int
ngx_http_meet_store_prefix_del(
    ngx_http_meet_store_tx_t *tx, MDB_dbi dbi, uint64_t number, uint32_t *left)
{
    int rc;
    MDB_val k, v;
    MDB_cursor *cursor;
    unsigned char prefix[8];

    rc = mdb_cursor_open(tx->txn, dbi, &cursor);
    if (rc != MDB_SUCCESS) {
        return rc;
    }

    (void) ngx_http_meet_store_put(prefix, number, 8);

    while (*left > 0) {
        k.mv_data = prefix;
        k.mv_size = sizeof(prefix);

        rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
        if (rc != MDB_SUCCESS) {
            break;
        }

        if (k.mv_size < sizeof(prefix)
            || memcmp(k.mv_data, prefix, sizeof(prefix)) != 0)
        {
            break;
        }

        rc = mdb_cursor_del(cursor, 0);
        if (rc != MDB_SUCCESS) {
            break;
        }

        (*left)--;
    }

    mdb_cursor_close(cursor);

    return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_list(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, MDB_dbi dbi, size_t key_len,
    ngx_http_meet_store_open_pt open, void *array, size_t size, uint32_t max,
    uint32_t *n)
{
    int rc;
    MDB_val k, v;
    MDB_cursor *cursor;
    unsigned char prefix[8], *out;

    *n = 0;
    out = array;

    rc = mdb_cursor_open(tx->txn, dbi, &cursor);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading a list", rc);
    }

    (void) ngx_http_meet_store_put(prefix, found->room.number, 8);
    k.mv_data = prefix;
    k.mv_size = sizeof(prefix);

    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

    while (rc == MDB_SUCCESS && k.mv_size == key_len
           && memcmp(k.mv_data, prefix, sizeof(prefix)) == 0 && *n < max)
    {
        if (open(found, &k, &v, out) != 0) {
            rc = MDB_CORRUPTED;
            break;
        }

        out += size;
        (*n)++;

        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }

    mdb_cursor_close(cursor);

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        return ngx_http_meet_store_db_fail(tx, "reading a list", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


static size_t
ngx_http_meet_store_meta_key(unsigned char *out, int key, uint64_t n)
{
    out[0] = (unsigned char) key;
    (void) ngx_http_meet_store_put(out + 1, n, 8);

    return 9;
}
