#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "meet_ipc.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_text.h"


#define NGX_HTTP_MEET_ROUNDS_MIN  100000
#define NGX_HTTP_MEET_ROUNDS_MAX  5000000
#define NGX_HTTP_MEET_SALT_MIN    16
#define NGX_HTTP_MEET_WRAPPED_LEN 60 /* nonce, room key, tag */
#define NGX_HTTP_MEET_KEY_ID_LEN  8

#define NGX_HTTP_MEET_KDF_NAME "PBKDF2-SHA-256"


/* 1 if the text is the word */
static ngx_uint_t
ngx_http_meet_rest_is(const u_char *text, size_t len, const char *word)
{
    return len == ngx_strlen(word) && ngx_memcmp(text, word, len) == 0;
}


int
ngx_http_meet_rest_key_id(
    ngx_http_meet_fields_t *f, int required, ngx_str_t *text)
{
    size_t len;
    const u_char *p;
    u_char raw[NGX_HTTP_MEET_KEY_ID_LEN];

    ngx_str_null(text);

    if (!ngx_http_meet_field_string(
            f, "key_id", required, (sizeof(raw) * 4 + 2) / 3, &p, &len))
    {
        return 0;
    }

    if (ngx_http_meet_b64u_decode(raw, sizeof(raw), p, len) != sizeof(raw)) {
        f->bad = f->bad ? f->bad : "key_id";
        return 0;
    }

    text->data = (u_char *) p;
    text->len = len;

    return 1;
}


static const char *
ngx_http_meet_rest_kdf(json_t *object, ngx_http_meet_store_invite_t *invite)
{
    size_t len;
    uint64_t rounds;
    const u_char *name;
    ngx_http_meet_fields_t f;

    rounds = 0;

    ngx_http_meet_fields(&f, object);

    if (ngx_http_meet_field_string(
            &f, "name", NGX_HTTP_MEET_REQUIRED, 64, &name, &len)
        && !ngx_http_meet_rest_is(name, len, NGX_HTTP_MEET_KDF_NAME))
    {
        return "invites.kdf.name";
    }

    (void) ngx_http_meet_field_integer(&f, "rounds", NGX_HTTP_MEET_REQUIRED,
        NGX_HTTP_MEET_ROUNDS_MIN, NGX_HTTP_MEET_ROUNDS_MAX, &rounds);

    len = 0;

    (void) ngx_http_meet_field_b64u(&f, "salt", NGX_HTTP_MEET_REQUIRED,
        invite->salt, NGX_HTTP_MEET_SALT_MIN, NGX_HTTP_MEET_STORE_SALT_MAX,
        &len);

    if (ngx_http_meet_fields_end(&f) != 0) {
        return "invites.kdf";
    }

    invite->kdf = NGX_HTTP_MEET_KDF_PBKDF2;
    invite->rounds = (uint32_t) rounds;
    invite->salt_len = (uint8_t) len;

    return NULL;
}


static const char *
ngx_http_meet_rest_role(
    const u_char *role, size_t len, ngx_http_meet_store_invite_t *invite)
{
    if (ngx_http_meet_rest_is(role, len, "viewer")) {
        invite->role = MEET_ROLE_VIEWER;

    } else if (ngx_http_meet_rest_is(role, len, "participant")) {
        invite->role = MEET_ROLE_PARTICIPANT;

    } else if (ngx_http_meet_rest_is(role, len, "owner")) {
        invite->role = MEET_ROLE_OWNER;

    } else {
        return "invites.role";
    }

    return NULL;
}


const char *
ngx_http_meet_rest_kind(ngx_http_meet_store_invite_t *invite)
{
    switch (invite->kind) {

    case NGX_HTTP_MEET_INVITE_OWNER:
        return "owner";

    case NGX_HTTP_MEET_INVITE_WHIP:
        return "whip";

    case NGX_HTTP_MEET_INVITE_WHEP:
        return "whep";

    default:
        return "password";
    }
}


/*
 * Stream keys open no chat, so they wrap no room key, and are never typed.
 * An encoder takes part, a player looks on.
 */
static const char *
ngx_http_meet_rest_stream(
    const u_char *kind, size_t len, ngx_http_meet_store_invite_t *invite)
{
    if (ngx_http_meet_rest_is(kind, len, "whip")
        && invite->role == MEET_ROLE_PARTICIPANT)
    {
        invite->kind = NGX_HTTP_MEET_INVITE_WHIP;

    } else if (ngx_http_meet_rest_is(kind, len, "whep")
               && invite->role == MEET_ROLE_VIEWER)
    {
        invite->kind = NGX_HTTP_MEET_INVITE_WHEP;

    } else {
        return "invites.kind";
    }

    return NULL;
}


static const char *
ngx_http_meet_rest_invite(
    json_t *object, ngx_str_t *key_id, ngx_http_meet_store_invite_t *invite)
{
    size_t len;
    json_t *kdf;
    uint64_t id;
    ngx_str_t text;
    const char *bad;
    const u_char *kind, *role;
    ngx_http_meet_fields_t f;
    size_t kind_len, role_len;
    u_char auth[NGX_HTTP_MEET_STORE_AUTH_LEN], hex[NGX_HTTP_MEET_ID_LEN];

    kdf = NULL;
    len = kind_len = role_len = 0;
    kind = role = NULL;

    ngx_http_meet_fields(&f, object);

    (void) ngx_http_meet_field_string(
        &f, "kind", NGX_HTTP_MEET_REQUIRED, 16, &kind, &kind_len);
    (void) ngx_http_meet_field_string(
        &f, "role", NGX_HTTP_MEET_REQUIRED, 16, &role, &role_len);
    (void) ngx_http_meet_field_b64u(&f, "auth", NGX_HTTP_MEET_REQUIRED, auth,
        sizeof(auth), sizeof(auth), NULL);
    (void) ngx_http_meet_field_b64u(&f, "wrapped_key", NGX_HTTP_MEET_OPTIONAL,
        invite->wrapped, NGX_HTTP_MEET_WRAPPED_LEN, NGX_HTTP_MEET_WRAPPED_LEN,
        &len);

    if (!ngx_http_meet_field_null(&f, "kdf")) {
        (void) ngx_http_meet_field_object(
            &f, "kdf", NGX_HTTP_MEET_REQUIRED, &kdf);
    }

    if (ngx_http_meet_fields_end(&f) != 0) {
        return f.bad;
    }

    bad = ngx_http_meet_rest_role(role, role_len, invite);
    if (bad != NULL) {
        return bad;
    }

    /* what people type is stretched, what is random is not */

    if (len == 0 && kdf == NULL) {
        bad = ngx_http_meet_rest_stream(kind, kind_len, invite);

    } else if (len == 0) {
        bad = "invites.wrapped_key";

    } else if (ngx_http_meet_rest_is(kind, kind_len, "password") && kdf != NULL)
    {
        invite->kind = NGX_HTTP_MEET_INVITE_PASSWORD;
        bad = ngx_http_meet_rest_kdf(kdf, invite);

    } else if (ngx_http_meet_rest_is(kind, kind_len, "owner") && kdf == NULL) {
        invite->kind = NGX_HTTP_MEET_INVITE_OWNER;

    } else {
        bad = "invites.kind";
    }

    if (bad != NULL) {
        return bad;
    }

    invite->wrapped_len = (uint8_t) len;

    SHA256(auth, sizeof(auth), invite->verifier);
    ngx_explicit_memzero(auth, sizeof(auth));

    if (RAND_bytes((u_char *) &id, sizeof(id)) != 1) {
        return "random numbers";
    }

    ngx_http_meet_id_encode(hex, id);

    text.data = hex;
    text.len = sizeof(hex);

    if (ngx_http_meet_store_set_id(&invite->id, &text) != NGX_OK
        || ngx_http_meet_store_set_id(&invite->key_id, key_id) != NGX_OK)
    {
        return "key_id";
    }

    return NULL;
}


const char *
ngx_http_meet_rest_invites(
    json_t *array, ngx_str_t *key_id, ngx_http_meet_store_op_t *op)
{
    size_t i;
    json_t *value;
    ngx_uint_t owners;
    const char *bad;

    owners = 0;

    json_array_foreach(array, i, value)
    {
        if (i == NGX_HTTP_MEET_STORE_INVITES_MAX) {
            return "invites";
        }

        bad = ngx_http_meet_rest_invite(value, key_id, &op->invites[i]);
        if (bad != NULL) {
            return bad;
        }

        owners += (op->invites[i].role == MEET_ROLE_OWNER);
    }

    op->ninvites = (uint32_t) json_array_size(array);

    return owners ? NULL : "invites";
}


/* takes the invite of that id out of the list; NULL, or what is wrong */
static const char *
ngx_http_meet_rest_revoke(json_t *value, ngx_http_meet_store_op_t *op)
{
    ngx_uint_t i;
    ngx_http_meet_store_invite_t *invite;

    for (i = 0; i < op->ninvites; i++) {
        invite = &op->invites[i];

        if (json_string_length(value) != invite->id.len
            || ngx_memcmp(
                   json_string_value(value), invite->id.data, invite->id.len)
                   != 0)
        {
            continue;
        }

        if (!ngx_http_meet_rest_is_stream(invite)) {
            return "invites_revoke";
        }

        op->ninvites--;
        ngx_memmove(invite, invite + 1,
            (op->ninvites - i) * sizeof(ngx_http_meet_store_invite_t));

        return NULL;
    }

    /* somebody else was faster */

    return NULL;
}


const char *
ngx_http_meet_rest_invites_change(ngx_http_meet_store_room_t *room, json_t *add,
    json_t *revoke, ngx_http_meet_store_op_t *op, ngx_uint_t *kept)
{
    size_t i;
    json_t *value;
    ngx_str_t key_id;
    ngx_uint_t n;
    const char *bad;
    ngx_http_meet_store_invite_t *invite;

    n = 0;

    if (ngx_http_meet_store_invites_get(room, op->invites, &n) != NGX_OK) {
        return "invites";
    }

    op->ninvites = (uint32_t) n;

    json_array_foreach(revoke, i, value)
    {
        bad = ngx_http_meet_rest_revoke(value, op);
        if (bad != NULL) {
            return bad;
        }
    }

    *kept = op->ninvites;

    key_id.data = room->key_id.data;
    key_id.len = room->key_id.len;

    json_array_foreach(add, i, value)
    {
        if (op->ninvites == NGX_HTTP_MEET_STORE_INVITES_MAX) {
            return "invites_add";
        }

        invite = &op->invites[op->ninvites++];
        ngx_memzero(invite, sizeof(ngx_http_meet_store_invite_t));

        bad = ngx_http_meet_rest_invite(value, &key_id, invite);
        if (bad != NULL) {
            return bad;
        }

        if (!ngx_http_meet_rest_is_stream(invite)) {
            return "invites_add";
        }
    }

    return NULL;
}


static json_t *
ngx_http_meet_rest_kdf_json(ngx_http_meet_store_invite_t *invite)
{
    size_t len;
    u_char salt[NGX_HTTP_MEET_STORE_SALT_MAX * 2];

    if (invite->kdf != NGX_HTTP_MEET_KDF_PBKDF2) {
        return json_null();
    }

    len = ngx_http_meet_b64u_encode(salt, invite->salt, invite->salt_len);

    return json_pack("{s:s,s:I,s:s%}", "name", NGX_HTTP_MEET_KDF_NAME, "rounds",
        (json_int_t) invite->rounds, "salt", (char *) salt, len);
}


json_t *
ngx_http_meet_rest_invites_json(ngx_http_meet_store_invite_t *invites,
    ngx_uint_t n, ngx_uint_t kdf, ngx_uint_t streams)
{
    json_t *array, *value;
    ngx_uint_t i;

    array = json_array();

    for (i = 0; array != NULL && i < n; i++) {
        if (invites[i].expires != 0
            && invites[i].expires <= (uint64_t) ngx_time()) {
            continue;
        }

        if (!streams && ngx_http_meet_rest_is_stream(&invites[i])) {
            continue;
        }

        value = json_pack("{s:s%,s:s}", "invite", (char *) invites[i].id.data,
            (size_t) invites[i].id.len, "kind",
            ngx_http_meet_rest_kind(&invites[i]));

        if (value != NULL && kdf
            && json_object_set_new(
                   value, "kdf", ngx_http_meet_rest_kdf_json(&invites[i]))
                   != 0)
        {
            json_decref(value);
            value = NULL;
        }

        if (json_array_append_new(array, value) != 0) {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}
