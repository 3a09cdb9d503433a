/*
 * Rooms, invites and logs in a real LMDB on disk.
 */

#include "store_fixture.h"


static void *
take(void *ctx, size_t len)
{
    unsigned char **next, *p;

    next = ctx;
    p = *next;
    *next += (len + 15) & ~(size_t) 15;

    return p;
}


static void
test_create(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_room_t room, again;

    f = *state;

    assert_int_equal(
        fixture_get(f, "class-7b", NULL), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(
        fixture_create(f, "class-7b", 30 * DAY), NGX_HTTP_MEET_STORE_OK);

    room = f->op->room;
    assert_int_not_equal(room.number, 0);
    assert_int_equal(room.created, T0);
    assert_int_equal(room.expires, T0 + 30 * DAY);
    assert_int_equal(room.settings.version, 1);
    assert_int_equal(room.placement.epoch, 0);
    assert_int_equal(f->op->invites[0].serial, 1);
    assert_int_equal(f->op->invites[1].serial, 2);

    assert_int_equal(
        fixture_get(f, "class-7b", &again), NGX_HTTP_MEET_STORE_OK);
    assert_memory_equal(&again, &room, sizeof(room));

    assert_int_equal(
        fixture_create(f, "class-7b", DAY), NGX_HTTP_MEET_STORE_EXISTS);
    assert_int_equal(fixture_get(f, "class-7", NULL), NGX_HTTP_MEET_STORE_GONE);

    fixture_reopen(f);

    assert_int_equal(
        fixture_get(f, "class-7b", &again), NGX_HTTP_MEET_STORE_OK);
    assert_memory_equal(&again, &room, sizeof(room));
}


static void
test_create_limits(void **state)
{
    int i;
    char name[32];
    fixture_t *f;
    ngx_http_meet_store_op_t *op;

    f = *state;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE);
    fixture_create_op(op, "x", DAY);
    op->ninvites = 0;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_INVALID);

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE);
    fixture_create_op(op, "x", DAY);
    op->ninvites = NGX_HTTP_MEET_STORE_INVITES_MAX + 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_LIMIT);

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE);
    fixture_create_op(op, "x", DAY);
    op->invites[1] = op->invites[0];
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_INVALID);

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE);
    fixture_create_op(op, "x", DAY);
    op->room.name.len = 0;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_INVALID);

    /* nothing of the refused ones is left, slots included */

    assert_int_equal(fixture_count(f, f->db.rooms), 0);
    assert_int_equal(fixture_count(f, f->db.invites), 0);

    f->db.rooms_max = 3;

    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "room-%d", i);
        assert_int_equal(fixture_create(f, name, DAY), NGX_HTTP_MEET_STORE_OK);
    }

    assert_int_equal(fixture_create(f, "more", DAY), NGX_HTTP_MEET_STORE_LIMIT);
}


static void
test_change(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", 30 * DAY);
    room = f->op->room;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = room;
    op->room.settings.flags = 0xff;
    op->flags_mask = 1;
    op->room.settings.participants = 7; /* not in `set` */
    op->room.end = T0 + 5;
    op->set = NGX_HTTP_MEET_STORE_SET_FLAGS | NGX_HTTP_MEET_STORE_SET_END;
    op->expect = 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(op->room.settings.version, 2);
    assert_int_equal(op->room.settings.flags, 1);
    assert_int_equal(op->room.settings.participants, 500);
    assert_int_equal(op->room.expires, T0 + 5);
    assert_int_equal(fixture_count(f, f->db.expiry), 1);

    /* based on what is not there any more */

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = room;
    op->set = NGX_HTTP_MEET_STORE_SET_END;
    op->expect = 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_CONFLICT);
    assert_int_equal(op->room.settings.version, 2);

    op->room = room;
    op->expect = 0;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(op->room.settings.version, 3);
    assert_int_equal(op->room.expires, T0 + 30 * DAY);

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = room;
    op->room.incarnation[3] ^= 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_GONE);
}


static ngx_http_meet_store_status_t
check(fixture_t *f, const char *name, const char *id, unsigned char secret,
    uint64_t now, ngx_http_meet_store_invite_t *invite)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    unsigned char auth[NGX_HTTP_MEET_STORE_AUTH_LEN];
    ngx_http_meet_store_id_t i;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_name_t n;
    ngx_http_meet_store_room_t room, zero;
    ngx_http_meet_store_status_t status;

    memset(&n, 0, sizeof(n));
    memset(&i, 0, sizeof(i));
    memset(&zero, 0, sizeof(zero));
    memset(auth, secret, sizeof(auth));
    fixture_name(&n, name);

    if (id != NULL) {
        i.len = (uint8_t) strlen(id);
        memcpy(i.data, id, i.len);
    }

    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
    status = ngx_http_meet_store_invites_check(
        &tx, &n, id ? &i : NULL, auth, now, &room, invite);
    ngx_http_meet_store_db_end(&tx);

    if (status != NGX_HTTP_MEET_STORE_OK) {
        assert_memory_equal(&room, &zero, sizeof(room));
        assert_int_equal(invite->wrapped_len, 0);
    }

    return status;
}


static void
test_invites(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_invite_t v;

    f = *state;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE);
    fixture_create_op(op, "r", 30 * DAY);
    op->ninvites = 3;
    fixture_invite(&op->invites[2], "t", 't', 0);
    op->invites[2].expires = T0 + 10;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    room = op->room;

    assert_int_equal(check(f, "r", "p", 'p', T0, &v), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(v.role, 1);
    assert_int_equal(v.serial, 1);
    assert_int_equal(v.wrapped_len, 60);
    assert_int_equal(v.wrapped[59], 'p' + 1);
    assert_int_equal(check(f, "r", NULL, 'o', T0, &v), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(v.role, 3);

    assert_int_equal(check(f, "r", "p", 'o', T0, &v), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(check(f, "r", "p", 'q', T0, &v), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(check(f, "r", "x", 'p', T0, &v), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(check(f, "r", NULL, 0, T0, &v), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(check(f, "s", "p", 'p', T0, &v), NGX_HTTP_MEET_STORE_GONE);

    assert_int_equal(
        check(f, "r", "t", 't', T0 + 9, &v), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(
        check(f, "r", "t", 't', T0 + 10, &v), NGX_HTTP_MEET_STORE_GONE);

    /* a new password; the owner's invite stays as it is */

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = room;
    op->room.key_id.len = 8;
    memset(op->room.key_id.data, 'K', 8);
    op->set = NGX_HTTP_MEET_STORE_SET_INVITES | NGX_HTTP_MEET_STORE_SET_KEY_ID;
    op->ninvites = 2;
    op->invites[0].serial = 2;
    fixture_invite(&op->invites[1], "p", 'n', 1);
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(op->invites[0].serial, 2);
    assert_int_equal(op->invites[1].serial, 4);
    assert_int_equal(op->room.key_id.len, 8);

    assert_int_equal(check(f, "r", "p", 'p', T0, &v), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(check(f, "r", "p", 'n', T0, &v), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(check(f, "r", "o", 'o', T0, &v), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(check(f, "r", "t", 't', T0, &v), NGX_HTTP_MEET_STORE_GONE);

    /* a serial that is not there; nothing at all */

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = room;
    op->set = NGX_HTTP_MEET_STORE_SET_INVITES;
    op->ninvites = 1;
    op->invites[0].serial = 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_INVALID);
    op->ninvites = 0;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_INVALID);
    assert_int_equal(check(f, "r", "p", 'n', T0, &v), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_count(f, f->db.invites), 2);
}


static void
test_place(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PLACE);
    op->room = room;
    op->room.placement.worker = 77;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(op->room.placement.worker, 77);
    assert_int_equal(op->room.placement.epoch, 1);

    /* somebody who has read {0, 0} as well comes second */

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PLACE);
    op->room = room;
    op->room.placement.worker = 88;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_CONFLICT);
    assert_int_equal(op->room.placement.worker, 77);
    assert_int_equal(op->room.placement.epoch, 1);

    op->expect_placement = op->room.placement;
    op->room.placement.worker = 88;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(op->room.placement.worker, 88);
    assert_int_equal(op->room.placement.epoch, 2);
}


static void
test_log(void **state)
{
    int i;
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX], text[32];
    uint32_t n;
    uint64_t last;
    fixture_t *f;
    unsigned char *next;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t a, b;
    ngx_http_meet_store_entry_t *e;
    static _Alignas(16) unsigned char memory[65536];

    f = *state;
    fixture_create(f, "a", DAY);
    a = f->op->room;
    fixture_create(f, "b", DAY);
    b = f->op->room;

    for (i = 1; i <= 300; i++) {
        snprintf(text, sizeof(text), "a%d", i);
        assert_int_equal(fixture_append(f, &a, 1, text), 0);
        assert_int_equal(f->op->entry.sequence, i);
    }

    assert_int_equal(fixture_append(f, &a, 0, "zero"), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(f->op->entry.sequence, 1);
    assert_int_equal(fixture_append(f, &a, 65535, "top"), 0);
    assert_int_equal(f->op->entry.sequence, 1);
    assert_int_equal(fixture_append(f, &b, 1, ""), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(f->op->entry.sequence, 1);

    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);

    next = memory;
    assert_int_equal(ngx_http_meet_store_log_list(
                         &tx, &a, 1, 0, 200, 60000, take, &next, &e, &n, &last),
        NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(n, 200);
    assert_int_equal(last, 300);
    assert_int_equal(e[0].sequence, 1);
    assert_int_equal(e[199].sequence, 200);
    assert_int_equal(e[199].len, 4);
    assert_memory_equal(e[199].data, "a200", 4);
    assert_int_equal(e[7].sender, 42);
    assert_int_equal(e[7].time_ms, (uint64_t) T0 * 1000);

    next = memory;
    assert_int_equal(ngx_http_meet_store_log_list(
                         &tx, &a, 1, 298, 200, 1, take, &next, &e, &n, &last),
        NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(n, 1);
    assert_int_equal(e[0].sequence, 299);

    next = memory;
    assert_int_equal(ngx_http_meet_store_log_list(&tx, &a, 1, 300, 200, 60000,
                         take, &next, &e, &n, &last),
        NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(n, 0);
    assert_int_equal(last, 300);

    assert_int_equal(ngx_http_meet_store_log_list(
                         &tx, &a, 2, 0, 200, 60000, take, &next, &e, &n, &last),
        NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(n, 0);
    assert_int_equal(last, 0);

    assert_int_equal(ngx_http_meet_store_log_list(
                         &tx, &b, 1, 0, 200, 60000, take, &next, &e, &n, &last),
        NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(n, 1);
    assert_int_equal(e[0].len, 0);

    ngx_http_meet_store_db_end(&tx);

    f->op->entry.len = NGX_HTTP_MEET_STORE_ENTRY_MAX + 1;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_INVALID);
    f->op->entry.len = 0;
}


static void
test_log_limit(void **state)
{
    fixture_t *f;
    unsigned char count[16];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    assert_int_equal(fixture_append(f, &room, 1, "one"), 0);

    memset(&tx, 0, sizeof(tx));
    tx.db = &f->db;
    assert_int_equal(mdb_txn_begin(f->db.env, NULL, 0, &tx.txn), 0);
    assert_int_equal(ngx_http_meet_store_meta_get(&tx,
                         NGX_HTTP_MEET_STORE_META_LOG, room.number, count, 16),
        0);
    assert_int_equal(ngx_http_meet_store_get(count, 8), 1);
    assert_int_equal(ngx_http_meet_store_get(count + 8, 8), 3);
    ngx_http_meet_store_put(count, NGX_HTTP_MEET_STORE_LOG_MAX - 1, 8);
    assert_int_equal(ngx_http_meet_store_meta_put(&tx,
                         NGX_HTTP_MEET_STORE_META_LOG, room.number, count, 16),
        0);
    assert_int_equal(mdb_txn_commit(tx.txn), 0);

    assert_int_equal(fixture_append(f, &room, 1, "two"), 0);
    assert_int_equal(
        fixture_append(f, &room, 1, "three"), NGX_HTTP_MEET_STORE_LIMIT);
}


static void
test_batch(void **state)
{
    int i;
    char name[32];
    fixture_t *f;
    ngx_http_meet_store_op_t ops[8];

    f = *state;
    memset(ops, 0, sizeof(ops));

    /* the same name twice: the second is refused, all others stand */

    for (i = 0; i < 8; i++) {
        ops[i].verb = NGX_HTTP_MEET_STORE_ROOM_CREATE;
        ops[i].next = i < 7 ? &ops[i + 1] : NULL;
        snprintf(name, sizeof(name), "r%d", i == 5 ? 4 : i);
        fixture_create_op(&ops[i], name, DAY);
    }

    ngx_http_meet_store_db_apply(&f->db, ops, &f->now);

    for (i = 0; i < 8; i++) {
        assert_int_equal(ops[i].status,
            i == 5 ? NGX_HTTP_MEET_STORE_EXISTS : NGX_HTTP_MEET_STORE_OK);
    }

    assert_int_equal(fixture_count(f, f->db.rooms), 7);
    assert_int_equal(fixture_get(f, "r4", NULL), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_get(f, "r6", NULL), NGX_HTTP_MEET_STORE_OK);
}


static void *
keep(void *ctx, size_t len)
{
    void **kept, *p;

    kept = ctx;
    p = malloc(len + sizeof(void *));
    memcpy(p, kept, sizeof(void *));
    *kept = p;

    return (unsigned char *) p + sizeof(void *);
}


/* everything that was ever said, page by page */
static void
test_pages(void **state)
{
    void *kept, *next;
    uint32_t i, n, seen;
    uint64_t last[3] = { 0, 0, 0 };
    char text[32], error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    fixture_t *f;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t room, other;
    ngx_http_meet_store_entry_t *entries;
    ngx_http_meet_store_position_t position;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;
    fixture_create(f, "other", DAY);
    other = f->op->room;

    for (i = 0; i < 30; i++) {
        snprintf(text, sizeof(text), "%u", i);
        assert_int_equal(
            fixture_append(f, &room, (uint16_t) (i % 3 * 7), text), 0);
        assert_int_equal(fixture_append(f, &other, 7, "other"), 0);
    }

    kept = NULL;
    seen = 0;
    memset(&position, 0, sizeof(position));

    do {
        assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
        assert_int_equal(ngx_http_meet_store_log_page(&tx, &room, &position, 4,
                             65536, keep, &kept, &entries, &n),
            NGX_HTTP_MEET_STORE_OK);
        ngx_http_meet_store_db_end(&tx);

        for (i = 0; i < n; i++) {
            assert_int_equal(
                entries[i].sequence, ++last[entries[i].channel / 7]);
            snprintf(text, sizeof(text), "%u",
                (unsigned) (entries[i].sequence - 1) * 3
                    + entries[i].channel / 7);
            assert_int_equal(entries[i].len, strlen(text));
            assert_memory_equal(entries[i].data, text, entries[i].len);
            seen++;
        }
    } while (n != 0);

    assert_int_equal(seen, 30);

    while (kept != NULL) {
        memcpy(&next, kept, sizeof(next));
        free(kept);
        kept = next;
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(test_create),
        T(test_create_limits),
        T(test_change),
        T(test_invites),
        T(test_place),
        T(test_log),
        T(test_log_limit),
        T(test_batch),
        cmocka_unit_test_setup_teardown(
            test_pages, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
