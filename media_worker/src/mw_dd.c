/* The dependency descriptor: reading it bit by bit, and writing it again. */

#include "mw_bits.h"
#include "mw_dd.h"

#define MW_DD_MANDATORY 24 /* bits that are always there */
#define MW_DD_FLAGS     5
#define MW_DD_ACTIVE    0x08 /* in the flags: a mask follows */

/* in a structure, how one template differs from the one before */
#define MW_DD_NEXT_TEMPORAL 1
#define MW_DD_NEXT_SPATIAL  2
#define MW_DD_NO_MORE       3


typedef struct {
    uint8_t *data;
    size_t bits;
    size_t at;
    bool full;
} mw_dd_writer_t;


static mw_rc_t mw_dd_structure(mw_bits_t *r, mw_dd_structure_t *s);
static mw_rc_t mw_dd_layers(mw_bits_t *r, mw_dd_structure_t *s);
static void mw_dd_chains(mw_bits_t *r, mw_dd_structure_t *s);
static void mw_dd_target_layers(mw_dd_structure_t *s);
static void mw_dd_sizes(mw_bits_t *r, mw_dd_structure_t *s);
static void mw_dd_custom(
    mw_bits_t *r, const mw_dd_structure_t *s, mw_dd_t *d, unsigned flags);
static uint32_t mw_dd_get_ns(mw_bits_t *r, uint32_t n);
static void mw_dd_put(mw_dd_writer_t *w, uint32_t value, unsigned n);
static void mw_dd_copy(
    mw_dd_writer_t *w, const uint8_t *data, size_t from, size_t to);


mw_rc_t
mw_dd_parse(mw_dd_t *d, mw_dd_structure_t *s, const uint8_t *data, size_t len)
{
    unsigned id, flags;
    mw_bits_t r;
    mw_dd_structure_t fresh;
    const mw_dd_structure_t *used;

    memset(d, 0, sizeof(*d));

    mw_bits_init(&r, data, len);

    d->start = mw_bits_get(&r, 1) != 0;
    d->end = mw_bits_get(&r, 1) != 0;
    id = mw_bits_get(&r, 6);
    d->frame = (uint16_t) mw_bits_get(&r, 16);

    used = s;
    flags = len > 3 ? mw_bits_get(&r, MW_DD_FLAGS) : 0;

    if (flags & 0x10) {
        memset(&fresh, 0, sizeof(fresh));

        if (mw_dd_structure(&r, &fresh) != MW_OK) {
            return MW_DROP;
        }

        d->structure = true;
        used = &fresh;
    }

    if (used->targets == 0) {
        return MW_DROP;
    }

    d->targets = used->targets;
    d->mask_at = (uint16_t) r.at;

    if (flags & MW_DD_ACTIVE) {
        d->has_active = true;
        d->active = mw_bits_get(&r, used->targets);
    }

    d->rest_at = (uint16_t) r.at;
    id = (id + MW_DD_TEMPLATES - used->offset) % MW_DD_TEMPLATES;

    if (id >= used->templates) {
        return MW_DROP;
    }

    d->sid = used->sid[id];
    d->tid = used->tid[id];
    d->dtis = used->dtis[id];
    d->chains = used->chains < MW_DD_CHAINS ? used->chains : MW_DD_CHAINS;
    memcpy(d->link, used->link[id], sizeof(d->link));
    mw_dd_custom(&r, used, d, flags);
    d->bits = (uint16_t) r.at;

    if (r.bad) {
        return MW_DROP;
    }

    if (d->structure) {
        *s = fresh;
    }

    return MW_OK;
}


size_t
mw_dd_write(const mw_dd_t *d, const uint8_t *data, size_t len, uint16_t offset,
    uint32_t active, uint8_t *out, size_t size)
{
    unsigned flags;
    mw_dd_writer_t w;

    memset(out, 0, size);

    w.data = out;
    w.bits = 8 * size;
    w.at = 0;
    w.full = false;

    mw_dd_copy(&w, data, 0, 8);
    mw_dd_put(&w, (uint16_t) (d->frame + offset), 16);

    if (len > 3 || active != 0) {
        flags = len > 3 ? data[3] >> (8 - MW_DD_FLAGS) : 0;
        mw_dd_put(&w, active != 0 ? flags | MW_DD_ACTIVE : flags, MW_DD_FLAGS);

        if (len > 3) {
            mw_dd_copy(&w, data, MW_DD_MANDATORY + MW_DD_FLAGS, d->mask_at);
        }

        if (active != 0) {
            mw_dd_put(&w, active, d->targets);

        } else if (d->has_active) {
            mw_dd_put(&w, d->active, d->targets);
        }

        if (len > 3) {
            mw_dd_copy(&w, data, d->rest_at, d->bits);
        }
    }

    return w.full ? 0 : (w.at + 7) / 8;
}


uint32_t
mw_dd_targets(const mw_dd_structure_t *s, unsigned most_sid, unsigned most_tid)
{
    unsigned i;
    uint32_t targets;

    targets = 0;

    for (i = 0; i < s->targets; i++) {
        if (s->target_sid[i] <= most_sid && s->target_tid[i] <= most_tid) {
            targets |= (uint32_t) 1 << i;
        }
    }

    return targets;
}


uint8_t
mw_dd_chain(const mw_dd_structure_t *s, unsigned most_sid, unsigned most_tid)
{
    int best;
    unsigned i;

    best = -1;

    for (i = 0; i < s->targets; i++) {
        if (s->target_sid[i] <= most_sid && s->target_tid[i] <= most_tid
            && (best < 0 || s->target_sid[i] > s->target_sid[best]
                || (s->target_sid[i] == s->target_sid[best]
                    && s->target_tid[i] > s->target_tid[best])))
        {
            best = (int) i;
        }
    }

    return best < 0 || s->chains == 0 || s->target_chain[best] >= MW_DD_CHAINS
               ? 0
               : (uint8_t) (1u << s->target_chain[best]);
}


uint8_t
mw_dd_needed(const mw_dd_structure_t *s, const mw_dd_t *d)
{
    unsigned i;
    uint8_t needed;

    needed = 0;

    for (i = 0; i < s->targets; i++) {
        if ((d->dtis >> 2 * i & 3) != MW_DD_ABSENT) {
            needed |= (uint8_t) (1u << (s->target_sid[i] & 7));
        }
    }

    return needed;
}


bool
mw_dd_up(const mw_dd_structure_t *s, const mw_dd_t *d)
{
    unsigned i;

    for (i = 0; i < s->targets; i++) {
        if (s->target_sid[i] == d->sid && s->target_tid[i] > d->tid
            && (d->dtis >> 2 * i & 3) != MW_DD_SWITCH)
        {
            return false;
        }
    }

    return true;
}


static mw_rc_t
mw_dd_structure(mw_bits_t *r, mw_dd_structure_t *s)
{
    unsigned i, target;

    s->offset = (uint8_t) mw_bits_get(r, 6);
    s->targets = (uint8_t) (mw_bits_get(r, 5) + 1);

    if (mw_dd_layers(r, s) != MW_OK) {
        return MW_DROP;
    }

    for (i = 0; i < s->templates; i++) {
        for (target = 0; target < s->targets; target++) {
            s->dtis[i] |= (uint64_t) mw_bits_get(r, 2) << 2 * target;
        }
    }

    for (i = 0; i < s->templates; i++) {
        while (mw_bits_get(r, 1) != 0 && !r->bad) {
            (void) mw_bits_get(r, 4); /* the frame referred to */
        }
    }

    mw_dd_chains(r, s);
    mw_dd_target_layers(s);

    if (mw_bits_get(r, 1) != 0) {
        mw_dd_sizes(r, s);
    }

    return r->bad ? MW_DROP : MW_OK;
}


static mw_rc_t
mw_dd_layers(mw_bits_t *r, mw_dd_structure_t *s)
{
    uint8_t sid, tid;
    unsigned next;

    sid = 0;
    tid = 0;

    do {
        if (s->templates == MW_DD_TEMPLATES || r->bad) {
            return MW_DROP;
        }

        s->sid[s->templates] = sid;
        s->tid[s->templates] = tid;
        s->templates++;
        next = mw_bits_get(r, 2);

        if (next == MW_DD_NEXT_TEMPORAL) {
            tid++;

        } else if (next == MW_DD_NEXT_SPATIAL) {
            tid = 0;
            sid++;
        }
    } while (next != MW_DD_NO_MORE);

    s->spatial = (uint8_t) (sid + 1);

    return MW_OK;
}


static void
mw_dd_chains(mw_bits_t *r, mw_dd_structure_t *s)
{
    uint8_t link;
    unsigned i, chain;

    s->chains = (uint8_t) mw_dd_get_ns(r, s->targets + 1u);

    if (s->chains == 0) {
        return;
    }

    for (i = 0; i < s->targets; i++) {
        s->target_chain[i] = (uint8_t) mw_dd_get_ns(r, s->chains);
    }

    for (i = 0; i < s->templates; i++) {
        for (chain = 0; chain < s->chains; chain++) {
            link = (uint8_t) mw_bits_get(r, 4);

            if (chain < MW_DD_CHAINS) {
                s->link[i][chain] = link;
            }
        }
    }
}


/* a target reaches as far up as the frames that it needs */
static void
mw_dd_target_layers(mw_dd_structure_t *s)
{
    unsigned i, target;

    for (target = 0; target < s->targets; target++) {
        for (i = 0; i < s->templates; i++) {
            if ((s->dtis[i] >> 2 * target & 3) == MW_DD_ABSENT) {
                continue;
            }

            if (s->sid[i] > s->target_sid[target]) {
                s->target_sid[target] = s->sid[i];
            }

            if (s->tid[i] > s->target_tid[target]) {
                s->target_tid[target] = s->tid[i];
            }
        }
    }
}


static void
mw_dd_sizes(mw_bits_t *r, mw_dd_structure_t *s)
{
    unsigned i;
    uint32_t width, height;

    for (i = 0; i < s->spatial; i++) {
        width = mw_bits_get(r, 16) + 1;
        height = mw_bits_get(r, 16) + 1;

        if (i < MW_DD_SPATIAL) {
            s->width[i] = (uint16_t) (width & 0xffff);
            s->height[i] = (uint16_t) (height & 0xffff);
        }
    }
}


/* what this frame has other than its template */
static void
mw_dd_custom(
    mw_bits_t *r, const mw_dd_structure_t *s, mw_dd_t *d, unsigned flags)
{
    uint8_t link;
    unsigned i, size;

    if (flags & 0x04) {
        d->dtis = 0;

        for (i = 0; i < s->targets; i++) {
            d->dtis |= (uint64_t) mw_bits_get(r, 2) << 2 * i;
        }
    }

    if (flags & 0x02) {
        while ((size = mw_bits_get(r, 2)) != 0 && !r->bad) {
            (void) mw_bits_get(r, 4 * size);
        }
    }

    if (flags & 0x01) {
        for (i = 0; i < s->chains; i++) {
            link = (uint8_t) mw_bits_get(r, 8);

            if (i < MW_DD_CHAINS) {
                d->link[i] = link;
            }
        }
    }
}


/* below `n`, in as few bits as that takes (AV1, section 4.10.7) */
static uint32_t
mw_dd_get_ns(mw_bits_t *r, uint32_t n)
{
    unsigned w;
    uint32_t x, m, v;

    for (w = 0, x = n; x != 0; x >>= 1) {
        w++;
    }

    m = ((uint32_t) 1 << w) - n;
    v = mw_bits_get(r, w - 1);

    return v < m ? v : (v << 1) - m + mw_bits_get(r, 1);
}


static void
mw_dd_put(mw_dd_writer_t *w, uint32_t value, unsigned n)
{
    if (n > w->bits - w->at) {
        w->full = true;
        return;
    }

    for (/* void */; n > 0; n--, w->at++) {
        w->data[w->at / 8] |=
            (uint8_t) ((value >> (n - 1) & 1u) << (7 - w->at % 8));
    }
}


static void
mw_dd_copy(mw_dd_writer_t *w, const uint8_t *data, size_t from, size_t to)
{
    for (/* void */; from < to; from++) {
        mw_dd_put(w, data[from / 8] >> (7 - from % 8) & 1u, 1);
    }
}
