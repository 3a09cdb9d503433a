/*
 * The session, its sections and what a transport needs of them; what is about
 * media is in mw_sdp_media.c.
 */

#include "mw_sdp_offer.h"
#include "mw_sdp_line.h"
#include "mw_sdp_media.h"


#define MW_SDP_PROTO    "UDP/TLS/RTP/SAVPF"
#define MW_SDP_WORD_MAX 64 /* of m= words, which the answer repeats */


/* transport attributes, of the session or of a section */
typedef struct {
    mw_sdp_str_t ufrag;
    mw_sdp_str_t pwd;
    mw_sdp_str_t setup;
    mw_fingerprint_t fingerprint; /* the strongest */
    bool rtcp_mux;
    bool bundle_only;
    bool mixed;
} mw_sdp_level_t;


typedef struct {
    mw_sdp_offer_t *offer;
    mw_sdp_section_t *section; /* NULL: still in the session part */
    mw_sdp_level_t session;
    mw_sdp_level_t level; /* of the section */
    mw_sdp_dir_t direction;
    mw_sdp_str_t bundle; /* mids of the group; data NULL: none */
    uint32_t port;
    bool tagged; /* a section has given the transport */
    unsigned nmixed;
    unsigned nlive;
    mw_sdp_media_t media;
    mw_sdp_ids_t ids;
} mw_sdp_parser_t;


static const struct {
    const char *code;
    const char *text;
} mw_sdp_errors[MW_SDP_ERRORS] = {
    [MW_SDP_OK] = { "ok", "the offer is fine" },
    [MW_SDP_E_SIZE] = { "offer_size", "the offer is empty or too large" },
    [MW_SDP_E_LINE] = { "offer_line", "a line of the offer is malformed" },
    [MW_SDP_E_SECTIONS] = { "offer_sections",
        "the offer has no media or too many sections" },
    [MW_SDP_E_PROTO] = { "offer_proto", "only UDP/TLS/RTP/SAVPF is spoken" },
    [MW_SDP_E_MID] = { "offer_mid", "a mid is missing, repeated or malformed" },
    [MW_SDP_E_BUNDLE] = { "offer_bundle",
        "all sections must be in one BUNDLE group" },
    [MW_SDP_E_RTCP_MUX] = { "offer_rtcp_mux", "rtcp-mux is required" },
    [MW_SDP_E_ICE] = { "offer_ice",
        "ICE credentials are missing or malformed" },
    [MW_SDP_E_FINGERPRINT] = { "offer_fingerprint",
        "a sha-256 fingerprint is required" },
    [MW_SDP_E_SETUP] = { "offer_setup", "setup must be actpass or active" },
    [MW_SDP_E_CODEC] = { "offer_codec",
        "a description of a payload type is malformed" },
    [MW_SDP_E_EXTMAP] = { "offer_extmap",
        "a header extension is malformed or ambiguous" },
    [MW_SDP_E_RID] = { "offer_rid", "a rid or simulcast line is malformed" },
    [MW_SDP_E_SSRC] = { "offer_ssrc", "a ssrc line is malformed" },
};


const char *
mw_sdp_error_code(mw_sdp_error_t error)
{
    return mw_sdp_errors[error].code;
}


const char *
mw_sdp_error_text(mw_sdp_error_t error)
{
    return mw_sdp_errors[error].text;
}


/* sha-256 AB:CD:...  Unknown and weak hashes are passed over. */
static mw_sdp_error_t
mw_sdp_fingerprint(mw_fingerprint_t *best, mw_sdp_str_t value)
{
    int high, low;
    size_t i;
    mw_sdp_str_t hash, hex;
    mw_fingerprint_t made;

    memset(&made, 0, sizeof(made));

    if (!mw_sdp_word(&value, &hash) || !mw_sdp_word(&value, &hex)) {
        return MW_SDP_E_FINGERPRINT;
    }

    if (mw_sdp_is_nocase(&hash, "sha-256")) {
        made.hash = MW_HASH_SHA256;
        made.len = 32;

    } else if (mw_sdp_is_nocase(&hash, "sha-384")) {
        made.hash = MW_HASH_SHA384;
        made.len = 48;

    } else if (mw_sdp_is_nocase(&hash, "sha-512")) {
        made.hash = MW_HASH_SHA512;
        made.len = 64;

    } else {
        return MW_SDP_OK;
    }

    if (hex.len != made.len * 3 - 1) {
        return MW_SDP_E_FINGERPRINT;
    }

    for (i = 0; i < made.len; i++) {
        high = mw_sdp_hex(hex.data[3 * i]);
        low = mw_sdp_hex(hex.data[3 * i + 1]);

        if (high < 0 || low < 0
            || (i + 1 < made.len && hex.data[3 * i + 2] != ':')) {
            return MW_SDP_E_FINGERPRINT;
        }

        made.digest[i] = (uint8_t) (high << 4 | low);
    }

    if (made.hash > best->hash) {
        *best = made;
    }

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_mid(mw_sdp_parser_t *p, const mw_sdp_str_t *value)
{
    unsigned i;
    mw_sdp_offer_t *offer;

    offer = p->offer;

    if (p->section->mid[0] != '\0' || value->len > MW_SDP_MID_MAX
        || !mw_sdp_name(value))
    {
        return MW_SDP_E_MID;
    }

    for (i = 0; i < offer->nsections; i++) {
        if (mw_sdp_is(value, offer->sections[i].mid)) {
            return MW_SDP_E_MID;
        }
    }

    memcpy(p->section->mid, value->data, value->len);
    p->section->mid[value->len] = '\0';

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_group(mw_sdp_parser_t *p, mw_sdp_str_t value)
{
    mw_sdp_str_t word;

    if (!mw_sdp_word(&value, &word) || !mw_sdp_is(&word, "BUNDLE")) {
        return MW_SDP_OK;
    }

    if (p->bundle.data != NULL) {
        return MW_SDP_E_BUNDLE;
    }

    p->bundle = value;

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_attr(mw_sdp_parser_t *p, mw_sdp_str_t value)
{
    mw_sdp_str_t name;
    mw_sdp_level_t *level;

    level = p->section == NULL ? &p->session : &p->level;

    if (!mw_sdp_cut(&value, ':', &name)) {
        return MW_SDP_E_LINE;
    }

    if (mw_sdp_is(&name, "ice-ufrag")) {
        level->ufrag = value;

    } else if (mw_sdp_is(&name, "ice-pwd")) {
        level->pwd = value;

    } else if (mw_sdp_is(&name, "setup")) {
        level->setup = value;

    } else if (mw_sdp_is(&name, "fingerprint")) {
        return mw_sdp_fingerprint(&level->fingerprint, value);

    } else if (mw_sdp_is(&name, "extmap-allow-mixed")) {
        level->mixed = true;

    } else if (p->section == NULL) {
        if (mw_sdp_is(&name, "group")) {
            return mw_sdp_group(p, value);
        }

        (void) mw_sdp_direction(&name, &p->direction);

    } else if (mw_sdp_is(&name, "mid")) {
        return mw_sdp_mid(p, &value);

    } else if (mw_sdp_is(&name, "rtcp-mux")) {
        level->rtcp_mux = true;

    } else if (mw_sdp_is(&name, "bundle-only")) {
        level->bundle_only = true;

    } else if (p->section->kind != MW_SDP_OTHER) {
        return mw_sdp_media_attr(&p->media, p->section, &p->ids, &name, value);
    }

    return MW_SDP_OK;
}


/* m=audio 9 UDP/TLS/RTP/SAVPF 111 63 */
static mw_sdp_error_t
mw_sdp_section_start(mw_sdp_parser_t *p, mw_sdp_str_t value)
{
    mw_sdp_str_t word, port, rest;
    mw_sdp_section_t *section;

    if (p->offer->nsections == MW_SDP_SECTIONS) {
        return MW_SDP_E_SECTIONS;
    }

    section = &p->offer->sections[p->offer->nsections];
    p->section = section;

    memset(&p->level, 0, sizeof(p->level));
    memset(&p->media, 0, sizeof(p->media));
    section->direction = p->direction;

    if (!mw_sdp_word(&value, &section->media) || !mw_sdp_word(&value, &word)
        || !mw_sdp_word(&value, &section->proto))
    {
        return MW_SDP_E_LINE;
    }

    rest = value;

    /* a count of ports may follow: 9/2 */

    if (!mw_sdp_cut(&word, '/', &port)
        || !mw_sdp_number(&port, UINT16_MAX, &p->port)
        || !mw_sdp_word(&value, &section->format)
        || section->media.len > MW_SDP_WORD_MAX
        || section->proto.len > MW_SDP_WORD_MAX
        || section->format.len > MW_SDP_WORD_MAX)
    {
        return MW_SDP_E_LINE;
    }

    if (mw_sdp_is(&section->media, "audio")) {
        section->kind = MW_SDP_AUDIO;

    } else if (mw_sdp_is(&section->media, "video")) {
        section->kind = MW_SDP_VIDEO;

    } else {
        return MW_SDP_OK;
    }

    if (p->port != 0 && !mw_sdp_is(&section->proto, MW_SDP_PROTO)) {
        return MW_SDP_E_PROTO;
    }

    return mw_sdp_types_formats(&p->media.types, rest);
}


/* of the first live section; one that lacks it takes the session's */
static mw_sdp_error_t
mw_sdp_transport(mw_sdp_parser_t *p)
{
    mw_sdp_str_t *ufrag, *pwd, *setup;
    mw_sdp_offer_t *offer;

    offer = p->offer;
    ufrag = p->level.ufrag.data == NULL ? &p->session.ufrag : &p->level.ufrag;
    pwd = p->level.pwd.data == NULL ? &p->session.pwd : &p->level.pwd;
    setup = p->level.setup.data == NULL ? &p->session.setup : &p->level.setup;

    if (setup->data == NULL
        || (!mw_sdp_is(setup, "actpass") && !mw_sdp_is(setup, "active")))
    {
        return MW_SDP_E_SETUP;
    }

    if (p->tagged) {
        return MW_SDP_OK;
    }

    p->tagged = true;

    if (ufrag->data == NULL || pwd->data == NULL
        || !mw_sdp_ice_creds(&offer->ice, ufrag, pwd))
    {
        return MW_SDP_E_ICE;
    }

    offer->fingerprint = p->level.fingerprint.hash == MW_HASH_NONE
                             ? p->session.fingerprint
                             : p->level.fingerprint;

    return offer->fingerprint.hash == MW_HASH_NONE ? MW_SDP_E_FINGERPRINT
                                                   : MW_SDP_OK;
}


/* the section ends where the next one begins, or the text */
static mw_sdp_error_t
mw_sdp_section_end(mw_sdp_parser_t *p)
{
    mw_sdp_error_t err;
    mw_sdp_section_t *section;

    section = p->section;

    if (section == NULL) {
        return MW_SDP_OK;
    }

    p->offer->nsections++;
    section->refused = p->port == 0 && !p->level.bundle_only;

    if (section->refused || section->kind == MW_SDP_OTHER) {
        return MW_SDP_OK;
    }

    p->nlive++;
    p->nmixed += p->level.mixed;

    if (!mw_sdp_is(&section->proto, MW_SDP_PROTO)) {
        return MW_SDP_E_PROTO;
    }

    if (section->mid[0] == '\0') {
        return MW_SDP_E_MID;
    }

    if (!p->level.rtcp_mux) {
        return MW_SDP_E_RTCP_MUX;
    }

    err = mw_sdp_transport(p);

    if (err != MW_SDP_OK) {
        return err;
    }

    mw_sdp_media_finish(&p->media, section);

    return MW_SDP_OK;
}


static mw_sdp_error_t
mw_sdp_line(mw_sdp_parser_t *p, const mw_sdp_lines_t *lines)
{
    mw_sdp_error_t err;

    switch (lines->type) {

    case 'm':
        err = mw_sdp_section_end(p);

        return err == MW_SDP_OK ? mw_sdp_section_start(p, lines->value) : err;

    case 'a':
        return mw_sdp_attr(p, lines->value);

    default:
        return MW_SDP_OK;
    }
}


/* live sections only count if they share the one transport */
static mw_sdp_error_t
mw_sdp_check_bundle(const mw_sdp_parser_t *p)
{
    unsigned i;
    bool found;
    mw_sdp_str_t rest, word;
    const mw_sdp_section_t *section;

    for (i = 0; i < p->offer->nsections; i++) {
        section = &p->offer->sections[i];

        if (section->refused || section->kind == MW_SDP_OTHER) {
            continue;
        }

        found = false;
        rest = p->bundle;

        while (!found && mw_sdp_word(&rest, &word)) {
            found = mw_sdp_is(&word, section->mid);
        }

        if (!found) {
            return MW_SDP_E_BUNDLE;
        }
    }

    return MW_SDP_OK;
}


mw_sdp_error_t
mw_sdp_offer_parse(mw_sdp_offer_t *offer, const char *text, size_t len)
{
    bool first;
    mw_rc_t rc;
    mw_sdp_error_t err;
    mw_sdp_lines_t lines;
    mw_sdp_parser_t p;

    memset(offer, 0, sizeof(mw_sdp_offer_t));

    if (len == 0 || len > MW_SDP_MAX) {
        return MW_SDP_E_SIZE;
    }

    memset(&p, 0, sizeof(p));
    p.offer = offer;
    p.direction = MW_SDP_SENDRECV;

    mw_sdp_lines_init(&lines, text, len);
    first = true;

    while ((rc = mw_sdp_lines_next(&lines)) == MW_OK) {
        if (first && (lines.type != 'v' || !mw_sdp_is(&lines.value, "0"))) {
            return MW_SDP_E_LINE;
        }

        first = false;
        err = mw_sdp_line(&p, &lines);

        if (err != MW_SDP_OK) {
            return err;
        }
    }

    if (rc != MW_AGAIN) {
        return MW_SDP_E_LINE;
    }

    err = mw_sdp_section_end(&p);

    if (err != MW_SDP_OK) {
        return err;
    }

    if (p.nlive == 0) {
        return MW_SDP_E_SECTIONS;
    }

    offer->extmap_allow_mixed = p.session.mixed || p.nmixed == p.nlive;

    return mw_sdp_check_bundle(&p);
}


const mw_sdp_section_t *
mw_sdp_offer_find(const mw_sdp_offer_t *offer, const char *mid)
{
    unsigned i;

    for (i = 0; i < offer->nsections; i++) {
        if (mid[0] != '\0' && strcmp(offer->sections[i].mid, mid) == 0) {
            return &offer->sections[i];
        }
    }

    return NULL;
}
