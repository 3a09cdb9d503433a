/*
 * What the payloads of one source say about its pictures: the descriptor that
 * slots rewrite, picture ids without wrap, and where keyframes start.  The one
 * place that knows every video codec.  Pure.
 */

#ifndef MW_PICTURE_H
#define MW_PICTURE_H

#include "mw_rtp.h"
#include "mw_store.h"

/* temporal layers told apart; those above count as the highest */
#define MW_TEMPORAL 4

/* spatial layers of one stream told apart, likewise */
#define MW_SPATIAL 3

typedef struct {
    int64_t key_seq; /* start of the newest keyframe, -1: none */
    uint32_t key_ts;
    uint32_t picture_id; /* unwrapped, of the last packet */
    mw_codec_t codec;
    bool in_band_sps;     /* H.264: parameter sets come with the pictures */
    mw_dd_structure_t dd; /* AV1: of the sender, if it says one */
    bool alone;           /* VP9: between keyframes no layer needs one below */
} mw_picture_t;

/* of one packet */
typedef struct {
    mw_desc_t desc;
    size_t head;  /* bytes of the payload that `desc` stands for */
    bool start;   /* a keyframe starts here */
    bool key;     /* belongs to a keyframe */
    bool begin;   /* first packet of a picture */
    bool end;     /* last packet of a spatial layer's frame */
    uint8_t sid;  /* spatial layer, below MW_SPATIAL */
    uint8_t sids; /* bit per spatial layer: who is sent it needs this */
    uint8_t tid;  /* temporal layer, below MW_TEMPORAL */
    mw_up_t up;
    bool dd;                    /* there is a dependency descriptor */
    uint8_t spatial;            /* layers in this stream; 0: not said here */
    uint16_t width[MW_SPATIAL]; /* of each, 0: not said here */
    uint16_t height[MW_SPATIAL];
} mw_picture_info_t;


void mw_picture_init(mw_picture_t *p);

/*
 * `seq` is the packet's extended number.  MW_DROP: the descriptor is
 * malformed; a packet without payload is fine and says nothing.
 */
mw_rc_t mw_picture_read(mw_picture_t *p, const mw_rtp_t *rtp, mw_codec_t codec,
    int64_t seq, mw_picture_info_t *info);


#endif /* MW_PICTURE_H */
