/*
 * Arithmetic of mw_gcm.c and mw_gcm_wide.c.  Elements of the field are held
 * byte-reversed, and the hash key times x, so that a product needs no shift
 * (Gueron and Kounavis, "Intel carry-less multiplication instruction and its
 * usage for computing the GCM mode").
 */

#ifndef MW_GCM_INT_H
#define MW_GCM_INT_H

#include "mw_gcm.h"

#include <immintrin.h>


#define MW_GCM_TARGET __attribute__((target("aes,pclmul,avx2")))
#define MW_GCM_INLINE static inline __attribute__((always_inline)) MW_GCM_TARGET

#define MW_GCM_RUN (16 * MW_GCM_BLOCKS) /* bytes taken at once */

/* x^128 = x^127 + x^126 + x^121 + 1, reflected */
#define MW_GCM_POLYNOMIAL ((long long) 0xc200000000000000ull)


typedef struct {
    __m128i low, middle, high;
} mw_gcm_product_t;

/* how far a message is */
typedef struct {
    __m128i counter; /* of its next block; the last word counts natively */
    __m128i hash;
} mw_gcm_state_t;


/*
 * Encrypts, or with `open` decrypts, all whole runs of `data` and hashes what
 * is encrypted; then writes the key stream for what remains.  Returns how many
 * bytes it took.  The wide one is for processors that do two blocks with an
 * instruction.
 */
size_t mw_gcm_runs(const mw_gcm_t *gcm, mw_gcm_state_t *state, bool open,
    uint8_t *data, size_t len, __m128i stream[MW_GCM_BLOCKS]);
size_t mw_gcm_wide_runs(const mw_gcm_t *gcm, mw_gcm_state_t *state, bool open,
    uint8_t *data, size_t len, __m128i stream[MW_GCM_BLOCKS]);


MW_GCM_INLINE __m128i
mw_gcm_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *) (const void *) p);
}


MW_GCM_INLINE void
mw_gcm_store(uint8_t *p, __m128i v)
{
    _mm_storeu_si128((__m128i *) (void *) p, v);
}


/* first byte last */
MW_GCM_INLINE __m128i
mw_gcm_reverse(__m128i v)
{
    return _mm_shuffle_epi8(
        v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}


MW_GCM_INLINE __m128i
mw_gcm_reduce(const mw_gcm_product_t *sum)
{
    __m128i polynomial, v;

    polynomial = _mm_set_epi64x(0, MW_GCM_POLYNOMIAL);

    v = _mm_xor_si128(_mm_shuffle_epi32(sum->low, 0x4e),
        _mm_clmulepi64_si128(sum->low, polynomial, 0x00));
    v = _mm_xor_si128(v, sum->middle);
    v = _mm_xor_si128(
        _mm_shuffle_epi32(v, 0x4e), _mm_clmulepi64_si128(v, polynomial, 0x00));

    return _mm_xor_si128(v, sum->high);
}


#endif /* MW_GCM_INT_H */
