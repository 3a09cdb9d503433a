/*
 * meet-path: a long way between two networks, for tests.
 *
 * Makes a TUN device "near" where it was started and one called "far" in a
 * network namespace of its own, which ends with it, and carries packets from
 * one to the other, each so many milliseconds later and in the order in which
 * it came.  Losing packets and limiting the rate is left to nft and tc on the
 * devices: what waits in their queues has not been read here yet.
 *
 * Every 100 ms a datagram of its own goes each way through the same queues.
 * Each one that arrives makes a line on standard output,
 *
 *     WAY QUEUED_US BYTES LATE_US
 *
 * WAY is "down" (far to near) or "up"; how long it waited beyond the delay;
 * bytes of packets carried that way so far; and by how much at most a packet
 * left here later than it should have.  Ends with its standard input.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define P_RING   8192 /* packets on their way, a power of two */
#define P_PACKET 1600
#define P_BURST  64 /* read in one turn */
#define P_PORT   9
#define P_EVERY  100000 /* us between two probes */

#define P_NEAR "10.78.0.1"
#define P_FAR  "10.78.0.2"

typedef int64_t p_usec_t;


typedef struct {
    p_usec_t due;
    size_t len;
    uint8_t data[P_PACKET];
} p_packet_t;


/* what it carries from `in` to `out`; packets are borrowed by nobody */
typedef struct {
    const char *name;
    int in, out;
    int probe_out, probe_in; /* sockets at its beginning and at its end */
    const char *to;
    p_packet_t *ring;
    unsigned head, tail; /* free running */
    uint64_t bytes;
    p_usec_t late;
} p_way_t;


static p_usec_t
p_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (p_usec_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static void
p_die(const char *what)
{
    fprintf(stderr, "meet-path: %s: %s\n", what, strerror(errno));
    exit(1);
}


/* the devices get their addresses here, for probes need them */
static int
p_tun(const char *name, const char *address, const char *peer)
{
    int fd, s;
    struct ifreq ifr;
    struct sockaddr_in *sin;

    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || s == -1) {
        p_die("no device");
    }

    memset(&ifr, 0, sizeof(ifr));
    strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
    ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &ifr) == -1) {
        p_die(name);
    }

    sin = (struct sockaddr_in *) &ifr.ifr_addr;
    sin->sin_family = AF_INET;
    inet_pton(AF_INET, address, &sin->sin_addr);
    if (ioctl(s, SIOCSIFADDR, &ifr) == -1) {
        p_die(address);
    }

    inet_pton(AF_INET, peer, &sin->sin_addr);
    if (ioctl(s, SIOCSIFDSTADDR, &ifr) == -1) {
        p_die(peer);
    }

    ifr.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(s, SIOCSIFFLAGS, &ifr) == -1) {
        p_die("up");
    }

    memset(&ifr, 0, sizeof(ifr));
    strcpy(ifr.ifr_name, "lo");
    ifr.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(s, SIOCSIFFLAGS, &ifr) == -1) {
        p_die("lo");
    }

    close(s);

    return fd;
}


static int
p_probe_socket(const char *address)
{
    int s;
    struct sockaddr_in sin;

    s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(P_PORT);
    inet_pton(AF_INET, address, &sin.sin_addr);

    if (s == -1 || bind(s, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        p_die("probe");
    }

    return s;
}


static void
p_way(p_way_t *way, const char *name)
{
    way->name = name;
    way->ring = calloc(P_RING, sizeof(p_packet_t));
    if (way->ring == NULL) {
        p_die("memory");
    }
}


static void
p_probe_send(const p_way_t *way, p_usec_t now)
{
    struct sockaddr_in sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(P_PORT);
    inet_pton(AF_INET, way->to, &sin.sin_addr);

    /* one that finds the queue full is lost, as others are */
    (void) !sendto(way->probe_out, &now, sizeof(now), 0,
        (struct sockaddr *) &sin, sizeof(sin));
}


static void
p_probe_receive(p_way_t *way, p_usec_t delay, p_usec_t now)
{
    p_usec_t sent;

    while (recv(way->probe_in, &sent, sizeof(sent), 0) == sizeof(sent)) {
        printf("%s %lld %llu %lld\n", way->name,
            (long long) (now - sent - delay), (unsigned long long) way->bytes,
            (long long) way->late);
        way->late = 0;
    }

    fflush(stdout);
}


static void
p_read(p_way_t *way, p_usec_t delay, p_usec_t now)
{
    int i;
    ssize_t n;
    p_packet_t *packet;

    for (i = 0; i < P_BURST && way->head - way->tail < P_RING; i++) {
        packet = &way->ring[way->head & (P_RING - 1)];
        n = read(way->in, packet->data, P_PACKET);

        if (n <= 0) {
            return;
        }

        packet->len = (size_t) n;
        packet->due = now + delay;
        way->head++;
    }
}


static void
p_write(p_way_t *way, p_usec_t now)
{
    const p_packet_t *packet;

    while (way->head != way->tail) {
        packet = &way->ring[way->tail & (P_RING - 1)];

        if (packet->due > now) {
            return;
        }

        if (now - packet->due > way->late) {
            way->late = now - packet->due;
        }

        (void) !write(way->out, packet->data, packet->len);
        way->bytes += packet->len;
        way->tail++;
    }
}


static p_usec_t
p_due(const p_way_t *way, p_usec_t before)
{
    p_usec_t due;

    if (way->head == way->tail) {
        return before;
    }

    due = way->ring[way->tail & (P_RING - 1)].due;

    return due < before ? due : before;
}


int
main(int argc, char **argv)
{
    p_usec_t now, next, due, delay;
    p_way_t down, up;
    struct pollfd fds[5];
    struct timespec wait;
    struct sched_param param = { .sched_priority = 1 };

    if (argc != 2 || atoi(argv[1]) <= 0) {
        fputs("usage: meet-path MILLISECONDS\n", stderr);
        return 2;
    }

    delay = atoi(argv[1]) * 1000;
    memset(&down, 0, sizeof(down));
    memset(&up, 0, sizeof(up));
    p_way(&down, "down");
    p_way(&up, "up");

    up.in = down.out = p_tun("near", P_NEAR, P_FAR);
    up.probe_out = down.probe_in = p_probe_socket(P_NEAR);

    if (unshare(CLONE_NEWNET) == -1) {
        p_die("no namespace");
    }

    down.in = up.out = p_tun("far", P_FAR, P_NEAR);
    down.probe_out = up.probe_in = p_probe_socket(P_FAR);
    down.to = P_NEAR;
    up.to = P_FAR;

    /* whoever computes meanwhile does not make the way longer, if possible */
    (void) !sched_setscheduler(0, SCHED_RR, &param);

    puts("ready");
    fflush(stdout);
    next = p_now();

    for (;;) {
        now = p_now();

        if (now >= next) {
            p_probe_send(&down, now);
            p_probe_send(&up, now);
            next += P_EVERY;
        }

        due = p_due(&down, p_due(&up, next));
        due = due > now ? due - now : 0;
        wait.tv_sec = due / 1000000;
        wait.tv_nsec = due % 1000000 * 1000;

        fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = down.in, .events = POLLIN };
        fds[2] = (struct pollfd){ .fd = up.in, .events = POLLIN };
        fds[3] = (struct pollfd){ .fd = down.probe_in, .events = POLLIN };
        fds[4] = (struct pollfd){ .fd = up.probe_in, .events = POLLIN };

        if (ppoll(fds, 5, &wait, NULL) == -1 && errno != EINTR) {
            p_die("poll");
        }

        if (fds[0].revents != 0) {
            return 0;
        }

        now = p_now();
        p_read(&down, delay, now);
        p_read(&up, delay, now);
        p_write(&down, now);
        p_write(&up, now);
        p_probe_receive(&down, delay, now);
        p_probe_receive(&up, delay, now);
    }
}
