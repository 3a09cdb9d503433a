#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_meet_conf.h"
#include "ngx_http_meet_zone.h"


#define NGX_HTTP_MEET_PORT  40000 /* first of the default range */
#define NGX_HTTP_MEET_PORTS 64    /* as shipped; more for more media workers */


char *
ngx_http_meet_conf_path(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *path = data;

    (void) post;

    if (path->len == 0) {
        return "must not be empty";
    }

    if (ngx_conf_full_name(cf->cycle, path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (path->len > 1 && path->data[path->len - 1] == '/') {
        path->data[--path->len] = '\0';
    }

    return NGX_CONF_OK;
}


char *
ngx_http_meet_conf_sec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *rv;

    rv = ngx_conf_set_sec_slot(cf, cmd, conf);

    if (rv == NGX_CONF_OK && *(time_t *) ((char *) conf + cmd->offset) == 0) {
        return "must not be zero";
    }

    return rv;
}


char *
ngx_http_meet_conf_msec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *rv;

    rv = ngx_conf_set_msec_slot(cf, cmd, conf);

    if (rv == NGX_CONF_OK && *(ngx_msec_t *) ((char *) conf + cmd->offset) == 0)
    {
        return "must not be zero";
    }

    return rv;
}


char *
ngx_http_meet_conf_workers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_meet_main_conf_t *mcf = conf;

    ngx_int_t n;
    ngx_str_t *value;

    (void) cmd;

    if (mcf->workers != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "auto") == 0) {
        mcf->workers = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 1 || n > NGX_HTTP_MEET_WORKERS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid number of media workers \"%V\", "
            "it must be \"auto\" or 1 to %d",
            &value[1], NGX_HTTP_MEET_WORKERS_MAX);
        return NGX_CONF_ERROR;
    }

    mcf->workers = (ngx_uint_t) n;

    return NGX_CONF_OK;
}


char *
ngx_http_meet_conf_ports(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_meet_main_conf_t *mcf = conf;

    u_char *dash, *last;
    ngx_int_t first_port, last_port;
    ngx_str_t *value;

    (void) cmd;

    if (mcf->port_first) {
        return "is duplicate";
    }

    value = cf->args->elts;

    first_port = last_port = NGX_ERROR;
    last = value[1].data + value[1].len;
    dash = ngx_strlchr(value[1].data, last, '-');

    if (dash != NULL) {
        first_port = ngx_atoi(value[1].data, (size_t) (dash - value[1].data));
        last_port = ngx_atoi(dash + 1, (size_t) (last - dash - 1));
    }

    if (first_port < 1 || last_port > 65535 || last_port < first_port) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid port range \"%V\", it must be FIRST-LAST", &value[1]);
        return NGX_CONF_ERROR;
    }

    mcf->port_first = (ngx_uint_t) first_port;
    mcf->port_last = (ngx_uint_t) last_port;

    return NGX_CONF_OK;
}


char *
ngx_http_meet_conf_addresses(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t *value, text;
    ngx_uint_t i;
    ngx_addr_t *addr;
    ngx_array_t **addresses;

    addresses = (ngx_array_t **) ((char *) conf + cmd->offset);

    if (*addresses != NULL) {
        return "is duplicate";
    }

    if (cf->args->nelts - 1 > NGX_HTTP_MEET_ADDRESSES_MAX) {
        return "has too many addresses";
    }

    *addresses =
        ngx_array_create(cf->pool, cf->args->nelts - 1, sizeof(ngx_addr_t));
    if (*addresses == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        addr = ngx_array_push(*addresses);
        text = value[i];

        if (text.len > 2 && text.data[0] == '['
            && text.data[text.len - 1] == ']') {
            text.data++;
            text.len -= 2;
        }

        ngx_memzero(addr, sizeof(ngx_addr_t));

        if (ngx_parse_addr(cf->pool, addr, text.data, text.len) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "invalid address \"%V\", it must be an IPv4 or IPv6 address "
                "without a port",
                &value[i]);
            return NGX_CONF_ERROR;
        }

        addr->name = text;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_meet_conf_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_meet_loc_conf_t *lcf = conf;

    ngx_str_t *value, *origin;
    ngx_uint_t i;

    (void) cmd;

    if (lcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->origins =
        ngx_array_create(cf->pool, cf->args->nelts - 1, sizeof(ngx_str_t));
    if (lcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if ((ngx_strncmp(value[i].data, "https://", 8) != 0
                && ngx_strncmp(value[i].data, "http://", 7) != 0)
            || value[i].data[value[i].len - 1] == '/')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "invalid origin \"%V\", it must look like "
                "\"https://example.org\"",
                &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(lcf->origins);
        *origin = value[i];
    }

    return NGX_CONF_OK;
}


/* one location, one of our handlers */
static char *
ngx_http_meet_conf_handler(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == handler) {
        return "is duplicate";
    }

    if (clcf->handler != NULL) {
        return "cannot be used where another content handler is set";
    }

    clcf->handler = handler;

    return NGX_CONF_OK;
}


char *
ngx_http_meet_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_meet_loc_conf_t *lcf = conf;

    ngx_http_meet_main_conf_t *mcf;

    (void) cmd;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_meet_module);

    if (!mcf->used) {
        mcf->used = 1;
        mcf->api_file = cf->conf_file->file.name.data;
        mcf->api_line = cf->conf_file->line;
    }

    lcf->api = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    return ngx_http_meet_conf_handler(cf, ngx_http_meet_rest_handler);
}


char *
ngx_http_meet_conf_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_meet_loc_conf_t *lcf = conf;

    char *rv;
    ngx_str_t *value;
    ngx_http_core_loc_conf_t *clcf;

    (void) cmd;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    rv = ngx_http_meet_conf_handler(cf, ngx_http_meet_static_handler);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (clcf->name.len == 0 || clcf->name.data[clcf->name.len - 1] != '/') {
        return "needs a location that ends with a slash";
    }

    /* "/meet" leads to "/meet/" */
    clcf->auto_redirect = 1;

    lcf->client = value[1];

    return ngx_http_meet_conf_path(cf, NULL, &lcf->client);
}


char *
ngx_http_meet_conf_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    (void) cmd;
    (void) conf;

    return ngx_http_meet_conf_handler(cf, ngx_http_meet_health_handler);
}


char *
ngx_http_meet_conf_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t *value;

    (void) cmd;
    (void) conf;

    value = cf->args->elts;

    if (cf->args->nelts == 1) {
        return ngx_http_meet_conf_handler(cf, ngx_http_meet_metrics_handler);
    }

    if (ngx_strcmp(value[1].data, "rooms") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid parameter \"%V\": \"rooms\" or none", &value[1]);
        return NGX_CONF_ERROR;
    }

    return ngx_http_meet_conf_handler(cf, ngx_http_meet_metrics_rooms_handler);
}


static char *
ngx_http_meet_conf_missing(
    ngx_conf_t *cf, ngx_http_meet_main_conf_t *mcf, const char *what)
{
    /* the parser is past it: name the line of meet_api ourselves */

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
        "\"meet_api\" needs \"%s\" at http level in %s:%ui", what,
        mcf->api_file, mcf->api_line);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_meet_conf_media(ngx_conf_t *cf, ngx_http_meet_main_conf_t *mcf)
{
    ngx_uint_t workers;
    struct timespec ts;

    workers = mcf->workers ? mcf->workers : (ngx_uint_t) ngx_ncpu;
    workers = ngx_min(ngx_max(workers, 1), NGX_HTTP_MEET_WORKERS_MAX);

    if (mcf->port_first == 0) {
        mcf->port_first = NGX_HTTP_MEET_PORT;
        mcf->port_last =
            NGX_HTTP_MEET_PORT + ngx_max(2 * workers, NGX_HTTP_MEET_PORTS) - 1;
    }

    if (mcf->port_last - mcf->port_first + 1 < 2 * workers) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
            "\"meet_media_ports\" has %ui ports, but %ui media workers need "
            "at least %ui: old and new ones overlap when they change",
            mcf->port_last - mcf->port_first + 1, workers, 2 * workers);
        return NGX_CONF_ERROR;
    }

    if (clock_gettime(CLOCK_BOOTTIME, &ts) != 0) {
        ngx_log_error(
            NGX_LOG_EMERG, cf->log, ngx_errno, "clock_gettime() failed");
        return NGX_CONF_ERROR;
    }

    mcf->generation =
        (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;

    return NGX_CONF_OK;
}


char *
ngx_http_meet_conf_complete(ngx_conf_t *cf, void *conf)
{
    ngx_http_meet_main_conf_t *mcf = conf;

    if (mcf->workers == NGX_CONF_UNSET_UINT) {
        mcf->workers = 0;
    }

    ngx_conf_init_uint_value(mcf->spread, 0);
    ngx_conf_init_uint_value(mcf->rooms, 10000);
    ngx_conf_init_uint_value(mcf->participants, 500);
    ngx_conf_init_uint_value(mcf->connections, 1000);
    ngx_conf_init_value(mcf->idle_expiry, 30 * 24 * 3600);
    ngx_conf_init_value(mcf->token_lifetime, 12 * 3600);
    ngx_conf_init_msec_value(mcf->absence, 60 * 1000);
    ngx_conf_init_msec_value(mcf->sweep, 3600 * 1000);

    if (!mcf->used) {
        return NGX_CONF_OK;
    }

    if (mcf->store.len == 0) {
        return ngx_http_meet_conf_missing(cf, mcf, "meet_store");
    }

    if (mcf->run.len == 0) {
        return ngx_http_meet_conf_missing(cf, mcf, "meet_run");
    }

    if (mcf->key == NULL) {
        return ngx_http_meet_conf_missing(cf, mcf, "meet_key");
    }

    mcf->store_conf.directory = mcf->store;
    mcf->store_conf.rooms = mcf->rooms;
    mcf->store_conf.sweep_interval = mcf->sweep;
    ngx_memcpy(mcf->store_conf.key, mcf->key, NGX_HTTP_MEET_KEY_LEN);

    mcf->zone = ngx_http_meet_zone_add(cf);
    if (mcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_meet_conf_media(cf, mcf);
}


static char *
ngx_http_meet_conf_key_error(
    ngx_conf_t *cf, ngx_str_t *name, ngx_fd_t fd, const char *what)
{
    if (fd != NGX_INVALID_FILE && ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
            ngx_close_file_n " \"%V\" failed", name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
        "the key file \"%V\" %s; "
        "make a new one with: (umask 077; head -c 32 /dev/urandom >\"%V\")",
        name, what, name);

    return NGX_CONF_ERROR;
}


char *
ngx_http_meet_conf_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_meet_main_conf_t *mcf = conf;

    char *rv;
    ssize_t n;
    ngx_fd_t fd;
    ngx_err_t err;
    ngx_str_t *value;
    ngx_file_info_t fi;
    u_char buf[NGX_HTTP_MEET_KEY_LEN + 1];

    (void) cmd;

    if (mcf->key_file.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->key_file = value[1];

    rv = ngx_http_meet_conf_path(cf, NULL, &mcf->key_file);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    fd = ngx_open_file(
        mcf->key_file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN | O_NONBLOCK, 0);

    if (fd == NGX_INVALID_FILE) {
        err = ngx_errno;

        if (err == NGX_ENOENT) {
            return ngx_http_meet_conf_key_error(
                cf, &mcf->key_file, fd, "does not exist");
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
            ngx_open_file_n " \"%V\" failed", &mcf->key_file);
        return NGX_CONF_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)) {
        return ngx_http_meet_conf_key_error(
            cf, &mcf->key_file, fd, "is not a regular file");
    }

    if (ngx_file_access(&fi) & 077) {
        return ngx_http_meet_conf_key_error(
            cf, &mcf->key_file, fd, "can be read by others than its owner");
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));

    if (n != NGX_HTTP_MEET_KEY_LEN) {
        ngx_explicit_memzero(buf, sizeof(buf));
        return ngx_http_meet_conf_key_error(
            cf, &mcf->key_file, fd, "does not hold exactly 32 bytes");
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
            ngx_close_file_n " \"%V\" failed", &mcf->key_file);
    }

    mcf->key = ngx_palloc(cf->pool, NGX_HTTP_MEET_KEY_LEN);

    if (mcf->key != NULL) {
        ngx_memcpy(mcf->key, buf, NGX_HTTP_MEET_KEY_LEN);
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    return mcf->key == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}
