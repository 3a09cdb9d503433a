#include "mw_sdp_media.h"
#include "mw_sdp_line.h"


#define MW_EXT_FOREIGN 255


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

    /*
     * One id means one thing in a bundle (RFC 9143 section 7.1.3).  Not all
     * keep to that (aiortc): what came first stands, the other is not used.
     */

    if (ids->ext[id] != 0 && ids->ext[id] != seen) {
        return MW_SDP_OK;
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

    } else if (!mw_sdp_direction(name, &section->direction)) {
        return mw_sdp_types_attr(&media->types, name, value);
    }

    return MW_SDP_OK;
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

    mw_sdp_types_finish(&media->types, section);
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
