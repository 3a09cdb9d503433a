#include "mw_sdp_media.h"
#include "mw_sdp_line.h"


#define MW_SDP_FMTP_MAX 512 /* is echoed in the answer */
#define MW_EXT_FOREIGN  255


mw_sdp_error_t
mw_sdp_media_formats(mw_sdp_media_t *media, mw_sdp_str_t rest)
{
    uint32_t pt;
    mw_sdp_str_t word;

    while (mw_sdp_word(&rest, &word)) {
        if (!mw_sdp_number(&word, MW_SDP_TYPES - 1, &pt)
            || media->types[pt].listed) {
            return MW_SDP_E_CODEC;
        }

        media->types[pt].listed = true;
        media->order[media->norder++] = (uint8_t) pt;
    }

    return MW_SDP_OK;
}


/* a payload type in front of *value; it need not be in the m= line */
static mw_sdp_type_t *
mw_sdp_media_type(mw_sdp_media_t *media, mw_sdp_str_t *value)
{
    uint32_t pt;
    mw_sdp_str_t word;

    if (!mw_sdp_word(value, &word)
        || !mw_sdp_number(&word, MW_SDP_TYPES - 1, &pt)) {
        return NULL;
    }

    return &media->types[pt];
}


/* rtpmap:96 VP8/90000 or rtpmap:111 opus/48000/2 */
static mw_sdp_error_t
mw_sdp_media_rtpmap(mw_sdp_media_t *media, mw_sdp_str_t value)
{
    int i;
    uint32_t channels;
    mw_sdp_str_t word, name, clock;
    mw_sdp_type_t *type;

    type = mw_sdp_media_type(media, &value);

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

    for (i = MW_CODEC_NONE + 1; i < MW_CODECS; i++) {
        if (mw_sdp_is_nocase(&name, mw_codec_name((mw_codec_t) i))) {
            type->codec = (mw_codec_t) i;
        }
    }

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_media_fmtp(mw_sdp_media_t *media, mw_sdp_str_t value)
{
    mw_sdp_type_t *type;

    type = mw_sdp_media_type(media, &value);

    if (type == NULL || value.len > MW_SDP_FMTP_MAX) {
        return MW_SDP_E_CODEC;
    }

    type->fmtp = value;

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_media_feedback(mw_sdp_media_t *media, mw_sdp_str_t value)
{
    uint8_t *feedback;
    mw_sdp_str_t rest;
    mw_sdp_type_t *type;

    if (value.len >= 2 && value.data[0] == '*' && value.data[1] == ' ') {
        feedback = &media->feedback;
        rest.data = value.data + 2;
        rest.len = value.len - 2;

    } else {
        type = mw_sdp_media_type(media, &value);
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


bool
mw_sdp_direction(const mw_sdp_str_t *word, mw_sdp_dir_t *dir)
{
    if (mw_sdp_is(word, "sendrecv")) {
        *dir = MW_SDP_SENDRECV;

    } else if (mw_sdp_is(word, "sendonly")) {
        *dir = MW_SDP_SENDONLY;

    } else if (mw_sdp_is(word, "recvonly")) {
        *dir = MW_SDP_RECVONLY;

    } else if (mw_sdp_is(word, "inactive")) {
        *dir = MW_SDP_INACTIVE;

    } else {
        return false;
    }

    return true;
}


/* extmap:3/sendonly urn:... (RFC 8285) */
static mw_sdp_error_t
mw_sdp_media_extmap(mw_sdp_media_t *media, mw_sdp_section_t *section,
    mw_sdp_ids_t *ids, mw_sdp_str_t value)
{
    uint8_t seen;
    mw_ext_t ext;
    uint32_t id;
    mw_sdp_dir_t dir;
    mw_sdp_str_t word, number, uri;

    dir = MW_SDP_SENDRECV;

    if (!mw_sdp_word(&value, &word) || !mw_sdp_cut(&word, '/', &number)
        || !mw_sdp_number(&number, UINT16_MAX, &id)
        || (word.len != 0 && !mw_sdp_direction(&word, &dir))
        || !mw_sdp_word(&value, &uri))
    {
        return MW_SDP_E_EXTMAP;
    }

    /* 15 stops a one-byte parser; above 255 is only for negotiation */

    if (id == 0 || id == 15) {
        return MW_SDP_E_EXTMAP;
    }

    if (id > 255) {
        return MW_SDP_OK;
    }

    if ((media->ext_seen[id / 8] & 1 << id % 8) != 0) {
        return MW_SDP_E_EXTMAP;
    }

    media->ext_seen[id / 8] |= (uint8_t) (1 << id % 8);

    ext = mw_ext_by_uri(uri.data, uri.len);
    seen = ext == MW_EXTS ? MW_EXT_FOREIGN : (uint8_t) (ext + 1);

    /* one id means one thing in a bundle (RFC 9143 section 7.1.3) */

    if (ids->ext[id] != 0 && ids->ext[id] != seen) {
        return MW_SDP_E_EXTMAP;
    }

    ids->ext[id] = seen;

    if (ext != MW_EXTS && section->exts[ext] == 0) {
        section->exts[ext] = (uint8_t) id;
        media->ext_dir[ext] = dir;
    }

    return MW_SDP_OK;
}


/* rid:h send (RFC 8851); those of the other direction are not ours */
static mw_sdp_error_t
mw_sdp_media_rid(mw_sdp_section_t *section, mw_sdp_str_t value)
{
    unsigned i;
    mw_sdp_str_t id, dir;
    mw_sdp_rid_t *rid;

    if (!mw_sdp_word(&value, &id) || !mw_sdp_word(&value, &dir)
        || id.len > MW_SDP_RID_MAX || !mw_sdp_name(&id))
    {
        return MW_SDP_E_RID;
    }

    if (!mw_sdp_is(&dir, "send")) {
        return mw_sdp_is(&dir, "recv") ? MW_SDP_OK : MW_SDP_E_RID;
    }

    /* browsers have been seen to repeat a rid */

    for (i = 0; i < section->nrids; i++) {
        if (mw_sdp_is(&id, section->rids[i].id)) {
            return MW_SDP_OK;
        }
    }

    if (section->nrids < MW_SDP_RIDS) {
        rid = &section->rids[section->nrids++];
        memcpy(rid->id, id.data, id.len);
        rid->id[id.len] = '\0';
    }

    return MW_SDP_OK;
}


/* simulcast:send l;m;~h recv x (RFC 8853) */
static mw_sdp_error_t
mw_sdp_media_simulcast(mw_sdp_media_t *media, mw_sdp_str_t value)
{
    mw_sdp_str_t dir, list;

    while (mw_sdp_word(&value, &dir)) {
        if (!mw_sdp_word(&value, &list)) {
            return MW_SDP_E_RID;
        }

        if (mw_sdp_is(&dir, "send")) {
            media->simulcast = list;

        } else if (!mw_sdp_is(&dir, "recv")) {
            return MW_SDP_E_RID;
        }
    }

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_media_ssrc(mw_sdp_section_t *section, mw_sdp_str_t value)
{
    unsigned i;
    uint32_t ssrc;
    mw_sdp_str_t word;

    if (!mw_sdp_word(&value, &word) || !mw_sdp_number(&word, UINT32_MAX, &ssrc))
    {
        return MW_SDP_E_SSRC;
    }

    for (i = 0; i < section->nssrcs; i++) {
        if (section->ssrcs[i].ssrc == ssrc) {
            return MW_SDP_OK;
        }
    }

    if (section->nssrcs < MW_SDP_SSRCS) {
        section->ssrcs[section->nssrcs++].ssrc = ssrc;
    }

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_media_group(mw_sdp_media_t *media, mw_sdp_str_t value)
{
    mw_sdp_ssrc_t pair;
    mw_sdp_str_t word, first, second;

    if (!mw_sdp_word(&value, &word)) {
        return MW_SDP_E_SSRC;
    }

    if (!mw_sdp_is(&word, "FID")) {
        return MW_SDP_OK;
    }

    if (!mw_sdp_word(&value, &first) || !mw_sdp_word(&value, &second)
        || !mw_sdp_number(&first, UINT32_MAX, &pair.ssrc)
        || !mw_sdp_number(&second, UINT32_MAX, &pair.rtx)
        || pair.ssrc == pair.rtx)
    {
        return MW_SDP_E_SSRC;
    }

    if (media->npairs < MW_SDP_SSRCS) {
        media->pairs[media->npairs++] = pair;
    }

    return MW_SDP_OK;
}


static void
mw_sdp_media_msid(mw_sdp_section_t *section, mw_sdp_str_t value)
{
    if (section->stream.data == NULL && mw_sdp_word(&value, &section->stream)) {
        (void) mw_sdp_word(&value, &section->track);
    }
}


mw_sdp_error_t
mw_sdp_media_attr(mw_sdp_media_t *media, mw_sdp_section_t *section,
    mw_sdp_ids_t *ids, const mw_sdp_str_t *name, mw_sdp_str_t value)
{
    if (mw_sdp_is(name, "rtpmap")) {
        return mw_sdp_media_rtpmap(media, value);
    }

    if (mw_sdp_is(name, "fmtp")) {
        return mw_sdp_media_fmtp(media, value);
    }

    if (mw_sdp_is(name, "rtcp-fb")) {
        return mw_sdp_media_feedback(media, value);
    }

    if (mw_sdp_is(name, "extmap")) {
        return mw_sdp_media_extmap(media, section, ids, value);
    }

    if (mw_sdp_is(name, "rid")) {
        return mw_sdp_media_rid(section, value);
    }

    if (mw_sdp_is(name, "simulcast")) {
        return mw_sdp_media_simulcast(media, value);
    }

    if (mw_sdp_is(name, "ssrc")) {
        return mw_sdp_media_ssrc(section, value);
    }

    if (mw_sdp_is(name, "ssrc-group")) {
        return mw_sdp_media_group(media, value);
    }

    if (mw_sdp_is(name, "msid")) {
        mw_sdp_media_msid(section, value);

    } else if (mw_sdp_is(name, "rtcp-rsize")) {
        section->rtcp_rsize = true;

    } else {
        (void) mw_sdp_direction(name, &section->direction);
    }

    return MW_SDP_OK;
}


/* 42e01f: profile, constraints and level */
static bool
mw_sdp_media_profile(const mw_sdp_str_t *text, uint32_t *profile)
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
mw_sdp_media_variant(
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
            && !mw_sdp_media_profile(&value, &codec->profile))
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


static void
mw_sdp_media_codecs(mw_sdp_media_t *media, mw_sdp_section_t *section)
{
    unsigned i, j;
    uint32_t apt;
    mw_sdp_str_t value;
    mw_sdp_type_t *type;
    mw_sdp_codec_t *codec;

    for (i = 0; i < media->norder && section->ncodecs < MW_SDP_CODECS; i++) {
        type = &media->types[media->order[i]];
        codec = &section->codecs[section->ncodecs];
        memset(codec, 0, sizeof(mw_sdp_codec_t));

        if (!mw_sdp_media_variant(type, section->kind, codec)) {
            continue;
        }

        codec->codec = type->codec;
        codec->pt = media->order[i];
        codec->rtx = -1;
        codec->feedback = type->feedback | media->feedback;
        codec->clock = type->clock;
        codec->channels = type->channels;
        codec->fmtp = type->fmtp;
        section->ncodecs++;
    }

    for (i = 0; i < media->norder; i++) {
        type = &media->types[media->order[i]];

        if (!type->rtx || !mw_sdp_param(&type->fmtp, "apt", &value)
            || !mw_sdp_number(&value, MW_SDP_TYPES - 1, &apt))
        {
            continue;
        }

        for (j = 0; j < section->ncodecs; j++) {
            codec = &section->codecs[j];

            if (codec->pt == apt && codec->clock == type->clock
                && codec->rtx < 0) {
                codec->rtx = (int16_t) media->order[i];
            }
        }
    }
}


/* keeps the declared rids that a=simulcast lists, in its order */
static void
mw_sdp_media_layers(mw_sdp_media_t *media, mw_sdp_section_t *section)
{
    unsigned i, n, ndeclared;
    mw_sdp_str_t stream, id;
    mw_sdp_rid_t declared[MW_SDP_RIDS], rid;

    if (media->simulcast.data == NULL) {
        return;
    }

    n = 0;
    ndeclared = section->nrids;
    memcpy(declared, section->rids, sizeof(declared));

    while (n < MW_SDP_RIDS && mw_sdp_cut(&media->simulcast, ';', &stream)) {
        /* of alternatives the first */

        if (!mw_sdp_cut(&stream, ',', &id)) {
            continue;
        }

        rid.paused = id.len != 0 && id.data[0] == '~';

        if (rid.paused) {
            id.data++;
            id.len--;
        }

        for (i = 0; i < ndeclared && id.len != 0; i++) {
            if (mw_sdp_is(&id, declared[i].id)) {
                memcpy(rid.id, declared[i].id, sizeof(rid.id));
                section->rids[n++] = rid;
                declared[i].id[0] = '\0';
                break;
            }
        }
    }

    section->nrids = n;
}


/* RTX sources belong to the source they repair and are none of their own */
static void
mw_sdp_media_pairs(mw_sdp_media_t *media, mw_sdp_section_t *section)
{
    unsigned i, j, n;

    n = 0;

    for (i = 0; i < section->nssrcs; i++) {
        mw_sdp_ssrc_t source = section->ssrcs[i];

        for (j = 0; j < media->npairs; j++) {
            if (media->pairs[j].rtx == source.ssrc) {
                break;
            }

            if (media->pairs[j].ssrc == source.ssrc) {
                source.rtx = media->pairs[j].rtx;
            }
        }

        if (j == media->npairs) {
            section->ssrcs[n++] = source;
        }
    }

    section->nssrcs = n;
}


void
mw_sdp_media_finish(mw_sdp_media_t *media, mw_sdp_section_t *section)
{
    int i;

    mw_sdp_media_codecs(media, section);
    mw_sdp_media_layers(media, section);
    mw_sdp_media_pairs(media, section);

    /* an extension of the other direction cannot be used */

    for (i = 0; i < MW_EXTS; i++) {
        if (section->direction != MW_SDP_INACTIVE
            && (media->ext_dir[i] & section->direction) == 0)
        {
            section->exts[i] = 0;
        }
    }
}
