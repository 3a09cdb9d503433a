/*
 * A camera in layers for random tests: three sizes in streams of their own (VP8,
 * H.264) or in one (VP9 and AV1, which build on each other always or in
 * keyframes only), temporal layers 0 2 1 2, and a network that loses packets,
 * delays them, and brings some again that are asked for.  Packets are tagged,
 * so that it is known what each frame refers to and what became of it.
 */

#ifndef LAYER_SENDER_H
#define LAYER_SENDER_H

#include "dd_sender.h"
#include "media_fixture.h"
#include "mw_source_int.h"
#include "mw_vp8.h"
#include "mw_vp9.h"

#define MODES  6
#define LAYERS 3
#define LOW    180
#define TICKS  3600
#define WIRES  16384
#define FRAMES 4096
#define DD_ID  11

/* what came later than that may have been given up */
#define LATE (250 * MW_MSEC)


typedef struct {
    uint8_t bytes[40];
    uint8_t dd[DD_SENDER_MAX];
    uint8_t len;
    uint8_t dd_len;
    bool start; /* of its frame */
    bool marker;
    bool due;
    bool lost; /* for good */
    bool again;
    bool delivered;
    bool kept; /* somebody watched its stream then */
    bool sent; /* by the slot */
    unsigned frame;
    mw_usec_t made;
    mw_usec_t at;   /* when it arrives */
    uint64_t epoch; /* of the slot then */
    uint64_t out;   /* and when it was sent */
    mw_usec_t out_at;
} wire_t;

typedef struct {
    unsigned stream;
    unsigned sid;
    unsigned tid;
    bool key;
    uint32_t picture;
    uint32_t tl0;
    unsigned wire; /* first packet */
    unsigned count;
    unsigned refs[2];
    unsigned nrefs;
    int chain; /* the frame before it that all of its layer hang on, -1: none */
    mw_usec_t made;
} frame_t;

typedef struct {
    wire_t *wires;
    unsigned made;
    unsigned first; /* lowest one that may be on its way */
    bool key;       /* asked for */
    unsigned phase; /* of the temporal layers */
    uint32_t picture;
    uint32_t tl0;
    uint16_t seq0;
    uint32_t ts0;
    uint16_t id0;
    int lowest[LAYERS]; /* newest frame of temporal layer 0, and of 0 or 1 */
    int middle[LAYERS];
} stream_t;


static mw_codec_t codec;
static bool alone;
static unsigned nstreams, nframes;
static stream_t streams[LAYERS];
static frame_t frames[FRAMES];
static dd_sender_t dd_sender;
static mw_usec_t now, layer_armed;
static uint64_t rnd_state;


/* which part of its stream the slot is in, UINT64_MAX: it waits */
static uint64_t layer_epoch(void);


static inline uint32_t
rnd(uint32_t below)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;

    return (uint32_t) (rnd_state >> 16) % below;
}


static inline bool
frame_delivered(const frame_t *f)
{
    unsigned i;
    const wire_t *w;

    for (i = 0; i < f->count; i++) {
        w = &streams[f->stream].wires[f->wire + i];

        if (!w->delivered || !w->kept || w->at - w->made > LATE) {
            return false;
        }
    }

    return true;
}


/* all of it, or any */
static inline bool
frame_sent(const frame_t *f, bool all)
{
    unsigned i, n;

    n = 0;

    for (i = 0; i < f->count; i++) {
        n += streams[f->stream].wires[f->wire + i].sent;
    }

    return all ? n == f->count : n > 0;
}


/* something of its chain that was made before `then` has not come */
static inline bool
chain_lost(unsigned frame, mw_usec_t then)
{
    int i;
    unsigned k;
    const frame_t *f;

    for (i = frames[frame].chain; i >= 0; i = f->chain) {
        f = &frames[i];

        for (k = 0; k < f->count && f->made < then; k++) {
            if (!streams[f->stream].wires[f->wire + k].delivered) {
                return true;
            }
        }
    }

    return false;
}


static inline mw_rc_t
layer_nothing(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    (void) owner;
    (void) data;
    (void) len;
    (void) at;

    return MW_OK;
}


static inline void
layer_again(stream_t *s, uint16_t seq)
{
    wire_t *w;
    unsigned i;

    i = (uint16_t) (seq - s->seq0);

    if (i >= s->first && i < s->made && rnd(100) < 70) {
        w = &s->wires[i];

        if (!w->delivered && !w->due && !w->lost) {
            w->due = true;
            w->again = true;
            w->at = now + 40 * MW_MSEC;
        }
    }
}


static inline mw_rc_t
layer_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    unsigned i;
    stream_t *s;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    (void) owner;
    (void) at;

    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        assert_in_range(item.ssrc - SOURCE_SSRC, 0, nstreams - 1);
        s = &streams[item.ssrc - SOURCE_SSRC];

        if (item.type == MW_RTCP_PLI) {
            s->key = true;

        } else if (item.type == MW_RTCP_NACK) {
            layer_again(s, item.u.nack.pid);

            for (i = 0; i < 16; i++) {
                if (item.u.nack.blp & (1u << i)) {
                    layer_again(s, (uint16_t) (item.u.nack.pid + 1 + i));
                }
            }
        }
    }

    return MW_OK;
}


static inline void
layer_arm(void *owner, mw_usec_t at)
{
    (void) owner;
    layer_armed = at;
}


static inline mw_source_t *
layer_source(mw_pool_t *pool, mw_source_clock_t *clock, unsigned mode)
{
    unsigned i, sid;
    stream_t *s;
    mw_source_t *source;
    mw_source_conf_t conf;
    static const mw_codec_t codecs[MODES] = { MW_CODEC_VP8, MW_CODEC_H264,
        MW_CODEC_VP9, MW_CODEC_VP9, MW_CODEC_AV1, MW_CODEC_AV1 };

    codec = codecs[mode];
    alone = mode % 2 == 0;
    nstreams = mode < 2 ? LAYERS : 1;
    nframes = 0;
    layer_armed = MW_NEVER;
    memset(streams, 0, sizeof(streams));
    memset(&dd_sender, 0, sizeof(dd_sender));
    dd_sender.sids = LAYERS;
    dd_sender.tids = 3;
    dd_sender.alone = alone;
    dd_sender.height = LOW;
    dd_sender.frame = (uint16_t) rnd(65536);

    for (i = 0; i < nstreams; i++) {
        s = &streams[i];
        s->wires = calloc(WIRES, sizeof(wire_t));
        assert_non_null(s->wires);
        s->seq0 = (uint16_t) rnd(65536);
        s->ts0 = rnd(1 << 30) * 4u;
        s->id0 = (uint16_t) rnd(32768);
        s->key = true;

        for (sid = 0; sid < LAYERS; sid++) {
            s->lowest[sid] = s->middle[sid] = -1;
        }
    }

    memset(&conf, 0, sizeof(conf));
    conf.id = 5;
    conf.kind = MW_KIND_CAM;
    conf.local_ssrc = SOURCE_LOCAL;
    conf.pool = pool;
    conf.clock = clock;
    conf.ops.write_rtcp = layer_rtcp;
    conf.ops.arm = layer_arm;
    source = mw_source_create(&conf);
    assert_int_equal(MW_OK, mw_source_set_layers(source, nstreams));

    return source;
}


static inline void
layer_free(void)
{
    unsigned i;

    for (i = 0; i < nstreams; i++) {
        free(streams[i].wires);
    }
}


/* what the codec says, then the tag: stream and packet */
static inline void
layer_fill(stream_t *s, wire_t *w, const frame_t *f, bool end)
{
    unsigned i;
    uint8_t *p;
    bool sync;
    static const uint8_t code[] = { 0x9d, 0x01, 0x2a };

    p = w->bytes;
    sync = s->phase == 1 || s->phase == 2; /* of 0 2 1 2 */

    switch (codec) {
    case MW_CODEC_VP8:
        *p++ = w->start ? 0x90 : 0x80;
        *p++ = 0xf0;
        mw_put16(p, (uint16_t) (0x8000 | (s->id0 + f->picture)));
        p += 2;
        *p++ = (uint8_t) f->tl0;
        *p++ = (uint8_t) (f->tid << 6 | (sync ? 0x20 : 0) | 1);
        *p++ = w->start && f->key ? 0x00 : 0x01;

        if (w->start && f->key) {
            p += 2;
            memcpy(p, code, sizeof(code));
            mw_put16(p + 3, 0);
            p[3] = (uint8_t) ((16 * LOW / 9 << f->stream) & 0xff);
            p[4] = (uint8_t) (16 * LOW / 9 << f->stream >> 8);
            p[5] = (uint8_t) ((LOW << f->stream) & 0xff);
            p[6] = (uint8_t) (LOW << f->stream >> 8);
            p += 7;
        }

        break;

    case MW_CODEC_VP9:
        *p++ = (uint8_t) (0xa0 | (f->key ? 0 : 0x40) | (w->start ? 8 : 0)
                          | (end ? 4 : 0)
                          | (f->key && f->sid == 0 && w->start ? 2 : 0));
        mw_put16(p, (uint16_t) (0x8000 | (s->id0 + f->picture)));
        p += 2;
        *p++ = (uint8_t) (f->tid << 5 | (f->tid < 2 ? 0x10 : 0) | f->sid << 1
                          | (f->sid > 0 && (f->key || !alone)));
        *p++ = (uint8_t) f->tl0;

        if (f->key && f->sid == 0 && w->start) {
            *p++ = (LAYERS - 1) << 5 | 0x10;

            for (i = 0; i < LAYERS; i++, p += 4) {
                mw_put16(p, (uint16_t) (16 * LOW / 9 << i));
                mw_put16(p + 2, (uint16_t) (LOW << i));
            }
        }

        break;

    case MW_CODEC_H264:
        *p++ = w->start && f->key ? 0x67 : f->key ? 0x65 : 0x41;
        *p++ = 0x9a;
        break;

    default:
        *p++ = w->start && f->key && f->sid == 0 ? 0x18 : 0x10;
        *p++ = 0x32;
        w->dd_len = (uint8_t) dd_write(
            &dd_sender, f->sid, f->tid, f->key, w->start, end, w->dd);
    }

    *p++ = (uint8_t) f->stream;
    mw_put32(p, (uint32_t) (w - s->wires));
    w->len = (uint8_t) (p + 4 - w->bytes);
}


static inline void
layer_refer(stream_t *s, frame_t *f)
{
    f->chain = f->tid == 0 || s->lowest[f->sid] >= 0 ? s->lowest[f->sid] : -1;

    if (f->key) {
        f->chain = f->sid > 0 ? s->lowest[f->sid - 1] : -1;

    } else {
        f->refs[f->nrefs++] =
            (unsigned) (f->tid == 2 ? s->middle[f->sid] : s->lowest[f->sid]);
    }

    if (f->sid > 0 && (f->key || !alone)) {
        f->refs[f->nrefs++] = nframes - 1;
    }
}


static inline void
layer_frame(stream_t *s, unsigned sid, unsigned tid, bool key, bool top)
{
    unsigned i;
    wire_t *w;
    frame_t *f;

    assert_true(nframes < FRAMES);
    f = &frames[nframes];
    memset(f, 0, sizeof(*f));
    f->stream = (unsigned) (s - streams);
    f->sid = sid;
    f->tid = tid;
    f->key = key;
    f->picture = s->picture;
    f->tl0 = s->tl0;
    f->wire = s->made;
    f->count = 1 + rnd((key ? 6 : 2) + f->stream + sid);
    f->made = now;
    layer_refer(s, f);

    for (i = 0; i < f->count; i++) {
        assert_true(s->made < WIRES);
        w = &s->wires[s->made];
        w->frame = nframes;
        w->start = i == 0;
        w->marker = top && i + 1 == f->count;
        w->made = now;
        w->due = rnd(100) >= 3 || s->picture == 0;
        w->lost = !w->due && rnd(4) == 0;
        w->at = now + (mw_usec_t) rnd(rnd(10) == 0 ? 60 : 4) * MW_MSEC;
        w->at = s->picture == 0 ? now : w->at; /* the structure of AV1 */
        layer_fill(s, w, f, i + 1 == f->count);
        s->made++;
    }

    dd_next(&dd_sender, sid, tid, key);

    if (tid < 2) {
        s->middle[sid] = (int) nframes;
    }

    if (tid == 0) {
        s->lowest[sid] = (int) nframes;
    }

    nframes++;
}


/* one of each stream */
static inline void
layer_pictures(void)
{
    bool key;
    stream_t *s;
    unsigned sid, sids, tid;
    static const unsigned tids[4] = { 0, 2, 1, 2 };

    sids = nstreams == 1 ? LAYERS : 1;

    for (s = streams; s < streams + nstreams; s++) {
        key = s->key;
        s->key = false;
        s->phase = key ? 0 : s->phase;
        tid = codec == MW_CODEC_H264 ? 0 : tids[s->phase];
        s->tl0 += tid == 0;

        for (sid = 0; sid < sids; sid++) {
            layer_frame(s, sid, tid, key, sid + 1 == sids);
        }

        s->phase = (s->phase + 1) % 4;
        s->picture++;
    }
}


/* what arrives by now */
static inline void
layer_deliver(mw_source_t *source)
{
    unsigned i;
    wire_t *w;
    stream_t *s;
    mw_rtp_t rtp;
    mw_demux_hit_t hit;

    for (s = streams; s < streams + nstreams; s++) {
        for (i = s->first; i < s->made; i++) {
            w = &s->wires[i];

            if (!w->due || w->at > now) {
                continue;
            }

            memset(&rtp, 0, sizeof(rtp));
            rtp.payload = w->bytes;
            rtp.payload_len = w->len;
            rtp.ts = s->ts0 + frames[w->frame].picture * TICKS;
            rtp.ssrc = SOURCE_SSRC + (uint32_t) (s - streams);
            rtp.seq = (uint16_t) (s->seq0 + i);
            rtp.marker = w->marker;
            rtp.ext[MW_EXT_DEPENDENCY] = w->dd;
            rtp.ext_len[MW_EXT_DEPENDENCY] = w->dd_len;

            memset(&hit, 0, sizeof(hit));
            hit.codec = codec;
            hit.ssrc = rtp.ssrc;
            hit.rtx = w->again;
            hit.layer = (uint8_t) (s - streams);
            w->due = false;
            w->epoch = layer_epoch();

            if (mw_source_input(source, &rtp, &hit, now) == MW_OK) {
                w->delivered = true;
                w->kept = mw_source_watched(source, &source->layers[hit.layer]);
                w->at = now;
            }
        }

        while (s->first + 600 < s->made) {
            s->first++;
        }
    }
}


#endif /* LAYER_SENDER_H */
