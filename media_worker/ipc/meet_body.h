/*
 * Bodies of records.  Each is the struct, then the arrays and strings that its
 * counts announce, in the order given, without padding in between; the list of
 * an audience (header.list participant ids) stands in front of the struct.
 * Read fields with memcpy: behind a list or a name they are unaligned.
 */

#ifndef MEET_BODY_H
#define MEET_BODY_H

#include "meet_record.h"


/* ROOM_OPEN, ROOM_SETTINGS, SETTINGS: what is durable; newest version wins */
#define MEET_ROOM_IS_LOCKED  0x0001u /* nobody new comes in, owners excepted */
#define MEET_ROOM_HAS_LOBBY  0x0002u /* who is new waits until admitted */
#define MEET_ROOM_HIDES_CAMS 0x0004u /* only moderators see participants' */

/* the codec that pictures are sent in where the sender can: MEET_CODEC_... */
#define MEET_ROOM_CODEC       0x0700u
#define MEET_ROOM_CODEC_SHIFT 8
#define MEET_ROOM_CODEC_OF(flags)                                              \
    (((flags) &MEET_ROOM_CODEC) >> MEET_ROOM_CODEC_SHIFT)

#define MEET_CODEC_AUTO 0 /* the sender's choice */
#define MEET_CODEC_VP8  1
#define MEET_CODEC_VP9  2
#define MEET_CODEC_AV1  3
#define MEET_CODEC_H264 4
#define MEET_CODECS     5

/*
 * Since minor 1: a connection test.  One participant, who is sent what he sends
 * himself; ends when he leaves, or by itself after MEET_ROOM_TEST_MS.  Stands in
 * no store.
 */
#define MEET_ROOM_IS_TEST 0x0008u
#define MEET_ROOM_TEST_MS 60000

typedef struct {
    uint64_t version;       /* grows with every committed change */
    uint64_t expires;       /* Unix seconds, for people to read; 0: never */
    uint32_t flags;         /* MEET_ROOM_IS_... */
    uint32_t participants;  /* most at one time */
    uint32_t rights_viewer; /* MEET_RIGHT_... of that role */
    uint32_t rights_participant;
} meet_room_t;

_Static_assert(sizeof(meet_room_t) == 32, "room");


/* ROOM_CLOSE (DELETED, EXPIRED, ENDED) and END (any reason) */
typedef struct {
    uint32_t reason; /* MEET_E_... */
    uint32_t reserved;
} meet_close_t;

_Static_assert(sizeof(meet_close_t) == 8, "close");


/* a committed entry of the room's log: opaque bytes, chat for one */
typedef struct {
    uint64_t sender;   /* participant */
    uint64_t sequence; /* of the log, within its channel */
    uint64_t time_ms;  /* Unix, of the commit */
    uint32_t number;   /* of the sender; set by the media worker */
    uint16_t channel;
    uint16_t reserved;
    uint32_t len; /* <= MEET_MESSAGE_MAX */
    uint32_t reserved2;
} meet_entry_t;

_Static_assert(sizeof(meet_entry_t) == 40, "entry");


/*
 * TELL: header.participant is the sender, `peer` the receiver, or 0: everybody
 * in the lobby (moderators only).  TOLD: swapped.
 */
typedef struct {
    uint64_t peer;
    uint32_t len; /* <= MEET_MESSAGE_MAX */
    uint32_t reserved;
} meet_tell_t;

_Static_assert(sizeof(meet_tell_t) == 16, "tell");


#include "meet_body_event.h"
#include "meet_body_relay.h"
#include "meet_body_request.h"
#include "meet_body_resource.h"


#endif /* MEET_BODY_H */
