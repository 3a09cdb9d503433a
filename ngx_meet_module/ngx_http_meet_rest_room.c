#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "meet_ipc.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_session.h"
#include "ngx_http_meet_zone.h"


/* a DELETE that waits until the live room has heard of it */
typedef struct {
    ngx_http_request_t *request;
    ngx_http_meet_session_order_t *order; /* NULL: done */
} ngx_http_meet_rest_order_t;


ngx_int_t
ngx_http_meet_rest_facts(ngx_http_request_t *r, ngx_str_t *name, json_t *body)
{
    json_t *value;
    ngx_int_t rc;
    ngx_uint_t n;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];

    (void) body;

    n = 0;
    rc = ngx_http_meet_store_room_get(name, &room);

    if (rc == NGX_OK) {
        rc = ngx_http_meet_store_invites_get(&room, invites, &n);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_meet_problem(r, "no-room", NULL);
    }

    if (rc != NGX_OK) {
        return ngx_http_meet_problem(r, "unavailable", "store");
    }

    value = json_pack("{s:s%,s:o}", "room", (char *) name->data, name->len,
        "invites", ngx_http_meet_rest_invites_json(invites, n, 1));

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_OK, value);
}


static json_t *
ngx_http_meet_rest_settings_json(ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invites, ngx_uint_t n)
{
    json_t *expires;

    expires =
        room->expires ? json_integer((json_int_t) room->expires) : json_null();

    return json_pack("{s:b,s:o,s:I,s:o}", "locked",
        (room->settings.flags & MEET_ROOM_IS_LOCKED) != 0, "expires", expires,
        "participants", (json_int_t) room->settings.participants, "invites",
        ngx_http_meet_rest_invites_json(invites, n, 0));
}


static ngx_int_t
ngx_http_meet_rest_patched(ngx_http_request_t *r, ngx_http_meet_store_op_t *op)
{
    ngx_int_t rc;
    ngx_uint_t n;
    ngx_http_meet_session_order_t *order;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];

    if (op->status == NGX_HTTP_MEET_STORE_OK
        && ngx_http_meet_session_room_settings(&op->room, NULL, NULL, &order)
               == NGX_ERROR)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
            "a live room could not be told of its new settings");
    }

    if (r == NULL) {
        return NGX_OK;
    }

    if (op->status != NGX_HTTP_MEET_STORE_OK) {
        return ngx_http_meet_rest_store_problem(r, op);
    }

    rc = ngx_http_meet_store_invites_get(&op->room, invites, &n);

    if (rc != NGX_OK) {
        return ngx_http_meet_problem(
            r, rc == NGX_DECLINED ? "no-room" : "unavailable", NULL);
    }

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_OK,
        ngx_http_meet_rest_settings_json(&op->room, invites, n));
}


/* NULL, or the field that is wrong */
static const char *
ngx_http_meet_rest_patch_read(
    json_t *body, ngx_uint_t most, ngx_http_meet_store_op_t *op)
{
    int locked;
    json_t *invites;
    uint64_t value;
    ngx_str_t key_id;
    const char *bad;
    ngx_http_meet_fields_t f;

    invites = NULL;
    ngx_str_null(&key_id);

    ngx_http_meet_fields(&f, body);

    if (ngx_http_meet_field_bool(&f, "locked", NGX_HTTP_MEET_OPTIONAL, &locked))
    {
        op->set |= NGX_HTTP_MEET_STORE_SET_FLAGS;
        op->flags_mask = MEET_ROOM_IS_LOCKED;
        op->room.settings.flags = locked ? MEET_ROOM_IS_LOCKED : 0;
    }

    if (ngx_http_meet_field_null(&f, "expires")) {
        op->set |= NGX_HTTP_MEET_STORE_SET_END;
        op->room.end = 0;

    } else if (ngx_http_meet_field_integer(&f, "expires",
                   NGX_HTTP_MEET_OPTIONAL, (uint64_t) ngx_time() + 1,
                   UINT32_MAX, &value))
    {
        op->set |= NGX_HTTP_MEET_STORE_SET_END;
        op->room.end = value;
    }

    if (ngx_http_meet_field_integer(
            &f, "participants", NGX_HTTP_MEET_OPTIONAL, 1, most, &value))
    {
        op->set |= NGX_HTTP_MEET_STORE_SET_PARTICIPANTS;
        op->room.settings.participants = (uint32_t) value;
    }

    /* a new key is of no use without invites that wrap it, and vice versa */

    if (ngx_http_meet_field_array(&f, "invites", NGX_HTTP_MEET_OPTIONAL,
            NGX_HTTP_MEET_STORE_INVITES_MAX, &invites))
    {
        op->set |=
            NGX_HTTP_MEET_STORE_SET_INVITES | NGX_HTTP_MEET_STORE_SET_KEY_ID;
    }

    (void) ngx_http_meet_rest_key_id(&f, invites != NULL, &key_id);

    if (invites == NULL && key_id.data != NULL && f.bad == NULL) {
        f.bad = "invites";
    }

    if (ngx_http_meet_fields_end(&f) != 0) {
        return f.bad;
    }

    if (op->set == 0) {
        return "nothing to change";
    }

    if (invites == NULL) {
        return NULL;
    }

    bad = ngx_http_meet_rest_invites(invites, &key_id, op);

    if (bad == NULL
        && ngx_http_meet_store_set_id(&op->room.key_id, &key_id) != NGX_OK)
    {
        bad = "key_id";
    }

    return bad;
}


ngx_int_t
ngx_http_meet_rest_patch(ngx_http_request_t *r, ngx_str_t *name, json_t *body)
{
    ngx_int_t rc;
    const char *bad;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_main_conf_t *mcf;

    if (ngx_http_meet_rest_owner(r, name, &room, &rc) != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op->room = room;

    bad = ngx_http_meet_rest_patch_read(body, mcf->participants, op);

    if (bad != NULL) {
        ngx_http_meet_store_discard(op);
        return ngx_http_meet_problem(r, "bad-request", bad);
    }

    return ngx_http_meet_rest_post(r, op, ngx_http_meet_rest_patched);
}


static void
ngx_http_meet_rest_order_gone(void *data)
{
    ngx_http_meet_rest_order_t *wait = data;

    if (wait->order != NULL) {
        ngx_http_meet_session_forget(wait->order);
        wait->order = NULL;
    }
}


/* whatever the live room said, the stored one is gone */
static void
ngx_http_meet_rest_told(void *data, ngx_uint_t status)
{
    ngx_connection_t *c;
    ngx_http_request_t *r;
    ngx_http_meet_rest_order_t *wait = data;

    (void) status;

    r = wait->request;
    c = r->connection;
    wait->order = NULL;

    ngx_http_finalize_request(
        r, ngx_http_meet_rest_send(r, NGX_HTTP_NO_CONTENT, NULL, NULL));
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_meet_rest_deleted(ngx_http_request_t *r, ngx_http_meet_store_op_t *op)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;
    ngx_http_meet_rest_order_t *wait;
    ngx_http_meet_session_order_t *order;

    wait = NULL;
    order = NULL;

    if (op->status != NGX_HTTP_MEET_STORE_OK) {
        return r == NULL ? NGX_OK : ngx_http_meet_rest_store_problem(r, op);
    }

    ngx_http_meet_count(NGX_HTTP_MEET_ROOMS_DELETED);

    if (r != NULL) {
        cln = ngx_http_cleanup_add(r, sizeof(ngx_http_meet_rest_order_t));

        if (cln != NULL) {
            wait = cln->data;
            wait->request = r;
            wait->order = NULL;
            cln->handler = ngx_http_meet_rest_order_gone;
        }
    }

    rc = ngx_http_meet_session_room_close(&op->room, MEET_E_DELETED,
        wait ? ngx_http_meet_rest_told : NULL, wait, &order);

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
            "a live room could not be told that it is deleted");
    }

    if (r == NULL) {
        return NGX_OK;
    }

    if (rc == NGX_AGAIN && wait != NULL) {
        wait->order = order;
        return NGX_AGAIN;
    }

    return ngx_http_meet_rest_send(r, NGX_HTTP_NO_CONTENT, NULL, NULL);
}


ngx_int_t
ngx_http_meet_rest_delete(ngx_http_request_t *r, ngx_str_t *name, json_t *body)
{
    ngx_int_t rc;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_store_room_t room;

    (void) body;

    if (ngx_http_meet_rest_owner(r, name, &room, &rc) != NGX_OK) {
        return rc;
    }

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_ROOM_DELETE);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op->room = room;

    return ngx_http_meet_rest_post(r, op, ngx_http_meet_rest_deleted);
}
