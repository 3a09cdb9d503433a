/* Paths, and ICE checks as a browser would send them. */

#ifndef STUN_FIXTURE_H
#define STUN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "mw_ice.h"
#include "mw_udp_path.h"


/* 192.0.2.n:port */
static inline mw_path_t
path_of(uint8_t n, uint16_t port)
{
    mw_path_t path;

    memset(&path, 0, sizeof(path));
    path.remote.kind = MW_ADDR_UDP;
    path.remote.ip[10] = 255;
    path.remote.ip[11] = 255;
    path.remote.ip[12] = 192;
    path.remote.ip[14] = 2;
    path.remote.ip[15] = n;
    path.remote.port = port;

    return path;
}


/* one Binding request */
typedef struct {
    const char *ufrag; /* of the server */
    const char *pwd;
    bool use_candidate;
    bool controlled;
    bool no_priority;
    uint32_t priority;   /* 0: a usual one */
    uint32_t nomination; /* 0: none */
    uint16_t extra;      /* an attribute of extra_len bytes */
    uint16_t extra_len;
} check_t;


static inline void
stun_client(StunAgent *agent)
{
    static const uint16_t known[] = { STUN_ATTRIBUTE_USERNAME,
        STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_ERROR_CODE, 0 };

    stun_agent_init(agent, known, STUN_COMPATIBILITY_RFC5389,
        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
            | STUN_AGENT_USAGE_USE_FINGERPRINT);
}


/* writes the request to `out`; `agent` remembers it for the response */
static inline size_t
make_check(StunAgent *agent, const check_t *c, uint8_t *out, size_t size)
{
    size_t len;
    char user[600];
    uint8_t extra[1024];
    StunMessage msg;

    memset(extra, 0x5a, sizeof(extra));
    (void) snprintf(user, sizeof(user), "%s:them", c->ufrag);

    assert_true(stun_agent_init_request(agent, &msg, out, size, STUN_BINDING));

    if (c->use_candidate) {
        (void) stun_message_append_flag(&msg, STUN_ATTRIBUTE_USE_CANDIDATE);
    }

    if (!c->no_priority) {
        (void) stun_message_append32(&msg, STUN_ATTRIBUTE_PRIORITY,
            c->priority == 0 ? 0x6e0001ff : c->priority);
    }

    if (c->nomination != 0) {
        (void) stun_message_append32(
            &msg, STUN_ATTRIBUTE_NOMINATION, c->nomination);
    }

    if (c->extra != 0) {
        (void) stun_message_append_bytes(
            &msg, (StunAttribute) c->extra, extra, c->extra_len);
    }

    (void) stun_message_append64(&msg,
        c->controlled ? STUN_ATTRIBUTE_ICE_CONTROLLED
                      : STUN_ATTRIBUTE_ICE_CONTROLLING,
        0x1122334455667788ull);
    (void) stun_message_append_bytes(
        &msg, STUN_ATTRIBUTE_USERNAME, user, strlen(user));

    len = stun_agent_finish_message(
        agent, &msg, (const uint8_t *) c->pwd, strlen(c->pwd));
    assert_int_not_equal(0, len);

    return len;
}


#endif /* STUN_FIXTURE_H */
