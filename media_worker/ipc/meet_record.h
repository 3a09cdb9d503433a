/*
 * A record: what travels through a ring.  One header for all types; the body
 * is a struct of meet_body.h, arrays and strings behind it.
 *
 * Requests of nginx name a `request` number that the reply repeats; nginx may
 * give up waiting, the media worker always answers or is gone.  Every record
 * about a room names room number, incarnation and epoch: a media worker
 * refuses older epochs and deleted incarnations (MEET_E_STALE).
 */

#ifndef MEET_RECORD_H
#define MEET_RECORD_H

#include "meet_ipc.h"


#define MEET_BODY_MAX   (MEET_OFFER_MAX + 16 * 1024)
#define MEET_RECORD_MAX (MEET_BODY_MAX + 64)

/* whom a record of the media worker is for */
#define MEET_TO_NONE    0 /* nginx itself: a reply */
#define MEET_TO_ONE     1 /* header.participant */
#define MEET_TO_ALL     2 /* every session of the room on this link */
#define MEET_TO_ALL_BUT 3 /* all but header.participant */
#define MEET_TO_LIST    4 /* `list` participant ids (u64) before the body */


typedef struct {
    uint32_t length; /* header, list and body */
    uint16_t type;
    uint16_t audience;
    uint32_t request; /* of nginx, repeated in the reply; 0: none */
    uint32_t epoch;
    uint64_t room;
    uint64_t participant; /* whose request; whom it is for or not for */
    uint8_t incarnation[MEET_INCARNATION_LEN];
    uint64_t sequence; /* of the room's events, from 1; 0: unsequenced */
    uint32_t session;  /* nginx' number of the socket that speaks */
    uint16_t list;     /* see MEET_TO_LIST; a request or reply has none */
    uint16_t status;   /* of a reply: MEET_OK or MEET_E_... */
} meet_record_t;

_Static_assert(sizeof(meet_record_t) == 64, "record header");
_Static_assert(offsetof(meet_record_t, incarnation) == 32, "record header");


/* nginx to media worker: request, body, reply */
#define MEET_ROOM_OPEN     1  /* meet_room_t -> none; idempotent */
#define MEET_ROOM_CLOSE    2  /* meet_close_t -> DONE; remembered as deleted */
#define MEET_ROOM_SETTINGS 3  /* meet_room_t -> DONE; after its commit */
#define MEET_SESSION_OPEN  4  /* meet_session_open_t + name -> WELCOME */
#define MEET_SESSION_CLOSE 5  /* - -> none; socket gone, participant stays */
#define MEET_LEAVE         6  /* - -> none; the participant ends */
#define MEET_OFFER         7  /* meet_offer_t + tracks + SDP -> ANSWER */
#define MEET_STATE         8  /* meet_state_t + name -> DONE */
#define MEET_VIEW          9  /* meet_view_t + entries -> none, SLOTS follow */
#define MEET_ANNOUNCE      10 /* meet_entry_t + bytes -> DONE */
#define MEET_TELL          11 /* meet_tell_t + bytes -> DONE */
#define MEET_MODERATE      12 /* meet_moderate_t -> DONE */

/*
 * Since minor 1: participants without a session (WHIP, WHEP).  They are known
 * by the secret they came with, so any link may speak of them.
 */
#define MEET_RESOURCE_OPEN  13 /* meet_resource_open_t + name, SDP -> RESOURCE */
#define MEET_RESOURCE_PATCH 14 /* meet_resource_patch_t + SDP -> RESOURCE */
#define MEET_RESOURCE_CLOSE 15 /* meet_resource_t -> DONE; it ends */

#define MEET_REPORT 16 /* since minor 1: meet_report_t -> none */

/* media worker to nginx: replies */
#define MEET_DONE     64 /* header.status only */
#define MEET_WELCOME  65 /* meet_welcome_t, then a SNAPSHOT or the tail */
#define MEET_ANSWER   66 /* meet_answer_t + SDP */
#define MEET_RESOURCE 67 /* meet_resource_answer_t + SDP */

/* events: sequenced, kept in the tail of the room */
#define MEET_JOINED   80 /* meet_participant_t + name */
#define MEET_LEFT     81 /* meet_left_t */
#define MEET_CHANGED  82 /* meet_participant_t + name: its new state */
#define MEET_ENTRY    83 /* meet_entry_t + bytes, as announced */
#define MEET_SETTINGS 84 /* meet_room_t */

/* latest value: unsequenced, resent whole, never lost for good */
#define MEET_SNAPSHOT 96 /* meet_snapshot_t + participants with names */
#define MEET_SLOTS    97 /* meet_slots_t + entries */
#define MEET_RIGHTS   98 /* meet_rights_t */
#define MEET_LOBBY    99 /* meet_lobby_t + waiting with names */

#define MEET_QUALITY 100 /* since minor 1: meet_quality_t + grades */
#define MEET_LAYERS  101 /* since minor 1: meet_layers_t + sets */

/* may be shed when the ring is full */
#define MEET_SPEAKERS 112 /* meet_speakers_t + entries */

#define MEET_TOLD 113 /* meet_tell_t + bytes, participant = receiver */
#define MEET_END  114 /* meet_close_t: this session or room has ended */

/* between media workers only, see meet_body_relay.h */
#define MEET_RELAY_LOAD     160 /* meet_relay_load_t */
#define MEET_RELAY_ROOM     161 /* meet_room_t: open, or newer settings */
#define MEET_RELAY_CLOSE    162 /* - */
#define MEET_RELAY_MEMBER   163 /* meet_relay_member_t */
#define MEET_RELAY_LEFT     164 /* - */
#define MEET_RELAY_HEARD    165 /* meet_relay_heard_t + sources */
#define MEET_RELAY_STATE    166 /* meet_relay_state_t */
#define MEET_RELAY_SOURCE   167 /* meet_relay_source_t */
#define MEET_RELAY_PACKET   168 /* meet_relay_packet_t + bytes; may be shed */
#define MEET_RELAY_REPORT   169 /* meet_relay_report_t */
#define MEET_RELAY_WANT     170 /* meet_relay_want_t */
#define MEET_RELAY_KEYFRAME 171 /* meet_relay_want_t */


/*
 * MEET_OK when type, audience, list and the `len` bytes behind the header (the
 * list included) fit each other to the last byte; MEET_E_VERSION for a type
 * that we do not know, which the receiver skips and counts; otherwise
 * MEET_E_BAD_RECORD.  Pure, fuzzed.
 */
uint32_t meet_record_check(
    const meet_record_t *header, const uint8_t *body, size_t len);

/* the contract in which a type first appeared: a peer before it never gets one */
unsigned meet_record_minor(unsigned type);

/* "session-open" and so on; "unknown" for others */
const char *meet_record_name(unsigned type);

/* "auto", "vp8" and so on of MEET_CODEC_...; "auto" for others */
const char *meet_codec_name(unsigned codec);

/* "room-full" and so on, as clients see it; "unknown" for others */
const char *meet_status_name(unsigned status);


#endif /* MEET_RECORD_H */
