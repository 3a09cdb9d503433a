/*
 * Who may do what: the matrix of protocol.md, section 4.  Pure.
 */

#ifndef MW_RIGHTS_H
#define MW_RIGHTS_H

#include "mw.h"

#include "meet_body.h"


/* MEET_RIGHT_... in force for a role in a room with these settings */
uint32_t mw_rights_of(uint8_t role, const meet_room_t *room);

/* the rights to publish these kinds (bit per MEET_KIND_...) */
uint32_t mw_rights_to(uint8_t kinds);

/* bit per MEET_KIND_...: what may be published */
uint8_t mw_rights_kinds(uint32_t rights);

/* with MEET_RIGHT_MODERATE, against whom: owners all, moderators only others */
bool mw_rights_over(uint8_t role, uint8_t target);


#endif /* MW_RIGHTS_H */
