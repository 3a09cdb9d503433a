#include "mw_event.h"

#include <stdlib.h>


static void mw_events_drop(mw_events_t *events);


void
mw_events_init(mw_events_t *events)
{
    memset(events, 0, sizeof(mw_events_t));
    events->first = 1;
}


void
mw_events_clear(mw_events_t *events)
{
    mw_events_cut(events);
}


void
mw_events_append(mw_events_t *events, uint16_t type, uint16_t audience,
    uint64_t participant, const void *body, size_t len)
{
    mw_event_t *event;

    events->sequence++;

    while (events->first < events->sequence
           && (events->sequence - events->first >= MW_EVENTS_MAX
               || events->bytes + len > MW_EVENTS_BYTES))
    {
        mw_events_drop(events);
    }

    event = malloc(sizeof(mw_event_t) + len);

    if (event == NULL) {
        while (events->first < events->sequence) {
            mw_events_drop(events);
        }

        events->first = events->sequence + 1;
        return;
    }

    event->sequence = events->sequence;
    event->participant = participant;
    event->type = type;
    event->audience = audience;
    event->len = (uint32_t) len;
    memcpy(event->body, body, len);

    events->kept[event->sequence % MW_EVENTS_MAX] = event;
    events->bytes += len;
}


void
mw_events_cut(mw_events_t *events)
{
    while (events->first <= events->sequence) {
        mw_events_drop(events);
    }
}


bool
mw_events_covers(const mw_events_t *events, uint64_t sequence)
{
    return sequence <= events->sequence && sequence + 1 >= events->first;
}


const mw_event_t *
mw_events_get(const mw_events_t *events, uint64_t sequence)
{
    if (sequence < events->first || sequence > events->sequence) {
        return NULL;
    }

    return events->kept[sequence % MW_EVENTS_MAX];
}


static void
mw_events_drop(mw_events_t *events)
{
    mw_event_t **event;

    event = &events->kept[events->first % MW_EVENTS_MAX];

    events->bytes -= (*event)->len;
    events->first++;

    free(*event);
    *event = NULL;
}
