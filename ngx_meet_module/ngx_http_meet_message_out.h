/*
 * Writing JSON into a buffer that somebody else sized: every function adds to
 * `len`, and writes only what fits.  So one run without a buffer measures, a
 * second one writes.  Plain C, no allocation.
 *
 * Strings are made valid whatever comes in: bytes that are not UTF-8 turn into
 * U+FFFD, since a text frame must not carry anything else.
 */

#ifndef NGX_HTTP_MEET_MESSAGE_OUT_H
#define NGX_HTTP_MEET_MESSAGE_OUT_H

#include <stddef.h>
#include <stdint.h>


typedef struct {
    unsigned char *buf; /* NULL to measure */
    size_t size;
    size_t len; /* of all that was meant to be written */
} ngx_http_meet_out_t;


void ngx_http_meet_out_raw(
    ngx_http_meet_out_t *out, const void *data, size_t len);
void ngx_http_meet_out_text(ngx_http_meet_out_t *out, const char *text);

/* quoted and escaped */
void ngx_http_meet_out_string(
    ngx_http_meet_out_t *out, const void *data, size_t len);

/* quoted base64url without padding */
void ngx_http_meet_out_b64u(
    ngx_http_meet_out_t *out, const void *data, size_t len);

/* quoted, 16 digits */
void ngx_http_meet_out_id(ngx_http_meet_out_t *out, uint64_t id);

void ngx_http_meet_out_number(ngx_http_meet_out_t *out, uint64_t n);

/* ,"name": and the value; `name` needs no escaping */
void ngx_http_meet_out_field(ngx_http_meet_out_t *out, const char *name);
void ngx_http_meet_out_field_number(
    ngx_http_meet_out_t *out, const char *name, uint64_t n);
void ngx_http_meet_out_field_text(
    ngx_http_meet_out_t *out, const char *name, const char *text);
void ngx_http_meet_out_field_bool(
    ngx_http_meet_out_t *out, const char *name, int value);


#endif /* NGX_HTTP_MEET_MESSAGE_OUT_H */
