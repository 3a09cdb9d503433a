/* Outgoing datagrams: order, runs of equal length, paths, times. */

#include "egress_fixture.h"


static void
groups_by_receiver_and_length(void **state)
{
    mw_egress_t *egress;
    mw_egress_queue_t a, b;

    (void) state;

    egress = mw_egress_create(64, 64, record, NULL);
    open_queue(&a, 1);
    open_queue(&b, 2);

    put(egress, &a, 100);
    put(egress, &b, 30);
    put(egress, &a, 100);
    put(egress, &a, 100);
    put(egress, &b, 40);
    put(egress, &a, 50);
    put(egress, &a, 100);
    assert_int_equal(7, mw_egress_waiting(egress));
    assert_string_equal("", log_text);

    mw_egress_flush(egress);
    assert_string_equal("1:3x100+50 1:1x100 2:1x30 2:1x40 ", log_text);
    assert_int_equal(0, mw_egress_waiting(egress));
    assert_int_equal(7, mw_egress_stats(egress)->packets);
    assert_int_equal(4, mw_egress_stats(egress)->sends);
    assert_int_equal(520, mw_egress_stats(egress)->bytes);

    log_text[0] = '\0';
    mw_egress_flush(egress);
    assert_string_equal("", log_text);

    mw_egress_destroy(egress);
}


/* what is to be encrypted can be made longer by a little, other things not */
static void
almost_equal_packets_go_together(void **state)
{
    unsigned i, j;
    mw_egress_t *egress;
    mw_egress_queue_t a;

    static const struct {
        int sizes[6]; /* negative: complete */
        const char *sent;
    } t[] = {
        { { 900, 910, 905 }, "1:2x910+905 " },
        { { 910, 900, 910 }, "1:3x910 " },
        { { 900, 932, 900 }, "1:2x932+900 " },
        { { 900, 933, 900 }, "1:1x900 1:1x933+900 " },
        { { 932, 899, 932 }, "1:1x932+899 1:1x932 " },
        { { 900, 900, 100, 900 }, "1:2x900+100 1:1x900 " },
        { { 100, 101, 100 }, "1:1x100 1:1x101+100 " }, /* too short for it */
        { { 511, 512 }, "1:1x511 1:1x512 " },
        { { -900, 905, 905 }, "1:2x905+900 " },
        { { 905, -900, 905 }, "1:2x905+900 " },
        { { -900, -905, 905 }, "1:1x905+900 1:1x905 " },
        { { 900, -905, 900, 905 }, "1:4x905 " },
        { { 900, 920, 940, 960 }, "1:2x920 1:2x960 " },
    };

    (void) state;

    egress = mw_egress_create(64, 64, record, NULL);
    open_queue(&a, 1);

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        log_text[0] = '\0';

        for (j = 0; j < 6 && t[i].sizes[j] != 0; j++) {
            if (t[i].sizes[j] < 0) {
                put(egress, &a, (size_t) -t[i].sizes[j]);

            } else {
                put_plain(egress, &a, (size_t) t[i].sizes[j], 1);
            }
        }

        mw_egress_flush(egress);
        assert_string_equal(t[i].sent, log_text);
    }

    mw_egress_destroy(egress);
}


static void
what_cannot_be_sealed_is_lost(void **state)
{
    mw_egress_t *egress;
    mw_egress_queue_t a;

    (void) state;

    egress = mw_egress_create(64, 64, record, NULL);
    open_queue(&a, 1);

    put_plain(egress, &a, 900, 1);
    put_plain(egress, &a, 900, 0);
    put_plain(egress, &a, 900, 2);
    mw_egress_flush(egress);
    assert_string_equal("1:2x900 ", log_text);

    put_plain(egress, &a, 900, 0);
    mw_egress_flush(egress);
    assert_string_equal("1:2x900 ", log_text);
    assert_int_equal(2, mw_egress_stats(egress)->lost);
    assert_int_equal(2, mw_egress_stats(egress)->packets);
    assert_int_equal(0, mw_egress_waiting(egress));

    mw_egress_destroy(egress);
}


static void
long_runs_are_cut(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t a;

    (void) state;

    egress = mw_egress_create(128, 128, record, NULL);
    open_queue(&a, 1);

    for (i = 0; i < MW_EGRESS_RUN + 3; i++) {
        put(egress, &a, 1200);
    }

    mw_egress_flush(egress);
    assert_string_equal("1:32x1200 1:3x1200 ", log_text);

    mw_egress_destroy(egress);
}


/* in their own order, so that what has one length leaves together */
static void
pictures_leave_before_sound(void **state)
{
    unsigned i;
    mw_rtp_out_t out;
    mw_egress_t *egress;
    mw_egress_queue_t a;
    uint8_t header[12] = "header______";

    (void) state;

    egress = mw_egress_create(64, 64, record, NULL);
    open_queue(&a, 1);

    memset(&out, 0, sizeof(out));
    out.index = 1;
    out.header = header;
    out.header_len = 12;
    out.head = (const uint8_t *) "head";
    out.head_len = 4;
    out.sound = true;

    for (i = 0; i < 3; i++) {
        out.body_len = (uint16_t) (60 + i);
        mw_egress_put(egress, &a, &out, mw_rtp_out_len(&out));
        put_plain(egress, &a, 1000 + i, 1);
    }

    mw_egress_flush(egress);
    assert_string_equal("1:3x1002+76 1:1x77 1:1x78 ", log_text);

    mw_egress_destroy(egress);
}


static void
what_was_reserved_need_not_be_sent(void **state)
{
    uint8_t *p;
    mw_egress_t *egress;
    mw_egress_queue_t a;

    (void) state;

    egress = mw_egress_create(2, 2, record, NULL);
    open_queue(&a, 1);

    p = mw_egress_reserve(egress);
    assert_ptr_equal(p, mw_egress_reserve(egress));
    put(egress, &a, 10);
    mw_egress_flush(egress);
    assert_string_equal("1:1x10 ", log_text);

    mw_egress_destroy(egress);
}


static void
a_new_path_is_for_what_comes_after(void **state)
{
    mw_path_t path;
    mw_egress_t *egress;
    mw_egress_queue_t a, b;

    (void) state;

    egress = mw_egress_create(8, 8, record, NULL);
    open_queue(&a, 1);
    open_queue(&b, 2);

    put(egress, &b, 5);
    put(egress, &a, 10);
    path = a.path;
    path.remote.port = 3;
    mw_egress_retarget(egress, &a, &path);
    put(egress, &a, 20);
    put(egress, &b, 5);
    mw_egress_flush(egress);
    assert_string_equal("1:1x10 2:2x5 3:1x20 ", log_text);

    mw_egress_destroy(egress);
}


static void
a_forgotten_queue_leaves_no_trace(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t q[3];

    (void) state;

    for (i = 0; i < 3; i++) {
        egress = mw_egress_create(6, 6, record, NULL);
        open_queue(&q[0], 1);
        open_queue(&q[1], 2);
        open_queue(&q[2], 3);

        put(egress, &q[0], 10);
        put(egress, &q[1], 10);
        put(egress, &q[2], 10);
        mw_egress_forget(egress, &q[i]);
        memset(&q[i], 0xff, sizeof(q[i]));
        assert_int_equal(2, mw_egress_waiting(egress));

        /* the last of the list must be known again */

        put(egress, &q[(i + 1) % 3], 10);
        put(egress, &q[(i + 2) % 3], 10);
        put(egress, &q[(i + 2) % 3], 10);
        mw_egress_flush(egress);
        assert_int_equal(5, mw_egress_stats(egress)->packets);

        mw_egress_destroy(egress);
    }
}


static void
losses_are_counted(void **state)
{
    mw_egress_t *egress;
    mw_egress_queue_t a;

    (void) state;

    egress = mw_egress_create(8, 8, record, NULL);
    open_queue(&a, 1);
    refuse = 1;

    put(egress, &a, 10);
    put(egress, &a, 10);
    mw_egress_flush(egress);
    assert_int_equal(1, mw_egress_stats(egress)->packets);
    assert_int_equal(1, mw_egress_stats(egress)->lost);
    assert_int_equal(10, mw_egress_stats(egress)->bytes);

    mw_egress_destroy(egress);
}


static mw_usec_t time_now;
static unsigned looks;

static mw_usec_t
look(void)
{
    looks++;

    return time_now += 10;
}


/* from arrival to the return of the send, with few looks at the clock */
static void
packets_are_timed_with_few_looks(void **state)
{
    unsigned i;
    mw_egress_t *egress;
    mw_egress_queue_t queue[32];
    const mw_residence_t *r;

    (void) state;

    egress = mw_egress_create(64, 64, record, NULL);
    mw_egress_measure(egress, look);
    r = mw_egress_residence(egress);
    time_now = 990;
    looks = 0;

    for (i = 0; i < 32; i++) {
        open_queue(&queue[i], (uint16_t) (1 + i % 9));
        mw_egress_arrived(egress, i == 0 ? 0 : 900);
        put(egress, &queue[i], 100);
    }

    mw_egress_arrived(egress, 0);
    mw_egress_flush(egress);

    /* the first answers nothing; 1000, 1010, 1020 and 1030 were read */
    assert_int_equal(looks, 4);
    assert_int_equal(r->count, 31);
    assert_int_equal(r->sum, 7 * 100 + 8 * (110 + 120 + 130));
    assert_int_equal(mw_residence_quantile(r, NULL, 500), 128);
    assert_int_equal(mw_residence_quantile(r, NULL, 990), 192);
    assert_int_equal(mw_residence_quantile(r, r, 990), 0);

    /* a clock that was set back is no reason to be wrong for long */
    mw_egress_arrived(egress, 5000);
    put(egress, &queue[0], 100);
    mw_egress_flush(egress);
    assert_int_equal(r->count, 32);
    assert_int_equal(r->bucket[0], 1);

    mw_egress_destroy(egress);
}


static void
residence_buckets_have_no_gaps(void **state)
{
    unsigned i;
    mw_usec_t edge;
    mw_residence_t r;

    (void) state;

    for (i = 0; i + 1 < MW_RESIDENCE_BUCKETS; i++) {
        edge = mw_residence_edge(i);
        memset(&r, 0, sizeof(r));
        mw_residence_add(&r, edge - 1);
        assert_int_equal(r.bucket[i], 1);
        mw_residence_add(&r, edge);
        assert_int_equal(r.bucket[i + 1], 1);
        assert_int_equal(mw_residence_quantile(&r, NULL, 500), edge);
    }

    mw_residence_add(&r, INT64_MAX);
    assert_int_equal(r.bucket[MW_RESIDENCE_BUCKETS - 1], 2);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(groups_by_receiver_and_length, setup),
        cmocka_unit_test_setup(almost_equal_packets_go_together, setup),
        cmocka_unit_test_setup(what_cannot_be_sealed_is_lost, setup),
        cmocka_unit_test_setup(long_runs_are_cut, setup),
        cmocka_unit_test_setup(pictures_leave_before_sound, setup),
        cmocka_unit_test_setup(what_was_reserved_need_not_be_sent, setup),
        cmocka_unit_test_setup(a_new_path_is_for_what_comes_after, setup),
        cmocka_unit_test_setup(a_forgotten_queue_leaves_no_trace, setup),
        cmocka_unit_test_setup(losses_are_counted, setup),
        cmocka_unit_test(packets_are_timed_with_few_looks),
        cmocka_unit_test(residence_buckets_have_no_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
