/* nginx workers on control.sock; see meet_ctl.h for the conversation. */

#include "mw_channel.h"
#include "mw_log.h"
#include "mw_proof.h"
#include "mw_supervisor.h"

#include "meet_region.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MW_CONTROL_BACKLOG 64
#define MW_CONTROL_ACCEPTS 16 /* in one turn */
#define MW_CONTROL_MSGS    16
#define MW_CONTROL_GROUPS  64 /* supplementary groups looked at */


typedef enum {
    MW_CLIENT_HELLO = 0, /* has a challenge, owes HELLO */
    MW_CLIENT_KNOWN,     /* has shown the key */
    MW_CLIENT_ATTACHED   /* has configured us, hears of workers */
} mw_client_state_t;

struct mw_client_s {
    mw_client_t *next;
    mw_client_t **where;
    mw_supervisor_t *supervisor;
    mw_client_state_t state;
    uint32_t link;
    bool broken; /* to be closed when its turn comes */
    mw_io_t io;
    mw_timer_t timer;
    uint8_t nonce[MEET_KEY_LEN];
};


static mw_rc_t mw_control_accept(void *ctx, mw_usec_t now);
static bool mw_control_permitted(const mw_supervisor_t *supervisor, int fd);
static void mw_client_open(mw_supervisor_t *supervisor, int fd, mw_usec_t now);
static void mw_client_close(mw_client_t *client);
static void mw_client_break(mw_client_t *client);
static void mw_client_fail(mw_client_t *client, uint32_t code);
static void mw_client_late(void *ctx, mw_usec_t now);
static mw_rc_t mw_client_read(void *ctx, mw_usec_t now);
static mw_rc_t mw_client_message(
    mw_client_t *client, const uint8_t *msg, mw_usec_t now);
static mw_rc_t mw_client_hello(mw_client_t *client, const uint8_t *msg);
static mw_rc_t mw_client_configure(
    mw_client_t *client, const uint8_t *msg, mw_usec_t now);
static mw_rc_t mw_client_announce(mw_client_t *client, mw_child_t *child);
static mw_rc_t mw_client_send(
    mw_client_t *client, const void *msg, const int *fds, unsigned nfds);
static void mw_control_worker(meet_ctl_worker_t *msg, const mw_child_t *child);


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

    mw_control_worker(&msg, child);

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


static void
mw_client_open(mw_supervisor_t *supervisor, int fd, mw_usec_t now)
{
    mw_client_t *client;
    meet_ctl_challenge_t msg;

    client = calloc(1, sizeof(mw_client_t));
    if (client == NULL) {
        close(fd);
        return;
    }

    client->supervisor = supervisor;
    client->link = ++supervisor->links;
    mw_io_init(&client->io, MW_IO_SECOND, mw_client_read, client);
    mw_timer_init(&client->timer, mw_client_late, client);

    if (mw_random(client->nonce, sizeof(client->nonce)) != MW_OK
        || mw_loop_add(supervisor->loop, &client->io, fd) != MW_OK)
    {
        close(fd);
        free(client);
        return;
    }

    client->next = supervisor->clients;
    client->where = &supervisor->clients;

    if (client->next != NULL) {
        client->next->where = &client->next;
    }

    supervisor->clients = client;
    supervisor->nclients++;

    mw_timer_set(mw_loop_timers(supervisor->loop), &client->timer,
        now + MEET_CTL_HELLO_MS * MW_MSEC);

    meet_ctl_header(&msg.header, MEET_CTL_CHALLENGE);
    memcpy(msg.nonce, client->nonce, sizeof(msg.nonce));

    if (mw_client_send(client, &msg, NULL, 0) != MW_OK) {
        mw_client_close(client);
    }
}


static void
mw_client_close(mw_client_t *client)
{
    int fd;
    mw_child_t *child;
    mw_supervisor_t *supervisor;

    supervisor = client->supervisor;

    if (client->state == MW_CLIENT_ATTACHED) {
        for (child = supervisor->children; child != NULL; child = child->next) {
            mw_child_unlink(child, client->link);
        }
    }

    *client->where = client->next;

    if (client->next != NULL) {
        client->next->where = client->where;
    }

    supervisor->nclients--;

    fd = client->io.fd;

    mw_timer_cancel(mw_loop_timers(supervisor->loop), &client->timer);
    mw_loop_remove(supervisor->loop, &client->io);
    close(fd);
    free(client);
}


/* for those who do not know who is in the middle of using the client */
static void
mw_client_break(mw_client_t *client)
{
    client->broken = true;
    mw_loop_post(client->supervisor->loop, &client->io);
}


static void
mw_client_fail(mw_client_t *client, uint32_t code)
{
    meet_ctl_error_t msg;

    mw_log(MW_LOG_WARN, "closing a control connection: %s",
        code == MEET_E_PROOF     ? "it does not know the instance key"
        : code == MEET_E_VERSION ? "it speaks another version"
        : code == MEET_E_TIMEOUT ? "no HELLO in time"
                                 : "malformed or unexpected message");

    memset(&msg, 0, sizeof(msg));
    meet_ctl_header(&msg.header, MEET_CTL_ERROR);
    msg.code = code;

    (void) mw_client_send(client, &msg, NULL, 0);

    mw_client_close(client);
}


static void
mw_client_late(void *ctx, mw_usec_t now)
{
    (void) now;

    mw_client_fail(ctx, MEET_E_TIMEOUT);
}


static mw_rc_t
mw_client_read(void *ctx, mw_usec_t now)
{
    size_t len;
    mw_rc_t rc;
    uint32_t code;
    unsigned i, n, nfds;
    int fds[MW_CHANNEL_FDS];
    uint8_t msg[MEET_CTL_MAX];
    mw_client_t *client = ctx;

    if (client->broken) {
        mw_client_close(client);
        return MW_OK;
    }

    for (n = 0; n < MW_CONTROL_MSGS; n++) {
        rc = mw_channel_recv(client->io.fd, msg, sizeof(msg), &len, fds, &nfds);

        if (rc == MW_AGAIN) {
            return MW_OK;
        }

        if (rc == MW_ERROR) {
            mw_client_close(client);
            return MW_OK;
        }

        for (i = 0; i < nfds; i++) {
            close(fds[i]);
        }

        code = (rc == MW_OK) ? meet_ctl_check(msg, len) : MEET_E_BAD_RECORD;

        if (code != MEET_OK) {
            mw_client_fail(client, code);
            return MW_OK;
        }

        if (mw_client_message(client, msg, now) != MW_OK) {
            return MW_OK;
        }
    }

    return MW_AGAIN;
}


/* anything but MW_OK: the client is gone */
static mw_rc_t
mw_client_message(mw_client_t *client, const uint8_t *msg, mw_usec_t now)
{
    meet_ctl_header_t header;

    memcpy(&header, msg, sizeof(header));

    if (header.type == MEET_CTL_HELLO && client->state == MW_CLIENT_HELLO) {
        return mw_client_hello(client, msg);
    }

    if (header.type == MEET_CTL_CONFIGURE && client->state != MW_CLIENT_HELLO) {
        return mw_client_configure(client, msg, now);
    }

    mw_client_fail(client, MEET_E_BAD_RECORD);

    return MW_DROP;
}


static mw_rc_t
mw_client_hello(mw_client_t *client, const uint8_t *msg)
{
    mw_supervisor_t *supervisor;
    meet_ctl_hello_t hello;
    meet_ctl_welcome_t welcome;

    supervisor = client->supervisor;
    memcpy(&hello, msg, sizeof(hello));

    if (mw_proof_check(hello.proof, supervisor->key, MEET_PROOF_NGINX,
            client->nonce, &hello.header, hello.role)
        != MW_OK)
    {
        mw_client_fail(client, MEET_E_PROOF);
        return MW_DROP;
    }

    if (hello.role != MEET_ROLE_NGINX) {
        mw_client_fail(client, MEET_E_FORBIDDEN);
        return MW_DROP;
    }

    meet_ctl_header(&welcome.header, MEET_CTL_WELCOME);
    welcome.supervisor = supervisor->id;

    if (mw_proof_make(welcome.proof, supervisor->key, MEET_PROOF_MEDIA,
            hello.nonce, &welcome.header, hello.role)
            != MW_OK
        || mw_client_send(client, &welcome, NULL, 0) != MW_OK)
    {
        mw_client_close(client);
        return MW_DROP;
    }

    client->state = MW_CLIENT_KNOWN;
    mw_timer_cancel(mw_loop_timers(supervisor->loop), &client->timer);

    return MW_OK;
}


static mw_rc_t
mw_client_configure(mw_client_t *client, const uint8_t *msg, mw_usec_t now)
{
    bool attach;
    uint32_t ports;
    mw_child_t *child;
    mw_supervisor_t *supervisor;
    meet_ctl_configure_t conf;
    meet_ctl_configured_t reply;

    supervisor = client->supervisor;
    memcpy(&conf, msg, sizeof(conf));

    memset(&reply, 0, sizeof(reply));
    meet_ctl_header(&reply.header, MEET_CTL_CONFIGURED);
    reply.status = MEET_OK;

    ports = (uint32_t) conf.port_last - conf.port_first + 1;

    if (conf.generation > supervisor->conf.generation) {
        if (ports < 2 * conf.workers) {

            /* old and new workers stand side by side for a while */

            mw_log(MW_LOG_ERROR, "%u media workers need %u UDP ports, not %u",
                conf.workers, 2 * conf.workers, ports);
            reply.status = MEET_E_LIMIT;

        } else {
            mw_children_configure(supervisor, &conf, now);
        }
    }

    attach =
        client->state == MW_CLIENT_KNOWN && supervisor->conf.generation != 0;

    reply.generation = supervisor->conf.generation;
    reply.workers = attach ? mw_children_expected(supervisor) : 0;

    if (mw_client_send(client, &reply, NULL, 0) != MW_OK) {
        mw_client_close(client);
        return MW_DROP;
    }

    if (!attach) {
        return MW_OK;
    }

    client->state = MW_CLIENT_ATTACHED;

    for (child = supervisor->children; child != NULL; child = child->next) {
        if (child->port == 0) {
            continue;
        }

        if (mw_client_announce(client, child) != MW_OK) {
            mw_client_close(client);
            return MW_DROP;
        }
    }

    return MW_OK;
}


/*
 * A region between the two of them; we keep nothing of it.  MW_ERROR: the
 * client cannot be served.
 */
static mw_rc_t
mw_client_announce(mw_client_t *client, mw_child_t *child)
{
    mw_rc_t rc;
    unsigned i;
    int fds[3];
    meet_ctl_worker_t msg;

    fds[0] = meet_region_create(child->instance);
    fds[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fds[2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    rc = MW_ERROR;

    if (fds[0] != -1 && fds[1] != -1 && fds[2] != -1) {
        mw_control_worker(&msg, child);
        msg.region = MEET_REGION_SIZE;

        mw_child_link(child, client->link, fds);
        rc = mw_client_send(client, &msg, fds, 3);

    } else {
        mw_log(
            MW_LOG_ERROR, "no shared memory for a link: %s", strerror(errno));
    }

    for (i = 0; i < 3; i++) {
        if (fds[i] != -1) {
            close(fds[i]);
        }
    }

    return rc;
}


/* one that does not read what it is sent is not waited for */
static mw_rc_t
mw_client_send(
    mw_client_t *client, const void *msg, const int *fds, unsigned nfds)
{
    meet_ctl_header_t header;

    memcpy(&header, msg, sizeof(header));

    if (mw_channel_send(client->io.fd, msg, header.length, fds, nfds) != MW_OK)
    {
        return MW_ERROR;
    }

    return MW_OK;
}


static void
mw_control_worker(meet_ctl_worker_t *msg, const mw_child_t *child)
{
    memset(msg, 0, sizeof(meet_ctl_worker_t));
    meet_ctl_header(&msg->header, MEET_CTL_WORKER);

    msg->instance = child->instance;
    msg->index = child->index;
    msg->pid = (uint32_t) child->pid;
    msg->state =
        (child->seat != NULL) ? MEET_WORKER_ACTIVE : MEET_WORKER_DRAINING;
    msg->port = child->port;
}
