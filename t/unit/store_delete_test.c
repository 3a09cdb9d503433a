/*
 * The end of rooms: deletion is final, whatever fails meanwhile, and nothing of
 * a deleted room can be read from the raw files.
 */

#include "store_fixture.h"

#include <sys/resource.h>


#define SECRET "what the class wrote on Monday"


/* until there is nothing more to do; returns what was removed */
static uint32_t
run(fixture_t *f, ngx_http_meet_store_verb_t verb)
{
    uint32_t removed;

    removed = 0;

    do {
        fixture_op(f, verb);
        assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
        removed += f->op->removed;
    } while (f->op->more);

    return removed;
}


static ngx_http_meet_store_status_t delete (
    fixture_t *f, const ngx_http_meet_store_room_t *room)
{
    fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_DELETE)->room = *room;

    return fixture_apply(f);
}


static void
get_slot(fixture_t *f, const char *name, uint32_t *slot, unsigned char *secret)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_name_t n;
    ngx_http_meet_store_found_t found;

    memset(&n, 0, sizeof(n));
    fixture_name(&n, name);
    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
    assert_int_equal(ngx_http_meet_store_room_find(&tx, &n, NULL, &found),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);

    *slot = found.slot;
    assert_int_equal(
        ngx_http_meet_secrets_get(&f->db.secrets, *slot, secret), 1);
}


/* is it in one of the files? */
static int
on_disk(fixture_t *f, const void *what, size_t len)
{
    int fd, found;
    char path[128];
    size_t i;
    ssize_t n;
    unsigned char *p;
    static const char *names[] = { "data.mdb", "secrets" };

    found = 0;

    for (i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", f->directory, names[i]);
        fd = open(path, O_RDONLY);
        assert_int_not_equal(fd, -1);
        n = lseek(fd, 0, SEEK_END);
        p = malloc((size_t) n + 1);
        assert_int_equal(pread(fd, p, (size_t) n, 0), n);
        found |= memmem(p, (size_t) n, what, len) != NULL;
        free(p);
        close(fd);
    }

    return found;
}


static void
test_delete(void **state)
{
    int i;
    uint32_t slot, again;
    fixture_t *f;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    ngx_http_meet_store_room_t room, other;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;
    fixture_create(f, "other", DAY);
    other = f->op->room;

    for (i = 0; i < 600; i++) {
        assert_int_equal(fixture_append(f, &room, 1, SECRET), 0);
    }

    assert_int_equal(fixture_append(f, &other, 1, "stays"), 0);
    get_slot(f, "r", &slot, secret);

    assert_int_equal(delete (f, &room), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(f->op->room.number, room.number);

    /* gone at once, for every operation */

    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(
        fixture_append(f, &room, 1, "x"), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(delete (f, &room), NGX_HTTP_MEET_STORE_GONE);
    fixture_op(f, NGX_HTTP_MEET_STORE_TOUCH)->room = room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_GONE);
    fixture_op(f, NGX_HTTP_MEET_STORE_PLACE)->room = room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(
        ngx_http_meet_secrets_get(&f->db.secrets, slot, secret), 0);

    /* the name is free for a new incarnation, which the old one cannot touch */

    assert_int_equal(fixture_create(f, "r", DAY), NGX_HTTP_MEET_STORE_OK);
    assert_int_not_equal(f->op->room.number, room.number);
    assert_memory_not_equal(
        f->op->room.incarnation, room.incarnation, sizeof(room.incarnation));
    assert_int_equal(delete (f, &room), NGX_HTTP_MEET_STORE_GONE);
    get_slot(f, "r", &again, secret);

    /* content goes in steps; the other rooms keep theirs */

    assert_int_equal(fixture_count(f, f->db.log), 601);
    assert_int_equal(run(f, NGX_HTTP_MEET_STORE_PURGE), 600);
    assert_int_equal(fixture_count(f, f->db.log), 1);
    assert_int_equal(fixture_count(f, f->db.rooms), 2);
    assert_int_equal(fixture_count(f, f->db.invites), 4);
    assert_int_equal(fixture_count(f, f->db.expiry), 2);
    assert_int_equal(fixture_append(f, &other, 1, "still"), 0);
    assert_int_equal(f->op->entry.sequence, 2);
}


/*
 * With the password, the instance key and a copy of all files after deletion:
 * ciphertext may still be there, the secret that opens it is not.
 */
static void
test_irrecoverable(void **state)
{
    int rc;
    MDB_val k, v;
    uint32_t slot;
    fixture_t *f;
    MDB_txn *txn;
    MDB_cursor *cursor;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    unsigned char cipher[256], text[256], key[NGX_HTTP_MEET_STORE_LOG_KEY_LEN];
    size_t len;
    ngx_http_meet_seal_t seal;
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "the-room's-name", DAY);
    room = f->op->room;
    assert_int_equal(fixture_append(f, &room, 1, SECRET), 0);

    /* at rest: neither names nor values in the clear */

    assert_false(on_disk(f, SECRET, strlen(SECRET)));
    assert_false(on_disk(f, "the-room's-name", 15));
    get_slot(f, "the-room's-name", &slot, secret);
    assert_true(on_disk(f, secret, sizeof(secret)));

    /* what a thief has copied: the ciphertext */

    assert_int_equal(mdb_txn_begin(f->db.env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_cursor_open(txn, f->db.log, &cursor), 0);
    assert_int_equal(mdb_cursor_get(cursor, &k, &v, MDB_FIRST), 0);
    assert_true(v.mv_size <= sizeof(cipher));
    len = v.mv_size;
    memcpy(cipher, v.mv_data, len);
    memcpy(key, k.mv_data, sizeof(key));
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);

    assert_int_equal(
        ngx_http_meet_seal_place(&place, "log", key, sizeof(key), NULL, 0), 0);

    /* the attack works while the secret is there ... */

    assert_int_equal(
        ngx_http_meet_seal_room(&seal, &f->db.keys, secret, room.incarnation),
        0);
    rc = ngx_http_meet_seal_open(&seal, &place, cipher, len, text);
    assert_int_equal(rc, 0);
    assert_memory_equal(text + 16, SECRET, strlen(SECRET));

    assert_int_equal(delete (f, &room), NGX_HTTP_MEET_STORE_OK);

    /* ... and afterwards there is none to be found: before any purge */

    assert_false(on_disk(f, secret, sizeof(secret)));
    memset(secret, 0, sizeof(secret));
    assert_int_equal(
        ngx_http_meet_seal_room(&seal, &f->db.keys, secret, room.incarnation),
        0);
    assert_int_equal(
        ngx_http_meet_seal_open(&seal, &place, cipher, len, text), -1);
}


/* a value opens in its own place only, and only with its own header */
static void
test_not_swapped(void **state)
{
    MDB_val k, v;
    fixture_t *f;
    MDB_txn *txn;
    unsigned char copy[512], key_a[32], key_b[32];
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "a", DAY);
    fixture_create(f, "b", DAY);
    ngx_http_meet_seal_name(&f->db.keys, (const unsigned char *) "a", 1, key_a);
    ngx_http_meet_seal_name(&f->db.keys, (const unsigned char *) "b", 1, key_b);

    /* the record of a under the name of b */

    assert_int_equal(mdb_txn_begin(f->db.env, NULL, 0, &txn), 0);
    k.mv_data = key_a;
    k.mv_size = sizeof(key_a);
    assert_int_equal(mdb_get(txn, f->db.rooms, &k, &v), 0);
    assert_true(v.mv_size < sizeof(copy));
    memcpy(copy, v.mv_data, v.mv_size);
    v.mv_data = copy;
    k.mv_data = key_b;
    assert_int_equal(mdb_put(txn, f->db.rooms, &k, &v, 0), 0);

    /* the record of a with a later expiry in the clear */

    copy[NGX_HTTP_MEET_STORE_HEADER_LEN - 8] ^= 1;
    k.mv_data = key_a;
    assert_int_equal(mdb_put(txn, f->db.rooms, &k, &v, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);

    assert_int_equal(fixture_get(f, "b", &room), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(fixture_get(f, "a", &room), NGX_HTTP_MEET_STORE_GONE);
}


static void
test_recover(void **state)
{
    int i;
    char name[32];
    uint32_t slot;
    fixture_t *f;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    ngx_http_meet_store_room_t room;

    f = *state;

    for (i = 0; i < 700; i++) {
        snprintf(name, sizeof(name), "room-%d", i);
        assert_int_equal(fixture_create(f, name, DAY), 0);
    }

    /* the process died between the zeroes and the commit */

    for (i = 0; i < 700; i += 7) {
        snprintf(name, sizeof(name), "room-%d", i);
        assert_int_equal(fixture_get(f, name, &room), 0);
        get_slot(f, name, &slot, secret);
        ngx_http_meet_secrets_set(&f->db.secrets, slot, NULL);
        assert_int_equal(fixture_get(f, name, NULL), NGX_HTTP_MEET_STORE_GONE);
    }

    /* such a name is free at once */

    assert_int_equal(fixture_create(f, "room-7", DAY), 0);

    fixture_reopen(f);

    assert_int_equal(run(f, NGX_HTTP_MEET_STORE_RECOVER), 99);
    assert_int_equal(run(f, NGX_HTTP_MEET_STORE_RECOVER), 0);
    run(f, NGX_HTTP_MEET_STORE_PURGE);
    assert_int_equal(fixture_count(f, f->db.rooms), 601);
    assert_int_equal(fixture_count(f, f->db.invites), 1202);
    assert_int_equal(fixture_count(f, f->db.expiry), 601);

    /* slots come back into use */

    assert_int_equal(fixture_create(f, "new", DAY), 0);
    get_slot(f, "new", &slot, secret);
    assert_true(slot <= 701);
}


/* a batch of deletion and creation */
static void
delete_and_create(fixture_t *f, const ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_op_t *op)
{
    memset(op, 0, 2 * sizeof(ngx_http_meet_store_op_t));
    op[0].verb = NGX_HTTP_MEET_STORE_ROOM_DELETE;
    op[0].room = *room;
    op[0].next = &op[1];
    op[1].verb = NGX_HTTP_MEET_STORE_ROOM_CREATE;
    fixture_create_op(&op[1], "r", DAY);

    ngx_http_meet_store_db_apply(&f->db, op, &f->now);
}


static void
test_no_commit(void **state)
{
    uint32_t slot;
    fixture_t *f;
    unsigned char secret[NGX_HTTP_MEET_SECRETS_LEN];
    struct rlimit limit, before;
    ngx_http_meet_store_op_t op[2];
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    /* slots fit below this limit, pages of data.mdb do not */

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    delete_and_create(f, &room, op);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

    /* deleted is deleted; what was not committed was not created */

    assert_int_equal(op[0].status, NGX_HTTP_MEET_STORE_OK);
    assert_true(op[1].status >= NGX_HTTP_MEET_STORE_FULL);
    assert_non_null(strstr(op[1].error, "committing failed"));
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(fixture_count(f, f->db.rooms), 1);
    assert_int_equal(ngx_http_meet_secrets_get(&f->db.secrets, 1, secret), 0);
    assert_int_equal(ngx_http_meet_secrets_get(&f->db.secrets, 2, secret), 0);

    assert_int_equal(run(f, NGX_HTTP_MEET_STORE_RECOVER), 1);
    assert_int_equal(fixture_count(f, f->db.rooms), 0);

    /* with a commit: the slot given back is not filled in the same batch */

    fixture_create(f, "r", DAY);
    room = f->op->room;
    get_slot(f, "r", &slot, secret);
    delete_and_create(f, &room, op);
    assert_int_equal(op[0].status, NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(op[1].status, NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(
        ngx_http_meet_secrets_get(&f->db.secrets, slot, secret), 0);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(test_delete),
        T(test_irrecoverable),
        T(test_not_swapped),
        T(test_recover),
        T(test_no_commit),
    };

    return cmocka_run_group_tests_name("store_delete", tests, NULL, NULL);
}
