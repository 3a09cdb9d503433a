/*
 * Dependency descriptors: two in a row, so that the second meets the first
 * one's structure.  What is written again reads the same, but for what was to
 * change; and their frames come in any order and number.
 */

#include "mw_chain.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
again(const mw_dd_t *a, const mw_dd_structure_t *s, const uint8_t *data,
    size_t len, uint32_t active)
{
    size_t n;
    mw_dd_t b;
    mw_dd_structure_t copy;
    uint8_t out[MW_DD_MAX];

    n = mw_dd_write(a, data, len, 1000, active, out, sizeof(out));

    if (n == 0) {
        return;
    }

    copy = *s;

    if (n > sizeof(out) || mw_dd_parse(&b, &copy, out, n) != MW_OK
        || b.frame != (uint16_t) (a->frame + 1000) || b.sid != a->sid
        || b.tid != a->tid || b.dtis != a->dtis || b.start != a->start
        || b.end != a->end || b.structure != a->structure
        || b.chains != a->chains || memcmp(b.link, a->link, sizeof(b.link)) != 0
        || memcmp(&copy, s, sizeof(copy)) != 0
        || (active != 0 && (!b.has_active || b.active != active))
        || (active == 0
            && (b.has_active != a->has_active || b.active != a->active)))
    {
        __builtin_trap();
    }
}


static void
frames(mw_chain_t *c, mw_dd_t d, const uint8_t *data, size_t len)
{
    size_t i;
    int64_t seq;
    mw_usec_t now;

    seq = 0x10000;
    now = MW_SEC;

    for (i = 0; i < len; i++) {
        if (mw_chain_input(c, &d, seq, now) >> MW_DD_CHAINS != 0) {
            __builtin_trap();
        }

        d.frame = (uint16_t) (d.frame + (int8_t) data[i] / 8);
        d.start = (data[i] & 1) != 0;
        d.end = (data[i] & 2) != 0;
        d.link[data[i] % MW_DD_CHAINS] = data[len - 1 - i];
        seq += (int8_t) data[i] / 64;
        now += data[i] * MW_MSEC;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first, len;
    unsigned i;
    mw_dd_t d;
    mw_chain_t chain;
    mw_dd_structure_t s;

    if (size < 1) {
        return 0;
    }

    memset(&s, 0, sizeof(s));
    mw_chain_init(&chain);
    first = data[0];
    data++;
    size--;
    first = first > size ? size : first;

    for (i = 0; i < 2; i++) {
        len = i == 0 ? first : size - first;

        if (mw_dd_parse(&d, &s, data, len) == MW_OK) {
            if (d.sid >= MW_DD_TEMPLATES || d.tid >= MW_DD_TEMPLATES
                || s.targets < 1 || s.targets > MW_DD_TARGETS)
            {
                __builtin_trap();
            }

            if (mw_dd_chain(&s, size & 3, size & 7) >> MW_DD_CHAINS != 0) {
                __builtin_trap();
            }

            frames(&chain, d, data, len);
            (void) mw_dd_needed(&s, &d);
            (void) mw_dd_up(&s, &d);
            again(&d, &s, data, len, 0);
            again(&d, &s, data, len, mw_dd_targets(&s, 0, 7));
        }

        data += len;
    }

    return 0;
}
