/* The packets a source keeps, and the pool that all of them share. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_store.h"


static void
keeps_and_finds(void **state)
{
    int64_t seq;
    mw_pool_t *pool;
    mw_store_t *store;
    mw_stored_t *pkt;

    (void) state;

    pool = mw_pool_create(64);
    store = mw_store_create(pool, 16, MW_SEC);
    assert_null(mw_store_get(store, 0));

    for (seq = 65530; seq < 65580; seq++) {
        pkt = mw_store_put(store, seq, 1);
        assert_int_equal(seq, pkt->seq);
        pkt->ts = (uint32_t) seq;
    }

    assert_int_equal(16, mw_pool_used(pool));

    for (seq = 65530; seq < 65590; seq++) {
        pkt = mw_store_get(store, seq);

        if (seq < 65564 || seq >= 65580) {
            assert_null(pkt);

        } else {
            assert_int_equal(seq, pkt->ts);
        }
    }

    mw_store_destroy(store);
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
}


static void
out_of_order(void **state)
{
    mw_pool_t *pool;
    mw_store_t *store;
    mw_stored_t *spare;

    (void) state;

    pool = mw_pool_create(64);
    store = mw_store_create(pool, 16, MW_SEC);

    mw_store_put(store, 100, 1);
    mw_store_put(store, 95, 1);
    mw_store_put(store, 98, 1);
    assert_non_null(mw_store_get(store, 95));
    assert_non_null(mw_store_get(store, 98));
    assert_non_null(mw_store_get(store, 100));
    assert_null(mw_store_get(store, 99));

    /* twice the same is kept once */
    mw_store_put(store, 98, 1);
    assert_int_equal(3, mw_pool_used(pool));

    /* too far behind: usable, but not kept */
    spare = mw_store_put(store, 84, 1);
    assert_int_equal(84, spare->seq);
    assert_null(mw_store_get(store, 84));
    assert_int_equal(3, mw_pool_used(pool));

    /* a leap forward leaves only itself */
    mw_store_put(store, 100000, 1);
    assert_int_equal(1, mw_pool_used(pool));
    assert_null(mw_store_get(store, 100));
    mw_store_put(store, 100008, 1);
    mw_store_put(store, 100017, 1);
    assert_null(mw_store_get(store, 100000));
    assert_non_null(mw_store_get(store, 100008));

    mw_store_destroy(store);
    mw_pool_destroy(pool);
}


static void
old_ones_go(void **state)
{
    int i;
    mw_pool_t *pool;
    mw_store_t *store;

    (void) state;

    pool = mw_pool_create(64);
    store = mw_store_create(pool, 32, MW_SEC);

    for (i = 0; i < 10; i++) {
        mw_store_put(store, 10 + 2 * i, i * 100 * MW_MSEC);
    }

    mw_store_expire(store, 1250 * MW_MSEC);
    assert_null(mw_store_get(store, 14));
    assert_non_null(mw_store_get(store, 16));
    assert_int_equal(7, mw_pool_used(pool));

    /* a packet makes room by itself */
    mw_store_put(store, 30, 1850 * MW_MSEC);
    assert_null(mw_store_get(store, 26));
    assert_non_null(mw_store_get(store, 28));
    assert_int_equal(2, mw_pool_used(pool));

    mw_store_expire(store, MW_NEVER);
    assert_int_equal(0, mw_pool_used(pool));

    mw_store_destroy(store);
    mw_pool_destroy(pool);
}


static void
nobody_starves(void **state)
{
    int64_t seq;
    unsigned i, kept;
    mw_pool_t *pool;
    mw_store_t *greedy, *modest[7];

    (void) state;

    pool = mw_pool_create(256);
    greedy = mw_store_create(pool, 1024, MW_SEC);

    /* alone it may take all there is, and carries on when that is used up */
    for (seq = 0; seq < 2000; seq++) {
        mw_store_put(greedy, seq, 1);
    }

    assert_in_range(mw_pool_used(pool), 200, 256);

    for (i = 0; i < 7; i++) {
        modest[i] = mw_store_create(pool, 64, MW_SEC);
    }

    for (seq = 0; seq < 500; seq++) {
        mw_store_put(greedy, 2000 + 2 * seq, 1);
        mw_store_put(greedy, 2000 + 2 * seq + 1, 1);

        for (i = 0; i < 7; i++) {
            mw_store_put(modest[i], seq, 1);
        }
    }

    for (i = 0; i < 7; i++) {
        kept = 0;

        for (seq = 0; seq < 500; seq++) {
            kept += mw_store_get(modest[i], seq) != NULL;
        }

        assert_in_range(kept, 24, 64); /* a share is 32 */
        mw_store_destroy(modest[i]);
    }

    mw_store_destroy(greedy);
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
}


static void
without_any_room(void **state)
{
    unsigned i;
    mw_pool_t *pool;
    mw_store_t *store[40];
    mw_stored_t *pkt;

    (void) state;

    pool = mw_pool_create(16);

    for (i = 0; i < 40; i++) {
        store[i] = mw_store_create(pool, 64, MW_SEC);
        pkt = mw_store_put(store[i], 7, 1);
        assert_non_null(pkt);
        assert_int_equal(7, pkt->seq);
        memset(pkt->body, 0xff, sizeof(pkt->body));
        assert_int_equal(i < 16, mw_store_get(store[i], 7) != NULL);
    }

    for (i = 0; i < 40; i++) {
        mw_store_destroy(store[i]);
    }

    mw_pool_destroy(pool);
}


#define TURNS 2000
#define GIVEN 64

/* what queues hold until their round comes */
static struct {
    uint32_t round;
    const mw_stored_t *pkt[2 * GIVEN];
    uint32_t mark[2 * GIVEN];
    uint32_t put[2 * GIVEN]; /* in this round */
    unsigned n;
    unsigned settled;
} queue;


/* all but what was put in the round that ends and the one before is gone */
static void
begin_round(uint32_t round)
{
    unsigned i, n;
    uint32_t mark;

    for (i = n = 0; i < queue.n; i++) {
        memcpy(&mark, queue.pkt[i]->body, sizeof(mark));
        assert_int_equal(queue.mark[i], mark);

        if (round - queue.put[i] < 2) {
            queue.pkt[n] = queue.pkt[i];
            queue.put[n] = queue.put[i];
            queue.mark[n++] = mark;
        }
    }

    queue.round = round;
    queue.n = n;
}


static void
empty_queue(void *ctx)
{
    assert_ptr_equal(&queue, ctx);

    begin_round(queue.round + 2);
    queue.settled++;
}


/* whatever is dropped meanwhile, the pool runs out and the spare one serves */
static void
what_waits_to_be_sent_stays(void **state)
{
    unsigned i, turn;
    uint32_t mark;
    mw_pool_t *pool;
    mw_stored_t *pkt;
    mw_store_t *store[6];
    static int64_t seq[6];

    (void) state;

    srand(3);
    mark = 0;
    pool = mw_pool_create(48);
    mw_pool_guard(pool, &queue.round, empty_queue, &queue);

    for (i = 0; i < 6; i++) {
        store[i] = mw_store_create(pool, 16, MW_SEC);
    }

    for (turn = 0; turn < TURNS; turn++) {
        for (i = (unsigned) rand() % GIVEN; i > 0; i--) {
            unsigned s = (unsigned) rand() % 6;

            seq[s] += rand() % 5 == 0 ? 20 : 1;
            pkt = mw_store_put(store[s], seq[s] - rand() % 3 * 12, 1);
            mark++;
            memcpy(pkt->body, &mark, sizeof(mark));

            if (queue.n < 2 * GIVEN) {
                queue.pkt[queue.n] = pkt;
                queue.put[queue.n] = queue.round;
                queue.mark[queue.n++] = mark;
            }

            if (rand() % 30 == 0) {
                mw_store_expire(store[rand() % 6], MW_NEVER);
            }
        }

        begin_round(queue.round + 1 + (uint32_t) rand() % 2);
    }

    /* not needed all the time: what was dropped long ago is taken first */
    assert_in_range(queue.settled, TURNS / 2, mark / 2);

    for (i = 0; i < 6; i++) {
        mw_store_destroy(store[i]);
    }

    mw_pool_destroy(pool);
}


/* who was given the spare one queues it afterwards, in whatever round that is */
static void
the_spare_one_is_settled_each_time(void **state)
{
    mw_pool_t *pool;
    mw_store_t *full, *empty;

    (void) state;

    memset(&queue, 0, sizeof(queue));
    pool = mw_pool_create(1);
    mw_pool_guard(pool, &queue.round, empty_queue, &queue);
    full = mw_store_create(pool, 16, MW_SEC);
    empty = mw_store_create(pool, 16, MW_SEC);

    assert_non_null(mw_store_put(full, 1, 1));
    assert_int_equal(0, queue.settled);

    assert_non_null(mw_store_put(empty, 1, 1));
    assert_int_equal(1, queue.settled);
    queue.round += 5;
    assert_non_null(mw_store_put(empty, 2, 1));
    assert_int_equal(2, queue.settled);

    mw_store_destroy(full);
    mw_store_destroy(empty);
    mw_pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_finds),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(old_ones_go),
        cmocka_unit_test(nobody_starves),
        cmocka_unit_test(without_any_room),
        cmocka_unit_test(what_waits_to_be_sent_stays),
        cmocka_unit_test(the_spare_one_is_settled_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
