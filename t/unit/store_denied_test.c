/*
 * What was taken from people: kept until it is given back, bounded, and never
 * in the way of what owners appoint.
 */

#include "store_fixture.h"

#include "ngx_http_meet_store_record.h"

#define MIC    1
#define CAM    2
#define SCREEN 8


static ngx_http_meet_store_status_t
change(fixture_t *f, const ngx_http_meet_store_room_t *room,
    uint64_t participant, uint8_t mask, uint8_t denied)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PERSON_CHANGE);
    op->room = *room;
    op->set = NGX_HTTP_MEET_STORE_SET_DENIED;
    op->person.participant = participant;
    op->denied_mask = mask;
    op->person.denied = denied;

    return fixture_apply(f);
}


static ngx_http_meet_store_status_t
appoint(fixture_t *f, const ngx_http_meet_store_room_t *room,
    uint64_t participant, uint8_t role)
{
    ngx_http_meet_store_op_t *op;

    op = fixture_op(f, NGX_HTTP_MEET_STORE_PERSON_CHANGE);
    op->room = *room;
    op->set = NGX_HTTP_MEET_STORE_SET_ROLE;
    op->person.participant = participant;
    op->person.role = role;

    return fixture_apply(f);
}


static ngx_http_meet_store_person_t
person(fixture_t *f, const ngx_http_meet_store_room_t *room, uint64_t id)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_person_t p;

    assert_int_equal(ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
    assert_int_equal(ngx_http_meet_store_room_find(
                         &tx, &room->name, room->incarnation, &found),
        NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(ngx_http_meet_store_person_find(&tx, &found, id, &p),
        NGX_HTTP_MEET_STORE_OK);
    ngx_http_meet_store_db_end(&tx);

    return p;
}


static void
kept_until_given_back(void **state)
{
    fixture_t *f;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    assert_int_equal(change(f, &room, 7, MIC | CAM, MIC | CAM), 0);
    assert_int_equal(f->op->before.denied, 0);
    assert_int_equal(f->op->person.denied, MIC | CAM);

    assert_int_equal(change(f, &room, 7, SCREEN, SCREEN), 0);
    assert_int_equal(f->op->before.denied, MIC | CAM);
    assert_int_equal(change(f, &room, 7, CAM, 0), 0);

    fixture_pass(f, 2 * HOUR);
    fixture_reopen(f);
    assert_int_equal(person(f, &room, 7).denied, MIC | SCREEN);
    assert_int_equal(person(f, &room, 8).denied, 0);

    /* a role comes and goes beside it */

    assert_int_equal(appoint(f, &room, 7, 2), 0);
    assert_int_equal(person(f, &room, 7).denied, MIC | SCREEN);
    assert_int_equal(appoint(f, &room, 7, NGX_HTTP_MEET_STORE_ROLE_NONE), 0);
    assert_int_equal(person(f, &room, 7).denied, MIC | SCREEN);

    /* all given back: nothing is kept */

    assert_int_equal(change(f, &room, 7, 0xf, 0), 0);
    assert_int_equal(fixture_count(f, f->db.people), 0);
}


/* a moderator who denies everybody ever heard of pushes out no role */
static void
never_in_the_way_of_roles(void **state)
{
    uint64_t i;
    fixture_t *f;
    ngx_http_meet_store_room_t room;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;

    assert_int_equal(appoint(f, &room, 5000, 2), 0);

    for (i = 1; i < NGX_HTTP_MEET_STORE_PEOPLE_MAX; i++) {
        fixture_pass(f, 1);
        assert_int_equal(change(f, &room, i, MIC, MIC), 0);
    }

    fixture_pass(f, 1);
    assert_int_equal(change(f, &room, 4000, MIC, MIC), 0);

    assert_int_equal(
        fixture_count(f, f->db.people), NGX_HTTP_MEET_STORE_PEOPLE_MAX);
    assert_int_equal(person(f, &room, 5000).role, 2);
    assert_int_equal(person(f, &room, 1).denied, 0);
    assert_int_equal(person(f, &room, 2).denied, MIC);
    assert_int_equal(person(f, &room, 4000).denied, MIC);

    /* a new role takes the place of the oldest of what is denied */

    assert_int_equal(appoint(f, &room, 5001, 1), 0);
    assert_int_equal(person(f, &room, 2).denied, 0);
    assert_int_equal(person(f, &room, 5000).role, 2);

    /* nothing but roles: there is no place for what is denied */

    for (i = 6000; i < 6000 + NGX_HTTP_MEET_STORE_PEOPLE_MAX - 2; i++) {
        fixture_pass(f, 1);
        assert_int_equal(appoint(f, &room, i, 2), 0);
    }

    assert_int_equal(
        change(f, &room, 4001, MIC, MIC), NGX_HTTP_MEET_STORE_LIMIT);
    assert_int_equal(person(f, &room, 5000).role, 2);
    assert_int_equal(person(f, &room, 4001).denied, 0);
}


/* as they were written before anything could be denied */
static void
older_records(void **state)
{
    size_t len;
    ngx_http_meet_store_person_t p;
    unsigned char text[NGX_HTTP_MEET_STORE_PERSON_LEN];

    (void) state;

    memset(&p, 0, sizeof(p));
    p.banned = 11;
    p.since = 12;
    p.role = 2;
    p.denied = MIC;

    len = ngx_http_meet_store_person_write(text, &p);
    assert_int_equal(len, 18);

    assert_int_equal(ngx_http_meet_store_person_read(&p, text, len), 0);
    assert_int_equal(p.denied, MIC);
    assert_int_equal(ngx_http_meet_store_person_read(&p, text, len - 1), 0);
    assert_int_equal(p.denied, 0);
    assert_int_equal(p.role, 2);
    assert_int_equal(ngx_http_meet_store_person_read(&p, text, len - 2), -1);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            kept_until_given_back, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            never_in_the_way_of_roles, fixture_setup, fixture_teardown),
        cmocka_unit_test(older_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
