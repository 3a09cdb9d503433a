/*
 * A source and other media workers.  A tap is given the source's packets as
 * they are; on the other side stands a source that has no publisher
 * (mw_source_ops_t, `keyframe` and `want`) and is told what cannot be measured
 * there, since only wanted layers cross.
 */

#ifndef MW_TAP_H
#define MW_TAP_H

#include "mw_source.h"

/* owned by whoever attaches it, and detached before the source ends */
typedef struct mw_tap_s mw_tap_t;

struct mw_tap_s {
    mw_tap_t *next;
    uint8_t layers; /* bit per layer that is to be given */
    uint8_t needed; /* likewise: that the publisher is to send */

    /* `quiet`: keeps its number and is not to be heard */
    void (*packet)(mw_tap_t *tap, const mw_rtp_t *rtp,
        const mw_demux_hit_t *hit, bool quiet);
    void (*report)(mw_tap_t *tap, uint8_t layer, uint64_t ntp, uint32_t ts);
};


void mw_source_attach_tap(mw_source_t *source, mw_tap_t *tap);
void mw_source_detach_tap(mw_source_t *source, mw_tap_t *tap);

/* another worker wants these layers, and no others any more */
void mw_source_set_tap(
    mw_source_t *source, mw_tap_t *tap, uint8_t layers, uint8_t needed);

/* what is known of all layers, and bits of those that could be had */
unsigned mw_source_tell(const mw_source_t *source,
    mw_layer_info_t infos[MW_LAYERS], uint8_t *possible, mw_usec_t now);

/* the same on the other side; MW_ERROR: no memory */
mw_rc_t mw_source_learn(mw_source_t *source, const mw_layer_info_t *infos,
    unsigned count, uint8_t possible, mw_usec_t now);

/* bits of the layers that slots and taps watch */
uint8_t mw_source_watching(const mw_source_t *source);

/* and of those that they need, be they sent or not */
uint8_t mw_source_needed(const mw_source_t *source, mw_usec_t now);


#endif /* MW_TAP_H */
