/*
 * Rooms: their record, settings, placement, activity.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <string.h>


/* a touch that would gain less than this is not written */
#define NGX_HTTP_MEET_STORE_TOUCH_STEP 600

#define NGX_HTTP_MEET_STORE_DRAWS 8


static int ngx_http_meet_store_room_number(
    ngx_http_meet_store_tx_t *tx, uint64_t *number);
static int ngx_http_meet_store_room_expiry(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t expires);


ngx_http_meet_store_status_t
ngx_http_meet_store_room_find(ngx_http_meet_store_tx_t *tx,
    const ngx_http_meet_store_name_t *name, const unsigned char *incarnation,
    ngx_http_meet_store_found_t *found)
{
    ngx_http_meet_store_status_t status;

    memset(found, 0, sizeof(ngx_http_meet_store_found_t));

    if (name->len == 0 || name->len > NGX_HTTP_MEET_STORE_NAME_MAX) {
        return NGX_HTTP_MEET_STORE_GONE;
    }

    if (ngx_http_meet_seal_name(
            &tx->db->keys, name->data, name->len, found->key)
        != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "hashing a name", EIO);
    }

    status = ngx_http_meet_store_room_load(tx, found);

    if (status == NGX_HTTP_MEET_STORE_OK && incarnation != NULL
        && memcmp(found->room.incarnation, incarnation,
               NGX_HTTP_MEET_STORE_INCARNATION_LEN)
               != 0)
    {
        ngx_http_meet_seal_wipe(found, sizeof(ngx_http_meet_store_found_t));
        status = NGX_HTTP_MEET_STORE_GONE;
    }

    return status;
}


/*
 * By found->key.  GONE with a slot: there is a record, but its secret is zeroed
 * or, after a restore, another room's (number, incarnation and expires are
 * filled in from the header).
 */
ngx_http_meet_store_status_t
ngx_http_meet_store_room_load(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found)
{
    int rc;
    MDB_val k, v;
    unsigned char text[NGX_HTTP_MEET_STORE_ROOM_LEN], *in;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_header_t header;

    found->slot = 0;

    k.mv_data = found->key;
    k.mv_size = sizeof(found->key);

    rc = mdb_get(tx->txn, tx->db->rooms, &k, &v);

    if (rc == MDB_NOTFOUND) {
        return NGX_HTTP_MEET_STORE_GONE;
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading a room", rc);
    }

    in = v.mv_data;

    if (ngx_http_meet_store_header_read(&header, in, v.mv_size) != 0
        || v.mv_size
               < NGX_HTTP_MEET_STORE_HEADER_LEN + NGX_HTTP_MEET_SEAL_OVERHEAD
        || v.mv_size > NGX_HTTP_MEET_STORE_HEADER_LEN
                           + NGX_HTTP_MEET_SEAL_OVERHEAD + sizeof(text))
    {
        return ngx_http_meet_store_db_fail(tx, "reading a room", MDB_CORRUPTED);
    }

    found->slot = header.slot;
    found->room.number = header.number;
    found->room.expires = header.expires;
    memcpy(found->room.incarnation, header.incarnation,
        sizeof(header.incarnation));

    rc = ngx_http_meet_secrets_get(&tx->db->secrets, header.slot, secret);

    if (rc == 0) {
        return NGX_HTTP_MEET_STORE_GONE;
    }

    if (rc == -1) {
        return ngx_http_meet_store_db_fail(tx, "reading secrets", errno);
    }

    rc = ngx_http_meet_seal_room(
        &found->seal, &tx->db->keys, secret, header.incarnation);
    ngx_http_meet_seal_wipe(secret, sizeof(secret));

    if (rc != 0
        || ngx_http_meet_seal_place(&place, "rooms", found->key,
               sizeof(found->key), in, NGX_HTTP_MEET_STORE_HEADER_LEN)
               != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "opening a room", EIO);
    }

    rc = ngx_http_meet_seal_open(&found->seal, &place,
        in + NGX_HTTP_MEET_STORE_HEADER_LEN,
        v.mv_size - NGX_HTTP_MEET_STORE_HEADER_LEN, text);

    if (rc == NGX_HTTP_MEET_SEAL_FAILED) {
        return ngx_http_meet_store_db_fail(tx, "opening a room", EIO);
    }

    if (rc != 0) {
        ngx_http_meet_seal_wipe(&found->seal, sizeof(ngx_http_meet_seal_t));
        ngx_http_meet_store_db_fail(
            tx, "opening a room with its secret", MDB_CORRUPTED);
        return NGX_HTTP_MEET_STORE_GONE;
    }

    if (ngx_http_meet_store_room_read(&found->room, text,
            v.mv_size - NGX_HTTP_MEET_STORE_HEADER_LEN
                - NGX_HTTP_MEET_SEAL_OVERHEAD)
        != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "opening a room", MDB_CORRUPTED);
    }

    ngx_http_meet_seal_wipe(text, sizeof(text));

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_room_save(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found)
{
    int rc;
    size_t len;
    MDB_val k, v;
    unsigned char text[NGX_HTTP_MEET_STORE_ROOM_LEN];
    unsigned char value[NGX_HTTP_MEET_STORE_HEADER_LEN
                        + NGX_HTTP_MEET_STORE_ROOM_LEN
                        + NGX_HTTP_MEET_SEAL_OVERHEAD];
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_header_t header;

    header.slot = found->slot;
    header.number = found->room.number;
    header.expires = ngx_http_meet_store_expires(&found->room);
    memcpy(header.incarnation, found->room.incarnation,
        sizeof(header.incarnation));

    rc = ngx_http_meet_store_room_expiry(tx, found, header.expires);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "writing an expiry", rc);
    }

    found->room.expires = header.expires;

    ngx_http_meet_store_header_write(value, &header);
    len = ngx_http_meet_store_room_write(text, &found->room);

    if (ngx_http_meet_seal_place(&place, "rooms", found->key,
            sizeof(found->key), value, NGX_HTTP_MEET_STORE_HEADER_LEN)
            != 0
        || ngx_http_meet_seal_close(&found->seal, &place, text, len,
               value + NGX_HTTP_MEET_STORE_HEADER_LEN)
               != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "sealing a room", EIO);
    }

    ngx_http_meet_seal_wipe(text, sizeof(text));

    k.mv_data = found->key;
    k.mv_size = sizeof(found->key);
    v.mv_data = value;
    v.mv_size =
        NGX_HTTP_MEET_STORE_HEADER_LEN + len + NGX_HTTP_MEET_SEAL_OVERHEAD;

    rc = mdb_put(tx->txn, tx->db->rooms, &k, &v, 0);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "writing a room", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_room_create(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc;
    uint64_t now;
    MDB_stat st;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    ngx_http_meet_store_room_t *room;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    if (!ngx_http_meet_store_room_valid(&op->room)) {
        return NGX_HTTP_MEET_STORE_INVALID;
    }

    status = ngx_http_meet_store_room_find(tx, &op->room.name, NULL, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));
        return NGX_HTTP_MEET_STORE_EXISTS;
    }

    if (status != NGX_HTTP_MEET_STORE_GONE) {
        return status;
    }

    if (found.slot != 0) {
        status = ngx_http_meet_store_room_remove(tx, &found);
        if (status != NGX_HTTP_MEET_STORE_OK) {
            return status;
        }
    }

    now = 0;
    rc = mdb_stat(tx->txn, tx->db->rooms, &st);

    if (rc == MDB_SUCCESS && st.ms_entries >= tx->db->rooms_max) {
        return NGX_HTTP_MEET_STORE_LIMIT;
    }

    found.room = op->room;
    room = &found.room;

    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_room_number(tx, &room->number);
    }

    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_now(tx, &now);
    }

    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_slot_take(tx, &found.slot);
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "preparing a room", rc);
    }

    room->created = now;
    room->active = now;
    room->expires = 0;
    room->serial = 0;
    room->settings.version = 1;
    room->placement.worker = 0;
    room->placement.epoch = 0;

    if (ngx_http_meet_seal_random(
            room->incarnation, NGX_HTTP_MEET_STORE_INCARNATION_LEN)
            != 0
        || ngx_http_meet_seal_random(secret, sizeof(secret)) != 0
        || ngx_http_meet_seal_room(
               &found.seal, &tx->db->keys, secret, room->incarnation)
               != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "making a room's key", EIO);
    }

    tx->slot = found.slot;
    tx->db->dirty = 1;

    rc = ngx_http_meet_secrets_set(&tx->db->secrets, found.slot, secret);
    ngx_http_meet_seal_wipe(secret, sizeof(secret));

    if (rc == -1) {
        return ngx_http_meet_store_db_fail(tx, "writing secrets", errno);
    }

    status = ngx_http_meet_store_invites_replace(
        tx, &found, NULL, 0, op->invites, op->ninvites, 0);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status = ngx_http_meet_store_room_save(tx, &found);
    }

    op->room = found.room;
    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    return status;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_room_change(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    uint32_t n;
    uint64_t now;
    ngx_http_meet_store_room_t *room;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_invite_t present[NGX_HTTP_MEET_STORE_INVITES_MAX];
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_settings_t *settings, *wanted;

    status = ngx_http_meet_store_room_find(
        tx, &op->room.name, op->room.incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    room = &found.room;

    if (op->expect != 0 && op->expect != room->settings.version) {
        op->room = *room;
        return NGX_HTTP_MEET_STORE_CONFLICT;
    }

    settings = &room->settings;
    wanted = &op->room.settings;

    if (op->set & NGX_HTTP_MEET_STORE_SET_FLAGS) {
        settings->flags = (settings->flags & ~op->flags_mask)
                          | (wanted->flags & op->flags_mask);
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_PARTICIPANTS) {
        settings->participants = wanted->participants;
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_RIGHTS) {
        settings->rights_viewer = wanted->rights_viewer;
        settings->rights_participant = wanted->rights_participant;
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_IDLE) {
        room->idle = op->room.idle;
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_END) {
        room->end = op->room.end;
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_KEY_ID) {
        if (!ngx_http_meet_store_room_valid(&op->room)) {
            return NGX_HTTP_MEET_STORE_INVALID;
        }

        room->key_id = op->room.key_id;
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_INVITES) {
        status = ngx_http_meet_store_invites_list(tx, &found, present, &n);

        if (status == NGX_HTTP_MEET_STORE_OK) {
            status = ngx_http_meet_store_invites_replace(tx, &found, present, n,
                op->invites, op->ninvites, op->replaced_until);
        }

        if (status != NGX_HTTP_MEET_STORE_OK) {
            return status;
        }
    }

    if (ngx_http_meet_store_now(tx, &now) == MDB_SUCCESS && now > room->active)
    {
        room->active = now;
    }

    settings->version++;

    status = ngx_http_meet_store_room_save(tx, &found);

    op->room = found.room;
    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    return status;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_room_place(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    uint64_t now, worker;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_placement_t *placement;

    status = ngx_http_meet_store_room_find(
        tx, &op->room.name, op->room.incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    worker = op->room.placement.worker;
    placement = &found.room.placement;

    if (placement->worker != op->expect_placement.worker
        || placement->epoch != op->expect_placement.epoch)
    {
        op->room = found.room;
        return NGX_HTTP_MEET_STORE_CONFLICT;
    }

    if (placement->epoch == UINT32_MAX) {
        return NGX_HTTP_MEET_STORE_LIMIT;
    }

    placement->worker = worker;
    placement->epoch++;

    if (ngx_http_meet_store_now(tx, &now) == MDB_SUCCESS
        && now > found.room.active) {
        found.room.active = now;
    }

    status = ngx_http_meet_store_room_save(tx, &found);

    op->room = found.room;
    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    return status;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_room_touch(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc;
    uint64_t now, step;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    status = ngx_http_meet_store_room_find(
        tx, &op->room.name, op->room.incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    rc = ngx_http_meet_store_now(tx, &now);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading the clock", rc);
    }

    step = found.room.idle / 8;

    if (step > NGX_HTTP_MEET_STORE_TOUCH_STEP) {
        step = NGX_HTTP_MEET_STORE_TOUCH_STEP;
    }

    /* never backwards: a wrong clock must not age a room */

    if (now > found.room.active && now - found.room.active >= step) {
        found.room.active = now;
        status = ngx_http_meet_store_room_save(tx, &found);

        /* what is remembered only as long as tokens live */

        if (status == NGX_HTTP_MEET_STORE_OK) {
            status = ngx_http_meet_store_people_prune(tx, &found, now);
        }

        if (status == NGX_HTTP_MEET_STORE_OK) {
            status = ngx_http_meet_store_replaced_prune(tx, &found, now);
        }
    }

    op->room = found.room;
    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    return status;
}


/*
 * A number that nothing in the store carries yet, the remains of deleted rooms
 * included.
 */
static int
ngx_http_meet_store_room_number(ngx_http_meet_store_tx_t *tx, uint64_t *number)
{
    int i, rc;
    MDB_val k, v;
    MDB_cursor *cursor;
    unsigned char key[8];

    for (i = 0; i < NGX_HTTP_MEET_STORE_DRAWS; i++) {
        if (ngx_http_meet_seal_random(key, sizeof(key)) != 0) {
            return EIO;
        }

        *number = ngx_http_meet_store_get(key, sizeof(key));

        if (*number == 0) {
            continue;
        }

        rc = ngx_http_meet_store_meta_get(
            tx, NGX_HTTP_MEET_STORE_META_REMOVED, *number, NULL, 0);

        if (rc == MDB_SUCCESS) {
            continue;
        }

        if (rc != MDB_NOTFOUND) {
            return rc;
        }

        /* a room has invites */

        rc = mdb_cursor_open(tx->txn, tx->db->invites, &cursor);
        if (rc != MDB_SUCCESS) {
            return rc;
        }

        k.mv_data = key;
        k.mv_size = sizeof(key);
        rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

        if (rc == MDB_SUCCESS && k.mv_size >= sizeof(key)
            && ngx_http_meet_store_get(k.mv_data, sizeof(key)) == *number)
        {
            mdb_cursor_close(cursor);
            continue;
        }

        mdb_cursor_close(cursor);

        return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
    }

    return EIO;
}


/* moves the room from found->room.expires to `expires`; 0 is nowhere */
static int
ngx_http_meet_store_room_expiry(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t expires)
{
    int rc;
    MDB_val k, v;
    unsigned char key[NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN];

    if (expires == found->room.expires) {
        return MDB_SUCCESS;
    }

    k.mv_data = key;
    k.mv_size = sizeof(key);

    if (found->room.expires != 0) {
        (void) ngx_http_meet_store_put(
            ngx_http_meet_store_put(key, found->room.expires, 8),
            found->room.number, 8);

        rc = mdb_del(tx->txn, tx->db->expiry, &k, NULL);
        if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
            return rc;
        }
    }

    if (expires == 0) {
        return MDB_SUCCESS;
    }

    (void) ngx_http_meet_store_put(
        ngx_http_meet_store_put(key, expires, 8), found->room.number, 8);
    v.mv_data = found->key;
    v.mv_size = sizeof(found->key);

    return mdb_put(tx->txn, tx->db->expiry, &k, &v, 0);
}
