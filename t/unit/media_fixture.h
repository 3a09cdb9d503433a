/*
 * What tests of the media plane share: a source with a publisher who can be
 * asked what was asked of it, and a slot with a sink behind it.
 */

#ifndef MEDIA_FIXTURE_H
#define MEDIA_FIXTURE_H

#include "media_sink.h"

#define SLOT_SSRC    0x11111111
#define SLOT_RTX     0x22222222
#define SOURCE_SSRC  0xaaaa0001
#define SOURCE_RTX   0xaaaa0002
#define SOURCE_LOCAL 0x00000001


typedef struct {
    unsigned plis;
    unsigned nacks;       /* sequence numbers asked for */
    uint16_t nacked[256]; /* and which, ring */
    mw_usec_t armed;
    bool audible;
    int level;
} publisher_t;


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
    conf.ids.id[MW_EXT_ABS_CAPTURE_TIME] = SINK_CAPTURE;
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


/* when what give() hands over was captured, NULL: it does not say */
static const uint8_t *give_captured;


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
    rtp.ext[MW_EXT_ABS_CAPTURE_TIME] = give_captured;
    rtp.ext_len[MW_EXT_ABS_CAPTURE_TIME] = give_captured == NULL ? 0 : 16;

    memset(&hit, 0, sizeof(hit));
    hit.track = source;
    hit.codec = codec;
    hit.ssrc = SOURCE_SSRC;

    return mw_source_input(source, &rtp, &hit, now);
}


#endif /* MEDIA_FIXTURE_H */
