#include "mw_shakes.h"

#include <stdlib.h>


struct mw_shake_s {
    mw_shake_t *next;
    mw_path_t path;
    size_t len;
    uint8_t data[MW_PKT_MAX];
};

struct mw_shakes_s {
    mw_shakes_pt handler;
    mw_shakes_clock_pt clock;
    mw_shaker_t
        turns; /* ring of those with something waiting, itself the end */
    mw_shake_t *free;
    unsigned fresh; /* those from here on were never used */
    unsigned waiting;
    mw_shake_t pool[MW_SHAKES];
};


static mw_shake_t *mw_shakes_take(mw_shakes_t *shakes);
static void mw_shakes_next(mw_shakes_t *shakes, mw_usec_t now);
static void mw_shakes_link(mw_shakes_t *shakes, mw_shaker_t *shaker);
static void mw_shakes_unlink(mw_shaker_t *shaker);


mw_shakes_t *
mw_shakes_create(mw_shakes_pt handler, mw_shakes_clock_pt clock)
{
    mw_shakes_t *shakes;

    shakes = calloc(1, sizeof(*shakes));

    if (shakes == NULL) {
        return NULL;
    }

    shakes->handler = handler;
    shakes->clock = clock;
    shakes->turns.prev = &shakes->turns;
    shakes->turns.next = &shakes->turns;

    return shakes;
}


void
mw_shakes_destroy(mw_shakes_t *shakes)
{
    free(shakes);
}


mw_rc_t
mw_shakes_put(mw_shakes_t *shakes, mw_shaker_t *shaker, const mw_path_t *path,
    const uint8_t *data, size_t len)
{
    mw_shake_t *shake;

    if (shaker->waiting == MW_SHAKES_EACH || len > sizeof(shake->data)) {
        return MW_AGAIN;
    }

    shake = mw_shakes_take(shakes);

    if (shake == NULL) {
        return MW_AGAIN;
    }

    shake->next = NULL;
    shake->path = *path;
    shake->len = len;
    memcpy(shake->data, data, len);

    if (shaker->waiting++ == 0) {
        shaker->head = shake;
        mw_shakes_link(shakes, shaker);

    } else {
        shaker->tail->next = shake;
    }

    shaker->tail = shake;

    return MW_OK;
}


void
mw_shakes_forget(mw_shakes_t *shakes, mw_shaker_t *shaker)
{
    if (shaker->waiting == 0) {
        return;
    }

    mw_shakes_unlink(shaker);
    shaker->tail->next = shakes->free;
    shakes->free = shaker->head;
    shakes->waiting -= shaker->waiting;
    shaker->waiting = 0;
}


mw_rc_t
mw_shakes_run(mw_shakes_t *shakes, mw_usec_t now)
{
    mw_usec_t begun;

    if (shakes->waiting == 0) {
        return MW_OK;
    }

    begun = shakes->clock();

    do {
        mw_shakes_next(shakes, now);
    } while (shakes->waiting > 0 && shakes->clock() - begun < MW_SHAKES_BUDGET);

    return shakes->waiting == 0 ? MW_OK : MW_AGAIN;
}


unsigned
mw_shakes_waiting(const mw_shakes_t *shakes)
{
    return shakes->waiting;
}


/* its place in the ring is given up first: the handler may end its owner */
static void
mw_shakes_next(mw_shakes_t *shakes, mw_usec_t now)
{
    mw_shake_t *shake;
    mw_shaker_t *shaker;

    shaker = shakes->turns.next;
    shake = shaker->head;
    shaker->head = shake->next;
    mw_shakes_unlink(shaker);

    if (--shaker->waiting > 0) {
        mw_shakes_link(shakes, shaker);
    }

    shakes->handler(shaker, &shake->path, shake->data, shake->len, now);

    shake->next = shakes->free;
    shakes->free = shake;
    shakes->waiting--;
}


static mw_shake_t *
mw_shakes_take(mw_shakes_t *shakes)
{
    mw_shake_t *shake;

    shake = shakes->free;

    if (shake != NULL) {
        shakes->free = shake->next;

    } else if (shakes->fresh < MW_SHAKES) {
        shake = &shakes->pool[shakes->fresh++];

    } else {
        return NULL;
    }

    shakes->waiting++;

    return shake;
}


static void
mw_shakes_link(mw_shakes_t *shakes, mw_shaker_t *shaker)
{
    shaker->next = &shakes->turns;
    shaker->prev = shakes->turns.prev;
    shaker->prev->next = shaker;
    shakes->turns.prev = shaker;
}


static void
mw_shakes_unlink(mw_shaker_t *shaker)
{
    shaker->prev->next = shaker->next;
    shaker->next->prev = shaker->prev;
}
