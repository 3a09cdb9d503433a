/* Prepared payloads. */

#include <openssl/rand.h>
#include <time.h>

#include "ml_media.h"


#define ML_MAGIC 0x6d6c3031u
#define ML_STAMP 20

static uint8_t ml_filler[ML_PAYLOAD_MAX];


void
ml_media_init(void)
{
    RAND_bytes(ml_filler, sizeof(ml_filler));
}


int64_t
ml_media_clock(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static void
ml_media_seal(uint8_t *end, const ml_stamp_t *stamp)
{
    mw_put32(end - 20, ML_MAGIC);
    mw_put32(end - 16, stamp->source);
    mw_put32(end - 12, stamp->number);
    mw_put64(end - 8, (uint64_t) stamp->sent_ns);
}


/* RFC 6716 section 3.1: one frame of 20 ms, wideband SILK, mono */
void
ml_media_opus(uint8_t *out, size_t len, const ml_stamp_t *stamp)
{
    memcpy(out, ml_filler, len);
    out[0] = 9 << 3;
    ml_media_seal(out + len, stamp);
}


/* RFC 7741: X, I with 15 bits, L; RFC 6386 section 9.1 behind it */
void
ml_media_vp8(
    uint8_t *out, size_t len, const ml_vp8_t *vp8, const ml_stamp_t *stamp)
{
    memcpy(out, ml_filler, len);
    out[0] = (uint8_t) (0x80 | (vp8->first ? 0x10 : 0));
    out[1] = 0xc0;
    mw_put16(out + 2, (uint16_t) (vp8->picture | 0x8000));
    out[4] = vp8->tl0;

    if (vp8->first) {
        out[5] = (uint8_t) (0x10 | (vp8->key ? 0 : 1));
        out[6] = 1;
        out[7] = 0;
    }

    if (vp8->first && vp8->key) {
        out[8] = 0x9d;
        out[9] = 0x01;
        out[10] = 0x2a;
        out[11] = (uint8_t) vp8->width;
        out[12] = (uint8_t) (vp8->width >> 8);
        out[13] = (uint8_t) vp8->height;
        out[14] = (uint8_t) (vp8->height >> 8);
    }

    ml_media_seal(out + len, stamp);
}


bool
ml_media_stamp(const uint8_t *data, size_t len, ml_stamp_t *stamp)
{
    const uint8_t *p;

    if (len < ML_STAMP + 12) {
        return false;
    }

    p = data + len - ML_STAMP;

    if (mw_get32(p) != ML_MAGIC) {
        return false;
    }

    stamp->source = mw_get32(p + 4);
    stamp->number = mw_get32(p + 8);
    stamp->sent_ns = (int64_t) mw_get64(p + 12);

    return true;
}
