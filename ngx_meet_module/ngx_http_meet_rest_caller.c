#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "meet_ipc.h"
#include "ngx_http_meet.h"
#include "ngx_http_meet_problem.h"
#include "ngx_http_meet_rest.h"


static ngx_http_meet_token_rc_t
ngx_http_meet_rest_token(ngx_http_request_t *r, ngx_http_meet_token_t *token)
{
    size_t len;
    ngx_str_t value;
    ngx_http_meet_main_conf_t *mcf;

    static u_char bearer[] = "Bearer ";

    len = sizeof(bearer) - 1;

    if (ngx_http_meet_rest_header(r, "Authorization", &value) != NGX_OK
        || value.len <= len || ngx_strncasecmp(value.data, bearer, len) != 0)
    {
        return NGX_HTTP_MEET_TOKEN_BAD;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_meet_module);

    return ngx_http_meet_token_check(token, value.data + len, value.len - len,
        mcf->key, (uint64_t) ngx_time());
}


/* NGX_OK; NGX_DECLINED: this token is nobody's here; NGX_ERROR */
static ngx_int_t
ngx_http_meet_rest_known(ngx_http_meet_rest_caller_t *caller)
{
    ngx_int_t rc;
    ngx_http_meet_store_invite_t invite;
    ngx_http_meet_store_person_t person;
    ngx_http_meet_store_invite_state_t state;

    /* a room that was made anew under an old name is another room */

    if (ngx_memcmp(caller->room.incarnation, caller->token.incarnation,
            NGX_HTTP_MEET_STORE_INCARNATION_LEN)
        != 0)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_meet_store_invite_find(
        &caller->room, caller->token.serial, &invite, &state);

    if (rc == NGX_OK) {
        rc = ngx_http_meet_store_person_get(
            &caller->room, caller->token.participant, &person);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    /* an owner can be neither kept out nor appointed, see session_person() */

    if (invite.role == MEET_ROLE_OWNER) {
        person.banned = 0;
        person.role = NGX_HTTP_MEET_STORE_ROLE_NONE;
    }

    if (person.banned != 0
        || (state != NGX_HTTP_MEET_STORE_INVITE_LIVE
            && state != NGX_HTTP_MEET_STORE_INVITE_REPLACED))
    {
        return NGX_DECLINED;
    }

    caller->live = (state == NGX_HTTP_MEET_STORE_INVITE_LIVE);

    caller->role = person.role == NGX_HTTP_MEET_STORE_ROLE_NONE ? invite.role
                                                                : person.role;

    return NGX_OK;
}


ngx_int_t
ngx_http_meet_rest_admit(ngx_http_request_t *r, ngx_str_t *name,
    ngx_http_meet_rest_caller_t *caller, ngx_int_t *rc)
{
    ngx_int_t found;
    const char *problem;

    if (ngx_http_meet_rest_token(r, &caller->token) != NGX_HTTP_MEET_TOKEN_OK
        || caller->token.name_len != name->len
        || ngx_memcmp(caller->token.name, name->data, name->len) != 0)
    {
        *rc = ngx_http_meet_problem(r, "not-authorized", NULL);
        return NGX_DECLINED;
    }

    problem = "no-room";
    found = ngx_http_meet_store_room_get(name, &caller->room);

    if (found == NGX_OK) {
        problem = "not-authorized";
        found = ngx_http_meet_rest_known(caller);
    }

    if (found == NGX_OK) {
        return NGX_OK;
    }

    *rc = ngx_http_meet_problem(
        r, found == NGX_DECLINED ? problem : "unavailable", NULL);

    return NGX_DECLINED;
}


const char *
ngx_http_meet_rest_refuse(ngx_http_meet_rest_caller_t *caller, ngx_uint_t role)
{
    if (caller->role < role) {
        return "forbidden";
    }

    if (role == MEET_ROLE_OWNER && !caller->live) {
        return "not-authorized";
    }

    return NULL;
}
