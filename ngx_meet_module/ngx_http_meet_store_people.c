/*
 * People the room remembers: who was removed and may not come back, who was
 * appointed to what, what was taken from whom.  One sealed value for each
 * participant id.
 */

#include "ngx_http_meet_store_room.h"
#include "ngx_http_meet_store_record.h"

#include <errno.h>
#include <string.h>


/* one look at all people of a room */
typedef struct {
    uint32_t n;
    uint32_t bans;
    uint64_t first;  /* of those banned the one whose ban ends first, */
    uint64_t until;  /* and when; not the one that is being changed */
    uint64_t oldest; /* without a ban, and without a role if possible */
    uint64_t since;  /* when it changed; 0: there is nobody */
    uint8_t role;    /* of that one */
} ngx_http_meet_store_people_t;


static int ngx_http_meet_store_person_kept(
    const ngx_http_meet_store_person_t *person, uint64_t now);
static uint64_t ngx_http_meet_store_person_yields(
    const ngx_http_meet_store_op_t *op,
    const ngx_http_meet_store_people_t *people);
static ngx_http_meet_store_status_t ngx_http_meet_store_person_put(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_person_t *person);
static ngx_http_meet_store_status_t ngx_http_meet_store_person_del(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    uint64_t participant);
static int ngx_http_meet_store_person_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out);
static void ngx_http_meet_store_person_key(
    unsigned char *out, uint64_t number, uint64_t participant);
static void ngx_http_meet_store_people_sooner(
    ngx_http_meet_store_people_t *people,
    const ngx_http_meet_store_person_t *person, uint64_t changed);
static void ngx_http_meet_store_people_older(
    ngx_http_meet_store_people_t *people,
    const ngx_http_meet_store_person_t *person);
static ngx_http_meet_store_status_t ngx_http_meet_store_people_look(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_found_t *found,
    uint64_t now, uint64_t changed, ngx_http_meet_store_people_t *people);


ngx_http_meet_store_status_t
ngx_http_meet_store_person_change(
    ngx_http_meet_store_tx_t *tx, ngx_http_meet_store_op_t *op)
{
    int rc;
    uint64_t now, yields;
    ngx_http_meet_store_found_t found;
    ngx_http_meet_store_status_t status;
    ngx_http_meet_store_person_t person;
    ngx_http_meet_store_people_t people;

    if (op->person.participant == 0) {
        return NGX_HTTP_MEET_STORE_INVALID;
    }

    status = ngx_http_meet_store_room_find(
        tx, &op->room.name, op->room.incarnation, &found);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        return status;
    }

    rc = ngx_http_meet_store_now(tx, &now);
    if (rc != MDB_SUCCESS) {
        status = ngx_http_meet_store_db_fail(tx, "reading the clock", rc);
        goto done;
    }

    status = ngx_http_meet_store_person_find(
        tx, &found, op->person.participant, &person);
    if (status != NGX_HTTP_MEET_STORE_OK) {
        goto done;
    }

    op->before = person;

    if (op->set & NGX_HTTP_MEET_STORE_SET_DENIED) {
        person.denied = (uint8_t) ((person.denied & ~op->denied_mask)
                                   | (op->person.denied & op->denied_mask));
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_BAN) {
        person.banned = op->person.banned;
    }

    if (op->set & NGX_HTTP_MEET_STORE_SET_ROLE) {
        person.role = op->person.role;
    }

    if (!ngx_http_meet_store_person_kept(&person, now)) {
        person.banned = 0;
        status =
            ngx_http_meet_store_person_del(tx, &found, op->person.participant);

    } else {
        person.since = now;
        status = ngx_http_meet_store_person_put(tx, &found, &person);

        if (status == NGX_HTTP_MEET_STORE_OK) {
            status = ngx_http_meet_store_people_look(
                tx, &found, now, person.participant, &people);
        }

        if (status == NGX_HTTP_MEET_STORE_OK
            && people.n > NGX_HTTP_MEET_STORE_PEOPLE_MAX)
        {
            yields = ngx_http_meet_store_person_yields(op, &people);
            status = yields != 0
                         ? ngx_http_meet_store_person_del(tx, &found, yields)
                         : NGX_HTTP_MEET_STORE_LIMIT;
        }
    }

    op->room = found.room;
    op->person = person;

done:

    ngx_http_meet_seal_wipe(&found.seal, sizeof(ngx_http_meet_seal_t));

    return status;
}


/* anything to be remembered */
static int
ngx_http_meet_store_person_kept(
    const ngx_http_meet_store_person_t *person, uint64_t now)
{
    return person->banned > now || person->role != NGX_HTTP_MEET_STORE_ROLE_NONE
           || person->denied != 0;
}


/*
 * Too many: who is forgotten, 0 for nobody.  Bans may not fill the space of all
 * else.  Moderators deny, owners appoint: what the one does cannot push out
 * what the other did.
 */
static uint64_t
ngx_http_meet_store_person_yields(const ngx_http_meet_store_op_t *op,
    const ngx_http_meet_store_people_t *people)
{
    if (people->bans > NGX_HTTP_MEET_STORE_BANS_MAX) {
        return people->first;
    }

    if (people->since == 0 || people->oldest == op->person.participant) {
        return 0;
    }

    return people->role == NGX_HTTP_MEET_STORE_ROLE_NONE
                   || (op->set & NGX_HTTP_MEET_STORE_SET_DENIED) == 0
               ? people->oldest
               : 0;
}


/* OK also for somebody nothing is known of */
ngx_http_meet_store_status_t
ngx_http_meet_store_person_find(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t participant,
    ngx_http_meet_store_person_t *person)
{
    int rc;
    MDB_val k, v;
    unsigned char key[NGX_HTTP_MEET_STORE_PERSON_KEY_LEN];

    memset(person, 0, sizeof(ngx_http_meet_store_person_t));
    person->participant = participant;
    person->role = NGX_HTTP_MEET_STORE_ROLE_NONE;

    ngx_http_meet_store_person_key(key, found->room.number, participant);
    k.mv_data = key;
    k.mv_size = sizeof(key);

    rc = mdb_get(tx->txn, tx->db->people, &k, &v);

    if (rc == MDB_NOTFOUND) {
        return NGX_HTTP_MEET_STORE_OK;
    }

    if (rc == MDB_SUCCESS
        && ngx_http_meet_store_person_open(found, &k, &v, person) != 0)
    {
        rc = MDB_CORRUPTED;
    }

    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading people", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


ngx_http_meet_store_status_t
ngx_http_meet_store_people_list(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, ngx_http_meet_store_person_t *people,
    uint32_t max, uint32_t *n)
{
    return ngx_http_meet_store_list(tx, found, tx->db->people,
        NGX_HTTP_MEET_STORE_PERSON_KEY_LEN, ngx_http_meet_store_person_open,
        people, sizeof(ngx_http_meet_store_person_t), max, n);
}


ngx_http_meet_store_status_t
ngx_http_meet_store_people_prune(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t now)
{
    ngx_http_meet_store_people_t people;

    return ngx_http_meet_store_people_look(tx, found, now, 0, &people);
}


static ngx_http_meet_store_status_t
ngx_http_meet_store_person_put(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found,
    const ngx_http_meet_store_person_t *person)
{
    int rc;
    size_t len;
    MDB_val k, v;
    unsigned char key[NGX_HTTP_MEET_STORE_PERSON_KEY_LEN];
    unsigned char text[NGX_HTTP_MEET_STORE_PERSON_LEN];
    unsigned char
        value[NGX_HTTP_MEET_STORE_PERSON_LEN + NGX_HTTP_MEET_SEAL_OVERHEAD];
    ngx_http_meet_seal_place_t place;

    ngx_http_meet_store_person_key(
        key, found->room.number, person->participant);

    len = ngx_http_meet_store_person_write(text, person);

    if (ngx_http_meet_seal_place(&place, "people", key, sizeof(key), NULL, 0)
            != 0
        || ngx_http_meet_seal_close(&found->seal, &place, text, len, value)
               != 0)
    {
        return ngx_http_meet_store_db_fail(tx, "sealing a person", EIO);
    }

    k.mv_data = key;
    k.mv_size = sizeof(key);
    v.mv_data = value;
    v.mv_size = len + NGX_HTTP_MEET_SEAL_OVERHEAD;

    rc = mdb_put(tx->txn, tx->db->people, &k, &v, 0);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "writing a person", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


static ngx_http_meet_store_status_t
ngx_http_meet_store_person_del(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t participant)
{
    int rc;
    MDB_val k;
    unsigned char key[NGX_HTTP_MEET_STORE_PERSON_KEY_LEN];

    ngx_http_meet_store_person_key(key, found->room.number, participant);
    k.mv_data = key;
    k.mv_size = sizeof(key);

    rc = mdb_del(tx->txn, tx->db->people, &k, NULL);

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        return ngx_http_meet_store_db_fail(tx, "forgetting a person", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}


static int
ngx_http_meet_store_person_open(ngx_http_meet_store_found_t *found,
    const MDB_val *k, const MDB_val *v, void *out)
{
    unsigned char text[NGX_HTTP_MEET_STORE_PERSON_LEN];
    ngx_http_meet_seal_place_t place;
    ngx_http_meet_store_person_t *person;

    person = out;

    if (k->mv_size != NGX_HTTP_MEET_STORE_PERSON_KEY_LEN
        || v->mv_size < NGX_HTTP_MEET_SEAL_OVERHEAD
        || v->mv_size > NGX_HTTP_MEET_SEAL_OVERHEAD + sizeof(text)
        || ngx_http_meet_seal_place(
               &place, "people", k->mv_data, k->mv_size, NULL, 0)
               != 0
        || ngx_http_meet_seal_open(
               &found->seal, &place, v->mv_data, v->mv_size, text)
               != 0)
    {
        return -1;
    }

    person->participant =
        ngx_http_meet_store_get((unsigned char *) k->mv_data + 8, 8);

    return ngx_http_meet_store_person_read(
        person, text, v->mv_size - NGX_HTTP_MEET_SEAL_OVERHEAD);
}


static void
ngx_http_meet_store_person_key(
    unsigned char *out, uint64_t number, uint64_t participant)
{
    (void) ngx_http_meet_store_put(
        ngx_http_meet_store_put(out, number, 8), participant, 8);
}


static void
ngx_http_meet_store_people_sooner(ngx_http_meet_store_people_t *people,
    const ngx_http_meet_store_person_t *person, uint64_t changed)
{
    people->bans++;

    if (person->participant != changed
        && (people->first == 0 || person->banned < people->until))
    {
        people->first = person->participant;
        people->until = person->banned;
    }
}


static void
ngx_http_meet_store_people_older(ngx_http_meet_store_people_t *people,
    const ngx_http_meet_store_person_t *person)
{
    int plain, before;

    plain = person->role == NGX_HTTP_MEET_STORE_ROLE_NONE;
    before = people->role == NGX_HTTP_MEET_STORE_ROLE_NONE;

    if (people->since == 0 || (plain && !before)
        || (plain == before && person->since < people->since))
    {
        people->oldest = person->participant;
        people->since = person->since;
        people->role = person->role;
    }
}


/* counts people, and forgets those nothing is left to be remembered of */
static ngx_http_meet_store_status_t
ngx_http_meet_store_people_look(ngx_http_meet_store_tx_t *tx,
    ngx_http_meet_store_found_t *found, uint64_t now, uint64_t changed,
    ngx_http_meet_store_people_t *people)
{
    int rc;
    MDB_val k, v;
    MDB_cursor *cursor;
    unsigned char key[NGX_HTTP_MEET_STORE_PERSON_KEY_LEN];
    ngx_http_meet_store_person_t person;

    memset(people, 0, sizeof(ngx_http_meet_store_people_t));

    rc = mdb_cursor_open(tx->txn, tx->db->people, &cursor);
    if (rc != MDB_SUCCESS) {
        return ngx_http_meet_store_db_fail(tx, "reading people", rc);
    }

    ngx_http_meet_store_person_key(key, found->room.number, 0);

    for (;;) {

        /* anew each time: a removal moves what the cursor stands on */

        k.mv_data = key;
        k.mv_size = sizeof(key);

        rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);

        if (rc != MDB_SUCCESS || k.mv_size != sizeof(key)
            || memcmp(k.mv_data, key, 8) != 0)
        {
            break;
        }

        if (ngx_http_meet_store_person_open(found, &k, &v, &person) != 0) {
            rc = MDB_CORRUPTED;
            break;
        }

        if (!ngx_http_meet_store_person_kept(&person, now)) {
            rc = mdb_cursor_del(cursor, 0);
            if (rc != MDB_SUCCESS) {
                break;
            }

        } else {
            people->n++;

            if (person.banned > now) {
                ngx_http_meet_store_people_sooner(people, &person, changed);

            } else {
                ngx_http_meet_store_people_older(people, &person);
            }
        }

        if (person.participant == UINT64_MAX) {
            break;
        }

        ngx_http_meet_store_person_key(
            key, found->room.number, person.participant + 1);
    }

    mdb_cursor_close(cursor);

    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        return ngx_http_meet_store_db_fail(tx, "reading people", rc);
    }

    return NGX_HTTP_MEET_STORE_OK;
}
