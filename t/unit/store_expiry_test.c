/*
 * Expiry believes no clock at once, and the index only what the room confirms.
 */

#include "store_fixture.h"


static ngx_http_meet_store_op_t *
sweep(fixture_t *f)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_SWEEP);
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);

    return op;
}


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


static void
test_expiry(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t idle;

    f = *state;
    fixture_create(f, "idle", 2 * HOUR);
    idle = f->op->room;
    fixture_create(f, "used", 2 * HOUR);
    fixture_create(f, "end", 0);
    fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    fixture_get(f, "end", &f->op->room);
    f->op->set = NGX_HTTP_MEET_STORE_SET_END;
    f->op->room.end = T0 + 3 * HOUR;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    fixture_create(f, "never", 0);
    assert_int_equal(f->op->room.expires, 0);

    assert_int_equal(sweep(f)->wait_ms, HOUR * 1000);
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);
    fixture_pass(f, HOUR + 60);

    /* due now, but one pass alone deletes nothing */

    assert_int_equal(sweep(f)->removed, 0);
    assert_int_equal(fixture_get(f, "idle", NULL), NGX_HTTP_MEET_STORE_OK);

    /* somebody comes: still overdue at the first pass, not at the second */

    fixture_op(f, NGX_HTTP_MEET_STORE_TOUCH);
    fixture_get(f, "used", &f->op->room);
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);

    fixture_pass(f, HOUR / 2);
    assert_int_equal(sweep(f)->removed, 0);
    assert_int_equal(f->op->wait_ms, HOUR / 2 * 1000);
    fixture_pass(f, HOUR / 2);

    op = sweep(f);
    assert_int_equal(op->removed, 1);
    assert_int_equal(op->expired[0].number, idle.number);
    assert_memory_equal(op->expired[0].name.data, "idle", 4);
    assert_int_equal(fixture_get(f, "idle", NULL), NGX_HTTP_MEET_STORE_GONE);
    assert_int_equal(fixture_get(f, "used", NULL), NGX_HTTP_MEET_STORE_OK);

    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 1);
    assert_int_equal(fixture_get(f, "end", NULL), NGX_HTTP_MEET_STORE_GONE);

    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 1);
    assert_int_equal(fixture_get(f, "used", NULL), NGX_HTTP_MEET_STORE_GONE);

    fixture_pass(f, 1000 * DAY);
    sweep(f);
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);
    assert_int_equal(fixture_get(f, "never", NULL), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_count(f, f->db.expiry), 0);
}


/* an entry of the index that its room does not confirm deletes nothing */
static void
test_expiry_stale(void **state)
{
    MDB_val k, v;
    fixture_t *f;
    MDB_txn *txn;
    unsigned char key[NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN], name[32];

    f = *state;
    fixture_create(f, "r", 30 * DAY);
    ngx_http_meet_seal_name(&f->db.keys, (const unsigned char *) "r", 1, name);

    ngx_http_meet_store_put(
        ngx_http_meet_store_put(key, T0 - DAY, 8), f->op->room.number, 8);
    k.mv_data = key;
    k.mv_size = sizeof(key);
    v.mv_data = name;
    v.mv_size = sizeof(name);

    assert_int_equal(mdb_txn_begin(f->db.env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_put(txn, f->db.expiry, &k, &v, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);

    sweep(f);
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_count(f, f->db.expiry), 1);
}


static void
test_expiry_many(void **state)
{
    int i;
    char name[32];
    fixture_t *f;

    f = *state;

    for (i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "room-%d", i);
        assert_int_equal(fixture_create(f, name, HOUR), 0);
    }

    fixture_pass(f, 2 * HOUR);
    sweep(f);
    fixture_pass(f, HOUR);

    /* bounded steps of one pass */

    assert_int_equal(sweep(f)->removed, NGX_HTTP_MEET_STORE_SWEEP_STEP);
    assert_true(f->op->more);
    assert_int_equal(run(f, NGX_HTTP_MEET_STORE_SWEEP),
        100 - NGX_HTTP_MEET_STORE_SWEEP_STEP);
    assert_int_equal(fixture_count(f, f->db.rooms), 0);
    assert_int_equal(run(f, NGX_HTTP_MEET_STORE_RECOVER), 0);
}


/* absolute ends that have come, each once; idle rooms are not among them */
static void
test_ends(void **state)
{
    uint32_t i, n, more, seen;
    char name[32], error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    unsigned char after[NGX_HTTP_MEET_STORE_EXPIRY_KEY_LEN];
    fixture_t *f;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t rooms[3];

    f = *state;
    memset(after, 0, sizeof(after));
    assert_int_equal(fixture_create(f, "idle", 50), 0);

    for (i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "ends-%u", i);
        op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CREATE);
        fixture_create_op(op, name, DAY);
        op->room.end = T0 + 100 + i / 7 * 100;
        assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    }

    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);

    assert_int_equal(
        ngx_http_meet_store_ends(&tx, after, T0 + 99, rooms, 3, &n, &more), 0);
    assert_int_equal(n, 0);
    assert_int_equal(more, 0);

    seen = 0;

    do {
        assert_int_equal(
            ngx_http_meet_store_ends(&tx, after, T0 + 199, rooms, 3, &n, &more),
            0);
        for (i = 0; i < n; i++) {
            assert_int_equal(rooms[i].end, T0 + 100);
            assert_memory_equal(rooms[i].name.data, "ends-", 5);
            seen |= 1u << (rooms[i].name.data[5] - '0');
        }
    } while (more);

    assert_int_equal(seen, 0x7f);

    assert_int_equal(
        ngx_http_meet_store_ends(&tx, after, T0 + 199, rooms, 3, &n, &more), 0);
    assert_int_equal(n, 0);
    assert_int_equal(
        ngx_http_meet_store_ends(&tx, after, T0 + 200, rooms, 3, &n, &more), 0);
    assert_int_equal(n, 1);
    assert_int_equal(more, 0);
    assert_memory_equal(rooms[0].name.data, "ends-7", 6);

    ngx_http_meet_store_db_end(&tx);
}


static void
test_wrong_clock(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", 30 * DAY);
    sweep(f);

    /* the wall clock is set a year ahead, then back: any number of passes */

    fixture_pass(f, HOUR);
    f->now.wall_ms += (uint64_t) 365 * DAY * 1000;
    assert_int_equal(sweep(f)->removed, 0);
    fixture_pass(f, HOUR - 1);
    assert_int_equal(sweep(f)->removed, 0);
    f->now.wall_ms -= (uint64_t) 365 * DAY * 1000;
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);

    /* a year ahead right after a boot, corrected within the hour */

    f->now.boot[0]++;
    f->now.mono_ms = 100;
    f->now.wall_ms += (uint64_t) 365 * DAY * 1000;
    assert_int_equal(sweep(f)->removed, 0);
    fixture_pass(f, HOUR / 2);
    f->now.wall_ms -= (uint64_t) 365 * DAY * 1000;
    fixture_pass(f, HOUR / 2);
    assert_int_equal(sweep(f)->removed, 0);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);

    /* a clock that lost its battery creates and touches rooms */

    fixture_pass(f, HOUR);
    sweep(f);
    f->now.boot[0]++;
    f->now.mono_ms = 100;
    f->now.wall_ms = 1000;
    fixture_create(f, "young", 30 * DAY);
    assert_true(f->op->room.created >= T0);
    fixture_op(f, NGX_HTTP_MEET_STORE_TOUCH);
    fixture_get(f, "r", &f->op->room);
    room = f->op->room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_true(f->op->room.active >= room.active);
    sweep(f);
    f->now.wall_ms = (uint64_t) (T0 + DAY) * 1000;
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);
    fixture_pass(f, HOUR);
    assert_int_equal(sweep(f)->removed, 0);
    assert_int_equal(fixture_get(f, "young", NULL), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);
}


static void
test_judge(void **state)
{
    uint64_t wait;
    ngx_http_meet_expiry_clock_t a, b;

    (void) state;

    assert_int_equal(ngx_http_meet_expiry_clock(&a), 0);
    assert_int_equal(ngx_http_meet_expiry_judge(NULL, &a, 1000, &wait), 0);
    assert_int_equal(wait, 1000);

    b = a;
    b.wall_ms += 999;
    b.mono_ms += 999;
    assert_int_equal(ngx_http_meet_expiry_judge(&a, &b, 1000, &wait),
        NGX_HTTP_MEET_EXPIRY_WAIT);
    assert_int_equal(wait, 1);

    b.mono_ms++;
    assert_int_equal(ngx_http_meet_expiry_judge(&a, &b, 1000, &wait),
        NGX_HTTP_MEET_EXPIRY_AGREE);

    b.wall_ms += NGX_HTTP_MEET_EXPIRY_DRIFT + 2;
    assert_int_equal(ngx_http_meet_expiry_judge(&a, &b, 1000, &wait),
        NGX_HTTP_MEET_EXPIRY_REMEMBER);

    b.wall_ms = a.wall_ms;
    b.mono_ms = a.mono_ms + NGX_HTTP_MEET_EXPIRY_DRIFT + 1;
    assert_int_equal(ngx_http_meet_expiry_judge(&a, &b, 1000, &wait),
        NGX_HTTP_MEET_EXPIRY_REMEMBER);

    b = a;
    b.wall_ms += 5000;
    b.mono_ms += 5000;
    b.boot[15] ^= 1;
    assert_int_equal(ngx_http_meet_expiry_judge(&a, &b, 1000, &wait),
        NGX_HTTP_MEET_EXPIRY_REMEMBER);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(test_expiry),
        T(test_expiry_stale),
        T(test_expiry_many),
        T(test_ends),
        T(test_wrong_clock),
        cmocka_unit_test(test_judge),
    };

    return cmocka_run_group_tests_name("store_expiry", tests, NULL, NULL);
}
