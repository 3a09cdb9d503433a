/* Which track an incoming RTP packet of one peer belongs to. */

#include "mw_demux.h"


static mw_rc_t mw_demux_drop(mw_demux_t *d, mw_demux_drop_t why);
static mw_demux_bind_t *mw_demux_lookup(mw_demux_t *d, uint32_t ssrc);
static mw_demux_bind_t *mw_demux_learn(mw_demux_t *d, const mw_rtp_t *rtp);
static mw_demux_bind_t *mw_demux_bind(
    mw_demux_t *d, uint32_t ssrc, unsigned section, unsigned layer, bool rtx);
static int mw_demux_by_mid(const mw_demux_t *d, const mw_rtp_t *rtp);
static int mw_demux_by_rid(
    const mw_demux_section_t *s, const mw_rtp_t *rtp, mw_ext_t ext);
static int mw_demux_by_pt(const mw_demux_t *d, uint8_t pt);
static bool mw_demux_text_is(const char *text, const uint8_t *data, size_t len);
static void mw_demux_announce(
    mw_demux_t *d, uint32_t ssrc, unsigned section, unsigned layer, bool rtx);
static void mw_demux_signalled(mw_demux_t *d, unsigned section);


void
mw_demux_init(mw_demux_t *d)
{
    memset(d, 0, sizeof(*d));
}


void
mw_demux_set_ids(mw_demux_t *d, const mw_ext_ids_t *ids)
{
    d->ids = *ids;
}


mw_rc_t
mw_demux_set(mw_demux_t *d, const mw_demux_section_t *section)
{
    unsigned i, place;
    const mw_demux_section_t *s;

    place = MW_DEMUX_SECTIONS;

    for (i = 0; i < d->sections; i++) {
        s = &d->section[i];

        if (s->track == NULL) {
            if (place == MW_DEMUX_SECTIONS) {
                place = i;
            }

            continue;
        }

        if (section->mid[0] != '\0' ? strcmp(s->mid, section->mid) == 0
                                    : s->track == section->track)
        {
            break;
        }
    }

    if (i == d->sections && place < MW_DEMUX_SECTIONS) {
        i = place;
    }

    if (i == MW_DEMUX_SECTIONS) {
        return MW_ERROR;
    }

    d->section[i] = *section;

    if (d->section[i].rids > MW_LAYERS) {
        d->section[i].rids = MW_LAYERS;
    }

    if (i == d->sections) {
        d->sections++;
    }

    mw_demux_signalled(d, i);

    return MW_OK;
}


static void
mw_demux_signalled(mw_demux_t *d, unsigned section)
{
    unsigned i;
    const mw_demux_section_t *s;

    s = &d->section[section];

    /*
     * With rids the header extensions decide: signalled SSRCs of simulcast
     * have been found in the wrong order.
     */
    if (s->rids != 0) {
        return;
    }

    for (i = 0; i < MW_LAYERS; i++) {
        mw_demux_announce(d, s->ssrc[i], section, i, false);
        mw_demux_announce(d, s->rtx_ssrc[i], section, i, true);
    }
}


/* a hint only: what packets have shown already is not displaced by it */
static void
mw_demux_announce(
    mw_demux_t *d, uint32_t ssrc, unsigned section, unsigned layer, bool rtx)
{
    unsigned i;
    const mw_demux_bind_t *b;

    if (ssrc == 0) {
        return;
    }

    for (i = 0; i < d->binds; i++) {
        b = &d->bind[i];

        if (b->ssrc == ssrc
            || (b->ssrc != 0 && b->section == section && b->layer == layer
                && b->rtx == rtx))
        {
            return;
        }
    }

    (void) mw_demux_bind(d, ssrc, section, layer, rtx);
}


void
mw_demux_remove(mw_demux_t *d, const void *track)
{
    unsigned i;

    for (i = 0; i < d->binds; i++) {
        if (d->bind[i].ssrc != 0
            && d->section[d->bind[i].section].track == track) {
            memset(&d->bind[i], 0, sizeof(d->bind[i]));
        }
    }

    for (i = 0; i < d->sections; i++) {
        if (d->section[i].track == track) {
            memset(&d->section[i], 0, sizeof(d->section[i]));
        }
    }
}


mw_rc_t
mw_demux_input(mw_demux_t *d, const uint8_t *data, size_t len, mw_rtp_t *rtp,
    mw_demux_hit_t *hit)
{
    int section;
    uint8_t apt;
    mw_demux_bind_t *b;
    const mw_demux_section_t *s;

    if (mw_rtp_parse(rtp, data, len) != MW_OK) {
        return mw_demux_drop(d, MW_DEMUX_MALFORMED);
    }

    /* also of what is dropped: every packet counts for congestion control */
    mw_rtp_read_exts(rtp, &d->ids);

    if (rtp->ssrc == 0) {
        return mw_demux_drop(d, MW_DEMUX_SSRC_ZERO);
    }

    b = mw_demux_lookup(d, rtp->ssrc);

    if (b != NULL && rtp->ext[MW_EXT_MID] != NULL) {
        /* RFC 9143 section 9.2: a MID moves the SSRC to its section */
        section = mw_demux_by_mid(d, rtp);

        if (section >= 0 && section != b->section) {
            memset(b, 0, sizeof(*b));
            b = NULL;
        }
    }

    if (b == NULL) {
        b = mw_demux_learn(d, rtp);

        if (b == NULL) {
            return mw_demux_drop(d, MW_DEMUX_UNKNOWN);
        }
    }

    s = &d->section[b->section];

    hit->track = s->track;
    hit->layer = b->layer;
    hit->rtx = false;
    hit->ssrc = rtp->ssrc;

    apt = s->apt[rtp->pt];

    if (apt != 0) {
        if (rtp->payload_len <= 2) {
            return mw_demux_drop(d, MW_DEMUX_RTX_EMPTY);
        }

        /* RFC 4588 section 4: the original sequence number comes first */
        rtp->seq = mw_get16(rtp->payload);
        rtp->payload += 2;
        rtp->payload_len -= 2;
        rtp->pt = apt & 0x7f;
        hit->rtx = true;
    }

    hit->red = s->red[rtp->pt] != 0;

    if (hit->red) {
        rtp->pt = s->red[rtp->pt] & 0x7f;
    }

    hit->codec = (mw_codec_t) s->codec[rtp->pt];

    if (hit->codec == MW_CODEC_NONE) {
        return mw_demux_drop(d, MW_DEMUX_PT);
    }

    return MW_OK;
}


void *
mw_demux_find(const mw_demux_t *d, uint32_t ssrc, uint8_t *layer)
{
    unsigned i;

    for (i = 0; ssrc != 0 && i < d->binds; i++) {
        if (d->bind[i].ssrc == ssrc) {
            if (layer != NULL) {
                *layer = d->bind[i].layer;
            }

            return d->section[d->bind[i].section].track;
        }
    }

    return NULL;
}


unsigned
mw_demux_ssrcs(const mw_demux_t *d, uint32_t out[MW_DEMUX_SSRCS])
{
    unsigned i, n;

    n = 0;

    for (i = 0; i < d->binds && n < MW_DEMUX_SSRCS; i++) {
        if (d->bind[i].ssrc != 0 && !d->bind[i].rtx) {
            out[n++] = d->bind[i].ssrc;
        }
    }

    return n;
}


static mw_rc_t
mw_demux_drop(mw_demux_t *d, mw_demux_drop_t why)
{
    d->drops[why]++;

    return MW_DROP;
}


static mw_demux_bind_t *
mw_demux_lookup(mw_demux_t *d, uint32_t ssrc)
{
    unsigned i;

    if (d->bind[d->last].ssrc == ssrc) {
        return &d->bind[d->last];
    }

    for (i = 0; i < d->binds; i++) {
        if (d->bind[i].ssrc == ssrc) {
            d->last = (uint8_t) i;
            return &d->bind[i];
        }
    }

    return NULL;
}


static mw_demux_bind_t *
mw_demux_learn(mw_demux_t *d, const mw_rtp_t *rtp)
{
    bool rtx;
    int section, layer;
    mw_ext_t ext;
    const mw_demux_section_t *s;

    if (rtp->ext[MW_EXT_MID] != NULL) {
        section = mw_demux_by_mid(d, rtp);

    } else {
        section = mw_demux_by_pt(d, rtp->pt);
    }

    if (section < 0) {
        return NULL;
    }

    s = &d->section[section];
    rtx = s->apt[rtp->pt] != 0;

    if (!rtx && s->red[rtp->pt] == 0 && s->codec[rtp->pt] == MW_CODEC_NONE) {
        return NULL;
    }

    layer = 0;

    if (s->rids != 0) {
        /* some senders put the plain RID on RTX too */
        ext = rtx && rtp->ext[MW_EXT_REPAIRED_RID] != NULL ? MW_EXT_REPAIRED_RID
                                                           : MW_EXT_RID;
        layer = mw_demux_by_rid(s, rtp, ext);

        if (layer < 0) {
            return NULL;
        }
    }

    return mw_demux_bind(
        d, rtp->ssrc, (unsigned) section, (unsigned) layer, rtx);
}


static mw_demux_bind_t *
mw_demux_bind(
    mw_demux_t *d, uint32_t ssrc, unsigned section, unsigned layer, bool rtx)
{
    unsigned i, place;
    mw_demux_bind_t *b;

    place = d->binds;

    for (i = 0; i < d->binds; i++) {
        b = &d->bind[i];

        if (b->ssrc == 0) {
            if (place == d->binds) {
                place = i;
            }

            continue;
        }

        if (b->section == section && b->layer == layer && b->rtx == rtx) {
            place = i;
            break;
        }
    }

    /* one place for each combination, so there always is one */
    if (place == d->binds) {
        d->binds++;
    }

    b = &d->bind[place];
    b->ssrc = ssrc;
    b->section = (uint8_t) section;
    b->layer = (uint8_t) layer;
    b->rtx = rtx;
    d->last = (uint8_t) place;

    return b;
}


static int
mw_demux_by_mid(const mw_demux_t *d, const mw_rtp_t *rtp)
{
    unsigned i;

    for (i = 0; i < d->sections; i++) {
        if (d->section[i].track != NULL
            && mw_demux_text_is(d->section[i].mid, rtp->ext[MW_EXT_MID],
                rtp->ext_len[MW_EXT_MID]))
        {
            return (int) i;
        }
    }

    return -1;
}


static int
mw_demux_by_rid(const mw_demux_section_t *s, const mw_rtp_t *rtp, mw_ext_t ext)
{
    unsigned i;

    for (i = 0; rtp->ext[ext] != NULL && i < s->rids; i++) {
        if (mw_demux_text_is(s->rid[i], rtp->ext[ext], rtp->ext_len[ext])) {
            return (int) i;
        }
    }

    return -1;
}


/* only if a single section knows the payload type */
static int
mw_demux_by_pt(const mw_demux_t *d, uint8_t pt)
{
    int found;
    unsigned i;

    found = -1;

    for (i = 0; i < d->sections; i++) {
        if (d->section[i].track == NULL
            || (d->section[i].codec[pt] == MW_CODEC_NONE
                && d->section[i].apt[pt] == 0 && d->section[i].red[pt] == 0))
        {
            continue;
        }

        if (found >= 0) {
            return -1;
        }

        found = (int) i;
    }

    return found;
}


static bool
mw_demux_text_is(const char *text, const uint8_t *data, size_t len)
{
    return len > 0 && strlen(text) == len && memcmp(text, data, len) == 0;
}
