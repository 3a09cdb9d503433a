/*
 * Two media workers on the region that they share, a thread each: what must be
 * kept arrives once and in order, of what may be shed whatever arrives is whole
 * and in order, and nobody sleeps while there is something to do.  Built once
 * more with the thread sanitizer, as ring_stress_test.c is.
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

#include "mw_link.h"

#include "meet_body_relay.h"

#ifndef STRESS
#define STRESS 50000
#endif

#define MANY  300   /* packets at once: more than a ring holds */
#define LATE  20000 /* ms: a wake-up was lost */
#define RETRY 1     /* ms until a full ring is looked at again */


typedef struct {
    mw_link_t *link;
    int wake; /* what the other one rings */
    uint32_t kept;
    uint32_t packets; /* those that were shed as well */
    uint32_t got_kept;
    uint32_t got_shed; /* the last of them */
    uint32_t whole;
    uint64_t slept;
    unsigned turns;
    bool done; /* has put everything */
    bool over; /* has heard that the other one has */
    const char *wrong;
} end_t;

typedef struct {
    meet_relay_packet_t head;
    uint8_t payload[1100];
} packet_t;


static void
end_send(end_t *end, mw_link_class_t class, uint16_t type, uint32_t n,
    const void *body, size_t len)
{
    meet_record_t header;

    memset(&header, 0, sizeof(header));
    header.type = type;
    header.request = n;

    (void) mw_link_send(end->link, class, &header, body, len);
}


static void
end_put(end_t *end)
{
    unsigned i, n;
    packet_t packet;
    meet_relay_load_t load;

    memset(&packet, 0, sizeof(packet));
    packet.head.payload = sizeof(packet.payload);

    n = ++end->turns * 37 % MANY;

    for (i = 0; i < n && !end->done; i++) {
        end->packets++;
        packet.head.ts = end->packets;
        memset(packet.payload, (uint8_t) end->packets, sizeof(packet.payload));
        end_send(end, MW_LINK_SHED, MEET_RELAY_PACKET, end->packets, &packet,
            sizeof(packet));

        /* a link whose side queue is full is broken */

        if (end->link->queued < MW_LINK_QUEUE / 2) {
            end->kept++;
            memset(&load, (uint8_t) end->kept, sizeof(load));
            end_send(end, MW_LINK_KEEP, MEET_RELAY_LOAD, end->kept, &load,
                sizeof(load));
        }

        end->done = end->packets - end->link->shed == STRESS;
    }

    if (end->done) {
        end_send(end, MW_LINK_KEEP, MEET_RELAY_CLOSE, end->kept, NULL, 0);
    }
}


static bool
is_all(const uint8_t *p, size_t len, uint32_t n)
{
    return p[0] == (uint8_t) n && memcmp(p, p + 1, len - 1) == 0;
}


static void
end_record(void *ctx, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now)
{
    end_t *end = ctx;
    const packet_t *packet;

    (void) link;
    (void) now;

    switch (header->type) {

    case MEET_RELAY_LOAD:
        if (header->request != ++end->got_kept
            || !is_all(body, len, header->request)) {
            end->wrong = "a record that had to be kept";
        }

        break;

    case MEET_RELAY_PACKET:
        packet = (const packet_t *) (const void *) body;

        if (header->request <= end->got_shed
            || packet->head.ts != header->request
            || !is_all(
                packet->payload, sizeof(packet->payload), header->request))
        {
            end->wrong = "a packet";
        }

        end->got_shed = header->request;
        end->whole++;
        break;

    default:
        end->over = true;

        if (header->request != end->got_kept) {
            end->wrong = "the end";
        }
    }
}


static void *
end_run(void *data)
{
    int wait;
    mw_rc_t rc;
    uint64_t n;
    end_t *end = data;
    struct pollfd pfd;
    static _Thread_local uint8_t body[MEET_BODY_MAX];

    pfd.fd = end->wake;
    pfd.events = POLLIN;

    while (end->wrong == NULL
           && (!end->done || !end->over || mw_link_busy(end->link)))
    {
        if (!end->done) {
            end_put(end);
        }

        mw_link_flush(end->link);

        rc = mw_link_input(end->link, body, end_record, end, 0);

        if (rc == MW_ERROR) {
            end->wrong = "the link";

        } else if (rc == MW_OK && !end->over) {
            wait = (end->done && !mw_link_busy(end->link)) ? LATE : RETRY;
            end->slept++;

            if (poll(&pfd, 1, wait) == 0 && wait == LATE) {
                end->wrong = "nobody woke us";
            }

            (void) !read(end->wake, &n, sizeof(n));
        }
    }

    return NULL;
}


static void
two_media_workers(void **state)
{
    int fd, wake;
    unsigned i;
    end_t ends[2];
    pthread_t thread;
    meet_region_t *region;

    (void) state;

    memset(ends, 0, sizeof(ends));

    /* mapped once, so that the sanitizer knows it for the same memory */

    fd = meet_region_create(1, MEET_IPC_MINOR);
    region = meet_region_map(fd, MEET_REGION_SIZE, 1);
    assert_non_null(region);
    close(fd);

    for (i = 0; i < 2; i++) {
        ends[i].wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        assert_int_not_equal(ends[i].wake, -1);
    }

    for (i = 0; i < 2; i++) {
        wake = dup(ends[1 - i].wake);
        ends[i].link = mw_link_create_relay(1, region, wake, i == 0);
        assert_non_null(ends[i].link);
    }

    assert_int_equal(pthread_create(&thread, NULL, end_run, &ends[1]), 0);
    end_run(&ends[0]);
    pthread_join(thread, NULL);

    for (i = 0; i < 2; i++) {
        if (ends[i].wrong != NULL) {
            fail_msg("wrong: %s", ends[i].wrong);
        }

        assert_int_equal(ends[i].got_kept, ends[1 - i].kept);
        assert_int_equal(ends[i].whole, STRESS);

        print_message("# %u records kept, %u packets, %u shed, slept %llu"
                      " times\n",
            ends[i].kept, ends[1 - i].whole, (unsigned) ends[i].link->shed,
            (unsigned long long) ends[i].slept);
    }

    for (i = 0; i < 2; i++) {
        close(ends[i].wake);
    }

    close(ends[1].link->out.wake);
    free(ends[1].link);
    mw_link_destroy(ends[0].link);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_media_workers),
    };

    return cmocka_run_group_tests_name("link stress", tests, NULL, NULL);
}
