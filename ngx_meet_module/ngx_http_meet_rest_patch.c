#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "meet_body.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"
#include "ngx_http_meet_session.h"


/* who patches, and how many invites were there before those he adds */
typedef struct {
    ngx_http_meet_rest_caller_t caller; /* first */
    ngx_uint_t kept;
} ngx_http_meet_rest_patch_t;


/* what moderators may change; the rest is for owners */
#define NGX_HTTP_MEET_MODERATORS_SET                                           \
    (NGX_HTTP_MEET_STORE_SET_FLAGS | NGX_HTTP_MEET_STORE_SET_RIGHTS)


typedef struct {
    const char *name;
    uint32_t bit;
} ngx_http_meet_bit_name_t;

static const ngx_http_meet_bit_name_t ngx_http_meet_flags[] = {
    { "locked", MEET_ROOM_IS_LOCKED },
    { "lobby", MEET_ROOM_HAS_LOBBY },
    { "hide_cams", MEET_ROOM_HIDES_CAMS },
};

#define NGX_HTTP_MEET_FLAGS 3

/* longest name of a codec */
#define NGX_HTTP_MEET_CODEC_MAX 8

/* what a room may grant; the other rights come with a role */
static const ngx_http_meet_bit_name_t ngx_http_meet_grants[] = {
    { "mic", MEET_RIGHT_MIC },
    { "cam", MEET_RIGHT_CAM },
    { "screen", MEET_RIGHT_SCREEN },
    { "chat", MEET_RIGHT_CHAT },
    { "tell", MEET_RIGHT_TELL },
};

#define NGX_HTTP_MEET_GRANTS 5


int
ngx_http_meet_rest_rights(json_t *array, uint32_t *rights)
{
    size_t i;
    json_t *value;
    ngx_uint_t n;
    const char *name;

    *rights = 0;

    json_array_foreach(array, i, value)
    {
        name = json_string_value(value);

        for (n = 0; n < NGX_HTTP_MEET_GRANTS; n++) {
            if (name != NULL
                && ngx_strcmp(name, ngx_http_meet_grants[n].name) == 0) {
                *rights |= ngx_http_meet_grants[n].bit;
                break;
            }
        }

        if (n == NGX_HTTP_MEET_GRANTS) {
            return -1;
        }
    }

    return 0;
}


json_t *
ngx_http_meet_rest_rights_json(uint32_t rights)
{
    json_t *array;
    ngx_uint_t n;

    array = json_array();

    for (n = 0; array != NULL && n < NGX_HTTP_MEET_GRANTS; n++) {
        if ((rights & ngx_http_meet_grants[n].bit)
            && json_array_append_new(
                   array, json_string(ngx_http_meet_grants[n].name))
                   != 0)
        {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


/* NULL, or the field that is wrong */
static const char *
ngx_http_meet_rest_patch_rights(json_t *object, ngx_http_meet_store_op_t *op)
{
    json_t *array;
    ngx_http_meet_fields_t f;

    ngx_http_meet_fields(&f, object);

    if (ngx_http_meet_field_array(&f, "participant", NGX_HTTP_MEET_OPTIONAL,
            NGX_HTTP_MEET_GRANTS, &array)
        && ngx_http_meet_rest_rights(
               array, &op->room.settings.rights_participant)
               != 0)
    {
        return "rights.participant";
    }

    if (ngx_http_meet_field_array(
            &f, "viewer", NGX_HTTP_MEET_OPTIONAL, NGX_HTTP_MEET_GRANTS, &array)
        && ngx_http_meet_rest_rights(array, &op->room.settings.rights_viewer)
               != 0)
    {
        return "rights.viewer";
    }

    return ngx_http_meet_fields_end(&f) == 0 ? NULL : "rights";
}


/* NULL, or the field that is wrong */
static const char *
ngx_http_meet_rest_patch_codec(
    ngx_http_meet_fields_t *f, ngx_http_meet_store_op_t *op)
{
    size_t len;
    uint32_t codec;
    const char *name;
    const unsigned char *text;

    if (!ngx_http_meet_field_string(f, "codec", NGX_HTTP_MEET_OPTIONAL,
            NGX_HTTP_MEET_CODEC_MAX, &text, &len))
    {
        return NULL;
    }

    for (codec = 0; codec < MEET_CODECS; codec++) {
        name = meet_codec_name(codec);

        if (ngx_strlen(name) == len && ngx_memcmp(name, text, len) == 0) {
            op->set |= NGX_HTTP_MEET_STORE_SET_FLAGS;
            op->flags_mask |= MEET_ROOM_CODEC;
            op->room.settings.flags |= codec << MEET_ROOM_CODEC_SHIFT;
            return NULL;
        }
    }

    return "codec";
}


/* flags, the codec, and the rights of roles */
static const char *
ngx_http_meet_rest_patch_settings(
    ngx_http_meet_fields_t *f, ngx_http_meet_store_op_t *op)
{
    int on;
    json_t *rights;
    ngx_uint_t i;
    const char *bad;

    op->room.settings.flags = 0;

    for (i = 0; i < NGX_HTTP_MEET_FLAGS; i++) {
        if (ngx_http_meet_field_bool(
                f, ngx_http_meet_flags[i].name, NGX_HTTP_MEET_OPTIONAL, &on))
        {
            op->set |= NGX_HTTP_MEET_STORE_SET_FLAGS;
            op->flags_mask |= ngx_http_meet_flags[i].bit;
            op->room.settings.flags |= on ? ngx_http_meet_flags[i].bit : 0;
        }
    }

    bad = ngx_http_meet_rest_patch_codec(f, op);

    if (bad != NULL) {
        return bad;
    }

    if (!ngx_http_meet_field_object(
            f, "rights", NGX_HTTP_MEET_OPTIONAL, &rights)) {
        return NULL;
    }

    op->set |= NGX_HTTP_MEET_STORE_SET_RIGHTS;

    return ngx_http_meet_rest_patch_rights(rights, op);
}


/* NULL, or the field that is wrong */
static const char *
ngx_http_meet_rest_patch_read(json_t *body, ngx_http_meet_main_conf_t *mcf,
    ngx_http_meet_store_op_t *op, ngx_uint_t *kept)
{
    json_t *invites, *add, *revoke;
    uint64_t value;
    ngx_str_t key_id;
    const char *bad;
    ngx_http_meet_fields_t f;

    invites = NULL;
    ngx_str_null(&key_id);

    ngx_http_meet_fields(&f, body);

    add = revoke = NULL;

    bad = ngx_http_meet_rest_patch_settings(&f, op);

    if (bad != NULL) {
        return bad;
    }

    if (ngx_http_meet_field_null(&f, "expires")) {
        op->set |= NGX_HTTP_MEET_STORE_SET_END;
        op->room.end = 0;

    } else if (ngx_http_meet_field_integer(&f, "expires",
                   NGX_HTTP_MEET_OPTIONAL, (uint64_t) ngx_time() + 1,
                   UINT32_MAX, &value))
    {
        op->set |= NGX_HTTP_MEET_STORE_SET_END;
        op->room.end = value;
    }

    if (ngx_http_meet_field_integer(&f, "participants", NGX_HTTP_MEET_OPTIONAL,
            1, mcf->participants, &value))
    {
        op->set |= NGX_HTTP_MEET_STORE_SET_PARTICIPANTS;
        op->room.settings.participants = (uint32_t) value;
    }

    /* a new key is of no use without invites that wrap it, and vice versa */

    if (ngx_http_meet_field_array(&f, "invites", NGX_HTTP_MEET_OPTIONAL,
            NGX_HTTP_MEET_STORE_INVITES_MAX, &invites))
    {
        op->set |=
            NGX_HTTP_MEET_STORE_SET_INVITES | NGX_HTTP_MEET_STORE_SET_KEY_ID;
        op->replaced_until = (uint64_t) (ngx_time() + mcf->token_lifetime);
    }

    (void) ngx_http_meet_rest_key_id(&f, invites != NULL, &key_id);

    if (invites == NULL && key_id.data != NULL && f.bad == NULL) {
        f.bad = "invites";
    }

    /* stream keys come and go without the links that people have */

    if (ngx_http_meet_field_array(&f, "invites_add", NGX_HTTP_MEET_OPTIONAL,
            NGX_HTTP_MEET_STORE_INVITES_MAX, &add)
        | ngx_http_meet_field_array(&f, "invites_revoke",
            NGX_HTTP_MEET_OPTIONAL, NGX_HTTP_MEET_STORE_INVITES_MAX, &revoke))
    {
        op->set |= NGX_HTTP_MEET_STORE_SET_INVITES;
        op->expect = op->room.settings.version;
        op->replaced_until = (uint64_t) (ngx_time() + mcf->token_lifetime);

        if (invites != NULL && f.bad == NULL) {
            f.bad = "invites";
        }
    }

    if (ngx_http_meet_fields_end(&f) != 0) {
        return f.bad;
    }

    if (op->set == 0) {
        return "nothing to change";
    }

    if (add != NULL || revoke != NULL) {
        return ngx_http_meet_rest_invites_change(
            &op->room, add, revoke, op, kept);
    }

    if (invites == NULL) {
        return NULL;
    }

    bad = ngx_http_meet_rest_invites(invites, &key_id, op);

    if (bad == NULL
        && ngx_http_meet_store_set_id(&op->room.key_id, &key_id) != NGX_OK)
    {
        bad = "key_id";
    }

    return bad;
}


static json_t *
ngx_http_meet_rest_settings_json(ngx_http_meet_store_room_t *room,
    ngx_http_meet_store_invite_t *invites, ngx_uint_t n)
{
    json_t *expires;
    uint32_t flags;

    flags = room->settings.flags;
    expires =
        room->expires ? json_integer((json_int_t) room->expires) : json_null();

    return json_pack("{s:b,s:b,s:b,s:s,s:{s:o,s:o},s:o,s:I,s:o}", "locked",
        (flags & MEET_ROOM_IS_LOCKED) != 0, "lobby",
        (flags & MEET_ROOM_HAS_LOBBY) != 0, "hide_cams",
        (flags & MEET_ROOM_HIDES_CAMS) != 0, "codec",
        meet_codec_name(MEET_ROOM_CODEC_OF(flags)), "rights", "participant",
        ngx_http_meet_rest_rights_json(room->settings.rights_participant),
        "viewer", ngx_http_meet_rest_rights_json(room->settings.rights_viewer),
        "expires", expires, "participants",
        (json_int_t) room->settings.participants, "invites",
        ngx_http_meet_rest_invites_json(invites, n, 0, 1));
}


/*
 * A new password makes the caller's own token one of the past: he gets another,
 * from the owner's invite that he has just made.
 */
static ngx_int_t
ngx_http_meet_rest_patch_token(
    ngx_http_request_t *r, ngx_http_meet_store_op_t *op, json_t *value)
{
    size_t len;
    ngx_uint_t i;
    ngx_http_meet_rest_caller_t *caller;
    u_char text[NGX_HTTP_MEET_TOKEN_TEXT_MAX];

    caller = ngx_http_get_module_ctx(r, ngx_http_meet_module);

    for (i = 0; i < op->ninvites; i++) {
        if (op->invites[i].role == MEET_ROLE_OWNER) {
            break;
        }
    }

    if (i == op->ninvites) {
        return NGX_ERROR;
    }

    len = ngx_http_meet_rest_token_make(
        r, &caller->token, &op->room, &op->invites[i], text);

    if (len == 0
        || json_object_set_new(value, "token", json_stringn((char *) text, len))
               != 0
        || json_object_set_new(value, "token_expires",
               json_integer((json_int_t) caller->token.expires))
               != 0)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* the ids of the stream keys that this request has made */
static ngx_int_t
ngx_http_meet_rest_patch_added(
    ngx_http_request_t *r, ngx_http_meet_store_op_t *op, json_t *value)
{
    json_t *array;
    ngx_uint_t i;
    ngx_http_meet_rest_patch_t *patch;

    patch = ngx_http_get_module_ctx(r, ngx_http_meet_module);

    if (!(op->set & NGX_HTTP_MEET_STORE_SET_INVITES)
        || (op->set & NGX_HTTP_MEET_STORE_SET_KEY_ID))
    {
        return NGX_OK;
    }

    array = json_array();

    for (i = patch->kept; array != NULL && i < op->ninvites; i++) {
        if (json_array_append_new(
                array, json_stringn((char *) op->invites[i].id.data,
                           op->invites[i].id.len))
            != 0)
        {
            json_decref(array);
            return NGX_ERROR;
        }
    }

    return json_object_set_new(value, "added", array) == 0 ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_meet_rest_patched(ngx_http_request_t *r, ngx_http_meet_store_op_t *op)
{
    json_t *value;
    ngx_int_t rc;
    ngx_uint_t n;
    ngx_http_meet_session_order_t *order;
    ngx_http_meet_store_invite_t invites[NGX_HTTP_MEET_STORE_INVITES_MAX];

    if (op->status == NGX_HTTP_MEET_STORE_OK
        && ngx_http_meet_session_room_settings(&op->room, NULL, NULL, &order)
               == NGX_ERROR)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
            "a live room could not be told of its new settings");
    }

    if (r == NULL) {
        return NGX_OK;
    }

    if (op->status != NGX_HTTP_MEET_STORE_OK) {
        return ngx_http_meet_rest_store_problem(r, op);
    }

    n = 0;
    rc = ngx_http_meet_store_invites_get(&op->room, invites, &n);

    if (rc != NGX_OK) {
        return ngx_http_meet_problem(
            r, rc == NGX_DECLINED ? "no-room" : "unavailable", NULL);
    }

    value = ngx_http_meet_rest_settings_json(&op->room, invites, n);

    if (value != NULL
        && (((op->set & NGX_HTTP_MEET_STORE_SET_KEY_ID)
                && ngx_http_meet_rest_patch_token(r, op, value) != NGX_OK)
            || ngx_http_meet_rest_patch_added(r, op, value) != NGX_OK))
    {
        json_decref(value);
        value = NULL;
    }

    return ngx_http_meet_rest_send_json(r, NGX_HTTP_OK, value);
}


ngx_int_t
ngx_http_meet_rest_patch(ngx_http_request_t *r, ngx_str_t *name, json_t *body)
{
    ngx_int_t rc;
    const char *bad;
    ngx_http_meet_store_op_t *op;
    ngx_http_meet_main_conf_t *mcf;
    ngx_http_meet_rest_patch_t *patch;
    ngx_http_meet_rest_caller_t *caller;

    patch = ngx_pcalloc(r->pool, sizeof(ngx_http_meet_rest_patch_t));
    if (patch == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    caller = &patch->caller;

    if (ngx_http_meet_rest_admit(r, name, caller, &rc) != NGX_OK) {
        return rc;
    }

    bad = ngx_http_meet_rest_refuse(caller, MEET_ROLE_MODERATOR);

    if (bad != NULL) {
        return ngx_http_meet_problem(r, bad, NULL);
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    op = ngx_http_meet_store_op(NGX_HTTP_MEET_STORE_ROOM_CHANGE);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op->room = caller->room;

    bad = ngx_http_meet_rest_patch_read(body, mcf, op, &patch->kept);

    if (bad != NULL) {
        ngx_http_meet_store_discard(op);
        return ngx_http_meet_problem(r, "bad-request", bad);
    }

    if (op->set & ~NGX_HTTP_MEET_MODERATORS_SET) {
        bad = ngx_http_meet_rest_refuse(caller, MEET_ROLE_OWNER);
    }

    if (bad != NULL) {
        ngx_http_meet_store_discard(op);
        return ngx_http_meet_problem(r, bad, NULL);
    }

    ngx_http_set_ctx(r, patch, ngx_http_meet_module);

    return ngx_http_meet_rest_post(r, op, ngx_http_meet_rest_patched);
}
