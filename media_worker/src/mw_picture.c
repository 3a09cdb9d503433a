/* What the payloads of one source say about its pictures. */

#include "mw_av1.h"
#include "mw_h264.h"
#include "mw_picture.h"

_Static_assert(MW_VP9_SPATIAL == MW_SPATIAL, "sizes");


static mw_rc_t mw_picture_vp8(
    mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info);
static mw_rc_t mw_picture_vp9(
    mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info);
static mw_rc_t mw_picture_h264(
    mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info);
static void mw_picture_spatial(
    mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info);
static mw_rc_t mw_picture_av1(
    mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info);
static uint32_t mw_picture_unwrap(uint32_t last, uint32_t id, unsigned bits);


void
mw_picture_init(mw_picture_t *p)
{
    memset(p, 0, sizeof(*p));

    p->key_seq = -1;
}


mw_rc_t
mw_picture_read(mw_picture_t *p, const mw_rtp_t *rtp, mw_codec_t codec,
    int64_t seq, mw_picture_info_t *info)
{
    mw_rc_t rc;

    memset(info, 0, sizeof(*info));
    info->sids = UINT8_MAX;

    if (codec != p->codec) {
        mw_picture_init(p);
        p->codec = codec;
    }

    if (rtp->payload_len == 0) {
        return MW_OK;
    }

    switch (codec) {
    case MW_CODEC_VP8:
        rc = mw_picture_vp8(p, rtp, info);
        break;

    case MW_CODEC_VP9:
        rc = mw_picture_vp9(p, rtp, info);
        break;

    case MW_CODEC_H264:
        rc = mw_picture_h264(p, rtp, info);
        break;

    case MW_CODEC_AV1:
        rc = mw_picture_av1(p, rtp, info);
        break;

    default:
        return MW_OK;
    }

    if (rc != MW_OK) {
        return rc;
    }

    if (p->key_seq >= 0 && rtp->ts == p->key_ts) {
        /* only the first packet found of a keyframe starts it */
        info->start = false;
        info->key = true;

    } else if (info->start) {
        info->key = true;
        p->key_ts = rtp->ts;
        p->key_seq = seq;
    }

    return MW_OK;
}


static mw_rc_t
mw_picture_vp8(mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info)
{
    mw_vp8_t *d;

    d = &info->desc.vp8;

    if (mw_vp8_parse(d, rtp->payload, rtp->payload_len) != MW_OK) {
        return MW_DROP;
    }

    if (d->id_bits != 0) {
        d->picture_id =
            mw_picture_unwrap(p->picture_id, d->picture_id, d->id_bits);
        p->picture_id = d->picture_id;
    }

    info->head = d->len;
    info->start = d->keyframe;
    info->begin = d->start;

    if (d->has_tid) {
        info->tid = mw_vp8_tid(d);
        info->up = mw_vp8_sync(d) ? MW_UP_HERE : MW_UP_NONE;
    }

    if (d->keyframe
        && !mw_vp8_size(rtp->payload + d->len, rtp->payload_len - d->len,
            &info->width[0], &info->height[0]))
    {
        info->width[0] = 0;
        info->height[0] = 0;
    }

    return MW_OK;
}


static mw_rc_t
mw_picture_vp9(mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info)
{
    mw_vp9_t *d;

    d = &info->desc.vp9;

    if (mw_vp9_parse(d, rtp->payload, rtp->payload_len) != MW_OK) {
        return MW_DROP;
    }

    if (d->id_bits != 0) {
        d->picture_id =
            mw_picture_unwrap(p->picture_id, d->picture_id, d->id_bits);
        p->picture_id = d->picture_id;
    }

    info->head = d->len;
    info->start = d->keyframe;
    info->begin = d->start;

    if (d->has_layer) {
        info->tid =
            mw_vp9_tid(d) < MW_TEMPORAL ? mw_vp9_tid(d) : MW_TEMPORAL - 1;
        info->up = mw_vp9_up(d) ? MW_UP_ALL : MW_UP_NONE;
        mw_picture_spatial(p, rtp, info);
    }

    info->spatial = d->spatial < MW_SPATIAL ? d->spatial : MW_SPATIAL;
    memcpy(info->width, d->width, sizeof(info->width));
    memcpy(info->height, d->height, sizeof(info->height));

    return MW_OK;
}


/*
 * A keyframe is needed by all layers above; so is any other picture, unless
 * the layers of this stream only build on each other in keyframes.
 */
static void
mw_picture_spatial(
    mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info)
{
    bool key;
    unsigned sid;
    const mw_vp9_t *d;

    d = &info->desc.vp9;
    sid = mw_vp9_sid(d) < MW_SPATIAL ? mw_vp9_sid(d) : MW_SPATIAL - 1;
    key = mw_vp9_intra(d) || (p->key_seq >= 0 && rtp->ts == p->key_ts);

    if (sid > 0 && !key) {
        p->alone = !mw_vp9_inter(d);
    }

    info->sid = (uint8_t) sid;
    info->end = d->end;
    info->sids = (uint8_t) (p->alone && !key ? 1u << sid : 0xffu << sid);
}


static mw_rc_t
mw_picture_h264(mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info)
{
    mw_h264_t d;

    if (mw_h264_parse(&d, rtp->payload, rtp->payload_len) != MW_OK) {
        return MW_DROP;
    }

    /* a keyframe starts with its parameter sets, if they are in band */
    p->in_band_sps = p->in_band_sps || d.sps;
    info->start = d.sps || (d.idr && !p->in_band_sps);
    info->width[0] = d.width;
    info->height[0] = d.height;

    return MW_OK;
}


static mw_rc_t
mw_picture_av1(mw_picture_t *p, const mw_rtp_t *rtp, mw_picture_info_t *info)
{
    unsigned i;
    uint8_t above;
    mw_av1_t d;
    mw_dd_t *dd;

    if (mw_av1_parse(&d, rtp->payload, rtp->payload_len) != MW_OK) {
        return MW_DROP;
    }

    info->start = d.keyframe;
    dd = &info->desc.dd;

    if (p->dd.spatial <= 1) {
        info->width[0] = d.width;
        info->height[0] = d.height;
    }

    /* without one, or with one that is not understood, all is forwarded */

    if (rtp->ext_len[MW_EXT_DEPENDENCY] == 0
        || mw_dd_parse(dd, &p->dd, rtp->ext[MW_EXT_DEPENDENCY],
               rtp->ext_len[MW_EXT_DEPENDENCY])
               != MW_OK)
    {
        return MW_OK;
    }

    info->dd = true;
    info->begin = dd->start && dd->sid == 0;
    info->end = dd->end;
    info->sid = dd->sid < MW_SPATIAL ? dd->sid : MW_SPATIAL - 1;
    info->tid = dd->tid < MW_TEMPORAL ? dd->tid : MW_TEMPORAL - 1;
    info->up = mw_dd_up(&p->dd, dd) ? MW_UP_ALL : MW_UP_NONE;
    info->sids = mw_dd_needed(&p->dd, dd);

    /* as in VP9: all above, or not */

    above = (uint8_t) (0xffu >> (8 - (p->dd.spatial & 7u)) << info->sid);

    if ((info->sids & above) == above) {
        info->sids = (uint8_t) (0xffu << info->sid);
    }

    /* what starts all chains is a keyframe, of which all layers need this */

    if (dd->sid == 0 && p->dd.spatial > 1
        && !(info->start || (p->key_seq >= 0 && rtp->ts == p->key_ts)
             || (dd->chains != 0 && dd->link[0] == 0)))
    {
        p->alone = (info->sids & ~1u) == 0;
    }

    if (dd->structure) {
        info->spatial = p->dd.spatial < MW_SPATIAL ? p->dd.spatial : MW_SPATIAL;

        for (i = 0; i < MW_SPATIAL && p->dd.width[0] != 0; i++) {
            info->width[i] = p->dd.width[i];
            info->height[i] = p->dd.height[i];
        }
    }

    return MW_OK;
}


/* the number nearest to `last` whose low bits are `id` */
static uint32_t
mw_picture_unwrap(uint32_t last, uint32_t id, unsigned bits)
{
    uint32_t span, ahead;

    span = (uint32_t) 1 << bits;
    ahead = (id - last) & (span - 1);

    return last + ahead - (ahead >= span / 2 ? span : 0);
}
