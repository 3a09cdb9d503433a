#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"


/*
 * Between a request and the storage thread.  Freed when the operation is done;
 * a client that goes away earlier only takes its request out.
 */
typedef struct {
    ngx_http_request_t *request;
    ngx_http_meet_rest_done_pt done;
} ngx_http_meet_rest_wait_t;


static void
ngx_http_meet_rest_gone(void *data)
{
    ngx_http_meet_rest_wait_t *wait = data;

    wait->request = NULL;
}


static void
ngx_http_meet_rest_committed(ngx_http_meet_store_op_t *op)
{
    ngx_int_t rc;
    ngx_connection_t *c;
    ngx_http_cleanup_t *cln;
    ngx_http_request_t *r;
    ngx_http_meet_rest_wait_t *wait;

    wait = op->data;
    r = wait->request;

    rc = wait->done(r, op);

    if (r != NULL) {
        for (cln = r->main->cleanup; cln; cln = cln->next) {
            if (cln->data == wait) {
                cln->handler = NULL;
            }
        }
    }

    ngx_free(wait);

    if (r == NULL || rc == NGX_AGAIN) {
        return;
    }

    c = r->connection;

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_meet_rest_post(ngx_http_request_t *r, ngx_http_meet_store_op_t *op,
    ngx_http_meet_rest_done_pt done)
{
    ngx_http_cleanup_t *cln;
    ngx_http_meet_rest_wait_t *wait;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_meet_store_discard(op);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wait = ngx_alloc(sizeof(ngx_http_meet_rest_wait_t), r->connection->log);
    if (wait == NULL) {
        ngx_http_meet_store_discard(op);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wait->request = r;
    wait->done = done;

    op->handler = ngx_http_meet_rest_committed;
    op->data = wait;

    if (ngx_http_meet_store_post(op) != NGX_OK) {
        ngx_free(wait);
        return ngx_http_meet_problem(r, "unavailable", "store");
    }

    cln->handler = ngx_http_meet_rest_gone;
    cln->data = wait;

    r->main->count++;

    return NGX_DONE;
}


ngx_int_t
ngx_http_meet_rest_store_problem(
    ngx_http_request_t *r, ngx_http_meet_store_op_t *op)
{
    switch (op->status) {

    case NGX_HTTP_MEET_STORE_GONE:
        return ngx_http_meet_problem(r, "no-room", NULL);

    case NGX_HTTP_MEET_STORE_EXISTS:
        return ngx_http_meet_problem(r, "name-taken", NULL);

    case NGX_HTTP_MEET_STORE_LIMIT:
        return ngx_http_meet_problem(r, "too-many-rooms", NULL);

    case NGX_HTTP_MEET_STORE_FULL:
        return ngx_http_meet_problem(r, "storage-full", NULL);

    case NGX_HTTP_MEET_STORE_CONFLICT:
        return ngx_http_meet_problem(
            r, "unavailable", "somebody else changed it: try again");

    default:
        return ngx_http_meet_problem(r, "internal", NULL);
    }
}
