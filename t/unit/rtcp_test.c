/* RTCP: compound and reduced-size, what is written is read back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_rtcp_read.h"
#include "mw_rtcp_write.h"


/* SR with one report block, SDES with a CNAME, as a browser sends it */
static const uint8_t compound[] = { 0x81, 200, 0, 12, 0, 0, 0, 9, 1, 2, 3, 4, 5,
    6, 7, 8, 0, 0, 0x10, 0, 0, 0, 0, 5, 0, 0, 0, 50, /* block */ 0, 0, 0, 7,
    0x40, 0xff, 0xff, 0xfe, 0, 1, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0, 1, 0, 0,
    /* SDES */ 0x81, 202, 0, 3, 0, 0, 0, 9, 1, 4, 'a', 'b', 'c', 'd', 0, 0 };


static void
reads_a_compound(void **state)
{
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    (void) state;

    mw_rtcp_iter_init(&it, compound, sizeof(compound));

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_SR, item.type);
    assert_int_equal(9, item.ssrc);
    assert_true(item.u.sr.ntp == 0x0102030405060708ull);
    assert_int_equal(0x1000, item.u.sr.ts);
    assert_int_equal(5, item.u.sr.packets);
    assert_int_equal(50, item.u.sr.octets);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_REPORT, item.type);
    assert_int_equal(9, item.sender);
    assert_int_equal(7, item.ssrc);
    assert_int_equal(0x40, item.u.report.fraction);
    assert_int_equal(-2, item.u.report.lost);
    assert_int_equal(0x10002, item.u.report.highest);
    assert_int_equal(3, item.u.report.jitter);
    assert_int_equal(0x09090909, item.u.report.lsr);
    assert_int_equal(0x10000, item.u.report.dlsr);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_CNAME, item.type);
    assert_int_equal(4, item.u.cname.len);
    assert_memory_equal("abcd", item.u.cname.text, 4);

    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));
}


static void
every_truncation_is_safe(void **state)
{
    mw_rc_t rc;
    size_t len;
    uint8_t *copy;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    (void) state;

    for (len = 1; len < sizeof(compound); len++) {
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, compound, len);
        mw_rtcp_iter_init(&it, copy, len);

        do {
            rc = mw_rtcp_next(&it, &item);
        } while (rc == MW_OK);

        /* 52 ends the first packet */
        assert_int_equal(len == 52 ? MW_AGAIN : MW_DROP, rc);
        free(copy);
    }
}


static void
reads_feedback(void **state)
{
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    static const uint8_t data[] = {
        /* RFC 8888 (FMT 11), stepped over, and transport-wide feedback */
        0x8b, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x8f,
        205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
        /* NACK with two fields */
        0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0x80, 1, 0, 99, 0, 0,
        /* REMB */
        0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0, 0, 1,
        0, 0, 0, 2,
        /* PLI, FIR for two, XR, APP, BYE of two with a reason */
        0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x84, 206, 0, 6, 0, 0, 0, 1, 0,
        0, 0, 0, 0, 0, 0, 3, 7, 0, 0, 0, 0, 0, 0, 4, 8, 0, 0, 0, 0x80, 207, 0,
        1, 0, 0, 0, 1, 0x80, 204, 0, 0, 0x82, 203, 0, 3, 0, 0, 0, 5, 0, 0, 0, 6,
        2, 'o', 'k', 0
    };

    (void) state;

    mw_rtcp_iter_init(&it, data, sizeof(data));

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_TWCC, item.type);
    assert_int_equal(2, item.ssrc);
    assert_int_equal(0, item.u.twcc.len);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_NACK, item.type);
    assert_int_equal(2, item.ssrc);
    assert_int_equal(10, item.u.nack.pid);
    assert_int_equal(0x8001, item.u.nack.blp);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(99, item.u.nack.pid);
    assert_int_equal(0, item.u.nack.blp);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_REMB, item.type);
    assert_int_equal(1, item.u.remb);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_PLI, item.type);
    assert_int_equal(1, item.sender);
    assert_int_equal(2, item.ssrc);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_FIR, item.type);
    assert_int_equal(3, item.ssrc);
    assert_int_equal(7, item.u.fir_seq);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(4, item.ssrc);

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_BYE, item.type);
    assert_int_equal(5, item.ssrc);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(6, item.ssrc);

    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));
}


static mw_rc_t
drain(const uint8_t *data, size_t len)
{
    mw_rc_t rc;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;

    mw_rtcp_iter_init(&it, data, len);

    do {
        rc = mw_rtcp_next(&it, &item);
    } while (rc == MW_OK);

    return rc;
}


static uint32_t
remb_of(uint8_t exponent, uint32_t mantissa)
{
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    uint8_t data[] = { 0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M',
        'B', 0, 0, 0, 0 };

    mw_put24(data + 17, (uint32_t) exponent << 18 | mantissa);
    mw_rtcp_iter_init(&it, data, sizeof(data));
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_REMB, item.type);
    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));

    return item.u.remb;
}


static void
remb_of_any_size(void **state)
{
    uint8_t buf[60];
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_rtcp_writer_t w;
    static const uint32_t ssrcs[] = { 7, 0xfffffffe };
    static const uint8_t short_list[] = { 0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0,
        0, 'R', 'E', 'M', 'B', 1, 0, 0, 1 };
    static const uint8_t other[] = { 0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0,
        'R', 'A', 'M', 'S', 1, 0, 0, 1 };

    (void) state;

    /* 2^81 bit/s is no rate, and must not become a small one */

    assert_int_equal(0, remb_of(63, 0));
    assert_int_equal(UINT32_MAX, remb_of(63, 1));
    assert_int_equal(UINT32_MAX, remb_of(15, 0x3ffff));
    assert_int_equal(0x3ffffu << 14, remb_of(14, 0x3ffff));
    assert_int_equal(1u << 31, remb_of(31, 1));
    assert_int_equal(UINT32_MAX, remb_of(31, 2));

    assert_int_equal(MW_DROP, drain(short_list, sizeof(short_list)));
    assert_int_equal(MW_AGAIN, drain(other, sizeof(other)));

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_rtcp_write_remb(&w, 5, 1234567, ssrcs, 2));
    assert_int_equal(28, w.len);
    assert_int_equal(7, mw_get32(buf + 20));
    assert_int_equal(MW_OK, mw_rtcp_write_remb(&w, 5, UINT32_MAX, ssrcs, 2));
    assert_int_equal(MW_AGAIN, mw_rtcp_write_remb(&w, 5, 1, ssrcs, 2));

    mw_rtcp_iter_init(&it, buf, w.len);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(5, item.sender);
    assert_in_range(item.u.remb, 1234567 - 8, 1234567);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_in_range(item.u.remb, UINT32_MAX - (1u << 14), UINT32_MAX);
    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));
}


static void
lies_end_the_reading(void **state)
{
    static const uint8_t version[] = { 0x41, 201, 0, 1, 0, 0, 0, 1 };
    static const uint8_t blocks[] = { 0x81, 201, 0, 1, 0, 0, 0, 1 };
    static const uint8_t longer[] = { 0x80, 201, 0, 2, 0, 0, 0, 1 };
    static const uint8_t bye[] = { 0x9f, 203, 0, 1, 0, 0, 0, 1 };
    static const uint8_t sdes[] = { 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 'a',
        'b' };
    static const uint8_t padding[] = { 0xa0, 201, 0, 1, 0, 0, 0, 9 };
    static const uint8_t feedback[] = { 0x81, 206, 0, 1, 0, 0, 0, 1 };
    static const uint8_t fine[] = { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4 };

    (void) state;

    assert_int_equal(MW_DROP, drain(version, sizeof(version)));
    assert_int_equal(MW_DROP, drain(blocks, sizeof(blocks)));
    assert_int_equal(MW_DROP, drain(longer, sizeof(longer)));
    assert_int_equal(MW_DROP, drain(bye, sizeof(bye)));
    assert_int_equal(MW_DROP, drain(sdes, sizeof(sdes)));
    assert_int_equal(MW_DROP, drain(padding, sizeof(padding)));
    assert_int_equal(MW_DROP, drain(feedback, sizeof(feedback)));
    assert_int_equal(MW_AGAIN, drain(fine, sizeof(fine)));
}


static void
writes_reports(void **state)
{
    uint8_t buf[200];
    unsigned i;
    mw_rtcp_sr_t sr;
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_rtcp_report_t reports[3];
    mw_rtcp_writer_t w;

    (void) state;

    memset(reports, 0, sizeof(reports));

    for (i = 0; i < 3; i++) {
        reports[i].ssrc = 100 + i;
        reports[i].lost = i == 0 ? -10000000 : i == 1 ? 10000000 : -1;
        reports[i].fraction = (uint8_t) i;
    }

    memset(&sr, 0, sizeof(sr));
    sr.ssrc = 3;
    sr.ntp = mw_ntp(1500000);

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_rtcp_write_sr(&w, &sr));
    assert_int_equal(MW_OK, mw_rtcp_write_rr(&w, 1, reports, 3));
    assert_int_equal(MW_OK, mw_rtcp_write_cname(&w, 3, "abcdefghij"));
    assert_int_equal(MW_OK, mw_rtcp_write_pli(&w, 1, 8));
    assert_int_equal(MW_OK, mw_rtcp_write_bye(&w, 3));

    mw_rtcp_iter_init(&it, buf, w.len);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(0x80000000, item.u.sr.ntp & 0xffffffff);

    for (i = 0; i < 3; i++) {
        assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
        assert_int_equal(MW_RTCP_REPORT, item.type);
        assert_int_equal(1, item.sender);
        assert_int_equal(100 + i, item.ssrc);
        assert_int_equal(i, item.u.report.fraction);
        assert_int_equal(i == 0   ? -0x800000
                         : i == 1 ? 0x7fffff
                                  : -1,
            item.u.report.lost);
    }

    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(10, item.u.cname.len);
    assert_memory_equal("abcdefghij", item.u.cname.text, 10);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_PLI, item.type);
    assert_int_equal(8, item.ssrc);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(MW_RTCP_BYE, item.type);
    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));
}


static void
cname_of_every_length(void **state)
{
    size_t len;
    uint8_t buf[100];
    char name[81];
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_rtcp_writer_t w;

    (void) state;

    for (len = 0; len <= 80; len++) {
        memset(name, 'x', len);
        name[len] = '\0';
        mw_rtcp_writer_init(&w, buf, sizeof(buf));
        assert_int_equal(MW_OK, mw_rtcp_write_cname(&w, 3, name));
        assert_int_equal(0, w.len % 4);
        assert_int_equal(0, buf[w.len - 1]);
        mw_rtcp_iter_init(&it, buf, w.len);
        assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
        assert_int_equal(len > MW_RTCP_CNAME_MAX ? MW_RTCP_CNAME_MAX : len,
            item.u.cname.len);
        assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));
    }
}


static void
nack_pairs(void **state)
{
    uint8_t buf[100];
    mw_rtcp_iter_t it;
    mw_rtcp_item_t item;
    mw_rtcp_writer_t w;
    static const uint16_t seqs[] = { 65530, 65531, 65535, 0, 10, 11, 28 };

    (void) state;

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_rtcp_write_nack(&w, 1, 2, seqs, 7));
    mw_rtcp_iter_init(&it, buf, w.len);

    /* 65530 and up to 16 behind it: 65531, 65535, 0, 10 */
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(65530, item.u.nack.pid);
    assert_int_equal(1 << 0 | 1 << 4 | 1 << 5 | 1 << 15, item.u.nack.blp);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(11, item.u.nack.pid);
    assert_int_equal(0, item.u.nack.blp);
    assert_int_equal(MW_OK, mw_rtcp_next(&it, &item));
    assert_int_equal(28, item.u.nack.pid);
    assert_int_equal(MW_AGAIN, mw_rtcp_next(&it, &item));

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_rtcp_write_nack(&w, 1, 2, seqs, 0));
    assert_int_equal(0, w.len);
}


static void
no_room_writes_nothing(void **state)
{
    size_t room;
    uint8_t *buf;
    mw_rtcp_report_t r;
    mw_rtcp_writer_t w;

    (void) state;

    memset(&r, 0, sizeof(r));

    for (room = 0; room < 32; room++) {
        buf = malloc(room + 1);
        assert_non_null(buf);
        mw_rtcp_writer_init(&w, buf, room);
        assert_int_equal(MW_AGAIN, mw_rtcp_write_rr(&w, 1, &r, 1));
        assert_int_equal(0, w.len);
        assert_int_equal(
            room < 12 ? MW_AGAIN : MW_OK, mw_rtcp_write_pli(&w, 1, 2));
        assert_true(w.len <= room);
        free(buf);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_compound),
        cmocka_unit_test(every_truncation_is_safe),
        cmocka_unit_test(reads_feedback),
        cmocka_unit_test(remb_of_any_size),
        cmocka_unit_test(lies_end_the_reading),
        cmocka_unit_test(writes_reports),
        cmocka_unit_test(cname_of_every_length),
        cmocka_unit_test(nack_pairs),
        cmocka_unit_test(no_room_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
