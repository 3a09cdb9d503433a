/*
 * The only file that includes libnice's STUN codec.
 */

#include "mw_ice.h"

#include <stun/stunagent.h>
#include <stun/usages/ice.h>
#include <sys/random.h>


#define MW_STUN_HEADER  20
#define MW_STUN_COOKIE  0x2112a442u
#define MW_STUN_REQUEST 0x0001 /* class request, method Binding */


/* what a Binding request may demand to be understood (RFC 8445 section 7.1) */
static const uint16_t mw_ice_known[] = { STUN_ATTRIBUTE_USERNAME,
    STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_PRIORITY,
    STUN_ATTRIBUTE_USE_CANDIDATE, 0 };


/* handed through libnice to the check of USERNAME */
typedef struct {
    mw_ice_t *ice;
    bool named; /* USERNAME is ours */
    bool old;   /* and of the credentials before the restart */
} mw_ice_claim_t;


const uint8_t *
mw_ice_peek_ufrag(const uint8_t *data, size_t len, size_t *ufrag_len)
{
    size_t pos, size;
    const uint8_t *colon;

    if (len < MW_STUN_HEADER || (data[0] & 0xc0) != 0
        || mw_get32(data + 4) != MW_STUN_COOKIE
        || (size_t) mw_get16(data + 2) + MW_STUN_HEADER != len)
    {
        return NULL;
    }

    for (pos = MW_STUN_HEADER; len - pos >= 4; pos += 4 + size) {
        size = mw_get16(data + pos + 2);

        if (size > len - pos - 4) {
            return NULL;
        }

        if (mw_get16(data + pos) == STUN_ATTRIBUTE_USERNAME) {
            colon = memchr(data + pos + 4, ':', size);
            if (colon == NULL) {
                return NULL;
            }

            *ufrag_len = (size_t) (colon - (data + pos + 4));
            return data + pos + 4;
        }

        size = (size + 3) & ~(size_t) 3;

        if (size > len - pos - 4) {
            return NULL;
        }
    }

    return NULL;
}


static mw_rc_t
mw_ice_random(char *out, size_t len)
{
    size_t i;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    if (getrandom(out, len, 0) != (ssize_t) len) {
        return MW_ERROR;
    }

    for (i = 0; i < len; i++) {
        out[i] = alphabet[(uint8_t) out[i] & 63];
    }

    out[len] = '\0';

    return MW_OK;
}


mw_rc_t
mw_ice_make_creds(mw_ice_creds_t *creds)
{
    mw_ice_creds_t made;

    memset(&made, 0, sizeof(made));

    if (mw_ice_random(made.ufrag, MW_UFRAG_LEN) != MW_OK
        || mw_ice_random(made.pwd, MW_ICE_PWD_LEN) != MW_OK)
    {
        return MW_ERROR;
    }

    *creds = made;

    return MW_OK;
}


mw_rc_t
mw_ice_init(mw_ice_t *ice, const mw_ice_creds_t *remote)
{
    memset(ice, 0, sizeof(mw_ice_t));

    ice->remote = *remote;
    ice->selected = -1;

    return mw_ice_make_creds(&ice->local);
}


mw_rc_t
mw_ice_restart(mw_ice_t *ice, const mw_ice_creds_t *remote)
{
    mw_ice_creds_t made;

    if (strcmp(ice->remote.ufrag, remote->ufrag) == 0
        && strcmp(ice->remote.pwd, remote->pwd) == 0)
    {
        return MW_DROP;
    }

    if (mw_ice_make_creds(&made) != MW_OK) {
        return MW_ERROR;
    }

    /* of two restarts in a row the browser may still use the first */

    if (ice->old.ufrag[0] == '\0') {
        ice->old = ice->local;
    }

    ice->local = made;
    ice->remote = *remote;

    return MW_OK;
}


static bool
mw_ice_is_user(const mw_ice_creds_t *creds, const uint8_t *username, size_t len)
{
    size_t n;

    n = strlen(creds->ufrag);

    return n != 0 && len > n && username[n] == ':'
           && memcmp(username, creds->ufrag, n) == 0;
}


/* gives libnice the key for the USERNAME it found */
static bool
mw_ice_validate(StunAgent *agent, StunMessage *msg, uint8_t *username,
    uint16_t len, uint8_t **password, size_t *password_len, void *data)
{
    mw_ice_creds_t *creds;
    mw_ice_claim_t *claim;

    (void) agent;
    (void) msg;

    claim = data;

    if (username == NULL) {
        return false;
    }

    if (mw_ice_is_user(&claim->ice->local, username, len)) {
        creds = &claim->ice->local;

    } else if (mw_ice_is_user(&claim->ice->old, username, len)) {
        creds = &claim->ice->old;
        claim->old = true;

    } else {
        return false;
    }

    claim->named = true;
    *password = (uint8_t *) creds->pwd;
    *password_len = strlen(creds->pwd);

    return true;
}


/* gates a datagram passes before it may change anything */
static mw_rc_t
mw_ice_authenticate(mw_ice_t *ice, StunAgent *agent, StunMessage *msg,
    mw_ice_claim_t *claim, const uint8_t *data, size_t len)
{
    if (len < MW_STUN_HEADER || mw_get32(data + 4) != MW_STUN_COOKIE) {
        ice->stats.drop_malformed++;
        return MW_DROP;
    }

    if (mw_get16(data) != MW_STUN_REQUEST) {
        ice->stats.drop_class++;
        return MW_DROP;
    }

    switch (stun_agent_validate(agent, msg, data, len, mw_ice_validate, claim))
    {

    case STUN_VALIDATION_SUCCESS:
        break;

    case STUN_VALIDATION_NOT_STUN:
    case STUN_VALIDATION_INCOMPLETE_STUN:
        ice->stats.drop_malformed++;
        return MW_DROP;

    case STUN_VALIDATION_BAD_REQUEST:
        ice->stats.drop_fingerprint++;
        return MW_DROP;

    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
    case STUN_VALIDATION_UNKNOWN_ATTRIBUTE:
        ice->stats.drop_unknown++;
        return MW_DROP;

    case STUN_VALIDATION_UNAUTHORIZED:
        if (!claim->named) {
            ice->stats.drop_username++;
            return MW_DROP;
        }

        /* fall through */

    default:
        ice->stats.drop_integrity++;
        return MW_DROP;
    }

    /* without it libnice has no key and has checked nothing */

    if (!claim->named) {
        ice->stats.drop_username++;
        return MW_DROP;
    }

    if (!stun_message_has_attribute(msg, STUN_ATTRIBUTE_PRIORITY)) {
        ice->stats.drop_priority++;
        return MW_DROP;
    }

    return MW_OK;
}


static socklen_t
mw_ice_sockaddr(struct sockaddr_storage *out, const mw_addr_t *addr)
{
    struct sockaddr_in *sin;
    struct sockaddr_in6 *sin6;

    memset(out, 0, sizeof(*out));

    if (mw_addr_is_ipv4(addr)) {
        sin = (struct sockaddr_in *) out;
        sin->sin_family = AF_INET;
        sin->sin_port = htons(addr->port);
        memcpy(&sin->sin_addr, addr->ip + 12, 4);
        return sizeof(*sin);
    }

    sin6 = (struct sockaddr_in6 *) out;
    sin6->sin6_family = AF_INET6;
    sin6->sin6_port = htons(addr->port);
    memcpy(&sin6->sin6_addr, addr->ip, 16);

    return sizeof(*sin6);
}


/* 487: a lite agent is always controlled (RFC 8445 section 7.3.1.1) */
static mw_rc_t
mw_ice_conflict(
    StunAgent *agent, const StunMessage *req, mw_ice_result_t *result)
{
    StunMessage msg;

    if (!stun_agent_init_error(agent, &msg, result->reply,
            sizeof(result->reply), req, STUN_ERROR_ROLE_CONFLICT))
    {
        return MW_DROP;
    }

    result->reply_len = stun_agent_finish_message(agent, &msg, NULL, 0);

    if (result->reply_len == 0) {
        return MW_DROP;
    }

    result->events = MW_ICE_REPLY;

    return MW_OK;
}


static void
mw_ice_reply(StunAgent *agent, StunMessage *req, const mw_path_t *path,
    mw_ice_result_t *result)
{
    bool control;
    size_t len;
    socklen_t addrlen;
    StunMessage msg;
    struct sockaddr_storage addr;

    control = false;
    len = sizeof(result->reply);
    addrlen = mw_ice_sockaddr(&addr, &path->remote);

    if (stun_usage_ice_conncheck_create_reply(agent, req, &msg, result->reply,
            &len, &addr, addrlen, &control, 0,
            STUN_USAGE_ICE_COMPATIBILITY_RFC5245)
            == STUN_USAGE_ICE_RETURN_SUCCESS
        && len != 0)
    {
        result->reply_len = len;
        result->events |= MW_ICE_REPLY;
    }
}


mw_ice_tuple_t *
mw_ice_find(mw_ice_t *ice, const mw_path_t *path)
{
    unsigned i;

    for (i = 0; i < MW_ICE_PATHS; i++) {
        if (ice->tuples[i].used && mw_path_equal(&ice->tuples[i].path, path)) {
            return &ice->tuples[i];
        }
    }

    return NULL;
}


/* a free place, or that of the path unused for longest */
static mw_ice_tuple_t *
mw_ice_add(mw_ice_t *ice, const mw_path_t *path)
{
    unsigned i;
    mw_ice_tuple_t *tuple, *found;

    found = NULL;

    for (i = 0; i < MW_ICE_PATHS; i++) {
        tuple = &ice->tuples[i];

        if (!tuple->used) {
            found = tuple;
            break;
        }

        if ((int) i != ice->selected
            && (found == NULL || tuple->checked < found->checked))
        {
            found = tuple;
        }
    }

    if (found->used) {
        mw_udp_table_remove(&found->node);
        ice->stats.evicted++;
    }

    memset(found, 0, sizeof(mw_ice_tuple_t));
    found->used = true;
    found->path = *path;

    return found;
}


/*
 * Browsers disagree on nomination: Firefox nominates every pair towards a
 * lite peer, Chrome its current one and may change its mind later.  So the
 * first nomination of a path counts, then a higher priority or a higher
 * NOMINATION; between equals the current path stays as long as it is
 * nominated too.
 */
static bool
mw_ice_prefers(const mw_ice_t *ice, const mw_ice_tuple_t *tuple, bool nominated,
    bool first, mw_usec_t now)
{
    const mw_ice_tuple_t *current;

    if (ice->selected < 0) {
        return true;
    }

    current = &ice->tuples[ice->selected];

    if (current == tuple) {
        return false;
    }

    if (now - current->checked >= MW_ICE_STALE) {
        return true;
    }

    if (ice->pinned || !nominated) {
        return false;
    }

    if (tuple->nomination != current->nomination) {
        return tuple->nomination > current->nomination;
    }

    return first || tuple->priority > current->priority
           || now - current->nominated >= MW_ICE_STALE;
}


static void
mw_ice_checked(mw_ice_t *ice, const StunMessage *msg, const mw_path_t *path,
    mw_usec_t now, mw_ice_result_t *result)
{
    bool nominated, first;
    uint32_t nomination;
    mw_ice_tuple_t *tuple;

    ice->stats.checks++;
    ice->consent = now;
    result->events |= MW_ICE_CHECKED;

    tuple = mw_ice_find(ice, path);

    if (tuple == NULL) {
        tuple = mw_ice_add(ice, path);
        result->events |= MW_ICE_ADDED;
    }

    nominated = stun_usage_ice_conncheck_use_candidate(msg);

    if (stun_message_find32(msg, STUN_ATTRIBUTE_NOMINATION, &nomination)
        == STUN_MESSAGE_RETURN_SUCCESS)
    {
        tuple->nomination = nomination;
        nominated = true;
    }

    first = nominated && tuple->nominated == 0;

    tuple->checked = now;
    tuple->priority = stun_usage_ice_conncheck_priority(msg);

    if (nominated) {
        tuple->nominated = now;
    }

    if (mw_ice_prefers(ice, tuple, nominated, first, now)) {
        ice->selected = (int) (tuple - ice->tuples);
        result->events |= MW_ICE_SELECTED;
    }

    result->tuple = tuple;
}


mw_rc_t
mw_ice_input(mw_ice_t *ice, const mw_path_t *path, const uint8_t *data,
    size_t len, mw_usec_t now, mw_ice_result_t *result)
{
    StunAgent agent;
    StunMessage msg;
    mw_ice_claim_t claim;

    result->events = 0;
    result->tuple = NULL;
    result->reply_len = 0;

    memset(&claim, 0, sizeof(claim));
    claim.ice = ice;

    stun_agent_init(&agent, mw_ice_known, STUN_COMPATIBILITY_RFC5389,
        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
            | STUN_AGENT_USAGE_USE_FINGERPRINT);

    if (mw_ice_authenticate(ice, &agent, &msg, &claim, data, len) != MW_OK) {
        return MW_DROP;
    }

    if (stun_message_has_attribute(&msg, STUN_ATTRIBUTE_ICE_CONTROLLED)) {
        ice->stats.conflicts++;
        return mw_ice_conflict(&agent, &msg, result);
    }

    /* the reply first: it is signed with the password that may go now */

    mw_ice_reply(&agent, &msg, path, result);
    mw_ice_checked(ice, &msg, path, now, result);

    if (!claim.old && ice->old.ufrag[0] != '\0') {
        memset(&ice->old, 0, sizeof(ice->old));
        result->events |= MW_ICE_RENEWED;
    }

    return MW_OK;
}


bool
mw_ice_forget(mw_ice_t *ice, const mw_path_t *path)
{
    mw_ice_tuple_t *tuple;

    tuple = mw_ice_find(ice, path);
    if (tuple == NULL) {
        return false;
    }

    mw_udp_table_remove(&tuple->node);
    tuple->used = false;

    if (ice->selected != (int) (tuple - ice->tuples)) {
        return false;
    }

    ice->selected = -1;

    return true;
}


void
mw_ice_prove(mw_ice_t *ice, const mw_path_t *path)
{
    mw_ice_tuple_t *tuple;

    tuple = mw_ice_find(ice, path);

    if (tuple != NULL) {
        tuple->proven = true;
    }
}


bool
mw_ice_holds(mw_ice_t *ice, const mw_path_t *path, mw_usec_t now)
{
    const mw_ice_tuple_t *tuple;

    tuple = mw_ice_find(ice, path);

    return tuple != NULL && tuple->proven && now - tuple->checked < MW_ICE_HELD;
}


const mw_path_t *
mw_ice_selected(const mw_ice_t *ice)
{
    return ice->selected < 0 ? NULL : &ice->tuples[ice->selected].path;
}


void
mw_ice_pin(mw_ice_t *ice, bool pinned)
{
    ice->pinned = pinned;
}


bool
mw_ice_fresh(const mw_ice_t *ice, mw_usec_t now)
{
    return ice->consent != 0 && now - ice->consent < MW_ICE_CONSENT;
}
