/*
 * A room: one single-threaded actor, the one order of its events.
 *
 *   mw_rooms        which rooms there are, fencing
 *   mw_room         events, timers, life and end
 *   mw_room_link    events to links, snapshots
 *   mw_room_quality how well everybody's connections are
 *   mw_roster       who is in it
 *   mw_participant  one of them: session, presence, rights, views
 *   mw_session      the beginning of a session
 *   mw_lobby        who waits to be let in
 *   mw_request      what nginx asks for
 *   mw_moderate     what moderators may do
 *   mw_negotiate    offers and answers
 *   mw_resource     participants without a session (WHIP, WHEP)
 *   mw_publish      what a participant sends
 *   mw_subscribe    what a participant receives
 *   mw_relay        the room at other media workers
 *
 * Ownership is a tree: worker - room - participant - connection - source or
 * slot, each freed by the one before.
 */

#ifndef MW_ROOM_H
#define MW_ROOM_H

#include "mw_context.h"
#include "mw_event.h"
#include "mw_link.h"
#include "mw_speaker.h"

#define MW_ROOM_HASH    64
#define MW_ROOM_REMOVED 256 /* who may not come back */
#define MW_ROOM_CHANGES 16  /* CHANGED events at once, else a snapshot */
#define MW_ROOM_EMPTY   (10 * MW_SEC) /* without anybody, until the end */
#define MW_ROOM_REFRESH                                                        \
    (20 * MW_MSEC)                   /* views are computed that often at most */
#define MW_ROOM_TICK (250 * MW_MSEC) /* speakers */

typedef struct mw_room_s mw_room_t;
typedef struct mw_room_link_s mw_room_link_t;
typedef struct mw_participant_s mw_participant_t;
typedef struct mw_waiting_s mw_waiting_t;
typedef struct mw_relay_s mw_relay_t;
typedef struct mw_leg_s mw_leg_t;


typedef struct {
    uint64_t freezes;
    uint64_t frozen_ms;
    uint64_t video_ms;
    uint64_t concealed_ms;
    uint64_t audio_ms;
} mw_room_report_t;


struct mw_room_s {
    mw_context_t *context;
    mw_room_t *next; /* in the table's bucket */
    struct mw_rooms_s *rooms;

    uint64_t number;
    uint8_t incarnation[MEET_INCARNATION_LEN];
    uint32_t epoch;
    uint32_t first_epoch; /* this actor's events belong to it and later ones */
    meet_room_t settings;

    mw_events_t events;
    mw_room_link_t *links;

    mw_participant_t *head; /* by number */
    mw_participant_t *tail;
    mw_participant_t *by_id[MW_ROOM_HASH];
    mw_participant_t *by_number[MW_ROOM_HASH];
    mw_participant_t **places; /* index: of the speaker detection */
    uint32_t nplaces;
    uint32_t participants;
    uint32_t last_number;

    mw_speaker_t *speaker;
    uint32_t active; /* number of the dominant speaker, 0: nobody yet */
    bool levels;     /* the last SPEAKERS was not empty */

    uint64_t removed[MW_ROOM_REMOVED];
    unsigned nremoved;

    mw_waiting_t *waiting; /* the lobby */
    uint32_t nwaiting;
    bool lobby_changed;

    mw_usec_t quality_at; /* when to look at connections again */
    bool quality_changed; /* to be told when it is time */

    /* what ended in it; what its clients reported; its place among figures */
    meet_stats_t ended;
    mw_room_report_t report;
    uint64_t label;
    unsigned place; /* 0: none */

    mw_usec_t over; /* a test: when it ends, else MW_NEVER */

    bool branch;             /* the actor is another worker's, see mw_relay.h */
    mw_leg_t *legs;          /* to branches, or to home */
    meet_relay_heard_t ears; /* what branches are told of sound, or are told */
    uint32_t heard[MEET_RELAY_EARS];

    bool settling;
    mw_timer_t settle;
    mw_timer_t empty;
    mw_timer_t tick;
    mw_timer_t refresh; /* views */
    mw_usec_t refreshed;
};


/* NULL: no memory */
mw_room_t *mw_room_create(mw_context_t *context, const meet_record_t *header,
    const meet_room_t *settings, mw_usec_t now);

/* a connection test: see MEET_ROOM_IS_TEST */
static inline bool
mw_room_is_test(const mw_room_t *room)
{
    return room->over != MW_NEVER;
}

/* nobody is told */
void mw_room_destroy(mw_room_t *room, mw_usec_t now);

/* tells every session that the room is over */
void mw_room_say_end(mw_room_t *room, uint32_t reason);

/* newer settings: events, rights */
void mw_room_settings(
    mw_room_t *room, const meet_room_t *settings, mw_usec_t now);

/* after a participant came or went */
void mw_room_population(mw_room_t *room, mw_usec_t now);

/* until then no event goes out, then one snapshot to everybody */
void mw_room_settle(mw_room_t *room, mw_usec_t now);

/* numbers an event, keeps it and sends it as far as links have room */
void mw_room_event(mw_room_t *room, uint16_t type, uint16_t audience,
    uint64_t participant, const void *body, size_t len);

/* everybody gets a snapshot in place of the events not yet sent */
void mw_room_resync(mw_room_t *room);

/* views are computed again very soon: everybody's */
void mw_room_refresh(mw_room_t *room, mw_usec_t now);

/* how loud a microphone is just now; false: not to be heard */
bool mw_room_level(mw_participant_t *p, uint8_t level, mw_usec_t now);

/* of those marked with view_dirty only */
void mw_room_refresh_marked(mw_room_t *room, mw_usec_t now);

/* a header for a record about this room; all else zero */
void mw_room_header(
    const mw_room_t *room, meet_record_t *header, uint16_t type);


#endif /* MW_ROOM_H */
