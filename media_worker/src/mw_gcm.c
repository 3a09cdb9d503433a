/*
 * AES in counter mode over eight blocks at a time, and GHASH over eight with
 * one reduction.
 */

#include "mw_gcm.h"

#if defined(__x86_64__)

#include "mw_gcm_int.h"

#include <cpuid.h>


#define MW_GCM_CPUID_VAES       (1u << 9) /* leaf 7, ECX */
#define MW_GCM_CPUID_VPCLMULQDQ (1u << 10)


mw_gcm_width_t
mw_gcm_width(void)
{
    unsigned a, b, c, d;

    /* of what the system keeps the registers, too */

    if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul")
        || !__builtin_cpu_supports("avx2"))
    {
        return MW_GCM_NONE;
    }

    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0
        && (c & MW_GCM_CPUID_VAES) != 0 && (c & MW_GCM_CPUID_VPCLMULQDQ) != 0)
    {
        return MW_GCM_TWO;
    }

    return MW_GCM_ONE;
}


MW_GCM_INLINE __m128i
mw_gcm_encrypt(const mw_gcm_t *gcm, __m128i block)
{
    unsigned i;

    block = _mm_xor_si128(block, mw_gcm_load(gcm->keys[0]));

    for (i = 1; i < MW_GCM_ROUNDS; i++) {
        block = _mm_aesenc_si128(block, mw_gcm_load(gcm->keys[i]));
    }

    return _mm_aesenclast_si128(block, mw_gcm_load(gcm->keys[i]));
}


/* so many blocks of the key stream, from a counter on */
MW_GCM_INLINE void
mw_gcm_stream(const mw_gcm_t *gcm, __m128i counter, __m128i out[MW_GCM_BLOCKS])
{
    unsigned i, j;
    __m128i key;

    key = mw_gcm_load(gcm->keys[0]);

    for (j = 0; j < MW_GCM_BLOCKS; j++) {
        out[j] = _mm_add_epi32(counter, _mm_set_epi32((int) j, 0, 0, 0));
        out[j] = _mm_shuffle_epi8(out[j],
            _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
        out[j] = _mm_xor_si128(out[j], key);
    }

    for (i = 1; i < MW_GCM_ROUNDS; i++) {
        key = mw_gcm_load(gcm->keys[i]);

        for (j = 0; j < MW_GCM_BLOCKS; j++) {
            out[j] = _mm_aesenc_si128(out[j], key);
        }
    }

    key = mw_gcm_load(gcm->keys[i]);

    for (j = 0; j < MW_GCM_BLOCKS; j++) {
        out[j] = _mm_aesenclast_si128(out[j], key);
    }
}


MW_GCM_INLINE void
mw_gcm_multiply(mw_gcm_product_t *sum, __m128i a, __m128i b)
{
    sum->low = _mm_xor_si128(sum->low, _mm_clmulepi64_si128(a, b, 0x00));
    sum->high = _mm_xor_si128(sum->high, _mm_clmulepi64_si128(a, b, 0x11));
    sum->middle = _mm_xor_si128(
        sum->middle, _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
                         _mm_clmulepi64_si128(a, b, 0x10)));
}


/* `n` blocks more, byte-reversed */
MW_GCM_INLINE __m128i
mw_gcm_hash(
    const mw_gcm_t *gcm, __m128i hash, const __m128i *blocks, unsigned n)
{
    unsigned i;
    const uint8_t(*power)[16];
    mw_gcm_product_t sum;

    sum.low = _mm_setzero_si128();
    sum.middle = sum.low;
    sum.high = sum.low;
    power = &gcm->powers[MW_GCM_BLOCKS - n];

    for (i = 0; i < n; i++) {
        mw_gcm_multiply(&sum,
            i == 0 ? _mm_xor_si128(hash, blocks[0]) : blocks[i],
            mw_gcm_load(power[i]));
    }

    return mw_gcm_reduce(&sum);
}


/* up to 16 bytes, zeros behind them */
MW_GCM_INLINE __m128i
mw_gcm_part(const uint8_t *p, size_t len)
{
    uint8_t block[16];

    if (len >= 16) {
        return mw_gcm_load(p);
    }

    memset(block, 0, sizeof(block));
    memcpy(block, p, len);

    return mw_gcm_load(block);
}


/* FIPS 197 section 5.2 */
#define mw_gcm_expand(gcm, i, constant)                                        \
    do {                                                                       \
        __m128i k = mw_gcm_load((gcm)->keys[(i) -1]);                          \
        __m128i g =                                                            \
            _mm_shuffle_epi32(_mm_aeskeygenassist_si128(k, constant), 0xff);   \
        k = _mm_xor_si128(k, _mm_slli_si128(k, 4));                            \
        k = _mm_xor_si128(k, _mm_slli_si128(k, 8));                            \
        mw_gcm_store((gcm)->keys[i], _mm_xor_si128(k, g));                     \
    } while (0)


MW_GCM_TARGET void
mw_gcm_init(mw_gcm_t *gcm, const uint8_t key[MW_GCM_KEY], mw_gcm_width_t width)
{
    int i;
    __m128i h, carry, power;
    mw_gcm_product_t sum;

    gcm->width = width;
    memcpy(gcm->keys[0], key, MW_GCM_KEY);
    mw_gcm_expand(gcm, 1, 0x01);
    mw_gcm_expand(gcm, 2, 0x02);
    mw_gcm_expand(gcm, 3, 0x04);
    mw_gcm_expand(gcm, 4, 0x08);
    mw_gcm_expand(gcm, 5, 0x10);
    mw_gcm_expand(gcm, 6, 0x20);
    mw_gcm_expand(gcm, 7, 0x40);
    mw_gcm_expand(gcm, 8, 0x80);
    mw_gcm_expand(gcm, 9, 0x1b);
    mw_gcm_expand(gcm, 10, 0x36);

    /* the hash key times x */

    h = mw_gcm_reverse(mw_gcm_encrypt(gcm, _mm_setzero_si128()));
    carry = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff);
    h = _mm_or_si128(
        _mm_slli_epi64(h, 1), _mm_slli_si128(_mm_srli_epi64(h, 63), 8));
    h = _mm_xor_si128(
        h, _mm_and_si128(carry, _mm_set_epi64x(MW_GCM_POLYNOMIAL, 1)));

    power = h;

    for (i = MW_GCM_BLOCKS - 1; i >= 0; i--) {
        mw_gcm_store(gcm->powers[i], power);

        sum.low = _mm_setzero_si128();
        sum.middle = sum.low;
        sum.high = sum.low;
        mw_gcm_multiply(&sum, power, h);
        power = mw_gcm_reduce(&sum);
    }
}


MW_GCM_INLINE size_t
mw_gcm_run(const mw_gcm_t *gcm, mw_gcm_state_t *state, bool open, uint8_t *data,
    size_t len, __m128i stream[MW_GCM_BLOCKS])
{
    size_t done;
    uint8_t *p;
    unsigned i;
    __m128i block, hash, counter, blocks[MW_GCM_BLOCKS];

    hash = state->hash;
    counter = state->counter;
    done = 0;

    for (;;) {
        mw_gcm_stream(gcm, counter, stream);

        if (len - done < MW_GCM_RUN) {
            break;
        }

        counter = _mm_add_epi32(counter, _mm_set_epi32(MW_GCM_BLOCKS, 0, 0, 0));

        for (i = 0; i < MW_GCM_BLOCKS; i++) {
            p = data + done + 16 * i;
            block = mw_gcm_load(p);
            stream[i] = _mm_xor_si128(stream[i], block);
            blocks[i] = mw_gcm_reverse(open ? block : stream[i]);
            mw_gcm_store(p, stream[i]);
        }

        hash = mw_gcm_hash(gcm, hash, blocks, MW_GCM_BLOCKS);
        done += MW_GCM_RUN;
    }

    state->hash = hash;

    return done;
}


MW_GCM_TARGET size_t
mw_gcm_runs(const mw_gcm_t *gcm, mw_gcm_state_t *state, bool open,
    uint8_t *data, size_t len, __m128i stream[MW_GCM_BLOCKS])
{
    return open ? mw_gcm_run(gcm, state, true, data, len, stream)
                : mw_gcm_run(gcm, state, false, data, len, stream);
}


/* encrypts or decrypts; the tag */
MW_GCM_INLINE __m128i
mw_gcm_crypt(const mw_gcm_t *gcm, const uint8_t *iv, const uint8_t *aad,
    size_t aad_len, uint8_t *data, size_t len, bool open)
{
    size_t done, part;
    unsigned n;
    uint8_t block[16];
    mw_gcm_state_t state;
    __m128i in, blocks[MW_GCM_BLOCKS], stream[MW_GCM_BLOCKS];

    state.hash = _mm_setzero_si128();

    for (done = 0; done < aad_len;) {
        for (n = 0; n < MW_GCM_BLOCKS && done < aad_len; n++, done += 16) {
            blocks[n] = mw_gcm_reverse(mw_gcm_part(aad + done, aad_len - done));
        }

        state.hash = mw_gcm_hash(gcm, state.hash, blocks, n);
    }

    /* the last word counts in the processor's order; 1 is for the tag */

    memset(block, 0, sizeof(block));
    memcpy(block, iv, MW_GCM_IV);
    block[12] = 2;
    state.counter = mw_gcm_load(block);

    done = gcm->width == MW_GCM_TWO
               ? mw_gcm_wide_runs(gcm, &state, open, data, len, stream)
               : mw_gcm_runs(gcm, &state, open, data, len, stream);

    /* the rest, at most seven blocks and a part */

    for (n = 0; done < len; n++, done += part) {
        part = len - done < 16 ? len - done : 16;
        in = mw_gcm_part(data + done, part);
        mw_gcm_store(block, _mm_xor_si128(stream[n], in));
        memcpy(data + done, block, part);
        blocks[n] = mw_gcm_reverse(open ? in : mw_gcm_part(data + done, part));
    }

    if (n == MW_GCM_BLOCKS) {
        state.hash = mw_gcm_hash(gcm, state.hash, blocks, n);
        n = 0;
    }

    blocks[n++] = _mm_set_epi64x((long long) aad_len * 8, (long long) len * 8);
    state.hash = mw_gcm_hash(gcm, state.hash, blocks, n);

    memcpy(block, iv, MW_GCM_IV);
    mw_put32(block + 12, 1);

    return _mm_xor_si128(
        mw_gcm_reverse(state.hash), mw_gcm_encrypt(gcm, mw_gcm_load(block)));
}


MW_GCM_TARGET void
mw_gcm_seal(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    uint8_t tag[MW_GCM_TAG])
{
    mw_gcm_store(tag, mw_gcm_crypt(gcm, iv, aad, aad_len, data, len, false));
}


MW_GCM_TARGET bool
mw_gcm_open(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    const uint8_t tag[MW_GCM_TAG])
{
    __m128i difference;

    difference = _mm_xor_si128(
        mw_gcm_load(tag), mw_gcm_crypt(gcm, iv, aad, aad_len, data, len, true));

    return _mm_testz_si128(difference, difference) != 0;
}

#else

mw_gcm_width_t
mw_gcm_width(void)
{
    return MW_GCM_NONE;
}


void
mw_gcm_init(mw_gcm_t *gcm, const uint8_t key[MW_GCM_KEY], mw_gcm_width_t width)
{
    (void) gcm;
    (void) key;
    (void) width;
}


void
mw_gcm_seal(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    uint8_t tag[MW_GCM_TAG])
{
    (void) gcm;
    (void) iv;
    (void) aad;
    (void) aad_len;
    (void) data;
    (void) len;
    (void) tag;
}


bool
mw_gcm_open(const mw_gcm_t *gcm, const uint8_t iv[MW_GCM_IV],
    const uint8_t *aad, size_t aad_len, uint8_t *data, size_t len,
    const uint8_t tag[MW_GCM_TAG])
{
    (void) gcm;
    (void) iv;
    (void) aad;
    (void) aad_len;
    (void) data;
    (void) len;
    (void) tag;

    return false;
}

#endif
