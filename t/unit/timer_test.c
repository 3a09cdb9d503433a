/* The timer wheel against a plain list, on a clock of our own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "mw_timer.h"

#define N 200

static mw_timers_t timers;

typedef struct {
    mw_timer_t timer;
    mw_usec_t at; /* MW_NEVER: not set */
    mw_usec_t fired;
    unsigned count;
    mw_usec_t again; /* sets itself so much later */
} probe_t;

static probe_t probes[N];


static void
fire(void *ctx, mw_usec_t now)
{
    probe_t *probe = ctx;

    assert_false(mw_timer_is_set(&probe->timer));
    assert_true(now >= probe->at);

    probe->fired = now;
    probe->count++;
    probe->at = MW_NEVER;

    if (probe->again != 0) {
        probe->at = now + probe->again;
        mw_timer_set(&timers, &probe->timer, probe->at);
    }
}


static int
setup(void **state)
{
    unsigned i;

    (void) state;

    memset(probes, 0, sizeof(probes));

    for (i = 0; i < N; i++) {
        mw_timer_init(&probes[i].timer, fire, &probes[i]);
        probes[i].at = MW_NEVER;
    }

    mw_timers_init(&timers, 12345 * MW_SEC, MW_MSEC);

    return 0;
}


static void
set(unsigned i, mw_usec_t at)
{
    probes[i].at = at;
    mw_timer_set(&timers, &probes[i].timer, at);
}


static void
never_early_and_hardly_late(void **state)
{
    unsigned i;
    mw_usec_t now, delays[] = { 1, 999, 1000, 1001, 63 * MW_MSEC, 64 * MW_MSEC,
        65 * MW_MSEC, 4095 * MW_MSEC, 4096 * MW_MSEC, 4097 * MW_MSEC,
        300 * MW_SEC };

    (void) state;

    for (i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
        now = 12345 * MW_SEC + 77 + (mw_usec_t) i * 400 * MW_SEC;
        mw_timers_run(&timers, now);
        set(i, now + delays[i]);

        mw_timers_run(&timers, now + delays[i] - 1);
        assert_int_equal(probes[i].count, 0);

        mw_timers_run(&timers, now + delays[i] + MW_MSEC);
        assert_int_equal(probes[i].count, 1);
    }

    assert_true(mw_timers_next(&timers) == MW_NEVER);
}


static void
past_and_present_fire_in_the_next_run(void **state)
{
    (void) state;

    set(0, 0);
    set(1, 12345 * MW_SEC);
    mw_timers_run(&timers, 12345 * MW_SEC);
    assert_int_equal(probes[0].count, 0);

    mw_timers_run(&timers, 12345 * MW_SEC + MW_MSEC);
    assert_int_equal(probes[0].count, 1);
    assert_int_equal(probes[1].count, 1);
}


static void
a_handler_may_set_itself_and_cancel_others(void **state)
{
    mw_usec_t now;

    (void) state;

    probes[0].again = 10 * MW_MSEC;
    set(0, 12345 * MW_SEC + 10 * MW_MSEC);

    for (now = 12345 * MW_SEC; now <= 12346 * MW_SEC; now += MW_MSEC) {
        mw_timers_run(&timers, now);
    }

    assert_int_equal(probes[0].count, 100);

    mw_timer_cancel(&timers, &probes[0].timer);
    mw_timer_cancel(&timers, &probes[0].timer);
    mw_timers_run(&timers, 12400 * MW_SEC);
    assert_int_equal(probes[0].count, 100);
}


/* random sets, moves, cancels and steps; all that is due has fired, no more */
static void
agrees_with_a_list(void **state)
{
    unsigned i, step, due;
    mw_usec_t now, next, first;

    (void) state;

    srand(1);
    now = 12345 * MW_SEC;

    for (step = 0; step < 20000; step++) {
        i = (unsigned) rand() % N;

        switch (rand() % 4) {

        case 0:
            set(i, now + rand() % (100 * MW_MSEC));
            break;

        case 1:
            set(i, now + (mw_usec_t) (rand() % 100000) * MW_SEC / 10);
            break;

        case 2:
            mw_timer_cancel(&timers, &probes[i].timer);
            probes[i].at = MW_NEVER;
            break;

        default:
            now += rand() % (rand() % 20 == 0 ? 100 * MW_SEC : 5 * MW_MSEC);
            mw_timers_run(&timers, now);
        }

        due = 0;
        first = MW_NEVER;

        for (i = 0; i < N; i++) {
            if (probes[i].at == MW_NEVER) {
                assert_false(mw_timer_is_set(&probes[i].timer));
                continue;
            }

            assert_true(mw_timer_is_set(&probes[i].timer));
            first = (probes[i].at < first) ? probes[i].at : first;

            if (probes[i].at + 2 * MW_MSEC < now) {
                due++;
            }
        }

        assert_int_equal(due, 0);

        /* who sleeps until then oversleeps nothing */

        next = mw_timers_next(&timers);
        assert_true(first == MW_NEVER ? next == MW_NEVER
                                      : next <= first + 2 * MW_MSEC
                                            || next <= now + 2 * MW_MSEC);
    }
}


/* sleeping until `next` needs few wake-ups even for a far timer */
static void
far_timers_cost_few_wakeups(void **state)
{
    unsigned wakeups;
    mw_usec_t now;

    (void) state;

    now = 12345 * MW_SEC;
    set(0, now + 86400 * MW_SEC);

    for (wakeups = 0; probes[0].count == 0; wakeups++) {
        assert_true(wakeups < MW_TIMER_LEVELS);
        now = mw_timers_next(&timers);
        mw_timers_run(&timers, now);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(never_early_and_hardly_late, setup),
        cmocka_unit_test_setup(past_and_present_fire_in_the_next_run, setup),
        cmocka_unit_test_setup(
            a_handler_may_set_itself_and_cancel_others, setup),
        cmocka_unit_test_setup(agrees_with_a_list, setup),
        cmocka_unit_test_setup(far_timers_cost_few_wakeups, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
