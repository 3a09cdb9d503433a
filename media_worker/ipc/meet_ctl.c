/* Messages on control.sock: sizes and the check of what arrives. */

#include <string.h>

#include "meet_ctl.h"


size_t
meet_ctl_length(unsigned type)
{
    switch (type) {

    case MEET_CTL_CHALLENGE:
        return sizeof(meet_ctl_challenge_t);

    case MEET_CTL_HELLO:
        return sizeof(meet_ctl_hello_t);

    case MEET_CTL_WELCOME:
        return sizeof(meet_ctl_welcome_t);

    case MEET_CTL_CONFIGURE:
        return sizeof(meet_ctl_configure_t);

    case MEET_CTL_CONFIGURED:
        return sizeof(meet_ctl_configured_t);

    case MEET_CTL_WORKER:
        return sizeof(meet_ctl_worker_t);

    case MEET_CTL_GONE:
        return sizeof(meet_ctl_gone_t);

    case MEET_CTL_ERROR:
        return sizeof(meet_ctl_error_t);
    }

    return 0;
}


void
meet_ctl_header(meet_ctl_header_t *header, unsigned type)
{
    memset(header, 0, sizeof(*header));

    header->magic = MEET_IPC_MAGIC;
    header->major = MEET_IPC_MAJOR;
    header->minor = MEET_IPC_MINOR;
    header->type = (uint16_t) type;
    header->length = (uint32_t) meet_ctl_length(type);
}


uint32_t
meet_ctl_check(const void *buf, size_t len)
{
    size_t expected;
    meet_ctl_header_t header;
    meet_ctl_configure_t conf;

    if (len < sizeof(header)) {
        return MEET_E_BAD_RECORD;
    }

    memcpy(&header, buf, sizeof(header));

    if (header.magic != MEET_IPC_MAGIC || header.length != len) {
        return MEET_E_BAD_RECORD;
    }

    /* one minor back is served, one minor ahead serves us */

    if (header.major != MEET_IPC_MAJOR || header.minor + 1 < MEET_IPC_MINOR
        || header.minor > MEET_IPC_MINOR + 1)
    {
        return MEET_E_VERSION;
    }

    expected = meet_ctl_length(header.type);

    if (expected == 0 || expected != len) {
        return MEET_E_BAD_RECORD;
    }

    if (header.type == MEET_CTL_CONFIGURE) {
        memcpy(&conf, buf, sizeof(conf));

        if (conf.workers > MEET_WORKERS_MAX || conf.port_first == 0
            || conf.port_first > conf.port_last
            || conf.listens > MEET_ADDRESSES_MAX
            || conf.advertises > MEET_ADDRESSES_MAX)
        {
            return MEET_E_BAD_RECORD;
        }
    }

    return MEET_OK;
}
