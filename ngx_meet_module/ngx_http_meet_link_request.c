#include "ngx_http_meet_link_private.h"


/* what waits for a reply: in a tree by number, in a queue by age */
struct ngx_http_meet_link_request_s {
    ngx_rbtree_node_t node; /* first: key is the number */
    ngx_queue_t queue;
    ngx_msec_t deadline;
    uint64_t instance;
    ngx_http_meet_link_reply_pt handler;
    void *data;
};


static void ngx_http_meet_link_request_expire(ngx_event_t *ev);


static struct {
    ngx_rbtree_t tree;
    ngx_rbtree_node_t sentinel;
    ngx_queue_t queue;
    ngx_uint_t n;
    uint32_t last; /* number given out */
    ngx_event_t timer;
} ngx_http_meet_link_requests;


void
ngx_http_meet_link_request_init(void)
{
    ngx_memzero(
        &ngx_http_meet_link_requests, sizeof(ngx_http_meet_link_requests));

    ngx_rbtree_init(&ngx_http_meet_link_requests.tree,
        &ngx_http_meet_link_requests.sentinel, ngx_rbtree_insert_value);
    ngx_queue_init(&ngx_http_meet_link_requests.queue);

    ngx_http_meet_link_event(
        &ngx_http_meet_link_requests.timer, ngx_http_meet_link_request_expire);
}


static ngx_http_meet_link_request_t *
ngx_http_meet_link_request_find(uint32_t number)
{
    ngx_rbtree_node_t *node, *sentinel;

    node = ngx_http_meet_link_requests.tree.root;
    sentinel = ngx_http_meet_link_requests.tree.sentinel;

    while (node != sentinel) {

        if (node->key == number) {
            return (ngx_http_meet_link_request_t *) node;
        }

        node = number < node->key ? node->left : node->right;
    }

    return NULL;
}


static void
ngx_http_meet_link_request_unlink(ngx_http_meet_link_request_t *request)
{
    ngx_rbtree_delete(&ngx_http_meet_link_requests.tree, &request->node);
    ngx_queue_remove(&request->queue);
    ngx_http_meet_link_requests.n--;

    if (ngx_http_meet_link_requests.n == 0
        && ngx_http_meet_link_requests.timer.timer_set)
    {
        ngx_del_timer(&ngx_http_meet_link_requests.timer);
    }
}


static void
ngx_http_meet_link_request_answer(ngx_http_meet_link_request_t *request,
    ngx_uint_t status, const meet_record_t *header, const u_char *body,
    size_t len)
{
    void *data;
    ngx_http_meet_link_reply_pt handler;

    data = request->data;
    handler = request->handler;

    ngx_http_meet_link_request_unlink(request);
    ngx_free(request);

    handler(data, status, header, body, len);
}


ngx_http_meet_link_request_t *
ngx_http_meet_link_request(uint64_t instance, meet_record_t *header,
    const void *body, size_t len, ngx_http_meet_link_reply_pt handler,
    void *data)
{
    uint32_t number;
    ngx_http_meet_link_request_t *request;

    if (ngx_http_meet_link_requests.n >= NGX_HTTP_MEET_LINK_REQUESTS) {
        ngx_http_meet_count(NGX_HTTP_MEET_LINK_REFUSED);
        return NULL;
    }

    number = ++ngx_http_meet_link_requests.last;

    if (number == 0) {
        number = ++ngx_http_meet_link_requests.last;
    }

    request = ngx_alloc(sizeof(*request), ngx_cycle->log);
    if (request == NULL) {
        return NULL;
    }

    header->request = number;

    if (ngx_http_meet_link_send(instance, header, body, len) != NGX_OK) {
        ngx_free(request);
        return NULL;
    }

    request->node.key = number;
    request->instance = instance;
    request->deadline = ngx_current_msec + NGX_HTTP_MEET_LINK_TIMEOUT;
    request->handler = handler;
    request->data = data;

    ngx_rbtree_insert(&ngx_http_meet_link_requests.tree, &request->node);
    ngx_queue_insert_tail(&ngx_http_meet_link_requests.queue, &request->queue);
    ngx_http_meet_link_requests.n++;

    if (!ngx_http_meet_link_requests.timer.timer_set) {
        ngx_http_meet_link_arm(
            &ngx_http_meet_link_requests.timer, request->deadline);
    }

    return request;
}


void
ngx_http_meet_link_cancel(ngx_http_meet_link_request_t *request)
{
    ngx_http_meet_link_request_unlink(request);
    ngx_free(request);
}


void
ngx_http_meet_link_request_arrived(uint64_t instance,
    const meet_record_t *header, const u_char *body, size_t len)
{
    ngx_http_meet_link_request_t *request;

    request = ngx_http_meet_link_request_find(header->request);

    if (request == NULL || request->instance != instance) {
        ngx_http_meet_count(NGX_HTTP_MEET_RECORDS_LATE);
        return;
    }

    ngx_http_meet_link_request_answer(
        request, header->status, header, body, len);
}


/* all have the same time to live, so the queue is in order of deadlines */
static void
ngx_http_meet_link_request_expire(ngx_event_t *ev)
{
    ngx_queue_t *q;
    ngx_http_meet_link_request_t *request;

    while (!ngx_queue_empty(&ngx_http_meet_link_requests.queue)) {
        q = ngx_queue_head(&ngx_http_meet_link_requests.queue);
        request = ngx_queue_data(q, ngx_http_meet_link_request_t, queue);

        if ((ngx_msec_int_t) (request->deadline - ngx_current_msec) > 0) {
            ngx_http_meet_link_arm(ev, request->deadline);
            return;
        }

        ngx_http_meet_count(NGX_HTTP_MEET_LINK_TIMEOUTS);
        ngx_http_meet_link_request_answer(
            request, MEET_E_TIMEOUT, NULL, NULL, 0);
    }
}


/* handlers may send and cancel: those to be answered are set apart first */
void
ngx_http_meet_link_request_fail(uint64_t instance)
{
    ngx_queue_t *q, *next, *all, gone;
    ngx_http_meet_link_request_t *request;

    ngx_queue_init(&gone);
    all = &ngx_http_meet_link_requests.queue;

    for (q = ngx_queue_head(all); q != ngx_queue_sentinel(all); q = next) {
        next = ngx_queue_next(q);
        request = ngx_queue_data(q, ngx_http_meet_link_request_t, queue);

        if (request->instance == instance) {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&gone, q);
        }
    }

    while (!ngx_queue_empty(&gone)) {
        q = ngx_queue_head(&gone);
        request = ngx_queue_data(q, ngx_http_meet_link_request_t, queue);
        ngx_http_meet_link_request_answer(request, MEET_E_GONE, NULL, NULL, 0);
    }
}


void
ngx_http_meet_link_request_clear(void)
{
    ngx_queue_t *q;

    while (!ngx_queue_empty(&ngx_http_meet_link_requests.queue)) {
        q = ngx_queue_head(&ngx_http_meet_link_requests.queue);
        ngx_http_meet_link_cancel(
            ngx_queue_data(q, ngx_http_meet_link_request_t, queue));
    }
}
