/*
 * Two threads on the two rings of a region, each of them producer of one and
 * consumer of the other as nginx and a media worker are.  Built once more with
 * the thread sanitizer (ring_stress_tsan_test), which sees every access to the
 * shared memory that no acquire and release have put in order.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "meet_body.h"
#include "meet_ring.h"

#ifndef STRESS
#define STRESS 200000
#endif

#define SMALL 4096
#define LATE  20000 /* ms: a wake-up was lost */
#define FULL  1     /* ms until a full ring is looked at again */


typedef struct {
    meet_ring_shm_t shm;
    uint8_t data[SMALL];
    int wake;
} way_t;

typedef struct {
    meet_ring_t out;
    meet_ring_t in;
    uint32_t most; /* to be put */
    uint32_t due;  /* to be got */
    uint32_t put;
    uint32_t got;
    uint64_t slept;
    uint64_t full;
    const char *wrong;
} side_t;


/* what is in a record follows from its number: any mixture shows */
static size_t
make(uint32_t i, meet_record_t *header, uint8_t *body)
{
    size_t len;
    meet_tell_t tell;

    memset(header, 0, sizeof(*header));
    header->type = MEET_TELL;
    header->request = i;

    len = i * 2654435761u % 900;

    memset(&tell, 0, sizeof(tell));
    tell.peer = i;
    tell.len = (uint32_t) len;
    memcpy(body, &tell, sizeof(tell));
    memset(body + sizeof(tell), (uint8_t) i, len);

    return sizeof(tell) + len;
}


static bool
is_as_made(const side_t *side, const meet_record_t *header, const uint8_t *body,
    size_t len)
{
    size_t want;
    meet_record_t expected;
    static _Thread_local uint8_t other[2048];

    want = make(side->got, &expected, other);

    return header->request == side->got && len == want
           && memcmp(body, other, want) == 0;
}


/* false: nothing to be done but wait */
static bool
side_turn(side_t *side)
{
    bool did;
    size_t len;
    unsigned n;
    meet_ring_rc_t rc;
    meet_record_t header;
    static _Thread_local uint8_t body[MEET_BODY_MAX];

    did = false;

    for (n = 0; n < 5 && side->put < side->most; n++) {
        len = make(side->put, &header, body);

        if (meet_ring_put(&side->out, &header, body, len) == MEET_RING_FULL) {
            side->full++;
            break;
        }

        side->put++;
        did = true;
    }

    meet_ring_kick(&side->out);

    for (n = 0; n < 7; n++) {
        rc = meet_ring_get(&side->in, &header, body, &len);

        if (rc == MEET_RING_EMPTY) {
            break;
        }

        if (rc != MEET_RING_OK || !is_as_made(side, &header, body, len)) {
            side->wrong = "another record than was put";
            return true;
        }

        side->got++;
        did = true;
    }

    return did;
}


static void *
side_run(void *data)
{
    uint64_t n;
    side_t *side = data;
    struct pollfd pfd;

    /* our own eventfd is the one that the other side's ring rings */

    pfd.fd = side->in.wake;
    pfd.events = POLLIN;

    while (side->wrong == NULL
           && (side->put < side->most || side->got < side->due)) {

        if (side_turn(side) || !meet_ring_sleep(&side->in)) {
            continue;
        }

        side->slept++;

        if (poll(&pfd, 1, side->put < side->most ? FULL : LATE) == 0
            && side->put == side->most)
        {
            side->wrong = "nobody woke us";
        }

        meet_ring_awake(&side->in);
        (void) !read(side->in.wake, &n, sizeof(n));
    }

    return NULL;
}


static void
run(uint32_t one, uint32_t other)
{
    unsigned i;
    way_t *way[2];
    side_t side[2];
    pthread_t thread;

    memset(side, 0, sizeof(side));
    side[0].most = side[1].due = one;
    side[1].most = side[0].due = other;

    for (i = 0; i < 2; i++) {
        way[i] = calloc(1, sizeof(way_t));
        assert_non_null(way[i]);
        way[i]->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        assert_int_not_equal(way[i]->wake, -1);
    }

    for (i = 0; i < 2; i++) {
        meet_ring_init(
            &side[i].out, &way[i]->shm, way[i]->data, SMALL, way[i]->wake);
        meet_ring_init(&side[i].in, &way[1 - i]->shm, way[1 - i]->data, SMALL,
            way[1 - i]->wake);
    }

    assert_int_equal(pthread_create(&thread, NULL, side_run, &side[1]), 0);
    side_run(&side[0]);
    pthread_join(thread, NULL);

    for (i = 0; i < 2; i++) {
        if (side[i].wrong != NULL) {
            fail_msg("%s", side[i].wrong);
        }

        assert_int_equal(side[i].put, side[i].most);
        assert_int_equal(side[i].got, side[i].due);

        print_message("# %u records put, %u got, slept %llu times, full %llu"
                      " times\n",
            side[i].put, side[i].got, (unsigned long long) side[i].slept,
            (unsigned long long) side[i].full);
        close(way[i]->wake);
        free(way[i]);
    }
}


static void
both_ways_at_once(void **state)
{
    (void) state;

    run(STRESS, STRESS);
}


/* the consumer has nothing else to do: it sleeps until it is woken */
static void
one_way(void **state)
{
    (void) state;

    run(STRESS, 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_at_once),
        cmocka_unit_test(one_way),
    };

    return cmocka_run_group_tests_name("ring stress", tests, NULL, NULL);
}
