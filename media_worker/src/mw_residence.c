#include "mw_residence.h"


/* two buckets an octave: below 2^n, and below 3 * 2^(n-1) */
static unsigned
mw_residence_bucket(uint64_t usec)
{
    unsigned octave, bucket;

    if (usec < 2) {
        return 0;
    }

    octave = 63u - (unsigned) __builtin_clzll(usec);
    bucket = 2 * octave - 1 + (unsigned) (usec >> (octave - 1) & 1);

    return bucket < MW_RESIDENCE_BUCKETS ? bucket : MW_RESIDENCE_BUCKETS - 1;
}


mw_usec_t
mw_residence_edge(unsigned bucket)
{
    unsigned octave;

    if (bucket == 0) {
        return 2;
    }

    octave = (bucket + 1) / 2;

    return bucket % 2 == 1 ? (mw_usec_t) 3 << (octave - 1)
                           : (mw_usec_t) 2 << octave;
}


void
mw_residence_add(mw_residence_t *residence, mw_usec_t usec)
{
    uint64_t value;

    value = usec < 0 ? 0 : (uint64_t) usec;

    residence->count++;
    residence->sum += value;
    residence->bucket[mw_residence_bucket(value)]++;
}


mw_usec_t
mw_residence_quantile(const mw_residence_t *residence,
    const mw_residence_t *before, unsigned permille)
{
    unsigned i;
    uint64_t count, sum;

    count = residence->count - (before == NULL ? 0 : before->count);

    if (count == 0) {
        return 0;
    }

    sum = 0;

    for (i = 0; i + 1 < MW_RESIDENCE_BUCKETS; i++) {
        sum += residence->bucket[i] - (before == NULL ? 0 : before->bucket[i]);

        if (sum * 1000 >= count * permille) {
            break;
        }
    }

    return mw_residence_edge(i);
}


uint64_t
mw_residence_below(const mw_residence_t *residence, mw_usec_t usec)
{
    unsigned i;
    uint64_t sum;

    sum = 0;

    for (i = 0; i + 1 < MW_RESIDENCE_BUCKETS && mw_residence_edge(i) <= usec;
         i++) {
        sum += residence->bucket[i];
    }

    return sum;
}
