/*
 * What a room remembers of people, and of invites that were replaced: kept as
 * long as it is needed, bounded, gone with the room.
 */

#include "store_fixture.h"


static ngx_http_meet_store_status_t
person_change(fixture_t *f, const ngx_http_meet_store_room_t *room,
    uint64_t participant, uint32_t set, uint64_t banned, uint8_t role)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PERSON_CHANGE);
    op->room = *room;
    op->set = set;
    op->person.participant = participant;
    op->person.banned = banned;
    op->person.role = role;

    return fixture_apply(f);
}


static ngx_http_meet_store_status_t
ban(fixture_t *f, const ngx_http_meet_store_room_t *room, uint64_t participant,
    uint64_t until)
{
    return person_change(
        f, room, participant, NGX_HTTP_MEET_STORE_SET_BAN, until, 99);
}


static ngx_http_meet_store_status_t
appoint(fixture_t *f, const ngx_http_meet_store_room_t *room,
    uint64_t participant, uint8_t role)
{
    return person_change(
        f, room, participant, NGX_HTTP_MEET_STORE_SET_ROLE, 1, role);
}


static ngx_http_meet_store_status_t
deny(fixture_t *f, const ngx_http_meet_store_room_t *room, uint64_t participant)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PERSON_CHANGE);
    op->room = *room;
    op->set = NGX_HTTP_MEET_STORE_SET_DENIED;
    op->denied_mask = 1;
    op->person.participant = participant;
    op->person.denied = 1;

    return fixture_apply(f);
}


static void
begin(fixture_t *f, ngx_http_meet_store_tx_t *tx,
    const ngx_http_meet_store_room_t *room, ngx_http_meet_store_found_t *found)
{
    static char error[NGX_HTTP_MEET_STORE_ERROR_MAX];

    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, tx, error), 0);
    assert_int_equal(ngx_http_meet_store_room_find(
                         tx, &room->name, room->incarnation, found),
        NGX_HTTP_MEET_STORE_OK);
}


static ngx_http_meet_store_person_t
person(fixture_t *f, const ngx_http_meet_store_room_t *room, uint64_t id)
{
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_person_t p;

    begin(f, &tx, room, &found);
    assert_int_equal(ngx_http_meet_store_person_find(&tx, &found, id, &p),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);
    assert_int_equal(p.participant, id);

    return p;
}


static uint64_t
now(fixture_t *f)
{
    return f->now.wall_ms / 1000;
}


static void
touch(fixture_t *f, const ngx_http_meet_store_room_t *room)
{
    fixture_op(f, NGX_HTTP_MEET_STORE_TOUCH)->room = *room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
}


static void
test_people(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_room_t room, other;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;
    fixture_create(f, "other", DAY);
    other = f->op->room;

    assert_int_equal(person(f, &room, 7).banned, 0);
    assert_int_equal(person(f, &room, 7).role, NGX_HTTP_MEET_STORE_ROLE_NONE);

    assert_int_equal(ban(f, &room, 7, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(f->op->person.role, NGX_HTTP_MEET_STORE_ROLE_NONE);
    assert_int_equal(appoint(f, &room, 8, 2), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(appoint(f, &room, 9, 0), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(appoint(f, &room, 8, 1), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_count(f, f->db.people), 3);

    /* durable, of that room only */

    fixture_reopen(f);

    assert_int_equal(person(f, &room, 7).banned, now(f) + HOUR);
    assert_int_equal(person(f, &room, 8).role, 1);
    assert_int_equal(person(f, &room, 9).role, 0);
    assert_int_equal(person(f, &room, 9).banned, 0);
    assert_int_equal(person(f, &other, 7).banned, 0);
    assert_int_equal(person(f, &other, 8).role, NGX_HTTP_MEET_STORE_ROLE_NONE);

    /* one keeps what the other does not set; nothing left: forgotten */

    assert_int_equal(ban(f, &room, 8, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(person(f, &room, 8).role, 1);
    assert_int_equal(appoint(f, &room, 8, NGX_HTTP_MEET_STORE_ROLE_NONE), 0);
    assert_int_equal(person(f, &room, 8).banned, now(f) + HOUR);
    assert_int_equal(ban(f, &room, 8, 0), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_count(f, f->db.people), 2);
    assert_int_equal(ban(f, &room, 8, 0), NGX_HTTP_MEET_STORE_OK);

    assert_int_equal(ban(f, &room, 0, now(f)), NGX_HTTP_MEET_STORE_INVALID);

    /* the settings have not changed */

    fixture_get(f, "r", &room);
    assert_int_equal(room.settings.version, 1);

    /* a ban that is over goes with the next touch, a role stays */

    fixture_pass(f, 2 * HOUR);
    touch(f, &room);
    assert_int_equal(fixture_count(f, f->db.people), 1);
    assert_int_equal(person(f, &room, 9).role, 0);

    /* all goes with the room */

    fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_DELETE)->room = room;
    assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(ban(f, &room, 7, now(f) + HOUR), NGX_HTTP_MEET_STORE_GONE);

    do {
        fixture_op(f, NGX_HTTP_MEET_STORE_PURGE);
        assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
    } while (f->op->more);

    assert_int_equal(fixture_count(f, f->db.people), 0);
}


static uint32_t
bans(fixture_t *f, const ngx_http_meet_store_room_t *room)
{
    uint32_t i, n, count;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    static ngx_http_meet_store_person_t people[NGX_HTTP_MEET_STORE_PEOPLE_MAX];

    begin(f, &tx, room, &found);
    assert_int_equal(ngx_http_meet_store_people_list(&tx, &found, people,
                         NGX_HTTP_MEET_STORE_PEOPLE_MAX, &n),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);

    for (count = 0, i = 0; i < n; i++) {
        count += people[i].banned > 0;
    }

    return count;
}


static void
test_people_bound(void **state)
{
    uint32_t i, n;
    fixture_t *f;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_op_t *ops, *op;
    static ngx_http_meet_store_person_t people[NGX_HTTP_MEET_STORE_PEOPLE_MAX];

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    /* two roles, the rest bans, in batches */

    assert_int_equal(appoint(f, &room, 1, 2), NGX_HTTP_MEET_STORE_OK);
    fixture_pass(f, 1);
    assert_int_equal(appoint(f, &room, UINT64_MAX, 2), NGX_HTTP_MEET_STORE_OK);
    fixture_pass(f, 1);

    for (i = 2; i < NGX_HTTP_MEET_STORE_PEOPLE_MAX; i++) {
        ops = NULL;

        for (n = 0; n < 64 && i < NGX_HTTP_MEET_STORE_PEOPLE_MAX; n++) {
            op = calloc(1, sizeof(ngx_http_meet_store_op_t));
            op->verb = NGX_HTTP_MEET_STORE_PERSON_CHANGE;
            op->room = room;
            op->set = NGX_HTTP_MEET_STORE_SET_BAN;
            op->person.participant = i++;
            op->person.banned = now(f) + HOUR;
            op->next = ops;
            ops = op;
        }

        i--;

        ngx_http_meet_store_db_apply(&f->db, ops, &f->now);

        while ((op = ops) != NULL) {
            assert_int_equal(op->status, NGX_HTTP_MEET_STORE_OK);
            ops = op->next;
            ngx_http_meet_store_op_free(op);
        }
    }

    assert_int_equal(
        fixture_count(f, f->db.people), NGX_HTTP_MEET_STORE_PEOPLE_MAX);

    begin(f, &tx, &room, &found);
    assert_int_equal(ngx_http_meet_store_people_list(&tx, &found, people,
                         NGX_HTTP_MEET_STORE_PEOPLE_MAX, &n),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);
    assert_int_equal(n, NGX_HTTP_MEET_STORE_PEOPLE_MAX);
    assert_int_equal(people[0].participant, 1);
    assert_int_equal(people[0].role, 2);
    assert_int_equal(people[n - 1].participant, UINT64_MAX);

    /* the ban that ends first makes room for another one, and no role does */

    assert_int_equal(
        ban(f, &room, 5000, now(f) + HOUR + 1), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(person(f, &room, 2).banned, 0);
    assert_true(person(f, &room, 3).banned > 0);

    /* not the newest, though it is over soonest */
    assert_int_equal(ban(f, &room, 5001, now(f) + 60), NGX_HTTP_MEET_STORE_OK);
    assert_true(person(f, &room, 5001).banned > 0);
    assert_int_equal(person(f, &room, 3).banned, 0);
    assert_int_equal(person(f, &room, 1).role, 2);
    assert_int_equal(person(f, &room, UINT64_MAX).role, 2);

    /* and for whatever else there is to be remembered */

    assert_int_equal(appoint(f, &room, 5002, 2), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(person(f, &room, 5001).banned, 0);
    assert_int_equal(deny(f, &room, 5003), NGX_HTTP_MEET_STORE_OK);

    for (i = 0; i < NGX_HTTP_MEET_STORE_PEOPLE_MAX; i++) {
        assert_int_equal(
            appoint(f, &room, 10000 + i, 2), NGX_HTTP_MEET_STORE_OK);
    }

    /* down to those that are theirs: now roles make room for roles and bans */

    assert_int_equal(bans(f, &room), NGX_HTTP_MEET_STORE_BANS_MAX);
    assert_int_equal(person(f, &room, 1).role, NGX_HTTP_MEET_STORE_ROLE_NONE);
    assert_int_equal(person(f, &room, 5003).denied, 0);
    assert_true(person(f, &room, 5000).banned > 0);
    assert_int_equal(deny(f, &room, 5004), NGX_HTTP_MEET_STORE_LIMIT);
    assert_int_equal(
        ban(f, &room, 5005, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(bans(f, &room), NGX_HTTP_MEET_STORE_BANS_MAX);
    assert_true(person(f, &room, 5005).banned > 0);
    assert_int_equal(
        fixture_count(f, f->db.people), NGX_HTTP_MEET_STORE_PEOPLE_MAX);

    /* when they are over there is room again */

    fixture_pass(f, HOUR + 2);
    assert_int_equal(
        ban(f, &room, 5006, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(fixture_count(f, f->db.people),
        NGX_HTTP_MEET_STORE_PEOPLE_MAX - NGX_HTTP_MEET_STORE_BANS_MAX + 1);
}


static ngx_http_meet_store_invite_state_t
state_of(fixture_t *f, const ngx_http_meet_store_room_t *room, uint32_t serial,
    ngx_http_meet_store_invite_t *invite)
{
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_invite_t v;
    ngx_http_meet_store_invite_state_t s;

    begin(f, &tx, room, &found);
    assert_int_equal(
        ngx_http_meet_store_invites_find(&tx, &found, serial, now(f), &v, &s),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);

    if (invite != NULL) {
        *invite = v;
    }

    return s;
}


/* a new password, everything else stays */
static ngx_http_meet_store_status_t
new_password(fixture_t *f, const ngx_http_meet_store_room_t *room,
    uint32_t owner, uint64_t until)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    op->room = *room;
    op->set = NGX_HTTP_MEET_STORE_SET_INVITES;
    op->replaced_until = until;
    op->ninvites = 2;
    fixture_invite(&op->invites[0], "p", 'q', 1);
    op->invites[1].serial = owner;

    return fixture_apply(f);
}


static int
opens(fixture_t *f, const char *name, unsigned char secret)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    unsigned char auth[NGX_HTTP_MEET_STORE_AUTH_LEN];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_name_t n;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_invite_t invite;

    memset(&n, 0, sizeof(n));
    memset(auth, secret, sizeof(auth));
    fixture_name(&n, name);
    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
    status = ngx_http_meet_store_invites_check(
        &tx, &n, NULL, auth, now(f), &room, &invite);
    ngx_http_meet_store_db_end(&tx);

    return status == NGX_HTTP_MEET_STORE_OK;
}


static void
test_replaced(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_invite_t invite;
    static const unsigned char none[NGX_HTTP_MEET_STORE_AUTH_LEN];

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    assert_int_equal(
        state_of(f, &room, 1, &invite), NGX_HTTP_MEET_STORE_INVITE_LIVE);
    assert_memory_not_equal(invite.verifier, none, sizeof(none));
    assert_int_equal(
        state_of(f, &room, 3, NULL), NGX_HTTP_MEET_STORE_INVITE_NONE);
    assert_int_equal(
        state_of(f, &room, 0, NULL), NGX_HTTP_MEET_STORE_INVITE_NONE);

    assert_int_equal(
        new_password(f, &room, 2, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    fixture_reopen(f);

    /* the old link is dead; who has come by it is known */

    assert_false(opens(f, "r", 'p'));
    assert_true(opens(f, "r", 'q'));
    assert_true(opens(f, "r", 'o'));
    assert_int_equal(
        state_of(f, &room, 1, &invite), NGX_HTTP_MEET_STORE_INVITE_REPLACED);
    assert_int_equal(invite.serial, 1);
    assert_int_equal(invite.role, 1);
    assert_int_equal(invite.wrapped_len, 60);
    assert_int_equal(invite.wrapped[0], 'p' + 1);
    assert_memory_equal(invite.verifier, none, sizeof(none));
    assert_int_equal(
        state_of(f, &room, 2, NULL), NGX_HTTP_MEET_STORE_INVITE_LIVE);
    assert_int_equal(
        state_of(f, &room, 3, NULL), NGX_HTTP_MEET_STORE_INVITE_LIVE);

    /* no longer than tokens live, and then not on disk either */

    fixture_pass(f, HOUR);
    assert_int_equal(
        state_of(f, &room, 1, &invite), NGX_HTTP_MEET_STORE_INVITE_REVOKED);
    assert_int_equal(invite.serial, 0);
    assert_int_equal(fixture_count(f, f->db.replaced), 1);
    touch(f, &room);
    assert_int_equal(fixture_count(f, f->db.replaced), 0);

    /* revoking leaves nothing, of those replaced before neither */

    assert_int_equal(
        new_password(f, &room, 2, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(
        state_of(f, &room, 3, NULL), NGX_HTTP_MEET_STORE_INVITE_REPLACED);
    assert_int_equal(new_password(f, &room, 2, 0), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(
        state_of(f, &room, 3, NULL), NGX_HTTP_MEET_STORE_INVITE_REVOKED);
    assert_int_equal(
        state_of(f, &room, 4, NULL), NGX_HTTP_MEET_STORE_INVITE_REVOKED);
    assert_int_equal(
        state_of(f, &room, 5, NULL), NGX_HTTP_MEET_STORE_INVITE_LIVE);
    assert_int_equal(fixture_count(f, f->db.replaced), 0);
}


static void
test_replaced_bound(void **state)
{
    uint32_t i, n;
    fixture_t *f;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_found_t found;
    static ngx_http_meet_store_replaced_t old[NGX_HTTP_MEET_STORE_REPLACED_MAX];

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    for (i = 0; i < NGX_HTTP_MEET_STORE_REPLACED_MAX + 5; i++) {
        assert_int_equal(
            new_password(f, &room, 2, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    }

    assert_int_equal(
        fixture_count(f, f->db.replaced), NGX_HTTP_MEET_STORE_REPLACED_MAX);
    assert_int_equal(
        state_of(f, &room, 1, NULL), NGX_HTTP_MEET_STORE_INVITE_REVOKED);
    assert_int_equal(
        state_of(f, &room, 6, NULL), NGX_HTTP_MEET_STORE_INVITE_REVOKED);
    assert_int_equal(
        state_of(f, &room, 7, NULL), NGX_HTTP_MEET_STORE_INVITE_REPLACED);

    begin(f, &tx, &room, &found);
    assert_int_equal(ngx_http_meet_store_replaced_list(&tx, &found, old, &n),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);
    assert_int_equal(n, NGX_HTTP_MEET_STORE_REPLACED_MAX);
    assert_int_equal(old[0].invite.serial, 7);
    assert_int_equal(old[0].until, now(f) + HOUR);
}


/* a store of before these databases existed opens, with its rooms */
static void
test_older_store(void **state)
{
    MDB_txn *txn;
    fixture_t *f;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    assert_int_equal(mdb_txn_begin(f->db.env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_drop(txn, f->db.people, 1), 0);
    assert_int_equal(mdb_drop(txn, f->db.replaced, 1), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);

    fixture_reopen(f);

    assert_true(opens(f, "r", 'p'));
    assert_int_equal(ban(f, &room, 7, now(f) + HOUR), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(person(f, &room, 7).banned, now(f) + HOUR);
}


/*
 * Bytes as the first version wrote them: a record may grow at its end, nothing
 * in it may move.
 */
static void
test_first_format(void **state)
{
    size_t len;
    unsigned char out[NGX_HTTP_MEET_STORE_ROOM_LEN];
    ngx_http_meet_store_room_t room, back;
    static const unsigned char first[] = "\x01r"
                                         "\0\0\0\0\0\0\0\x01"
                                         "\0\0\0\0\0\0\0\x02"
                                         "\0\0\0\x03"
                                         "\0\0\0\0\0\0\0\x04"
                                         "\0\0\0\0\0\0\0\x05"
                                         "\0\0\0\x06"
                                         "\0\0\0\x07"
                                         "\0\0\0\x08"
                                         "\0\0\0\x09"
                                         "\x02kk"
                                         "\0\0\0\0\0\0\0\x0a"
                                         "\0\0\0\x0b"
                                         "\0\0\0\x0c";

    (void) state;

    memset(&room, 0, sizeof(room));
    fixture_name(&room.name, "r");
    room.created = 1;
    room.active = 2;
    room.idle = 3;
    room.end = 4;
    room.settings.version = 5;
    room.settings.flags = 6;
    room.settings.participants = 7;
    room.settings.rights_viewer = 8;
    room.settings.rights_participant = 9;
    room.key_id.len = 2;
    memcpy(room.key_id.data, "kk", 2);
    room.placement.worker = 10;
    room.placement.epoch = 11;
    room.serial = 12;

    len = ngx_http_meet_store_room_write(out, &room);
    assert_int_equal(len, sizeof(first) - 1);
    assert_memory_equal(out, first, len);

    memset(&back, 0, sizeof(back));
    assert_int_equal(ngx_http_meet_store_room_read(&back, first, len), 0);
    assert_memory_equal(&back, &room, sizeof(room));

    /* as a newer version may write it */

    memcpy(out + len, "more", 4);
    memset(&back, 0, sizeof(back));
    assert_int_equal(ngx_http_meet_store_room_read(&back, out, len + 4), 0);
    assert_memory_equal(&back, &room, sizeof(room));
    assert_int_equal(ngx_http_meet_store_room_read(&back, out, len - 1), -1);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_people, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_people_bound, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_replaced, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_replaced_bound, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_older_store, fixture_setup, fixture_teardown),
        cmocka_unit_test(test_first_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
