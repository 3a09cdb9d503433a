/*
 * A camera in three layers with a slot behind it, for tests: pictures of VP8
 * on a fake clock, and what became of them.
 */

#ifndef SIMULCAST_FIXTURE_H
#define SIMULCAST_FIXTURE_H

#include "media_fixture.h"

#define LAYERS 3
#define STEP   (MW_SEC / 25)
#define CAM    5 /* a source id of kind 1 */


typedef struct {
    uint16_t seq;
    uint32_t ts;
    uint16_t picture;
    bool key;      /* owed */
    unsigned plis; /* that came */
    bool off;
} layer_t;

/* deliberately not in the order of their sizes */
static const uint16_t heights[LAYERS] = { 720, 180, 360 };
static const unsigned packets[LAYERS] = { 9, 1, 3 };

static layer_t layers[LAYERS];
static mw_pool_t *pool;
static mw_source_clock_t clock_;
static mw_source_t *source;
static mw_slot_t *slot;
static sink_t sink;
static mw_usec_t now;
static unsigned checked; /* packets of the sink */
static unsigned other;   /* PLI for what is no layer */


static inline mw_rc_t
on_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    unsigned i;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    (void) owner;
    (void) at;

    mw_rtcp_iter_init(&it, data, len);

    while (mw_rtcp_next(&it, &item) == MW_OK) {
        assert_int_equal(MW_RTCP_PLI, item.type);
        i = item.ssrc - SOURCE_SSRC;

        if (i < LAYERS) {
            layers[i].key = true;
            layers[i].plis++;

        } else {
            other++;
        }
    }

    return MW_OK;
}


static inline void
on_arm(void *owner, mw_usec_t at)
{
    (void) owner;
    (void) at;
}


static inline int
setup(void **state)
{
    unsigned i;
    mw_source_conf_t conf;

    (void) state;

    memset(layers, 0, sizeof(layers));
    memset(&clock_, 0, sizeof(clock_));
    now = 5 * MW_SEC;
    checked = 0;
    other = 0;

    for (i = 0; i < LAYERS; i++) {
        layers[i].seq = (uint16_t) (65500 + 7000 * i);
        layers[i].ts = 0xfffff000 + 123456789 * i;
        layers[i].picture = (uint16_t) (32760 + 999 * i);
        layers[i].key = true;
    }

    pool = mw_pool_create(4096);
    assert_non_null(pool);

    memset(&conf, 0, sizeof(conf));
    conf.id = CAM;
    conf.local_ssrc = SOURCE_LOCAL;
    conf.kind = MW_KIND_CAM;
    conf.pool = pool;
    conf.clock = &clock_;
    conf.ops.write_rtcp = on_rtcp;
    conf.ops.arm = on_arm;
    source = mw_source_create(&conf);
    assert_non_null(source);
    assert_int_equal(MW_OK, mw_source_set_layers(source, LAYERS));

    sink_init(&sink);
    slot = make_slot(&sink, true, 100);
    assert_non_null(slot);

    return 0;
}


static inline int
teardown(void **state)
{
    (void) state;

    mw_slot_destroy(slot);
    mw_source_destroy(source);
    assert_int_equal(0, mw_pool_used(pool));
    mw_pool_destroy(pool);
    free(sink.out);

    return 0;
}


/* one packet of VP8; what makes it recognizable stands at the end */
static inline void
send_packet(unsigned i, bool start, bool end, bool key)
{
    uint8_t p[40];
    layer_t *l;
    mw_rtp_t rtp;
    mw_demux_hit_t hit;

    l = &layers[i];
    memset(p, 0, sizeof(p));
    p[0] = start ? 0x90 : 0x80;
    p[1] = 0xc0;
    mw_put16(p + 2, (uint16_t) (0x8000 | (l->picture & 0x7fff)));
    p[4] = (uint8_t) l->picture;
    p[5] = key ? 0x10 : 0x11;
    mw_put24(p + 8, 0x9d012a);
    p[11] = (uint8_t) (heights[i] * 2);
    p[12] = (uint8_t) (heights[i] * 2 >> 8);
    p[13] = (uint8_t) heights[i];
    p[14] = (uint8_t) (heights[i] >> 8);
    p[20] = (uint8_t) i;
    p[21] = start && key;

    memset(&rtp, 0, sizeof(rtp));
    rtp.payload = p;
    rtp.payload_len = sizeof(p);
    rtp.ts = l->ts;
    rtp.ssrc = SOURCE_SSRC + i;
    rtp.seq = l->seq++;
    rtp.marker = end;

    memset(&hit, 0, sizeof(hit));
    hit.track = source;
    hit.codec = MW_CODEC_VP8;
    hit.ssrc = rtp.ssrc;
    hit.layer = (uint8_t) i;

    assert_int_equal(MW_OK, mw_source_input(source, &rtp, &hit, now));
}


/* one picture in all layers; the larger ones take longer to come */
static inline void
send_picture(void)
{
    bool key;
    unsigned i, n;

    for (i = 0; i < LAYERS; i++) {
        if (layers[i].off) {
            continue;
        }

        key = layers[i].key;
        layers[i].key = false;

        for (n = 0; n < packets[i]; n++) {
            send_packet(i, n == 0, n + 1 == packets[i], key);
            now += 100;
        }

        layers[i].ts += 3600;
        layers[i].picture++;
    }

    now += STEP - 1300;
    mw_source_timeout(source, now);
}


static inline void
run(mw_usec_t duration)
{
    mw_usec_t end;

    for (end = now + duration; now < end;) {
        send_picture();
    }
}


static inline unsigned
shown(void)
{
    return sink.count == 0 ? LAYERS : sink.out[sink.count - 1].payload[20];
}


/* no hole, no step back, each change of layers at a keyframe */
static inline unsigned
check(void)
{
    out_t *o, *last;
    unsigned switches;

    switches = 0;

    for (; checked < sink.count; checked++) {
        o = &sink.out[checked];
        assert_int_equal(CAM, o->csrc);

        if (checked == 0) {
            assert_int_equal(1, o->payload[21]);
            continue;
        }

        last = o - 1;
        assert_int_equal(last->index + 1, o->index);
        assert_in_range((uint32_t) (o->ts - last->ts), 0, 3 * 3600);
        assert_in_range(((mw_get16(o->payload + 2) & 0x7fff)
                            - (mw_get16(last->payload + 2) & 0x7fff))
                            & 0x7fff,
            0, 1);
        assert_in_range((uint8_t) (o->payload[4] - last->payload[4]), 0, 1);

        if (o->payload[20] != last->payload[20]) {
            switches++;
            assert_int_equal(1, o->payload[21]);
            assert_true((int32_t) (o->ts - last->ts) > 0);
        }
    }

    return switches;
}


#endif /* SIMULCAST_FIXTURE_H */
