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
    ngx_uint_t n, owner;
    const char *problem;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_rest_caller_t caller;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];

    (void) body;

    n = 0;
    owner = r->headers_in.authorization != NULL;

    if (owner) {
        if (ngx_http_meet_rest_admit(r, name, &caller, &rc) != NGX_OK) {
            return rc;
        }

        problem = ngx_http_meet_rest_refuse(&caller, MEET_ROLE_OWNER);

        if (problem != NULL) {
            return ngx_http_meet_problem(r, problem, NULL);
        }
    }

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
        "invites", ngx_http_meet_rest_invites_json(invites, n, 1, owner));

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_OK, value);
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
    const char *problem;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_rest_caller_t caller;

    (void) body;

    if (ngx_http_meet_rest_admit(r, name, &caller, &rc) != NGX_OK) {
        return rc;
    }

    problem = ngx_http_meet_rest_refuse(&caller, MEET_ROLE_OWNER);

    if (problem != NULL) {
        return ngx_http_meet_problem(r, problem, NULL);
    }

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_ROOM_DELETE);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op->room = caller.room;

    return ngx_http_meet_rest_post(r, op, ngx_http_meet_rest_deleted);
}
