/*
 * A store in a temporary directory, with the core of the module compiled in:
 * shared by the tests of the store.
 */

#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ngx_http_meet_expiry.c"
#include "ngx_http_meet_seal.c"
#include "ngx_http_meet_secrets.c"
#include "ngx_http_meet_store_db.c"
#include "ngx_http_meet_store_delete.c"
#include "ngx_http_meet_store_invite.c"
#include "ngx_http_meet_store_log.c"
#include "ngx_http_meet_store_meta.c"
#include "ngx_http_meet_store_people.c"
#include "ngx_http_meet_store_queue.c"
#include "ngx_http_meet_store_record.c"
#include "ngx_http_meet_store_replaced.c"
#include "ngx_http_meet_store_room.c"
#include "ngx_http_meet_store_user.c"


#define HOUR 3600u
#define DAY  (24 * HOUR)

#define T0 1800000000u /* seconds; some day in 2027 */


typedef struct {
    char directory[64];
    unsigned char key[32];
    ngx_http_meet_store_db_t db;
    ngx_http_meet_expiry_clock_t now;
    size_t map_size;
    uint64_t rooms;
    ngx_http_meet_store_op_t *op; /* the last one applied */
} fixture_t;


static inline void
fixture_open(fixture_t *f)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_db_conf_t conf;

    memset(&conf, 0, sizeof(conf));
    conf.directory = f->directory;
    conf.key = f->key;
    conf.map_size = f->map_size;
    conf.rooms = f->rooms;

    if (ngx_http_meet_store_db_open(&f->db, &conf, error) != 0) {
        fail_msg("%s", error);
    }

    f->db.sweep_interval_ms = HOUR * 1000;
}


static inline int
fixture_setup(void **state)
{
    fixture_t *f;

    f = calloc(1, sizeof(fixture_t));
    assert_non_null(f);

    strcpy(f->directory, "/tmp/meet_store_XXXXXX");
    assert_non_null(mkdtemp(f->directory));

    memset(f->key, 7, sizeof(f->key));
    memset(f->now.boot, 1, sizeof(f->now.boot));
    f->now.wall_ms = (uint64_t) T0 * 1000;
    f->now.mono_ms = 5000;
    f->map_size = 64 << 20;
    f->rooms = 1000;
    f->op = calloc(1, sizeof(ngx_http_meet_store_op_t));

    fixture_open(f);
    *state = f;

    return 0;
}


static inline int
fixture_teardown(void **state)
{
    size_t i;
    char path[128];
    fixture_t *f;
    static const char *names[] = { "data.mdb", "lock.mdb", "secrets" };

    f = *state;
    ngx_http_meet_store_db_close(&f->db);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->directory, names[i]);
        (void) unlink(path);
    }

    assert_int_equal(rmdir(f->directory), 0);
    ngx_http_meet_store_op_free(f->op);
    free(f);

    return 0;
}


static inline void
fixture_reopen(fixture_t *f)
{
    ngx_http_meet_store_db_close(&f->db);
    fixture_open(f);
}


/* both clocks */
static inline void
fixture_pass(fixture_t *f, uint64_t seconds)
{
    f->now.wall_ms += seconds * 1000;
    f->now.mono_ms += seconds * 1000;
}


static inline ngx_http_meet_store_op_t *
fixture_op(fixture_t *f, ngx_http_meet_store_verb_t verb)
{
    ngx_http_meet_store_op_free(f->op);
    f->op = calloc(1, sizeof(ngx_http_meet_store_op_t));
    assert_non_null(f->op);
    f->op->verb = verb;

    if (verb == NGX_HTTP_MEET_STORE_SWEEP) {
        f->op->expired = calloc(
            NGX_HTTP_MEET_STORE_SWEEP_STEP, sizeof(ngx_http_meet_store_room_t));
    }

    return f->op;
}


static inline ngx_http_meet_store_status_t
fixture_apply(fixture_t *f)
{
    ngx_http_meet_store_db_apply(&f->db, f->op, &f->now);

    return f->op->status;
}


static inline void
fixture_name(ngx_http_meet_store_name_t *name, const char *text)
{
    name->len = (uint8_t) strlen(text);
    memcpy(name->data, text, name->len);
}


/* an invite whose secret is 32 times `secret` */
static inline void
fixture_invite(ngx_http_meet_store_invite_t *v, const char *id,
    unsigned char secret, uint8_t role)
{
    unsigned char auth[NGX_HTTP_MEET_STORE_AUTH_LEN];

    memset(v, 0, sizeof(*v));
    memset(auth, secret, sizeof(auth));
    v->id.len = (uint8_t) strlen(id);
    memcpy(v->id.data, id, v->id.len);
    v->role = role;
    v->kdf = 1;
    v->rounds = 300000;
    v->salt_len = 16;
    v->wrapped_len = 60;
    memset(v->wrapped, secret + 1, 60);
    assert_int_equal(
        ngx_http_meet_seal_verifier(auth, sizeof(auth), v->verifier), 0);
}


static inline void
fixture_create_op(ngx_http_meet_store_op_t *op, const char *name, uint32_t idle)
{
    fixture_name(&op->room.name, name);
    op->room.idle = idle;
    op->room.settings.participants = 500;
    op->room.settings.rights_participant = 0x1f;
    op->ninvites = 2;
    fixture_invite(&op->invites[0], "p", 'p', 1);
    fixture_invite(&op->invites[1], "o", 'o', 3);
}


static inline ngx_http_meet_store_status_t
fixture_create(fixture_t *f, const char *name, uint32_t idle)
{
    fixture_create_op(
        fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE), name, idle);

    return fixture_apply(f);
}


static inline ngx_http_meet_store_status_t
fixture_get(fixture_t *f, const char *name, ngx_http_meet_store_room_t *room)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_name_t n;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;

    memset(&n, 0, sizeof(n));
    fixture_name(&n, name);

    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
    status = ngx_http_meet_store_room_find(&tx, &n, NULL, &found);
    ngx_http_meet_store_db_end(&tx);

    if (room != NULL) {
        *room = found.room;
    }

    return status;
}


static inline ngx_http_meet_store_status_t
fixture_append(fixture_t *f, const ngx_http_meet_store_room_t *room,
    uint16_t channel, const char *text)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_LOG_APPEND);
    op->room = *room;
    op->entry.channel = channel;
    op->entry.sender = 42;
    op->entry.len = (uint32_t) strlen(text);
    op->entry.data = (unsigned char *) strdup(text);

    return fixture_apply(f);
}


/* entries in a database */
static inline size_t
fixture_count(fixture_t *f, MDB_dbi dbi)
{
    MDB_txn *txn;
    MDB_stat st;

    assert_int_equal(mdb_txn_begin(f->db.env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_stat(txn, dbi, &st), 0);
    mdb_txn_abort(txn);

    return st.ms_entries;
}


#endif /* STORE_FIXTURE_H */
