/*
 * A hostile media worker.  It has a branch of a room that lives here and a room
 * of which a branch is here.  The input is what it says: records of every type
 * with proper lengths and any content, about people and sources that are there
 * or not; bytes written anywhere into the shared region, positions of both rings
 * moved; silence; its death.  The rooms live through it, and nginx, which
 * behaves, finds nothing but whole records.
 */

#include "mw_relay.h"
#include "mw_room_link.h"

#include "meet_body_relay.h"

#include "side.h"


#define FUZZ_STEPS  96
#define FUZZ_HOME   77 /* lives here */
#define FUZZ_BRANCH 78
#define FUZZ_PEOPLE 8

static mw_usec_t now;
static mw_timers_t timers;
static mw_context_t context;
static mw_rooms_t rooms;
static side_t nginx, hostile;
static mw_relay_t *relay;
static meet_room_t settings;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fill(input_t *in, void *to, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        ((uint8_t *) to)[i] = (uint8_t) take(in, 1);
    }
}


static uint32_t
source(input_t *in)
{
    uint32_t value;

    value = take(in, 1);

    return (value >> 2) % FUZZ_PEOPLE << 2 | (value & 3);
}


static size_t
packet(input_t *in, uint8_t *to)
{
    size_t len;
    meet_relay_packet_t p;

    fill(in, &p, sizeof(p));
    p.source = source(in);
    p.ssrc = 1 + p.layer % 2u;
    p.layer %= MEET_RELAY_LAYERS;
    p.level &= 1;
    p.orientation &= 1;
    p.capture_time = (p.capture_time & 1) ? 8 : 0;
    p.dependency %= 80;
    p.payload %= 200;

    len = (size_t) p.level + p.orientation + p.capture_time + p.dependency
          + p.payload;
    memcpy(to, &p, sizeof(p));
    fill(in, to + sizeof(p), len);

    return sizeof(p) + len;
}


static size_t
relay_body(input_t *in, uint16_t type, uint8_t *to)
{
    size_t len;
    meet_relay_heard_t heard;
    meet_relay_source_t there;
    meet_relay_want_t want;
    meet_relay_report_t report;

    switch (type) {

    case MEET_RELAY_ROOM:
        memcpy(to, &settings, sizeof(settings));
        ((meet_room_t *) (void *) to)->version = 1 + take(in, 1);
        return sizeof(settings);

    case MEET_RELAY_HEARD:
        fill(in, &heard, sizeof(heard));
        heard.entries %= MEET_RELAY_EARS + 1;
        len = heard.entries * sizeof(uint32_t);
        memcpy(to, &heard, sizeof(heard));
        fill(in, to + sizeof(heard), len);
        return sizeof(heard) + len;

    case MEET_RELAY_SOURCE:
        fill(in, &there, sizeof(there));
        there.source = source(in);
        there.layers %= MEET_RELAY_LAYERS + 1;
        memcpy(to, &there, sizeof(there));
        return sizeof(there);

    case MEET_RELAY_PACKET:
        return packet(in, to);

    case MEET_RELAY_REPORT:
        fill(in, &report, sizeof(report));
        report.source = source(in);
        memcpy(to, &report, sizeof(report));
        return sizeof(report);

    case MEET_RELAY_WANT:
    case MEET_RELAY_KEYFRAME:
        fill(in, &want, sizeof(want));
        want.source = source(in);
        memcpy(to, &want, sizeof(want));
        return sizeof(want);

    case MEET_RELAY_CLOSE:
    case MEET_RELAY_LEFT:
        return 0;

    default: /* LOAD, MEMBER and STATE are as long */
        fill(in, to, sizeof(meet_relay_member_t));
        return sizeof(meet_relay_member_t);
    }
}


static void
say(input_t *in)
{
    size_t len;
    uint16_t type;
    uint32_t room;
    uint64_t who;
    static uint8_t to[MEET_BODY_MAX];

    type = (uint16_t) (MEET_RELAY_LOAD + take(in, 1) % 12);
    room = (take(in, 1) & 1) ? FUZZ_HOME : FUZZ_BRANCH;
    who = 1 + take(in, 1) % FUZZ_PEOPLE;
    len = relay_body(in, type, to);

    put(&hostile, type, room, who, to, len);
}


/* what passes through home: answers, slots, layers, and what must not */
static void
say_other(input_t *in)
{
    size_t len;
    uint16_t type;
    uint32_t room;
    uint64_t who;

    type = (uint16_t) take(in, 1);
    room = (take(in, 1) & 1) ? FUZZ_HOME : FUZZ_BRANCH;
    who = 1 + take(in, 1) % FUZZ_PEOPLE;
    len = take(in, 1);

    if (len > (size_t) (in->end - in->p)) {
        len = (size_t) (in->end - in->p);
    }

    put(&hostile, type, room, who, in->p, len);
    in->p += len;
}


static void
hostile_open(void)
{
    meet_relay_load_t load;

    side_open(&hostile, 1, true);
    relay = mw_relay_create(&rooms, hostile.link, now);

    if (relay == NULL) {
        abort();
    }

    memset(&load, 0, sizeof(load));
    put(&hostile, MEET_RELAY_LOAD, 0, 0, &load, sizeof(load));
}


static void
hostile_close(void)
{
    mw_relay_destroy(relay, now);
    mw_link_destroy(hostile.link);
}


static void
work(void)
{
    mw_rc_t rc;
    unsigned n;

    mw_timers_run(&timers, now);
    rc = MW_AGAIN;

    for (n = 0; n < 8 && rc == MW_AGAIN; n++) {
        mw_link_flush(hostile.link);
        rc = mw_link_input(hostile.link, body, mw_relay_record, relay, now);
        mw_link_flush(hostile.link);
    }

    if (rc == MW_ERROR || hostile.link->in.broken) {
        hostile_close();
        hostile_open();
    }

    rc = MW_AGAIN;

    for (n = 0; n < 8 && rc == MW_AGAIN; n++) {
        mw_link_flush(nginx.link);
        mw_room_link_pump_all(nginx.link);
        rc = mw_link_input(nginx.link, body, mw_rooms_record, &rooms, now);
        mw_link_flush(nginx.link);
    }

    if (rc == MW_ERROR || drain(&nginx) != MEET_RING_EMPTY) {
        __builtin_trap();
    }
}


static void
step(input_t *in)
{
    switch (take(in, 1) % 15) {

    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        say(in);
        break;

    case 5:
        say_other(in);
        break;

    case 6:
        join(&nginx, FUZZ_HOME, &settings, 1 + take(in, 1) % FUZZ_PEOPLE,
            MEET_ROLE_PARTICIPANT);
        break;

    case 7:
        put(&nginx, MEET_LEAVE, FUZZ_HOME, 1 + take(in, 1) % FUZZ_PEOPLE, NULL,
            0);
        break;

    case 8:
        (void) drain(&hostile);
        break;

    case 9:
        now += take(in, 2) * MW_MSEC;
        break;

    case 10:
        hostile.region->to_media.head =
            hostile.link->in.own + (uint64_t) (int32_t) take(in, 4);
        break;

    case 11:
        hostile_close();
        hostile_open();
        break;

    case 12:
        write_anywhere(&hostile, in);
        break;

    case 13:
        hostile.region->to_nginx.tail =
            hostile.link->out.own - (uint64_t) (int32_t) take(in, 4);
        break;

    case 14: /* the positions as they should be, for what comes then */
        put_right(&hostile);
        break;
    }

    work();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned n;
    input_t in;

    now = 1000 * MW_SEC;
    mw_timers_init(&timers, now, MW_MSEC);
    side_defaults(&context, &timers, &settings, FUZZ_PEOPLE);
    context.packets = mw_pool_create(64);
    context.conf.spread = 1;

    if (context.packets == NULL || mw_rooms_init(&rooms, &context) != MW_OK) {
        abort();
    }

    side_open(&nginx, 0, false);
    hostile_open();

    join(&nginx, FUZZ_HOME, &settings, 1, MEET_ROLE_PARTICIPANT);
    join(&nginx, FUZZ_HOME, &settings, 2, MEET_ROLE_PARTICIPANT);
    join(&nginx, FUZZ_HOME, &settings, 3, MEET_ROLE_PARTICIPANT);
    put(&hostile, MEET_RELAY_ROOM, FUZZ_BRANCH, 0, &settings, sizeof(settings));
    work();

    in.p = data;
    in.end = data + size;

    for (n = 0; n < FUZZ_STEPS && in.p < in.end; n++) {
        step(&in);
    }

    hostile_close();
    mw_rooms_link_gone(&rooms, nginx.link, now);
    mw_link_destroy(nginx.link);
    mw_rooms_clear(&rooms, now);
    mw_pool_destroy(context.packets);

    return 0;
}
