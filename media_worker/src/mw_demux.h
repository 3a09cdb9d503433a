/*
 * Which track an incoming RTP packet of one peer belongs to: known SSRC, MID,
 * MID with RID or repaired RID, and payload type as the last resort.  Also
 * unwraps RTX (RFC 4588).  Fixed size, one binding for each (section, layer,
 * RTX or not), so a sender of a thousand SSRCs only moves its own bindings.
 * Embedded in its owner; holds no other memory.
 */

#ifndef MW_DEMUX_H
#define MW_DEMUX_H

#include "mw_rtp.h"

#define MW_DEMUX_SECTIONS 16
#define MW_LAYERS         3 /* of one source; 1 unless rids are negotiated */

/* what was negotiated for one m-section we receive */
typedef struct {
    void *track; /* returned with each packet, usually the mw_source_t */
    char mid[MW_MID_MAX + 1];
    char rid[MW_LAYERS][MW_MID_MAX + 1];
    uint8_t rids;             /* 0: one layer without a name */
    uint32_t ssrc[MW_LAYERS]; /* if signalled, otherwise 0 */
    uint32_t rtx_ssrc[MW_LAYERS];
    uint8_t codec[128]; /* mw_codec_t by payload type */
    uint8_t apt[128];   /* of an RTX payload type, 0: not RTX */
    uint8_t red[128];   /* codec's type of a RED payload type, 0: not RED */
} mw_demux_section_t;

typedef enum {
    MW_DEMUX_MALFORMED = 0,
    MW_DEMUX_SSRC_ZERO, /* libwebrtc's probes before media */
    MW_DEMUX_UNKNOWN,   /* no section found */
    MW_DEMUX_PT,        /* payload type not negotiated in its section */
    MW_DEMUX_RTX_EMPTY  /* RTX without a packet inside: a probe */
} mw_demux_drop_t;

#define MW_DEMUX_DROPS 5

#define MW_DEMUX_SSRCS (MW_DEMUX_SECTIONS * MW_LAYERS)

typedef struct {
    uint32_t ssrc; /* 0: free */
    uint8_t section;
    uint8_t layer;
    bool rtx;
} mw_demux_bind_t;

typedef struct {
    mw_ext_ids_t ids;
    mw_demux_section_t section[MW_DEMUX_SECTIONS]; /* track NULL: free */
    mw_demux_bind_t bind[MW_DEMUX_SECTIONS * MW_LAYERS * 2];
    uint8_t sections; /* used prefix of section[] */
    uint8_t binds;    /* used prefix of bind[] */
    uint8_t last;     /* binding of the last packet */
    uint64_t drops[MW_DEMUX_DROPS];
} mw_demux_t;

typedef struct {
    void *track;
    mw_codec_t codec;
    uint8_t layer;
    bool rtx;      /* came as RTX, already unwrapped */
    bool red;      /* its payload is blocks of RFC 2198 */
    uint32_t ssrc; /* as received, of the RTX stream if so */
} mw_demux_hit_t;


void mw_demux_init(mw_demux_t *d);

/* from a later offer; ids rarely change, bindings stay */
void mw_demux_set_ids(mw_demux_t *d, const mw_ext_ids_t *ids);

/*
 * Adds a section or replaces the one with the same MID (or, without a MID,
 * with the same track).  MW_ERROR: no room.
 */
mw_rc_t mw_demux_set(mw_demux_t *d, const mw_demux_section_t *section);

/* forgets the sections and bindings of a track */
void mw_demux_remove(mw_demux_t *d, const void *track);

/*
 * Parses and routes one decrypted packet.  `rtp` points into `data` and, after
 * RTX, is the original packet.  MW_DROP: counted, nothing to do; its header
 * extensions have been read all the same, if there are any.
 */
mw_rc_t mw_demux_input(mw_demux_t *d, const uint8_t *data, size_t len,
    mw_rtp_t *rtp, mw_demux_hit_t *hit);

/* the track of an SSRC named by RTCP, NULL if unknown; `layer` may be NULL */
void *mw_demux_find(const mw_demux_t *d, uint32_t ssrc, uint8_t *layer);

/* those of all tracks, without retransmissions; returns how many */
unsigned mw_demux_ssrcs(const mw_demux_t *d, uint32_t out[MW_DEMUX_SSRCS]);


#endif /* MW_DEMUX_H */
