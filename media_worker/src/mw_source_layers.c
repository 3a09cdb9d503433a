/* Which layers a source has, and what is asked of its publisher. */

#include "mw_source_int.h"

/* nothing is asked of a publisher who sends nothing */
#define MW_SOURCE_ASLEEP (3 * MW_SEC)

/* sound that so many packets came after is not waited for */
#define MW_SOURCE_SOUND 12

/* rates are measured over this time */
#define MW_SOURCE_REVIEW (500 * MW_MSEC)

/* a layer that sent nothing for so long, while another did, was given up */
#define MW_SOURCE_DEAD (400 * MW_MSEC)


static bool mw_source_stopped(mw_source_t *source, mw_usec_t now);
static bool mw_source_review(mw_source_t *source, mw_usec_t now);
static void mw_source_rate(mw_source_layer_t *l, mw_usec_t time);
static void mw_source_request(
    mw_source_t *source, mw_source_layer_t *l, mw_usec_t now);
static void mw_source_ask_again(
    mw_source_t *source, mw_source_layer_t *l, mw_usec_t now);
static mw_usec_t mw_source_due(
    mw_source_t *source, mw_source_layer_t *l, mw_usec_t now);


mw_rc_t
mw_source_set_layers(mw_source_t *source, unsigned count)
{
    bool video;
    unsigned i;
    mw_source_layer_t *l;

    video = mw_kind_is_video(source->conf.kind);
    count = count < 1 || !video ? 1 : count;
    count = count > MW_LAYERS ? MW_LAYERS : count;

    for (i = 0; i < count; i++) {
        l = &source->layers[i];

        if (l->store != NULL) {
            continue;
        }

        l->store = mw_store_create(source->conf.pool,
            video ? MW_SOURCE_VIDEO_PACKETS : MW_SOURCE_AUDIO_PACKETS,
            video ? MW_SOURCE_VIDEO_AGE : MW_SOURCE_AUDIO_AGE);

        if (l->store == NULL) {
            return MW_ERROR;
        }
    }

    /* layers that a later offer leaves out stay as ones that send nothing */

    if (count > source->count) {
        source->count = count;
    }

    return MW_OK;
}


unsigned
mw_source_choose(const mw_source_t *source, unsigned height)
{
    int layer;
    unsigned count;
    mw_layer_info_t infos[MW_LAYERS];

    count = mw_source_infos(source, infos, 0);
    layer = mw_layer_choose(infos, count, height);

    return layer < 0 ? 0 : (unsigned) layer;
}


unsigned
mw_source_levels(
    const mw_source_t *source, mw_level_t levels[MW_LEVELS], mw_usec_t now)
{
    unsigned count;
    mw_layer_info_t infos[MW_LAYERS];

    count = mw_source_infos(source, infos, now);

    return mw_layer_levels(infos, count, levels);
}


bool
mw_source_small(const mw_source_t *source)
{
    unsigned i, tallest, lost;
    const mw_listener_t *slot;

    tallest = 0;
    lost = 0;

    for (i = 0; i < source->count; i++) {
        if (!source->layers[i].info.alive) {
            lost = source->layers[i].info.height > lost
                       ? source->layers[i].info.height
                       : lost;

        } else if (source->layers[i].info.height > tallest) {
            tallest = source->layers[i].info.height;
        }
    }

    if (tallest == 0 || lost <= tallest) {
        return false;
    }

    for (slot = source->slots.next; slot != &source->slots; slot = slot->next) {
        if (mw_slot_height((const mw_slot_t *) slot) > tallest) {
            return true;
        }
    }

    return false;
}


void
mw_source_watch(mw_source_t *source, unsigned layer)
{
    mw_source_layer_t *l;

    l = &source->layers[layer];

    if (l->watchers++ == 0 && mw_source_is_relayed(source)) {
        source->conf.ops.want(source->conf.ops.owner);
    }
}


void
mw_source_unwatch(mw_source_t *source, unsigned layer)
{
    mw_source_layer_t *l;

    l = &source->layers[layer];

    if (--l->watchers == 0 && source->count > 1) {
        /* who comes next could not start with a keyframe that breaks off */
        l->keyframe.wanted = false;
        l->picture.key_seq = -1;
        mw_nack_init(&l->nack);
        mw_chain_init(&l->chain);
        mw_store_expire(l->store, MW_NEVER);
    }
}


bool
mw_source_watched(const mw_source_t *source, const mw_source_layer_t *l)
{
    return source->count == 1 || l->watchers != 0;
}


void
mw_source_want_keyframe(mw_source_t *source, unsigned layer, mw_usec_t now)
{
    mw_source_layer_t *l;

    l = &source->layers[layer];

    if (!l->keyframe.wanted) {
        mw_keyframe_want(&l->keyframe);
        mw_source_schedule(source, now);
    }
}


mw_stored_t *
mw_source_packet(const mw_source_t *source, unsigned layer, int64_t seq)
{
    return mw_store_get(source->layers[layer].store, seq);
}


int64_t
mw_source_highest(const mw_source_t *source, unsigned layer)
{
    return source->layers[layer].in.highest;
}


uint32_t
mw_source_kept(const mw_source_t *source, unsigned layer)
{
    return mw_store_span(source->layers[layer].store);
}


int64_t
mw_source_keyframe(const mw_source_t *source, unsigned layer)
{
    return source->layers[layer].picture.key_seq;
}


bool
mw_source_ts_at(
    const mw_source_t *source, unsigned layer, mw_usec_t now, uint32_t *ts)
{
    const mw_source_clock_t *clock;

    clock = source->conf.clock;

    return mw_layer_ts_at(&source->layers[layer].in,
        clock->known ? &clock->offset : NULL,
        mw_codec_clock(source->stats.codec), now, ts);
}


void
mw_source_reset_layer(mw_source_layer_t *l)
{
    mw_picture_init(&l->picture);
    mw_chain_init(&l->chain);
    mw_nack_init(&l->nack);

    if (l->store != NULL) {
        mw_store_expire(l->store, MW_NEVER);
    }
}


void
mw_source_measure(mw_source_t *source, unsigned layer,
    const mw_picture_info_t *info, size_t len, mw_usec_t now)
{
    bool changed;
    mw_source_layer_t *l;
    mw_listener_t *slot, *next;

    l = &source->layers[layer];
    l->last = now;

    if (source->count > 1 && mw_source_is_relayed(source)) {
        return; /* only layers that are wanted come here: we are told */
    }

    l->bytes[info->tid] += (uint32_t) len;

    changed = !l->info.alive;
    l->info.alive = true;

    if (info->height[0] != 0
        && (info->height[0] != l->info.height
            || info->width[0] != l->info.width))
    {
        l->info.width = info->width[0];
        l->info.height = info->height[0];
        changed = true;
    }

    if (source->count == 1) {
        changed = mw_source_spatial(source, info, len, now);
    }

    changed = mw_source_stopped(source, now) || changed;

    if (now - source->reviewed >= MW_SOURCE_REVIEW) {
        changed = mw_source_review(source, now) || changed;
    }

    if (!changed || (source->count == 1 && !mw_source_layered(source))) {
        return;
    }

    for (slot = source->slots.next; slot != &source->slots; slot = next) {
        next = slot->next;
        mw_slot_choose((mw_slot_t *) slot, now);
    }
}


/* whoever shows such a layer has stood still since: it is told at once */
static bool
mw_source_stopped(mw_source_t *source, mw_usec_t now)
{
    bool any;
    unsigned i;
    mw_source_layer_t *l;

    any = false;

    for (i = 0; i < source->count; i++) {
        l = &source->layers[i];

        if (l->info.alive && now - l->last >= MW_SOURCE_DEAD) {
            l->info.alive = false;
            any = true;
        }
    }

    return any;
}


/* measures rates; true: another order */
static bool
mw_source_review(mw_source_t *source, mw_usec_t now)
{
    bool changed;
    unsigned i, n;
    mw_source_layer_t *l;
    mw_layer_info_t infos[MW_LAYERS];
    uint8_t before[MW_LAYERS], after[MW_LAYERS];

    for (i = 0; i < source->count; i++) {
        infos[i] = source->layers[i].info;
    }

    n = mw_layer_rank(infos, source->count, before);

    for (i = 0; i < source->count; i++) {
        l = &source->layers[i];

        if (source->reviewed != 0 && now - source->reviewed < MW_SEC
            && now - l->last < MW_SOURCE_REVIEW)
        {
            /* of one that rests, what it took before is remembered */
            mw_source_rate(l, now - source->reviewed);
        }

        memset(l->bytes, 0, sizeof(l->bytes));
        infos[i] = l->info;
    }

    source->reviewed = now;

    changed = mw_layer_rank(infos, source->count, after) != n;

    return changed || memcmp(before, after, n) != 0;
}


/* bit/s of late, with each temporal layer and all below it */
static void
mw_source_rate(mw_source_layer_t *l, mw_usec_t time)
{
    unsigned tid;
    uint32_t rate;
    uint64_t bytes;

    bytes = 0;

    for (tid = 0; tid < MW_TEMPORAL; tid++) {
        bytes += l->bytes[tid];
        rate = (uint32_t) (bytes * 8 * MW_SEC / (uint64_t) time);
        l->info.upto[tid] =
            l->info.upto[tid] == 0 ? rate : (3 * l->info.upto[tid] + rate) / 4;

        if (l->bytes[tid] != 0) {
            l->info.temporal = (uint8_t) (tid + 1);
        }
    }

    l->info.rate = l->info.upto[MW_TEMPORAL - 1];
}


static void
mw_source_request(mw_source_t *source, mw_source_layer_t *l, mw_usec_t now)
{
    uint8_t buf[16];
    mw_rtcp_writer_t w;

    if (mw_source_is_relayed(source)) {
        source->conf.ops.keyframe(
            source->conf.ops.owner, (unsigned) (l - source->layers));
        return;
    }

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    mw_rtcp_write_pli(&w, source->conf.local_ssrc, l->in.ssrc);
    source->conf.ops.write_rtcp(source->conf.ops.owner, buf, w.len, now);
    source->stats.keyframe_requests++;
}


static void
mw_source_ask_again(mw_source_t *source, mw_source_layer_t *l, mw_usec_t now)
{
    unsigned count;
    uint8_t buf[MW_RTCP_ROOM];
    uint16_t seqs[MW_NACK_BATCH];
    mw_rtcp_writer_t w;

    if (!mw_kind_is_video(source->conf.kind)) {
        mw_nack_forget(&l->nack, l->in.highest - MW_SOURCE_SOUND, 0);
    }

    count = mw_nack_due(&l->nack, seqs, now);

    if (count == 0) {
        return;
    }

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    mw_rtcp_write_nack(&w, source->conf.local_ssrc, l->in.ssrc, seqs, count);
    source->conf.ops.write_rtcp(source->conf.ops.owner, buf, w.len, now);
    source->stats.nacks += count;
}


void
mw_source_schedule(mw_source_t *source, mw_usec_t now)
{
    unsigned i;
    mw_usec_t at, next;

    at = source->expire;

    for (i = 0; i < source->count; i++) {
        next = mw_source_due(source, &source->layers[i], now);
        at = next < at ? next : at;
    }

    if (at < source->armed) {
        source->armed = at;
        source->conf.ops.arm(source->conf.ops.owner, at);
    }
}


/* what is due for one layer; when the next thing is */
static mw_usec_t
mw_source_due(mw_source_t *source, mw_source_layer_t *l, mw_usec_t now)
{
    mw_usec_t keyframe, nack;

    /* asleep: the next packet comes by here; elsewhere that is not known */

    if (source->muted
        || (!mw_source_is_relayed(source)
            && (l->last == 0 || now - l->last >= MW_SOURCE_ASLEEP)))
    {
        return MW_NEVER;
    }

    if (mw_keyframe_due(&l->keyframe, now)) {
        mw_source_request(source, l, now);
    }

    if (mw_nack_next(&l->nack) <= now) {
        mw_source_ask_again(source, l, now);
    }

    keyframe = mw_keyframe_next(&l->keyframe);
    nack = mw_nack_next(&l->nack);

    return keyframe < nack ? keyframe : nack;
}
