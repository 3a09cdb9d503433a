/* The loop of a media worker: media go first, but not alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <unistd.h>

#include "mw_loop.h"


#define LONG (20 * MW_SEC)


static mw_loop_t *loop;
static mw_rc_t waits;       /* what the sending handler says */
static unsigned sends;      /* calls of it, */
static unsigned ends;       /* of the end of a turn, */
static unsigned others;     /* and of descriptors of class SECOND, */
static unsigned other_usec; /* which take so long */


static mw_rc_t
on_send(void *ctx)
{
    assert_ptr_equal(loop, ctx);
    sends++;

    return waits;
}


static void
on_end(void *ctx, mw_usec_t now)
{
    (void) now;
    assert_ptr_equal(loop, ctx);
    ends++;
}


static mw_rc_t
on_other(void *ctx, mw_usec_t now)
{
    (void) ctx;
    (void) now;
    others++;

    if (other_usec != 0) {
        usleep(other_usec);
    }

    return MW_OK;
}


static void
turn(void)
{
    assert_int_equal(MW_OK, mw_loop_turn(loop, LONG));
}


static int
setup(void **state)
{
    (void) state;

    sends = ends = others = other_usec = 0;
    waits = MW_OK;
    loop = mw_loop_create();

    if (loop == NULL) {
        return -1;
    }

    mw_loop_handlers(loop, on_send, on_end, loop);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    mw_loop_destroy(loop);

    return 0;
}


static void
others_wait_while_media_do(void **state)
{
    mw_io_t io;
    mw_usec_t had;
    bool in_time;

    (void) state;

    mw_io_init(&io, MW_IO_SECOND, on_other, NULL);

    /* again if the machine had something else to do */

    do {
        others = 0;
        waits = MW_OK;
        mw_loop_post(loop, &io);
        had = mw_loop_clock();
        turn();
        assert_int_equal(1, others);

        waits = MW_AGAIN;
        mw_loop_post(loop, &io);
        turn();
        in_time = mw_loop_clock() - had < MW_LOOP_PATIENCE;
    } while (!in_time);

    assert_int_equal(1, others);

    usleep(MW_LOOP_PATIENCE + MW_MSEC);
    turn();
    assert_int_equal(2, others);

    /* nothing waits: at once */

    mw_loop_post(loop, &io);
    waits = MW_OK;
    turn();
    assert_int_equal(3, others);
    assert_int_equal(ends, sends);
}


static void
others_do_not_take_the_whole_turn(void **state)
{
    unsigned i;
    mw_io_t io[3];

    (void) state;

    other_usec = MW_LOOP_SECOND + 100;

    for (i = 0; i < 3; i++) {
        mw_io_init(&io[i], MW_IO_SECOND, on_other, NULL);
        mw_loop_post(loop, &io[i]);
    }

    for (i = 1; i <= 3; i++) {
        turn();
        assert_int_equal(i, others);
        assert_int_equal(i, sends);
    }
}


/* what waits, and what others may have left, does not wait for an event */
static void
it_does_not_sleep_on_anything(void **state)
{
    mw_io_t io;
    mw_usec_t begun;

    (void) state;

    mw_io_init(&io, MW_IO_SECOND, on_other, NULL);
    mw_loop_post(loop, &io);
    begun = mw_loop_clock();
    turn();

    /* because of what it did */

    waits = MW_AGAIN;
    turn();

    /* because of what waits */

    waits = MW_OK;
    turn();

    assert_int_equal(3, sends);
    assert_true(mw_loop_clock() - begun < LONG / 2);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            others_wait_while_media_do, setup, teardown),
        cmocka_unit_test_setup_teardown(
            others_do_not_take_the_whole_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(
            it_does_not_sleep_on_anything, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
