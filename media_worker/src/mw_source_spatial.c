/* Layers that share one stream: which there are, and what they take. */

#include "mw_source_int.h"

#define MW_SPATIAL_REVIEW (500 * MW_MSEC)

/*
 * Their pictures come together, so one that is missing was given up; a busy
 * sender may take longer for each picture.
 */
#define MW_SPATIAL_DEAD   (400 * MW_MSEC)
#define MW_SPATIAL_MISSED 3


static bool mw_source_spatial_sizes(
    mw_source_spatial_t *s, const mw_picture_info_t *info, mw_usec_t now);
static bool mw_source_spatial_review(
    mw_source_spatial_t *s, bool alone, mw_usec_t now);


bool
mw_source_layered(const mw_source_t *source)
{
    return source->spatial.count > 1;
}


bool
mw_source_described(const mw_source_t *source)
{
    return source->layers[0].picture.dd.targets != 0;
}


bool
mw_source_alone(const mw_source_t *source)
{
    return source->layers[0].picture.alone;
}


uint32_t
mw_source_targets(
    const mw_source_t *source, unsigned layer, unsigned sid, unsigned tid)
{
    return mw_dd_targets(&source->layers[layer].picture.dd, sid, tid);
}


uint8_t
mw_source_chain(
    const mw_source_t *source, unsigned layer, unsigned sid, unsigned tid)
{
    return mw_dd_chain(&source->layers[layer].picture.dd, sid, tid);
}


bool
mw_source_spatial(mw_source_t *source, const mw_picture_info_t *info,
    size_t len, mw_usec_t now)
{
    bool changed;
    unsigned i;
    mw_source_spatial_t *s;

    s = &source->spatial;

    if (s->count <= 1 && info->spatial <= 1 && info->sid == 0) {
        return false;
    }

    changed = mw_source_spatial_sizes(s, info, now);

    if (info->sid >= s->count) {
        s->count = info->sid + 1u;
        changed = true;
    }

    for (i = 0; i < MW_SPATIAL && info->begin; i++) {
        s->missed[i] += s->missed[i] < MW_SPATIAL_MISSED ? 1 : 0;
    }

    changed = changed || !s->info[info->sid].alive;
    s->info[info->sid].alive = true;
    s->seen[info->sid] = now;
    s->missed[info->sid] = 0;
    s->bytes[info->sid][info->tid] += (uint32_t) len;

    if (now - s->reviewed >= MW_SPATIAL_REVIEW) {
        changed =
            mw_source_spatial_review(s, source->layers[0].picture.alone, now)
            || changed;
    }

    return changed;
}


static bool
mw_source_spatial_sizes(
    mw_source_spatial_t *s, const mw_picture_info_t *info, mw_usec_t now)
{
    bool changed;
    unsigned i;

    if (info->spatial == 0) {
        return false;
    }

    changed = s->count != info->spatial;
    s->count = info->spatial;

    for (i = 0; i < MW_SPATIAL; i++) {
        if (changed) {
            s->info[i].alive = i < s->count; /* about to come */
            s->seen[i] = now;
            s->missed[i] = 0;
        }

        if (i >= s->count) {
            s->info[i].height = 0;

        } else if (info->height[i] != 0
                   && (s->info[i].height != info->height[i]
                       || s->info[i].width != info->width[i]))
        {
            s->info[i].width = info->width[i];
            s->info[i].height = info->height[i];
            changed = true;
        }
    }

    return changed;
}


/* true: one less */
static bool
mw_source_spatial_review(mw_source_spatial_t *s, bool alone, mw_usec_t now)
{
    bool changed, known;
    uint32_t rate;
    uint64_t bytes;
    unsigned sid, tid;

    changed = false;
    known = s->reviewed != 0 && now - s->reviewed < MW_SEC;

    /* from above, so that those below are still to be added */

    for (sid = MW_SPATIAL; sid-- > 0;) {
        bytes = 0;

        for (tid = 0; tid < MW_TEMPORAL && known; tid++) {
            bytes += s->bytes[sid][tid];

            if (s->bytes[sid][tid] != 0) {
                s->info[sid].temporal = (uint8_t) (tid + 1);
            }

            rate = (uint32_t) (bytes * 8 * MW_SEC
                               / (uint64_t) (now - s->reviewed));

            if (s->info[sid].upto[tid] != 0) {
                rate = (3 * s->info[sid].upto[tid] + rate) / 4;
            }

            s->info[sid].upto[tid] = rate;
        }

        s->info[sid].rate = s->info[sid].upto[MW_TEMPORAL - 1];

        if (s->info[sid].alive && s->missed[sid] == MW_SPATIAL_MISSED
            && now - s->seen[sid] >= MW_SPATIAL_DEAD)
        {
            s->info[sid].alive = false;
            changed = true;
        }
    }

    for (sid = 1; sid < MW_SPATIAL && !alone; sid++) {
        s->info[sid].rate += s->info[sid - 1].rate;
    }

    memset(s->bytes, 0, sizeof(s->bytes));
    s->reviewed = now;

    return changed;
}
