#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/rand.h>

#include "meet_ipc.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_text.h"
#include "ngx_http_meet_zone.h"


/* xxxx-xxxx-xxxx, without characters that look alike when read out */
#define NGX_HTTP_MEET_NAME_LEN 14

static const char ngx_http_meet_letters[] = "23456789abcdefghjkmnpqrstuvwxyz";


static ngx_int_t
ngx_http_meet_rest_random_name(u_char *name)
{
    u_char c;
    ngx_uint_t i, letters;

    letters = sizeof(ngx_http_meet_letters) - 1;

    for (i = 0; i < NGX_HTTP_MEET_NAME_LEN; /* void */) {
        if (i % 5 == 4) {
            name[i++] = '-';
            continue;
        }

        if (RAND_bytes(&c, 1) != 1) {
            return NGX_ERROR;
        }

        /* each letter equally often */
        if (c < 256 / letters * letters) {
            name[i++] = (u_char) ngx_http_meet_letters[c % letters];
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_meet_rest_created(ngx_http_request_t *r, ngx_http_meet_store_op_t *op)
{
    char *location;
    size_t len;
    json_t *value;
    u_char incarnation[NGX_HTTP_MEET_STORE_INCARNATION_LEN * 2];

    if (op->status == NGX_HTTP_MEET_STORE_OK) {
        ngx_http_meet_count(NGX_HTTP_MEET_ROOMS_CREATED);
    }

    if (r == NULL) {
        return NGX_OK;
    }

    if (op->status != NGX_HTTP_MEET_STORE_OK) {
        return ngx_http_meet_rest_store_problem(r, op);
    }

    location = ngx_pcalloc(r->pool, r->uri.len + op->room.name.len + 2);
    if (location == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_sprintf((u_char *) location, "%V/%*s", &r->uri,
        (size_t) op->room.name.len, op->room.name.data);

    if (ngx_http_meet_rest_add_header(r, "Location", location) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = ngx_http_meet_b64u_encode(
        incarnation, op->room.incarnation, NGX_HTTP_MEET_STORE_INCARNATION_LEN);

    value =
        json_pack("{s:s%,s:s%,s:I,s:o}", "room", (char *) op->room.name.data,
            (size_t) op->room.name.len, "incarnation", (char *) incarnation,
            len, "expires", (json_int_t) op->room.expires, "invites",
            ngx_http_meet_rest_invites_json(op->invites, op->ninvites, 0, 1));

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_CREATED, value);
}


/* NULL, or the field that is wrong */
static const char *
ngx_http_meet_rest_create_read(json_t *body, ngx_http_meet_store_op_t *op)
{
    json_t *invites;
    uint64_t end;
    ngx_str_t name, key_id;
    const u_char *text;
    ngx_http_meet_fields_t f;
    u_char random[NGX_HTTP_MEET_NAME_LEN];

    invites = NULL;
    end = 0;

    name.data = random;
    name.len = sizeof(random);

    ngx_http_meet_fields(&f, body);

    if (ngx_http_meet_field_string(&f, "name", NGX_HTTP_MEET_OPTIONAL,
            NGX_HTTP_MEET_ROOM_MAX, &text, &name.len))
    {
        name.data = (u_char *) text;

        if (!ngx_http_meet_room_name(name.data, name.len)) {
            return "name";
        }

    } else if (ngx_http_meet_rest_random_name(random) != NGX_OK) {
        return "random numbers";
    }

    (void) ngx_http_meet_rest_key_id(&f, NGX_HTTP_MEET_REQUIRED, &key_id);
    (void) ngx_http_meet_field_integer(&f, "expires", NGX_HTTP_MEET_OPTIONAL,
        (uint64_t) ngx_time() + 1, UINT32_MAX, &end);
    (void) ngx_http_meet_field_array(&f, "invites", NGX_HTTP_MEET_REQUIRED,
        NGX_HTTP_MEET_STORE_INVITES_MAX, &invites);

    if (ngx_http_meet_fields_end(&f) != 0) {
        return f.bad;
    }

    op->room.end = end;

    if (ngx_http_meet_store_set_name(&op->room.name, &name) != NGX_OK) {
        return "name";
    }

    if (ngx_http_meet_store_set_id(&op->room.key_id, &key_id) != NGX_OK) {
        return "key_id";
    }

    return ngx_http_meet_rest_invites(invites, &key_id, op);
}


ngx_int_t
ngx_http_meet_rest_create(ngx_http_request_t *r, ngx_str_t *room, json_t *body)
{
    const char *bad;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_main_conf_t *mcf;

    (void) room;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_ROOM_CREATE);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    bad = ngx_http_meet_rest_create_read(body, op);

    if (bad != NULL) {
        ngx_http_meet_store_discard(op);
        return ngx_http_meet_problem(r, "bad-request", bad);
    }

    op->room.idle = (uint32_t) mcf->idle_expiry;
    op->room.settings.participants = (uint32_t) mcf->participants;
    op->room.settings.rights_viewer = 0;
    op->room.settings.rights_participant =
        MEET_RIGHTS_PUBLISH | MEET_RIGHT_CHAT | MEET_RIGHT_TELL;

    return ngx_http_meet_rest_post(r, op, ngx_http_meet_rest_created);
}
