/* Shared by the files that read messages; nobody else includes this. */

#ifndef NGX_HTTP_MEET_MESSAGE_READ_H
#define NGX_HTTP_MEET_MESSAGE_READ_H

#include "ngx_http_meet_json.h"
#include "ngx_http_meet_message.h"


#define NGX_HTTP_MEET_U32_LARGEST 0xffffffffu


/* complains about a field, unless another complaint came first */
void ngx_http_meet_message_bad(ngx_http_meet_fields_t *f, const char *name);

int ngx_http_meet_message_is(
    const unsigned char *p, size_t len, const char *name);

/* ["mic", ...] as bits of MEET_KIND_...; complains about anything else */
uint8_t ngx_http_meet_message_mask(
    ngx_http_meet_fields_t *f, const char *name, json_t *array);

/* MEET_KIND_... or -1 */
int ngx_http_meet_message_kind(const unsigned char *p, size_t len);


/* each fills its part of `m`, complaints go to `f` */
void ngx_http_meet_message_publish(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f);
void ngx_http_meet_message_subscribe(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f);
void ngx_http_meet_message_moderate(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f);
void ngx_http_meet_message_appoint(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f);


#endif /* NGX_HTTP_MEET_MESSAGE_READ_H */
