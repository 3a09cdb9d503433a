/*
 * Payload types: the m= line, rtpmap, fmtp and rtcp-fb, in whatever order they
 * stand, and which of them are codecs that we forward.
 */

#include "mw_sdp_types.h"
#include "mw_sdp_line.h"


#define MW_SDP_FMTP_MAX 512 /* is echoed in the answer */


mw_sdp_error_t
mw_sdp_types_formats(mw_sdp_types_t *types, mw_sdp_str_t rest)
{
    uint32_t pt;
    mw_sdp_str_t word;

    while (mw_sdp_word(&rest, &word)) {
        if (!mw_sdp_number(&word, MW_SDP_TYPES - 1, &pt)
            || types->list[pt].listed) {
            return MW_SDP_E_CODEC;
        }

        types->list[pt].listed = true;
        types->order[types->norder++] = (uint8_t) pt;
    }

    return MW_SDP_OK;
}


/* a payload type in front of *value; it need not be in the m= line */
static mw_sdp_type_t *
mw_sdp_types_type(mw_sdp_types_t *types, mw_sdp_str_t *value)
{
    uint32_t pt;
    mw_sdp_str_t word;

    if (!mw_sdp_word(value, &word)
        || !mw_sdp_number(&word, MW_SDP_TYPES - 1, &pt)) {
        return NULL;
    }

    return &types->list[pt];
}


/* rtpmap:96 VP8/90000 or rtpmap:111 opus/48000/2 */
static mw_sdp_error_t
mw_sdp_types_rtpmap(mw_sdp_types_t *types, mw_sdp_str_t value)
{
    int i;
    uint32_t channels;
    mw_sdp_str_t word, name, clock;
    mw_sdp_type_t *type;

    type = mw_sdp_types_type(types, &value);

    if (type == NULL || type->mapped || !mw_sdp_word(&value, &word)
        || !mw_sdp_cut(&word, '/', &name) || !mw_sdp_cut(&word, '/', &clock)
        || !mw_sdp_number(&clock, UINT32_MAX, &type->clock))
    {
        return MW_SDP_E_CODEC;
    }

    channels = 1;

    if (word.len != 0 && !mw_sdp_number(&word, 255, &channels)) {
        return MW_SDP_E_CODEC;
    }

    type->mapped = true;
    type->channels = (uint8_t) channels;
    type->rtx = mw_sdp_is_nocase(&name, "rtx");
    type->red = mw_sdp_is_nocase(&name, "red");

    for (i = MW_CODEC_NONE + 1; i < MW_CODECS; i++) {
        if (mw_sdp_is_nocase(&name, mw_codec_name((mw_codec_t) i))) {
            type->codec = (mw_codec_t) i;
        }
    }

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_types_fmtp(mw_sdp_types_t *types, mw_sdp_str_t value)
{
    mw_sdp_type_t *type;

    type = mw_sdp_types_type(types, &value);

    if (type == NULL || value.len > MW_SDP_FMTP_MAX) {
        return MW_SDP_E_CODEC;
    }

    type->fmtp = value;

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_types_feedback(mw_sdp_types_t *types, mw_sdp_str_t value)
{
    uint8_t *feedback;
    mw_sdp_str_t rest;
    mw_sdp_type_t *type;

    if (value.len >= 2 && value.data[0] == '*' && value.data[1] == ' ') {
        feedback = &types->feedback;
        rest.data = value.data + 2;
        rest.len = value.len - 2;

    } else {
        type = mw_sdp_types_type(types, &value);
        if (type == NULL) {
            return MW_SDP_E_CODEC;
        }

        feedback = &type->feedback;
        rest = value;
    }

    if (mw_sdp_is(&rest, "nack")) {
        *feedback |= MW_SDP_FB_NACK;

    } else if (mw_sdp_is(&rest, "nack pli")) {
        *feedback |= MW_SDP_FB_PLI;

    } else if (mw_sdp_is(&rest, "ccm fir")) {
        *feedback |= MW_SDP_FB_FIR;

    } else if (mw_sdp_is(&rest, "goog-remb")) {
        *feedback |= MW_SDP_FB_REMB;

    } else if (mw_sdp_is(&rest, "transport-cc")) {
        *feedback |= MW_SDP_FB_TRANSPORT_CC;
    }

    return MW_SDP_OK;
}


/* 42e01f: profile, constraints and level */
static bool
mw_sdp_types_profile(const mw_sdp_str_t *text, uint32_t *profile)
{
    int digit;
    size_t i;

    if (text->len != 6) {
        return false;
    }

    *profile = 0;

    for (i = 0; i < text->len; i++) {
        digit = mw_sdp_hex(text->data[i]);
        if (digit < 0) {
            return false;
        }

        *profile = *profile << 4 | (uint32_t) digit;
    }

    return true;
}


/* false: not one of the variants that we forward */
static bool
mw_sdp_types_variant(
    const mw_sdp_type_t *type, mw_sdp_kind_t kind, mw_sdp_codec_t *codec)
{
    uint32_t mode;
    mw_sdp_str_t value;

    if (type->codec == MW_CODEC_OPUS) {
        return kind == MW_SDP_AUDIO && type->clock == 48000
               && type->channels == 2;
    }

    if (kind != MW_SDP_VIDEO || type->clock != 90000) {
        return false;
    }

    switch (type->codec) {

    case MW_CODEC_VP8:
        return true;

    case MW_CODEC_VP9:
        return !mw_sdp_param(&type->fmtp, "profile-id", &value)
               || mw_sdp_is(&value, "0");

    case MW_CODEC_AV1:
        return !mw_sdp_param(&type->fmtp, "profile", &value)
               || mw_sdp_is(&value, "0");

    case MW_CODEC_H264:
        codec->profile = 0x420010; /* RFC 6184 section 8.1 */

        if (mw_sdp_param(&type->fmtp, "profile-level-id", &value)
            && !mw_sdp_types_profile(&value, &codec->profile))
        {
            return false;
        }

        if (!mw_sdp_param(&type->fmtp, "packetization-mode", &value)
            || !mw_sdp_number(&value, 2, &mode))
        {
            return false;
        }

        codec->mode = (uint8_t) mode;

        return mode == 1;

    default:
        return false;
    }
}


/* fmtp:63 111/111: a codec, and once or more often the same one before it */
static void
mw_sdp_types_red(const mw_sdp_types_t *types, mw_sdp_section_t *section)
{
    unsigned i, j;
    uint32_t first, second;
    mw_sdp_str_t rest, word;
    const mw_sdp_type_t *type;
    mw_sdp_codec_t *codec;

    for (i = 0; i < types->norder; i++) {
        type = &types->list[types->order[i]];
        rest = type->fmtp;

        if (!type->red || !mw_sdp_cut(&rest, '/', &word)
            || !mw_sdp_number(&word, MW_SDP_TYPES - 1, &first)
            || !mw_sdp_cut(&rest, '/', &word)
            || !mw_sdp_number(&word, MW_SDP_TYPES - 1, &second)
            || first != second)
        {
            continue;
        }

        for (j = 0; j < section->ncodecs; j++) {
            codec = &section->codecs[j];

            if (codec->pt == first && codec->codec == MW_CODEC_OPUS
                && codec->clock == type->clock
                && codec->channels == type->channels && codec->red < 0)
            {
                codec->red = (int16_t) types->order[i];
            }
        }
    }
}


void
mw_sdp_types_finish(mw_sdp_types_t *types, mw_sdp_section_t *section)
{
    unsigned i, j;
    uint32_t apt;
    mw_sdp_str_t value;
    mw_sdp_type_t *type;
    mw_sdp_codec_t *codec;

    for (i = 0; i < types->norder && section->ncodecs < MW_SDP_CODECS; i++) {
        type = &types->list[types->order[i]];
        codec = &section->codecs[section->ncodecs];
        memset(codec, 0, sizeof(mw_sdp_codec_t));

        if (!mw_sdp_types_variant(type, section->kind, codec)) {
            continue;
        }

        codec->codec = type->codec;
        codec->pt = types->order[i];
        codec->rtx = -1;
        codec->red = -1;
        codec->feedback = type->feedback | types->feedback;
        codec->clock = type->clock;
        codec->channels = type->channels;
        codec->fmtp = type->fmtp;
        section->ncodecs++;
    }

    mw_sdp_types_red(types, section);

    for (i = 0; i < types->norder; i++) {
        type = &types->list[types->order[i]];

        if (!type->rtx || !mw_sdp_param(&type->fmtp, "apt", &value)
            || !mw_sdp_number(&value, MW_SDP_TYPES - 1, &apt))
        {
            continue;
        }

        for (j = 0; j < section->ncodecs; j++) {
            codec = &section->codecs[j];

            if (codec->pt == apt && codec->clock == type->clock
                && codec->rtx < 0) {
                codec->rtx = (int16_t) types->order[i];
            }
        }
    }
}


mw_sdp_error_t
mw_sdp_types_attr(
    mw_sdp_types_t *types, const mw_sdp_str_t *name, mw_sdp_str_t value)
{
    if (mw_sdp_is(name, "rtpmap")) {
        return mw_sdp_types_rtpmap(types, value);
    }

    if (mw_sdp_is(name, "fmtp")) {
        return mw_sdp_types_fmtp(types, value);
    }

    if (mw_sdp_is(name, "rtcp-fb")) {
        return mw_sdp_types_feedback(types, value);
    }

    return MW_SDP_OK;
}
