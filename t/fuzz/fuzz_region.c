/*
 * A whole hostile region.  The input is what one nginx worker does to the
 * memory that it shares with a media worker: it puts proper records, writes
 * anywhere, moves the positions of both rings, or does not read.  The media
 * worker's rooms live through it, and a second nginx worker, which behaves,
 * never finds anything in its own rings but whole records.
 */

#include "mw_room_link.h"
#include "mw_rooms.h"

#include "meet_body.h"

#include "side.h"


#define FUZZ_STEPS 64
#define FUZZ_ROOM  77

static mw_usec_t now;
static mw_timers_t timers;
static mw_context_t context;
static mw_rooms_t rooms;
static side_t honest, hostile;
static meet_room_t settings;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
side_close(side_t *side)
{
    mw_rooms_link_gone(&rooms, side->link, now);
    mw_link_destroy(side->link);
}


/* a record whose body is up to the input */
static void
put_any(input_t *in)
{
    size_t len;
    uint16_t type;
    uint64_t who;

    type = (uint16_t) take(in, 1);
    who = take(in, 1) % 8;
    len = take(in, 1);

    if (len > (size_t) (in->end - in->p)) {
        len = (size_t) (in->end - in->p);
    }

    put(&hostile, type, FUZZ_ROOM, who, in->p, len);
    in->p += len;
}


/* what the worker's loop does for one link; false: it is to be cut */
static bool
turn(side_t *side)
{
    mw_rc_t rc;
    unsigned n;

    rc = MW_AGAIN;

    for (n = 0; n < 8 && rc == MW_AGAIN; n++) {
        mw_link_flush(side->link);
        mw_room_link_pump_all(side->link);
        rc = mw_link_input(side->link, body, mw_rooms_record, &rooms, now);
        mw_link_flush(side->link);
    }

    return rc != MW_ERROR;
}


static void
work(void)
{
    mw_timers_run(&timers, now);

    if (!turn(&hostile)) {
        side_close(&hostile);
        side_open(&hostile, 1, false);
    }

    if (!turn(&honest) || drain(&honest) != MEET_RING_EMPTY) {
        __builtin_trap();
    }
}


static void
step(input_t *in)
{
    switch (take(in, 1) % 10) {

    case 0:
    case 1:
        put_any(in);
        break;

    case 2:
        write_anywhere(&hostile, in);
        break;

    case 3:
        hostile.region->to_media.head =
            hostile.link->in.own + (uint64_t) (int32_t) take(in, 4);
        break;

    case 4:
        hostile.region->to_nginx.tail =
            hostile.link->out.own - (uint64_t) (int32_t) take(in, 4);
        break;

    case 5:
        join(&hostile, FUZZ_ROOM, &settings, take(in, 1) % 8, take(in, 1) % 5);
        break;

    case 6:
        (void) drain(&hostile);
        break;

    case 7:
        now += take(in, 2) * 10 * MW_MSEC;
        break;

    case 8: /* the positions as they should be, for what comes then */
        put_right(&hostile);
        break;

    case 9:
        join(&honest, FUZZ_ROOM, &settings, 100 + take(in, 1) % 4,
            MEET_ROLE_PARTICIPANT);
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

    side_defaults(&context, &timers, &settings, 8);

    if (mw_rooms_init(&rooms, &context) != MW_OK) {
        abort();
    }

    side_open(&honest, 0, false);
    side_open(&hostile, 1, false);

    join(&honest, FUZZ_ROOM, &settings, 100, MEET_ROLE_OWNER);
    join(&hostile, FUZZ_ROOM, &settings, 1, MEET_ROLE_PARTICIPANT);
    work();

    in.p = data;
    in.end = data + size;

    for (n = 0; n < FUZZ_STEPS && in.p < in.end; n++) {
        step(&in);
    }

    side_close(&honest);
    side_close(&hostile);
    mw_rooms_clear(&rooms, now);

    return 0;
}
