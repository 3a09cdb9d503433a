/* The supervisor's own life: run directory, signals, start and stop. */

#include "mw_supervisor.h"

#include "mw_limits.h"
#include "mw_log.h"
#include "mw_proof.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>


static mw_rc_t mw_supervisor_init(
    mw_supervisor_t *supervisor, mw_supervisor_conf_t *conf);
static mw_rc_t mw_supervisor_lock(
    mw_supervisor_t *supervisor, const char *user);
static mw_rc_t mw_supervisor_become(int dir, const char *user);
static mw_rc_t mw_supervisor_signals(mw_supervisor_t *supervisor);
static mw_rc_t mw_supervisor_signal(void *ctx, mw_usec_t now);
static void mw_supervisor_stop(mw_supervisor_t *supervisor, mw_usec_t now);
static void mw_supervisor_kill(void *ctx, mw_usec_t now);


int
mw_supervisor_run(mw_supervisor_conf_t *conf)
{
    int status;
    mw_supervisor_t *supervisor;

    mw_log_name("supervisor");

    supervisor = calloc(1, sizeof(mw_supervisor_t));
    if (supervisor == NULL) {
        return 1;
    }

    status = 1;

    if (mw_supervisor_init(supervisor, conf) == MW_OK) {
        mw_log(MW_LOG_INFO, "ready in %s", conf->run_dir);

        if (mw_loop_run(supervisor->loop) == MW_OK) {
            status = 0;

        } else {
            mw_log(MW_LOG_ERROR, "epoll: %s", strerror(errno));
        }
    }

    mw_control_close(supervisor);

    if (supervisor->signals.fd != -1) {
        close(supervisor->signals.fd);
    }

    if (supervisor->lock != -1) {
        close(supervisor->lock);
    }

    mw_loop_destroy(supervisor->loop);
    mw_wipe(supervisor->key, sizeof(supervisor->key));
    free(supervisor);

    return status;
}


static mw_rc_t
mw_supervisor_init(mw_supervisor_t *supervisor, mw_supervisor_conf_t *conf)
{
    ssize_t n;

    supervisor->run_dir = conf->run_dir;
    supervisor->lock = -1;
    supervisor->listener.fd = -1;
    supervisor->signals.fd = -1;

    memcpy(supervisor->key, conf->key, sizeof(supervisor->key));
    mw_wipe(conf->key, sizeof(conf->key));

    n = readlink(
        "/proc/self/exe", supervisor->binary, sizeof(supervisor->binary) - 1);

    if (n <= 0) {
        mw_log(MW_LOG_ERROR, "/proc/self/exe: %s", strerror(errno));
        return MW_ERROR;
    }

    if (mw_random(&supervisor->id, sizeof(supervisor->id)) != MW_OK) {
        mw_log(MW_LOG_ERROR, "no randomness");
        return MW_ERROR;
    }

    if (mw_supervisor_lock(supervisor, conf->user) != MW_OK) {
        return MW_ERROR;
    }

    mw_limits_apply();

    supervisor->loop = mw_loop_create();

    if (supervisor->loop == NULL) {
        mw_log(MW_LOG_ERROR, "epoll: %s", strerror(errno));
        return MW_ERROR;
    }

    mw_timer_init(&supervisor->stop, mw_supervisor_kill, supervisor);

    if (mw_supervisor_signals(supervisor) != MW_OK) {
        mw_log(MW_LOG_ERROR, "signalfd: %s", strerror(errno));
        return MW_ERROR;
    }

    return mw_control_listen(supervisor);
}


/* one supervisor a run directory; the lock ends with the process */
static mw_rc_t
mw_supervisor_lock(mw_supervisor_t *supervisor, const char *user)
{
    if (mkdir(supervisor->run_dir, 0755) == -1 && errno != EEXIST) {
        mw_log(MW_LOG_ERROR, "cannot make %s: %s", supervisor->run_dir,
            strerror(errno));
        return MW_ERROR;
    }

    supervisor->lock =
        open(supervisor->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (supervisor->lock == -1) {
        mw_log(MW_LOG_ERROR, "cannot open %s: %s", supervisor->run_dir,
            strerror(errno));
        return MW_ERROR;
    }

    if (flock(supervisor->lock, LOCK_EX | LOCK_NB) == -1) {
        mw_log(MW_LOG_ERROR, "%s: %s", supervisor->run_dir,
            errno == EWOULDBLOCK ? "another meet-media runs here"
                                 : strerror(errno));
        return MW_ERROR;
    }

    if (user == NULL) {
        return MW_OK;
    }

    return mw_supervisor_become(supervisor->lock, user);
}


static mw_rc_t
mw_supervisor_become(int dir, const char *user)
{
    struct passwd *pw;

    pw = getpwnam(user);

    if (pw == NULL) {
        mw_log(MW_LOG_ERROR, "no such user: %s", user);
        return MW_ERROR;
    }

    if (fchown(dir, pw->pw_uid, pw->pw_gid) == -1
        || initgroups(user, pw->pw_gid) == -1 || setgid(pw->pw_gid) == -1
        || setuid(pw->pw_uid) == -1)
    {
        mw_log(
            MW_LOG_ERROR, "cannot become user %s: %s", user, strerror(errno));
        return MW_ERROR;
    }

    return MW_OK;
}


static mw_rc_t
mw_supervisor_signals(mw_supervisor_t *supervisor)
{
    int fd;
    sigset_t set;

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTERM);
    (void) sigaddset(&set, SIGINT);
    (void) sigaddset(&set, SIGCHLD);

    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) {
        return MW_ERROR;
    }

    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd == -1) {
        return MW_ERROR;
    }

    mw_io_init(
        &supervisor->signals, MW_IO_SECOND, mw_supervisor_signal, supervisor);

    if (mw_loop_add(supervisor->loop, &supervisor->signals, fd) != MW_OK) {
        close(fd);
        return MW_ERROR;
    }

    return MW_OK;
}


static mw_rc_t
mw_supervisor_signal(void *ctx, mw_usec_t now)
{
    struct signalfd_siginfo info;
    mw_supervisor_t *supervisor = ctx;

    while (read(supervisor->signals.fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            mw_children_reap(supervisor, now);

        } else {
            mw_supervisor_stop(supervisor, now);
        }
    }

    return MW_OK;
}


static void
mw_supervisor_stop(mw_supervisor_t *supervisor, mw_usec_t now)
{
    if (supervisor->stopping) {
        mw_children_stop(supervisor, true);
        return;
    }

    supervisor->stopping = true;

    mw_log(MW_LOG_INFO, "stopping");

    mw_control_close(supervisor);
    mw_children_stop(supervisor, false);

    mw_timer_set(mw_loop_timers(supervisor->loop), &supervisor->stop,
        now + MW_STOP_WAIT);

    if (supervisor->children == NULL) {
        mw_loop_stop(supervisor->loop);
    }
}


static void
mw_supervisor_kill(void *ctx, mw_usec_t now)
{
    (void) now;

    mw_children_stop(ctx, true);
}
