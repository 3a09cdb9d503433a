/* One published track, and everybody who listens to it. */

#include <stdlib.h>

#include "mw_keyframe.h"
#include "mw_nack.h"
#include "mw_picture.h"
#include "mw_slot.h"
#include "mw_source.h"

#define MW_SOURCE_VIDEO_PACKETS 1024
#define MW_SOURCE_VIDEO_AGE     MW_SEC
#define MW_SOURCE_AUDIO_PACKETS 64
#define MW_SOURCE_AUDIO_AGE     (300 * MW_MSEC)

/* nothing is asked of a publisher who sends nothing */
#define MW_SOURCE_ASLEEP (3 * MW_SEC)

/* a publisher's clock that moves more than this was set anew */
#define MW_SOURCE_CLOCK_JUMP MW_SEC

/* the estimate follows a slower clock by one part in so many a report */
#define MW_SOURCE_CLOCK_DRIFT 32

/* Opus packets up to this say nothing but "silence goes on" */
#define MW_SOURCE_DTX 3

/* levels where the publisher measures none */
#define MW_SOURCE_LEVEL_SILENT 127
#define MW_SOURCE_LEVEL_GUESS  50


struct mw_source_s {
    mw_source_conf_t conf;
    mw_layer_t layers[MW_LAYERS]; /* the first is forwarded */
    mw_store_t *store;
    mw_keyframe_t keyframe;
    mw_nack_t nack;
    mw_listener_t slots; /* ring, itself the end */
    mw_usec_t armed;     /* what ops.arm() was told, MW_NEVER: nothing */
    mw_usec_t expire;    /* when to look at old packets, MW_NEVER: not */
    mw_source_stats_t stats;
    mw_picture_t picture;
    bool muted;
    bool quiet; /* what level() said last; late packets follow it */
};


static void mw_source_order(mw_source_t *source, mw_layer_order_t order);
static void mw_source_meta(mw_stored_t *pkt, const mw_rtp_t *rtp);
static bool mw_source_audible(
    mw_source_t *source, const mw_rtp_t *rtp, mw_usec_t now);
static void mw_source_restart(mw_source_t *source, mw_usec_t now);
static void mw_source_request(mw_source_t *source, mw_usec_t now);
static void mw_source_ask_again(mw_source_t *source, mw_usec_t now);
static void mw_source_schedule(mw_source_t *source, mw_usec_t now);


mw_source_t *
mw_source_create(const mw_source_conf_t *conf)
{
    bool video;
    unsigned i;
    mw_source_t *source;

    source = calloc(1, sizeof(*source));

    if (source == NULL) {
        return NULL;
    }

    video = mw_kind_is_video(conf->kind);

    source->store = mw_store_create(conf->pool,
        video ? MW_SOURCE_VIDEO_PACKETS : MW_SOURCE_AUDIO_PACKETS,
        video ? MW_SOURCE_VIDEO_AGE : MW_SOURCE_AUDIO_AGE);

    if (source->store == NULL) {
        free(source);
        return NULL;
    }

    for (i = 0; i < MW_LAYERS; i++) {
        mw_layer_init(&source->layers[i]);
    }

    source->conf = *conf;
    source->slots.prev = &source->slots;
    source->slots.next = &source->slots;
    source->armed = MW_NEVER;
    source->expire = MW_NEVER;
    mw_picture_init(&source->picture);
    mw_keyframe_init(&source->keyframe);
    mw_nack_init(&source->nack);

    return source;
}


void
mw_source_destroy(mw_source_t *source)
{
    if (source == NULL) {
        return;
    }

    while (source->slots.next != &source->slots) {
        mw_slot_orphan((mw_slot_t *) source->slots.next);
    }

    mw_store_destroy(source->store);
    free(source);
}


mw_rc_t
mw_source_input(mw_source_t *source, const mw_rtp_t *rtp,
    const mw_demux_hit_t *hit, mw_usec_t now)
{
    int64_t seq;
    mw_layer_t *l;
    mw_stored_t *pkt;
    mw_listener_t *slot, *next;
    mw_layer_order_t order;
    mw_picture_info_t info;

    if (hit->layer >= MW_LAYERS || rtp->payload_len > MW_PKT_MAX
        || mw_kind_is_video(source->conf.kind) == (hit->codec == MW_CODEC_OPUS))
    {
        source->stats.malformed++;
        return MW_DROP;
    }

    l = &source->layers[hit->layer];
    order = mw_layer_input(l, hit->ssrc, rtp->seq, hit->rtx, &seq);
    mw_source_order(source, order);

    if (order >= MW_LAYER_DUPLICATE) {
        return MW_DROP;
    }

    source->stats.packets++;
    source->stats.bytes += rtp->payload_len;
    source->stats.recovered += hit->rtx ? 1 : 0;
    source->stats.last = now;

    if (order != MW_LAYER_LATE && !hit->rtx && rtp->payload_len != 0) {
        mw_layer_time(l, rtp->ts, mw_codec_clock(hit->codec), now);
    }

    if (hit->layer != 0) {
        return MW_OK;
    }

    source->stats.codec = hit->codec;

    if (order == MW_LAYER_RESTART) {
        mw_source_restart(source, now);
    }

    if (hit->codec != MW_CODEC_OPUS) {
        mw_nack_received(&source->nack, seq, order != MW_LAYER_LATE, now);
    }

    if (mw_picture_read(&source->picture, rtp, hit->codec, seq, &info) != MW_OK)
    {
        source->stats.malformed++;
        return MW_DROP;
    }

    if (info.start) {
        source->stats.keyframes++;
        mw_nack_forget(&source->nack, seq);
    }

    mw_keyframe_packet(
        &source->keyframe, rtp->payload_len, info.start, info.key, now);

    if (source->muted) {
        mw_source_schedule(source, now);
        return MW_OK;
    }

    /* asked first: the answer may depend on slots being assigned */
    if (hit->codec == MW_CODEC_OPUS && order != MW_LAYER_LATE) {
        source->quiet = !mw_source_audible(source, rtp, now);
    }

    source->stats.silent += source->quiet ? 1 : 0;

    pkt = mw_store_put(source->store, seq, now);

    pkt->received = now;
    pkt->ts = rtp->ts;
    pkt->codec = (uint8_t) hit->codec;
    pkt->marker = rtp->marker;
    pkt->keyframe = info.start;
    pkt->desc = info.desc;
    pkt->head = MW_STORE_HEAD;
    pkt->body_len = (uint16_t) (rtp->payload_len - info.head);
    pkt->empty = source->quiet || rtp->payload_len == 0;
    memcpy(pkt->buf + MW_STORE_HEAD, rtp->payload + info.head, pkt->body_len);
    mw_source_meta(pkt, rtp);

    for (slot = source->slots.next; slot != &source->slots; slot = next) {
        next = slot->next;
        mw_slot_forward((mw_slot_t *) slot, pkt, now);
    }

    if (source->expire == MW_NEVER) {
        source->expire = now + 2 * MW_SOURCE_VIDEO_AGE;
    }

    mw_source_schedule(source, now);

    return MW_OK;
}


void
mw_source_sr(
    mw_source_t *source, uint8_t layer, const mw_rtcp_item_t *sr, mw_usec_t now)
{
    int64_t sample;
    mw_source_clock_t *clock;

    if (layer >= MW_LAYERS || sr->u.sr.ntp == 0) {
        return;
    }

    mw_layer_sr(&source->layers[layer], sr->u.sr.ntp, sr->u.sr.ts, now);

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
        if (source->layers[i].heard) {
            mw_layer_report(&source->layers[i], &reports[count++], now);
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
    source->armed = MW_NEVER;

    if (now >= source->expire) {
        mw_store_expire(source->store, now);
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
    mw_source_restart(source, now);
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
    *stats = source->stats;
    stats->lost = mw_layer_lost(&source->layers[0]);
    stats->jitter = source->layers[0].jitter >> 4;
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


void
mw_source_want_keyframe(mw_source_t *source, mw_usec_t now)
{
    if (!source->keyframe.wanted) {
        mw_keyframe_want(&source->keyframe);
        mw_source_schedule(source, now);
    }
}


mw_stored_t *
mw_source_packet(const mw_source_t *source, int64_t seq)
{
    return mw_store_get(source->store, seq);
}


int64_t
mw_source_highest(const mw_source_t *source)
{
    return source->layers[0].highest;
}


int64_t
mw_source_keyframe(const mw_source_t *source)
{
    return source->picture.key_seq;
}


bool
mw_source_ts_at(const mw_source_t *source, mw_usec_t now, uint32_t *ts)
{
    const mw_source_clock_t *clock;

    clock = source->conf.clock;

    return mw_layer_ts_at(&source->layers[0],
        clock->known ? &clock->offset : NULL,
        mw_codec_clock(source->stats.codec), now, ts);
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


/* nothing that follows belongs to what was before */
static void
mw_source_restart(mw_source_t *source, mw_usec_t now)
{
    mw_listener_t *slot, *next;

    mw_picture_init(&source->picture);
    mw_store_expire(source->store, MW_NEVER);
    mw_nack_init(&source->nack);

    for (slot = source->slots.next; slot != &source->slots; slot = next) {
        next = slot->next;
        mw_slot_restart((mw_slot_t *) slot, now);
    }
}


static void
mw_source_request(mw_source_t *source, mw_usec_t now)
{
    uint8_t buf[16];
    mw_rtcp_writer_t w;

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    mw_rtcp_write_pli(&w, source->conf.local_ssrc, source->layers[0].ssrc);
    source->conf.ops.write_rtcp(source->conf.ops.owner, buf, w.len, now);
    source->stats.keyframe_requests++;
}


static void
mw_source_ask_again(mw_source_t *source, mw_usec_t now)
{
    unsigned count;
    uint8_t buf[MW_RTCP_ROOM];
    uint16_t seqs[MW_NACK_BATCH];
    mw_rtcp_writer_t w;

    count = mw_nack_due(&source->nack, seqs, now);

    if (count == 0) {
        return;
    }

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    mw_rtcp_write_nack(
        &w, source->conf.local_ssrc, source->layers[0].ssrc, seqs, count);
    source->conf.ops.write_rtcp(source->conf.ops.owner, buf, w.len, now);
    source->stats.nacks += count;
}


/* does what is due and says when the next thing is */
static void
mw_source_schedule(mw_source_t *source, mw_usec_t now)
{
    bool awake;
    mw_usec_t at, next;

    /* asleep: the next packet comes by here */
    awake = source->stats.last != 0 && !source->muted
            && now - source->stats.last < MW_SOURCE_ASLEEP;
    at = source->expire;

    if (awake && mw_kind_is_video(source->conf.kind)) {
        if (mw_keyframe_due(&source->keyframe, now)) {
            mw_source_request(source, now);
        }

        next = mw_keyframe_next(&source->keyframe);
        at = next < at ? next : at;

        if (mw_nack_next(&source->nack) <= now) {
            mw_source_ask_again(source, now);
        }

        next = mw_nack_next(&source->nack);
        at = next < at ? next : at;
    }

    if (at < source->armed) {
        source->armed = at;
        source->conf.ops.arm(source->conf.ops.owner, at);
    }
}
