#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_link.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_store.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_METRICS_SIZE (256 * 1024)

/* of single rooms of one media worker */
#define NGX_HTTP_MEET_METRICS_LINE 128
#define NGX_HTTP_MEET_METRICS_ROOMS                                            \
    (MEET_ROOM_FIGURES * NGX_HTTP_MEET_METRICS_LINE                            \
        * (sizeof(meet_room_figures_t) / sizeof(uint64_t)))


typedef struct {
    const char *name;
    const char *help;
} ngx_http_meet_metric_t;

typedef struct {
    const char *name;
    const char *type;
    const char *help;
    size_t offset; /* in meet_stats_t */
} ngx_http_meet_stat_t;


/* as of the request that is answered */
static ngx_http_meet_link_worker_t
    ngx_http_meet_metrics_workers[MEET_WORKERS_MAX];
static ngx_uint_t ngx_http_meet_metrics_n;


/* by ngx_http_meet_counter_t */
static const ngx_http_meet_metric_t ngx_http_meet_metrics[] = {
    { "websockets", "open WebSockets" },
    { "sessions", "WebSockets of participants" },
    { "live_rooms", "rooms with sessions, counted once per nginx worker" },
    { "upgrades_total", "WebSockets accepted" },
    { "messages_in_total", "messages received" },
    { "bytes_in_total", "bytes received on WebSockets" },
    { "frames_out_total", "frames queued to WebSockets" },
    { "bytes_out_total", "bytes written to WebSockets" },
    { "frames_shed_total", "frames dropped because newer ones follow" },
    { "slow_readers_total", "WebSockets closed for not reading" },
    { "protocol_errors_total", "WebSockets closed for breaking the protocol" },
    { "no_hello_total", "WebSockets closed for not saying hello" },
    { "timeouts_total", "WebSockets that fell silent" },
    { "refused_origin_total", "requests of foreign pages" },
    { "refused_limit_total", "WebSockets over the limit of their address" },
    { "rest_requests_total", "REST requests" },
    { "rest_problems_total", "REST requests answered with a problem" },
    { "rooms_created_total", "rooms created" },
    { "rooms_deleted_total", "rooms deleted by their owners" },
    { "joins_total", "tokens issued" },
    { "wrong_secrets_total", "joins and streams with a wrong secret" },
    { "welcomes_total", "sessions opened" },
    { "resumed_total", "sessions resumed" },
    { "messages_bad_total", "messages answered with bad-message" },
    { "link_lost_total", "lost links to media workers" },
    { "link_timeouts_total", "requests a media worker did not answer" },
    { "link_refused_total", "records that a full ring did not take" },
    { "posts_total", "chat entries written" },
    { "registered_again_total",
        "sessions registered again after a media worker was gone" },
    { "records_late_total", "replies nobody waited for any more" },
    { "records_stray_total", "records of rooms or sessions not known here" },
    { "too_fast_total", "WebSockets closed for sending too much" },
    { "client_reports_total", "reports of clients that were counted" },
    { "client_freezes_total", "pictures that stood still, as clients saw it" },
    { "client_frozen_ms_total", "how long they did" },
    { "client_concealed_ms_total", "sound that clients had to make up" },
    { "client_audio_ms_total", "sound that clients played" },
    { "client_video_ms_total", "pictures that clients showed" },
    { "tests_total", "tokens issued for connection tests" },
    { "streams_opened_total", "encoders and players let in (WHIP, WHEP)" },
    { "streams_refused_total", "encoders and players a room did not take" },
    { "events_total", "records of media workers written as messages" },
    { "events_out_total", "such messages queued, once for each receiver" },
};


#define ngx_http_meet_gauge(field, help)                                       \
    {                                                                          \
#field, "gauge", help, offsetof(meet_stats_t, field)                   \
    }

#define ngx_http_meet_counter(field, help)                                     \
    {                                                                          \
#field "_total", "counter", help, offsetof(meet_stats_t, field)        \
    }

static const ngx_http_meet_stat_t ngx_http_meet_stats[] = {
    ngx_http_meet_gauge(rooms, "rooms"),
    ngx_http_meet_gauge(participants, "participants"),
    ngx_http_meet_gauge(publishers, "publish connections"),
    ngx_http_meet_gauge(subscribers, "subscribe connections"),
    ngx_http_meet_gauge(sources, "published tracks"),
    ngx_http_meet_gauge(slots, "slots"),
    ngx_http_meet_counter(packets_in, "packets received"),
    ngx_http_meet_counter(packets_out, "packets sent"),
    ngx_http_meet_counter(bytes_in, "bytes received"),
    ngx_http_meet_counter(bytes_out, "bytes sent"),
    ngx_http_meet_counter(drop_stun, "STUN that did not authenticate"),
    ngx_http_meet_counter(drop_address, "packets of unknown addresses"),
    ngx_http_meet_counter(drop_auth, "SRTP that did not authenticate"),
    ngx_http_meet_counter(drop_malformed, "packets that could not be read"),
    ngx_http_meet_counter(drop_other, "packets dropped for other reasons"),
    ngx_http_meet_counter(retransmitted, "packets sent again"),
    ngx_http_meet_counter(keyframe_requests, "keyframes asked for"),
    ngx_http_meet_counter(handshakes, "DTLS handshakes"),
    ngx_http_meet_counter(handshakes_failed, "failed DTLS handshakes"),
    ngx_http_meet_counter(records_in, "records from nginx"),
    ngx_http_meet_counter(records_out, "records to nginx"),
    ngx_http_meet_counter(records_bad, "malformed records"),
    ngx_http_meet_counter(records_shed, "records shed, ring full"),
    ngx_http_meet_counter(resyncs, "sessions that needed a snapshot"),
    ngx_http_meet_counter(send_errors, "failed sends"),
    ngx_http_meet_counter(joins, "participants that came in"),
    ngx_http_meet_counter(nacks_out, "packets asked of publishers again"),
    ngx_http_meet_counter(recovered, "packets that came by being asked for"),
    ngx_http_meet_counter(keyframes, "keyframes received"),
    ngx_http_meet_counter(nacks_in, "packets that receivers asked for again"),
    ngx_http_meet_counter(nacks_unmet, "of them not sent again"),
    ngx_http_meet_counter(
        keyframes_wanted, "keyframes that receivers asked for"),
    ngx_http_meet_counter(layer_switches, "changes of a picture's layer"),
    ngx_http_meet_counter(thinned, "packets of pictures left out"),
    ngx_http_meet_counter(probe_bytes, "bytes sent to look for more room"),
    ngx_http_meet_counter(drop_duplicate, "RTP that was there already"),
    ngx_http_meet_counter(drop_replay, "of drop_auth: SRTP seen before"),
    ngx_http_meet_gauge(estimates, "receivers whose room is known"),
    ngx_http_meet_gauge(estimate, "bit/s that they have room for, together"),
    { "layer_0", "gauge", "pictures sent in the lowest layer",
        offsetof(meet_stats_t, layers) },
    { "layer_1", "gauge", "pictures sent in the second layer",
        offsetof(meet_stats_t, layers) + sizeof(uint64_t) },
    { "layer_2", "gauge", "pictures sent in the third layer",
        offsetof(meet_stats_t, layers) + 2 * sizeof(uint64_t) },
    ngx_http_meet_counter(relayed_in, "packets from other media workers"),
    ngx_http_meet_counter(relayed_out, "packets to other media workers"),
    ngx_http_meet_counter(relayed_shed, "of them shed, ring full"),
    ngx_http_meet_gauge(residence_p50,
        "microseconds from arrival to the return of the send, median"),
    ngx_http_meet_gauge(residence_p99,
        "microseconds from arrival to the return of the send, 99 %"),
};


#define ngx_http_meet_room_gauge(field, help)                                  \
    {                                                                          \
#field, "gauge", help, offsetof(meet_room_figures_t, field)            \
    }

#define ngx_http_meet_room_counter(field, help)                                \
    {                                                                          \
#field "_total", "counter", help, offsetof(meet_room_figures_t, field) \
    }

/* of single rooms: numbers only, by a label that says nothing */
static const ngx_http_meet_stat_t ngx_http_meet_room_stats[] = {
    ngx_http_meet_room_gauge(participants, "participants"),
    ngx_http_meet_room_counter(packets_in, "packets received"),
    ngx_http_meet_room_counter(packets_out, "packets sent"),
    ngx_http_meet_room_counter(bytes_out, "bytes sent"),
    ngx_http_meet_room_counter(retransmitted, "packets sent again"),
    ngx_http_meet_room_counter(
        nacks_unmet, "packets asked for again and not sent"),
    ngx_http_meet_room_counter(keyframes, "keyframes received"),
    ngx_http_meet_room_counter(keyframe_requests, "keyframes asked for"),
    ngx_http_meet_room_gauge(estimates, "receivers whose room is known"),
    ngx_http_meet_room_gauge(
        estimate, "bit/s that they have room for, together"),
    ngx_http_meet_room_counter(
        freezes, "pictures that stood still, as clients saw it"),
    ngx_http_meet_room_counter(frozen_ms, "how long they did"),
    ngx_http_meet_room_counter(video_ms, "pictures that clients showed"),
    ngx_http_meet_room_counter(
        concealed_ms, "sound that clients had to make up"),
    ngx_http_meet_room_counter(audio_ms, "sound that clients played"),
};


_Static_assert(sizeof(ngx_http_meet_metrics) / sizeof(ngx_http_meet_metric_t)
                   == NGX_HTTP_MEET_COUNTERS,
    "each counter has a name");


static u_char *
ngx_http_meet_metrics_nginx(u_char *p, u_char *last)
{
    ngx_uint_t i;
    const char *type;
    const ngx_http_meet_metric_t *m;
    uint64_t sums[NGX_HTTP_MEET_COUNTERS];

    ngx_http_meet_zone_sum(sums);

    for (i = 0; i < NGX_HTTP_MEET_COUNTERS; i++) {
        m = &ngx_http_meet_metrics[i];
        type = i < NGX_HTTP_MEET_GAUGES ? "gauge" : "counter";

        p = ngx_slprintf(p, last,
            "# HELP meet_%s %s\n# TYPE meet_%s %s\nmeet_%s %uL\n", m->name,
            m->help, m->name, type, m->name, sums[i]);
    }

    return p;
}


static u_char *
ngx_http_meet_metrics_media(u_char *p, u_char *last)
{
    ngx_uint_t i, j;
    const u_char *stats;
    const ngx_http_meet_stat_t *m;

    p = ngx_slprintf(p, last,
        "# HELP meet_media_worker media workers, 1 active, 2 draining\n"
        "# TYPE meet_media_worker gauge\n");

    for (j = 0; j < ngx_http_meet_metrics_n; j++) {
        p = ngx_slprintf(p, last,
            "meet_media_worker{worker=\"%ui\",port=\"%ui\"} %ui\n",
            ngx_http_meet_metrics_workers[j].index,
            ngx_http_meet_metrics_workers[j].port,
            ngx_http_meet_metrics_workers[j].state);
    }

    for (i = 0; i < sizeof(ngx_http_meet_stats) / sizeof(ngx_http_meet_stat_t);
         i++) {
        m = &ngx_http_meet_stats[i];

        p = ngx_slprintf(p, last,
            "# HELP meet_media_%s %s\n# TYPE meet_media_%s %s\n", m->name,
            m->help, m->name, m->type);

        for (j = 0; j < ngx_http_meet_metrics_n; j++) {
            stats = (const u_char *) &ngx_http_meet_metrics_workers[j].stats
                    + m->offset;

            p = ngx_slprintf(p, last,
                "meet_media_%s{worker=\"%ui\",port=\"%ui\"} %uL\n", m->name,
                ngx_http_meet_metrics_workers[j].index,
                ngx_http_meet_metrics_workers[j].port,
                *(const uint64_t *) stats);
        }
    }

    return p;
}


/* microseconds as the seconds that a histogram's edges are in */
static u_char *
ngx_http_meet_metrics_residence(u_char *p, u_char *last)
{
    ngx_uint_t i, j;
    const ngx_http_meet_link_worker_t *w;

    p = ngx_slprintf(p, last,
        "# HELP meet_media_residence_seconds from a packet's arrival to the "
        "return of the send\n"
        "# TYPE meet_media_residence_seconds histogram\n");

    for (j = 0; j < ngx_http_meet_metrics_n; j++) {
        w = &ngx_http_meet_metrics_workers[j];

        for (i = 0; i < MEET_RESIDENCES; i++) {
            p = ngx_slprintf(p, last,
                "meet_media_residence_seconds_bucket{worker=\"%ui\","
                "port=\"%ui\",le=\"0.%06ui\"} %uL\n",
                w->index, w->port, (ngx_uint_t) 64 << i, w->stats.residence[i]);
        }

        p = ngx_slprintf(p, last,
            "meet_media_residence_seconds_bucket{worker=\"%ui\","
            "port=\"%ui\",le=\"+Inf\"} %uL\n"
            "meet_media_residence_seconds_sum{worker=\"%ui\",port=\"%ui\"} "
            "%uL.%06uL\n"
            "meet_media_residence_seconds_count{worker=\"%ui\","
            "port=\"%ui\"} %uL\n",
            w->index, w->port, w->stats.residence_count, w->index, w->port,
            w->stats.residence_sum / 1000000, w->stats.residence_sum % 1000000,
            w->index, w->port, w->stats.residence_count);
    }

    return p;
}


static u_char *
ngx_http_meet_metrics_rooms(u_char *p, u_char *last)
{
    ngx_uint_t i, j, k;
    const u_char *value;
    meet_room_figures_t room;
    const ngx_http_meet_stat_t *m;
    const ngx_http_meet_link_worker_t *w;

    p = ngx_slprintf(p, last,
        "# HELP meet_rooms_unlisted live rooms without counters of their own\n"
        "# TYPE meet_rooms_unlisted gauge\n");

    for (j = 0; j < ngx_http_meet_metrics_n; j++) {
        w = &ngx_http_meet_metrics_workers[j];
        p = ngx_slprintf(p, last, "meet_rooms_unlisted{worker=\"%ui\"} %uL\n",
            w->index, w->figures->unlisted);
    }

    for (i = 0;
         i < sizeof(ngx_http_meet_room_stats) / sizeof(ngx_http_meet_stat_t);
         i++)
    {
        m = &ngx_http_meet_room_stats[i];

        p = ngx_slprintf(p, last,
            "# HELP meet_room_%s %s\n# TYPE meet_room_%s %s\n", m->name,
            m->help, m->name, m->type);

        for (j = 0; j < ngx_http_meet_metrics_n; j++) {
            w = &ngx_http_meet_metrics_workers[j];

            for (k = 0; k < MEET_ROOM_FIGURES; k++) {
                ngx_memcpy(&room, &w->figures->rooms[k], sizeof(room));
                value = (const u_char *) &room + m->offset;

                if (room.label != 0) {
                    p = ngx_slprintf(p, last,
                        "meet_room_%s{worker=\"%ui\",room=\"%016xL\"} %uL\n",
                        m->name, w->index, room.label,
                        *(const uint64_t *) value);
                }
            }
        }
    }

    return p;
}


/* answers of one line or more to people and machines that watch */
static ngx_int_t
ngx_http_meet_metrics_begin(ngx_http_request_t *r)
{
    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    return ngx_http_discard_request_body(r);
}


static ngx_int_t
ngx_http_meet_metrics_answer(ngx_http_request_t *r, ngx_uint_t single)
{
    size_t size;
    u_char *p, *last;
    ngx_int_t rc;
    ngx_str_t body;
    ngx_uint_t rooms;

    rc = ngx_http_meet_metrics_begin(r);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_http_meet_metrics_n = ngx_http_meet_link_workers(
        ngx_http_meet_metrics_workers, MEET_WORKERS_MAX);

    size = NGX_HTTP_MEET_METRICS_SIZE;

    if (single) {
        size += ngx_http_meet_metrics_n * NGX_HTTP_MEET_METRICS_ROOMS;
    }

    body.data = ngx_pnalloc(r->pool, size);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = body.data;
    last = p + size;

    if (ngx_http_meet_store_rooms(&rooms) == NGX_OK) {
        p = ngx_slprintf(p, last,
            "# HELP meet_rooms rooms in the store\n"
            "# TYPE meet_rooms gauge\nmeet_rooms %ui\n",
            rooms);
    }

    p = ngx_http_meet_metrics_nginx(p, last);
    p = ngx_http_meet_metrics_media(p, last);
    p = ngx_http_meet_metrics_residence(p, last);

    if (single) {
        p = ngx_http_meet_metrics_rooms(p, last);
    }

    body.len = (size_t) (p - body.data);

    return ngx_http_meet_rest_send(
        r, NGX_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
}


ngx_int_t
ngx_http_meet_metrics_handler(ngx_http_request_t *r)
{
    return ngx_http_meet_metrics_answer(r, 0);
}


ngx_int_t
ngx_http_meet_metrics_rooms_handler(ngx_http_request_t *r)
{
    return ngx_http_meet_metrics_answer(r, 1);
}


ngx_int_t
ngx_http_meet_health_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t body;
    const char *reason;

    rc = ngx_http_meet_metrics_begin(r);

    if (rc != NGX_OK) {
        return rc;
    }

    reason = "the store is not open";

    if (ngx_http_meet_store_ready() && ngx_http_meet_link_ready(&reason)) {
        reason = "ok";
        rc = NGX_HTTP_OK;

    } else {
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    body.data = ngx_pnalloc(r->pool, ngx_strlen(reason) + 1);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = (size_t) (ngx_sprintf(body.data, "%s\n", reason) - body.data);

    return ngx_http_meet_rest_send(
        r, (ngx_uint_t) rc, "text/plain; charset=utf-8", &body);
}
