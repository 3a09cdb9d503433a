/*
 * The log of a room: ciphertext in channels, numbered without gaps.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <string.h>


static int ngx_http_meet_store_log_last(ngx_http_meet_store_tx_t *tx,
    uint64_t number, uint16_t channel, uint64_t *last);
static int ngx_http_meet_store_log_read(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, const unsigned char *key, size_t prefix,
    uint32_t max, size_t bytes, ngx_http_meet_store_alloc_pt alloc, void *ctx,
    ngx_http_meet_store_entry_t **entries, uint32_t *n);
static int ngx_http_meet_store_log_count(MDB_cursor *cursor,
    const unsigned char *key, size_t prefix, uint32_t max, size_t bytes,
    uint32_t *n);
static int ngx_http_meet_store_log_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, ngx_http_meet_store_alloc_pt alloc,
    void *ctx, ngx_http_meet_store_entry_t *entry);
static void ngx_http_meet_store_log_key(
    unsigned char *out, uint64_t number, uint16_t channel, uint64_t sequence);


ngx_http_meet_store_status_t
ngx_http_meet_store_log_append(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc;
    size_t len;
    MDB_val k, v;
    uint64_t last, entries, bytes;
    unsigned char key[NGX_HTTP_MEET_STORE_LOG_KEY_LEN], count[16];
    unsigned char *text, *p;
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_entry_t *entry;

    entry = &op->entry;

    if (entry->len > NGX_HTTP_MEET_STORE_ENTRY_MAX) {
        return NGX_HTTP_MEET_STORE_INVALID;
    }

    status = ngx_http_meet_store_room_find(
        tx, &op->room.name, op->room.incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    rc = ngx_http_meet_store_meta_get(tx, NGX_HTTP_MEET_STORE_META_LOG,
        found.room.number, count, sizeof(count));

    if (rc == MDB_NOTFOUND) {
        memset(count, 0, sizeof(count));

    } else if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading a log", rc);
    }

    entries = ngx_http_meet_store_get(count, 8) + 1;
    bytes = ngx_http_meet_store_get(count + 8, 8) + entry->len;

    if (entries > NGX_HTTP_MEET_STORE_LOG_MAX
        || bytes > NGX_HTTP_MEET_STORE_LOG_BYTES_MAX)
    {
        return NGX_HTTP_MEET_STORE_LIMIT;
    }

    rc = ngx_http_meet_store_log_last(
        tx, found.room.number, entry->channel, &last);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading a log", rc);
    }

    entry->sequence = last + 1;
    entry->time_ms = tx->now->wall_ms;

    ngx_http_meet_store_log_key(
        key, found.room.number, entry->channel, entry->sequence);

    /* sealed in place: the text stands where the ciphertext will */

    len = NGX_HTTP_MEET_STORE_ENTRY_LEN + entry->len;
    text = tx->db->buffer + NGX_HTTP_MEET_SEAL_NONCE_LEN;
    p = ngx_http_meet_store_put(text, entry->time_ms, 8);
    p = ngx_http_meet_store_put(p, entry->sender, 8);

    if (entry->len != 0) {
        memcpy(p, entry->data, entry->len);
    }

    rc = ngx_http_meet_seal_place(&place, "log", key, sizeof(key), NULL, 0);

    if (rc == 0) {
        rc = ngx_http_meet_seal_close(
            &found.seal, &place, text, len, tx->db->buffer);
    }

    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    if (rc != 0) {
        return ngx_http_meet_store_db_fail(tx, "sealing an entry", EIO);
    }

    k.mv_data = key;
    k.mv_size = sizeof(key);
    v.mv_data = tx->db->buffer;
    v.mv_size = len + NGX_HTTP_MEET_SEAL_OVERHEAD;

    rc = mdb_put(tx->txn, tx->db->log, &k, &v, MDB_NOOVERWRITE);

    if (rc == MDB_SUCCESS) {
        (void) ngx_http_meet_store_put(
            ngx_http_meet_store_put(count, entries, 8), bytes, 8);
        rc = ngx_http_meet_store_meta_put(tx, NGX_HTTP_MEET_STORE_META_LOG,
            found.room.number, count, sizeof(count));
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "writing an entry", rc);
    }

    op->room = found.room;

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_log_list(ngx_http_meet_store_tx_t *tx,
    const ngx_http_meet_store_room_t *room, uint16_t channel, uint64_t after,
    uint32_t max, size_t bytes, ngx_http_meet_store_alloc_pt alloc, void *ctx,
    ngx_http_meet_store_entry_t **entries, uint32_t *n, uint64_t *last)
{
    int rc;
    unsigned char key[NGX_HTTP_MEET_STORE_LOG_KEY_LEN];
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    *n = 0;
    *last = 0;
    *entries = NULL;

    status = ngx_http_meet_store_room_find(
        tx, &room->name, room->incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    rc = ngx_http_meet_store_log_last(tx, found.room.number, channel, last);

    if (rc == MDB_SUCCESS && after < *last) {
        ngx_http_meet_store_log_key(key, found.room.number, channel, after + 1);
        rc = ngx_http_meet_store_log_read(
            tx, &found, key, 10, max, bytes, alloc, ctx, entries, n);
    }

    ngx_http_meet_seal_wipe(&found, sizeof(found));

    if (rc != MDB_SUCCESS) {
        *n = 0;
        return ngx_http_meet_store_db_fail(tx, "reading a log", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_log_page(ngx_http_meet_store_tx_t *tx,
    const ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_position_t *position, uint32_t max, size_t bytes,
    ngx_http_meet_store_alloc_pt alloc, void *ctx,
    ngx_http_meet_store_entry_t **entries, uint32_t *n)
{
    int rc;
    unsigned char key[NGX_HTTP_MEET_STORE_LOG_KEY_LEN];
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    *n = 0;
    *entries = NULL;

    status = ngx_http_meet_store_room_find(
        tx, &room->name, room->incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    ngx_http_meet_store_log_key(
        key, found.room.number, position->channel, position->sequence + 1);
    rc = ngx_http_meet_store_log_read(
        tx, &found, key, 8, max, bytes, alloc, ctx, entries, n);

    ngx_http_meet_seal_wipe(&found, sizeof(found));

    if (rc != MDB_SUCCESS) {
        *n = 0;
        return ngx_http_meet_store_db_fail(tx, "reading a log", rc);
    }

    if (*n != 0) {
        position->channel = (*entries)[*n - 1].channel;
        position->sequence = (*entries)[*n - 1].sequence;
    }

    return NGX_HTTP_MEET_STORE_OK;
}


static int
ngx_http_meet_store_log_last(ngx_http_meet_store_tx_t *tx, uint64_t number,
    uint16_t channel, uint64_t *last)
{
    int rc;
    MDB_val k, v;
    MDB_cursor *cursor;
    unsigned char key[NGX_HTTP_MEET_STORE_LOG_KEY_LEN];

    *last = 0;

    rc = mdb_cursor_open(tx->txn, tx->db->log, &cursor);
    if (rc != MDB_SUCCESS) {
        return rc;
    }

    /* the last key before all that could be behind this channel's */

    ngx_http_meet_store_log_key(key, number, channel, UINT64_MAX);
    k.mv_data = key;
    k.mv_size = sizeof(key);

    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    rc =
        mdb_cursor_get(cursor, &k, &v, rc == MDB_SUCCESS ? MDB_PREV : MDB_LAST);

    if (rc == MDB_SUCCESS && k.mv_size == sizeof(key)
        && memcmp(k.mv_data, key, 10) == 0)
    {
        *last = ngx_http_meet_store_get((unsigned char *) k.mv_data + 10, 8);
    }

    mdb_cursor_close(cursor);

    return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
}


/* entries from `key` on whose keys begin with the same `prefix` bytes */
static int
ngx_http_meet_store_log_read(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, const unsigned char *key, size_t prefix,
    uint32_t max, size_t bytes, ngx_http_meet_store_alloc_pt alloc, void *ctx,
    ngx_http_meet_store_entry_t **entries, uint32_t *n)
{
    int rc;
    MDB_val k, v;
    uint32_t i;
    MDB_cursor *cursor;

    rc = mdb_cursor_open(tx->txn, tx->db->log, &cursor);
    if (rc != MDB_SUCCESS) {
        return rc;
    }

    rc = ngx_http_meet_store_log_count(cursor, key, prefix, max, bytes, n);

    if (rc == MDB_SUCCESS && *n != 0) {
        *entries = alloc(ctx, *n * sizeof(ngx_http_meet_store_entry_t));

        k.mv_data = (void *) key;
        k.mv_size = NGX_HTTP_MEET_STORE_LOG_KEY_LEN;
        rc = *entries == NULL ? ENOMEM
                              : mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

        for (i = 0; rc == MDB_SUCCESS && i < *n; i++) {
            rc = ngx_http_meet_store_log_open(
                found, &k, &v, alloc, ctx, &(*entries)[i]);

            if (rc == MDB_SUCCESS && i + 1 < *n) {
                rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
            }
        }
    }

    mdb_cursor_close(cursor);

    return rc;
}


/* how many of them fit */
static int
ngx_http_meet_store_log_count(MDB_cursor *cursor, const unsigned char *key,
    size_t prefix, uint32_t max, size_t bytes, uint32_t *n)
{
    int rc;
    size_t sum;
    MDB_val k, v;

    sum = 0;
    k.mv_data = (void *) key;
    k.mv_size = NGX_HTTP_MEET_STORE_LOG_KEY_LEN;

    rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

    while (rc == MDB_SUCCESS && *n < max
           && k.mv_size == NGX_HTTP_MEET_STORE_LOG_KEY_LEN
           && memcmp(k.mv_data, key, prefix) == 0)
    {
        sum += v.mv_size;

        if (sum > bytes && *n != 0) {
            break;
        }

        (*n)++;

        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }

    return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
}


static int
ngx_http_meet_store_log_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, ngx_http_meet_store_alloc_pt alloc,
    void *ctx, ngx_http_meet_store_entry_t *entry)
{
    size_t len;
    unsigned char *text;
    ngx_http_meet_seal_place_t place;

    if (v->mv_size < NGX_HTTP_MEET_SEAL_OVERHEAD + NGX_HTTP_MEET_STORE_ENTRY_LEN
        || v->mv_size > NGX_HTTP_MEET_STORE_SEALED_MAX)
    {
        return MDB_CORRUPTED;
    }

    len = v->mv_size - NGX_HTTP_MEET_SEAL_OVERHEAD;

    text = alloc(ctx, len);
    if (text == NULL) {
        return ENOMEM;
    }

    if (ngx_http_meet_seal_place(&place, "log", k->mv_data, k->mv_size, NULL, 0)
            != 0
        || ngx_http_meet_seal_open(
               &found->seal, &place, v->mv_data, v->mv_size, text)
               != 0)
    {
        return MDB_CORRUPTED;
    }

    entry->channel =
        (uint16_t) ngx_http_meet_store_get((unsigned char *) k->mv_data + 8, 2);
    entry->sequence =
        ngx_http_meet_store_get((unsigned char *) k->mv_data + 10, 8);
    entry->time_ms = ngx_http_meet_store_get(text, 8);
    entry->sender = ngx_http_meet_store_get(text + 8, 8);
    entry->len = (uint32_t) (len - NGX_HTTP_MEET_STORE_ENTRY_LEN);
    entry->data = text + NGX_HTTP_MEET_STORE_ENTRY_LEN;

    return MDB_SUCCESS;
}


static void
ngx_http_meet_store_log_key(
    unsigned char *out, uint64_t number, uint16_t channel, uint64_t sequence)
{
    out = ngx_http_meet_store_put(out, number, 8);
    out = ngx_http_meet_store_put(out, channel, 2);
    (void) ngx_http_meet_store_put(out, sequence, 8);
}
