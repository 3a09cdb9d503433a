/*
 * Bodies that a media worker sends and nginx reads; see meet_body.h for how a
 * body is laid out.
 */

#ifndef MEET_BODY_EVENT_H
#define MEET_BODY_EVENT_H

#include "meet_record.h"


/*
 * status in the header; on MEET_OK SNAPSHOT (resumed = 0) or tail follows.
 * MEET_E_WAITING: in the lobby, another WELCOME follows when admitted.  Another
 * one also comes to a live session whose media connections are gone.
 */
typedef struct {
    uint64_t sequence; /* of the newest event */
    uint32_t number;   /* of the participant; see MEET_SOURCE() */
    uint32_t rights;
    uint8_t role;
    uint8_t resumed;
    uint8_t publish; /* that connection is up */
    uint8_t subscribe;
    uint32_t reserved;
} meet_welcome_t;

_Static_assert(sizeof(meet_welcome_t) == 24, "welcome");


/* status in the header; with MEET_E_BAD_OFFER the text is the reason */
typedef struct {
    uint32_t revision;
    uint8_t connection;
    uint8_t reserved[3];
    uint32_t sdp_len;
} meet_answer_t;

_Static_assert(sizeof(meet_answer_t) == 12, "answer");


#define MEET_PARTICIPANT_STREAM 0x0001u /* a resource: no page behind it */

typedef struct {
    uint64_t id;
    uint64_t joined_ms; /* Unix, for people to read */
    uint32_t number;
    uint32_t rights;
    uint8_t role;
    uint8_t published; /* bit per MEET_KIND_...: sources that exist */
    uint8_t muted;     /* bit per MEET_KIND_... */
    uint8_t away;      /* no live session socket at the moment */
    uint16_t name_len;
    uint16_t flags; /* MEET_PARTICIPANT_...; since minor 1 */
} meet_participant_t;

_Static_assert(sizeof(meet_participant_t) == 32, "participant");


typedef struct {
    uint64_t id;
    uint32_t number;
    uint32_t reason; /* MEET_OK: left by itself; MEET_E_ABSENT, _REMOVED */
} meet_left_t;

_Static_assert(sizeof(meet_left_t) == 16, "left");


/*
 * Larger rooms come in several snapshots of the same sequence: `first` counts
 * the participants sent before, `total` all of them.
 */
typedef struct {
    uint64_t sequence; /* the state includes this event */
    meet_room_t room;
    uint32_t participants; /* in this record */
    uint32_t first;
    uint32_t total;
    uint32_t reserved;
} meet_snapshot_t;

_Static_assert(sizeof(meet_snapshot_t) == 56, "snapshot");


/* a half of a slot without a source is silent or black */
#define MEET_NO_SOURCE 0xffffffffu

/* why there is no picture in a slot that has a source */
#define MEET_SLOT_PLAYS       0
#define MEET_SLOT_UNSUPPORTED 1 /* this browser cannot receive its codec */
#define MEET_SLOT_PAUSED      2 /* no room for it on the way to this browser */

typedef struct {
    uint32_t audio; /* source id or MEET_NO_SOURCE */
    uint32_t video;
    uint8_t slot;
    uint8_t state; /* of the video: MEET_SLOT_... */
    uint8_t reserved[2];
} meet_slot_t;

_Static_assert(sizeof(meet_slot_t) == 12, "slot");

typedef struct {
    uint32_t entries; /* all slots of the participant */
    uint32_t reserved;
} meet_slots_t;

_Static_assert(sizeof(meet_slots_t) == 8, "slots");


/* LAYERS, to a publisher: which of a source's layers somebody needs */
typedef struct {
    uint32_t source;
    uint8_t layers; /* how many were accepted */
    uint8_t wanted; /* bit per layer, in the order of the offer */
    uint8_t reserved[2];
} meet_layer_set_t;

_Static_assert(sizeof(meet_layer_set_t) == 8, "layer set");

#define MEET_LAYER_SETS_MAX 2 /* camera and screen */

typedef struct {
    uint32_t entries; /* all sources that have layers */
    uint32_t reserved;
} meet_layers_t;

_Static_assert(sizeof(meet_layers_t) == 8, "layers");


typedef struct {
    uint32_t rights;
    uint8_t role;
    uint8_t reserved[3];
} meet_rights_t;

_Static_assert(sizeof(meet_rights_t) == 8, "rights");


/* LOBBY, to moderators: who waits */
typedef struct {
    uint64_t id;
    uint64_t since_ms; /* Unix */
    uint16_t name_len;
    uint16_t reserved[3];
} meet_waiting_t;

_Static_assert(sizeof(meet_waiting_t) == 24, "waiting");

typedef struct {
    uint32_t entries; /* <= MEET_LOBBY_MAX */
    uint32_t reserved;
} meet_lobby_t;

_Static_assert(sizeof(meet_lobby_t) == 8, "lobby");


typedef struct {
    uint32_t number;
    uint8_t level; /* 0 silent .. 127 loudest */
    uint8_t reserved[3];
} meet_speaker_t;

_Static_assert(sizeof(meet_speaker_t) == 8, "speaker");

typedef struct {
    uint32_t active; /* number of the active speaker, 0: nobody yet */
    uint32_t entries;
} meet_speakers_t;

_Static_assert(sizeof(meet_speakers_t) == 8, "speakers");


/* how well a participant's connections carry what is to pass through them */
#define MEET_GRADE_UNKNOWN 0
#define MEET_GRADE_BAD     1
#define MEET_GRADE_FAIR    2
#define MEET_GRADE_GOOD    3

#define MEET_QUALITY_MAX 8192

typedef struct {
    uint32_t number;
    uint8_t up; /* MEET_GRADE_...: what it sends arrives here */
    uint8_t down;
    uint8_t reserved[2];
} meet_grade_t;

_Static_assert(sizeof(meet_grade_t) == 8, "grade");

/* everybody of whom a grade is known */
typedef struct {
    uint32_t entries;
    uint32_t reserved;
} meet_quality_t;

_Static_assert(sizeof(meet_quality_t) == 8, "quality");


#endif /* MEET_BODY_EVENT_H */
