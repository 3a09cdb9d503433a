/*
 * The storage thread and its queue.  Plain C with POSIX threads: nginx's own
 * thread pools exist only through the operator's directive and can be
 * configured away, and their size is not ours to set.
 *
 * One owner thread (the event loop) starts, posts, collects and stops; one
 * storage thread applies.  Operations are malloc()ed, `entry.data` included;
 * they belong to the queue from post() to collect().
 */

#ifndef NGX_HTTP_MEET_STORE_QUEUE_H
#define NGX_HTTP_MEET_STORE_QUEUE_H

#include <pthread.h>

#include "ngx_http_meet_store_db.h"


typedef struct {
    ngx_http_meet_store_db_t *db;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int fd; /* eventfd: readable when there is something to collect */
    unsigned stopping : 1;
    uint32_t waiting; /* operations not applied yet */
    size_t bytes;     /* of their log entries */
    ngx_http_meet_store_op_t *first;
    ngx_http_meet_store_op_t **last;
    ngx_http_meet_store_op_t *done;
    ngx_http_meet_store_op_t **done_last;
} ngx_http_meet_store_queue_t;


/* 0, or an errno */
int ngx_http_meet_store_queue_start(
    ngx_http_meet_store_queue_t *queue, ngx_http_meet_store_db_t *db);

/* 0; -1: full, the operation stays the caller's.  Does not block. */
int ngx_http_meet_store_queue_post(
    ngx_http_meet_store_queue_t *queue, ngx_http_meet_store_op_t *op);

/* finished operations in order, linked by `next`, now the caller's; or NULL */
ngx_http_meet_store_op_t *ngx_http_meet_store_queue_collect(
    ngx_http_meet_store_queue_t *queue);

uint32_t ngx_http_meet_store_queue_waiting(ngx_http_meet_store_queue_t *queue);

/*
 * Blocks until all that was posted is applied and the thread is gone; what was
 * not collected is freed.
 */
void ngx_http_meet_store_queue_stop(ngx_http_meet_store_queue_t *queue);


void ngx_http_meet_store_op_free(ngx_http_meet_store_op_t *op);


#endif /* NGX_HTTP_MEET_STORE_QUEUE_H */
