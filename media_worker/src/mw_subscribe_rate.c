/*
 * How much a subscriber can receive, and what it gets of that: sound first,
 * then pictures in the order of its view.
 */

#include "mw_allocate.h"
#include "mw_subscribe.h"

/* not oftener, unless the view changes */
#define MW_ALLOCATE_STEP (250 * MW_MSEC)

/* nor for whatever a receiver says, as often as it likes */
#define MW_ALLOCATE_SOON (20 * MW_MSEC)

/* of the estimate, the rest is for retransmissions */
#define MW_ALLOCATE_SHARE(estimate) ((estimate) / 100 * 95)

/* shares of loss from which sound carries the packet before it, and two */
#define MW_PROTECT_ONCE  0.01
#define MW_PROTECT_TWICE 0.06
#define MW_PROTECT_CALM  (2 * MW_SEC)
#define MW_PROTECT_HOLD  (10 * MW_SEC)

/*
 * What was taken away is held so long, or until there is so much more; twice as
 * long each time that it is taken away again so soon, but not for ever.
 */
#define MW_ALLOCATE_HOLD(vain)     ((10 * MW_SEC) << (vain))
#define MW_ALLOCATE_VAIN           (5 * MW_SEC)
#define MW_ALLOCATE_VAIN_MAX       3
#define MW_ALLOCATE_MORE(estimate) ((estimate) / 2 * 3)

/* so long after the first feedback an estimate leaves nobody out */
#define MW_ALLOCATE_START (3 * MW_SEC)

/* headers come on top of what was measured */
#define MW_ALLOCATE_HEADERS(rate) ((rate) + (rate) / 16)

/* of one who is heard, bit/s with headers */
#define MW_ALLOCATE_VOICE   60000
#define MW_ALLOCATE_PROTECT 36000 /* for each packet that another carries */
#define MW_ALLOCATE_HEARD   (3 * MW_SEC)

/* a layer that nobody measured yet; each above takes four times as much */
#define MW_ALLOCATE_GUESS 100000


static void mw_subscribe_rated_anew(mw_subscribe_t *subscribe, mw_usec_t now);
static void mw_subscribe_probe(void *ctx, mw_usec_t now);
static void mw_subscribe_probe_arm(mw_subscribe_t *subscribe, mw_usec_t now);
static void mw_subscribe_protect(mw_subscribe_t *subscribe, mw_usec_t now);
static void mw_subscribe_hold(mw_subscribe_t *subscribe, unsigned slot,
    mw_allocate_t *item, int least, mw_usec_t now);
static void mw_subscribe_lowered(
    mw_lowered_t *l, uint32_t estimate, mw_usec_t now);
static uint32_t mw_subscribe_voices(
    const mw_subscribe_t *subscribe, mw_usec_t now);
static void mw_subscribe_item(const mw_subscribe_t *subscribe, unsigned slot,
    mw_allocate_t *item, mw_level_t levels[MW_LEVELS], mw_usec_t now);


void
mw_subscribe_rate_open(mw_subscribe_t *subscribe, mw_usec_t now)
{
    unsigned i;

    mw_bwe_init(&subscribe->bwe, now);
    mw_timer_init(&subscribe->probe, mw_subscribe_probe, subscribe);
    subscribe->probe_at = MW_NEVER;

    for (i = 0; i < MEET_SLOTS_MAX; i++) {
        subscribe->cap[i] = UINT16_MAX;
        subscribe->lowered[i].level = INT8_MAX;
    }
}


void
mw_subscribe_rate_close(mw_subscribe_t *subscribe)
{
    mw_timer_cancel(subscribe->connection.participant->room->context->timers,
        &subscribe->probe);
}


unsigned
mw_subscribe_height(const mw_participant_t *p, unsigned slot)
{
    unsigned i;

    for (i = 0; i < p->nentries; i++) {
        if (p->entries[i].source == p->view.slots[slot].video) {
            return p->entries[i].height;
        }
    }

    return 0;
}


void
mw_subscribe_rate_feedback(
    mw_subscribe_t *subscribe, const mw_rtcp_item_t *item, mw_usec_t now)
{
    if (subscribe->twcc == 0
        || mw_bwe_feedback(
               &subscribe->bwe, item->u.twcc.data, item->u.twcc.len, now)
               != MW_OK)
    {
        return;
    }

    mw_subscribe_rated_anew(subscribe, now);
}


void
mw_subscribe_rate_told(
    mw_subscribe_t *subscribe, const mw_rtcp_item_t *item, mw_usec_t now)
{
    if (!subscribe->remb) {
        return;
    }

    if (item->type == MW_RTCP_REPORT) {
        mw_bwe_tell_loss(&subscribe->bwe, item->u.report.fraction / 256.0);
        return;
    }

    mw_bwe_tell(&subscribe->bwe, item->u.remb, now);

    if (now - subscribe->allocated >= MW_ALLOCATE_SOON) {
        mw_subscribe_rated_anew(subscribe, now);
    }
}


static void
mw_subscribe_rated_anew(mw_subscribe_t *subscribe, mw_usec_t now)
{
    if (now - subscribe->allocated >= MW_ALLOCATE_STEP
        || subscribe->bwe.decreased == now)
    {
        mw_subscribe_allocate(subscribe, now);

    } else {
        mw_subscribe_pace_limit(subscribe, now);
    }

    mw_subscribe_probe_arm(subscribe, now);
}


void
mw_subscribe_allocate(mw_subscribe_t *subscribe, mw_usec_t now)
{
    mw_slot_t *half;
    mw_participant_t *p;
    bool whole, tight, tried;
    unsigned i, j, n, live, tall;
    uint32_t room, voices, wanted;
    uint8_t slots[MEET_SLOTS_MAX];
    const mw_level_t *level;
    mw_allocate_t items[MEET_SLOTS_MAX];
    mw_level_t levels[MEET_SLOTS_MAX][MW_LEVELS];

    if (!mw_subscribe_rated(subscribe)) {
        return;
    }

    subscribe->allocated = now;
    p = subscribe->connection.participant;
    n = 0;
    live = 0;
    tight = false;
    mw_subscribe_protect(subscribe, now);
    voices = mw_subscribe_voices(subscribe, now);

    for (j = 0; j < p->nentries && n < MEET_SLOTS_MAX; j++) {
        for (i = 0; i < p->view.n; i++) {
            half = subscribe->slots[i][MW_VIDEO];

            if (half != NULL && mw_slot_source(half) != NULL
                && p->view.slots[i].video == p->entries[j].source)
            {
                live += mw_slot_state(half) == MW_SLOT_LIVE;
                mw_subscribe_item(subscribe, i, &items[n], levels[n], now);
                slots[n++] = (uint8_t) i;
                break;
            }
        }
    }

    room = MW_ALLOCATE_SHARE(mw_bwe_estimate(&subscribe->bwe));
    room = room > voices ? room - voices : 0;

    if (subscribe->known == 0 && mw_bwe_known(&subscribe->bwe)) {
        subscribe->known = now;
    }

    /* until the way has shown its limit, nobody is left out or held back */

    tried = subscribe->known != 0 && subscribe->bwe.decreased != 0
            && now - subscribe->known >= MW_ALLOCATE_START;

    wanted = mw_allocate(items, n, room) + voices;
    subscribe->wanted = wanted;

    /* without a picture there is nothing to probe with */
    mw_bwe_want(&subscribe->bwe, live == 0 ? 0 : wanted + wanted / 4);

    for (j = 0; j < n; j++) {
        i = slots[j];
        half = subscribe->slots[i][MW_VIDEO];

        if (tried) {
            /* what the first picture has before all others, it has at once */
            mw_subscribe_hold(
                subscribe, i, &items[j], j == 0 ? items[j].small : -1, now);

        } else {
            subscribe->lowered[i].level = items[j].chosen;
        }

        mw_slot_pause(
            half, items[j].chosen < 0 && items[j].levels != 0 && tried, now);

        level = &levels[j][items[j].chosen < 0 ? 0 : items[j].chosen];
        whole = items[j].levels == 0 || items[j].chosen == items[j].most;
        tight = tight || !whole;

        subscribe->cap[i] =
            items[j].levels == 0 || (whole && !mw_bwe_lossy(&subscribe->bwe))
                ? UINT16_MAX
                : level->height;
        tall = mw_subscribe_height(p, i);
        mw_slot_set_temporal(half, whole ? MW_SLOT_TEMPORAL_ALL : level->tid);
        mw_slot_set_height(
            half, tall < subscribe->cap[i] ? tall : subscribe->cap[i], now);

        if (subscribe->lowered[i].at == now) {
            mw_subscribe_pace_lowered(subscribe, i, now);
        }
    }

    subscribe->tight = tight;
    mw_subscribe_pace_limit(subscribe, now);
    mw_subscribe_probe_arm(subscribe, now);
}


/*
 * What was taken away is not given back at once, or pictures would go up and
 * down: not before some time has passed or there is much more room.
 */
static void
mw_subscribe_hold(mw_subscribe_t *subscribe, unsigned slot, mw_allocate_t *item,
    int least, mw_usec_t now)
{
    uint32_t estimate;
    mw_lowered_t *l;

    l = &subscribe->lowered[slot];
    estimate = mw_bwe_estimate(&subscribe->bwe);
    least = least < l->level ? l->level : least;

    if (item->chosen < l->level && item->chosen < item->most) {
        mw_subscribe_lowered(l, estimate, now);

    } else if (item->chosen > l->level && l->at != 0
               && now - l->at < MW_ALLOCATE_HOLD(l->vain)
               && estimate < MW_ALLOCATE_MORE(l->estimate)
               && item->shown <= l->level && item->chosen > least)
    {
        item->chosen = (int8_t) least;
    }

    if (item->chosen > l->level) {
        l->raised = now;
        l->tried = estimate;
    }

    l->level = item->chosen;
}


/* an estimate that fell because more was tried is no measure for more */
static void
mw_subscribe_lowered(mw_lowered_t *l, uint32_t estimate, mw_usec_t now)
{
    bool vain;

    vain = now - l->raised < MW_ALLOCATE_VAIN;

    if (!vain) {
        l->vain = 0;

    } else if (l->vain < MW_ALLOCATE_VAIN_MAX && l->raised > l->at) {
        l->vain++;
    }

    l->at = now;
    l->estimate = vain && l->tried > estimate ? l->tried : estimate;
}


/* more is done against loss while there is some, and a while on */
static void
mw_subscribe_protect(mw_subscribe_t *subscribe, mw_usec_t now)
{
    bool calm;
    double loss;
    unsigned i, half;
    uint8_t packets, copies;

    loss = mw_bwe_loss(&subscribe->bwe);
    packets = loss > MW_PROTECT_TWICE ? 2 : loss > MW_PROTECT_ONCE ? 1 : 0;

    /* a queue that runs over is no reason to send more */

    calm = subscribe->bwe.decreased == 0
           || now - subscribe->bwe.decreased >= MW_PROTECT_CALM;

    if (!calm && packets > subscribe->protect) {
        packets = subscribe->protect;
    }

    if (packets >= subscribe->protect) {
        subscribe->protected = now;

    } else if (now - subscribe->protected < MW_PROTECT_HOLD) {
        packets = subscribe->protect;
    }

    subscribe->protect = packets;

    /* the first losses are there before they are a share of anything */
    copies = (uint8_t) ((packets > 0) + calm);

    for (i = 0; i < subscribe->connection.participant->view.n; i++) {
        for (half = 0; half < MW_HALVES; half++) {
            if (subscribe->slots[i][half] != NULL) {
                mw_slot_protect(subscribe->slots[i][half], packets, copies);
            }
        }
    }
}


/* bit/s for those who were heard of late, and for one who may begin */
static uint32_t
mw_subscribe_voices(const mw_subscribe_t *subscribe, mw_usec_t now)
{
    unsigned i, n;
    const mw_slot_t *half;

    n = 0;

    for (i = 0; i < subscribe->connection.participant->view.n; i++) {
        half = subscribe->slots[i][MW_AUDIO];

        if (half != NULL && mw_slot_state(half) == MW_SLOT_LIVE
            && now - mw_source_heard(mw_slot_source(half)) < MW_ALLOCATE_HEARD)
        {
            n++;
        }
    }

    return (n == 0 ? 1 : n)
           * (MW_ALLOCATE_VOICE + subscribe->protect * MW_ALLOCATE_PROTECT);
}


/* what one picture could get, and has */
static void
mw_subscribe_item(const mw_subscribe_t *subscribe, unsigned slot,
    mw_allocate_t *item, mw_level_t levels[MW_LEVELS], mw_usec_t now)
{
    unsigned i, wanted;
    uint32_t guess;
    uint16_t fits, below;
    const mw_slot_t *half;

    half = subscribe->slots[slot][MW_VIDEO];
    wanted = mw_subscribe_height(subscribe->connection.participant, slot);
    guess = MW_ALLOCATE_GUESS;

    memset(item, 0, sizeof(*item));
    item->levels =
        (uint8_t) mw_source_levels(mw_slot_source(half), levels, now);
    item->shown = -1;
    fits = 0;
    below = 0;

    for (i = 0; i < item->levels; i++) {
        guess *= i > 0 && levels[i].height != levels[i - 1].height ? 4 : 1;
        item->rate[i] =
            levels[i].rate == 0 ? guess : MW_ALLOCATE_HEADERS(levels[i].rate);

        /* the first layer that fills the tile, as mw_layer_choose() takes it */
        if (levels[i].height != fits && (i == 0 || fits < wanted * 4 / 5)) {
            below = fits;
            fits = levels[i].height;
        }
    }

    /* where much gets lost, fewer packets to a picture make it whole sooner */

    if (mw_bwe_lossy(&subscribe->bwe) && below != 0) {
        fits = below;
    }

    for (i = 0; i < item->levels; i++) {
        if (levels[i].height == fits) {
            item->most = (uint8_t) i;
        }

        if (levels[i].height == levels[0].height) {
            item->small = (uint8_t) i;
        }

        if (!mw_slot_paused(half)
            && (i == 0
                || (levels[i].height <= subscribe->cap[slot]
                    && levels[i].height <= fits
                    && (levels[i].height < subscribe->cap[slot]
                        || levels[i].tid <= mw_slot_temporal(half)))))
        {
            item->shown = (int8_t) i;
        }
    }

    /* a quarter of the pictures, as of larger layers, moves too little */

    item->usable = item->small >= MW_LAYER_FLUENT
                       ? (uint8_t) (item->small - (MW_LAYER_FLUENT - 1))
                       : 0;
}


static void
mw_subscribe_probe_arm(mw_subscribe_t *subscribe, mw_usec_t now)
{
    mw_usec_t at;

    at = mw_bwe_due(&subscribe->bwe, now);

    if (at < subscribe->probe_at) {
        subscribe->probe_at = at;
        mw_timer_set(subscribe->connection.participant->room->context->timers,
            &subscribe->probe, at);
    }
}


static void
mw_subscribe_probe(void *ctx, mw_usec_t now)
{
    size_t bytes;
    unsigned i;
    mw_slot_t *half;
    mw_subscribe_t *subscribe = ctx;

    subscribe->probe_at = MW_NEVER;

    if (mw_peer_state(subscribe->connection.peer) != MW_PEER_CONNECTED) {
        return; /* armed again by the first allocation after that */
    }

    bytes = mw_bwe_padding(&subscribe->bwe, now);
    subscribe->probing = true;

    for (i = 0; i < MEET_SLOTS_MAX && bytes > 0; i++) {
        half = subscribe->slots[i][MW_VIDEO];

        if (half != NULL && mw_slot_probe(half, bytes, now) != 0) {
            break;
        }
    }

    subscribe->probing = false;
    mw_subscribe_probe_arm(subscribe, now);
}
