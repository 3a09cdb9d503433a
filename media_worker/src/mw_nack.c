/* Which lost packets to ask a publisher for again. */

#include "mw_nack.h"

/* a packet may be this late before it counts as lost */
#define MW_NACK_REORDER (20 * MW_MSEC)

/* between two requests for a packet */
#define MW_NACK_RTT     (100 * MW_MSEC) /* until measured */
#define MW_NACK_RTT_MIN (20 * MW_MSEC)
#define MW_NACK_RTT_MAX (500 * MW_MSEC)


static void mw_nack_take(mw_nack_t *n, int64_t seq, mw_usec_t now);
static void mw_nack_find_next(mw_nack_t *n);


void
mw_nack_init(mw_nack_t *n)
{
    n->count = 0;
    n->highest = -1;
    n->next = MW_NEVER;
    n->rtt = MW_NACK_RTT;
}


void
mw_nack_received(mw_nack_t *n, int64_t seq, bool ahead, mw_usec_t now)
{
    int64_t gap;
    mw_nack_entry_t *e;

    if (!ahead) {
        mw_nack_take(n, seq, now);
        return;
    }

    if (n->highest < 0 || seq <= n->highest) {
        n->highest = seq;
        return;
    }

    gap = seq - n->highest - 1;

    if (gap > MW_NACK_PENDING - (int64_t) n->count) {
        /* too much to repair: who needs it will ask for a keyframe */
        n->count = 0;
        n->next = MW_NEVER;
        n->highest = seq;
        return;
    }

    while (++n->highest < seq) {
        e = &n->missing[n->count++];
        e->seq = n->highest;
        e->at = now + MW_NACK_REORDER;
        e->tries = 0;

        if (e->at < n->next) {
            n->next = e->at;
        }
    }
}


void
mw_nack_forget(mw_nack_t *n, int64_t seq, unsigned tries)
{
    unsigned i, kept;
    const mw_nack_entry_t *e;

    kept = 0;

    for (i = 0; i < n->count; i++) {
        e = &n->missing[i];

        if (e->seq >= seq || e->tries < tries) {
            n->missing[kept++] = *e;
        }
    }

    n->count = kept;
    mw_nack_find_next(n);
}


unsigned
mw_nack_due(mw_nack_t *n, uint16_t seqs[MW_NACK_BATCH], mw_usec_t now)
{
    unsigned i, kept, count;
    mw_nack_entry_t e;

    count = 0;
    kept = 0;

    for (i = 0; i < n->count; i++) {
        e = n->missing[i];

        if (e.at <= now && count < MW_NACK_BATCH) {
            if (e.tries == MW_NACK_TRIES) {
                continue;
            }

            seqs[count++] = (uint16_t) e.seq;
            e.tries++;
            e.asked = now;
            e.at = now + n->rtt + n->rtt / 4;
        }

        n->missing[kept++] = e;
    }

    n->count = kept;
    mw_nack_find_next(n);

    return count;
}


mw_usec_t
mw_nack_next(const mw_nack_t *n)
{
    return n->next;
}


static void
mw_nack_take(mw_nack_t *n, int64_t seq, mw_usec_t now)
{
    unsigned i;
    mw_usec_t sample;
    mw_nack_entry_t *e;

    for (i = 0; i < n->count && n->missing[i].seq != seq; i++) {
        /* void */
    }

    if (i == n->count) {
        return;
    }

    e = &n->missing[i];

    /* asked once, so it is clear which request this answers */
    if (e->tries == 1) {
        sample = now - e->asked;
        sample = sample < MW_NACK_RTT_MIN ? MW_NACK_RTT_MIN : sample;
        sample = sample > MW_NACK_RTT_MAX ? MW_NACK_RTT_MAX : sample;
        n->rtt += (sample - n->rtt) / 8;
    }

    n->count--;
    memmove(e, e + 1, (n->count - i) * sizeof(*e));
    mw_nack_find_next(n);
}


static void
mw_nack_find_next(mw_nack_t *n)
{
    unsigned i;

    n->next = MW_NEVER;

    for (i = 0; i < n->count; i++) {
        if (n->missing[i].at < n->next) {
            n->next = n->missing[i].at;
        }
    }
}
