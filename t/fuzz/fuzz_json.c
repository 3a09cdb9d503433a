/*
 * Bodies of requests: whatever loads is an object that every kind of field
 * reader can be asked about.
 */

#include "ngx_http_meet_json.c"
#include "ngx_http_meet_text.c"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int flag;
    size_t len;
    json_t *root, *value;
    uint64_t number;
    const unsigned char *text;
    ngx_http_meet_fields_t f;
    unsigned char raw[32], name[NGX_HTTP_MEET_DISPLAY_MAX];

    root = ngx_http_meet_json_load(data, size);
    if (root == NULL) {
        return 0;
    }

    ngx_http_meet_fields(&f, root);

    if (ngx_http_meet_field_string(&f, "name", 0, 1000, &text, &len)) {
        (void) ngx_http_meet_display_name(name, text, len);
        (void) ngx_http_meet_room_name(text, len);
        (void) ngx_http_meet_id_decode(&number, text, len);
    }

    (void) ngx_http_meet_field_b64u(&f, "auth", 1, raw, 1, 32, &len);
    (void) ngx_http_meet_field_integer(&f, "expires", 0, 1, 1000, &number);
    (void) ngx_http_meet_field_bool(&f, "locked", 0, &flag);

    if (!ngx_http_meet_field_null(&f, "kdf")) {
        (void) ngx_http_meet_field_object(&f, "kdf", 0, &value);
    }

    if (ngx_http_meet_field_array(&f, "invites", 0, 8, &value)) {
        ngx_http_meet_fields(&f, json_array_get(value, 0));
        (void) ngx_http_meet_field_string(&f, "kind", 1, 16, &text, &len);
    }

    (void) ngx_http_meet_fields_end(&f);

    json_decref(root);

    return 0;
}
