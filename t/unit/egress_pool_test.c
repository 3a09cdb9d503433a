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
        cmocka_unit_test_setup(a_full_pool_sends_a_portion, setup),
        cmocka_unit_test_setup(rooms_run_out_alone, setup),
        cmocka_unit_test_setup(the_smallest_pool_works, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
