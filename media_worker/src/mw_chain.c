/* Which chains of a stream's frames are whole. */

#include "mw_chain.h"

/* what is lost has been asked for some times by then, and given up */
#define MW_CHAIN_PATIENCE (300 * MW_MSEC)


static mw_chain_frame_t *mw_chain_frame(mw_chain_t *c, uint16_t number);
static bool mw_chain_complete(const mw_chain_frame_t *f);
static bool mw_chain_whole(mw_chain_t *c, unsigned chain, uint16_t number);


void
mw_chain_init(mw_chain_t *c)
{
    memset(c, 0, sizeof(*c));
}


uint8_t
mw_chain_input(mw_chain_t *c, const mw_dd_t *dd, int64_t seq, mw_usec_t now)
{
    bool ahead;
    uint8_t broken;
    unsigned chain;
    mw_chain_frame_t *f;

    ahead = !c->started || (int16_t) (uint16_t) (dd->frame - c->newest) >= 0;
    f = mw_chain_frame(c, dd->frame);

    if (f == NULL) {
        if (!ahead && (uint16_t) (c->newest - dd->frame) >= MW_CHAIN_FRAMES) {
            return 0; /* came too late for anything */
        }

        f = &c->frames[dd->frame % MW_CHAIN_FRAMES];
        memset(f, 0, sizeof(*f));
        f->used = true;
        f->number = dd->frame;
        memcpy(f->link, dd->link, sizeof(f->link));
    }

    f->packets++;

    if (dd->start) {
        f->started = true;
        f->first = (uint32_t) seq;
    }

    if (dd->end) {
        f->ended = true;
        f->last = (uint32_t) seq;
    }

    if (ahead) {
        c->started = true;
        c->newest = dd->frame;
    }

    broken = 0;

    for (chain = 0; chain < dd->chains; chain++) {
        if (ahead && mw_chain_whole(c, chain, dd->frame)) {
            c->since[chain] = 0;

        } else if (ahead && c->since[chain] == 0) {
            c->since[chain] = now;
        }

        if (c->since[chain] != 0 && now - c->since[chain] >= MW_CHAIN_PATIENCE)
        {
            broken |= (uint8_t) (1u << chain);
        }
    }

    return broken;
}


/* NULL: nothing of it has come, or that is long ago */
static mw_chain_frame_t *
mw_chain_frame(mw_chain_t *c, uint16_t number)
{
    mw_chain_frame_t *f;

    f = &c->frames[number % MW_CHAIN_FRAMES];

    return f->used && f->number == number ? f : NULL;
}


static bool
mw_chain_complete(const mw_chain_frame_t *f)
{
    return f->started && f->ended && f->last - f->first + 1 == f->packets;
}


/* all frames of the chain before this one have come */
static bool
mw_chain_whole(mw_chain_t *c, unsigned chain, uint16_t number)
{
    uint16_t last;
    unsigned steps;
    const mw_chain_frame_t *f;

    f = mw_chain_frame(c, number);

    if (f->link[chain] == 0) {
        c->known[chain] = false;
        return true;
    }

    last = (uint16_t) (number - f->link[chain]);
    number = last;

    for (steps = 0; steps < MW_CHAIN_FRAMES; steps++) {
        if (c->known[chain] && number == c->whole[chain]) {
            c->whole[chain] = last;
            return true;
        }

        f = mw_chain_frame(c, number);

        if (f == NULL || !mw_chain_complete(f)) {
            return false;
        }

        if (f->link[chain] == 0) {
            c->known[chain] = true;
            c->whole[chain] = last;
            return true;
        }

        number = (uint16_t) (number - f->link[chain]);
    }

    return false;
}
