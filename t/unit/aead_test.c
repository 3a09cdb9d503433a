/*
 * Outgoing AEAD: RFC 7714 vectors, libsrtp as the receiver, and that no packet
 * index is ever used twice.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_aead.h"
#include "mw_cipher.h"
#include "srtp_end.h"


/* RFC 7714 section 16.1.1 */
static const uint8_t rfc_key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    13, 14, 15 };

static const uint8_t rfc_salt[12] = "Quid pro quo";

static const uint8_t rfc_header[12] = { 0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41,
    0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2 };

static const char rfc_text[] = "Gallia est omnis divisa in partes tres";

static const uint8_t rfc_cipher[] = { 0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde,
    0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63, 0x3b,
    0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a, 0x51, 0xc7, 0xd1,
    0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27, 0xbe,
    0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce };


static void
encrypts_the_vector_of_the_rfc(void **state)
{
    int width;
    size_t len;
    uint8_t out[128];
    mw_aead_t *aead;

    (void) state;

    for (width = 0; width <= (int) mw_gcm_width(); width++) {
        aead = mw_aead_open(rfc_key, rfc_salt, (mw_gcm_width_t) width);
        assert_non_null(aead);

        memcpy(out, rfc_header, sizeof(rfc_header));
        memcpy(out + sizeof(rfc_header), rfc_text, sizeof(rfc_text) - 1);
        len = mw_aead_protect(
            aead, out, sizeof(rfc_header), sizeof(rfc_text) - 1, 0xf17b);

        assert_int_equal(sizeof(rfc_header) + sizeof(rfc_cipher), len);
        assert_memory_equal(rfc_header, out, sizeof(rfc_header));
        assert_memory_equal(rfc_cipher, out + 12, sizeof(rfc_cipher));

        mw_aead_destroy(aead);
    }
}


static void
random_bytes(uint8_t *p, size_t len)
{
    while (len > 0) {
        p[--len] = (uint8_t) rand();
    }
}


/*
 * Every length up to a datagram's, any header, any place in memory: what one
 * way writes is what all write, and all read it.
 */
static void
all_ways_are_the_same(void **state)
{
    int width;
    size_t header_len, len, size, at;
    uint8_t key[MW_SRTP_KEY], salt[MW_AEAD_SALT], iv[MW_AEAD_SALT];
    uint8_t plain[1700], first[1700], out[1700];
    mw_aead_t *aead;
    mw_cipher_t cipher;

    (void) state;

    srand(4);

    for (size = 0; size < 1500; size++) {
        random_bytes(key, sizeof(key));
        random_bytes(salt, sizeof(salt));
        random_bytes(plain, sizeof(plain));
        header_len = 12 + (size_t) rand() % 150;

        for (width = 0; width <= (int) mw_gcm_width(); width++) {
            at = (size_t) rand() % 16;
            memcpy(out + at, plain, header_len + size);
            out[at + header_len + size + MW_AEAD_TAG] = 0xee;

            aead = mw_aead_open(key, salt, (mw_gcm_width_t) width);
            len = mw_aead_protect(
                aead, out + at, header_len, size, (uint64_t) size * 77777);
            mw_aead_destroy(aead);

            assert_int_equal(header_len + size + MW_AEAD_TAG, len);
            assert_int_equal(0xee, out[at + len]);

            if (width == 0) {
                memcpy(first, out + at, len);
            }

            assert_memory_equal(first, out + at, len);

            memset(&cipher, 0, sizeof(cipher));
            assert_int_equal(MW_OK, mw_cipher_init(&cipher, key, salt, false,
                                        (mw_gcm_width_t) width));
            mw_put16(iv, 0);
            memcpy(iv + 2, plain + 8, 4);
            mw_put32(iv + 6, (uint32_t) (size * 77777 >> 16));
            mw_put16(iv + 10, (uint16_t) (size * 77777));
            assert_true(mw_cipher_open(&cipher, iv, out + at, header_len,
                out + at + header_len, size, out + at + header_len + size));
            mw_cipher_free(&cipher);

            assert_memory_equal(plain, out + at, header_len + size);
            assert_int_equal(0xee, out[at + len]);
        }
    }
}


static mw_srtp_keys_t
make_keys(void)
{
    mw_srtp_keys_t keys;

    memset(&keys, 0, sizeof(keys));
    keys.profile = MW_SRTP_GCM_128;
    keys.salt_len = 12;
    random_bytes(keys.out_key, 16);
    random_bytes(keys.in_key, 16);
    random_bytes(keys.out_salt, 12);
    random_bytes(keys.in_salt, 12);

    return keys;
}


/* a random header with CSRCs and extension, its length */
static size_t
make_header(uint8_t *header, uint32_t ssrc, uint64_t index)
{
    size_t i, len;
    unsigned csrcs, words;

    csrcs = (unsigned) rand() % 4;
    words = (unsigned) rand() % 5;

    header[0] = (uint8_t) (0x80 | csrcs | (words != 0 ? 0x10 : 0));
    header[1] = (uint8_t) (96 | (rand() & 0x80));
    mw_put16(header + 2, (uint16_t) index);
    mw_put32(header + 4, (uint32_t) rand());
    mw_put32(header + 8, ssrc);
    len = 12;

    for (i = 0; i < 4 * csrcs; i++) {
        header[len++] = (uint8_t) rand();
    }

    if (words != 0) {
        mw_put16(header + len, 0xbede);
        mw_put16(header + len + 2, (uint16_t) words);
        len += 4;

        for (i = 0; i < 4 * words; i++) {
            header[len++] = (uint8_t) rand();
        }
    }

    return len;
}


static void
expect(mw_aead_t *aead, srtp_end_t *receiver, uint32_t ssrc, uint64_t index)
{
    size_t header_len, len, size;
    uint8_t header[64], payload[1300], out[1500];

    header_len = make_header(header, ssrc, index);
    size = (size_t) rand() % sizeof(payload);

    random_bytes(payload, size);
    memcpy(out, header, header_len);
    memcpy(out + header_len, payload, size);
    len = mw_aead_protect(aead, out, header_len, size, index);
    assert_int_equal(header_len + size + MW_AEAD_TAG, len);

    assert_true(srtp_end_unprotect(receiver, false, out, &len));
    assert_int_equal(header_len + size, len);
    assert_memory_equal(header, out, header_len);
    assert_memory_equal(payload, out + header_len, size);
}


/* three streams, loss, reordering, and the sequence number wraps twice */
static void
libsrtp_reads_what_we_write(void **state)
{
    unsigned s;
    uint64_t next[3], late;
    mw_aead_t *aead;
    srtp_end_t receiver;
    mw_srtp_keys_t keys, other;
    mw_aead_stream_t streams[3];

    (void) state;

    srand(1);
    keys = make_keys();
    other = srtp_end_keys(&keys);

    aead = mw_aead_create(&keys);
    srtp_end_open(&receiver, &other);
    assert_non_null(aead);

    memset(streams, 0, sizeof(streams));
    next[0] = 0;
    next[1] = 32767;
    next[2] = 20000;

    while (next[1] < 3 * 65536) {
        s = (unsigned) rand() % 3;

        next[s] +=
            1 + ((unsigned) rand() % 4 == 0 ? (unsigned) rand() % 90 : 0u);

        if (!streams[s].started) {
            next[s] &= 32767;
        }

        assert_int_equal(MW_OK, mw_aead_claim(&streams[s], next[s]));
        expect(aead, &receiver, 1000 + s, next[s]);

        /* one of those left out comes late */

        late = next[s] - (uint64_t) rand() % 90;

        if (late < next[s] && streams[s].high - late < MW_AEAD_WINDOW
            && (streams[s].late[late % MW_AEAD_WINDOW / 64] & 1ull << late % 64)
                   != 0)
        {
            assert_int_equal(MW_OK, mw_aead_claim(&streams[s], late));
            expect(aead, &receiver, 1000 + s, late);
        }
    }

    srtp_end_close(&receiver);
    mw_aead_destroy(aead);
}


static void
changed_bits_are_noticed(void **state)
{
    size_t i, len, changed;
    uint8_t out[128], copy[128];
    mw_aead_t *aead;
    srtp_end_t receiver;
    mw_srtp_keys_t keys, other;
    static const uint8_t header[12] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        9 };

    (void) state;

    keys = make_keys();
    other = srtp_end_keys(&keys);
    aead = mw_aead_create(&keys);
    srtp_end_open(&receiver, &other);

    memcpy(out, header, 12);
    memcpy(out + 12, rfc_header, 12);
    len = mw_aead_protect(aead, out, 12, 12, 1);

    /* byte 0 would change what is header and what is not */

    for (i = 1; i < len; i++) {
        memcpy(copy, out, len);
        copy[i] ^= 0x01;
        changed = len;
        assert_false(srtp_end_unprotect(&receiver, false, copy, &changed));
    }

    changed = len;
    assert_true(srtp_end_unprotect(&receiver, false, out, &changed));

    srtp_end_close(&receiver);
    mw_aead_destroy(aead);
}


static void
an_index_is_used_once(void **state)
{
    uint64_t i;
    mw_aead_stream_t stream, again;

    (void) state;

    memset(&stream, 0, sizeof(stream));

    for (i = 10; i < 5000; i += 2) {
        assert_int_equal(MW_OK, mw_aead_claim(&stream, i));
    }

    /* inside the window and left out */

    assert_int_equal(MW_OK, mw_aead_claim(&stream, 4997));
    assert_int_equal(MW_OK, mw_aead_claim(&stream, 3977));
    assert_false(stream.stopped);

    /* and not twice; nor behind the window */

    again = stream;
    assert_int_equal(MW_ERROR, mw_aead_claim(&again, 3973));
    again = stream;
    assert_int_equal(MW_ERROR, mw_aead_claim(&again, 4998));

    assert_int_equal(MW_ERROR, mw_aead_claim(&stream, 4997));
    assert_true(stream.stopped);
    assert_int_equal(MW_DROP, mw_aead_claim(&stream, 6000));
}


static void
violations_stop_the_stream(void **state)
{
    unsigned i;
    mw_aead_stream_t stream;

    static const struct {
        uint64_t first;
        uint64_t second;
        mw_rc_t rc;
    } cases[] = {
        { 5000, 5000, MW_ERROR },                 /* the same again */
        { 5000, 4999, MW_ERROR },                 /* before the first */
        { 5000, 5000 + MW_AEAD_START, MW_ERROR }, /* the receiver is lost */
        { 5000, 5000 + MW_AEAD_START - 1, MW_OK },
        { 5000, 5000 + MW_AEAD_WINDOW, MW_OK },
        { 0, 1, MW_OK },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&stream, 0, sizeof(stream));
        assert_int_equal(MW_OK, mw_aead_claim(&stream, cases[i].first));
        assert_int_equal(cases[i].rc, mw_aead_claim(&stream, cases[i].second));
        assert_int_equal(cases[i].rc != MW_OK, stream.stopped);
    }
}


static void
a_stream_starts_low_and_ends(void **state)
{
    mw_aead_stream_t stream;

    (void) state;

    memset(&stream, 0, sizeof(stream));
    assert_int_equal(MW_ERROR, mw_aead_claim(&stream, MW_AEAD_START));
    assert_true(stream.stopped);

    memset(&stream, 0, sizeof(stream));
    assert_int_equal(MW_OK, mw_aead_claim(&stream, MW_AEAD_START - 1));

    /* 2^48 packets later */

    stream.high = MW_AEAD_INDEX - 1;
    assert_int_equal(MW_ERROR, mw_aead_claim(&stream, MW_AEAD_INDEX));
}


/* against a plain array that remembers everything */
static void
claims_agree_with_a_model(void **state)
{
    mw_rc_t rc;
    uint64_t index, first, high;
    unsigned n;
    static uint8_t used[1 << 20];
    mw_aead_stream_t stream;

    (void) state;

    srand(2);
    memset(&stream, 0, sizeof(stream));
    memset(used, 0, sizeof(used));
    first = 0;
    high = 0;

    for (n = 0; n < 200000; n++) {
        index = high + (uint64_t) rand() % 1400;
        index = index > 1200 ? index - 1200 : 0;

        if (index >= sizeof(used)) {
            break;
        }

        rc = mw_aead_claim(&stream, index);

        if (n != 0
            && (used[index] || index < first
                || (index <= high && high - index >= MW_AEAD_WINDOW)))
        {
            assert_int_equal(MW_ERROR, rc);
            stream.stopped = false;
            continue;
        }

        assert_int_equal(MW_OK, rc);
        first = n == 0 ? index : first;
        used[index] = 1;
        high = index > high ? index : high;
    }

    assert_true(high > 100000);
}


static int
setup(void **state)
{
    (void) state;

    return mw_srtp_init();
}


static int
teardown(void **state)
{
    (void) state;

    mw_srtp_exit();

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypts_the_vector_of_the_rfc),
        cmocka_unit_test(all_ways_are_the_same),
        cmocka_unit_test(libsrtp_reads_what_we_write),
        cmocka_unit_test(changed_bits_are_noticed),
        cmocka_unit_test(an_index_is_used_once),
        cmocka_unit_test(violations_stop_the_stream),
        cmocka_unit_test(a_stream_starts_low_and_ends),
        cmocka_unit_test(claims_agree_with_a_model),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
