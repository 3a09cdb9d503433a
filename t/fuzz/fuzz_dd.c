/*
 * Dependency descriptors: two in a row, so that the second meets the first
 * one's structure.  What is written again reads the same, but for what was to
 * change.
 */

#include "mw_dd.h"


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
        || memcmp(&copy, s, sizeof(copy)) != 0
        || (active != 0 && (!b.has_active || b.active != active))
        || (active == 0
            && (b.has_active != a->has_active || b.active != a->active)))
    {
        __builtin_trap();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first, len;
    unsigned i;
    mw_dd_t d;
    mw_dd_structure_t s;

    if (size < 1) {
        return 0;
    }

    memset(&s, 0, sizeof(s));
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

            (void) mw_dd_needed(&s, &d);
            (void) mw_dd_up(&s, &d);
            again(&d, &s, data, len, 0);
            again(&d, &s, data, len, mw_dd_targets(&s, 0, 7));
        }

        data += len;
    }

    return 0;
}
