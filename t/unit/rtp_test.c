/* RTP reading and writing, header extensions, demultiplexing, RTX. */

#include "media_fixture.h"

#include "mw_demux.h"


/* version 2, marker, type 96, one-byte extensions: 4 = "v0", 5 = level */
static const uint8_t packet[] = { 0x90, 0xe0, 0x12, 0x34, 0, 0, 0, 1, 0xaa,
    0xbb, 0xcc, 0xdd, 0xbe, 0xde, 0, 2, 0x41, 'v', '0', 0x50, 0x85, 0, 0, 0,
    'x', 'y', 'z' };


static void
reads_a_packet(void **state)
{
    mw_rtp_t rtp;
    mw_ext_ids_t ids = { { 0 } };

    (void) state;

    ids.id[MW_EXT_MID] = 4;
    ids.id[MW_EXT_AUDIO_LEVEL] = 5;

    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, packet, sizeof(packet)));
    assert_true(rtp.marker);
    assert_int_equal(96, rtp.pt);
    assert_int_equal(0x1234, rtp.seq);
    assert_int_equal(1, rtp.ts);
    assert_int_equal(0xaabbccdd, rtp.ssrc);
    assert_int_equal(3, rtp.payload_len);
    assert_memory_equal("xyz", rtp.payload, 3);

    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(2, rtp.ext_len[MW_EXT_MID]);
    assert_memory_equal("v0", rtp.ext[MW_EXT_MID], 2);
    assert_int_equal(0x85, rtp.ext[MW_EXT_AUDIO_LEVEL][0]);
    assert_null(rtp.ext[MW_EXT_RID]);
}


static void
every_truncation_is_safe(void **state)
{
    size_t len;
    uint8_t *copy;
    mw_rtp_t rtp;

    (void) state;

    for (len = 0; len < sizeof(packet); len++) {
        copy = malloc(len + 1); /* an overrun is seen by the sanitizer */
        assert_non_null(copy);
        memcpy(copy, packet, len);

        if (len < 24) {
            assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, copy, len));

        } else {
            assert_int_equal(MW_OK, mw_rtp_parse(&rtp, copy, len));
            assert_int_equal(len - 24, rtp.payload_len);
        }

        free(copy);
    }
}


static void
lies_are_dropped(void **state)
{
    mw_rtp_t rtp;
    uint8_t p[16] = { 0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4 };

    (void) state;

    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, p, sizeof(p)));

    p[0] = 0x40; /* version 1 */
    assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, p, sizeof(p)));

    p[0] = 0x82; /* two CSRCs in four bytes */
    assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, p, sizeof(p)));

    p[0] = 0xa0; /* padding: 4 of 4 is padding only, 5 and 0 are lies */
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, p, sizeof(p)));
    assert_int_equal(0, rtp.payload_len);
    p[15] = 5;
    assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, p, sizeof(p)));
    p[15] = 0;
    assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, p, sizeof(p)));
    assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, p, 12));

    p[0] = 0x90; /* extension block of 3 words in no bytes */
    p[12] = 0xbe;
    p[13] = 0xde;
    p[14] = 0;
    p[15] = 3;
    assert_int_equal(MW_DROP, mw_rtp_parse(&rtp, p, sizeof(p)));
}


static void
extension_rules(void **state)
{
    mw_rtp_t rtp;
    mw_ext_ids_t ids = { { 0 } };
    /* padding, id 0 with length 2 (skipped), 4, id 15 (stop), 5 */
    uint8_t one[] = { 0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 3,
        0, 0x01, 9, 9, 0x40, 'a', 0, 0xf0, 1, 0x50, 7, 0 };
    /* two-byte form: 200 = "abc", 4 empty, 5 with a length that lies */
    uint8_t two[] = { 0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0x00, 0, 3,
        200, 3, 'a', 'b', 'c', 0, 4, 0, 5, 9, 1, 1 };

    (void) state;

    ids.id[MW_EXT_MID] = 4;
    ids.id[MW_EXT_AUDIO_LEVEL] = 5;
    ids.id[MW_EXT_RID] = 200;

    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, one, sizeof(one)));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(1, rtp.ext_len[MW_EXT_MID]);
    assert_int_equal('a', rtp.ext[MW_EXT_MID][0]);
    assert_null(rtp.ext[MW_EXT_AUDIO_LEVEL]);

    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, two, sizeof(two)));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(3, rtp.ext_len[MW_EXT_RID]);
    assert_memory_equal("abc", rtp.ext[MW_EXT_RID], 3);
    assert_non_null(rtp.ext[MW_EXT_MID]);
    assert_int_equal(0, rtp.ext_len[MW_EXT_MID]);
    assert_null(rtp.ext[MW_EXT_AUDIO_LEVEL]);

    two[12] = 0x77; /* neither form: nothing is read */
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, two, sizeof(two)));
    mw_rtp_read_exts(&rtp, &ids);
    assert_null(rtp.ext[MW_EXT_RID]);
}


/* whichever of the two is negotiated comes first, the number if both are */
static void
stamps_the_time_of_sending(void **state)
{
    size_t len;
    mw_rtp_t rtp;
    mw_rtp_fields_t f;
    mw_rtp_template_t t;
    mw_ext_ids_t ids = { { 0 } };
    uint8_t out[MW_RTP_HEADER_MAX];

    (void) state;

    memset(&f, 0, sizeof(f));
    f.audio_level = -1;
    f.orientation = -1;
    ids.id[MW_EXT_MID] = 1;
    ids.id[MW_EXT_ABS_SEND_TIME] = 3;
    ids.id[MW_EXT_DEPENDENCY] = 6;
    mw_rtp_template_init(&t, 1, &ids, "0123456789abcdef");

    len = mw_rtp_write(&t, &f, out);
    assert_int_equal(44, len);
    assert_false(mw_rtp_number(out, len, 3, 1));
    assert_false(mw_rtp_stamp(out, len, 4, 1));
    assert_false(mw_rtp_stamp(out, 24, 3, 1));
    assert_true(mw_rtp_stamp(out, len, 3, 65 * MW_SEC + 500 * MW_MSEC));
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out, len));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(3, rtp.ext_len[MW_EXT_ABS_SEND_TIME]);
    assert_int_equal(
        1500 * MW_MSEC, mw_rtp_sent(rtp.ext[MW_EXT_ABS_SEND_TIME]));

    f.dependency_len = MW_RTP_DEPENDENCY_MAX;
    len = mw_rtp_write(&t, &f, out);
    assert_true(len <= MW_RTP_HEADER_MAX);
    assert_true(mw_rtp_stamp(out, len, 3, 63 * MW_SEC));
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out, len));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(63 * MW_SEC, mw_rtp_sent(rtp.ext[MW_EXT_ABS_SEND_TIME]));

    ids.id[MW_EXT_TRANSPORT_CC] = 5;
    mw_rtp_template_init(&t, 1, &ids, NULL);
    f.dependency_len = 0;
    len = mw_rtp_write(&t, &f, out);
    assert_true(mw_rtp_number(out, len, 5, 1));
    assert_int_equal(24, len);
}


static void
writes_what_it_reads(void **state)
{
    size_t len;
    uint8_t out[MW_RTP_HEADER_MAX], capture[16];
    mw_rtp_t rtp;
    mw_ext_ids_t ids = { { 0 } };
    mw_rtp_fields_t f;
    mw_rtp_template_t t;

    (void) state;

    memset(&f, 0, sizeof(f));
    memset(capture, 7, sizeof(capture));
    ids.id[MW_EXT_MID] = 1;
    ids.id[MW_EXT_AUDIO_LEVEL] = 14;
    ids.id[MW_EXT_VIDEO_ORIENTATION] = 3;
    ids.id[MW_EXT_ABS_CAPTURE_TIME] = 2;
    ids.id[MW_EXT_TRANSPORT_CC] = 5;
    ids.id[MW_EXT_DEPENDENCY] = 6;

    mw_rtp_template_init(&t, 0x01020304, &ids, "0123456789abcdef");

    f.ts = 5;
    f.csrc = 0x99;
    f.seq = 0xffff;
    f.pt = 127;
    f.marker = true;
    f.audio_level = 0x8a;
    f.orientation = 1;
    f.capture_time = capture;
    f.capture_time_len = 16;

    len = mw_rtp_write(&t, &f, out);
    assert_int_equal(64, len);
    assert_true(mw_rtp_number(out, len, 5, 0xabcd));
    assert_false(mw_rtp_number(out, len, 6, 1));
    assert_false(mw_rtp_number(out, len, 0, 1));
    assert_false(mw_rtp_number(out, len, 16 + 5, 1));
    assert_false(mw_rtp_number(out, 22, 5, 1));
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out, len));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(0, rtp.payload_len);
    assert_int_equal(0xffff, rtp.seq);
    assert_int_equal(127, rtp.pt);
    assert_true(rtp.marker);
    assert_int_equal(0x01020304, rtp.ssrc);
    assert_int_equal(2, rtp.ext_len[MW_EXT_TRANSPORT_CC]);
    assert_int_equal(0xabcd, mw_get16(rtp.ext[MW_EXT_TRANSPORT_CC]));
    assert_int_equal(16, rtp.ext_len[MW_EXT_MID]);
    assert_memory_equal("0123456789abcdef", rtp.ext[MW_EXT_MID], 16);
    assert_int_equal(0x8a, rtp.ext[MW_EXT_AUDIO_LEVEL][0]);
    assert_int_equal(1, rtp.ext[MW_EXT_VIDEO_ORIENTATION][0]);
    assert_memory_equal(capture, rtp.ext[MW_EXT_ABS_CAPTURE_TIME], 16);

    /* a long one takes all to the two-byte form */
    f.dependency_len = MW_RTP_DEPENDENCY_MAX;
    memset(f.dependency, 9, sizeof(f.dependency));
    len = mw_rtp_write(&t, &f, out);
    assert_int_equal(228, len);
    assert_true(mw_rtp_number(out, len, 5, 0xabce));
    assert_false(mw_rtp_number(out, len, 6, 1));
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, out, len));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(0xabce, mw_get16(rtp.ext[MW_EXT_TRANSPORT_CC]));
    assert_memory_equal("0123456789abcdef", rtp.ext[MW_EXT_MID], 16);
    assert_int_equal(0x8a, rtp.ext[MW_EXT_AUDIO_LEVEL][0]);
    assert_memory_equal(capture, rtp.ext[MW_EXT_ABS_CAPTURE_TIME], 16);
    assert_int_equal(MW_RTP_DEPENDENCY_MAX, rtp.ext_len[MW_EXT_DEPENDENCY]);
    assert_int_equal(9, rtp.ext[MW_EXT_DEPENDENCY][159]);

    /* nothing negotiated, or an id only the two-byte form has: no block */
    memset(&ids, 0, sizeof(ids));
    ids.id[MW_EXT_MID] = 15;
    mw_rtp_template_init(&t, 1, &ids, "v0");
    assert_int_equal(16, mw_rtp_write(&t, &f, out));
    assert_int_equal(0x81, out[0]);
}


static uint8_t buf[1500];


static size_t
build(uint8_t pt, uint32_t ssrc, const char *mid, const char *rid,
    const char *repaired, const char *payload)
{
    size_t n;
    uint8_t *p;
    unsigned i;
    const char *text[3];

    text[0] = mid;
    text[1] = rid;
    text[2] = repaired;

    memset(buf, 0, sizeof(buf));
    buf[0] = 0x90;
    buf[1] = pt;
    mw_put16(buf + 2, 1000);
    mw_put32(buf + 8, ssrc);
    mw_put16(buf + 12, 0xbede);
    p = buf + 16;

    for (i = 0; i < 3; i++) {
        if (text[i] != NULL) {
            n = strlen(text[i]);
            *p++ = (uint8_t) ((i + 1) << 4 | (n - 1));
            memcpy(p, text[i], n);
            p += n;
        }
    }

    p += 3 - (p - buf - 1) % 4;
    mw_put16(buf + 14, (uint16_t) ((p - buf - 16) / 4));
    n = strlen(payload);
    memcpy(p, payload, n);

    return (size_t) (p - buf) + n;
}


static char track_a, track_v;


static void
demux_two(mw_demux_t *d)
{
    mw_ext_ids_t ids = { { 0 } };
    mw_demux_section_t s;

    ids.id[MW_EXT_MID] = 1;
    ids.id[MW_EXT_RID] = 2;
    ids.id[MW_EXT_REPAIRED_RID] = 3;

    mw_demux_init(d);
    mw_demux_set_ids(d, &ids);

    memset(&s, 0, sizeof(s));
    s.track = &track_a;
    strcpy(s.mid, "a");
    s.codec[111] = MW_CODEC_OPUS;
    assert_int_equal(MW_OK, mw_demux_set(d, &s));

    memset(&s, 0, sizeof(s));
    s.track = &track_v;
    strcpy(s.mid, "v");
    s.codec[96] = MW_CODEC_VP8;
    s.apt[97] = 96;
    assert_int_equal(MW_OK, mw_demux_set(d, &s));
}


static void
demux_order(void **state)
{
    size_t len;
    mw_rtp_t rtp;
    mw_demux_t d;
    mw_demux_hit_t hit;

    (void) state;

    demux_two(&d);

    /* by MID, then by the SSRC alone */
    len = build(96, 5, "v", NULL, NULL, "pp");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_ptr_equal(&track_v, hit.track);
    assert_int_equal(MW_CODEC_VP8, hit.codec);
    assert_false(hit.rtx);
    len = build(96, 5, NULL, NULL, NULL, "pp");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_ptr_equal(&track_v, hit.track);

    /* a payload type only one section has */
    len = build(111, 6, NULL, NULL, NULL, "o");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_ptr_equal(&track_a, hit.track);
    assert_ptr_equal(&track_a, mw_demux_find(&d, 6, NULL));

    /* an unknown MID is not guessed by payload type */
    len = build(111, 7, "zz", NULL, NULL, "o");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(1, d.drops[MW_DEMUX_UNKNOWN]);

    len = build(96, 0, "v", NULL, NULL, "pp");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(1, d.drops[MW_DEMUX_SSRC_ZERO]);

    /* a payload type of another section */
    len = build(111, 5, NULL, NULL, NULL, "pp");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(1, d.drops[MW_DEMUX_PT]);

    mw_demux_remove(&d, &track_v);
    assert_null(mw_demux_find(&d, 5, NULL));
    len = build(96, 5, "v", NULL, NULL, "pp");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
}


static void
demux_rtx(void **state)
{
    size_t len;
    mw_rtp_t rtp;
    mw_demux_t d;
    mw_demux_hit_t hit;

    (void) state;

    demux_two(&d);

    len = build(97, 8, "v", NULL, NULL, "\x12\x34zz");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_true(hit.rtx);
    assert_int_equal(MW_CODEC_VP8, hit.codec);
    assert_int_equal(0x1234, rtp.seq);
    assert_int_equal(96, rtp.pt);
    assert_int_equal(2, rtp.payload_len);
    assert_int_equal(8, hit.ssrc);

    len = build(97, 8, "v", NULL, NULL, "\x12");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(1, d.drops[MW_DEMUX_RTX_EMPTY]);
}


static void
demux_rids(void **state)
{
    size_t len;
    uint8_t layer;
    mw_rtp_t rtp;
    mw_demux_t d;
    mw_demux_hit_t hit;
    mw_demux_section_t s;

    (void) state;

    demux_two(&d);
    s = d.section[1];
    s.rids = 2;
    strcpy(s.rid[0], "lo");
    strcpy(s.rid[1], "hi");
    s.ssrc[0] = 50; /* signalled SSRCs are not believed when there are rids */
    assert_int_equal(MW_OK, mw_demux_set(&d, &s));
    assert_int_equal(2, d.sections);
    assert_null(mw_demux_find(&d, 50, NULL));

    len = build(96, 5, "v", "hi", NULL, "pp");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(1, hit.layer);
    len = build(97, 6, "v", NULL, "hi", "\x12\x34zz");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(1, hit.layer);
    assert_true(hit.rtx);
    assert_ptr_equal(&track_v, mw_demux_find(&d, 6, &layer));
    assert_int_equal(1, layer);

    len = build(96, 7, "v", NULL, NULL, "pp");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
    len = build(96, 7, "v", "mid", NULL, "pp");
    assert_int_equal(MW_DROP, mw_demux_input(&d, buf, len, &rtp, &hit));
}


static void
demux_many_ssrcs(void **state)
{
    size_t len;
    uint32_t i;
    mw_rtp_t rtp;
    mw_demux_t d;
    mw_demux_hit_t hit;

    (void) state;

    demux_two(&d);

    len = build(111, 6, "a", NULL, NULL, "o");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));

    for (i = 1000; i < 3000; i++) {
        len = build(96, i, "v", NULL, NULL, "pp");
        assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    }

    assert_int_equal(2, d.binds);
    assert_ptr_equal(&track_a, mw_demux_find(&d, 6, NULL));
    assert_null(mw_demux_find(&d, 1000, NULL));
    assert_ptr_equal(&track_v, mw_demux_find(&d, 2999, NULL));

    /* a MID moves an SSRC to its section */
    len = build(111, 2999, "a", NULL, NULL, "o");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_ptr_equal(&track_a, hit.track);
    assert_ptr_equal(&track_a, mw_demux_find(&d, 2999, NULL));
}


static void
demux_is_bounded(void **state)
{
    unsigned i;
    mw_demux_t d;
    mw_demux_section_t s;

    (void) state;

    mw_demux_init(&d);
    memset(&s, 0, sizeof(s));
    s.track = &track_v;

    for (i = 0; i < MW_DEMUX_SECTIONS; i++) {
        s.mid[0] = (char) ('a' + i);
        s.ssrc[0] = 10 + i;
        s.rtx_ssrc[0] = 100 + i;
        assert_int_equal(MW_OK, mw_demux_set(&d, &s));
        assert_ptr_equal(&track_v, mw_demux_find(&d, 100 + i, NULL));
    }

    s.mid[0] = 'A';
    assert_int_equal(MW_ERROR, mw_demux_set(&d, &s));
}


static void
demux_announced_ssrcs(void **state)
{
    size_t len;
    mw_rtp_t rtp;
    mw_demux_t d;
    mw_demux_hit_t hit;
    mw_demux_section_t s;

    (void) state;

    demux_two(&d);
    s = d.section[1];
    s.ssrc[0] = 50;
    s.rtx_ssrc[0] = 51;
    assert_int_equal(MW_OK, mw_demux_set(&d, &s));
    assert_ptr_equal(&track_v, mw_demux_find(&d, 50, NULL));
    assert_ptr_equal(&track_v, mw_demux_find(&d, 51, NULL));

    /* a packet knows better, and stays right when the offer is repeated */
    len = build(96, 60, "v", NULL, NULL, "pp");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
    assert_int_equal(MW_OK, mw_demux_set(&d, &s));
    assert_null(mw_demux_find(&d, 50, NULL));
    assert_ptr_equal(&track_v, mw_demux_find(&d, 60, NULL));
    len = build(96, 60, NULL, NULL, NULL, "pp");
    assert_int_equal(MW_OK, mw_demux_input(&d, buf, len, &rtp, &hit));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_packet),
        cmocka_unit_test(every_truncation_is_safe),
        cmocka_unit_test(lies_are_dropped),
        cmocka_unit_test(extension_rules),
        cmocka_unit_test(stamps_the_time_of_sending),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(demux_order),
        cmocka_unit_test(demux_rtx),
        cmocka_unit_test(demux_rids),
        cmocka_unit_test(demux_many_ssrcs),
        cmocka_unit_test(demux_announced_ssrcs),
        cmocka_unit_test(demux_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
