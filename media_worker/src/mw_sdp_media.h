/*
 * The media attributes of one section: payload types, extensions, rids and
 * sources.  Only mw_sdp_offer.c uses this.
 */

#ifndef MW_SDP_MEDIA_H
#define MW_SDP_MEDIA_H

#include "mw_sdp_offer.h"
#include "mw_sdp_types.h"


/* scratch of the section being read */
typedef struct {
    mw_sdp_types_t types;

    mw_sdp_dir_t ext_dir[MW_EXTS];
    uint8_t ext_seen[256 / 8]; /* ids */

    mw_sdp_str_t simulcast;            /* the list behind `send` */
    mw_sdp_ssrc_t pairs[MW_SDP_SSRCS]; /* ssrc-group:FID */
    unsigned npairs;
} mw_sdp_media_t;


/* which extension an id stands for in the whole bundle, by id */
typedef struct {
    uint8_t ext[256]; /* mw_ext_t + 1; 0: unseen; 255: not ours */
} mw_sdp_ids_t;


/* one attribute; those that mean nothing to media are left alone */
mw_sdp_error_t mw_sdp_media_attr(mw_sdp_media_t *media,
    mw_sdp_section_t *section, mw_sdp_ids_t *ids, const mw_sdp_str_t *name,
    mw_sdp_str_t value);

/* at the end of the section: puts everything into its arrays */
void mw_sdp_media_finish(mw_sdp_media_t *media, mw_sdp_section_t *section);

/* "sendonly" and the like; false: none of them */
bool mw_sdp_direction(const mw_sdp_str_t *word, mw_sdp_dir_t *dir);


#endif /* MW_SDP_MEDIA_H */
