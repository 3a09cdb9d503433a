/*
 * The store's core, private to ngx_http_meet_store_*.c and its tests: LMDB and
 * OpenSSL, no nginx.
 *
 * One ngx_http_meet_store_db_t per process, opened after fork.  Reads come
 * from one thread (the event loop), writes from one other (the storage
 * thread); LMDB's writer lock orders the processes.
 *
 *   rooms   HMAC(name)                  -> header, sealed room
 *   invites number, serial              -> sealed invite
 *   replaced number, serial             -> sealed end, invite
 *   people  number, participant         -> sealed ban and role
 *   expiry  second it expires, number   -> HMAC(name)
 *   log     number, channel, sequence   -> sealed entry
 *   files   number, ...                 -> removed with the room
 *   meta    see NGX_HTTP_MEET_STORE_META_
 *
 * Integers in keys are big-endian, so that order of keys is order of numbers.
 */

#ifndef NGX_HTTP_MEET_STORE_DB_H
#define NGX_HTTP_MEET_STORE_DB_H

#include <lmdb.h>

#include "ngx_http_meet_expiry.h"
#include "ngx_http_meet_seal.h"
#include "ngx_http_meet_secrets.h"
#include "ngx_http_meet_store_op.h"


#define NGX_HTTP_MEET_STORE_FORMAT 1

/* keys in meta; the last three are followed by a slot or a room number */
#define NGX_HTTP_MEET_STORE_META_FORMAT  'v'
#define NGX_HTTP_MEET_STORE_META_ID      'i' /* same as in slot 0 */
#define NGX_HTTP_MEET_STORE_META_KEY     'k' /* which instance key */
#define NGX_HTTP_MEET_STORE_META_SLOTS   's' /* slots handed out so far */
#define NGX_HTTP_MEET_STORE_META_CLOCK   'c' /* newest time two passes saw */
#define NGX_HTTP_MEET_STORE_META_PASS    'p' /* pass to compare with */
#define NGX_HTTP_MEET_STORE_META_FREE    'F' /* slot given back */
#define NGX_HTTP_MEET_STORE_META_REMOVED 'P' /* room whose content may go */
#define NGX_HTTP_MEET_STORE_META_LOG     'L' /* entries and bytes of a log */

/* rooms deleted by one step of a sweep, records looked at by one step of a
 * recovery, entries removed by one step of a purge, records looked at by one
 * step of a search for ends */
#define NGX_HTTP_MEET_STORE_SWEEP_STEP   32
#define NGX_HTTP_MEET_STORE_RECOVER_STEP 512
#define NGX_HTTP_MEET_STORE_PURGE_STEP   256
#define NGX_HTTP_MEET_STORE_ENDS_STEP    256

#define NGX_HTTP_MEET_STORE_ROOM_KEY_LEN   NGX_HTTP_MEET_SEAL_NAME_LEN
#define NGX_HTTP_MEET_STORE_LOG_KEY_LEN    (8 + 2 + 8)
#define NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN (8 + 8)
#define NGX_HTTP_MEET_STORE_INVITE_KEY_LEN (8 + 4)
#define NGX_HTTP_MEET_STORE_PERSON_KEY_LEN (8 + 8)

/* 16 bytes in front of an entry's data, see ngx_http_meet_store_record.h */
#define NGX_HTTP_MEET_STORE_SEALED_MAX                                         \
    (NGX_HTTP_MEET_STORE_ENTRY_MAX + 16 + NGX_HTTP_MEET_SEAL_OVERHEAD)

#define NGX_HTTP_MEET_STORE_FREED_MAX                                          \
    (NGX_HTTP_MEET_STORE_BATCH_MAX + NGX_HTTP_MEET_STORE_SWEEP_STEP            \
        + NGX_HTTP_MEET_STORE_RECOVER_STEP)


typedef struct {
    const char *directory;
    const unsigned char *key;              /* instance key, or, if NULL: */
    const ngx_http_meet_seal_keys_t *keys; /* as derived from it before */
    size_t map_size;
    uint64_t rooms;   /* most rooms */
    const char *user; /* who shares the store names the same; NULL: anybody */
} ngx_http_meet_store_db_conf_t;


typedef struct {
    MDB_env *env;
    MDB_dbi rooms;
    MDB_dbi invites;
    MDB_dbi replaced;
    MDB_dbi people;
    MDB_dbi expiry;
    MDB_dbi log;
    MDB_dbi files;
    MDB_dbi meta;
    int user_fd;
    MDB_txn *reader; /* of the event loop, reset between reads */
    ngx_http_meet_secrets_t secrets;
    ngx_http_meet_seal_keys_t keys;
    uint64_t rooms_max;
    uint64_t sweep_interval_ms;

    /* of the storage thread */
    unsigned char *buffer; /* one sealed log entry */
    unsigned char scan[NGX_HTTP_MEET_STORE_ROOM_KEY_LEN]; /* recovery */
    unsigned scanning : 1;
    unsigned dirty : 1; /* secrets to sync before the commit */
    uint32_t nfreed;
    uint32_t freed[NGX_HTTP_MEET_STORE_FREED_MAX];
} ngx_http_meet_store_db_t;


/* one transaction, or one operation's nested one */
typedef struct {
    ngx_http_meet_store_db_t *db;
    MDB_txn *txn;
    const ngx_http_meet_expiry_clock_t *now;
    uint32_t slot;      /* written by a create, 0: none */
    unsigned wiped : 1; /* a secret was zeroed: there is no way back */
    unsigned panic : 1; /* LMDB works no more until it is opened anew */
    char *error;        /* NGX_HTTP_MEET_STORE_ERROR_MAX, for the log */
} ngx_http_meet_store_tx_t;


/* ngx_http_meet_store_db.c; 0, or -1 with a text in `error` */
int ngx_http_meet_store_db_open(ngx_http_meet_store_db_t *db,
    const ngx_http_meet_store_db_conf_t *conf, char *error);
void ngx_http_meet_store_db_close(ngx_http_meet_store_db_t *db);

/* applies, syncs, commits; sets status and error of each operation; blocks */
void ngx_http_meet_store_db_apply(ngx_http_meet_store_db_t *db,
    ngx_http_meet_store_op_t *ops, const ngx_http_meet_expiry_clock_t *now);

/* a read transaction of the event loop; 0, or -1 with a text */
int ngx_http_meet_store_db_begin(
    ngx_http_meet_store_db_t *db, ngx_http_meet_store_tx_t *tx, char *error);
void ngx_http_meet_store_db_end(ngx_http_meet_store_tx_t *tx);

/* notes what failed; returns FULL or ERROR */
ngx_http_meet_store_status_t ngx_http_meet_store_db_fail(
    ngx_http_meet_store_tx_t *tx, const char *what, int rc);


/* ngx_http_meet_store_user.c; 0, or -1 with a text; `user_fd` is the lock */
int ngx_http_meet_store_claim(
    int *user_fd, const ngx_http_meet_store_db_conf_t *conf, char *error);


/* ngx_http_meet_store_meta.c; values of fixed length; rc of LMDB */

/* makes or checks: format, secrets and key belong together; 0, or -1 */
int ngx_http_meet_store_identify(
    ngx_http_meet_store_db_t *db, const char *directory, char *error);

int ngx_http_meet_store_meta_get(
    ngx_http_meet_store_tx_t *tx, int key, uint64_t n, void *value, size_t len);
int ngx_http_meet_store_meta_put(ngx_http_meet_store_tx_t *tx, int key,
    uint64_t n, const void *value, size_t len);
int ngx_http_meet_store_meta_del(
    ngx_http_meet_store_tx_t *tx, int key, uint64_t n);
/* the first number noted under `key`, or MDB_NOTFOUND */
int ngx_http_meet_store_meta_first(
    ngx_http_meet_store_tx_t *tx, int key, uint64_t *n);

/* a slot nobody has; gives back those freed by this batch */
int ngx_http_meet_store_slot_take(ngx_http_meet_store_tx_t *tx, uint32_t *slot);
int ngx_http_meet_store_slots_return(ngx_http_meet_store_tx_t *tx);

/* seconds: the wall clock, but never before what two passes agreed on */
int ngx_http_meet_store_now(ngx_http_meet_store_tx_t *tx, uint64_t *now);

/* deletes up to *left keys that start with the 8 bytes of `number` */
int ngx_http_meet_store_prefix_del(
    ngx_http_meet_store_tx_t *tx, MDB_dbi dbi, uint64_t number, uint32_t *left);


#endif /* NGX_HTTP_MEET_STORE_DB_H */
