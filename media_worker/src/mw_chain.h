/*
 * The chains of a stream's frames ("RTP Payload Format For AV1", appendix A):
 * each holds the frames that a decode target cannot do without, and each frame
 * says how far back the one before it in each chain is.  So it is seen which
 * targets cannot be decoded any more until a chain begins anew.  Embedded in
 * mw_source; pure.
 */

#ifndef MW_CHAIN_H
#define MW_CHAIN_H

#include "mw_dd.h"

#define MW_CHAIN_FRAMES 64 /* that are looked back on */

typedef struct {
    uint32_t first; /* low bits of the packets' numbers */
    uint32_t last;
    uint16_t number;
    uint16_t packets; /* that came */
    bool used;
    bool started; /* `first` is known */
    bool ended;   /* `last` is */
    uint8_t link[MW_DD_CHAINS];
} mw_chain_frame_t;

typedef struct {
    mw_chain_frame_t frames[MW_CHAIN_FRAMES]; /* by number */
    mw_usec_t since[MW_DD_CHAINS]; /* one has been missing, 0: none is */
    uint16_t whole[MW_DD_CHAINS];  /* up to this frame nothing is missing */
    bool known[MW_DD_CHAINS];      /* `whole` is */
    uint16_t newest;
    bool started;
} mw_chain_t;


void mw_chain_init(mw_chain_t *c);

/*
 * One packet, not a double; `seq` is its extended number.  Returns a bit for
 * each chain of which a frame before it is missing and has not come again for
 * so long that it will not.
 */
uint8_t mw_chain_input(
    mw_chain_t *c, const mw_dd_t *dd, int64_t seq, mw_usec_t now);


#endif /* MW_CHAIN_H */
