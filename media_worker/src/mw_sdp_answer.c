#include "mw_sdp_answer.h"
#include "mw_sdp_out.h"

#include <inttypes.h>


/*
 * Not the video orientation: a sender that may not use it turns the picture
 * itself, and not every browser that receives understands the extension.
 */
#define MW_SDP_PUBLISH_EXTS                                                    \
    (MW_EXT_BIT(MW_EXT_MID) | MW_EXT_BIT(MW_EXT_RID)                           \
        | MW_EXT_BIT(MW_EXT_REPAIRED_RID) | MW_EXT_BIT(MW_EXT_AUDIO_LEVEL)     \
        | MW_EXT_BIT(MW_EXT_ABS_CAPTURE_TIME)                                  \
        | MW_EXT_BIT(MW_EXT_TRANSPORT_CC))

#define MW_SDP_SUBSCRIBE_EXTS                                                  \
    (MW_EXT_BIT(MW_EXT_MID) | MW_EXT_BIT(MW_EXT_AUDIO_LEVEL)                   \
        | MW_EXT_BIT(MW_EXT_ABS_CAPTURE_TIME)                                  \
        | MW_EXT_BIT(MW_EXT_TRANSPORT_CC))

/*
 * Needed for AV1 alone; where it is agreed browsers leave the temporal layer
 * out of the descriptor of VP8.  It comes in the long form of extensions.
 */
#define MW_SDP_DEPENDENCY MW_EXT_BIT(MW_EXT_DEPENDENCY)

#define MW_SDP_FEEDBACK (MW_SDP_FB_NACK | MW_SDP_FB_PLI | MW_SDP_FB_FIR)


/*
 * Feedback about the rate is that of the whole bundle: transport-wide where
 * any section knows it, otherwise REMB.  Never both, and the time of sending
 * only with REMB: with both browsers estimate by what is less good.
 */
static bool
mw_sdp_remb(const mw_sdp_offer_t *offer)
{
    bool remb;
    unsigned i, c;
    const mw_sdp_section_t *section;

    remb = false;

    for (i = 0; i < offer->nsections; i++) {
        section = &offer->sections[i];

        for (c = 0; c < section->ncodecs; c++) {
            if ((section->codecs[c].feedback & MW_SDP_FB_TRANSPORT_CC) != 0
                && section->exts[MW_EXT_TRANSPORT_CC] != 0)
            {
                return false;
            }

            remb = remb || (section->codecs[c].feedback & MW_SDP_FB_REMB) != 0;
        }
    }

    return remb;
}


void
mw_sdp_answer_init(mw_sdp_answer_t *answer, const mw_sdp_offer_t *offer)
{
    memset(answer, 0, sizeof(mw_sdp_answer_t));
    answer->offer = offer;
    answer->remb = mw_sdp_remb(offer);
}


/* our half of a live section; NULL: it cannot be accepted */
static mw_sdp_answer_section_t *
mw_sdp_accept(mw_sdp_answer_t *answer, unsigned i, uint32_t exts)
{
    int ext;
    mw_sdp_answer_section_t *ours;
    const mw_sdp_section_t *section;

    if (i >= answer->offer->nsections) {
        return NULL;
    }

    ours = &answer->sections[i];
    section = &answer->offer->sections[i];

    memset(ours, 0, sizeof(mw_sdp_answer_section_t));

    if (section->refused || section->kind == MW_SDP_OTHER) {
        return NULL;
    }

    if (answer->remb) {
        exts &= ~MW_EXT_BIT(MW_EXT_TRANSPORT_CC);
        exts |= MW_EXT_BIT(MW_EXT_ABS_SEND_TIME);
    }

    for (ext = 0; ext < MW_EXTS; ext++) {
        if (section->exts[ext] != 0) {
            ours->exts |= exts & MW_EXT_BIT(ext);
        }
    }

    return ours;
}


/* layers to be told apart by header extensions (RFC 8853, RFC 8852) */
static unsigned
mw_sdp_accept_rids(const mw_sdp_answer_section_t *ours,
    const mw_sdp_section_t *section, mw_codec_t codec)
{
    uint32_t needed;

    needed = MW_EXT_BIT(MW_EXT_MID) | MW_EXT_BIT(MW_EXT_RID);

    if (section->nrids < 2 || (ours->exts & needed) != needed
        || (codec != MW_CODEC_VP8 && codec != MW_CODEC_H264))
    {
        return 0;
    }

    return section->nrids < MW_SDP_LAYERS ? section->nrids : MW_SDP_LAYERS;
}


/* descriptors with a structure need the long form beside the short one */
static uint32_t
mw_sdp_dependency(const mw_sdp_offer_t *offer, const mw_sdp_section_t *section)
{
    return offer->extmap_allow_mixed && section->exts[MW_EXT_DEPENDENCY] != 0
               ? MW_SDP_DEPENDENCY
               : 0;
}


mw_rc_t
mw_sdp_accept_publish(mw_sdp_answer_t *answer, unsigned i, mw_codec_t wanted)
{
    unsigned c, chosen;
    mw_sdp_answer_section_t *ours;
    const mw_sdp_section_t *section;

    ours = mw_sdp_accept(answer, i, MW_SDP_PUBLISH_EXTS);

    if (ours == NULL) {
        return MW_DROP;
    }

    section = &answer->offer->sections[i];

    if ((section->direction & MW_SDP_SENDONLY) == 0) {
        return MW_DROP;
    }

    if (section->ncodecs == 0) {
        return MW_DROP;
    }

    chosen = 0;

    for (c = 0; c < section->ncodecs; c++) {
        if (section->codecs[c].codec == wanted) {
            chosen = c;
            break;
        }
    }

    /* what every browser decodes, whatever this one would like best */

    if (section->codecs[chosen].codec == MW_CODEC_H264) {
        chosen = (unsigned) (mw_sdp_pick(section, MW_CODEC_H264, MW_SDP_H264)
                             - section->codecs);
    }

    ours->accepted = true;
    ours->direction = MW_SDP_RECVONLY;
    ours->codecs[0] = (uint8_t) chosen;
    ours->ncodecs = 1;
    ours->nrids =
        mw_sdp_accept_rids(ours, section, section->codecs[chosen].codec);

    if (section->codecs[chosen].codec == MW_CODEC_AV1) {
        ours->exts |= mw_sdp_dependency(answer->offer, section);
    }

    return MW_OK;
}


static mw_rc_t
mw_sdp_accept_all(
    mw_sdp_answer_section_t *ours, const mw_sdp_section_t *section)
{
    unsigned c;

    for (c = 0; c < section->ncodecs; c++) {
        ours->codecs[c] = (uint8_t) c;
    }

    ours->ncodecs = section->ncodecs;
    ours->accepted = section->ncodecs != 0;

    return ours->accepted ? MW_OK : MW_DROP;
}


mw_rc_t
mw_sdp_accept_subscribe(
    mw_sdp_answer_t *answer, unsigned i, const mw_sdp_send_t *send)
{
    mw_sdp_answer_section_t *ours;
    const mw_sdp_section_t *section;

    ours = mw_sdp_accept(answer, i, MW_SDP_SUBSCRIBE_EXTS);

    if (ours == NULL) {
        return MW_DROP;
    }

    section = &answer->offer->sections[i];

    if ((section->direction & MW_SDP_RECVONLY) == 0) {
        return MW_DROP;
    }

    ours->direction = MW_SDP_SENDONLY;
    ours->send = *send;
    ours->exts |= mw_sdp_dependency(answer->offer, section);

    return mw_sdp_accept_all(ours, section);
}


mw_rc_t
mw_sdp_accept_inactive(mw_sdp_answer_t *answer, unsigned i)
{
    mw_sdp_answer_section_t *ours;

    ours =
        mw_sdp_accept(answer, i, MW_SDP_PUBLISH_EXTS | MW_SDP_SUBSCRIBE_EXTS);

    if (ours == NULL) {
        return MW_DROP;
    }

    ours->direction = MW_SDP_INACTIVE;

    return mw_sdp_accept_all(ours, &answer->offer->sections[i]);
}


static void
mw_sdp_write_transport(mw_sdp_out_t *out, const mw_sdp_answer_t *answer)
{
    size_t i;
    const mw_fingerprint_t *print;

    print = answer->fingerprint;

    mw_sdp_print(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s ",
        answer->ice->ufrag, answer->ice->pwd,
        print->hash == MW_HASH_SHA512   ? "sha-512"
        : print->hash == MW_HASH_SHA384 ? "sha-384"
                                        : "sha-256");

    for (i = 0; i < print->len; i++) {
        mw_sdp_print(out, i == 0 ? "%02X" : ":%02X", print->digest[i]);
    }

    mw_sdp_print(out, "\r\na=setup:passive\r\n");
}


static void
mw_sdp_write_codec(mw_sdp_out_t *out, const mw_sdp_answer_t *answer,
    const mw_sdp_codec_t *codec, const mw_sdp_answer_section_t *ours)
{
    uint8_t feedback;

    mw_sdp_print(out, "a=rtpmap:%u %s/%" PRIu32, codec->pt,
        mw_codec_name(codec->codec), codec->clock);

    if (codec->channels > 1) {
        mw_sdp_print(out, "/%u", codec->channels);
    }

    mw_sdp_print(out, "\r\n");

    if (codec->fmtp.len != 0) {
        mw_sdp_print(out, "a=fmtp:%u %.*s\r\n", codec->pt,
            (int) codec->fmtp.len, codec->fmtp.data);
    }

    feedback = codec->feedback & MW_SDP_FEEDBACK;

    /* libwebrtc sends sound again when asked, but does not offer to */

    if (codec->codec == MW_CODEC_OPUS) {
        feedback = ours->direction == MW_SDP_RECVONLY ? MW_SDP_FB_NACK : 0;
    }

    if ((feedback & MW_SDP_FB_NACK) != 0) {
        mw_sdp_print(out, "a=rtcp-fb:%u nack\r\n", codec->pt);
    }

    if ((feedback & MW_SDP_FB_PLI) != 0) {
        mw_sdp_print(out, "a=rtcp-fb:%u nack pli\r\n", codec->pt);
    }

    if ((feedback & MW_SDP_FB_FIR) != 0) {
        mw_sdp_print(out, "a=rtcp-fb:%u ccm fir\r\n", codec->pt);
    }

    /* without its header extension there is nothing to report on */

    if ((codec->feedback & MW_SDP_FB_TRANSPORT_CC) != 0
        && (ours->exts & MW_EXT_BIT(MW_EXT_TRANSPORT_CC)) != 0)
    {
        mw_sdp_print(out, "a=rtcp-fb:%u transport-cc\r\n", codec->pt);
    }

    if (answer->remb && (codec->feedback & MW_SDP_FB_REMB) != 0) {
        mw_sdp_print(out, "a=rtcp-fb:%u goog-remb\r\n", codec->pt);
    }

    if (codec->rtx >= 0) {
        mw_sdp_print(out, "a=rtpmap:%d rtx/%" PRIu32 "\r\na=fmtp:%d apt=%u\r\n",
            codec->rtx, codec->clock, codec->rtx, codec->pt);
    }

    if (codec->red >= 0) {
        mw_sdp_print(out,
            "a=rtpmap:%d red/%" PRIu32 "/%u\r\na=fmtp:%d %u/%u\r\n", codec->red,
            codec->clock, codec->channels, codec->red, codec->pt, codec->pt);
    }
}


static void
mw_sdp_write_send(mw_sdp_out_t *out, const mw_sdp_send_t *send, bool rtx)
{
    mw_sdp_print(out, "a=msid:%s %s\r\n", send->stream, send->track);

    rtx = rtx && send->rtx_ssrc != 0;

    if (rtx) {
        mw_sdp_print(out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n",
            send->ssrc, send->rtx_ssrc);
    }

    mw_sdp_print(
        out, "a=ssrc:%" PRIu32 " cname:%s\r\n", send->ssrc, send->cname);

    if (rtx) {
        mw_sdp_print(out, "a=ssrc:%" PRIu32 " cname:%s\r\n", send->rtx_ssrc,
            send->cname);
    }
}


static void
mw_sdp_write_rids(
    mw_sdp_out_t *out, const mw_sdp_section_t *section, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        mw_sdp_print(out, "a=rid:%s recv\r\n", section->rids[i].id);
    }

    for (i = 0; i < n; i++) {
        mw_sdp_print(
            out, i == 0 ? "a=simulcast:recv %s" : ";%s", section->rids[i].id);
    }

    if (n != 0) {
        mw_sdp_print(out, "\r\n");
    }
}


static void
mw_sdp_write_media(mw_sdp_out_t *out, const mw_sdp_answer_t *answer,
    const mw_sdp_section_t *section, const mw_sdp_answer_section_t *ours)
{
    bool rtx;
    int ext;
    unsigned i;
    const mw_sdp_codec_t *codec;

    for (ext = 0; ext < MW_EXTS; ext++) {
        if ((ours->exts & MW_EXT_BIT(ext)) != 0) {
            mw_sdp_print(out, "a=extmap:%u %s\r\n", section->exts[ext],
                mw_ext_uri((mw_ext_t) ext));
        }
    }

    rtx = false;

    for (i = 0; i < ours->ncodecs; i++) {
        codec = &section->codecs[ours->codecs[i]];
        mw_sdp_write_codec(out, answer, codec, ours);
        rtx = rtx || codec->rtx >= 0;
    }

    mw_sdp_write_rids(out, section, ours->nrids);

    if (ours->direction == MW_SDP_SENDONLY) {
        mw_sdp_write_send(out, &ours->send, rtx);
    }
}


static void
mw_sdp_write_refused(mw_sdp_out_t *out, const mw_sdp_section_t *section)
{
    mw_sdp_print(out, "m=%.*s 0 %.*s %.*s\r\nc=IN IP4 0.0.0.0\r\n",
        (int) section->media.len, section->media.data, (int) section->proto.len,
        section->proto.data, (int) section->format.len, section->format.data);

    if (section->mid[0] != '\0') {
        mw_sdp_print(out, "a=mid:%s\r\n", section->mid);
    }

    mw_sdp_print(out, "a=inactive\r\n");
}


static void
mw_sdp_write_section(
    mw_sdp_out_t *out, const mw_sdp_answer_t *answer, unsigned i, bool first)
{
    unsigned c;
    const mw_sdp_codec_t *codec;
    const mw_sdp_section_t *section;
    const mw_sdp_answer_section_t *ours;
    static const char *const directions[] = { "inactive", "sendonly",
        "recvonly", "sendrecv" };

    ours = &answer->sections[i];
    section = &answer->offer->sections[i];

    /* port 9 also for bundle-only sections: 0 would refuse them */

    mw_sdp_print(out, "m=%.*s 9 %.*s", (int) section->media.len,
        section->media.data, (int) section->proto.len, section->proto.data);

    for (c = 0; c < ours->ncodecs; c++) {
        codec = &section->codecs[ours->codecs[c]];
        mw_sdp_print(out, " %u", codec->pt);

        if (codec->rtx >= 0) {
            mw_sdp_print(out, " %d", codec->rtx);
        }

        /* behind it: with redundancy is how it may be sent, not how it must */

        if (codec->red >= 0) {
            mw_sdp_print(out, " %d", codec->red);
        }
    }

    mw_sdp_print(out, "\r\nc=IN IP4 0.0.0.0\r\n");
    mw_sdp_write_transport(out, answer);

    if (first) {
        mw_sdp_print_candidates(out, answer->candidates, answer->ncandidates);
    }

    mw_sdp_print(out, "a=mid:%s\r\na=%s\r\na=rtcp-mux\r\n", section->mid,
        directions[ours->direction]);

    if (section->rtcp_rsize) {
        mw_sdp_print(out, "a=rtcp-rsize\r\n");
    }

    mw_sdp_write_media(out, answer, section, ours);
}


static void
mw_sdp_write_bundle(mw_sdp_out_t *out, const mw_sdp_answer_t *answer)
{
    unsigned i;

    mw_sdp_print(out, "a=group:BUNDLE");

    for (i = 0; i < answer->offer->nsections; i++) {
        if (answer->sections[i].accepted) {
            mw_sdp_print(out, " %s", answer->offer->sections[i].mid);
        }
    }

    mw_sdp_print(out, "\r\n");
}


mw_rc_t
mw_sdp_answer_write(
    const mw_sdp_answer_t *answer, char *text, size_t size, size_t *len)
{
    bool first;
    unsigned i;
    mw_sdp_out_t out;

    out.pos = text;
    out.room = size;
    out.full = false;

    mw_sdp_print(&out,
        "v=0\r\no=- %" PRIu64 " %" PRIu32 " IN IP4 127.0.0.1\r\n"
        "s=-\r\nt=0 0\r\n",
        answer->session, answer->revision);

    mw_sdp_write_bundle(&out, answer);

    mw_sdp_print(&out, "a=ice-lite\r\na=msid-semantic: WMS *\r\n");

    if (answer->offer->extmap_allow_mixed) {
        mw_sdp_print(&out, "a=extmap-allow-mixed\r\n");
    }

    first = true;

    for (i = 0; i < answer->offer->nsections && !out.full; i++) {
        if (answer->sections[i].accepted) {
            mw_sdp_write_section(&out, answer, i, first);
            first = false;

        } else {
            mw_sdp_write_refused(&out, &answer->offer->sections[i]);
        }
    }

    if (out.full) {
        return MW_ERROR;
    }

    *len = (size_t) (out.pos - text);

    return MW_OK;
}
