/*
 * What shares memory with a media worker, from its side: fuzz_region.c and
 * fuzz_relay.c.
 */

#ifndef SIDE_H
#define SIDE_H

#include "mw_rooms.h"

#include "meet_body.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


typedef struct {
    mw_link_t *link;
    meet_region_t *region;
    meet_ring_t out;
    meet_ring_t in;
} side_t;

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
} input_t;


static uint8_t body[MEET_BODY_MAX];


static inline uint32_t
take(input_t *in, unsigned bytes)
{
    uint32_t value;

    for (value = 0; bytes > 0; bytes--) {
        value = value << 8 | (in->p < in->end ? *in->p++ : 0u);
    }

    return value;
}


static inline void
side_open(side_t *side, uint32_t number, bool relay)
{
    int wake;
    uint8_t *data;

    /* as it comes from the supervisor; both sides map the same pages */

    side->region = mmap(NULL, MEET_REGION_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (side->region == MAP_FAILED) {
        abort();
    }

    side->region->minor = MEET_IPC_MINOR;
    wake = open("/dev/null", O_WRONLY | O_CLOEXEC);
    side->link = relay ? mw_link_create_relay(number, side->region, wake, false)
                       : mw_link_create(number, side->region, wake);
    data = (uint8_t *) side->region + MEET_REGION_PAGE;

    meet_ring_init(
        &side->out, &side->region->to_media, data, MEET_RING_SIZE, -1);
    meet_ring_init(&side->in, &side->region->to_nginx, data + MEET_RING_SIZE,
        MEET_RING_SIZE, -1);
}


static inline meet_ring_rc_t
drain(side_t *side)
{
    size_t len;
    meet_ring_rc_t rc;
    meet_record_t header;

    do {
        rc = meet_ring_get(&side->in, &header, body, &len);
    } while (rc == MEET_RING_OK);

    return rc;
}


/* a record as it should be, in its ring */
static inline void
put(side_t *side, uint16_t type, uint32_t room, uint64_t who, const void *data,
    size_t len)
{
    meet_record_t header;

    memset(&header, 0, sizeof(header));
    header.type = type;
    header.request = 1;
    header.epoch = 5;
    header.room = room;
    header.participant = who;
    header.session = (uint32_t) who;

    (void) meet_ring_put(&side->out, &header, data, len);
}


/* somebody comes into a room that is made if need be */
static inline void
join(side_t *side, uint32_t room, const meet_room_t *settings, uint64_t who,
    uint8_t role)
{
    uint8_t data[sizeof(meet_session_open_t) + 1];
    meet_session_open_t opened;

    memset(&opened, 0, sizeof(opened));
    opened.role = role;
    opened.name_len = 1;
    memcpy(data, &opened, sizeof(opened));
    data[sizeof(opened)] = 'A';

    put(side, MEET_ROOM_OPEN, room, 0, settings, sizeof(*settings));
    put(side, MEET_SESSION_OPEN, room, who, data, sizeof(data));
}


/* into the memory that both sides see */
static inline void
write_anywhere(side_t *side, input_t *in)
{
    size_t at, len;

    at = take(in, 3) % MEET_REGION_SIZE;
    len = take(in, 1);

    if (len > (size_t) (in->end - in->p)) {
        len = (size_t) (in->end - in->p);
    }

    if (len > MEET_REGION_SIZE - at) {
        len = MEET_REGION_SIZE - at;
    }

    memcpy((uint8_t *) side->region + at, in->p, len);
    in->p += len;
}


/* the positions of what it writes are what they should be again */
static inline void
put_right(side_t *side)
{
    side->out.own = side->link->in.own;
    side->out.broken = 0;
    side->region->to_media.head = side->out.own;
}


/* rooms that so many people may be in, at their usual pace */
static inline void
side_defaults(mw_context_t *context, mw_timers_t *timers, meet_room_t *settings,
    uint32_t people)
{
    memset(settings, 0, sizeof(*settings));
    settings->version = 1;
    settings->participants = people;
    settings->rights_participant = MEET_RIGHTS_PUBLISH | MEET_RIGHT_CHAT;

    memset(context, 0, sizeof(*context));
    context->timers = timers;
    context->conf.rooms = 4;
    context->conf.participants = 2 * people;
    context->conf.absence_ms = 60000;
    context->conf.settle_ms = 3000;
    context->conf.token_s = 3600;
    context->conf.loudest = 3;
}


#endif /* SIDE_H */
