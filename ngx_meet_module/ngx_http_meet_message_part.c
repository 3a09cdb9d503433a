/* What several messages to the client have in common. */

#include <string.h>

#include "ngx_http_meet_message_part.h"


const ngx_http_meet_bit_t ngx_http_meet_rights[] = {
    { MEET_RIGHT_MIC, "mic" },
    { MEET_RIGHT_CAM, "cam" },
    { MEET_RIGHT_SCREEN, "screen" },
    { MEET_RIGHT_CHAT, "chat" },
    { MEET_RIGHT_TELL, "tell" },
    { MEET_RIGHT_SETTINGS, "settings" },
    { MEET_RIGHT_MODERATE, "moderate" },
    { MEET_RIGHT_DELETE, "delete" },
    { 0, NULL },
};

const ngx_http_meet_bit_t ngx_http_meet_kind_bits[] = {
    { 1u << MEET_KIND_MIC, "mic" },
    { 1u << MEET_KIND_CAM, "cam" },
    { 1u << MEET_KIND_SCREEN_AUDIO, "screen-audio" },
    { 1u << MEET_KIND_SCREEN, "screen" },
    { 0, NULL },
};

static const char *const ngx_http_meet_roles[] = {
    [MEET_ROLE_VIEWER] = "viewer",
    [MEET_ROLE_PARTICIPANT] = "participant",
    [MEET_ROLE_MODERATOR] = "moderator",
    [MEET_ROLE_OWNER] = "owner",
};


void
ngx_http_meet_write_type(
    ngx_http_meet_out_t *out, const char *type, uint32_t re)
{
    ngx_http_meet_out_text(out, "{\"type\":\"");
    ngx_http_meet_out_text(out, type);
    ngx_http_meet_out_text(out, "\"");

    if (re != 0) {
        ngx_http_meet_out_field_number(out, "re", re);
    }
}


/* the first field of an object */
void
ngx_http_meet_write_list(ngx_http_meet_out_t *out, const char *name,
    const ngx_http_meet_bit_t *bit, uint32_t mask)
{
    const char *sep;

    ngx_http_meet_out_string(out, name, strlen(name));
    ngx_http_meet_out_text(out, ":[");

    for (sep = "\""; bit->name != NULL; bit++) {
        if (mask & bit->bit) {
            ngx_http_meet_out_text(out, sep);
            ngx_http_meet_out_text(out, bit->name);
            ngx_http_meet_out_text(out, "\"");
            sep = ",\"";
        }
    }

    ngx_http_meet_out_text(out, "]");
}


void
ngx_http_meet_write_bits(ngx_http_meet_out_t *out, const char *name,
    const ngx_http_meet_bit_t *bit, uint32_t mask)
{
    ngx_http_meet_out_text(out, ",");
    ngx_http_meet_write_list(out, name, bit, mask);
}


void
ngx_http_meet_write_role(ngx_http_meet_out_t *out, unsigned role)
{
    ngx_http_meet_out_field_text(out, "role",
        ngx_http_meet_roles[role <= MEET_ROLE_OWNER ? role : MEET_ROLE_VIEWER]);
}


void
ngx_http_meet_write_bytes(
    ngx_http_meet_out_t *out, const char *name, const void *data, size_t len)
{
    ngx_http_meet_out_field(out, name);
    ngx_http_meet_out_string(out, data, len);
}


void
ngx_http_meet_write_entry(ngx_http_meet_out_t *out, uint64_t sequence,
    uint64_t sender, uint32_t number, uint64_t time_ms, const void *data,
    size_t len)
{
    ngx_http_meet_out_text(out, "{\"sequence\":");
    ngx_http_meet_out_number(out, sequence);
    ngx_http_meet_out_field(out, "sender");
    ngx_http_meet_out_id(out, sender);
    ngx_http_meet_out_field_number(out, "number", number);
    ngx_http_meet_out_field_number(out, "time_ms", time_ms);
    ngx_http_meet_out_field(out, "body");
    ngx_http_meet_out_b64u(out, data, len);
    ngx_http_meet_out_text(out, "}");
}
