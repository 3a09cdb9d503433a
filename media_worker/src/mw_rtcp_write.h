/*
 * Writes RTCP packets one behind the other into a buffer of the caller.  Every
 * function returns MW_OK, or MW_AGAIN: no room, nothing written; send what is
 * there, mw_rtcp_writer_init() again, repeat the call.
 */

#ifndef MW_RTCP_WRITE_H
#define MW_RTCP_WRITE_H

#include "mw.h"

#define MW_RTCP_ROOM       1200 /* of a datagram, without the SRTCP trailer */
#define MW_RTCP_CNAME_MAX  64
#define MW_RTCP_SR_LEN     28
#define MW_RTCP_REPORT_LEN 24

typedef struct {
    uint8_t *buf;
    size_t room;
    size_t len;
} mw_rtcp_writer_t;

typedef struct {
    uint64_t ntp; /* 32.32 */
    uint32_t ssrc;
    uint32_t ts;
    uint32_t packets;
    uint32_t octets;
} mw_rtcp_sr_t;

typedef struct {
    uint32_t ssrc;
    int32_t lost; /* clamped to 24 bits */
    uint32_t highest;
    uint32_t jitter;
    uint32_t lsr;
    uint32_t dlsr;
    uint8_t fraction;
} mw_rtcp_report_t;


void mw_rtcp_writer_init(mw_rtcp_writer_t *w, uint8_t *buf, size_t room);

mw_rc_t mw_rtcp_write_sr(mw_rtcp_writer_t *w, const mw_rtcp_sr_t *sr);
mw_rc_t mw_rtcp_write_rr(mw_rtcp_writer_t *w, uint32_t sender,
    const mw_rtcp_report_t *reports, unsigned count); /* count <= 31 */

/* text longer than MW_RTCP_CNAME_MAX is cut */
mw_rc_t mw_rtcp_write_cname(
    mw_rtcp_writer_t *w, uint32_t ssrc, const char *cname);

mw_rc_t mw_rtcp_write_pli(mw_rtcp_writer_t *w, uint32_t sender, uint32_t ssrc);
mw_rc_t mw_rtcp_write_bye(mw_rtcp_writer_t *w, uint32_t ssrc);

/* `seqs` rising modulo 2^16; packed into PID and BLP pairs */
mw_rc_t mw_rtcp_write_nack(mw_rtcp_writer_t *w, uint32_t sender, uint32_t ssrc,
    const uint16_t *seqs, unsigned count);

/* draft-alvestrand-rmcat-remb-03; not more than `rate` is written, count <= 255 */
mw_rc_t mw_rtcp_write_remb(mw_rtcp_writer_t *w, uint32_t sender, uint32_t rate,
    const uint32_t *ssrcs, unsigned count);


/*
 * The server's clock as NTP time: monotonic time since a fixed, arbitrary
 * start, which RFC 3550 section 6.4.1 allows.  One clock for all reports.
 */
uint64_t mw_ntp(mw_usec_t now);


#endif /* MW_RTCP_WRITE_H */
