#include "ngx_http_meet_link_private.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "ngx_http_meet.h"


#define NGX_HTTP_MEET_CTL_TURN      32   /* messages before others may */
#define NGX_HTTP_MEET_CTL_PAUSE_MIN 100  /* ms until the next attempt */
#define NGX_HTTP_MEET_CTL_PAUSE_MAX 1000 /* doubled up to this */
#define NGX_HTTP_MEET_CTL_STABLE    5000 /* ms after which a link was good */
#define NGX_HTTP_MEET_CTL_REPEAT    60   /* s until a complaint is repeated */

/* what CONFIGURE says and no directive does */
#define NGX_HTTP_MEET_CTL_SETTLE  3000 /* ms after a room is re-registered */
#define NGX_HTTP_MEET_CTL_LOUDEST 6    /* forwarded microphones of a room */


typedef enum {
    NGX_HTTP_MEET_CTL_IDLE = 0, /* pausing before the next attempt */
    NGX_HTTP_MEET_CTL_CHALLENGED,
    NGX_HTTP_MEET_CTL_GREETED,
    NGX_HTTP_MEET_CTL_CONFIGURING,
    NGX_HTTP_MEET_CTL_ATTACHED
} ngx_http_meet_ctl_state_t;


static void ngx_http_meet_ctl_connect(void);
static void ngx_http_meet_ctl_read(ngx_event_t *rev);
static void ngx_http_meet_ctl_timer(ngx_event_t *ev);


/* what each state waits for: shown by /healthz */
static const char *const ngx_http_meet_ctl_reasons[] = {
    [NGX_HTTP_MEET_CTL_IDLE] = "meet-media cannot be reached",
    [NGX_HTTP_MEET_CTL_CHALLENGED] = "meet-media does not answer",
    [NGX_HTTP_MEET_CTL_GREETED] = "meet-media does not answer",
    [NGX_HTTP_MEET_CTL_CONFIGURING] = "meet-media does not answer",
    [NGX_HTTP_MEET_CTL_ATTACHED] = "media workers are being started",
};

static struct {
    ngx_http_meet_ctl_state_t state;
    ngx_connection_t *c;
    ngx_event_t timer; /* pause, or time-out of the greeting */
    ngx_msec_t pause;
    ngx_msec_t since;  /* attached */
    uint32_t expected; /* media workers still to come */
    ngx_uint_t minor;  /* of the contract, as meet-media speaks it */
    u_char nonce[MEET_KEY_LEN];
    const char *complaint; /* logged last */
    time_t complained;
} ngx_http_meet_ctl;


/* the same complaint of every attempt would fill the log */
static void
ngx_http_meet_ctl_complain(ngx_uint_t level, ngx_err_t err, const char *text)
{
    ngx_http_meet_main_conf_t *mcf;

    if (ngx_http_meet_ctl.complaint == text
        && ngx_time() - ngx_http_meet_ctl.complained < NGX_HTTP_MEET_CTL_REPEAT)
    {
        return;
    }

    ngx_http_meet_ctl.complaint = text;
    ngx_http_meet_ctl.complained = ngx_time();

    mcf = ngx_http_meet_main_conf();

    ngx_log_error(level, ngx_cycle->log, err, "meet: \"%V/%s\": %s", &mcf->run,
        MEET_CTL_SOCKET, text);
}


ngx_int_t
ngx_http_meet_link_ctl_start(ngx_cycle_t *cycle)
{
    ngx_http_meet_main_conf_t *mcf;
    struct sockaddr_un *un;

    mcf = ngx_http_meet_main_conf();

    ngx_http_meet_link_event(&ngx_http_meet_ctl.timer, ngx_http_meet_ctl_timer);

    ngx_http_meet_ctl.timer.cancelable = 1;
    ngx_http_meet_ctl.pause = NGX_HTTP_MEET_CTL_PAUSE_MIN;

    if (mcf->run.len + sizeof("/" MEET_CTL_SOCKET) > sizeof(un->sun_path)) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
            "meet: the path of \"meet_run\" is too long for a socket");
        return NGX_OK;
    }

    ngx_http_meet_ctl_connect();

    return NGX_OK;
}


void
ngx_http_meet_link_ctl_stop(ngx_uint_t again)
{
    if (ngx_http_meet_ctl.c != NULL) {
        ngx_close_connection(ngx_http_meet_ctl.c);
        ngx_http_meet_ctl.c = NULL;
    }

    if (ngx_http_meet_ctl.state == NGX_HTTP_MEET_CTL_ATTACHED
        && ngx_current_msec - ngx_http_meet_ctl.since
               >= NGX_HTTP_MEET_CTL_STABLE)
    {
        ngx_http_meet_ctl.pause = NGX_HTTP_MEET_CTL_PAUSE_MIN;
    }

    ngx_http_meet_ctl.state = NGX_HTTP_MEET_CTL_IDLE;
    ngx_http_meet_ctl.expected = 0;

    if (ngx_http_meet_ctl.timer.timer_set) {
        ngx_del_timer(&ngx_http_meet_ctl.timer);
    }

    if (again) {
        ngx_add_timer(&ngx_http_meet_ctl.timer, ngx_http_meet_ctl.pause);

        ngx_http_meet_ctl.pause =
            ngx_min(ngx_http_meet_ctl.pause * 2, NGX_HTTP_MEET_CTL_PAUSE_MAX);
    }
}


ngx_uint_t
ngx_http_meet_link_ctl_ready(const char **reason)
{
    *reason = ngx_http_meet_ctl_reasons[ngx_http_meet_ctl.state];

    return ngx_http_meet_ctl.state == NGX_HTTP_MEET_CTL_ATTACHED
           && ngx_http_meet_ctl.expected == 0;
}


/* a socket of this kind connects at once or not at all, whoever is stopped */
static void
ngx_http_meet_ctl_connect(void)
{
    int fd;
    ngx_err_t err;
    ngx_connection_t *c;
    struct sockaddr_un un;
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_meet_main_conf();

    ngx_memzero(&un, sizeof(un));
    un.sun_family = AF_UNIX;
    (void) ngx_snprintf((u_char *) un.sun_path, sizeof(un.sun_path) - 1,
        "%V/%s", &mcf->run, MEET_CTL_SOCKET);

    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        ngx_http_meet_ctl_complain(NGX_LOG_ALERT, ngx_errno, "no socket");
        ngx_http_meet_link_ctl_stop(1);
        return;
    }

    if (connect(fd, (struct sockaddr *) &un, sizeof(un)) == -1) {
        err = ngx_errno;
        (void) close(fd);

        ngx_http_meet_ctl_complain(NGX_LOG_ERR, err,
            err == NGX_EACCES ? "no access: put the user of the nginx workers "
                                "into the group of this socket"
                              : "meet-media is not there: start it, or correct "
                                "\"meet_run\"; trying again");

        ngx_http_meet_link_ctl_stop(1);
        return;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        (void) close(fd);
        ngx_http_meet_link_ctl_stop(1);
        return;
    }

    /* part of the process, not an open request: no alert when it exits */

    c->read->channel = 1;
    c->write->channel = 1;

    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_meet_ctl_read;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        (void) close(fd);
        ngx_http_meet_link_ctl_stop(1);
        return;
    }

    ngx_http_meet_ctl.c = c;
    ngx_http_meet_ctl.state = NGX_HTTP_MEET_CTL_CHALLENGED;
    ngx_add_timer(&ngx_http_meet_ctl.timer, MEET_CTL_HELLO_MS);
}


static void
ngx_http_meet_ctl_timer(ngx_event_t *ev)
{
    (void) ev;

    if (ngx_http_meet_ctl.state == NGX_HTTP_MEET_CTL_IDLE) {
        ngx_http_meet_ctl_connect();
        return;
    }

    ngx_http_meet_ctl_complain(NGX_LOG_ERR, 0,
        "meet-media does not answer: it is stopped or overloaded");

    ngx_http_meet_link_ctl_stop(1);
}


/* messages are small and rare: one that does not fit at once never will */
static ngx_int_t
ngx_http_meet_ctl_send(const void *message, size_t len)
{
    ssize_t n;

    n = send(
        ngx_http_meet_ctl.c->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    return n == (ssize_t) len ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_meet_ctl_hello(const meet_ctl_challenge_t *challenge)
{
    meet_ctl_hello_t hello;
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_meet_main_conf();

    ngx_memzero(&hello, sizeof(hello));
    meet_ctl_header(&hello.header, MEET_CTL_HELLO);
    hello.role = MEET_ROLE_NGINX;
    hello.pid = (uint32_t) ngx_pid;

    if (ngx_http_meet_link_nonce(ngx_http_meet_ctl.nonce) != NGX_OK
        || ngx_http_meet_link_proof(hello.proof, mcf->key, MEET_PROOF_NGINX,
               challenge->nonce, &hello.header)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(hello.nonce, ngx_http_meet_ctl.nonce, MEET_KEY_LEN);
    ngx_http_meet_ctl.state = NGX_HTTP_MEET_CTL_GREETED;

    return ngx_http_meet_ctl_send(&hello, sizeof(hello));
}


ngx_uint_t
ngx_http_meet_link_minor(void)
{
    return ngx_http_meet_ctl.minor;
}


static uint8_t
ngx_http_meet_ctl_addresses(meet_ctl_address_t *dst, ngx_array_t *addresses)
{
    ngx_uint_t i;
    ngx_addr_t *addr;
    struct sockaddr_in *sin;
    struct sockaddr_in6 *sin6;

    if (addresses == NULL) {
        return 0;
    }

    addr = addresses->elts;

    for (i = 0; i < addresses->nelts && i < MEET_ADDRESSES_MAX; i++) {

        if (addr[i].sockaddr->sa_family == AF_INET6) {
            sin6 = (struct sockaddr_in6 *) addr[i].sockaddr;
            ngx_memcpy(dst[i].ip, &sin6->sin6_addr, 16);

        } else {
            sin = (struct sockaddr_in *) addr[i].sockaddr;
            dst[i].ip[10] = 0xff;
            dst[i].ip[11] = 0xff;
            ngx_memcpy(dst[i].ip + 12, &sin->sin_addr, 4);
        }
    }

    return (uint8_t) i;
}


static ngx_int_t
ngx_http_meet_ctl_configure(const meet_ctl_welcome_t *welcome)
{
    meet_ctl_configure_t conf;
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_meet_main_conf();

    if (ngx_http_meet_link_proof_check(welcome->proof, mcf->key,
            MEET_PROOF_MEDIA, ngx_http_meet_ctl.nonce, &welcome->header)
        != NGX_OK)
    {
        ngx_http_meet_ctl_complain(NGX_LOG_ERR, 0,
            "whoever listens there does not know the instance key: give "
            "meet-media the file of \"meet_key\"");
        return NGX_ERROR;
    }

    ngx_http_meet_ctl.minor = welcome->header.minor;

    ngx_memzero(&conf, sizeof(conf));
    meet_ctl_header(&conf.header, MEET_CTL_CONFIGURE);

    conf.generation = mcf->generation;
    conf.workers = (uint32_t) mcf->workers;
    conf.port_first = (uint16_t) mcf->port_first;
    conf.port_last = (uint16_t) mcf->port_last;
    conf.rooms = (uint32_t) mcf->rooms;
    conf.participants = (uint32_t) mcf->participants;
    conf.absence_ms = (uint32_t) mcf->absence;
    conf.settle_ms = NGX_HTTP_MEET_CTL_SETTLE;
    conf.token_s = (uint32_t) mcf->token_lifetime;
    conf.loudest = NGX_HTTP_MEET_CTL_LOUDEST;
    conf.spread = (uint16_t) mcf->spread;
    conf.listens = ngx_http_meet_ctl_addresses(conf.listen, mcf->listen);
    conf.advertises =
        ngx_http_meet_ctl_addresses(conf.advertise, mcf->advertise);

    ngx_http_meet_ctl.state = NGX_HTTP_MEET_CTL_CONFIGURING;

    return ngx_http_meet_ctl_send(&conf, sizeof(conf));
}


static ngx_int_t
ngx_http_meet_ctl_configured(const meet_ctl_configured_t *configured)
{
    if (configured->status != MEET_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
            "meet: meet-media does not take this configuration over (%s): "
            "check \"meet_media_ports\" and \"meet_media_listen\"; it "
            "keeps what it has",
            meet_status_name(configured->status));
    }

    if (configured->workers > MEET_WORKERS_MAX * 2) {
        return NGX_DECLINED;
    }

    ngx_http_meet_ctl.expected = configured->workers;
    ngx_http_meet_ctl.state = NGX_HTTP_MEET_CTL_ATTACHED;
    ngx_http_meet_ctl.since = ngx_current_msec;
    ngx_http_meet_ctl.complaint = NULL;

    if (ngx_http_meet_ctl.timer.timer_set) {
        ngx_del_timer(&ngx_http_meet_ctl.timer);
    }

    return NGX_OK;
}


/* owns the descriptors, as many as came */
static ngx_int_t
ngx_http_meet_ctl_worker(
    const meet_ctl_worker_t *worker, const int *fds, ngx_uint_t nfds)
{
    ngx_int_t rc;

    if (nfds == NGX_HTTP_MEET_LINK_FDS && worker->region != 0) {
        rc = ngx_http_meet_link_peer_add(worker, fds);

        if (rc == NGX_OK && ngx_http_meet_ctl.expected != 0) {
            ngx_http_meet_ctl.expected--;
        }

        return rc;
    }

    ngx_http_meet_link_close_fds(fds, nfds);

    if (nfds != 0 || worker->region != 0) {
        return NGX_DECLINED;
    }

    return ngx_http_meet_link_peer_change(worker);
}


static ngx_int_t
ngx_http_meet_ctl_refused(uint32_t code)
{
    const char *text;

    switch (code) {

    case MEET_E_PROOF:
        text = "meet-media refuses us: the key of \"meet_key\" is not its "
               "key, or this user may not attach";
        break;

    case MEET_E_VERSION:
        text = "meet-media has another version than this module: install "
               "both from one release and restart both";
        break;

    case MEET_E_BUSY:
        text = "meet-media serves as many nginx workers as it can: lower "
               "\"worker_processes\"";
        break;

    default:
        text = "meet-media refuses us; its own log says why";
        break;
    }

    ngx_http_meet_ctl_complain(NGX_LOG_ERR, 0, text);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_meet_ctl_message(
    const ngx_http_meet_link_message_t *m, const int *fds, ngx_uint_t nfds)
{
    ngx_http_meet_ctl_state_t state;

    state = ngx_http_meet_ctl.state;

    if (m->header.type == MEET_CTL_WORKER
        && state == NGX_HTTP_MEET_CTL_ATTACHED) {
        return ngx_http_meet_ctl_worker(&m->worker, fds, nfds);
    }

    if (nfds != 0) {
        ngx_http_meet_link_close_fds(fds, nfds);
        return NGX_DECLINED;
    }

    switch (m->header.type) {

    case MEET_CTL_CHALLENGE:
        if (state == NGX_HTTP_MEET_CTL_CHALLENGED) {
            return ngx_http_meet_ctl_hello(&m->challenge);
        }
        break;

    case MEET_CTL_WELCOME:
        if (state == NGX_HTTP_MEET_CTL_GREETED) {
            return ngx_http_meet_ctl_configure(&m->welcome);
        }
        break;

    case MEET_CTL_CONFIGURED:
        if (state == NGX_HTTP_MEET_CTL_CONFIGURING) {
            return ngx_http_meet_ctl_configured(&m->configured);
        }
        break;

    case MEET_CTL_GONE:
        if (state == NGX_HTTP_MEET_CTL_ATTACHED) {
            ngx_http_meet_link_gone(m->gone.instance);
            return NGX_OK;
        }
        break;

    case MEET_CTL_ERROR:
        return ngx_http_meet_ctl_refused(m->error.code);
    }

    return NGX_DECLINED;
}


/* NGX_OK: a message was handled; NGX_AGAIN: there is none now */
static ngx_int_t
ngx_http_meet_ctl_receive(ngx_connection_t *c)
{
    ngx_int_t rc;
    ngx_uint_t nfds;
    int fds[NGX_HTTP_MEET_LINK_FDS];
    static ngx_http_meet_link_message_t m;

    rc = ngx_http_meet_link_receive(c->fd, &m, fds, &nfds);

    if (rc == NGX_OK) {
        return ngx_http_meet_ctl_message(&m, fds, nfds);
    }

    if (rc == NGX_ABORT) {
        return ngx_http_meet_ctl_refused(MEET_E_VERSION);
    }

    return rc;
}


static void
ngx_http_meet_ctl_read(ngx_event_t *rev)
{
    ngx_int_t rc;
    ngx_uint_t i;
    ngx_connection_t *c;

    c = rev->data;
    rc = NGX_OK;

    for (i = 0; i < NGX_HTTP_MEET_CTL_TURN && rc == NGX_OK; i++) {
        rc = ngx_http_meet_ctl_receive(c);
    }

    if (rc == NGX_DECLINED) {
        ngx_http_meet_ctl_complain(
            NGX_LOG_ERR, 0, "meet-media sends what makes no sense");
    }

    if (rc == NGX_OK || rc == NGX_AGAIN) {
        ngx_http_meet_link_refresh();
        return;
    }

    /* out of the loop at once: this socket stays readable */

    if (ngx_http_meet_ctl.state == NGX_HTTP_MEET_CTL_ATTACHED) {
        ngx_http_meet_link_drop("the control socket ended");
        (void) ngx_del_event(rev, NGX_READ_EVENT, 0);
        return;
    }

    ngx_http_meet_link_ctl_stop(1);
}
