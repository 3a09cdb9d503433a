/* The contract between nginx and the media workers: ring, region, records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "meet_body.h"
#include "meet_ctl.h"
#include "meet_ring.h"


#define SMALL 4096


typedef struct {
    meet_ring_shm_t shm;
    uint8_t data[MEET_RING_SIZE];
    meet_ring_t in;
    meet_ring_t out;
    int wake;
} pair_t;

static uint8_t body[MEET_BODY_MAX];


static pair_t *
pair_create(uint32_t size)
{
    pair_t *pair;

    pair = calloc(1, sizeof(*pair));
    assert_non_null(pair);

    pair->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_int_not_equal(pair->wake, -1);

    meet_ring_init(&pair->in, &pair->shm, pair->data, size, pair->wake);
    meet_ring_init(&pair->out, &pair->shm, pair->data, size, pair->wake);

    return pair;
}


static void
pair_destroy(pair_t *pair)
{
    close(pair->wake);
    free(pair);
}


static meet_record_t
record(unsigned type)
{
    meet_record_t header;

    memset(&header, 0, sizeof(header));
    header.type = (uint16_t) type;

    return header;
}


/* a TELL with `len` bytes, each of them `fill` */
static size_t
tell(uint8_t *p, uint32_t len, uint8_t fill)
{
    meet_tell_t head;

    memset(&head, 0, sizeof(head));
    head.len = len;
    memcpy(p, &head, sizeof(head));
    memset(p + sizeof(head), fill, len);

    return sizeof(head) + len;
}


static void
test_order_and_wrap(void **state)
{
    size_t len;
    pair_t *pair;
    uint8_t in[2048];
    unsigned i, sent, got;
    meet_record_t header;

    (void) state;
    pair = pair_create(SMALL);
    sent = got = 0;

    while (got < 5000) {
        for (i = 0; i < 1 + sent % 7; i++) {
            header = record(MEET_TELL);
            header.request = sent;
            len = tell(in, sent * 37 % 700, (uint8_t) sent);

            if (meet_ring_put(&pair->in, &header, in, len) == MEET_RING_FULL) {
                break;
            }

            sent++;
        }

        for (i = 0; i < 1 + got % 5; i++) {
            if (meet_ring_get(&pair->out, &header, body, &len) != MEET_RING_OK)
            {
                break;
            }

            assert_int_equal(header.request, got);
            assert_int_equal(len, sizeof(meet_tell_t) + got * 37 % 700);
            assert_int_equal(body[len - 1], got * 37 % 700 ? got % 256 : 0);
            got++;
        }
    }

    pair_destroy(pair);
}


static void
test_full_leaves_ring_intact(void **state)
{
    size_t len;
    pair_t *pair;
    unsigned n, i;
    uint8_t in[1024];
    meet_record_t header;

    (void) state;
    pair = pair_create(SMALL);
    len = tell(in, 900, 'x');

    for (n = 0;; n++) {
        header = record(MEET_TELL);
        header.request = n;

        if (meet_ring_put(&pair->in, &header, in, len) != MEET_RING_OK) {
            break;
        }
    }

    assert_int_equal(n, 4);

    for (i = 0; i < n; i++) {
        assert_int_equal(
            meet_ring_get(&pair->out, &header, body, &len), MEET_RING_OK);
        assert_int_equal(header.request, i);
    }

    assert_int_equal(
        meet_ring_get(&pair->out, &header, body, &len), MEET_RING_EMPTY);

    pair_destroy(pair);
}


static void
test_largest_record(void **state)
{
    size_t len;
    pair_t *pair;
    uint8_t *in;
    meet_offer_t offer;
    meet_record_t header;

    (void) state;
    pair = pair_create(MEET_RING_SIZE);
    in = calloc(1, MEET_BODY_MAX + 1);
    assert_non_null(in);

    memset(&offer, 0, sizeof(offer));
    offer.sdp_len = MEET_OFFER_MAX;
    memcpy(in, &offer, sizeof(offer));

    header = record(MEET_OFFER);
    assert_int_equal(
        meet_ring_put(&pair->in, &header, in, sizeof(offer) + MEET_OFFER_MAX),
        MEET_RING_OK);
    assert_int_equal(
        meet_ring_get(&pair->out, &header, body, &len), MEET_RING_OK);
    assert_int_equal(len, sizeof(offer) + MEET_OFFER_MAX);

    header = record(MEET_OFFER);
    assert_int_equal(meet_ring_put(&pair->in, &header, in, MEET_BODY_MAX + 1),
        MEET_RING_BROKEN);

    free(in);
    pair_destroy(pair);
}


/* the producer lies about its position */
static void
test_hostile_head(void **state)
{
    size_t i, len;
    pair_t *pair;
    meet_record_t header;
    static const uint64_t heads[] = { 1, 63, SMALL + 1, 1ull << 40, UINT64_MAX,
        UINT64_MAX - 63 };

    (void) state;

    for (i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        pair = pair_create(SMALL);
        pair->shm.head = heads[i];
        assert_int_equal(
            meet_ring_get(&pair->out, &header, body, &len), MEET_RING_BROKEN);

        /* for good, even if the lie is taken back */
        pair->shm.head = 0;
        assert_int_equal(
            meet_ring_get(&pair->out, &header, body, &len), MEET_RING_BROKEN);
        pair_destroy(pair);
    }
}


/* the producer lies about lengths and counts */
static void
test_hostile_length(void **state)
{
    size_t i, len;
    pair_t *pair;
    meet_record_t header;
    static const uint32_t lengths[] = { 0, 1, 63, SMALL, MEET_RECORD_MAX + 1,
        UINT32_MAX };

    (void) state;

    for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        pair = pair_create(SMALL);
        header = record(MEET_LEAVE);
        header.length = lengths[i];
        memcpy(pair->data, &header, sizeof(header));
        pair->shm.head = sizeof(header);
        assert_int_equal(
            meet_ring_get(&pair->out, &header, body, &len), MEET_RING_BROKEN);
        pair_destroy(pair);
    }
}


/* the consumer lies about its position */
static void
test_hostile_tail(void **state)
{
    pair_t *pair;
    meet_record_t header;

    (void) state;
    pair = pair_create(SMALL);
    pair->shm.tail = 4096;

    header = record(MEET_LEAVE);
    assert_int_equal(
        meet_ring_put(&pair->in, &header, NULL, 0), MEET_RING_BROKEN);

    pair_destroy(pair);
}


static void
test_unknown_type_is_skipped(void **state)
{
    size_t len;
    pair_t *pair;
    meet_record_t header;

    (void) state;
    pair = pair_create(SMALL);

    header = record(60000);
    assert_int_equal(meet_ring_put(&pair->in, &header, "abc", 3), MEET_RING_OK);
    header = record(MEET_LEAVE);
    assert_int_equal(meet_ring_put(&pair->in, &header, NULL, 0), MEET_RING_OK);

    assert_int_equal(
        meet_ring_get(&pair->out, &header, body, &len), MEET_RING_OK);
    assert_int_equal(header.type, 60000);
    assert_int_equal(
        meet_ring_get(&pair->out, &header, body, &len), MEET_RING_OK);
    assert_int_equal(header.type, MEET_LEAVE);

    pair_destroy(pair);
}


static void
test_record_check(void **state)
{
    size_t len;
    meet_view_t view;
    meet_record_t header;
    meet_snapshot_t snapshot;
    meet_resource_open_t open;

    (void) state;

    header = record(MEET_TELL);
    len = tell(body, 10, 'a');
    assert_int_equal(meet_record_check(&header, body, len), MEET_OK);
    assert_int_not_equal(meet_record_check(&header, body, len - 1), MEET_OK);
    assert_int_not_equal(meet_record_check(&header, body, len + 1), MEET_OK);

    /* an audience list stands in front */
    header.audience = MEET_TO_LIST;
    header.list = 2;
    memset(body, 0, 16);
    len = 16 + tell(body + 16, 10, 'a');
    assert_int_equal(meet_record_check(&header, body, len), MEET_OK);
    header.request = 7;
    assert_int_not_equal(meet_record_check(&header, body, len), MEET_OK);
    header.request = 0;
    header.list = 65535;
    assert_int_not_equal(meet_record_check(&header, body, len), MEET_OK);
    header.list = 2;
    header.audience = MEET_TO_ALL;
    assert_int_not_equal(meet_record_check(&header, body, len), MEET_OK);

    header = record(MEET_VIEW);
    memset(&view, 0, sizeof(view));
    view.entries = MEET_VIEW_MAX + 1;
    memcpy(body, &view, sizeof(view));
    assert_int_not_equal(meet_record_check(&header, body,
                             sizeof(view) + (MEET_VIEW_MAX + 1) * 8),
        MEET_OK);

    /* name and SDP both announced */
    header = record(MEET_RESOURCE_OPEN);
    memset(&open, 0, sizeof(open));
    open.name_len = 5;
    open.sdp_len = 7;
    memcpy(body, &open, sizeof(open));
    assert_int_equal(
        meet_record_check(&header, body, sizeof(open) + 12), MEET_OK);
    assert_int_not_equal(
        meet_record_check(&header, body, sizeof(open) + 11), MEET_OK);
    assert_int_not_equal(
        meet_record_check(&header, body, sizeof(open) + 13), MEET_OK);
    assert_int_not_equal(
        meet_record_check(&header, body, sizeof(open) - 1), MEET_OK);
    open.connection = MEET_CONNECTION_SUBSCRIBE + 1;
    memcpy(body, &open, sizeof(open));
    assert_int_not_equal(
        meet_record_check(&header, body, sizeof(open) + 12), MEET_OK);

    header = record(MEET_SNAPSHOT);
    memset(&snapshot, 0, sizeof(snapshot));
    snapshot.participants = UINT32_MAX;
    snapshot.first = 1;
    memcpy(body, &snapshot, sizeof(snapshot));
    assert_int_not_equal(
        meet_record_check(&header, body, sizeof(snapshot)), MEET_OK);
}


static void
test_ctl_check(void **state)
{
    meet_ctl_hello_t hello;
    meet_ctl_configure_t conf;

    (void) state;

    memset(&hello, 0, sizeof(hello));
    meet_ctl_header(&hello.header, MEET_CTL_HELLO);
    assert_int_equal(meet_ctl_check(&hello, sizeof(hello)), MEET_OK);
    assert_int_equal(
        meet_ctl_check(&hello, sizeof(hello) - 1), MEET_E_BAD_RECORD);
    assert_int_equal(meet_ctl_check(&hello, 3), MEET_E_BAD_RECORD);

    hello.header.minor = MEET_IPC_MINOR + 1;
    assert_int_equal(meet_ctl_check(&hello, sizeof(hello)), MEET_OK);
    hello.header.minor = MEET_IPC_MINOR + 2;
    assert_int_equal(meet_ctl_check(&hello, sizeof(hello)), MEET_E_VERSION);
    hello.header.minor = MEET_IPC_MINOR;
    hello.header.major++;
    assert_int_equal(meet_ctl_check(&hello, sizeof(hello)), MEET_E_VERSION);

    memset(&conf, 0, sizeof(conf));
    meet_ctl_header(&conf.header, MEET_CTL_CONFIGURE);
    conf.port_first = 1;
    conf.port_last = 2;
    assert_int_equal(meet_ctl_check(&conf, sizeof(conf)), MEET_OK);
    conf.listens = MEET_ADDRESSES_MAX + 1;
    assert_int_equal(meet_ctl_check(&conf, sizeof(conf)), MEET_E_BAD_RECORD);
    conf.listens = 0;
    conf.port_first = 3;
    assert_int_equal(meet_ctl_check(&conf, sizeof(conf)), MEET_E_BAD_RECORD);
}


static void
test_region(void **state)
{
    int fd;
    meet_region_t *region;

    (void) state;

    fd = meet_region_create(42, MEET_IPC_MINOR);
    assert_int_not_equal(fd, -1);
    assert_int_equal(ftruncate(fd, 10), -1);

    assert_null(meet_region_map(fd, MEET_REGION_SIZE, 43));
    assert_null(meet_region_map(fd, MEET_REGION_SIZE + 4096, 42));

    region = meet_region_map(fd, MEET_REGION_SIZE, 42);
    assert_non_null(region);
    assert_int_equal(region->worker, 42);
    meet_region_unmap(region);
    close(fd);

    /* not sealed: the other side could pull it away under us */
    fd = memfd_create("plain", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t) MEET_REGION_SIZE), 0);
    assert_null(meet_region_map(fd, MEET_REGION_SIZE, 42));
    close(fd);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_wrap),
        cmocka_unit_test(test_full_leaves_ring_intact),
        cmocka_unit_test(test_largest_record),
        cmocka_unit_test(test_hostile_head),
        cmocka_unit_test(test_hostile_length),
        cmocka_unit_test(test_hostile_tail),
        cmocka_unit_test(test_unknown_type_is_skipped),
        cmocka_unit_test(test_record_check),
        cmocka_unit_test(test_ctl_check),
        cmocka_unit_test(test_region),
    };

    return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
