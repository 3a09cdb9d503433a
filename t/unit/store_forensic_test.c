/*
 * Forensics: what somebody finds who has the files after the end of a room, a
 * copy of the database from before, the instance key, the password and the
 * owner's secret.  Once with a deleted room, once with an expired one.
 */

#include "store_fixture.h"


#define SECRET "what the class wrote on Monday"
#define STAYS  "what others wrote"
#define NAME   "class-7b-of-2027"


typedef struct {
    unsigned char *data;
    size_t len;
} bytes_t;


static bytes_t
read_all(const char *directory, const char *name)
{
    int fd;
    char path[128];
    bytes_t b;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_RDONLY);
    assert_int_not_equal(fd, -1);
    b.len = (size_t) lseek(fd, 0, SEEK_END);
    b.data = malloc(b.len + 1);
    assert_int_equal(pread(fd, b.data, b.len, 0), (ssize_t) b.len);
    close(fd);

    return b;
}


static void
write_all(const char *directory, const char *name, bytes_t b)
{
    int fd;
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, b.data, b.len), (ssize_t) b.len);
    close(fd);
}


/* a room with everything a room may have */
static ngx_http_meet_store_room_t
full_room(fixture_t *f, const char *name, const char *text)
{
    int i;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;

    assert_int_equal(fixture_create(f, name, HOUR), NGX_HTTP_MEET_STORE_OK);
    room = f->op->room;

    for (i = 0; i < 50; i++) {
        assert_int_equal(fixture_append(f, &room, 1, text), 0);
    }

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PERSON_CHANGE);
    op->room = room;
    op->set = NGX_HTTP_MEET_STORE_SET_BAN | NGX_HTTP_MEET_STORE_SET_ROLE
              | NGX_HTTP_MEET_STORE_SET_DENIED;
    op->person.participant = 7;
    op->person.banned = UINT64_MAX;
    op->person.role = 2;
    op->denied_mask = 0xf;
    op->person.denied = 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = room;
    op->set = NGX_HTTP_MEET_STORE_SET_INVITES;
    op->replaced_until = UINT64_MAX;
    op->ninvites = 2;
    fixture_invite(&op->invites[0], "new", 'n', 1);
    op->invites[1].serial = 2;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);

    return room;
}


/* a sealed value and its place, as lifted from the copy */
typedef struct {
    ngx_http_meet_seal_place_t place;
    unsigned char data[1024];
    size_t len;
} value_t;


static void
lift(fixture_t *f, const ngx_http_meet_store_room_t *room, MDB_dbi dbi,
    const char *name, value_t *value)
{
    MDB_val k, v;
    MDB_txn *txn;
    MDB_cursor *cursor;
    unsigned char prefix[8];

    (void) ngx_http_meet_store_put(prefix, room->number, 8);
    k.mv_data = prefix;
    k.mv_size = 8;

    assert_int_equal(mdb_txn_begin(f->db.env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
    assert_int_equal(mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE), 0);
    assert_memory_equal(k.mv_data, prefix, 8);
    assert_int_equal(ngx_http_meet_seal_place(
                         &value->place, name, k.mv_data, k.mv_size, NULL, 0),
        0);
    assert_true(v.mv_size <= sizeof(value->data));
    memcpy(value->data, v.mv_data, v.mv_size);
    value->len = v.mv_size;
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
}


/* tries every aligned piece of the file as the room's secret */
static int
cracks(fixture_t *f, bytes_t file, const ngx_http_meet_store_room_t *room,
    const value_t *value)
{
    size_t i;
    unsigned char text[1024];
    ngx_http_meet_seal_t seal;

    for (i = 0; i + NGX_HTTP_MEET_SECRETS_LEN <= file.len; i += 4) {
        assert_int_equal(ngx_http_meet_seal_room(&seal, &f->db.keys,
                             file.data + i, room->incarnation),
            0);

        if (ngx_http_meet_seal_open(
                &seal, &value->place, value->data, value->len, text)
            == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
contains(bytes_t file, const void *what, size_t len)
{
    return memmem(file.data, file.len, what, len) != NULL;
}


/* nothing of what went into the room stands in the file as it was */
static void
assert_unreadable(bytes_t file)
{
    int i;
    unsigned char auth[NGX_HTTP_MEET_STORE_AUTH_LEN], wrapped[60];
    unsigned char verifier[NGX_HTTP_MEET_STORE_AUTH_LEN];

    assert_false(contains(file, SECRET, strlen(SECRET)));
    assert_false(contains(file, NAME, strlen(NAME)));

    for (i = 0; i < 3; i++) {
        memset(auth, "pon"[i], sizeof(auth));
        memset(wrapped, "pon"[i] + 1, sizeof(wrapped));
        assert_int_equal(
            ngx_http_meet_seal_verifier(auth, sizeof(auth), verifier), 0);
        assert_false(contains(file, auth, sizeof(auth)));
        assert_false(contains(file, verifier, sizeof(verifier)));
        assert_false(contains(file, wrapped, sizeof(wrapped)));
    }
}


static void
forensics(fixture_t *f, void (*end)(fixture_t *, ngx_http_meet_store_room_t *))
{
    size_t i;
    bytes_t copy, data, secrets, before;
    value_t values[4];
    ngx_http_meet_store_room_t room, other, again;

    room = full_room(f, NAME, SECRET);
    other = full_room(f, "other", STAYS);

    lift(f, &room, f->db.log, "log", &values[0]);
    lift(f, &room, f->db.invites, "invites", &values[1]);
    lift(f, &room, f->db.replaced, "replaced", &values[2]);
    lift(f, &room, f->db.people, "people", &values[3]);

    copy = read_all(f->directory, "data.mdb");
    before = read_all(f->directory, "secrets");
    assert_unreadable(copy);

    /* the attack is one: with the secrets of that time it succeeds */

    for (i = 0; i < 4; i++) {
        assert_true(cracks(f, before, &room, &values[i]));
    }

    end(f, &room);

    /* before anything is cleaned up, and after */

    for (i = 0; i < 2; i++) {
        data = read_all(f->directory, "data.mdb");
        secrets = read_all(f->directory, "secrets");

        assert_unreadable(data);
        assert_false(cracks(f, secrets, &room, &values[0]));
        assert_false(cracks(f, secrets, &room, &values[1]));
        assert_false(cracks(f, secrets, &room, &values[2]));
        assert_false(cracks(f, secrets, &room, &values[3]));
        assert_false(cracks(f, data, &room, &values[0]));

        free(data.data);
        free(secrets.data);

        do {
            fixture_op(f, NGX_HTTP_MEET_STORE_PURGE);
            assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
        } while (f->op->more);
    }

    /* the copy brings the others back, but not this one */

    ngx_http_meet_store_db_close(&f->db);
    write_all(f->directory, "data.mdb", copy);
    fixture_open(f);

    assert_int_equal(fixture_get(f, NAME, NULL), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(fixture_get(f, "other", &again), NGX_HTTP_MEET_STORE_OK);
    assert_memory_equal(
        again.incarnation, other.incarnation, sizeof(other.incarnation));

    /* with the secrets of that time it would have: they are what matters */

    ngx_http_meet_store_db_close(&f->db);
    write_all(f->directory, "secrets", before);
    fixture_open(f);
    assert_int_equal(fixture_get(f, NAME, NULL), NGX_HTTP_MEET_STORE_OK);

    free(copy.data);
    free(before.data);
}


static void
deleted(fixture_t *f, ngx_http_meet_store_room_t *room)
{
    fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_DELETE)->room = *room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
}


/* the other room is in use all the time */
static void
expired(fixture_t *f, ngx_http_meet_store_room_t *room)
{
    int i;
    ngx_http_meet_store_room_t other;

    (void) room;

    for (i = 0; i < 5; i++) {
        fixture_pass(f, HOUR / 2 + 1);
        assert_int_equal(fixture_get(f, "other", &other), 0);
        fixture_op(f, NGX_HTTP_MEET_STORE_TOUCH)->room = other;
        assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
        fixture_op(f, NGX_HTTP_MEET_STORE_SWEEP);
        assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    }

    assert_int_equal(fixture_get(f, NAME, NULL), NGX_HTTP_MEET_STORE_GONE);
}


static void
test_deleted(void **state)
{
    forensics(*state, deleted);
}


static void
test_expired(void **state)
{
    forensics(*state, expired);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_deleted, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_expired, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests_name("store_forensic", tests, NULL, NULL);
}
