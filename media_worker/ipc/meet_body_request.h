/*
 * Bodies that nginx sends and a media worker reads; see meet_body.h for how a
 * body is laid out.
 */

#ifndef MEET_BODY_REQUEST_H
#define MEET_BODY_REQUEST_H

#include "meet_record.h"


/*
 * header.participant and header.session say who.  `sequence` and `epoch` are
 * the last event that this client has seen and the epoch it belongs to; zero
 * asks for a snapshot.  `role` is the one in force: of the invite, or appointed.
 * DENIES (minor 1) says that the store knows what was taken from it: the kinds
 * stand in the upper four bits, bit per MEET_KIND_...
 */
#define MEET_SESSION_RETURNS  0x01u /* only if that participant is there */
#define MEET_SESSION_ADMITTED 0x02u /* has passed the lobby before */
#define MEET_SESSION_DENIES   0x04u

#define MEET_SESSION_DENIED(kinds) ((uint8_t) ((kinds) << 4))
#define MEET_SESSION_KINDS(flags)  ((uint8_t) ((flags) >> 4))

typedef struct {
    uint64_t sequence;
    uint32_t epoch;
    uint8_t role;
    uint8_t flags;     /* MEET_SESSION_... */
    uint16_t name_len; /* <= MEET_NAME_MAX */
} meet_session_open_t;

_Static_assert(sizeof(meet_session_open_t) == 16, "session open");


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


/* what a client saw and heard since its last one, for counters alone */
typedef struct {
    uint32_t freezes;
    uint32_t frozen_ms;
    uint32_t video_ms; /* of which */
    uint32_t concealed_ms;
    uint32_t audio_ms;
    uint32_t reserved;
} meet_report_t;

_Static_assert(sizeof(meet_report_t) == 24, "report");


#define MEET_MODERATE_MUTE    1 /* sources in `kinds` */
#define MEET_MODERATE_REMOVE  2
#define MEET_MODERATE_END     3 /* the call, for everybody */
#define MEET_MODERATE_DENY    4 /* takes `kinds`; sent after its commit */
#define MEET_MODERATE_ALLOW   5 /* and gives them back; likewise */
#define MEET_MODERATE_ADMIT   6 /* from the lobby; target 0: everybody */
#define MEET_MODERATE_REJECT  7 /* likewise */
#define MEET_MODERATE_APPOINT 8 /* `role`; sent after its commit */

typedef struct {
    uint64_t target;
    uint16_t verb;
    uint8_t kinds; /* bit per MEET_KIND_... */
    uint8_t role;  /* MEET_ROLE_... */
    uint8_t reserved[4];
} meet_moderate_t;

_Static_assert(sizeof(meet_moderate_t) == 16, "moderate");


#endif /* MEET_BODY_REQUEST_H */
