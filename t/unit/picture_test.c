/* Payload descriptors: VP8, VP9, H.264, AV1. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_av1.h"
#include "mw_h264.h"
#include "mw_picture.h"


static void
vp8_forms(void **state)
{
    size_t i;
    uint8_t out[MW_VP8_DESC_MAX];
    mw_vp8_t d;
    static const struct {
        uint8_t bytes[8];
        uint8_t len;
        uint8_t desc;
        uint8_t id_bits;
        uint16_t id;
        bool start;
        bool key;
    } t[] = {
        { { 0x10, 0x50 }, 2, 1, 0, 0, true, true },
        { { 0x10, 0x51 }, 2, 1, 0, 0, true, false },
        { { 0x00, 0x50 }, 2, 1, 0, 0, false, false },
        { { 0x11, 0x50 }, 2, 1, 0, 0, false, false }, /* partition 1 */
        { { 0x90, 0x80, 0x7f, 0x10 }, 4, 3, 7, 127, true, true },
        { { 0x90, 0x80, 0x80, 0x7f, 0x10 }, 5, 4, 15, 127, true, true },
        { { 0x90, 0xf0, 0xff, 0xff, 3, 0x65, 0x11 }, 7, 6, 15, 32767, true,
            false },
        { { 0x90, 0x40, 9, 0x10 }, 4, 3, 0, 0, true, true },
        { { 0x90, 0x10, 0x1f, 0x10 }, 4, 3, 0, 0, true, true },
    };

    (void) state;

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        assert_int_equal(MW_OK, mw_vp8_parse(&d, t[i].bytes, t[i].len));
        assert_int_equal(t[i].desc, d.len);
        assert_int_equal(t[i].id_bits, d.id_bits);
        assert_int_equal(t[i].id, d.picture_id);
        assert_int_equal(t[i].start, d.start);
        assert_int_equal(t[i].key, d.keyframe);

        /* without a body, or cut anywhere, it is none */
        assert_int_equal(MW_DROP, mw_vp8_parse(&d, t[i].bytes, t[i].desc));

        /* written again it is the same, but for the longer picture id */
        assert_int_equal(MW_OK, mw_vp8_parse(&d, t[i].bytes, t[i].len));

        if (t[i].id_bits == 7) {
            assert_int_equal(t[i].desc + 1, mw_vp8_write(&d, out));
            assert_int_equal(0x80, out[2]);
            assert_int_equal(t[i].id, out[3]);

        } else {
            assert_int_equal(t[i].desc, mw_vp8_write(&d, out));
            assert_memory_equal(t[i].bytes, out, t[i].desc);
        }
    }
}


static void
vp9_forms(void **state)
{
    size_t i;
    uint8_t out[MW_VP9_HEAD_MAX];
    mw_vp9_t d;
    static const struct {
        uint8_t bytes[8];
        uint8_t len;
        uint8_t head;
        uint8_t id_bits;
        uint16_t id;
        bool start;
        bool key;
    } t[] = {
        { { 0x08, 1 }, 2, 1, 0, 0, true, true },
        { { 0x48, 1 }, 2, 1, 0, 0, true, false },
        { { 0x00, 1 }, 2, 1, 0, 0, false, false },
        { { 0x88, 0x12, 1 }, 3, 2, 7, 0x12, true, true },
        { { 0xac, 0x80, 0x12, 0x00, 5, 1 }, 6, 5, 15, 0x12, true, true },
        /* spatial layer 1 starts no picture */
        { { 0xac, 0x80, 0x12, 0x02, 5, 1 }, 6, 5, 15, 0x12, false, false },
        /* flexible mode: no TL0PICIDX */
        { { 0xbc, 0xff, 0xff, 0x00, 1 }, 5, 4, 15, 32767, true, true },
    };

    (void) state;

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        assert_int_equal(MW_OK, mw_vp9_parse(&d, t[i].bytes, t[i].len));
        assert_int_equal(t[i].head, d.len);
        assert_int_equal(t[i].id_bits, d.id_bits);
        assert_int_equal(t[i].id, d.picture_id);
        assert_int_equal(t[i].start, d.start);
        assert_int_equal(t[i].key, d.keyframe);
        assert_int_equal(MW_DROP, mw_vp9_parse(&d, t[i].bytes, t[i].head));
        assert_int_equal(MW_OK, mw_vp9_parse(&d, t[i].bytes, t[i].len));

        if (t[i].id_bits == 7) {
            assert_int_equal(t[i].head + 1, mw_vp9_write(&d, out));
            assert_int_equal(t[i].id, out[2]);

        } else {
            assert_int_equal(t[i].head, mw_vp9_write(&d, out));
            assert_memory_equal(t[i].bytes, out, t[i].head);
        }
    }
}


static void
h264_units(void **state)
{
    mw_h264_t d;
    static const uint8_t sps[] = { 0x67, 0x42, 0xe0 };
    static const uint8_t idr[] = { 0x65, 0x88 };
    static const uint8_t slice[] = { 0x41, 0x9a };
    /* SPS, PPS and IDR in one */
    static const uint8_t stap[] = { 0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68, 0, 2,
        0x65, 0x88 };
    static const uint8_t stap_lies[] = { 0x78, 0, 2, 0x67, 0x42, 0, 9, 0x68 };
    static const uint8_t stap_empty[] = { 0x78, 0, 0, 0x67 };
    static const uint8_t fu_first[] = { 0x7c, 0x85, 0x88 };
    static const uint8_t fu_next[] = { 0x7c, 0x05, 0x88 };

    (void) state;

    assert_int_equal(MW_OK, mw_h264_parse(&d, sps, sizeof(sps)));
    assert_true(d.sps && !d.idr);
    assert_int_equal(MW_OK, mw_h264_parse(&d, idr, sizeof(idr)));
    assert_true(!d.sps && d.idr);
    assert_int_equal(MW_OK, mw_h264_parse(&d, slice, sizeof(slice)));
    assert_true(!d.sps && !d.idr);
    assert_int_equal(MW_OK, mw_h264_parse(&d, stap, sizeof(stap)));
    assert_true(d.sps && d.idr);
    assert_int_equal(MW_DROP, mw_h264_parse(&d, stap_lies, 8));
    assert_int_equal(MW_DROP, mw_h264_parse(&d, stap_empty, 4));
    assert_int_equal(MW_OK, mw_h264_parse(&d, fu_first, sizeof(fu_first)));
    assert_true(d.idr);
    assert_int_equal(MW_OK, mw_h264_parse(&d, fu_next, sizeof(fu_next)));
    assert_false(d.idr);
    assert_int_equal(MW_DROP, mw_h264_parse(&d, fu_first, 2));
    assert_int_equal(MW_DROP, mw_h264_parse(&d, sps, 0));
}


/* of openh264 (642x362 is cropped), and two of x264, one with escapes */
static void
h264_sizes(void **state)
{
    size_t i, len;
    uint8_t *copy;
    mw_h264_t d;
    static const struct {
        uint16_t width, height;
        size_t len;
        uint8_t data[28];
    } sets[] = {
        { 320, 180, 15,
            { 0x67, 0x42, 0xc0, 0x0d, 0x8c, 0x8d, 0x40, 0xa0, 0xcb, 0xcf, 0x00,
                0xf0, 0x88, 0x46, 0xa0 } },
        { 642, 362, 16,
            { 0x67, 0x42, 0xc0, 0x16, 0x8c, 0x8d, 0x40, 0x52, 0x17, 0xb1, 0x12,
                0x40, 0x3c, 0x22, 0x11, 0xa8 } },
        { 1920, 1080, 26,
            { 0x67, 0x4d, 0x40, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0xc0,
                0x44, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0xc8, 0x3c, 0x60, 0xc9,
                0x20 } },
        { 1920, 1080, 27,
            { 0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5,
                0xc0, 0x44, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0xf0, 0x3c, 0x60, 0xc6,
                0x58 } },
    };
    /* more macroblocks than any picture has; a list of 2^31 offsets */
    static const uint8_t huge[] = { 0x67, 0x42, 0, 0x1f, 0xf8, 0, 0, 0x40, 0, 0,
        0x80, 0, 0, 0x10 };
    static const uint8_t endless[] = { 0x67, 0x42, 0, 0x1f, 0xd7, 0, 0, 0, 1,
        0xff, 0xff, 0xff, 0xff, 0xff };

    (void) state;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        for (len = 1; len <= sets[i].len; len++) {
            copy = malloc(len);
            assert_non_null(copy);
            memcpy(copy, sets[i].data, len);
            assert_int_equal(MW_OK, mw_h264_parse(&d, copy, len));
            assert_true(d.sps);
            assert_true(d.width == 0 || d.width == sets[i].width);
            free(copy);
        }

        assert_int_equal(sets[i].width, d.width);
        assert_int_equal(sets[i].height, d.height);
    }

    assert_int_equal(MW_OK, mw_h264_parse(&d, huge, sizeof(huge)));
    assert_true(d.sps && d.width == 0 && d.height == 0);
    assert_int_equal(MW_OK, mw_h264_parse(&d, endless, sizeof(endless)));
    assert_true(d.sps && d.width == 0 && d.height == 0);
}


/* of libaom */
static void
av1_sizes(void **state)
{
    size_t len;
    uint8_t *copy;
    mw_av1_t d;
    static const uint8_t data[] = { 0x18, 0x0a, 0x0b, 0x00, 0x00, 0x00, 0x0c,
        0xc5, 0x03, 0x69, 0x36, 0xbe, 0x40, 0x10 };
    static const uint8_t delta[] = { 0x10, 0x0a, 0x0b, 0x00, 0x00, 0x00, 0x0c,
        0xc5, 0x03, 0x69, 0x36, 0xbe, 0x40, 0x10 };
    /* the sequence header has its length, a frame follows */
    static const uint8_t two[] = { 0x28, 13, 0x0a, 0x0b, 0x00, 0x00, 0x00, 0x2d,
        0x4c, 0xff, 0xb3, 0xcd, 0xaf, 0x90, 0x04, 0x32, 7 };

    (void) state;

    for (len = 2; len <= sizeof(data); len++) {
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, data, len);
        assert_int_equal(MW_OK, mw_av1_parse(&d, copy, len));
        assert_true(d.width == 0 || (d.width == 642 && d.height == 362));
        free(copy);
    }

    assert_int_equal(642, d.width);
    assert_int_equal(MW_OK, mw_av1_parse(&d, two, sizeof(two)));
    assert_int_equal(1280, d.width);
    assert_int_equal(720, d.height);
    assert_int_equal(MW_OK, mw_av1_parse(&d, delta, sizeof(delta)));
    assert_int_equal(0, d.width);
}


static void
av1_headers(void **state)
{
    mw_av1_t d;
    /* W 1, N: sequence header without a length; W 2: the first has one */
    static const uint8_t one[] = { 0x18, 0x0a, 0x01 };
    static const uint8_t two[] = { 0x28, 2, 0x0a, 0x01, 0x32, 7 };
    static const uint8_t delta[] = { 0x10, 0x32, 7 };
    static const uint8_t both[] = { 0x98, 0x32, 7 };
    /* W 0: every element has a length */
    static const uint8_t all[] = { 0x08, 1, 0x0a, 2, 0x32, 7 };
    static const uint8_t lies[] = { 0x08, 1, 0x0a, 3, 0x32, 7 };
    static const uint8_t endless[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff };
    static const uint8_t missing[] = { 0x28, 2, 0x0a, 0x01 };

    (void) state;

    assert_int_equal(MW_OK, mw_av1_parse(&d, one, sizeof(one)));
    assert_true(d.keyframe);
    assert_int_equal(MW_OK, mw_av1_parse(&d, two, sizeof(two)));
    assert_true(d.keyframe);
    assert_int_equal(MW_OK, mw_av1_parse(&d, delta, sizeof(delta)));
    assert_false(d.keyframe);
    assert_int_equal(MW_OK, mw_av1_parse(&d, both, sizeof(both)));
    assert_false(d.keyframe);
    assert_int_equal(MW_OK, mw_av1_parse(&d, all, sizeof(all)));
    assert_true(d.keyframe);
    assert_int_equal(MW_DROP, mw_av1_parse(&d, lies, sizeof(lies)));
    assert_int_equal(MW_DROP, mw_av1_parse(&d, endless, sizeof(endless)));
    assert_int_equal(MW_DROP, mw_av1_parse(&d, missing, sizeof(missing)));
    assert_int_equal(MW_DROP, mw_av1_parse(&d, one, 1));
}


static mw_rc_t
look(mw_picture_t *p, mw_codec_t codec, int64_t seq, uint32_t ts,
    const uint8_t *bytes, size_t len, mw_picture_info_t *info)
{
    mw_rtp_t rtp;

    memset(&rtp, 0, sizeof(rtp));
    rtp.payload = bytes;
    rtp.payload_len = len;
    rtp.ts = ts;

    return mw_picture_read(p, &rtp, codec, seq, info);
}


static void
short_ids_are_unwrapped(void **state)
{
    unsigned i;
    uint8_t bytes[] = { 0x90, 0x80, 0, 0x11 };
    mw_picture_t p;
    mw_picture_info_t info;

    (void) state;

    mw_picture_init(&p);

    for (i = 1; i < 1000; i++) {
        bytes[2] = i & 0x7f;
        assert_int_equal(MW_OK, look(&p, MW_CODEC_VP8, i, i, bytes, 4, &info));
        assert_int_equal(i, info.desc.vp8.picture_id);

        /* one that comes late belongs to its own picture */
        bytes[2] = (i - 1) & 0x7f;
        assert_int_equal(MW_OK, look(&p, MW_CODEC_VP8, i, i, bytes, 4, &info));
        assert_int_equal(i - 1, info.desc.vp8.picture_id);
    }
}


static void
h264_keyframe_starts_once(void **state)
{
    mw_picture_t p;
    mw_picture_info_t info;
    static const uint8_t sps[] = { 0x67, 0x42 };
    static const uint8_t idr[] = { 0x65, 0x88 };
    static const uint8_t slice[] = { 0x41, 0x88 };

    (void) state;

    mw_picture_init(&p);

    /* parameter sets out of band: the IDR slice starts it */
    assert_int_equal(MW_OK, look(&p, MW_CODEC_H264, 1, 10, idr, 2, &info));
    assert_true(info.start && info.key);
    assert_int_equal(1, p.key_seq);
    assert_int_equal(MW_OK, look(&p, MW_CODEC_H264, 2, 10, idr, 2, &info));
    assert_true(!info.start && info.key);

    /* in band: only they do */
    assert_int_equal(MW_OK, look(&p, MW_CODEC_H264, 3, 20, sps, 2, &info));
    assert_true(info.start);
    assert_int_equal(MW_OK, look(&p, MW_CODEC_H264, 4, 20, idr, 2, &info));
    assert_false(info.start);
    assert_true(info.key);
    assert_int_equal(MW_OK, look(&p, MW_CODEC_H264, 5, 30, slice, 2, &info));
    assert_false(info.key);
    assert_int_equal(MW_OK, look(&p, MW_CODEC_H264, 6, 40, idr, 2, &info));
    assert_false(info.start);
    assert_int_equal(3, p.key_seq);

    /* another codec knows nothing of this one's pictures */
    assert_int_equal(MW_OK, look(&p, MW_CODEC_OPUS, 7, 40, idr, 2, &info));
    assert_int_equal(-1, p.key_seq);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vp8_forms),
        cmocka_unit_test(vp9_forms),
        cmocka_unit_test(h264_units),
        cmocka_unit_test(h264_sizes),
        cmocka_unit_test(av1_headers),
        cmocka_unit_test(av1_sizes),
        cmocka_unit_test(short_ids_are_unwrapped),
        cmocka_unit_test(h264_keyframe_starts_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
