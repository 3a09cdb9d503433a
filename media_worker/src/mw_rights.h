/*
 * Who may do what: the matrix of protocol.md, section 4.  Pure.
 */

#ifndef MW_RIGHTS_H
#define MW_RIGHTS_H

#include "mw.h"

#include "meet_body.h"


/* MEET_RIGHT_... in force for a role in a room with these settings */
uint32_t mw_rights_of(uint8_t role, const meet_room_t *room);

/* bit per MEET_KIND_...: what may be published */
uint8_t mw_rights_kinds(uint32_t rights);

/* one who has MEET_RIGHT_MODERATE may use it against the other */
bool mw_rights_over(uint8_t role, uint8_t target);


#endif /* MW_RIGHTS_H */
