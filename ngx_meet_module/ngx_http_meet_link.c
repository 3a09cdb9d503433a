#include "ngx_http_meet_link_private.h"

#include "ngx_http_meet.h"


static void ngx_http_meet_link_down(ngx_event_t *ev);
static void ngx_http_meet_link_refreshed(ngx_event_t *ev);


ngx_connection_t ngx_http_meet_link_dummy;

static const ngx_http_meet_link_listener_t *ngx_http_meet_link_listener;
static ngx_event_t ngx_http_meet_link_down_event;  /* posted */
static ngx_event_t ngx_http_meet_link_fresh_event; /* posted */
static ngx_uint_t ngx_http_meet_link_started;


ngx_int_t
ngx_http_meet_link_init_process(ngx_cycle_t *cycle)
{
    ngx_http_meet_main_conf_t *mcf;

    /* helpers have ngx_worker 0, too, and must not attach */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_meet_main_conf();

    if (mcf == NULL || !mcf->used || mcf->key == NULL) {
        return NGX_OK;
    }

    ngx_http_meet_link_dummy.fd = (ngx_socket_t) -1;

    ngx_http_meet_link_request_init();
    ngx_http_meet_link_wait_init();
    ngx_http_meet_link_event(
        &ngx_http_meet_link_down_event, ngx_http_meet_link_down);
    ngx_http_meet_link_event(
        &ngx_http_meet_link_fresh_event, ngx_http_meet_link_refreshed);

    if (ngx_http_meet_link_peer_init(cycle) != NGX_OK
        || ngx_http_meet_link_ctl_start(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_meet_link_started = 1;

    return NGX_OK;
}


void
ngx_http_meet_link_exit_process(ngx_cycle_t *cycle)
{
    uint64_t instance;

    (void) cycle;

    if (!ngx_http_meet_link_started) {
        return;
    }

    ngx_http_meet_link_started = 0;
    ngx_http_meet_link_listener = NULL;

    ngx_http_meet_link_request_clear();
    ngx_http_meet_link_wait_clear();

    while ((instance = ngx_http_meet_link_peer_any()) != 0) {
        (void) ngx_http_meet_link_peer_remove(instance);
    }

    ngx_http_meet_link_ctl_stop(0);
}


ngx_uint_t
ngx_http_meet_link_ready(const char **reason)
{
    const char *dummy;

    if (reason == NULL) {
        reason = &dummy;
    }

    if (!ngx_http_meet_link_started) {
        *reason = "no location uses meet_api";
        return 0;
    }

    if (!ngx_http_meet_link_ctl_ready(reason)) {
        return 0;
    }

    if (ngx_http_meet_link_peer_active() == 0) {
        *reason = "no media worker is active";
        return 0;
    }

    return 1;
}


void
ngx_http_meet_link_listen(const ngx_http_meet_link_listener_t *listener)
{
    ngx_http_meet_link_listener = listener;
}


/* unknown types are those of a newer minor version: not for us */
void
ngx_http_meet_link_record(uint64_t instance, const meet_record_t *header,
    const u_char *body, size_t len)
{
    size_t list;

    if (header->request != 0) {
        ngx_http_meet_link_request_arrived(instance, header, body, len);
        return;
    }

    if (ngx_http_meet_link_listener != NULL) {
        list = header->list * sizeof(uint64_t);
        ngx_http_meet_link_listener->record(
            instance, header, body, body + list, len - list);
    }
}


void
ngx_http_meet_link_drop(const char *why)
{
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
        "meet: link to meet-media dropped: %s", why);

    ngx_post_event(&ngx_http_meet_link_down_event, &ngx_posted_events);
}


static void
ngx_http_meet_link_down(ngx_event_t *ev)
{
    ngx_uint_t i, n;
    uint64_t gone[2 * MEET_WORKERS_MAX];

    (void) ev;

    /* everything is closed before anybody hears of it and acts on it */

    ngx_http_meet_link_ctl_stop(1);

    for (n = 0; n < 2 * MEET_WORKERS_MAX; n++) {
        gone[n] = ngx_http_meet_link_peer_any();

        if (gone[n] == 0) {
            break;
        }

        (void) ngx_http_meet_link_peer_remove(gone[n]);
    }

    for (i = 0; i < n; i++) {
        ngx_http_meet_link_request_fail(gone[i]);

        if (ngx_http_meet_link_listener != NULL) {
            ngx_http_meet_link_listener->gone(gone[i]);
        }
    }

    ngx_http_meet_count(NGX_HTTP_MEET_LINK_LOST);
}


void
ngx_http_meet_link_gone(uint64_t instance)
{
    if (ngx_http_meet_link_peer_remove(instance) != NGX_OK) {
        return;
    }

    ngx_http_meet_link_request_fail(instance);

    if (ngx_http_meet_link_listener != NULL) {
        ngx_http_meet_link_listener->gone(instance);
    }
}


void
ngx_http_meet_link_refresh(void)
{
    ngx_post_event(&ngx_http_meet_link_fresh_event, &ngx_posted_events);
}


static void
ngx_http_meet_link_refreshed(ngx_event_t *ev)
{
    (void) ev;

    if (!ngx_http_meet_link_ready(NULL)) {
        return;
    }

    ngx_http_meet_link_wait_ready();

    if (ngx_http_meet_link_listener != NULL) {
        ngx_http_meet_link_listener->ready();
    }
}
