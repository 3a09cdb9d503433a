/* Which of the offered payload types fits a codec. */

#include "mw_sdp_answer.h"


/*
 * What a profile-level-id stands for, RFC 6184 table 5: the level is a limit
 * of who receives, and the same streams go by several names.
 */
static unsigned
mw_sdp_profile(uint32_t id)
{
    unsigned idc, set;

    idc = id >> 16;
    set = id >> 8 & 0xffu;

    if ((idc == 0x42 && (set & 0x4f) == 0x40)
        || (idc == 0x4d && (set & 0x8f) == 0x80)
        || (idc == 0x58 && (set & 0xcf) == 0xc0))
    {
        return 0x42e0; /* constrained baseline */
    }

    if (idc == 0x58 && (set & 0xcf) == 0x80) {
        return 0x4200; /* baseline */
    }

    /* of the others constraint_set3 to 5 tell apart what browsers offer */

    return idc << 8 | (idc == 0x64 ? set & 0x0c : 0);
}


/* any decoder of another profile also reads that one */
const mw_sdp_codec_t *
mw_sdp_pick(const mw_sdp_section_t *section, mw_codec_t codec, uint32_t profile)
{
    unsigned i;
    const mw_sdp_codec_t *first, *found;

    first = NULL;

    for (i = 0; i < section->ncodecs; i++) {
        found = &section->codecs[i];

        if (found->codec != codec) {
            continue;
        }

        if (codec != MW_CODEC_H264
            || mw_sdp_profile(found->profile) == mw_sdp_profile(profile))
        {
            return found;
        }

        if (first == NULL) {
            first = found;
        }
    }

    return first;
}
