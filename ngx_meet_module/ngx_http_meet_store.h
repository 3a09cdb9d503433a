/*
 * Everything durable, as the rest of the module sees it: rooms, invites and
 * logs in LMDB, sealed under one secret per room.
 *
 * Reading is synchronous, on the event loop: a short read transaction in
 * memory-mapped pages, results copied out.  Writing is queued: one storage
 * thread per nginx worker applies operations in the order posted, several in
 * one transaction, commits with sync, and then the operation's handler runs on
 * the event loop.  Nothing is reported before its commit.
 *
 * All functions here are called from the event loop of one nginx worker.
 */

#ifndef NGX_HTTP_MEET_STORE_H
#define NGX_HTTP_MEET_STORE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_http_meet_store_op.h"


/* filled from the main configuration; copied by init_process */
typedef struct {
    ngx_str_t directory; /* absolute, zero-terminated; meet_store */
    u_char key[NGX_HTTP_MEET_STORE_KEY_LEN]; /* instance key; meet_key */
    ngx_uint_t rooms;                        /* meet_rooms */
    ngx_msec_t sweep_interval;               /* meet_sweep_interval, 1h */
} ngx_http_meet_store_conf_t;


/*
 * From init_module, as root: makes the directory (0700, owned by the workers'
 * user) if there is none and opens nothing, so `nginx -t` may pass here too.
 * NGX_ERROR was logged.
 */
ngx_int_t ngx_http_meet_store_init_module(
    ngx_cycle_t *cycle, ngx_http_meet_store_conf_t *conf);

/*
 * From init_process.  Does nothing and returns NGX_OK in helper processes.  A
 * store that cannot be opened is logged at [emerg] with file and reason and
 * tried again every ten seconds; it is not a reason for the worker to die with
 * all other sites in it, so NGX_ERROR means lack of memory only.
 */
ngx_int_t ngx_http_meet_store_init_process(
    ngx_cycle_t *cycle, ngx_http_meet_store_conf_t *conf);

/*
 * From exit_process.  Blocks until every queued operation is committed;
 * handlers do not run any more.
 */
void ngx_http_meet_store_exit_process(ngx_cycle_t *cycle);

/* 1 if the store is open; for /healthz */
ngx_uint_t ngx_http_meet_store_ready(void);


/*
 * Reads one room into `room`.  NGX_DECLINED: there is none, or its absolute
 * end has passed.  NGX_ERROR: the store does not work (logged) -> 503.
 */
ngx_int_t ngx_http_meet_store_room_get(
    ngx_str_t *name, ngx_http_meet_store_room_t *room);

/*
 * Reads the room's invites, NGX_HTTP_MEET_STORE_INVITES_MAX at most, expired
 * ones included, in the order of their serials.
 */
ngx_int_t ngx_http_meet_store_invites_get(ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invites, ngx_uint_t *n);

/*
 * Finds the invite of that serial.  NGX_DECLINED: revoked, replaced or
 * expired: nobody new comes in by it.
 */
ngx_int_t ngx_http_meet_store_invite_get(ngx_http_meet_store_room_t *room,
    uint32_t serial, ngx_http_meet_store_invite_t *invite);

/*
 * Says what has become of the invite that a token was made from.  `invite` is
 * filled if it is LIVE or REPLACED (without verifier then), else zeroed.
 * NGX_DECLINED: the room is gone.
 */
ngx_int_t ngx_http_meet_store_invite_find(ngx_http_meet_store_room_t *room,
    uint32_t serial, ngx_http_meet_store_invite_t *invite,
    ngx_http_meet_store_invite_state_t *state);

/*
 * What the room remembers of that id: `banned` is 0 unless it is in force now,
 * `role` _ROLE_NONE if none was appointed.  NGX_DECLINED: the room is gone.
 */
ngx_int_t ngx_http_meet_store_person_get(ngx_http_meet_store_room_t *room,
    uint64_t participant, ngx_http_meet_store_person_t *person);

/*
 * Checks `auth` (NGX_HTTP_MEET_STORE_AUTH_LEN raw bytes, as derived by the
 * client) against the invite called `id`, or against all of the room's if `id`
 * is NULL.  NGX_OK: `room` and `invite` are filled.  NGX_DECLINED: no such
 * room, no such invite, expired or wrong secret, in the same time and without
 * a difference; `room` and `invite` are zeroed.
 */
ngx_int_t ngx_http_meet_store_invite_check(ngx_str_t *name, ngx_str_t *id,
    u_char *auth, ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invite);

/*
 * Reads entries of a channel with sequence > `after`, oldest first: at most
 * `max` entries and about `bytes` of data (one entry always fits).  The array
 * and its data are allocated from `pool`.  `last` is the channel's newest
 * sequence, 0 if empty: the caller has all of it when it has seen that one.
 */
ngx_int_t ngx_http_meet_store_log_get(ngx_pool_t *pool,
    ngx_http_meet_store_room_t *room, ngx_uint_t channel, uint64_t after,
    ngx_uint_t max, size_t bytes, ngx_http_meet_store_entry_t **entries,
    ngx_uint_t *n, uint64_t *last);

/*
 * For whoever wants all there is about a room: people with a ban or a role,
 * replaced invites, and a page of the log (as log_get, over all channels, from
 * `position` on, which is moved; `n` is 0 when there is no more).  Arrays are
 * allocated from `pool`.
 */
ngx_int_t ngx_http_meet_store_people_get(ngx_pool_t *pool,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_person_t **people,
    ngx_uint_t *n);
ngx_int_t ngx_http_meet_store_replaced_get(ngx_pool_t *pool,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t **invites,
    ngx_uint_t *n);
ngx_int_t ngx_http_meet_store_page_get(ngx_pool_t *pool,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_position_t *position,
    ngx_uint_t max, size_t bytes, ngx_http_meet_store_entry_t **entries,
    ngx_uint_t *n);

/* number of rooms, of the limit's scale; for /metrics */
ngx_int_t ngx_http_meet_store_rooms(ngx_uint_t *n);

/* operations waiting in this worker; for /metrics */
ngx_uint_t ngx_http_meet_store_queued(void);


/*
 * A zeroed operation, or NULL.  Fill in what the verb needs (see
 * ngx_http_meet_store_verb_t), set handler and data, post it.
 */
ngx_http_meet_store_op_t *ngx_http_meet_store_op(
    ngx_http_meet_store_verb_t verb);

/*
 * Queues the operation; the store owns it from here on.  NGX_OK: `handler`
 * will run exactly once, later, never from inside post(), unless cancelled or
 * the process exits before.  NGX_BUSY: the queue is full; NGX_ERROR: the store
 * is closed or memory is lacking; in both cases the operation is destroyed and
 * no handler runs.  -> 503.
 */
ngx_int_t ngx_http_meet_store_post(ngx_http_meet_store_op_t *op);

/* the caller goes away: the write still happens, the handler does not run */
void ngx_http_meet_store_cancel(ngx_http_meet_store_op_t *op);

/* destroys an operation that was never posted */
void ngx_http_meet_store_discard(ngx_http_meet_store_op_t *op);


/*
 * Called on the event loop of the one worker that sweeps, so that the room's
 * actor can be closed: when a room's absolute end is due (within 20 s; the room
 * is still stored, but nobody joins it), and when the sweep has deleted a
 * room.  It may come more than once for a room.  Only `name`, `number`,
 * `incarnation` and `placement` of the room are to be used.  NULL: nobody.
 */
typedef void (*ngx_http_meet_store_expired_pt)(
    ngx_http_meet_store_room_t *room);

void ngx_http_meet_store_on_expired(ngx_http_meet_store_expired_pt handler);


/* helpers: NGX_DECLINED if `s` does not fit */
ngx_int_t ngx_http_meet_store_set_name(
    ngx_http_meet_store_name_t *name, ngx_str_t *s);
ngx_int_t ngx_http_meet_store_set_id(
    ngx_http_meet_store_id_t *id, ngx_str_t *s);


#endif /* NGX_HTTP_MEET_STORE_H */
