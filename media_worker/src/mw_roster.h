/*
 * Who is in a room: look-up by id, number and place, and how participants are
 * written into records.
 */

#ifndef MW_ROSTER_H
#define MW_ROSTER_H

#include "mw_participant.h"

#define MW_ROSTER_ENTRY (sizeof(meet_participant_t) + MEET_NAME_MAX)


/* gives number and place; MW_ERROR: no place left */
mw_rc_t mw_roster_add(mw_room_t *room, mw_participant_t *p);
void mw_roster_remove(mw_room_t *room, mw_participant_t *p);

/* NULL: nobody */
mw_participant_t *mw_roster_by_id(const mw_room_t *room, uint64_t id);
mw_participant_t *mw_roster_by_number(const mw_room_t *room, uint32_t number);

/* may not come back as long as the room lives */
void mw_roster_ban(mw_room_t *room, uint64_t id);
bool mw_roster_banned(const mw_room_t *room, uint64_t id);

/* meet_participant_t and name into MW_ROSTER_ENTRY bytes; the length */
size_t mw_roster_write(const mw_participant_t *p, uint8_t *out);


#endif /* MW_ROSTER_H */
