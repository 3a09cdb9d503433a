/*
 * The storage thread: takes what is waiting, commits it together, gives it
 * back.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "ngx_http_meet_store_queue.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>


static void *ngx_http_meet_store_queue_thread(void *data);
static ngx_http_meet_store_op_t *ngx_http_meet_store_queue_batch(
    ngx_http_meet_store_queue_t *queue);
static void ngx_http_meet_store_queue_apply(
    ngx_http_meet_store_queue_t *queue, ngx_http_meet_store_op_t *ops);


int
ngx_http_meet_store_queue_start(
    ngx_http_meet_store_queue_t *queue, ngx_http_meet_store_db_t *db)
{
    int err;
    sigset_t all, before;

    memset(queue, 0, sizeof(ngx_http_meet_store_queue_t));
    queue->db = db;
    queue->last = &queue->first;
    queue->done_last = &queue->done;

    queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (queue->fd == -1) {
        return errno;
    }

    (void) pthread_mutex_init(&queue->mutex, NULL);
    (void) pthread_cond_init(&queue->cond, NULL);

    /* signals are for the event loop; faults stay with who caused them */

    sigfillset(&all);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);

    (void) pthread_sigmask(SIG_BLOCK, &all, &before);

    err = pthread_create(
        &queue->thread, NULL, ngx_http_meet_store_queue_thread, queue);

    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (err != 0) {
        (void) pthread_cond_destroy(&queue->cond);
        (void) pthread_mutex_destroy(&queue->mutex);
        close(queue->fd);
        queue->fd = -1;
    }

    return err;
}


int
ngx_http_meet_store_queue_post(
    ngx_http_meet_store_queue_t *queue, ngx_http_meet_store_op_t *op)
{
    int full;

    (void) pthread_mutex_lock(&queue->mutex);

    full =
        queue->stopping || queue->waiting >= NGX_HTTP_MEET_STORE_QUEUE_MAX
        || queue->bytes + op->entry.len > NGX_HTTP_MEET_STORE_QUEUE_BYTES_MAX;

    if (!full) {
        op->next = NULL;
        *queue->last = op;
        queue->last = &op->next;
        queue->waiting++;
        queue->bytes += op->entry.len;

        (void) pthread_cond_signal(&queue->cond);
    }

    (void) pthread_mutex_unlock(&queue->mutex);

    return full ? -1 : 0;
}


ngx_http_meet_store_op_t *
ngx_http_meet_store_queue_collect(ngx_http_meet_store_queue_t *queue)
{
    uint64_t count;
    ngx_http_meet_store_op_t *done;

    while (read(queue->fd, &count, sizeof(count)) == -1 && errno == EINTR) {
        /* again */
    }

    (void) pthread_mutex_lock(&queue->mutex);

    done = queue->done;
    queue->done = NULL;
    queue->done_last = &queue->done;

    (void) pthread_mutex_unlock(&queue->mutex);

    return done;
}


uint32_t
ngx_http_meet_store_queue_waiting(ngx_http_meet_store_queue_t *queue)
{
    uint32_t n;

    (void) pthread_mutex_lock(&queue->mutex);
    n = queue->waiting;
    (void) pthread_mutex_unlock(&queue->mutex);

    return n;
}


void
ngx_http_meet_store_queue_stop(ngx_http_meet_store_queue_t *queue)
{
    ngx_http_meet_store_op_t *op, *next;

    (void) pthread_mutex_lock(&queue->mutex);
    queue->stopping = 1;
    (void) pthread_cond_signal(&queue->cond);
    (void) pthread_mutex_unlock(&queue->mutex);

    (void) pthread_join(queue->thread, NULL);

    for (op = ngx_http_meet_store_queue_collect(queue); op; op = next) {
        next = op->next;
        ngx_http_meet_store_op_free(op);
    }

    (void) pthread_cond_destroy(&queue->cond);
    (void) pthread_mutex_destroy(&queue->mutex);
    close(queue->fd);
    queue->fd = -1;
}


void
ngx_http_meet_store_op_free(ngx_http_meet_store_op_t *op)
{
    free(op->entry.data);
    free(op->expired);

    /* verifiers and wrapped keys should not linger in the heap */

    ngx_http_meet_seal_wipe(op, sizeof(ngx_http_meet_store_op_t));
    free(op);
}


static void *
ngx_http_meet_store_queue_thread(void *data)
{
    ngx_http_meet_store_op_t *ops;
    ngx_http_meet_store_queue_t *queue;

    queue = data;

    (void) pthread_mutex_lock(&queue->mutex);

    for (;;) {

        while (queue->first == NULL && !queue->stopping) {
            (void) pthread_cond_wait(&queue->cond, &queue->mutex);
        }

        if (queue->first == NULL) {
            break;
        }

        ops = ngx_http_meet_store_queue_batch(queue);

        (void) pthread_mutex_unlock(&queue->mutex);

        ngx_http_meet_store_queue_apply(queue, ops);

        (void) pthread_mutex_lock(&queue->mutex);
    }

    (void) pthread_mutex_unlock(&queue->mutex);

    return NULL;
}


/* cuts a batch off the front of the queue */
static ngx_http_meet_store_op_t *
ngx_http_meet_store_queue_batch(ngx_http_meet_store_queue_t *queue)
{
    uint32_t n;
    ngx_http_meet_store_op_t *ops, *op;

    ops = queue->first;

    for (op = ops, n = 1; op->next != NULL; op = op->next, n++) {
        if (n == NGX_HTTP_MEET_STORE_BATCH_MAX) {
            break;
        }
    }

    queue->first = op->next;

    if (queue->first == NULL) {
        queue->last = &queue->first;
    }

    op->next = NULL;

    return ops;
}


static void
ngx_http_meet_store_queue_apply(
    ngx_http_meet_store_queue_t *queue, ngx_http_meet_store_op_t *ops)
{
    size_t bytes;
    uint64_t one;
    uint32_t n;
    ngx_http_meet_store_op_t *op, **last;
    ngx_http_meet_expiry_clock_t now;

    if (ngx_http_meet_expiry_clock(&now) == -1) {
        /* without a boot's name no two passes agree: nothing expires */
        memset(now.boot, 0, sizeof(now.boot));
        (void) ngx_http_meet_seal_random(now.boot, sizeof(now.boot));
    }

    ngx_http_meet_store_db_apply(queue->db, ops, &now);

    n = 0;
    bytes = 0;
    last = &ops;

    for (op = ops; op != NULL; op = op->next) {
        n++;
        bytes += op->entry.len;
        last = &op->next;
    }

    (void) pthread_mutex_lock(&queue->mutex);

    queue->waiting -= n;
    queue->bytes -= bytes;

    *queue->done_last = ops;
    queue->done_last = last;

    (void) pthread_mutex_unlock(&queue->mutex);

    one = 1;

    while (write(queue->fd, &one, sizeof(one)) == -1 && errno == EINTR) {
        /* again */
    }
}
