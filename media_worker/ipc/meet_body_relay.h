/*
 * Bodies between media workers: one room on several of them.
 *
 * The home worker of a room owns the actor: roster, roles, lock, order of
 * events, speaker choice, and all links to nginx.  A branch worker holds media
 * connections of some participants and does what they are told there: it
 * answers their offers, fills their slots and publishes their sources.  Home
 * passes OFFER and VIEW on as they came, and ANSWER, SLOTS and LAYERS back.
 *
 *   home -> branch   ROOM, CLOSE, MEMBER, LEFT, HEARD, offers, views
 *   branch -> home   STATE, answers, slots, layers
 *   either way       SOURCE, PACKET, REPORT from the side that a source comes
 *                    from; WANT, KEYFRAME back to it; LOAD
 *
 * A star: branches speak to home only, which passes on what comes from another
 * one.  A source's packets cross once for each worker and layer wanted there,
 * decrypted and as they were published, so that they meet the same code again.
 * Packets are shed when a ring is full, everything else is kept; a link that
 * cannot keep it ends, like one whose other side has died: branches lose the
 * room, and home welcomes those whose connections are gone once more.  A worker
 * that drains keeps its branches until home gives them up, which it does when
 * the last participant there has left; nobody new is placed there.
 *
 * Nothing here needs shared memory: over a connection that keeps the order the
 * same records would join workers of two machines.
 */

#ifndef MEET_BODY_RELAY_H
#define MEET_BODY_RELAY_H

#include "meet_record.h"

#define MEET_RELAY_LAYERS   3
#define MEET_RELAY_TEMPORAL 4
#define MEET_RELAY_EARS     32
#define MEET_RELAY_PAYLOAD  1500


/* LOAD: at first, and about once a second */
#define MEET_RELAY_DRAINING 0x01u /* nobody new is to be placed there */

typedef struct {
    uint32_t participants; /* whose connections are there */
    uint32_t flags;        /* MEET_RELAY_... */
} meet_relay_load_t;

_Static_assert(sizeof(meet_relay_load_t) == 8, "relay load");


/* MEMBER, with header.participant: who is in the room, newest value */
#define MEET_RELAY_HERE  0x01u /* the connections are the branch's */
#define MEET_RELAY_AGAIN 0x02u /* SLOTS and LAYERS are to be sent again */

typedef struct {
    uint32_t number;
    uint8_t role;
    uint8_t muted;  /* bit per MEET_KIND_... */
    uint8_t denied; /* likewise */
    uint8_t flags;  /* MEET_RELAY_... */
} meet_relay_member_t;

_Static_assert(sizeof(meet_relay_member_t) == 8, "relay member");


/* HEARD: sound for everybody, the most important first */
typedef struct {
    uint32_t entries; /* <= MEET_RELAY_EARS, of uint32_t sources */
    uint32_t loudest; /* of them: after `screens`, so many microphones */
    uint32_t screens;
    uint32_t reserved;
} meet_relay_heard_t;

_Static_assert(sizeof(meet_relay_heard_t) == 16, "relay heard");


/* STATE, with header.participant: the connections of somebody at a branch */
typedef struct {
    uint8_t publish; /* that connection is there */
    uint8_t subscribe;
    uint8_t up; /* MEET_GRADE_... */
    uint8_t down;
    uint32_t consent_ms; /* since the last consent; ~0: none yet */
} meet_relay_state_t;

_Static_assert(sizeof(meet_relay_state_t) == 8, "relay state");


/* SOURCE: it is there, or its layers are others; no layers: it is gone */
#define MEET_RELAY_ALIVE    0x01u /* is being sent */
#define MEET_RELAY_POSSIBLE 0x02u /* would be sent if somebody wanted it */

typedef struct {
    uint16_t width;
    uint16_t height;
    uint8_t flags; /* MEET_RELAY_... */
    uint8_t temporal;
    uint8_t reserved[2];
    uint32_t upto[MEET_RELAY_TEMPORAL]; /* bit/s */
} meet_relay_layer_t;

_Static_assert(sizeof(meet_relay_layer_t) == 24, "relay layer");

typedef struct {
    uint32_t source;
    uint8_t layers; /* <= MEET_RELAY_LAYERS */
    uint8_t reserved[3];
    meet_relay_layer_t layer[MEET_RELAY_LAYERS];
} meet_relay_source_t;

_Static_assert(sizeof(meet_relay_source_t) == 80, "relay source");


/* PACKET: RTP without its header; extensions, then the payload, follow */
#define MEET_RELAY_MARKER 0x01u
#define MEET_RELAY_MENDED 0x02u /* by RTX or redundancy, not as sent first */
#define MEET_RELAY_QUIET  0x04u /* keeps its number and is not to be heard */

typedef struct {
    uint32_t source;
    uint32_t ssrc; /* as published: another one is another numbering */
    uint32_t ts;
    uint16_t seq;
    uint16_t payload; /* bytes, <= MEET_RELAY_PAYLOAD */
    uint8_t layer;
    uint8_t codec; /* mw_codec_t: both sides are one binary */
    uint8_t flags; /* MEET_RELAY_... */
    uint8_t level; /* bytes of extensions, each 0: not there */
    uint8_t orientation;
    uint8_t capture_time;
    uint8_t dependency;
    uint8_t reserved;
} meet_relay_packet_t;

_Static_assert(sizeof(meet_relay_packet_t) == 24, "relay packet");


/* REPORT: a sender report of the publisher (RFC 3550 section 6.4.1) */
typedef struct {
    uint64_t ntp;
    uint32_t source;
    uint32_t ts;
    uint8_t layer;
    uint8_t reserved[7];
} meet_relay_report_t;

_Static_assert(sizeof(meet_relay_report_t) == 24, "relay report");


/* WANT: bit per layer, newest value; KEYFRAME: of `layers` each */
typedef struct {
    uint32_t source;
    uint8_t layers; /* that are to cross */
    uint8_t needed; /* that the publisher is to send */
    uint8_t reserved[2];
} meet_relay_want_t;

_Static_assert(sizeof(meet_relay_want_t) == 8, "relay want");


#endif /* MEET_BODY_RELAY_H */
