#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/rand.h>

#include "meet_body.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_text.h"
#include "ngx_http_meet_token.h"
#include "ngx_http_meet_zone.h"


/* by MEET_ROLE_... */
static const char *const ngx_http_meet_roles[] = {
    "viewer",
    "participant",
    "moderator",
    "owner",
};


size_t
ngx_http_meet_rest_token_make(ngx_http_request_t *r,
    ngx_http_meet_token_t *token, ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invite, u_char *text)
{
    ngx_http_meet_main_conf_t *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    ngx_memcpy(token->name, room->name.data, room->name.len);
    token->name_len = room->name.len;

    ngx_memcpy(token->incarnation, room->incarnation,
        NGX_HTTP_MEET_STORE_INCARNATION_LEN);

    token->serial = invite->serial;
    token->expires = (uint64_t) (ngx_time() + mcf->token_lifetime);

    if (room->end != 0) {
        token->expires = ngx_min(token->expires, room->end);
    }

    return ngx_http_meet_token_make(text, token, mcf->key);
}


static ngx_int_t
ngx_http_meet_rest_joined(ngx_http_request_t *r, ngx_http_meet_token_t *token,
    ngx_http_meet_store_room_t *room, ngx_http_meet_store_invite_t *invite)
{
    size_t len;
    json_t *value;
    u_char id[NGX_HTTP_MEET_ID_LEN], text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    do {
        if (RAND_bytes(
                (u_char *) &token->participant, sizeof(token->participant))
            != 1) {
            return ngx_http_meet_problem(r, "internal", NULL);
        }
    } while (token->participant == 0);

    len = ngx_http_meet_rest_token_make(r, token, room, invite, text);

    if (len == 0) {
        return ngx_http_meet_problem(r, "internal", NULL);
    }

    ngx_http_meet_id_encode(id, token->participant);

    ngx_http_meet_count(NGX_HTTP_MEET_JOINS);

    value = json_pack("{s:s%,s:s%,s:s,s:I}", "token", (char *) text, len,
        "participant", (char *) id, sizeof(id), "role",
        ngx_http_meet_roles[invite->role & 3], "expires",
        (json_int_t) token->expires);

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_OK, value);
}


/*
 * The store takes as long for a room or an invite that does not exist as for a
 * wrong secret.  Whether there is such a room is no secret: GET tells.
 */
static ngx_int_t
ngx_http_meet_rest_refused(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_int_t rc;
    ngx_http_meet_store_room_t room;

    ngx_http_meet_count(NGX_HTTP_MEET_WRONG_SECRETS);

    rc = ngx_http_meet_store_room_get(name, &room);

    return ngx_http_meet_problem(
        r, rc == NGX_DECLINED ? "no-room" : "wrong-secret", NULL);
}


ngx_int_t
ngx_http_meet_rest_join(ngx_http_request_t *r, ngx_str_t *name, json_t *body)
{
    size_t len;
    uint64_t number;
    ngx_int_t rc;
    ngx_str_t id;
    const u_char *display, *text;
    ngx_http_meet_token_t token;
    ngx_http_meet_fields_t f;
    ngx_http_meet_store_room_t room;
    ngx_http_meet_store_invite_t invite;
    u_char auth[NGX_HTTP_MEET_STORE_AUTH_LEN];

    ngx_memzero(&token, sizeof(ngx_http_meet_token_t));

    text = display = NULL;
    id.len = len = 0;

    ngx_http_meet_fields(&f, body);

    if (ngx_http_meet_field_string(&f, "invite", NGX_HTTP_MEET_REQUIRED,
            NGX_HTTP_MEET_ID_LEN, &text, &id.len)
        && ngx_http_meet_id_decode(&number, text, id.len) != 0)
    {
        f.bad = "invite";
    }

    (void) ngx_http_meet_field_b64u(&f, "auth", NGX_HTTP_MEET_REQUIRED, auth,
        sizeof(auth), sizeof(auth), NULL);

    if (ngx_http_meet_field_string(&f, "name", NGX_HTTP_MEET_REQUIRED,
            NGX_HTTP_MEET_BODY_MAX, &display, &len))
    {
        token.display_len =
            ngx_http_meet_display_name(token.display, display, len);

        if (token.display_len == 0 && f.bad == NULL) {
            f.bad = "name";
        }
    }

    if (ngx_http_meet_fields_end(&f) != 0) {
        ngx_explicit_memzero(auth, sizeof(auth));
        return ngx_http_meet_problem(r, "bad-request", f.bad);
    }

    id.data = (u_char *) text;

    rc = ngx_http_meet_store_invite_check(name, &id, auth, &room, &invite);

    ngx_explicit_memzero(auth, sizeof(auth));

    if (rc == NGX_OK && ngx_http_meet_rest_is_stream(&invite)) {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_meet_rest_refused(r, name);
    }

    if (rc != NGX_OK) {
        return ngx_http_meet_problem(r, "unavailable", "store");
    }

    if ((room.settings.flags & MEET_ROOM_IS_LOCKED)
        && invite.role != MEET_ROLE_OWNER)
    {
        return ngx_http_meet_problem(r, "room-locked", NULL);
    }

    return ngx_http_meet_rest_joined(r, &token, &room, &invite);
}
