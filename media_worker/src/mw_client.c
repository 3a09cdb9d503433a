/* One nginx worker on control.sock: HELLO, CONFIGURE, its links. */

#include "mw_client.h"

#include "mw_channel.h"
#include "mw_log.h"
#include "mw_proof.h"

#include "meet_region.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MW_CLIENT_MSGS 16 /* read in one turn */


static void mw_client_fail(mw_client_t *client, uint32_t code);
static void mw_client_late(void *ctx, mw_usec_t now);
static mw_rc_t mw_client_read(void *ctx, mw_usec_t now);
static mw_rc_t mw_client_message(
    mw_client_t *client, const uint8_t *msg, mw_usec_t now);
static mw_rc_t mw_client_hello(mw_client_t *client, const uint8_t *msg);
static mw_rc_t mw_client_configure(
    mw_client_t *client, const uint8_t *msg, mw_usec_t now);


void
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


void
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
void
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

    for (n = 0; n < MW_CLIENT_MSGS; n++) {
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

    client->minor = hello.header.minor < MEET_IPC_MINOR ? hello.header.minor
                                                        : MEET_IPC_MINOR;

    /* one minor back, the proof is checked with its own number */
    meet_ctl_header(&welcome.header, MEET_CTL_WELCOME);
    welcome.header.minor = (uint16_t) client->minor;
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
mw_rc_t
mw_client_announce(mw_client_t *client, mw_child_t *child)
{
    mw_rc_t rc;
    unsigned i;
    int fds[3];
    meet_ctl_worker_t msg;

    fds[0] = meet_region_create(child->instance, client->minor);
    fds[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fds[2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    rc = MW_ERROR;

    if (fds[0] != -1 && fds[1] != -1 && fds[2] != -1) {
        mw_client_worker(&msg, child);
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
mw_rc_t
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


void
mw_client_worker(meet_ctl_worker_t *msg, const mw_child_t *child)
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
