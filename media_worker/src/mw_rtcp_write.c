/* Writes RTCP packets one behind the other. */

#include "mw_rtcp_write.h"

#define MW_RTCP_HEAD 4

/* packet types, RFC 3550 section 12.1, RFC 4585 section 6.1 */
#define MW_RTCP_PT_SR    200
#define MW_RTCP_PT_RR    201
#define MW_RTCP_PT_SDES  202
#define MW_RTCP_PT_BYE   203
#define MW_RTCP_PT_RTPFB 205
#define MW_RTCP_PT_PSFB  206

#define MW_RTCP_FMT_AFB 15 /* application layer feedback, RFC 4585 6.4 */

#define MW_RTCP_REPORTS_MAX 31 /* five bits of count */

#define MW_RTCP_LOST_MAX 0x7fffff
#define MW_RTCP_LOST_MIN (-0x800000)

/* seconds; keeps NTP times away from zero, which means "never" */
#define MW_NTP_START ((uint64_t) 1 << 31)


static uint8_t *mw_rtcp_begin(
    mw_rtcp_writer_t *w, size_t len, unsigned count, uint8_t pt);


void
mw_rtcp_writer_init(mw_rtcp_writer_t *w, uint8_t *buf, size_t room)
{
    w->buf = buf;
    w->room = room;
    w->len = 0;
}


mw_rc_t
mw_rtcp_write_sr(mw_rtcp_writer_t *w, const mw_rtcp_sr_t *sr)
{
    uint8_t *p;

    p = mw_rtcp_begin(w, MW_RTCP_SR_LEN, 0, MW_RTCP_PT_SR);

    if (p == NULL) {
        return MW_AGAIN;
    }

    mw_put32(p, sr->ssrc);
    mw_put64(p + 4, sr->ntp);
    mw_put32(p + 12, sr->ts);
    mw_put32(p + 16, sr->packets);
    mw_put32(p + 20, sr->octets);

    return MW_OK;
}


mw_rc_t
mw_rtcp_write_rr(mw_rtcp_writer_t *w, uint32_t sender,
    const mw_rtcp_report_t *reports, unsigned count)
{
    int32_t lost;
    unsigned i;
    uint8_t *p;
    const mw_rtcp_report_t *r;

    if (count > MW_RTCP_REPORTS_MAX) {
        count = MW_RTCP_REPORTS_MAX;
    }

    p = mw_rtcp_begin(
        w, MW_RTCP_HEAD + 4 + count * MW_RTCP_REPORT_LEN, count, MW_RTCP_PT_RR);

    if (p == NULL) {
        return MW_AGAIN;
    }

    mw_put32(p, sender);
    p += 4;

    for (i = 0; i < count; i++) {
        r = &reports[i];
        lost = r->lost;
        lost = lost > MW_RTCP_LOST_MAX ? MW_RTCP_LOST_MAX : lost;
        lost = lost < MW_RTCP_LOST_MIN ? MW_RTCP_LOST_MIN : lost;

        mw_put32(p, r->ssrc);
        p[4] = r->fraction;
        mw_put24(p + 5, (uint32_t) lost & 0xffffff);
        mw_put32(p + 8, r->highest);
        mw_put32(p + 12, r->jitter);
        mw_put32(p + 16, r->lsr);
        mw_put32(p + 20, r->dlsr);
        p += MW_RTCP_REPORT_LEN;
    }

    return MW_OK;
}


mw_rc_t
mw_rtcp_write_cname(mw_rtcp_writer_t *w, uint32_t ssrc, const char *cname)
{
    size_t len, body;
    uint8_t *p;

    len = strnlen(cname, MW_RTCP_CNAME_MAX);

    /* SSRC, type, length, text, and one to four zeros */
    body = (4 + 2 + len) / 4 * 4 + 4;
    p = mw_rtcp_begin(w, MW_RTCP_HEAD + body, 1, MW_RTCP_PT_SDES);

    if (p == NULL) {
        return MW_AGAIN;
    }

    memset(p, 0, body);
    mw_put32(p, ssrc);
    p[4] = 1; /* CNAME */
    p[5] = (uint8_t) len;
    memcpy(p + 6, cname, len);

    return MW_OK;
}


mw_rc_t
mw_rtcp_write_pli(mw_rtcp_writer_t *w, uint32_t sender, uint32_t ssrc)
{
    uint8_t *p;

    p = mw_rtcp_begin(w, MW_RTCP_HEAD + 8, 1, MW_RTCP_PT_PSFB);

    if (p == NULL) {
        return MW_AGAIN;
    }

    mw_put32(p, sender);
    mw_put32(p + 4, ssrc);

    return MW_OK;
}


mw_rc_t
mw_rtcp_write_bye(mw_rtcp_writer_t *w, uint32_t ssrc)
{
    uint8_t *p;

    p = mw_rtcp_begin(w, MW_RTCP_HEAD + 4, 1, MW_RTCP_PT_BYE);

    if (p == NULL) {
        return MW_AGAIN;
    }

    mw_put32(p, ssrc);

    return MW_OK;
}


mw_rc_t
mw_rtcp_write_nack(mw_rtcp_writer_t *w, uint32_t sender, uint32_t ssrc,
    const uint16_t *seqs, unsigned count)
{
    unsigned i, pairs;
    uint16_t pid, blp;
    uint8_t *p;

    pairs = 0;
    pid = 0;

    for (i = 0; i < count; i++) {
        if (i == 0 || (uint16_t) (seqs[i] - pid - 1) >= 16) {
            pid = seqs[i];
            pairs++;
        }
    }

    if (pairs == 0) {
        return MW_OK;
    }

    p = mw_rtcp_begin(
        w, MW_RTCP_HEAD + 8 + 4 * (size_t) pairs, 1, MW_RTCP_PT_RTPFB);

    if (p == NULL) {
        return MW_AGAIN;
    }

    mw_put32(p, sender);
    mw_put32(p + 4, ssrc);
    p += 4; /* each pair steps forward before it is written */
    blp = 0;

    for (i = 0; i < count; i++) {
        if (i == 0 || (uint16_t) (seqs[i] - pid - 1) >= 16) {
            pid = seqs[i];
            blp = 0;
            p += 4;
            mw_put16(p, pid);

        } else {
            blp |= (uint16_t) (1u << (uint16_t) (seqs[i] - pid - 1));
        }

        mw_put16(p + 2, blp);
    }

    return MW_OK;
}


mw_rc_t
mw_rtcp_write_remb(mw_rtcp_writer_t *w, uint32_t sender, uint32_t rate,
    const uint32_t *ssrcs, unsigned count)
{
    uint8_t *p;
    unsigned i, exponent;

    p = mw_rtcp_begin(w, MW_RTCP_HEAD + 16 + 4 * (size_t) count,
        MW_RTCP_FMT_AFB, MW_RTCP_PT_PSFB);

    if (p == NULL) {
        return MW_AGAIN;
    }

    for (exponent = 0; rate > 0x3ffff; exponent++) {
        rate >>= 1;
    }

    mw_put32(p, sender);
    mw_put32(p + 4, 0); /* about no one stream */
    memcpy(p + 8, "REMB", 4);
    mw_put32(p + 12, count << 24 | exponent << 18 | rate);

    for (i = 0; i < count; i++) {
        mw_put32(p + 16 + 4 * (size_t) i, ssrcs[i]);
    }

    return MW_OK;
}


uint64_t
mw_ntp(mw_usec_t now)
{
    uint64_t seconds, micros;

    seconds = (uint64_t) now / 1000000;
    micros = (uint64_t) now % 1000000;

    return (seconds + MW_NTP_START) << 32 | (micros << 32) / 1000000;
}


/* writes the header, returns where the body goes; NULL: no room */
static uint8_t *
mw_rtcp_begin(mw_rtcp_writer_t *w, size_t len, unsigned count, uint8_t pt)
{
    uint8_t *p;

    if (len > w->room - w->len) {
        return NULL;
    }

    p = w->buf + w->len;
    w->len += len;

    p[0] = (uint8_t) (0x80 | count);
    p[1] = pt;
    mw_put16(p + 2, (uint16_t) (len / 4 - 1));

    return p + MW_RTCP_HEAD;
}
