/* Handshakes take turns, within a budget of time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_shakes.h"

#define PEERS (MW_SHAKES / MW_SHAKES_EACH + 1)


typedef struct {
    mw_shaker_t *shaker;
    uint8_t first;
    size_t len;
    uint8_t socket;
} done_t;

static mw_shakes_t *shakes;
static mw_shaker_t peers[PEERS];
static mw_usec_t now;
static mw_usec_t cost;      /* of each datagram */
static mw_shaker_t *victim; /* ends with the next one */
static done_t done[MW_SHAKES + 8];
static unsigned ndone;


static mw_usec_t
tick(void)
{
    return now;
}


static void
work(mw_shaker_t *shaker, const mw_path_t *path, const uint8_t *data,
    size_t len, mw_usec_t at)
{
    (void) at;

    done[ndone].shaker = shaker;
    done[ndone].first = data[0];
    done[ndone].len = len;
    done[ndone++].socket = path->socket;
    now += cost;

    if (victim != NULL) {
        mw_shakes_forget(shakes, victim);
        memset(victim, 0xa5, sizeof(*victim)); /* as if it were freed */
        victim = NULL;
    }
}


static int
setup(void **state)
{
    (void) state;

    now = 1000 * MW_SEC;
    cost = 0;
    victim = NULL;
    ndone = 0;
    memset(peers, 0, sizeof(peers));
    shakes = mw_shakes_create(work, tick);

    return shakes == NULL;
}


static int
teardown(void **state)
{
    (void) state;
    mw_shakes_destroy(shakes);

    return 0;
}


static mw_rc_t
put(unsigned peer, uint8_t first)
{
    mw_path_t path;
    uint8_t data[100];

    memset(&path, 0, sizeof(path));
    memset(data, 0, sizeof(data));
    path.socket = (uint8_t) peer;
    data[0] = first;

    return mw_shakes_put(shakes, &peers[peer], &path, data, 50 + first);
}


static void
stops_when_the_budget_is_spent(void **state)
{
    unsigned i;

    (void) state;

    for (i = 0; i < 5; i++) {
        assert_int_equal(MW_OK, put(i, 22));
    }

    cost = MW_SHAKES_BUDGET * 2 / 5;
    assert_int_equal(MW_AGAIN, mw_shakes_run(shakes, now));
    assert_int_equal(3, ndone);
    assert_int_equal(2, mw_shakes_waiting(shakes));

    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(5, ndone);
    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(5, ndone);
}


static void
does_one_whatever_it_costs(void **state)
{
    (void) state;

    put(0, 22);
    put(1, 22);
    cost = 10 * MW_SHAKES_BUDGET;
    assert_int_equal(MW_AGAIN, mw_shakes_run(shakes, now));
    assert_int_equal(1, ndone);
    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(2, ndone);
}


/* one peer's datagrams in order, but others' do not wait for all of them */
static void
peers_take_turns(void **state)
{
    unsigned i;
    static const uint8_t order[] = { 1, 9, 2, 3, 4 };

    (void) state;

    for (i = 1; i <= 4; i++) {
        put(0, (uint8_t) i);
    }

    put(1, 9);
    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(5, ndone);

    for (i = 0; i < 5; i++) {
        assert_int_equal(order[i], done[i].first);
        assert_int_equal(50 + order[i], done[i].len);
        assert_ptr_equal(&peers[order[i] == 9], done[i].shaker);
        assert_int_equal(order[i] == 9, done[i].socket);
    }
}


static void
is_bounded(void **state)
{
    unsigned i, n;
    uint8_t byte = 0;
    mw_path_t path;

    (void) state;

    for (i = 0; i < MW_SHAKES_EACH; i++) {
        assert_int_equal(MW_OK, put(0, 22));
    }

    assert_int_equal(MW_AGAIN, put(0, 22));

    for (n = i; n < MW_SHAKES; n++) {
        assert_int_equal(MW_OK, put(n / MW_SHAKES_EACH, 22));
    }

    assert_int_equal(MW_AGAIN, put(PEERS - 1, 22));
    assert_int_equal(MW_SHAKES, mw_shakes_waiting(shakes));
    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(MW_SHAKES, ndone);

    /* and all of the room is there again, but not for what is too long */

    for (n = 0; n < MW_SHAKES; n++) {
        assert_int_equal(MW_OK, put(n / MW_SHAKES_EACH, 22));
    }

    mw_shakes_forget(shakes, &peers[0]);
    memset(&path, 0, sizeof(path));
    assert_int_equal(MW_AGAIN,
        mw_shakes_put(shakes, &peers[0], &path, &byte, MW_PKT_MAX + 1));
}


static void
forgets_a_peer(void **state)
{
    (void) state;

    put(0, 1);
    put(1, 2);
    put(0, 3);
    mw_shakes_forget(shakes, &peers[0]);
    mw_shakes_forget(shakes, &peers[0]);
    mw_shakes_forget(shakes, &peers[2]);
    assert_int_equal(1, mw_shakes_waiting(shakes));
    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(1, ndone);
    assert_ptr_equal(&peers[1], done[0].shaker);
}


/* what a datagram leads to may end its peer, or another one */
static void
forgets_inside_the_handler(void **state)
{
    (void) state;

    put(0, 1);
    put(0, 2);
    put(1, 3);
    put(2, 4);
    victim = &peers[0];
    cost = MW_SHAKES_BUDGET;
    assert_int_equal(MW_AGAIN, mw_shakes_run(shakes, now));
    assert_int_equal(2, mw_shakes_waiting(shakes));

    victim = &peers[2];
    assert_int_equal(MW_OK, mw_shakes_run(shakes, now));
    assert_int_equal(2, ndone);
    assert_ptr_equal(&peers[1], done[1].shaker);
    assert_int_equal(0, mw_shakes_waiting(shakes));
}


int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(stops_when_the_budget_is_spent),
        T(does_one_whatever_it_costs),
        T(peers_take_turns),
        T(is_bounded),
        T(forgets_a_peer),
        T(forgets_inside_the_handler),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
