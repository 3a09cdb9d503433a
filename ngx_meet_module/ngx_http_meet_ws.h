/*
 * WebSocket (RFC 6455) as the session layer sees it: whole text messages in,
 * shared frames out, one bounded queue per socket.  Frames, fragments, pings,
 * UTF-8, close handshakes, limits and the drain at a reload stay in here.
 *
 * Everything runs on the event loop of one worker.  No function below calls
 * back: the callbacks run from the loop only, never from inside send() or
 * close().  A socket lives until its `closed` callback has returned.
 */

#ifndef NGX_HTTP_MEET_WS_H
#define NGX_HTTP_MEET_WS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* close codes, RFC 6455 section 7.4 and the IANA registry (1012, 1013) */
#define NGX_HTTP_MEET_WS_NORMAL   1000
#define NGX_HTTP_MEET_WS_AWAY     1001
#define NGX_HTTP_MEET_WS_PROTOCOL 1002
#define NGX_HTTP_MEET_WS_TYPE     1003 /* binary message */
#define NGX_HTTP_MEET_WS_UTF8     1007
#define NGX_HTTP_MEET_WS_POLICY   1008 /* too many messages */
#define NGX_HTTP_MEET_WS_TOO_BIG  1009
#define NGX_HTTP_MEET_WS_INTERNAL 1011
#define NGX_HTTP_MEET_WS_RESTART  1012 /* this nginx worker leaves */
#define NGX_HTTP_MEET_WS_BUSY     1013 /* slow reader: try again later */
#define NGX_HTTP_MEET_WS_NO_HELLO 4001

/* an offer in JSON; other messages are held to less by the session layer */
#define NGX_HTTP_MEET_WS_MESSAGE_MAX (256 * 1024 + 16 * 1024)

/*
 * What a socket may have queued; over the hard mark it is closed with 1013.  A
 * single frame always fits.
 */
#define NGX_HTTP_MEET_WS_SOFT_BYTES  (256 * 1024)
#define NGX_HTTP_MEET_WS_HARD_BYTES  (1024 * 1024)
#define NGX_HTTP_MEET_WS_HARD_FRAMES 512

/* ms that a frame may wait for others; and how many may */
#define NGX_HTTP_MEET_WS_GATHERED 50
#define NGX_HTTP_MEET_WS_TOGETHER 64

#define NGX_HTTP_MEET_WS_HELLO 15000 /* ms until ready() must be called */
#define NGX_HTTP_MEET_WS_PING  25000 /* ms of silence until a ping */
#define NGX_HTTP_MEET_WS_DEAD  60000 /* ms of silence until it is given up */
#define NGX_HTTP_MEET_WS_DRAIN 1500  /* ms from `closing` to close 1012 */
#define NGX_HTTP_MEET_WS_WAIT  2000  /* ms for the peer's close frame */
#define NGX_HTTP_MEET_WS_LEAVE 1000  /* the same while the worker drains */

/* messages and pings that a client may send at once; ms until one more */
#define NGX_HTTP_MEET_WS_BURST 100
#define NGX_HTTP_MEET_WS_EVERY 25


/*
 * How a frame behaves in the queue.  A LATEST class keeps only its newest
 * frame: one that is still queued whole is dropped when the next comes.
 */
typedef enum {
    NGX_HTTP_MEET_WS_KEEP = 0, /* replies and events, in order, never dropped */
    NGX_HTTP_MEET_WS_GATHER,   /* likewise, may wait for more of its kind */
    NGX_HTTP_MEET_WS_LATEST_SLOTS,
    NGX_HTTP_MEET_WS_LATEST_RIGHTS,
    NGX_HTTP_MEET_WS_LATEST_QUALITY,
    NGX_HTTP_MEET_WS_LATEST_LAYERS,
    NGX_HTTP_MEET_WS_LATEST_SPEAKERS, /* shed over the soft mark */
    NGX_HTTP_MEET_WS_CLASSES
} ngx_http_meet_ws_class_t;


typedef struct ngx_http_meet_ws_s ngx_http_meet_ws_t;


/*
 * A rendered text frame, counted, shared by any number of sockets of this
 * worker.  Whoever created it fills `payload` (exactly `len` bytes of UTF-8)
 * before the first send and gives up its own count with release().
 */
typedef struct {
    ngx_uint_t count;
    size_t len;
    u_char *payload;
    u_char *start; /* header and payload, as sent */
    u_char *end;
} ngx_http_meet_ws_frame_t;

/* one allocation, count 1; NULL: no memory.  Lives outside any pool. */
ngx_http_meet_ws_frame_t *ngx_http_meet_ws_frame_create(size_t len);
void ngx_http_meet_ws_frame_release(ngx_http_meet_ws_frame_t *frame);


/* what the session layer does; none may be NULL */
typedef struct {
    /*
     * The upgrade is done, nothing has been read yet.  Set data here.  Other
     * than NGX_OK closes with 1011 and `closed` still follows.
     */
    ngx_int_t (*opened)(ngx_http_meet_ws_t *ws);

    /* one whole text message, valid UTF-8, <= MESSAGE_MAX, borrowed */
    void (*message)(ngx_http_meet_ws_t *ws, u_char *text, size_t len);

    /* this worker drains: send `moving` now; 1012 follows within DRAIN */
    void (*closing)(ngx_http_meet_ws_t *ws);

    /* the last call; `ws` and its request are gone afterwards */
    void (*closed)(ngx_http_meet_ws_t *ws);
} ngx_http_meet_ws_handlers_t;


/*
 * Upgrades the request or refuses it; returned by the content handler as is.
 * `handlers` is static.  The checks of Origin are the caller's.
 */
ngx_int_t ngx_http_meet_ws_upgrade(
    ngx_http_request_t *r, const ngx_http_meet_ws_handlers_t *handlers);

/*
 * The second half of upgrade(): takes over the connection of a request that
 * has been answered with 101.  NGX_OK or NGX_ERROR; a place taken for the
 * client's address is given back by the socket's end in either case.
 */
ngx_int_t ngx_http_meet_ws_start(
    ngx_http_request_t *r, const ngx_http_meet_ws_handlers_t *handlers);

void ngx_http_meet_ws_set_data(ngx_http_meet_ws_t *ws, void *data);
void *ngx_http_meet_ws_data(ngx_http_meet_ws_t *ws);

/* for logs and pools; the log names the connection, the address is nginx's */
ngx_http_request_t *ngx_http_meet_ws_request(ngx_http_meet_ws_t *ws);

/* hello was accepted: the socket may stay as long as it lives */
void ngx_http_meet_ws_ready(ngx_http_meet_ws_t *ws);

/*
 * Queues a frame and takes a count of its own.  NGX_OK; NGX_DECLINED: shed
 * (LATEST_SPEAKERS only); NGX_ERROR: the socket is closing already, or this
 * frame was one too many and it closes with 1013.  Written at the end of this
 * turn of the loop, so many sends make one write; GATHER frames that come in
 * quick succession are written by the next turn for another one, or together.
 */
ngx_int_t ngx_http_meet_ws_send(ngx_http_meet_ws_t *ws,
    ngx_http_meet_ws_frame_t *frame, ngx_http_meet_ws_class_t kind);

/*
 * Sends what is queued, then a close frame; messages that still arrive are
 * dropped.  The peer has two seconds to answer.  Repeated calls do nothing.
 */
void ngx_http_meet_ws_close(ngx_http_meet_ws_t *ws, ngx_uint_t code);


#endif /* NGX_HTTP_MEET_WS_H */
