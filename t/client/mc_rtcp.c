/* RTCP in and out. */

#include "mc_rtcp.h"


bool
mc_rtcp_next(const uint8_t *data, size_t len, size_t *at, mc_rtcp_t *packet)
{
    size_t size;

    if (*at + 4 > len || data[*at] >> 6 != 2) {
        return false;
    }

    size = (size_t) (mw_get16(data + *at + 2) + 1) * 4;

    if (size > len - *at) {
        return false;
    }

    packet->count = data[*at] & 31;
    packet->type = data[*at + 1];
    packet->data = data + *at;
    packet->len = size;
    *at += size;

    return true;
}


/* RFC 4585 section 6.2.1 */
static void
mc_rtcp_nacks(const mc_rtcp_t *rtcp, const mc_rtcp_asked_t *asked, void *ctx,
    mw_usec_t now)
{
    size_t at;
    unsigned bit;
    uint16_t seq, mask;
    uint32_t media;

    media = mw_get32(rtcp->data + 8);

    for (at = 12; at + 4 <= rtcp->len; at += 4) {
        seq = mw_get16(rtcp->data + at);
        mask = mw_get16(rtcp->data + at + 2);
        asked->on_nack(ctx, media, seq, now);

        for (bit = 0; bit < 16; bit++) {
            if ((mask >> bit & 1) != 0) {
                asked->on_nack(ctx, media, (uint16_t) (seq + bit + 1), now);
            }
        }
    }
}


/* draft-alvestrand-rmcat-remb-03: once for each stream that it names */
static void
mc_rtcp_rembs(const mc_rtcp_t *rtcp, const mc_rtcp_asked_t *asked, void *ctx)
{
    size_t at;
    double rate;

    if (asked->on_remb == NULL || rtcp->len < 20
        || memcmp(rtcp->data + 12, "REMB", 4) != 0
        || rtcp->len != 20 + 4 * (size_t) rtcp->data[16])
    {
        return;
    }

    rate = ((rtcp->data[17] & 3) << 16 | mw_get16(rtcp->data + 18));

    for (at = 0; at < rtcp->data[17] >> 2; at++) {
        rate *= 2;
    }

    for (at = 20; at < rtcp->len; at += 4) {
        asked->on_remb(ctx, mw_get32(rtcp->data + at), rate);
    }
}


void
mc_rtcp_feedback(const uint8_t *data, size_t len, const mc_rtcp_asked_t *asked,
    void *ctx, mw_usec_t now)
{
    size_t at;
    mc_rtcp_t rtcp;

    at = 0;

    while (mc_rtcp_next(data, len, &at, &rtcp)) {
        if (rtcp.len < 12) {
            continue;
        }

        if (rtcp.type == MC_RTCP_RTPFB && rtcp.count == 1) {
            mc_rtcp_nacks(&rtcp, asked, ctx, now);

        } else if (rtcp.type == MC_RTCP_PSFB && rtcp.count == 1) {
            asked->on_key(ctx, mw_get32(rtcp.data + 8), now);

        } else if (rtcp.type == MC_RTCP_PSFB && rtcp.count == 4
                   && rtcp.len >= 16) {
            /* FIR names its media source in the entry */
            asked->on_key(ctx, mw_get32(rtcp.data + 12), now);

        } else if (rtcp.type == MC_RTCP_PSFB && rtcp.count == 15) {
            mc_rtcp_rembs(&rtcp, asked, ctx);
        }
    }
}


static void
mc_rtcp_head(uint8_t *out, unsigned count, unsigned type, size_t len)
{
    out[0] = (uint8_t) (0x80 | count);
    out[1] = (uint8_t) type;
    mw_put16(out + 2, (uint16_t) (len / 4 - 1));
}


uint64_t
mc_ntp(mw_usec_t now)
{
    return (uint64_t) (now / MW_SEC) << 32
           | (uint64_t) (now % MW_SEC) * 0x100000000ull / 1000000;
}


mw_usec_t
mc_from_ntp(uint64_t ntp)
{
    return (mw_usec_t) (ntp >> 32) * MW_SEC
           + (mw_usec_t) ((ntp & 0xffffffffu) * 1000000 >> 32);
}


size_t
mc_rtcp_sr(uint8_t *out, uint32_t ssrc, mw_usec_t now, uint32_t timestamp,
    uint32_t packets, uint32_t octets)
{
    mc_rtcp_head(out, 0, MC_RTCP_SR, 28);
    mw_put32(out + 4, ssrc);
    mw_put64(out + 8, mc_ntp(now));
    mw_put32(out + 16, timestamp);
    mw_put32(out + 20, packets);
    mw_put32(out + 24, octets);

    return 28;
}


size_t
mc_rtcp_rr(uint8_t *out, uint32_t ssrc, uint32_t media, uint8_t lost,
    uint32_t total_lost, uint32_t highest, uint32_t jitter)
{
    mc_rtcp_head(out, 1, MC_RTCP_RR, 32);
    mw_put32(out + 4, ssrc);
    mw_put32(out + 8, media);
    mw_put32(out + 12, (uint32_t) lost << 24 | (total_lost & 0xffffff));
    mw_put32(out + 16, highest);
    mw_put32(out + 20, jitter);
    mw_put64(out + 24, 0);

    return 32;
}


size_t
mc_rtcp_pli(uint8_t *out, uint32_t ssrc, uint32_t media)
{
    mc_rtcp_head(out, 1, MC_RTCP_PSFB, 12);
    mw_put32(out + 4, ssrc);
    mw_put32(out + 8, media);

    return 12;
}


size_t
mc_rtcp_nack(
    uint8_t *out, uint32_t ssrc, uint32_t media, uint16_t seq, uint16_t mask)
{
    mc_rtcp_head(out, 1, MC_RTCP_RTPFB, 16);
    mw_put32(out + 4, ssrc);
    mw_put32(out + 8, media);
    mw_put16(out + 12, seq);
    mw_put16(out + 14, mask);

    return 16;
}


size_t
mc_rtcp_remb(uint8_t *out, uint32_t ssrc, uint32_t media, unsigned kbps)
{
    /* in units of 2^10 bit/s */
    mc_rtcp_head(out, 15, MC_RTCP_PSFB, 24);
    mw_put32(out + 4, ssrc);
    mw_put32(out + 8, 0);
    memcpy(out + 12, "REMB", 4);
    mw_put32(out + 16, 1u << 24 | 10u << 18 | (kbps * 1000 >> 10));
    mw_put32(out + 20, media);

    return 24;
}
