/*
 * Publishers for random tests: pictures of every codec, whose packets are
 * tagged so that a receiver knows what it should have got.
 */

#ifndef MEDIA_SENDER_H
#define MEDIA_SENDER_H

#include "media_fixture.h"

#define SOURCES 3
#define PACKETS 16384 /* of one source in a run */

/* behind the descriptor: source, picture, packet, 1 start 2 key 4 end, 0xee */
#define TAG 11


typedef struct {
    uint8_t bytes[40];
    uint8_t len;
    uint32_t ts;
    bool marker;
    bool delivered; /* at least once */
    bool due;       /* on its way */
    bool again;     /* as a retransmission */
    mw_usec_t at;
} wire_t;

typedef struct {
    mw_source_t *source;
    publisher_t pub;
    mw_codec_t codec;
    wire_t *wire;
    unsigned sent;     /* packets made */
    unsigned first;    /* lowest one that may still be on its way */
    unsigned answered; /* of pub.nacks */
    unsigned plis;
    uint32_t frame;
    uint16_t seq0;
    uint32_t ts0;
    uint16_t id0;
    unsigned id_bits;
} sender_t;


static uint64_t rnd_state;
static sender_t senders[SOURCES];
static mw_usec_t now;


static inline uint32_t
rnd(uint32_t below)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 7;
    rnd_state ^= rnd_state << 17;

    return (uint32_t) (rnd_state >> 16) % below;
}


static inline bool
percent(unsigned p)
{
    return rnd(100) < p;
}


/* the bytes of one packet: what the codec needs, then a tag */
static inline void
fill(sender_t *s, wire_t *w, bool start, bool key, bool end)
{
    uint8_t *p;

    p = w->bytes;

    switch (s->codec) {
    case MW_CODEC_VP8:
        *p++ = start ? 0x90 : 0x80;
        *p++ = 0xf0;
        p += 1 + (s->id_bits == 15);

        if (s->id_bits == 15) {
            mw_put16(p - 2, (uint16_t) (0x8000 | (s->id0 + s->frame)));

        } else {
            p[-1] = (uint8_t) ((s->id0 + s->frame) & 0x7f);
        }

        *p++ = (uint8_t) (s->id0 + s->frame); /* TL0PICIDX */
        *p++ = (uint8_t) ((s->id0 + s->frame) & 0x1f);
        *p++ = start && key ? 0x00 : 0x01;
        break;

    case MW_CODEC_VP9:
        *p++ = (uint8_t) (0xa0 | (key ? 0 : 0x40) | (start ? 0x08 : 0)
                          | (end ? 0x04 : 0));
        mw_put16(p, (uint16_t) (0x8000 | (s->id0 + s->frame)));
        p += 2;
        *p++ = 0;
        *p++ = (uint8_t) (s->id0 + s->frame);
        break;

    case MW_CODEC_H264:
        if (start && key) {
            *p++ = 0x67;

        } else {
            *p++ = key ? 0x7c : 0x41;
            *p++ = key ? 0x05 : 0x9a;
        }

        break;

    default:
        *p++ = start && key ? 0x18 : 0x10;
        *p++ = 0x32;
    }

    p[0] = (uint8_t) (s - senders);
    mw_put32(p + 1, s->frame);
    mw_put32(p + 5, s->sent);
    p[9] = (uint8_t) ((start ? 1 : 0) | (key ? 2 : 0) | (end ? 4 : 0));
    p[10] = 0xee;
    w->len = (uint8_t) (p + TAG - w->bytes);
}


static inline wire_t *
put_on_wire(sender_t *s)
{
    wire_t *w;

    assert_true(s->sent < PACKETS);
    w = &s->wire[s->sent];
    w->ts = s->ts0 + s->frame * 3000;
    w->due = !percent(4);
    w->at = now + (mw_usec_t) rnd(percent(10) ? 60 : 4) * MW_MSEC;

    return w;
}


static inline void
make_frame(sender_t *s)
{
    bool key;
    wire_t *w;
    unsigned i, count;

    key = s->frame == 0 || percent(2) || s->pub.plis != s->plis;
    s->plis = s->pub.plis;
    count = 1 + rnd(key ? 12 : 4);

    for (i = 0; i < count; i++) {
        w = put_on_wire(s);
        w->marker = i + 1 == count;
        fill(s, w, i == 0, key, w->marker);
        s->sent++;
    }

    for (i = percent(10) ? rnd(4) : 0; i > 0; i--) {
        put_on_wire(s); /* padding only */
        s->sent++;
    }

    s->frame++;
}


#endif /* MEDIA_SENDER_H */
