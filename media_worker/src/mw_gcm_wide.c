/*
 * What mw_gcm.c does to whole runs, with instructions that work on two blocks
 * (VAES and VPCLMULQDQ in registers of 256 bits).
 */

#include "mw_gcm.h"

#if defined(__x86_64__)

#include "mw_gcm_int.h"


#define MW_GCM_WIDE __attribute__((target("aes,pclmul,avx2,vaes,vpclmulqdq")))
#define MW_GCM_WIDE_INLINE                                                     \
    static inline __attribute__((always_inline)) MW_GCM_WIDE

#define MW_GCM_PAIRS (MW_GCM_BLOCKS / 2)


MW_GCM_WIDE_INLINE __m256i
mw_gcm_wide_load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *) (const void *) p);
}


MW_GCM_WIDE_INLINE __m256i
mw_gcm_wide_key(const mw_gcm_t *gcm, unsigned i)
{
    return _mm256_broadcastsi128_si256(mw_gcm_load(gcm->keys[i]));
}


/* a pair's bytes, each block's first one last */
MW_GCM_WIDE_INLINE __m256i
mw_gcm_wide_reverse(__m256i v)
{
    return _mm256_shuffle_epi8(
        v, _mm256_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
               0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}


/* MW_GCM_BLOCKS blocks of the key stream, from a pair of counters on */
MW_GCM_WIDE_INLINE void
mw_gcm_wide_stream(
    const mw_gcm_t *gcm, __m256i counters, __m256i out[MW_GCM_PAIRS])
{
    unsigned i, j;
    __m256i key, order;

    order = _mm256_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
        0, 12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    key = mw_gcm_wide_key(gcm, 0);

    for (j = 0; j < MW_GCM_PAIRS; j++) {
        out[j] = _mm256_add_epi32(counters,
            _mm256_set_epi32((int) (2 * j), 0, 0, 0, (int) (2 * j), 0, 0, 0));
        out[j] = _mm256_xor_si256(_mm256_shuffle_epi8(out[j], order), key);
    }

    for (i = 1; i < MW_GCM_ROUNDS; i++) {
        key = mw_gcm_wide_key(gcm, i);

        for (j = 0; j < MW_GCM_PAIRS; j++) {
            out[j] = _mm256_aesenc_epi128(out[j], key);
        }
    }

    key = mw_gcm_wide_key(gcm, i);

    for (j = 0; j < MW_GCM_PAIRS; j++) {
        out[j] = _mm256_aesenclast_epi128(out[j], key);
    }
}


MW_GCM_WIDE_INLINE __m128i
mw_gcm_wide_fold(__m256i v)
{
    return _mm_xor_si128(
        _mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}


/* MW_GCM_BLOCKS blocks more, byte-reversed */
MW_GCM_WIDE_INLINE __m128i
mw_gcm_wide_hash(
    const mw_gcm_t *gcm, __m128i hash, const __m256i blocks[MW_GCM_PAIRS])
{
    unsigned i;
    __m256i a, b, low, middle, high;
    mw_gcm_product_t sum;

    low = _mm256_setzero_si256();
    middle = low;
    high = low;

    for (i = 0; i < MW_GCM_PAIRS; i++) {
        a = i == 0 ? _mm256_xor_si256(blocks[0], _mm256_zextsi128_si256(hash))
                   : blocks[i];
        b = mw_gcm_wide_load(gcm->powers[2 * i]);

        low = _mm256_xor_si256(low, _mm256_clmulepi64_epi128(a, b, 0x00));
        high = _mm256_xor_si256(high, _mm256_clmulepi64_epi128(a, b, 0x11));
        middle = _mm256_xor_si256(
            middle, _mm256_xor_si256(_mm256_clmulepi64_epi128(a, b, 0x01),
                        _mm256_clmulepi64_epi128(a, b, 0x10)));
    }

    sum.low = mw_gcm_wide_fold(low);
    sum.middle = mw_gcm_wide_fold(middle);
    sum.high = mw_gcm_wide_fold(high);

    return mw_gcm_reduce(&sum);
}


MW_GCM_WIDE_INLINE size_t
mw_gcm_wide_run(const mw_gcm_t *gcm, mw_gcm_state_t *state, bool open,
    uint8_t *data, size_t len, __m128i stream[MW_GCM_BLOCKS])
{
    size_t done;
    unsigned i;
    __m128i hash;
    __m256i in, counters, pairs[MW_GCM_PAIRS], blocks[MW_GCM_PAIRS];

    hash = state->hash;
    counters = _mm256_add_epi32(_mm256_broadcastsi128_si256(state->counter),
        _mm256_set_epi32(1, 0, 0, 0, 0, 0, 0, 0));
    done = 0;

    for (;;) {
        mw_gcm_wide_stream(gcm, counters, pairs);

        if (len - done < MW_GCM_RUN) {
            break;
        }

        counters = _mm256_add_epi32(counters,
            _mm256_set_epi32(MW_GCM_BLOCKS, 0, 0, 0, MW_GCM_BLOCKS, 0, 0, 0));

        for (i = 0; i < MW_GCM_PAIRS; i++) {
            in = mw_gcm_wide_load(data + done + 32 * i);
            pairs[i] = _mm256_xor_si256(pairs[i], in);
            blocks[i] = mw_gcm_wide_reverse(open ? in : pairs[i]);
            _mm256_storeu_si256(
                (__m256i *) (void *) (data + done + 32 * i), pairs[i]);
        }

        hash = mw_gcm_wide_hash(gcm, hash, blocks);
        done += MW_GCM_RUN;
    }

    for (i = 0; i < MW_GCM_PAIRS; i++) {
        stream[2 * i] = _mm256_castsi256_si128(pairs[i]);
        stream[2 * i + 1] = _mm256_extracti128_si256(pairs[i], 1);
    }

    state->hash = hash;

    return done;
}


MW_GCM_WIDE size_t
mw_gcm_wide_runs(const mw_gcm_t *gcm, mw_gcm_state_t *state, bool open,
    uint8_t *data, size_t len, __m128i stream[MW_GCM_BLOCKS])
{
    return open ? mw_gcm_wide_run(gcm, state, true, data, len, stream)
                : mw_gcm_wide_run(gcm, state, false, data, len, stream);
}

#else

typedef int mw_gcm_wide_unused_t; /* ISO C: a file is not empty */

#endif
