/* Reads RTCP item by item. */

#include "mw_rtcp_read.h"

#define MW_RTCP_HEAD       4
#define MW_RTCP_SENDER     20 /* sender info of an SR, RFC 3550 section 6.4.1 */
#define MW_RTCP_BLOCK      24 /* report block */
#define MW_RTCP_FIR_ENTRY  8
#define MW_RTCP_NACK_ENTRY 4

/* packet types, RFC 3550 section 12.1, RFC 4585 section 6.1 */
#define MW_RTCP_PT_SR    200
#define MW_RTCP_PT_RR    201
#define MW_RTCP_PT_SDES  202
#define MW_RTCP_PT_BYE   203
#define MW_RTCP_PT_RTPFB 205
#define MW_RTCP_PT_PSFB  206

/* feedback message types */
#define MW_RTCP_FMT_NACK 1
#define MW_RTCP_FMT_TWCC 15
#define MW_RTCP_FMT_PLI  1
#define MW_RTCP_FMT_FIR  4
#define MW_RTCP_FMT_AFB  15

#define MW_RTCP_AFB_REMB 0x52454d42u /* "REMB" */

#define MW_RTCP_SDES_CNAME 1


static mw_rc_t mw_rtcp_packet(mw_rtcp_iter_t *it, mw_rtcp_item_t *item);
static mw_rc_t mw_rtcp_feedback(
    mw_rtcp_iter_t *it, uint8_t pt, uint8_t fmt, mw_rtcp_item_t *item);
static mw_rc_t mw_rtcp_remb(mw_rtcp_iter_t *it, mw_rtcp_item_t *item);
static mw_rc_t mw_rtcp_item(mw_rtcp_iter_t *it, mw_rtcp_item_t *item);
static void mw_rtcp_report(mw_rtcp_iter_t *it, mw_rtcp_item_t *item);
static mw_rc_t mw_rtcp_cname(mw_rtcp_iter_t *it, mw_rtcp_item_t *item);
static mw_rc_t mw_rtcp_garbage(mw_rtcp_iter_t *it);


void
mw_rtcp_iter_init(mw_rtcp_iter_t *it, const uint8_t *data, size_t len)
{
    memset(it, 0, sizeof(*it));

    it->p = data;
    it->end = data + len;
}


mw_rc_t
mw_rtcp_next(mw_rtcp_iter_t *it, mw_rtcp_item_t *item)
{
    mw_rc_t rc;

    for (;;) {
        if (it->malformed) {
            return MW_DROP;
        }

        if (it->type != 0) {
            rc = mw_rtcp_item(it, item);

        } else if (it->p == it->end) {
            return MW_AGAIN;

        } else {
            rc = mw_rtcp_packet(it, item);
        }

        if (rc != MW_AGAIN) {
            return rc;
        }
    }
}


/* the next packet; MW_AGAIN: items follow in it, or nothing of interest */
static mw_rc_t
mw_rtcp_packet(mw_rtcp_iter_t *it, mw_rtcp_item_t *item)
{
    size_t len;
    unsigned count;
    uint8_t pt;
    const uint8_t *p, *end;

    p = it->p;

    if (it->end - p < MW_RTCP_HEAD || (p[0] & 0xc0) != 0x80) {
        return mw_rtcp_garbage(it);
    }

    pt = p[1];
    count = p[0] & 0x1f;
    len = 4 * ((size_t) mw_get16(p + 2) + 1);

    if (len > (size_t) (it->end - p)) {
        return mw_rtcp_garbage(it);
    }

    end = p + len;
    it->p = end;

    if (p[0] & 0x20) {
        if (end[-1] == 0 || end[-1] > len - MW_RTCP_HEAD) {
            return mw_rtcp_garbage(it);
        }

        end -= end[-1];
    }

    p += MW_RTCP_HEAD;
    it->item = p;
    it->item_end = end;

    switch (pt) {
    case MW_RTCP_PT_SR:
    case MW_RTCP_PT_RR:
        len = 4 + (pt == MW_RTCP_PT_SR ? MW_RTCP_SENDER : 0);

        if ((size_t) (end - p) < len + count * MW_RTCP_BLOCK) {
            return mw_rtcp_garbage(it);
        }

        it->sender = mw_get32(p);
        it->item = p + len;

        /* what is behind the blocks is a profile's extension */
        it->item_end = it->item + count * MW_RTCP_BLOCK;
        it->type = MW_RTCP_REPORT;

        if (pt == MW_RTCP_PT_RR) {
            return MW_AGAIN;
        }

        item->type = MW_RTCP_SR;
        item->sender = it->sender;
        item->ssrc = it->sender;
        item->u.sr.ntp = mw_get64(p + 4);
        item->u.sr.ts = mw_get32(p + 12);
        item->u.sr.packets = mw_get32(p + 16);
        item->u.sr.octets = mw_get32(p + 20);

        return MW_OK;

    case MW_RTCP_PT_SDES:
        it->type = MW_RTCP_CNAME;
        return MW_AGAIN;

    case MW_RTCP_PT_BYE:
        if ((size_t) (end - p) < 4 * count) {
            return mw_rtcp_garbage(it);
        }

        it->item_end = p + 4 * count;
        it->type = MW_RTCP_BYE;
        return MW_AGAIN;

    case MW_RTCP_PT_RTPFB:
    case MW_RTCP_PT_PSFB:
        return mw_rtcp_feedback(it, pt, (uint8_t) count, item);

    default:
        return MW_AGAIN;
    }
}


static mw_rc_t
mw_rtcp_feedback(
    mw_rtcp_iter_t *it, uint8_t pt, uint8_t fmt, mw_rtcp_item_t *item)
{
    if (it->item_end - it->item < 8) {
        return mw_rtcp_garbage(it);
    }

    it->sender = mw_get32(it->item);
    it->media = mw_get32(it->item + 4);
    it->item += 8;

    if (pt == MW_RTCP_PT_RTPFB) {
        if (fmt == MW_RTCP_FMT_NACK) {
            it->type = MW_RTCP_NACK;
        }

        if (fmt != MW_RTCP_FMT_TWCC) {
            return MW_AGAIN;
        }

        item->type = MW_RTCP_TWCC;
        item->sender = it->sender;
        item->ssrc = it->media;
        item->u.twcc.data = it->item;
        item->u.twcc.len = (size_t) (it->item_end - it->item);

        return MW_OK;
    }

    if (fmt == MW_RTCP_FMT_FIR) {
        it->type = MW_RTCP_FIR;
        return MW_AGAIN;
    }

    if (fmt == MW_RTCP_FMT_AFB) {
        return mw_rtcp_remb(it, item);
    }

    if (fmt != MW_RTCP_FMT_PLI) {
        return MW_AGAIN;
    }

    item->type = MW_RTCP_PLI;
    item->sender = it->sender;
    item->ssrc = it->media;

    return MW_OK;
}


/* feedback of other applications is none of ours */
static mw_rc_t
mw_rtcp_remb(mw_rtcp_iter_t *it, mw_rtcp_item_t *item)
{
    size_t left;
    unsigned exponent;
    uint32_t mantissa;
    const uint8_t *p;

    p = it->item;
    left = (size_t) (it->item_end - p);

    if (left < 8 || mw_get32(p) != MW_RTCP_AFB_REMB) {
        return MW_AGAIN;
    }

    if (left < 8 + 4 * (size_t) p[4]) {
        return mw_rtcp_garbage(it);
    }

    exponent = p[5] >> 2;
    mantissa = mw_get24(p + 5) & 0x3ffff;

    item->type = MW_RTCP_REMB;
    item->sender = it->sender;
    item->ssrc = it->media;
    item->u.remb = mantissa == 0 ? 0
                   : exponent > 31 || mantissa > UINT32_MAX >> exponent
                       ? UINT32_MAX
                       : mantissa << exponent;

    return MW_OK;
}


/* the next item of the packet; MW_AGAIN: there is none */
static mw_rc_t
mw_rtcp_item(mw_rtcp_iter_t *it, mw_rtcp_item_t *item)
{
    size_t left;

    left = (size_t) (it->item_end - it->item);
    item->sender = it->sender;

    switch (it->type) {
    case MW_RTCP_REPORT:
        if (left < MW_RTCP_BLOCK) {
            break;
        }

        mw_rtcp_report(it, item);
        return MW_OK;

    case MW_RTCP_CNAME:
        return mw_rtcp_cname(it, item);

    case MW_RTCP_BYE:
        if (left < 4) {
            break;
        }

        item->type = MW_RTCP_BYE;
        item->ssrc = mw_get32(it->item);
        item->sender = item->ssrc;
        it->item += 4;
        return MW_OK;

    case MW_RTCP_NACK:
        if (left < MW_RTCP_NACK_ENTRY) {
            break;
        }

        item->type = MW_RTCP_NACK;
        item->ssrc = it->media;
        item->u.nack.pid = mw_get16(it->item);
        item->u.nack.blp = mw_get16(it->item + 2);
        it->item += MW_RTCP_NACK_ENTRY;
        return MW_OK;

    case MW_RTCP_FIR:
        if (left < MW_RTCP_FIR_ENTRY) {
            break;
        }

        item->type = MW_RTCP_FIR;
        item->ssrc = mw_get32(it->item); /* of the entry, not of the header */
        item->u.fir_seq = it->item[4];
        it->item += MW_RTCP_FIR_ENTRY;
        return MW_OK;

    default:
        break;
    }

    it->type = 0;

    return MW_AGAIN;
}


static void
mw_rtcp_report(mw_rtcp_iter_t *it, mw_rtcp_item_t *item)
{
    uint32_t lost;
    const uint8_t *p;

    p = it->item;
    it->item += MW_RTCP_BLOCK;

    lost = mw_get24(p + 5);

    item->type = MW_RTCP_REPORT;
    item->ssrc = mw_get32(p);
    item->u.report.fraction = p[4];
    item->u.report.lost =
        lost & 0x800000 ? (int32_t) lost - 0x1000000 : (int32_t) lost;
    item->u.report.highest = mw_get32(p + 8);
    item->u.report.jitter = mw_get32(p + 12);
    item->u.report.lsr = mw_get32(p + 16);
    item->u.report.dlsr = mw_get32(p + 20);
}


/* RFC 3550 section 6.5: chunks of an SSRC and items, each padded to a word */
static mw_rc_t
mw_rtcp_cname(mw_rtcp_iter_t *it, mw_rtcp_item_t *item)
{
    size_t len;
    bool found;
    const uint8_t *p, *end, *chunk;

    p = it->item;
    end = it->item_end;

    while (end - p >= 4) {
        chunk = p;
        found = false;
        item->ssrc = mw_get32(p);
        item->sender = item->ssrc;
        p += 4;

        while (p < end && *p != 0) {
            if (end - p < 2 || (size_t) (end - p) < 2 + (size_t) p[1]) {
                return mw_rtcp_garbage(it);
            }

            len = p[1];

            if (*p == MW_RTCP_SDES_CNAME) {
                item->u.cname.text = p + 2;
                item->u.cname.len = len;
                found = true;
            }

            p += 2 + len;
        }

        /* at least one zero ends the chunk */
        len = 4 * ((size_t) (p - chunk) / 4 + 1);

        if (len > (size_t) (end - chunk)) {
            p = end;

        } else {
            p = chunk + len;
        }

        if (found) {
            it->item = p;
            item->type = MW_RTCP_CNAME;
            return MW_OK;
        }
    }

    it->type = 0;

    return MW_AGAIN;
}


static mw_rc_t
mw_rtcp_garbage(mw_rtcp_iter_t *it)
{
    it->malformed = true;

    return MW_DROP;
}
