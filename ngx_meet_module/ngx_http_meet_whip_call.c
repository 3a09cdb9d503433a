#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_link.h"
#include "ngx_http_meet_place.h"
#include "ngx_http_meet_session_room.h"
#include "ngx_http_meet_whip.h"


#define NGX_HTTP_MEET_WHIP_TRIES 3 /* refusals of a room's placement */


/* in the pool of its request, whose cleanup takes back what is under way */
typedef struct {
    ngx_http_request_t *request;
    ngx_http_meet_store_room_t room;
    unsigned type;
    uint64_t participant;
    ngx_str_t body;
    ngx_uint_t tries;
    ngx_http_meet_place_t *place;
    ngx_http_meet_link_waiter_t *waiter;
    ngx_http_meet_link_request_t *asked;
    ngx_http_meet_whip_done_pt done;
    void *data;
} ngx_http_meet_whip_call_t;


static void ngx_http_meet_whip_gone(void *data);
static ngx_int_t ngx_http_meet_whip_place(
    ngx_http_meet_whip_call_t *call, uint64_t avoid);
static void ngx_http_meet_whip_placed(
    void *data, ngx_int_t rc, ngx_http_meet_store_room_t *room);
static void ngx_http_meet_whip_ready(void *data, ngx_int_t rc);
static void ngx_http_meet_whip_ask(ngx_http_meet_whip_call_t *call);
static void ngx_http_meet_whip_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len);
static void ngx_http_meet_whip_finish(ngx_http_meet_whip_call_t *call,
    ngx_uint_t status, const u_char *body, size_t len);


ngx_int_t
ngx_http_meet_whip_call(ngx_http_request_t *r, ngx_http_meet_store_room_t *room,
    unsigned type, uint64_t participant, ngx_str_t *body,
    ngx_http_meet_whip_done_pt done, void *data)
{
    ngx_http_cleanup_t *cln;
    ngx_http_meet_whip_call_t *call;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_meet_whip_call_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call = cln->data;
    ngx_memzero(call, sizeof(ngx_http_meet_whip_call_t));

    call->request = r;
    call->room = *room;
    call->type = type;
    call->participant = participant;
    call->body = *body;
    call->done = done;
    call->data = data;

    if (type == MEET_RESOURCE_OPEN) {
        if (ngx_http_meet_whip_place(call, 0) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else {
        call->waiter = ngx_http_meet_link_wait(ngx_http_meet_whip_ready, call);

        if (call->waiter == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    cln->handler = ngx_http_meet_whip_gone;
    r->main->count++;

    return NGX_DONE;
}


static void
ngx_http_meet_whip_gone(void *data)
{
    ngx_http_meet_whip_call_t *call = data;

    if (call->place != NULL) {
        ngx_http_meet_place_cancel(call->place);
        call->place = NULL;
    }

    if (call->waiter != NULL) {
        ngx_http_meet_link_wait_cancel(call->waiter);
        call->waiter = NULL;
    }

    if (call->asked != NULL) {
        ngx_http_meet_link_cancel(call->asked);
        call->asked = NULL;
    }
}


static ngx_int_t
ngx_http_meet_whip_place(ngx_http_meet_whip_call_t *call, uint64_t avoid)
{
    call->place = ngx_http_meet_place(
        &call->room, avoid, ngx_http_meet_whip_placed, call);

    return call->place != NULL ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_meet_whip_placed(
    void *data, ngx_int_t rc, ngx_http_meet_store_room_t *room)
{
    meet_room_t settings;
    meet_record_t header;
    ngx_http_meet_whip_call_t *call = data;

    call->place = NULL;

    if (rc != NGX_OK) {
        ngx_http_meet_whip_finish(
            call, rc == NGX_DECLINED ? MEET_E_DELETED : MEET_E_GONE, NULL, 0);
        return;
    }

    call->room = *room;

    /* the room first, as with sessions: it brings what the store says now */

    ngx_http_meet_session_room_header(&header, MEET_ROOM_OPEN, &call->room);
    ngx_http_meet_session_room_body(&settings, &call->room);

    if (ngx_http_meet_link_send(
            call->room.placement.worker, &header, &settings, sizeof(settings))
        != NGX_OK)
    {
        ngx_http_meet_whip_finish(call, MEET_E_GONE, NULL, 0);
        return;
    }

    ngx_http_meet_whip_ask(call);
}


static void
ngx_http_meet_whip_ready(void *data, ngx_int_t rc)
{
    ngx_http_meet_whip_call_t *call = data;

    call->waiter = NULL;

    if (rc != NGX_OK) {
        ngx_http_meet_whip_finish(call, MEET_E_GONE, NULL, 0);
        return;
    }

    if (!ngx_http_meet_link_alive(call->room.placement.worker)) {
        ngx_http_meet_whip_finish(call, MEET_E_NO_PARTICIPANT, NULL, 0);
        return;
    }

    ngx_http_meet_whip_ask(call);
}


static void
ngx_http_meet_whip_ask(ngx_http_meet_whip_call_t *call)
{
    meet_record_t header;

    if (ngx_http_meet_link_minor() < 1) {
        ngx_http_meet_whip_finish(call, MEET_E_VERSION, NULL, 0);
        return;
    }

    ngx_http_meet_session_room_header(&header, call->type, &call->room);
    header.participant = call->participant;

    call->asked =
        ngx_http_meet_link_request(call->room.placement.worker, &header,
            call->body.data, call->body.len, ngx_http_meet_whip_reply, call);

    if (call->asked == NULL) {
        ngx_http_meet_whip_finish(call, MEET_E_GONE, NULL, 0);
    }
}


static void
ngx_http_meet_whip_reply(void *data, ngx_uint_t status,
    const meet_record_t *header, const u_char *body, size_t len)
{
    uint64_t avoid;
    ngx_http_meet_whip_call_t *call = data;

    (void) header;

    call->asked = NULL;

    if (call->type == MEET_RESOURCE_OPEN
        && call->tries++ < NGX_HTTP_MEET_WHIP_TRIES)
    {
        avoid = 0;

        switch (status) {

        case MEET_E_BUSY:

            /* it has no such room and takes no new ones */

            avoid = call->room.placement.worker;
            /* fall through */

        case MEET_E_STALE:
        case MEET_E_NO_ROOM:
            if (ngx_http_meet_whip_place(call, avoid) == NGX_OK) {
                return;
            }
        }
    }

    ngx_http_meet_whip_finish(call, status, body, len);
}


static void
ngx_http_meet_whip_finish(ngx_http_meet_whip_call_t *call, ngx_uint_t status,
    const u_char *body, size_t len)
{
    ngx_int_t rc;
    ngx_connection_t *c;
    ngx_http_request_t *r;

    r = call->request;
    c = r->connection;

    rc = call->done(r, call->data, status, body, len);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}
