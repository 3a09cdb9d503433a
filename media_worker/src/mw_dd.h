/*
 * The dependency descriptor of AV1 ("RTP Payload Format For AV1", appendix A):
 * which layers a frame belongs to and which of them need it.  Pure; every
 * length and index in it comes from a browser.
 */

#ifndef MW_DD_H
#define MW_DD_H

#include "mw.h"

#define MW_DD_TEMPLATES 64
#define MW_DD_TARGETS   32
#define MW_DD_SPATIAL   4 /* layers whose size is kept */
#define MW_DD_CHAINS    4 /* that are followed; there may be more */

/* longer ones are read, but not passed on */
#define MW_DD_MAX 160

/* how a decode target needs a frame, section A.4 */
#define MW_DD_ABSENT      0
#define MW_DD_DISCARDABLE 1
#define MW_DD_SWITCH      2
#define MW_DD_REQUIRED    3

/* sent with keyframes: what the frames that follow refer to */
typedef struct {
    uint8_t offset; /* id of the first template */
    uint8_t templates;
    uint8_t targets;
    uint8_t chains;
    uint8_t sid[MW_DD_TEMPLATES];
    uint8_t tid[MW_DD_TEMPLATES];
    uint64_t dtis[MW_DD_TEMPLATES]; /* two bits a target, first lowest */
    uint8_t target_sid[MW_DD_TARGETS];
    uint8_t target_tid[MW_DD_TARGETS];
    uint8_t target_chain[MW_DD_TARGETS]; /* that protects it, if chains */
    uint8_t link[MW_DD_TEMPLATES][MW_DD_CHAINS];
    uint8_t spatial;               /* layers */
    uint16_t width[MW_DD_SPATIAL]; /* 0: not said */
    uint16_t height[MW_DD_SPATIAL];
} mw_dd_structure_t;

/* of one packet */
typedef struct {
    bool start; /* of a frame: one spatial layer of one picture */
    bool end;
    bool structure; /* comes with it */
    bool has_active;
    uint8_t sid;
    uint8_t tid;
    uint16_t frame;
    uint64_t dtis;
    uint8_t targets; /* of the structure */
    uint32_t active; /* decode targets; only if has_active */

    /* how many frames ago the one before it in each chain was, 0: it is first */
    uint8_t chains;
    uint8_t link[MW_DD_CHAINS];

    /* for mw_dd_write(): where the bits of the structure and the rest lie */
    uint16_t bits;
    uint16_t mask_at;
    uint16_t rest_at;
} mw_dd_t;


/*
 * `s` is the sender's latest structure (targets 0: none yet) and is replaced
 * by one that comes along.  MW_OK; MW_DROP: malformed, or names a template
 * that is not there; `s` is unchanged then.
 */
mw_rc_t mw_dd_parse(
    mw_dd_t *d, mw_dd_structure_t *s, const uint8_t *data, size_t len);

/*
 * The same descriptor with its frame number moved by `offset` (numbers are
 * what frames refer by, so all of a stream move alike) and, if `active` is not
 * 0, with these decode targets said to be all that is sent.  `d` is what
 * mw_dd_parse() said of `data`.  Returns the length, 0: longer than `size`.
 */
size_t mw_dd_write(const mw_dd_t *d, const uint8_t *data, size_t len,
    uint16_t offset, uint32_t active, uint8_t *out, size_t size);

/* the decode targets within these layers */
uint32_t mw_dd_targets(
    const mw_dd_structure_t *s, unsigned most_sid, unsigned most_tid);

/*
 * A bit for the chain that protects the best target within these layers, 0:
 * none does, or it is not followed.
 */
uint8_t mw_dd_chain(
    const mw_dd_structure_t *s, unsigned most_sid, unsigned most_tid);

/* a bit for each spatial layer of which a target needs the frame */
uint8_t mw_dd_needed(const mw_dd_structure_t *s, const mw_dd_t *d);

/*
 * Who was sent fewer temporal layers may be sent all from this frame on: it is
 * a switching point of each target of its spatial layer above it.
 */
bool mw_dd_up(const mw_dd_structure_t *s, const mw_dd_t *d);


#endif /* MW_DD_H */
