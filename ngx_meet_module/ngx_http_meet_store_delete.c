/*
 * The end of a room.  Its secret goes first and for good; what is left of it
 * is removed in steps, by whoever comes along: the worker that deleted it, or
 * after a crash the next one that recovers.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <string.h>


static ngx_http_meet_store_status_t ngx_http_meet_store_sweep_due(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op, uint64_t due);
static ngx_http_meet_store_status_t ngx_http_meet_store_sweep_one(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op, MDB_val *k,
    MDB_val *v);
static int ngx_http_meet_store_pass_put(
    ngx_http_meet_store_tx_t *tx, const ngx_http_meet_expiry_clock_t *pass);


ngx_http_meet_store_status_t
ngx_http_meet_store_room_delete(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    status = ngx_http_meet_store_room_find(
        tx, &op->room.name, op->room.incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    op->room = found.room;

    return ngx_http_meet_store_room_remove(tx, &found);
}


ngx_http_meet_store_status_t
ngx_http_meet_store_room_remove(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found)
{
    int rc;
    MDB_val k;
    uint32_t left;
    unsigned char key[NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN];
    ngx_http_meet_store_db_t *db;

    db = tx->db;

    if (db->nfreed == NGX_HTTP_MEET_STORE_FREED_MAX) {
        return NGX_HTTP_MEET_STORE_LIMIT;
    }

    if (ngx_http_meet_secrets_set(&db->secrets, found->slot, NULL) == -1) {
        return ngx_http_meet_store_db_fail(tx, "zeroing a secret", errno);
    }

    db->dirty = 1;
    tx->wiped = 1;

    k.mv_data = found->key;
    k.mv_size = sizeof(found->key);

    rc = mdb_del(tx->txn, db->rooms, &k, NULL);

    if (rc == MDB_SUCCESS && found->room.expires != 0) {
        (void) ngx_http_meet_store_put(
            ngx_http_meet_store_put(key, found->room.expires, 8),
            found->room.number, 8);
        k.mv_data = key;
        k.mv_size = sizeof(key);

        rc = mdb_del(tx->txn, db->expiry, &k, NULL);
        if (rc == MDB_NOTFOUND) {
            rc = MDB_SUCCESS;
        }
    }

    if (rc == MDB_SUCCESS) {
        left = NGX_HTTP_MEET_STORE_INVITES_MAX + 1;
        rc = ngx_http_meet_store_prefix_del(
            tx, db->invites, found->room.number, &left);
    }

    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_meta_put(
            tx, NGX_HTTP_MEET_STORE_META_REMOVED, found->room.number, "", 0);
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "removing a room", rc);
    }

    db->freed[db->nfreed++] = found->slot;

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_sweep(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc, dead;
    unsigned char value[8];
    ngx_http_meet_expiry_t verdict;
    ngx_http_meet_expiry_clock_t before;
    ngx_http_meet_store_status_t status;

    op->more = 0;
    op->removed = 0;

    /* slots of readers that died without a word keep old pages in use */

    (void) mdb_reader_check(tx->db->env, &dead);

    rc = ngx_http_meet_store_meta_get(
        tx, NGX_HTTP_MEET_STORE_META_PASS, 0, &before, sizeof(before));

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND && rc != MDB_CORRUPTED) {
        return ngx_http_meet_store_db_fail(tx, "reading the last pass", rc);
    }

    verdict = ngx_http_meet_expiry_judge(rc == MDB_SUCCESS ? &before : NULL,
        tx->now, tx->db->sweep_interval_ms, &op->wait_ms);

    if (verdict == NGX_HTTP_MEET_EXPIRY_WAIT) {
        return NGX_HTTP_MEET_STORE_OK;
    }

    if (verdict == NGX_HTTP_MEET_EXPIRY_AGREE) {
        status = ngx_http_meet_store_sweep_due(tx, op, before.wall_ms / 1000);

        if (status != NGX_HTTP_MEET_STORE_OK || op->more) {
            return status;
        }

        (void) ngx_http_meet_store_put(value, tx->now->wall_ms / 1000, 8);
        rc = ngx_http_meet_store_meta_put(
            tx, NGX_HTTP_MEET_STORE_META_CLOCK, 0, value, 8);

        if (rc != MDB_SUCCESS) {
            return ngx_http_meet_store_db_fail(tx, "writing the clock", rc);
        }
    }

    rc = ngx_http_meet_store_pass_put(tx, tx->now);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "writing a pass", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_purge(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc;
    size_t i;
    uint32_t left;
    uint64_t number;
    MDB_dbi tables[] = { tx->db->log, tx->db->files, tx->db->people,
        tx->db->replaced };

    op->more = 0;
    op->removed = 0;

    rc = ngx_http_meet_store_meta_first(
        tx, NGX_HTTP_MEET_STORE_META_REMOVED, &number);

    if (rc == MDB_NOTFOUND) {
        return NGX_HTTP_MEET_STORE_OK;
    }

    left = NGX_HTTP_MEET_STORE_PURGE_STEP;

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (rc == MDB_SUCCESS && left > 0) {
            rc = ngx_http_meet_store_prefix_del(tx, tables[i], number, &left);
        }
    }

    op->more = 1;
    op->removed = NGX_HTTP_MEET_STORE_PURGE_STEP - left;

    if (rc == MDB_SUCCESS && left > 0) {
        rc = ngx_http_meet_store_meta_del(
            tx, NGX_HTTP_MEET_STORE_META_LOG, number);

        if (rc == MDB_SUCCESS || rc == MDB_NOTFOUND) {
            rc = ngx_http_meet_store_meta_del(
                tx, NGX_HTTP_MEET_STORE_META_REMOVED, number);
        }
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "removing content", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


/*
 * Removes records whose secret is zeroed: a process died, or the disk was full,
 * between the two.
 */
ngx_http_meet_store_status_t
ngx_http_meet_store_recover(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc, used;
    MDB_val k, v;
    uint32_t n;
    MDB_cursor *cursor;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    ngx_http_meet_store_db_t *db;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_header_t header;

    db = tx->db;
    op->more = 0;
    op->removed = 0;

    if (!db->scanning) {
        memset(db->scan, 0, sizeof(db->scan));
        db->scanning = 1;
    }

    rc = mdb_cursor_open(tx->txn, db->rooms, &cursor);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "looking for remains", rc);
    }

    for (n = 0; n < NGX_HTTP_MEET_STORE_RECOVER_STEP; n++) {

        /* anew each time: a removal moves what the cursor stands on */

        k.mv_data = db->scan;
        k.mv_size = sizeof(db->scan);
        rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

        if (rc == MDB_SUCCESS && n != 0
            && memcmp(k.mv_data, db->scan, sizeof(db->scan)) == 0)
        {
            rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
        }

        if (rc != MDB_SUCCESS || k.mv_size != sizeof(db->scan)) {
            break;
        }

        memcpy(db->scan, k.mv_data, sizeof(db->scan));

        if (ngx_http_meet_store_header_read(&header, v.mv_data, v.mv_size) != 0)
        {
            continue;
        }

        used = ngx_http_meet_secrets_get(&db->secrets, header.slot, secret);
        ngx_http_meet_seal_wipe(secret, sizeof(secret));

        if (used != 0) {
            continue;
        }

        memset(&found, 0, sizeof(found));
        memcpy(found.key, db->scan, sizeof(found.key));
        found.slot = header.slot;
        found.room.number = header.number;
        found.room.expires = header.expires;

        status = ngx_http_meet_store_room_remove(tx, &found);

        if (status != NGX_HTTP_MEET_STORE_OK) {
            mdb_cursor_close(cursor);
            return status;
        }

        op->removed++;
    }

    mdb_cursor_close(cursor);

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        return ngx_http_meet_store_db_fail(tx, "looking for remains", rc);
    }

    if (n == NGX_HTTP_MEET_STORE_RECOVER_STEP) {
        op->more = 1;

    } else {
        db->scanning = 0;
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_ends(ngx_http_meet_store_tx_t *tx, unsigned char *after,
    uint64_t until, ngx_http_meet_store_room_t *rooms, uint32_t max,
    uint32_t *n, uint32_t *more)
{
    int rc;
    MDB_val k, v;
    uint32_t seen;
    MDB_cursor *cursor;
    ngx_http_meet_store_found_t found;

    *n = 0;
    *more = 0;

    rc = mdb_cursor_open(tx->txn, tx->db->expiry, &cursor);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "looking for ends", rc);
    }

    k.mv_data = after;
    k.mv_size = NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN;
    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

    for (seen = 0;
         rc == MDB_SUCCESS && k.mv_size == NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN
         && v.mv_size == sizeof(found.key)
         && ngx_http_meet_store_get(k.mv_data, 8) <= until;
         rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
    {
        if (memcmp(k.mv_data, after, k.mv_size) == 0) {
            continue;
        }

        if (*n == max || seen++ == NGX_HTTP_MEET_STORE_ENDS_STEP) {
            *more = 1;
            break;
        }

        memcpy(after, k.mv_data, k.mv_size);
        memset(&found, 0, sizeof(found));
        memcpy(found.key, v.mv_data, sizeof(found.key));

        if (ngx_http_meet_store_room_load(tx, &found) == NGX_HTTP_MEET_STORE_OK
            && found.room.end != 0 && found.room.end <= until)
        {
            rooms[(*n)++] = found.room;
        }

        ngx_http_meet_seal_wipe(&found, sizeof(found));
    }

    mdb_cursor_close(cursor);

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        return ngx_http_meet_store_db_fail(tx, "looking for ends", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


/* deletes what was due at `due`, and still is */
static ngx_http_meet_store_status_t
ngx_http_meet_store_sweep_due(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op, uint64_t due)
{
    int rc;
    MDB_val k, v;
    uint32_t n;
    MDB_cursor *cursor;
    ngx_http_meet_store_status_t status;

    for (n = 0; n < NGX_HTTP_MEET_STORE_SWEEP_STEP; n++) {

        rc = mdb_cursor_open(tx->txn, tx->db->expiry, &cursor);
        if (rc != MDB_SUCCESS) {
            return ngx_http_meet_store_db_fail(tx, "sweeping", rc);
        }

        rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST);
        mdb_cursor_close(cursor);

        if (rc == MDB_NOTFOUND) {
            return NGX_HTTP_MEET_STORE_OK;
        }

        if (rc != MDB_SUCCESS) {
            return ngx_http_meet_store_db_fail(tx, "sweeping", rc);
        }

        if (k.mv_size == NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN
            && ngx_http_meet_store_get(k.mv_data, 8) > due)
        {
            return NGX_HTTP_MEET_STORE_OK;
        }

        status = ngx_http_meet_store_sweep_one(tx, op, &k, &v);
        if (status != NGX_HTTP_MEET_STORE_OK) {
            return status;
        }
    }

    op->more = 1;

    return NGX_HTTP_MEET_STORE_OK;
}


static ngx_http_meet_store_status_t
ngx_http_meet_store_sweep_one(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_op_t *op, MDB_val *k, MDB_val *v)
{
    int rc;
    MDB_val entry;
    unsigned char key[NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN];
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    memset(&found, 0, sizeof(found));

    if (k->mv_size != sizeof(key) || v->mv_size != sizeof(found.key)) {
        return ngx_http_meet_store_db_fail(tx, "sweeping", MDB_CORRUPTED);
    }

    memcpy(key, k->mv_data, sizeof(key));
    memcpy(found.key, v->mv_data, sizeof(found.key));

    /* a record that cannot be opened is of no use to anybody: it goes too */

    status = ngx_http_meet_store_room_load(tx, &found);
    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    if (found.slot != 0 && found.room.expires == ngx_http_meet_store_get(key, 8)
        && found.room.number == ngx_http_meet_store_get(key + 8, 8))
    {
        if (status == NGX_HTTP_MEET_STORE_OK && op->expired != NULL) {
            op->expired[op->removed++] = found.room;
        }

        return ngx_http_meet_store_room_remove(tx, &found);
    }

    /* the room has moved on, or is gone */

    entry.mv_data = key;
    entry.mv_size = sizeof(key);

    rc = mdb_del(tx->txn, tx->db->expiry, &entry, NULL);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "sweeping", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


static int
ngx_http_meet_store_pass_put(
    ngx_http_meet_store_tx_t *tx, const ngx_http_meet_expiry_clock_t *pass)
{
    return ngx_http_meet_store_meta_put(
        tx, NGX_HTTP_MEET_STORE_META_PASS, 0, pass, sizeof(*pass));
}
