/* Feedback about every packet of a connection. */

#include "mw_twcc.h"

#define MW_TWCC_HEAD 20 /* up to the first chunk */

/* status symbols, draft section 3.1.1 */
#define MW_TWCC_LOST  0
#define MW_TWCC_SMALL 1
#define MW_TWCC_LARGE 2

/* the longest feedback packet: each status a chunk's seventh and two bytes */
#define MW_TWCC_ROOM                                                           \
    (MW_TWCC_HEAD + MW_TWCC_REPORT / 7 * 2 + 2 + 2 * MW_TWCC_REPORT + 4)

/* lost numbers in front of the first one received */
#define MW_TWCC_LEAD (MW_TWCC_REPORT / 2)

#define MW_TWCC_ONES 14 /* statuses in a vector of one bit each */
#define MW_TWCC_TWOS 7

/* numbers start here, so that those before the first are positive */
#define MW_TWCC_FIRST 0x10000


/* statuses of one feedback packet, and where their deltas go */
typedef struct {
    uint8_t symbol[MW_TWCC_REPORT];
    unsigned n;
    uint8_t delta[2 * MW_TWCC_REPORT];
    size_t delta_len;
} mw_twcc_statuses_t;


static int64_t mw_twcc_first(const mw_twcc_t *t);
static void mw_twcc_collect(
    const mw_twcc_t *t, int64_t base, mw_usec_t time, mw_twcc_statuses_t *s);
static size_t mw_twcc_chunks(const mw_twcc_statuses_t *s, uint8_t *out);
static void mw_twcc_reported(mw_twcc_t *t, int64_t next);


static inline mw_usec_t *
mw_twcc_at(mw_twcc_t *t, int64_t seq)
{
    return &t->at[(uint64_t) seq & (MW_TWCC_WINDOW - 1)];
}


static inline mw_usec_t
mw_twcc_arrival(const mw_twcc_t *t, int64_t seq)
{
    return t->at[(uint64_t) seq & (MW_TWCC_WINDOW - 1)];
}


void
mw_twcc_init(mw_twcc_t *t)
{
    memset(t, 0, sizeof(*t));

    t->highest = -1;
}


void
mw_twcc_received(mw_twcc_t *t, uint16_t seq16, mw_usec_t now)
{
    int64_t seq;

    if (t->highest < 0) {
        t->highest = MW_TWCC_FIRST + seq16;
        t->next = t->highest;
    }

    seq = t->highest + (int16_t) (uint16_t) (seq16 - (uint16_t) t->highest);

    if (seq <= t->highest - MW_TWCC_WINDOW) {
        return;
    }

    if (seq - t->highest >= MW_TWCC_WINDOW) {
        /* the sender began anew or was away for long */
        memset(t->at, 0, sizeof(t->at));
        t->highest = seq;
        t->next = seq;
        t->waiting = 0;
    }

    while (t->highest < seq) {
        *mw_twcc_at(t, ++t->highest) = 0;
    }

    if (t->next <= t->highest - MW_TWCC_WINDOW) {
        t->next = t->highest - MW_TWCC_WINDOW + 1;
    }

    if (*mw_twcc_at(t, seq) != 0) {
        return;
    }

    *mw_twcc_at(t, seq) = now;

    /* a late one is reported together with those after it, once more */
    if (seq < t->next) {
        t->next = seq;
    }

    if (t->waiting++ == 0) {
        t->since = now;
    }
}


mw_usec_t
mw_twcc_due(const mw_twcc_t *t)
{
    if (t->waiting == 0) {
        return MW_NEVER;
    }

    return t->waiting >= MW_TWCC_PACKETS ? t->since
                                         : t->since + MW_TWCC_INTERVAL;
}


mw_rc_t
mw_twcc_write(mw_twcc_t *t, mw_rtcp_writer_t *w, uint32_t sender, uint32_t ssrc)
{
    size_t len, padding;
    int64_t base, first;
    uint8_t *p;
    mw_usec_t time;
    mw_twcc_statuses_t s;

    if (t->waiting == 0 || w->room - w->len < MW_TWCC_ROOM) {
        return MW_AGAIN;
    }

    first = mw_twcc_first(t);

    /* what was lost before it is part of the report, if that is short */
    base = first - t->next < MW_TWCC_LEAD ? t->next : first;
    time = mw_twcc_arrival(t, first) / MW_TWCC_BASE;
    mw_twcc_collect(t, base, time * MW_TWCC_BASE, &s);

    p = w->buf + w->len;

    p[0] = 0x80 | MW_TWCC_FMT;
    p[1] = MW_TWCC_PT;
    mw_put32(p + 4, sender);
    mw_put32(p + 8, ssrc);
    mw_put16(p + 12, (uint16_t) base);
    mw_put16(p + 14, (uint16_t) s.n);
    mw_put24(p + 16, (uint32_t) time & 0xffffff);
    p[19] = t->count++;

    len = MW_TWCC_HEAD;
    len += mw_twcc_chunks(&s, p + len);
    memcpy(p + len, s.delta, s.delta_len);
    len += s.delta_len;

    padding = (4 - len % 4) % 4;

    if (padding != 0) {
        /* RFC 3550 section 6.4.1: the last byte counts itself */
        memset(p + len, 0, padding);
        len += padding;
        p[len - 1] = (uint8_t) padding;
        p[0] |= 0x20;
    }

    mw_put16(p + 2, (uint16_t) (len / 4 - 1));
    w->len += len;
    mw_twcc_reported(t, base + s.n);

    return MW_OK;
}


/* the first packet to report; there is one */
static int64_t
mw_twcc_first(const mw_twcc_t *t)
{
    int64_t seq;

    seq = t->next;

    while (seq < t->highest && mw_twcc_arrival(t, seq) == 0) {
        seq++;
    }

    return seq;
}


static void
mw_twcc_collect(
    const mw_twcc_t *t, int64_t base, mw_usec_t time, mw_twcc_statuses_t *s)
{
    int64_t seq, ticks, last, delta;
    mw_usec_t at;

    s->n = 0;
    s->delta_len = 0;
    last = time / MW_TWCC_TICK;

    for (seq = base; seq <= t->highest && s->n < MW_TWCC_REPORT; seq++) {
        at = mw_twcc_arrival(t, seq);

        if (at == 0) {
            s->symbol[s->n++] = MW_TWCC_LOST;
            continue;
        }

        ticks = at / MW_TWCC_TICK;
        delta = ticks - last;

        if (delta >= 0 && delta <= UINT8_MAX) {
            s->symbol[s->n++] = MW_TWCC_SMALL;
            s->delta[s->delta_len++] = (uint8_t) delta;

        } else if (delta >= INT16_MIN && delta <= INT16_MAX) {
            s->symbol[s->n++] = MW_TWCC_LARGE;
            mw_put16(s->delta + s->delta_len, (uint16_t) delta);
            s->delta_len += 2;

        } else {
            return; /* the next packet starts from another base time */
        }

        last = ticks;
    }
}


/* a run where it pays, otherwise a vector of one bit or two bits each */
static size_t
mw_twcc_chunks(const mw_twcc_statuses_t *s, uint8_t *out)
{
    bool ones;
    size_t len;
    uint16_t chunk;
    unsigned i, j, run;

    len = 0;

    for (i = 0; i < s->n;) {
        run = 1;

        while (i + run < s->n && s->symbol[i + run] == s->symbol[i]) {
            run++;
        }

        ones = true;

        for (j = i; j < s->n && j < i + MW_TWCC_ONES; j++) {
            ones = ones && s->symbol[j] != MW_TWCC_LARGE;
        }

        if (run >= (ones ? MW_TWCC_ONES : MW_TWCC_TWOS) || i + run == s->n) {
            chunk = (uint16_t) (s->symbol[i] << 13 | run);
            i += run;

        } else if (ones) {
            chunk = 0x8000;

            for (j = 0; j < MW_TWCC_ONES && i < s->n; j++, i++) {
                chunk |= (uint16_t) (s->symbol[i] << (13 - j));
            }

        } else {
            chunk = 0xc000;

            for (j = 0; j < MW_TWCC_TWOS && i < s->n; j++, i++) {
                chunk |= (uint16_t) (s->symbol[i] << (12 - 2 * j));
            }
        }

        mw_put16(out + len, chunk);
        len += 2;
    }

    return len;
}


static void
mw_twcc_reported(mw_twcc_t *t, int64_t next)
{
    int64_t seq;

    t->next = next;
    t->waiting = 0;

    for (seq = next; seq <= t->highest; seq++) {
        if (mw_twcc_arrival(t, seq) != 0 && t->waiting++ == 0) {
            t->since = mw_twcc_arrival(t, seq);
        }
    }
}
