/*
 * What mw_source.c (packets in, slots) and mw_source_layers.c (which layers
 * there are, what is asked of the publisher) share; nobody else includes it.
 */

#ifndef MW_SOURCE_INT_H
#define MW_SOURCE_INT_H

#include "mw_chain.h"
#include "mw_keyframe.h"
#include "mw_layer_choice.h"
#include "mw_nack.h"
#include "mw_picture.h"
#include "mw_slot.h"
#include "mw_source.h"
#include "mw_tap.h"

#define MW_SOURCE_VIDEO_PACKETS 1024
#define MW_SOURCE_VIDEO_AGE     MW_SEC
#define MW_SOURCE_AUDIO_PACKETS 64
#define MW_SOURCE_AUDIO_AGE     (300 * MW_MSEC)


/* one encoding of the track */
typedef struct {
    mw_layer_t in;
    mw_store_t *store; /* NULL: not negotiated */
    mw_keyframe_t keyframe;
    mw_nack_t nack;
    mw_picture_t picture;
    mw_chain_t chain;
    mw_layer_info_t info;
    mw_usec_t last;              /* arrival of the last packet, 0: none yet */
    uint32_t bytes[MW_TEMPORAL]; /* of each, since the last review */
    unsigned watchers;           /* slots that show it or wait for it */
    mw_usec_t asked;             /* when it was wanted again */
    mw_usec_t needed;            /* when it was needed last */
} mw_source_layer_t;

/* layers that share one stream, each with all that it builds on */
typedef struct {
    mw_layer_info_t info[MW_SPATIAL];
    uint32_t bytes[MW_SPATIAL][MW_TEMPORAL]; /* since the last review */
    mw_usec_t seen[MW_SPATIAL];
    uint8_t missed[MW_SPATIAL]; /* pictures that began since */
    mw_usec_t reviewed;
    unsigned count; /* up to 1: there are none */
} mw_source_spatial_t;

struct mw_source_s {
    mw_source_conf_t conf;
    mw_source_layer_t layers[MW_LAYERS];
    unsigned count; /* of layers, at least 1 */
    mw_source_spatial_t spatial;
    mw_listener_t slots; /* ring, itself the end */
    mw_tap_t *taps;
    mw_usec_t armed;    /* what ops.arm() was told, MW_NEVER: nothing */
    mw_usec_t expire;   /* when to look at old packets, MW_NEVER: not */
    mw_usec_t reviewed; /* when rates were measured, 0: never */
    mw_source_stats_t stats;
    mw_usec_t heard;  /* the last packet that was not silence */
    uint8_t wanted;   /* layers, what the publisher is told */
    uint8_t possible; /* layers that another worker could send */
    bool muted;
    bool quiet; /* what level() said last; late packets follow it */
};


/* published at another worker */
static inline bool
mw_source_is_relayed(const mw_source_t *source)
{
    return source->conf.ops.keyframe != NULL;
}

/* a packet of a layer came: measures, and tells slots of what has changed */
void mw_source_measure(mw_source_t *source, unsigned layer,
    const mw_picture_info_t *info, size_t len, mw_usec_t now);

/*
 * Of all layers; those that would come if they were asked for count as alive,
 * unless `now` is 0.  Returns how many.
 */
unsigned mw_source_infos(
    const mw_source_t *source, mw_layer_info_t infos[MW_LAYERS], mw_usec_t now);

/* mw_source_spatial.c; true: others than before */
bool mw_source_spatial(mw_source_t *source, const mw_picture_info_t *info,
    size_t len, mw_usec_t now);

/* false: nobody watches this one of several */
bool mw_source_watched(const mw_source_t *source, const mw_source_layer_t *l);

/* nothing that follows belongs to what was before */
void mw_source_reset_layer(mw_source_layer_t *l);

/* does what is due and says when the next thing is */
void mw_source_schedule(mw_source_t *source, mw_usec_t now);


#endif /* MW_SOURCE_INT_H */
