/*
 * Setters and checks of the directives, all while nginx.conf is parsed (as
 * root).  Each returns NGX_CONF_OK, a text that nginx completes with file and
 * line, or NGX_CONF_ERROR after it has logged both itself.
 */

#ifndef NGX_HTTP_MEET_CONF_H
#define NGX_HTTP_MEET_CONF_H

#include "ngx_http_meet.h"


/* post handler of a string: an absolute path without a slash at its end */
char *ngx_http_meet_conf_path(ngx_conf_t *cf, void *post, void *data);

char *ngx_http_meet_conf_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_workers(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_ports(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_addresses(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* times that may not be zero */
char *ngx_http_meet_conf_sec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_msec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

char *ngx_http_meet_conf_origins(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_meet_conf_metrics(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* init_main_conf: defaults, what must be there together, the shared zone */
char *ngx_http_meet_conf_complete(ngx_conf_t *cf, void *conf);


#endif /* NGX_HTTP_MEET_CONF_H */
