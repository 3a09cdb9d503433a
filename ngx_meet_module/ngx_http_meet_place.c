#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_meet_link_private.h"
#include "ngx_http_meet_place.h"


#define NGX_HTTP_MEET_PLACE_TRIES 4 /* lost races */

/*
 * A media worker that we do not know is dead, or so new that another nginx
 * worker has heard of it and we have not: moving a room off it in the second
 * case would split the room.
 */
#define NGX_HTTP_MEET_PLACE_PATIENCE 200 /* ms */


struct ngx_http_meet_place_s {
    ngx_http_meet_store_room_t room;
    uint64_t avoid;
    ngx_uint_t tries;
    ngx_uint_t patient; /* has waited for an unknown media worker */
    ngx_event_t timer;
    ngx_http_meet_link_waiter_t *waiter;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_place_pt handler;
    void *data;
};


static void ngx_http_meet_place_step(ngx_http_meet_place_t *place);
static void ngx_http_meet_place_timer(ngx_event_t *ev);
static void ngx_http_meet_place_waited(void *data, ngx_int_t rc);
static void ngx_http_meet_place_written(ngx_http_meet_store_op_t *op);


ngx_http_meet_place_t *
ngx_http_meet_place(ngx_http_meet_store_room_t *room, uint64_t avoid,
    ngx_http_meet_place_pt handler, void *data)
{
    ngx_http_meet_place_t *place;

    place = ngx_calloc(sizeof(*place), ngx_cycle->log);
    if (place == NULL) {
        return NULL;
    }

    place->room = *room;
    place->avoid = avoid;
    place->handler = handler;
    place->data = data;

    ngx_http_meet_link_event(&place->timer, ngx_http_meet_place_timer);

    place->waiter = ngx_http_meet_link_wait(ngx_http_meet_place_waited, place);

    if (place->waiter == NULL) {
        ngx_free(place);
        return NULL;
    }

    return place;
}


void
ngx_http_meet_place_cancel(ngx_http_meet_place_t *place)
{
    if (place->waiter != NULL) {
        ngx_http_meet_link_wait_cancel(place->waiter);
    }

    if (place->op != NULL) {
        ngx_http_meet_store_cancel(place->op);
    }

    if (place->timer.timer_set) {
        ngx_del_timer(&place->timer);
    }

    ngx_free(place);
}


static void
ngx_http_meet_place_finish(ngx_http_meet_place_t *place, ngx_int_t rc)
{
    place->handler(place->data, rc, &place->room);
    ngx_free(place);
}


static void
ngx_http_meet_place_waited(void *data, ngx_int_t rc)
{
    ngx_http_meet_place_t *place;

    place = data;
    place->waiter = NULL;

    if (rc != NGX_OK) {
        ngx_http_meet_place_finish(place, NGX_BUSY);
        return;
    }

    ngx_http_meet_place_step(place);
}


static void
ngx_http_meet_place_timer(ngx_event_t *ev)
{
    ngx_http_meet_place_t *place;

    place =
        (ngx_http_meet_place_t *) (void *) ((u_char *) ev
                                            - offsetof(
                                                ngx_http_meet_place_t, timer));

    place->waiter = ngx_http_meet_link_wait(ngx_http_meet_place_waited, place);

    if (place->waiter == NULL) {
        ngx_http_meet_place_finish(place, NGX_BUSY);
    }
}


/* the active one with the fewest rooms, in turn among equals; 0: none */
static uint64_t
ngx_http_meet_place_choose(uint64_t avoid, ngx_uint_t minor)
{
    static ngx_uint_t turn;

    uint64_t least;
    ngx_uint_t i, n, equals;
    static ngx_http_meet_link_worker_t w[2 * MEET_WORKERS_MAX];
    uint64_t candidates[2 * MEET_WORKERS_MAX];

    least = 0;
    equals = 0;
    n = ngx_http_meet_link_workers(w, 2 * MEET_WORKERS_MAX);

    for (i = 0; i < n; i++) {

        if (w[i].state != MEET_WORKER_ACTIVE || w[i].instance == avoid
            || w[i].minor < minor)
        {
            continue;
        }

        if (equals == 0 || w[i].stats.rooms < least) {
            least = w[i].stats.rooms;
            equals = 0;
        }

        if (w[i].stats.rooms == least) {
            candidates[equals++] = w[i].instance;
        }
    }

    return equals == 0 ? 0 : candidates[turn++ % equals];
}


/* a connection test: in no store, anywhere, and over when its place is gone */
static void
ngx_http_meet_place_test(ngx_http_meet_place_t *place)
{
    ngx_http_meet_store_placement_t *placement;

    placement = &place->room.placement;

    if (placement->worker == 0) {
        placement->worker = ngx_http_meet_place_choose(0, 1);
        placement->epoch = 1;
        ngx_http_meet_place_finish(
            place, placement->worker == 0 ? NGX_BUSY : NGX_OK);
        return;
    }

    ngx_http_meet_place_finish(
        place, placement->worker != place->avoid
                       && ngx_http_meet_link_alive(placement->worker)
                   ? NGX_OK
                   : NGX_DECLINED);
}


static void
ngx_http_meet_place_step(ngx_http_meet_place_t *place)
{
    ngx_int_t rc;
    ngx_str_t name;
    uint64_t chosen;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t now;

    if (place->room.settings.flags & MEET_ROOM_IS_TEST) {
        ngx_http_meet_place_test(place);
        return;
    }

    name.data = place->room.name.data;
    name.len = place->room.name.len;

    rc = ngx_http_meet_store_room_get(&name, &now);

    if (rc == NGX_OK
        && ngx_memcmp(now.incarnation, place->room.incarnation,
               NGX_HTTP_MEET_STORE_INCARNATION_LEN)
               != 0)
    {
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        ngx_http_meet_place_finish(place, rc);
        return;
    }

    place->room = now;

    if (now.placement.worker != place->avoid
        && ngx_http_meet_link_alive(now.placement.worker))
    {
        ngx_http_meet_place_finish(place, NGX_OK);
        return;
    }

    if (now.placement.worker != 0 && now.placement.worker != place->avoid
        && !place->patient)
    {
        place->patient = 1;
        ngx_add_timer(&place->timer, NGX_HTTP_MEET_PLACE_PATIENCE);
        return;
    }

    chosen = ngx_http_meet_place_choose(place->avoid, 0);

    if (chosen == 0 || place->tries++ == NGX_HTTP_MEET_PLACE_TRIES) {
        ngx_http_meet_place_finish(place, NGX_BUSY);
        return;
    }

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_PLACE);
    if (op == NULL) {
        ngx_http_meet_place_finish(place, NGX_ERROR);
        return;
    }

    op->room = now;
    op->expect_placement = now.placement;
    op->room.placement.worker = chosen;
    op->handler = ngx_http_meet_place_written;
    op->data = place;

    rc = ngx_http_meet_store_post(op);

    if (rc != NGX_OK) {
        ngx_http_meet_place_finish(
            place, rc == NGX_BUSY ? NGX_BUSY : NGX_ERROR);
        return;
    }

    place->op = op;
}


static void
ngx_http_meet_place_written(ngx_http_meet_store_op_t *op)
{
    ngx_http_meet_place_t *place;

    place = op->data;
    place->op = NULL;

    switch (op->status) {

    case NGX_HTTP_MEET_STORE_OK:
    case NGX_HTTP_MEET_STORE_CONFLICT:

        /* ours, or somebody else's who was faster: the record decides */

        place->patient = 0;
        ngx_http_meet_place_step(place);
        return;

    case NGX_HTTP_MEET_STORE_GONE:
        ngx_http_meet_place_finish(place, NGX_DECLINED);
        return;

    default:
        ngx_http_meet_place_finish(place, NGX_ERROR);
        return;
    }
}
