/*
 * Processes killed while they write: what was acknowledged is there, deleted
 * is deleted, nothing is unreadable, and a survivor's writes go on.
 */

#include "store_fixture.h"

#include <poll.h>
#include <sys/wait.h>


#define ROOMS  7
#define ROUNDS 25


typedef struct {
    int exists;
    uint64_t last; /* newest acknowledged entry */
    unsigned char incarnation[NGX_HTTP_MEET_STORE_INCARNATION_LEN];
} model_t;


typedef struct {
    uint32_t i;
    ngx_http_meet_store_status_t status;
    uint64_t sequence;
    unsigned char incarnation[NGX_HTTP_MEET_STORE_INCARNATION_LEN];
} ack_t;


static void
room_name(char *name, uint32_t i)
{
    name[0] = (char) ('a' + i % ROOMS);
    name[1] = '\0';
}


/* step i: which operation on which room, known to both processes */
static ngx_http_meet_store_verb_t
step_verb(uint32_t i)
{
    switch (i / ROOMS % 6) {
    case 0:
        return NGX_HTTP_MEET_STORE_ROOM_CREATE;
    case 5:
        return NGX_HTTP_MEET_STORE_ROOM_DELETE;
    default:
        return NGX_HTTP_MEET_STORE_LOG_APPEND;
    }
}


static void
step(fixture_t *f, uint32_t i, ack_t *ack)
{
    char name[2];
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_verb_t verb;

    room_name(name, i);
    verb = step_verb(i);

    memset(ack, 0, sizeof(*ack));
    ack->i = i;

    if (verb == NGX_HTTP_MEET_STORE_ROOM_CREATE) {
        ack->status = fixture_create(f, name, DAY);

    } else if (fixture_get(f, name, &room) != NGX_HTTP_MEET_STORE_OK) {
        ack->status = NGX_HTTP_MEET_STORE_GONE;
        return;

    } else if (verb == NGX_HTTP_MEET_STORE_LOG_APPEND) {
        ack->status = fixture_append(f, &room, 1, "some ciphertext or other");
        ack->sequence = f->op->entry.sequence;

    } else {
        fixture_op(f, verb)->room = room;
        ack->status = fixture_apply(f);
    }

    memcpy(ack->incarnation, f->op->room.incarnation, sizeof(ack->incarnation));
}


static pid_t
writer(fixture_t *f, uint32_t first, int fd)
{
    pid_t pid;
    ack_t ack;
    uint32_t i;

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        fixture_open(f);

        for (i = first;; i++) {
            step(f, i, &ack);

            if (write(fd, &ack, sizeof(ack)) != sizeof(ack)) {
                _exit(1);
            }
        }
    }

    return pid;
}


static void
apply_ack(model_t *model, const ack_t *ack)
{
    model_t *m;

    m = &model[ack->i % ROOMS];

    if (ack->status != NGX_HTTP_MEET_STORE_OK) {
        assert_true(ack->status == NGX_HTTP_MEET_STORE_GONE
                    || ack->status == NGX_HTTP_MEET_STORE_EXISTS);
        return;
    }

    switch (step_verb(ack->i)) {

    case NGX_HTTP_MEET_STORE_ROOM_CREATE:
        m->exists = 1;
        m->last = 0;
        memcpy(m->incarnation, ack->incarnation, sizeof(m->incarnation));
        break;

    case NGX_HTTP_MEET_STORE_LOG_APPEND:
        m->last = ack->sequence;
        break;

    default:
        m->exists = 0;
    }
}


static void
verify(fixture_t *f, model_t *model, uint32_t unknown)
{
    char name[2], error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    uint32_t i;
    uint64_t last;
    model_t *m;
    ngx_http_meet_store_tx_t tx;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_status_t status;

    for (i = 0; i < ROOMS; i++) {
        m = &model[i];
        room_name(name, i);
        status = fixture_get(f, name, &room);
        assert_true(status == NGX_HTTP_MEET_STORE_OK
                    || status == NGX_HTTP_MEET_STORE_GONE);

        last = 0;

        if (status == NGX_HTTP_MEET_STORE_OK) {
            assert_int_equal(
                ngx_http_meet_store_db_begin(&f->db, &tx, error), 0);
            assert_int_equal(
                ngx_http_meet_store_log_last(&tx, room.number, 1, &last), 0);
            ngx_http_meet_store_db_end(&tx);
        }

        if (i == unknown % ROOMS) {
            /* the step under way when it was killed: done or not done */
            m->exists = status == NGX_HTTP_MEET_STORE_OK;
            m->last = last;
            memcpy(m->incarnation, room.incarnation, sizeof(m->incarnation));
            continue;
        }

        assert_int_equal(status == NGX_HTTP_MEET_STORE_OK, m->exists);

        if (m->exists) {
            assert_int_equal(last, m->last);
            assert_memory_equal(
                m->incarnation, room.incarnation, sizeof(m->incarnation));
        }
    }
}


/* nothing is left but what belongs to rooms that exist */
static void
verify_clean(fixture_t *f)
{
    static const ngx_http_meet_store_verb_t verbs[] = {
        NGX_HTTP_MEET_STORE_RECOVER,
        NGX_HTTP_MEET_STORE_PURGE,
    };
    size_t i, rooms;

    for (i = 0; i < 2; i++) {
        do {
            fixture_op(f, verbs[i]);
            assert_int_equal(fixture_apply(f), NGX_HTTP_MEET_STORE_OK);
        } while (f->op->more);
    }

    rooms = fixture_count(f, f->db.rooms);
    assert_true(rooms <= ROOMS);
    assert_int_equal(fixture_count(f, f->db.invites), 2 * rooms);
    assert_int_equal(fixture_count(f, f->db.expiry), rooms);
}


static void
test_killed(void **state)
{
    int fds[2], round;
    pid_t pid;
    ack_t ack;
    ssize_t n;
    uint32_t next, want;
    model_t model[ROOMS];
    fixture_t *f;

    f = *state;
    memset(model, 0, sizeof(model));
    ngx_http_meet_store_db_close(&f->db);
    srand(7);
    next = 0;

    for (round = 0; round < ROUNDS; round++) {
        assert_int_equal(pipe(fds), 0);
        pid = writer(f, next, fds[1]);
        close(fds[1]);

        want = next + 1 + (uint32_t) rand() % 60;

        while ((n = read(fds[0], &ack, sizeof(ack))) == sizeof(ack)) {
            assert_int_equal(ack.i, next);
            apply_ack(model, &ack);
            next++;

            if (next == want) {
                kill(pid, SIGKILL);
            }
        }

        assert_int_equal(n, 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        close(fds[0]);

        fixture_open(f);
        verify(f, model, next);
        verify_clean(f);
        ngx_http_meet_store_db_close(&f->db);
    }

    fixture_open(f);
}


/* one of two writers dies again and again; the other one's work goes on */
static void
test_survivor(void **state)
{
    int mine[2], theirs[2], round;
    ack_t ack;
    pid_t pid, other;
    uint32_t i;
    fixture_t *f;
    struct pollfd pfd;

    f = *state;
    ngx_http_meet_store_db_close(&f->db);

    assert_int_equal(pipe(mine), 0);
    other = writer(f, 0, mine[1]);
    close(mine[1]);

    for (round = 0; round < 10; round++) {
        assert_int_equal(pipe(theirs), 0);
        pid = writer(f, 3, theirs[1]);
        close(theirs[1]);

        for (i = 0; i < 5 + (uint32_t) round * 3; i++) {
            assert_int_equal(read(theirs[0], &ack, sizeof(ack)), sizeof(ack));
        }

        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        close(theirs[0]);

        for (i = 0; i < 20; i++) {
            pfd.fd = mine[0];
            pfd.events = POLLIN;
            assert_int_equal(poll(&pfd, 1, 10000), 1);
            assert_int_equal(read(mine[0], &ack, sizeof(ack)), sizeof(ack));
            assert_true(ack.status <= NGX_HTTP_MEET_STORE_EXISTS);
        }
    }

    kill(other, SIGKILL);
    assert_int_equal(waitpid(other, NULL, 0), other);
    close(mine[0]);

    fixture_open(f);
    verify_clean(f);
}


/*
 * A process is stopped while it holds the writer lock: others come up and read,
 * only what they write waits.
 */
static void
test_stopped(void **state)
{
    int fds[2];
    char byte;
    pid_t pid;
    MDB_txn *txn;
    fixture_t *f;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_queue_t queue;

    f = *state;
    fixture_create(f, "r", DAY);
    room = f->op->room;
    ngx_http_meet_store_db_close(&f->db);

    assert_int_equal(pipe(fds), 0);
    pid = fork();

    if (pid == 0) {
        fixture_open(f);
        (void) mdb_txn_begin(f->db.env, NULL, 0, &txn);
        (void) !write(fds[1], "x", 1);
        raise(SIGSTOP);
        _exit(0);
    }

    assert_int_equal(read(fds[0], &byte, 1), 1);
    assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);

    fixture_open(f);
    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);

    assert_int_equal(ngx_http_meet_store_queue_start(&queue, &f->db), 0);
    op = calloc(1, sizeof(ngx_http_meet_store_op_t));
    op->verb = NGX_HTTP_MEET_STORE_PLACE;
    op->room = room;
    assert_int_equal(ngx_http_meet_store_queue_post(&queue, op), 0);

    assert_int_equal(fixture_get(f, "r", NULL), NGX_HTTP_MEET_STORE_OK);
    assert_null(ngx_http_meet_store_queue_collect(&queue));
    assert_int_equal(ngx_http_meet_store_queue_waiting(&queue), 1);

    /* its death gives the lock back */

    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    ngx_http_meet_store_queue_stop(&queue);

    assert_int_equal(fixture_get(f, "r", &room), NGX_HTTP_MEET_STORE_OK);
    assert_int_equal(room.placement.epoch, 1);
    close(fds[0]);
    close(fds[1]);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        T(test_killed),
        T(test_survivor),
        T(test_stopped),
    };

    return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
