/*
 * What a client says on its WebSocket, read into plain structs.  Every message
 * of the protocol reference, no field more; pure functions in plain C.
 */

#ifndef NGX_HTTP_MEET_MESSAGE_H
#define NGX_HTTP_MEET_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "meet_body.h"


#define NGX_HTTP_MEET_MESSAGE_MAX       (64 * 1024)
#define NGX_HTTP_MEET_MESSAGE_OFFER_MAX (256 * 1024) /* publish, subscribe */
#define NGX_HTTP_MEET_MESSAGE_BODY_MAX  (48 * 1024)  /* characters of a body */
#define NGX_HTTP_MEET_MESSAGE_LOG_MAX   200          /* entries asked for */
#define NGX_HTTP_MEET_MESSAGE_FIGURE    600000       /* most in a `report` */

/* version, key id, nonce and tag: the smallest sealed body, and its version */
#define NGX_HTTP_MEET_MESSAGE_SEALED_MIN     (1 + 8 + 12 + 16)
#define NGX_HTTP_MEET_MESSAGE_SEALED_MAX     (48 * 1024 / 4 * 3)
#define NGX_HTTP_MEET_MESSAGE_SEALED_VERSION 1

/* channels of the log, as stored; never renumber */
#define NGX_HTTP_MEET_CHANNEL_CHAT 1


typedef enum {
    NGX_HTTP_MEET_MESSAGE_HELLO = 0,
    NGX_HTTP_MEET_MESSAGE_PUBLISH,
    NGX_HTTP_MEET_MESSAGE_SUBSCRIBE,
    NGX_HTTP_MEET_MESSAGE_VIEW,
    NGX_HTTP_MEET_MESSAGE_STATE,
    NGX_HTTP_MEET_MESSAGE_POST,
    NGX_HTTP_MEET_MESSAGE_LOG,
    NGX_HTTP_MEET_MESSAGE_TELL,
    NGX_HTTP_MEET_MESSAGE_MODERATE,
    NGX_HTTP_MEET_MESSAGE_APPOINT,
    NGX_HTTP_MEET_MESSAGE_REPORT,
    NGX_HTTP_MEET_MESSAGE_PING,
    NGX_HTTP_MEET_MESSAGE_LEAVE,
    NGX_HTTP_MEET_MESSAGE_TYPES
} ngx_http_meet_message_type_t;

typedef enum {
    NGX_HTTP_MEET_MESSAGE_OK = 0,
    NGX_HTTP_MEET_MESSAGE_BAD, /* answered with `error` bad-message */
    NGX_HTTP_MEET_MESSAGE_BIG  /* longer than its type may be: close 1009 */
} ngx_http_meet_message_rc_t;


typedef struct {
    const unsigned char *token;
    size_t token_len;
    uint64_t sequence; /* 0: no resume */
    uint32_t epoch;
} ngx_http_meet_message_hello_t;

/* publish and subscribe, laid out as the OFFER record wants it */
typedef struct {
    meet_offer_t offer;
    meet_track_t tracks[MEET_TRACKS_MAX];
    const unsigned char *sdp;
} ngx_http_meet_message_offer_t;

typedef struct {
    meet_view_t view;
    meet_view_entry_t entries[MEET_VIEW_MAX];
} ngx_http_meet_message_view_t;

typedef struct {
    meet_state_t state;
    unsigned char name[MEET_NAME_MAX];
} ngx_http_meet_message_state_t;

typedef struct {
    uint16_t channel;
    size_t len;
    unsigned char body[NGX_HTTP_MEET_MESSAGE_SEALED_MAX]; /* decoded */
} ngx_http_meet_message_post_t;

typedef struct {
    uint16_t channel;
    uint32_t limit;
    uint64_t after;
} ngx_http_meet_message_log_t;

typedef struct {
    uint64_t to; /* 0: everybody in the lobby */
    const unsigned char *body;
    size_t len;
} ngx_http_meet_message_tell_t;


/* 38 KB: keep one, not on the stack; strings point into `root` */
typedef struct {
    ngx_http_meet_message_type_t type;
    uint32_t id;        /* to be repeated as `re`; 0: none */
    const char *detail; /* BAD: the field or rule, static text */
    void *root;

    union {
        ngx_http_meet_message_hello_t hello;
        ngx_http_meet_message_offer_t offer;
        ngx_http_meet_message_view_t view;
        ngx_http_meet_message_state_t state;
        ngx_http_meet_message_post_t post;
        ngx_http_meet_message_log_t log;
        ngx_http_meet_message_tell_t tell;
        meet_report_t report;
        meet_moderate_t moderate; /* and appoint */
    } u;
} ngx_http_meet_message_t;


/*
 * Reads one message.  `id` and `detail` are set on BAD, too.  Whatever the
 * result, the caller ends with done(), which frees what strings point into.
 */
ngx_http_meet_message_rc_t ngx_http_meet_message_read(
    ngx_http_meet_message_t *m, const unsigned char *text, size_t len);
void ngx_http_meet_message_done(ngx_http_meet_message_t *m);

/* "chat" and so on; NULL: no such channel */
const char *ngx_http_meet_message_channel(unsigned channel);


#endif /* NGX_HTTP_MEET_MESSAGE_H */
