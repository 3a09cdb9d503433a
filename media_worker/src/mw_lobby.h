/*
 * Who waits to be let in.  They are not in the roster, have no media and hear
 * of nothing but their own fate and what moderators tell them; they vanish
 * with their session.
 */

#ifndef MW_LOBBY_H
#define MW_LOBBY_H

#include "mw_participant.h"


struct mw_waiting_s {
    mw_waiting_t *next; /* who came first stands first */
    mw_room_t *room;
    mw_room_link_t *rl;
    uint32_t session;
    uint64_t id;
    uint64_t since_ms;
    uint8_t role;
    uint8_t denied;
    uint16_t name_len;
    uint8_t name[MEET_NAME_MAX];
};


/*
 * Lets somebody wait, or takes note of a newer socket of one who does already
 * (the older one gets MEET_END).  MEET_E_WAITING, MEET_E_ROOM_FULL or
 * MEET_E_BUSY (no memory).
 */
uint32_t mw_lobby_enter(mw_room_t *room, mw_link_t *link,
    const meet_record_t *header, const meet_session_open_t *open,
    const uint8_t *name, mw_usec_t now);

/* NULL: does not wait */
mw_waiting_t *mw_lobby_find(const mw_room_t *room, uint64_t id);

/* without a word; frees it */
void mw_lobby_leave(mw_waiting_t *waiting, mw_usec_t now);

/* MEET_END with `reason`; frees it */
void mw_lobby_reject(mw_waiting_t *waiting, uint32_t reason, mw_usec_t now);

/* becomes a participant with a second WELCOME; frees it */
void mw_lobby_admit(mw_waiting_t *waiting, mw_usec_t now);

void mw_lobby_admit_all(mw_room_t *room, mw_usec_t now);
void mw_lobby_reject_all(mw_room_t *room, uint32_t reason, mw_usec_t now);

/* those of a dead nginx worker vanish */
void mw_lobby_link_gone(mw_room_t *room, mw_link_t *link, mw_usec_t now);

/* a record for one of them; MW_DROP: lost */
mw_rc_t mw_lobby_send(
    const mw_waiting_t *waiting, uint16_t type, const void *body, size_t len);

/* MEET_LOBBY into `out` (see MW_LOBBY_ROOM); the length */
size_t mw_lobby_write(const mw_room_t *room, uint8_t *out);

#define MW_LOBBY_ROOM                                                          \
    (sizeof(meet_lobby_t)                                                      \
        + MEET_LOBBY_MAX * (sizeof(meet_waiting_t) + MEET_NAME_MAX))


#endif /* MW_LOBBY_H */
