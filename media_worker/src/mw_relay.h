/*
 * One room on several media workers; meet_body_relay.h says who does what and
 * what crosses.
 *
 *   mw_relay.c         links to other workers, rooms on them, dispatch
 *   mw_relay_home.c    who is placed where, what branches are told and say
 *   mw_relay_branch.c  a room whose actor lives elsewhere
 *   mw_relay_tap.c     sources that others take from here
 *   mw_relay_source.c  sources that come from others
 *
 * A branch's room is a mw_room_t with `branch` set: no events, timers of its
 * own, speaker choice or nginx; a participant's session is the link to home.
 */

#ifndef MW_RELAY_H
#define MW_RELAY_H

#include "mw_participant.h"
#include "mw_rooms.h"

typedef struct mw_relay_tap_s mw_relay_tap_t;


/* owned by the worker, which owns the link as well */
struct mw_relay_s {
    mw_relay_t *next; /* of the context */
    mw_link_t *link;
    mw_rooms_t *rooms;
    mw_leg_t *legs;
    uint32_t held;   /* participants whose connections are there */
    bool open;       /* has said that it takes more of them */
    mw_usec_t heard; /* when it last said anything */
};

/* a room on a relay: its home keeps one for each branch, a branch one */
struct mw_leg_s {
    mw_room_t *room;
    mw_relay_t *relay;
    mw_leg_t *next;       /* of the room */
    mw_leg_t *next_relay; /* of the relay */
    uint32_t members;     /* home: whose connections are there */
};


/* NULL: no memory */
mw_relay_t *mw_relay_create(mw_rooms_t *rooms, mw_link_t *link, mw_usec_t now);

/*
 * The other worker is dead or not to be trusted: rooms whose home it was end,
 * participants whose connections it had are placed anew.
 */
void mw_relay_destroy(mw_relay_t *relay, mw_usec_t now);

/* one record of it (mw_link_record_pt, `ctx` is the mw_relay_t) */
void mw_relay_record(void *ctx, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now);

/* tells all others how much is to do here; about once a second */
void mw_relay_load(mw_context_t *context);

/* so long that it is dead, where no supervisor is left to say so */
bool mw_relay_is_silent(const mw_relay_t *relay, mw_usec_t now);

/* the room ends: no branch of it stays */
void mw_relay_end(mw_room_t *room, mw_usec_t now);


/* --- mw_relay_home.c --- */

/* somebody came in; chooses where its connections are to be */
void mw_relay_place(mw_participant_t *p, mw_usec_t now);

/* all branches: who is in the room, or is otherwise than before, or left */
void mw_relay_member(mw_participant_t *p);
void mw_relay_left(mw_participant_t *p, mw_usec_t now);

/* newer settings, another epoch */
void mw_relay_settings(mw_room_t *room);

/* sound for everybody; `screens` of shared screens, then the loudest */
void mw_relay_heard(mw_room_t *room, const uint32_t *heard, unsigned n,
    unsigned screens, unsigned loudest);

/* a request for the worker that has the connections; false: it is full */
bool mw_relay_forward(mw_participant_t *p, const meet_record_t *header,
    const uint8_t *body, size_t len);

/* SLOTS and LAYERS once more, for a new session */
void mw_relay_again(mw_participant_t *p);


/* --- mw_relay_tap.c --- */

/* a source of `p` is there, or is about to end: all legs but its own hear */
void mw_relay_opened(mw_participant_t *p, unsigned kind, mw_usec_t now);
void mw_relay_closed(mw_participant_t *p, unsigned kind);


/* --- mw_relay_source.c --- */

/* NULL: not there, or published here */
mw_source_t *mw_relayed_source(const mw_participant_t *p, unsigned kind);
void mw_relayed_mute(mw_participant_t *p, uint8_t kinds, mw_usec_t now);

/* what is wanted and what is there, a few times a second */
void mw_relay_tick(mw_room_t *room, mw_usec_t now);


/* --- between the files of the relay --- */

/* MW_LINK_KEEP, except packets */
void mw_relay_send(const mw_leg_t *leg, const mw_participant_t *p,
    uint16_t type, const void *body, size_t len);

/* create: NULL: no memory; destroy: `again`: who was there is placed anew */
mw_leg_t *mw_leg_create(mw_room_t *room, mw_relay_t *relay);
void mw_leg_destroy(mw_leg_t *leg, bool again, mw_usec_t now);

/* records of a branch, and of home; `leg` NULL: it is to be opened */
void mw_relay_home(mw_leg_t *leg, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now);
void mw_relay_branch(mw_relay_t *relay, mw_leg_t *leg,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);

/* records about sources; false: of another type */
bool mw_relay_source(mw_leg_t *leg, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now);

/* all that is there is told to a new leg; nothing crosses an old one any more */
void mw_relay_sources(mw_leg_t *leg, mw_usec_t now);
void mw_relay_untap(mw_leg_t *leg);

/* WANT and KEYFRAME; layers and rates of late */
void mw_relay_wanted(mw_leg_t *leg, mw_participant_t *p, unsigned type,
    const uint8_t *body, mw_usec_t now);
void mw_relay_tick_taps(mw_participant_t *p, mw_usec_t now);

/* sources that come from elsewhere end */
void mw_relayed_close(mw_participant_t *p, unsigned kind);


#endif /* MW_RELAY_H */
