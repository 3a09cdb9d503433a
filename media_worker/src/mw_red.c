/* Redundant audio data, RFC 2198 section 3. */

#include "mw_red.h"

#define MW_RED_MORE 0x80 /* another block follows */
#define MW_RED_HEAD 4    /* of a redundant block; the primary one has 1 */


unsigned
mw_red_read(
    mw_red_block_t blocks[MW_RED_BLOCKS], const uint8_t *payload, size_t len)
{
    unsigned i, n;
    uint32_t head;
    size_t at, left;

    at = 0;

    for (n = 0; at < len && (payload[at] & MW_RED_MORE); n++) {
        if (n + 1 >= MW_RED_BLOCKS || len - at < MW_RED_HEAD) {
            return 0;
        }

        head = mw_get32(payload + at);
        blocks[n].pt = (uint8_t) (head >> 24 & 0x7f);
        blocks[n].offset = (uint16_t) (head >> 10 & MW_RED_OFFSET);
        blocks[n].len = (uint16_t) (head & MW_RED_LENGTH);
        at += MW_RED_HEAD;
    }

    if (at >= len) {
        return 0;
    }

    blocks[n].pt = payload[at++];
    blocks[n].offset = 0;

    for (i = 0; i < n; i++) {
        if (len - at < blocks[i].len) {
            return 0;
        }

        blocks[i].data = payload + at;
        at += blocks[i].len;
    }

    left = len - at;

    if (left > UINT16_MAX) {
        return 0;
    }

    blocks[n].data = payload + at;
    blocks[n].len = (uint16_t) left;

    return n + 1;
}


size_t
mw_red_write(
    const mw_red_block_t *blocks, unsigned n, uint8_t *out, size_t room)
{
    unsigned i;
    size_t len, body;

    if (n == 0 || n > MW_RED_BLOCKS) {
        return 0;
    }

    body = 1;

    for (i = 0; i < n; i++) {
        body += blocks[i].len + (i + 1 < n ? MW_RED_HEAD : 0u);

        if (i + 1 < n
            && (blocks[i].len > MW_RED_LENGTH || blocks[i].offset == 0
                || blocks[i].offset > MW_RED_OFFSET))
        {
            return 0;
        }
    }

    if (body > room) {
        return 0;
    }

    len = 0;

    for (i = 0; i + 1 < n; i++, len += MW_RED_HEAD) {
        mw_put32(
            out + len, (uint32_t) (MW_RED_MORE | (blocks[i].pt & 0x7f)) << 24
                           | (uint32_t) blocks[i].offset << 10 | blocks[i].len);
    }

    out[len++] = blocks[n - 1].pt & 0x7f;

    for (i = 0; i < n; i++) {
        memcpy(out + len, blocks[i].data, blocks[i].len);
        len += blocks[i].len;
    }

    return len;
}
