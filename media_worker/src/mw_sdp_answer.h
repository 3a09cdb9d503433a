/*
 * Writes the answer to a parsed offer.  Pure: the same input gives the same
 * text.
 *
 * How to use it: mw_sdp_answer_init(), then for each section one of
 * accept_publish / accept_subscribe (whatever is not accepted is refused with
 * port 0; accept it as inactive to keep it for later), then write.
 */

#ifndef MW_SDP_ANSWER_H
#define MW_SDP_ANSWER_H

#include "mw.h"
#include "mw_sdp_offer.h"

/* constrained baseline, which every browser sends and receives */
#define MW_SDP_H264 0x42e01fu

#define MW_SDP_LAYERS 3 /* of one source that we take, see mw_demux.h */

#define MW_SDP_ANSWER_MAX (256 * 1024) /* enough for any answer we write */


/* what we send in a section; all zero: nothing (publish, inactive) */
typedef struct {
    uint32_t ssrc;
    uint32_t rtx_ssrc;  /* 0: none */
    const char *stream; /* msid: the pair's stream, the same for both halves */
    const char *track;
    const char *cname;
} mw_sdp_send_t;


typedef struct {
    bool accepted;
    mw_sdp_dir_t direction; /* as we see it: RECVONLY, SENDONLY, INACTIVE */
    uint8_t codecs[MW_SDP_CODECS]; /* indices in the offer's section */
    unsigned ncodecs;
    uint32_t exts;  /* MW_EXT_BIT()s, a subset of the offered */
    unsigned nrids; /* simulcast: the first so many of the offer's, 0: none */
    mw_sdp_send_t send;
} mw_sdp_answer_section_t;


typedef struct {
    const mw_sdp_offer_t *offer;
    bool remb; /* receivers say what fits instead of reporting each packet */
    mw_sdp_answer_section_t sections[MW_SDP_SECTIONS];

    uint64_t session;  /* o= line: constant for a PeerConnection, < 2^62 */
    uint32_t revision; /* o= line: rises with each answer */
    const mw_ice_creds_t *ice;
    const mw_fingerprint_t *fingerprint;
    const mw_addr_t *candidates;
    unsigned ncandidates;
} mw_sdp_answer_t;


/* clears everything; all sections refused.  `offer` is borrowed. */
void mw_sdp_answer_init(mw_sdp_answer_t *answer, const mw_sdp_offer_t *offer);

/*
 * The browser sends, we receive.  Chooses the one codec: the first of ours in
 * the order of the offer, or `wanted` if that is offered.
 * Simulcast is accepted with codecs whose layers are streams of their own.
 * MW_OK.  MW_DROP: kind, direction or codecs do not allow it; the section
 * stays refused.
 */
mw_rc_t mw_sdp_accept_publish(
    mw_sdp_answer_t *answer, unsigned section, mw_codec_t wanted);

/*
 * The browser receives, we send.  Accepts every codec of ours, because a slot
 * may carry any source.  `send` is copied, its strings are borrowed until
 * write.  MW_OK or MW_DROP as above.
 */
mw_rc_t mw_sdp_accept_subscribe(
    mw_sdp_answer_t *answer, unsigned section, const mw_sdp_send_t *send);

/* keeps the section (and its codecs) without media either way */
mw_rc_t mw_sdp_accept_inactive(mw_sdp_answer_t *answer, unsigned section);

/*
 * In a section accepted for subscribing: the payload type for a source's
 * codec; NULL: the browser cannot receive it.  `profile` as in
 * mw_sdp_codec_t; for H.264 the best match, otherwise it is ignored.
 */
const mw_sdp_codec_t *mw_sdp_pick(
    const mw_sdp_section_t *section, mw_codec_t codec, uint32_t profile);

/*
 * MW_OK: *len bytes and a terminating zero are in `text`.  MW_ERROR: `size`
 * is too small.
 */
mw_rc_t mw_sdp_answer_write(
    const mw_sdp_answer_t *answer, char *text, size_t size, size_t *len);


#endif /* MW_SDP_ANSWER_H */
