#include <string.h>

#include "ngx_http_meet_json.h"
#include "ngx_http_meet_text.h"


/*
 * jansson recurses 2048 levels deep; counting brackets first keeps the stack
 * of the event loop out of a stranger's hands.
 */
static int
ngx_http_meet_json_deep(const unsigned char *p, size_t len)
{
    int string;
    unsigned depth;
    const unsigned char *end;

    depth = 0;
    string = 0;

    for (end = p + len; p < end; p++) {
        if (string) {
            if (*p == '\\') {
                p++;

            } else if (*p == '"') {
                string = 0;
            }

            continue;
        }

        switch (*p) {
        case '"':
            string = 1;
            break;

        case '{':
        case '[':
            if (++depth > NGX_HTTP_MEET_JSON_DEPTH) {
                return 1;
            }
            break;

        case '}':
        case ']':
            if (depth) {
                depth--;
            }
            break;

        default:
            break;
        }
    }

    return 0;
}


json_t *
ngx_http_meet_json_load(const unsigned char *text, size_t len)
{
    json_t *root;

    if (ngx_http_meet_json_deep(text, len)) {
        return NULL;
    }

    root = json_loadb((const char *) text, len, JSON_REJECT_DUPLICATES, NULL);

    if (root != NULL && !json_is_object(root)) {
        json_decref(root);
        return NULL;
    }

    return root;
}


void
ngx_http_meet_fields(ngx_http_meet_fields_t *f, json_t *object)
{
    f->object = object;
    f->bad = json_is_object(object) ? NULL : "object";
    f->known = 0;
}


int
ngx_http_meet_fields_end(ngx_http_meet_fields_t *f)
{
    if (f->bad == NULL && json_object_size(f->object) != f->known) {
        f->bad = "unknown field";
    }

    return f->bad == NULL ? 0 : -1;
}


static void
ngx_http_meet_field_bad(ngx_http_meet_fields_t *f, const char *name)
{
    if (f->bad == NULL) {
        f->bad = name;
    }
}


static json_t *
ngx_http_meet_field(ngx_http_meet_fields_t *f, const char *name, int required)
{
    json_t *value;

    value = json_object_get(f->object, name);

    if (value != NULL) {
        f->known++;

    } else if (required) {
        ngx_http_meet_field_bad(f, name);
    }

    return value;
}


int
ngx_http_meet_field_string(ngx_http_meet_fields_t *f, const char *name,
    int required, size_t max, const unsigned char **p, size_t *len)
{
    json_t *value;

    value = ngx_http_meet_field(f, name, required);

    if (value == NULL) {
        return 0;
    }

    if (!json_is_string(value) || json_string_length(value) > max) {
        ngx_http_meet_field_bad(f, name);
        return 0;
    }

    *p = (const unsigned char *) json_string_value(value);
    *len = json_string_length(value);

    return 1;
}


int
ngx_http_meet_field_integer(ngx_http_meet_fields_t *f, const char *name,
    int required, uint64_t min, uint64_t max, uint64_t *value)
{
    json_t *v;
    json_int_t n;

    v = ngx_http_meet_field(f, name, required);

    if (v == NULL) {
        return 0;
    }

    n = json_integer_value(v);

    if (!json_is_integer(v) || n < 0 || (uint64_t) n < min
        || (uint64_t) n > max) {
        ngx_http_meet_field_bad(f, name);
        return 0;
    }

    *value = (uint64_t) n;

    return 1;
}


int
ngx_http_meet_field_bool(
    ngx_http_meet_fields_t *f, const char *name, int required, int *value)
{
    json_t *v;

    v = ngx_http_meet_field(f, name, required);

    if (v == NULL) {
        return 0;
    }

    if (!json_is_boolean(v)) {
        ngx_http_meet_field_bad(f, name);
        return 0;
    }

    *value = json_is_true(v);

    return 1;
}


int
ngx_http_meet_field_array(ngx_http_meet_fields_t *f, const char *name,
    int required, size_t max, json_t **array)
{
    json_t *v;

    v = ngx_http_meet_field(f, name, required);

    if (v == NULL) {
        return 0;
    }

    if (!json_is_array(v) || json_array_size(v) > max) {
        ngx_http_meet_field_bad(f, name);
        return 0;
    }

    *array = v;

    return 1;
}


int
ngx_http_meet_field_object(
    ngx_http_meet_fields_t *f, const char *name, int required, json_t **object)
{
    json_t *v;

    v = ngx_http_meet_field(f, name, required);

    if (v == NULL) {
        return 0;
    }

    if (!json_is_object(v)) {
        ngx_http_meet_field_bad(f, name);
        return 0;
    }

    *object = v;

    return 1;
}


int
ngx_http_meet_field_null(ngx_http_meet_fields_t *f, const char *name)
{
    if (!json_is_null(json_object_get(f->object, name))) {
        return 0;
    }

    f->known++;

    return 1;
}


int
ngx_http_meet_field_b64u(ngx_http_meet_fields_t *f, const char *name,
    int required, unsigned char *dst, size_t min, size_t max, size_t *len)
{
    int n;
    size_t text_len;
    const unsigned char *text;

    if (!ngx_http_meet_field_string(
            f, name, required, (max * 4 + 2) / 3, &text, &text_len))
    {
        return 0;
    }

    n = ngx_http_meet_b64u_decode(dst, max, text, text_len);

    if (n < 0 || (size_t) n < min) {
        ngx_http_meet_field_bad(f, name);
        return 0;
    }

    if (len != NULL) {
        *len = (size_t) n;
    }

    return 1;
}
