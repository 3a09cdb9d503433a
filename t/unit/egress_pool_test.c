/* Outgoing datagrams: portions, and pools that run out. */

#include "egress_fixture.h"


static void
a_full_pool_gives_way(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t a, b;

    (void) state;

    egress = mw_egress_create(4, 4, record, NULL);
    open_queue(&a, 1);
    open_queue(&b, 2);

    for (i = 0; i < 3; i++) {
        put(egress, &a, 10);
        put(egress, &b, 10);
    }

    assert_string_equal("1:2x10 2:2x10 ", log_text);
    mw_egress_flush(egress);
    assert_string_equal("1:2x10 2:2x10 1:1x10 2:1x10 ", log_text);

    mw_egress_destroy(egress);
}


/* what comes between two portions leaves with what waits already */
static void
portions_go_round(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t a[MW_EGRESS_PORTION + 2];

    (void) state;

    egress = mw_egress_create(128, 128, record, NULL);

    for (i = 0; i < MW_EGRESS_PORTION + 2; i++) {
        open_queue(&a[i], (uint16_t) (i + 1));
        put(egress, &a[i], 10);
    }

    assert_true(mw_egress_portion(egress));
    assert_int_equal(2, mw_egress_waiting(egress));
    assert_int_equal(MW_EGRESS_PORTION, mw_egress_stats(egress)->sends);

    log_text[0] = '\0';
    put(egress, &a[0], 20);
    put(egress, &a[MW_EGRESS_PORTION], 10);
    assert_false(mw_egress_portion(egress));
    assert_string_equal("33:2x10 34:1x10 1:1x20 ", log_text);
    assert_int_equal(0, mw_egress_waiting(egress));

    assert_false(mw_egress_portion(egress));

    mw_egress_destroy(egress);
}


#define QUEUES 80
#define WAITS  4

/* rounds in which what waits was put, by queue */
static struct {
    uint32_t put[WAITS];
    unsigned n;
} waits[QUEUES];

static const uint32_t *the_round;


/* nothing is older than the round before this one */
static unsigned
sent_in_time(
    void *ctx, const mw_path_t *path, const struct iovec *iov, unsigned n)
{
    unsigned i, q;

    (void) ctx;
    (void) iov;

    q = path->remote.port;
    assert_int_equal(n, waits[q].n);

    for (i = 0; i < n; i++) {
        assert_true(*the_round - waits[q].put[i] < 2);
    }

    waits[q].n = 0;

    return n;
}


/* by rounds others know what is read no more, see mw_pool_guard() */
static void
what_waits_is_of_two_rounds(void **state)
{
    unsigned i, j, q;
    uint32_t first;
    mw_egress_t *egress;
    static mw_egress_queue_t queue[QUEUES];

    (void) state;

    srand(5);
    memset(waits, 0, sizeof(waits));
    egress = mw_egress_create(QUEUES * WAITS, 1, sent_in_time, NULL);
    the_round = mw_egress_round(egress);
    first = *the_round;

    for (q = 0; q < QUEUES; q++) {
        open_queue(&queue[q], (uint16_t) q);
    }

    for (i = 0; i < 5000; i++) {
        for (j = (unsigned) rand() % 70; j > 0; j--) {
            q = (unsigned) rand() % QUEUES;

            if (waits[q].n < WAITS) {
                waits[q].put[waits[q].n++] = *the_round;
                put_plain(egress, &queue[q], 600, 1);
            }
        }

        q = (unsigned) rand() % QUEUES;

        if (rand() % 10 == 0) {
            mw_egress_forget(egress, &queue[q]);
            waits[q].n = 0;
        }

        (void) mw_egress_portion(egress);

        for (q = 0; q < QUEUES; q++) {
            for (j = 0; j < waits[q].n; j++) {
                assert_true(*the_round - waits[q].put[j] < 2);
            }
        }
    }

    /* and it goes on */
    assert_true(*the_round - first > 1000);
    mw_egress_flush(egress);

    for (q = 0; q < QUEUES; q++) {
        assert_int_equal(0, waits[q].n);
    }

    mw_egress_destroy(egress);
}


/* a pool that is full sends a portion only, and rooms until there is one */
static void
a_full_pool_sends_a_portion(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t a[MW_EGRESS_PORTION + 2];

    (void) state;

    egress = mw_egress_create(MW_EGRESS_PORTION + 2, 1, record, NULL);

    for (i = 0; i < MW_EGRESS_PORTION + 2; i++) {
        open_queue(&a[i], (uint16_t) (i + 1));
    }

    for (i = 0; i < MW_EGRESS_PORTION + 1; i++) {
        put_plain(egress, &a[i], 40, 1);
    }

    put(egress, &a[i], 10);
    put_plain(egress, &a[0], 40, 1);
    assert_int_equal(3, mw_egress_waiting(egress));
    assert_int_equal(MW_EGRESS_PORTION, mw_egress_stats(egress)->sends);

    (void) mw_egress_reserve(egress);
    assert_int_equal(0, mw_egress_waiting(egress));

    mw_egress_destroy(egress);
}


/* a short front needs none, whatever the length of the packet */
static void
rooms_run_out_alone(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t a;

    (void) state;

    egress = mw_egress_create(8, 2, record, NULL);
    open_queue(&a, 1);

    for (i = 0; i < 4; i++) {
        put_plain(egress, &a, 1000, 1);
    }

    put_long(egress, &a, 1000, 200, 1);
    put(egress, &a, 100);
    assert_int_equal(6, mw_egress_waiting(egress));
    assert_string_equal("", log_text);

    put_long(egress, &a, 1000, 200, 1);
    assert_string_equal("1:5x1000+100 ", log_text);
    mw_egress_flush(egress);
    assert_string_equal("1:5x1000+100 1:1x1000 ", log_text);

    mw_egress_destroy(egress);
}


static void
the_smallest_pool_works(void **state)
{
    mw_egress_t *egress;
    mw_egress_queue_t a;

    (void) state;

    assert_null(mw_egress_create(0, 1, record, NULL));
    assert_null(mw_egress_create(1, 0, record, NULL));

    egress = mw_egress_create(1, 1, record, NULL);
    open_queue(&a, 1);
    put(egress, &a, 10);
    put(egress, &a, 20);
    mw_egress_flush(egress);
    assert_string_equal("1:1x10 1:1x20 ", log_text);

    mw_egress_destroy(egress);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_full_pool_gives_way, setup),
        cmocka_unit_test_setup(portions_go_round, setup),
        cmocka_unit_test_setup(what_waits_is_of_two_rounds, setup),
        cmocka_unit_test_setup(a_full_pool_sends_a_portion, setup),
        cmocka_unit_test_setup(rooms_run_out_alone, setup),
        cmocka_unit_test_setup(the_smallest_pool_works, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
