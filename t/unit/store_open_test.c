/*
 * Opening the store, what it refuses and why; a full map; the queue.
 */

#include "store_fixture.h"

#include <sys/syscall.h>


/* fails what LMDB writes to its two first pages: the end of a commit */
static int spared = -1;
static int failing;


ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (failing && fd != spared && at < 8192) {
        errno = EIO;
        return -1;
    }

    return syscall(SYS_pwrite64, fd, data, len, at);
}


static void
test_map_full(void **state)
{
    int i;
    fixture_t *f;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_status_t status;

    f = *state;
    f->map_size = 1 << 20;
    fixture_reopen(f);

    fixture_create(f, "r", DAY);
    room = f->op->room;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_LOG_APPEND);
    op->room = room;
    op->entry.len = 60000;
    op->entry.data = calloc(1, 60000);

    for (i = 0; i < 40; i++) {
        status = fixture_apply(f);
        if (status != NGX_HTTP_MEET_STORE_OK) {
            break;
        }
    }

    assert_int_equal(status, NGX_HTTP_MEET_STORE_FULL);
    assert_non_null(strstr(op->error, "MDB_MAP_FULL"));

    /* reading goes on, and deleting frees the space */

    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_DELETE);
    op->room = room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_GONE);
}


static void
refused(fixture_t *f, const char *why)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_db_t db;
    ngx_http_meet_store_db_conf_t conf;

    memset(&conf, 0, sizeof(conf));
    conf.directory = f->directory;
    conf.key = f->key;
    conf.map_size = f->map_size;
    conf.rooms = f->rooms;

    ngx_http_meet_store_db_close(&f->db);
    assert_int_equal(ngx_http_meet_store_db_open(&db, &conf, error), -1);

    if (strstr(error, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error, why);
    }
}


static void
test_refused(void **state)
{
    char from[128], to[128];
    fixture_t *f;

    f = *state;
    fixture_create(f, "r", DAY);

    f->key[0] ^= 1;
    refused(f, "another instance key");
    f->key[0] ^= 1;
    fixture_open(f);

    chmod(f->directory, 0770);
    refused(f, "writable by others (mode 0770)");
    chmod(f->directory, 0700);

    snprintf(from, sizeof(from), "%s/secrets", f->directory);
    snprintf(to, sizeof(to), "%s/aside", f->directory);

    chmod(from, 0640);
    refused(f, "mode 0600");
    chmod(from, 0600);

    assert_int_equal(rename(from, to), 0);
    refused(f, "does not belong to data.mdb, or is missing");
    assert_int_equal(rename(to, from), 0);

    snprintf(from, sizeof(from), "%s/data.mdb", f->directory);
    assert_int_equal(rename(from, to), 0);
    refused(f, "data.mdb that is not there");
    assert_int_equal(rename(to, from), 0);

    fixture_open(f);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);
}


static void
test_missing_directory(void **state)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_db_t db;
    ngx_http_meet_store_db_conf_t conf;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.directory = "/tmp/meet_store_not_there";
    conf.key = (const unsigned char *) "01234567890123456789012345678901";
    assert_int_equal(ngx_http_meet_store_db_open(&db, &conf, error), -1);
    assert_string_equal(error,
        "directory \"/tmp/meet_store_not_there\": No such file or directory");
}


/* a disk that fails within a commit: opened anew, the store works again */
static void
test_panic(void **state)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    fixture_t *f;
    ngx_http_meet_seal_keys_t keys;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_db_conf_t conf;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;
    assert_int_equal(fixture_append(f, &room, 1, "before"), 0);

    spared = f->db.secrets.fd;
    failing = 1;
    assert_int_equal(
        fixture_append(f, &room, 1, "lost"), NGX_HTTP_MEET_STORE_ERROR);
    failing = 0;

    /* nothing goes any more, and that is said */

    assert_int_equal(
        fixture_append(f, &room, 1, "refused"), NGX_HTTP_MEET_STORE_ERROR);
    assert_int_equal(f->op->panic, 1);
    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), -1);
    assert_int_equal(tx.panic, 1);

    keys = f->db.keys;
    ngx_http_meet_store_db_close(&f->db);

    memset(&conf, 0, sizeof(conf));
    conf.directory = f->directory;
    conf.keys = &keys;
    conf.map_size = f->map_size;
    conf.rooms = f->rooms;

    assert_int_equal(ngx_http_meet_store_db_open(&f->db, &conf, error), 0);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_append(f, &room, 1, "after"), 0);
    assert_int_equal(f->op->entry.sequence, 2);
    assert_int_equal(f->op->panic, 0);
}


static void
test_queue(void **state)
{
    int i, seen;
    uint32_t waiting;
    fixture_t *f;
    ngx_http_meet_store_op_t *op, *next;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_queue_t queue;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    assert_int_equal(ngx_http_meet_store_queue_start(&queue, &f->db), 0);

    /* somebody else holds the writer lock: operations pile up to the limit */

    {
        MDB_txn *txn;

        assert_int_equal(mdb_txn_begin(f->db.env, NULL, 0, &txn), 0);

        for (i = 0;; i++) {
            op = calloc(1, sizeof(ngx_http_meet_store_op_t));
            op->verb = NGX_HTTP_MEET_STORE_LOG_APPEND;
            op->room = room;
            op->entry.channel = 1;

            if (ngx_http_meet_store_queue_post(&queue, op) == -1) {
                ngx_http_meet_store_op_free(op);
                break;
            }
        }

        assert_int_equal(i, NGX_HTTP_MEET_STORE_QUEUE_MAX);
        mdb_txn_abort(txn);
    }

    /* in order, without a gap */

    for (seen = 0; seen < i / 2;) {
        for (op = ngx_http_meet_store_queue_collect(&queue); op; op = next) {
            next = op->next;
            seen++;
            assert_int_equal(op->status, NGX_HTTP_MEET_STORE_OK);
            assert_int_equal(op->entry.sequence, seen);
            ngx_http_meet_store_op_free(op);
        }
    }

    /* what nobody waits for any more is written all the same */

    waiting = ngx_http_meet_store_queue_waiting(&queue);
    assert_true(waiting <= (uint32_t) (i - seen));
    ngx_http_meet_store_queue_stop(&queue);
    assert_int_equal(
        fixture_count(f, f->db.log), NGX_HTTP_MEET_STORE_QUEUE_MAX);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(test_map_full),
        T(test_refused),
        cmocka_unit_test(test_missing_directory),
        T(test_panic),
        T(test_queue),
    };

    return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}
