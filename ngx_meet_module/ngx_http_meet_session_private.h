/* Shared by the files of the session layer; nobody else includes this. */

#ifndef NGX_HTTP_MEET_SESSION_PRIVATE_H
#define NGX_HTTP_MEET_SESSION_PRIVATE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_message.h"
#include "ngx_http_meet_message_write.h"
#include "ngx_http_meet_place.h"
#include "ngx_http_meet_session.h"
#include "ngx_http_meet_session_room.h"
#include "ngx_http_meet_token.h"
#include "ngx_http_meet_zone.h"


/* close codes of ours, see the protocol reference */
#define NGX_HTTP_MEET_CLOSE_HELLO    4001
#define NGX_HTTP_MEET_CLOSE_TOKEN    4003
#define NGX_HTTP_MEET_CLOSE_GONE     4004
#define NGX_HTTP_MEET_CLOSE_REMOVED  4005
#define NGX_HTTP_MEET_CLOSE_REPLACED 4006
#define NGX_HTTP_MEET_CLOSE_ENDED    4007
#define NGX_HTTP_MEET_CLOSE_FULL     4008

#define NGX_HTTP_MEET_SESSION_CALLS 32 /* requests of one session under way */
#define NGX_HTTP_MEET_SESSION_BAD   20 /* bad messages in a row */
#define NGX_HTTP_MEET_SESSION_TURN  64 /* sessions registered before others */


/* A session: one socket after its `hello`.  In the pool of its request. */
typedef enum {
    NGX_HTTP_MEET_SESSION_NEW = 0, /* before `hello` */
    NGX_HTTP_MEET_SESSION_WAITING, /* wants to be registered */
    NGX_HTTP_MEET_SESSION_OPENING, /* SESSION_OPEN is under way */
    NGX_HTTP_MEET_SESSION_LOBBY,   /* until a moderator admits it */
    NGX_HTTP_MEET_SESSION_LIVE,
    NGX_HTTP_MEET_SESSION_ENDED /* only its socket is left */
} ngx_http_meet_session_state_t;

struct ngx_http_meet_session_s {
    ngx_rbtree_node_t node; /* first: key is the number of the session */
    ngx_queue_t queue;      /* of the room */
    ngx_http_meet_session_state_t state;
    ngx_http_meet_ws_t *ws;
    ngx_http_meet_room_t *room; /* NULL: NEW or ENDED */
    ngx_http_meet_link_request_t *opening;
    ngx_queue_t calls;
    ngx_uint_t ncalls;
    ngx_uint_t bad; /* messages in a row */
    ngx_uint_t tries;
    ngx_msec_t reported; /* when a `report` last counted */
    uint64_t sequence;   /* of the newest event that went out */
    uint32_t epoch;      /* and the epoch it belongs to */
    uint32_t number;
    uint32_t re; /* of `hello` */
    uint32_t rights;
    uint8_t role;   /* in force */
    uint8_t denied; /* kinds taken from it, bit per MEET_KIND_... */
    unsigned welcomed : 1;
    unsigned reports : 1;  /* has been counted before */
    unsigned returns : 1;  /* its invite was replaced: only if still there */
    unsigned offering : 2; /* bit per MEET_CONNECTION_... under way */
    ngx_http_meet_token_t token;
    ngx_http_meet_store_invite_t invite;
};


/*
 * A request of a client under way.  One that writes to the store outlives its
 * session (NULL then): what is on disk has to be announced.
 */
typedef struct {
    ngx_queue_t queue;
    ngx_http_meet_session_t *session;
    ngx_http_meet_link_request_t *request;
    uint32_t re;
    ngx_uint_t type; /* ngx_http_meet_message_type_t */
    uint64_t participant;
    uint32_t number;
    meet_moderate_t moderate;
    ngx_http_meet_store_person_t before; /* what the target was */
    size_t name_len; /* `state`: the name that comes into force */
    u_char name[MEET_NAME_MAX];
} ngx_http_meet_call_t;


/* ngx_http_meet_session.c: sessions by number, ends */
ngx_http_meet_session_t *ngx_http_meet_session_find(uint32_t number);
void ngx_http_meet_session_number(ngx_http_meet_session_t *s);

void ngx_http_meet_session_state(
    ngx_http_meet_session_t *s, ngx_http_meet_session_state_t state);

/* of a record that this session causes */
void ngx_http_meet_session_header(
    meet_record_t *header, unsigned type, ngx_http_meet_session_t *s);

/* forgets what is under way, leaves the room; the socket stays open */
void ngx_http_meet_session_detach(ngx_http_meet_session_t *s);

/* detach(), then the close code; end() says `end` with its reason before */
void ngx_http_meet_session_close(ngx_http_meet_session_t *s, ngx_uint_t code);
void ngx_http_meet_session_end(ngx_http_meet_session_t *s, ngx_uint_t reason);

/* NULL: too many under way, or no memory; `error` limit has been sent */
ngx_http_meet_call_t *ngx_http_meet_session_call(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m);
void ngx_http_meet_session_call_free(ngx_http_meet_call_t *call);


/* ngx_http_meet_session_open.c: `hello` to `welcome` */
void ngx_http_meet_session_hello(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m);

/*
 * A WELCOME that nobody asked for: of somebody who waited in the lobby, or
 * whose media connections are gone.
 */
void ngx_http_meet_session_admitted(ngx_http_meet_session_t *s,
    const meet_record_t *header, const u_char *body, size_t len);

/* somebody is live in it */
ngx_uint_t ngx_http_meet_session_room_used(ngx_http_meet_room_t *room);

/* NGX_OK: SESSION_OPEN went out, or the session ended; NGX_AGAIN: not now */
ngx_int_t ngx_http_meet_session_open(ngx_http_meet_session_t *s);


/* ngx_http_meet_session_in.c: messages of a live session */
ngx_int_t ngx_http_meet_session_in_init(ngx_cycle_t *cycle);
void ngx_http_meet_session_in(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m);


/* asks the media worker; the answer goes to the client, `error` at once */
void ngx_http_meet_session_request(ngx_http_meet_session_t *s,
    ngx_http_meet_message_t *m, unsigned type, const void *body, size_t len);
void ngx_http_meet_session_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len);


/* ngx_http_meet_session_moderate.c: `moderate` and `appoint` */
void ngx_http_meet_session_moderate(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m);

/* the actor said no to what has been written: takes it back */
void ngx_http_meet_session_moderate_undo(
    ngx_http_meet_session_t *s, const ngx_http_meet_call_t *call);


/* ngx_http_meet_session_log.c: `post`, `log`, announcing */
void ngx_http_meet_session_post(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m);
void ngx_http_meet_session_log(
    ngx_http_meet_session_t *s, ngx_http_meet_message_t *m);

/* announces what is on disk and nobody heard of */
void ngx_http_meet_session_announce(ngx_http_meet_room_t *room);


/* ngx_http_meet_session_out.c: frames */
typedef void (*ngx_http_meet_render_pt)(
    ngx_http_meet_out_t *out, const void *data);

/* renders and queues one frame for one session */
void ngx_http_meet_session_send(ngx_http_meet_session_t *s,
    ngx_http_meet_render_pt render, const void *data);
void ngx_http_meet_session_plain(
    ngx_http_meet_session_t *s, const char *type, uint32_t re);
void ngx_http_meet_session_error(ngx_http_meet_session_t *s, uint32_t re,
    const char *error, const void *detail, size_t len);

/* the listener of the link: records to whom they are for */
void ngx_http_meet_session_record(uint64_t instance,
    const meet_record_t *header, const u_char *list, const u_char *body,
    size_t len);


/* ngx_http_meet_session_order.c */
void ngx_http_meet_session_orders_init(void);
void ngx_http_meet_session_orders_ready(void);


#endif /* NGX_HTTP_MEET_SESSION_PRIVATE_H */
