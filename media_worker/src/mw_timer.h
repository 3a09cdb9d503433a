/*
 * The timer wheel of one process: intrusive timers, everything O(1).
 *
 * A timer belongs to whoever embeds it and must be cancelled before its
 * memory goes.  A timer never fires early, and late only by a tick, whose
 * length the owner of the wheel names, or by a late call of mw_timers_run().
 * The wheel reads no clock.
 */

#ifndef MW_TIMER_H
#define MW_TIMER_H

#include "mw.h"

#define MW_TIMER_LEVELS 7
#define MW_TIMER_SLOTS  64

typedef struct mw_timer_s mw_timer_t;

typedef void (*mw_timer_pt)(void *ctx, mw_usec_t now);

struct mw_timer_s {
    mw_timer_t *next;
    mw_timer_t **where; /* NULL: not set */
    uint64_t tick;
    uint8_t level;
    uint8_t slot;
    mw_timer_pt handler;
    void *ctx;
};


typedef struct {
    mw_usec_t step; /* of a tick */
    uint64_t tick;  /* everything up to here has fired */
    uint64_t occupied[MW_TIMER_LEVELS];
    mw_timer_t *slots[MW_TIMER_LEVELS][MW_TIMER_SLOTS];
} mw_timers_t;


void mw_timers_init(mw_timers_t *timers, mw_usec_t now, mw_usec_t step);

/* the next time mw_timers_run() has something to do, or MW_NEVER */
mw_usec_t mw_timers_next(const mw_timers_t *timers);

/* fires what is due; handlers may set and cancel any timer */
void mw_timers_run(mw_timers_t *timers, mw_usec_t now);


void mw_timer_init(mw_timer_t *timer, mw_timer_pt handler, void *ctx);

/* moves a timer that is set; MW_NEVER cancels it */
void mw_timer_set(mw_timers_t *timers, mw_timer_t *timer, mw_usec_t at);

/* also for a timer that is not set */
void mw_timer_cancel(mw_timers_t *timers, mw_timer_t *timer);


static inline bool
mw_timer_is_set(const mw_timer_t *timer)
{
    return timer->where != NULL;
}


#endif /* MW_TIMER_H */
