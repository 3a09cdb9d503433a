/* Dependency descriptors: read, written again, and what a slot makes of them. */

#include <stdio.h>

#include "media_fixture.h"

#define CAM    0x101 /* low two bits: the kind */
#define EXT_ID 11

/* of two spatial and two temporal layers that build on each other in keyframes
 * only; decode targets are S0T0, S0T1, S1T0, S1T1 */
#define STRUCTURE                                                              \
    "000101 00011 "      /* offset 5, four targets */                          \
    "00 01 10 00 01 11 " /* six templates */                                   \
    "10101010 10100000 00010000 00001010 00001010 00000001 "                   \
    "0 100110 100010 100000 100110 100010 " /* frames referred to */           \
    "10 0 0 1 1 "                           /* two chains */                   \
    "00000000 01000011 00100001 00010001 00010100 00110010 "                   \
    "1 0000000100111111 0000000010110011 0000001001111111 0000000101100111 "


typedef struct {
    unsigned frame;
    unsigned sid;
    bool structure;
    bool marker;
    bool has_active;
    uint32_t active;
} seen_t;

static mw_pool_t *pool;
static mw_source_clock_t rtp_clock;
static publisher_t pubs[2];
static mw_source_t *sources[2];
static mw_slot_t *slot;
static mw_usec_t now;
static seen_t seen[256];
static unsigned count;
static mw_dd_structure_t structure;
static bool bare; /* nothing is said of layers */


static size_t
bits(uint8_t *out, const char *text)
{
    size_t n;

    n = 0;
    memset(out, 0, 64);

    for (/* void */; *text != '\0'; text++) {
        if (*text != ' ') {
            out[n / 8] |= (uint8_t) ((*text - '0') << (7 - n % 8));
            n++;
        }
    }

    return (n + 7) / 8;
}


static mw_rc_t
sink_dd(void *owner, const mw_rtp_out_t *out, mw_usec_t at)
{
    mw_dd_t d;
    mw_rtp_t rtp;
    mw_ext_ids_t ids = { { 0 } };

    (void) owner;
    (void) at;

    ids.id[MW_EXT_DEPENDENCY] = EXT_ID;
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out->header, out->header_len));
    mw_rtp_read_exts(&rtp, &ids);
    memset(&d, 0, sizeof(d));
    assert_int_equal(bare ? MW_DROP : MW_OK,
        mw_dd_parse(&d, &structure, rtp.ext[MW_EXT_DEPENDENCY],
            rtp.ext_len[MW_EXT_DEPENDENCY]));
    seen[count++] = (seen_t){ d.frame, d.sid, d.structure, rtp.marker,
        d.has_active, d.active };

    return MW_OK;
}


static mw_rc_t
sink_nothing(void *owner, const uint8_t *data, size_t len, mw_usec_t at)
{
    (void) owner;
    (void) data;
    (void) len;
    (void) at;

    return MW_OK;
}


static int
setup(void **state)
{
    mw_slot_conf_t conf;

    (void) state;

    now = 1000 * MW_SEC;
    count = 0;
    memset(&structure, 0, sizeof(structure));
    memset(&rtp_clock, 0, sizeof(rtp_clock));
    pool = mw_pool_create(2048);
    sources[0] = make_source(&pubs[0], pool, &rtp_clock, CAM);
    sources[1] = make_source(&pubs[1], pool, &rtp_clock, CAM + 8);

    memset(&conf, 0, sizeof(conf));
    conf.video = true;
    conf.ssrc = SLOT_SSRC;
    conf.pt[MW_CODEC_AV1] = 100;
    conf.ids.id[MW_EXT_DEPENDENCY] = EXT_ID;
    conf.ids.id[MW_EXT_TRANSPORT_CC] = 3;
    conf.sink.write_rtp = sink_dd;
    conf.sink.write_rtcp = sink_nothing;
    slot = mw_slot_create(&conf);

    return pool == NULL || slot == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    mw_slot_destroy(slot);
    mw_source_destroy(sources[0]);
    mw_source_destroy(sources[1]);
    mw_pool_destroy(pool);

    return 0;
}


/* a picture of two frames, each one packet */
static void
picture(unsigned which, uint16_t *seq, uint16_t frame, unsigned tid, bool key)
{
    unsigned sid, i;
    size_t len;
    mw_rtp_t rtp;
    mw_demux_hit_t hit;
    char number[17], text[512];
    uint8_t dd[64], payload[8] = { 0x10, 0x30, 1, 2, 3, 4, 5, 6 };
    static const char *const templates[2][3] = {
        { "000101", "000110", "000111" }, { "001000", "001001", "001010" }
    };

    for (sid = 0; sid < 2; sid++, frame++) {
        for (i = 0; i < 16; i++) {
            number[i] = frame >> (15 - i) & 1 ? '1' : '0';
        }

        number[16] = '\0';
        (void) snprintf(text, sizeof(text), "11 %s %s %s",
            templates[sid][key ? 0 : tid + 1], number,
            key && sid == 0 ? "10000 " STRUCTURE : "");
        len = bits(dd, text);
        payload[0] = key && sid == 0 ? 0x18 : 0x10;

        memset(&rtp, 0, sizeof(rtp));
        rtp.payload = payload;
        rtp.payload_len = sizeof(payload);
        rtp.ts = frame / 2 * 3600u;
        rtp.ssrc = SOURCE_SSRC;
        rtp.seq = (*seq)++;
        rtp.marker = sid == 1;
        rtp.ext[MW_EXT_DEPENDENCY] = dd;
        rtp.ext_len[MW_EXT_DEPENDENCY] = (uint8_t) len;

        memset(&hit, 0, sizeof(hit));
        hit.track = sources[which];
        hit.codec = MW_CODEC_AV1;
        hit.ssrc = SOURCE_SSRC;
        assert_int_equal(
            MW_OK, mw_source_input(sources[which], &rtp, &hit, now));
    }

    now += 40 * MW_MSEC;
}


static void
reads_what_the_sender_said(void **state)
{
    size_t len, i;
    mw_dd_t d;
    mw_dd_structure_t s;
    uint8_t data[64];

    (void) state;

    memset(&s, 0, sizeof(s));
    len = bits(data, "10 000101 0000000000000111 10000 " STRUCTURE);
    assert_int_equal(MW_OK, mw_dd_parse(&d, &s, data, len));
    assert_true(d.start && !d.end && d.structure);
    assert_int_equal(7, d.frame);
    assert_int_equal(4, s.targets);
    assert_int_equal(6, s.templates);
    assert_int_equal(2, s.spatial);
    assert_int_equal(2, s.chains);
    assert_int_equal(180, s.height[0]);
    assert_int_equal(640, s.width[1]);
    assert_int_equal(3, mw_dd_needed(&s, &d));
    assert_true(mw_dd_up(&s, &d));
    assert_int_equal(0x3, mw_dd_targets(&s, 0, 7));
    assert_int_equal(0x5, mw_dd_targets(&s, 7, 0));
    assert_int_equal(0xf, mw_dd_targets(&s, 7, 7));

    /* S1T1: needed by its own target only */
    len = bits(data, "01 001010 0000000000001000");
    assert_int_equal(MW_OK, mw_dd_parse(&d, &s, data, len));
    assert_int_equal(1, d.sid);
    assert_int_equal(1, d.tid);
    assert_int_equal(2, mw_dd_needed(&s, &d));

    /* a template that is not there; nothing said yet; too short */
    len = bits(data, "01 001011 0000000000001000");
    assert_int_equal(MW_DROP, mw_dd_parse(&d, &s, data, len));
    memset(&s, 0, sizeof(s));
    len = bits(data, "01 000101 0000000000001000");
    assert_int_equal(MW_DROP, mw_dd_parse(&d, &s, data, len));
    len = bits(data, "10 000101 0000000000000111 10000 " STRUCTURE);

    for (i = 0; i < len; i++) {
        assert_int_equal(MW_DROP, mw_dd_parse(&d, &s, data, i));
        assert_int_equal(0, s.targets);
    }
}


/* numbers only move all together, and a limit is said with the structure */
static void
a_slot_limits_and_moves(void **state)
{
    unsigned i, n;
    uint16_t seq[2] = { 0, 40000 };

    (void) state;

    mw_slot_set_height(slot, 180, now);
    mw_slot_assign(slot, sources[0], now);
    picture(0, &seq[0], 65530, 0, true);

    for (i = 1; i < 6; i++) {
        picture(0, &seq[0], (uint16_t) (65530 + 2 * i), i & 1, false);
    }

    assert_int_equal(6, count); /* the lower layer of six pictures */

    for (i = 0; i < count; i++) {
        assert_int_equal((uint16_t) (65530 + 2 * i), seen[i].frame);
        assert_int_equal(0, seen[i].sid);
        assert_true(seen[i].marker);
        assert_int_equal(i == 0, seen[i].structure);
        assert_int_equal(i == 0, seen[i].has_active);
    }

    assert_int_equal(0x3, seen[0].active);

    /* another source goes on where this one left off */
    n = count;
    mw_slot_set_height(slot, 360, now);
    mw_slot_assign(slot, sources[1], now);
    picture(1, &seq[1], 100, 0, true);
    picture(1, &seq[1], 102, 1, false);
    picture(1, &seq[1], 104, 0, false);
    assert_true(seen[n].structure);
    assert_int_equal(0xf, seen[n].active);

    for (i = n; i < count; i++) {
        assert_int_equal(i == n ? 0 : 1, seen[i].sid == 1);
        assert_int_equal(seen[i].sid == 1, seen[i].marker);
    }

    assert_int_equal(n + 4, count);
    assert_int_equal((uint16_t) (seen[n - 1].frame + 1), seen[n].frame);
    assert_int_equal((uint16_t) (seen[n].frame + 1), seen[n + 1].frame);
    assert_int_equal((uint16_t) (seen[n].frame + 3), seen[n + 2].frame);
    assert_int_equal((uint16_t) (seen[n].frame + 5), seen[n + 3].frame);
}


/* who cannot tell layers apart gets the smallest, whatever it asks for */
static void
a_receiver_without_it_gets_the_smallest(void **state)
{
    unsigned i;
    uint16_t seq;
    mw_ext_ids_t none = { { 0 } };
    uint8_t pt[MW_CODECS] = { 0 }, rtx_pt[MW_CODECS] = { 0 };

    (void) state;

    seq = 0;
    pt[MW_CODEC_AV1] = 100;
    mw_slot_update(slot, pt, rtx_pt, &none, now);
    bare = true;
    mw_slot_set_height(slot, 360, now);
    mw_slot_assign(slot, sources[0], now);
    picture(0, &seq, 0, 0, true);

    for (i = 1; i < 6; i++) {
        picture(0, &seq, (uint16_t) (2 * i), i & 1, false);
    }

    assert_int_equal(6, count);

    for (i = 0; i < count; i++) {
        assert_true(seen[i].marker);
    }

    bare = false;
}


int
main(void)
{
#define with(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        with(reads_what_the_sender_said),
        with(a_slot_limits_and_moves),
        with(a_receiver_without_it_gets_the_smallest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
