#include "mw_timer.h"

#define MW_TIMER_BITS 6
#define MW_TIMER_MASK (MW_TIMER_SLOTS - 1)

/* 70 years of milliseconds; the present never reaches the end of the highest level */
#define MW_TIMER_FAR ((uint64_t) 1 << (MW_TIMER_BITS * MW_TIMER_LEVELS - 1))


static void mw_timer_insert(mw_timers_t *timers, mw_timer_t *timer);
static void mw_timer_remove(mw_timers_t *timers, mw_timer_t *timer);
static bool mw_timers_first(
    const mw_timers_t *timers, unsigned *level, unsigned *slot, uint64_t *tick);


void
mw_timers_init(mw_timers_t *timers, mw_usec_t now, mw_usec_t step)
{
    memset(timers, 0, sizeof(mw_timers_t));
    timers->step = step;
    timers->tick = (uint64_t) (now / timers->step);
}


mw_usec_t
mw_timers_next(const mw_timers_t *timers)
{
    unsigned level, slot;
    uint64_t tick;

    if (!mw_timers_first(timers, &level, &slot, &tick)) {
        return MW_NEVER;
    }

    return (mw_usec_t) tick * timers->step;
}


void
mw_timers_run(mw_timers_t *timers, mw_usec_t now)
{
    unsigned level, slot;
    uint64_t tick, target;
    mw_timer_t *timer;

    target = (uint64_t) (now / timers->step);

    while (mw_timers_first(timers, &level, &slot, &tick) && tick <= target) {
        timers->tick = tick;

        while ((timer = timers->slots[level][slot]) != NULL) {
            mw_timer_remove(timers, timer);

            if (timer->tick <= tick) {
                timer->handler(timer->ctx, now);

            } else {
                mw_timer_insert(timers, timer); /* one level further down */
            }
        }
    }

    if (timers->tick < target) {
        timers->tick = target;
    }
}


void
mw_timer_init(mw_timer_t *timer, mw_timer_pt handler, void *ctx)
{
    memset(timer, 0, sizeof(mw_timer_t));
    timer->handler = handler;
    timer->ctx = ctx;
}


void
mw_timer_set(mw_timers_t *timers, mw_timer_t *timer, mw_usec_t at)
{
    mw_timer_cancel(timers, timer);

    if (at == MW_NEVER) {
        return;
    }

    if (at < 0) {
        at = 0;
    }

    timer->tick = ((uint64_t) at + timers->step - 1) / timers->step;

    if (timer->tick <= timers->tick) {
        timer->tick = timers->tick + 1;
    }

    if (timer->tick > MW_TIMER_FAR) {
        timer->tick = MW_TIMER_FAR;
    }

    mw_timer_insert(timers, timer);
}


void
mw_timer_cancel(mw_timers_t *timers, mw_timer_t *timer)
{
    if (timer->where != NULL) {
        mw_timer_remove(timers, timer);
    }
}


/*
 * The level is that of the highest digit (base 64) in which the timer differs
 * from the present.  So all timers of a level share the digits above it with
 * the present, lie in a slot behind the present one, and come after all
 * timers of the levels below.
 */
static void
mw_timer_insert(mw_timers_t *timers, mw_timer_t *timer)
{
    unsigned level;
    uint64_t diff;
    mw_timer_t **head;

    diff = (timer->tick ^ timers->tick) | MW_TIMER_MASK;
    level = (63u - (unsigned) __builtin_clzll(diff)) / MW_TIMER_BITS;

    timer->level = (uint8_t) level;
    timer->slot =
        (uint8_t) (timer->tick >> (MW_TIMER_BITS * level) & MW_TIMER_MASK);

    head = &timers->slots[timer->level][timer->slot];

    timer->next = *head;
    timer->where = head;

    if (timer->next != NULL) {
        timer->next->where = &timer->next;
    }

    *head = timer;
    timers->occupied[timer->level] |= (uint64_t) 1 << timer->slot;
}


static void
mw_timer_remove(mw_timers_t *timers, mw_timer_t *timer)
{
    *timer->where = timer->next;

    if (timer->next != NULL) {
        timer->next->where = timer->where;
    }

    timer->next = NULL;
    timer->where = NULL;

    if (timers->slots[timer->level][timer->slot] == NULL) {
        timers->occupied[timer->level] &= ~((uint64_t) 1 << timer->slot);
    }
}


static bool
mw_timers_first(
    const mw_timers_t *timers, unsigned *level, unsigned *slot, uint64_t *tick)
{
    unsigned i, shift;
    uint64_t block;

    for (i = 0; i < MW_TIMER_LEVELS; i++) {
        if (timers->occupied[i] == 0) {
            continue;
        }

        shift = MW_TIMER_BITS * i;
        block = timers->tick >> (shift + MW_TIMER_BITS)
                                    << (shift + MW_TIMER_BITS);

        *level = i;
        *slot = (unsigned) __builtin_ctzll(timers->occupied[i]);
        *tick = block | (uint64_t) *slot << shift;

        return true;
    }

    return false;
}
