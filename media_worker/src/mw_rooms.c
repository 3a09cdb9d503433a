#include "mw_rooms.h"

#include "mw_lobby.h"
#include "mw_relay.h"
#include "mw_request.h"

#include <stdlib.h>


static void mw_rooms_open(mw_rooms_t *rooms, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now);
static void mw_rooms_close(mw_rooms_t *rooms, mw_link_t *link,
    const meet_record_t *header, const uint8_t *body, mw_usec_t now);
static uint32_t mw_rooms_missing(
    const mw_rooms_t *rooms, const meet_record_t *header, mw_usec_t now);
static mw_room_t *mw_rooms_find(
    const mw_rooms_t *rooms, const meet_record_t *header);
static unsigned mw_rooms_bucket(uint64_t number);
static void mw_rooms_remember(
    mw_rooms_t *rooms, const uint8_t *incarnation, mw_usec_t now);
static bool mw_rooms_deleted(
    const mw_rooms_t *rooms, const uint8_t *incarnation, mw_usec_t now);


mw_rc_t
mw_rooms_init(mw_rooms_t *rooms, mw_context_t *context)
{
    memset(rooms, 0, sizeof(mw_rooms_t));

    rooms->context = context;
    rooms->deleted = calloc(MW_ROOMS_DELETED, sizeof(mw_deleted_t));

    return (rooms->deleted == NULL) ? MW_ERROR : MW_OK;
}


void
mw_rooms_clear(mw_rooms_t *rooms, mw_usec_t now)
{
    unsigned i;

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        while (rooms->buckets[i] != NULL) {
            mw_rooms_remove(rooms, rooms->buckets[i], now);
        }
    }

    free(rooms->deleted);
    rooms->deleted = NULL;
}


void
mw_rooms_record(void *ctx, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now)
{
    mw_room_t *room;
    mw_rooms_t *rooms = ctx;

    rooms->context->stats.records_in++;

    if (header->audience != MEET_TO_NONE || header->type < MEET_ROOM_OPEN
        || header->type > MEET_REPORT)
    {
        rooms->bad++;
        return;
    }

    switch (header->type) {

    case MEET_ROOM_OPEN:
        mw_rooms_open(rooms, header, body, now);
        return;

    case MEET_ROOM_CLOSE:
        mw_rooms_close(rooms, link, header, body, now);
        return;
    }

    room = mw_rooms_find(rooms, header);

    if (room == NULL || header->epoch > room->epoch) {
        mw_request_refuse(link, header, mw_rooms_missing(rooms, header, now));
        return;
    }

    if (header->epoch < room->epoch) {
        mw_request_refuse(link, header, MEET_E_STALE);
        return;
    }

    mw_request(room, link, header, body, len, now);
}


void
mw_rooms_link_gone(mw_rooms_t *rooms, mw_link_t *link, mw_usec_t now)
{
    mw_room_t *room;
    mw_participant_t *p;
    mw_room_link_t *rl;

    (void) rooms;

    while ((rl = link->rooms) != NULL) {
        room = rl->room;
        mw_lobby_link_gone(room, link, now);

        for (p = room->head; p != NULL && link->rooms == rl; p = p->next) {
            if (p->rl == rl) {
                mw_participant_detach(p, now);
            }
        }
    }
}


void
mw_rooms_drain(mw_rooms_t *rooms, mw_usec_t now)
{
    unsigned i;
    mw_room_t *room;

    rooms->context->draining = true;
    mw_relay_load(rooms->context);

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        for (room = rooms->buckets[i]; room != NULL; room = room->next) {
            mw_room_population(room, now);
        }
    }
}


void
mw_rooms_orphaned(mw_rooms_t *rooms, mw_usec_t now)
{
    unsigned i;
    mw_room_t *room;
    mw_participant_t *p;

    rooms->context->orphaned = true;

    for (i = 0; i < MW_ROOMS_HASH; i++) {
        for (room = rooms->buckets[i]; room != NULL; room = room->next) {
            mw_lobby_reject_all(room, MEET_E_GONE, now);

            for (p = room->head; p != NULL; p = p->next) {

                if (p->rl != NULL) {
                    p->lost = now;
                }

                mw_participant_watch(p, now);
            }
        }
    }
}


void
mw_rooms_remove(mw_rooms_t *rooms, mw_room_t *room, mw_usec_t now)
{
    mw_room_t **p;

    for (p = &rooms->buckets[mw_rooms_bucket(room->number)]; *p != room;
         p = &(*p)->next)
    {
        /* void */
    }

    *p = room->next;
    rooms->count--;
    rooms->tests -= mw_room_is_test(room);

    mw_room_destroy(room, now);
}


static void
mw_rooms_open(mw_rooms_t *rooms, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    unsigned bucket;
    mw_room_t *room;
    mw_context_t *context;
    meet_room_t settings;

    context = rooms->context;
    memcpy(&settings, body, sizeof(settings));

    room = mw_rooms_find(rooms, header);

    if (room != NULL) {

        if (header->epoch >= room->epoch) {

            /* placed here once more: the call goes on under the new number */

            room->epoch = header->epoch;
            mw_relay_settings(room);
            mw_room_settings(room, &settings, now);
        }

        return;
    }

    if (mw_rooms_missing(rooms, header, now) != MEET_E_NO_ROOM
        || ((settings.flags & MEET_ROOM_IS_TEST)
            && rooms->tests >= MW_ROOMS_TESTS))
    {
        return; /* said in the reply to what follows */
    }

    room = mw_room_create(context, header, &settings, now);
    if (room == NULL) {
        return;
    }

    bucket = mw_rooms_bucket(room->number);

    room->rooms = rooms;
    room->next = rooms->buckets[bucket];
    rooms->buckets[bucket] = room;
    rooms->count++;
    rooms->tests += mw_room_is_test(room);
}


static void
mw_rooms_close(mw_rooms_t *rooms, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, mw_usec_t now)
{
    mw_room_t *room;
    meet_close_t close;

    memcpy(&close, body, sizeof(close));

    room = mw_rooms_find(rooms, header);

    /* what is deleted is deleted, whichever epoch the message knows */

    if (close.reason == MEET_E_DELETED || close.reason == MEET_E_EXPIRED) {
        mw_rooms_remember(rooms, header->incarnation, now);

    } else if (room != NULL && header->epoch < room->epoch) {
        mw_request_refuse(link, header, MEET_E_STALE);
        return;
    }

    if (room != NULL) {
        mw_room_say_end(room, close.reason);
        mw_rooms_remove(rooms, room, now);
    }

    mw_request_reply(link, header, MEET_DONE, MEET_OK, NULL, 0);
}


/* why a room cannot be worked with or opened; NO_ROOM: it can be opened */
static uint32_t
mw_rooms_missing(
    const mw_rooms_t *rooms, const meet_record_t *header, mw_usec_t now)
{
    const mw_context_t *context;

    context = rooms->context;

    if (mw_rooms_deleted(rooms, header->incarnation, now)) {
        return MEET_E_STALE;
    }

    if (context->draining || rooms->count >= context->conf.rooms) {
        return MEET_E_BUSY;
    }

    return MEET_E_NO_ROOM;
}


static mw_room_t *
mw_rooms_find(const mw_rooms_t *rooms, const meet_record_t *header)
{
    mw_room_t *room;

    room = rooms->buckets[mw_rooms_bucket(header->room)];

    while (room != NULL
           && (room->number != header->room
               || memcmp(room->incarnation, header->incarnation,
                      MEET_INCARNATION_LEN)
                      != 0))
    {
        room = room->next;
    }

    return room;
}


static unsigned
mw_rooms_bucket(uint64_t number)
{
    return (unsigned) ((number * 0x9e3779b97f4a7c15u) >> 32) % MW_ROOMS_HASH;
}


static void
mw_rooms_remember(mw_rooms_t *rooms, const uint8_t *incarnation, mw_usec_t now)
{
    mw_deleted_t *deleted;

    if (mw_rooms_deleted(rooms, incarnation, now)) {
        return;
    }

    if (rooms->ndeleted == MW_ROOMS_DELETED) {
        rooms->first = (rooms->first + 1) % MW_ROOMS_DELETED;
        rooms->ndeleted--;
    }

    deleted =
        &rooms->deleted[(rooms->first + rooms->ndeleted) % MW_ROOMS_DELETED];

    memcpy(deleted->incarnation, incarnation, MEET_INCARNATION_LEN);
    deleted->until = now + rooms->context->conf.token_s * MW_SEC;
    rooms->ndeleted++;
}


static bool
mw_rooms_deleted(
    const mw_rooms_t *rooms, const uint8_t *incarnation, mw_usec_t now)
{
    unsigned i;
    const mw_deleted_t *deleted;

    for (i = 0; i < rooms->ndeleted; i++) {
        deleted = &rooms->deleted[(rooms->first + i) % MW_ROOMS_DELETED];

        if (deleted->until > now
            && memcmp(deleted->incarnation, incarnation, MEET_INCARNATION_LEN)
                   == 0)
        {
            return true;
        }
    }

    return false;
}
