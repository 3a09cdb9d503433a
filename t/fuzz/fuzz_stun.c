/*
 * A datagram as the demultiplexer and the ICE side see it: as it is, and as
 * the attributes of checks that are signed, the way a participant could send
 * them: {path, length, attributes} after each other to one ICE side.
 */

#include <stun/stunagent.h>

#include "mw_ice.h"

#define UFRAG "evtj"
#define PWD   "VOkJxbRl1RmTxUk/WvJxBt" /* of RFC 5769, as the corpus */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static mw_ice_t ice;


static void
give(uint8_t from, const uint8_t *data, size_t size, mw_usec_t now)
{
    mw_path_t path;
    mw_ice_result_t result;

    memset(&path, 0, sizeof(path));
    path.remote.kind = MW_ADDR_UDP;
    path.remote.port = from;

    (void) mw_ice_input(&ice, &path, data, size, now, &result);
}


/* attributes of one check: type, length, bytes */
static size_t
sign(uint8_t *out, size_t room, const uint8_t *data, size_t size)
{
    size_t len;
    StunAgent agent;
    StunMessage msg;
    static const uint16_t known[] = { 0 };

    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS
            | STUN_AGENT_USAGE_USE_FINGERPRINT);

    if (!stun_agent_init_request(&agent, &msg, out, room, STUN_BINDING)) {
        return 0;
    }

    (void) stun_message_append_bytes(&msg, STUN_ATTRIBUTE_USERNAME,
        UFRAG ":them", sizeof(UFRAG ":them") - 1);

    while (size >= 3) {
        len = data[2] < size - 3 ? data[2] : size - 3;
        (void) stun_message_append_bytes(
            &msg, (StunAttribute) mw_get16(data), data + 3, len);
        data += 3 + len;
        size -= 3 + len;
    }

    return stun_agent_finish_message(
        &agent, &msg, (const uint8_t *) PWD, sizeof(PWD) - 1);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    mw_usec_t now;
    uint8_t out[1400];
    static const mw_ice_creds_t remote = { "them", "passwordofthebrowser22" };

    (void) mw_ice_peek_ufrag(data, size, &len);

    memset(&ice, 0, sizeof(ice));
    ice.selected = -1;
    ice.remote = remote;
    memcpy(ice.local.ufrag, UFRAG, sizeof(UFRAG));
    memcpy(ice.local.pwd, PWD, sizeof(PWD));

    now = MW_SEC;
    give(0, data, size, now);

    while (size >= 2) {
        len = data[1] < size - 2 ? data[1] : size - 2;
        now += (data[0] >> 4) * MW_SEC;
        give(data[0] & 15, out, sign(out, sizeof(out), data + 2, len), now);
        data += 2 + len;
        size -= 2 + len;
    }

    return 0;
}
