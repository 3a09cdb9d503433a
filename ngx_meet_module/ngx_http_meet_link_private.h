/* Shared by the files of the link; nobody else includes this. */

#ifndef NGX_HTTP_MEET_LINK_PRIVATE_H
#define NGX_HTTP_MEET_LINK_PRIVATE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_meet_link.h"
#include "ngx_http_meet_zone.h"


/* nothing that a timer's debug log line could trip over: see ngx_event_ident */
extern ngx_connection_t ngx_http_meet_link_dummy;


/*
 * Link: drop() closes everything from a posted event, so it may be called from
 * anywhere; `why` is static text for the log.  gone() buries one media worker.
 * refresh() is called whenever the set of media workers or the state of the
 * control socket changed.
 */
void ngx_http_meet_link_drop(const char *why);
void ngx_http_meet_link_refresh(void);
void ngx_http_meet_link_gone(uint64_t instance);
void ngx_http_meet_link_record(uint64_t instance, const meet_record_t *header,
    const u_char *body, size_t len);


/*
 * Control socket: start() connects now or later; stop() closes and, if
 * `again`, starts anew after a pause.
 */
ngx_int_t ngx_http_meet_link_ctl_start(ngx_cycle_t *cycle);
void ngx_http_meet_link_ctl_stop(ngx_uint_t again);

/* 1 if attached and nothing that was announced is missing; else the reason */
ngx_uint_t ngx_http_meet_link_ctl_ready(const char **reason);


#define NGX_HTTP_MEET_LINK_FDS 3

typedef union {
    meet_ctl_header_t header;
    meet_ctl_challenge_t challenge;
    meet_ctl_welcome_t welcome;
    meet_ctl_configured_t configured;
    meet_ctl_worker_t worker;
    meet_ctl_gone_t gone;
    meet_ctl_error_t error;
    u_char bytes[MEET_CTL_MAX];
} ngx_http_meet_link_message_t;

/*
 * Takes one message off the socket.  NGX_OK: `m` is checked, `fds` (room for
 * FDS) and `nfds` are the caller's to close.  Otherwise nothing is left open:
 * NGX_AGAIN, NGX_ERROR: the socket ended, NGX_DECLINED: nonsense, NGX_ABORT:
 * another version.
 */
ngx_int_t ngx_http_meet_link_receive(
    int s, ngx_http_meet_link_message_t *m, int *fds, ngx_uint_t *nfds);
void ngx_http_meet_link_close_fds(const int *fds, ngx_uint_t n);

/* the proof of one side: over the other side's nonce and its own version */
ngx_int_t ngx_http_meet_link_proof(u_char proof[MEET_KEY_LEN],
    const u_char key[MEET_KEY_LEN], const char *label,
    const u_char nonce[MEET_KEY_LEN], const meet_ctl_header_t *header);
ngx_int_t ngx_http_meet_link_proof_check(const u_char proof[MEET_KEY_LEN],
    const u_char key[MEET_KEY_LEN], const char *label,
    const u_char nonce[MEET_KEY_LEN], const meet_ctl_header_t *header);
ngx_int_t ngx_http_meet_link_nonce(u_char nonce[MEET_KEY_LEN]);


/*
 * Peers: the media workers.  add() takes the three descriptors over, whatever
 * it returns.  NGX_DECLINED: the message makes no sense.
 */
typedef struct ngx_http_meet_link_peer_s ngx_http_meet_link_peer_t;

ngx_int_t ngx_http_meet_link_peer_init(ngx_cycle_t *cycle);
ngx_int_t ngx_http_meet_link_peer_add(
    const meet_ctl_worker_t *worker, const int fds[3]);
ngx_int_t ngx_http_meet_link_peer_change(const meet_ctl_worker_t *worker);

/* unmaps and closes; the caller answers requests and tells the listener */
ngx_int_t ngx_http_meet_link_peer_remove(uint64_t instance);

/* the instance of any peer, 0: there is none; how many are active */
uint64_t ngx_http_meet_link_peer_any(void);
ngx_uint_t ngx_http_meet_link_peer_active(void);


/*
 * Requests: arrived() gives a reply to its owner; fail() answers all of that
 * media worker with MEET_E_GONE; clear() forgets everything.
 */
void ngx_http_meet_link_request_init(void);
void ngx_http_meet_link_request_arrived(uint64_t instance,
    const meet_record_t *header, const u_char *body, size_t len);
void ngx_http_meet_link_request_fail(uint64_t instance);
void ngx_http_meet_link_request_clear(void);


/*
 * Timers behind which requests of people wait are not cancelable; arm() sets
 * one to `deadline` (of ngx_current_msec), at once if that has passed.
 */
void ngx_http_meet_link_event(ngx_event_t *ev, ngx_event_handler_pt handler);
void ngx_http_meet_link_arm(ngx_event_t *ev, ngx_msec_t deadline);

/* waiters: all whose turn it is, now that the link is ready */
void ngx_http_meet_link_wait_init(void);
void ngx_http_meet_link_wait_ready(void);
void ngx_http_meet_link_wait_clear(void);


#endif /* NGX_HTTP_MEET_LINK_PRIVATE_H */
