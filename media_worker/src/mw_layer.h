/*
 * Reception of one RTP stream: order, loss and jitter after RFC 3550 appendix
 * A, and how its timestamps lie to the publisher's clock.  Embedded in
 * mw_source; pure.
 */

#ifndef MW_LAYER_H
#define MW_LAYER_H

#include "mw_rtcp_write.h"

/* how far back a packet may come, in sequence numbers */
#define MW_LAYER_WINDOW 1024

typedef enum {
    MW_LAYER_NEXT = 0,  /* ahead of all before it */
    MW_LAYER_LATE,      /* behind, not seen yet */
    MW_LAYER_RESTART,   /* ahead, and the numbering broke off before it */
    MW_LAYER_DUPLICATE, /* not to be used from here on */
    MW_LAYER_STALE,
    MW_LAYER_JUMP
} mw_layer_order_t;

typedef struct {
    int64_t highest; /* extended; only rises, also over restarts */
    int64_t base;    /* of the current numbering */
    int64_t lost_before;
    int64_t expected_prior;
    int64_t received;
    int64_t received_prior;
    uint64_t seen[MW_LAYER_WINDOW / 64]; /* ring of highest and before */
    uint32_t ssrc;
    uint32_t jitter; /* times 16 */
    uint32_t transit;
    uint32_t last_ts; /* of the highest packet */
    mw_usec_t last;   /* arrival of the highest packet */
    mw_usec_t sr_at;  /* arrival of the last SR, 0: none */
    int64_t sr_usec;  /* its NTP time in the publisher's microseconds */
    uint32_t sr_ts;
    uint32_t lsr; /* middle 32 bits of its NTP time */
    uint16_t jump;
    bool jumped; /* `jump` is what would confirm a new numbering */
    bool started;
    bool heard; /* something came since the last report */
} mw_layer_t;


void mw_layer_init(mw_layer_t *l);

/*
 * Places a packet; `*seq` is its extended number unless the result is from
 * MW_LAYER_DUPLICATE on.  `rtx`: it came over the RTX stream, which counts
 * neither as received nor as a new numbering.
 */
mw_layer_order_t mw_layer_input(
    mw_layer_t *l, uint32_t ssrc, uint16_t seq16, bool rtx, int64_t *seq);

/* it is within the window and has not come */
bool mw_layer_missing(const mw_layer_t *l, uint16_t seq16);

/* after NEXT or RESTART that was not RTX */
void mw_layer_time(mw_layer_t *l, uint32_t ts, uint32_t clock, mw_usec_t now);

void mw_layer_sr(mw_layer_t *l, uint64_t ntp, uint32_t ts, mw_usec_t now);

/* RFC 3550 section 6.4.1; starts a new interval for the fraction lost */
void mw_layer_report(mw_layer_t *l, mw_rtcp_report_t *report, mw_usec_t now);

int64_t mw_layer_lost(const mw_layer_t *l);

/*
 * The timestamp at a time of the server.  `offset` is the server's clock less
 * the publisher's, or NULL if it is not known.  False: nothing received yet.
 */
bool mw_layer_ts_at(const mw_layer_t *l, const int64_t *offset, uint32_t clock,
    mw_usec_t now, uint32_t *ts);

/* an NTP time in microseconds */
int64_t mw_ntp_usec(uint64_t ntp);


#endif /* MW_LAYER_H */
