/* Shared by the files that write messages, and by the export of a room. */

#ifndef NGX_HTTP_MEET_MESSAGE_PART_H
#define NGX_HTTP_MEET_MESSAGE_PART_H

#include "ngx_http_meet_message_write.h"


/* names of bits; a name of NULL ends them */
typedef struct {
    uint32_t bit;
    const char *name;
} ngx_http_meet_bit_t;

extern const ngx_http_meet_bit_t ngx_http_meet_rights[];
extern const ngx_http_meet_bit_t ngx_http_meet_kind_bits[];


/* {"type":...,"re":... : the beginning of every message; re 0: none */
void ngx_http_meet_write_type(
    ngx_http_meet_out_t *out, const char *type, uint32_t re);

/* "name":[...], with a comma in front or, as the first field, without */
void ngx_http_meet_write_bits(ngx_http_meet_out_t *out, const char *name,
    const ngx_http_meet_bit_t *bit, uint32_t mask);
void ngx_http_meet_write_list(ngx_http_meet_out_t *out, const char *name,
    const ngx_http_meet_bit_t *bit, uint32_t mask);

/* the least role for one that nobody knows */
void ngx_http_meet_write_role(ngx_http_meet_out_t *out, unsigned role);

void ngx_http_meet_write_bytes(
    ngx_http_meet_out_t *out, const char *name, const void *data, size_t len);
void ngx_http_meet_write_entry(ngx_http_meet_out_t *out, uint64_t sequence,
    uint64_t sender, uint32_t number, uint64_t time_ms, const void *data,
    size_t len);


#endif /* NGX_HTTP_MEET_MESSAGE_PART_H */
