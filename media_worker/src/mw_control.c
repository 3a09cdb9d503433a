/* control.sock: who may connect, and what all nginx workers are told. */

#include "mw_client.h"
#include "mw_log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MW_CONTROL_BACKLOG 64
#define MW_CONTROL_ACCEPTS 16 /* in one turn */
#define MW_CONTROL_GROUPS  64 /* supplementary groups looked at */


static mw_rc_t mw_control_accept(void *ctx, mw_usec_t now);
static bool mw_control_permitted(const mw_supervisor_t *supervisor, int fd);


mw_rc_t
mw_control_listen(mw_supervisor_t *supervisor)
{
    int fd;
    mode_t mask;
    struct stat st;
    struct sockaddr_un addr;

    memset(&addr, 0, sizeof(addr));
    addr.sun_family = AF_UNIX;

    if ((size_t) snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s",
            supervisor->run_dir, MEET_CTL_SOCKET)
        >= sizeof(addr.sun_path))
    {
        mw_log(MW_LOG_ERROR, "the path of the run directory is too long");
        return MW_ERROR;
    }

    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        mw_log(MW_LOG_ERROR, "socket: %s", strerror(errno));
        return MW_ERROR;
    }

    /* the directory is locked: whatever lies there is of a dead supervisor */

    (void) unlink(addr.sun_path);

    mask = umask(0117);

    if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) == -1
        || listen(fd, MW_CONTROL_BACKLOG) == -1
        || stat(addr.sun_path, &st) == -1)
    {
        mw_log(
            MW_LOG_ERROR, "cannot make %s: %s", addr.sun_path, strerror(errno));
        (void) umask(mask);
        close(fd);
        return MW_ERROR;
    }

    (void) umask(mask);

    supervisor->group = st.st_gid;

    mw_io_init(
        &supervisor->listener, MW_IO_SECOND, mw_control_accept, supervisor);

    if (mw_loop_add(supervisor->loop, &supervisor->listener, fd) != MW_OK) {
        mw_log(MW_LOG_ERROR, "epoll: %s", strerror(errno));
        close(fd);
        return MW_ERROR;
    }

    return MW_OK;
}


void
mw_control_close(mw_supervisor_t *supervisor)
{
    int fd;
    char path[PATH_MAX];

    while (supervisor->clients != NULL) {
        mw_client_close(supervisor->clients);
    }

    fd = supervisor->listener.fd;

    if (fd == -1) {
        return;
    }

    mw_loop_remove(supervisor->loop, &supervisor->listener);
    close(fd);

    if ((size_t) snprintf(
            path, sizeof(path), "%s/%s", supervisor->run_dir, MEET_CTL_SOCKET)
        < sizeof(path))
    {
        (void) unlink(path);
    }
}


void
mw_control_announce(mw_supervisor_t *supervisor, mw_child_t *child)
{
    mw_client_t *client;

    for (client = supervisor->clients; client != NULL; client = client->next) {
        if (client->state == MW_CLIENT_ATTACHED
            && mw_client_announce(client, child) != MW_OK)
        {
            mw_client_break(client);
        }
    }
}


void
mw_control_changed(mw_supervisor_t *supervisor, const mw_child_t *child)
{
    meet_ctl_worker_t msg;
    mw_client_t *client;

    mw_client_worker(&msg, child);

    for (client = supervisor->clients; client != NULL; client = client->next) {
        if (client->state == MW_CLIENT_ATTACHED
            && mw_client_send(client, &msg, NULL, 0) != MW_OK)
        {
            mw_client_break(client);
        }
    }
}


void
mw_control_gone(mw_supervisor_t *supervisor, uint64_t instance)
{
    meet_ctl_gone_t msg;
    mw_client_t *client;

    meet_ctl_header(&msg.header, MEET_CTL_GONE);
    msg.instance = instance;

    for (client = supervisor->clients; client != NULL; client = client->next) {
        if (client->state == MW_CLIENT_ATTACHED
            && mw_client_send(client, &msg, NULL, 0) != MW_OK)
        {
            mw_client_break(client);
        }
    }
}


void
mw_control_hang_up(mw_supervisor_t *supervisor, uint32_t link)
{
    mw_client_t *client;

    for (client = supervisor->clients; client != NULL; client = client->next) {
        if (client->link == link) {
            mw_log(MW_LOG_ERROR, "an nginx worker writes nonsense, hung up");
            mw_client_break(client);
            return;
        }
    }
}


static mw_rc_t
mw_control_accept(void *ctx, mw_usec_t now)
{
    int fd;
    unsigned n;
    mw_supervisor_t *supervisor = ctx;

    for (n = 0; n < MW_CONTROL_ACCEPTS; n++) {
        fd = accept4(
            supervisor->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd == -1) {
            return MW_OK;
        }

        if (supervisor->nclients == MW_CLIENTS_MAX) {
            mw_log(MW_LOG_WARN, "more than %u on the control socket, refused",
                MW_CLIENTS_MAX);
            close(fd);
            continue;
        }

        if (!mw_control_permitted(supervisor, fd)) {
            mw_log(
                MW_LOG_WARN, "a foreign user on the control socket, refused");
            close(fd);
            continue;
        }

        mw_client_open(supervisor, fd, now);
    }

    return MW_AGAIN;
}


/*
 * Who may talk to us at all, besides knowing the key: root, our own user, and
 * members of the group that the socket belongs to.
 */
static bool
mw_control_permitted(const mw_supervisor_t *supervisor, int fd)
{
    size_t i;
    socklen_t len;
    struct ucred cred;
    gid_t groups[MW_CONTROL_GROUPS];

    len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1) {
        return false;
    }

    if (cred.uid == 0 || cred.uid == geteuid() || cred.gid == supervisor->group)
    {
        return true;
    }

    len = sizeof(groups);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1) {
        return false;
    }

    for (i = 0; i < len / sizeof(gid_t); i++) {
        if (groups[i] == supervisor->group) {
            return true;
        }
    }

    return false;
}
