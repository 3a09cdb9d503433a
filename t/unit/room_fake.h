/*
 * Rooms without sockets and without a clock: the test is nginx, on the other
 * end of real rings, and says what time it is.
 */

#ifndef ROOM_FAKE_H
#define ROOM_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mw_room_link.h"
#include "mw_rooms.h"

#include "meet_body.h"

#define ROOM       77
#define EPOCH      5
#define NGINX      2
#define MS(n)      ((n) *MW_MSEC)
#define SECONDS(n) ((n) *MW_SEC)


typedef struct {
    mw_link_t *link; /* theirs; NULL: gone */
    meet_region_t *region;
    meet_ring_t out; /* to the media worker */
    meet_ring_t in;
} nginx_t;

typedef struct {
    meet_record_t header;
    size_t len;
    uint8_t body[MEET_BODY_MAX];
} record_t;

static mw_usec_t now;
static mw_timers_t timers;
static mw_context_t *context;
static mw_rooms_t rooms;
static nginx_t nginx[NGINX];
static uint8_t *input;
static record_t *got;
static uint32_t request;
static uint32_t epoch;
static uint8_t incarnation[MEET_INCARNATION_LEN];
static meet_room_t settings;
static uint8_t join_flags; /* MEET_SESSION_... of all joins */


static inline void
attach(nginx_t *n)
{
    int fd;
    uint8_t *data;
    meet_region_t *other;

    fd = meet_region_create(1, MEET_IPC_MINOR);
    assert_int_not_equal(fd, -1);

    n->region = meet_region_map(fd, MEET_REGION_SIZE, 1);
    other = meet_region_map(fd, MEET_REGION_SIZE, 1);
    assert_non_null(n->region);
    assert_non_null(other);
    close(fd);

    data = (uint8_t *) n->region + MEET_REGION_PAGE;

    meet_ring_init(&n->out, &n->region->to_media, data, MEET_RING_SIZE,
        eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    meet_ring_init(&n->in, &n->region->to_nginx, data + MEET_RING_SIZE,
        MEET_RING_SIZE, -1);

    n->link = mw_link_create(
        (uint32_t) (n - nginx), other, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    assert_non_null(n->link);
}


static inline void
detach(nginx_t *n)
{
    if (n->link != NULL) {
        mw_rooms_link_gone(&rooms, n->link, now);
        mw_link_destroy(n->link);
        close(n->out.wake);
        meet_region_unmap(n->region);
        n->link = NULL;
    }
}


static inline int
setup(void **state)
{
    unsigned i;

    (void) state;

    now = SECONDS(1000);
    request = 0;
    epoch = EPOCH;
    join_flags = 0;
    memset(incarnation, 0xab, sizeof(incarnation));

    memset(&settings, 0, sizeof(settings));
    settings.version = 1;
    settings.participants = 8;
    settings.rights_viewer = 0;
    settings.rights_participant =
        MEET_RIGHTS_PUBLISH | MEET_RIGHT_CHAT | MEET_RIGHT_TELL;

    context = calloc(1, sizeof(mw_context_t));
    input = malloc(MEET_BODY_MAX);
    got = malloc(sizeof(record_t));
    mw_timers_init(&timers, now, MW_MSEC);

    context->timers = &timers;
    context->conf.rooms = 4;
    context->conf.participants = 10;
    context->conf.absence_ms = 60000;
    context->conf.settle_ms = 3000;
    context->conf.token_s = 3600;
    context->conf.loudest = 3;

    assert_int_equal(mw_rooms_init(&rooms, context), MW_OK);

    for (i = 0; i < NGINX; i++) {
        attach(&nginx[i]);
    }

    return 0;
}


static inline int
teardown(void **state)
{
    unsigned i;

    (void) state;

    for (i = 0; i < NGINX; i++) {
        detach(&nginx[i]);
    }

    mw_rooms_clear(&rooms, now);
    free(context);
    free(input);
    free(got);

    return 0;
}


/* what the worker's loop does */
static inline void
turn(void)
{
    unsigned i;
    mw_rc_t rc;
    mw_link_t *link;

    mw_timers_run(&timers, now);

    for (i = 0; i < NGINX; i++) {
        link = nginx[i].link;

        if (link == NULL) {
            continue;
        }

        do {
            mw_link_flush(link);
            mw_room_link_pump_all(link);
            rc = mw_link_input(link, input, mw_rooms_record, &rooms, now);
            assert_int_not_equal(rc, MW_ERROR);
        } while (rc == MW_AGAIN);

        mw_link_flush(link);
    }
}


static inline void
advance(mw_usec_t time)
{
    mw_usec_t end;

    for (end = now + time; now < end; now += MS(10)) {
        turn();
    }
}


/* returns the number of the request */
static inline uint32_t
put(nginx_t *n, uint16_t type, uint64_t who, uint32_t session, const void *body,
    size_t len)
{
    meet_record_t header;

    memset(&header, 0, sizeof(header));

    header.type = type;
    header.request = ++request;
    header.epoch = epoch;
    header.room = ROOM;
    header.participant = who;
    header.session = session;
    memcpy(header.incarnation, incarnation, sizeof(incarnation));

    assert_int_equal(meet_ring_put(&n->out, &header, body, len), MEET_RING_OK);

    return request;
}


/* the next record for nginx, or NULL */
static inline record_t *
get(nginx_t *n)
{
    if (meet_ring_get(&n->in, &got->header, got->body, &got->len)
        != MEET_RING_OK) {
        return NULL;
    }

    return got;
}


/* the next record, which must be of this type; levels are passed over */
static inline record_t *
expect(nginx_t *n, uint16_t type)
{
    record_t *r;

    do {
        r = get(n);

        if (r == NULL) {
            fail_msg("nothing came instead of %s", meet_record_name(type));
            abort();
        }
    } while (r->header.type == MEET_SPEAKERS && type != MEET_SPEAKERS);

    assert_string_equal(
        meet_record_name(r->header.type), meet_record_name(type));

    return r;
}


static inline void
expect_status(nginx_t *n, uint16_t type, unsigned status)
{
    record_t *r;

    r = expect(n, type);
    assert_int_equal(r->header.request, request);
    assert_string_equal(
        meet_status_name(r->header.status), meet_status_name(status));
}


static inline void
expect_nothing(nginx_t *n)
{
    record_t *r;

    r = get(n);

    if (r != NULL) {
        fail_msg("unexpected %s", meet_record_name(r->header.type));
    }
}


static inline void
drain(nginx_t *n)
{
    while (get(n) != NULL) {
        /* void */
    }
}


static inline void
open_room(nginx_t *n)
{
    uint32_t last;

    last = request;
    put(n, MEET_ROOM_OPEN, 0, 0, &settings, sizeof(settings));
    request = last;
}


/* ROOM_OPEN and SESSION_OPEN, as nginx always sends them; no turn yet */
static inline void
put_join(nginx_t *n, uint64_t who, uint32_t session, uint8_t role,
    uint32_t seen_epoch, uint64_t seen)
{
    meet_session_open_t open;
    uint8_t body[sizeof(open) + 5];

    open_room(n);

    memset(&open, 0, sizeof(open));
    open.role = role;
    open.flags = join_flags;
    open.epoch = seen_epoch;
    open.sequence = seen;
    open.name_len = 5;

    memcpy(body, &open, sizeof(open));
    memcpy(body + sizeof(open), "Alice", 5);

    put(n, MEET_SESSION_OPEN, who, session, body, sizeof(body));
}


/* joins, expects success, returns the welcome */
static inline meet_welcome_t
join(nginx_t *n, uint64_t who, uint32_t session, uint8_t role)
{
    meet_welcome_t welcome;

    put_join(n, who, session, role, 0, 0);
    turn();

    expect(n, MEET_JOINED); /* for others on the same link */
    expect_status(n, MEET_WELCOME, MEET_OK);
    memcpy(&welcome, got->body, sizeof(welcome));

    expect(n, MEET_SNAPSHOT);
    assert_int_equal(got->header.audience, MEET_TO_ONE);
    assert_int_equal(got->header.session, session);

    return welcome;
}


static inline void
put_entry(nginx_t *n, uint64_t who, uint32_t session, size_t len)
{
    meet_entry_t entry;
    static uint8_t body[sizeof(meet_entry_t) + MEET_MESSAGE_MAX];

    memset(&entry, 0, sizeof(entry));
    entry.sender = who;
    entry.len = (uint32_t) len;
    memcpy(body, &entry, sizeof(entry));

    put(n, MEET_ANNOUNCE, who, session, body, sizeof(entry) + len);
}


static inline void
put_moderate(nginx_t *n, uint64_t who, uint32_t session, uint16_t verb,
    uint64_t target, uint8_t kinds)
{
    meet_moderate_t order;

    memset(&order, 0, sizeof(order));
    order.verb = verb;
    order.target = target;
    order.kinds = kinds;

    put(n, MEET_MODERATE, who, session, &order, sizeof(order));
}


static inline void
put_appoint(
    nginx_t *n, uint64_t who, uint32_t session, uint64_t target, uint8_t role)
{
    meet_moderate_t order;

    memset(&order, 0, sizeof(order));
    order.verb = MEET_MODERATE_APPOINT;
    order.target = target;
    order.role = role;

    put(n, MEET_MODERATE, who, session, &order, sizeof(order));
}


static inline meet_participant_t
participant(const record_t *r)
{
    meet_participant_t who;

    memcpy(&who, r->body, sizeof(who));

    return who;
}


static inline meet_snapshot_t
snapshot(const record_t *r)
{
    meet_snapshot_t s;

    memcpy(&s, r->body, sizeof(s));

    return s;
}


static inline uint32_t
reason(const record_t *r)
{
    meet_close_t end;

    memcpy(&end, r->body, sizeof(end));

    return end.reason;
}


#endif /* ROOM_FAKE_H */
