/*
 * The module's configuration and the limits that several of its files share.
 *
 * The structures live in the cycle's pool, are complete after parsing and are
 * read-only in the workers; nobody frees them.  Only the counters behind
 * `zone` are shared between workers, see ngx_http_meet_zone.h.
 */

#ifndef NGX_HTTP_MEET_H
#define NGX_HTTP_MEET_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_store.h"


#define NGX_HTTP_MEET_KEY_LEN       32           /* bytes of the instance key */
#define NGX_HTTP_MEET_BODY_MAX      (16 * 1024)  /* of a REST request */
#define NGX_HTTP_MEET_OFFER_MAX     (256 * 1024) /* of an SDP offer */
#define NGX_HTTP_MEET_ADDRESSES_MAX 8            /* listen, advertise */
#define NGX_HTTP_MEET_WORKERS_MAX   64           /* media workers */


typedef struct {
    ngx_str_t store;    /* meet_store: directory, absolute; empty: unused */
    ngx_str_t run;      /* meet_run: directory of control.sock, absolute */
    ngx_str_t key_file; /* meet_key: absolute */
    u_char *key;        /* NGX_HTTP_MEET_KEY_LEN bytes; NULL if unset */

    /* told to meet-media in CONFIGURE */
    uint64_t generation;   /* CLOCK_BOOTTIME at parsing, milliseconds */
    ngx_uint_t workers;    /* 0: one per core */
    ngx_uint_t port_first; /* UDP ports, inclusive */
    ngx_uint_t port_last;
    ngx_array_t *listen;     /* of ngx_addr_t, NULL: all; port is 0 */
    ngx_array_t *advertise;  /* of ngx_addr_t, NULL: those of `listen` */
    ngx_uint_t spread;       /* participants of a room at one; 0: all */
    ngx_uint_t rooms;        /* that exist; also live ones per media worker */
    ngx_uint_t participants; /* per room, default and most */
    ngx_msec_t absence;

    time_t idle_expiry;     /* of a room, unless its creator says */
    time_t token_lifetime;  /* of a session token */
    ngx_msec_t sweep;       /* between two passes of the expiry sweep */
    ngx_uint_t connections; /* WebSockets per client address */
    ngx_shm_zone_t *zone;   /* NULL without meet_api */
    ngx_flag_t used;        /* some location has meet_api */
    u_char *api_file;       /* where the first meet_api stands */
    ngx_uint_t api_line;

    ngx_http_meet_store_conf_t store_conf; /* what the store wants to know */
} ngx_http_meet_main_conf_t;


typedef struct {
    ngx_flag_t anonymize; /* meet_anonymize */
} ngx_http_meet_srv_conf_t;


typedef struct {
    ngx_array_t *origins; /* meet_origins, of ngx_str_t; NULL: same origin */
    ngx_str_t client;     /* meet_client: directory, absolute, no slash */
    ngx_http_core_loc_conf_t *api; /* of the location that says meet_api */
} ngx_http_meet_loc_conf_t;


extern ngx_module_t ngx_http_meet_module;


/* content handlers, each set by its directive */
ngx_int_t ngx_http_meet_rest_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_meet_static_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_meet_health_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_meet_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_meet_metrics_rooms_handler(ngx_http_request_t *r);

/*
 * The main configuration of the cycle that this worker runs, for code that has
 * no request at hand: timers, the link.  NULL if there is no http block.
 */
ngx_http_meet_main_conf_t *ngx_http_meet_main_conf(void);


#endif /* NGX_HTTP_MEET_H */
