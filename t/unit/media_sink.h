/* A slot's sink for tests: remembers every packet. */

#ifndef MEDIA_SINK_H
#define MEDIA_SINK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mw_slot.h"

#define OUT_MAX     65536
#define OUT_PAYLOAD 96

#define SINK_CAPTURE 5 /* id of the extension */


typedef struct {
    uint64_t index;
    uint32_t ssrc;
    uint32_t ts;
    uint32_t csrc;
    uint16_t seq;
    uint8_t pt;
    bool marker;
    bool padding;
    bool twice;
    size_t len;
    uint8_t payload[OUT_PAYLOAD]; /* the beginning */
    mw_usec_t now;
    bool captured;
    uint8_t capture[16]; /* abs-capture-time, zeros behind the short form */
} out_t;

typedef struct {
    out_t *out;
    unsigned count;
    unsigned rtcp;
    uint8_t last_rtcp[64];
    mw_rc_t result; /* of every write */
    mw_slot_state_t state;
} sink_t;


static inline mw_rc_t
sink_rtp(void *owner, const mw_rtp_out_t *out, mw_usec_t now)
{
    out_t *o;
    sink_t *sink;
    mw_rtp_t rtp;
    mw_ext_ids_t ids = { { 0 } };
    uint8_t copy[MW_RTP_HEADER_MAX], payload[MW_PKT_MAX];

    sink = owner;
    assert_true(sink->count < OUT_MAX);
    assert_in_range(out->header_len, MW_RTP_MIN, sizeof(copy));
    memcpy(copy, out->header, out->header_len);
    copy[0] &= 0xdf; /* padding is part of the payload */
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, copy, out->header_len));
    assert_int_equal(0, rtp.payload_len);
    assert_int_equal(rtp.seq, out->index & 0xffff);
    assert_int_equal(1, copy[0] & 0x0f);

    ids.id[MW_EXT_ABS_CAPTURE_TIME] = SINK_CAPTURE;
    mw_rtp_read_exts(&rtp, &ids);

    o = &sink->out[sink->count++];
    o->twice = out->twice;
    o->captured = rtp.ext_len[MW_EXT_ABS_CAPTURE_TIME] != 0;
    memset(o->capture, 0, sizeof(o->capture));

    if (o->captured) {
        memcpy(o->capture, rtp.ext[MW_EXT_ABS_CAPTURE_TIME],
            rtp.ext_len[MW_EXT_ABS_CAPTURE_TIME]);
    }

    o->index = out->index;
    o->ssrc = rtp.ssrc;
    o->ts = rtp.ts;
    o->csrc = mw_get32(copy + 12);
    o->seq = rtp.seq;
    o->pt = rtp.pt;
    o->marker = rtp.marker;
    o->padding = (out->header[0] & 0x20) != 0;
    o->len = mw_rtp_out_payload(out, payload);
    o->now = now;
    memcpy(o->payload, payload, o->len < OUT_PAYLOAD ? o->len : OUT_PAYLOAD);

    return sink->result;
}


static inline mw_rc_t
sink_rtcp(void *owner, const uint8_t *data, size_t len, mw_usec_t now)
{
    sink_t *sink;

    (void) now;

    sink = owner;
    sink->rtcp++;
    memcpy(sink->last_rtcp, data, len < 64 ? len : 64);

    return MW_OK;
}


static inline void
sink_state(void *owner, mw_slot_t *slot, mw_slot_state_t state)
{
    (void) slot;

    ((sink_t *) owner)->state = state;
}


static inline void
sink_init(sink_t *sink)
{
    memset(sink, 0, sizeof(*sink));
    sink->out = calloc(OUT_MAX, sizeof(out_t));
    assert_non_null(sink->out);
}


#endif /* MEDIA_SINK_H */
