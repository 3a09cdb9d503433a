/*
 * Reading the store on the event loop: one short read transaction each.
 */

#include "ngx_http_meet_store_process.h"
#include "ngx_http_meet_store_record.h"
#include "ngx_http_meet_store_room.h"


/* whatever a caller asks for, a turn of the event loop reads no more */
#define NGX_HTTP_MEET_STORE_READ_ENTRIES 1000
#define NGX_HTTP_MEET_STORE_READ_BYTES   (1024 * 1024)


static ngx_int_t ngx_http_meet_store_read_begin(
    ngx_http_meet_store_tx_t *tx, char *error);
static ngx_int_t ngx_http_meet_store_read_end(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_status_t status);
static void *ngx_http_meet_store_read_alloc(void *ctx, size_t len);


ngx_int_t
ngx_http_meet_store_room_get(ngx_str_t *name, ngx_http_meet_store_room_t *room)
{
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_name_t n;
    ngx_http_meet_store_found_t found;

    if (ngx_http_meet_store_set_name(&n, name) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_meet_store_read_end(
        &tx, ngx_http_meet_store_room_find(&tx, &n, NULL, &found));

    if (rc == NGX_OK && found.room.end != 0
        && (uint64_t) ngx_time() >= found.room.end)
    {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_OK) {
        *room = found.room;
    }

    ngx_explicit_memzero(&found, sizeof(found));

    return rc;
}


ngx_int_t
ngx_http_meet_store_invites_get(ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invites, ngx_uint_t *n)
{
    uint32_t count;
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    *n = 0;
    count = 0;

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    status = ngx_http_meet_store_room_find(
        &tx, &room->name, room->incarnation, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status = ngx_http_meet_store_invites_list(&tx, &found, invites, &count);
    }

    rc = ngx_http_meet_store_read_end(&tx, status);

    if (rc == NGX_OK) {
        *n = count;
    }

    ngx_explicit_memzero(&found, sizeof(found));

    return rc;
}


ngx_int_t
ngx_http_meet_store_invite_get(ngx_http_meet_store_room_t *room,
    uint32_t serial, ngx_http_meet_store_invite_t *invite)
{
    ngx_int_t rc;
    ngx_http_meet_store_invite_state_t state;

    rc = ngx_http_meet_store_invite_find(room, serial, invite, &state);

    if (rc == NGX_OK && state != NGX_HTTP_MEET_STORE_INVITE_LIVE) {
        ngx_explicit_memzero(invite, sizeof(ngx_http_meet_store_invite_t));
        rc = NGX_DECLINED;
    }

    return rc;
}


ngx_int_t
ngx_http_meet_store_invite_find(ngx_http_meet_store_room_t *room,
    uint32_t serial, ngx_http_meet_store_invite_t *invite,
    ngx_http_meet_store_invite_state_t *state)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    *state = NGX_HTTP_MEET_STORE_INVITE_NONE;
    ngx_memzero(invite, sizeof(ngx_http_meet_store_invite_t));

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    status = ngx_http_meet_store_room_find(
        &tx, &room->name, room->incarnation, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status = ngx_http_meet_store_invites_find(
            &tx, &found, serial, (uint64_t) ngx_time(), invite, state);
    }

    ngx_explicit_memzero(&found, sizeof(found));

    return ngx_http_meet_store_read_end(&tx, status);
}


ngx_int_t
ngx_http_meet_store_person_get(ngx_http_meet_store_room_t *room,
    uint64_t participant, ngx_http_meet_store_person_t *person)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    ngx_memzero(person, sizeof(ngx_http_meet_store_person_t));

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    status = ngx_http_meet_store_room_find(
        &tx, &room->name, room->incarnation, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status =
            ngx_http_meet_store_person_find(&tx, &found, participant, person);
    }

    ngx_explicit_memzero(&found, sizeof(found));

    if (person->banned <= (uint64_t) ngx_time()) {
        person->banned = 0;
    }

    return ngx_http_meet_store_read_end(&tx, status);
}


ngx_int_t
ngx_http_meet_store_invite_check(ngx_str_t *name, ngx_str_t *id, u_char *auth,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t *invite)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_id_t i;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_name_t n;

    ngx_memzero(room, sizeof(ngx_http_meet_store_room_t));
    ngx_memzero(invite, sizeof(ngx_http_meet_store_invite_t));

    if (ngx_http_meet_store_set_name(&n, name) != NGX_OK
        || (id != NULL && ngx_http_meet_store_set_id(&i, id) != NGX_OK))
    {
        return NGX_DECLINED;
    }

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_meet_store_read_end(
        &tx, ngx_http_meet_store_invites_check(&tx, &n, id ? &i : NULL, auth,
                 (uint64_t) ngx_time(), room, invite));
}


ngx_int_t
ngx_http_meet_store_log_get(ngx_pool_t *pool, ngx_http_meet_store_room_t *room,
    ngx_uint_t channel, uint64_t after, ngx_uint_t max, size_t bytes,
    ngx_http_meet_store_entry_t **entries, ngx_uint_t *n, uint64_t *last)
{
    uint32_t count;
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;

    *n = 0;
    *last = 0;
    *entries = NULL;

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    max = ngx_min(max, NGX_HTTP_MEET_STORE_READ_ENTRIES);
    bytes = ngx_min(bytes, NGX_HTTP_MEET_STORE_READ_BYTES);

    rc = ngx_http_meet_store_read_end(
        &tx, ngx_http_meet_store_log_list(&tx, room, (uint16_t) channel, after,
                 (uint32_t) max, bytes, ngx_http_meet_store_read_alloc, pool,
                 entries, &count, last));

    if (rc == NGX_OK) {
        *n = count;
    }

    return rc;
}


ngx_int_t
ngx_http_meet_store_people_get(ngx_pool_t *pool,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_person_t **people,
    ngx_uint_t *n)
{
    uint32_t count;
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    *n = 0;
    count = 0;

    *people = ngx_palloc(pool,
        NGX_HTTP_MEET_STORE_PEOPLE_MAX * sizeof(ngx_http_meet_store_person_t));

    if (*people == NULL || ngx_http_meet_store_read_begin(&tx, error) != NGX_OK)
    {
        return NGX_ERROR;
    }

    status = ngx_http_meet_store_room_find(
        &tx, &room->name, room->incarnation, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status = ngx_http_meet_store_people_list(
            &tx, &found, *people, NGX_HTTP_MEET_STORE_PEOPLE_MAX, &count);
    }

    rc = ngx_http_meet_store_read_end(&tx, status);

    if (rc == NGX_OK) {
        *n = count;
    }

    ngx_explicit_memzero(&found, sizeof(found));

    return rc;
}


ngx_int_t
ngx_http_meet_store_replaced_get(ngx_pool_t *pool,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t **invites,
    ngx_uint_t *n)
{
    uint32_t i, count;
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_replaced_t *replaced;

    *n = 0;
    count = 0;

    *invites = ngx_palloc(pool, NGX_HTTP_MEET_STORE_REPLACED_MAX
                                    * sizeof(ngx_http_meet_store_invite_t));
    replaced = ngx_palloc(pool, NGX_HTTP_MEET_STORE_REPLACED_MAX
                                    * sizeof(ngx_http_meet_store_replaced_t));

    if (*invites == NULL || replaced == NULL
        || ngx_http_meet_store_read_begin(&tx, error) != NGX_OK)
    {
        return NGX_ERROR;
    }

    status = ngx_http_meet_store_room_find(
        &tx, &room->name, room->incarnation, &found);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        status =
            ngx_http_meet_store_replaced_list(&tx, &found, replaced, &count);
    }

    rc = ngx_http_meet_store_read_end(&tx, status);

    if (rc == NGX_OK) {
        for (i = 0; i < count; i++) {
            (*invites)[i] = replaced[i].invite;
        }

        *n = count;
    }

    ngx_explicit_memzero(&found, sizeof(found));

    return rc;
}


ngx_int_t
ngx_http_meet_store_page_get(ngx_pool_t *pool, ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_position_t *position, ngx_uint_t max, size_t bytes,
    ngx_http_meet_store_entry_t **entries, ngx_uint_t *n)
{
    uint32_t count;
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;

    *n = 0;
    *entries = NULL;

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    max = ngx_min(max, NGX_HTTP_MEET_STORE_READ_ENTRIES);
    bytes = ngx_min(bytes, NGX_HTTP_MEET_STORE_READ_BYTES);

    rc = ngx_http_meet_store_read_end(
        &tx, ngx_http_meet_store_log_page(&tx, room, position, (uint32_t) max,
                 bytes, ngx_http_meet_store_read_alloc, pool, entries, &count));

    if (rc == NGX_OK) {
        *n = count;
    }

    return rc;
}


ngx_int_t
ngx_http_meet_store_rooms(ngx_uint_t *n)
{
    int rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    MDB_stat st;
    ngx_http_meet_store_tx_t tx;

    *n = 0;

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = mdb_stat(tx.txn, tx.db->rooms, &st);

    if (rc == MDB_SUCCESS) {
        *n = st.ms_entries;
    }

    return ngx_http_meet_store_read_end(
        &tx, rc == MDB_SUCCESS
                 ? NGX_HTTP_MEET_STORE_OK
                 : ngx_http_meet_store_db_fail(&tx, "counting rooms", rc));
}


ngx_int_t
ngx_http_meet_store_ends_get(u_char *after, uint64_t until,
    ngx_http_meet_store_room_t *rooms, uint32_t max, uint32_t *n)
{
    uint32_t more;
    ngx_int_t rc;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;

    *n = 0;

    if (ngx_http_meet_store_read_begin(&tx, error) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_meet_store_read_end(
        &tx, ngx_http_meet_store_ends(&tx, after, until, rooms, max, n, &more));

    return rc == NGX_OK && more ? NGX_AGAIN : rc;
}


ngx_int_t
ngx_http_meet_store_set_name(ngx_http_meet_store_name_t *name, ngx_str_t *s)
{
    ngx_memzero(name, sizeof(ngx_http_meet_store_name_t));

    if (s->len == 0 || s->len > NGX_HTTP_MEET_STORE_NAME_MAX) {
        return NGX_DECLINED;
    }

    name->len = (uint8_t) s->len;
    ngx_memcpy(name->data, s->data, s->len);

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_store_set_id(ngx_http_meet_store_id_t *id, ngx_str_t *s)
{
    ngx_memzero(id, sizeof(ngx_http_meet_store_id_t));

    if (s->len == 0 || s->len > NGX_HTTP_MEET_STORE_ID_MAX) {
        return NGX_DECLINED;
    }

    id->len = (uint8_t) s->len;
    ngx_memcpy(id->data, s->data, s->len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_meet_store_read_begin(ngx_http_meet_store_tx_t *tx, char *error)
{
    ngx_http_meet_store_db_t *db;

    db = ngx_http_meet_store_db();

    if (db == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_meet_store_db_begin(db, tx, error) != 0) {
        ngx_http_meet_store_log_error(error);

        if (tx->panic) {
            ngx_http_meet_store_panic();
        }

        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_meet_store_read_end(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_status_t status)
{
    ngx_http_meet_store_db_end(tx);

    if (status == NGX_HTTP_MEET_STORE_OK) {
        return NGX_OK;
    }

    if (tx->error[0] != '\0') {
        ngx_http_meet_store_log_error(tx->error);
    }

    return status == NGX_HTTP_MEET_STORE_GONE ? NGX_DECLINED : NGX_ERROR;
}


static void *
ngx_http_meet_store_read_alloc(void *ctx, size_t len)
{
    return ngx_palloc(ctx, len);
}
