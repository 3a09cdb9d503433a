/*
 * What can be done with a room in the store, private to it and its tests: the
 * operations of ngx_http_meet_store_op.h and the reads behind
 * ngx_http_meet_store.h.  All run inside a transaction of
 * ngx_http_meet_store_db.h; those that take an operation need a write one.
 */

#ifndef NGX_HTTP_MEET_STORE_ROOM_H
#define NGX_HTTP_MEET_STORE_ROOM_H

#include "ngx_http_meet_store_db.h"


/* a room's record as found */
typedef struct {
    unsigned char key[NGX_HTTP_MEET_STORE_ROOM_KEY_LEN];
    uint32_t slot;
    ngx_http_meet_seal_t seal;
    ngx_http_meet_store_room_t room;
} ngx_http_meet_store_found_t;


typedef struct {
    uint64_t until;
    ngx_http_meet_store_invite_t invite;
} ngx_http_meet_store_replaced_t;


/* memory for results of a read; NULL: none left */
typedef void *(*ngx_http_meet_store_alloc_pt)(void *ctx, size_t len);


/* a sealed value into a struct; 0, or -1: it is not authentic */
typedef int (*ngx_http_meet_store_open_pt)(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out);


/* ngx_http_meet_store_meta.c: opens up to `max` values of a room, in order of
 * their keys of `key_len` bytes, into an array of structs of `size` bytes */
ngx_http_meet_store_status_t ngx_http_meet_store_list(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    MDB_dbi dbi, size_t key_len, ngx_http_meet_store_open_pt open, void *array,
    size_t size, uint32_t max, uint32_t *n);


/* ngx_http_meet_store_room.c */
ngx_http_meet_store_status_t ngx_http_meet_store_room_find(
    ngx_http_meet_store_tx_t *tx, const ngx_http_meet_store_name_t *name,
    const unsigned char *incarnation, ngx_http_meet_store_found_t *found);
ngx_http_meet_store_status_t ngx_http_meet_store_room_load(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found);
ngx_http_meet_store_status_t ngx_http_meet_store_room_save(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found);
ngx_http_meet_store_status_t ngx_http_meet_store_room_create(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_room_change(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_room_place(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_room_touch(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);


/* ngx_http_meet_store_invite.c */
ngx_http_meet_store_status_t ngx_http_meet_store_invites_list(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    ngx_http_meet_store_invite_t *invites, uint32_t *n);
/*
 * `invites` replaces those in `present`; serials are given out.  Those that go
 * are kept as replaced until `until`; 0: they and the ones before are not.
 */
ngx_http_meet_store_status_t ngx_http_meet_store_invites_replace(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_invite_t *present, uint32_t npresent,
    ngx_http_meet_store_invite_t *invites, uint32_t n, uint64_t until);
/* OK or GONE, in the same time for a room that is not there */
ngx_http_meet_store_status_t ngx_http_meet_store_invites_check(
    ngx_http_meet_store_tx_t *tx, const ngx_http_meet_store_name_t *name,
    const ngx_http_meet_store_id_t *id, const unsigned char *auth, uint64_t now,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t *invite);


/* opens into an invite */
int ngx_http_meet_store_invite_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out);


/* ngx_http_meet_store_replaced.c */
ngx_http_meet_store_status_t ngx_http_meet_store_replaced_put(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_invite_t *invite, uint64_t until);
/* REPLACED while `now` is before its end; `invite` is zeroed if it is not */
ngx_http_meet_store_status_t ngx_http_meet_store_invites_find(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    uint32_t serial, uint64_t now, ngx_http_meet_store_invite_t *invite,
    ngx_http_meet_store_invite_state_t *state);
/* at most NGX_HTTP_MEET_STORE_REPLACED_MAX, those whose time is over too */
ngx_http_meet_store_status_t ngx_http_meet_store_replaced_list(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    ngx_http_meet_store_replaced_t *replaced, uint32_t *n);
ngx_http_meet_store_status_t ngx_http_meet_store_replaced_prune(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    uint64_t now);


/* ngx_http_meet_store_people.c */
ngx_http_meet_store_status_t ngx_http_meet_store_person_change(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_person_find(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    uint64_t participant, ngx_http_meet_store_person_t *person);
ngx_http_meet_store_status_t ngx_http_meet_store_people_list(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    ngx_http_meet_store_person_t *people, uint32_t max, uint32_t *n);
ngx_http_meet_store_status_t ngx_http_meet_store_people_prune(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    uint64_t now);


/* ngx_http_meet_store_log.c */
ngx_http_meet_store_status_t ngx_http_meet_store_log_append(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_log_list(
    ngx_http_meet_store_tx_t *tx, const ngx_http_meet_store_room_t *room,
    uint16_t channel, uint64_t after, uint32_t max, size_t bytes,
    ngx_http_meet_store_alloc_pt alloc, void *ctx,
    ngx_http_meet_store_entry_t **entries, uint32_t *n, uint64_t *last);
/* over all channels, from `position` on, which is moved */
ngx_http_meet_store_status_t ngx_http_meet_store_log_page(
    ngx_http_meet_store_tx_t *tx, const ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_position_t *position, uint32_t max, size_t bytes,
    ngx_http_meet_store_alloc_pt alloc, void *ctx,
    ngx_http_meet_store_entry_t **entries, uint32_t *n);


/* ngx_http_meet_store_delete.c */
ngx_http_meet_store_status_t ngx_http_meet_store_room_delete(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_sweep(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_purge(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
ngx_http_meet_store_status_t ngx_http_meet_store_recover(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
/*
 * Rooms whose own end (not their idleness) lies behind `after`, a key in
 * `expiry` that is moved, and not after `until`.  `more`: call again.
 */
ngx_http_meet_store_status_t ngx_http_meet_store_ends(
    ngx_http_meet_store_tx_t *tx, unsigned char *after, uint64_t until,
    ngx_http_meet_store_room_t *rooms, uint32_t max, uint32_t *n,
    uint32_t *more);
/* for a create that finds the name held by a record without a secret */
ngx_http_meet_store_status_t ngx_http_meet_store_room_remove(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found);


#endif /* NGX_HTTP_MEET_STORE_ROOM_H */
