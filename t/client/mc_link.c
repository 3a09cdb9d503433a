/* Creating a room and reading a link. */

#include <openssl/rand.h>
#include <stdio.h>

#include "mc_link.h"


#define MC_SALT 16


static json_t *
mc_link_invite(const char *kind, const char *secret, const uint8_t *salt,
    unsigned rounds, const uint8_t key[MC_KEY], const char *key_id)
{
    bool typed;
    char auth64[64], salt64[32], wrapped[96];
    uint8_t auth[MC_KEY], wrap[MC_KEY];

    typed = salt != NULL;

    if (mc_secret_derive(secret, salt, MC_SALT, rounds, auth, wrap) != 0
        || mc_secret_wrap(wrap, key, key_id, wrapped) != 0)
    {
        return NULL;
    }

    mc_b64u(auth, MC_KEY, auth64);

    if (typed) {
        mc_b64u(salt, MC_SALT, salt64);
    }

    return json_pack("{ss ss ss so ss}", "kind", kind, "role",
        typed ? "participant" : "owner", "auth", auth64, "kdf",
        typed ? json_pack("{ss sI ss}", "name", "PBKDF2-SHA-256", "rounds",
            (json_int_t) rounds, "salt", salt64)
              : json_null(),
        "wrapped_key", wrapped);
}


static void
mc_link_created(void *ctx, unsigned status, json_t *body, mw_usec_t now)
{
    const char *room;
    mc_link_t *link = ctx;

    room = json_string_value(json_object_get(body, "room"));

    if (status == 201 && room != NULL) {
        snprintf(link->url.room, sizeof(link->url.room), "%s", room);
        snprintf(link->url.secret, sizeof(link->url.secret), "%s",
            link->password[0] == '\0' ? link->owner : link->password);
    }

    link->handler(link, status, body, now);
}


int
mc_link_create(
    mc_link_t *link, const char *name, unsigned rounds, mc_link_pt handler)
{
    int rc;
    json_t *body, *invites;
    char key_id[16];
    uint8_t key[MC_KEY], id[8], salt[MC_SALT];

    RAND_bytes(key, sizeof(key));
    RAND_bytes(id, sizeof(id));
    RAND_bytes(salt, sizeof(salt));
    mc_b64u(id, sizeof(id), key_id);
    mc_secret_owner(link->owner);
    link->password[0] = '\0';
    link->handler = handler;
    invites = json_array();

    if (rounds != 0) {
        mc_secret_password(link->password);
        json_array_append_new(
            invites, mc_link_invite("password", link->password, salt, rounds,
                         key, key_id));
    }

    json_array_append_new(
        invites, mc_link_invite("owner", link->owner, NULL, 0, key, key_id));
    body = json_pack("{ss so}", "key_id", key_id, "invites", invites);

    if (body == NULL) {
        return -1;
    }

    if (name != NULL) {
        json_object_set_new(body, "name", json_string(name));
    }

    rc = mc_http_request(&link->http, link->loop, &link->url, "POST", "rooms",
        NULL, body, mc_link_created, link);
    json_decref(body);

    return rc;
}


static int
mc_link_derive(mc_link_t *link, json_t *facts)
{
    int len;
    size_t i;
    bool owner;
    json_t *invite, *kdf;
    uint8_t salt[64];
    const char *id, *kind, *text;

    owner = strncmp(link->url.secret, "o.", 2) == 0;

    json_array_foreach(json_object_get(facts, "invites"), i, invite)
    {
        id = json_string_value(json_object_get(invite, "invite"));
        kind = json_string_value(json_object_get(invite, "kind"));

        if (id == NULL || kind == NULL
            || strcmp(kind, owner ? "owner" : "password") != 0)
        {
            continue;
        }

        snprintf(link->invite, sizeof(link->invite), "%s", id);
        kdf = json_object_get(invite, "kdf");
        text = json_string_value(json_object_get(kdf, "salt"));
        len = text == NULL
                  ? 0
                  : mc_b64u_decode(text, strlen(text), salt, sizeof(salt));

        return mc_secret_derive(link->url.secret, salt,
            (size_t) (len < 0 ? 0 : len),
            (unsigned) json_integer_value(json_object_get(kdf, "rounds")),
            link->auth, link->wrap);
    }

    return -1;
}


static void
mc_link_facts(void *ctx, unsigned status, json_t *body, mw_usec_t now)
{
    mc_link_t *link = ctx;

    if (status == 200 && mc_link_derive(link, body) != 0) {
        status = 0;
    }

    link->handler(link, status, body, now);
}


int
mc_link_resolve(mc_link_t *link, mc_link_pt handler)
{
    char path[128];

    link->handler = handler;
    snprintf(path, sizeof(path), "rooms/%s", link->url.room);

    return mc_http_request(&link->http, link->loop, &link->url, "GET", path,
        NULL, NULL, mc_link_facts, link);
}
