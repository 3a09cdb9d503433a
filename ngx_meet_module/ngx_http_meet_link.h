/*
 * The link of one nginx worker to meet-media: attaching through control.sock,
 * the media workers that live, records to and from them.
 *
 * Everything runs on the event loop and nothing blocks: a stopped or dead
 * process on the other side costs time-outs, never waiting.  A link that
 * breaks is dropped and attached anew by itself; requests under way are then
 * answered with MEET_E_GONE.
 */

#ifndef NGX_HTTP_MEET_LINK_H
#define NGX_HTTP_MEET_LINK_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "meet_body.h"
#include "meet_ctl.h"
#include "meet_region.h"


#define NGX_HTTP_MEET_LINK_TIMEOUT  5000  /* ms until a request is given up */
#define NGX_HTTP_MEET_LINK_WAIT     3000  /* ms that wait() waits at most */
#define NGX_HTTP_MEET_LINK_WAITERS  4096  /* that may wait at one time */
#define NGX_HTTP_MEET_LINK_REQUESTS 16384 /* that may be under way */


/*
 * From init_process, when some location has meet_api: attaches and stays
 * attached.  Does nothing in helper processes.  A supervisor that is not there
 * is logged and tried again, so NGX_ERROR means lack of memory only.
 */
ngx_int_t ngx_http_meet_link_init_process(ngx_cycle_t *cycle);

/* From exit_process.  Closes everything; no handler runs. */
void ngx_http_meet_link_exit_process(ngx_cycle_t *cycle);

/*
 * 1 when attached: every media worker that the supervisor announced is there.
 * For /healthz; `reason` (static, may be NULL) says in words what is missing.
 */
ngx_uint_t ngx_http_meet_link_ready(const char **reason);


/* a media worker as of now; `stats` is a copy of its counters */
typedef struct {
    uint64_t instance;
    ngx_uint_t index;
    ngx_uint_t state; /* MEET_WORKER_... */
    ngx_uint_t port;  /* UDP */
    ngx_pid_t pid;
    ngx_uint_t minor;  /* of the contract that it speaks with us */
    ngx_uint_t queued; /* records that did not fit into the ring yet */
    meet_stats_t stats;
    const meet_figures_t
        *figures; /* borrowed, and rewritten by the other side */
} ngx_http_meet_link_worker_t;

/* Fills in at most `max` (MEET_WORKERS_MAX is enough); returns how many. */
ngx_uint_t ngx_http_meet_link_workers(
    ngx_http_meet_link_worker_t *workers, ngx_uint_t max);

/* of the contract that meet-media speaks: newer records are not sent to it */
ngx_uint_t ngx_http_meet_link_minor(void);

/* 1 if that media worker lives and is attached */
ngx_uint_t ngx_http_meet_link_alive(uint64_t instance);


/*
 * Runs `handler` once, from the event loop: with NGX_OK as soon as the link is
 * ready, with NGX_DECLINED after NGX_HTTP_MEET_LINK_WAIT.  NULL: too many wait
 * already, or no memory.  The handle is void once the handler runs.
 */
typedef struct ngx_http_meet_link_waiter_s ngx_http_meet_link_waiter_t;
typedef void (*ngx_http_meet_link_wait_pt)(void *data, ngx_int_t rc);

ngx_http_meet_link_waiter_t *ngx_http_meet_link_wait(
    ngx_http_meet_link_wait_pt handler, void *data);
void ngx_http_meet_link_wait_cancel(ngx_http_meet_link_waiter_t *waiter);


/*
 * Sends a record that has no reply.  The caller fills in type, epoch, room,
 * participant, incarnation, session; the rest is set here.  Header and body
 * are copied.  NGX_OK; NGX_DECLINED: no such media worker; NGX_BUSY: ring and
 * side queue are full, nothing was sent.
 */
ngx_int_t ngx_http_meet_link_send(
    uint64_t instance, meet_record_t *header, const void *body, size_t len);

/*
 * Sends a request.  `handler` runs exactly once, from the event loop, never
 * from inside request(): with the status of the reply, its header and body
 * (both borrowed), or with MEET_E_TIMEOUT or MEET_E_GONE and NULLs.  NULL:
 * nothing was sent and no handler runs.  The handle is void once the handler
 * runs; a caller that goes away before cancels.
 */
typedef struct ngx_http_meet_link_request_s ngx_http_meet_link_request_t;
typedef void (*ngx_http_meet_link_reply_pt)(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len);

ngx_http_meet_link_request_t *ngx_http_meet_link_request(uint64_t instance,
    meet_record_t *header, const void *body, size_t len,
    ngx_http_meet_link_reply_pt handler, void *data);
void ngx_http_meet_link_cancel(ngx_http_meet_link_request_t *request);


/*
 * The one listener, the session layer; set before init_process.  `record` gets
 * everything that is not a reply: `list` holds header->list participant ids
 * (unaligned), body and list are borrowed.  `gone`: that media worker is dead
 * or the link is lost; its requests were answered before.  `ready`: the link
 * is ready, or another media worker appeared.
 */
typedef struct {
    void (*record)(uint64_t instance, const meet_record_t *header,
        const u_char *list, const u_char *body, size_t len);
    void (*gone)(uint64_t instance);
    void (*ready)(void);
} ngx_http_meet_link_listener_t;

void ngx_http_meet_link_listen(const ngx_http_meet_link_listener_t *listener);


#endif /* NGX_HTTP_MEET_LINK_H */
