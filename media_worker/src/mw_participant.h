/*
 * A participant of a room: at most one live session, at most two media
 * connections, presence, rights in force, view.
 */

#ifndef MW_PARTICIPANT_H
#define MW_PARTICIPANT_H

#include "mw_quality.h"
#include "mw_room_link.h"
#include "mw_source.h"
#include "mw_view.h"

#define MW_AWAY   (2 * MW_SEC) /* without a socket until others are told */
#define MW_CHECKS (6 * MW_SEC) /* RFC 7675 section 5.1: 4 to 6 s lie between */

typedef struct mw_publish_s mw_publish_t;
typedef struct mw_subscribe_s mw_subscribe_t;
typedef struct mw_resource_s mw_resource_t;
typedef struct mw_relayed_s mw_relayed_t;


struct mw_participant_s {
    mw_room_t *room;
    mw_participant_t *next;
    mw_participant_t *prev;
    mw_participant_t *next_id;     /* in the bucket */
    mw_participant_t *next_number; /* likewise */

    uint64_t id;
    uint64_t joined_ms;
    uint64_t first; /* event after which it came: resumes behind it only */
    uint32_t number;
    uint32_t place;
    uint32_t rights;
    uint8_t role;
    uint8_t muted;  /* bit per MEET_KIND_... */
    uint8_t denied; /* likewise: taken by a moderator */
    bool away;
    uint16_t name_len;
    uint8_t name[MEET_NAME_MAX];

    mw_room_link_t *rl; /* NULL: no live session */
    uint32_t session;
    mw_usec_t lost; /* when the last session ended */
    mw_timer_t presence;

    mw_publish_t *publish;     /* NULL: none */
    mw_subscribe_t *subscribe; /* NULL: none */
    mw_resource_t *resource;   /* NULL: it has sessions */
    bool quiet;                /* nobody has heard of it yet */

    mw_quality_t quality;

    /* mw_relay.h */
    mw_leg_t *leg;            /* where its connections are; NULL: here */
    meet_relay_state_t state; /* of those connections */
    mw_usec_t consent;        /* likewise, the last one; 0: none */
    mw_usec_t stated;         /* at a branch: when home was last told of them */
    mw_relayed_t *relayed[MW_KINDS]; /* sources that come from there */
    mw_source_clock_t clock;         /* of those */
    struct mw_relay_tap_s *taps;     /* of all its sources, to other workers */
    bool loud; /* at a branch: home says that it is to be heard */

    bool heard; /* among the loudest since views were last computed */
    bool view_dirty;
    bool slots_dirty;
    bool rights_dirty;
    bool lobby_dirty;
    bool layers_dirty;
    bool changed; /* rights, not yet told to the others */
    mw_view_t view;
    unsigned nentries;
    meet_view_entry_t entries[MEET_VIEW_MAX];
};


/* in the roster, without a session; NULL: no memory */
mw_participant_t *mw_participant_create(mw_room_t *room, uint64_t id,
    uint8_t role, uint8_t denied, const uint8_t *name, size_t name_len,
    mw_usec_t now);

/* destroys it and tells the others (MEET_LEFT with `reason`) */
void mw_participant_end(mw_participant_t *p, uint32_t reason, mw_usec_t now);

/* without telling anybody */
void mw_participant_destroy(mw_participant_t *p, mw_usec_t now);

/* the newest socket wins: an older one gets MEET_END; MW_ERROR: no memory */
mw_rc_t mw_participant_attach(
    mw_participant_t *p, mw_link_t *link, uint32_t session, mw_usec_t now);
void mw_participant_detach(mw_participant_t *p, mw_usec_t now);

/* starts the presence timer again, for when the rules have changed */
void mw_participant_watch(mw_participant_t *p, mw_usec_t now);

/* CHANGED to everybody */
void mw_participant_changed(mw_participant_t *p);

void mw_participant_set_role(mw_participant_t *p, uint8_t role, mw_usec_t now);

/* what is said of its sources; denied kinds stay muted; true: told to all */
bool mw_participant_set_muted(
    mw_participant_t *p, uint8_t muted, mw_usec_t now);

/* the kinds it may not publish whatever its role */
void mw_participant_deny(mw_participant_t *p, uint8_t kinds, mw_usec_t now);

/* recomputes rights, sends RIGHTS; true: they differ, `changed` is set */
bool mw_participant_update_rights(mw_participant_t *p, mw_usec_t now);

/* to its live session, if any; MW_DROP: none, or lost */
mw_rc_t mw_participant_send(mw_participant_t *p, mw_link_class_t class,
    uint16_t type, const void *body, size_t len);

/* SLOTS, RIGHTS, LOBBY, LAYERS if marked; what does not fit is deferred */
void mw_participant_personal(mw_participant_t *p);

/* its view against what there is: assigns slots, marks SLOTS */
void mw_participant_refresh(
    mw_participant_t *p, const uint32_t *heard, unsigned nheard, mw_usec_t now);

/* `ctx` is the participant: whether that source is there and for it */
bool mw_participant_exists(void *ctx, uint32_t source);

/* what it publishes, wherever: bit per MEET_KIND_..., and NULL: not there */
uint8_t mw_participant_kinds(const mw_participant_t *p);
mw_source_t *mw_participant_publishes(const mw_participant_t *p, unsigned kind);

/* at a branch: what home says of it */
void mw_participant_apply(
    mw_participant_t *p, const meet_relay_member_t *member, mw_usec_t now);

/* connections that there are, wherever */
bool mw_participant_has(const mw_participant_t *p, unsigned connection);

/* what is muted or not allowed is received and forwarded to nobody */
void mw_participant_silence(mw_participant_t *p, mw_usec_t now);

/* the last one of its connections; 0: none */
mw_usec_t mw_participant_consent(const mw_participant_t *p);

/* how long it was or is there at least: by its socket or by consent */
mw_usec_t mw_participant_seen(const mw_participant_t *p);


#endif /* MW_PARTICIPANT_H */
