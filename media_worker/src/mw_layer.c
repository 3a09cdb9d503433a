/* Reception of one RTP stream, after RFC 3550 appendix A. */

#include "mw_layer.h"

/* RFC 3550 A.1: further ahead is not loss but another numbering */
#define MW_LAYER_DROPOUT 3000

/* extended numbers start here, so that those before the first are positive */
#define MW_LAYER_FIRST 0x10000

/* a report further from the packets than this is not believed */
#define MW_LAYER_SR_SLACK 5 /* seconds */


static mw_layer_order_t mw_layer_jump(
    mw_layer_t *l, uint32_t ssrc, uint16_t seq16, int64_t *seq);
static void mw_layer_begin(mw_layer_t *l, uint32_t ssrc, int64_t seq);
static bool mw_layer_mark(mw_layer_t *l, int64_t seq);
static void mw_layer_clear(mw_layer_t *l, int64_t seq);
static uint32_t mw_layer_ticks(int64_t usec, uint32_t clock);


void
mw_layer_init(mw_layer_t *l)
{
    memset(l, 0, sizeof(*l));

    l->highest = -1;
}


mw_layer_order_t
mw_layer_input(
    mw_layer_t *l, uint32_t ssrc, uint16_t seq16, bool rtx, int64_t *seq)
{
    int16_t ahead;

    if (!l->started) {
        if (rtx) {
            return MW_LAYER_STALE;
        }

        mw_layer_begin(l, ssrc, MW_LAYER_FIRST + seq16);
        *seq = l->highest;
        return MW_LAYER_NEXT;
    }

    ahead = (int16_t) (uint16_t) (seq16 - (uint16_t) l->highest);

    if (!rtx && ssrc != l->ssrc) {
        /* the sender started the stream anew */
        l->jumped = true;
        l->jump = seq16;
        return mw_layer_jump(l, ssrc, seq16, seq);
    }

    if (ahead > 0 && ahead < MW_LAYER_DROPOUT) {
        *seq = l->highest + ahead;

        if (ahead >= MW_LAYER_WINDOW) {
            memset(l->seen, 0, sizeof(l->seen));

        } else {
            while (l->highest < *seq) {
                mw_layer_clear(l, ++l->highest);
            }
        }

        l->highest = *seq;
        mw_layer_mark(l, *seq);
        l->received += rtx ? 0 : 1;
        l->jumped = l->jumped && rtx;
        l->heard = true;
        return MW_LAYER_NEXT;
    }

    if (ahead <= 0 && ahead > -MW_LAYER_WINDOW) {
        *seq = l->highest + ahead;

        if (*seq < l->base) {
            return MW_LAYER_STALE;
        }

        if (!mw_layer_mark(l, *seq)) {
            return MW_LAYER_DUPLICATE;
        }

        l->received += rtx ? 0 : 1;
        l->heard = true;
        return MW_LAYER_LATE;
    }

    return rtx ? MW_LAYER_STALE : mw_layer_jump(l, ssrc, seq16, seq);
}


bool
mw_layer_missing(const mw_layer_t *l, uint16_t seq16)
{
    int64_t seq;
    int16_t ahead;
    uint64_t i;

    ahead = (int16_t) (uint16_t) (seq16 - (uint16_t) l->highest);
    seq = l->highest + ahead;

    if (!l->started || ahead > 0 || ahead <= -MW_LAYER_WINDOW || seq < l->base)
    {
        return false;
    }

    i = (uint64_t) seq % MW_LAYER_WINDOW;

    return (l->seen[i / 64] & 1ull << i % 64) == 0;
}


/* RFC 3550 A.1: two packets in a row make a new numbering */
static mw_layer_order_t
mw_layer_jump(mw_layer_t *l, uint32_t ssrc, uint16_t seq16, int64_t *seq)
{
    int64_t cycle;

    if (!l->jumped || seq16 != l->jump) {
        l->jumped = true;
        l->jump = (uint16_t) (seq16 + 1);
        return MW_LAYER_JUMP;
    }

    l->lost_before = mw_layer_lost(l);

    /* the next cycle but one: further than any window from what was before */
    cycle = (l->highest >> 16) + 2;
    mw_layer_begin(l, ssrc, cycle << 16 | seq16);
    *seq = l->highest;

    return MW_LAYER_RESTART;
}


static void
mw_layer_begin(mw_layer_t *l, uint32_t ssrc, int64_t seq)
{
    if (ssrc != l->ssrc) {
        l->sr_at = 0;
        l->lsr = 0;
    }

    l->ssrc = ssrc;
    l->highest = seq;
    l->base = seq;
    l->received = 1;
    l->received_prior = 0;
    l->expected_prior = 0;
    l->transit = 0;
    l->jitter = 0;
    l->last = 0;
    l->jumped = false;
    l->started = true;
    l->heard = true;

    memset(l->seen, 0, sizeof(l->seen));
    mw_layer_mark(l, seq);
}


void
mw_layer_time(mw_layer_t *l, uint32_t ts, uint32_t clock, mw_usec_t now)
{
    int32_t d;
    uint32_t transit;

    /* RFC 3550 A.8 */
    transit = mw_layer_ticks(now, clock) - ts;

    if (l->last != 0) {
        d = (int32_t) (transit - l->transit);
        l->jitter +=
            (d < 0 ? 0u - (uint32_t) d : (uint32_t) d) - ((l->jitter + 8) >> 4);
    }

    l->transit = transit;
    l->last_ts = ts;
    l->last = now;
}


void
mw_layer_sr(mw_layer_t *l, uint64_t ntp, uint32_t ts, mw_usec_t now)
{
    l->sr_at = now;
    l->sr_usec = mw_ntp_usec(ntp);
    l->sr_ts = ts;
    l->lsr = (uint32_t) (ntp >> 16);
}


void
mw_layer_report(mw_layer_t *l, mw_rtcp_report_t *report, mw_usec_t now)
{
    int64_t expected, lost, interval;

    expected = l->highest - l->base + 1;
    interval = expected - l->expected_prior;
    lost = interval - (l->received - l->received_prior);

    l->expected_prior = expected;
    l->received_prior = l->received;
    l->heard = false;

    report->fraction =
        lost <= 0 || interval <= 0 ? 0 : (uint8_t) ((lost * 255) / interval);

    lost = mw_layer_lost(l);
    lost = lost > INT32_MAX ? INT32_MAX : lost;
    lost = lost < INT32_MIN ? INT32_MIN : lost;

    report->ssrc = l->ssrc;
    report->lost = (int32_t) lost;
    report->highest = (uint32_t) (l->highest - MW_LAYER_FIRST);
    report->jitter = l->jitter >> 4;
    report->lsr = l->lsr;
    report->dlsr =
        l->sr_at == 0 ? 0 : (uint32_t) ((now - l->sr_at) * 65536 / MW_SEC);
}


int64_t
mw_layer_lost(const mw_layer_t *l)
{
    if (!l->started) {
        return 0;
    }

    return l->lost_before + l->highest - l->base + 1 - l->received;
}


bool
mw_layer_ts_at(const mw_layer_t *l, const int64_t *offset, uint32_t clock,
    mw_usec_t now, uint32_t *ts)
{
    int32_t d;
    uint32_t by_packet, by_report;

    if (l->last == 0) {
        return false;
    }

    by_packet = l->last_ts + mw_layer_ticks(now - l->last, clock);

    if (l->sr_at == 0 || offset == NULL) {
        *ts = by_packet;
        return true;
    }

    by_report = l->sr_ts + mw_layer_ticks(now - *offset - l->sr_usec, clock);
    d = (int32_t) (by_report - by_packet);

    if (d > (int32_t) (MW_LAYER_SR_SLACK * clock)
        || d < -(int32_t) (MW_LAYER_SR_SLACK * clock))
    {
        *ts = by_packet;
        return true;
    }

    *ts = by_report;

    return true;
}


int64_t
mw_ntp_usec(uint64_t ntp)
{
    return (int64_t) ((ntp >> 32) * 1000000
                      + (((ntp & 0xffffffff) * 1000000) >> 32));
}


/* false: it was marked already */
static bool
mw_layer_mark(mw_layer_t *l, int64_t seq)
{
    uint64_t bit, *word;

    word = &l->seen[((uint64_t) seq & (MW_LAYER_WINDOW - 1)) / 64];
    bit = (uint64_t) 1 << ((uint64_t) seq & 63);

    if (*word & bit) {
        return false;
    }

    *word |= bit;

    return true;
}


static void
mw_layer_clear(mw_layer_t *l, int64_t seq)
{
    l->seen[((uint64_t) seq & (MW_LAYER_WINDOW - 1)) / 64] &=
        ~((uint64_t) 1 << ((uint64_t) seq & 63));
}


/* modulo 2^32; through seconds, so that no product overflows */
static uint32_t
mw_layer_ticks(int64_t usec, uint32_t clock)
{
    int64_t sec, rest;

    sec = usec / MW_SEC;
    rest = usec % MW_SEC;

    return (uint32_t) ((uint64_t) sec * clock)
           + (uint32_t) (rest * (int64_t) clock / MW_SEC);
}
