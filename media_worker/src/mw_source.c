/* One published track, and everybody who listens to it. */

#include <stdlib.h>

#include "mw_red.h"
#include "mw_source_int.h"

/* a publisher's clock that moves more than this was set anew */
#define MW_SOURCE_CLOCK_JUMP MW_SEC

/* the estimate follows a slower clock by one part in so many a report */
#define MW_SOURCE_CLOCK_DRIFT 32

/* Opus packets up to this say nothing but "silence goes on" */
#define MW_SOURCE_DTX 3

/* asked for so often, what came before a keyframe is given up */
#define MW_SOURCE_ASKED 4

/* levels where the publisher measures none */
#define MW_SOURCE_LEVEL_SILENT 127
#define MW_SOURCE_LEVEL_GUESS  50


static mw_rc_t mw_source_red(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now);
static mw_rc_t mw_source_take(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now);
static void mw_source_order(mw_source_t *source, mw_layer_order_t order);
static void mw_source_meta(mw_stored_t *pkt, const mw_rtp_t *rtp);
static void mw_source_forward(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, const mw_picture_info_t *info, int64_t seq,
    mw_usec_t now);
static bool mw_source_audible(
    mw_source_t *source, const mw_rtp_t *rtp, mw_usec_t now);
static void mw_source_restart(mw_source_t *source, int layer, mw_usec_t now);


mw_source_t *
mw_source_create(const mw_source_conf_t *conf)
{
    unsigned i;
    mw_source_t *source;

    source = calloc(1, sizeof(*source));

    if (source == NULL) {
        return NULL;
    }

    for (i = 0; i < MW_LAYERS; i++) {
        mw_layer_init(&source->layers[i].in);
        mw_keyframe_init(&source->layers[i].keyframe);
        mw_source_reset_layer(&source->layers[i]);
    }

    source->conf = *conf;
    source->slots.prev = &source->slots;
    source->slots.next = &source->slots;
    source->armed = MW_NEVER;
    source->expire = MW_NEVER;
    source->wanted = UINT8_MAX;

    if (mw_source_set_layers(source, 1) != MW_OK) {
        free(source);
        return NULL;
    }

    return source;
}


void
mw_source_destroy(mw_source_t *source)
{
    unsigned i;

    if (source == NULL) {
        return;
    }

    while (source->slots.next != &source->slots) {
        mw_slot_orphan((mw_slot_t *) source->slots.next);
    }

    for (i = 0; i < MW_LAYERS; i++) {
        mw_store_destroy(source->layers[i].store);
    }

    free(source);
}


mw_rc_t
mw_source_input(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now)
{
    return hit->red ? mw_source_red(source, rtp, hit, now)
                    : mw_source_take(source, rtp, hit, now);
}


/* the packet itself, then those before it that have not come */
static mw_rc_t
mw_source_red(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now)
{
    mw_rc_t rc;
    unsigned i, n;
    mw_rtp_t one;
    mw_demux_hit_t again;
    mw_red_block_t blocks[MW_RED_BLOCKS];

    n = rtp->payload_len == 0
            ? 0
            : mw_red_read(blocks, rtp->payload, rtp->payload_len);

    if (n == 0 || blocks[n - 1].pt != rtp->pt) {
        source->stats.malformed++;
        return MW_DROP;
    }

    one = *rtp;
    one.payload = blocks[n - 1].data;
    one.payload_len = blocks[n - 1].len;
    rc = mw_source_take(source, &one, hit, now);

    again = *hit;
    again.rtx = true; /* not how it was sent first */
    one.marker = false;

    /* oldest first; each is the packet right before the next */

    for (i = 0; i + 1 < n && rc == MW_OK; i++) {
        if (blocks[i].pt != rtp->pt || blocks[i].len == 0
            || blocks[i].offset == 0) {
            continue;
        }

        one.seq = (uint16_t) (rtp->seq - (n - 1 - i));
        one.ts = rtp->ts - blocks[i].offset;
        one.payload = blocks[i].data;
        one.payload_len = blocks[i].len;

        if (mw_layer_missing(&source->layers[hit->layer].in, one.seq)) {
            (void) mw_source_take(source, &one, &again, now);
        }
    }

    return rc;
}


static mw_rc_t
mw_source_take(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now)
{
    int64_t seq;
    mw_source_layer_t *l;
    mw_layer_order_t order;
    mw_picture_info_t info;

    if (hit->layer >= source->count || rtp->payload_len > MW_PKT_MAX
        || mw_kind_is_video(source->conf.kind) == (hit->codec == MW_CODEC_OPUS))
    {
        source->stats.malformed++;
        return MW_DROP;
    }

    l = &source->layers[hit->layer];
    order = mw_layer_input(&l->in, hit->ssrc, rtp->seq, hit->rtx, &seq);
    mw_source_order(source, order);

    if (order >= MW_LAYER_DUPLICATE) {
        return MW_DROP;
    }

    source->stats.packets++;
    source->stats.bytes += rtp->payload_len;
    source->stats.recovered += hit->rtx ? 1 : 0;
    source->stats.last = now;
    source->stats.codec = hit->codec;

    if (order != MW_LAYER_LATE && !hit->rtx && rtp->payload_len != 0) {
        mw_layer_time(&l->in, rtp->ts, mw_codec_clock(hit->codec), now);
    }

    if (order == MW_LAYER_RESTART) {
        mw_source_restart(source, hit->layer, now);
    }

    if (mw_source_watched(source, l) && !mw_source_is_relayed(source)) {
        mw_nack_received(&l->nack, seq, order != MW_LAYER_LATE, now);
    }

    if (mw_picture_read(&l->picture, rtp, hit->codec, seq, &info) != MW_OK) {
        source->stats.malformed++;
        return MW_DROP;
    }

    if (source->count > 1) {
        info.sid = 0; /* the stream says which layer it is */
        info.sids = UINT8_MAX;
    }

    if (info.start) {
        source->stats.keyframes++;

        /* not what has just been noticed: the end of the picture before it */
        mw_nack_forget(&l->nack, seq, MW_SOURCE_ASKED);
    }

    mw_keyframe_packet(
        &l->keyframe, rtp->payload_len, info.start, info.key, now);
    mw_source_measure(source, hit->layer, &info, rtp->payload_len, now);

    /* asked first: the answer may depend on slots being assigned */
    if (!source->muted && hit->codec == MW_CODEC_OPUS && order != MW_LAYER_LATE)
    {
        source->quiet = !mw_source_audible(source, rtp, now);
        source->heard = source->quiet ? source->heard : now;
    }

    if (!source->muted && mw_source_watched(source, l)) {
        mw_source_forward(source, rtp, hit, &info, seq, now);
    }

    mw_source_schedule(source, now);

    return MW_OK;
}


/* keeps the packet, and gives it to whoever listens */
static void
mw_source_forward(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, const mw_picture_info_t *info, int64_t seq,
    mw_usec_t now)
{
    mw_tap_t *tap;
    mw_stored_t *pkt;
    mw_listener_t *slot, *next;

    source->stats.silent += source->quiet ? 1 : 0;

    pkt = mw_store_put(source->layers[hit->layer].store, seq, now);

    pkt->received = now;
    pkt->ts = rtp->ts;
    pkt->codec = (uint8_t) hit->codec;
    pkt->marker = rtp->marker;
    pkt->keyframe = info->start;
    pkt->begin = info->begin;
    pkt->end = info->end;
    pkt->sid = info->sid;
    pkt->sids = info->sids;
    pkt->tid = info->tid;
    pkt->up = (uint8_t) info->up;
    pkt->desc = info->desc;
    pkt->body_len = (uint16_t) (rtp->payload_len - info->head);
    pkt->dd_len = 0;
    pkt->empty = source->quiet || rtp->payload_len == 0;
    memcpy(pkt->body, rtp->payload + info->head, pkt->body_len);
    mw_source_meta(pkt, rtp);

    pkt->broken = info->dd ? mw_chain_input(&source->layers[hit->layer].chain,
                      &info->desc.dd, seq, now)
                           : 0;

    if (info->dd && rtp->ext_len[MW_EXT_DEPENDENCY] <= MW_DD_MAX) {
        pkt->dd_len = rtp->ext_len[MW_EXT_DEPENDENCY];
        memcpy(pkt->dd, rtp->ext[MW_EXT_DEPENDENCY], pkt->dd_len);
    }

    for (slot = source->slots.next; slot != &source->slots; slot = next) {
        next = slot->next;

        if (next != &source->slots) {
            mw_slot_fetch_near((const mw_slot_t *) next);
            mw_slot_fetch((const mw_slot_t *) next->next);
        }

        mw_slot_forward((mw_slot_t *) slot, hit->layer, pkt, now);
    }

    for (tap = source->taps; tap != NULL; tap = tap->next) {
        if (tap->layers & 1u << hit->layer) {
            tap->packet(tap, rtp, hit, source->quiet);
        }
    }

    if (source->expire == MW_NEVER) {
        source->expire = now + 2 * MW_SOURCE_VIDEO_AGE;
    }
}


void
mw_source_sr(
    mw_source_t *source, uint8_t layer, const mw_rtcp_item_t *sr, mw_usec_t now)
{
    int64_t sample;
    mw_tap_t *tap;
    mw_source_clock_t *clock;

    if (layer >= MW_LAYERS || sr->u.sr.ntp == 0) {
        return;
    }

    mw_layer_sr(&source->layers[layer].in, sr->u.sr.ntp, sr->u.sr.ts, now);

    for (tap = source->taps; tap != NULL; tap = tap->next) {
        tap->report(tap, layer, sr->u.sr.ntp, sr->u.sr.ts);
    }

    /* the fastest report is the best: the way here only adds */
    clock = source->conf.clock;
    sample = now - mw_ntp_usec(sr->u.sr.ntp);

    if (!clock->known || sample < clock->offset
        || sample - clock->offset > MW_SOURCE_CLOCK_JUMP)
    {
        clock->offset = sample;
        clock->known = true;
        return;
    }

    clock->offset += (sample - clock->offset) / MW_SOURCE_CLOCK_DRIFT;
}


mw_rc_t
mw_source_write_rr(mw_source_t *source, mw_rtcp_writer_t *w, mw_usec_t now)
{
    unsigned i, count;
    mw_rtcp_report_t reports[MW_LAYERS];

    /* a report starts a new interval, so there must be room for all */
    if (w->room - w->len < 8 + MW_LAYERS * MW_RTCP_REPORT_LEN) {
        return MW_AGAIN;
    }

    count = 0;

    for (i = 0; i < MW_LAYERS; i++) {
        if (source->layers[i].in.heard) {
            mw_layer_report(&source->layers[i].in, &reports[count++], now);
        }
    }

    if (count == 0) {
        return MW_OK;
    }

    return mw_rtcp_write_rr(w, source->conf.local_ssrc, reports, count);
}


void
mw_source_timeout(mw_source_t *source, mw_usec_t now)
{
    unsigned i;

    source->armed = MW_NEVER;

    if (now >= source->expire) {
        for (i = 0; i < source->count; i++) {
            mw_store_expire(source->layers[i].store, now);
        }

        source->expire = now - source->stats.last < MW_SOURCE_VIDEO_AGE
                             ? now + 2 * MW_SOURCE_VIDEO_AGE
                             : MW_NEVER;
    }

    mw_source_schedule(source, now);
}


void
mw_source_mute(mw_source_t *source, bool mute, mw_usec_t now)
{
    if (source->muted == mute) {
        return;
    }

    source->muted = mute;
    mw_source_restart(source, -1, now);
}


mw_usec_t
mw_source_heard(const mw_source_t *source)
{
    return source->heard;
}


uint32_t
mw_source_id(const mw_source_t *source)
{
    return source->conf.id;
}


mw_kind_t
mw_source_kind(const mw_source_t *source)
{
    return source->conf.kind;
}


void
mw_source_stats(const mw_source_t *source, mw_source_stats_t *stats)
{
    unsigned i;

    *stats = source->stats;
    stats->jitter = source->layers[0].in.jitter >> 4;

    for (i = 0; i < source->count; i++) {
        stats->lost += mw_layer_lost(&source->layers[i].in);
    }
}


void
mw_source_attach(mw_source_t *source, mw_listener_t *listener)
{
    listener->prev = source->slots.prev;
    listener->next = &source->slots;
    source->slots.prev->next = listener;
    source->slots.prev = listener;
}


void
mw_source_detach(mw_source_t *source, mw_listener_t *listener)
{
    (void) source;

    listener->prev->next = listener->next;
    listener->next->prev = listener->prev;
    listener->prev = NULL;
    listener->next = NULL;
}


static void
mw_source_order(mw_source_t *source, mw_layer_order_t order)
{
    switch (order) {
    case MW_LAYER_LATE:
        source->stats.late++;
        break;

    case MW_LAYER_DUPLICATE:
        source->stats.duplicates++;
        break;

    case MW_LAYER_STALE:
    case MW_LAYER_JUMP:
        source->stats.stale++;
        break;

    default:
        break;
    }
}


static void
mw_source_meta(mw_stored_t *pkt, const mw_rtp_t *rtp)
{
    uint8_t len;

    pkt->audio_level = -1;
    pkt->orientation = -1;
    pkt->capture_time_len = 0;

    if (rtp->ext_len[MW_EXT_AUDIO_LEVEL] == 1) {
        pkt->audio_level = rtp->ext[MW_EXT_AUDIO_LEVEL][0];
    }

    if (rtp->ext_len[MW_EXT_VIDEO_ORIENTATION] == 1) {
        pkt->orientation = rtp->ext[MW_EXT_VIDEO_ORIENTATION][0];
    }

    len = rtp->ext_len[MW_EXT_ABS_CAPTURE_TIME];

    if (len == 8 || len == 16) {
        pkt->capture_time_len = len;
        memcpy(pkt->capture_time, rtp->ext[MW_EXT_ABS_CAPTURE_TIME], len);
    }
}


static bool
mw_source_audible(mw_source_t *source, const mw_rtp_t *rtp, mw_usec_t now)
{
    bool voice;
    uint8_t level;

    if (source->conf.ops.level == NULL) {
        return true;
    }

    if (rtp->ext_len[MW_EXT_AUDIO_LEVEL] == 1) {
        level = rtp->ext[MW_EXT_AUDIO_LEVEL][0] & 0x7f;
        voice = (rtp->ext[MW_EXT_AUDIO_LEVEL][0] & 0x80) != 0;

    } else {
        voice = rtp->payload_len > MW_SOURCE_DTX;
        level = voice ? MW_SOURCE_LEVEL_GUESS : MW_SOURCE_LEVEL_SILENT;
    }

    return source->conf.ops.level(source->conf.ops.owner, level, voice, now);
}


/* one layer or, if -1, all: nothing that follows belongs to what was before */
static void
mw_source_restart(mw_source_t *source, int layer, mw_usec_t now)
{
    int i;
    mw_listener_t *slot, *next;

    for (i = 0; i < (int) source->count; i++) {
        if (layer < 0 || layer == i) {
            mw_source_reset_layer(&source->layers[i]);
        }
    }

    for (slot = source->slots.next; slot != &source->slots; slot = next) {
        next = slot->next;
        mw_slot_restart((mw_slot_t *) slot, layer, now);
    }
}
