/*
 * The store of this nginx worker, private to ngx_http_meet_store.c, _read.c
 * and _sweep.c.
 */

#ifndef NGX_HTTP_MEET_STORE_PROCESS_H
#define NGX_HTTP_MEET_STORE_PROCESS_H

#include "ngx_http_meet_store.h"
#include "ngx_http_meet_store_db.h"


/* NULL while the store is closed */
ngx_http_meet_store_db_t *ngx_http_meet_store_db(void);

/*
 * LMDB met an error after which an environment is of no use any more, such as
 * a disk that failed in the middle of a commit.  The store closes, what is
 * queued fails, and then it is opened anew.
 */
void ngx_http_meet_store_panic(void);

/* logs what a read has noted, not more than once a second */
void ngx_http_meet_store_log_error(const char *error);


/*
 * The next rooms whose absolute end lies behind `after` (a key of the store,
 * zeroed at first, moved) and not after `until`.  NGX_AGAIN: there are more.
 */
ngx_int_t ngx_http_meet_store_ends_get(u_char *after, uint64_t until,
    ngx_http_meet_store_room_t *rooms, uint32_t max, uint32_t *n);


/* ngx_http_meet_store_sweep.c: housekeeping of the open store */

/* starts recovery and sweeps, in the one worker that does them */
void ngx_http_meet_store_sweep_start(ngx_msec_t interval);

/* a room was deleted: its content may go */
void ngx_http_meet_store_purge_start(void);


#endif /* NGX_HTTP_MEET_STORE_PROCESS_H */
