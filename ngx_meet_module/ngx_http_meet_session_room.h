/* The rooms that have sessions in this nginx worker; of the session layer. */

#ifndef NGX_HTTP_MEET_SESSION_ROOM_H
#define NGX_HTTP_MEET_SESSION_ROOM_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_meet_place.h"


typedef struct ngx_http_meet_session_s ngx_http_meet_session_t;

/*
 * A room that has sessions here.  Exists from the first `hello` until its last
 * session is gone; freed by room_reap() only, never under a loop.
 */
typedef enum {
    NGX_HTTP_MEET_ROOM_IDLE = 0, /* the placement has to be looked at again */
    NGX_HTTP_MEET_ROOM_PLACING,
    NGX_HTTP_MEET_ROOM_PLACED /* sessions can be opened, records are heard */
} ngx_http_meet_room_state_t;

typedef struct {
    ngx_rbtree_node_t node; /* first: key is the number of the room */
    ngx_http_meet_room_state_t state;
    ngx_http_meet_store_room_t record; /* as last read */
    uint64_t avoid;                    /* the media worker that refused it */
    uint64_t unannounced; /* lowest log entry that nobody heard of, or 0 */
    ngx_msec_t refreshed; /* when a stale reply last made us look again */
    ngx_queue_t sessions;
    ngx_http_meet_place_t *place;
    ngx_event_t run;   /* posted */
    ngx_event_t retry; /* timer */
    ngx_event_t touch; /* timer */
    ngx_event_t reap;  /* posted */
} ngx_http_meet_room_t;

/* a connection test: in no store, and nothing of it ever is */
#define ngx_http_meet_room_is_test(record)                                     \
    (((record)->settings.flags & MEET_ROOM_IS_TEST) != 0)


void ngx_http_meet_session_rooms_init(void);

/* one that does not keep a worker that is to leave; after rooms_init() */
void ngx_http_meet_session_event(ngx_event_t *ev, ngx_event_handler_pt handler);

ngx_http_meet_room_t *ngx_http_meet_session_room_find(
    uint64_t number, const u_char *incarnation);

/* the room of a fresh record, made if need be; NULL: no memory */
ngx_http_meet_room_t *ngx_http_meet_session_room_enter(
    ngx_http_meet_session_t *s, ngx_http_meet_store_room_t *record);
void ngx_http_meet_session_room_leave(ngx_http_meet_session_t *s);

/* run() opens what waits, later; lost() registers everybody again */
void ngx_http_meet_session_room_run(ngx_http_meet_room_t *room);
void ngx_http_meet_session_room_retry(
    ngx_http_meet_room_t *room, ngx_msec_t ms);
void ngx_http_meet_session_room_lost(ngx_http_meet_room_t *room);
void ngx_http_meet_session_rooms_gone(uint64_t instance);

/* a reply said that our placement is not right: look again, once a second */
void ngx_http_meet_session_room_stale(ngx_http_meet_room_t *room);

/* what every record about the room names */
void ngx_http_meet_session_room_header(meet_record_t *header, unsigned type,
    const ngx_http_meet_store_room_t *record);
void ngx_http_meet_session_room_body(
    meet_room_t *body, const ngx_http_meet_store_room_t *record);


#endif /* NGX_HTTP_MEET_SESSION_ROOM_H */
