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
#define MEET_ROOM_IS_LOCKED 0x0001u /* nobody new comes in, owners excepted */

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


/*
 * header.participant and header.session say who.  `sequence` and `epoch` are
 * the last event that this client has seen and the epoch it belongs to; zero
 * asks for a snapshot.
 */
typedef struct {
    uint64_t sequence;
    uint32_t epoch;
    uint8_t role;
    uint8_t reserved;
    uint16_t name_len; /* <= MEET_NAME_MAX */
} meet_session_open_t;

_Static_assert(sizeof(meet_session_open_t) == 16, "session open");


/* status in the header; on MEET_OK SNAPSHOT (resumed = 0) or tail follows */
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


/* one m-section of an offer: `kind` is MEET_KIND_... */
typedef struct {
    char mid[MEET_MID_MAX]; /* zero-filled */
    uint8_t kind;           /* subscribe: MIC means audio, CAM means video */
    uint8_t slot;           /* subscribe: index of the pair; publish: 0 */
    uint8_t reserved[2];
} meet_track_t;

_Static_assert(sizeof(meet_track_t) == 20, "track");


typedef struct {
    uint32_t revision;  /* rises with each offer of this connection */
    uint8_t connection; /* MEET_CONNECTION_... */
    uint8_t reserved;
    uint16_t tracks;  /* <= MEET_TRACKS_MAX */
    uint32_t sdp_len; /* <= MEET_OFFER_MAX */
} meet_offer_t;

_Static_assert(sizeof(meet_offer_t) == 12, "offer");


/* status in the header; with MEET_E_BAD_OFFER the text is the reason */
typedef struct {
    uint32_t revision;
    uint8_t connection;
    uint8_t reserved[3];
    uint32_t sdp_len;
} meet_answer_t;

_Static_assert(sizeof(meet_answer_t) == 12, "answer");


#define MEET_STATE_MUTED 0x01u /* field `muted` counts */
#define MEET_STATE_NAME  0x02u /* the name behind counts */

typedef struct {
    uint8_t fields; /* MEET_STATE_... */
    uint8_t muted;  /* bit per MEET_KIND_... */
    uint16_t name_len;
    uint32_t reserved;
} meet_state_t;

_Static_assert(sizeof(meet_state_t) == 8, "state");


/* what the page shows; sources not named are not sent (audio excepted) */
typedef struct {
    uint32_t source;  /* of kind CAM or SCREEN */
    uint16_t height;  /* pixels it is shown at */
    uint8_t priority; /* 0 first */
    uint8_t reserved;
} meet_view_entry_t;

_Static_assert(sizeof(meet_view_entry_t) == 8, "view entry");

typedef struct {
    uint32_t entries; /* <= MEET_VIEW_MAX */
    uint32_t reserved;
} meet_view_t;

_Static_assert(sizeof(meet_view_t) == 8, "view");


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


/* TELL: header.participant is the sender, `peer` the receiver; TOLD: swapped */
typedef struct {
    uint64_t peer;
    uint32_t len; /* <= MEET_MESSAGE_MAX */
    uint32_t reserved;
} meet_tell_t;

_Static_assert(sizeof(meet_tell_t) == 16, "tell");


#define MEET_MODERATE_MUTE   1 /* sources in `kinds` */
#define MEET_MODERATE_REMOVE 2
#define MEET_MODERATE_END    3 /* the call, for everybody */

typedef struct {
    uint64_t target;
    uint16_t verb;
    uint8_t kinds; /* bit per MEET_KIND_... */
    uint8_t reserved[5];
} meet_moderate_t;

_Static_assert(sizeof(meet_moderate_t) == 16, "moderate");


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
    uint16_t reserved;
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

typedef struct {
    uint32_t audio; /* source id or MEET_NO_SOURCE */
    uint32_t video;
    uint8_t slot;
    uint8_t reserved[3];
} meet_slot_t;

_Static_assert(sizeof(meet_slot_t) == 12, "slot");

typedef struct {
    uint32_t entries; /* all slots of the participant */
    uint32_t reserved;
} meet_slots_t;

_Static_assert(sizeof(meet_slots_t) == 8, "slots");


typedef struct {
    uint32_t rights;
    uint8_t role;
    uint8_t reserved[3];
} meet_rights_t;

_Static_assert(sizeof(meet_rights_t) == 8, "rights");


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


#endif /* MEET_BODY_H */
