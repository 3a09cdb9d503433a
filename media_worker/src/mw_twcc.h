/*
 * Transport-wide congestion control
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01): what a receiver notes
 * of every packet of a connection, and the feedback it makes of that.  The
 * sender numbers all its packets, whatever stream they belong to.  Embedded in
 * its owner; pure.
 */

#ifndef MW_TWCC_H
#define MW_TWCC_H

#include "mw_rtcp_write.h"

#define MW_TWCC_WINDOW 1024 /* numbers looked back on, a power of two */
#define MW_TWCC_REPORT 400  /* numbers in one feedback packet, at most */

/* feedback is due after so many packets, or so long after the first of them */
#define MW_TWCC_PACKETS  16
#define MW_TWCC_INTERVAL (100 * MW_MSEC)

/* RTPFB (RFC 4585) of this format */
#define MW_TWCC_PT  205
#define MW_TWCC_FMT 15

/* units of times in feedback, draft section 3.1 */
#define MW_TWCC_TICK ((mw_usec_t) 250)
#define MW_TWCC_BASE (64 * MW_MSEC)

typedef struct {
    int64_t highest; /* number without wrap, -1: nothing received */
    int64_t next;    /* first one not reported yet */
    mw_usec_t at[MW_TWCC_WINDOW]; /* arrival, 0: not here (any more) */
    unsigned waiting;             /* packets not reported yet */
    mw_usec_t since;              /* arrival of the first of them */
    uint8_t count;                /* of feedback packets */
} mw_twcc_t;


void mw_twcc_init(mw_twcc_t *t);

/* one packet; doubles and those older than the window do not count */
void mw_twcc_received(mw_twcc_t *t, uint16_t seq, mw_usec_t now);

/* when to write feedback, MW_NEVER: nothing to report */
mw_usec_t mw_twcc_due(const mw_twcc_t *t);

/*
 * One feedback packet about what was received since the last one.  `ssrc` is
 * any stream of the sender.  MW_OK: written; mw_twcc_due() tells whether more
 * is left.  MW_AGAIN: nothing to report, or no room.
 */
mw_rc_t mw_twcc_write(
    mw_twcc_t *t, mw_rtcp_writer_t *w, uint32_t sender, uint32_t ssrc);


/* --- the other end: reading feedback about packets we sent --- */

typedef struct {
    uint16_t base;      /* number of the first status */
    uint16_t statuses;  /* left */
    uint8_t count;      /* of the feedback packet */
    mw_usec_t time;     /* receiver's clock, wraps every 12 days */
    const uint8_t *p;   /* chunks */
    const uint8_t *end; /* of the packet, where deltas end at the latest */
    const uint8_t *delta;
    uint16_t chunk;
    uint16_t left; /* statuses in `chunk` */
    uint16_t seq;
} mw_twcc_iter_t;

typedef struct {
    uint16_t seq;
    bool received;
    mw_usec_t at; /* if received; only differences mean something */
} mw_twcc_status_t;

/*
 * `data` is what follows the media SSRC in the RTCP packet.  MW_DROP: too
 * short, or its chunks and deltas do not add up; nothing of it is to be used.
 */
mw_rc_t mw_twcc_read(mw_twcc_iter_t *it, const uint8_t *data, size_t len);

/* the next status; false: that was all */
bool mw_twcc_next(mw_twcc_iter_t *it, mw_twcc_status_t *status);

/* leaves out so many; those that say that nothing came cost nothing */
void mw_twcc_skip(mw_twcc_iter_t *it, unsigned n);


#endif /* MW_TWCC_H */
