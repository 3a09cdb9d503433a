/*
 * Anonymous client addresses.
 *
 * The handler runs in three phases.  POST_READ is where a request's life
 * begins; handlers of a phase run last registered first, so a dynamic module
 * would run before realip, which then would put a full address back: ours is
 * moved to the end.  realip may also come late, in PREACCESS, when only a
 * location says set_real_ip_from: so ours runs last there as well.  Requests
 * that never reach a phase, malformed ones, still reach LOG, before the access
 * log is written.  Each time it is cheap: a text that is anonymous stays.
 *
 * realip restores the connection's own text when a request ends; the next
 * request on that connection comes by here again.
 */

#include "ngx_http_meet.h"
#include "ngx_http_meet_anonymize.h"


static ngx_int_t ngx_http_meet_anonymize_handler(ngx_http_request_t *r);
static void ngx_http_meet_anonymize_connection(ngx_connection_t *c);
static ngx_int_t ngx_http_meet_anonymize_text(
    ngx_connection_t *c, ngx_uint_t anonymous);
static ngx_uint_t ngx_http_meet_anonymize_mask(
    struct sockaddr *to, struct sockaddr *from, socklen_t len);
static ngx_int_t ngx_http_meet_anonymize_phase(
    ngx_array_t *handlers, ngx_http_handler_pt handler);
static ngx_uint_t ngx_http_meet_anonymize_default(ngx_listening_t *ls);
static ngx_uint_t ngx_http_meet_anonymize_server(
    ngx_http_addr_conf_t *addr_conf);


ngx_int_t
ngx_http_meet_anonymize_init(ngx_conf_t *cf)
{
    ngx_uint_t i;
    ngx_http_core_main_conf_t *cmcf;
    static const ngx_uint_t phases[] = {
        NGX_HTTP_POST_READ_PHASE,
        NGX_HTTP_PREACCESS_PHASE,
        NGX_HTTP_LOG_PHASE,
    };

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (ngx_http_meet_anonymize_phase(&cmcf->phases[phases[i]].handlers,
                ngx_http_meet_anonymize_handler)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_meet_anonymize_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t i;
    ngx_listening_t *ls;

    ls = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts; i++) {
        if (ls[i].handler == ngx_http_init_connection
            && ngx_http_meet_anonymize_default(&ls[i]))
        {
            ls[i].handler = ngx_http_meet_anonymize_connection;
        }
    }
}


static ngx_int_t
ngx_http_meet_anonymize_handler(ngx_http_request_t *r)
{
    ngx_connection_t *c;
    ngx_http_meet_srv_conf_t *mscf;

    c = r->connection;
    mscf = ngx_http_get_module_srv_conf(r, ngx_http_meet_module);

    /* another server on such a socket: its logs are its own affair */

    if (!mscf->anonymize
        && c->listening->handler != ngx_http_meet_anonymize_connection)
    {
        return NGX_DECLINED;
    }

    (void) ngx_http_meet_anonymize_text(c, mscf->anonymize);

#if (NGX_HTTP_V2)
    if (r->stream) {
        /* streams begin with the text of the connection below them */
        (void) ngx_http_meet_anonymize_text(
            r->stream->connection->connection, mscf->anonymize);
    }
#endif

    return NGX_DECLINED;
}


/* in place of ngx_http_init_connection() */
static void
ngx_http_meet_anonymize_connection(ngx_connection_t *c)
{
    (void) ngx_http_meet_anonymize_text(c, 1);

    ngx_http_init_connection(c);
}


static ngx_int_t
ngx_http_meet_anonymize_text(ngx_connection_t *c, ngx_uint_t anonymous)
{
    u_char text[NGX_SOCKADDR_STRLEN], *p;
    size_t len;
    ngx_sockaddr_t masked;
    struct sockaddr *sockaddr;

    if (c->addr_text.len == 0 || c->sockaddr == NULL
        || c->socklen > (socklen_t) sizeof(masked))
    {
        return NGX_OK;
    }

    sockaddr = c->sockaddr;

    if (anonymous) {
        if (!ngx_http_meet_anonymize_mask(
                &masked.sockaddr, c->sockaddr, c->socklen)) {
            return NGX_OK;
        }

        sockaddr = &masked.sockaddr;
    }

    len = ngx_sock_ntop(sockaddr, c->socklen, text, sizeof(text), 0);

    if (len == c->addr_text.len
        && ngx_memcmp(text, c->addr_text.data, len) == 0) {
        return NGX_OK;
    }

    /* not in place: realip and HTTP/2 share the bytes */

    p = ngx_pnalloc(c->pool, len);

    if (p == NULL) {
        /* rather no address than a full one */
        c->addr_text.len = anonymous ? 0 : c->addr_text.len;
        return NGX_ERROR;
    }

    ngx_memcpy(p, text, len);
    c->addr_text.data = p;
    c->addr_text.len = len;

    return NGX_OK;
}


/* 0: not an address of the internet */
static ngx_uint_t
ngx_http_meet_anonymize_mask(
    struct sockaddr *to, struct sockaddr *from, socklen_t len)
{
    u_char *p;
    struct sockaddr_in *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6 *sin6;
#endif

    ngx_memcpy(to, from, len);

    switch (from->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) to;
        p = (u_char *) &sin->sin_addr;
        p[2] = 0;
        p[3] = 0;
        return 1;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) to;
        p = sin6->sin6_addr.s6_addr;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            p[14] = 0;
            p[15] = 0;

        } else {
            ngx_memzero(p + 6, 10);
        }

        return 1;
#endif

    default:
        return 0;
    }
}


/* in front of the array: runs last in a phase, but first in LOG */
static ngx_int_t
ngx_http_meet_anonymize_phase(
    ngx_array_t *handlers, ngx_http_handler_pt handler)
{
    ngx_http_handler_pt *h;

    if (ngx_array_push(handlers) == NULL) {
        return NGX_ERROR;
    }

    h = handlers->elts;

    ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    h[0] = handler;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_meet_anonymize_default(ngx_listening_t *ls)
{
    ngx_uint_t i;
    ngx_http_port_t *port;
    ngx_http_in_addr_t *addr;
#if (NGX_HAVE_INET6)
    ngx_http_in6_addr_t *addr6;
#endif

    port = ls->servers;

    if (port == NULL) {
        return 0;
    }

    switch (ls->sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        addr6 = port->addrs;

        for (i = 0; i < port->naddrs; i++) {
            if (ngx_http_meet_anonymize_server(&addr6[i].conf)) {
                return 1;
            }
        }

        return 0;
#endif

    default:
        addr = port->addrs;

        for (i = 0; i < port->naddrs; i++) {
            if (ngx_http_meet_anonymize_server(&addr[i].conf)) {
                return 1;
            }
        }

        return 0;
    }
}


static ngx_uint_t
ngx_http_meet_anonymize_server(ngx_http_addr_conf_t *addr_conf)
{
    ngx_http_meet_srv_conf_t *mscf;

    mscf = addr_conf->default_server->ctx
               ->srv_conf[ngx_http_meet_module.ctx_index];

    return mscf->anonymize == 1;
}
