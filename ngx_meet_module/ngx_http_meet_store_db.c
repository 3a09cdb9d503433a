/*
 * Opening the store, and the frame of every transaction.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "ngx_http_meet_store_room.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>


/* processes at the same time, draining nginx workers included */
#define NGX_HTTP_MEET_STORE_READERS 512

#define NGX_HTTP_MEET_STORE_TABLES 8

/* bytes; with less free than a commit may need, the disk counts as full */
#define NGX_HTTP_MEET_STORE_DISK_MIN (1024 * 1024)


static int ngx_http_meet_store_db_error(char *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int ngx_http_meet_store_db_disk_full(ngx_http_meet_store_db_t *db);
static int ngx_http_meet_store_db_directory(const char *directory, char *error);
static int ngx_http_meet_store_db_env(ngx_http_meet_store_db_t *db,
    const ngx_http_meet_store_db_conf_t *conf, char *error);
static int ngx_http_meet_store_db_tables(
    ngx_http_meet_store_db_t *db, MDB_txn *txn, unsigned flags);
static ngx_http_meet_store_status_t ngx_http_meet_store_db_run(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op);
static void ngx_http_meet_store_db_apply_one(ngx_http_meet_store_db_t *db,
    MDB_txn *parent, ngx_http_meet_store_op_t *op,
    const ngx_http_meet_expiry_clock_t *now);
static void ngx_http_meet_store_db_undo(ngx_http_meet_store_db_t *db,
    ngx_http_meet_store_op_t *ops, ngx_http_meet_store_status_t status,
    const char *error, int synced);


int
ngx_http_meet_store_db_open(ngx_http_meet_store_db_t *db,
    const ngx_http_meet_store_db_conf_t *conf, char *error)
{
    int rc;
    MDB_txn *txn;

    memset(db, 0, sizeof(ngx_http_meet_store_db_t));
    db->secrets.fd = -1;
    db->user_fd = -1;
    db->rooms_max = conf->rooms;

    error[0] = '\0';

    if (conf->key == NULL) {
        db->keys = *conf->keys;

    } else if (ngx_http_meet_seal_keys(&db->keys, conf->key) != 0) {
        return ngx_http_meet_store_db_error(error, "deriving keys failed");
    }

    if (ngx_http_meet_store_db_directory(conf->directory, error) != 0
        || ngx_http_meet_store_claim(&db->user_fd, conf, error) != 0
        || ngx_http_meet_store_db_env(db, conf, error) != 0)
    {
        goto failed;
    }

    /*
     * As a reader first: the writer lock may be held by a process that is
     * stopped, and nobody should have to wait for that to come up.
     */

    rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);

    if (rc == MDB_SUCCESS) {
        rc = ngx_http_meet_store_db_tables(db, txn, 0);

        if (rc == MDB_SUCCESS) {
            rc = mdb_txn_commit(txn);
        } else {
            mdb_txn_abort(txn);
        }
    }

    if (rc == MDB_NOTFOUND) {
        rc = mdb_txn_begin(db->env, NULL, 0, &txn);

        if (rc == MDB_SUCCESS) {
            rc = ngx_http_meet_store_db_tables(db, txn, MDB_CREATE);

            if (rc == MDB_SUCCESS) {
                rc = mdb_txn_commit(txn);
            } else {
                mdb_txn_abort(txn);
            }
        }
    }

    if (rc != MDB_SUCCESS) {
        ngx_http_meet_store_db_error(
            error, "\"%s/data.mdb\": %s", conf->directory, mdb_strerror(rc));
        goto failed;
    }

    if (ngx_http_meet_store_identify(db, conf->directory, error) != 0) {
        goto failed;
    }

    db->buffer = malloc(NGX_HTTP_MEET_STORE_SEALED_MAX);
    if (db->buffer == NULL) {
        ngx_http_meet_store_db_error(error, "no memory");
        goto failed;
    }

    rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &db->reader);
    if (rc != MDB_SUCCESS) {
        ngx_http_meet_store_db_error(
            error, "\"%s/lock.mdb\": %s", conf->directory, mdb_strerror(rc));
        goto failed;
    }

    mdb_txn_reset(db->reader);

    return 0;

failed:

    ngx_http_meet_store_db_close(db);

    return -1;
}


void
ngx_http_meet_store_db_close(ngx_http_meet_store_db_t *db)
{
    if (db->reader != NULL) {
        mdb_txn_abort(db->reader);
        db->reader = NULL;
    }

    if (db->env != NULL) {
        mdb_env_close(db->env);
        db->env = NULL;
    }

    free(db->buffer);
    db->buffer = NULL;

    if (db->user_fd != -1) {
        close(db->user_fd);
        db->user_fd = -1;
    }

    ngx_http_meet_secrets_close(&db->secrets);
    ngx_http_meet_seal_wipe(&db->keys, sizeof(ngx_http_meet_seal_keys_t));
}


void
ngx_http_meet_store_db_apply(ngx_http_meet_store_db_t *db,
    ngx_http_meet_store_op_t *ops, const ngx_http_meet_expiry_clock_t *now)
{
    int rc, synced;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    MDB_txn *txn;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_status_t status;

    memset(&tx, 0, sizeof(ngx_http_meet_store_tx_t));
    tx.db = db;
    tx.now = now;
    tx.error = error;
    error[0] = '\0';

    db->nfreed = 0;
    db->dirty = 0;

    for (op = ops; op != NULL; op = op->next) {
        op->status = NGX_HTTP_MEET_STORE_OK;
        op->slot = 0;
        op->wiped = 0;
        op->panic = 0;
        op->error[0] = '\0';
    }

    rc = mdb_txn_begin(db->env, NULL, 0, &txn);
    if (rc != MDB_SUCCESS) {
        status = ngx_http_meet_store_db_fail(&tx, "beginning to write", rc);
        ops->panic = tx.panic;
        ngx_http_meet_store_db_undo(db, ops, status, error, 0);
        return;
    }

    for (op = ops; op != NULL; op = op->next) {
        ngx_http_meet_store_db_apply_one(db, txn, op, now);
    }

    tx.txn = txn;
    rc = ngx_http_meet_store_slots_return(&tx);

    /* new secrets before the records that need them, zeroes before removal */

    synced = 1;

    if (db->dirty && ngx_http_meet_secrets_sync(&db->secrets) == -1) {
        synced = 0;
        rc = errno;
        status = ngx_http_meet_store_db_fail(&tx, "syncing secrets", rc);
        mdb_txn_abort(txn);
        ngx_http_meet_store_db_undo(db, ops, status, error, synced);
        return;
    }

    if (rc == MDB_SUCCESS) {
        rc = mdb_txn_commit(txn);
    } else {
        mdb_txn_abort(txn);
    }

    if (rc != MDB_SUCCESS) {
        status = ngx_http_meet_store_db_fail(&tx, "committing", rc);
        ngx_http_meet_store_db_undo(db, ops, status, error, synced);
        return;
    }

    /* a room that cannot be removed for lack of space is gone all the same */

    for (op = ops; op != NULL; op = op->next) {
        if (op->wiped && op->verb == NGX_HTTP_MEET_STORE_ROOM_DELETE) {
            op->status = NGX_HTTP_MEET_STORE_OK;
        }
    }
}


int
ngx_http_meet_store_db_begin(
    ngx_http_meet_store_db_t *db, ngx_http_meet_store_tx_t *tx, char *error)
{
    int rc;

    memset(tx, 0, sizeof(ngx_http_meet_store_tx_t));
    tx->db = db;
    tx->error = error;
    error[0] = '\0';

    rc = mdb_txn_renew(db->reader);
    if (rc != MDB_SUCCESS) {
        ngx_http_meet_store_db_fail(tx, "beginning to read", rc);
        return -1;
    }

    tx->txn = db->reader;

    return 0;
}


void
ngx_http_meet_store_db_end(ngx_http_meet_store_tx_t *tx)
{
    mdb_txn_reset(tx->txn);
}


ngx_http_meet_store_status_t
ngx_http_meet_store_db_fail(
    ngx_http_meet_store_tx_t *tx, const char *what, int rc)
{
    if (rc == EIO && ngx_http_meet_store_db_disk_full(tx->db)) {
        rc = ENOSPC;
    }

    if (rc == MDB_PANIC) {
        tx->panic = 1;
    }

    if (tx->error[0] == '\0') {
        ngx_http_meet_store_db_error(
            tx->error, "%s failed: %s", what, mdb_strerror(rc));
    }

    if (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == ENOSPC
        || rc == EDQUOT) {
        return NGX_HTTP_MEET_STORE_FULL;
    }

    return NGX_HTTP_MEET_STORE_ERROR;
}


static void
ngx_http_meet_store_db_apply_one(ngx_http_meet_store_db_t *db, MDB_txn *parent,
    ngx_http_meet_store_op_t *op, const ngx_http_meet_expiry_clock_t *now)
{
    int rc;
    uint32_t nfreed;
    ngx_http_meet_store_tx_t tx;

    memset(&tx, 0, sizeof(ngx_http_meet_store_tx_t));
    tx.db = db;
    tx.now = now;
    tx.error = op->error;

    nfreed = db->nfreed;

    rc = mdb_txn_begin(db->env, parent, 0, &tx.txn);
    if (rc != MDB_SUCCESS) {
        op->status =
            ngx_http_meet_store_db_fail(&tx, "beginning an operation", rc);
        return;
    }

    op->status = ngx_http_meet_store_db_run(&tx, op);

    if (op->status == NGX_HTTP_MEET_STORE_OK) {
        rc = mdb_txn_commit(tx.txn);
        if (rc != MDB_SUCCESS) {
            op->status =
                ngx_http_meet_store_db_fail(&tx, "ending an operation", rc);
        }

    } else {
        mdb_txn_abort(tx.txn);
    }

    op->wiped = tx.wiped;

    if (op->status == NGX_HTTP_MEET_STORE_OK) {
        op->slot = tx.slot;
        return;
    }

    db->nfreed = nfreed;

    if (tx.slot != 0) {
        (void) ngx_http_meet_secrets_set(&db->secrets, tx.slot, NULL);
    }
}


/*
 * Nothing was committed.  Deletions stand if their zeroes are on disk: the
 * records without a secret are removed by the next recovery.
 */
static void
ngx_http_meet_store_db_undo(ngx_http_meet_store_db_t *db,
    ngx_http_meet_store_op_t *ops, ngx_http_meet_store_status_t status,
    const char *error, int synced)
{
    ngx_http_meet_store_op_t *op;

    for (op = ops; op != NULL; op = op->next) {
        if (op->slot != 0) {
            (void) ngx_http_meet_secrets_set(&db->secrets, op->slot, NULL);
        }

        if (op->status == NGX_HTTP_MEET_STORE_OK) {
            op->status = status;
            memcpy(op->error, error, sizeof(op->error));
        }

        if (op->wiped && synced && op->verb == NGX_HTTP_MEET_STORE_ROOM_DELETE)
        {
            op->status = NGX_HTTP_MEET_STORE_OK;
        }
    }
}


static ngx_http_meet_store_status_t
ngx_http_meet_store_db_run(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    switch (op->verb) {

    case NGX_HTTP_MEET_STORE_ROOM_CREATE:
        return ngx_http_meet_store_room_create(tx, op);

    case NGX_HTTP_MEET_STORE_ROOM_CHANGE:
        return ngx_http_meet_store_room_change(tx, op);

    case NGX_HTTP_MEET_STORE_PERSON_CHANGE:
        return ngx_http_meet_store_person_change(tx, op);

    case NGX_HTTP_MEET_STORE_PLACE:
        return ngx_http_meet_store_room_place(tx, op);

    case NGX_HTTP_MEET_STORE_LOG_APPEND:
        return ngx_http_meet_store_log_append(tx, op);

    case NGX_HTTP_MEET_STORE_TOUCH:
        return ngx_http_meet_store_room_touch(tx, op);

    case NGX_HTTP_MEET_STORE_ROOM_DELETE:
        return ngx_http_meet_store_room_delete(tx, op);

    case NGX_HTTP_MEET_STORE_SWEEP:
        return ngx_http_meet_store_sweep(tx, op);

    case NGX_HTTP_MEET_STORE_PURGE:
        return ngx_http_meet_store_purge(tx, op);

    case NGX_HTTP_MEET_STORE_RECOVER:
        return ngx_http_meet_store_recover(tx, op);
    }

    return NGX_HTTP_MEET_STORE_INVALID;
}


/* LMDB reports a write that was cut short as an input/output error */
static int
ngx_http_meet_store_db_disk_full(ngx_http_meet_store_db_t *db)
{
    struct statvfs st;

    return fstatvfs(db->secrets.fd, &st) == 0
           && st.f_bavail < NGX_HTTP_MEET_STORE_DISK_MIN / st.f_frsize;
}


static int
ngx_http_meet_store_db_directory(const char *directory, char *error)
{
    struct stat st;

    if (stat(directory, &st) == -1) {
        return ngx_http_meet_store_db_error(
            error, "directory \"%s\": %s", directory, strerror(errno));
    }

    if (!S_ISDIR(st.st_mode)) {
        return ngx_http_meet_store_db_error(
            error, "\"%s\" is not a directory", directory);
    }

    if (st.st_uid != geteuid()) {
        return ngx_http_meet_store_db_error(error,
            "directory \"%s\" belongs to uid %lu, workers run as uid %lu",
            directory, (unsigned long) st.st_uid, (unsigned long) geteuid());
    }

    if (st.st_mode & 022) {
        return ngx_http_meet_store_db_error(error,
            "directory \"%s\" is writable by others (mode %04o)", directory,
            (unsigned) st.st_mode & 07777);
    }

    return 0;
}


static int
ngx_http_meet_store_db_env(ngx_http_meet_store_db_t *db,
    const ngx_http_meet_store_db_conf_t *conf, char *error)
{
    int rc, dead, attempt;

    rc = MDB_SUCCESS;

    /* another process may be closing the lock file at this moment: once more */

    for (attempt = 0; attempt < 2; attempt++) {
        rc = mdb_env_create(&db->env);
        if (rc != MDB_SUCCESS) {
            return ngx_http_meet_store_db_error(
                error, "LMDB: %s", mdb_strerror(rc));
        }

        (void) mdb_env_set_mapsize(db->env, conf->map_size);
        (void) mdb_env_set_maxdbs(db->env, NGX_HTTP_MEET_STORE_TABLES);
        (void) mdb_env_set_maxreaders(db->env, NGX_HTTP_MEET_STORE_READERS);

        /* the writer lives in another thread than the reader */

        rc = mdb_env_open(db->env, conf->directory, MDB_NOTLS, 0600);
        if (rc == MDB_SUCCESS) {
            break;
        }

        mdb_env_close(db->env);
        db->env = NULL;
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_error(error,
            "opening \"%s/data.mdb\" and lock.mdb as uid %lu: %s",
            conf->directory, (unsigned long) geteuid(), mdb_strerror(rc));
    }

    (void) mdb_reader_check(db->env, &dead);

    if (ngx_http_meet_secrets_open(&db->secrets, conf->directory) == -1) {
        return ngx_http_meet_store_db_error(error,
            errno == EPERM ? "\"%s/secrets\" must belong to uid %lu, mode 0600"
                           : "opening \"%s/secrets\" as uid %lu: %s",
            conf->directory, (unsigned long) geteuid(), strerror(errno));
    }

    return 0;
}


static int
ngx_http_meet_store_db_tables(
    ngx_http_meet_store_db_t *db, MDB_txn *txn, unsigned flags)
{
    int rc;
    size_t i;
    const struct {
        const char *name;
        MDB_dbi *dbi;
    } tables[] = {
        { "rooms", &db->rooms },
        { "invites", &db->invites },
        { "replaced", &db->replaced },
        { "people", &db->people },
        { "expiry", &db->expiry },
        { "log", &db->log },
        { "files", &db->files },
        { "meta", &db->meta },
    };

    for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        rc = mdb_dbi_open(txn, tables[i].name, flags, tables[i].dbi);
        if (rc != MDB_SUCCESS) {
            return rc;
        }
    }

    return MDB_SUCCESS;
}


static int
ngx_http_meet_store_db_error(char *error, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void) vsnprintf(error, NGX_HTTP_MEET_STORE_ERROR_MAX, fmt, args);
    va_end(args);

    return -1;
}
