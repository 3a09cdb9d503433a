/* Reading feedback about packets we sent. */

#include "mw_twcc.h"

#define MW_TWCC_FIXED 8 /* base, count, reference time, number */


static bool mw_twcc_chunk(mw_twcc_iter_t *it);
static bool mw_twcc_symbol(mw_twcc_iter_t *it, unsigned *symbol);
static unsigned mw_twcc_run(const mw_twcc_iter_t *it);


mw_rc_t
mw_twcc_read(mw_twcc_iter_t *it, const uint8_t *data, size_t len)
{
    size_t deltas;
    unsigned left, run, symbol;
    mw_twcc_iter_t scan;

    if (len < MW_TWCC_FIXED) {
        return MW_DROP;
    }

    memset(it, 0, sizeof(*it));
    it->base = mw_get16(data);
    it->seq = it->base;
    it->statuses = mw_get16(data + 2);
    it->time = (mw_usec_t) mw_get24(data + 4) * MW_TWCC_BASE;
    it->count = data[7];
    it->p = data + MW_TWCC_FIXED;
    it->end = data + len;

    /* where the chunks end the deltas begin, and all of them must be there */

    scan = *it;
    deltas = 0;

    for (left = it->statuses; left > 0; left -= run) {
        if (!mw_twcc_symbol(&scan, &symbol) || symbol > 2) {
            return MW_DROP;
        }

        /* a few bytes may stand for all numbers there are */
        run = 1 + mw_twcc_run(&scan);
        run = run < left ? run : left;
        scan.left = (uint16_t) (scan.left - (run - 1));
        deltas += (size_t) symbol * run;
    }

    it->delta = scan.p;

    return (size_t) (it->end - it->delta) < deltas ? MW_DROP : MW_OK;
}


bool
mw_twcc_next(mw_twcc_iter_t *it, mw_twcc_status_t *status)
{
    unsigned symbol;

    if (it->statuses == 0 || !mw_twcc_symbol(it, &symbol)) {
        return false;
    }

    it->statuses--;
    status->seq = it->seq++;
    status->received = symbol != 0;

    if (symbol == 1) {
        it->time += *it->delta * MW_TWCC_TICK;

    } else if (symbol == 2) {
        it->time += (int16_t) mw_get16(it->delta) * MW_TWCC_TICK;
    }

    it->delta += symbol;
    status->at = it->time;

    return true;
}


void
mw_twcc_skip(mw_twcc_iter_t *it, unsigned n)
{
    unsigned run;
    mw_twcc_status_t status;

    while (n > 0 && it->statuses > 0 && mw_twcc_chunk(it)) {
        run = (it->chunk & 0x6000) == 0 ? mw_twcc_run(it) : 0;
        run = run < n ? run : n;
        run = run < it->statuses ? run : it->statuses;

        if (run > 0) {
            it->left = (uint16_t) (it->left - run);
            it->seq = (uint16_t) (it->seq + run);
            it->statuses = (uint16_t) (it->statuses - run);
            n -= run;

        } else {
            (void) mw_twcc_next(it, &status); /* its delta counts for others */
            n--;
        }
    }
}


/* there is a status; false: the chunks end before the statuses do */
static bool
mw_twcc_chunk(mw_twcc_iter_t *it)
{
    if (it->left != 0) {
        return true;
    }

    if (it->end - it->p < 2) {
        return false;
    }

    it->chunk = mw_get16(it->p);
    it->p += 2;

    it->left = (it->chunk & 0x8000) == 0   ? it->chunk & 0x1fff
               : (it->chunk & 0x4000) == 0 ? 14
                                           : 7;

    return it->left != 0;
}


/* how many more are the same, as far as the chunk says so by itself */
static unsigned
mw_twcc_run(const mw_twcc_iter_t *it)
{
    return (it->chunk & 0x8000) == 0 ? it->left : 0;
}


static bool
mw_twcc_symbol(mw_twcc_iter_t *it, unsigned *symbol)
{
    if (!mw_twcc_chunk(it)) {
        return false;
    }

    it->left--;

    if ((it->chunk & 0x8000) == 0) {
        *symbol = it->chunk >> 13 & 3;

    } else if ((it->chunk & 0x4000) == 0) {
        *symbol = it->chunk >> it->left & 1;

    } else {
        *symbol = it->chunk >> 2 * it->left & 3;
    }

    return true;
}
