/* Links to other media workers, and which rooms are on them. */

#include "mw_relay.h"

#include "mw_session.h"

#include <stdlib.h>


#define MW_RELAY_SILENT (10 * MW_SEC)


static void mw_relay_say_load(const mw_relay_t *relay);
static mw_leg_t *mw_relay_find(mw_relay_t *relay, const meet_record_t *header);


mw_relay_t *
mw_relay_create(mw_rooms_t *rooms, mw_link_t *link, mw_usec_t now)
{
    mw_relay_t *relay;

    relay = calloc(1, sizeof(mw_relay_t));
    if (relay == NULL) {
        return NULL;
    }

    relay->rooms = rooms;
    relay->link = link;
    relay->heard = now;
    relay->next = rooms->context->relays;
    rooms->context->relays = relay;

    mw_relay_say_load(relay);

    return relay;
}


void
mw_relay_destroy(mw_relay_t *relay, mw_usec_t now)
{
    mw_relay_t **p;

    /* first, so that nobody is placed there again */

    for (p = &relay->rooms->context->relays; *p != relay; p = &(*p)->next) {
        /* void */
    }

    *p = relay->next;

    while (relay->legs != NULL) {
        if (relay->legs->room->branch) {
            mw_room_destroy(relay->legs->room, now);

        } else {
            mw_leg_destroy(relay->legs, true, now);
        }
    }

    free(relay);
}


void
mw_relay_load(mw_context_t *context)
{
    const mw_relay_t *relay;

    for (relay = context->relays; relay != NULL; relay = relay->next) {
        mw_relay_say_load(relay);
    }
}


bool
mw_relay_is_silent(const mw_relay_t *relay, mw_usec_t now)
{
    return now - relay->heard > MW_RELAY_SILENT;
}


void
mw_relay_end(mw_room_t *room, mw_usec_t now)
{
    while (room->legs != NULL) {
        if (!room->branch) {
            mw_relay_send(room->legs, NULL, MEET_RELAY_CLOSE, NULL, 0);
        }

        mw_leg_destroy(room->legs, false, now);
    }

    if (room->branch) {
        room->context->branches--;
    }
}


void
mw_relay_record(void *ctx, mw_link_t *link, const meet_record_t *header,
    const uint8_t *body, size_t len, mw_usec_t now)
{
    mw_leg_t *leg;
    meet_relay_load_t load;
    mw_relay_t *relay = ctx;

    (void) link;

    relay->heard = now;
    relay->rooms->context->stats.records_in++;

    if (header->list != 0) {
        relay->rooms->bad++;
        return;
    }

    if (header->type == MEET_RELAY_LOAD) {
        memcpy(&load, body, sizeof(load));
        relay->held = load.participants;
        relay->open = (load.flags & MEET_RELAY_DRAINING) == 0;
        return;
    }

    leg = mw_relay_find(relay, header);

    if (leg == NULL) {

        /* of a room that has ended, unless it begins */

        if (header->type == MEET_RELAY_ROOM) {
            mw_relay_branch(relay, NULL, header, body, now);
        }

    } else if (header->epoch < leg->room->first_epoch) {
        relay->rooms->bad++;

    } else if (mw_relay_source(leg, header, body, now)) {
        /* done */

    } else if (leg->room->branch) {
        mw_relay_branch(relay, leg, header, body, now);

    } else {
        mw_relay_home(leg, header, body, len, now);
    }
}


void
mw_relay_send(const mw_leg_t *leg, const mw_participant_t *p, uint16_t type,
    const void *body, size_t len)
{
    meet_record_t header;
    mw_link_class_t class;

    mw_room_header(leg->room, &header, type);
    header.participant = (p != NULL) ? p->id : 0;

    class = (type == MEET_RELAY_PACKET) ? MW_LINK_SHED : MW_LINK_KEEP;

    if (mw_link_send(leg->relay->link, class, &header, body, len) == MW_OK) {
        leg->room->context->stats.relayed_out += class == MW_LINK_SHED ? 1 : 0;

    } else {
        leg->room->context->stats.relayed_shed += class == MW_LINK_SHED ? 1 : 0;
    }
}


mw_leg_t *
mw_leg_create(mw_room_t *room, mw_relay_t *relay)
{
    mw_leg_t *leg;

    leg = calloc(1, sizeof(mw_leg_t));
    if (leg == NULL) {
        return NULL;
    }

    leg->room = room;
    leg->relay = relay;
    leg->next = room->legs;
    room->legs = leg;
    leg->next_relay = relay->legs;
    relay->legs = leg;

    return leg;
}


void
mw_leg_destroy(mw_leg_t *leg, bool again, mw_usec_t now)
{
    bool home;
    unsigned kind;
    mw_leg_t **l;
    mw_room_t *room;
    mw_participant_t *p;

    room = leg->room;
    home = !room->branch;
    mw_relay_untap(leg);

    for (l = &room->legs; *l != leg; l = &(*l)->next) {
        /* void */
    }

    *l = leg->next;

    for (l = &leg->relay->legs; *l != leg; l = &(*l)->next_relay) {
        /* void */
    }

    *l = leg->next_relay;

    for (p = room->head; p != NULL; p = p->next) {
        if (p->leg != leg) {
            continue;
        }

        for (kind = 0; kind < MW_KINDS; kind++) {
            mw_relayed_close(p, kind);
        }

        p->leg = NULL;
        room->context->held += home ? 1 : 0;

        if (home && again) {
            memset(&p->state, 0, sizeof(p->state));
            p->consent = 0;

            mw_relay_place(p, now);
            mw_participant_changed(p);
            mw_session_reconnect(p);
        }
    }

    if (home && again) {
        mw_room_refresh(room, now);
    }

    free(leg);
}


static void
mw_relay_say_load(const mw_relay_t *relay)
{
    meet_record_t header;
    meet_relay_load_t load;
    const mw_context_t *context;

    context = relay->rooms->context;

    memset(&header, 0, sizeof(header));
    header.type = MEET_RELAY_LOAD;

    memset(&load, 0, sizeof(load));
    load.participants = context->held;
    load.flags = context->draining ? MEET_RELAY_DRAINING : 0;

    (void) mw_link_send(
        relay->link, MW_LINK_KEEP, &header, &load, sizeof(load));
}


/* the one used last stands in front */
static mw_leg_t *
mw_relay_find(mw_relay_t *relay, const meet_record_t *header)
{
    mw_leg_t *leg, **p;

    for (p = &relay->legs; (leg = *p) != NULL; p = &leg->next_relay) {
        if (leg->room->number == header->room
            && memcmp(leg->room->incarnation, header->incarnation,
                   MEET_INCARNATION_LEN)
                   == 0)
        {
            *p = leg->next_relay;
            leg->next_relay = relay->legs;
            relay->legs = leg;

            return leg;
        }
    }

    return NULL;
}
