/* The worker's sockets on loopback: ports, demultiplexing, segmented sends. */

#include "dtls_fixture.h"
#include "stun_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "mw_srtp.h"
#include "mw_udp.h"


static mw_udp_t *udp;
static int remote_fd = -1; /* the browser's socket */
static StunAgent agent;
static unsigned timers;


static void
ignore_event(void *owner, mw_usec_t t)
{
    (void) owner;
    (void) t;
}


static void
ignore_packet(void *owner, mw_pkt_t *pkt, mw_usec_t t)
{
    (void) owner;
    (void) pkt;
    (void) t;
}


static void
ignore_consent(void *owner, bool fresh, mw_usec_t t)
{
    (void) owner;
    (void) fresh;
    (void) t;
}


static void
ignore_close(void *owner, mw_peer_reason_t reason, mw_usec_t t)
{
    (void) owner;
    (void) reason;
    (void) t;
}


static void
count_timer(void *owner, mw_usec_t at)
{
    (void) owner;
    (void) at;
    timers++;
}


static const mw_peer_handlers_t handlers = { ignore_event, ignore_packet,
    ignore_packet, ignore_consent, ignore_close, count_timer };


static mw_addr_t
address(const char *text)
{
    mw_addr_t addr;

    memset(&addr, 0, sizeof(addr));
    addr.kind = MW_ADDR_UDP;

    if (strchr(text, ':') != NULL) {
        assert_int_equal(1, inet_pton(AF_INET6, text, addr.ip));

    } else {
        addr.ip[10] = 255;
        addr.ip[11] = 255;
        assert_int_equal(1, inet_pton(AF_INET, text, addr.ip + 12));
    }

    return addr;
}


static mw_udp_t *
open_loopback(uint16_t first, uint16_t last)
{
    const char *err;
    mw_udp_conf_t conf;

    memset(&conf, 0, sizeof(conf));
    conf.listen[0] = address("127.0.0.1");
    conf.nlisten = 1;
    conf.port_first = first;
    conf.port_last = last;

    return mw_udp_create(&conf, &err);
}


static void
send_to_worker(const char *ip, const void *data, size_t len)
{
    struct sockaddr_in sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(mw_udp_port(udp));
    assert_int_equal(1, inet_pton(AF_INET, ip, &sin.sin_addr));
    assert_int_equal(len,
        sendto(remote_fd, data, len, 0, (struct sockaddr *) &sin, sizeof(sin)));
}


/* reads until `*counter` has reached `n` or patience ends */
static void
serve_until(const uint64_t *counter, uint64_t n)
{
    int fds[MW_UDP_SOCKETS];
    unsigned i, nfds;
    mw_usec_t end;
    struct pollfd pfd[MW_UDP_SOCKETS];

    nfds = mw_udp_fds(udp, fds);

    for (i = 0; i < nfds; i++) {
        pfd[i].fd = fds[i];
        pfd[i].events = POLLIN;
    }

    for (end = real_now() + 5 * MW_SEC; *counter < n && real_now() < end;) {
        (void) poll(pfd, nfds, 50);

        for (i = 0; i < nfds; i++) {
            (void) mw_udp_readable(udp, fds[i], real_now());
        }
    }

    assert_int_equal(n, *counter);
}


/* length of the datagram the browser got, 0: none within a second */
static size_t
receive(uint8_t *buf, size_t size, struct sockaddr_in *from)
{
    ssize_t n;
    socklen_t len;
    struct pollfd pfd;

    pfd.fd = remote_fd;
    pfd.events = POLLIN;

    if (poll(&pfd, 1, 1000) != 1) {
        return 0;
    }

    len = sizeof(*from);
    n = recvfrom(
        remote_fd, buf, size, MSG_DONTWAIT, (struct sockaddr *) from, &len);

    return n < 0 ? 0 : (size_t) n;
}


static mw_peer_t *
make_peer(void)
{
    mw_fingerprint_t print;
    mw_ice_creds_t creds = { "them", "passwordofthebrowser22" };

    memset(&print, 0, sizeof(print));
    print.hash = MW_HASH_SHA256;
    print.len = 32;

    return mw_peer_create(
        mw_udp_env(udp), &creds, &print, &handlers, NULL, real_now());
}


static size_t
check_for(mw_peer_t *peer, uint8_t *buf, size_t size)
{
    check_t c = { .ufrag = mw_peer_ice(peer)->ufrag,
        .pwd = mw_peer_ice(peer)->pwd };

    return make_check(&agent, &c, buf, size);
}


static int
setup(void **state)
{
    struct sockaddr_in sin;

    (void) state;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    stun_client(&agent);
    remote_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    udp = open_loopback(0, 0);

    return udp == NULL
           || bind(remote_fd, (struct sockaddr *) &sin, sizeof(sin)) != 0;
}


static int
teardown(void **state)
{
    (void) state;

    mw_udp_destroy(udp);
    (void) close(remote_fd);

    return 0;
}


static void
takes_a_free_port_of_the_range(void **state)
{
    unsigned n;
    uint16_t port;
    mw_udp_t *second, *third;

    (void) state;

    port = mw_udp_port(udp);
    assert_int_not_equal(0, port);
    assert_int_equal(1, mw_udp_fds(udp, (int[MW_UDP_SOCKETS]){ 0 }));

    /* its own port is taken, the next one usually not */

    errno = 0;
    assert_null(open_loopback(port, port));
    assert_int_equal(EADDRINUSE, errno);

    second = open_loopback(port, (uint16_t) (port + 50));
    assert_non_null(second);
    assert_true(mw_udp_port(second) > port);
    assert_int_equal(
        mw_udp_port(second), mw_udp_candidates(second, &n)[0].port);
    assert_int_equal(1, n);

    /* given back when it is over */

    port = mw_udp_port(second);
    mw_udp_destroy(second);
    third = open_loopback(port, port);
    assert_non_null(third);
    mw_udp_destroy(third);
}


static void
refuses_addresses_that_are_not_ours(void **state)
{
    const char *err = NULL;
    mw_udp_conf_t conf;

    (void) state;

    memset(&conf, 0, sizeof(conf));
    conf.listen[0] = address("192.0.2.1");
    conf.nlisten = 1;
    conf.port_first = 30000;
    conf.port_last = 30010;

    assert_null(mw_udp_create(&conf, &err));
    assert_int_equal(EADDRNOTAVAIL, errno);
    assert_non_null(err);
}


static void
advertises_what_it_is_told(void **state)
{
    unsigned n;
    mw_addr_t told[3];
    const mw_addr_t *list;

    (void) state;

    told[0] = address("198.51.100.7");
    told[1] = address("2001:db8::7");
    told[2] = told[0];

    mw_udp_advertise(udp, told, 3);
    list = mw_udp_candidates(udp, &n);
    assert_int_equal(2, n);
    assert_memory_equal(told[0].ip, list[0].ip, 16);
    assert_memory_equal(told[1].ip, list[1].ip, 16);
    assert_int_equal(mw_udp_port(udp), list[1].port);

    /* of the other family what there is */

    mw_udp_advertise(udp, told + 1, 1);
    list = mw_udp_candidates(udp, &n);
    assert_int_equal(2, n);
    assert_memory_equal(told[1].ip, list[0].ip, 16);
    assert_int_equal(127, list[1].ip[12]);

    mw_udp_advertise(udp, NULL, 0);
    list = mw_udp_candidates(udp, &n);
    assert_int_equal(1, n);
    assert_int_equal(127, list[0].ip[12]);
}


static void
leads_stun_by_ufrag_and_the_rest_by_path(void **state)
{
    size_t len;
    uint8_t buf[1500], reply[1500];
    mw_peer_t *peer;
    struct sockaddr_in from;
    const mw_udp_stats_t *stats;

    (void) state;

    stats = mw_udp_stats(udp);
    peer = make_peer();
    assert_non_null(peer);
    assert_true(timers > 0);

    /* media before the first check is for nobody */

    memset(buf, 0x80, 60);
    send_to_worker("127.0.0.1", buf, 60);
    serve_until(&stats->drop_path, 1);

    len = check_for(peer, buf, sizeof(buf));
    send_to_worker("127.0.0.1", buf, len);
    serve_until(&mw_peer_ice_stats(peer)->checks, 1);

    len = receive(reply, sizeof(reply), &from);
    assert_true(len > 20);
    assert_int_equal(0x0101, mw_get16(reply));
    assert_int_equal(mw_udp_port(udp), ntohs(from.sin_port));

    memset(buf, 0x80, 60);
    send_to_worker("127.0.0.1", buf, 60);
    serve_until(&mw_peer_stats(peer)->drops[MW_PEER_DROP_STATE], 1);

    mw_peer_destroy(peer);

    memset(buf, 0x80, 60);
    send_to_worker("127.0.0.1", buf, 60);
    serve_until(&stats->drop_path, 2);
}


static void
drops_what_is_not_for_us(void **state)
{
    size_t len;
    uint8_t buf[3000];
    mw_peer_t *peer;
    struct sockaddr_in from;
    const mw_udp_stats_t *stats;

    (void) state;

    stats = mw_udp_stats(udp);

    send_to_worker("127.0.0.1", buf, 0);
    serve_until(&stats->drop_empty, 1);

    memset(buf, 0x80, sizeof(buf));
    send_to_worker("127.0.0.1", buf, MW_PKT_MAX + 1);
    serve_until(&stats->drop_long, 1);

    send_to_worker("127.0.0.1", buf, MW_PKT_MAX);
    serve_until(&stats->drop_path, 1);

    buf[0] = 64; /* TURN channels, ZRTP and what nobody has named */
    send_to_worker("127.0.0.1", buf, 60);
    buf[0] = 16;
    send_to_worker("127.0.0.1", buf, 60);
    buf[0] = 255;
    send_to_worker("127.0.0.1", buf, 60);
    serve_until(&stats->drop_kind, 3);

    /* DTLS from an unknown path is not answered, nor is STUN for nobody */

    buf[0] = 22;
    send_to_worker("127.0.0.1", buf, 60);
    serve_until(&stats->drop_path, 2);

    peer = make_peer();
    len = check_for(peer, buf, sizeof(buf));
    mw_peer_destroy(peer);
    send_to_worker("127.0.0.1", buf, len);
    serve_until(&stats->drop_ufrag, 1);

    memset(buf, 0, sizeof(buf));
    send_to_worker("127.0.0.1", buf, 1);
    serve_until(&stats->drop_ufrag, 2);

    assert_int_equal(0, receive(buf, sizeof(buf), &from));
}


/* a batch is bounded; what remains waits for the next turn */
static void
reads_a_bounded_batch(void **state)
{
    int fds[MW_UDP_SOCKETS];
    unsigned i;
    mw_rc_t rc;
    uint8_t buf[10];
    struct pollfd pfd;

    (void) state;

    memset(buf, 0x80, sizeof(buf));

    for (i = 0; i < MW_UDP_BATCH + 10; i++) {
        send_to_worker("127.0.0.1", buf, sizeof(buf));
    }

    (void) mw_udp_fds(udp, fds);
    pfd.fd = fds[0];
    pfd.events = POLLIN;
    assert_int_equal(1, poll(&pfd, 1, 5000));

    rc = mw_udp_readable(udp, fds[0], real_now());
    assert_int_equal(MW_AGAIN, rc);
    assert_int_equal(MW_UDP_BATCH, mw_udp_stats(udp)->packets);

    rc = mw_udp_readable(udp, fds[0], real_now());
    assert_int_equal(MW_OK, rc);
    assert_int_equal(MW_UDP_BATCH + 10, mw_udp_stats(udp)->packets);

    assert_int_equal(MW_OK, mw_udp_readable(udp, -1, real_now()));
}


/* with a wildcard socket, answers leave from the address that was asked */
static void
answers_from_the_address_that_was_asked(void **state)
{
    size_t len;
    uint8_t buf[1500];
    const char *err;
    mw_peer_t *peer;
    mw_udp_conf_t conf;
    struct sockaddr_in from;

    (void) state;

    mw_udp_destroy(udp);
    memset(&conf, 0, sizeof(conf));
    conf.listen[0] = address("0.0.0.0");
    conf.nlisten = 1;
    udp = mw_udp_create(&conf, &err);
    assert_non_null(udp);

    peer = make_peer();
    len = check_for(peer, buf, sizeof(buf));
    send_to_worker("127.0.0.2", buf, len);
    serve_until(&mw_peer_ice_stats(peer)->checks, 1);

    assert_true(receive(buf, sizeof(buf), &from) > 20);
    assert_int_equal(htonl(0x7f000002), from.sin_addr.s_addr);

    mw_peer_destroy(peer);
}


/* queues datagrams of these lengths to the browser, the n-th full of n */
static void
send_sizes(mw_egress_queue_t *queue, const size_t *sizes, unsigned n)
{
    unsigned i;
    uint8_t *slot;
    socklen_t namelen;
    mw_egress_t *egress;
    struct sockaddr_in name;

    egress = mw_udp_env(udp)->egress;
    mw_egress_queue_init(queue, NULL);

    namelen = sizeof(name);
    assert_int_equal(
        0, getsockname(remote_fd, (struct sockaddr *) &name, &namelen));
    queue->path.remote = address("127.0.0.1");
    queue->path.remote.port = ntohs(name.sin_port);

    for (i = 0; i < n; i++) {
        slot = mw_egress_reserve(egress);
        memset(slot, (int) i, sizes[i]);
        mw_egress_commit(egress, queue, sizes[i]);
    }

    mw_egress_flush(egress);
}


static void
expect_sizes(const size_t *sizes, unsigned n)
{
    size_t len;
    unsigned i;
    uint8_t buf[1500];
    struct sockaddr_in from;

    for (i = 0; i < n; i++) {
        len = receive(buf, sizeof(buf), &from);
        assert_int_equal(sizes[i], len);
        assert_int_equal(i, buf[0]);
        assert_int_equal(i, buf[len - 1]);
    }
}


/* runs of one length leave as one send and arrive as datagrams */
static void
segments_arrive_one_by_one(void **state)
{
    mw_egress_queue_t queue;
    const mw_egress_stats_t *stats;
    const size_t sizes[] = { 900, 900, 900, 500, 40, 1200, 1200 };

    (void) state;

    send_sizes(&queue, sizes, 7);
    expect_sizes(sizes, 7);

    stats = mw_egress_stats(mw_udp_env(udp)->egress);
    assert_int_equal(7, stats->packets);
    assert_int_equal(3, stats->sends);
    assert_int_equal(0, stats->lost);
}


/* without checksums the kernel refuses to segment: nothing is lost by it */
static void
refused_segmentation_is_done_without(void **state)
{
    int fds[MW_UDP_SOCKETS], on;
    unsigned i;
    mw_egress_queue_t queue;
    const size_t sizes[] = { 900, 900, 300 };

    (void) state;

    on = 1;
    (void) mw_udp_fds(udp, fds);
    assert_int_equal(
        0, setsockopt(fds[0], SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)));

    for (i = 0; i < 20; i++) {
        send_sizes(&queue, sizes, 3);
        expect_sizes(sizes, 3);
    }

    /* and not asked for again */

    assert_int_equal(8, mw_udp_stats(udp)->gso_refused);
    assert_int_equal(0, mw_egress_stats(mw_udp_env(udp)->egress)->lost);
}


#define udp_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        udp_test(takes_a_free_port_of_the_range),
        udp_test(refuses_addresses_that_are_not_ours),
        udp_test(advertises_what_it_is_told),
        udp_test(leads_stun_by_ufrag_and_the_rest_by_path),
        udp_test(drops_what_is_not_for_us),
        udp_test(reads_a_bounded_batch),
        udp_test(answers_from_the_address_that_was_asked),
        udp_test(segments_arrive_one_by_one),
        udp_test(refused_segmentation_is_done_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
