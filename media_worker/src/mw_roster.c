#include "mw_roster.h"


static unsigned mw_roster_bucket(uint64_t key);


mw_rc_t
mw_roster_add(mw_room_t *room, mw_participant_t *p)
{
    unsigned bucket;
    uint32_t place;

    for (place = 0; place < room->nplaces; place++) {
        if (room->places[place] == NULL) {
            break;
        }
    }

    if (place == room->nplaces || room->last_number == MEET_NUMBER_MAX) {
        return MW_ERROR;
    }

    room->places[place] = p;
    room->participants++;

    p->place = place;
    p->number = ++room->last_number;

    p->next = NULL;
    p->prev = room->tail;

    if (room->tail != NULL) {
        room->tail->next = p;

    } else {
        room->head = p;
    }

    room->tail = p;

    bucket = mw_roster_bucket(p->id);
    p->next_id = room->by_id[bucket];
    room->by_id[bucket] = p;

    bucket = p->number % MW_ROOM_HASH;
    p->next_number = room->by_number[bucket];
    room->by_number[bucket] = p;

    return MW_OK;
}


void
mw_roster_remove(mw_room_t *room, mw_participant_t *p)
{
    mw_participant_t **link;

    for (link = &room->by_id[mw_roster_bucket(p->id)]; *link != p;
         link = &(*link)->next_id)
    {
        /* void */
    }

    *link = p->next_id;

    for (link = &room->by_number[p->number % MW_ROOM_HASH]; *link != p;
         link = &(*link)->next_number)
    {
        /* void */
    }

    *link = p->next_number;

    if (p->prev != NULL) {
        p->prev->next = p->next;

    } else {
        room->head = p->next;
    }

    if (p->next != NULL) {
        p->next->prev = p->prev;

    } else {
        room->tail = p->prev;
    }

    room->places[p->place] = NULL;
    room->participants--;
}


mw_participant_t *
mw_roster_by_id(const mw_room_t *room, uint64_t id)
{
    mw_participant_t *p;

    for (p = room->by_id[mw_roster_bucket(id)]; p != NULL; p = p->next_id) {
        if (p->id == id) {
            return p;
        }
    }

    return NULL;
}


mw_participant_t *
mw_roster_by_number(const mw_room_t *room, uint32_t number)
{
    mw_participant_t *p;

    p = room->by_number[number % MW_ROOM_HASH];

    while (p != NULL && p->number != number) {
        p = p->next_number;
    }

    return p;
}


void
mw_roster_ban(mw_room_t *room, uint64_t id)
{
    room->removed[room->nremoved++ % MW_ROOM_REMOVED] = id;
}


bool
mw_roster_banned(const mw_room_t *room, uint64_t id)
{
    unsigned i;

    for (i = 0; i < room->nremoved && i < MW_ROOM_REMOVED; i++) {
        if (room->removed[i] == id) {
            return true;
        }
    }

    return false;
}


size_t
mw_roster_write(const mw_participant_t *p, uint8_t *out)
{
    meet_participant_t who;

    memset(&who, 0, sizeof(who));

    who.id = p->id;
    who.joined_ms = p->joined_ms;
    who.number = p->number;
    who.rights = p->rights;
    who.role = p->role;
    who.published = mw_participant_kinds(p);
    who.muted = p->muted;
    who.away = p->away;
    who.name_len = p->name_len;
    who.flags = (p->resource != NULL) ? MEET_PARTICIPANT_STREAM : 0;

    memcpy(out, &who, sizeof(who));
    memcpy(out + sizeof(who), p->name, p->name_len);

    return sizeof(who) + p->name_len;
}


static unsigned
mw_roster_bucket(uint64_t key)
{
    return (unsigned) ((key * 0x9e3779b97f4a7c15u) >> 32) % MW_ROOM_HASH;
}
