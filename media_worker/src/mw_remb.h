/*
 * What a publisher without transport-wide feedback may send, to be told to it
 * as REMB: the delay-based half of mw_bwe.h at the receiving end, by the times
 * of sending that packets carry, or else by those of pictures.  Pure.
 */

#ifndef MW_REMB_H
#define MW_REMB_H

#include "mw_bwe.h"
#include "mw_rtp.h"

#define MW_REMB_INTERVAL (500 * MW_MSEC)

typedef struct {
    mw_bwe_t bwe;
    mw_usec_t sent;  /* of the last packet, by the publisher's clock */
    mw_usec_t at;    /* its arrival, 0: none yet */
    mw_usec_t stamp; /* that time as it was written */
    uint32_t ssrc;   /* whose pictures tell the time, 0: packets do */
    uint32_t ts;     /* of its newest picture */
    mw_usec_t told;  /* when it was last told */
    uint32_t rate;   /* and what */
} mw_remb_t;


void mw_remb_init(mw_remb_t *r, mw_usec_t now);

/* each packet of the connection; `video`: its timestamp is that of a picture */
void mw_remb_packet(
    mw_remb_t *r, const mw_rtp_t *rtp, bool video, size_t len, mw_usec_t now);

/* true: `*rate` bit/s is to be told now */
bool mw_remb_due(mw_remb_t *r, uint32_t *rate, mw_usec_t now);


#endif /* MW_REMB_H */
