#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet.h"
#include "ngx_http_meet_anonymize.h"
#include "ngx_http_meet_conf.h"
#include "ngx_http_meet_link.h"
#include "ngx_http_meet_session.h"
#include "ngx_http_meet_store.h"
#include "ngx_http_meet_zone.h"


static void *ngx_http_meet_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_meet_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_meet_merge_srv_conf(
    ngx_conf_t *cf, void *parent, void *child);
static void *ngx_http_meet_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_meet_merge_loc_conf(
    ngx_conf_t *cf, void *parent, void *child);
static ngx_int_t ngx_http_meet_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_meet_init_process(ngx_cycle_t *cycle);
static void ngx_http_meet_exit_process(ngx_cycle_t *cycle);


static ngx_conf_post_t ngx_http_meet_path = { ngx_http_meet_conf_path };

static ngx_conf_num_bounds_t ngx_http_meet_rooms_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000
};

static ngx_conf_num_bounds_t ngx_http_meet_spread_bounds = {
    ngx_conf_check_num_bounds, 0, 10000
};

static ngx_conf_num_bounds_t ngx_http_meet_participants_bounds = {
    ngx_conf_check_num_bounds, 1, 10000
};

static ngx_conf_num_bounds_t ngx_http_meet_connections_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000
};


static ngx_command_t ngx_http_meet_commands[] = {

    { ngx_string("meet_store"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, store), &ngx_http_meet_path },

    { ngx_string("meet_run"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, run), &ngx_http_meet_path },

    { ngx_string("meet_key"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_key, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_media_workers"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_workers, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_media_ports"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_ports, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_media_listen"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
        ngx_http_meet_conf_addresses, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, listen), NULL },

    { ngx_string("meet_media_advertise"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
        ngx_http_meet_conf_addresses, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, advertise), NULL },

    { ngx_string("meet_media_spread"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, spread),
        &ngx_http_meet_spread_bounds },

    { ngx_string("meet_rooms"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, rooms),
        &ngx_http_meet_rooms_bounds },

    { ngx_string("meet_participants"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, participants),
        &ngx_http_meet_participants_bounds },

    { ngx_string("meet_connections"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, connections),
        &ngx_http_meet_connections_bounds },

    { ngx_string("meet_idle_expiry"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_sec, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, idle_expiry), NULL },

    { ngx_string("meet_token_lifetime"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_sec, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, token_lifetime), NULL },

    { ngx_string("meet_absence"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_msec, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, absence), NULL },

    { ngx_string("meet_sweep_interval"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_msec, NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_meet_main_conf_t, sweep), NULL },

    { ngx_string("meet_anonymize"),
        NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_FLAG,
        ngx_conf_set_flag_slot, NGX_HTTP_SRV_CONF_OFFSET,
        offsetof(ngx_http_meet_srv_conf_t, anonymize), NULL },

    { ngx_string("meet_origins"),
        NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
            | NGX_CONF_1MORE,
        ngx_http_meet_conf_origins, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_api"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
        ngx_http_meet_conf_api, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_client"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
        ngx_http_meet_conf_client, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_health"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
        ngx_http_meet_conf_health, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("meet_metrics"),
        NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
        ngx_http_meet_conf_metrics, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_meet_module_ctx = {
    NULL,                         /* preconfiguration */
    ngx_http_meet_anonymize_init, /* postconfiguration */

    ngx_http_meet_create_main_conf, /* create main configuration */
    ngx_http_meet_conf_complete,    /* init main configuration */

    ngx_http_meet_create_srv_conf, /* create server configuration */
    ngx_http_meet_merge_srv_conf,  /* merge server configuration */

    ngx_http_meet_create_loc_conf, /* create location configuration */
    ngx_http_meet_merge_loc_conf   /* merge location configuration */
};


ngx_module_t ngx_http_meet_module = { NGX_MODULE_V1,
    &ngx_http_meet_module_ctx,  /* module context */
    ngx_http_meet_commands,     /* module directives */
    NGX_HTTP_MODULE,            /* module type */
    NULL,                       /* init master */
    ngx_http_meet_init_module,  /* init module */
    ngx_http_meet_init_process, /* init process */
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    ngx_http_meet_exit_process, /* exit process */
    NULL,                       /* exit master */
    NGX_MODULE_V1_PADDING };


ngx_http_meet_main_conf_t *
ngx_http_meet_main_conf(void)
{
    return ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_http_meet_module);
}


static void *
ngx_http_meet_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_meet_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->store, run, key_file = { 0, NULL }
     *     mcf->key, listen, advertise, zone = NULL
     *     mcf->port_first, port_last, used, generation = 0
     */

    mcf->workers = NGX_CONF_UNSET_UINT;
    mcf->spread = NGX_CONF_UNSET_UINT;
    mcf->rooms = NGX_CONF_UNSET_UINT;
    mcf->participants = NGX_CONF_UNSET_UINT;
    mcf->connections = NGX_CONF_UNSET_UINT;
    mcf->idle_expiry = NGX_CONF_UNSET;
    mcf->token_lifetime = NGX_CONF_UNSET;
    mcf->absence = NGX_CONF_UNSET_MSEC;
    mcf->sweep = NGX_CONF_UNSET_MSEC;

    return mcf;
}


static void *
ngx_http_meet_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_meet_srv_conf_t *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_meet_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    scf->anonymize = NGX_CONF_UNSET;

    return scf;
}


static char *
ngx_http_meet_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_meet_srv_conf_t *prev = parent;
    ngx_http_meet_srv_conf_t *conf = child;

    (void) cf;

    ngx_conf_merge_value(conf->anonymize, prev->anonymize, 0);

    return NGX_CONF_OK;
}


static void *
ngx_http_meet_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_meet_loc_conf_t *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_meet_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->client = { 0, NULL }, not inherited, as its handler is not
     *     lcf->api = NULL, likewise
     */

    lcf->origins = NGX_CONF_UNSET_PTR;

    return lcf;
}


static char *
ngx_http_meet_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_meet_loc_conf_t *prev = parent;
    ngx_http_meet_loc_conf_t *conf = child;

    (void) cf;

    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);

    if (conf->api) {
        /*
         * nginx has merged its own settings already.  The API has one limit
         * of its own and answers in its own format, and a body that fits the
         * buffer is never written to a file.
         */
        conf->api->client_max_body_size = 0;
        conf->api->client_body_buffer_size = NGX_HTTP_MEET_OFFER_MAX;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_meet_init_module(ngx_cycle_t *cycle)
{
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_meet_module);

    if (mcf == NULL) {
        return NGX_OK;
    }

    ngx_http_meet_anonymize_init_module(cycle);

    if (!mcf->used) {
        return NGX_OK;
    }

    return ngx_http_meet_store_init_module(cycle, &mcf->store_conf);
}


/* cache manager and loader run the process hooks, too */
static ngx_uint_t
ngx_http_meet_is_worker(void)
{
    return ngx_process == NGX_PROCESS_WORKER
           || ngx_process == NGX_PROCESS_SINGLE;
}


/*
 * The instance key and what people say pass through this memory: no core dumps,
 * unless the operator asks for them with worker_rlimit_core.
 */
static void
ngx_http_meet_no_core(ngx_cycle_t *cycle)
{
    ngx_core_conf_t *ccf;
    struct rlimit rlmt;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->rlimit_core != NGX_CONF_UNSET) {
        return;
    }

    rlmt.rlim_cur = 0;
    rlmt.rlim_max = 0;

    if (setrlimit(RLIMIT_CORE, &rlmt) == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
            "setrlimit(RLIMIT_CORE, 0) failed");
    }
}


static ngx_int_t
ngx_http_meet_init_process(ngx_cycle_t *cycle)
{
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_meet_module);

    if (mcf == NULL || !mcf->used || !ngx_http_meet_is_worker()) {
        return NGX_OK;
    }

    ngx_http_meet_no_core(cycle);
    ngx_http_meet_zone_init_process(mcf->zone);

    if (ngx_http_meet_store_init_process(cycle, &mcf->store_conf) != NGX_OK
        || ngx_http_meet_session_init_process(cycle) != NGX_OK
        || ngx_http_meet_link_init_process(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_meet_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_meet_module);

    if (mcf == NULL || !mcf->used || !ngx_http_meet_is_worker()) {
        return;
    }

    ngx_http_meet_link_exit_process(cycle);
    ngx_http_meet_store_exit_process(cycle);
    ngx_http_meet_zone_exit_process();
}
