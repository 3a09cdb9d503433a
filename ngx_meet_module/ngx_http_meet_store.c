/*
 * The store in an nginx worker: opening it, handing operations to the storage
 * thread and their results back to the event loop.
 */

#include "ngx_http_meet.h"
#include "ngx_http_meet_store_process.h"
#include "ngx_http_meet_store_queue.h"

#include <ngx_channel.h>
#include <ngx_event.h>


#define NGX_HTTP_MEET_STORE_RETRY 10000 /* ms between attempts to open */
#define NGX_HTTP_MEET_STORE_SOON  1     /* ms; not below whoever reads */
#define NGX_HTTP_MEET_STORE_STAY  60000

#define NGX_HTTP_MEET_STORE_USER_LEN 120 /* of meet_run */


typedef struct {
    ngx_http_meet_store_conf_t conf;
    ngx_http_meet_store_db_t db;
    ngx_http_meet_store_queue_t queue;
    ngx_event_t retry;
    ngx_event_t stay;       /* while something is posted */
    ngx_connection_t dummy; /* for debug logging of timers */
    ngx_uint_t posted;
    time_t logged;
    const char *user; /* meet_run */
    ngx_http_meet_seal_keys_t keys;
    unsigned open : 1;
    unsigned running : 1; /* the storage thread; not open: it has no work */
    unsigned started : 1;
} ngx_http_meet_store_process_t;


static ngx_int_t ngx_http_meet_store_open(ngx_cycle_t *cycle, ngx_uint_t level);
static ngx_int_t ngx_http_meet_store_start(
    ngx_cycle_t *cycle, ngx_uint_t level);
static void ngx_http_meet_store_retry(ngx_event_t *ev);
static void ngx_http_meet_store_stay(ngx_event_t *ev);
static void ngx_http_meet_store_collect(ngx_event_t *ev);


/* belongs to the process, not to a cycle: LMDB is opened once */
static ngx_http_meet_store_process_t ngx_http_meet_store_process;


ngx_int_t
ngx_http_meet_store_init_module(
    ngx_cycle_t *cycle, ngx_http_meet_store_conf_t *conf)
{
    u_char *dir;
    ngx_core_conf_t *ccf;

    dir = conf->directory.data;

    if (mkdir((char *) dir, 0700) == -1) {
        if (ngx_errno == NGX_EEXIST) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
            "meet_store: mkdir() \"%s\" failed", dir);
        return NGX_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() == 0 && ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT
        && chown((char *) dir, ccf->user, ccf->group) == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
            "meet_store: chown() \"%s\" failed", dir);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_store_init_process(
    ngx_cycle_t *cycle, ngx_http_meet_store_conf_t *conf)
{
    u_char *user;
    ngx_http_meet_main_conf_t *mcf;
    ngx_http_meet_store_process_t *store;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    store = &ngx_http_meet_store_process;

    if (store->started) {
        return NGX_OK;
    }

    store->conf = *conf;

    /* in a single process the configuration's pool goes with a reload */

    mcf = ngx_http_meet_main_conf();
    store->conf.directory.data = ngx_alloc(conf->directory.len + 1, cycle->log);
    user = ngx_alloc(mcf->run.len + 1, cycle->log);

    if (store->conf.directory.data == NULL || user == NULL) {
        return NGX_ERROR;
    }

    /* cut: a message has an end */

    ngx_cpystrn(user, mcf->run.data,
        ngx_min(mcf->run.len, NGX_HTTP_MEET_STORE_USER_LEN) + 1);
    store->user = (char *) user;

    ngx_cpystrn(store->conf.directory.data, conf->directory.data,
        conf->directory.len + 1);

    /* from here on the derived keys do */

    if (ngx_http_meet_seal_keys(&store->keys, store->conf.key) != 0) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
            "meet_store \"%V\": deriving keys failed", &store->conf.directory);
        return NGX_ERROR;
    }

    ngx_explicit_memzero(store->conf.key, sizeof(store->conf.key));

    store->dummy.fd = (ngx_socket_t) -1;
    store->retry.handler = ngx_http_meet_store_retry;
    store->retry.data = &store->dummy;
    store->retry.log = cycle->log;
    store->retry.cancelable = 1;
    store->stay.handler = ngx_http_meet_store_stay;
    store->stay.data = &store->dummy;
    store->stay.log = cycle->log;
    store->started = 1;

    if (ngx_http_meet_store_open(cycle, NGX_LOG_EMERG) != NGX_OK) {
        ngx_add_timer(&store->retry, NGX_HTTP_MEET_STORE_RETRY);
    }

    return NGX_OK;
}


void
ngx_http_meet_store_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_meet_store_process_t *store;

    (void) cycle;

    store = &ngx_http_meet_store_process;

    store->open = 0;

    if (store->running) {
        store->running = 0;
        ngx_http_meet_store_queue_stop(&store->queue);
        ngx_http_meet_store_db_close(&store->db);
    }

    ngx_explicit_memzero(&store->keys, sizeof(store->keys));
}


ngx_uint_t
ngx_http_meet_store_ready(void)
{
    return ngx_http_meet_store_process.open;
}


ngx_uint_t
ngx_http_meet_store_queued(void)
{
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    return store->open ? ngx_http_meet_store_queue_waiting(&store->queue) : 0;
}


ngx_http_meet_store_db_t *
ngx_http_meet_store_db(void)
{
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    return store->open ? &store->db : NULL;
}


ngx_http_meet_store_op_t *
ngx_http_meet_store_op(ngx_http_meet_store_verb_t verb)
{
    ngx_http_meet_store_op_t *op;

    op = ngx_calloc(sizeof(ngx_http_meet_store_op_t), ngx_cycle->log);
    if (op != NULL) {
        op->verb = verb;
    }

    return op;
}


ngx_int_t
ngx_http_meet_store_post(ngx_http_meet_store_op_t *op)
{
    u_char *data;
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;
    data = op->entry.data;
    op->entry.data = NULL;

    if (!store->open) {
        ngx_http_meet_store_op_free(op);
        return NGX_ERROR;
    }

    if (op->entry.len > NGX_HTTP_MEET_STORE_ENTRY_MAX) {
        /* refused by the core as well, but without a copy */
        op->entry.len = NGX_HTTP_MEET_STORE_ENTRY_MAX + 1;

    } else if (op->entry.len != 0) {
        op->entry.data = ngx_alloc(op->entry.len, ngx_cycle->log);
        if (op->entry.data == NULL) {
            ngx_http_meet_store_op_free(op);
            return NGX_ERROR;
        }

        ngx_memcpy(op->entry.data, data, op->entry.len);
    }

    if (ngx_http_meet_store_queue_post(&store->queue, op) == -1) {
        ngx_http_meet_store_log_error("queue is full");
        ngx_http_meet_store_op_free(op);
        return NGX_BUSY;
    }

    /* a worker that drains leaves as soon as no timer holds it */

    if (store->posted++ == 0) {
        ngx_add_timer(&store->stay, NGX_HTTP_MEET_STORE_STAY);
    }

    return NGX_OK;
}


void
ngx_http_meet_store_cancel(ngx_http_meet_store_op_t *op)
{
    /* the storage thread does not look at it */

    op->handler = NULL;
    op->data = NULL;
}


void
ngx_http_meet_store_discard(ngx_http_meet_store_op_t *op)
{
    op->entry.data = NULL;
    ngx_http_meet_store_op_free(op);
}


void
ngx_http_meet_store_log_error(const char *error)
{
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    /* a full disk would repeat itself with every request */

    if (store->logged == ngx_time()) {
        return;
    }

    store->logged = ngx_time();

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "meet_store \"%V\": %s",
        &store->conf.directory, error);
}


void
ngx_http_meet_store_panic(void)
{
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    if (!store->open) {
        return;
    }

    ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
        "meet_store \"%V\": has to be opened again", &store->conf.directory);

    store->open = 0;

    /* the storage thread is at rest when all that was posted has come back */

    if (store->posted == 0) {
        ngx_add_timer(&store->retry, NGX_HTTP_MEET_STORE_SOON);
    }
}


static ngx_int_t
ngx_http_meet_store_open(ngx_cycle_t *cycle, ngx_uint_t level)
{
    char error[NGX_HTTP_MEET_STORE_ERROR_MAX];
    ngx_http_meet_store_db_conf_t conf;
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    conf.directory = (char *) store->conf.directory.data;
    conf.key = NULL;
    conf.keys = &store->keys;
    conf.map_size = NGX_HTTP_MEET_STORE_MAP_SIZE;
    conf.rooms = store->conf.rooms;
    conf.user = store->user;

    if (store->running) {
        ngx_http_meet_store_db_close(&store->db);
    }

    if (ngx_http_meet_store_db_open(&store->db, &conf, error) != 0) {
        ngx_log_error(level, cycle->log, 0, "meet_store \"%V\": %s",
            &store->conf.directory, error);
        return NGX_ERROR;
    }

    store->db.sweep_interval_ms = store->conf.sweep_interval;

    if (!store->running && ngx_http_meet_store_start(cycle, level) != NGX_OK) {
        ngx_http_meet_store_db_close(&store->db);
        return NGX_ERROR;
    }

    store->open = 1;

    return NGX_OK;
}


/* once: the thread and its queue outlive the database they work on */
static ngx_int_t
ngx_http_meet_store_start(ngx_cycle_t *cycle, ngx_uint_t level)
{
    int err;
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    err = ngx_http_meet_store_queue_start(&store->queue, &store->db);
    if (err != 0) {
        ngx_log_error(level, cycle->log, err,
            "meet_store \"%V\": starting the storage thread failed",
            &store->conf.directory);
        return NGX_ERROR;
    }

    if (ngx_add_channel_event(
            cycle, store->queue.fd, NGX_READ_EVENT, ngx_http_meet_store_collect)
        != NGX_OK)
    {
        ngx_http_meet_store_queue_stop(&store->queue);
        return NGX_ERROR;
    }

    store->running = 1;

    ngx_http_meet_store_sweep_start(store->conf.sweep_interval);

    return NGX_OK;
}


static void
ngx_http_meet_store_retry(ngx_event_t *ev)
{
    ngx_http_meet_store_process_t *store;

    store = &ngx_http_meet_store_process;

    if (ngx_http_meet_store_open((ngx_cycle_t *) ngx_cycle, NGX_LOG_ERR)
        != NGX_OK) {
        ngx_add_timer(ev, NGX_HTTP_MEET_STORE_RETRY);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
        "meet_store \"%V\" is open now", &store->conf.directory);
}


static void
ngx_http_meet_store_stay(ngx_event_t *ev)
{
    /* something is still posted: another process holds the writer lock */

    ngx_add_timer(ev, NGX_HTTP_MEET_STORE_STAY);
}


static void
ngx_http_meet_store_collect(ngx_event_t *ev)
{
    ngx_uint_t panic;
    ngx_http_meet_store_op_t *op, *next;
    ngx_http_meet_store_process_t *store;

    (void) ev;

    panic = 0;
    store = &ngx_http_meet_store_process;

    for (op = ngx_http_meet_store_queue_collect(&store->queue); op; op = next) {

        next = op->next;

        if (op->error[0] != '\0') {
            ngx_http_meet_store_log_error(op->error);
        }

        if (op->handler != NULL) {
            op->handler(op);
        }

        if (op->panic) {
            panic = 1;
        }

        if (op->wiped) {
            ngx_http_meet_store_purge_start();
        }

        ngx_http_meet_store_op_free(op);

        if (--store->posted == 0) {
            ngx_del_timer(&store->stay);

            if (!store->open) {
                ngx_add_timer(&store->retry, NGX_HTTP_MEET_STORE_SOON);
            }
        }
    }

    if (panic) {
        ngx_http_meet_store_panic();
    }
}
