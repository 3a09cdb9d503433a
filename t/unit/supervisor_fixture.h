/*
 * A supervisor and its workers as real processes, and the other side of
 * control.sock.
 */

#ifndef SUPERVISOR_FIXTURE_H
#define SUPERVISOR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mw_channel.h"
#include "mw_loop.h"
#include "mw_proof.h"
#include "mw_supervisor.h"
#include "mw_worker.h"

#include "meet_region.h"

#define WAIT_MS 8000

static char dir[] = "/tmp/meet-supervisor-XXXXXX";
static pid_t supervisor;
static pid_t second; /* should not run for long */
static uint64_t generation;
static uint16_t port_first;
static uint8_t key[MEET_KEY_LEN] = "the key of this test, 32 bytes.";


/* what a test keeps of a message */
typedef struct {
    union {
        meet_ctl_header_t header;
        meet_ctl_challenge_t challenge;
        meet_ctl_welcome_t welcome;
        meet_ctl_configured_t configured;
        meet_ctl_worker_t worker;
        meet_ctl_gone_t gone;
        meet_ctl_error_t error;
        uint8_t bytes[MEET_CTL_MAX];
    } u;
    int fds[MW_CHANNEL_FDS];
    unsigned nfds;
} msg_t;


static pid_t
start(const char *run_dir, bool quiet)
{
    pid_t pid;
    mw_supervisor_conf_t conf;

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        if (quiet) {
            (void) freopen("/dev/null", "w", stderr);
        }

        memset(&conf, 0, sizeof(conf));
        conf.run_dir = run_dir;
        memcpy(conf.key, key, sizeof(key));
        _exit(mw_supervisor_run(&conf));
    }

    return pid;
}


/* the exit status, or -1 when it did not leave in time */
static inline int
leave(pid_t pid)
{
    int status, ms;

    for (ms = 0; ms < WAIT_MS; ms += 10) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        }

        (void) poll(NULL, 0, 10);
    }

    return -1;
}


static inline int
dial(void)
{
    int fd, ms;
    struct sockaddr_un addr;

    memset(&addr, 0, sizeof(addr));
    addr.sun_family = AF_UNIX;
    (void) snprintf(
        addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, MEET_CTL_SOCKET);

    for (ms = 0; ms < WAIT_MS; ms += 10) {
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *) &addr, sizeof(addr)) == 0) {
            return fd;
        }

        close(fd);
        (void) poll(NULL, 0, 10);
    }

    fail_msg("no control socket");
    return -1;
}


/* false: end of file */
static inline bool
next(int fd, msg_t *msg)
{
    size_t len;
    mw_rc_t rc;
    struct pollfd pfd;

    pfd.fd = fd;
    pfd.events = POLLIN;

    if (poll(&pfd, 1, WAIT_MS) != 1) {
        fail_msg("no message in time");
    }

    rc = mw_channel_recv(
        fd, msg->u.bytes, sizeof(msg->u.bytes), &len, msg->fds, &msg->nfds);

    if (rc == MW_ERROR) {
        return false;
    }

    assert_int_equal(rc, MW_OK);
    assert_int_equal(meet_ctl_check(msg->u.bytes, len), MEET_OK);

    return true;
}


static inline void
expect(int fd, msg_t *msg, unsigned type)
{
    assert_true(next(fd, msg));
    assert_int_equal(msg->u.header.type, type);
}


static inline void
drop_fds(msg_t *msg)
{
    unsigned i;

    for (i = 0; i < msg->nfds; i++) {
        close(msg->fds[i]);
    }
}


static uint16_t minor = MEET_IPC_MINOR; /* of the contract we speak */


static inline void
say_hello(int fd, const meet_ctl_challenge_t *challenge, const uint8_t *with,
    uint32_t role, uint8_t nonce[MEET_KEY_LEN])
{
    meet_ctl_hello_t hello;

    memset(&hello, 0, sizeof(hello));
    meet_ctl_header(&hello.header, MEET_CTL_HELLO);

    hello.header.minor = minor;
    hello.role = role;
    hello.pid = (uint32_t) getpid();
    assert_int_equal(mw_random(nonce, MEET_KEY_LEN), MW_OK);
    memcpy(hello.nonce, nonce, MEET_KEY_LEN);
    assert_int_equal(mw_proof_make(hello.proof, with, MEET_PROOF_NGINX,
                         challenge->nonce, &hello.header, role),
        MW_OK);

    assert_int_equal(
        send(fd, &hello, sizeof(hello), MSG_NOSIGNAL), (ssize_t) sizeof(hello));
}


static inline int
attach(void)
{
    int fd;
    msg_t msg;
    uint8_t nonce[MEET_KEY_LEN];

    fd = dial();
    expect(fd, &msg, MEET_CTL_CHALLENGE);
    say_hello(fd, &msg.u.challenge, key, MEET_ROLE_NGINX, nonce);

    expect(fd, &msg, MEET_CTL_WELCOME);
    assert_int_equal(msg.u.welcome.header.minor, minor);
    assert_int_equal(mw_proof_check(msg.u.welcome.proof, key, MEET_PROOF_MEDIA,
                         nonce, &msg.u.welcome.header, MEET_ROLE_NGINX),
        MW_OK);

    return fd;
}


static inline void
configure(int fd, uint64_t gen, uint32_t workers, msg_t *msg)
{
    meet_ctl_configure_t conf;

    memset(&conf, 0, sizeof(conf));
    meet_ctl_header(&conf.header, MEET_CTL_CONFIGURE);

    conf.generation = gen;
    conf.workers = workers;
    conf.port_first = port_first;
    conf.port_last = (uint16_t) (port_first + 19);
    conf.rooms = 10;
    conf.participants = 10;
    conf.absence_ms = 60000;
    conf.settle_ms = 3000;
    conf.token_s = 3600;
    conf.loudest = 3;
    conf.listens = 1;
    conf.listen[0].ip[10] = 0xff;
    conf.listen[0].ip[11] = 0xff;
    conf.listen[0].ip[12] = 127;
    conf.listen[0].ip[15] = 1;

    assert_int_equal(
        send(fd, &conf, sizeof(conf), MSG_NOSIGNAL), (ssize_t) sizeof(conf));

    /* what changed because of it may be told first */

    for (;;) {
        assert_true(next(fd, msg));

        if (msg->u.header.type == MEET_CTL_CONFIGURED) {
            return;
        }

        assert_int_equal(msg->u.header.type, MEET_CTL_WORKER);
        drop_fds(msg);
    }
}


/* attached, with one active worker */
static inline int
attach_one(meet_ctl_worker_t *worker)
{
    int fd;
    msg_t msg;

    fd = attach();
    configure(fd, ++generation, 1, &msg);
    assert_int_equal(msg.u.configured.status, MEET_OK);

    do {
        expect(fd, &msg, MEET_CTL_WORKER);
        drop_fds(&msg);
    } while (msg.u.worker.state != MEET_WORKER_ACTIVE || msg.nfds != 3);

    *worker = msg.u.worker;

    return fd;
}


static inline bool
alive(uint32_t pid)
{
    return kill((pid_t) pid, 0) == 0;
}


/* a range of 20 free UDP ports, found by chance and kept by nobody */
static inline uint16_t
free_ports(void)
{
    int fd, i;
    uint16_t port;
    struct sockaddr_in addr;

    for (;;) {
        assert_int_equal(mw_random(&port, sizeof(port)), MW_OK);
        port = (uint16_t) (20000 + port % 20000);

        for (i = 0; i < 20; i++) {
            memset(&addr, 0, sizeof(addr));
            addr.sin_family = AF_INET;
            addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            addr.sin_port = htons((uint16_t) (port + i));

            fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

            if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) == -1) {
                close(fd);
                break;
            }

            close(fd);
        }

        if (i == 20) {
            return port;
        }
    }
}


#endif /* SUPERVISOR_FIXTURE_H */
