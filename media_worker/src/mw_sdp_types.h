/*
 * The payload types of one section.  Only mw_sdp_offer.c and mw_sdp_media.c
 * use this.
 */

#ifndef MW_SDP_TYPES_H
#define MW_SDP_TYPES_H

#include "mw_sdp_offer.h"

#define MW_SDP_TYPES 128


/* what the lines say about a payload type, in any order */
typedef struct {
    bool listed; /* in the m= line */
    bool mapped; /* a=rtpmap was there */
    bool rtx;
    bool red;
    mw_codec_t codec;
    uint32_t clock;
    uint8_t channels;
    uint8_t feedback;
    mw_sdp_str_t fmtp;
} mw_sdp_type_t;


/* zeroed at the start of a section */
typedef struct {
    mw_sdp_type_t list[MW_SDP_TYPES];
    uint8_t order[MW_SDP_TYPES]; /* as in the m= line */
    unsigned norder;
    uint8_t feedback; /* a=rtcp-fb:* */
} mw_sdp_types_t;


/* the formats of an m= line */
mw_sdp_error_t mw_sdp_types_formats(mw_sdp_types_t *types, mw_sdp_str_t rest);

/* rtpmap, fmtp and rtcp-fb; others are left alone */
mw_sdp_error_t mw_sdp_types_attr(
    mw_sdp_types_t *types, const mw_sdp_str_t *name, mw_sdp_str_t value);

/* at the end of the section: its codecs in the order of the m= line */
void mw_sdp_types_finish(mw_sdp_types_t *types, mw_sdp_section_t *section);


#endif /* MW_SDP_TYPES_H */
