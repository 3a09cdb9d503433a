/*
 * A receiver as browsers are: feedback about every packet, reports, requests
 * for lost packets and for keyframes; pictures are shown when they are whole
 * and what they refer to was shown, sound is played at a fixed delay.
 */

#ifndef DOWNLINK_RECEIVER_H
#define DOWNLINK_RECEIVER_H

#include "downlink_network.h"

#include "mw_layer.h"
#include "mw_nack.h"
#include "mw_red.h"
#include "mw_rtcp_read.h"
#include "mw_rtcp_write.h"
#include "mw_rtp.h"
#include "mw_twcc.h"

#define RCV_RED      63
#define RCV_CAPTURED 16 /* where in a payload its time is */
#define RCV_HALVES   16
#define RCV_WINDOW   2048
#define RCV_PLAYOUT  (120 * MW_MSEC)
#define RCV_DELAY    (150 * MW_MSEC)
#define RCV_FROZEN   (200 * MW_MSEC) /* at 25 pictures a second */

typedef struct {
    int64_t seq;
    uint32_t ts;
    bool have, start, key, marker;
} rcv_packet_t;

typedef struct {
    uint32_t ssrc; /* 0: nothing has come */
    bool video;
    int64_t highest;
    int64_t next; /* of the picture to be shown next */
    rcv_packet_t packets[RCV_WINDOW];
    mw_nack_t nack;
    bool whole; /* what is at `next` refers to what was shown */
    mw_usec_t shown;
    mw_usec_t base_at; /* of the delay */
    uint32_t base_ts;
    mw_usec_t asked;
    uint32_t lsr;
    uint32_t sr_ts;
    mw_usec_t sr_usec; /* on the sender's clock */
    double behind;     /* what that says of the newest packet, less the truth */
    bool timed;
    mw_usec_t sr_at;
    uint32_t csrc;

    /* sound */
    mw_usec_t first_at;
    int64_t first_seq;
    int64_t played; /* up to here */

    /* since rcv_forget() */
    uint64_t frames, keys, height, recovered;
    uint64_t bytes; /* of use */
    uint64_t due, concealed;
    mw_usec_t frozen, longest;
} rcv_half_t;

typedef struct {
    rcv_half_t half[RCV_HALVES];
    mw_twcc_t twcc;
    mw_usec_t report;
    void (*send)(const uint8_t *data, size_t len); /* RTCP, up */
} rcv_t;

static rcv_t rcv;


static inline void
rcv_init(void)
{
    unsigned i;

    memset(&rcv.half, 0, sizeof(rcv.half));
    mw_twcc_init(&rcv.twcc);
    rcv.report = 0;

    for (i = 0; i < RCV_HALVES; i++) {
        rcv.half[i].video = i % 2 == 1;
        mw_nack_init(&rcv.half[i].nack);
    }
}


static inline void
rcv_forget(void)
{
    unsigned i;
    rcv_half_t *h;

    for (i = 0; i < RCV_HALVES; i++) {
        h = &rcv.half[i];
        h->frames = h->keys = h->recovered = h->bytes = 0;
        h->due = h->concealed = 0;
        h->frozen = h->longest = 0;
        h->shown = h->shown == 0 ? 0 : now;
    }
}


static inline rcv_packet_t *
rcv_at(rcv_half_t *h, int64_t seq)
{
    rcv_packet_t *p;

    p = &h->packets[(uint64_t) seq % RCV_WINDOW];

    return p->have && p->seq == seq ? p : NULL;
}


/* pictures have a delay in which those that come late are waited for */
static inline void
rcv_shown(rcv_half_t *h, uint32_t ts)
{
    mw_usec_t at, gap;

    at = h->base_at + (mw_usec_t) (int32_t) (ts - h->base_ts) * 100 / 9
         + RCV_DELAY;

    if (h->shown == 0 || at < now || at > now + RCV_DELAY) {
        at = h->shown == 0 ? now + RCV_DELAY : at < now ? now : now + RCV_DELAY;

        if (h->shown == 0 || at != now) {
            h->base_at = now;
            h->base_ts = ts;
        }
    }

    gap = h->shown == 0 ? 0 : at - h->shown;

    if (gap > RCV_FROZEN) {
        h->frozen += gap;
        h->longest = gap > h->longest ? gap : h->longest;
    }

    h->shown = at;
    h->frames++;
}


/* the end of the picture that begins at `seq`, -1: it is not whole */
static inline int64_t
rcv_picture(rcv_half_t *h, int64_t seq)
{
    const rcv_packet_t *p;

    for (; (p = rcv_at(h, seq)) != NULL; seq++) {
        if (p->marker) {
            return seq;
        }
    }

    return -1;
}


static inline void
rcv_show(rcv_half_t *h)
{
    int64_t seq, end;
    const rcv_packet_t *p;

    for (;;) {
        p = rcv_at(h, h->next);
        end = p != NULL && p->start && (h->whole || p->key)
                  ? rcv_picture(h, h->next)
                  : -1;

        if (end < 0) {
            /* a keyframe needs nothing of what came before it */
            for (seq = h->next + 1; seq <= h->highest; seq++) {
                p = rcv_at(h, seq);

                if (p != NULL && p->key && rcv_picture(h, seq) >= 0) {
                    break;
                }
            }

            if (seq > h->highest) {
                return;
            }

            h->next = seq;
            mw_nack_forget(&h->nack, seq, 0);
            continue;
        }

        h->keys += rcv_at(h, h->next)->key;
        h->whole = true;
        rcv_shown(h, rcv_at(h, h->next)->ts);
        h->next = end + 1;
    }
}


/* when a packet was captured: by its timestamp and reports, and in truth */
static inline void
rcv_time(rcv_half_t *h, uint32_t ts, const uint8_t *p, size_t len)
{
    mw_usec_t truth, told;

    if (h->sr_usec == 0 || len < RCV_CAPTURED + sizeof(truth)
        || (h->video && (p[0] & 0x10) == 0))
    {
        return;
    }

    memcpy(&truth, p + RCV_CAPTURED, sizeof(truth));
    told = (mw_usec_t) (int32_t) (ts - h->sr_ts) * MW_SEC
           / (h->video ? 90000 : 48000);
    h->behind = (double) (h->sr_usec + told - truth);
    h->timed = true;
}


/* `p` is the payload of VP8, or of Opus */
static inline void
rcv_take(rcv_half_t *h, const mw_rtp_t *rtp, uint16_t seq16, const uint8_t *p,
    size_t len, size_t size, bool again)
{
    int64_t seq;
    rcv_packet_t *slot;

    if (h->ssrc == 0) {
        h->ssrc = again ? 0 : rtp->ssrc;
        h->highest = 0x10000 + seq16;
        h->next = h->highest;
        h->first_at = now;
        h->first_seq = h->highest;
        h->played = h->highest - 1;
        mw_nack_received(&h->nack, h->highest, true, now);
    }

    seq = h->highest + (int16_t) (uint16_t) (seq16 - (uint16_t) h->highest);

    if (h->ssrc == 0 || rcv_at(h, seq) != NULL || seq < h->highest - 1500) {
        return;
    }

    slot = &h->packets[(uint64_t) seq % RCV_WINDOW];
    memset(slot, 0, sizeof(*slot));
    slot->seq = seq;
    slot->ts = rtp->ts;
    slot->have = true;
    slot->marker = rtp->marker;
    h->bytes += size + NET_OVER;
    h->recovered += again;

    if (h->video && len > 16) {
        slot->start = (p[0] & 0x10) != 0;
        slot->key = slot->start && (p[6] & 1) == 0;
        h->height = slot->key ? (unsigned) (p[14] | p[15] << 8) : h->height;
    }

    rcv_time(h, rtp->ts, p, len);
    mw_nack_received(&h->nack, seq, seq > h->highest, now);
    h->highest = seq > h->highest ? seq : h->highest;

    if (h->video && seq >= h->next) {
        rcv_show(h);
    }
}


/* the packets before it go by the time they lie back */
static inline void
rcv_red(rcv_half_t *h, const mw_rtp_t *rtp, size_t size)
{
    unsigned i, n;
    mw_rtp_t one;
    mw_red_block_t blocks[MW_RED_BLOCKS];

    n = mw_red_read(blocks, rtp->payload, rtp->payload_len);
    assert_true(n > 1);

    for (i = n; i-- > 0;) {
        assert_int_equal(blocks[i].pt, 111);
        assert_int_equal(blocks[i].len, 90);
        one = *rtp;
        one.ts -= blocks[i].offset;
        rcv_take(h, &one, (uint16_t) (rtp->seq - blocks[i].offset / 960),
            blocks[i].data, blocks[i].len, i + 1 == n ? size : 0, i + 1 < n);
    }
}


static inline void
rcv_packet(const net_packet_t *pkt)
{
    uint8_t index;
    mw_rtp_t rtp;
    rcv_half_t *h;
    static const mw_ext_ids_t ids = { .id = { [MW_EXT_TRANSPORT_CC] = 5 } };
    uint8_t data[NET_BYTES + 1500];

    memset(data, 0, sizeof(data));
    memcpy(data, pkt->data, NET_BYTES);
    data[0] &= 0xdf; /* padding is told by the empty payload inside */
    assert_int_equal(MW_OK, mw_rtp_parse(&rtp, data, pkt->size));
    mw_rtp_read_exts(&rtp, &ids);
    assert_int_equal(2, rtp.ext_len[MW_EXT_TRANSPORT_CC]);
    mw_twcc_received(
        &rcv.twcc, mw_get16(rtp.ext[MW_EXT_TRANSPORT_CC]), pkt->at);

    index = (uint8_t) rtp.ssrc & 0x7f;
    assert_true(index < RCV_HALVES);
    h = &rcv.half[index];
    h->csrc = mw_get32(data + 12);

    if (rtp.pt == RCV_RED) {
        rcv_red(h, &rtp, pkt->size);

    } else if ((rtp.ssrc & 0x80) == 0) {
        rcv_take(
            h, &rtp, rtp.seq, rtp.payload, rtp.payload_len, pkt->size, false);

    } else if ((pkt->data[0] & 0x20) == 0 && h->ssrc != 0) {
        rcv_take(h, &rtp, mw_get16(rtp.payload), rtp.payload + 2,
            rtp.payload_len - 2, pkt->size, true);
    }
}


static inline void
rcv_reports(void)
{
    unsigned i, n;
    rcv_half_t *h;
    mw_rtcp_report_t reports[RCV_HALVES];
    uint8_t buf[MW_RTCP_ROOM];
    mw_rtcp_writer_t w;

    memset(reports, 0, sizeof(reports));

    for (i = 0, n = 0; i < RCV_HALVES; i++) {
        h = &rcv.half[i];

        if (h->ssrc != 0 && h->sr_at != 0) {
            reports[n].ssrc = h->ssrc;
            reports[n].lsr = h->lsr;
            reports[n++].dlsr = (uint32_t) ((now - h->sr_at) * 65536 / MW_SEC);
        }
    }

    mw_rtcp_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(MW_OK, mw_rtcp_write_rr(&w, 1, reports, n));
    rcv.send(buf, w.len);
}


/* asks for packets, or for a new start */
static inline void
rcv_ask(rcv_half_t *h)
{
    unsigned n;
    uint16_t seqs[MW_NACK_BATCH];
    uint8_t buf[MW_RTCP_ROOM];
    mw_rtcp_writer_t w;

    mw_rtcp_writer_init(&w, buf, sizeof(buf));

    if (mw_nack_next(&h->nack) <= now) {
        n = mw_nack_due(&h->nack, seqs, now);

        if (n > 0 && h->video) {
            (void) mw_rtcp_write_nack(&w, 1, h->ssrc, seqs, n);
        }
    }

    if (h->video && h->highest >= h->next
        && now - h->shown > (h->whole ? MW_SEC : 300 * MW_MSEC)
        && now - h->asked > 500 * MW_MSEC)
    {
        h->asked = now;
        (void) mw_rtcp_write_pli(&w, 1, h->ssrc);
    }

    if (w.len > 0) {
        rcv.send(buf, w.len);
    }
}


/* what should have come by now is played, or made up */
static inline void
rcv_play(rcv_half_t *h)
{
    while (h->played < h->highest
           && h->first_at + (h->played + 1 - h->first_seq) * 20 * MW_MSEC
                      + RCV_PLAYOUT
                  <= now)
    {
        h->played++;
        h->due++;
        h->concealed += rcv_at(h, h->played) == NULL;
    }
}


static inline void
rcv_step(void)
{
    unsigned i;
    rcv_half_t *h;
    uint8_t buf[MW_RTCP_ROOM];
    mw_rtcp_writer_t w;
    const net_packet_t *pkt;

    while ((pkt = net_receive()) != NULL) {
        rcv_packet(pkt);
    }

    if (mw_twcc_due(&rcv.twcc) <= now) {
        mw_rtcp_writer_init(&w, buf, sizeof(buf));

        if (mw_twcc_write(&rcv.twcc, &w, 1, 2) == MW_OK) {
            rcv.send(buf, w.len);
        }
    }

    for (i = 0; i < RCV_HALVES; i++) {
        h = &rcv.half[i];

        if (h->ssrc == 0) {
            continue;
        }

        rcv_ask(h);

        if (!h->video) {
            rcv_play(h);
        }
    }

    if (now >= rcv.report) {
        rcv.report = now + MW_SEC;
        rcv_reports();
    }
}


/* a sender report that has come */
static inline void
rcv_sr(const mw_rtcp_item_t *sr)
{
    rcv_half_t *h;

    h = &rcv.half[sr->ssrc & 0x7f];
    h->lsr = (uint32_t) (sr->u.sr.ntp >> 16);
    h->sr_ts = sr->u.sr.ts;
    h->sr_usec = mw_ntp_usec(sr->u.sr.ntp);
    h->sr_at = now;
}


#endif /* DOWNLINK_RECEIVER_H */
