/*
 * The sequenced events of one room and the tail of them that is kept, for
 * links that lag behind and for clients that come back.  Pure but for its
 * own memory, which is bounded by count and bytes.
 */

#ifndef MW_EVENT_H
#define MW_EVENT_H

#include "mw.h"

#define MW_EVENTS_MAX   512
#define MW_EVENTS_BYTES (512 * 1024)


typedef struct {
    uint64_t sequence;
    uint64_t participant; /* of the audience, see meet_record_t */
    uint16_t type;
    uint16_t audience;
    uint32_t len;
    uint8_t body[];
} mw_event_t;

typedef struct {
    uint64_t sequence; /* of the newest event, 0: none yet */
    uint64_t first;    /* the oldest one kept; sequence + 1: none */
    size_t bytes;
    mw_event_t *kept[MW_EVENTS_MAX];
} mw_events_t;


void mw_events_init(mw_events_t *events);
void mw_events_clear(mw_events_t *events);

/*
 * Numbers an event and keeps a copy.  Without memory the number is used up
 * all the same and the tail begins behind it.
 */
void mw_events_append(mw_events_t *events, uint16_t type, uint16_t audience,
    uint64_t participant, const void *body, size_t len);

/* forgets the tail: whoever comes back needs a snapshot */
void mw_events_cut(mw_events_t *events);

/* everything after `sequence` is kept, or there is nothing after it */
bool mw_events_covers(const mw_events_t *events, uint64_t sequence);

/* NULL: not kept */
const mw_event_t *mw_events_get(const mw_events_t *events, uint64_t sequence);


#endif /* MW_EVENT_H */
