/*
 * meet_anonymize: no full client address in access or error log.
 *
 * The text of the client's address, which log lines and $remote_addr are made
 * of, keeps two blocks of IPv4 or 48 bits of IPv6.  The socket address stays:
 * limit_req and limit_conn by $binary_remote_addr, allow, deny and geo work as
 * before.
 */

#ifndef NGX_HTTP_MEET_ANONYMIZE_H
#define NGX_HTTP_MEET_ANONYMIZE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* from postconfiguration: hooks into the phases */
ngx_int_t ngx_http_meet_anonymize_init(ngx_conf_t *cf);

/*
 * From init_module: covers what happens before there is a request (TLS
 * handshakes, malformed request lines), on sockets whose default server has
 * meet_anonymize on.
 */
void ngx_http_meet_anonymize_init_module(ngx_cycle_t *cycle);


#endif /* NGX_HTTP_MEET_ANONYMIZE_H */
