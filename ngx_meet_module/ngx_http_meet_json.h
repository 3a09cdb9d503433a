/*
 * JSON from outside: an object or nothing, duplicate keys refused, nesting
 * bounded, every field asked for by name and type, none left over.  Pure
 * functions over jansson; what they return is freed with json_decref().
 */

#ifndef NGX_HTTP_MEET_JSON_H
#define NGX_HTTP_MEET_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>


#define NGX_HTTP_MEET_JSON_DEPTH 8


/* an object, or NULL: not JSON, not an object, duplicate key, too deep */
json_t *ngx_http_meet_json_load(const unsigned char *text, size_t len);


/*
 * Reads the fields of one object and remembers the first complaint.  A reader
 * returns 1 and the value if the field is there and fine, 0 if an optional
 * field is missing, else 0 with `bad` naming the field.  Integers out of
 * bounds and strings longer than `max` bytes are ill-typed.  Call end() last:
 * it complains about fields that nobody asked for.
 */
typedef struct {
    json_t *object;
    const char *bad; /* name of the first field that is wrong, or NULL */
    size_t known;    /* fields found so far */
} ngx_http_meet_fields_t;

#define NGX_HTTP_MEET_OPTIONAL 0
#define NGX_HTTP_MEET_REQUIRED 1

void ngx_http_meet_fields(ngx_http_meet_fields_t *f, json_t *object);
int ngx_http_meet_fields_end(ngx_http_meet_fields_t *f); /* 0 if all was fine */

int ngx_http_meet_field_string(ngx_http_meet_fields_t *f, const char *name,
    int required, size_t max, const unsigned char **p, size_t *len);
int ngx_http_meet_field_integer(ngx_http_meet_fields_t *f, const char *name,
    int required, uint64_t min, uint64_t max, uint64_t *value);
int ngx_http_meet_field_bool(
    ngx_http_meet_fields_t *f, const char *name, int required, int *value);
int ngx_http_meet_field_array(ngx_http_meet_fields_t *f, const char *name,
    int required, size_t max, json_t **array);
int ngx_http_meet_field_object(
    ngx_http_meet_fields_t *f, const char *name, int required, json_t **object);

/* 1 if it is there and null, which counts as asked for; never complains */
int ngx_http_meet_field_null(ngx_http_meet_fields_t *f, const char *name);

/* base64url text of `min` to `max` bytes, decoded into `dst` */
int ngx_http_meet_field_b64u(ngx_http_meet_fields_t *f, const char *name,
    int required, unsigned char *dst, size_t min, size_t max, size_t *len);


#endif /* NGX_HTTP_MEET_JSON_H */
