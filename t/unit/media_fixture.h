/*
 * What tests of the media plane share: a source with a slot behind it, a sink
 * that remembers every packet, and RTP packets made by hand.
 */

#ifndef MEDIA_FIXTURE_H
#define MEDIA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_slot.h"

#define OUT_MAX      65536
#define OUT_PAYLOAD  64
#define SLOT_SSRC    0x11111111
#define SLOT_RTX     0x22222222
#define SOURCE_SSRC  0xaaaa0001
#define SOURCE_RTX   0xaaaa0002
#define SOURCE_LOCAL 0x00000001


typedef struct {
    uint64_t index;
    uint32_t ssrc;
    uint32_t ts;
    uint32_t csrc;
    uint16_t seq;
    uint8_t pt;
    bool marker;
    bool padding;
    size_t len;
    uint8_t payload[OUT_PAYLOAD]; /* the beginning */
    mw_usec_t now;
} out_t;

typedef struct {
    out_t *out;
    unsigned count;
    unsigned rtcp;
    uint8_t last_rtcp[64];
    mw_rc_t result; /* of every write */
    mw_slot_state_t state;
} sink_t;

typedef struct {
    unsigned plis;
    unsigned nacks;       /* sequence numbers asked for */
    uint16_t nacked[256]; /* and which, ring */
    mw_usec_t armed;
    bool audible;
    int level;
} publisher_t;


static inline mw_rc_t
sink_rtp(void *owner, const uint8_t *header, size_t header_len,
    const uint8_t *payload, size_t payload_len, uint64_t index, mw_usec_t now)
{
    out_t *o;
    sink_t *sink;
    mw_rtp_t rtp;

    sink = owner;
    assert_true(sink->count < OUT_MAX);
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, header, header_len));
    assert_int_equal(0, rtp.payload_len);
    assert_int_equal(rtp.seq, index & 0xffff);
    assert_int_equal(1, header[0] & 0x0f);

    o = &sink->out[sink->count++];
    o->index = index;
    o->ssrc = rtp.ssrc;
    o->ts = rtp.ts;
    o->csrc = mw_get32(header + 12);
    o->seq = rtp.seq;
    o->pt = rtp.pt;
    o->marker = rtp.marker;
    o->padding = (header[0] & 0x20) != 0;
    o->len = payload_len;
    o->now = now;
    memcpy(o->payload, payload,
        payload_len < OUT_PAYLOAD ? payload_len : OUT_PAYLOAD);

    return sink->result;
}


static inline mw_rc_t
sink_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    sink_t *sink;

    (void) now;

    sink = owner;
    sink->rtcp++;
    memcpy(sink->last_rtcp, data, len < 64 ? len : 64);

    return MW_OK;
}


static inline void
sink_state(void *owner, mw_slot_t *slot, mw_slot_state_t state)
{
    (void) slot;

    ((sink_t *) owner)->state = state;
}


static inline void
sink_init(sink_t *sink)
{
    memset(sink, 0, sizeof(*sink));
    sink->out = calloc(OUT_MAX, sizeof(out_t));
    assert_non_null(sink->out);
}


static inline mw_rc_t
publisher_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    unsigned i;
    publisher_t *p;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    (void) now;

    p = owner;
    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        assert_int_equal(SOURCE_LOCAL, item.sender);
        assert_int_equal(SOURCE_SSRC, item.ssrc);

        if (item.type == MW_RTCP_PLI) {
            p->plis++;

        } else if (item.type == MW_RTCP_NACK) {
            p->nacked[p->nacks++ & 255] = item.u.nack.pid;

            for (i = 0; i < 16; i++) {
                if (item.u.nack.blp & (1u << i)) {
                    p->nacked[p->nacks++ & 255] =
                        (uint16_t) (item.u.nack.pid + 1 + i);
                }
            }
        }
    }

    return MW_OK;
}


static inline void
publisher_arm(void *owner, mw_usec_t at)
{
    ((publisher_t *) owner)->armed = at;
}


static inline bool
publisher_level(void *owner, uint8_t level, bool voice, mw_usec_t now)
{
    publisher_t *p;

    (void) now;

    p = owner;
    p->level = voice ? level : -level;

    return p->audible;
}


static inline mw_source_t *
make_source(
    publisher_t *p, mw_pool_t *pool, mw_source_clock_t *clock, uint32_t id)
{
    mw_source_conf_t conf;

    memset(p, 0, sizeof(*p));
    p->audible = true;
    p->armed = MW_NEVER;

    memset(&conf, 0, sizeof(conf));
    conf.id = id;
    conf.local_ssrc = SOURCE_LOCAL;
    conf.kind = (mw_kind_t) (id & 3);
    conf.pool = pool;
    conf.clock = clock;
    conf.ops.write_rtcp = publisher_rtcp;
    conf.ops.arm = publisher_arm;
    conf.ops.level = mw_kind_is_video(conf.kind) ? NULL : publisher_level;
    conf.ops.owner = p;

    return mw_source_create(&conf);
}


/* every codec has payload type 100 and its number, RTX 120 and its number */
static inline mw_slot_t *
make_slot(sink_t *sink, bool video, uint16_t first_seq)
{
    unsigned i;
    mw_slot_conf_t conf;

    memset(&conf, 0, sizeof(conf));
    conf.video = video;
    conf.ssrc = SLOT_SSRC;
    conf.rtx_ssrc = SLOT_RTX;
    conf.first_seq = first_seq;
    conf.first_rtx_seq = 77;
    conf.first_ts = 0xfffff000;
    conf.ids.id[MW_EXT_MID] = 4;
    conf.mid = "v0";
    conf.sink.write_rtp = sink_rtp;
    conf.sink.write_rtcp = sink_rtcp;
    conf.sink.owner = sink;
    conf.state = sink_state;

    for (i = 1; i < MW_CODECS; i++) {
        conf.pt[i] = (uint8_t) (100 + i);
        conf.rtx_pt[i] = (uint8_t) (120 + i);
    }

    return mw_slot_create(&conf);
}


/* one media packet handed to a source, as from mw_demux_input() */
static inline mw_rc_t
give(mw_source_t *source, mw_codec_t codec, uint16_t seq, uint32_t ts,
    bool marker, const uint8_t *payload, size_t len, mw_usec_t now)
{
    mw_rtp_t rtp;
    mw_demux_hit_t hit;

    memset(&rtp, 0, sizeof(rtp));
    rtp.payload = payload == NULL ? (const uint8_t *) "" : payload;
    rtp.payload_len = len;
    rtp.ts = ts;
    rtp.ssrc = SOURCE_SSRC;
    rtp.seq = seq;
    rtp.marker = marker;

    memset(&hit, 0, sizeof(hit));
    hit.track = source;
    hit.codec = codec;
    hit.ssrc = SOURCE_SSRC;

    return mw_source_input(source, &rtp, &hit, now);
}


#endif /* MEDIA_FIXTURE_H */
