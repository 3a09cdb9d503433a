/*
 * What the nginx workers share among themselves: how many WebSockets each
 * client address has open, and each worker's counters.  Nothing else is.
 *
 * Rows belong to a process slot of nginx.  A worker that died without cleaning
 * up leaves its rows to the next one in the same slot, which settles them.
 */

#ifndef NGX_HTTP_MEET_ZONE_H
#define NGX_HTTP_MEET_ZONE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef enum {
    /* gauges: how things are */
    NGX_HTTP_MEET_WEBSOCKETS = 0,
    NGX_HTTP_MEET_SESSIONS,
    NGX_HTTP_MEET_LIVE_ROOMS,

    /* counters: what has happened */
    NGX_HTTP_MEET_UPGRADES,
    NGX_HTTP_MEET_MESSAGES_IN,
    NGX_HTTP_MEET_BYTES_IN,
    NGX_HTTP_MEET_FRAMES_OUT,
    NGX_HTTP_MEET_BYTES_OUT,
    NGX_HTTP_MEET_FRAMES_SHED,
    NGX_HTTP_MEET_SLOW_READERS,
    NGX_HTTP_MEET_PROTOCOL_ERRORS,
    NGX_HTTP_MEET_NO_HELLO,
    NGX_HTTP_MEET_TIMEOUTS,
    NGX_HTTP_MEET_REFUSED_ORIGIN,
    NGX_HTTP_MEET_REFUSED_LIMIT,
    NGX_HTTP_MEET_REST_REQUESTS,
    NGX_HTTP_MEET_REST_PROBLEMS,
    NGX_HTTP_MEET_ROOMS_CREATED,
    NGX_HTTP_MEET_ROOMS_DELETED,
    NGX_HTTP_MEET_JOINS,
    NGX_HTTP_MEET_WRONG_SECRETS,
    NGX_HTTP_MEET_WELCOMES,
    NGX_HTTP_MEET_RESUMED,
    NGX_HTTP_MEET_MESSAGES_BAD,
    NGX_HTTP_MEET_LINK_LOST,
    NGX_HTTP_MEET_LINK_TIMEOUTS,
    NGX_HTTP_MEET_LINK_REFUSED,
    NGX_HTTP_MEET_POSTS,
    NGX_HTTP_MEET_REGISTERED_AGAIN,
    NGX_HTTP_MEET_RECORDS_LATE,
    NGX_HTTP_MEET_RECORDS_STRAY,
    NGX_HTTP_MEET_TOO_FAST,
    NGX_HTTP_MEET_REPORTS,
    NGX_HTTP_MEET_FREEZES,
    NGX_HTTP_MEET_FROZEN,
    NGX_HTTP_MEET_CONCEALED,
    NGX_HTTP_MEET_HEARD,
    NGX_HTTP_MEET_SEEN,
    NGX_HTTP_MEET_TESTS,
    NGX_HTTP_MEET_STREAMS_OPENED,
    NGX_HTTP_MEET_STREAMS_REFUSED,
    NGX_HTTP_MEET_EVENTS,
    NGX_HTTP_MEET_EVENTS_OUT,
    NGX_HTTP_MEET_COUNTERS
} ngx_http_meet_counter_t;

#define NGX_HTTP_MEET_GAUGES NGX_HTTP_MEET_UPGRADES


/* this worker's own; plain memory of the shared zone, written by us alone */
extern ngx_atomic_uint_t *ngx_http_meet_counters;

#define ngx_http_meet_count(counter)        ngx_http_meet_counters[counter]++
#define ngx_http_meet_count_add(counter, n) ngx_http_meet_counters[counter] += n


/* while nginx.conf is parsed; NULL was logged */
ngx_shm_zone_t *ngx_http_meet_zone_add(ngx_conf_t *cf);

void ngx_http_meet_zone_init_process(ngx_shm_zone_t *zone);
void ngx_http_meet_zone_exit_process(void);

/* `sums` holds COUNTERS values: all workers, those that ended included */
void ngx_http_meet_zone_sum(uint64_t *sums);


/*
 * Takes a place for this client address (IPv6: its /64), at most `max`.
 * NGX_OK, and release() is called once with the same address; NGX_BUSY: all
 * taken, or the zone is full.
 */
ngx_int_t ngx_http_meet_zone_acquire(struct sockaddr *sa, ngx_uint_t max);
void ngx_http_meet_zone_release(struct sockaddr *sa);


#endif /* NGX_HTTP_MEET_ZONE_H */
