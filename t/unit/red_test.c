/* Redundant audio data: reading, writing, and what lies. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_red.h"


/* RFC 2198 section 3: F, type, 14 bits of offset, 10 bits of length */
static const uint8_t packet[] = {
    0xef, 0x1e, 0x00, 0x03, /* 111, 1920 back, 3 bytes */
    0xef, 0x0f, 0x00, 0x02, /* 111, 960 back, 2 bytes */
    0x6f,                   /* 111, now */
    'a', 'b', 'c',          /* */
    'd', 'e',               /* */
    'f', 'g', 'h', 'i'      /* */
};


static void
blocks_of_a_packet(void **state)
{
    unsigned n;
    size_t len;
    uint8_t out[64];
    mw_red_block_t blocks[MW_RED_BLOCKS];

    (void) state;

    n = mw_red_read(blocks, packet, sizeof(packet));
    assert_int_equal(3, n);
    assert_int_equal(111, blocks[0].pt);
    assert_int_equal(1920, blocks[0].offset);
    assert_int_equal(3, blocks[0].len);
    assert_memory_equal("abc", blocks[0].data, 3);
    assert_int_equal(960, blocks[1].offset);
    assert_memory_equal("de", blocks[1].data, 2);
    assert_int_equal(0, blocks[2].offset);
    assert_int_equal(4, blocks[2].len);
    assert_memory_equal("fghi", blocks[2].data, 4);

    len = mw_red_write(blocks, n, out, sizeof(out));
    assert_int_equal(sizeof(packet), len);
    assert_memory_equal(packet, out, len);

    assert_int_equal(0, mw_red_write(blocks, n, out, sizeof(packet) - 1));
    assert_int_equal(0, mw_red_write(blocks, 0, out, sizeof(out)));

    blocks[0].offset = 0;
    assert_int_equal(0, mw_red_write(blocks, n, out, sizeof(out)));
    blocks[0].offset = MW_RED_OFFSET + 1;
    assert_int_equal(0, mw_red_write(blocks, n, out, sizeof(out)));
}


static void
what_lies_is_nothing(void **state)
{
    size_t len;
    unsigned n;
    uint8_t *exact, many[4 * MW_RED_BLOCKS + 1];
    mw_red_block_t blocks[MW_RED_BLOCKS];

    (void) state;

    /* cut anywhere, on the heap so that a read behind it is found */

    for (len = 0; len < sizeof(packet); len++) {
        exact = malloc(len + 1);
        memcpy(exact, packet, len);
        n = mw_red_read(blocks, exact, len);

        /* the primary block has no length: what is left of it is it */
        assert_int_equal(len < 14 ? 0 : 3, n);
        free(exact);
    }

    memset(many, 0, sizeof(many));

    for (n = 0; n < MW_RED_BLOCKS; n++) {
        many[4 * n] = 0xef;
    }

    many[4 * n] = 0x6f;
    assert_int_equal(0, mw_red_read(blocks, many, sizeof(many)));
    assert_int_equal(
        MW_RED_BLOCKS, mw_red_read(blocks, many + 4, sizeof(many) - 4));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_a_packet),
        cmocka_unit_test(what_lies_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
