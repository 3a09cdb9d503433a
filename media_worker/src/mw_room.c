#include "mw_room.h"

#include "mw_count.h"
#include "mw_lobby.h"
#include "mw_publish.h"
#include "mw_relay.h"
#include "mw_room_quality.h"
#include "mw_rooms.h"
#include "mw_roster.h"

#include <stdlib.h>

#define MW_LOUDEST_DEFAULT 5


static void mw_room_settled(void *ctx, mw_usec_t now);
static void mw_room_emptied(void *ctx, mw_usec_t now);
static void mw_room_tick(void *ctx, mw_usec_t now);
static void mw_room_speakers(mw_room_t *room, mw_usec_t now);
static void mw_room_refreshed(void *ctx, mw_usec_t now);
static unsigned mw_room_heard(mw_room_t *room, uint32_t *heard);
static void mw_room_send_levels(mw_room_t *room);


mw_room_t *
mw_room_create(mw_context_t *context, const meet_record_t *header,
    const meet_room_t *settings, mw_usec_t now)
{
    uint32_t loudest;
    mw_room_t *room;

    room = calloc(1, sizeof(mw_room_t));
    if (room == NULL) {
        return NULL;
    }

    room->context = context;
    room->number = header->room;
    room->epoch = header->epoch;
    room->first_epoch = header->epoch;
    room->settings = *settings;
    room->nplaces = context->conf.participants;
    room->over = MW_NEVER;

    if (settings->flags & MEET_ROOM_IS_TEST) {
        room->nplaces = 1;
        room->over = now + MEET_ROOM_TEST_MS * MW_MSEC;
    }

    memcpy(room->incarnation, header->incarnation, MEET_INCARNATION_LEN);

    loudest = context->conf.loudest;

    if (loudest == 0) {
        loudest = MW_LOUDEST_DEFAULT;

    } else if (loudest > MW_SPEAKER_LOUDEST_MAX) {
        loudest = MW_SPEAKER_LOUDEST_MAX;
    }

    room->places = calloc(room->nplaces, sizeof(mw_participant_t *));
    room->speaker = mw_speaker_create(room->nplaces, loudest);

    if (room->places == NULL || room->speaker == NULL) {
        mw_speaker_destroy(room->speaker);
        free(room->places);
        free(room);
        return NULL;
    }

    mw_events_init(&room->events);

    mw_timer_init(&room->settle, mw_room_settled, room);
    mw_timer_init(&room->empty, mw_room_emptied, room);
    mw_timer_init(&room->tick, mw_room_tick, room);
    mw_timer_init(&room->refresh, mw_room_refreshed, room);

    mw_timer_set(context->timers, &room->tick, now + MW_ROOM_TICK);
    mw_room_population(room, now);

    return room;
}


void
mw_room_destroy(mw_room_t *room, mw_usec_t now)
{
    mw_timers_t *timers;

    timers = room->context->timers;

    mw_relay_end(room, now);

    while (room->waiting != NULL) {
        mw_lobby_leave(room->waiting, now);
    }

    while (room->head != NULL) {
        mw_participant_destroy(room->head, now);
    }

    mw_timer_cancel(timers, &room->settle);
    mw_timer_cancel(timers, &room->empty);
    mw_timer_cancel(timers, &room->tick);
    mw_timer_cancel(timers, &room->refresh);

    mw_count_add(&room->context->stats, &room->ended);
    mw_events_clear(&room->events);
    mw_speaker_destroy(room->speaker);
    free(room->places);
    free(room);
}


void
mw_room_say_end(mw_room_t *room, uint32_t reason)
{
    meet_close_t end;
    meet_record_t header;
    mw_room_link_t *rl;

    memset(&end, 0, sizeof(end));
    end.reason = reason;

    for (rl = room->links; rl != NULL; rl = rl->next) {
        mw_room_header(room, &header, MEET_END);
        header.audience = MEET_TO_ALL;

        (void) mw_link_send(rl->link, MW_LINK_KEEP, &header, &end, sizeof(end));
    }
}


void
mw_room_settings(mw_room_t *room, const meet_room_t *settings, mw_usec_t now)
{
    unsigned changed;
    mw_participant_t *p;

    if (settings->version <= room->settings.version) {
        return;
    }

    room->settings = *settings;
    mw_relay_settings(room);
    mw_room_event(
        room, MEET_SETTINGS, MEET_TO_ALL, 0, settings, sizeof(*settings));

    changed = 0;

    for (p = room->head; p != NULL; p = p->next) {
        if (mw_participant_update_rights(p, now)) {
            changed++;
        }
    }

    if (changed > MW_ROOM_CHANGES) {
        mw_room_resync(room);

    } else {
        for (p = room->head; p != NULL && changed > 0; p = p->next) {
            if (p->changed) {
                mw_participant_changed(p);
                changed--;
            }
        }
    }

    for (p = room->head; p != NULL; p = p->next) {
        p->changed = false;
    }

    if ((room->settings.flags & MEET_ROOM_HAS_LOBBY) == 0) {
        mw_lobby_admit_all(room, now);
    }

    /* cameras may have been hidden or shown */

    mw_room_refresh(room, now);
}


void
mw_room_population(mw_room_t *room, mw_usec_t now)
{
    mw_usec_t at;

    if (room->branch) {
        return;
    }

    at = room->over;

    if (room->participants == 0 && room->nwaiting == 0) {
        at = room->context->draining ? now : now + MW_ROOM_EMPTY;

        if (mw_room_is_test(room) && room->last_number != 0) {
            at = now;
        }
    }

    mw_timer_set(room->context->timers, &room->empty, at);
}


void
mw_room_settle(mw_room_t *room, mw_usec_t now)
{
    room->settling = true;

    mw_timer_set(room->context->timers, &room->settle,
        now + room->context->conf.settle_ms * MW_MSEC);
}


void
mw_room_event(mw_room_t *room, uint16_t type, uint16_t audience,
    uint64_t participant, const void *body, size_t len)
{
    mw_room_link_t *rl;

    if (room->branch) {
        return; /* home says it to everybody */
    }

    if (room->settling
        && (type == MEET_JOINED || type == MEET_LEFT || type == MEET_CHANGED))
    {
        return; /* the snapshot at the end will say it */
    }

    mw_events_append(&room->events, type, audience, participant, body, len);

    for (rl = room->links; rl != NULL; rl = rl->next) {
        if (!rl->pending) {
            mw_room_link_pump(rl);
        }
    }
}


void
mw_room_resync(mw_room_t *room)
{
    mw_room_link_t *rl;

    mw_events_cut(&room->events);

    for (rl = room->links; rl != NULL; rl = rl->next) {
        rl->snapshot = true;

        if (!rl->pending) {
            mw_room_link_pump(rl);
        }
    }
}


void
mw_room_refresh(mw_room_t *room, mw_usec_t now)
{
    mw_participant_t *p;

    for (p = room->head; p != NULL; p = p->next) {
        p->view_dirty = true;
    }

    mw_room_refresh_marked(room, now);
}


void
mw_room_refresh_marked(mw_room_t *room, mw_usec_t now)
{
    mw_usec_t at;

    if (mw_timer_is_set(&room->refresh)) {
        return;
    }

    at = room->refreshed + MW_ROOM_REFRESH;

    mw_timer_set(room->context->timers, &room->refresh, (at > now) ? at : now);
}


void
mw_room_header(const mw_room_t *room, meet_record_t *header, uint16_t type)
{
    memset(header, 0, sizeof(meet_record_t));

    header->type = type;
    header->room = room->number;
    header->epoch = room->epoch;
    memcpy(header->incarnation, room->incarnation, MEET_INCARNATION_LEN);
}


/* the end of the settle time */
static void
mw_room_settled(void *ctx, mw_usec_t now)
{
    mw_room_t *room = ctx;
    mw_room_link_t *rl;

    (void) now;

    room->settling = false;

    for (rl = room->links; rl != NULL; rl = rl->next) {
        rl->snapshot = true;

        if (!rl->pending) {
            mw_room_link_pump(rl);
        }
    }
}


static void
mw_room_emptied(void *ctx, mw_usec_t now)
{
    mw_room_t *room = ctx;

    if (room->participants != 0) {
        mw_room_say_end(room, MEET_E_ENDED); /* the time of a test is over */
    }

    mw_rooms_remove(room->rooms, room, now);
}


static void
mw_room_tick(void *ctx, mw_usec_t now)
{
    mw_room_t *room = ctx;
    mw_participant_t *p;

    if (!room->branch) {
        mw_room_speakers(room, now);
    }

    mw_room_quality(room, now);

    for (p = room->head; p != NULL; p = p->next) {
        if (p->publish != NULL && mw_publish_want(p->publish, now)) {
            p->layers_dirty = true;
            mw_participant_personal(p);
        }
    }

    mw_relay_tick(room, now);

    if (room->lobby_changed) {
        room->lobby_changed = false;

        for (p = room->head; p != NULL; p = p->next) {
            p->lobby_dirty = true;
            mw_participant_personal(p);
        }
    }

    mw_timer_set(room->context->timers, &room->tick, now + MW_ROOM_TICK);
}


static void
mw_room_speakers(mw_room_t *room, mw_usec_t now)
{
    uint32_t place;
    unsigned changed;
    mw_participant_t *p;

    changed = mw_speaker_tick(room->speaker, now);

    if (changed & MW_SPEAKER_DOMINANT) {
        place = mw_speaker_dominant(room->speaker);

        room->active = (place < room->nplaces && room->places[place] != NULL)
                           ? room->places[place]->number
                           : 0;

        for (p = room->head; p != NULL; p = p->next) {
            p->view_dirty |= p->resource != NULL;
        }

        mw_room_refresh_marked(room, now);
    }

    if (changed & MW_SPEAKER_LOUDEST) {
        for (p = room->head; p != NULL; p = p->next) {
            p->heard = false;
        }

        mw_room_refresh(room, now);
    }

    mw_room_send_levels(room);
}


bool
mw_room_level(mw_participant_t *p, uint8_t level, mw_usec_t now)
{
    if (p->room->branch) {
        return p->loud;
    }

    if (!mw_speaker_level(p->room->speaker, p->place, level, now)) {
        return false;
    }

    if (!p->heard) {

        /* may have no slot yet where it is not on view */

        p->heard = true;
        mw_room_refresh(p->room, now);
    }

    return true;
}


static void
mw_room_refreshed(void *ctx, mw_usec_t now)
{
    unsigned n;
    mw_participant_t *p;
    mw_room_t *room = ctx;
    uint32_t heard[MW_VIEW_HEARD];

    room->refreshed = now;
    n = mw_room_heard(room, heard);

    for (p = room->head; p != NULL; p = p->next) {
        if (p->view_dirty) {
            mw_participant_refresh(p, heard, n, now);
        }
    }
}


/*
 * Sound that everybody is to hear: of shared screens, the loudest microphones,
 * then other microphones, so that in a small room everybody has a slot before
 * the first word.
 */
static unsigned
mw_room_heard(mw_room_t *room, uint32_t *heard)
{
    uint8_t kinds;
    unsigned i, n, len, screens;
    uint32_t mic, loudest[MW_SPEAKER_LOUDEST_MAX];
    const mw_participant_t *p;

    if (room->branch) {
        memcpy(heard, room->heard, room->ears.entries * sizeof(uint32_t));
        return room->ears.entries;
    }

    len = 0;

    for (p = room->head; p != NULL && len < MW_VIEW_HEARD / 2; p = p->next) {
        kinds = mw_participant_kinds(p) & (uint8_t) ~p->muted;

        if (kinds & 1u << MEET_KIND_SCREEN_AUDIO) {
            heard[len++] = MEET_SOURCE(p->number, MEET_KIND_SCREEN_AUDIO);
        }
    }

    screens = len;
    n = mw_speaker_loudest(room->speaker, loudest);

    for (i = 0; i < n && len < MW_VIEW_HEARD; i++) {
        p = (loudest[i] < room->nplaces) ? room->places[loudest[i]] : NULL;

        if (p != NULL) {
            heard[len++] = MEET_SOURCE(p->number, MEET_KIND_MIC);
        }
    }

    n = len;

    for (p = room->head; p != NULL && len < MW_VIEW_HEARD; p = p->next) {

        kinds = mw_participant_kinds(p) & (uint8_t) ~p->muted;

        if ((kinds & 1u << MEET_KIND_MIC) == 0) {
            continue;
        }

        mic = MEET_SOURCE(p->number, MEET_KIND_MIC);

        for (i = 0; i < n && heard[i] != mic; i++) {
            /* void */
        }

        if (i == n) {
            heard[len++] = mic;
        }
    }

    mw_relay_heard(room, heard, len, screens, n - screens);

    return len;
}


/* only while somebody speaks, and once when the last one has fallen silent */
static void
mw_room_send_levels(mw_room_t *room)
{
    size_t len;
    unsigned i, n;
    uint32_t loudest[MW_SPEAKER_LOUDEST_MAX];
    meet_record_t header;
    meet_speaker_t speaker;
    meet_speakers_t speakers;
    mw_room_link_t *rl;
    uint8_t body[sizeof(meet_speakers_t)
                 + MW_SPEAKER_LOUDEST_MAX * sizeof(meet_speaker_t)];

    n = mw_speaker_loudest(room->speaker, loudest);

    if ((n == 0 && !room->levels) || room->settling) {
        return;
    }

    memset(&speakers, 0, sizeof(speakers));
    speakers.active = room->active;
    len = sizeof(speakers);

    for (i = 0; i < n; i++) {
        if (loudest[i] >= room->nplaces || room->places[loudest[i]] == NULL) {
            continue;
        }

        memset(&speaker, 0, sizeof(speaker));
        speaker.number = room->places[loudest[i]]->number;
        speaker.level =
            (uint8_t) (127 - mw_speaker_smoothed(room->speaker, loudest[i]));

        memcpy(body + len, &speaker, sizeof(speaker));
        len += sizeof(speaker);
        speakers.entries++;
    }

    memcpy(body, &speakers, sizeof(speakers));
    room->levels = speakers.entries > 0;

    for (rl = room->links; rl != NULL; rl = rl->next) {
        mw_room_header(room, &header, MEET_SPEAKERS);
        header.audience = MEET_TO_ALL;

        if (mw_link_send(rl->link, MW_LINK_SHED, &header, body, len) == MW_DROP)
        {
            room->context->stats.records_shed++;
        }
    }
}
