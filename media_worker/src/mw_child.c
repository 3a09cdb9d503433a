/* The media workers of a supervisor: start, heartbeat, restart, drain. */

#include "mw_channel.h"
#include "mw_log.h"
#include "mw_proof.h"
#include "mw_supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MW_CHILD_SILENT  (4 * MW_SEC)  /* without heartbeat until SIGKILL */
#define MW_CHILD_STARTUP (10 * MW_SEC) /* until ready */
#define MW_CHILD_SETTLED (10 * MW_SEC) /* lived that long: a fresh start */
#define MW_CHILD_BACKOFF (100 * MW_MSEC)
#define MW_CHILD_DOUBLES 7  /* up to 12.8 s */
#define MW_CHILD_MSGS    64 /* read in one turn */


static bool mw_children_same(
    const mw_supervisor_t *supervisor, const meet_ctl_configure_t *conf);
static uint32_t mw_children_count(const meet_ctl_configure_t *conf);
static uint64_t mw_children_build(const mw_supervisor_t *supervisor);
static void mw_children_watch(void *ctx, mw_usec_t now);
static void mw_seat_start(void *ctx, mw_usec_t now);
static void mw_seat_again(mw_seat_t *seat, mw_usec_t now);
static mw_child_t *mw_child_start(mw_seat_t *seat, mw_usec_t now);
static pid_t mw_child_spawn(const char *binary, int channel);
static void mw_child_exec(const char *binary, int channel);
static mw_rc_t mw_child_read(void *ctx, mw_usec_t now);
static void mw_child_message(
    mw_child_t *child, const mw_channel_msg_t *msg, mw_usec_t now);
static void mw_child_drain(mw_child_t *child);
static void mw_child_died(mw_child_t *child, int status, mw_usec_t now);


void
mw_children_configure(mw_supervisor_t *supervisor,
    const meet_ctl_configure_t *conf, mw_usec_t now)
{
    unsigned i;
    uint64_t build;
    mw_seat_t *seat;
    mw_child_t *child;

    build = mw_children_build(supervisor);

    if (supervisor->nseats > 0 && build == supervisor->build
        && mw_children_same(supervisor, conf))
    {
        supervisor->conf = *conf;

        for (child = supervisor->children; child != NULL; child = child->next) {
            mw_child_send(child, MW_CHANNEL_UPDATE, 0, 0, NULL, 0);
        }

        return;
    }

    for (i = 0; i < supervisor->nseats; i++) {
        seat = &supervisor->seats[i];

        mw_timer_cancel(mw_loop_timers(supervisor->loop), &seat->restart);

        if (seat->child != NULL) {
            mw_child_drain(seat->child);
        }
    }

    supervisor->conf = *conf;
    supervisor->build = build;
    supervisor->nseats = mw_children_count(conf);

    mw_log(MW_LOG_INFO, "%u media workers, UDP ports %u-%u", supervisor->nseats,
        conf->port_first, conf->port_last);

    for (i = 0; i < supervisor->nseats; i++) {
        seat = &supervisor->seats[i];

        memset(seat, 0, sizeof(mw_seat_t));
        mw_timer_init(&seat->restart, mw_seat_start, seat);
        seat->supervisor = supervisor;
        seat->index = i;

        mw_seat_start(seat, now);
    }

    if (!mw_timer_is_set(&supervisor->watch)) {
        mw_timer_init(&supervisor->watch, mw_children_watch, supervisor);
        mw_children_watch(supervisor, now);
    }
}


unsigned
mw_children_expected(const mw_supervisor_t *supervisor)
{
    unsigned n;
    const mw_child_t *child;

    n = supervisor->nseats;

    for (child = supervisor->children; child != NULL; child = child->next) {
        if (child->seat == NULL && child->port != 0) {
            n++;
        }
    }

    return n;
}


void
mw_children_reap(mw_supervisor_t *supervisor, mw_usec_t now)
{
    int status;
    mw_child_t *child, *next;

    for (child = supervisor->children; child != NULL; child = next) {
        next = child->next;

        if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
            mw_child_died(child, status, now);
        }
    }
}


void
mw_children_stop(mw_supervisor_t *supervisor, bool force)
{
    unsigned i;
    mw_child_t *child;

    for (i = 0; i < supervisor->nseats; i++) {
        mw_timer_cancel(
            mw_loop_timers(supervisor->loop), &supervisor->seats[i].restart);
    }

    for (child = supervisor->children; child != NULL; child = child->next) {
        if (force) {
            (void) kill(child->pid, SIGKILL);

        } else {
            mw_child_send(child, MW_CHANNEL_STOP, 0, 0, NULL, 0);
        }
    }
}


void
mw_child_link(mw_child_t *child, uint32_t link, const int fds[3])
{
    mw_child_send(child, MW_CHANNEL_LINK, link, 0, fds, 3);
}


void
mw_child_unlink(mw_child_t *child, uint32_t link)
{
    mw_child_send(child, MW_CHANNEL_UNLINK, link, 0, NULL, 0);
}


/* what an update of running workers can carry, and what needs new ones */
static bool
mw_children_same(
    const mw_supervisor_t *supervisor, const meet_ctl_configure_t *conf)
{
    const meet_ctl_configure_t *old;

    old = &supervisor->conf;

    return mw_children_count(conf) == supervisor->nseats
           && conf->port_first == old->port_first
           && conf->port_last == old->port_last && conf->listens == old->listens
           && (conf->advertises == 0) == (old->advertises == 0)
           && memcmp(conf->listen, old->listen,
                  conf->listens * sizeof(meet_ctl_address_t))
                  == 0;
}


static uint32_t
mw_children_count(const meet_ctl_configure_t *conf)
{
    int n;
    cpu_set_t cpus;

    if (conf->workers != 0) {
        return conf->workers;
    }

    n = 1;

    if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0) {
        n = CPU_COUNT(&cpus);
    }

    if (n > MEET_WORKERS_MAX) {
        n = MEET_WORKERS_MAX;
    }

    return (uint32_t) n;
}


/* a number that differs when the program file was replaced */
static uint64_t
mw_children_build(const mw_supervisor_t *supervisor)
{
    struct stat st;

    if (stat(supervisor->binary, &st) == -1) {
        return supervisor->build;
    }

    return ((uint64_t) st.st_ino * 31 + (uint64_t) st.st_dev) * 1000003
           + (uint64_t) st.st_mtim.tv_sec * 1009 + (uint64_t) st.st_mtim.tv_nsec
           + (uint64_t) st.st_size;
}


static void
mw_children_watch(void *ctx, mw_usec_t now)
{
    bool slept;
    mw_usec_t limit, since;
    mw_child_t *child;
    mw_supervisor_t *supervisor = ctx;

    /* it was us who did not run, and heartbeats may still lie unread */

    slept = now - supervisor->watched > 2 * MW_SEC;
    supervisor->watched = now;

    for (child = supervisor->children; child != NULL; child = child->next) {
        if (slept) {
            child->alive = now;
        }

        since = child->alive;
        limit = (child->port != 0) ? MW_CHILD_SILENT : MW_CHILD_STARTUP;

        if (now - since > limit) {
            mw_log(MW_LOG_ERROR, "media worker %u (pid %d) is silent, killed",
                child->index, (int) child->pid);

            (void) kill(child->pid, SIGKILL);
            child->alive = now;
        }
    }

    mw_timer_set(mw_loop_timers(supervisor->loop), &supervisor->watch,
        now + MW_HEARTBEAT / 2);
}


static void
mw_seat_start(void *ctx, mw_usec_t now)
{
    mw_seat_t *seat = ctx;

    seat->child = mw_child_start(seat, now);

    if (seat->child == NULL) {
        mw_log(MW_LOG_ERROR, "media worker %u cannot be started: %s",
            seat->index, strerror(errno));

        mw_seat_again(seat, now);
    }
}


static void
mw_seat_again(mw_seat_t *seat, mw_usec_t now)
{
    mw_usec_t wait;

    wait = MW_CHILD_BACKOFF << seat->failures;

    if (seat->failures < MW_CHILD_DOUBLES) {
        seat->failures++;
    }

    mw_timer_set(
        mw_loop_timers(seat->supervisor->loop), &seat->restart, now + wait);
}


static mw_child_t *
mw_child_start(mw_seat_t *seat, mw_usec_t now)
{
    int pair[2];
    mw_child_t *child;
    mw_supervisor_t *supervisor;

    supervisor = seat->supervisor;

    child = calloc(1, sizeof(mw_child_t));
    if (child == NULL) {
        return NULL;
    }

    if (mw_random(&child->instance, sizeof(child->instance)) != MW_OK
        || socketpair(
               AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)
               == -1)
    {
        free(child);
        return NULL;
    }

    child->supervisor = supervisor;
    child->seat = seat;
    child->index = seat->index;
    child->started = now;
    child->alive = now;

    /* FIRST: heartbeats are read before the timer that judges them */

    mw_io_init(&child->io, MW_IO_FIRST, mw_child_read, child);

    if (mw_loop_add(supervisor->loop, &child->io, pair[0]) != MW_OK) {
        goto failed;
    }

    child->pid = mw_child_spawn(supervisor->binary, pair[1]);

    if (child->pid == -1) {
        mw_loop_remove(supervisor->loop, &child->io);
        goto failed;
    }

    close(pair[1]);

    child->next = supervisor->children;
    supervisor->children = child;

    mw_child_send(child, MW_CHANNEL_START, 0, 0, NULL, 0);

    return child;

failed:

    close(pair[0]);
    close(pair[1]);
    free(child);

    return NULL;
}


static pid_t
mw_child_spawn(const char *binary, int channel)
{
    pid_t pid;

    pid = fork();

    if (pid == 0) {
        mw_child_exec(binary, channel);
        _exit(127);
    }

    return pid;
}


/* in the new process: nothing is inherited but the log and the channel */
static void
mw_child_exec(const char *binary, int channel)
{
    int null;
    sigset_t none;
    char name[] = "meet-media", role[] = "--worker";
    char *argv[] = { name, role, NULL };

    null = open("/dev/null", O_RDWR);

    if (null == -1 || dup2(null, STDIN_FILENO) == -1
        || dup2(null, STDOUT_FILENO) == -1)
    {
        return;
    }

    if (channel == MW_CHANNEL_FD) {
        if (fcntl(channel, F_SETFD, 0) == -1) {
            return;
        }

    } else if (dup2(channel, MW_CHANNEL_FD) == -1) {
        return;
    }

    if (close_range(MW_CHANNEL_FD + 1, ~0u, 0) == -1) {
        return;
    }

    /* Ctrl-C reaches the whole terminal; we tell workers ourselves */

    (void) signal(SIGINT, SIG_IGN);
    (void) sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);

    (void) execv(binary, argv);
}


static mw_rc_t
mw_child_read(void *ctx, mw_usec_t now)
{
    int fd;
    size_t len;
    mw_rc_t rc;
    unsigned i, n, nfds;
    int fds[MW_CHANNEL_FDS];
    mw_channel_msg_t msg;
    mw_child_t *child = ctx;

    for (n = 0; n < MW_CHILD_MSGS; n++) {
        rc = mw_channel_recv(child->io.fd, &msg, sizeof(msg), &len, fds, &nfds);

        if (rc == MW_AGAIN) {
            return MW_OK;
        }

        for (i = 0; rc == MW_OK && i < nfds; i++) {
            close(fds[i]);
        }

        if (rc == MW_OK && len == sizeof(msg)
            && msg.version == MW_CHANNEL_VERSION) {
            mw_child_message(child, &msg, now);
            continue;
        }

        /*
         * End of file comes with its death, SIGCHLD does the rest; one that
         * closed the channel or talks nonsense must die first.
         */

        fd = child->io.fd;
        mw_loop_remove(child->supervisor->loop, &child->io);
        close(fd);
        (void) kill(child->pid, SIGKILL);

        return MW_OK;
    }

    return MW_AGAIN;
}


static void
mw_child_message(mw_child_t *child, const mw_channel_msg_t *msg, mw_usec_t now)
{
    child->alive = now;

    if (msg->type == MW_CHANNEL_BROKEN) {
        if (!mw_pairs_break(child->supervisor, msg->link)) {
            mw_control_hang_up(child->supervisor, msg->link);
        }

        return;
    }

    if (msg->type == MW_CHANNEL_SPREAD) {
        child->spread = true;
        mw_pairs_make(child);
        return;
    }

    if (msg->type != MW_CHANNEL_READY || child->port != 0) {
        return;
    }

    child->port = (uint16_t) msg->port;

    mw_log(MW_LOG_INFO, "media worker %u (pid %d) takes UDP port %u",
        child->index, (int) child->pid, child->port);

    if (child->seat != NULL) {
        mw_control_announce(child->supervisor, child);
        mw_pairs_make(child);
    }
}


void
mw_child_send(mw_child_t *child, uint32_t type, uint32_t link, uint32_t side,
    const int *fds, unsigned nfds)
{
    mw_channel_msg_t msg;

    if (child->io.fd == -1) {
        return;
    }

    memset(&msg, 0, sizeof(msg));

    msg.version = MW_CHANNEL_VERSION;
    msg.type = type;
    msg.instance = child->instance;
    msg.index = child->index;
    msg.link = link;
    msg.side = side;
    msg.conf = child->supervisor->conf;

    if (mw_channel_send(child->io.fd, &msg, sizeof(msg), fds, nfds) != MW_OK) {

        /* it has not read for a long time, or is gone already */

        (void) kill(child->pid, SIGKILL);
    }
}


static void
mw_child_drain(mw_child_t *child)
{
    child->seat->child = NULL;
    child->seat = NULL;

    mw_child_send(child, MW_CHANNEL_DRAIN, 0, 0, NULL, 0);

    if (child->port != 0) {
        mw_control_changed(child->supervisor, child);
    }
}


static void
mw_child_died(mw_child_t *child, int status, mw_usec_t now)
{
    int fd;
    bool expected;
    mw_child_t **p;
    mw_seat_t *seat;
    mw_supervisor_t *supervisor;

    supervisor = child->supervisor;
    seat = child->seat;
    expected = seat == NULL || supervisor->stopping;

    if (WIFSIGNALED(status)) {
        mw_log(expected ? MW_LOG_INFO : MW_LOG_ERROR,
            "media worker %u (pid %d) died of signal %d", child->index,
            (int) child->pid, WTERMSIG(status));

    } else {
        mw_log(expected ? MW_LOG_INFO : MW_LOG_ERROR,
            "media worker %u (pid %d) left with status %d", child->index,
            (int) child->pid, WEXITSTATUS(status));
    }

    for (p = &supervisor->children; *p != child; p = &(*p)->next) {
        /* void */
    }

    *p = child->next;
    mw_pairs_end(child);

    fd = child->io.fd;

    if (fd != -1) {
        mw_loop_remove(supervisor->loop, &child->io);
        close(fd);
    }

    if (child->port != 0) {
        mw_control_gone(supervisor, child->instance);
    }

    if (seat != NULL) {
        seat->child = NULL;

        if (now - child->started > MW_CHILD_SETTLED) {
            seat->failures = 0;
        }

        if (!supervisor->stopping) {
            mw_seat_again(seat, now);
        }
    }

    free(child);

    if (supervisor->stopping && supervisor->children == NULL) {
        mw_loop_stop(supervisor->loop);
    }
}
