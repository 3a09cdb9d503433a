/*
 * Reads RTCP, compound or reduced-size (RFC 3550 section 6, RFC 5506), item by
 * item: one report block, one NACK field, one FIR entry at a time.  No memory
 * but the iterator.  Packets of a type we do not use (RFC 8888 feedback, XR, APP)
 * are stepped over.
 */

#ifndef MW_RTCP_READ_H
#define MW_RTCP_READ_H

#include "mw.h"

typedef enum {
    MW_RTCP_SR = 1,
    MW_RTCP_REPORT, /* a report block of an SR or RR */
    MW_RTCP_CNAME,
    MW_RTCP_BYE,
    MW_RTCP_NACK, /* RFC 4585 section 6.2.1, one PID and BLP */
    MW_RTCP_PLI,  /* RFC 4585 section 6.3.1 */
    MW_RTCP_FIR,  /* RFC 5104 section 4.3.1 */
    MW_RTCP_TWCC, /* transport-wide feedback, see mw_twcc.h */
    MW_RTCP_REMB  /* draft-alvestrand-rmcat-remb-03, without its SSRCs */
} mw_rtcp_type_t;

typedef struct {
    mw_rtcp_type_t type;
    uint32_t sender; /* SSRC of who sent it; receive-only peers say 1 */
    uint32_t ssrc;   /* whom it is about; route by this */
    union {
        struct {
            uint64_t ntp; /* 32.32 */
            uint32_t ts;
            uint32_t packets;
            uint32_t octets;
        } sr;
        struct {
            int32_t lost; /* 24 bits, sign extended */
            uint32_t highest;
            uint32_t jitter;
            uint32_t lsr;
            uint32_t dlsr;
            uint8_t fraction;
        } report;
        struct {
            const uint8_t *text;
            size_t len;
        } cname;
        struct {
            uint16_t pid;
            uint16_t blp;
        } nack;
        uint8_t fir_seq;
        uint32_t remb; /* bit/s, UINT32_MAX: that or more */
        struct {
            const uint8_t *data; /* for mw_twcc_read() */
            size_t len;
        } twcc;
    } u;
} mw_rtcp_item_t;

/* private but for its size */
typedef struct {
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *item;
    const uint8_t *item_end;
    uint32_t sender;
    uint32_t media;
    uint8_t type; /* what item..item_end holds, 0: nothing */
    bool malformed;
} mw_rtcp_iter_t;


void mw_rtcp_iter_init(mw_rtcp_iter_t *it, const uint8_t *data, size_t len);

/* MW_OK: `item` is filled.  MW_AGAIN: the end.  MW_DROP: the rest is garbage */
mw_rc_t mw_rtcp_next(mw_rtcp_iter_t *it, mw_rtcp_item_t *item);


#endif /* MW_RTCP_READ_H */
