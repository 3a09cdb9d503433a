/*
 * What nginx asks of a room: one function for each type of record.
 */

#ifndef MW_REQUEST_H
#define MW_REQUEST_H

#include "mw_rooms.h"


/*
 * A record about `room` that passed the fence; its body has been checked.
 * May destroy the room.
 */
void mw_request(mw_room_t *room, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now);

/* MEET_OFFER and MEET_VIEW of somebody who is in the room */
void mw_request_media(mw_participant_t *p, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, size_t len,
    mw_usec_t now);

/* the reply of the right kind with nothing but a status, if one is awaited */
void mw_request_refuse(
    mw_link_t *link, const meet_record_t *header, uint32_t status);

/* any other reply; not sent if none is awaited */
void mw_request_reply(mw_link_t *link, const meet_record_t *header,
    uint16_t type, uint32_t status, const void *body, size_t len);


#endif /* MW_REQUEST_H */
