/* What moderators and owners say about others. */

#include <string.h>

#include "ngx_http_meet_message_read.h"
#include "ngx_http_meet_text.h"


typedef struct {
    const char *name;
    uint16_t verb;
    uint8_t target; /* NGX_HTTP_MEET_TARGET_... */
    uint8_t kinds;
} ngx_http_meet_verb_t;

#define NGX_HTTP_MEET_TARGET_NONE 0
#define NGX_HTTP_MEET_TARGET_ONE  1
#define NGX_HTTP_MEET_TARGET_ALL  2 /* left out: everybody in the lobby */


static const ngx_http_meet_verb_t ngx_http_meet_verbs[] = {
    { "mute", MEET_MODERATE_MUTE, NGX_HTTP_MEET_TARGET_ONE, 1 },
    { "deny", MEET_MODERATE_DENY, NGX_HTTP_MEET_TARGET_ONE, 1 },
    { "allow", MEET_MODERATE_ALLOW, NGX_HTTP_MEET_TARGET_ONE, 1 },
    { "remove", MEET_MODERATE_REMOVE, NGX_HTTP_MEET_TARGET_ONE, 0 },
    { "admit", MEET_MODERATE_ADMIT, NGX_HTTP_MEET_TARGET_ALL, 0 },
    { "reject", MEET_MODERATE_REJECT, NGX_HTTP_MEET_TARGET_ALL, 0 },
    { "end", MEET_MODERATE_END, NGX_HTTP_MEET_TARGET_NONE, 0 },
    { NULL, 0, 0, 0 },
};


/* 0 means everybody in a record, so no client may name it */
static void
ngx_http_meet_message_target(
    ngx_http_meet_fields_t *f, int required, uint64_t *id)
{
    size_t len;
    const unsigned char *p;

    if (ngx_http_meet_field_string(
            f, "target", required, NGX_HTTP_MEET_ID_LEN, &p, &len)
        && (ngx_http_meet_id_decode(id, p, len) != 0 || *id == 0))
    {
        ngx_http_meet_message_bad(f, "target");
    }
}


void
ngx_http_meet_message_moderate(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    size_t len;
    json_t *array;
    meet_moderate_t *moderate;
    const unsigned char *p;
    const ngx_http_meet_verb_t *verb;

    moderate = &m->u.moderate;
    memset(moderate, 0, sizeof(*moderate));

    if (!ngx_http_meet_field_string(
            f, "verb", NGX_HTTP_MEET_REQUIRED, 16, &p, &len))
    {
        return;
    }

    for (verb = ngx_http_meet_verbs; verb->name != NULL; verb++) {
        if (ngx_http_meet_message_is(p, len, verb->name)) {
            break;
        }
    }

    if (verb->name == NULL) {
        ngx_http_meet_message_bad(f, "verb");
        return;
    }

    moderate->verb = verb->verb;

    if (verb->target != NGX_HTTP_MEET_TARGET_NONE) {
        ngx_http_meet_message_target(f,
            verb->target == NGX_HTTP_MEET_TARGET_ONE ? NGX_HTTP_MEET_REQUIRED
                                                     : NGX_HTTP_MEET_OPTIONAL,
            &moderate->target);
    }

    if (verb->kinds
        && ngx_http_meet_field_array(
            f, "kinds", NGX_HTTP_MEET_REQUIRED, 16, &array))
    {
        moderate->kinds = ngx_http_meet_message_mask(f, "kinds", array);

        if (moderate->kinds == 0) {
            ngx_http_meet_message_bad(f, "kinds");
        }
    }
}


/* everything but owner, which only an invite makes */
void
ngx_http_meet_message_appoint(
    ngx_http_meet_message_t *m, ngx_http_meet_fields_t *f)
{
    size_t len;
    meet_moderate_t *moderate;
    const unsigned char *p;

    moderate = &m->u.moderate;
    memset(moderate, 0, sizeof(*moderate));
    moderate->verb = MEET_MODERATE_APPOINT;

    ngx_http_meet_message_target(f, NGX_HTTP_MEET_REQUIRED, &moderate->target);

    if (!ngx_http_meet_field_string(
            f, "role", NGX_HTTP_MEET_REQUIRED, 16, &p, &len))
    {
        return;
    }

    if (ngx_http_meet_message_is(p, len, "moderator")) {
        moderate->role = MEET_ROLE_MODERATOR;

    } else if (ngx_http_meet_message_is(p, len, "participant")) {
        moderate->role = MEET_ROLE_PARTICIPANT;

    } else if (ngx_http_meet_message_is(p, len, "viewer")) {
        moderate->role = MEET_ROLE_VIEWER;

    } else {
        ngx_http_meet_message_bad(f, "role");
    }
}
